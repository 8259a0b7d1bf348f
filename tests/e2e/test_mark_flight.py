"""Marking with several requests in flight: all of them answered, some lost, killed between; and the number of ids that awork takes, remembered."""

import signal

import invariants
from harness import check, equal, wait_for
from test_mark_faults import BATCH, all_verified, sent, times_sent
from workspace import small_month

FOUR = {"awork": {"batch_size": 6, "connections": 8, "retry_minutes": "1"}}


def test_several_at_a_time(t):
    """Intents of all are durable before an answer is there, and nothing is sent twice."""
    ws = small_month(24, 1)
    sb, p = t.both(ws, FOUR)
    sb.faults({**BATCH, "delay_ms": 6000})
    process = p.start()
    wait_for(lambda: p.peek("SELECT state,count(*) FROM claim GROUP BY 1") == [("SENT", 24)] and p.peek("SELECT state,count(*) FROM attempt GROUP BY 1") == [("SENT", 4)], "all in flight")
    equal(process.wait(40), 0, "exit status")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(set(times_sent(sb).values()), {1}, "times sent")
    invariants.holds(p, sb)


def test_answers_of_all_kinds_at_once(t):
    """One is lost, one comes too early, one is refused at first, one is fine: all are marked, each by what its own answer says."""
    for lost in ({"status": 500}, {"reset": True}, {"apply": True, "status": 502}):
        rules = [{**BATCH, "n": 1, **lost}, {**BATCH, "n": 2, "status": 429, "headers": {"Retry-After": "1"}}, {**BATCH, "n": 3, "status": 400}]
        sb, _ = all_verified(t, rules, entries=24, conf=FOUR)
        check(len(sb.posts()) >= 6, f"{len(sb.posts())} POSTs")


def test_killed_with_several_in_flight(t):
    """Applied or not, nothing recorded: read, and only what is open is sent."""
    for delay in ("delay_ms", "delay_after_ms"):
        ws = small_month(24, 1)
        sb, p = t.both(ws, FOUR)
        sb.faults({**BATCH, delay: 8000})
        process = p.start()
        wait_for(lambda q=p, s=sb, d=delay: q.peek("SELECT state,count(*) FROM claim GROUP BY 1") == [("SENT", 24)] and (d == "delay_ms" or s.billed()), "in flight")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        before = sb.billed()
        sb.faults()
        posts = len(sb.posts())
        p.run(code=0)
        again = {i for x in sb.posts()[posts:] for i in sent(x)}
        check(not again & before, "sent again although it was billed")
        equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
        equal(len(p.runs()), 1, "folders")
        invariants.holds(p, sb)


def sizes(sb, since):
    return [len(sent(x)) for x in sb.posts()[since:]]


def test_size_is_remembered(t):
    """413 halves; the next run starts at the size that worked, the one after it tries twice as much, once."""
    ws = small_month(60, 1, "2026-08")
    for x in list(ws.entries):
        for m in (9, 10):
            ws.entries.append({**x, "id": x["id"][:-6] + f"{m:02d}" + x["id"][-4:], "date": x["date"].replace("-08-", f"-{m:02d}-")})
    sb, p = t.both(ws, {"awork": {"batch_size": 60, "connections": 1}})
    sb.faults({**BATCH, "max_ids": 20})
    for month, wanted, kept in (("2026-08", [60, 30, 15, 15, 15, 15], "15"), ("2026-09", [15] * 4, "30"), ("2026-10", [30, 15, 15, 15, 15], "15")):
        since = len(sb.posts())
        p.run("--period", month, code=0)
        equal(sizes(sb, since), wanted, month)
        equal(p.sql("SELECT v FROM meta WHERE k='batch_size'"), [(kept,)], "remembered after " + month)
    invariants.holds(p, sb)


def test_requests_of_a_whole_run(t):
    """The workspace shares its limit: a run takes no more of it than the number of its entries asks for."""
    ws = small_month(3000, 2)
    sb, p = t.both(ws, {"brakes": {"day": "off", "overlap": "off"}})
    p.run(code=0, timeout=120)
    n = len(ws.entries)
    most = 4 * -(-n // 1000) + -(-n // 1000) + 20
    equal(len(sb.posts()), 3, "POSTs")
    check(len(sb.log()) <= most, f"{len(sb.log())} requests, {most} are enough:\n" + "\n".join(x["method"] + " " + x["path"][:150] for x in sb.log()))
