"""Answers that go wrong while entries are marked: each id's outcome is what awork shows when read, and nothing is sent blindly twice."""

import invariants
from harness import check, equal
from workspace import USER, small_month

BATCH = {"method": "POST", "path_prefix": "/timeentries/batch/"}
FAST = {"awork": {"retry_minutes": "0"}}


def sent(post):
    return post["body"]["timeEntryIds"]


def times_sent(sb):
    counts = {}
    for post in sb.posts():
        for i in sent(post):
            counts[i] = counts.get(i, 0) + 1
    return counts


def marked_run(t, rules, entries=12, conf=None, code=0, ws=None, options=()):
    ws = ws or small_month(entries, 1)
    sb, p = t.both(ws, conf)
    sb.faults(*rules)
    r = p.run(*options, code=code)
    equal(len(p.billed_ids()), len(ws.entries), "documents hold every entry, whatever marking says")
    return ws, sb, p, r


def all_verified(t, rules, posts=None, **kw):
    """Whatever awork answers, in the end every entry is billed and verified."""
    ws, sb, p, r = marked_run(t, rules, **kw)
    equal(r.err, "", "standard error")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(set(p.claims().values()), {"VERIFIED"}, "claims")
    invariants.holds(p, sb)
    if posts is not None:
        equal(len(sb.posts()), posts, "POSTs")
    return sb, p


def states(p):
    counts = {}
    for s in p.claims().values():
        counts[s] = counts.get(s, 0) + 1
    return counts


def exceptions(p, folder=None):
    return {x["entry"]: x["kind"] for x in p.report(folder)["exceptions"]}


# ---- answers by bucket ----

def test_unauthorized(t):
    """All refused: closed with exceptions; the next run tries once more."""
    ws, sb, p, r = marked_run(t, [{**BATCH, "bucket_all": "unauthorized"}], code=3)
    equal(states(p), {"UNMARKED_AUTH": 12}, "claims")
    equal((p.report()["state"], p.report()["marked"]["refused"], p.report()["exit"]), ("CLOSED_EXC", 12, 3), "run.json")
    equal(set(exceptions(p)), set(p.billed_ids()), "exceptions in run.json")
    equal(r.summary()["exceptions"], 12, "exceptions in the summary")
    check(r.err != "", "nothing on standard error")
    equal(max(times_sent(sb).values()), 1, "tries in this run")
    invariants.holds(p, sb)
    sb.faults()
    p.run(code=0)
    equal(states(p), {"VERIFIED": 12}, "claims after the next run")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(len(p.runs()), 1, "folders")
    invariants.holds(p, sb, stale_reports=True)


def test_refused_again_and_again(t):
    _, sb, p, _ = marked_run(t, [{**BATCH, "bucket": {"#2": "unauthorized"}}], code=3)
    equal(states(p), {"VERIFIED": 11, "UNMARKED_AUTH": 1}, "claims")
    sb.faults({**BATCH, "bucket_all": "unauthorized"})
    p.run(code=3)
    equal(states(p), {"VERIFIED": 11, "UNMARKED_AUTH": 1}, "claims after a second refusal")
    equal(sorted(times_sent(sb).values())[-1], 2, "tries: one per run")
    equal(len(p.billed_ids()), 12, "documents")


def test_a_key_that_may_not_edit_others(t):
    """An ordinary user's key marks only what it may."""
    ws = small_month(12, 1)
    ws.tokens[1]["frozenBefore"] = "2026-10-05"
    sb, p = t.both(ws, token=USER)
    p.run(code=3)
    frozen = {x["id"] for x in ws.entries if x["date"] < "2026-10-05"}
    equal({i for i, s in p.claims().items() if s != "VERIFIED"}, frozen, "entries that could not be marked")
    equal(sb.billed(), {x["id"] for x in ws.entries} - frozen, "billed")


def test_not_found(t):
    """notFound, but it can be read: asked once more, then unknown."""
    ws, sb, p, _ = marked_run(t, [{**BATCH, "bucket": {"0000000e-0000-4000-8000-000000000003": "notFound"}}], code=3)
    equal(states(p), {"VERIFIED": 11, "UNMARKED_UNKNOWN": 1}, "claims")
    equal(times_sent(sb)[ws.entries[2]["id"]], 2, "times sent")
    equal(p.report()["marked"]["unknown"], 1, "unknown in run.json")
    invariants.holds(p, sb)


def test_not_found_once(t):
    all_verified(t, [{**BATCH, "n": 1, "bucket": {"#3": "notFound"}}], posts=2)


def test_bad_request_bucket(t):
    ws, sb, p, _ = marked_run(t, [{**BATCH, "bucket": {"#3": "badRequest"}}], code=3)
    equal(states(p), {"VERIFIED": 11, "UNMARKED_REJECTED": 1}, "claims")
    equal(p.report()["marked"]["refused"], 1, "refused in run.json")
    equal(len(sb.billed()), 11, "billed")
    check(len(ws.entries) == 12, "entries")
    invariants.holds(p, sb)


def test_four_buckets_mixed(t):
    rule = {**BATCH, "n": 1, "bucket": {"#1": "unauthorized", "#2": "notFound", "#3": "badRequest", "#4": "none"}}
    _, sb, p, _ = marked_run(t, [rule], code=3)
    equal(states(p), {"VERIFIED": 10, "UNMARKED_AUTH": 1, "UNMARKED_REJECTED": 1}, "claims")
    equal(len(sb.billed()), 10, "billed")
    invariants.holds(p, sb)


def test_in_no_bucket(t):
    """Read, sent again at most twice, then unknown; applied although unnamed: billed."""
    all_verified(t, [{**BATCH, "n": 1, "bucket": {"#2": "none"}}], posts=2)
    all_verified(t, [{**BATCH, "bucket": {"#2": "none_applied"}}], posts=1)
    ws, sb, p, _ = marked_run(t, [{**BATCH, "bucket": {"0000000e-0000-4000-8000-000000000002": "none"}}], code=3)
    equal(states(p), {"VERIFIED": 11, "UNMARKED_UNKNOWN": 1}, "claims")
    equal(times_sent(sb)[ws.entries[1]["id"]], 3, "times sent")
    invariants.holds(p, sb)


def test_in_two_buckets(t):
    all_verified(t, [{**BATCH, "n": 1, "bucket": {"#2": "both_applied"}}], posts=1)
    all_verified(t, [{**BATCH, "n": 1, "bucket": {"#2": "both"}}], posts=2)
    all_verified(t, [{**BATCH, "n": 1, "bucket": {"#2": "twice"}}], posts=1)


def test_null_and_missing_buckets(t):
    for rule in ({"null_buckets": True}, {"null_buckets": "empty"}, {"omit_buckets": True}, {"omit_buckets": "empty"}, {"null_ids": True}, {"ids_as_string": True}):
        all_verified(t, [{**BATCH, "n": 1, **rule}])


def test_foreign_ids_in_ok(t):
    """An id that nobody sent: finished, but alarmed."""
    ws, sb, p, r = marked_run(t, [{**BATCH, "foreign_ok": ["0000000e-0000-4000-8000-00000000dead"]}], code=76)
    equal(states(p), {"VERIFIED": 12}, "claims")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(p.report()["exit"], 76, "exit in run.json")
    check(r.err != "", "nothing on standard error")
    invariants.holds(p, sb)
    sb.faults()
    p.run(code=0)


def test_lying_server(t):
    """All ok, nothing changed: read by id with pauses, sent again twice, then unknown."""
    _, sb, p, r = marked_run(t, [{**BATCH, "lie": True}], entries=3, code=3)
    equal(states(p), {"UNMARKED_UNKNOWN": 3}, "claims")
    equal(len(sb.posts()), 3, "POSTs: one and two more")
    equal((sb.billed(), r.summary()["verified"]), (set(), 0), "billed and verified")
    invariants.holds(p, sb)
    sb.faults()
    p.run(code=0)
    equal(states(p), {"VERIFIED": 3}, "claims after the next run")
    invariants.holds(p, sb, stale_reports=True)


def test_lied_once(t):
    all_verified(t, [{**BATCH, "n": 1, "lie": True}], posts=2, entries=3)


def test_lists_lag_behind_writes(t):
    """Lists show the old isBilled for a while: reading by id shows the truth, nothing is sent again."""
    all_verified(t, [{**BATCH, "n": 1, "stale_reads": 3}], posts=1, entries=24)


# ---- answers lost ----

def test_lost_answer_applied(t):
    """Applied, then the connection broke: read, and not sent again."""
    sb, _ = all_verified(t, [{**BATCH, "n": 1, "apply_close": True}], posts=1)
    equal(set(times_sent(sb).values()), {1}, "times sent")
    all_verified(t, [{**BATCH, "n": 1, "apply_close": True, "reset": True}], posts=1)


def test_lost_answer_not_applied(t):
    sb, _ = all_verified(t, [{**BATCH, "n": 1, "close": True}], posts=2)
    equal(set(times_sent(sb).values()), {2}, "times sent")


def test_500_applied_and_not(t):
    all_verified(t, [{**BATCH, "n": 1, "status": 500}], posts=2)
    all_verified(t, [{**BATCH, "n": 1, "status": 500, "apply": True}], posts=1)
    all_verified(t, [{**BATCH, "n": 1, "status": 503, "apply": True}], posts=1)


def test_cut_207(t):
    for cut in ({"cut": 20}, {"cut_chunked": 30}, {"cut_close_delimited": 25}, {"truncate_json": True}):
        all_verified(t, [{**BATCH, "n": 1, **cut}], posts=1)


def test_other_successes(t):
    """200, 202, 204 and a 207 without a body: applied or not, reading decides."""
    for status in (200, 202, 204, 207):
        all_verified(t, [{**BATCH, "n": 1, "status": status, "body": ""}], posts=2)
        all_verified(t, [{**BATCH, "n": 1, "status": status, "body": "", "apply": True}], posts=1)


def test_lost_in_every_second_chunk(t):
    conf = {"awork": {"batch_size": 5}}
    sb, _ = all_verified(t, [{**BATCH, "n": 2, "apply_close": True}, {**BATCH, "n": 4, "close": True}], entries=24, conf=conf)
    check(sum(times_sent(sb).values()) <= 29, f"ids sent: {times_sent(sb)}")


def test_awork_is_gone_while_marking(t):
    """Documents are out: 75, and the next run finishes."""
    ws, sb, p, r = marked_run(t, [{**BATCH, "close": True}], code=75, conf=FAST)
    equal((p.report()["issued"], p.report()["exit"], r.summary()["ponr"]), (True, 75, 1), "issued")
    equal(len(sb.billed()), 0, "billed")
    invariants.holds(p, sb, unfinished=True)
    sb.faults()
    p.run(code=0)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed by the next run")
    equal((len(p.runs()), states(p)), (1, {"VERIFIED": 12}), "folders and claims")
    invariants.holds(p, sb)


def test_awork_is_gone_while_verifying(t):
    ws = small_month(24, 1)
    twin, q = t.both(ws, FAST)
    q.run(code=0)
    log = [x["method"] for x in twin.log() if "/timeentries" in x["path"]]
    sb, p = t.both(ws, FAST)
    sb.faults({"method": "GET", "path_prefix": "/timeentries", "from": log.index("POST") + 1, "close": True})
    p.run(code=75)
    equal(len(sb.billed()), 24, "marked before awork was gone")
    sb.faults()
    p.run(code=0)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(set(times_sent(sb).values()), {1}, "times sent")
    invariants.holds(p, sb)


# ---- statuses ----

def test_401_and_403_in_the_middle(t):
    """The first chunk is marked, then the key is withdrawn: 77, and a run with the key restored finishes the rest."""
    for status in (401, 403):
        ws, sb, p, r = marked_run(t, [{**BATCH, "from": 2, "status": status}], entries=24, conf={"awork": {"batch_size": 10, "connections": 1}}, code=77)
        equal(len(sb.billed()), 10, "billed before the key was withdrawn")
        equal(len(sb.posts()), 2, "POSTs: no retry after a refusal")
        equal((p.report()["state"], p.report()["exit"]), ("MARKING", 77), "run.json")
        check(r.err != "", "nothing on standard error")
        invariants.holds(p, sb, unfinished=True)
        p.write("token", "no-such-key\n", 0o600)
        p.run(code=77)
        p.write("token", "sandbox-admin-key\n", 0o600)
        sb.faults()
        p.run(code=0)
        equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
        equal(sorted(times_sent(sb).values())[0], 1, "ids that were marked are not sent again")
        equal(len(p.runs()), 1, "folders")
        invariants.holds(p, sb)


def test_404_and_redirect(t):
    for status in (404, 302, 308):
        _, sb, p, _ = marked_run(t, [{**BATCH, "status": status, "headers": {"Location": "http://127.0.0.1:9/"}}], code=76)
        invariants.holds(p, sb, unfinished=True)
        sb.faults()
        p.run(code=0)
        equal(states(p), {"VERIFIED": 12}, f"claims after {status}")
        invariants.holds(p, sb)


def test_413_halves(t):
    sb, _ = all_verified(t, [{**BATCH, "max_ids": 5}], entries=24)
    good = [len(sent(x)) for x in sb.posts() if x["status"] == 207]
    equal(sum(good), 24, "ids marked")
    check(max(good) <= 5 and len(sb.posts()) <= 20, f"POSTs: {[len(sent(x)) for x in sb.posts()]}")


def test_413_by_code(t):
    rule = {**BATCH, "n": 1, "status": 400, "body": {"code": "request-body-too-large", "description": "zu groß"}}
    sb, _ = all_verified(t, [rule], entries=12)
    equal([len(sent(x)) for x in sb.posts()], [12, 6, 6], "ids per POST")


def test_413_for_a_single_id(t):
    _, sb, p, _ = marked_run(t, [{**BATCH, "max_ids": 0}], entries=4, code=3)
    equal(states(p), {"UNMARKED_REJECTED": 4}, "claims")
    equal(sb.billed(), set(), "billed")


def test_400_bisects(t):
    """One id spoils the request: found by halving, everything else is marked."""
    bad = "0000000e-0000-4000-8000-000000000007"
    ws, sb, p, _ = marked_run(t, [{**BATCH, "refuse_ids": [bad]}], entries=24, code=3)
    equal({i: s for i, s in p.claims().items() if s != "VERIFIED"}, {bad: "UNMARKED_REJECTED"}, "claims")
    equal(sb.billed(), {x["id"] for x in ws.entries} - {bad}, "billed")
    check(len(sb.posts()) <= 48, f"{len(sb.posts())} POSTs for 24 ids")
    equal(exceptions(p), {bad: "UNMARKED_REJECTED"}, "exceptions")
    invariants.holds(p, sb)


def test_429_while_marking(t):
    for headers in ({"Retry-After": "1"}, {"RateLimit-Reset": "1"}, {"Retry-After": "abc"}):
        all_verified(t, [{**BATCH, "n": 1, "status": 429, "headers": headers}], posts=2)


def test_429_for_ever_while_marking(t):
    _, sb, p, _ = marked_run(t, [{**BATCH, "status": 429, "headers": {"Retry-After": "5"}}], code=75, conf=FAST)
    sb.faults()
    p.run(code=0)
    equal(states(p), {"VERIFIED": 12}, "claims")
    invariants.holds(p, sb)


# ---- later ----

def test_no_mark(t):
    ws, sb, p, r = marked_run(t, [], options=("--no-mark",))
    equal((r.err, sb.posts(), sb.billed()), ("", [], set()), "standard error, POSTs, billed")
    equal((p.report()["state"], p.report()["issued"], r.summary()["state"]), ("PUBLISHED", True, "PUBLISHED"), "state")
    invariants.holds(p, sb)
    p.run(code=0)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed by the next run")
    equal((len(p.runs()), states(p), p.report()["state"]), (1, {"VERIFIED": 12}, "CLOSED"), "folders, claims, run.json")
    invariants.holds(p, sb)


def test_no_mark_twice_then_all(t):
    ws, sb, p, _ = marked_run(t, [], options=("--no-mark",))
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 60}})
    p.run("--no-mark", code=0)
    equal((len(p.runs()), sb.posts()), (2, []), "folders and POSTs")
    p.run(code=0)
    equal(len(sb.billed()), 13, "billed")
    equal(states(p), {"VERIFIED": 13}, "claims")
    check(len(ws.entries) == 12, "entries")
    invariants.holds(p, sb)
