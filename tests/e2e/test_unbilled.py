"""unbilled: work in progress. Its sum is what the next run bills and what it holds; its files say the same."""

import collections
import csv
import decimal
import json
import os

from harness import SAMPLE, check, equal
from invariants import minor
from workspace import small_month, uuid_of

BY = "company,project,user,type-of-work,week"


def entry(n):
    return uuid_of("entry", n)


def report(p, *args, code=0):
    return json.loads(p.command("unbilled", "--json", *args, code=code).out)


def sums(j):
    """currency or None -> (seconds, value, held seconds, held value)"""
    return {x.get("currency"): (x["seconds"], decimal.Decimal(x.get("value", "0")), x["held_seconds"], decimal.Decimal(x.get("held_value", "0"))) for x in j["totals"]}


def agrees_with_run(p, j, as_of, run_args):
    """Every second and every cent that the next run bills or holds, but what stands on an invoice already."""
    r = p.run("--period", run_args, "--dry-run", code=0)
    folder = p.draft(os.listdir(os.path.join(p.out, "draft"))[0])
    run = p.report(folder)
    held = [x for x in p.csv("held.csv", folder) if x["reason"] != "on_invoice"]
    held_secs = sum(max(0, int(x["seconds"] or 0)) for x in held)
    billed = collections.Counter()
    for x in p.csv("lines.csv", folder):
        if x["line"] != "" and int(x["seconds"]) > 0:
            billed[x["currency"]] += decimal.Decimal(x["net"])
    got = sums(j)
    equal(sum(x[0] for x in got.values()), run["seconds"]["billed"] + held_secs, "seconds: billed and held by the next run")
    equal(sum(x[2] for x in got.values()), held_secs, "seconds held")
    equal({c: x[1] - x[3] for c, x in got.items() if c and x[1] != x[3]}, {c: v for c, v in billed.items() if v}, "value that the next run bills")
    equal(sum(x["entries"] for x in j["totals"]), run["entries"]["billed"] + len(held), "entries")
    equal(j["as_of"], as_of, "date")
    return r


def groups_add_up(j):
    rows = collections.defaultdict(lambda: [0, decimal.Decimal(0)])
    for x in j["rows"]:
        rows[x.get("currency")][0] += x["seconds"]
        rows[x.get("currency")][1] += decimal.Decimal(x.get("value", "0"))
        equal(sum(a["seconds"] for a in x["ages"]), x["seconds"], "ages of a row")
        equal(sum(decimal.Decimal(a.get("value", "0")) for a in x["ages"]), decimal.Decimal(x.get("value", "0")), "ages in money")
    equal({c: tuple(v) for c, v in rows.items()}, {c: v[:2] for c, v in sums(j).items()}, "rows and totals")


def test_sum_is_what_the_next_run_bills_and_holds(t):
    """The sample workspace: every held reason, discounts aside, rounding by line and by entry."""
    for conf in (None, {"billing": {"round_mode": "up", "round_minutes": "15", "round_scope": "line"}}, {"billing": {"quantity": "minutes", "round_mode": "nearest", "round_minutes": "6"}}):
        sb, p = t.both(SAMPLE, conf)
        p.customer(0, hold="wartet")
        j = report(p, "--as-of", "2026-08-31", "--by", BY)
        check(not os.path.exists(p.ledger), "nothing is written to a ledger")
        check(not [x for x in sb.log() if x["method"] == "POST"], "nothing is written to awork")
        groups_add_up(j)
        agrees_with_run(p, j, "2026-08-31", "2026-08")
        for by in ("company", "week", "user,type-of-work"):
            equal(sums(report(p, "--as-of", "2026-08-31", "--by", by)), sums(j), f"the same sums by {by}")
        sb.stop()


def test_after_a_run(t):
    """What was billed is gone; what awork refused to mark is billed all the same; new time is there."""
    sb, p = t.both(small_month(12, 2))
    before = report(p, "--as-of", "2026-10-31")
    sb.faults({"method": "POST", "path_prefix": "/timeentries/batch/", "bucket": {entry(3): "unauthorized"}})
    p.run("--period", "2026-10", code=3)
    net = sum(minor(x["net"]) for x in p.csv("invoices.csv"))
    equal(sums(before)["EUR"][1], decimal.Decimal(net) / 100, "value before = net of the invoices")
    sb.faults()
    sb.edit({"op": "insert", "entry": {"id": entry(80), "user": "u02", "project": "p01", "type": "w01", "date": "2026-10-05", "dur": 7200}})
    after = report(p, "--as-of", "2026-10-31")
    equal((sums(after), after["on_invoice"]["entries"]), ({"EUR": (7200, decimal.Decimal("190.00"), 0, decimal.Decimal(0))}, 1), "after the run")


def test_ages_and_no_rate(t):
    ws = small_month(1, 1)
    for date in ("2026-10-31", "2026-10-01", "2026-09-30", "2026-09-01", "2026-08-31", "2026-08-02", "2026-08-01", "2025-01-01"):
        ws.entry(date, 3600, project="p01", untimed=True)
    ws.entry("2026-10-10", 1800, project="p01", type=ws.type("Ohne Satz"), untimed=True)
    sb, p = t.both(ws, rates=[{"type_of_work": "Entwicklung", "rate": "100", "currency": "EUR"}, {"type_of_work": "Beratung", "rate": "100", "currency": "EUR"}])
    j = report(p, "--as-of", "2026-10-31", "--by", "type-of-work")
    equal({x.get("currency"): [a["seconds"] for a in x["ages"]] for x in j["totals"]}, {"EUR": [2 * 3600 + 900, 2 * 3600, 2 * 3600, 2 * 3600], None: [1800, 0, 0, 0]}, "ages")
    bare = [x for x in j["rows"] if "currency" not in x]
    equal(([x["type-of-work"]["name"] for x in bare], "value" in bare[0]), (["Ohne Satz"], False), "hours without a value")
    r = p.command("unbilled", "--as-of", "2026-10-31", code=0)
    check("no rate" in r.out and "older" in r.out and r.err == "", r.out)
    del sb


def test_files(t):
    import openpyxl
    ws = small_month(20, 2)
    ws.projects[0]["name"] = "=cmd|' /C calc'!A0"
    sb, p = t.both(ws)
    p.command("unbilled", "--as-of", "2026-10-31", "--by", "project,user", code=0)
    folder = os.path.join(p.out, "unbilled", "2026-10-31")
    equal(sorted(os.listdir(folder)), ["unbilled.csv", "unbilled.json", "unbilled.xlsx"], "files")
    with open(os.path.join(folder, "unbilled.json"), encoding="utf-8") as f:
        j = json.load(f)
    with open(os.path.join(folder, "unbilled.csv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    equal([(x["project_id"], x["user_id"], int(x["seconds"]), x["value"]) for x in rows], [(x["project"]["id"], x["user"]["id"], x["seconds"], x["value"]) for x in j["rows"]], "CSV and JSON")
    check(any(x["project"].startswith("'=") for x in rows), "a hostile name is neutralised")
    book = openpyxl.load_workbook(os.path.join(folder, "unbilled.xlsx"), data_only=True)
    cells = [[c.value for c in r] for r in book["unbilled"].iter_rows()]
    total = next(r for r in cells if r[0] == "total")
    equal(round(decimal.Decimal(str(total[5])), 2), sum(decimal.Decimal(x["value"]) for x in rows), "total of the workbook")
    check(book["unbilled"]._charts or openpyxl.load_workbook(os.path.join(folder, "unbilled.xlsx"))["unbilled"]._charts, "a chart")
    again = os.path.join(t.folder("again"), "x")
    p.command("unbilled", "--as-of", "2026-10-31", "--by", "project,user", "-o", again, code=0)
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as a, open(os.path.join(again, name), "rb") as b:
            check(a.read() == b.read(), f"{name} is the same twice")
    del sb


def test_lists_that_differ(t):
    """The reduced list is the second witness."""
    sb, p = t.both(small_month(6, 1))
    sb.faults({"method": "GET", "path": "/timeentries/simplified", "edit": [{"op": "delete", "id": entry(2)}], "n": 1})
    r = p.command("unbilled", "--as-of", "2026-10-31", "-q", code=3)
    check("awork's lists differ: GET /timeentries shows 6 entries" in r.err and "simplified 5" in r.err, r.err)
    sb.faults({"method": "GET", "path": "/timeentries/simplified", "ignore_filter": True})
    sb.edit({"op": "set", "id": entry(1), "set": {"billable": False}})
    check("ignored the filter" in p.command("unbilled", "--as-of", "2026-10-31", code=76).err, "ignored filter")


def test_usage(t):
    sb, p = t.both(small_month(1, 1))
    for args in (("--by", "colour"), ("--by", "company,company"), ("--by", ""), ("--as-of", "yesterday")):
        p.command("unbilled", *args, code=64)
    equal(report(p)["as_of"], "2026-11-02", "today")
    del sb
