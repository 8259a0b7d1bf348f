#!/usr/bin/python3
"""An exact recomputation of every document that psabill issued, and a comparison of all places that show it: XML, CSV, XLSX, DATEV, ledger.

    recompute.py CORPUS [--recalculate N]    workspaces as corpus.py leaves them; N workbooks are also recalculated by LibreOffice
    recompute.py --xml FILE...               only what can be said about the documents alone

Exit status: 0 all agree, 1 problems (one line each), 2 wrong call."""

import argparse
import collections
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from decimal import Decimal
from fractions import Fraction

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import alone  # noqa: E402
import compare  # noqa: E402
import exact  # noqa: E402
import extf  # noqa: E402
import files  # noqa: E402
import rules as rulebook  # noqa: E402
import sheets  # noqa: E402
import ubl  # noqa: E402

class Step:
    """One run of psabill that issued documents: a billing run or a cancellation."""

    def __init__(self, top, project, step):
        self.kind, self.date, self.late, self.number = step["kind"], step["date"], step.get("late"), step.get("number")
        self.folder = os.path.join(project, step["folder"])
        self.place = f"{os.path.basename(top)}/{os.path.basename(self.folder)}"
        self.rules = rulebook.Rules(project, os.path.join(top, "workspace.json"), *step["period"], late=step.get("late"))
        self.state = None
        if step.get("state"):
            with open(os.path.join(top, step["state"]), encoding="utf-8") as f:
                self.state = json.load(f)["entries"]
        self.invoices, self.lines, self.entries, self.held = ([], [], [], [])
        for name in ("invoices", "lines", "entries", "held"):
            path = os.path.join(self.folder, name + ".csv")
            if os.path.exists(path):
                setattr(self, name, rulebook.read_csv(path))


    def summary(self):
        path = os.path.join(self.folder, "summary.xlsx")
        return path if os.path.exists(path) else None


class Workspace:
    """A folder of the corpus. problems is filled by check(); documents are all that were issued."""

    def __init__(self, top):
        self.top, self.project = top, os.path.join(top, "project")
        with open(os.path.join(top, "manifest.json"), encoding="utf-8") as f:
            self.steps = [Step(top, self.project, s) for s in json.load(f)["steps"]]
        self.problems, self.documents, self.sums = [], [], collections.defaultdict(collections.Counter)
        self.templates = {}

    def template(self, name):
        if name not in self.templates:
            folder = self.steps[0].rules.get("files", "templates")
            self.templates[name] = sheets.Template(name, os.path.join(self.project, folder) if folder else None)
        return self.templates[name]

    def bind(self):
        """Finds for every issued document what must be in it."""
        live = {}
        for step in self.steps:
            if step.kind == "run":
                claimed = {i for d in live.values() for i in d.expected.ids}
                fees = {x.fee for d in live.values() for x in d.expected.lines if x.fee}
                self.bind_run(step, *step.rules.compute(step.state, claimed, fees))
                live.update((d.number, d) for d in self.documents if d.step is step)
            else:
                original = live.pop(step.number, None)
                self.bind_void(step, original)

    def bind_run(self, step, wanted, held):
        p = compare.Problems(step.place)
        on = collections.defaultdict(set)
        for e in step.entries:
            on[e["invoice_number"]].add(e["entry_id"])
        for row in step.invoices:
            fitting = [x for x in wanted if x.ids == on[row["invoice_number"]] and x.customer["company_id"] == row["company_id"]]
            fitting.sort(key=lambda x, n=Decimal(row["net"]): exact.major(x.net, x.currency) != n)
            if not fitting:
                p.say(f"{row['invoice_number']}: no invoice must have exactly these {len(on[row['invoice_number']])} entries of {row['legal_name'][:40]!r}")
                continue
            wanted.remove(fitting[0])
            self.documents.append(compare.Issued(step, row, fitting[0]))
        for x in wanted:
            p.say(f"no invoice for {x.customer['legal_name'][:40]!r} with {len(x.ids)} entries and {sum(1 for y in x.lines if y.fee)} fees")
        p.same({r["entry_id"]: r["reason"] for r in step.held}, held, "held entries")
        self.problems += p

    def bind_void(self, step, original):
        p = compare.Problems(step.place)
        if original is None or len(step.invoices) != 1:
            p.say(f"cancels {step.number} with {len(step.invoices)} documents")
        else:
            self.documents.append(compare.Issued(step, step.invoices[0], original.expected, original))
        self.problems += p

    def read_xml(self):
        for d in self.documents:
            for path in d.files("xml"):
                try:
                    d.xml = ubl.read(path)
                except ubl.Unreadable as error:
                    self.problems.append(f"{d.step.place} {os.path.basename(path)}: {error}")

    def check(self, workbooks=True):
        self.bind()
        self.read_xml()
        self.problems += [f"{os.path.basename(self.top)}: {x}" for x in alone.doubles([d.xml for d in self.documents if d.xml])]
        db = sqlite3.connect(f"file:{os.path.join(self.project, 'ledger.db')}?mode=ro", uri=True)
        for d in self.documents:
            self.document(d, db, workbooks)
        db.close()
        for step in self.steps:
            documents = [d for d in self.documents if d.step is step]
            p, booked = files.bookings(step, documents)
            self.problems += p + files.report(step, documents)
            if step.summary() and workbooks:
                self.problems += files.summary(step, documents, step.summary())
            groups = {account[0]: g for g, account in extf.accounts(step.rules.conf).items()}
            for account, amount in booked.items():
                category, rate = groups.get(account, ("account " + account, Decimal(0)))
                self.sums["DATEV"]["EUR", category, Fraction(rate)] += exact.minor(amount, "EUR")
        return self.problems

    def document(self, d, db, workbooks):
        for kind, name in (("xml", "xrechnung"), ("xlsx", "xlsx"), ("csv", "csv")):
            if len(d.files(kind)) != (name in d.formats()):
                self.problems.append(f"{d.step.place} {d.number}: {len(d.files(kind))} {kind} files, formats {d.formats()}")
        if d.xml:
            self.problems += compare.against(d.xml, d)
        self.problems += files.csv_document(d)
        for path in d.files("xlsx") if workbooks else ():
            self.problems += files.workbook(d, path, self.template(self.template_name(d)), sums=self.sums["XLSX"])
        self.problems += files.ledger(d, db)
        self.add_up(d, db)

    @staticmethod
    def template_name(d):
        return d.expected.customer.get("template") or d.step.rules.setting(d.expected.customer, "language")

    def add_up(self, d, db):
        """Base and VAT per currency, category and rate, from each place that shows them, and what they must be for the documents that the place has."""
        c, wanted = d.expected.currency, collections.Counter()
        for (category, rate), (base, tax) in d.expected.taxes.items():
            wanted[c, category, rate] += d.sign * (base + tax)
        self.sums["ledger must"].update(wanted)
        facts = db.execute("SELECT facts FROM invoice WHERE no=?", (d.number,)).fetchone()
        for x in json.loads(facts[0])["taxes"] if facts else []:
            self.sums["ledger"][c, x["category"], Fraction(x["pct_e2"], 100)] += x["base_minor"] + x["tax_minor"]
        base = collections.Counter()
        for r in d.lines:
            base[c, r["tax_category"], Fraction(Decimal(r["tax_rate"] or 0))] += exact.minor(Decimal(r["net"]), c) or 0
        self.sums["CSV must"].update(wanted)
        for k, v in base.items():
            self.sums["CSV"][k] += v + exact.vat(v, k[2])
        for x in d.xml.taxes if d.xml else []:
            self.sums["XML"][c, x["category"], Fraction(Decimal(x["rate"] or 0))] += exact.minor(x["base"] + x["tax"], c) or 0
        for place, has in (("XML", d.xml), ("XLSX", d.files("xlsx")), ("DATEV", c == "EUR" and "datev" in d.step.rules.get("output", "formats"))):
            if has:
                self.sums[place + " must"].update(wanted)


PLACES = ("ledger", "CSV", "XML", "XLSX", "DATEV")


def sums(all_sums):
    """Problems with the sums per VAT rate over everything, and a table of them. all_sums: of each workspace."""
    total = collections.defaultdict(collections.Counter)
    for one in all_sums:
        for place, counter in one.items():
            for k, v in counter.items():
                total[place][k] += v
    p = compare.Problems("sums per VAT rate")
    for place in PLACES:
        p.same({k: v for k, v in total[place].items() if v}, {k: v for k, v in total[place + " must"].items() if v}, place)
    table = [f"{c} {category} {float(rate):g} %: " + ", ".join(f"{place} {exact.major(total[place][c, category, rate], c)}" for place in PLACES)
             for c, category, rate in sorted(total["ledger"])]
    return p, table


def recalculated(workspaces, count, folder, spoil=None):
    """(number, problems) of a sample of workbooks after LibreOffice computed them anew; the sample is the same for the same corpus. spoil makes a formula of
    the workbook at a path wrong, its shown value stays: what is computed must give that away, or computing anew proves nothing."""
    books = [(w, d, path) for w in workspaces for d in w.documents for path in d.files("xlsx")]
    chosen = random.Random(count).sample(books, min(count, len(books)))
    if spoil is not None:
        copy = os.path.join(folder, "spoilt.xlsx")
        chosen.append((*max(chosen, key=lambda c: c[1].expected.gross)[:2], copy))
        shutil.copyfile(chosen[-1][1].files("xlsx")[0], copy)
        spoil(copy)
    summaries = [(w, s) for w in workspaces for s in w.steps if s.summary()]
    summaries = random.Random(count).sample(summaries, min(count // 8, len(summaries)))
    pairs = sheets.recalculate([path for _, _, path in chosen] + [s.summary() for _, s in summaries], folder)
    out, near = [], Decimal("0.0000005")
    for (w, d, path), (_, copy) in zip(chosen, pairs):
        found = files.workbook(d, copy, w.template(w.template_name(d)), near)
        if os.path.basename(path) != "spoilt.xlsx":
            out += [f"recalculated: {x}" for x in found]
        elif not found:
            out.append("a workbook with a wrong formula was not noticed: nothing is recalculated")
    for (w, s), (_, copy) in zip(summaries, pairs[len(chosen):]):
        out += [f"recalculated: {x}" for x in files.summary(s, [d for d in w.documents if d.step is s], copy, near)]
    return len(pairs), out


def load(corpus):
    return [Workspace(os.path.join(corpus, n)) for n in sorted(os.listdir(corpus)) if os.path.exists(os.path.join(corpus, n, "manifest.json"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--recalculate", type=int, default=0, metavar="N")
    parser.add_argument("--xml", nargs="+", metavar="FILE")
    args = parser.parse_args()
    found = []
    if args.xml:
        docs = []
        for path in args.xml:
            try:
                docs.append(ubl.read(path))
                found += [f"{path}: {x}" for x in alone.problems(docs[-1])]
            except ubl.Unreadable as error:
                found.append(f"{path}: {error}")
        found += alone.doubles(docs)
        print("\n".join(found) or f"{len(docs)} documents: no problem")
        return 1 if found else 0
    if not args.corpus:
        parser.error("a corpus or --xml")
    workspaces = load(args.corpus)
    for w in workspaces:
        found += w.check()
    more, table = sums([w.sums for w in workspaces])
    found += more
    if args.recalculate:
        with tempfile.TemporaryDirectory(prefix="psabill-recalculate-") as folder:
            count, more = recalculated(workspaces, args.recalculate, folder)
        found += more
        print(f"{count} workbooks recalculated")
    print("\n".join(found + table))
    print(f"{sum(len(w.documents) for w in workspaces)} documents, {len(found)} problems")
    return 1 if found or not workspaces else 0


if __name__ == "__main__":
    sys.exit(main())
