"""Before a run begins: the machine, the clock, room on the disks."""

import os
import subprocess

import invariants
from harness import Skip, check, equal
from workspace import small_month


def posts_and_runs(p, sb):
    return len(sb.posts()), len(p.runs()), p.ledger_facts()


def machine_id():
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        if os.path.exists(path) and os.path.getsize(path) >= 32:
            return path
    raise Skip("this machine has no machine-id")


def test_machine(t):
    """A ledger belongs to the machine that first used it; a copy elsewhere is refused until it is adopted, and that is an event."""
    with open(machine_id(), encoding="ascii") as f:
        ours = f.read().strip()
    sb, p = t.both(small_month(8, 1))
    p.run(code=0)
    bound = p.sql("SELECT v FROM meta WHERE k='machine_id'")[0][0]
    check(len(bound) == 64 and ours not in bound, f"the id itself stays on the machine: {bound}")
    p.alter("UPDATE meta SET v='0123' WHERE k='machine_id'")
    before = posts_and_runs(p, sb)
    for command in (("run",), ("void", "RE-2026-00001", "--reason", "x"), ("apply", "f.csv", "--yes")):
        p.write("f.csv", f"entry_id,action\n{small_month(8, 1).entries[0]['id']},hold x\n")
        r = p.command(*command, code=78)
        check("belongs to another machine" in r.err and "--adopt-host" in r.err, f"{r}")
    equal(posts_and_runs(p, sb), before, "nothing was done")
    p.run("--dry-run", code=0)
    p.command("verify", code=0)
    p.command("list", code=0)
    p.run("--adopt-host", code=0)
    equal((p.sql("SELECT v FROM meta WHERE k='machine_id'"), p.sql("SELECT count(*) FROM event WHERE kind='host adopted'")), ([(bound,)], [(1,)]), "adopted")
    p.run("--period", "2026-09", code=0)
    p.run("--adopt-host", "--period", "2026-09", code=0)
    equal(p.sql("SELECT count(*) FROM event WHERE kind='host adopted'"), [(1,)], "adopting one's own is nothing")
    p.command("verify", code=0)
    invariants.holds(p, sb)


def test_clock(t):
    """A day behind the last event is allowed, more is not; ahead of it is where clocks are."""
    sb, p = t.both(small_month(8, 1))
    p.run("--period", "2026-01", code=0)
    last = int(p.sql("SELECT v FROM meta WHERE k='event_utc'")[0][0])
    p.alter(f"UPDATE meta SET v='{last + 86000}' WHERE k='event_utc'")
    p.run("--period", "2026-02", code=0)
    p.alter(f"UPDATE meta SET v='{last + 90000}' WHERE k='event_utc'")
    before = posts_and_runs(p, sb)
    r = p.run(code=78)
    check("the clock says 20" in r.err and "set the clock" in r.err, f"{r}")
    equal(posts_and_runs(p, sb), before, "nothing was done")
    p.run("--dry-run", code=0)
    p.alter(f"UPDATE meta SET v='{last - 400 * 86400}' WHERE k='event_utc'")
    p.run(code=0)
    invariants.holds(p, sb)


def test_space(t):
    """Too little room for three times what the run needs: 74 with both figures, before anything has a number. With room again the run goes on."""
    sb, p = t.both(small_month(40, 2), {"ledger": {"path": "books/ledger.db"}})
    tops = {"output folder": os.path.join(p.dir, "out"), "folder of the ledger": os.path.join(p.dir, "books")}
    mounted = []
    try:
        for path in tops.values():
            os.makedirs(path, exist_ok=True)
            r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M,mode=0700", "psabill-test", path], capture_output=True, check=False)
            if r.returncode != 0:
                raise Skip(f"no tmpfs can be mounted: {r.stderr.decode().strip()}")
            mounted.append(path)
        p.run("--period", "2026-01", code=0)
        for what, path in tops.items():
            st = os.statvfs(path)
            ballast = os.path.join(path, "ballast")
            with open(ballast, "wb") as f:
                f.write(b"x" * (st.f_bavail * st.f_frsize - (100 << 10)))
            r = p.run(code=74)
            check(what in r.err and "KiB free, the run needs about" in r.err, f"{what}: {r}")
            equal((os.listdir(tops["output folder"]).count("2026-10"), sb.posts()), (0, []), f"{what}: folders and POSTs")
            os.unlink(ballast)
        p.run(code=0)
        equal(len(p.billed_ids()), 40, "billed")
    finally:
        for path in mounted:
            subprocess.run(["umount", "-l", path], check=False)
