"""An apply stopped at any step: the same command, another apply or the next run finishes it. Nothing is done twice, nothing is lost."""

import invariants
from harness import check, equal, step_build
from test_apply import apply, entry, month, posts, states
from test_crash import stop_points

ROWS = [{"entry_id": entry(1), "action": "set-project Anderes"}, {"entry_id": entry(2), "action": "set-project Projekt 1B"}, {"entry_id": entry(3), "action": "delete"},
        {"entry_id": entry(4), "action": "set-unbillable"}, {"entry_id": entry(5), "action": "remove-breaks"}, {"entry_id": entry(6), "action": "hold später"},
        {"entry_id": "", "action": "create", "date": "2026-10-20", "user": "Bruno Testmann", "project": "Anderes", "type_of_work": "Beratung", "seconds": "3600"},
        {"entry_id": "", "action": "create", "date": "2026-10-21", "user": "Alva Beispiel", "project": "Anderes", "type_of_work": "Beratung", "seconds": "600", "note": "x"}]


def start(t):
    ws, sb, p = month(t)
    sb.edit({"op": "set", "id": entry(5), "set": {"break": 600}})
    del ws
    return sb, p


def seen(sb, p):
    """What matters of awork and of the ledger, without ids of new entries and stamps."""
    old = {entry(n) for n in range(1, 9)}
    rows = sorted((x["id"] if x["id"] in old else "new", x["date"], x.get("dur") or 0, x.get("project") or "", x.get("task") or "", x["user"], x["billable"], x.get("break") or 0)
                  for x in sb.entries().values())
    return rows, p.sql("SELECT entry,text FROM apply_hold WHERE released IS NULL"), states(p, "A0001")


def sent_once(sb):
    """Every new entry and every removal of breaks was asked for once; batches name an id once per operation."""
    for path in ("/api/v1/timeentries", f"/api/v1/timeentries/{entry(5)}/removebreaks"):
        n = len([x for x in posts(sb) if x["path"] == path and x["status"] == 200])
        equal(n, 2 if path.endswith("timeentries") else 1, f"POST {path}")
    ids = [(x["path"], i) for x in posts(sb) if "/batch/" in x["path"] for i in x["body"]["timeEntryIds"]]
    equal(len(ids), len(set(ids)), f"ids sent: {ids}")


def test_then_apply(t):
    step_build(t)
    sb, p = start(t)
    apply(p, ROWS)
    wanted = seen(sb, p)
    equal(wanted[2], ["DONE"] * 8, "undisturbed")

    def attempt(k):
        sb, p = start(t)
        r = apply(p, ROWS, code=None, env={"PSABILL_STOP_AT": str(k)})
        if r.code == 100:
            equal(p.sql("PRAGMA integrity_check"), [("ok",)], "ledger")
            equal(apply(p, ROWS).err, "", f"step {k}: standard error")
            equal(seen(sb, p), wanted, f"step {k}")
            sent_once(sb)
            check("nothing to do" in apply(p, ROWS).out, f"step {k}: a third one")
            p.command("verify", code=0)
        sb.stop()
        return r.code

    check(stop_points(t, attempt) >= 12, "too few stop points")


def test_then_run(t):
    """A run finishes it before it bills; the held entry stays unbilled."""
    step_build(t)

    def attempt(k):
        sb, p = start(t)
        r = apply(p, ROWS, code=None, env={"PSABILL_STOP_AT": str(k)})
        if r.code == 100:
            p.run("--period", "2026-10", code=0)
            equal(p.sql("SELECT state FROM apply"), [("CLOSED",)], f"step {k}: state")
            made = {e for e, in p.sql("SELECT entry FROM apply_item WHERE action='create'")}
            equal(set(p.claims()), {entry(n) for n in (1, 2, 5, 7, 8)} | made, f"step {k}: billed")
            invariants.holds(p, sb)
        sb.stop()
        return r.code

    stop_points(t, attempt, step=3)


def test_stopped_twice(t):
    step_build(t)
    for k, j in ((2, 2), (5, 1), (6, 3), (9, 2), (14, 1), (15, 2)):
        sb, p = start(t)
        check(apply(p, ROWS, code=None, env={"PSABILL_STOP_AT": str(k)}).code == 100, f"not stopped at {k}")
        apply(p, ROWS, code=None, env={"PSABILL_STOP_AT": str(j)})
        apply(p, ROWS)
        equal(states(p, "A0001"), ["DONE"] * 8, f"steps {k}, {j}")
        sent_once(sb)
        sb.stop()


def test_another_apply(t):
    """Another file: the interrupted one is finished first and told, then the new one."""
    step_build(t)
    sb, p = start(t)
    check(apply(p, ROWS, code=None, env={"PSABILL_STOP_AT": "4"}).code == 100, "not stopped")
    r = apply(p, [{"entry_id": entry(7), "action": "set-unbillable"}])
    check("A0001: 8 done" in r.out and "A0002: 1 done" in r.out, r.out)
    r = p.command("apply", "--undo", "A0001", "--yes", code=3)
    check("deleted entry back" in r.out and "cannot set breaks" in r.out, r.out)
    del sb


def test_unfinished_run_comes_first(t):
    """Entries of a run that stopped half-way are not touched before that run is finished; a dry run does not pass over an unfinished apply."""
    step_build(t)
    sb, p = start(t)
    check(p.run("--period", "2026-10", env={"PSABILL_STOP_AT": "9"}).code == 100, "run not stopped")
    r = apply(p, ROWS, code=75)
    check("psabill run finishes it" in r.err and not states(p), r.err)
    sb.stop()
    sb, p = start(t)
    check(apply(p, ROWS, code=None, env={"PSABILL_STOP_AT": "4"}).code == 100, "apply not stopped")
    check("A0001 is unfinished" in apply(p, ROWS, "--dry-run", code=75, yes=False).err, "dry run")
    p.command("apply", "--give-up", code=3)
    equal(p.sql("SELECT state FROM apply"), [("CLOSED_EXC",)], "given up")
    check("CHANGED" in states(p) and "UNKNOWN" in states(p), states(p))
