"""reconcile: every class made by an edit, in money; CSV, JSON and workbook say the same; what it may write, and what it must not."""

import collections
import csv
import fcntl
import json
import os
import shutil
import sqlite3

import openpyxl

import invariants
from harness import check, equal, tree
from pages import Page
from test_edits import POST, READ_AGAIN, set_op
from workspace import small_month

RATE = 95


def minor(secs, rate=RATE):
    """A line's amount: hours of two decimals, then money, each rounded half away from zero."""
    hundredths = (abs(secs) * 100 * 2 + 3600) // 7200
    cents = hundredths * rate
    return cents if secs >= 0 else -cents


def money(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def month(t, entries=24, conf=None, **kw):
    ws = small_month(entries)
    sb, p = t.both(ws, conf, **kw)
    p.run(code=0)
    return ws, sb, p


def report(p, folder=None, period="2026-10"):
    folder = folder or os.path.join(p.out, "reconcile", period)
    equal(sorted(os.listdir(folder)), ["reconcile.csv", "reconcile.json", "reconcile.xlsx", "report.html"], "files")
    with open(os.path.join(folder, "reconcile.json"), encoding="utf-8") as f:
        j = json.load(f)
    with open(os.path.join(folder, "reconcile.csv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    same_findings(j, rows)
    same_workbook(j, rows, os.path.join(folder, "reconcile.xlsx"))
    same_page(j, os.path.join(folder, "report.html"))
    return j


def same_page(j, path):
    """The page says what the other files say."""
    page = Page(path)
    differing = {s["class"] for s in j["classes"] if s["difference"]}

    def cents(x):
        return int(x["money"].replace(".", "")) if "money" in x else 0

    sums = [(c, r[1], r[2], r[3]) for c, r in zip(page.data("classes", "data-class"), page.rows("classes"))]
    equal(sums, [(s["class"], s["count"], s["seconds"], cents(s)) for s in j["classes"]], "classes on the page")
    for key, wanted in (("differences", True), ("information", False)):
        rows = list(zip(page.data(key, "data-class"), page.rows(key))) if key in page.tables else []
        equal([(c, r[6].replace("–", ""), r[2], r[3], "" if r[10] == "–" else r[10]) for c, r in rows],
              [(x["class"], x.get("date", ""), x["seconds"], cents(x), x.get("entry", "")) for x in j["findings"] if (x["class"] in differing) == wanted], f"{key} on the page")
    if "books" in j:
        equal([(r[0], r[4]) for r in page.rows("books")], [(x["number"], int(x["gross"].replace(".", ""))) for x in j["books"]["documents"]], "books on the page")
    damaged = differing & {"file", "ledger"}
    equal(page.state, "damaged" if damaged else "differs" if j["differences"] or "unfinished_run" in j else "agrees", "state of the page")


def same_findings(j, rows):
    equal([(x["class"], x["entry_id"], x["invoice_number"], x["line"], x["seconds"], x["money"], x["currency"], x["change"], x["reason"], x["correction"]) for x in rows],
          [(x["class"], x.get("entry", ""), x.get("invoice", ""), str(x.get("line", "")), str(x["seconds"]), x.get("money", ""), x.get("currency", ""),
            x.get("change", ""), x.get("reason", ""), x.get("correction", "")) for x in j["findings"]], "CSV and JSON")
    for s in j["classes"]:
        if s["class"] in ("agreed", "noted"):
            continue
        mine = [x for x in rows if x["class"] == s["class"] and x["currency"] == s.get("currency", "")]
        equal((len(mine), sum(int(x["seconds"]) for x in mine)), (s["count"], s["seconds"]), f"{s['class']}: sum of the rows")
        if "money" in s:
            equal(money(sum(round(float(x["money"]) * 100) for x in mine)), s["money"], f"{s['class']}: money of the rows")
    equal(sum(s["count"] for s in j["classes"] if s["difference"]), j["differences"], "differences")


def same_workbook(j, rows, path):
    for values in (False, True):
        book = openpyxl.load_workbook(path, data_only=values)
        equal(book.sheetnames, ["summary", "differences", "forgotten time", "books"], "sheets")
        sheet = list(book["summary"].iter_rows(min_row=4, values_only=True))
        equal([r[0] for r in sheet], [s["class"] for s in j["classes"]], "classes of the summary")
        if values:
            equal([(r[1], r[2], r[5], None if r[4] is None else f"{r[4]:.2f}") for r in sheet],
                  [(s["count"], s["seconds"], s.get("currency"), s.get("money")) for s in j["classes"]], "values of the summary")
        else:
            for r in sheet:
                if r[0] not in ("agreed", "noted"):
                    check(str(r[1]).startswith("=COUNTIFS(") and str(r[2]).startswith("=SUMIFS("), f"formulas of {r[0]}: {r}")
        found = [r for name in ("differences", "forgotten time") for r in book[name].iter_rows(min_row=2, values_only=True) if r[0]]
        equal(sorted((r[0], r[1] or "", r[11]) for r in found), sorted((x["class"], x["entry_id"], int(x["seconds"])) for x in rows), "rows of the workbook")


def classes(j):
    n = collections.Counter()
    for s in j["classes"]:
        n[s["class"]] += s["count"]
    return dict(n)


def only(j, name):
    found = [x for x in j["findings"] if x["class"] == name]
    equal(len(found), 1, f"findings of class {name}: {j['findings']}")
    return found[0]


def reconcile(p, *args, code, **kw):
    return p.command("reconcile", *args, code=code, **kw)


def untouched(p, sb, work):
    """Runs work(); neither a POST nor a change of the ledger or of a run's folder may come of it."""
    posts, before = len(sb.posts()), {k: v for k, v in tree(p.out).items() if not k.startswith("reconcile")}
    ledger = open(p.ledger, "rb").read()
    result = work()
    equal(len(sb.posts()), posts, "POSTs")
    check(open(p.ledger, "rb").read() == ledger, "the ledger changed")
    equal({k: v for k, v in tree(p.out).items() if not k.startswith("reconcile")}, before, "files of the runs")
    return result


# ---- the classes ----

def test_agreed(t):
    ws, sb, p = month(t)
    r = untouched(p, sb, lambda: reconcile(p, code=0))
    j = report(p)
    equal((r.err, classes(j), j["differences"], j["exit"]), ("", {"agreed": 24}, 0, 0), "result")
    equal(j["classes"][0]["seconds"], sum(x["dur"] for x in ws.entries), "seconds")
    check("agreed" in r.out and "24" in r.out, f"{r}")
    equal(j["period"], {"from": "2026-10-01", "to": "2026-10-31", "cutoff": "2026-11-01"}, "period")
    invariants.holds(p, sb)


def test_the_same_again(t):
    """Twice the same bytes."""
    ws, sb, p = month(t)
    sb.edit(set_op(ws.entries[3]["id"], dur=5000), {"op": "delete", "id": ws.entries[5]["id"]})
    reconcile(p, code=3)
    first = tree(os.path.join(p.out, "reconcile"))
    r = reconcile(p, code=3)
    equal(tree(os.path.join(p.out, "reconcile")), first, "files")
    again = reconcile(p, "--json", code=3)
    with open(os.path.join(p.out, "reconcile", "2026-10", "reconcile.json"), encoding="utf-8") as f:
        equal(again.out, f.read(), "standard output with --json")
    equal(reconcile(p, "-o", os.path.join(p.dir, "here"), code=3, options=["-q"]).out, "", "quiet")
    check("changed" in r.err and "gone" in r.err, f"{r}")


def test_changed(t):
    """Longer, shorter, moved to another day, project, user, note; a second off is no drift."""
    ws, sb, p = month(t)
    e = ws.entries
    sb.edit(set_op(e[0]["id"], dur=e[0]["dur"] + 1800, end=None, start=None), set_op(e[1]["id"], dur=e[1]["dur"] - 600), set_op(e[2]["id"], date="2026-10-30"),
            set_op(e[3]["id"], task="t05"), set_op(e[4]["id"], user="u03"), set_op(e[5]["id"], note="anders"), set_op(e[6]["id"], dur=e[6]["dur"] + 1),
            set_op(e[7]["id"], date="2026-12-24"), set_op(e[8]["id"], dur=e[8]["dur"] - 1, note="auch anders"))
    untouched(p, sb, lambda: reconcile(p, code=3))
    j = report(p)
    equal(classes(j), {"agreed": 15, "noted": 1, "changed": 8}, "classes")
    by = {x["entry"]: x for x in j["findings"]}
    equal((by[e[0]["id"]]["seconds"], by[e[0]["id"]]["money"]), (1800, money(minor(1800))), "longer")
    check(f"duration {e[0]['dur']} -> {e[0]['dur'] + 1800}" in by[e[0]["id"]]["change"], f"{by[e[0]['id']]}")
    equal((by[e[1]["id"]]["seconds"], by[e[1]["id"]]["money"], by[e[1]["id"]]["change"]),
          (-600, money(minor(-600)), f"duration {e[1]['dur']} -> {e[1]['dur'] - 600}"), "shorter")
    equal((by[e[2]["id"]]["seconds"], by[e[2]["id"]]["change"]), (0, f"date {e[2]['date']} -> 2026-10-30"), "another day")
    check(by[e[3]["id"]]["change"].startswith("company Nordlicht GmbH -> Söhne & Töchter KG, project Projekt 1B -> Projekt 2A, task"), f"{by[e[3]['id']]}")
    check("user " in by[e[4]["id"]]["change"] and " -> " in by[e[4]["id"]]["change"], f"{by[e[4]['id']]}")
    equal(by[e[5]["id"]]["change"], "note", "another note")
    check("2026-12-24" in by[e[7]["id"]]["change"], "moved out of the period, read by its id")
    equal(by[e[8]["id"]]["seconds"], -1, "a second off and another note")
    line = p.sql("SELECT invoice,pos FROM claim WHERE entry=?", e[0]["id"])[0]
    equal((by[e[0]["id"]]["invoice"], by[e[0]["id"]]["line"]), line, "document and line")


def test_unbilled_unbillable_deleted(t):
    ws, sb, p = month(t)
    e = ws.entries
    sb.edit(set_op(e[0]["id"], billed=False), set_op(e[1]["id"], billable=False), {"op": "delete", "id": e[2]["id"]})
    untouched(p, sb, lambda: reconcile(p, code=3))
    j = report(p)
    equal(classes(j), {"agreed": 21, "changed": 1, "reopened": 1, "gone": 1}, "classes")
    equal((only(j, "reopened")["entry"], only(j, "reopened")["seconds"], only(j, "reopened")["money"]), (e[0]["id"], e[0]["dur"], money(minor(e[0]["dur"]))), "reopened")
    equal((only(j, "gone")["entry"], only(j, "gone")["seconds"], only(j, "gone")["money"]), (e[2]["id"], -e[2]["dur"], money(minor(-e[2]["dur"]))), "gone")
    equal((only(j, "changed")["entry"], only(j, "changed")["seconds"], only(j, "changed")["change"]), (e[1]["id"], -e[1]["dur"], "isBillable 1 -> 0"), "unbillable")


def test_forgotten_and_elsewhere(t):
    """Time booked after the run, priced at today's rates or with the reason why not; what others billed is information."""
    ws, sb, p = month(t)
    extra = [{"dur": 3600}, {"dur": 5400, "date": "2026-08-03"}, {"dur": 0}, {"dur": 7200, "billed": True}, {"dur": 1800, "date": "2026-11-01"},
             {"dur": 900, "billable": False}]
    ids = []
    for i, x in enumerate(extra):
        ids.append(f"0000000e-0000-4000-8000-00000000fff{i}")
        sb.edit({"op": "insert", "entry": {"id": ids[-1], "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-20", **x}})
    p.set_rates([{"rate": "100.00", "currency": "EUR"}])
    untouched(p, sb, lambda: reconcile(p, code=3))
    j = report(p)
    equal(classes(j), {"agreed": 24, "billed_elsewhere": 1, "forgotten": 3}, "classes")
    by = {x.get("entry"): x for x in j["findings"]}
    equal((by[ids[0]]["money"], by[ids[0]]["seconds"]), ("100.00", 3600), "at today's rate")
    equal((by[ids[1]]["money"], by[ids[1]]["date"]), ("150.00", "2026-08-03"), "from an earlier month")
    equal((by[ids[2]]["reason"], "money" in by[ids[2]]), ("no_duration", False), "why it would be held")
    equal(by[ids[3]]["class"], "billed_elsewhere", "billed by others")
    p.run(code=0)
    reconcile(p, code=3)
    j = report(p)
    equal((classes(j).get("forgotten"), j["differences"]), (1, 1), "after a run: only what cannot be billed")


def test_held_on_purpose(t):
    ws = small_month(24)
    ws.entries[0]["external"] = True
    sb, p = t.both(ws, {"run": {"exclude_projects": "Projekt 2B"}})
    p.run(code=0)
    reconcile(p, code=0)
    j = report(p)
    check(classes(j)["held"] >= 2, f"{classes(j)}")
    check({x["reason"] for x in j["findings"]} == {"external", "excluded"}, f"{j['findings']}")


def test_foreign_and_refused(t):
    ws = small_month(24)
    sb, p = t.both(ws)
    e = ws.entries
    sb.faults({**READ_AGAIN, "n": 2, "edit": [set_op(e[4]["id"], billed=True)]}, {**POST, "bucket": {e[5]["id"]: "unauthorized"}})
    p.run(code=3)
    sb.faults()
    untouched(p, sb, lambda: reconcile(p, code=3))
    j = report(p)
    equal((only(j, "foreign")["entry"], only(j, "foreign")["state"]), (e[4]["id"], "FOREIGN"), "foreign")
    equal((only(j, "unmarked")["entry"], only(j, "unmarked")["state"]), (e[5]["id"], "UNMARKED_AUTH"), "unmarked")


def test_pending(t):
    """Documents without marks, on purpose: said, and no damage."""
    ws = small_month(6, 1)
    sb, p = t.both(ws)
    p.run("--no-mark", code=0)
    reconcile(p, code=3)
    equal(classes(report(p)), {"pending": 6}, "classes")
    p.run(code=0)
    reconcile(p, code=0)


def test_filters(t):
    ws, sb, p = month(t)
    sb.edit(set_op(ws.entries[0]["id"], dur=1), {"op": "delete", "id": ws.entries[20]["id"]})
    one = [x for x in ws.entries if x["task"] in ("t01", "t02", "t03", "t04")]
    reconcile(p, "--company", "Nordlicht GmbH", code=3)
    equal(classes(report(p)), {"agreed": len(one) - (1 if ws.entries[20] not in one else 2), "changed": 1, **({"gone": 1} if ws.entries[20] in one else {})}, "one company")
    reconcile(p, "--project", "Projekt 2A", code=0 if ws.entries[20]["task"] not in ("t05", "t06") else 3)
    reconcile(p, "--period", "2026-09", code=0)
    equal(report(p, period="2026-09")["classes"], [], "a month without anything")
    equal(reconcile(p, "--company", "Niemand", code=64).out, "", "unknown company")


# ---- damage ----

def test_damaged_files(t):
    ws, sb, p = month(t)
    folder = p.folder()
    os.chmod(folder, 0o755)
    os.chmod(os.path.join(folder, "lines.csv"), 0o644)
    with open(os.path.join(folder, "lines.csv"), "a", encoding="utf-8") as f:
        f.write("x")
    os.remove(os.path.join(folder, "entries.csv"))
    sb.edit(set_op(ws.entries[0]["id"], dur=1))
    reconcile(p, code=65)
    j = report(p)
    equal((classes(j)["file"], classes(j)["changed"], j["exit"]), (2, 1, 65), "classes")
    r = reconcile(p, "--propose", code=65)
    equal((p.sql("SELECT count(*) FROM correction"), "nothing was marked or proposed" in r.err), ([(0,)], True), "nothing is proposed on damage")


def test_unsound_ledger(t):
    ws, sb, p = month(t)
    db = sqlite3.connect(p.ledger)
    db.execute("DROP TRIGGER claim_u")
    db.execute("UPDATE claim SET secs=secs+1 WHERE entry=?", (ws.entries[0]["id"],))
    db.commit()
    db.close()
    reconcile(p, code=65)
    check(classes(report(p))["ledger"] >= 1, "findings in the ledger")


def test_errors(t):
    ws, sb, p = month(t)
    sb.faults({"path": "/timeentries", "status": 403})
    reconcile(p, code=77)
    sb.faults({"path": "/timeentries", "drop_rows": 1})
    reconcile(p, code=76, env={"PSABILL_AWORK_RETRY_MINUTES": "0"})
    sb.faults()
    equal(os.path.exists(os.path.join(p.out, "reconcile")), False, "files without a comparison")
    reconcile(p, "-o", p.folder(), code=73)
    reconcile(p, "-o", os.path.join(p.folder(), "deep", "er"), code=73)
    reconcile(p, "-o", p.dir, code=73)
    os.remove(p.ledger)
    reconcile(p, code=66)
    reconcile(p, "--remark", code=66)
    equal(os.path.exists(p.ledger), False, "a ledger made by reconcile")


# ---- --remark ----

def test_remark(t):
    """What awork refused is marked once more; what a person unbilled is not."""
    ws = small_month(24)
    sb, p = t.both(ws)
    e = ws.entries
    sb.faults({**POST, "bucket": {e[5]["id"]: "unauthorized", e[6]["id"]: "unauthorized"}})
    p.run(code=3)
    sb.faults()
    sb.edit(set_op(e[0]["id"], billed=False), set_op(e[6]["id"], billable=False))
    before = len(sb.posts())
    reconcile(p, "--remark", code=3)
    j = report(p)
    equal((j["remarked"], classes(j)), (1, {"agreed": 22, "changed": 1, "reopened": 1}), "result")
    equal(p.claims()[e[5]["id"]], "VERIFIED", "claim")
    check(e[5]["id"] in sb.billed() and e[0]["id"] not in sb.billed(), "billed in awork")
    equal([x["id"] for r in sb.posts()[before:] for x in r["effects"]], [e[5]["id"]], "what was set")
    posts = len(sb.posts())
    reconcile(p, "--remark", code=3)
    equal(len(sb.posts()), posts, "POSTs of a second time")
    invariants.holds(p, sb, reopened=[e[0]["id"]], stale_reports=True)


def test_remark_refused_again(t):
    ws = small_month(24)
    sb, p = t.both(ws)
    sb.faults({**POST, "bucket": {ws.entries[5]["id"]: "unauthorized"}})
    p.run(code=3)
    reconcile(p, "--remark", code=3)
    j = report(p)
    equal((j["remarked"], only(j, "unmarked")["entry"]), (0, ws.entries[5]["id"]), "result")


# ---- --propose ----

def lines_of(p, number):
    return [json.loads(bytes(f)) for (f,) in p.sql("SELECT facts FROM line WHERE invoice=? ORDER BY pos", number)]


def next_month(ws, sb, n=2, dur=3600, prefix="fe0"):
    """Entries of November for the first company, for the next run. Returns their ids."""
    ids = []
    for i in range(n):
        ids.append(f"0000000e-0000-4000-8000-00000000{prefix}{i}")
        sb.edit({"op": "insert", "entry": {"id": ids[-1], "user": "u02", "task": "t01", "type": "w01", "date": f"2026-11-{i + 3:02d}", "dur": dur}})
    return ids


def proposed(t, conf=None):
    """A longer and a shorter entry of the first company, proposed."""
    ws = small_month(24)
    sb, p = t.both(ws, conf)
    p.run(code=0)
    mine = [x for x in ws.entries if x["task"] in ("t01", "t02", "t03", "t04")]
    longer, shorter = mine[0], mine[1]
    sb.edit(set_op(longer["id"], dur=longer["dur"] + 1800), set_op(shorter["id"], dur=shorter["dur"] - 600))
    return ws, sb, p, longer, shorter


def test_propose_and_bill(t):
    ws, sb, p, longer, shorter = proposed(t, {"billing": {"language": "de"}, "output": {"formats": "xlsx csv"}})
    posts = len(sb.posts())
    reconcile(p, "--propose", code=3)
    j = report(p)
    equal((j["corrections"], len(sb.posts()) - posts), ({"proposed": 2, "withdrawn": 0, "open": 2}, 0), "corrections")
    equal({x["correction"] for x in j["findings"] if x["class"] == "changed"}, {"open"}, "marked in the findings")
    reconcile(p, "--propose", code=3)
    equal(report(p)["corrections"], {"proposed": 0, "withdrawn": 0, "open": 2}, "a second time")
    p.run("--dry-run", "--period", "2026-11", code=0)
    equal(p.sql("SELECT DISTINCT state FROM correction"), [("OPEN",)], "after a dry run")
    p.run("--period", "2026-11", code=0)
    equal(p.sql("SELECT state FROM correction"), [("OPEN",), ("OPEN",)], "without an invoice they wait")
    check("waits for the customer's next invoice" in p.command("explain", longer["id"], code=0).out, "explain")
    next_month(ws, sb)
    p.run("--period", "2026-11", code=0)
    number = p.sql("SELECT DISTINCT invoice FROM correction WHERE state='BILLED'")[0][0]
    old = dict(p.sql("SELECT entry,invoice||':'||pos FROM claim WHERE entry IN (?,?)", longer["id"], shorter["id"]))
    lines = {x["correction"]: x for x in lines_of(p, number) if "correction" in x}
    equal({k: (x["quantity"], x["net_minor"], x["correction_secs"], x["entries"], x["secs"]) for k, x in lines.items()},
          {longer["id"]: (50, minor(1800), 1800, 0, 0), shorter["id"]: (-17, minor(-600), -600, 0, 0)}, "lines")
    equal({k: x["description"] for k, x in lines.items()}, {longer["id"]: f"Korrektur zu {old[longer['id']]} (+0:30 Std.)",
                                                           shorter["id"]: f"Korrektur zu {old[shorter['id']]} (-0:10 Std.)"}, "descriptions")
    equal(p.sql("SELECT net_minor FROM invoice WHERE no=?", number), [(2 * minor(3600) + minor(1800) + minor(-600),)], "net")
    invariants.holds(p, sb)
    equal(p.command("verify", code=0).err, "", "verify")
    for what in (longer["id"], old[longer["id"]], old[longer["id"]].split(":")[0]):
        r = p.command("explain", what, code=0)
        check(f"{longer['id']} on {old[longer['id']]}, +1800 s tracked, +1800 s billed: stands on {number}:" in r.out, f"explain {what}: {r}")
    check(f"corrects   {longer['id']}" in p.command("explain", number, code=0).out, "explain the document with the corrections")
    r = p.command("show", old[shorter["id"]].split(":")[0], code=0)
    check(f"{shorter['id']}  -600 s billed: on {number}" in r.out, f"show: {r}")
    # Settled: the corrected entries agree now, and are corrected no more.
    reconcile(p, "--period", "2026-10", code=0)
    reconcile(p, "--propose", "--period", "2026-10", code=0)
    next_month(ws, sb, 1, prefix="fd0")
    p.run("--period", "2026-11", code=0)
    equal(p.sql("SELECT count(*) FROM correction"), [(2,)], "billed once")
    # Changed again: only what is new.
    sb.edit(set_op(longer["id"], dur=longer["dur"] + 3600))
    reconcile(p, "--propose", "--period", "2026-10", code=3)
    equal(only(report(p), "changed")["seconds"], 1800, "the second difference")
    p.command("verify", code=0)


def test_void_gives_corrections_back(t):
    ws, sb, p, longer, shorter = proposed(t)
    reconcile(p, "--propose", code=3)
    next_month(ws, sb)
    p.run("--period", "2026-11", code=0)
    number = p.sql("SELECT DISTINCT invoice FROM correction WHERE state='BILLED'")[0][0]
    original = p.sql("SELECT invoice FROM claim WHERE entry=?", longer["id"])[0][0]
    r = p.command("void", original, "--reason", "falsch", code=64)
    check(number in r.err and "cancel that" in r.err, f"{r}")
    equal(p.sql("SELECT state FROM invoice WHERE no=?", original), [("ISSUED",)], "the original")
    p.command("void", number, "--reason", "falsch", code=0)
    equal(sorted(p.sql("SELECT state,billed_secs FROM correction")), [("OPEN", -600), ("OPEN", 1800), ("VOIDED", -600), ("VOIDED", 1800)], "corrections")
    p.command("verify", code=0)
    reconcile(p, "--propose", code=3)
    equal(report(p)["corrections"]["open"], 2, "open again")
    p.run("--period", "2026-11", code=0)
    equal(sorted(p.sql("SELECT state,billed_secs FROM correction")), [("BILLED", -600), ("BILLED", 1800), ("VOIDED", -600), ("VOIDED", 1800)], "billed again, once")
    p.command("verify", code=0)
    reconcile(p, code=0)


def test_void_of_the_original_drops_corrections(t):
    ws, sb, p, longer, _ = proposed(t)
    reconcile(p, "--propose", code=3)
    original = p.sql("SELECT invoice FROM claim WHERE entry=?", longer["id"])[0][0]
    p.command("void", original, "--reason", "falsch", code=0)
    equal(p.sql("SELECT count(*) FROM correction"), [(0,)], "corrections")
    p.run(code=0)
    equal(p.sql("SELECT secs FROM claim WHERE entry=? AND state<>'VOIDED'", longer["id"]), [(longer["dur"] + 1800,)], "billed anew as it is")
    reconcile(p, code=0)
    p.command("verify", code=0)


def test_withdrawn(t):
    """Set back before it was billed: the proposal goes."""
    ws, sb, p, longer, shorter = proposed(t)
    reconcile(p, "--propose", code=3)
    sb.edit(set_op(longer["id"], dur=longer["dur"]), set_op(shorter["id"], dur=shorter["dur"] - 1200))
    reconcile(p, "--propose", code=3)
    equal(report(p)["corrections"], {"proposed": 1, "withdrawn": 1, "open": 1}, "corrections")
    equal(p.sql("SELECT billed_secs FROM correction"), [(-1200,)], "the other one follows")
    p.command("verify", code=0)


def test_dropped_plan_gives_corrections_back(t):
    ws, sb, p, longer, shorter = proposed(t)
    reconcile(p, "--propose", code=3)
    next_month(ws, sb)
    other = next_month(ws, sb, 1, prefix="fd0")[0]
    sb.faults({"method": "GET", "path_prefix": "/timeentries/0000000e", "n": 1, "edit": [set_op(other, note="anders")]})
    p.run("--period", "2026-11", code=0)
    equal(p.sql("SELECT count(*) FROM run WHERE state='ABORTED'"), [(1,)], "dropped plans")
    equal(sorted(p.sql("SELECT state,billed_secs FROM correction")), [("BILLED", -600), ("BILLED", 1800)], "billed")
    p.command("verify", code=0)


def test_no_proposal(t):
    """Rounding that swallows the difference, another company, another note: nothing to correct by a line."""
    ws = small_month(24)
    ws.entries[0]["dur"] = 3000
    sb, p = t.both(ws, {"billing": {"round_mode": "up", "round_minutes": 60, "round_scope": "entry"}})
    p.run(code=0)
    sb.edit(set_op(ws.entries[0]["id"], dur=3300), set_op(ws.entries[1]["id"], note="x"), set_op(ws.entries[2]["id"], task="t05", dur=9000))
    reconcile(p, "--propose", code=3)
    j = report(p)
    equal((classes(j)["changed"], j["corrections"]["proposed"]), (3, 0), "proposals")
    by = {x["entry"]: x for x in j["findings"]}
    equal((by[ws.entries[0]["id"]]["seconds"], by[ws.entries[0]["id"]]["money"]), (300, "0.00"), "within the same hour")


def test_busy_ledger_and_open_run(t):
    ws, sb, p, _, _ = proposed(t)
    with open(p.ledger + ".lock", "r+") as f:
        fcntl.lockf(f, fcntl.LOCK_SH)
        reconcile(p, "--propose", code=75)
        reconcile(p, code=3)


# ---- books ----

def invoices(p):
    return p.sql("SELECT no,gross_minor,currency FROM invoice ORDER BY no")


def write_books(p, rows, head="number,gross,currency,date,paid", name="books.csv"):
    return p.write(name, head + "\r\n" + "".join(r + "\r\n" for r in rows))


def test_books_agree(t):
    ws, sb, p = month(t)
    path = write_books(p, [f"{no},{money(g)},{c},2026-11-02,yes" for no, g, c in invoices(p)])
    r = untouched(p, sb, lambda: reconcile(p, "--books", path, code=0))
    j = report(p)
    equal([(x["number"], x["verdict"], x["paid"], x["books_gross"]) for x in j["books"]["documents"]], [(no, "agreed", True, money(g)) for no, g, _ in invoices(p)], "documents")
    check("2 documents compared" in r.out, f"{r}")


def test_books_differences(t):
    ws = small_month(24, 5)
    sb, p = t.both(ws)
    p.run(code=0)
    v = invoices(p)
    equal(len(v), 5, "documents")
    path = write_books(p, [f"{v[0][0]},{money(v[0][1] + 1)},EUR,2026-11-02,yes", f"{v[1][0]},{money(v[1][1])},CHF,2026-11-02,yes",
                           f"{v[2][0]},{money(v[2][1])},EUR,2026-11-02,no", f"{v[3][0]},{money(v[3][1])},EUR,,", f"{v[3][0]},{money(v[3][1])},EUR,,",
                           "RE-2019-77,\"1,190.00\",EUR,2019-01-01,yes"])
    reconcile(p, "--books", path, code=3)
    j = report(p)
    equal({k: n for k, n in classes(j).items() if k.startswith("books")},
          {"books_open": 1, "books_missing": 1, "books_extra": 1, "books_twice": 1, "books_amount": 1, "books_currency": 1}, "classes")
    equal((only(j, "books_amount")["money"], only(j, "books_amount")["invoice"]), ("0.01", v[0][0]), "amount")
    equal(only(j, "books_missing")["money"], money(-v[4][1]), "missing")
    equal((only(j, "books_extra")["invoice"], only(j, "books_extra")["money"]), ("RE-2019-77", "1190.00"), "extra")
    check("EUR -> CHF" in only(j, "books_currency")["change"], "currency")


def test_books_of_a_cancellation(t):
    ws, sb, p = month(t)
    p.command("void", "RE-2026-00001", "--reason", "falsch", code=0)
    path = write_books(p, [f"{no},{money(g)},{c},,yes" for no, g, c in invoices(p)])
    reconcile(p, "--books", path, code=3)  # the released entries are forgotten time now
    j = report(p)
    equal([x["verdict"] for x in j["books"]["documents"]], ["agreed"] * 3, "documents")
    equal(set(classes(j)), {"agreed", "forgotten"}, "classes")


def german(cents):
    s = f"{abs(cents) // 100:,}".replace(",", ".")
    return f"{s},{abs(cents) % 100:02d}"


def test_books_profiles(t):
    """The shipped profiles: DATEV with parts and sides, Xero, Lexware."""
    ws, sb, p = month(t)
    v = invoices(p)
    datev = write_books(p, [line for no, g, c in v for line in (f'{german(g - 100)};"S";{c};02.11.2026;{no}', f'{german(101)};"S";{c};02.11.2026;{no}',
                                                                f'{german(1)};"H";{c};02.11.2026;{no}')] + ['99,00;"S";EUR;02.11.2026;'],
                        head="Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Belegdatum;Belegfeld 1")
    xero = write_books(p, [f'{no},Kunde,02/11/2026,"{g // 100:,}.{g % 100:02d}",{c},PAID' for no, g, c in v], head="InvoiceNumber,ContactName,InvoiceDate,Total,Currency,Status",
                       name="xero.csv")
    lexware = write_books(p, [f'bezahlt;{no};02.11.2026;{german(g)};{c}' for no, g, c in v], head="Status;Belegnummer;Belegdatum;Bruttobetrag;Währung", name="lex.csv")
    for name, path in (("datev", datev), ("xero", xero), ("lexware", lexware)):
        reconcile(p, "--books", path, "--books-profile", name, code=0)
        equal([x["verdict"] for x in report(p)["books"]["documents"]], ["agreed", "agreed"], name)


def test_hostile_books(t):
    """Every problem with its line, all in one go, and nothing is compared."""
    ws, sb, p = month(t)
    requests = len(sb.log())
    path = write_books(p, ["RE-1,abc,EUR,2026-11-02,yes", "RE-2,1.234.5,EUR,2026-11-02,yes", "RE-3,1,euro,2026-11-02,yes", "RE-4,1,EUR,02.11.2026,yes", ",1,EUR,,",
                           "RE-5,,EUR,,", "RE-6,1,EUR,,vielleicht", "RE-7,99999999999999999999,EUR,,", f"{'x' * 61},1,EUR,,", "RE-8,\"1,2\",EUR,,", "RE-9,--1,EUR,,",
                           "RE-10,1.00001,EUR,,"])
    r = reconcile(p, "--books", path, code=78)
    lines = [x for x in r.err.splitlines() if "books.csv:" in x]
    equal([int(x.split("books.csv:")[1].split(":")[0]) for x in lines], list(range(2, 14)), f"{r}")
    equal(len(sb.log()), requests, "requests")
    for text in ("", "a,b\r\n", "number,gross,number\r\n1,2,3\r\n", "number,gross\r\n\"RE-1,2\r\n", "number,gross\r\n\xff\r\n"):
        with open(path, "w", encoding="latin-1", newline="") as f:
            f.write(text)
        reconcile(p, "--books", path, code=78)
    with open(path, "wb") as f:
        f.write(b"number,gross\r\nRE\x00,1\r\n")
    reconcile(p, "--books", path, code=78)
    reconcile(p, "--books", os.path.join(p.dir, "none.csv"), code=66)
    reconcile(p, "--books", path, "--books-profile", "../x", code=64)
    reconcile(p, "--books", path, "--books-profile", "none", code=66)
    reconcile(p, "--books-profile", "xero", code=64)
    reconcile(p, "--books", path, "--company", "Nordlicht GmbH", code=64)
    path = write_books(p, ["'=cmd|x,\"1\",EUR,2026-11-02,yes", "@SUM(1),2,EUR,,"] + [f"{no},{money(g)},{c},,yes" for no, g, c in invoices(p)])
    reconcile(p, "--books", path, code=3)
    with open(os.path.join(p.out, "reconcile", "2026-10", "reconcile.csv"), encoding="utf-8", newline="") as f:
        text = f.read()
    check('"\'=cmd|x"' in text and '"\'@SUM(1)"' in text, f"formulas: {text}")


def test_hostile_profile(t):
    ws, sb, p = month(t)
    path = write_books(p, [])
    templates = os.path.join(p.dir, "templates")
    shutil.copytree(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "templates"), templates)
    p.configure({"files": {"templates": "templates"}})
    with open(os.path.join(templates, "books.mine.ini"), "w", encoding="utf-8") as f:
        f.write("[books]\nseparator = x\ndecimal = ;\ndate = DD\nskip = -1\nparts = maybe\nfoo = 1\ncredit_words = H\n[columns]\nbar = 1\n[other]\nx = 1\n")
    r = reconcile(p, "--books", path, "--books-profile", "mine", code=78)
    lines = sorted(int(x.split("books.mine.ini:")[1].split(":")[0]) for x in r.err.splitlines() if "books.mine.ini:" in x and x.split("books.mine.ini:")[1][0].isdigit())
    equal(lines, [2, 3, 4, 5, 6, 7, 10, 12], f"{r}")
    check("must name number" in r.err and "must name gross" in r.err and "needs the column side" in r.err, f"{r}")
