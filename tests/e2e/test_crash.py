"""Stopped at any instant: the next run finishes, ends like a run that was never interrupted, and a third run changes nothing."""

import os
import subprocess
import time

import invariants
from harness import EPOCH, INT, KILL, TERM, check, equal, killed, same_tree, step_build, tree, wait_for
from workspace import small_month

BATCH = {"method": "POST", "path_prefix": "/timeentries/batch/"}
CONF = {"awork": {"batch_size": 5}}


def entry(n):
    return {"id": f"0000000e-0000-4000-8000-00000000f{n:03d}", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-02", "dur": 60}


def undisturbed(t, ws):
    sb, p = t.both(ws, CONF)
    p.run(code=0)
    return tree(p.out), p.ledger_facts(), sb.billed()


def ended_like(p, sb, wanted, what):
    """After the run that finishes: as if nothing had happened; then another run, which changes nothing."""
    wanted_tree, facts, billed = wanted
    same_tree(tree(p.out), wanted_tree, f"{what}: files")
    equal(p.ledger_facts(), facts, f"{what}: ledger")
    equal(sb.billed(), billed, f"{what}: billed")
    invariants.holds(p, sb)
    before, posts = tree(p.out, skip=()), len(sb.posts())
    p.run(code=0)
    same_tree(tree(p.out, skip=()), before, f"{what}: files after a third run")
    equal((p.ledger_facts(), len(sb.posts())), (facts, posts), f"{what}: ledger and POSTs after a third run")


def stop_points(t, make, first=1, step=1):
    """Calls make(k) -> exit status of a run stopped at k, until a run is not stopped any more. Returns how many there were."""
    k = first
    while True:
        code = make(k)
        if code != 100:
            equal(code, 0, f"exit status of the run with stop point {k}")
            return k - 1
        check(k < 200, "more than 200 stop points")
        k += step


def test_stopped_at_every_step(t):
    step_build(t)
    ws = small_month(14)
    wanted = undisturbed(t, ws)

    def attempt(k):
        sb, p = t.both(ws, CONF)
        r = p.run(env={"PSABILL_STOP_AT": str(k)})
        if r.code == 100:
            invariants.holds(p, sb, unfinished=True)
            r2 = p.run(code=0)
            equal(r2.err, "", f"step {k}: standard error of the run that finishes")
            ended_like(p, sb, wanted, f"step {k}")
        sb.stop()
        return r.code

    check(stop_points(t, attempt) >= 14, "too few stop points")


def test_stopped_twice(t):
    """Stopped, then stopped again while it recovers: a sample of all pairs."""
    step_build(t)
    ws = small_month(7, 1)
    wanted = undisturbed(t, ws)
    for k in (2, 4, 7, 8, 11, 13):
        for j in (1, 3, 6):
            sb, p = t.both(ws, CONF)
            equal(p.run(env={"PSABILL_STOP_AT": str(k)}).code, 100, f"stop at {k}")
            if p.run(env={"PSABILL_STOP_AT": str(j)}).code == 100:
                invariants.holds(p, sb, unfinished=True)
                p.run(code=0)
            same_tree(tree(p.out), wanted[0], f"steps {k}, {j}: files")
            equal((p.ledger_facts(), sb.billed()), wanted[1:], f"steps {k}, {j}: ledger, billed")
            invariants.holds(p, sb)
            sb.stop()


def test_stopped_then_awork_changed(t):
    """Between the stop and the next run an entry is edited, another deleted, a third billed by hand: nothing billed twice, nothing lost."""
    step_build(t)
    ws = small_month(14)
    edited, deleted, foreign = (ws.entries[i]["id"] for i in (1, 2, 3))

    def attempt(k):
        sb, p = t.both(ws, CONF)
        r = p.run(env={"PSABILL_STOP_AT": str(k)})
        if r.code != 100:
            return r.code
        issued = bool(p.sql("SELECT 1 FROM run WHERE state NOT IN ('OPEN','SNAPSHOT','PLANNED','RENDERED','ABORTED')"))
        # A run that is not closed reads all its claims again: what was verified before the stop counts only when it is.
        closed = bool(p.sql("SELECT 1 FROM run WHERE state IN ('CLOSED','CLOSED_EXC')"))
        verified = {i for i, s in p.claims().items() if s == "VERIFIED" and closed}
        already = sb.billed()
        sb.edit({"op": "set", "id": edited, "set": {"dur": 4000}, "by": "u02"}, {"op": "delete", "id": deleted})
        if foreign not in already:
            sb.edit({"op": "set", "id": foreign, "set": {"billed": True}, "by": "u02"})
        r = p.run()
        equal(r.code, 3 if issued and not {edited, deleted} <= verified else 0, f"step {k}: {r}")
        ids = p.billed_ids()
        equal(len(ids), len(set(ids)), f"step {k}: ids on documents")
        equal(deleted in ids, issued, f"step {k}: deleted entry on a document")
        if issued:
            equal(p.claims()[deleted], "VERIFIED" if deleted in verified else "GONE", f"step {k}: claim of the deleted entry")
            equal(p.claims()[edited], "VERIFIED" if edited in verified else "DRIFT", f"step {k}: claim of the edited entry")
            check(p.claims()[foreign] in (("VERIFIED",) if foreign in already else ("FOREIGN", "VERIFIED")), f"step {k}: {p.claims()[foreign]}")
        else:
            equal([x["seconds"] for x in p.csv("entries.csv", p.runs()[-1]) if x["entry_id"] == edited], ["4000"], f"step {k}: seconds of the edited entry")
        left = {x["id"] for x in sb.state()["entries"] if not x["billed"]}
        equal(left, set(), f"step {k}: open entries")
        invariants.holds(p, sb, reopened=[deleted], stale_reports=True)
        sb.stop()
        return 100

    stop_points(t, attempt)


def test_stopped_then_a_500(t):
    step_build(t)
    ws = small_month(7, 1)
    wanted = undisturbed(t, ws)

    def attempt(k):
        sb, p = t.both(ws, CONF)
        r = p.run(env={"PSABILL_STOP_AT": str(k)})
        if r.code == 100:
            sb.faults({**BATCH, "n": 1, "status": 500, "apply": True}, {"method": "GET", "path": "/me", "n": 1, "status": 503, "headers": {"Retry-After": "0"}})
            p.run(code=0)
            same_tree(tree(p.out), wanted[0], f"step {k}: files")
            equal((p.ledger_facts(), sb.billed()), wanted[1:], f"step {k}: ledger, billed")
            invariants.holds(p, sb)
        sb.stop()
        return r.code

    stop_points(t, attempt, step=3)


def test_stage_damaged_after_the_point_of_no_return(t):
    """The staged folder lost a file, or a byte of one changed: rendered again to the same bytes."""
    step_build(t)
    ws = small_month(7, 1)
    wanted = undisturbed(t, ws)

    def attempt(k):
        sb, p = t.both(ws, CONF)
        r = p.run(env={"PSABILL_STOP_AT": str(k)})
        stages = [os.path.join(f, d) for f, ds, _ in os.walk(p.out) for d in ds if d.startswith(".stage-")]
        if r.code == 100 and stages and p.sql("SELECT 1 FROM run WHERE state='PUBLISHING'"):
            damaged.append(k)
            os.unlink(os.path.join(stages[0], "lines.csv"))
            with open(os.path.join(stages[0], "entries.csv"), "r+b") as f:
                f.write(b"X")
            p.run(code=0)
            ended_like(p, sb, wanted, f"step {k}")
        sb.stop()
        return r.code

    damaged = []
    stop_points(t, attempt)
    equal(len(damaged), 1, "stop points between the commit and the rename")


def test_published_file_altered_while_the_run_is_open(t):
    """A document that somebody changed is not gone on with; moved away, it is written anew from the ledger, with the same bytes."""
    sb, p = t.both(small_month(7, 1))
    sb.faults({**BATCH, "status": 401})
    p.run(code=77)
    folder = p.folder()
    path = os.path.join(folder, "entries.csv")
    with open(path, "rb") as f:
        issued = f.read()
    os.chmod(path, 0o600)
    with open(path, "ab") as f:
        f.write(b"x")
    sb.faults()
    posts = len(sb.posts())
    r = p.run(code=65)
    check("entries.csv" in r.err and "move" in r.err, f"the file is not named, or not what to do: {r.err}")
    equal((len(set(p.claims())), len(sb.posts())), (7, posts), "claims and POSTs")
    os.rename(folder, p.dir + "/altered")
    p.run(code=0)
    with open(path, "rb") as f:
        equal(f.read(), issued, "written anew")
    invariants.holds(p, sb)


def test_published_folder_deleted_while_the_run_is_open(t):
    sb, p = t.both(small_month(7, 1))
    sb.faults({**BATCH, "status": 401})
    p.run(code=77)
    folder = p.folder()
    before = {x: open(os.path.join(folder, x), "rb").read() for x in os.listdir(folder) if x.endswith((".csv", ".xlsx"))}
    os.rename(folder, p.dir + "/kept")
    sb.faults()
    r = p.run(code=0)
    check("missing" in r.err or "not whole" in r.err or r.err == "", f"{r}")
    equal({x: open(os.path.join(folder, x), "rb").read() for x in before}, before, "written anew")
    invariants.holds(p, sb)


# ---- real signals ----

def in_flight(sb, method, path):
    return any(x["method"] == method and path in x["path"] for x in sb.log())


def test_killed_while_marking(t):
    """SIGKILL while the answer of the first POST is on its way: applied, not recorded."""
    ws = small_month(14)
    wanted = undisturbed(t, ws)
    for fault, billed in (({"delay_after_ms": 3000}, 10), ({"delay_ms": 3000}, 5)):
        sb, p = t.both(ws, {"awork": {**CONF["awork"], "connections": 1}})
        sb.faults({**BATCH, "n": 2, **fault})
        process = p.start()
        wait_for(lambda s=sb, n=billed, q=p: len(s.billed()) == n and q.peek("SELECT state,count(*) FROM claim GROUP BY 1 ORDER BY 1") ==
                 [("CLAIMED", 4), ("MARKED", 5), ("SENT", 5)], "the second POST")
        process.send_signal(KILL)
        equal(process.wait(10), killed(KILL), "exit status")
        sb.faults()
        p.run(code=0)
        ended_like(p, sb, wanted, str(fault))


def test_killed_at_random_times(t):
    """SIGKILL after so many milliseconds, wherever that is."""
    ws = small_month(14)
    wanted = undisturbed(t, ws)
    begin = time.monotonic()
    _, p = t.both(ws, CONF)
    p.run(code=0)
    whole = time.monotonic() - begin
    for i in range(8):
        sb, p = t.both(ws, CONF)
        process = p.start()
        try:
            process.wait(whole * i / 8)
        except subprocess.TimeoutExpired:
            process.send_signal(KILL)
        process.communicate()
        p.run(code=0)
        ended_like(p, sb, wanted, f"killed after {whole * i / 8:.3f} s")


def stopped_by(t, sig, rule, condition):
    ws = small_month(14)
    sb, p = t.both(ws, CONF)
    sb.faults(rule)
    process = p.start()
    wait_for(lambda: condition(sb), "the delayed request")
    process.send_signal(sig)
    r = t.finish(process, ["run"], 20)
    equal(r.code, killed(sig), f"exit status after signal {sig}: {r}")
    sb.faults()
    return ws, sb, p, r


def test_sigterm_while_fetching(t):
    for sig in (TERM, INT):
        ws, sb, p, r = stopped_by(t, sig, {"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000", "n": 1, "delay_ms": 3000}, lambda s: len(s.log()) >= 4)
        equal((p.runs(), sb.posts()), ([], []), "folders and POSTs")
        invariants.holds(p, sb, unfinished=True)
        check(r.seconds < 3, f"took {r.seconds} s")
        p.run(code=0)
        equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
        equal(p.csv("invoices.csv")[0]["invoice_number"], "RE-2026-00001", "number")
        invariants.holds(p, sb)


def test_sigterm_while_marking(t):
    """The step is finished or left, what is issued stays, the next run goes on."""
    ws = small_month(14)
    wanted = undisturbed(t, ws)
    ws, sb, p, _ = stopped_by(t, TERM, {**BATCH, "n": 2, "delay_after_ms": 1500}, lambda s: len(s.billed()) >= 10)
    invariants.holds(p, sb, unfinished=True)
    p.run(code=0)
    ended_like(p, sb, wanted, "SIGTERM while marking")


def test_sigterm_while_waiting(t):
    """A long Retry-After is no reason to hang on."""
    rule = {"method": "GET", "path": "/timeentries", "status": 429, "headers": {"Retry-After": "30"}}
    _, _, p, r = stopped_by(t, TERM, rule, lambda s: in_flight(s, "GET", "/timeentries"))
    check(r.seconds < 5, f"took {r.seconds} s")
    equal(p.runs(), [], "folders")


# ---- two at once ----

def test_two_instances(t):
    ws = small_month(14)
    sb, p = t.both(ws)
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000", "n": 1, "delay_ms": 2500})
    process = p.start()
    wait_for(lambda: len(sb.log()) >= 4, "the first instance's requests")
    second = p.run(code=75)
    check(second.err != "" and second.seconds < 2, f"the second instance: {second}")
    p.run("--wait", "1", code=75)
    equal(t.finish(process, ["run"], 20).code, 0, "the first instance")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(len(p.runs()), 1, "folders")
    invariants.holds(p, sb)


def test_waiting_for_the_lock(t):
    ws = small_month(14)
    sb, p = t.both(ws)
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000", "n": 1, "delay_ms": 1000})
    process = p.start()
    wait_for(lambda: len(sb.log()) >= 4, "the first instance's requests")
    second = p.run("--wait", "20", code=0)
    equal((second.summary()["invoices"], second.summary()["ponr"]), (0, 0), "the second instance")
    equal(t.finish(process, ["run"], 20).code, 0, "the first instance")
    equal((len(p.runs()), len(sb.posts())), (1, 1), "folders and POSTs")
    invariants.holds(p, sb)


def test_many_instances(t):
    """Eight at once: one bills, the others are refused or find nothing to do; nothing twice."""
    ws = small_month(14)
    sb, p = t.both(ws)
    started = [p.start() for _ in range(8)]
    codes = sorted(t.finish(x, ["run"], 60).code for x in started)
    check(set(codes) <= {0, 75} and 0 in codes, f"exit statuses {codes}")
    equal(sorted(p.billed_ids()), sorted(x["id"] for x in ws.entries), "documents")
    equal(len(p.runs()), 1, "folders")
    invariants.holds(p, sb)


# ---- clocks ----

def test_clock_goes_back(t):
    sb, p = t.both(small_month(14))
    p.run(code=0)
    r = p.run(env={"SOURCE_DATE_EPOCH": str(EPOCH - 400 * 86400)})
    check(r.code in (0, 78), f"{r}")
    equal(len(sb.posts()), 1, "POSTs")
