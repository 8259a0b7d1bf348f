"""Corners of the settlement protocol: what must not stop later runs, what a person did and no run may undo, what an exit status may not hide."""

import os

import invariants
from harness import check, equal, step_build
from workspace import small_month

POST = {"method": "POST", "path_prefix": "/timeentries/batch/"}


def one(entry):
    """A few entries are read again by id: recheck, before marking, after a lost answer, verify."""
    return {"method": "GET", "path": f"/timeentries/{entry}"}


def new_entry(ws, i, date="2026-10-30"):
    return {"op": "insert", "entry": {**{k: v for k, v in ws.entries[0].items() if k not in ("id", "billed")},
                                      "id": f"0000{i:04x}-0000-4000-8000-00000000beef", "date": date}}


def test_gone_and_back(t):
    """A 404 that did not last: the entry is a dispute for a person, and billing of the others goes on."""
    ws = small_month(3, 1)
    entry = ws.entries[2]["id"]
    sb, p = t.both(ws)
    sb.faults({**one(entry), "n": 2, "edit": [{"op": "delete", "id": entry}]})
    p.run(code=3)
    equal(p.claims()[entry], "GONE", "claim")
    sb.faults()
    sb.edit({"op": "insert", "entry": {k: v for k, v in ws.entries[2].items()}}, new_entry(ws, 1))
    r = p.run(code=3)
    equal(p.claims()[entry], "REOPENED", "claim of the entry that came back")
    equal(r.summary()["invoices"], 1, "the other entry is billed")
    equal(p.billed_ids().count(entry), 1, "documents with the entry")
    check("unbilled" in r.err, f"{r.err}")


def test_closed_standard_output(t):
    """`>&-` and `2>&-`: the summary must not land in a file or connection that got the descriptor."""
    sb, p = t.both(small_month(4, 1))
    p.prefix = ["/bin/sh", "-c", 'exec "$@" >&-', "sh"]
    r = p.run()
    equal(r.code, 74, f"{r}")
    equal(len(sb.billed()), 4, "billing is unaffected")
    p.prefix = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh"]
    equal(p.command("run", options=("-v",)).code, 0, "without standard error")
    invariants.holds(p, sb, stale_reports=True)


def test_debts_that_cannot_be_paid(t):
    """Refused marks, and before the next run one of the entries is deleted, another made unbillable: exit 3, not silence."""
    ws = small_month(6, 1)
    sb, p = t.both(ws)
    sb.faults({**POST, "bucket_all": "unauthorized"})
    p.run(code=3)
    sb.faults()
    sb.edit({"op": "delete", "id": ws.entries[1]["id"]}, {"op": "set", "id": ws.entries[2]["id"], "set": {"billable": False}, "by": "u02"})
    r = p.run(code=3)
    check(r.err != "", "a person is told")
    states = sorted(p.claims().values())
    equal(states, ["DRIFT", "GONE"] + ["VERIFIED"] * 4, "claims")


def test_stopped_while_sending_again(t):
    """awork says ok and does nothing, once; stopped at every step of the repetition, the end is that of an undisturbed run."""
    step_build(t)
    ws = small_month(6, 1)
    k = 15
    while True:
        sb, p = t.both(ws)
        p.without_pauses()
        sb.faults({**POST, "n": 1, "lie": True})
        r = p.run(env={"PSABILL_STOP_AT": str(k)}, timeout=90)
        if r.code != 100:
            equal(r.code, 0, f"{r}")
            break
        p.run(code=0, timeout=90)
        equal(p.sql("SELECT DISTINCT state FROM run WHERE state<>'ABORTED'"), [("CLOSED",)], f"step {k}: runs")
        equal(set(p.claims().values()), {"VERIFIED"}, f"step {k}: claims")
        equal(len(sb.billed()), 6, f"step {k}: billed")
        invariants.holds(p, sb)
        sb.stop()
        k += 1
    check(k > 17, "the repetition has no steps")


def test_a_person_is_not_overruled(t):
    """The POST was applied, its answer lost; the run saw the entry billed; then a person un-bills it: never sent again."""
    ws = small_month(3, 1)
    entry = ws.entries[2]["id"]
    sb, p = t.both(ws)
    sb.faults({**POST, "n": 1, "apply_close": True}, {**one(entry), "n": 4, "edit": [{"op": "set", "id": entry, "set": {"billed": False}, "by": "u02"}]})
    p.run(code=3, timeout=90)
    equal(p.claims()[entry], "REOPENED", "claim")
    equal(len(sb.posts()), 1, "POSTs")
    check(entry not in sb.billed(), "the person's will stands")


def test_missing_output_folder_is_noticed_first(t):
    sb, p = t.both(small_month(4, 1))
    os.rmdir(p.out)
    r = p.run()
    equal(r.code, 73, f"{r}")
    equal(p.sql("SELECT count(*) FROM run"), [(0,)], "runs in the ledger")
    equal([x for x in sb.log() if x["path"].startswith("/timeentries")], [], "entries were not even read")
    os.mkdir(p.out, 0o750)
    p.run(code=0)
    equal(len(sb.billed()), 4, "billed afterwards")


def test_a_dropped_plan_leaves_no_sums(t):
    """The only entry disappears before the recheck: the run that remains has read nothing and billed nothing."""
    ws = small_month(1, 1)
    sb, p = t.both(ws)
    sb.faults({"method": "GET", "path": f"/timeentries/{ws.entries[0]['id']}", "n": 1, "edit": [{"op": "delete", "id": ws.entries[0]["id"]}]})
    p.run(code=0)
    totals = [row[0] for row in p.sql("SELECT totals FROM run WHERE state='CLOSED'")]
    equal(len(totals), 1, "closed runs")
    check('"billed":0' in totals[0] and '"billed_secs":0' in totals[0], f"totals: {totals[0]}")


def test_an_empty_target_beside_the_stage(t):
    """A file system without RENAME_NOREPLACE: killed between making the target and the rename. The next run goes on."""
    step_build(t)
    sb, p = t.both(small_month(4, 1))
    k = 1
    while p.run(env={"PSABILL_STOP_AT": str(k)}).code == 100 and p.sql("SELECT state FROM run ORDER BY seq DESC LIMIT 1")[0][0] != "PUBLISHING":
        k += 1
    period = os.path.join(p.out, "2026-10")
    stage = next(n for n in os.listdir(period) if n.startswith(".stage-"))
    os.mkdir(os.path.join(period, stage.replace(".stage-", "")), 0o700)
    p.run(code=0)
    equal(len(sb.billed()), 4, "billed")
    invariants.holds(p, sb)


def test_resting_runs_read_nothing_by_id(t):
    """A second --no-mark run over resting entries: they are held, not read one by one."""
    ws = small_month(24, 2)
    sb, p = t.both(ws)
    p.run("--no-mark", code=0)
    before = len(sb.log())
    p.run("--no-mark", code=0)
    single = [x for x in sb.log()[before:] if x["path"].startswith("/timeentries/")]
    equal(single, [], "entries read by id")
    p.run(code=0)
    equal(len(sb.billed()), 24, "billed in the end")


def test_lost_and_found_in_the_output_folder(t):
    sb, p = t.both(small_month(4, 1))
    os.mkdir(os.path.join(p.out, "lost+found"), 0o000)
    p.run(code=0)
    equal(len(sb.billed()), 4, "billed")
