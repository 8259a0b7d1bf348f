"""awork's request limit is shared by everybody in the workspace: how many requests a run may cost, for any number of entries and however they lie."""

import collections
import math
import re
from urllib.parse import unquote

import invariants
from harness import check, equal
from workspace import small_month

BATCH = 1000
SPREAD, ONE_DAY, LATE, AMONG_OTHERS = "over the month", "on one day", "some in each month of two years", "among others that are billed or not billable"
CONF = {"awork": {"batch_size": BATCH}, "brakes": {"day_minutes": "100000"}, "output": {"formats": "csv"}}


def workspace(entries, shape):
    ws = small_month(0, 2)
    tasks = [x["key"] for x in ws.tasks]
    for i in range(entries):
        date = f"2026-10-{i * 7 % 31 + 1:02d}"
        if shape == ONE_DAY:
            date = "2026-10-14"
        elif shape == LATE and i % 20 == 0:
            date = f"{2024 + i // 20 % 24 // 12}-{i // 20 % 12 + 1:02d}-{i // 480 % 27 + 1:02d}" if i // 20 % 24 < 21 else date
        ws.entry(date, 60 + i % 60, task=tasks[i % len(tasks)], created=f"2026-10-{i // 3600 % 31 + 1:02d}T{i // 180 % 20:02d}:{i // 3 % 60:02d}:{i % 60:02d}Z")
    for i in range(3 * entries if shape == AMONG_OTHERS else 0):
        ws.entry(f"2026-10-{i % 31 + 1:02d}", 600, task=tasks[0], **({"billed": True} if i % 2 else {"billable": False}))
    return ws


def budget(t, entries, shape):
    ws = workspace(entries, shape)
    wanted = {x["id"] for x in ws.entries[:entries]}
    sb, p = t.both(ws, CONF)
    p.run("--dry-run", code=0, timeout=120)
    pages = math.ceil(entries / 1000)
    count = sum("/timeentries" in x["path"] for x in sb.log())
    most = 1.5 * pages + 10
    check(count <= most, f"{entries} {shape}: {count} requests for a fetch, {most} allowed")
    before = len(sb.log())
    r = p.run(code=0, timeout=120)
    equal(r.err, "", f"{entries} {shape}: standard error")
    equal(set(p.billed_ids()), wanted, f"{entries} {shape}: billed")
    count, most = len(sb.log()) - before, 4 * pages + math.ceil(entries / BATCH) + 20
    check(count <= most, f"{entries} {shape}: {count} requests, {most} allowed: {[x['path'] for x in sb.log()[before:]][:60]}")
    equal(p.report()["requests"], count, f"{entries} {shape}: requests in run.json")
    invariants.holds(p, sb)
    sb.stop()


def test_few(t):
    for entries in (1, 3, 4, 19, 20, 60):
        for shape in (SPREAD, ONE_DAY, LATE, AMONG_OTHERS):
            budget(t, entries, shape)


def test_around_a_page(t):
    for entries in (999, 1000, 1001):
        for shape in (SPREAD, ONE_DAY):
            budget(t, entries, shape)


def test_some_pages(t):
    for shape in (SPREAD, ONE_DAY, LATE, AMONG_OTHERS):
        budget(t, 3000, shape)


def test_many(t):
    for shape in (SPREAD, ONE_DAY):
        budget(t, 10000, shape)


def test_side_by_side(t):
    """A long list is asked for in several chains of questions at a time: none waits for more than a few answers before it, and it costs little more."""
    entries, size = 600, 10
    sb, p = t.both(workspace(entries, SPREAD), {**CONF, "awork": {**CONF["awork"], "page_size": size}})
    p.run(code=0, timeout=120)
    before = len(sb.log())
    p.command("reconcile", "--period", "2026-10", code=0, timeout=120)
    lists = [unquote(x["path"]) for x in sb.log()[before:] if x["path"].startswith("/api/v1/timeentries?")]
    chains = collections.Counter(re.sub(r" and createdOn ge datetime'[^']*'", "", x) for x in lists)
    check(max(chains.values()) <= 16, f"so many questions one after the other: {chains.most_common(3)}")
    check(len(lists) <= 1.5 * entries / size + 10, f"{len(lists)} questions for {entries} entries in pages of {size}")
    sb.stop()
