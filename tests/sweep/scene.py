"""What the sweeps stand on: one sandbox and one project that go back to any point in a few milliseconds, the undisturbed end that every
disturbed one is compared with, and the invariants that hold after each."""

import copy
import json
import os
import shutil
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
import harness  # noqa: E402
import invariants  # noqa: E402
from harness import KILL, check, equal, same_tree, short, tree  # noqa: E402
from workspace import small_month  # noqa: E402

CONF = {"awork": {"batch_size": 5, "retry_minutes": "0"}, "output": {"formats": "csv"}}
# Statuses that a fault of the system or of the network may have; the others need a person or are bugs.
EXCUSED = {69, 71, 73, 74, 75, 76}
VOLATILE = ("run.json", "latest.json", "high-water.json")


def shim(name):
    path = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "shims", name + ".so")
    check(os.path.exists(path), f"{path} is missing: make sweep builds it")
    return path


class Point:
    """A moment: the project's files and the workspace."""

    def __init__(self, scene):
        scene.counter += 1
        self.dir = os.path.join(scene.t.top, f"point{scene.counter}")
        shutil.copytree(scene.p.dir, self.dir, symlinks=True)
        state = scene.sb.state()
        self.workspace = {**scene.head, "clock": state["clock"], "entries": state["entries"]}
        self.log = scene.log()

    def drop(self):
        remove(self.dir)


def remove(top):
    for folder, _, _ in os.walk(top):
        os.chmod(folder, 0o700)
    shutil.rmtree(top, ignore_errors=True)


class Scene:
    def __init__(self, test, workspace=None, conf=None, entries=12, companies=2, **kw):
        self.t = test
        workspace = workspace or small_month(entries, companies)
        self.sb = test.sandbox(workspace)
        self.p = test.project(self.sb, copy.deepcopy(conf or CONF), **kw)
        with open(self.sb.workspace_file, encoding="utf-8") as f:
            self.head = json.load(f)
        self.prefix, self.counter = [], 0
        self.touched = set()  # ids that somebody else edited: their claims may say what was true before
        self.entries = [x["id"] for x in self.head["entries"]]
        self.p.env = {"LD_PRELOAD": shim("nosleep"), "SWEEP_ONE_THREAD": "1"}
        self.start = Point(self)

    def log(self):
        return self.prefix + self.sb.log()

    def posts(self):
        return [x for x in self.log() if x["method"] == "POST"]

    def save(self):
        return Point(self)

    def restore(self, point):
        remove(self.p.dir)
        shutil.copytree(point.dir, self.p.dir, symlinks=True)
        self.world(point.workspace, point.log)

    def world(self, workspace, log):
        """The sandbox alone."""
        with open(self.sb.workspace_file, "w", encoding="utf-8") as f:
            json.dump(workspace, f)
        self.sb.reset()
        self.sb.faults()
        self.prefix = log

    def issued(self):
        """A run is past the point of no return and not closed, or closed with documents."""
        return bool(self.p.sql("SELECT 1 FROM run WHERE state IN ('PUBLISHING','PUBLISHED','MARKING','VERIFYING') OR"
                               " (state IN ('CLOSED','CLOSED_EXC') AND invoice_date IS NOT NULL)")) if os.path.exists(self.p.ledger) else False


def names(p):
    """Runs that issued documents, by their order: a run's own id depends on how many were aborted before it."""
    rows = p.sql("SELECT id FROM run WHERE invoice_date IS NOT NULL AND state<>'ABORTED' ORDER BY seq")
    return {row[0]: f"run{i + 1}" for i, row in enumerate(rows)}


def reports(p, known):
    found = {}
    for folder in p.runs():
        j = p.report(folder)
        for key in ("run", "requests", "retries"):
            j.pop(key)
        found[known.get(os.path.basename(folder), "?")] = j
    return found


def facts(p):
    """All that the end state is made of (settlement, section 3): equal but for ABORTED runs, run id and seq, events, attempts and retry counts."""
    known = names(p)

    def rows(query, at=0):
        return [tuple(known.get(v, v) if i == at else v for i, v in enumerate(row)) for row in p.sql(query) if row[at] in known]

    return {
        "ledger": p.ledger_facts(),
        "runs": rows("SELECT id,kind,state,period_from,cutoff,invoice_date,resting,totals FROM run ORDER BY seq"),
        "documents": rows("SELECT run,no,series,currency,facts,voids,reason FROM invoice ORDER BY no"),
        "lines": p.sql("SELECT invoice,pos,facts FROM line ORDER BY 1,2"),
        "claims": p.sql("SELECT entry,invoice,fp,delta_secs,rate_line FROM claim ORDER BY 1,2"),
        "snapshots": rows("SELECT run,entry,fp,secs,held FROM snap ORDER BY run,entry"),
        "files": rows("SELECT run,name,sha256,size FROM file ORDER BY run,name"),
        "inputs": rows("SELECT run,name,sha256 FROM input ORDER BY run,name"),
        "prices": rows("SELECT run,line,keys,price_e4,currency FROM rate ORDER BY run,line"),
        "fees": p.sql("SELECT key,invoice,pos,state FROM fee ORDER BY 1,2"),
        "reports": reports(p, known),
    }


class End:
    """The end state of a scene as it is now."""

    def __init__(self, scene):
        self.facts = facts(scene.p)
        self.tree = tree(scene.p.out, skip=VOLATILE)
        self.billed = scene.sb.billed()


def same_end(scene, wanted, what):
    now = End(scene)
    same_tree(now.tree, wanted.tree, f"{what}: files")
    for key, value in wanted.facts.items():
        equal(now.facts[key], value, f"{what}: {key}")
    equal(now.billed, wanted.billed, f"{what}: billed in awork")


def awork_agrees(scene, what):
    """I2, I7, I8, I20: the ledger and the sandbox."""
    p, awork = scene.p, scene.sb.entries()
    on_paper = {x["entry_id"] for folder in p.runs() for x in p.csv("entries.csv", folder)}
    set_by_us = {x["id"] for r in scene.log() for x in r.get("effects", ()) if x["token"] == "admin" and x["new"]}
    check(set_by_us <= on_paper, f"{what}: marked without a document (I2): {sorted(set_by_us - on_paper)[:5]}")
    live = {e: (s, secs) for e, s, secs in p.sql("SELECT entry,state,secs FROM claim WHERE state<>'VOIDED'")}
    for entry, (state, secs) in live.items():
        x = awork.get(entry)
        if state == "VERIFIED" and entry not in scene.touched:
            check(x is not None and x["billed"] and x["dur"] == secs, f"{what}: {entry} is VERIFIED and {x} (I7, I8)")
    last = p.sql("SELECT id,cutoff FROM run WHERE kind='bill' AND state IN ('CLOSED','CLOSED_EXC') ORDER BY seq DESC LIMIT 1")
    if last:
        seen = {e for (e,) in p.sql("SELECT entry FROM snap")}
        missing = [e for e, x in awork.items() if not x["billed"] and x.get("billable", True) and x.get("date", "9999") < last[0][1] and e not in live and e not in seen]
        equal(missing, [], f"{what}: open entries that no run has seen (I20)")


def files_agree(scene, what):
    """I1, I3 to I6 over the published folders, cancellations included."""
    p, live = scene.p, {}
    states = dict(p.sql("SELECT no,state FROM invoice"))
    for run, folder in invariants.published(p).items():
        wanted = invariants.file_sums(p, run, folder)
        kind, state = p.sql("SELECT kind,state FROM run WHERE id=?", run)[0]
        if kind == "bill":
            sums = invariants.csv_sums(p, run, folder, False)
            j, marked = invariants.report_agrees(p, run, folder, sums, wanted)
            if not scene.touched and not any(s in ("VOIDED", "VOIDING") for s in states.values()):
                equal(j["marked"], marked, f"{what}: {run}: marked in run.json and in the ledger (I23)")
        else:
            equal(p.report(folder)["state"], state, f"{what}: {run}: state in run.json and in the ledger (I23)")
        for x in p.csv("entries.csv", folder):
            live[x["entry_id"]] = live.get(x["entry_id"], 0) + int(x["seconds"])
    claimed = {e: secs for e, secs in p.sql("SELECT entry,sum(secs) FROM claim WHERE state<>'VOIDED' GROUP BY 1")}
    equal({e: s for e, s in live.items() if s != 0}, {e: s for e, s in claimed.items() if s != 0}, f"{what}: seconds of live claims and of published documents (I1, I5)")


def nothing_left(p):
    """A journal whose head is zeroed is what a killed writer leaves after a commit (SQLite with locking_mode=EXCLUSIVE): the next writer takes it away."""
    journal = p.ledger + "-journal"
    if os.path.exists(journal):
        with open(journal, "rb") as f:
            check(not f.read(28).strip(b"\0"), "a hot journal is left")
        os.unlink(journal)
    invariants.nothing_left(p)


def holds(scene, what, deep=True):
    """All invariants that hold once nothing is left open."""
    p = scene.p
    try:
        open_runs = invariants.ledger_sound(p)
        check(not open_runs, f"unfinished run: {open_runs}")
        nothing_left(p)
        check(not os.path.exists(p.ledger + ".copy.new"), "a copy of the ledger that was not finished (I14)")
        files_agree(scene, what)
        awork_agrees(scene, what)
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from None
    if not deep:
        return
    r = p.command("verify")  # I10, I11, I19 to I22: the chain, the laws, the files
    equal(r.code, 0, f"{what}: verify: {r.out} {r.err}")
    for folder, _, files in os.walk(p.dir):
        for name in files:
            if name != "token":
                with open(os.path.join(folder, name), "rb") as f:
                    check(b"sandbox-admin-key" not in f.read(), f"{what}: the token is in {name} (I24)")


class Copy:
    """The ledger as the next process will see it: a copy, with the journal that may be hot."""

    def __init__(self, p):
        self.folder = p.test.folder("copy")
        self.ledger = os.path.join(self.folder, "ledger.db")
        shutil.copy(p.ledger, self.ledger)
        if os.path.exists(p.ledger + "-journal"):
            shutil.copy(p.ledger + "-journal", self.ledger + "-journal")

    def sql(self, query, *args):
        db = sqlite3.connect(self.ledger)
        try:
            return db.execute(query, args).fetchall()
        finally:
            db.close()


def sound(scene, what):
    """What holds at every instant, however the process ended."""
    if not os.path.exists(scene.p.ledger) or os.path.getsize(scene.p.ledger) == 0:
        return
    p = Copy(scene.p)
    try:
        sound_copy(scene, p, what)
    finally:
        remove(p.folder)


def sound_copy(scene, p, what):
    try:
        if p.sql("SELECT count(*) FROM sqlite_master WHERE name='rate'") != [(1,)]:
            return
        invariants.ledger_sound(p)
        equal(p.sql("SELECT o.no FROM invoice o LEFT JOIN invoice c ON c.voids=o.no LEFT JOIN run r ON r.id=c.run WHERE o.state='VOIDED' AND coalesce(r.state,'')<>'CLOSED'"), [],
              "documents released before their void was done (section 7)")
        equal(p.sql("SELECT c.entry FROM claim c JOIN invoice i ON i.no=c.invoice WHERE (c.state='VOIDED')<>(i.state='VOIDED')"), [], "claims and documents (section 7)")
        on_paper = {x["entry_id"] for folder in scene.p.runs() for x in scene.p.csv("entries.csv", folder)}
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from None
    set_by_us = {x["id"] for r in scene.log() for x in r.get("effects", ()) if x["token"] == "admin" and x["new"]}
    check(set_by_us <= on_paper, f"{what}: marked without a document (I2): {sorted(set_by_us - on_paper)[:5]}")
    for run in invariants.published(scene.p):
        state = p.sql("SELECT state FROM run WHERE id=?", run)
        check(state and state[0][0] not in ("OPEN", "SNAPSHOT", "PLANNED", "RENDERED", "ABORTED"), f"{what}: {run} is visible and {state} (I16)")


def settled(scene, what, wanted, command=("run",), deep=True, code=(0,)):
    """A further run changes nothing (I18)."""
    if not deep:
        return
    before, posts = tree(scene.p.out, skip=("high-water.json",)), len(scene.posts())
    r = scene.p.command(*command)
    check(r.code in code, f"{what}: a further run: {r}")
    same_tree(tree(scene.p.out, skip=("high-water.json",)), before, f"{what}: files after a further run")
    equal(len(scene.posts()), posts, f"{what}: POSTs of a further run")
    if wanted is not None:
        same_end(scene, wanted, f"{what}, further run")


__all__ = ["CONF", "KILL", "EXCUSED", "End", "Point", "Scene", "check", "equal", "facts", "harness", "holds", "invariants", "remove", "same_end", "same_tree", "settled", "shim",
           "short", "small_month", "sound", "tree"]
