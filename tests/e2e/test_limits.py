"""Limits and bystanders: what is too large or too deep, readers beside a run, places for the ledger, a ledger that somebody changed."""

import os
import shutil
import sqlite3

import invariants
from harness import TERM, check, equal, killed, tree, wait_for
from workspace import small_month

LIST = {"method": "GET", "path": "/timeentries"}
SLOW = {**LIST, "query_has": "pageSize=1000", "n": 1, "delay_ms": 1500}
BATCH = {"method": "POST", "path_prefix": "/timeentries/batch/"}


def patched(t, members, code, says=None):
    ws = small_month(12, 1)
    sb, p = t.both(ws)
    odd = ws.entries[3]["id"]
    sb.faults({"method": "GET", "path_prefix": "/timeentries", "patch_entry": {"id": odd, "members": members}})
    r = p.run()
    equal(r.code, code, f"{str(members)[:60]}: {str(r)[:900]}")
    if says:
        check(says in r.err, f"{says!r} is not in {r.err[:500]}")
    if code == 0:
        invariants.holds(p, sb)
    else:
        equal((p.runs(), sb.posts()), ([], []), "folders and POSTs")
    return p


def test_long_notes(t):
    """32 kB, more than a cell holds, are billed whole in CSV; more than a megabyte is refused."""
    p = patched(t, {"note": '"' + "ä" * 40000 + '"'}, 0)
    equal(max(len(x["note"]) for x in p.csv("entries.csv")), 40000, "note in entries.csv")
    patched(t, {"note": '"' + "x" * (2 << 20) + '"'}, 65)


def test_deep_json(t):
    patched(t, {"extra": "[" * 20 + "]" * 20}, 0)
    patched(t, {"extra": "[" * 100000 + "]" * 100000}, 65)


def test_contradicting_ids(t):
    """projectId and project.id name different projects: from one of them somebody would be billed."""
    patched(t, {"projectId": '"0000000b-0000-4000-8000-00000000dead"'}, 65, "0000000e-0000-4000-8000-000000000004")


def test_missing_flags(t):
    for member in ("isBillable", "isBilled"):
        patched(t, {member: None}, 65)
        patched(t, {member: '"true"'}, 65)


def test_requests_are_counted(t):
    sb, p = t.both(small_month(24))
    sb.faults({**LIST, "n": 5, "status": 500})  # behind the four counts that are asked on the chance
    p.run(code=0)
    equal((p.report()["requests"], p.report()["retries"]), (len(sb.log()), 1), "requests and retries in run.json")


def test_readers_beside_a_run(t):
    """list, show and a dry run while a run is on: they answer at once, and do not disturb it."""
    ws = small_month(12)
    sb, p = t.both(ws)
    p.run("--project", "Projekt 1A", code=0)
    sb.faults(SLOW)
    before = len(sb.log())
    process = p.start()
    wait_for(lambda: len(sb.log()) >= before + 3, "the run's requests")
    for command in (("list",), ("show", "R0001"), ("run", "--dry-run")):
        r = p.command(*command)
        check(r.code in (0, 75) and r.seconds < 1.4, f"{command}: {r}")
    check(process.poll() is None, "the run was over before the readers")
    equal(t.finish(process, ["run"]).code, 0, "the run")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    invariants.holds(p, sb)


def test_sigterm_while_verifying(t):
    """A server that lies is asked again with pauses: a signal ends them."""
    ws = small_month(3, 1)
    sb, p = t.both(ws)
    sb.faults({**BATCH, "lie": True})
    process = p.start()
    wait_for(lambda: len(sb.posts()) == 1 and p.peek("SELECT 1 FROM run WHERE state='VERIFYING'") == [(1,)], "the verification")
    process.send_signal(TERM)
    r = t.finish(process, ["run"], 20)
    equal(r.code, killed(TERM), f"{r}")
    check(r.seconds < 3, f"took {r.seconds} s")
    sb.faults()
    p.run(code=0)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed")
    equal(set(p.claims().values()), {"VERIFIED"}, "claims")
    invariants.holds(p, sb)


def test_places_for_the_ledger(t):
    sb, p = t.both(small_month(4, 1))
    for what, prepare, codes in (("no folder", lambda: p.configure({"ledger": {"path": "nowhere/ledger.db"}}), (73,)),
                                 ("a folder", lambda: (p.configure({"ledger": {"path": "ledger.db"}}), os.mkdir(p.ledger)), (65, 73, 78)),
                                 ("a link", lambda: (os.rmdir(p.ledger), os.symlink("other.db", p.ledger)), (65, 73, 78)),
                                 ("a fifo", lambda: (os.unlink(p.ledger), os.mkfifo(p.ledger)), (65, 73, 78)),
                                 ("a text", lambda: (os.unlink(p.ledger), p.write("ledger.db", "Hauptbuch\n" * 200, 0o600)), (65,))):
        prepare()
        r = p.run()
        check(r.code in codes, f"{what}: {r}")
        equal((p.runs(), sb.posts()), ([], []), f"{what}: folders and POSTs")
    os.unlink(p.ledger)
    check(not os.path.exists(os.path.join(p.dir, "other.db")), "a ledger behind the link")
    p.run(code=0)
    invariants.holds(p, sb)


def test_ledger_of_a_newer_version(t):
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    db = sqlite3.connect(p.ledger)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.execute(f"PRAGMA user_version={version + 1}")
    db.close()
    data = open(p.ledger, "rb").read()
    equal(p.run().code, 78, "exit status")
    equal(open(p.ledger, "rb").read(), data, "bytes of the ledger")
    equal(len(sb.posts()), 1, "POSTs")


def test_a_database_of_somebody_else(t):
    sb, p = t.both(small_month(4, 1))
    db = sqlite3.connect(p.ledger)
    db.execute("CREATE TABLE letters(a)")
    db.commit()
    db.close()
    os.chmod(p.ledger, 0o600)
    data = open(p.ledger, "rb").read()
    r = p.run()
    check(r.code in (65, 78), f"{r}")
    equal((open(p.ledger, "rb").read(), p.runs(), sb.posts()), (data, [], []), "ledger, folders, POSTs")


def test_a_ledger_that_somebody_changed(t):
    """An event altered behind SQLite's triggers: `check` walks the chain and says so."""
    _, p = t.both(small_month(4, 1))
    p.run(code=0)
    check("ledger     ok" in p.command("check", code=0).out, "an untouched ledger")
    kept = p.ledger + ".kept"
    for change in ("UPDATE event SET body=replace(body,'VERIFIED','REFUSED') WHERE seq=(SELECT max(seq) FROM event WHERE body LIKE '%VERIFIED%')",
                   "DELETE FROM event WHERE seq=2", "UPDATE event SET body=body||' ' WHERE seq=3", "UPDATE event SET kind='other' WHERE seq=3",
                   "UPDATE event SET run=NULL WHERE seq=3", "UPDATE event SET hash=zeroblob(32) WHERE seq=3"):
        shutil.copyfile(p.ledger, kept)
        db = sqlite3.connect(p.ledger)
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        changed = db.execute(change).rowcount
        db.commit()
        db.close()
        r = p.command("check")
        equal((changed, r.code), (1, 65), f"{change}: {str(r)[-600:]}")
        os.replace(kept, p.ledger)
        os.chmod(p.ledger, 0o600)
    p.run(code=0)


def test_issued_rows_cannot_be_changed(t):
    """The database's own law: documents, lines, claims and events."""
    _, p = t.both(small_month(4, 1))
    p.run(code=0)
    copy = os.path.join(t.folder("copy"), "ledger.db")
    shutil.copyfile(p.ledger, copy)
    db = sqlite3.connect(copy)
    for change in ("UPDATE invoice SET net_minor=0,gross_minor=tax_minor", "UPDATE invoice SET facts=x'00'", "DELETE FROM invoice", "UPDATE line SET net_minor=1", "DELETE FROM line",
                   "DELETE FROM claim", "UPDATE claim SET entry='x'", "UPDATE event SET body=''", "DELETE FROM event", "UPDATE file SET size=0", "DELETE FROM file",
                   "INSERT INTO claim(entry,invoice,pos,secs,billed_secs,fp,state) SELECT entry,invoice,pos,secs,billed_secs,fp,'CLAIMED' FROM claim LIMIT 1"):
        try:
            db.execute("PRAGMA foreign_keys=ON")
            db.execute(change)
            raise AssertionError(f"allowed: {change}")
        except sqlite3.IntegrityError:
            db.rollback()
    db.close()


def test_a_file_changed_after_the_run_is_closed(t):
    """A closed run's folder is not looked at by later runs, and not mended either."""
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    path = os.path.join(p.folder(), "lines.csv")
    os.chmod(path, 0o600)
    with open(path, "ab") as f:
        f.write(b"x")
    before = tree(p.out, skip=())
    p.run(code=0)
    equal(tree(p.out, skip=()), before, "out")
    equal(len(sb.posts()), 1, "POSTs")
