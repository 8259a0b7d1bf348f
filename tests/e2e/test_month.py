"""A normal month, a second run, an empty month, dry runs."""

import os

import invariants
from harness import check, equal, tree, same_tree
from workspace import Workspace, small_month


def test_normal_month(t):
    ws = small_month(24)
    sb, p = t.both(ws)
    r = p.run(code=0)
    equal(r.err, "", "standard error of a clean run")
    s = r.summary()
    total = sum(x["dur"] for x in ws.entries)
    equal((s["run"], s["state"], s["invoices"], s["entries"], s["held"], s["seconds"]), (1, "CLOSED", 2, 24, 0, total), "summary line")
    equal((s["marked"], s["verified"], s["exceptions"], s["ponr"], s["exit"]), (24, 24, 0, 1, 0), "summary line")
    ids = {x["id"] for x in ws.entries}
    equal(set(p.billed_ids()), ids, "ids of entries.csv")
    equal(sb.billed(), ids, "entries billed in the sandbox")
    equal(set(p.claims().values()), {"VERIFIED"}, "claims")
    equal([x["invoice_number"] for x in p.csv("invoices.csv")], ["RE-2026-00001", "RE-2026-00002"], "numbers")
    equal({x["date"] for x in p.csv("invoices.csv")}, {"2026-11-02"}, "invoice date")
    equal({x["due_date"] for x in p.csv("invoices.csv")}, {"2026-11-16"}, "due date")
    j = p.report()
    equal((j["schema"], j["state"], j["exit"], j["issued"]), (1, "CLOSED", 0, True), "run.json")
    equal((j["period"]["from"], j["period"]["to"]), ("2026-10-01", "2026-10-31"), "period")
    equal(j["marked"], {"verified": 24, "refused": 0, "gone": 0, "changed": 0, "foreign": 0, "reopened": 0, "unknown": 0}, "marked")
    equal(j["exceptions"], [], "exceptions")
    with open(os.path.join(p.out, "latest.json"), "rb") as a, open(os.path.join(p.folder(), "run.json"), "rb") as b:
        equal(a.read(), b.read(), "latest.json")
    invariants.holds(p, sb)


def test_one_post_per_chunk(t):
    sb, p = t.both(small_month(24), {"awork": {"batch_size": 7}})
    p.run(code=0)
    sizes = [len(x["body"]["timeEntryIds"]) for x in sb.posts()]
    equal(sorted(sizes), [3, 7, 7, 7], "ids per POST, which go out side by side")
    equal(len(sb.billed()), 24, "billed")
    invariants.holds(p, sb)


def test_small_pages(t):
    """Windows of one page, days larger than a page: the same entries whatever the page size."""
    ws = small_month(40)
    for i in range(9):
        ws.entry("2026-10-14", 600 + i, task="t01")
    total = sum(x["dur"] for x in ws.entries)
    for size in (1, 3, 5, 50):
        sb, p = t.both(ws, {"awork": {"page_size": size, "connections": 3}})
        s = p.run(code=0).summary()
        equal((s["entries"], s["seconds"], s["verified"]), (49, total, 49), f"page size {size}")
        invariants.holds(p, sb)


def test_modes_of_what_is_written(t):
    _, p = t.both(small_month(6, 1))
    p.run(code=0)
    for folder, dirs, files in os.walk(p.folder()):
        for name in files:
            wanted = 0o600 if name == "run.json" else 0o440
            equal(os.stat(os.path.join(folder, name)).st_mode & 0o777, wanted, f"mode of {name}")
        for name in dirs:
            equal(os.stat(os.path.join(folder, name)).st_mode & 0o777, 0o550, f"mode of {name}")
    equal(os.stat(p.folder()).st_mode & 0o777, 0o550, "mode of the run's folder")
    equal(os.stat(os.path.join(p.out, "latest.json")).st_mode & 0o777, 0o600, "mode of latest.json")


def test_second_run_does_nothing(t):
    sb, p = t.both(small_month(24))
    p.run(code=0)
    before, facts, posts = tree(p.out, skip=()), p.ledger_facts(), len(sb.posts())
    r = p.run(code=0)
    s = r.summary()
    equal((s["invoices"], s["entries"], s["held"], s["ponr"]), (0, 0, 0, 0), "second run")
    equal(r.err, "", "standard error")
    same_tree(tree(p.out, skip=()), before, "out after a second run")
    equal(p.ledger_facts(), facts, "ledger after a second run")
    equal(len(sb.posts()), posts, "POSTs")
    invariants.holds(p, sb)


def test_second_run_bills_only_what_is_new(t):
    ws = small_month(12, 1)
    sb, p = t.both(ws)
    p.run(code=0)
    new = {"id": "0000000e-0000-4000-8000-00000000ffff", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 1800}
    sb.edit({"op": "insert", "entry": new})
    p.run(code=0)
    equal(len(p.runs()), 2, "run folders")
    equal([x["entry_id"] for x in p.csv("entries.csv", p.runs()[1])], [new["id"]], "entries of the second run")
    invoice = p.csv("invoices.csv", p.runs()[1])[0]
    equal((invoice["invoice_number"], invoice["net"], invoice["seconds"]), ("RE-2026-00002", "47.50", "1800"), "its invoice")
    equal(len(sb.billed()), 13, "billed")
    invariants.holds(p, sb)


def test_same_held_entries_need_no_second_folder(t):
    ws = small_month(6, 1)
    ws.entry("2026-10-05", 3600, project=ws.project("Intern"))
    sb, p = t.both(ws)
    equal(p.run(code=0).summary()["held"], 1, "held")
    before = tree(p.out, skip=())
    equal(p.run(code=0).summary()["held"], 1, "held in the second run")
    same_tree(tree(p.out, skip=()), before, "out after a second run")
    invariants.holds(p, sb)


def test_empty_month(t):
    ws = small_month(6, 1, month="2026-09")
    sb, p = t.both(ws, {"run": {"late": "hold"}})
    sb.edit(*[{"op": "delete", "id": x["id"]} for x in ws.entries])
    r = p.run(code=0)
    s = r.summary()
    equal((s["state"], s["invoices"], s["entries"], s["held"], s["ponr"]), ("CLOSED", 0, 0, 0, 0), "summary line")
    equal(os.listdir(p.out), [], "out")
    equal(sb.posts(), [], "POSTs")
    invariants.holds(p, sb)


def test_only_held_entries(t):
    ws = Workspace()
    ws.entry("2026-10-05", 3600, project=ws.project("Intern"))
    sb, p = t.both(ws)
    s = p.run(code=0).summary()
    equal((s["invoices"], s["entries"], s["held"]), (0, 0, 1), "summary line")
    equal(list(p.held().values()), ["no_company"], "held.csv")
    equal(sb.posts(), [], "POSTs")
    invariants.holds(p, sb)


def test_strict(t):
    ws = small_month(6, 1)
    ws.entry("2026-10-05", 3600, project=ws.project("Intern"))
    _, p = t.both(ws)
    r = p.run("--strict", code=3)
    equal((r.summary()["entries"], r.summary()["held"], r.summary()["exit"]), (6, 1, 3), "summary")
    equal(p.report()["exit"], 3, "exit in run.json")


def test_dry_run_before_a_run(t):
    sb, p = t.both(small_month(24))
    r = p.run("--dry-run", code=0)
    equal(sb.posts(), [], "POSTs of a dry run")
    check(not os.path.exists(p.ledger), "a dry run made a ledger")
    equal(sorted(x for x in os.listdir(p.dir) if x.startswith("ledger")), [], "files of the ledger")
    equal(os.listdir(p.out), ["draft"], "out after a dry run")
    s = r.summary()
    equal((s["state"], s["entries"], s["ponr"]), ("DRAFT", 24, 0), "summary of a dry run")
    draft = p.csv("invoices.csv", p.draft())
    check(all(x["invoice_number"].startswith("DRAFT-") for x in draft), f"numbers of a draft: {draft}")
    check(all(x.startswith("DRAFT-") for x in os.listdir(os.path.join(p.draft(), "invoices"))), "names of drafts")
    equal((p.report(p.draft())["issued"], p.report(p.draft())["state"]), (False, "DRAFT"), "run.json of a draft")
    real = p.run(code=0).summary()
    equal((real["entries"], real["seconds"], real["net"], real["run"]), (s["entries"], s["seconds"], s["net"], 1), "the real run")
    issued = p.csv("invoices.csv")
    equal([x["invoice_number"] for x in issued], ["RE-2026-00001", "RE-2026-00002"], "numbers after a dry run")
    equal([(x["net"], x["tax"], x["gross"], x["seconds"]) for x in issued], [(x["net"], x["tax"], x["gross"], x["seconds"]) for x in draft], "sums of draft and run")
    invariants.holds(p, sb)


def test_dry_run_beside_a_ledger(t):
    sb, p = t.both(small_month(12, 1))
    p.run(code=0)
    new = {"id": "0000000e-0000-4000-8000-00000000ffff", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 1800}
    sb.edit({"op": "insert", "entry": new})
    posts = len(sb.posts())
    before, ledger = tree(p.out, skip=()), open(p.ledger, "rb").read()
    s = p.run("-n", code=0).summary()
    equal((s["entries"], s["seconds"]), (1, 1800), "dry run")
    equal(open(p.ledger, "rb").read(), ledger, "bytes of the ledger after a dry run")
    after = {k: v for k, v in tree(p.out, skip=()).items() if not k.startswith("draft")}
    same_tree(after, before, "out after a dry run")
    equal(len(sb.posts()), posts, "POSTs")
    draft = p.csv("invoices.csv", p.draft())
    equal([(x["invoice_number"], x["net"]) for x in draft], [("DRAFT-RE-2026-00002", "47.50")], "the draft")
    p.run("-n", code=0)  # a draft is replaced
    p.run(code=0)
    equal(p.csv("invoices.csv", p.runs()[1])[0]["invoice_number"], "RE-2026-00002", "number after dry runs")


def test_dry_run_during_an_unfinished_run(t):
    sb, p = t.both(small_month(12, 1))
    sb.faults({"method": "POST", "status": 401})
    p.run(code=77)
    ledger = open(p.ledger, "rb").read()
    sb.faults()
    p.run("--dry-run", code=75)
    equal(open(p.ledger, "rb").read(), ledger, "bytes of the ledger")
    equal(len(sb.billed()), 0, "billed by a dry run")
    p.run(code=0)
    equal(len(sb.billed()), 12, "billed")
    invariants.holds(p, sb)


def test_number_series(t):
    """Another start, another format, the year of the invoice date."""
    ws = small_month(4, 1)
    sb, p = t.both(ws, {"billing": {"number_format": "A{YY}/{SEQ:3}-{MM}", "number_start": 41}})
    p.run(code=0)
    equal(p.csv("invoices.csv")[0]["invoice_number"], "A26/041-11", "number")
    check(any(n.startswith("A26-041-11_") for n in os.listdir(os.path.join(p.folder(), "invoices"))), "file name")
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 60}})
    p.configure({"billing": {"number_format": "RE-{YYYY}-{SEQ:5}", "number_start": None}})
    p.run("--date", "2027-01-03", code=0)
    x = p.csv("invoices.csv", p.runs()[1])[0]
    equal((x["invoice_number"], x["date"], x["due_date"]), ("RE-2027-00001", "2027-01-03", "2027-01-17"), "next year's number")
    invariants.holds(p, sb)
