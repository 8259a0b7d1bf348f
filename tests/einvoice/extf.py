"""DATEV booking files (EXTF 700, Buchungsstapel 13) against the published form: fields, quoting, character set, dates, accounts."""

import datetime
import os
import re
from decimal import Decimal

# Columns that are text, always in quotes; the others never are (84 of 125).
TEXT = {2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 91, 95, 96, 98, 102, 103, 105, 107, 109, 110, 112, 118, 120, 121, 123}
HEAD_TEXT = {1, 4, 8, 9, 10, 17, 18, 22, 24, 27, 30, 31}
FIELD = re.compile(r'"((?:[^"]|"")*)"|([^";]*)')
assert len(TEXT) == 84


def fields(line):
    """[(quoted, text)] of one line."""
    out, at = [], 0
    while True:
        m = FIELD.match(line, at)
        out.append((m.group(1) is not None, m.group(1).replace('""', '"') if m.group(1) is not None else m.group(2)))
        at = m.end()
        if at == len(line):
            return out
        if line[at] != ";":
            raise ValueError(f"'{line[at]}' after a field at {at}")
        at += 1


def column_names():
    """The names of the 125 columns, when the folder of the validator has them."""
    path = os.path.join(os.path.dirname(os.environ.get("PSABILL_TEST_EINVOICE", "")), "datev-columns.txt")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return f.read().rstrip("\n")


class File:
    """bookings: [{number, account, revenue, amount, credit, cost_centre, vat_id, due, text}]; problems: sentences."""

    def __init__(self, path, conf):
        self.path, self.conf, self.problems, self.bookings = path, conf, [], []
        self.need(re.match(r"EXTF_[A-Za-z0-9_.-]+\.csv\Z", os.path.basename(path)), "file name")
        with open(path, "rb") as f:
            data = f.read()
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as error:
            self.need(False, f"not Windows-1252: {error}")
            return
        self.need(not data.startswith(b"\xef\xbb\xbf"), "byte order mark")
        self.need(text.endswith("\r\n") and not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", text), "line ends or control characters")
        lines = text.split("\r\n")[:-1]
        try:
            rows = [fields(x) for x in lines]
        except ValueError as error:
            self.need(False, str(error))
            return
        self.need(len(rows) > 2, f"{len(rows)} lines")
        if len(rows) < 3:
            return
        self.head(rows[0])
        self.names(lines[1])
        for i, row in enumerate(rows[2:]):
            self.booking(f"line {i + 3}", row)

    def need(self, condition, what):
        if not condition:
            self.problems.append(f"{os.path.basename(self.path)}: {what}")

    def get(self, key):
        return self.conf.get(("datev", key), "")

    def quoting(self, what, row, text, count):
        self.need(len(row) == count, f"{what}: {len(row)} fields, must be {count}")
        wrong = [i + 1 for i, (quoted, _) in enumerate(row) if quoted != (i + 1 in text)]
        self.need(not wrong, f"{what}: quotes of fields {wrong}")
        return [""] + [x for _, x in row] + [""] * count

    def head(self, row):
        h = self.quoting("header", row, HEAD_TEXT, 31)
        for i, value in ((1, "EXTF"), (2, "700"), (3, "21"), (4, "Buchungsstapel"), (5, "13"), (11, self.get("consultant")), (12, self.get("client")),
                         (14, self.get("account_length") or "4"), (19, "1"), (20, "0"), (22, "EUR")):
            self.need(h[i] == value, f"header field {i}: '{h[i]}', must be '{value}'")
        self.need(re.match(r"\d{17}\Z", h[6]), f"header field 6: {h[6]}")
        self.need(h[27].lstrip("0") == self.get("chart").upper().replace("SKR", "").lstrip("0"), f"header field 27: {h[27]}")
        self.need(re.match(r"[A-Za-z0-9_./ -]{0,30}\Z", h[17]), f"header field 17: {h[17]!r}")
        try:
            self.year, self.first, self.last = (datetime.datetime.strptime(h[i], "%Y%m%d").date() for i in (13, 15, 16))
        except ValueError:
            self.need(False, f"dates of the header: {h[13]} {h[15]} {h[16]}")
            self.year = self.first = self.last = datetime.date(1, 1, 1)
        self.need(self.year.day == 1 and self.year.month == int(self.get("fiscal_month") or 1), f"fiscal year begins {self.year}")
        self.need(self.year <= self.first <= self.last and (self.last - self.year).days < 366, f"period {self.first} to {self.last} in the year from {self.year}")
        self.lock = h[21]
        self.need(self.lock in ("0", "1"), f"lock '{self.lock}'")

    def names(self, line):
        wanted = column_names()
        self.need(line.count(";") == 124, f"{line.count(';') + 1} column names")
        self.need("Umsatz (ohne Soll/Haben-Kz);" in line and ";Gegenkonto (ohne BU-Schlüssel);" in line, "column names")
        self.need(wanted is None or line == wanted, "column names")

    def day(self, text, year):
        """TTMM in the fiscal year."""
        try:
            day = datetime.date(year.year, int(text[2:]), int(text[:2]))
            return day if day >= year else day.replace(year=year.year + 1)
        except ValueError:
            return None

    def booking(self, what, row):
        c = self.quoting(what, row, TEXT, 125)
        self.need(re.match(r"\d{1,10},\d\d\Z", c[1]) and c[1] != "0,00", f"{what}: amount {c[1]}")
        self.need(c[2] in ("S", "H") and c[3] == "EUR", f"{what}: {c[2]} {c[3]}")
        length = int(self.get("account_length") or 4)
        self.need(re.match(rf"[1-9]\d{{{length}}}\Z", c[7]), f"{what}: debtor account {c[7]}")
        self.need(re.match(rf"\d{{{length}}}\Z", c[8]), f"{what}: revenue account {c[8]}")
        day = self.day(c[10], self.year) if re.match(r"\d{4}\Z", c[10]) else None
        self.need(day and self.first <= day <= self.last, f"{what}: date {c[10]} outside {self.first} to {self.last}")
        self.need(re.match(r"[A-Za-z0-9/-]{1,36}\Z", c[11]), f"{what}: document {c[11]!r}")
        self.need(1 <= len(c[14]) <= 60, f"{what}: text of {len(c[14])} characters")
        self.need(re.match(r"[A-Za-z0-9_ ]{0,36}\Z", c[37]), f"{what}: cost centre {c[37]!r}")
        self.need(c[114] == self.lock, f"{what}: lock '{c[114]}'")
        self.need(c[117] == "" or re.match(r"\d{8}\Z", c[117]), f"{what}: due {c[117]}")
        used = {1, 2, 3, 7, 8, 9, 10, 11, 14, 37, 38, 40, 114, 117}
        filled = [i for i in range(1, 126) if c[i] and i not in used and not 20 <= i <= 36 and not 48 <= i <= 87]
        self.need(not filled, f"{what}: fields {filled} are filled")
        if re.match(r"\d{1,10},\d\d\Z", c[1]):
            self.bookings.append({"number": c[11], "account": c[7], "revenue": c[8], "amount": Decimal(c[1].replace(",", ".")), "credit": c[2] == "H", "bu": c[9], "date": day,
                                  "cost_centre": c[37], "vat_id": c[40], "due": c[117] and f"{c[117][4:]}-{c[117][2:4]}-{c[117][:2]}", "text": c[14]})


def accounts(conf):
    """{(category, rate): (account, BU key)} of [datev] accounts."""
    out = {}
    for part in conf.get(("datev", "accounts"), "").split(","):
        m = re.match(r"\s*(S|AE|E|O|G)(?:\s+([\d.]+))?\s*:\s*(\d+)(?:/(\d+))?\s*\Z", part)
        if m:
            out[m[1], Decimal(m[2] or 0)] = (m[3], m[4] or "")
    return out
