"""A void stopped at any instant: before its point of no return it never was, after it the next run or void finishes it. The end is that of a void never interrupted."""

import os
import subprocess
import time

import invariants
from harness import KILL, TERM, check, equal, killed, same_tree, step_build, tree, wait_for
from test_crash import stop_points
from workspace import small_month, uuid_of

POST = {"method": "POST", "path_prefix": "/timeentries/batch/"}
CONF = {"awork": {"batch_size": 5}}
FIRST, SECOND, THIRD = (f"RE-2026-{n:05d}" for n in (1, 2, 3))
ENTRIES = 7


def billed(t, ws):
    sb, p = t.both(ws, CONF)
    p.run(code=0)
    return sb, p


def now(p, sb):
    return tree(p.out), p.ledger_facts(), sb.billed()


def undisturbed(t, ws):
    """The three ends there can be: before the void, after it, and billed again."""
    sb, p = billed(t, ws)
    ends = [now(p, sb)]
    p.void(FIRST, code=0)
    ends.append(now(p, sb))
    p.run(code=0)
    ends.append(now(p, sb))
    sb.stop()
    return ends


def is_like(p, sb, wanted, what):
    same_tree(tree(p.out), wanted[0], f"{what}: files")
    equal(p.ledger_facts(), wanted[1], f"{what}: ledger")
    equal(sb.billed(), wanted[2], f"{what}: billed")
    invariants.holds(p, sb, stale_reports=True)


def issued(p):
    """The void is past its point of no return."""
    return bool(p.sql("SELECT 1 FROM run WHERE kind='void' AND state NOT IN ('OPEN','SNAPSHOT','PLANNED','RENDERED','ABORTED')"))


def stopped(p, sb, k):
    """Exit status of a void stopped at its k-th step. What was there stays as it was: the original's files, the entries' claims."""
    folder = p.runs()[0]
    before = tree(folder, skip=())
    r = p.void(FIRST, env={"PSABILL_STOP_AT": str(k)})
    if r.code == 100:
        same_tree(tree(folder, skip=()), before, f"step {k}: files of the original")
        invariants.holds(p, sb, unfinished=True)
        if p.documents()[FIRST][0] != "VOIDED":
            equal(len(p.claims()), ENTRIES, f"step {k}: live claims while the entries may be billed in awork")
        if not issued(p):
            equal(sb.billed(), set(p.claims()), f"step {k}: billed in awork before the point of no return")
    return r.code


def test_then_void(t):
    """The same command again finishes it; a third one says that it is done, and changes nothing."""
    step_build(t)
    ws = small_month(ENTRIES, 1)
    _, voided, again = undisturbed(t, ws)

    def attempt(k):
        sb, p = billed(t, ws)
        code = stopped(p, sb, k)
        if code == 100:
            r = p.void(FIRST, code=0)
            equal(r.err, "", f"step {k}: standard error of the void that finishes")
            is_like(p, sb, voided, f"step {k}")
            if k in (2, 9, 13):
                before, posts = tree(p.out, skip=()), len(sb.posts())
                p.void(FIRST, code=0)
                same_tree(tree(p.out, skip=()), before, f"step {k}: files after a third void")
                equal((p.ledger_facts(), len(sb.posts())), (voided[1], posts), f"step {k}: ledger and POSTs after a third void")
                p.run(code=0)
                is_like(p, sb, again, f"step {k}, billed again")
        sb.stop()
        return code

    check(stop_points(t, attempt) >= 11, "too few stop points")


def test_then_run(t):
    """A run instead: before the point of no return the number is given back and nothing is to be billed; after it the entries are billed once more."""
    step_build(t)
    ws = small_month(ENTRIES, 1)
    ends = undisturbed(t, ws)
    seen = set()

    def attempt(k):
        sb, p = billed(t, ws)
        code = stopped(p, sb, k)
        if code == 100:
            past = issued(p)
            seen.add(past)
            r = p.run(code=0)
            equal(r.err, "", f"step {k}: standard error of the run that finishes")
            is_like(p, sb, ends[2 if past else 0], f"step {k}")
            if not past and k > 1:
                equal(p.sql("SELECT next FROM series"), [(2,)], f"step {k}: the number is given back")
                p.void(FIRST, code=0)
                is_like(p, sb, ends[1], f"step {k}, void afterwards")
        sb.stop()
        return code

    stop_points(t, attempt, step=2)
    equal(seen, {True, False}, "stop points on both sides of the point of no return")


def test_stopped_twice(t):
    """Stopped, and stopped again while a void or a run recovers: a sample of all pairs."""
    step_build(t)
    ws = small_month(ENTRIES, 1)
    ends = undisturbed(t, ws)
    for k, j, command in ((3, 1, "void"), (4, 1, "run"), (5, 2, "void"), (8, 3, "run"), (11, 1, "void")):
        sb, p = billed(t, ws)
        equal(stopped(p, sb, k), 100, f"stop at {k}")
        again = (FIRST, "--reason", "Falsch berechnet") if command == "void" else ()
        if p.command(command, *again, env={"PSABILL_STOP_AT": str(j)}).code == 100:
            invariants.holds(p, sb, unfinished=True)
        p.void(FIRST, code=0)
        if p.documents().get(SECOND) == ("ISSUED", FIRST) and THIRD not in p.documents():
            is_like(p, sb, ends[1], f"steps {k}, {j} of {command}")
        p.run(code=0)
        is_like(p, sb, ends[2], f"steps {k}, {j} of {command}, billed again")
        sb.stop()


def test_then_awork_changed(t):
    """Between the stop and the next run an entry is edited, another deleted, a third un-billed by hand: nothing twice, nothing lost."""
    step_build(t)
    ws = small_month(ENTRIES, 1)
    edited, deleted, unbilled = (uuid_of("entry", n) for n in (2, 3, 4))

    def attempt(k):
        sb, p = billed(t, ws)
        code = stopped(p, sb, k)
        if code == 100:
            past = issued(p)
            sb.edit({"op": "set", "id": edited, "set": {"dur": 4000}, "by": "u02"}, {"op": "delete", "id": deleted}, {"op": "set", "id": unbilled, "set": {"billed": False}, "by": "u02"})
            r = p.run(code=0 if past else 3)
            equal(p.documents()[FIRST][0], "VOIDED" if past else "ISSUED", f"step {k}: {r}")
            if past:
                left = {x["id"] for x in sb.state()["entries"] if not x["billed"]}
                equal(left, set(), f"step {k}: open entries")
                equal([x["seconds"] for x in p.csv("entries.csv", p.runs()[-1]) if x["entry_id"] == edited], ["4000"], f"step {k}: seconds of the edited entry")
            else:
                equal(p.claims()[unbilled], "REOPENED", f"step {k}: the entry that a person un-billed")
            invariants.holds(p, sb, reopened=[deleted, unbilled], stale_reports=True)
        sb.stop()
        return code

    stop_points(t, attempt, first=3, step=3)


def test_then_a_500(t):
    step_build(t)
    ws = small_month(ENTRIES, 1)
    _, voided, _ = undisturbed(t, ws)

    def attempt(k):
        sb, p = billed(t, ws)
        code = stopped(p, sb, k)
        if code == 100:
            sb.faults({**POST, "n": 1, "status": 500, "apply": True}, {"method": "GET", "path": "/me", "n": 1, "status": 503, "headers": {"Retry-After": "0"}})
            p.void(FIRST, code=0)
            is_like(p, sb, voided, f"step {k}")
        sb.stop()
        return code

    stop_points(t, attempt, first=3, step=5)


def test_stage_damaged(t):
    """The staged cancellation lost a file after the point of no return, and templates and customers changed: rendered again to the same bytes."""
    step_build(t)
    ws = small_month(ENTRIES, 1)
    _, voided, _ = undisturbed(t, ws)
    for k in range(4, 12):
        sb, p = billed(t, ws)
        equal(stopped(p, sb, k), 100, f"stop at {k}")
        stages = [os.path.join(f, d) for f, ds, _ in os.walk(p.out) for d in ds if d.startswith(".stage-")]
        if stages and p.sql("SELECT 1 FROM run WHERE state='PUBLISHING'"):
            os.unlink(os.path.join(stages[0], "lines.csv"))
            with open(os.path.join(stages[0], "entries.csv"), "r+b") as f:
                f.write(b"X")
            p.customer(0, legal_name="Ganz anders AG", language="en")
            p.configure({"seller": {"name": "Andere AG"}})
            p.void(FIRST, code=0)
            is_like(p, sb, voided, f"step {k}")
            return
        sb.stop()
    check(False, "no stop point between the commit and the rename")


def test_resting_one_stopped(t):
    """A void rests, since awork did not permit it; the run that finishes it is stopped at every step."""
    step_build(t)
    ws = small_month(ENTRIES, 1)
    _, _, again = undisturbed(t, ws)

    def attempt(k):
        sb, p = billed(t, ws)
        sb.faults({**POST, "status": 403})
        p.void(FIRST, code=77)
        sb.faults()
        r = p.run(env={"PSABILL_STOP_AT": str(k)})
        if r.code == 100:
            invariants.holds(p, sb, unfinished=True)
            p.run(code=0)
            is_like(p, sb, again, f"step {k}")
        sb.stop()
        return r.code

    check(stop_points(t, attempt, first=2, step=5) >= 15, "too few stop points")


# ---- real signals ----

def start(p):
    return p.start(FIRST, "--reason", "Falsch berechnet", command="void")


def test_killed_while_unmarking(t):
    """SIGKILL while the answer of the second POST is on its way: applied or not, not recorded."""
    ws = small_month(ENTRIES, 1)
    _, voided, _ = undisturbed(t, ws)
    for fault, left in (({"delay_after_ms": 3000}, 0), ({"delay_ms": 3000}, 2)):
        sb, p = billed(t, ws)
        sb.faults({**POST, "n": 2, **fault})
        process = start(p)
        wait_for(lambda s=sb, n=left, q=p: len(s.billed()) == n and q.peek("SELECT count(*) FROM attempt WHERE billed=0") == [(2,)], "the second POST")
        process.send_signal(KILL)
        equal(process.wait(10), killed(KILL), "exit status")
        sb.faults()
        n = len(sb.posts())
        p.void(FIRST, code=0)
        equal([len(x["body"]["timeEntryIds"]) for x in sb.posts()[n:]], [left] if left else [], f"{fault}: ids sent again")
        is_like(p, sb, voided, str(fault))


def test_killed_at_random_times(t):
    ws = small_month(ENTRIES, 1)
    _, voided, _ = undisturbed(t, ws)
    sb, p = billed(t, ws)
    begin = time.monotonic()
    p.void(FIRST, code=0)
    whole = time.monotonic() - begin
    for i in range(6):
        sb, p = billed(t, ws)
        process = start(p)
        # Half of them while the document is made: the wait for lists that lag is most of the time.
        after = whole * i / 6 if i % 2 else whole * 0.15 * i / 6
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(KILL)
        process.communicate()
        invariants.holds(p, sb, unfinished=True)
        p.void(FIRST, code=0)
        is_like(p, sb, voided, f"killed after {after:.3f} s")
        sb.stop()


def test_sigterm(t):
    """While awork is asked: the void stops soon, and the next one goes on."""
    ws = small_month(ENTRIES, 1)
    _, voided, _ = undisturbed(t, ws)
    sb, p = billed(t, ws)
    sb.faults({**POST, "n": 1, "delay_after_ms": 1500})
    process = start(p)
    wait_for(lambda: len(sb.billed()) < ENTRIES, "the first POST")
    process.send_signal(TERM)
    r = t.finish(process, ["void"], 20)
    equal(r.code, killed(TERM), f"exit status: {r}")
    sb.faults()
    invariants.holds(p, sb, unfinished=True)
    p.void(FIRST, code=0)
    is_like(p, sb, voided, "SIGTERM")


def test_two_at_once(t):
    """Six voids of the same number: one cancels, the others are refused or see that it is done."""
    ws = small_month(ENTRIES, 1)
    _, voided, _ = undisturbed(t, ws)
    sb, p = billed(t, ws)
    started = [start(p) for _ in range(6)]
    codes = {t.finish(x, ["void"], 60).code for x in started}
    check(codes <= {0, 75} and 0 in codes, f"exit statuses {codes}")
    is_like(p, sb, voided, "six at once")
