"""A ledger with a past: several runs, changed settings, debts of earlier runs, lost and old ledgers, tables from spreadsheet programs."""

import os
import shutil

import invariants
from harness import check, equal, same_tree, step_build, tree
from workspace import USER, Workspace, small_month

BATCH = {"method": "POST", "path_prefix": "/timeentries/batch/"}
CONF = {"awork": {"batch_size": 5}}


def new_entry(n, date="2026-10-30", **members):
    return {"id": f"0000000e-0000-4000-8000-00000000f{n:03d}", "user": "u02", "task": "t01", "type": "w01", "date": date, "dur": 3600, **members}


def test_three_months(t):
    """Numbers go on, each run has its folder, a late booking is billed once."""
    ws = small_month(8, 1, month="2026-08")
    sb, p = t.both(ws)
    for i, (month, at) in enumerate((("2026-08", 1788300000), ("2026-09", 1790900000), ("2026-10", 1793606400))):
        if i:
            sb.edit({"op": "insert", "entry": new_entry(2 * i, f"{month}-10")}, {"op": "insert", "entry": new_entry(2 * i + 1, "2026-08-30")})
        p.run("--period", month, code=0, env={"SOURCE_DATE_EPOCH": str(at)})
    folders = p.runs()
    equal([os.path.relpath(f, p.out) for f in folders], ["2026-08/R0001", "2026-09/R0002", "2026-10/R0003"], "folders")
    equal([p.csv("invoices.csv", f)[0]["invoice_number"] for f in folders], ["RE-2026-00001", "RE-2026-00002", "RE-2026-00003"], "numbers")
    equal([p.report(f)["entries"]["late"] for f in folders], [0, 1, 1], "late entries")
    equal(len(sb.billed()), 12, "billed")
    invariants.holds(p, sb)


def test_a_format_that_makes_an_old_number(t):
    """RE-2026-0000{SEQ} begins with a number that exists: refused, nothing issued."""
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    sb.edit({"op": "insert", "entry": new_entry(1)})
    p.configure({"billing": {"number_format": "RE-2026-0000{SEQ}"}})
    before, posts = tree(p.out, skip=()), len(sb.posts())
    r = p.run()
    check(r.code in (65, 78), f"{r}")
    check("RE-2026-00001" in r.err, f"the number is not named: {r.err}")
    equal((tree(p.out, skip=()), len(sb.posts())), (before, posts), "out and POSTs")
    p.configure({"billing": {"number_format": None}})
    p.run(code=0)
    equal(p.csv("invoices.csv", p.runs()[1])[0]["invoice_number"], "RE-2026-00002", "number")
    invariants.holds(p, sb)


def test_a_number_that_grows_too_long(t):
    sb, p = t.both(small_month(4, 1), {"billing": {"number_format": "ABCDEFGHIJKLMNO-{SEQ}", "number_start": 9999}})
    p.run(code=0)
    equal(p.csv("invoices.csv")[0]["invoice_number"], "ABCDEFGHIJKLMNO-9999", "number of 20 characters")
    sb.edit({"op": "insert", "entry": new_entry(1)})
    r = p.run()
    equal(r.code, 78, f"{r}")
    equal(len(sb.billed()), 4, "billed")
    invariants.ledger_sound(p)


def test_lost_ledger(t):
    """The output knows runs and numbers that the ledger does not: refused before anything is numbered, whatever the period."""
    for period in ("2026-10", "2026-11", "2026-Q4"):
        sb, p = t.both(small_month(4, 1))
        p.run(code=0)
        sb.edit({"op": "insert", "entry": new_entry(1)}, {"op": "insert", "entry": new_entry(2, "2026-11-01")})
        os.unlink(p.ledger)
        before, posts = tree(p.out, skip=()), len(sb.posts())
        r = p.run("--period", period)
        equal(r.code, 65, f"{period}: {r}")
        equal((tree(p.out, skip=()), len(sb.posts())), (before, posts), f"{period}: out and POSTs")


def test_restored_ledger(t):
    """An old copy of the ledger: the disk knows a later run."""
    for period in ("2026-10", "2026-11"):
        sb, p = t.both(small_month(4, 1))
        p.run(code=0)
        shutil.copyfile(p.ledger, p.ledger + ".old")
        sb.edit({"op": "insert", "entry": new_entry(1)})
        p.run(code=0)
        os.replace(p.ledger + ".old", p.ledger)
        os.chmod(p.ledger, 0o600)
        sb.edit({"op": "insert", "entry": new_entry(2, "2026-11-01")}, {"op": "insert", "entry": new_entry(3)})
        before, posts = tree(p.out, skip=()), len(sb.posts())
        r = p.run("--period", period)
        equal(r.code, 65, f"{period}: {r}")
        equal((tree(p.out, skip=()), len(sb.posts())), (before, posts), f"{period}: out and POSTs")


def test_way_back(t):
    """As the README says: the copy takes the place of a ledger that is lost, damaged or old; it is proven, nothing is billed twice, and counting goes on."""
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    early = p.ledger + ".early"
    shutil.copyfile(p.ledger + ".copy", early)
    sb.edit({"op": "insert", "entry": new_entry(1)})
    p.run(code=0)
    for how in ("lost", "old", "damaged"):
        before, posts = tree(p.out, skip=()), len(sb.posts())
        if how == "lost":
            os.unlink(p.ledger)
        elif how == "old":
            shutil.copyfile(early, p.ledger)
        else:
            with open(p.ledger, "r+b") as f:
                f.seek(4096)
                f.write(b"\xff" * 8192)
        r = p.run(code=65)
        check(how == "damaged" or p.ledger + ".copy" in r.err, f"{how}: the message names the way back: {r}")
        shutil.copyfile(p.ledger + ".copy", p.ledger)
        os.chmod(p.ledger, 0o600)
        p.command("verify", code=0)
        s = p.run(code=0).summary()
        equal((s["invoices"], s["entries"], len(sb.posts())), (0, 0, posts), f"{how}: nothing is left to bill")
        equal({k: v for k, v in tree(p.out, skip=()).items() if "/R" in k}, {k: v for k, v in before.items() if "/R" in k}, f"{how}: documents")
    sb.edit({"op": "insert", "entry": new_entry(2)})
    p.run(code=0)
    equal(sorted(p.documents()), ["RE-2026-00001", "RE-2026-00002", "RE-2026-00003"], "numbers go on")
    invariants.holds(p, sb, stale_reports=True)


def test_new_ledger_after_a_lost_one_does_not_bill_again(t):
    """With another out folder nothing contradicts: what is marked in awork is still not billed again."""
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    os.unlink(p.ledger)
    os.rename(p.out, p.out + ".old")
    os.mkdir(p.out, 0o700)
    s = p.run(code=0).summary()
    equal((s["invoices"], s["entries"]), (0, 0), "summary")


def test_debts_paid_and_stopped(t):
    """A run closed with refused marks; the next one, which pays them, is stopped at every step."""
    step_build(t)
    ws = small_month(5, 1)
    k = 0
    while True:
        k += 1 if k < 7 else 3
        sb, p = t.both(ws, CONF)
        sb.faults({**BATCH, "bucket": {"#2": "unauthorized", "#4": "badRequest"}})
        p.run(code=3)
        owed = [i for i, s in p.claims().items() if s.startswith("UNMARKED")]
        check(len(owed) >= 2, f"debts: {p.claims()}")
        sb.faults()
        sb.edit({"op": "insert", "entry": new_entry(1)})
        r = p.run(env={"PSABILL_STOP_AT": str(k)})
        if r.code == 100:
            p.run(code=0)
        equal(set(p.claims().values()), {"VERIFIED"}, f"step {k}: claims")
        equal(len(sb.billed()), 6, f"step {k}: billed")
        equal(sorted(p.billed_ids()), sorted(sb.billed()), f"step {k}: documents")
        invariants.holds(p, sb, stale_reports=True)
        sb.stop()
        if r.code != 100:
            equal(r.code, 0, f"{r}")
            break
    check(k > 14, f"only {k} stop points")


def test_no_mark_stopped(t):
    """--no-mark stopped at every step, then a normal run: as if a normal run had done it all."""
    step_build(t)
    ws = small_month(7, 1)
    sb, p = t.both(ws, CONF)
    p.run(code=0)
    wanted = tree(p.out), p.ledger_facts(), sb.billed()
    k = 0
    while True:
        k += 1
        sb, p = t.both(ws, CONF)
        r = p.run("--no-mark", env={"PSABILL_STOP_AT": str(k)})
        check(sb.posts() == [], f"step {k}: a POST with --no-mark")
        if k % 2:
            p.run("--no-mark", code=0)
            equal(sb.posts(), [], f"step {k}: POSTs of a second run with --no-mark")
        p.run(code=0)
        if k % 2 == 0 or r.code not in (0, 100):
            same_tree(tree(p.out), wanted[0], f"step {k}: files")
        equal((p.ledger_facts(), sb.billed()), wanted[1:], f"step {k}: ledger, billed")
        invariants.holds(p, sb)
        sb.stop()
        if r.code != 100:
            equal(r.code, 0, f"{r}")
            break
    check(k > 7, f"only {k} stop points")


def test_settled_by_a_run_about_something_else(t):
    """An unfinished run of October is finished by a run for another period and another project."""
    ws = small_month(8)
    sb, p = t.both(ws)
    sb.faults({**BATCH, "status": 401})
    p.run(code=77)
    sb.faults()
    sb.edit({"op": "insert", "entry": new_entry(1, "2026-11-01")})
    p.run("--period", "2026-11", "--project", "Projekt 1A", code=0)
    equal(len(sb.billed()), 9, "billed")
    equal(len(p.runs()), 2, "folders")
    invariants.holds(p, sb)


def test_same_names_are_kept_apart_by_id(t):
    """Two companies, two projects and two tasks of one name."""
    ws = Workspace()
    for _ in range(2):
        company = ws.company("Zwilling GmbH")
        for _ in range(2):
            project = ws.project("Relaunch", company)
            for _ in range(2):
                ws.entry("2026-10-05", 3600, task=ws.task("Entwurf", project))
    sb, p = t.both(ws)
    p.run(code=0)
    equal([(x["company_id"], x["net"], x["entries"]) for x in p.csv("invoices.csv")], [(ws.id("c01"), "380.00", "4"), (ws.id("c02"), "380.00", "4")], "invoices")
    equal([x["quantity"] for x in p.csv("lines.csv")], ["1.00"] * 8, "lines")
    invariants.holds(p, sb)


def test_deleted_user_and_no_task(t):
    """No user, no task, no type of work: billed, with words in their place."""
    ws = Workspace()
    project = ws.project("Relaunch", ws.company("Nordlicht GmbH"))
    ws.entry("2026-10-05", 3600, project=project, user=None)
    ws.entry("2026-10-06", 3600, project=project, user=None, type=None)
    ws.entry("2026-10-07", 3600, project=project)
    texts = {"project": {"Relaunch"}, "project_task": {"Relaunch: ohne Aufgabe"}, "project_user": {"Relaunch: ehemaliges Teammitglied", "Relaunch: Alva Beispiel"},
             "project_type_of_work": {"Relaunch: Entwicklung", "Relaunch"}}
    for group, wanted in texts.items():
        sb, p = t.both(ws, {"billing": {"group_by": group}})
        p.run(code=0)
        equal({x["description"] for x in p.csv("lines.csv")}, wanted, group)
        equal(sum(int(x["seconds"]) for x in p.csv("lines.csv")), 10800, f"{group}: seconds")
        invariants.holds(p, sb)


def test_entries_over_midnight_and_the_end_of_summer_time(t):
    ws = Workspace()
    task = ws.task("Wartung", ws.project("Betrieb", ws.company("Nordlicht GmbH")))
    ids = [ws.entry("2026-10-31", 7200, task=task, start="23:00:00", end="01:00:00", endDate="2026-11-01"),
           ws.entry("2026-10-24", 25200, task=task, start="22:00:00", end="04:00:00", endDate="2026-10-25", off=120, endOff=60),
           ws.entry("2026-10-25", 2700, task=task, start="02:30:00", end="02:15:00", endDate="2026-10-25", off=120, endOff=60)]
    sb, p = t.both(ws)
    equal(p.run(code=0).summary()["seconds"], 7200 + 25200 + 2700, "seconds as awork counts them")
    equal(set(p.billed_ids()), set(ids), "billed")
    invariants.holds(p, sb)


def test_tables_from_spreadsheet_programs(t):
    """Byte order mark, semicolons, blank lines, columns in another order, a comment, old Macintosh line ends."""
    for separator, end, mark in ((",", "\n", ""), (";", "\r\n", "\ufeff"), (";", "\r", ""), (",", "\r\n", "\ufeff")):
        ws = small_month(4, 1)
        sb, p = t.both(ws)
        rows = [["currency", "rate", "company"], ["# a comment"], ["EUR", "100", ""], [], ["EUR", " 120.5 ", "Nordlicht GmbH"], [""]]
        p.write("rates.csv", mark + end.join(separator.join(r) for r in rows) + end)
        table = open(os.path.join(p.dir, "customers.csv"), encoding="utf-8").read().replace("\r\n", "\n").replace("\n", end)
        p.write("customers.csv", mark + (table if separator == "," else table.replace(",", ";")))
        p.run(code=0)
        equal({x["rate"] for x in p.csv("lines.csv")}, {"120.50"}, f"{separator!r} {end!r}")
        invariants.holds(p, sb)


def test_an_ordinary_users_key(t):
    """It reads and marks what it may; the ledger knows who it was."""
    sb, p = t.both(small_month(6, 1), token=USER)
    p.run(code=0)
    equal(len(sb.billed()), 6, "billed")
    equal({e["token"] for x in sb.posts() for e in x["effects"]}, {"user"}, "who marked")
