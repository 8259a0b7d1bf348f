"""Numbers: several series, each without a gap, each number explained by `list --numbers`; and formats of numbers that could meet."""

import json
import re

import invariants
from harness import EPOCH, check, equal, step_build
from workspace import small_month

POST = {"method": "POST", "path_prefix": "/timeentries/batch/"}


def new_entry(n, date="2026-10-30", **members):
    return {"id": f"0000000e-0000-4000-8000-00000000f{n:03d}", "user": "u02", "task": "t01", "type": "w01", "date": date, "dur": 3600, **members}


def register(p, code=0):
    """series -> (first, next, {number: what became of it}), from JSON; and that the text says the same."""
    r = p.command("list", "--numbers", "--json", code=code)
    text = p.command("list", "--numbers", code=code)
    equal((r.err == "", text.err == ""), (code == 0, code == 0), f"standard error: {r.err}")
    parsed = json.loads(r.out)
    found = {}
    for s in parsed["series"]:
        check(f"{s['series']}: first {s['first']}, next {s['next']}" in text.out, f"{s['series']} in the text")
        found[s["series"]] = (s["first"], s["next"], {x.get("number", (x["n"], x.get("to"))): (x["state"], x.get("what", "")) for x in s["numbers"]})
        for x in s["numbers"]:
            line = next((y for y in text.out.splitlines() if re.match(rf"  {re.escape(x['number'])} " if "number" in x else rf"  {x['n']} to {x['to']} ", y)), None)
            check(line is not None and x["state"] in line and " ".join(x.get("what", "").split()) in " ".join(line.split()), f"{x} in the text: {line}")
    return found, parsed["rolled_back"]


def ledger_agrees(p, found):
    """Every number that was given is there, in the order of its series, with what the ledger says."""
    wanted = {}
    for no, series, state in p.sql("SELECT no,series,state FROM invoice ORDER BY series,n"):
        wanted.setdefault(series, []).append((no, state))
    equal({s: [(n, st) for n, (st, _) in numbers.items()] for s, (_, _, numbers) in found.items() if numbers}, wanted, "numbers and states")
    for _, (first, following, numbers) in found.items():
        equal(following - first, len(numbers), "numbers per series")


def test_series(t):
    """Invoices, a customer's own, cancellations: each counts for itself, and anew with the year or the month; every number says what became of it."""
    sb, p = t.both(small_month(12, 3), {"billing": {"cancellation_format": "ST-{YYYY}-{SEQ:3}", "number_start": 41}})
    p.customer(1, number_format="K{YY}{MM}/{SEQ}")
    p.run(code=0)
    equal([x["invoice_number"] for x in p.csv("invoices.csv")], ["K2611/41", "RE-2026-00041", "RE-2026-00042"], "numbers")
    p.void("K2611/41", code=0, reason="Doppelt\n berechnet")
    p.void("RE-2026-00042", "--date", "2027-01-04", code=0)
    p.run("--date", "2027-01-05", code=0)
    sb.faults({**POST, "body_has": "false", "status": 403})
    p.void("RE-2026-00041", "--date", "2027-02-01", code=77)
    found, rolled_back = register(p)
    equal({s: (x[0], x[1]) for s, x in found.items()}, {"K2611/{SEQ}": (41, 42), "K2701/{SEQ}": (41, 42), "RE-2026-{SEQ:5}": (41, 43), "RE-2027-{SEQ:5}": (41, 42),
                                                         "ST-2026-{SEQ:3}": (41, 42), "ST-2027-{SEQ:3}": (41, 43)}, "series")
    equal(found["RE-2026-{SEQ:5}"][2], {"RE-2026-00041": ("VOIDING", "being cancelled by ST-2027-042"), "RE-2026-00042": ("VOIDED", "cancelled by ST-2027-041")}, "invoices")
    equal(found["ST-2027-{SEQ:3}"][2]["ST-2027-041"], ("ISSUED", "cancels RE-2026-00042: Falsch berechnet"), "a cancellation")
    equal(found["RE-2027-{SEQ:5}"][2], {"RE-2027-00041": ("ISSUED", "")}, "the new year")
    equal(rolled_back, 0, "runs that were rolled back")
    ledger_agrees(p, found)
    sb.faults()
    p.run(code=0, env={"SOURCE_DATE_EPOCH": str(EPOCH + 100 * 86400)})
    ledger_agrees(p, register(p)[0])
    invariants.holds(p, sb, stale_reports=True)


def test_cancellations_in_the_customers_series(t):
    """Without a series of their own they draw from the customer's, as it is now."""
    sb, p = t.both(small_month(4, 1))
    p.customer(0, number_format="A-{SEQ}")
    p.run(code=0)
    p.void("A-1", code=0)
    p.run(code=0)
    p.customer(0, number_format="B-{SEQ}")
    p.void("A-3", code=0)
    p.set_customers([])
    p.run(code=0)
    equal(p.documents(), {"A-1": ("VOIDED", None), "A-2": ("ISSUED", "A-1"), "A-3": ("VOIDED", None), "B-1": ("ISSUED", "A-3")}, "documents")
    ledger_agrees(p, register(p)[0])
    invariants.holds(p, sb, stale_reports=True)


def test_one_series_by_two_formats(t):
    """RE-{YYYY}-{SEQ:5} and RE-2026-{SEQ:5} are the same series this year: they share its numbers."""
    sb, p = t.both(small_month(12, 3))
    p.customer(1, number_format="RE-2026-{SEQ:5}")
    p.run(code=0)
    equal(sorted(p.documents()), [f"RE-2026-{n:05d}" for n in (1, 2, 3)], "numbers")
    equal(list(register(p)[0]), ["RE-2026-{SEQ:5}"], "series")
    invariants.holds(p, sb)


def test_formats_that_could_meet(t):
    """The same but for the digits of {SEQ}, or not a format at all: refused with file and line before anything is done."""
    sb, p = t.both(small_month(8, 2), {"billing": {"number_format": "RE-{SEQ:5}"}})
    for cells, words in ((({"number_format": "RE-{SEQ}"}, {}), ("customers.csv:2:", "differs from that of psabill.conf")), (({"number_format": "X{SEQ}"}, {"number_format": "X{SEQ:4}"}), ("customers.csv:3:", "line 2")),
                         (({}, {"number_format": "ohne"}), ("customers.csv:3:", "exactly one")), (({}, {"number_format": "{SEQ}{SEQ}"}), ("customers.csv:3:", "exactly one")),
                         (({}, {"number_format": "Ä{SEQ}"}), ("customers.csv:3:", "A-Z")), (({}, {"number_format": "ABCDEFGHIJKLMNOPQRST{SEQ}"}), ("customers.csv:3:", "20"))):
        rows = [{**p.default_customers()[i], **c} for i, c in enumerate(cells)]
        p.set_customers(rows)
        r = p.run(code=78)
        check(all(w in r.err for w in words), f"{cells}: {words} are not said: {r.err}")
    p.set_customers(p.default_customers())
    p.configure({"billing": {"cancellation_format": "RE-{SEQ:2}"}})
    check("cancellation_format" in p.run(code=78).err, "the series of cancellations")
    p.configure({"billing": {"cancellation_format": "RE-{SEQ:5}"}})
    p.run(code=0)
    p.void("RE-00001", code=0)
    equal(sorted(p.documents()), ["RE-00001", "RE-00002", "RE-00003"], "one series for both")
    invariants.holds(p, sb, stale_reports=True)


def test_a_number_that_exists(t):
    """A series that begins where another one has been: the run, or the void, is refused; nothing is issued."""
    sb, p = t.both(small_month(4, 1), {"billing": {"number_format": "A{SEQ}", "number_start": 11}})
    p.run(code=0)
    p.configure({"billing": {"cancellation_format": "A1{SEQ}", "number_start": 1}})
    r = p.void("A11", code=78)
    check("A11" in r.err, f"{r}")
    equal((p.documents(), len(sb.billed())), ({"A11": ("ISSUED", None)}, 4), "documents, billed")
    p.configure({"billing": {"cancellation_format": "S{SEQ}"}})
    p.void("A11", code=0)
    equal(p.documents(), {"A11": ("VOIDED", None), "S1": ("ISSUED", "A11")}, "documents")
    invariants.holds(p, sb, stale_reports=True)


def test_gaps(t):
    """Made with a database tool: at the end, in the middle, at the beginning of a series. Shown where they are, 65."""
    for change, series, gap in (
            (("UPDATE series SET next=next+2",), "RE-2026-{SEQ:5}", (4, 5)),
            (("DELETE FROM claim WHERE invoice='RE-2026-00002'", "DELETE FROM line WHERE invoice='RE-2026-00002'", "DELETE FROM invoice WHERE no='RE-2026-00002'"), "RE-2026-{SEQ:5}", (2, 2)),
            (("DELETE FROM claim WHERE invoice='RE-2026-00001'", "DELETE FROM line WHERE invoice='RE-2026-00001'", "DELETE FROM invoice WHERE no='RE-2026-00001'"), "RE-2026-{SEQ:5}", (1, 1)),
            (("INSERT INTO series(name,first,next) VALUES('X{SEQ}',7,10)",), "X{SEQ}", (7, 9))):
        _, p = t.both(small_month(12, 3))
        p.run(code=0)
        register(p)
        p.alter(*change)
        found, _ = register(p, code=65)
        equal([n for n, (state, _) in found[series][2].items() if state == "MISSING"], [gap], f"{change}: missing numbers")
        r = p.command("list", "--numbers", code=65)
        check(f"{gap[1] - gap[0] + 1} number" in r.err, f"{r.err}")
        p.command("list", code=0)


def test_rolled_back(t):
    """Numbers of a dropped plan are given out again: no gap, and said; also while a stopped run still has them reserved."""
    step_build(t)
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    sb.edit({"op": "insert", "entry": new_entry(1)})
    sb.faults({"method": "GET", "path": f"/timeentries/{new_entry(1)['id']}", "n": 1, "edit": [{"op": "set", "id": new_entry(1)["id"], "set": {"dur": 1800}, "by": "u02"}]})
    p.run(code=0)
    equal(p.sql("SELECT state FROM run ORDER BY seq"), [("CLOSED",), ("ABORTED",), ("CLOSED",)], "runs")
    found, rolled_back = register(p)
    equal((list(found["RE-2026-{SEQ:5}"][2]), rolled_back), (["RE-2026-00001", "RE-2026-00002"], 1), "numbers")
    check("rolled back" in p.command("list", "--numbers", code=0).out, "the text says it")
    sb.edit({"op": "insert", "entry": new_entry(2)})
    k = 1
    while p.run(env={"PSABILL_STOP_AT": str(k)}).code == 100 and not p.sql("SELECT 1 FROM invoice WHERE state='RESERVED'"):
        k += 1
    found, _ = register(p)
    equal(found["RE-2026-{SEQ:5}"][2]["RE-2026-00003"], ("RESERVED", "reserved by a run that is not finished"), "a reserved number")
    p.run(code=0)
    ledger_agrees(p, register(p)[0])
    invariants.holds(p, sb)


def test_number_start_after_a_dropped_plan(t):
    """The only plan so far was dropped: its series is still new, and number_start decides its first number."""
    ws = small_month(1, 1)
    sb, p = t.both(ws)
    entry = ws.entries[0]["id"]
    sb.faults({"method": "GET", "path": f"/timeentries/{entry}", "n": 1, "edit": [{"op": "delete", "id": entry}]})
    p.run(code=0)
    equal(p.documents(), {}, "documents")
    sb.edit({"op": "insert", "entry": new_entry(1)})
    p.configure({"billing": {"number_start": 500}})
    p.run(code=0)
    equal(list(p.documents()), ["RE-2026-00500"], "number")
    invariants.holds(p, sb)


def test_nothing_yet(t):
    _, p = t.both(small_month(0, 1))
    p.command("list", "--numbers", code=66)
    p.run(code=0)
    equal(register(p), ({}, 0), "an empty register")
    p.command("run", "--numbers", code=64)
