"""Answers that go wrong while entries are read: nothing is lost, nothing is issued on a doubtful list."""

import os

import invariants
from harness import check, equal
from workspace import USER, small_month

LIST = {"method": "GET", "path": "/timeentries"}
BIG = {**LIST, "query_has": "pageSize=1000"}  # the answers that hold entries, not the counting ones
FAST = {"awork": {"retry_minutes": "0"}}


def all_billed(t, rules, entries=24, conf=None, code=0, options=(), ws=None):
    """A run under faults that ends as if there had been none."""
    ws = ws or small_month(entries)
    sb, p = t.both(ws, conf)
    sb.faults(*rules)
    r = p.run(*options, code=code)
    if code == 0:
        equal(r.err, "", "standard error")
    equal(set(p.billed_ids()), {x["id"] for x in ws.entries}, "billed entries")
    equal(sb.billed(), set(p.billed_ids()), "billed in awork")
    invariants.holds(p, sb)
    return sb, p, r


def nothing_issued(t, rules, code, conf=FAST, options=(), ws=None, says=None, after=True, server=()):
    """A run that must stop; `after`: then, without faults, a run does all."""
    sb, p = t.both(ws or small_month(24), conf, server)
    sb.faults(*rules)
    r = p.run(*options, code=code)
    check(r.err != "", f"no word on standard error: {r}")
    for text in says or ():
        check(text in r.err, f"{text!r} is not in the message: {r.err}")
    equal(p.runs(), [], "folders")
    equal(sb.posts(), [], "POSTs")
    invariants.ledger_sound(p)
    if not after:
        sb.stop()
        return r
    sb.faults()
    p.run(code=0)
    equal(p.csv("invoices.csv")[0]["invoice_number"], "RE-2026-00001", "first number after a stopped run")
    equal(len(sb.billed()), 24, "billed by the run without faults")
    invariants.holds(p, sb)
    return r


# ---- broken transport, mended by another try ----

def test_500_once(t):
    sb, p, _ = all_billed(t, [{**BIG, "n": 1, "status": 500}])
    check(p.report()["retries"] >= 1, "retries in run.json")
    check(any(x["status"] == 500 for x in sb.log()), "the fault was not met")


def test_503_on_several_requests(t):
    all_billed(t, [{"method": "GET", "from": 2, "to": 4, "status": 503}])


def test_cut_with_length(t):
    for n in (0, 1, 500):
        all_billed(t, [{**BIG, "n": 1, "cut": n}])


def test_cut_chunked(t):
    all_billed(t, [{**BIG, "n": 1, "cut_chunked": 700}])


def test_cut_close_delimited(t):
    """curl sees no error here: the JSON must end, and aw-items must agree."""
    for n in (0, 900, -1, -2):
        all_billed(t, [{**BIG, "n": 1, "cut_close_delimited": n, "no_gzip": True}])


def test_truncated_json(t):
    all_billed(t, [{**BIG, "n": 1, "truncate_json": True}])


def test_connection_closed(t):
    all_billed(t, [{**BIG, "n": 1, "close": True}])
    all_billed(t, [{**BIG, "n": 1, "close": True, "reset": True}])


def test_drip(t):
    all_billed(t, [{**BIG, "n": 1, "drip": [4000, 1]}])


def test_204_and_empty_body_once(t):
    all_billed(t, [{**BIG, "n": 1, "status": 204, "body": ""}])
    all_billed(t, [{**BIG, "n": 1, "status": 200, "body": ""}])


def test_429_with_retry_after(t):
    _, _, r = all_billed(t, [{**BIG, "n": 1, "status": 429, "headers": {"Retry-After": "1"}}])
    check(r.seconds >= 0.95, f"did not wait: {r.seconds}")


def test_429_with_rate_limit_reset(t):
    _, _, r = all_billed(t, [{**BIG, "n": 1, "status": 429, "headers": {"RateLimit-Reset": "1"}}])
    check(r.seconds >= 0.95, f"did not wait: {r.seconds}")


def test_429_with_nonsense(t):
    """-5, abc and 2^64 are no times: back off as without a header. 999999 is clamped, which a budget of nothing cannot pay."""
    for text in ("-5", "abc", "18446744073709551616", ""):
        all_billed(t, [{**BIG, "n": 1, "status": 429, "headers": {"Retry-After": text}}])
    nothing_issued(t, [{**BIG, "status": 429, "headers": {"Retry-After": "999999"}}], 69)


def test_rate_limit_of_the_server(t):
    """The sandbox counts by itself and answers 429 with RateLimit-Reset."""
    ws = small_month(6, 1)
    sb, p = t.both(ws, {"awork": {"page_size": 2}}, options=("--rate-limit", "1000"))
    p.run(code=0)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")


# ---- gone for good, before the point of no return ----

def test_500_for_ever(t):
    nothing_issued(t, [{**LIST, "status": 500}], 69)


def test_429_for_ever(t):
    nothing_issued(t, [{**LIST, "status": 429, "headers": {"Retry-After": "1"}}], 69)


def test_nobody_listens(t):
    sb, p = t.both(small_month(6, 1), FAST)
    base = sb.base
    p.configure({"awork": {"base_url": "http://127.0.0.1:1/api/v1"}})
    p.run(code=69)
    equal(p.runs(), [], "folders")
    p.configure({"awork": {"base_url": base}})
    p.run(code=0)
    invariants.holds(p, sb)


def test_401_and_403_at_the_start(t):
    for status in (401, 403):
        r = nothing_issued(t, [{"method": "GET", "status": status, "body": {"code": "unauthorized", "description": "no"}}], 77)
        check("sandbox-admin-key" not in r.err, "token in the message")


def test_wrong_key(t):
    sb, p = t.both(small_month(6, 1))
    p.write("token", "no-such-key\n", 0o600)
    p.run(code=77)
    equal((p.runs(), sb.posts()), ([], []), "folders and POSTs")
    asked = [x["path"] for x in sb.log()]
    equal(sorted(asked), sorted(set(asked)), "requests: a refused key is not tried again")


def test_asked_on_the_chance(t):
    """What is asked together with GET /me may fail: it is asked again where it is needed, and complained about only then."""
    odd = ({"status": 500}, {"status": 404, "body": {"code": "x"}}, {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, {"status": 200, "body": "<html>"})
    for rule in odd:
        sb, p = t.both(small_month(12, 2))
        sb.faults({"method": "GET", "path": "/projects", "n": 1, **rule}, *({**LIST, "n": k, **rule} for k in (1, 4)))
        p.run(code=0)
        equal(sorted(p.billed_ids()), sorted(sb.billed()), f"{rule}: documents and awork")
        equal(len(p.billed_ids()), 12, f"{rule}: billed")
        equal(len([x for x in sb.log() if x["path"].startswith("/api/v1/projects")]), 2, f"{rule}: readings of the projects")
        sb.stop()


def test_counted_before_an_earlier_run_was_finished(t):
    """Marking changes what was counted at the start: counted again after it."""
    sb, p = t.both(small_month(12, 2))
    p.run("--no-mark", code=0)
    before = len(sb.log())
    p.run(code=0)
    counts = [x["path"] for x in sb.log()[before:] if "pageSize=1&" in x["path"]]
    equal(len(counts), 2 * len(set(counts)), "counts, each asked before and after the marks")
    equal((len(p.billed_ids()), len(sb.billed())), (12, 12), "billed")
    p.run(code=0)
    invariants.holds(p, sb, stale_reports=True)


# ---- against the contract ----

def test_short_page(t):
    """awork counts 24 and shows 22: not taken for the last page."""
    nothing_issued(t, [{**BIG, "drop_rows": 2}], 76, None, says=("24", "22"))


def test_contract_broken_and_no_time_for_retries(t):
    """What was wrong decides the status and the message, not that the time for another try is over."""
    nothing_issued(t, [{**BIG, "drop_rows": 2}], 76, FAST, says=("24", "22"))
    nothing_issued(t, [{**LIST, "status": 200, "body": {"code": "x", "description": "y"}}], 76, FAST, says=("no JSON array",))


def test_short_page_accepted(t):
    ws = small_month(24)
    sb, p = t.both(ws)
    sb.faults({**BIG, "drop_rows": 2, "query_has": "pageSize=1000&orderby=createdOn,id&filterby=isBillable"})
    r = p.run("--accept-short", code=3)
    equal((r.summary()["entries"], r.summary()["exit"]), (22, 3), "summary")
    equal((p.report()["shortfall"], p.report()["exit"]), (2, 3), "run.json")
    equal(len(sb.billed()), 22, "billed")
    sb.faults()
    p.run(code=0)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed by the next run")
    invariants.holds(p, sb)


def test_short_once(t):
    all_billed(t, [{**BIG, "n": 1, "drop_rows": 2}])


def test_total_changes(t):
    all_billed(t, [{**LIST, "n": 2, "total_delta": 3}])
    all_billed(t, [{**BIG, "n": 1, "total_delta": -2}])
    nothing_issued(t, [{**BIG, "total_delta": 5}], 76, None)


def test_duplicate_row(t):
    """The same row twice is harmless when it is the same; two versions of one entry are not."""
    all_billed(t, [{**BIG, "n": 1, "duplicate_row": True}])
    nothing_issued(t, [{**BIG, "duplicate_row": "changed"}], 65)


def test_filter_ignored(t):
    ws = small_month(24)
    ws.entry("2026-10-05", 3600, task="t01", billed=True)
    ws.entry("2026-10-05", 3600, task="t01", billable=False)
    sb, p = t.both(ws, FAST)
    sb.faults({**LIST, "ignore_filter": True})
    p.run(code=76)
    equal((p.runs(), sb.posts()), ([], []), "folders and POSTs")
    sb.faults()
    p.run(code=0)
    equal(len(p.billed_ids()), 24, "billed")


def test_page_ignored(t):
    """Every page shows the first rows: a day larger than a page can never be complete."""
    ws = small_month(0, 1)
    for i in range(24):
        ws.entry("2026-10-14", 60 + i, task="t01")
    nothing_issued(t, [{**LIST, "ignore_page": True}], 76, {"awork": {"retry_minutes": "0", "page_size": "5"}}, ws=ws)


def test_smaller_pages_than_asked(t):
    all_billed(t, [{**LIST, "page_size": 7}])
    ws = small_month(0, 1)
    for i in range(24):
        ws.entry("2026-10-14", 60 + i, task="t01")
    all_billed(t, [{**LIST, "page_size": 7}], ws=ws)


def test_equal_sort_keys_in_random_order(t):
    ws = small_month(0, 1)
    for i in range(24):
        ws.entry("2026-10-14", 60 + i, task="t01", created="2026-10-15T08:00:00Z")
    all_billed(t, [{**LIST, "shuffle_ties": True}], conf={"awork": {"page_size": "5"}}, ws=ws)


def test_missing_and_bad_headers(t):
    nothing_issued(t, [{**LIST, "omit_headers": ["aw-totalitems"]}], 76, says=("aw-totalitems",))
    for value in ("abc", "-1", "", "24.0", "99999999999999999999999"):
        nothing_issued(t, [{**BIG, "set_headers": {"aw-totalitems": value}}], 76, after=False)
    nothing_issued(t, [{**BIG, "set_headers": {"aw-totalitems": ["24", "24"]}}], 76)


def test_header_flood(t):
    nothing_issued(t, [{**BIG, "header_flood": 1 << 20}], 76, server=("--memory", "4096"))


def test_redirects_are_not_followed(t):
    other = t.sandbox(small_month(2, 1))
    for status in (301, 302, 307, 308):
        nothing_issued(t, [{**LIST, "status": status, "headers": {"Location": other.base + "/timeentries"}}], 76, after=status == 301)
    nothing_issued(t, [{"method": "GET", "path": "/me", "status": 302, "headers": {"Location": other.base + "/me"}}], 76)
    equal(other.log(), [], "requests at the other server")


def test_html_with_200(t):
    page = "<!DOCTYPE html><html><body>Please log in</body></html>"
    nothing_issued(t, [{**LIST, "status": 200, "content_type": "text/html", "body": page}], 76)
    nothing_issued(t, [{"method": "GET", "path": "/me", "status": 200, "content_type": "text/html", "body": page}], 76)


def test_error_object_with_200(t):
    nothing_issued(t, [{**LIST, "status": 200, "body": {"code": "invalid-filter-or-order", "description": "unbekannt"}}], 76)


def test_awork_errors_are_quoted(t):
    nothing_issued(t, [{**LIST, "status": 400, "body": {"code": "invalid-filter-or-order", "description": "Filter kaputt"}}], 76,
                   says=("invalid-filter-or-order", "Filter kaputt"))
    nothing_issued(t, [{**LIST, "status": 404}], 76, says=("base_url",))


def test_gzip_bomb(t):
    nothing_issued(t, [{**BIG, "gzip_bomb": 200 << 20}], 76)


def test_endless_body(t):
    nothing_issued(t, [{**BIG, "endless": True}], 76)


def test_broken_json_in_a_row(t):
    """Key twice, NaN, bad UTF-8, durations that are none: refused, and the entry is named."""
    ws = small_month(24)
    odd = ws.entries[3]["id"]
    for raw in (f'{{"id":"{odd}","id":"{odd}"}}', f'{{"id":"{odd}","duration":NaN}}', '{"id":"no-uuid"}', "{}", "[1,]", "null", '"x"'):
        nothing_issued(t, [{**BIG, "raw_entry": {"id": odd, "json": raw}}], 65, ws=ws, after=False)
    for value in ("8635.5", '"8635"', "2147483648", "9223372036854775808", "1e3", "true"):
        r = nothing_issued(t, [{**BIG, "patch_entry": {"id": odd, "members": {"duration": value}}}], 65, ws=ws, after=value == "true")
        check(odd in r.err, f"duration {value}: the entry is not named: {r.err}")


def test_odd_but_good_json(t):
    """Unknown members, upper-case ids, resourceVersion beyond 2^53, lone surrogates: read, and billed once."""
    ws = small_month(24)
    odd = ws.entries[3]["id"]
    members = {"unknown": '{"a":[1,2,{"b":null}]}', "id": f'"{odd.upper()}"', "resourceVersion": "637993625322118356", "note": '"a\\ud800b\\u0000c"'}
    sb, p, _ = all_billed(t, [{**LIST, "patch_entry": {"id": odd, "members": members}}], ws=ws)
    check(odd in p.billed_ids(), "the id in lower case")


def test_token_without_rights_reads_less(t):
    """A key that sees only its own entries: the run bills what it sees."""
    ws = small_month(24)
    ws.tokens[1]["ownOnly"] = True
    sb, p = t.both(ws, token=USER)
    p.run(code=0)
    own = {x["id"] for x in ws.entries if x["user"] == ws.plain_user}
    equal(set(p.billed_ids()), own, "billed")
    equal(sb.billed(), own, "billed in awork")


def test_another_workspace(t):
    """One ledger serves one workspace."""
    ws = small_month(12, 1)
    sb, p = t.both(ws)
    p.run(code=0)
    other = small_month(12, 1)
    text = other.dump().replace("00000001-0000-4000-8000-000000000001", "00000001-0000-4000-8000-000000000002")
    path = os.path.join(t.folder("workspace"), "other.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    second = t.sandbox(path)
    p.configure({"awork": {"base_url": second.base}})
    p.run(code=78)
    equal((len(p.runs()), second.billed()), (1, set()), "folders and billed entries")


def test_plain_and_compressed_answers(t):
    ws = small_month(24)
    for options in ((), ("--no-gzip",)):
        sb, p = t.both(ws, options=options)
        p.run(code=0)
        equal(len(sb.billed()), 24, f"billed with {options}")
