"""The workbook of an invoice: its lines and totals as a reader sees them, found by the headings and labels of the template; and what a spreadsheet program
computes from its formulas."""

import configparser
import datetime
import os
import re
import shutil
import subprocess
from decimal import Decimal

import openpyxl

import rules

MARK = re.compile(r"\{(\w+)\}")
# Recalculate always, whoever wrote the file; no first-start wizard.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""


class Template:
    """Headings and labels of invoice.NAME.ini."""

    def __init__(self, name, folder=None):
        self.ini = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True)
        with open(os.path.join(folder or os.path.join(rules.TOP, "templates"), f"invoice.{name}.ini"), encoding="utf-8") as f:
            self.ini.read_file(f)
        self.lines, self.entries = self.columns("line "), self.columns("entry ")
        # The price column has another heading where lump sums stand in it.
        if self.ini.has_option("labels", "price_fees"):
            self.lines[self.label("price_fees")] = "price"

    def columns(self, prefix):
        """heading -> field, also of columns that are not shown by default."""
        return {self.ini.get(s, "heading"): s[len(prefix):] for s in self.ini.sections() if s.startswith(prefix)}

    def label(self, key):
        return self.ini.get("labels", key)

    def gross(self):
        return tuple(self.ini.get("labels", k) for k in ("gross", "gross_cancellation") if self.ini.has_option("labels", k))

    def number(self, text):
        thousands = self.ini.get("format", "thousands")
        return Decimal(text.replace(" " if thousands == "blank" else thousands, "").replace("\u00a0", "").replace(self.ini.get("format", "decimal"), "."))

    def text(self, amount):
        """An amount as sentences show it."""
        thousands = self.ini.get("format", "thousands").replace("blank", " ")
        return f"{amount:,}".replace(",", "\0").replace(".", self.ini.get("format", "decimal")).replace("\0", thousands)

    def pattern(self, key):
        """A label with places to fill in, as a regular expression."""
        parts = MARK.split(self.label(key))
        return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>.+?)" for i, p in enumerate(parts)) + r"\Z")


def number(value):
    """Cells as Decimals; the shortest text of the double, as spreadsheets show it."""
    return Decimal(repr(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def cells(sheet):
    """Rows of values; an escaped escape (_x005F_) is the underscore that it stands for."""
    return [[c.replace("_x005F_", "_") if isinstance(c, str) else c for c in row] for row in sheet.iter_rows(values_only=True)]


class Page:
    """lines: {field: value}; totals: [(label, amount)] in the order of the page; seconds and billed of the time sheet, or None."""

    def __init__(self, path, template):
        book = openpyxl.load_workbook(path, data_only=True)
        self.template, self.lines, self.totals = template, [], []
        rows = cells(book.worksheets[0])
        self.texts = [c for row in rows for c in row if isinstance(c, str)]
        self.read_page(rows)
        self.seconds = self.billed = self.entries = None
        if len(book.worksheets) > 1:
            self.read_timesheet(cells(book.worksheets[1]))
        book.close()

    @staticmethod
    def find(rows, columns, wanted):
        """(number of the row with headings, field -> column)"""
        for i, r in enumerate(rows):
            found = {columns[c]: k for k, c in enumerate(r) if isinstance(c, str) and c in columns}
            if wanted <= set(found):
                return i, found
        return None, {}

    def read_page(self, rows):
        """Between the lines may stand notes and sub-headings: rows without an amount."""
        at, fields = self.find(rows, self.template.lines, {"position", "description", "quantity", "price", "net"})
        if at is None:
            raise ValueError("no row with the headings of lines")
        net, gross = fields["net"], self.template.gross()
        for r in rows[at + 1:]:
            label = next((c for c in r[:net] if isinstance(c, str)), None)
            if number(r[net]) is None:
                continue
            if isinstance(r[fields["position"]], int) and not self.totals:
                self.lines.append({f: r[k] for f, k in fields.items()})
            elif label is not None:
                self.totals.append((label, number(r[net])))
                if label.startswith(gross):
                    break

    def read_timesheet(self, rows):
        at, fields = self.find(rows, self.template.entries, {"date", "duration", "billed"})
        if at is None:
            return
        self.seconds = self.billed = self.entries = 0
        self.sums = {}
        for r in rows[at + 1:]:
            if not isinstance(r[fields["date"]], (datetime.date, datetime.datetime)):
                self.sums = {f: seconds(r[fields[f]]) for f in ("duration", "billed")}
                break
            self.entries += 1
            self.seconds += seconds(r[fields["duration"]])
            self.billed += seconds(r[fields["billed"]])

    def total(self, *labels):
        """The amount behind a label; the last one where a label begins so."""
        found = [a for label, a in self.totals if label.startswith(labels)]
        return found[-1] if found else None

    def taxes(self):
        """[(rate, base, tax)]; rate and base are None where nothing is taxed."""
        out, taxed, none = [], self.template.pattern("tax"), self.template.label("tax_none")
        for label, amount in self.totals:
            m = taxed.match(label)
            if m:
                out.append((self.template.number(m["rate"]), self.template.number(m["base"].split()[0]), amount))
            elif label.startswith(none):
                out.append((None, None, amount))
        return out


def summary(path):
    """Of a run's summary: [(currency, category, rate, base, VAT)] of its overview, {number: (net, VAT, gross)} of its invoices, [(name, value)] of its checks."""
    book = openpyxl.load_workbook(path, data_only=True)
    overview, checks = cells(book.worksheets[0]), cells(book.worksheets[-1])
    vat = [(r[0], r[1], *(number(x) for x in r[2:5])) for r in overview if r[1] in ("S", "AE", "E", "O", "G") and len(r[0] or "") == 3]
    rows = cells(book.worksheets[1])
    first = next(i for i, x in enumerate(rows[1]) if number(x) is not None)
    invoices = {r[0]: tuple(number(x) for x in r[first:first + 3]) for r in rows[1:] if isinstance(r[0], str) and number(r[first]) is not None}
    named = [(r[0], number(r[1])) for r in checks if number(r[1]) is not None]
    book.close()
    return vat, invoices, named


def seconds(value):
    if isinstance(value, datetime.timedelta):
        return round(value.total_seconds())
    if isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, datetime.datetime):
        return round((value - datetime.datetime(1899, 12, 30)).total_seconds())
    return round((value or 0) * 86400)


def soffice():
    return shutil.which("soffice") or shutil.which("libreoffice")


def recalculate(paths, folder):
    """Every workbook as LibreOffice computes it: [(path, path of the recalculated copy)]. One start, with a profile of its own; names must differ."""
    profile, inputs, out = (os.path.join(folder, n) for n in ("profile", "in", "recalculated"))
    os.makedirs(os.path.join(profile, "user"))
    os.makedirs(inputs)
    with open(os.path.join(profile, "user", "registrymodifications.xcu"), "w", encoding="utf-8") as f:
        f.write(PROFILE)
    pairs = []
    for i, path in enumerate(paths):
        name = f"{i:04d}.xlsx"
        shutil.copyfile(path, os.path.join(inputs, name))
        pairs.append((path, os.path.join(out, name)))
    args = [soffice(), f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", "--convert-to", "xlsx", "--outdir", out,
            *(os.path.join(inputs, os.path.basename(b)) for _, b in pairs)]
    done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, timeout=240, check=False, env={**os.environ, "HOME": folder})
    missing = [a for a, b in pairs if not os.path.exists(b)]
    if done.returncode or missing:
        raise RuntimeError(f"LibreOffice ended with {done.returncode}, {len(missing)} of {len(pairs)} workbooks are missing: {done.stderr[-400:]!r}")
    return pairs
