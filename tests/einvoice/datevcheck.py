#!/usr/bin/python3
"""Checks DATEV booking files (EXTF 700, Buchungsstapel, format version 13) against the published description of the format.

    datevcheck.py FILE...      one line per finding, then S minus H per Belegfeld 1 and account; exit 0 without findings, 1 with, 2 for no file

As a module: check(path) -> (findings, bookings). A booking is a dict: line, amount (Decimal, S positive, H negative), account, contra, bu, date,
number, text, cost_centre, vat_id, lock, due. It knows nothing of the program that writes the files."""

import datetime
import functools
import os
import re
import sys
from decimal import Decimal

COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;Konto;"
    "Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;Buchungstext;Postensperre;"
    "Diverse Adressnummer;Geschäftspartnerbank;Sachverhalt;Zinssperre;Beleglink;Beleginfo - Art 1;Beleginfo - Inhalt 1;"
    "Beleginfo - Art 2;Beleginfo - Inhalt 2;Beleginfo - Art 3;Beleginfo - Inhalt 3;Beleginfo - Art 4;Beleginfo - Inhalt 4;"
    "Beleginfo - Art 5;Beleginfo - Inhalt 5;Beleginfo - Art 6;Beleginfo - Inhalt 6;Beleginfo - Art 7;Beleginfo - Inhalt 7;"
    "Beleginfo - Art 8;Beleginfo - Inhalt 8;KOST1 - Kostenstelle;KOST2 - Kostenstelle;Kost-Menge;EU-Land u. UStID (Bestimmung);"
    "EU-Steuersatz (Bestimmung);Abw. Versteuerungsart;Sachverhalt L+L;Funktionsergänzung L+L;BU 49 Hauptfunktionstyp;"
    "BU 49 Hauptfunktionsnummer;BU 49 Funktionsergänzung;Zusatzinformation - Art 1;Zusatzinformation- Inhalt 1;"
    "Zusatzinformation - Art 2;Zusatzinformation- Inhalt 2;Zusatzinformation - Art 3;Zusatzinformation- Inhalt 3;"
    "Zusatzinformation - Art 4;Zusatzinformation- Inhalt 4;Zusatzinformation - Art 5;Zusatzinformation- Inhalt 5;"
    "Zusatzinformation - Art 6;Zusatzinformation- Inhalt 6;Zusatzinformation - Art 7;Zusatzinformation- Inhalt 7;"
    "Zusatzinformation - Art 8;Zusatzinformation- Inhalt 8;Zusatzinformation - Art 9;Zusatzinformation- Inhalt 9;"
    "Zusatzinformation - Art 10;Zusatzinformation- Inhalt 10;Zusatzinformation - Art 11;Zusatzinformation- Inhalt 11;"
    "Zusatzinformation - Art 12;Zusatzinformation- Inhalt 12;Zusatzinformation - Art 13;Zusatzinformation- Inhalt 13;"
    "Zusatzinformation - Art 14;Zusatzinformation- Inhalt 14;Zusatzinformation - Art 15;Zusatzinformation- Inhalt 15;"
    "Zusatzinformation - Art 16;Zusatzinformation- Inhalt 16;Zusatzinformation - Art 17;Zusatzinformation- Inhalt 17;"
    "Zusatzinformation - Art 18;Zusatzinformation- Inhalt 18;Zusatzinformation - Art 19;Zusatzinformation- Inhalt 19;"
    "Zusatzinformation - Art 20;Zusatzinformation- Inhalt 20;Stück;Gewicht;Zahlweise;Forderungsart;Veranlagungsjahr;"
    "Zugeordnete Fälligkeit;Skontotyp;Auftragsnummer;Buchungstyp;USt-Schlüssel (Anzahlungen);EU-Land (Anzahlungen);"
    "Sachverhalt L+L (Anzahlungen);EU-Steuersatz (Anzahlungen);Erlöskonto (Anzahlungen);Herkunft-Kz;Buchungs GUID;KOST-Datum;"
    "SEPA-Mandatsreferenz;Skontosperre;Gesellschaftername;Beteiligtennummer;Identifikationsnummer;Zeichnernummer;Postensperre bis;"
    "Bezeichnung SoBil-Sachverhalt;Kennzeichen SoBil-Buchung;Festschreibung;Leistungsdatum;Datum Zuord. Steuerperiode;Fälligkeit;"
    "Generalumkehr (GU);Steuersatz;Land;Abrechnungsreferenz;BVV-Position;EU-Land u. UStID (Ursprung);EU-Steuersatz (Ursprung);"
    "Abw. Skontokonto"
)

# Text columns: always quoted, empty ones as "". The other 41 are bare.
TEXT = frozenset([2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 91, 95, 96, 98, 102, 103, 105, 107, 109, 110, 112, 118, 120, 121, 123])
HEADER_TEXT = frozenset([1, 4, 8, 9, 10, 17, 18, 22, 24, 27, 30, 31])
EMPTY = [None, *((i in TEXT, "") for i in range(1, 126))]
FILLED = (1, 2, 7, 8, 10, 11, 114)  # the first five by DATEV, 11 for open items, 114 because empty means locked

DATE8 = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20|21)\d\d"
AMOUNT = r"(?!0+,00$)\d{1,10},\d\d"
ACCOUNT = r"(?!0+$)\d{1,9}"
EU = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()
VAT_ID = r"(?:" + "|".join(EU) + r")[A-Z0-9+*]{1,13}"
RATE = r"\d{1,2},\d\d"

# The form of a filled field. Columns that are not here are free text with a maximum length.
FORM = {
    1: AMOUNT, 2: r"[SH]", 3: r"[A-Z]{3}", 4: r"(?!0+,0+$)\d{1,4},\d{2,6}", 5: AMOUNT, 6: r"[A-Z]{3}", 7: ACCOUNT, 8: ACCOUNT, 9: r"\d{1,4}",
    10: r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])", 11: r"[A-Za-z0-9/-]{1,36}", 13: r"(?!0+,00$)\d{1,8},\d\d", 15: r"[01]", 17: r"\d{3}",
    18: r"\d{2}", 19: r"[01]", 37: r"[A-Za-z0-9_ ]{1,36}", 38: r"[A-Za-z0-9_ ]{1,36}", 39: r"\d{1,12},\d{4}", 40: VAT_ID, 41: RATE, 42: r"[IKPS]",
    43: r"(?!0+$)\d{1,3}", 44: r"\d{1,3}", 45: r"\d", 46: r"\d{1,2}", 47: r"\d{1,3}", 88: r"\d{1,8}", 89: r"\d{1,8},\d\d", 90: r"\d{1,2}",
    92: r"(?:19|20|21)\d\d", 93: DATE8, 94: r"\d", 96: r"AA|AG|AV|SR|SU|SG|SO", 97: r"\d{1,4}", 98: r"[A-Z]{2}", 99: r"\d{1,3}", 100: RATE, 101: r"\d{4,9}",
    102: r"[A-Z]{2}", 104: DATE8, 106: r"[01]", 108: r"\d{4}", 111: DATE8, 113: r"\d{1,2}", 114: r"[01]", 115: DATE8, 116: DATE8, 117: DATE8, 118: r"[01]",
    119: RATE, 120: r"[A-Z]{2}", 122: r"[1-5]", 123: VAT_ID, 124: RATE, 125: ACCOUNT,
}
CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
FORM = {i: re.compile(form, re.ASCII) for i, form in FORM.items()}
LENGTH = {12: 12, 14: 60, 16: 9, 20: 210, 91: 10, 95: 30, 103: 36, 105: 35, 107: 76, 109: 11, 110: 20, 112: 30, 121: 50}
LENGTH.update({i: 20 if i % 2 else 210 for i in range(21, 37)})
LENGTH.update({i: 210 if i % 2 else 20 for i in range(48, 88)})
PAIRS = [*range(21, 37, 2), *range(48, 88, 2)]  # Art and Inhalt: both or none

HEADER_FORM = {
    1: r"EXTF", 2: r"700", 3: r"21", 4: r"Buchungsstapel", 5: r"13", 6: r"\d{17}", 7: r"", 8: r"\w{0,2}", 9: r"\w{0,25}", 10: r"\w{0,25}",
    11: r"\d{4,7}", 12: r"[1-9]\d{0,4}", 13: r"\d{8}", 14: r"[4-8]", 15: r"\d{8}", 16: r"\d{8}", 17: r"[A-Za-z0-9_./ -]{0,30}", 18: r"(?:[A-Z]{2}){0,2}",
    19: r"[12]", 20: r"0|30|40|50|64", 21: r"[01]", 22: r"[A-Z]{3}", 23: r"", 24: r"", 25: r"", 26: r"", 27: r"(?:\d{2}){0,2}", 28: r"\d{0,4}",
    29: r"", 30: r"", 31: r".{0,16}",
}


FIELD = re.compile(r'(?:"([^"]*(?:""[^"]*)*)("?)|([^;]*))([^;]*)')
PLAIN = re.compile(r'"[^";]*"|[^";]*')


def split(line):
    """The fields of a line as (quoted, value), and what is wrong with its quoting."""
    plain = line.split(";")
    if all(map(PLAIN.fullmatch, plain)):
        return [(True, v[1:-1]) if v[:1] == '"' else (False, v) for v in plain], None
    return split_hard(line)


def split_hard(line):
    """Where a quoted field holds a quote or a separator, or something is wrong."""
    fields, wrong, i = [], None, 0
    while True:
        m = FIELD.match(line, i)
        inner, close, bare, rest = m.groups()
        quoted = inner is not None
        fields.append((quoted, inner.replace('""', '"') if quoted else bare))
        if quoted and not close:
            wrong = wrong or f"field {len(fields)}: a quote is not closed"
        elif rest:
            wrong = wrong or f"field {len(fields)}: text after the closing quote"
        elif not quoted and '"' in bare:
            wrong = wrong or f"field {len(fields)}: a quote inside a bare field"
        i = m.end() + 1
        if m.end() >= len(line):
            return fields, wrong


@functools.lru_cache(maxsize=10000)
def day(text):
    """A date from YYYYMMDD, or None."""
    try:
        return datetime.datetime.strptime(text, "%Y%m%d").date() if re.fullmatch(r"\d{8}", text) else None
    except ValueError:
        return None


def year_end(start):
    return datetime.date(start.year + 1, start.month, 1) - datetime.timedelta(days=1)


def is_utf8(data):
    try:
        data.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


class File:
    def __init__(self, path):
        self.path = path
        self.findings = []
        self.bookings = []
        self.length = self.first = self.last = self.start = self.lock = None

    def add(self, line, sentence):
        self.findings.append(f"{self.path}:{line}: {sentence}")

    def lines(self):
        name = os.path.basename(self.path)
        if not (name.startswith("EXTF_") and name.endswith(".csv")):
            self.add(0, "the name must begin with EXTF_ and end with .csv")
        try:
            with open(self.path, "rb") as f:
                data = f.read()
        except OSError as error:
            self.add(0, error.strerror)
            return []
        if data[:3] == b"\xef\xbb\xbf" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self.add(1, "byte order mark")
        # The column names hold umlauts, so that a file in Windows-1252 is never valid UTF-8.
        if not data.isascii() and is_utf8(data):
            self.add(1, "the file is UTF-8")
        if not data.endswith(b"\r\n"):
            self.add(data.count(b"\n") + 1, "the last line does not end with CR LF")
        raw = data.split(b"\n")
        if raw[-1] == b"":
            raw.pop()
        out = []
        for n, line in enumerate(raw, 1):
            if line.endswith(b"\r"):
                line = line[:-1]
            elif n < len(raw) or data.endswith(b"\n"):
                self.add(n, "LF without CR")
            for c in sorted(set(CONTROL.findall(line))):
                self.add(n, f"control character 0x{c.hex()}")
            try:
                out.append(line.decode("cp1252"))
            except UnicodeDecodeError as error:
                self.add(n, f"byte 0x{line[error.start]:02x} is not Windows-1252")
                out.append(line.decode("cp1252", "replace"))
        return out

    def check_header(self, line):
        fields, wrong = split(line)
        if wrong:
            self.add(1, wrong)
        if len(fields) != 31:
            self.add(1, f"{len(fields)} fields, must be 31")
        values = dict(enumerate((v for _, v in fields), 1))
        for i, (quoted, value) in enumerate(fields[:31], 1):
            if quoted != (i in HEADER_TEXT):
                self.add(1, f"header field {i} must {'' if i in HEADER_TEXT else 'not '}be quoted")
            if not re.fullmatch(HEADER_FORM[i], value, re.ASCII):
                self.add(1, f"header field {i}: '{value}'")
        self.check_header_values(values)

    def check_header_values(self, v):
        if re.fullmatch(r"\d{17}", v.get(6, "")):
            clock = v[6][8:]
            if day(v[6][:8]) is None or clock[:2] > "23" or clock[2:4] > "59" or clock[4:6] > "59":
                self.add(1, f"header field 6: '{v[6]}' is no time")
        if v.get(11, "").isdigit() and not 1001 <= int(v[11]) <= 9999999:
            self.add(1, f"header field 11: '{v[11]}' is not in 1001 to 9999999")
        self.start, self.first, self.last = (day(v.get(i, "")) for i in (13, 15, 16))
        for i, d in ((13, self.start), (15, self.first), (16, self.last)):
            if d is None:
                self.add(1, f"header field {i}: '{v.get(i, '')}' is no date")
        if self.start and self.start.day != 1:
            self.add(1, "header field 13: a fiscal year begins on the first of a month")
        if self.first and self.last and self.first > self.last:
            self.add(1, "header fields 15, 16: Datum von is after Datum bis")
        if self.start and self.first and self.last and not self.start <= self.first <= self.last <= year_end(self.start):
            self.add(1, "header fields 15, 16: the period is not inside the fiscal year of field 13")
        if v.get(14, "") in tuple("45678"):
            self.length = int(v[14])
        self.lock = v.get(21)

    def date_of(self, ttmm):
        """The day of a TTMM inside Datum von..bis, or None; the year comes from the fiscal year."""
        if not (self.start and self.first and self.last):
            return None
        for year in (self.start.year, self.start.year + 1):
            d = day(f"{year}{ttmm[2:]}{ttmm[:2]}")
            if d and self.start <= d <= year_end(self.start) and self.first <= d <= self.last:
                return d
        return None

    def check_fields(self, n, fields):
        for i in [i for i, field in enumerate(fields, 1) if field != EMPTY[i]]:
            quoted, value = fields[i - 1]
            if quoted != (i in TEXT):
                self.add(n, f"column {i} must {'' if i in TEXT else 'not '}be quoted")
            if value == "":
                continue
            if i in FORM and not FORM[i].fullmatch(value):
                self.add(n, f"column {i}: '{value}'")
            elif i in LENGTH and len(value) > LENGTH[i]:
                self.add(n, f"column {i}: {len(value)} characters, at most {LENGTH[i]}")
        for i in [i for i in FILLED if fields[i - 1][1] == ""]:
            self.add(n, f"column {i} is empty")
        for i in PAIRS:
            if (not fields[i - 1][1]) != (not fields[i][1]):
                self.add(n, f"columns {i}, {i + 1}: fill both or none")

    def check_relations(self, n, v):
        if self.length is not None:
            if len(v[7]) != self.length + 1:
                self.add(n, f"column 7: a debtor has {self.length + 1} digits, not '{v[7]}'")
            if len(v[8]) != self.length:
                self.add(n, f"column 8: a general ledger account has {self.length} digits, not '{v[8]}'")
        if v[114] != self.lock:
            self.add(n, f"column 114 is '{v[114]}', header field 21 '{self.lock}'")
        if (v[115] == "") != (v[116] == ""):
            self.add(n, "columns 115, 116: fill both or none")
        if v[12] != "" and v[117] != "":
            self.add(n, "column 12 cannot stand beside a due date in 117")
        for i in (37, 38):
            if v[i] != v[i].strip():
                self.add(n, f"column {i}: blanks at an end")
        if v[3] == "EUR" and (v[4] or v[5] or v[6]):
            self.add(n, "columns 4 to 6 are for other currencies")
        for i in (93, 104, 111, 115, 116, 117):
            if re.fullmatch(DATE8, v[i]) and day(v[i][4:] + v[i][2:4] + v[i][:2]) is None:
                self.add(n, f"column {i}: '{v[i]}' is no date")

    def check_booking(self, n, line):
        fields, wrong = split(line)
        if wrong:
            self.add(n, wrong)
        if len(fields) != 125:
            self.add(n, f"{len(fields)} fields, must be 125")
            return
        v = {i: value for i, (_, value) in enumerate(fields, 1)}
        self.check_fields(n, fields)
        self.check_relations(n, v)
        date = None
        if FORM[10].fullmatch(v[10]):
            date = self.date_of(v[10])
            if date is None:
                self.add(n, f"column 10: '{v[10]}' is not inside Datum von and Datum bis")
        if date and re.fullmatch(DATE8, v[117]):
            due = day(v[117][4:] + v[117][2:4] + v[117][:2])
            if due and due < date:
                self.add(n, f"column 117: due on {due}, before the document's date {date}")
        if re.fullmatch(r"\d+,\d\d", v[1]) and v[2] in ("S", "H"):
            amount = Decimal(v[1].replace(",", "."))
            self.bookings.append({
                "line": n, "amount": amount if v[2] == "S" else -amount, "account": v[7], "contra": v[8], "bu": v[9], "date": date, "number": v[11],
                "text": v[14], "cost_centre": v[37], "vat_id": v[40], "lock": v[114], "due": v[117], "currency": v[3]})

    def check(self):
        lines = self.lines()
        if not lines:
            self.add(1, "the file is empty")
            return
        self.check_header(lines[0])
        if len(lines) < 2 or lines[1] != COLUMNS:
            self.add(2, "the column names are not DATEV's")
        if len(lines) < 3:
            self.add(3, "no booking")
        if len(lines) - 2 > 99999:
            self.add(len(lines), f"{len(lines) - 2} bookings, at most 99999")
        for n, line in enumerate(lines[2:], 3):
            self.check_booking(n, line)


def check(path):
    f = File(str(path))
    f.check()
    return f.findings, f.bookings


def sums(bookings):
    """S minus H per (Belegfeld 1, account)."""
    out = {}
    for b in bookings:
        key = (b["number"], b["account"])
        out[key] = out.get(key, Decimal(0)) + b["amount"]
    return out


def main(paths):
    if not paths:
        print("usage: datevcheck.py FILE...", file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        findings, bookings = check(path)
        failed += len(findings)
        for line in findings:
            print(line)
        for (number, account), amount in sorted(sums(bookings).items()):
            print(f"{number} {account} {amount}")
        print(f"{path}: {len(bookings)} bookings, sum {sum((b['amount'] for b in bookings), Decimal(0))}, {len(findings)} findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
