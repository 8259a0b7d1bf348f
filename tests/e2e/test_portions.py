"""Claims are read again some days at a time. What a run does must not depend on how many that are."""

import invariants
from harness import equal, same_tree, step_build, tree
from workspace import small_month

SMALL = {"SWEEP_PORTION": "40"}  # of 300 entries: seven portions before they are issued, nine afterwards
LISTED = {"method": "GET", "path": "/timeentries", "query_has": "filterby=startDateLocal"}


def reads(sb):
    return [x for x in sb.log() if x["path"].startswith("/api/v1/timeentries?") and "startDateLocal" in x["path"]]


def test_same_as_in_one(t):
    """Files, ledger and awork are the same; each of the three readings costs a page more per portion."""
    step_build(t)
    ends = []
    for env in ({}, SMALL):
        sb, p = t.both(small_month(300))
        p.run(code=0, env=env)
        invariants.holds(p, sb)
        ends.append((p, sb))
    (a, one), (b, many) = ends
    same_tree(tree(a.out), tree(b.out), "files")
    equal((b.ledger_facts(), many.billed()), (a.ledger_facts(), one.billed()), "ledger, billed")
    equal(len(reads(many)) - len(reads(one)), 6 + 8 + 8, "further pages")
    b.run(code=0, env=SMALL)
    equal(len(b.billed_ids()), 300, "entries on documents after a second run")


def test_edited_in_a_later_portion(t):
    """Found by the recheck, wherever it is: the plan is made anew."""
    step_build(t)
    for n in (1, 4, 7):
        ws = small_month(300)
        sb, p = t.both(ws)
        last = max(ws.entries, key=lambda x: (x["date"], x["id"]))["id"]
        sb.faults({**LISTED, "n": n, "edit": [{"op": "set", "id": last, "set": {"dur": 7200}, "by": "u02"}]})
        p.run(code=0, env=SMALL)
        equal(p.sql("SELECT count(*) FROM run WHERE state='ABORTED'"), [(1,)], f"dropped plans, edited before page {n}")
        equal([x["seconds"] for x in p.csv("entries.csv") if x["entry_id"] == last], ["7200"], "seconds on the document")
        invariants.holds(p, sb)


def test_changes_in_every_portion(t):
    """Between issuing and marking, and between marking and a verification that is done again: each change is found, none twice."""
    step_build(t)
    ws = small_month(300)
    sb, p = t.both(ws)
    p.run("--no-mark", code=0, env=SMALL)
    wanted = {}
    for i, entry in enumerate(sorted(ws.entries, key=lambda x: (x["date"], x["id"]))[::20]):
        what, state = (({"op": "delete"}, "GONE"), ({"op": "set", "set": {"billed": True}, "by": "u02"}, "FOREIGN"), ({"op": "set", "set": {"dur": 7200}, "by": "u02"}, "DRIFT"))[i % 3]
        sb.edit({**what, "id": entry["id"]})
        wanted[entry["id"]] = state
    p.run(code=3, env=SMALL)
    equal({e: s for e, s in p.claims().items() if s != "VERIFIED"}, wanted, "claims that are no longer as they were")
    invariants.holds(p, sb)


def test_lists_that_lag(t):
    """What a list still shows as unbilled after it was marked is read by id, from all portions together."""
    step_build(t)
    ws = small_month(300)
    sb, p = t.both(ws)
    sb.faults(*({"method": "POST", "path_prefix": "/timeentries/batch/", "n": n, "stale_reads": 9} for n in (1, 3, 8)))
    p.without_pauses()
    p.run(code=0, env=SMALL)
    equal(set(p.claims().values()), {"VERIFIED"}, "claims")
    invariants.holds(p, sb)
