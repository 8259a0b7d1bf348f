"""People work in awork while a run is on: before the point of no return the plan is made anew, after it every change is an exception."""

import os

import invariants
from harness import check, equal
from workspace import small_month

READ_AGAIN = {"method": "GET", "path": "/timeentries", "query_has": "filterby=startDateLocal"}  # recheck, before marking, verify: in this order
FETCH = {"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000&orderby=createdOn,id&filterby=isBillable"}
POST = {"method": "POST", "path_prefix": "/timeentries/batch/"}


def target(ws, i=4):
    return ws.entries[i]["id"]


def edited_run(t, edits_at, code=0, entries=24, options=()):
    """edits_at: function of the workspace that gives fault rules."""
    ws = small_month(entries)
    sb, p = t.both(ws)
    sb.faults(*edits_at(ws))
    r = p.run(*options, code=code)
    return ws, sb, p, r


def set_op(entry, by="u02", **members):
    return {"op": "set", "id": entry, "set": members, "by": by}


def exception(p, entry):
    found = [x for x in p.report()["exceptions"] if x["entry"] == entry]
    equal(len(found), 1, f"exceptions of {entry} in run.json")
    return found[0]


# ---- before the point of no return ----

def test_edited_before_the_recheck(t):
    """Duration, note, date, deletion, billed by hand, made unbillable: planned anew with what holds now, exit 0, no number lost."""
    cases = [("dur", lambda i: set_op(i, dur=7200)), ("note", lambda i: set_op(i, note="anders")), ("date", lambda i: set_op(i, date="2026-10-29")),
             ("deleted", lambda i: {"op": "delete", "id": i}), ("billed", lambda i: set_op(i, billed=True)), ("unbillable", lambda i: set_op(i, billable=False)),
             ("next month", lambda i: set_op(i, date="2026-11-03")), ("task", lambda i: set_op(i, task="t02"))]
    for name, edit in cases:
        ws, sb, p, r = edited_run(t, lambda w, e=edit: [{**READ_AGAIN, "n": 1, "edit": [e(target(w))]}])
        gone = name in ("deleted", "billed", "unbillable", "next month")
        equal(target(ws) in p.billed_ids(), not gone, f"{name}: on a document")
        equal(len(p.billed_ids()), 23 if gone else 24, f"{name}: entries on documents")
        equal([x["invoice_number"] for x in p.csv("invoices.csv")], ["RE-2026-00001", "RE-2026-00002"], f"{name}: numbers")
        equal(r.err, "", f"{name}: standard error")
        mine = [x for x in p.csv("entries.csv") if x["entry_id"] == target(ws)]
        if name == "dur":
            equal(mine[0]["seconds"], "7200", "seconds on the document")
        if name == "note":
            equal(mine[0]["note"], "anders", "note on the document")
        if name == "date":
            equal(mine[0]["date"], "2026-10-29", "date on the document")
        equal(p.sql("SELECT count(*) FROM run WHERE state='ABORTED'"), [(1,)], f"{name}: dropped plans")
        invariants.holds(p, sb)


def test_edited_in_every_round(t):
    """The source does not hold still: three plans, then 75, nothing issued."""
    edits = [{**READ_AGAIN, "n": k, "edit": [set_op("0000000e-0000-4000-8000-000000000005", dur=1000 + k)]} for k in range(1, 4)]
    _, sb, p, r = edited_run(t, lambda _: edits, code=75)
    equal((p.runs(), sb.posts(), r.summary()["ponr"]), ([], [], 0), "folders, POSTs, issued")
    invariants.holds(p, sb)
    p.run(code=0)
    equal([x["invoice_number"] for x in p.csv("invoices.csv")], ["RE-2026-00001", "RE-2026-00002"], "numbers")
    invariants.holds(p, sb)


def test_renamed_project_is_no_edit(t):
    """A rename touches updatedOn of all its entries and nothing that is billed."""
    _, sb, p, _ = edited_run(t, lambda _: [{**READ_AGAIN, "n": 1, "edit": [{"op": "rename-project", "id": "p01", "name": "Neuer Name"}]}])
    equal(p.sql("SELECT count(*) FROM run"), [(1,)], "runs")
    invariants.holds(p, sb)


def test_renamed_while_fetching(t):
    """Half of the entries carry the old name: one line for one task all the same."""
    ws = small_month(24, 1)
    sb, p = t.both(ws, {"awork": {"page_size": 6, "connections": 1}, "billing": {"group_by": "project"}})
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=6", "n": 3, "edit": [{"op": "rename-project", "id": "p01", "name": "Neuer Name"}]})
    p.run(code=0)
    equal(len(p.csv("lines.csv")), 2, "lines")
    invariants.holds(p, sb)


def test_inserted_and_deleted_while_fetching(t):
    """Nothing that did not change is lost; what was inserted is billed now or by the next run."""
    for k in range(1, 8, 2):
        ws = small_month(24, 1)
        sb, p = t.both(ws, {"awork": {"page_size": 5, "connections": 2}})
        new = {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-02", "dur": 60, "created": "2026-01-01T00:00:00Z"}
        sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=5", "n": k,
                   "edit": [{"op": "insert", "entry": new}, {"op": "delete", "id": target(ws, 7)}]})
        p.run(code=0)
        unchanged = {x["id"] for x in ws.entries} - {target(ws, 7)}
        check(unchanged <= set(p.billed_ids()), f"edit at request {k}: lost {unchanged - set(p.billed_ids())}")
        p.run(code=0)
        equal(set(p.billed_ids()), unchanged | {new["id"]}, f"edit at request {k}: both runs")
        invariants.holds(p, sb)


def test_moved_between_windows(t):
    """An entry moves to a later or an earlier date while the windows are read: billed once."""
    for date in ("2026-10-28", "2026-10-01"):
        for k in (2, 3, 4):
            ws = small_month(24, 1)
            sb, p = t.both(ws, {"awork": {"page_size": 5, "connections": 1}})
            sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=5", "n": k, "edit": [set_op(target(ws, 11), date=date)]})
            p.run(code=0)
            p.run(code=0)
            equal(sorted(p.billed_ids()), sorted(x["id"] for x in ws.entries), f"moved to {date} at request {k}")
            invariants.holds(p, sb)


# ---- after it ----

def test_drift_before_marking(t):
    """Edited between the point of no return and the mark: it is on a document, so it is marked, with an exception."""
    ws, sb, p, r = edited_run(t, lambda w: [{**READ_AGAIN, "n": 2, "edit": [set_op(target(w), dur=7200)]}], code=3)
    equal(p.claims()[target(ws)], "DRIFT", "claim")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    x = exception(p, target(ws))
    equal((x["kind"], str(x["old"]), str(x["new"])), ("DRIFT", str(ws.entries[4]["dur"]), "7200"), "exception")
    equal((p.report()["marked"]["changed"], p.report()["marked"]["verified"], r.summary()["exceptions"]), (1, 23, 1), "counts")
    equal([y["seconds"] for y in p.csv("entries.csv") if y["entry_id"] == target(ws)], [str(ws.entries[4]["dur"])], "seconds on the document")
    equal(p.sql("SELECT delta_secs FROM claim WHERE entry=?", target(ws)), [(7200 - ws.entries[4]["dur"],)], "difference in the ledger")
    invariants.holds(p, sb)


def test_drift_of_other_fields(t):
    for members in ({"note": "anders"}, {"date": "2026-10-29"}, {"user": "u03"}, {"type": "w02"}, {"task": "t03"}):
        ws, sb, p, _ = edited_run(t, lambda w, m=members: [{**READ_AGAIN, "n": 2, "edit": [set_op(target(w), **m)]}], code=3)
        equal(p.claims()[target(ws)], "DRIFT", f"{members}: claim")
        check(target(ws) in sb.billed(), f"{members}: marked")
        exception(p, target(ws))
        invariants.holds(p, sb)


def test_a_second_is_no_drift(t):
    """awork rounds durations: a second more or less with the same times is noted, not an exception; with another note it is one, and so are two seconds."""
    for off, more, state in ((1, {}, "VERIFIED"), (-1, {}, "VERIFIED"), (2, {}, "DRIFT"), (-2, {}, "DRIFT"), (1, {"note": "anders"}, "DRIFT")):
        change = lambda w, o=off, m=more: [{**READ_AGAIN, "n": 2, "edit": [set_op(target(w), dur=w.entries[4]["dur"] + o, **m)]}]  # noqa: E731
        ws, sb, p, _ = edited_run(t, change, code=0 if state == "VERIFIED" else 3)
        equal(p.claims()[target(ws)], state, f"{off} s, {more}: claim")
        equal(p.report()["noted"]["rounded_in_awork"], int(state == "VERIFIED"), f"{off} s, {more}: noted")
        check(target(ws) in sb.billed(), f"{off} s: marked")


def test_drift_while_verifying(t):
    ws, sb, p, _ = edited_run(t, lambda w: [{**POST, "n": 1, "edit_after": [set_op(target(w), dur=1)]}], code=3)
    equal(p.claims()[target(ws)], "DRIFT", "claim")
    equal(len(sb.billed()), 24, "billed")
    invariants.holds(p, sb)


def test_foreign(t):
    """Billed by hand between recheck and mark: a person checks for double billing."""
    ws, sb, p, _ = edited_run(t, lambda w: [{**READ_AGAIN, "n": 2, "edit": [set_op(target(w), billed=True)]}], code=3)
    equal(p.claims()[target(ws)], "FOREIGN", "claim")
    equal((exception(p, target(ws))["kind"], p.report()["marked"]["foreign"]), ("FOREIGN", 1), "exception")
    equal(sum(len(x["effects"]) for x in sb.posts()), 23, "entries marked by us")
    invariants.holds(p, sb)


def test_gone(t):
    ws, sb, p, _ = edited_run(t, lambda w: [{**READ_AGAIN, "n": 2, "edit": [{"op": "delete", "id": target(w)}]}], code=3)
    equal(p.claims()[target(ws)], "GONE", "claim")
    equal((exception(p, target(ws))["kind"], p.report()["marked"]["gone"]), ("GONE", 1), "exception")
    equal(len(sb.billed()), 23, "billed")
    invariants.holds(p, sb)
    p.run(code=0)
    equal(len(p.runs()), 1, "folders")


def test_gone_after_marking(t):
    ws, sb, p, _ = edited_run(t, lambda w: [{**POST, "n": 1, "edit_after": [{"op": "delete", "id": target(w)}]}], code=3)
    equal(p.claims()[target(ws)], "GONE", "claim")
    invariants.holds(p, sb)


def test_unbillable_after_issue(t):
    """Not marked: awork would refuse or clear it. The claim stays."""
    ws, sb, p, _ = edited_run(t, lambda w: [{**READ_AGAIN, "n": 2, "edit": [set_op(target(w), billable=False)]}], code=3)
    equal(p.claims()[target(ws)], "DRIFT", "claim")
    check(target(ws) not in sb.billed(), "marked although it is not billable")
    invariants.holds(p, sb)


def test_reopened(t):
    """Unbilled by hand after it was verified: reported, never billed again, never set again."""
    ws = small_month(24)
    sb, p = t.both(ws)
    p.run(code=0)
    posts = len(sb.posts())
    sb.edit(set_op(target(ws), billed=False))
    r = p.run(code=3)
    equal(p.claims()[target(ws)], "REOPENED", "claim")
    equal((r.summary()["invoices"], r.summary()["entries"], r.summary()["held"]), (0, 0, 1), "summary")
    equal(len(sb.posts()), posts, "POSTs")
    equal(p.billed_ids().count(target(ws)), 1, "times on documents")
    check(target(ws) not in sb.billed(), "set billed again against a person's will")
    p.run(code=3)
    equal(p.billed_ids().count(target(ws)), 1, "times on documents after a third run")
    invariants.holds(p, sb, reopened=[target(ws)], stale_reports=True)


def test_edited_after_verified(t):
    """A closed run is not touched by what happens later."""
    ws = small_month(24)
    sb, p = t.both(ws)
    p.run(code=0)
    before = {f: os.stat(os.path.join(p.folder(), f)).st_mtime_ns for f in os.listdir(p.folder())}
    sb.edit(set_op(target(ws), dur=1), {"op": "delete", "id": target(ws, 5)}, {"op": "rename-company", "id": "c01", "name": "Neu GmbH"})
    p.run(code=0)
    equal({f: os.stat(os.path.join(p.folder(), f)).st_mtime_ns for f in os.listdir(p.folder())}, before, "files of the closed run")
    equal(len(p.runs()), 1, "folders")


def test_inserted_between_fetch_and_mark(t):
    """A new entry of the period is billed by the next run."""
    new = {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-02", "dur": 60}
    _, sb, p, _ = edited_run(t, lambda _: [{**READ_AGAIN, "n": 1, "edit": [{"op": "insert", "entry": new}]}])
    equal(new["id"] in p.billed_ids(), False, "on a document of the first run")
    equal(new["id"] in sb.billed(), False, "marked by the first run")
    p.run(code=0)
    equal(p.billed_ids().count(new["id"]), 1, "on a document of the second run")
    invariants.holds(p, sb)


def test_fetch_sees_what_marking_would_change(t):
    """Billed by hand while fetching is not an entry of this run."""
    ws, sb, p, _ = edited_run(t, lambda w: [{**FETCH, "n": 1, "edit": [set_op(target(w), billed=True)]}])
    equal(target(ws) in p.billed_ids(), False, "on a document")
    equal(len(p.billed_ids()), 23, "entries")
    invariants.holds(p, sb)
