"""apply: entries put right in bulk. Each action, what is refused, what each answer of awork leads to."""

import csv
import io
import json
import os
import pty
import subprocess

import invariants
from harness import check, equal
from workspace import USER, small_month, uuid_of

BATCH = {"method": "POST", "path_prefix": "/timeentries/batch/"}


def entry(n):
    return uuid_of("entry", n)


def table(p, rows, name="fix.csv", columns=None, sep=",", bom=False):
    """Writes a table; rows are dicts."""
    columns = columns or list(dict.fromkeys(k for r in rows for k in r))
    out = io.StringIO()
    w = csv.writer(out, delimiter=sep)
    w.writerow(columns)
    w.writerows([r.get(c, "") for c in columns] for r in rows)
    return p.write(name, ("\ufeff" if bom else "") + out.getvalue())


def apply(p, rows, *args, code=0, yes=True, **kw):
    path = table(p, rows) if isinstance(rows, list) else rows
    return p.command("apply", path, *(["--yes"] if yes else []), *args, code=code, **kw)


def states(p, run=None):
    return [s for s, in p.sql("SELECT state FROM apply_item WHERE apply=coalesce(?,(SELECT id FROM apply ORDER BY seq DESC)) ORDER BY pos", run)]


def month(t, n=8, **kw):
    ws = small_month(n, 1)
    ws.other = ws.project("Anderes", ws.companies[0]["key"])
    ws.other_task = ws.task("Andere Aufgabe", ws.other)
    sb, p = t.both(ws, kw.pop("conf", None), **kw)
    return ws, sb, p


def posts(sb):
    return [x for x in sb.log() if x["method"] == "POST"]


def test_every_batch_operation(t):
    """One row of each; value in the cell or in a column of its own; names and ids."""
    ws, sb, p = month(t)
    sb.edit({"op": "set", "id": entry(5), "set": {"billable": False}}, {"op": "set", "id": entry(7), "set": {"billed": True}})
    rows = [{"entry_id": entry(1), "action": "set-project Anderes", "value": ""}, {"entry_id": entry(2), "action": "set-project", "value": ws.id(ws.other)},
            {"entry_id": entry(3), "action": "SET-USER Bruno Testmann"}, {"entry_id": entry(4), "action": "set-type-of-work", "value": "Beratung"},
            {"entry_id": entry(5), "action": "set-billable"}, {"entry_id": entry(6), "action": "set-unbillable"}, {"entry_id": entry(7), "action": "set-unbilled"},
            {"entry_id": entry(8), "action": "set-billed"}, {"entry_id": entry(3), "action": "set-task " + ws.id(ws.other_task)}]
    r = apply(p, rows)
    now = sb.entries()
    equal([now[entry(n)]["project"] for n in (1, 2, 3)], [ws.other] * 3, "projects")
    equal((now[entry(3)]["user"], now[entry(3)]["task"]), ("u03", ws.other_task), "user and task")
    equal(now[entry(4)]["type"], "w02", "type of work")
    equal([now[entry(n)]["billable"] for n in (5, 6)], [True, False], "billable")
    equal([now[entry(n)]["billed"] for n in (7, 8)], [False, True], "billed")
    equal(states(p), ["DONE"] * len(rows), "states")
    check("line 2 " in r.out and "project Projekt 1A -> Anderes" in r.out and "-> 0.00" not in r.out, r.out)
    check(all(b and a for b, a in p.sql("SELECT before,after FROM apply_item")), "before and after are kept")
    equal(r.err, "", "standard error")
    before = len(posts(sb))
    again = apply(p, rows)
    check("nothing to do, all is as wanted" in again.out, again.out)
    equal(len(posts(sb)), before, "POSTs of a second apply")
    p.command("verify", code=0)
    p.run("--period", "2026-10", code=0)
    invariants.holds(p, sb)


def test_delete_and_breaks(t):
    ws, sb, p = month(t)
    sb.edit({"op": "set", "id": entry(2), "set": {"break": 600, "breaks": [{"startDate": "2026-10-02T08:00:00Z", "duration": 600, "endDate": "2026-10-02T08:10:00Z"}]}})
    apply(p, [{"entry_id": entry(1), "action": "delete"}, {"entry_id": entry(2), "action": "remove-breaks"}])
    check(entry(1) not in sb.entries() and "break" not in sb.entries()[entry(2)], sb.entries()[entry(2)])
    n = len(posts(sb))
    r = apply(p, [{"entry_id": entry(1), "action": "delete"}, {"entry_id": entry(2), "action": "remove-breaks"}])
    check("nothing to do" in r.out and len(posts(sb)) == n, r.out)


def test_create(t):
    ws, sb, p = month(t)
    rows = [{"entry_id": "", "action": "create", "date": "2026-10-20", "user": "Bruno Testmann", "project": "Anderes", "type_of_work": "Beratung", "duration": "1:30", "note": "Mindestmenge"},
            {"entry_id": "", "action": "create", "date": "21.10.2026", "user": ws.id("u02"), "task": ws.id(ws.other_task), "seconds": "900", "start": "09:00", "billable": "no"}]
    apply(p, rows)
    made = {x["id"]: x for x in sb.entries().values() if x["id"] not in {entry(n) for n in range(1, 9)}}
    equal(len(made), 2, "new entries")
    by_date = {x["date"]: x for x in made.values()}
    a, b = by_date["2026-10-20"], by_date["2026-10-21"]
    equal((a["dur"], a["user"], a["project"], a["type"], a["note"], a["billable"]), (5400, "u03", ws.other, "w02", "Mindestmenge", True), "first")
    equal((b["dur"], b["start"][:8], b["task"], b["type"], b["billable"]), (900, "09:00:00", ws.other_task, ws.default_type, False), "second")
    r = apply(p, rows)
    check("nothing to do" in r.out, r.out)
    equal(len(sb.entries()), 10, "entries after a second apply")
    p.run("--period", "2026-10", code=0)
    check(a["id"] in p.billed_ids(), "the new entry is billed")


def test_hold_and_release(t):
    ws, sb, p = month(t)
    n = len(posts(sb))
    apply(p, [{"entry_id": entry(1), "action": "hold Kunde prüft noch"}, {"entry_id": entry(2), "action": "hold", "value": "=cmd()"}])
    equal(len(posts(sb)), n, "hold is local")
    r = p.run("--period", "2026-10", "--dry-run", code=0)
    equal({e for e, why in p.held(p.draft()).items() if why == "on_hold"}, {entry(1), entry(2)}, "held in a dry run")
    p.run("--period", "2026-10", code=0)
    equal(p.held(), {entry(1): "on_hold", entry(2): "on_hold"}, "held")
    apply(p, [{"entry_id": entry(1), "action": "release"}])
    p.run("--period", "2026-10", code=0)
    check(entry(1) in p.billed_ids() and entry(2) not in p.billed_ids(), p.billed_ids())
    del ws, r


def test_excel_saves(t):
    """Semicolons, byte order mark, neutralised cells, columns in any order, rows without action."""
    ws, sb, p = month(t)
    ws2 = [{"note": "'=2+3", "action": "", "entry_id": entry(1)}, {"note": "x", "action": "set-unbillable", "entry_id": entry(2)}]
    apply(p, table(p, ws2, sep=";", bom=True))
    equal([sb.entries()[entry(n)]["billable"] for n in (1, 2)], [True, False], "billable")
    r = apply(p, table(p, [{"entry_id": entry(3), "action": ""}], sep=";", bom=True))
    check("no action is filled in" in r.out, r.out)
    equal(p.sql("SELECT count(*) FROM apply"), [(1,)], "applies recorded")
    del ws


def test_whole_file_is_refused(t):
    """All errors in one go, with their lines; nothing is changed."""
    ws, sb, p = month(t)
    sb.edit({"op": "rename-project", "id": "p02", "name": "Doppelt"}, {"op": "rename-project", "id": "p01", "name": "Doppelt"},
            {"op": "set", "id": entry(8), "set": {"end": None, "dur": None, "break": 60}}, {"op": "set", "id": entry(6), "set": {"billable": False}})
    p.run("--period", "2026-10", "--user", ws.id("u03"), code=0)
    billed = sorted(p.claims())[0]
    rows = [{"entry_id": entry(99), "action": "set-billable"}, {"entry_id": entry(2), "action": "set-project Doppelt"}, {"entry_id": billed, "action": "set-unbillable"},
            {"entry_id": entry(3), "action": "set-project"}, {"entry_id": entry(3), "action": "fly"}, {"entry_id": "abc", "action": "delete"},
            {"entry_id": entry(5), "action": "delete"}, {"entry_id": entry(5), "action": "set-billable"}, {"entry_id": entry(6), "action": "set-billed"},
            {"entry_id": entry(8), "action": "remove-breaks"}, {"entry_id": "", "action": "create", "date": "2026-10-01"}, {"entry_id": entry(2), "action": "set-user Niemand"}]
    n = len(posts(sb))
    r = apply(p, rows, code=65)
    for line, words in ((2, "knows no such entry"), (3, "awork has 2 of project 'Doppelt'"), (4, "psabill void RE-2026-00001"), (5, "lacks its value"), (6, "unknown action"),
                        (7, "no id of awork"), (8, "cannot be changed as well"), (10, "not billable"), (11, "timer runs"), (12, "needs the column user"), (13, "no user 'Niemand'")):
        # Of two rows that contradict each other either may be named.
        where = (line, line + 1) if line == 8 else (line,)
        check(any(f"fix.csv:{k}: " in x and words in x for x in r.err.splitlines() for k in where), f"line {line}, {words}: {r.err}")
    equal(len(posts(sb)), n, "nothing was sent")
    equal(p.sql("SELECT count(*) FROM apply"), [(0,)], "nothing was recorded")


def test_nobody_to_ask(t):
    ws, sb, p = month(t)
    r = apply(p, [{"entry_id": entry(1), "action": "delete"}], yes=False, code=64)
    check("--yes" in r.err and entry(1) in sb.entries(), r.err)
    r = apply(p, [{"entry_id": entry(1), "action": "delete"}], "--dry-run", yes=False)
    check("1 change of 1 entry" in r.out and entry(1) in sb.entries(), r.out)
    equal(p.sql("SELECT count(*) FROM apply"), [(0,)], "nothing was recorded")
    os.remove(p.ledger)
    apply(p, [{"entry_id": entry(1), "action": "delete"}], "--dry-run", yes=False)
    check(not os.path.exists(p.ledger), "a dry run makes no ledger")
    p.command("apply", code=64)
    p.command("apply", "x.csv", "--undo", "A0001", code=64)
    p.command("apply", os.path.join(p.dir, "missing.csv"), "--yes", code=66)
    p.command("apply", "--undo", "A0009", "--yes", code=64)
    p.command("apply", "--give-up", code=64)
    del ws


def test_asked_on_a_terminal(t):
    ws, sb, p = month(t)
    path = table(p, [{"entry_id": entry(1), "action": "set-unbillable"}])
    for answer, wanted in ((b"n\n", True), (b"y\n", False)):
        main, side = pty.openpty()
        try:
            proc = subprocess.Popen([t.psabill, "-c", p.conf_path, "apply", path], stdin=side, stdout=side, stderr=side, env=t.environment(None), cwd=p.dir)
            os.write(main, answer)
            equal(proc.wait(60), 0, "exit status")
        finally:
            os.close(main)
            os.close(side)
        equal(sb.entries()[entry(1)]["billable"], wanted, f"answer {answer}")
    del ws


def test_buckets(t):
    """Each bucket of the 207, no bucket, two buckets, a lie, foreign ids."""
    cases = {"notFound": ("UNKNOWN", 3), "unauthorized": ("AUTH", 3), "badRequest": ("REJECTED", 3), "none": ("UNKNOWN", 3), "none_applied": ("DONE", 0), "both": ("UNKNOWN", 3),
             "both_applied": ("DONE", 0), "twice": ("DONE", 0)}
    for bucket, (state, code) in cases.items():
        ws, sb, p = month(t, 4)
        sb.faults({**BATCH, "bucket": {entry(2): bucket}})
        r = apply(p, [{"entry_id": entry(n), "action": "set-unbillable"} for n in (1, 2, 3)], code=code)
        equal(dict(p.sql("SELECT entry,state FROM apply_item")), {entry(1): "DONE", entry(2): state, entry(3): "DONE"}, bucket)
        check(state == "DONE" or state in r.out, r.out)
        equal(sb.entries()[entry(2)]["billable"], state != "DONE", f"{bucket}: in awork")
        sb.faults()
        if state != "DONE":
            apply(p, os.path.join(p.dir, "fix.csv"))
            equal(sb.entries()[entry(2)]["billable"], False, f"{bucket}: applied again")
        sb.stop()
    ws, sb, p = month(t, 4)
    sb.faults({**BATCH, "lie": True})
    apply(p, [{"entry_id": entry(1), "action": "set-unbillable"}], code=3)
    equal((states(p), len(posts(sb))), (["UNKNOWN"], 3), "a lying server")
    sb.faults({**BATCH, "foreign_ok": [entry(3)]})
    apply(p, [{"entry_id": entry(1), "action": "set-unbillable"}], code=76)
    equal(states(p), ["DONE"], "foreign ids")
    del ws


def test_requests_refused(t):
    """400 for one bad id: cut in halves; 413: smaller; 429: waits."""
    ws, sb, p = month(t, 8)
    rows = [{"entry_id": entry(n), "action": "set-type-of-work Beratung"} for n in (2, 3, 4, 5, 7, 8)]
    sb.faults({**BATCH, "refuse_ids": [entry(4)]})
    apply(p, rows, code=3)
    equal(dict(p.sql("SELECT entry,state FROM apply_item"))[entry(4)], "REJECTED", "the bad one")
    equal(states(p).count("DONE"), 5, "the others")
    sb.reset()
    sb.faults({**BATCH, "max_ids": 2}, {**BATCH, "n": 1, "status": 429, "headers": {"Retry-After": "0"}})
    apply(p, [{**x, "action": "set-user Bruno Testmann"} for x in rows if x["entry_id"] != entry(4) and x["entry_id"] != entry(7)])
    equal(set(states(p)), {"DONE"}, "after 413 and 429")
    del ws


def test_lost_answers(t):
    for fault in ({"apply_close": True}, {"close": True}, {"status": 502, "body": "<html>"}, {"truncate_json": True, "apply": True}, {"status": 204, "apply": True}):
        ws, sb, p = month(t, 4)
        sb.faults({**BATCH, "n": 1, **fault})
        apply(p, [{"entry_id": entry(n), "action": "delete"} for n in (1, 2)])
        equal((states(p), len(sb.entries())), (["DONE", "DONE"], 2), f"{fault}")
        sb.stop()
    ws, sb, p = month(t, 4, conf={"awork": {"retry_minutes": 1}})
    sb.faults({"method": "POST", "path": "/timeentries/batch/delete", "status": 401, "body": {"code": "unauthorized", "description": "expired"}})
    apply(p, [{"entry_id": entry(1), "action": "delete"}], code=77)
    equal(states(p), ["SENT"], "401 for the whole request")
    r = p.run("--period", "2026-10", "--user", ws.id("u02"), code=77)
    check("rests" in r.err and p.claims() and entry(1) not in p.claims(), f"billing goes on: {r}")
    equal(states(p), ["SENT"], "still open")
    p.run("--period", "2026-10", "--no-mark", code=0)
    sb.faults()
    apply(p, os.path.join(p.dir, "fix.csv"), code=3)
    equal(p.sql("SELECT state,note FROM apply_item"), [("CHANGED", "stands on invoice RE-2026-00002 by now")], "it stands on an invoice by now")
    check(entry(1) in sb.entries(), "not deleted")


def test_create_lost(t):
    """The answer to a new entry is lost: found again by what it is, never made twice."""
    post = {"method": "POST", "path": "/timeentries"}
    for fault in ({"apply_close": True}, {"close": True}, {"status": 503}, {"apply": True, "status": 500}, {"apply": True, "status": 200, "body": "{}"}):
        ws, sb, p = month(t, 4)
        row = {"entry_id": "", "action": "create", "date": "2026-10-20", "user": "Bruno Testmann", "project": "Anderes", "type_of_work": "Beratung", "seconds": "3600", "note": "Neu"}
        # An equal one that was there before is not taken for it.
        sb.edit({"op": "insert", "entry": {"id": entry(50), "user": "u03", "project": ws.other, "type": "w02", "date": "2026-10-20", "dur": 3600, "note": "Neu"}})
        sb.faults({**post, "n": 1, **fault})
        apply(p, [row, {**row, "note": "Zwei"}])
        new = [x for x in sb.entries().values() if x["date"] == "2026-10-20" and x["id"] != entry(50)]
        equal(sorted(x["note"] for x in new), ["Neu", "Zwei"], f"{fault}: made")
        equal(sorted(e for e, in p.sql("SELECT entry FROM apply_item")), sorted(x["id"] for x in new), f"{fault}: recorded")
        sb.stop()
    ws, sb, p = month(t, 4)
    sb.faults({**post, "status": 400, "body": {"code": "validation-failed", "description": "closed project"}})
    r = apply(p, [row, {**row, "note": "Zwei"}], code=3)
    check("closed project" in r.out and states(p) == ["REJECTED", "REJECTED"], r.out)
    r = apply(p, [row, row], code=65)
    check("the same new entry as in line 2" in r.err, r.err)


def test_permission(t):
    """An ordinary user's token: single requests answer 401 for what may not be changed; the token itself is good."""
    ws = small_month(4, 1)
    ws.tokens[1]["ownOnly"] = False
    ws.tokens[1]["frozenBefore"] = "2026-10-03"
    sb, p = t.both(ws, token=USER)
    for n in (1, 4):
        sb.edit({"op": "set", "id": entry(n), "set": {"break": 60}})
    r = apply(p, [{"entry_id": entry(n), "action": "remove-breaks"} for n in (1, 4)], code=3)
    equal(dict(p.sql("SELECT entry,state FROM apply_item")), {entry(1): "AUTH", entry(4): "DONE"}, "one may, one may not")
    check("administrator rights" in r.out, r.out)


def test_older_forms(t):
    """A server without the batch operation: the older form, said aloud."""
    ws, sb, p = month(t, 6)
    sb.faults({"method": "POST", "path_prefix": "/timeentries/batch/", "status": 404, "body": {"code": "not-found", "description": "no such operation"}})
    r = apply(p, [{"entry_id": entry(1), "action": "delete"}, {"entry_id": entry(2), "action": "delete"}, {"entry_id": entry(3), "action": "set-billed"}])
    check("awork knows no batch operation delete" in r.out and "setIsBilled" in r.out, r.out)
    check(entry(1) not in sb.entries() and sb.entries()[entry(3)]["billed"], "done")
    equal([x["path"] for x in posts(sb) if x["status"] == 204], ["/api/v1/timeentries/setbilled", "/api/v1/timeentries/delete"], "older forms")
    apply(p, [{"entry_id": entry(4), "action": "set-unbillable"}], code=76)
    p.command("apply", "--give-up", "--json", code=3)
    equal(states(p), ["UNKNOWN"], "given up")
    sb.faults()
    apply(p, [{"entry_id": entry(4), "action": "set-unbillable"}])
    del ws


def test_undo(t):
    ws, sb, p = month(t)
    sb.edit({"op": "set", "id": entry(6), "set": {"billed": True}})
    was = sb.entries()
    new = {"entry_id": "", "action": "create", "date": "2026-10-20", "user": "Bruno Testmann", "project": "Anderes", "type_of_work": "Beratung", "seconds": "3600"}
    rows = [{"entry_id": entry(1), "action": "set-project Anderes"}, {"entry_id": entry(2), "action": "set-user Bruno Testmann"}, {"entry_id": entry(3), "action": "set-type-of-work Beratung"},
            {"entry_id": entry(4), "action": "set-unbillable"}, {"entry_id": entry(6), "action": "set-unbillable"}, {"entry_id": entry(7), "action": "hold später"}, new]
    apply(p, rows)
    p.command("apply", "--undo", "A0001", "--yes", code=0)
    now = sb.entries()
    same = ("project", "task", "user", "type", "billable", "billed")
    equal({i: [x.get(k) for k in same] for i, x in now.items()}, {i: [x.get(k) for k in same] for i, x in was.items()}, "as before")
    equal(p.sql("SELECT count(*) FROM apply_hold WHERE released IS NULL"), [(0,)], "holds")
    p.command("apply", "--undo", "A0001", "--yes", code=3)
    apply(p, [{"entry_id": entry(8), "action": "delete"}, {"entry_id": entry(2), "action": "set-user Bruno Testmann"}])
    sb.edit({"op": "set", "id": entry(2), "set": {"user": "u01"}, "by": "u02"})
    run, = p.sql("SELECT id FROM apply ORDER BY seq DESC LIMIT 1")[0]
    r = p.command("apply", "--undo", run, "--yes", code=3)
    check("awork cannot bring a deleted entry back" in r.out and "somebody changed it since" in r.out, r.out)
    equal(sb.entries()[entry(2)]["user"], "u01", "what a person did stays")
    apply(p, [new])
    equal(len(sb.entries()), len(was), "made again after it was taken back")


def test_changed_meanwhile(t):
    """Between plan and sending somebody edits: his edit stays."""
    ws, sb, p = month(t, 4)
    sb.faults({"method": "GET", "path": "/timeentries/" + entry(1), "n": 2, "edit": [{"op": "set", "id": entry(1), "set": {"dur": 60}, "by": "u02"}]})
    apply(p, [{"entry_id": entry(1), "action": "delete"}], code=3)
    equal((states(p), sb.entries()[entry(1)]["dur"]), (["CHANGED"], 60), "edited")
    del ws


def test_show(t):
    ws, sb, p = month(t, 4)
    sb.faults({**BATCH, "bucket": {entry(2): "unauthorized"}})
    apply(p, [{"entry_id": entry(1), "action": "set-project Anderes"}, {"entry_id": entry(2), "action": "delete"}, {"entry_id": entry(3), "action": "hold \x1b[31mrot"}], code=3)
    r = p.command("show", "A0001", code=0)
    check("DONE     set-project" in r.out and "Projekt 1A -> Anderes" in r.out and "AUTH     delete" in r.out and "\x1b" not in r.out, r.out)
    equal(json.loads(p.command("show", "A0001", "--json", code=0).out)["changes"], {"DONE": 2, "AUTH": 1}, "JSON")
    p.command("show", "A0002", code=64)
    del ws


def test_json(t):
    ws, sb, p = month(t, 4)
    j = json.loads(apply(p, [{"entry_id": entry(1), "action": "set-unbillable"}], "--json").out)
    equal((j["apply"], j["state"], j["exit"], j["changes"], j["items"][0]["state"]), ("A0001", "CLOSED", 0, {"DONE": 1}, "DONE"), "JSON")
    j = json.loads(p.command("apply", os.path.join(p.dir, "fix.csv"), "--yes", "--json", code=0).out)
    equal((j["state"], j["already"], j["items"]), ("NOTHING", 1, []), "nothing to do")
    del ws, sb


def test_many_rows(t):
    """20,000 rows of one file: time and memory stay bounded. Under AddressSanitizer fewer, without a limit on address space."""
    asan = os.path.basename(t.binaries) == "asan"
    rows = 2000 if asan else 20000
    ws = small_month(1, 1)
    for i in range(rows):
        ws.entry(f"2026-{i % 9 + 1:02d}-{i % 28 + 1:02d}", 600, project="p01", untimed=True)
    sb, p = t.both(ws)
    path = table(p, [{"entry_id": entry(i + 2), "date": f"2026-{i % 9 + 1:02d}-{i % 28 + 1:02d}", "action": "set-unbillable" if i % 2 else "set-project Projekt 1B"} for i in range(rows)])
    p.prefix = ["/usr/bin/env", "bash", "-c", ("" if asan else "ulimit -v 700000; ") + "ulimit -t 120; exec \"$@\"", "bash"]
    r = p.command("apply", path, "--yes", timeout=170)
    equal(r.code, 0, f"{r.err}")
    equal(p.sql("SELECT state,count(*) FROM apply_item GROUP BY 1"), [("DONE", rows)], "states")
    check(len(r.out.splitlines()) < 250, "the plan is cut")
    check(len(sb.log()) < 2500, f"{len(sb.log())} requests")


def test_verify_knows_what_was_asked_for(t):
    """The chain proves what an apply was asked for and what became of it; somebody with a database tool cannot change either unseen."""
    _, _, p = month(t)
    created = {"action": "create", "date": "2026-10-08", "user": "Bruno Testmann", "project": "Anderes", "type_of_work": "Beratung", "duration": "0:30", "note": "Nachtrag"}
    apply(p, [{"entry_id": entry(1), "action": "set-unbillable"}, created])
    apply(p, [{"entry_id": entry(2), "action": "hold wait"}])
    p.command("verify", code=0)
    for column, what in (("value", "changes"), ("before", "changes"), ("line", "changes"), ("after", "outcomes"), ("entry", "outcomes")):
        old = p.sql(f"SELECT {column} FROM apply_item WHERE apply='A0001' AND action='create'")[0][0]
        other = 99 if column == "line" else "0" * 36
        p.alter((f"UPDATE apply_item SET {column}=? WHERE apply='A0001' AND action='create'", (other,)))
        r = p.command("verify", code=65)
        check(f"{what} of A0001 are not what the chain recorded" in r.out + r.err, f"{column}: {r}")
        p.alter((f"UPDATE apply_item SET {column}=? WHERE apply='A0001' AND action='create'", (old,)))
    p.command("verify", code=0)


def test_plan_in_the_order_of_the_file(t):
    """The plan is read beside the file: its lines in their order, the changes of one entry together."""
    _, _, p = month(t)
    rows = [{"entry_id": entry(n), "action": "set-unbillable"} for n in (5, 1, 8, 3)] + [{"entry_id": entry(1), "action": "set-project Anderes"}]
    r = apply(p, rows, "--dry-run", yes=False)
    lines = [int(x.split()[1]) for x in r.out.splitlines() if x.startswith("  line ")]
    equal([n for n in lines if n != 6], [2, 3, 4, 5], r.out)
    equal(abs(lines.index(3) - lines.index(6)), 1, r.out)
