"""Spoilt files beside the XML: CSV, workbook, bookings, ledger. A workspace is copied, one file is changed, and its check must notice."""

import glob
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile

import recompute

SPOILS = []


class Skip(Exception):
    """The workspace has no such file or place."""


def spoil(name, pattern):
    """pattern: of the file below a run's folder. The function makes new bytes of the old ones."""
    def add(function):
        SPOILS.append((name, pattern, function))
        return function
    return add


def replace(data, pattern, new):
    """The first match of a pattern (bytes) replaced by text or by what a function makes of it."""
    out, count = re.subn(pattern, new, data, count=1, flags=re.S | re.M)
    if not count:
        raise Skip
    return out


def row(data, at=1):
    """(lines, the line to change) of a CSV file."""
    lines = data.split(b"\r\n")
    if len(lines) <= at + 1:
        raise Skip
    return lines, lines[at]


@spoil("lines.csv: a net amount a cent more", "lines.csv")
def _(data):
    return replace(data, rb"(,\d+\.\d)(\d)(,EUR,)", lambda m: m[1] + b"%d" % ((int(m[2]) + 1) % 10) + m[3])


@spoil("lines.csv: another VAT rate", "lines.csv")
def _(data):
    return replace(data, rb",S,19\r", b",S,7\r")


@spoil("lines.csv: a row lost", "lines.csv")
def _(data):
    lines, one = row(data)
    lines.remove(one)
    return b"\r\n".join(lines)


@spoil("invoices.csv: VAT a cent more, gross to match", "invoices.csv")
def _(data):
    def more(m):
        return b",".join(b"%d.%02d" % divmod(int(x.replace(b".", b"")) + k, 100) for x, k in ((m[1], 0), (m[2], 1), (m[3], 1))) + b",EUR"
    return replace(data, rb"(?<=,)(\d+\.\d\d),(\d+\.\d\d),(\d+\.\d\d),EUR", more)


@spoil("invoices.csv: a document lost", "invoices.csv")
def _(data):
    lines, one = row(data)
    lines.remove(one)
    return b"\r\n".join(lines)


@spoil("entries.csv: an entry lost", "entries.csv")
def _(data):
    lines, one = row(data)
    lines.remove(one)
    return b"\r\n".join(lines)


@spoil("entries.csv: an entry twice", "entries.csv")
def _(data):
    lines, one = row(data)
    return b"\r\n".join([lines[0], one, *lines[1:]])


@spoil("entries.csv: a second more", "entries.csv")
def _(data):
    return replace(data, rb",(\d+),(\d+),([\d.]+),([A-Z]{3}),([01])\r", lambda m: b",%d,%s,%s,%s,%s\r" % (int(m[1]) + 1, m[2], m[3], m[4], m[5]))


@spoil("held.csv: an entry lost", "held.csv")
def _(data):
    lines, one = row(data)
    lines.remove(one)
    return b"\r\n".join(lines)


@spoil("an invoice's CSV file: a row changed", "invoices/*.csv")
def _(data):
    return replace(data, rb",(HUR|MIN),", b",LS,")


@spoil("bookings: an amount a cent more", "datev/*.csv")
def _(data):
    return replace(data, rb"^(\d+,\d)(\d);\"S\"", lambda m: m[1] + b"%d" % ((int(m[2]) + 1) % 10) + b';"S"')


@spoil("bookings: the other side", "datev/*.csv")
def _(data):
    return replace(data, rb'^(\d+,\d\d);"S"', rb'\1;"H"')


@spoil("bookings: another account", "datev/*.csv")
def _(data):
    return replace(data, rb";8400;", b";8300;")


@spoil("bookings: a date of another period", "datev/*.csv")
def _(data):
    return replace(data, rb'(;"[^"]{0,4}");\d{4};"', rb'\1;0101;"')


@spoil("bookings: a booking lost", "datev/*.csv")
def _(data):
    lines, one = row(data, 2)
    lines.remove(one)
    return b"\r\n".join(lines)


@spoil("bookings: a field too few", "datev/*.csv")
def _(data):
    return replace(data, rb";;\r\n\Z", b";\r\n")


@spoil("bookings: a bare text", "datev/*.csv")
def _(data):
    return replace(data, rb'^(\d+,\d\d);"S";"EUR"', rb'\1;"S";EUR')


@spoil("bookings: line feeds only", "datev/*.csv")
def _(data):
    return data.replace(b"\r\n", b"\n")


@spoil("bookings: UTF-8", "datev/*.csv")
def _(data):
    new = data.decode("cp1252").encode("utf-8")
    if new == data:
        raise Skip
    return new


def sheet(path, change):
    """Changes the first sheet of a workbook."""
    with zipfile.ZipFile(path) as z:
        parts = [(i, z.read(i)) for i in z.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for i, data in parts:
            z.writestr(i, change(data) if i.filename == "xl/worksheets/sheet1.xml" else data)


@spoil("workbook: a formula's value changed", "invoices/*.xlsx")
def of_value(data):
    return replace(data, rb"(</f><v>)([\d.]+)(</v>)", rb"\g<1>1\g<2>\g<3>")


@spoil("workbook: a price changed", "invoices/*.xlsx")
def of_price(data):
    return replace(data, rb'(<c r="E\d+" s="\d+"><v>)([\d.]+)(</v>)', rb"\g<1>7\g<2>\g<3>")


def wrong_formulas(path):
    """Every formula computes one more than the value that is shown."""
    sheet(path, lambda data: re.sub(rb"<f>([^<]+)</f>", rb"<f>\g<1>+1</f>", data))


# ---- the ledger ----

LEDGER = (
    ("ledger: VAT and gross a cent more", "UPDATE invoice SET tax_minor=tax_minor+1, gross_minor=gross_minor+1 WHERE no=(SELECT min(no) FROM invoice)"),
    ("ledger: a line's facts changed", "UPDATE line SET facts=CAST(replace(CAST(facts AS TEXT),'\"net_minor\":','\"net_minor\":1') AS BLOB) WHERE rowid=(SELECT min(rowid) FROM line)"),
)


def change_ledger(project, statement):
    db = sqlite3.connect(os.path.join(project, "ledger.db"))
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type='trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement)
    db.commit()
    db.close()


def noticed(top, copy, change, workbooks):
    """Whether the check of a changed copy of a workspace finds something; change() gets the project's folder."""
    shutil.copytree(top, copy, copy_function=shutil.copyfile)
    for folder, dirs, files in os.walk(copy):
        for n in [".", *dirs, *files]:
            os.chmod(os.path.join(folder, n), 0o700)
    try:
        change(os.path.join(copy, "project"))
        return bool(recompute.Workspace(copy).check(workbooks))
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def change_file(project, pattern, function):
    runs = sorted(glob.glob(os.path.join(project, "out", "*", "R*")))
    for path in (p for r in runs for p in sorted(glob.glob(os.path.join(r, pattern)))):
        try:
            if path.endswith(".xlsx"):
                sheet(path, function)
            else:
                with open(path, "rb") as f:
                    data = function(f.read())
                with open(path, "wb") as f:
                    f.write(data)
            return
        except Skip:
            continue
    raise Skip


def report(workspace, folder):
    """(sentences about spoils that went unnoticed, about those that fit nowhere, summary)"""
    bad, unused, done = [], [], 0
    with tempfile.TemporaryDirectory(prefix="psabill-spoilt-", dir=folder) as tmp:
        copy = os.path.join(tmp, os.path.basename(workspace.top))
        jobs = [(n, lambda project, p=p, f=f: change_file(project, p, f)) for n, p, f in SPOILS] + [(n, lambda project, s=s: change_ledger(project, s)) for n, s in LEDGER]
        for name, change in jobs:
            try:
                if not noticed(workspace.top, copy, change, name.startswith("workbook")):
                    bad.append(f"'{name}' in {os.path.basename(workspace.top)}: not noticed")
                done += 1
            except Skip:
                unused.append(name)
    return bad, unused, f"{done} spoilt files, {done - len(bad)} noticed"
