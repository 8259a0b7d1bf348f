"""The invariants of a project after any number of runs: ledger, files on disk and awork agree. Each failure names its rule."""

import collections
import decimal
import hashlib
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
    equal(p.sql("SELECT i.no FROM invoice i LEFT JOIN line l ON l.invoice=i.no GROUP BY 1 HAVING sum(l.net_minor)<>i.net_minor OR sum(l.secs)<>i.secs"), [],
          "lines and documents (I5, I6)")
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
            check(not name.startswith(".") and not re.search(r"tmp|-journal", name), f"left over (I14): {os.path.join(folder, name)}")


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


def csv_sums(p, run, folder, unfinished):
    """entries = lines = invoices = ledger, to the second and to the cent."""
    entries, lines, invoices, held = (p.csv(n + ".csv", folder) for n in ("entries", "lines", "invoices", "held"))
    per_line, per_invoice = collections.Counter(), collections.Counter()
    for x in entries:
        per_line[x["invoice_number"], x["line"]] += int(x["seconds"])
        per_invoice[x["invoice_number"]] += 1
    equal({(x["invoice_number"], x["line"]): int(x["seconds"]) for x in lines}, dict(per_line), f"{run}: seconds of lines.csv and entries.csv (I5)")
    ledger = {no: (net, tax, gross, secs) for no, net, tax, gross, secs in
              p.sql("SELECT no,net_minor,tax_minor,gross_minor,secs FROM invoice WHERE run=? AND (state<>'RESERVED' OR ?)", run, unfinished)}
    equal(sorted(ledger), sorted(x["invoice_number"] for x in invoices), f"{run}: documents (I3)")
    for x in invoices:
        no, decimals = x["invoice_number"], 0 if "." not in x["net"] else len(x["net"].split(".")[1])
        net, tax, gross = (minor(x[k], decimals) for k in ("net", "tax", "gross"))
        mine = [y for y in lines if y["invoice_number"] == no]
        equal([int(y["line"]) for y in mine], list(range(1, len(mine) + 1)), f"{no}: line numbers")
        equal(sum(minor(y["net"], decimals) for y in mine), net, f"{no}: sum of lines (I6)")
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
    on_disk, ids = published(p), []
    for run, folder in on_disk.items():
        wanted = file_sums(p, run, folder)
        is_open = run in [r for r, _ in open_runs]
        sums = csv_sums(p, run, folder, is_open)
        ids += [x["entry_id"] for x in sums[0]]
        if is_open or unfinished:  # run.json is the last thing that is written
            continue
        j, marked = report_agrees(p, run, folder, sums, wanted)
        if not stale_reports:
            equal(j["marked"], marked, f"{run}: marked in run.json and in the ledger (I23)")
    equal(len(ids), len(set(ids)), "ids on published documents (I1)")
    claimed = {e: s for e, s in p.sql("SELECT c.entry,i.state FROM claim c JOIN invoice i ON i.no=c.invoice")}
    check(set(ids) <= set(claimed), "ids on published documents without a claim (I1)")
    equal([e for e, s in claimed.items() if s == "ISSUED" and e not in ids], [], "issued entries that are on no published document (I1)")
    check(open_runs or len(ids) == len(claimed), "claims without a document (I1)")
    if sandbox is not None:
        awork_agrees(p, sandbox, set(ids), set(reopened))


def awork_agrees(p, sandbox, ids, reopened):
    set_by_us = {x["id"] for r in sandbox.log() for x in r.get("effects", ()) if x["token"] == "admin" and x["new"]}
    check(set_by_us <= ids, f"marked without a document (I2): {sorted(set_by_us - ids)[:5]}")
    billed = sandbox.billed()
    verified = {e for e, s in p.claims().items() if s == "VERIFIED"} - reopened
    check(verified <= billed, f"verified, but not billed in awork (I7): {sorted(verified - billed)[:5]}")
