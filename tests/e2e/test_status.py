"""status and --max-age: what is told in every state of a ledger, and the exit status that monitoring sees."""

import fcntl
import json
import os
import re
import struct
import time

import invariants
from harness import check, equal, step_build, wait_for
from workspace import small_month

F_OFD_SETLK = 37


def status(p, *options, code=0):
    return json.loads(p.command("status", "--json", *options, code=code).out)


def aged(p, seconds):
    """The last run is so much older."""
    p.alter(f"UPDATE meta SET v=CAST(CAST(v AS INTEGER)-{seconds} AS TEXT) WHERE k='closed_utc'")


def test_new(t):
    """No ledger, a ledger without a closed run, one run."""
    sb, p = t.both(small_month(8, 1))
    r = p.command("status", code=66)
    check("psabill run" in r.err or "ledger" in r.err, f"{r}")
    p.run("--period", "2026-01", code=0)
    s = status(p, "--max-age", "1d")
    equal((s["last"]["run"], s["unfinished"], s["exceptions"], s["next"]), ("R0001", None, 0, None), "an empty month is a run")
    p.run(code=0)
    s = status(p)
    equal((s["last"]["run"], s["last"]["invoices"], s["last"]["entries"], s["runs"], s["exit"]), ("R0002", 1, 8, 2, 0), "one run")
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", s["closed_at"]), f"{s}")
    r = p.command("status", code=0)
    check("R0002, period 2026-10, CLOSED at 20" in r.out and r.err == "", f"{r}")
    equal(p.command("status", options=("-q",), code=0).out, "", "quiet")
    invariants.holds(p, sb)


def test_max_age(t):
    """The dead man: exit 3 when the last run is older, for status and verify; a bad age is refused before anything is read."""
    sb, p = t.both(small_month(8, 1))
    p.run(code=0)
    aged(p, 40 * 86400)
    for command in ("status", "verify"):
        p.command(command, code=0)
        p.command(command, "--max-age", "41d", code=0)
        p.command(command, "--max-age", "6w", code=0)
        for age in ("35d", "959h", "5w", "57599m"):
            r = p.command(command, "--max-age", age, code=3)
            check("closed 40 days 0 hours ago, more than " + age in r.err, f"{r}")
        for age in ("", "35", "d", "-1d", "1.5d", "35D", "0d", "99999999d", "35 d"):
            check("such as" in p.command(command, "--max-age", age, code=64).err, age)
    check("closed 40 days" in status(p, "--max-age", "35d", code=3)["overdue"], "JSON")
    p.run("--period", "2026-09", code=0)
    p.command("status", "--max-age", "1d", code=0)
    p.alter("DELETE FROM meta WHERE k='closed_utc'")
    check("no run has been closed" in p.command("status", "--max-age", "35d", code=3).err, "a ledger that does not know")
    del sb


def test_unfinished(t):
    """Stopped before and after the point of no return, resting, exceptions; and the next command that status names mends it."""
    step_build(t)
    sb, p = t.both(small_month(8, 1))
    for at, state in ((3, "PLANNED"), (8, "PUBLISHED")):
        p.run(env={"PSABILL_STOP_AT": str(at)}, code=100)
        r = p.command("status", code=3)
        check("unfinished  R" in r.out and "next        psabill run\n" in r.out and "run again and it finishes" in r.err, f"{state}: {r}")
        s = status(p, "--max-age", "99d", code=3)
        check(s["unfinished"] is not None and "unfinished" in s["overdue"], f"{state}: {s}")
    check("unfinished" in p.command("verify", "--max-age", "99d", code=3).err, "verify")
    p.run(code=0)
    equal(status(p)["unfinished"], None, "finished")
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000f001", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 1800}})
    p.run("--no-mark", code=0)
    s = status(p)
    equal((s["resting"], s["next"]), (1, "psabill run"), "resting")
    p.run(code=0)
    first = p.sql("SELECT entry FROM claim ORDER BY entry LIMIT 1")[0][0]
    sb.edit({"op": "set", "id": first, "set": {"billed": False}})
    p.run(code=3)
    s = status(p)
    equal((s["exceptions"], s["next"]), (1, "psabill reconcile"), "an exception")


def test_holds_and_applies(t):
    sb, p = t.both(small_month(8, 1))
    p.run("--period", "2026-01", code=0)
    entry = small_month(8, 1).entries[0]["id"]
    p.write("f.csv", f"entry_id,action\n{entry},hold wait for the order\n")
    p.command("apply", "f.csv", "--yes", code=0)
    equal(status(p)["holds"], 1, "on hold")
    p.alter("UPDATE apply SET state='OPEN'")
    s = status(p, code=3)
    equal((s["unfinished_apply"], s["next"]), ("A0001", "psabill apply"), "an open apply")
    del sb


def test_behind_and_busy(t):
    """A ledger that is older than the documents: 65. While another psabill works: 75, or --wait."""
    sb, p = t.both(small_month(8, 1))
    p.run(code=0)
    os.rename(p.ledger, p.ledger + ".newest")
    p.run("--period", "2026-01", code=65)
    s = status(p, code=65)
    check("knows a run" in s["behind"] and s["next"] == "psabill verify", f"{s}")
    os.replace(p.ledger + ".newest", p.ledger)
    sb.call("POST", "/_sandbox/set", {"latency": 300})
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-09-10", "dur": 60}})
    before = len(sb.log())
    busy = p.start("--period", "2026-09")
    try:
        wait_for(lambda: len(sb.log()) > before + 1, "requests of the run")
        r = p.command("status", code=75)
        check("in use (pid" in r.err, f"{r}")
        p.command("status", "--wait", "60", code=0)
    finally:
        equal(busy.wait(60), 0, "the run beside it")


def test_a_reader_does_not_stop_a_run(t):
    """A run waits for a reader of the ledger; for another writer it does not."""
    sb, p = t.both(small_month(8, 1))
    p.run("--period", "2026-01", code=0)
    with open(p.ledger + ".lock", "rb") as f:
        fcntl.fcntl(f, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
        process = p.start()
        time.sleep(0.5)
        equal((process.poll(), sb.posts()), (None, []), "while somebody reads")
    equal(process.wait(20), 0, "afterwards")
    invariants.holds(p, sb)
