#!/usr/bin/python3
"""The corpus test of the e-invoices: random workspaces are billed by the real binary; every XML is checked against the official rules, every document is
recomputed and compared with all places that show it, and the checks themselves are checked with spoilt documents.

    run.py BINARY_DIR [--seed N] [--workspaces N] [--recalculate N] [--jobs N] [--keep FOLDER]

PSABILL_TEST_EINVOICE names the program for the official rules, called as `$PSABILL_TEST_EINVOICE -w FILE...`; without it they are skipped, aloud.
Exit status: 0 all is well, 1 not."""

import argparse
import collections
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
import corpus  # noqa: E402
import exact  # noqa: E402
import harness  # noqa: E402
import recompute  # noqa: E402
import selftest  # noqa: E402
import sheets  # noqa: E402
import spoil  # noqa: E402
import spoilfiles  # noqa: E402

WANTED = 300  # invoices, at least
SHOWN = 40  # problems printed per part


class Report:
    def __init__(self):
        self.failed, self.begin = 0, time.monotonic()

    def part(self, name, problems, summary):
        self.failed += bool(problems)
        for x in problems[:SHOWN]:
            print(f"  {x}")
        if len(problems) > SHOWN:
            print(f"  ... and {len(problems) - SHOWN} more")
        print(f"{'FAILED' if problems else 'ok'} {name}: {summary} ({time.monotonic() - self.begin:.0f} s)", flush=True)


def official(validator, paths, jobs):
    """(problems, summary): files that do not pass with 0 errors and 0 warnings. As many calls at once as there are jobs."""
    pieces = [paths[i::jobs] for i in range(jobs) if paths[i::jobs]]

    def ask(files):
        return subprocess.run([validator, "-w", *files], capture_output=True, text=True, check=False)

    with concurrent.futures.ThreadPoolExecutor(max(1, len(pieces))) as pool:
        answers = list(pool.map(ask, pieces))
    problems, passed, rules = [], 0, []
    for a in answers:
        if a.returncode not in (0, 1):
            problems.append(f"{validator} ended with {a.returncode}: {a.stderr[-400:]}")
        finding = None
        for line in a.stdout.split("\n"):
            m = re.match(r"(PASS|FAIL) (.*\.xml) xsd=ok errors=0 warnings=0 infos=\d+ rules=(\d+)\Z", line)
            if m and m[1] == "PASS" and int(m[3]) > 100:
                passed += 1
                rules.append(int(m[3]))
            elif line:
                problems.append(line)
                finding = line
        if a.returncode and not finding:
            problems.append(f"{validator} ended with {a.returncode} and says nothing")
    if passed != len(paths):
        problems.append(f"{passed} of {len(paths)} files pass")
    return problems, f"{passed} of {len(paths)} XML files pass the official rules, {min(rules, default=0)} to {max(rules, default=0)} rules each"


def check_one(folder):
    w = recompute.Workspace(folder)
    w.check()
    return w.problems, w.sums, len(w.documents)


def check(workspaces, jobs):
    """Every workspace; in processes of their own, since workbooks take time."""
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(check_one, [w.top for w in workspaces]))


def kinds(workspaces):
    """What the corpus holds, so that a gap in it is seen: counts of documents by what is special about them."""
    c = collections.Counter()
    for w in workspaces:
        for d in w.documents:
            x = d.expected
            c["cancellations" if d.original else "invoices"] += 1
            c["XML"] += d.xml is not None
            if d.original:
                continue
            c["several VAT rates"] += len(x.taxes) > 1
            c["discounts"] += bool(x.allowances)
            c["discounts over several VAT groups"] += len(x.allowances) > 1
            c["fees"] += any(y.fee for y in x.lines)
            c["late"] += any(y.start < d.step.rules.first for y in x.lines)
            c["late alone"] += x.late_only
            c["cash discount"] += bool(d.xml and "#SKONTO#" in (d.xml.terms or ""))
            c["attachments"] += bool(d.xml and d.xml.attachments)
            c["Leitweg-ID"] += bool(d.xml and exact.leitweg_ok(d.xml.buyer_reference or ""))
            c["100 lines and more"] += len(x.lines) >= 100
            c["one line"] += len(x.lines) == 1
            c["nothing to pay"] += x.gross == 0
            c[f"currency {x.currency}"] += 1
            for g in x.taxes:
                c[f"VAT {g[0]} {float(g[1]):g}"] += 1
    return c


def spoilt_files(workspaces):
    """On the smallest workspace that has what is spoilt: bookings, and documents in euros with the standard rate."""
    for w in sorted(workspaces, key=lambda w: len(w.documents)):
        standard = sum(1 for d in w.documents if d.expected.currency == "EUR" and ("S", 19) in d.expected.taxes and d.files("csv") and d.files("xlsx"))
        if standard > 3 and any(glob.glob(os.path.join(s.folder, "datev", "*.csv")) for s in w.steps):
            bad, unused, summary = spoilfiles.report(recompute.Workspace(w.top), harness.memory_folder())
            return bad + [f"fits no file: {u}" for u in unused], summary
    return ["no workspace with bookings"], "none"


NEEDED = ("invoices", "cancellations", "XML", "several VAT rates", "discounts", "discounts over several VAT groups", "fees", "late", "late alone", "cash discount", "attachments",
          "Leitweg-ID", "100 lines and more", "one line", "currency JPY", "VAT S 19", "VAT S 7", "VAT AE 0", "VAT E 0", "VAT O 0", "VAT G 0")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("binaries", metavar="BINARY_DIR")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workspaces", type=int, default=len(corpus.PLANS))
    parser.add_argument("--recalculate", type=int, default=40, help="workbooks for LibreOffice")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", metavar="FOLDER", help="leave the corpus here")
    args = parser.parse_args()
    validator = os.environ.get("PSABILL_TEST_EINVOICE")
    top = args.keep or tempfile.mkdtemp(prefix="psabill-einvoice-", dir=harness.memory_folder())
    os.makedirs(top, exist_ok=True)
    try:
        return run(args, validator, os.path.abspath(top))
    finally:
        if not args.keep:
            for folder, dirs, _ in os.walk(top):
                for d in dirs:
                    os.chmod(os.path.join(folder, d), 0o700)
            shutil.rmtree(top, ignore_errors=True)


def run(args, validator, top):
    report = Report()
    report.part("known values", selftest.problems(), f"{len(selftest.KNOWN)} worked examples")
    documents, failures = corpus.build(args.binaries, top, args.seed, args.workspaces, args.jobs)
    report.part("corpus", failures, f"{documents} documents in {args.workspaces} workspaces, seed {args.seed}")
    workspaces = recompute.load(top)
    for w in workspaces:
        w.bind()
        w.read_xml()
    count = kinds(workspaces)
    missing = [f"no document with: {k}" for k in NEEDED if not count[k]] + ([f"{count['invoices']} invoices, wanted {WANTED}"] if count["invoices"] < WANTED else [])
    report.part("coverage", missing, ", ".join(f"{v} {k}" for k, v in sorted(count.items()) if v))
    results = check(workspaces, args.jobs)
    more, table = recompute.sums([s for _, s, _ in results])
    print("\n".join(f"  {x}" for x in table))
    report.part("recomputation", [x for p, _, _ in results for x in p] + more, f"{sum(n for _, _, n in results)} documents in XML, CSV, XLSX, DATEV, ledger")
    if sheets.soffice():
        with tempfile.TemporaryDirectory(prefix="psabill-recalculate-", dir=harness.memory_folder()) as folder:
            n, found = recompute.recalculated(workspaces, args.recalculate, folder, spoilfiles.wrong_formulas)
        report.part("LibreOffice", found, f"{n} workbooks recalculated, one of them spoilt")
    else:
        print("SKIPPED LibreOffice: soffice is missing, no workbook was recalculated")
    xml = sorted(p for w in workspaces for p in glob.glob(os.path.join(glob.escape(w.project), "out", "*", "R*", "invoices", "*.xml")))
    if validator:
        report.part("official rules", *official(validator, xml, args.jobs))
    else:
        print("SKIPPED official rules: PSABILL_TEST_EINVOICE names no program, the XML files were NOT checked against schema and Schematron")
    bad, unused, summary = spoil.report(spoil.of_corpus(workspaces), 2, validator, True)
    report.part("spoilt documents", bad + [f"fits no document: {u}" for u in unused], summary)
    report.part("spoilt files", *spoilt_files(workspaces))
    print(f"einvoice: {'FAILED' if report.failed else 'passed'}, {documents} documents, {time.monotonic() - report.begin:.0f} s"
          + ("" if validator else ", official rules SKIPPED"))
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
