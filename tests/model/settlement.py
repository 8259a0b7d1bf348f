#!/usr/bin/python3
"""The settlement protocol as an exhaustive model: two entries, two processes, a bounded number of crashes, network faults and foreign edits, every interleaving of
them (breadth first). What must hold in every state and at every step is asserted; from every state in which both processes are gone, an undisturbed run must
finish. Then the same with one rule of the protocol broken at a time: each of these mutants must be caught. The void has a model of its own, void.py.

settlement.py [--crashes N] [--faults N] [--edits N]"""

import collections
import sys

from explore import Broken, all_states, main, put

ENTRIES = (0, 1)
MUTANTS = ("no claims looked up", "rollback after the point of no return", "mark before publish", "number in a transaction of its own", "reply trusted",
           "missing id taken as ok", "no recheck", "no lock", "a person is overruled", "intent not recorded")
State = collections.namedtuple("State", "billed run claims next out procs lock left stale ours unbilled")
# billed: awork's flag per entry; run: (state, entries, number) or None, next, claims (number, state) per entry or None: the ledger; out: published (number, entries);
# procs: (step, memory) each; lock: who holds it; left: crashes, faults, edits still to come; the rest is for the rules only: entries that were billed before they were planned,
# entries that we set billed, entries that a person set unbilled after we had seen them billed.
IDLE = ("idle", None)


def rolled_back(s):
    """The plan is dropped: claims and number go back."""
    _, entries, number = s.run
    claims = tuple(None if e in entries and s.claims[e] and s.claims[e][0] == number else s.claims[e] for e in ENTRIES)
    return s._replace(run=None, claims=claims, next=s.next if number is None else min(s.next, number), stale=frozenset())


def step(s, p, mutant):
    """Successors by one step of process p, without crash: (state, kind) pairs. Kind "fault" costs one."""
    pc, mem = s.procs[p]

    def go(t, pc2, mem2=None):
        return t._replace(procs=put(t.procs, p, (pc2, mem2)))

    if pc == "idle":
        if s.lock is not None and s.lock != p and mutant != "no lock":
            return []
        return [(go(s._replace(lock=p), "settle"), "")]
    if pc == "settle":
        if s.run is None:
            return [(go(s, "fetch"), "")]
        early = ("PLANNED", "PUBLISHING") if mutant == "rollback after the point of no return" else ("PLANNED",)
        if s.run[0] in early:
            return [(go(rolled_back(s), "fetch"), "")]
        return [(go(s, {"PUBLISHING": "publish", "PUBLISHED": "read", "MARKING": "read"}[s.run[0]]), "")]
    if pc == "fetch":
        return [(go(s, "plan", frozenset(e for e in ENTRIES if not s.billed[e])), "")]
    if pc == "plan":
        entries = frozenset(e for e in mem if s.claims[e] is None or mutant == "no claims looked up")
        if not entries:
            return [(go(s._replace(lock=None if s.lock == p else s.lock), *IDLE), "")]
        if mutant == "number in a transaction of its own":
            return [(go(s._replace(next=s.next + 1), "plan2", (entries, s.next)), "")]
        return [(planned(s._replace(next=s.next + 1), entries, s.next, go), "")]
    if pc == "plan2":
        return [(planned(s, *mem, go), "")]
    entries, number = mem if mem else (s.run[1:] if s.run else (frozenset(), 0))
    if pc == "recheck":
        if mutant != "no recheck" and any(s.billed[e] for e in entries):
            return [(go(rolled_back(s) if s.run else s, "fetch"), "")]
        return [(go(s, "commit", (entries, number)), "")]
    if pc == "commit":
        if s.stale & entries:
            raise Broken("an entry is invoiced that was billed before it was planned (I9)")
        t = s._replace(run=("PUBLISHING", entries, number))
        return [(go(t, "read" if mutant == "mark before publish" else "publish", (entries, number)), "")]
    if pc == "publish":
        for other, ids in s.out:
            if ids & entries and (other, ids) != (number, entries):
                raise Broken("an entry is on two documents (I1)")
            if other == number and ids != entries:
                raise Broken("a number is given twice (I3)")
        return [(go(s._replace(out=s.out | {(number, entries)}), "issue", (entries, number)), "")]
    if pc == "issue":
        return [(go(s._replace(run=("PUBLISHED", entries, number)), "close" if mutant == "mark before publish" else "read", (entries, number)), "")]
    if pc == "read":
        claims, send = list(s.claims), set()
        for e in entries:
            if claims[e] is None or claims[e][1] in "VFR":
                continue
            if s.billed[e]:
                claims[e] = (claims[e][0], "F" if claims[e][1] == "C" else "V" if claims[e][1] == "S" else claims[e][1])
            elif claims[e][1] in "CS":
                send.add(e)
        t = s._replace(claims=tuple(claims), run=("MARKING", entries, number) if mutant != "mark before publish" else s.run)
        return [(go(t, "intent" if send else "verify", (entries, number, frozenset(send)) if send else (entries, number)), "")]
    if pc == "intent":
        return []
    if pc == "verify":
        claims, again = list(s.claims), False
        for e in entries:
            if claims[e] is None or claims[e][1] not in "MV":
                continue
            if s.billed[e] or mutant == "reply trusted":
                claims[e] = (claims[e][0], "V")
            elif claims[e][1] == "V" and mutant != "a person is overruled":
                claims[e] = (claims[e][0], "R")
            else:
                claims[e], again = (claims[e][0], "S"), True
        t = s._replace(claims=tuple(claims))
        return [(go(t, "read" if again else "publish" if mutant == "mark before publish" and s.run[0] == "PUBLISHING" else "close", (entries, number)), "")]
    if pc == "close":
        return [(go(s._replace(run=None, lock=None if s.lock == p else s.lock, stale=frozenset()), *IDLE), "")]
    raise AssertionError(pc)


def planned(s, entries, number, go):
    claims = tuple((number, "C") if e in entries else s.claims[e] for e in ENTRIES)
    return go(s._replace(run=("PLANNED", entries, number), claims=claims, stale=frozenset(e for e in entries if s.billed[e])), "recheck", (entries, number))


def sending(s, p, mutant):
    """Intent, POST and its outcomes: intent is one commit, the POST another step."""
    pc, (entries, number, send) = s.procs[p]

    def go(t, pc2, mem2):
        return t._replace(procs=put(t.procs, p, (pc2, mem2)))

    if pc == "intent":
        claims = tuple((s.claims[e][0], "S") if e in send and s.claims[e] and mutant != "intent not recorded" else s.claims[e] for e in ENTRIES)
        return [(go(s._replace(claims=claims), "post", (entries, number, send)), "")]
    if pc == "post":
        done = s._replace(billed=tuple(s.billed[e] or e in send for e in ENTRIES), ours=s.ours | send)
        for e in send:
            if not any(e in ids for _, ids in s.out):
                raise Broken("marked without a published document (I2)")
            if e in s.unbilled:
                raise Broken("sent again after a person had set it unbilled (section 5)")
        one = frozenset(sorted(send)[:1])
        part = s._replace(billed=tuple(s.billed[e] or e in send - one for e in ENTRIES), ours=s.ours | send - one)
        return [(go(done, "record", (entries, number, send)), ""), (go(done, "read", (entries, number)), "fault"), (go(s, "read", (entries, number)), "fault"),
                (go(s, "record", (entries, number, send)), "fault"),  # ok for every id, and nothing is done
                (go(part, "missing", (entries, number, send)), "fault")]
    if pc == "record":
        claims = tuple((s.claims[e][0], "M") if e in send and s.claims[e] else s.claims[e] for e in ENTRIES)
        return [(go(s._replace(claims=claims), "read", (entries, number)), "")]
    one = frozenset(sorted(send)[:1])  # the first id is in no bucket
    claims = tuple((s.claims[e][0], "V" if mutant == "missing id taken as ok" and e in one else "S" if e in one else "M") if e in send and s.claims[e] else s.claims[e] for e in ENTRIES)
    return [(go(s._replace(claims=claims), "read", (entries, number)), "")]


def moves(s, p, mutant):
    return sending(s, p, mutant) if s.procs[p][0] in ("intent", "post", "record", "missing") else step(s, p, mutant)


def successors(s, mutant):
    crashes, faults, edits = s.left
    for p in (0, 1):
        for t, kind in moves(s, p, mutant):
            if kind == "" or faults > 0:
                yield t if kind == "" else t._replace(left=(crashes, faults - 1, edits))
        if s.procs[p][0] != "idle" and crashes > 0:
            yield s._replace(procs=put(s.procs, p, IDLE), lock=None if s.lock == p else s.lock, left=(crashes - 1, faults, edits))
    if edits > 0:
        for e in ENTRIES:
            seen = s.billed[e] and s.claims[e] is not None and s.claims[e][1] == "V"
            yield s._replace(billed=put(s.billed, e, not s.billed[e]), left=(crashes, faults, edits - 1), stale=s.stale - {e} if s.billed[e] else s.stale,
                             unbilled=s.unbilled | {e} if seen else s.unbilled)


def law(s):
    """In every state."""
    numbers = [n for n, _ in s.out]
    if len(numbers) != len(set(numbers)):
        raise Broken("a number is given twice (I3)")
    held = collections.Counter(e for _, ids in s.out for e in ids)
    if any(n > 1 for n in held.values()):
        raise Broken("an entry is on two documents (I1)")
    if s.lock is None or all(pc == "idle" for pc, _ in s.procs):
        for number, ids in s.out:
            for e in ids:
                if s.claims[e] is None or s.claims[e][0] != number:
                    raise Broken("a published document without a claim (P8)")


def finishes(s, mutant):
    """From here an undisturbed run, and another one, bring everything to its end."""
    for _ in (1, 2):
        for count in range(200):
            choice = moves(s, 0, mutant)
            if not choice:
                raise Broken("the next run cannot go on")
            s = choice[0][0]
            law(s)
            if s.procs[0] == IDLE:
                break
        else:
            raise Broken("the next run never ends")
    for e in ENTRIES:
        claim = s.claims[e]
        explained = claim and (claim[1] == "F" or (claim[1] in "RV" and e in s.unbilled))
        if not s.billed[e] and not explained:
            raise Broken(f"lost: entry unbilled in the end, claim {claim} (P2)")
        if claim and claim[1] == "R" and e not in s.unbilled:
            raise Broken("reopened, and no person did that")
        if claim and claim[1] == "F" and e in s.ours:
            raise Broken("taken for somebody else's, and we did it")
        if claim and claim[1] in "CSM":
            raise Broken(f"a claim stays {claim[1]}")
    if s.run is not None:
        raise Broken("a run stays open")
    if s.next - 1 != len(s.out):
        raise Broken("a gap in the numbers (I3)")


def explore(mutant, left):
    start = State((False, False), None, (None, None), 1, frozenset(), (IDLE, IDLE), None, left, frozenset(), frozenset(), frozenset())
    return all_states(start, lambda s: successors(s, mutant), law, lambda s: finishes(s, mutant))


if __name__ == "__main__":
    sys.exit(main(__doc__, "settlement", explore, MUTANTS, 1))
