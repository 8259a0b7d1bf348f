#!/usr/bin/python3
"""The void as an exhaustive model: one issued invoice on two entries, two processes that cancel it or bill what is open, a bounded number of crashes, lost and lying answers and
edits by a person, every interleaving of them (breadth first). What must hold in every state is asserted; from every state in which both processes are gone, undisturbed runs must
bring everything to its end. Then the same with one rule broken at a time: each of these mutants must be caught. Billing is one step here: settlement.py takes it apart.

void.py [--crashes N] [--faults N] [--edits N]"""

import collections
import sys

from explore import Broken, all_states, main, put

ENTRIES = (0, 1)
MUTANTS = ("released first", "released before the cancellation", "not verified", "rollback after the point of no return", "unmarked before the cancellation is out",
           "number in a transaction of its own", "number kept by the rollback", "no lock", "document stays issued", "reply trusted")
State = collections.namedtuple("State", "billed run doc claims next out procs lock left ours person wanted")
# billed: awork's flag per entry; run: None or the state of the void; doc: of the invoice; claims: number of the live document per entry, or None; next; out: published numbers
# with their entries (the cancellation, 2, has none); procs: (step, memory) each; lock; left: crashes, faults, edits still to come. For the rules only: entries that we set unbilled,
# entries that a person touched; wanted: whether the void is still to be asked for.
IDLE = ("idle", None)
CANCELLATION = 2


def is_out(s, number):
    return any(n == number for n, _ in s.out)


def rolled_back(s, mutant):
    return s._replace(run=None, doc="ISSUED", next=s.next if mutant == "number kept by the rollback" else s.next - 1, claims=(1, 1), wanted=True)


def bill(s, p):
    """A billing run as one step: open entries without a live claim go onto a new document and are marked."""
    entries = frozenset(e for e in ENTRIES if not s.billed[e] and s.claims[e] is None)
    t = s._replace(lock=None if s.lock == p else s.lock, procs=put(s.procs, p, IDLE))
    if not entries:
        return t
    return t._replace(next=s.next + 1, out=s.out | {(s.next, entries)}, claims=tuple(s.next if e in entries else s.claims[e] for e in ENTRIES),
                      billed=tuple(s.billed[e] or e in entries for e in ENTRIES))


def begin(s, go, mutant):
    """V1."""
    if mutant == "number in a transaction of its own":
        return go(s._replace(next=s.next + 1), "reserved")
    return planned(s._replace(next=s.next + 1), go, mutant)


def planned(s, go, mutant):
    claims = (None, None) if mutant == "released first" else s.claims
    return go(s._replace(run="PLANNED", doc="VOIDING", claims=claims, wanted=False), "commit")


def step(s, p, mutant):
    """Successors by one step of process p, without crash: (state, kind) pairs. Kind "fault" costs one."""
    pc, mem = s.procs[p]

    def go(t, pc2, mem2=None):
        return t._replace(procs=put(t.procs, p, (pc2, mem2)))

    if pc == "idle":
        return [(go(s._replace(lock=p), "settle"), "")] if s.lock in (None, p) or mutant == "no lock" else []
    if pc == "settle":
        early = ("PLANNED", "PUBLISHING") if mutant == "rollback after the point of no return" else ("PLANNED",)
        if s.run in early:
            return [(go(rolled_back(s, mutant), "decide"), "")]
        return [(go(s, "decide" if s.run is None else "publish" if s.run == "PUBLISHING" else "read"), "")]
    if pc == "decide":
        return [(begin(s, go, mutant) if s.wanted and s.doc == "ISSUED" and s.run is None else bill(s, p), "")]
    if pc == "reserved":
        return [(planned(s, go, mutant), "")]
    if pc == "commit":  # V3
        t = s._replace(run="PUBLISHING")
        if mutant == "released before the cancellation":
            t = t._replace(claims=(None, None))
        return [(go(t, "read" if mutant == "unmarked before the cancellation is out" else "publish"), "")]
    if pc == "publish":  # V4: the rename, then the ledger
        if s.doc == "ISSUED":
            raise Broken("a cancellation of a document that is issued and not being cancelled")
        return [(go(s._replace(out=s.out | {(CANCELLATION, frozenset())}), "issue"), "")]
    if pc == "issue":
        return [(go(s._replace(run="UNMARKING"), "read"), "")]
    if pc == "read":  # V5: entries of the invoice, but for those whose live claim is on another document
        send = frozenset(e for e in ENTRIES if s.billed[e] and (s.claims[e] == 1 or mutant == "released first"))
        return [(go(s, "post" if send else "verify", send), ""), (go(s, "verify"), "fault")]  # a list may lag, and show them as unbilled
    if pc == "post":
        return post(s, mem, go)
    if pc == "answered":
        return [(go(s, "done" if mutant == "reply trusted" else "read"), "")]
    if pc == "verify":  # V6, by a reading of its own
        again = mutant != "not verified" and any(s.billed[e] and s.claims[e] == 1 for e in ENTRIES)
        return [(go(s, "read" if again else "publish" if mutant == "unmarked before the cancellation is out" and s.run == "PUBLISHING" else "done"), "")]
    if pc == "done":  # V7
        claims = tuple(None if c == 1 else c for c in s.claims)
        t = s._replace(run=None, doc="ISSUED" if mutant == "document stays issued" else "VOIDED", claims=claims, lock=None if s.lock == p else s.lock)
        return [(go(t, *IDLE), "")]
    raise AssertionError(pc)


def post(s, send, go):
    if not is_out(s, CANCELLATION):
        raise Broken("set unbilled before the cancellation is out")
    for e in send:
        if s.claims[e] not in (None, 1):
            raise Broken("an entry is set unbilled that another document bills")
    one = frozenset(sorted(send)[:1])

    def without(ids):
        return s._replace(billed=tuple(s.billed[e] and e not in ids for e in ENTRIES), ours=s.ours | ids)

    return [(go(without(send), "answered"), ""), (go(without(send), "read"), "fault"), (go(s, "read"), "fault"), (go(s, "answered"), "fault"),
            (go(without(send - one), "answered"), "fault"), (go(s, "decide"), "fault")]  # not allowed: the void rests, billing goes on


def successors(s, mutant):
    crashes, faults, edits = s.left
    for p in (0, 1):
        for t, kind in step(s, p, mutant):
            if kind == "" or faults > 0:
                yield t if kind == "" else t._replace(left=(crashes, faults - 1, edits))
        if s.procs[p][0] != "idle" and crashes > 0:
            yield s._replace(procs=put(s.procs, p, IDLE), lock=None if s.lock == p else s.lock, left=(crashes - 1, faults, edits))
    if edits > 0:
        for e in ENTRIES:
            yield s._replace(billed=put(s.billed, e, not s.billed[e]), left=(crashes, faults, edits - 1), person=s.person | {e})


def law(s):
    """In every state."""
    numbers = [n for n, _ in s.out]
    if len(numbers) != len(set(numbers)):
        raise Broken("a number is given twice (I3)")
    later = collections.Counter(e for n, ids in s.out for e in ids if n > CANCELLATION or (n == CANCELLATION and ids))
    if any(n > 1 for n in later.values()):
        raise Broken("an entry is on two documents (I1)")
    for e in later:
        if s.doc != "VOIDED" or not is_out(s, CANCELLATION):
            raise Broken("an entry is billed again while its invoice is not cancelled (I1)")
    if is_out(s, CANCELLATION) and s.doc == "ISSUED":
        raise Broken("a cancellation is out, and its invoice is issued")
    if s.lock is None or all(pc == "idle" for pc, _ in s.procs):
        if not is_out(s, CANCELLATION) and s.run is None and (s.doc != "ISSUED" or s.claims != (1, 1)):
            raise Broken("nothing is cancelled, and the invoice lost its claims")


def finishes(s, mutant):
    """From here undisturbed runs bring everything to its end; the void is not asked for again unless it was rolled back."""
    for _ in (1, 2, 3):
        for _ in range(100):
            s = step(s, 0, mutant)[0][0]
            law(s)
            if s.procs[0] == IDLE:
                break
        else:
            raise Broken("the next run never ends")
    if s.run is not None or s.doc != "VOIDED" or not is_out(s, CANCELLATION):
        raise Broken(f"the void does not end: {s.run}, document {s.doc}")
    for e in ENTRIES:
        on = [n for n, ids in s.out if n > CANCELLATION and e in ids]
        if not on and e not in s.person:
            raise Broken("lost: released, and no run bills it again")
        if on and not s.billed[e] and e not in s.person:
            raise Broken("billed again, and unbilled in awork")
    if s.next - 1 != len(s.out):
        raise Broken("a gap in the numbers (I3)")


def explore(mutant, left):
    start = State((True, True), None, "ISSUED", (1, 1), 2, frozenset({(1, frozenset())}), (IDLE, IDLE), None, left, frozenset(), frozenset(), True)
    return all_states(start, lambda s: successors(s, mutant), law, lambda s: finishes(s, mutant))


if __name__ == "__main__":
    sys.exit(main(__doc__, "void", explore, MUTANTS, 2))
