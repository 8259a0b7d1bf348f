"""The invariants of a project after any number of runs: ledger, files on disk and awork agree. Each failure names its rule."""

import collections
import decimal
import hashlib
import json
import os
import re

from harness import check, equal

TERMINAL = ("CLOSED", "CLOSED_EXC", "ABORTED")


def minor(text, decimals=2):
    value = decimal.Decimal(text).scaleb(decimals)
    check(value == value.to_integral_value(), f"{text} has more than {decimals} decimals")
    return int(value)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def published(p):
    """Run id -> folder."""
    return {os.path.basename(f): f for f in p.runs() if not os.path.basename(f).startswith(".")}


def ledger_sound(p):
    equal(p.sql("PRAGMA integrity_check"), [("ok",)], "integrity_check (I22)")
    equal(p.sql("PRAGMA foreign_key_check"), [], "foreign_key_check (I22)")
    equal(p.sql("SELECT entry FROM claim WHERE state<>'VOIDED' GROUP BY 1 HAVING count(*)>1"), [], "entries claimed twice (I1)")
    equal(os.stat(p.ledger).st_mode & 0o777, 0o600, "mode of the ledger")
    for name, first, following, n, top in p.sql("SELECT s.name,s.first,s.next,count(i.no),max(i.n) FROM series s LEFT JOIN invoice i ON i.series=s.name GROUP BY 1"):
        equal(following, first if top is None else top + 1, f"next number of {name} (I12)")
        equal(n, following - first, f"documents of series {name} (I3)")
    open_runs = p.sql("SELECT id,state FROM run WHERE state NOT IN ('CLOSED','CLOSED_EXC','ABORTED') AND resting=0")
    check(len(open_runs) <= 1, f"more than one open run (I15): {open_runs}")
    equal(p.sql("SELECT i.no FROM invoice i JOIN run r ON r.id=i.run WHERE i.state='RESERVED' AND r.state NOT IN ('PLANNED','RENDERED','PUBLISHING')"), [],
          "reserved documents (I13)")
    equal(p.sql("SELECT c.entry FROM claim c JOIN line l ON l.invoice=c.invoice AND l.pos=c.pos WHERE c.state<>'VOIDED' GROUP BY c.invoice,c.pos HAVING sum(c.secs)<>l.secs"),
          [], "seconds of claims and lines (I5)")
    for no, net, secs, facts, lines_net, lines_secs in p.sql(
            "SELECT i.no,i.net_minor,i.secs,i.facts,sum(l.net_minor),sum(l.secs) FROM invoice i LEFT JOIN line l ON l.invoice=i.no GROUP BY 1"):
        equal((lines_net - json.loads(facts).get("allowance_minor", 0), lines_secs), (net, secs), f"{no}: lines and document (I5, I6)")
    if p.sql("SELECT 1 FROM sqlite_schema WHERE name='fee'"):
        equal(p.sql("SELECT key FROM fee WHERE state<>'VOIDED' GROUP BY 1 HAVING count(*)>1"), [], "fees billed twice (I1)")
    chained(p)
    return open_runs


def chained(p):
    events = p.sql("SELECT seq,prev,hash FROM event ORDER BY seq")
    equal([e[0] for e in events], list(range(1, len(events) + 1)), "numbers of the events (I11)")
    for before, after in zip(events, events[1:]):
        check(after[1] == before[2], f"event {after[0]} does not join its predecessor (I11)")


def nothing_left(p):
    """No stage, no temporary file."""
    for folder, dirs, files in os.walk(p.dir):
        for name in dirs + files:
            path = os.path.join(folder, name)
            check(not name.startswith(".") and not re.search(r"tmp|-journal", name) or is_emptied_journal(path), f"left over (I14): {path}")


def is_emptied_journal(path):
    """What a process leaves that is killed after its last commit: SQLite removes it with the next write."""
    if not path.endswith("-journal"):
        return False
    with open(path, "rb") as f:
        return f.read(28) == bytes(28)


def file_sums(p, run, folder):
    """Files of one published run against the ledger and run.json."""
    wanted = {name: (sha.hex(), size) for name, sha, size in p.sql("SELECT name,sha256,size FROM file WHERE run=?", run)}
    found = {}
    for top, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(top, name)
            found[os.path.relpath(path, folder)] = (sha256(path), os.path.getsize(path))
    found.pop("run.json", None)
    equal(found, wanted, f"files of {run} and the ledger (I4)")
    return wanted


def is_void(p, run):
    return p.sql("SELECT kind FROM run WHERE id=?", run) == [("void",)]


def csv_sums(p, run, folder, unfinished):
    """entries = lines = invoices = ledger, to the second and to the cent."""
    entries, lines, invoices = (p.csv(n + ".csv", folder) for n in ("entries", "lines", "invoices"))
    held = [] if is_void(p, run) else p.csv("held.csv", folder)
    per_line, per_invoice = collections.Counter(), collections.Counter()
    for x in entries:
        per_line[x["invoice_number"], x["line"]] += int(x["seconds"])
        per_invoice[x["invoice_number"]] += 1
    # The lines of fixed fees have no entries.
    per_key = {(x["invoice_number"], x["line"]): int(x["seconds"]) for x in lines}
    equal({k: n for k, n in per_key.items() if n != 0 or k in per_line}, dict(per_line), f"{run}: seconds of lines.csv and entries.csv (I5)")
    ledger = {no: (net, tax, gross, secs) for no, net, tax, gross, secs in
              p.sql("SELECT no,net_minor,tax_minor,gross_minor,secs FROM invoice WHERE run=? AND (state<>'RESERVED' OR ?)", run, unfinished)}
    equal(sorted(ledger), sorted(x["invoice_number"] for x in invoices), f"{run}: documents (I3)")
    for x in invoices:
        no, decimals = x["invoice_number"], 0 if "." not in x["net"] else len(x["net"].split(".")[1])
        net, tax, gross = (minor(x[k], decimals) for k in ("net", "tax", "gross"))
        mine = [y for y in lines if y["invoice_number"] == no]
        # Discounts are rows without a number, behind the lines.
        numbers = [y["line"] for y in mine]
        equal(numbers, [str(i + 1) for i in range(len(mine) - numbers.count(""))] + [""] * numbers.count(""), f"{no}: line numbers")
        equal(sum(minor(y["net"], decimals) for y in mine), net, f"{no}: sum of lines (I6)")
        equal(-sum(minor(y["net"], decimals) for y in mine if y["line"] == ""), p.facts(no).get("allowance_minor", 0), f"{no}: discounts (I6)")
        equal(net + tax, gross, f"{no}: net + tax (I6)")
        equal(sum(int(y["seconds"]) for y in mine), int(x["seconds"]), f"{no}: seconds (I5)")
        equal(per_invoice[no], int(x["entries"]), f"{no}: entries")
        equal(ledger[no], (net, tax, gross, int(x["seconds"])), f"{no}: ledger and invoices.csv (I5)")
    return entries, invoices, held


def report_agrees(p, run, folder, sums, wanted):
    entries, invoices, held = sums
    j = p.report(folder)
    equal(j["run"], run, "run.json run")
    state = p.sql("SELECT state FROM run WHERE id=?", run)[0][0]
    equal(j["state"], state, f"{run}: state in run.json and in the ledger (I23)")
    equal({f["path"]: (f["sha256"], f["bytes"]) for f in j["files"]}, wanted, f"{run}: files in run.json (I4)")
    equal(j["issued"], True, f"{run}: issued")
    equal({x["number"]: (x["net"], x["tax"], x["gross"], x["entries"], x["seconds"], x["company_id"], x["currency"]) for x in j["invoices"]},
          {x["invoice_number"]: (x["net"], x["tax"], x["gross"], int(x["entries"]), int(x["seconds"]), x["company_id"], x["currency"]) for x in invoices},
          f"{run}: invoices in run.json and invoices.csv (I23)")
    if is_void(p, run):  # it reads nothing, and bills nothing
        entries = []
    secs = sum(int(x["seconds"]) for x in entries)
    held_secs = sum(max(0, int(x["seconds"] or 0)) for x in held)
    equal(j["entries"], {"fetched": len(entries) + len(held), "billed": len(entries), "held": len(held), "late": sum(x["late"] == "1" for x in entries)},
          f"{run}: entries in run.json (I23)")
    equal(j["seconds"], {"fetched": secs + held_secs, "billed": secs, "held": held_secs}, f"{run}: seconds in run.json (I23)")
    equal(j["held"], dict(collections.Counter(x["reason"] for x in held)), f"{run}: held in run.json (I23)")
    states = collections.Counter(s for (s,) in p.sql("SELECT c.state FROM claim c JOIN invoice i ON i.no=c.invoice WHERE i.run=?", run))
    marked = {"verified": states["VERIFIED"], "refused": states["UNMARKED_AUTH"] + states["UNMARKED_REJECTED"], "gone": states["GONE"],
              "changed": states["DRIFT"], "foreign": states["FOREIGN"], "reopened": states["REOPENED"], "unknown": states["UNMARKED_UNKNOWN"]}
    return j, marked


def holds(p, sandbox=None, reopened=(), unfinished=False, stale_reports=False):
    """All of it. `reopened`: ids that somebody set unbilled afterwards; `unfinished`: just killed, so an open run and old reports may be there; `stale_reports`: a later run
    moved claims of an earlier one, whose run.json is not written again."""
    open_runs = ledger_sound(p)
    check(unfinished or not open_runs, f"unfinished run: {open_runs}")
    if not unfinished:
        nothing_left(p)
    on_disk, paper = published(p), Paper()
    for run, folder in on_disk.items():
        wanted = file_sums(p, run, folder)
        is_open = run in [r for r, _ in open_runs]
        sums = csv_sums(p, run, folder, is_open)
        paper.add(p, sums, p.csv("lines.csv", folder))
        if is_open or unfinished:  # run.json is the last thing that is written
            continue
        j, marked = report_agrees(p, run, folder, sums, wanted)
        if not stale_reports:
            equal(j["marked"], marked, f"{run}: marked in run.json and in the ledger (I23)")
    live = paper.live()
    claims = p.sql("SELECT c.entry,c.state,i.state FROM claim c JOIN invoice i ON i.no=c.invoice")
    claimed = {e: s for e, c, s in claims if c != "VOIDED"}
    check(live <= set(claimed), "ids on published documents without a live claim (I1)")
    equal([e for e, s in claimed.items() if s == "ISSUED" and e not in live], [], "issued entries that are on no published document (I1)")
    check(open_runs or paper.rows == len(claims), "claims without a document (I1)")
    if not open_runs:
        equal([x for x in p.sql("SELECT no FROM invoice WHERE state='ISSUED' AND voids IS NULL") if x[0] not in paper.live_documents()], [], "live documents on paper")
    if sandbox is not None:
        awork_agrees(p, sandbox, paper, set(reopened))


class Paper:
    """What all published folders say together: a cancellation takes back what its original said, row by row."""

    def __init__(self):
        self.count, self.rows, self.cancelled_ids = collections.Counter(), 0, set()
        self.invoices, self.lines, self.entries = {}, collections.defaultdict(list), collections.defaultdict(list)

    def add(self, p, sums, lines):
        entries, invoices, _ = sums
        self.invoices.update((x["invoice_number"], x) for x in invoices)
        for x in lines:
            # The row of a discount is one piece of a signed price.
            self.lines[x["invoice_number"]].append({**x, "quantity": x["rate"], "rate": "1"} if x["line"] == "" else x)
        for x in entries:
            back = self.invoices[x["invoice_number"]]["cancels"] != ""
            self.entries[x["invoice_number"]].append(x)
            self.count[x["entry_id"]] += -1 if back else 1
            self.rows += not back
            if back:
                self.cancelled_ids.add(x["entry_id"])

    def live_documents(self):
        cancelled = {x["cancels"] for x in self.invoices.values()}
        return {no for no, x in self.invoices.items() if x["cancels"] == "" and no not in cancelled}

    def live(self):
        """Ids that are billed now; what is off is named."""
        check(set(self.count.values()) <= {0, 1}, f"ids on two live documents (I1): {[i for i, n in self.count.items() if n not in (0, 1)][:5]}")
        for no, x in self.invoices.items():
            if x["cancels"]:
                self.mirrors(no, x["cancels"])
        documents = self.live_documents()
        for columns, table in ((("net", "tax", "gross", "seconds"), [[x] for x in self.invoices.values()]), (("net", "seconds", "quantity"), self.lines.values()),
                               (("seconds", "billed_seconds"), self.entries.values())):
            for c in columns:
                everything, alive = collections.Counter(), collections.Counter()
                for x in (x for rows in table for x in rows):
                    everything[x["currency"]] += decimal.Decimal(x[c])
                    alive[x["currency"]] += decimal.Decimal(x[c]) if x["invoice_number"] in documents else 0
                equal(everything, alive, f"sum of {c} over all runs and over what is live (I5)")
        return {i for i, n in self.count.items() if n == 1}

    def mirrors(self, no, original):
        """A cancellation is its original with the opposite sign, row by row."""
        def rows(table, number, sign, signed, free):
            return [{k: sign * decimal.Decimal(v) if k in signed else v for k, v in x.items() if k not in free} for x in table[number]]

        check(original in self.invoices, f"{no} cancels {original}, which is on no paper")
        equal((self.invoices[no]["type"], self.invoices[original]["type"]), ("384", "380"), f"{no}: types")
        invoices = {n: [x] for n, x in self.invoices.items()}
        for table, signed, free in ((invoices, ("net", "tax", "gross", "seconds"), ("type", "date", "due_date", "cancels")),
                                    (self.lines, ("net", "seconds", "quantity"), ()), (self.entries, ("seconds", "billed_seconds"), ())):
            free = ("invoice_number", *free)
            equal(rows(table, no, 1, signed, free), rows(table, original, -1, signed, free), f"{no} and {original}")


def asked_for(p, billed):
    """Entries that a person had set billed or unbilled with apply."""
    actions = ("set-billed",) if billed else ("set-unbilled", "set-unbillable")
    return {e for a in actions for e, in p.sql("SELECT entry FROM apply_item WHERE action=? AND state<>'PLANNED'", a)}


def awork_agrees(p, sandbox, paper, reopened):
    for new, ids, what in ((True, set(paper.count), "marked without a document"), (False, paper.cancelled_ids, "set unbilled without a cancellation")):
        set_by_us = {x["id"] for r in sandbox.log() for x in r.get("effects", ()) if x["token"] == "admin" and x["new"] == new}
        set_by_us -= asked_for(p, new)
        check(set_by_us <= ids, f"{what} (I2): {sorted(set_by_us - ids)[:5]}")
    billed = sandbox.billed()
    verified = {e for (e,) in p.sql("SELECT c.entry FROM claim c JOIN invoice i ON i.no=c.invoice WHERE c.state='VERIFIED' AND i.state<>'VOIDING'")} - reopened
    check(verified <= billed, f"verified, but not billed in awork (I7): {sorted(verified - billed)[:5]}")
