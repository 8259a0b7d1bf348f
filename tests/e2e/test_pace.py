"""The request limit belongs to the whole workspace: a run uses its share of it, waits for the rest, and is never refused."""

from harness import check, equal
from workspace import small_month

LIMIT, PERIOD = 6, 2


def paced(t, conf=None):
    ws = small_month(24)
    sb, p = t.both(ws, {"awork": {"batch_size": 3, **(conf or {})}}, ["--rate-limit", str(LIMIT), "--rate-period", str(PERIOD)])
    r = p.run(code=0)
    equal(r.err, "", "standard error")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    log = sb.log()
    equal([x["path"] for x in log if x["status"] == 429], [], "refused requests")
    check(len(log) > 2 * LIMIT, f"{len(log)} requests are too few to meet the limit")
    equal(p.report()["retries"], 0, "waiting for the share is no retry")
    return len(log), r.seconds


def test_no_request_is_refused(t):
    requests, seconds = paced(t)
    check(seconds > (requests / 4 - 2) * PERIOD, f"{requests} requests in {seconds:.1f} s: more than 80 % of the limit was used")


def test_half_of_the_limit(t):
    requests, seconds = paced(t, {"rate_share": 50})
    check(seconds > (requests / 3 - 2) * PERIOD, f"{requests} requests in {seconds:.1f} s: more than half of the limit was used")


def test_without_a_limit_nothing_waits(t):
    sb, p = t.both(small_month(24), {"awork": {"rate_share": 1}})
    p.run(code=0)
    check(all(x["status"] in (200, 207) for x in sb.log()), "answers")
    equal(p.report()["retries"], 0, "retries")


def test_a_long_wait_is_said(t):
    sb, p = t.both(small_month(24), {"awork": {"rate_share": 50}}, ["--rate-limit", "10", "--rate-period", "7"])
    r = p.command("run", options=["-v"], code=0)
    said = [x for x in r.err.splitlines() if " pace " in x]
    check(said, f"no word about the wait:\n{r.err}")
    check("50 % of awork's request limit" in said[0] and "waiting" in said[0], said[0])
    check(len(said) <= len(sb.log()) // 5 + 1, f"said {len(said)} times")
