#!/usr/bin/python3
"""Checks the checker of DATEV files: a good file has no finding, and each rule has a spoilt file that it finds. Exit 1 when one does not."""

import os
import re
import sys
import tempfile
from decimal import Decimal

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import datevcheck  # noqa: E402

HEADER = ('"EXTF";700;21;"Buchungsstapel";13;20260430091500000;;"RE";"psabill";"";1001;1;20260101;4;20260401;20260430;"Rechnungsausgang 04/2026";"";'
          '1;0;0;"EUR";;"";;;"03";;;"";""')
# The example of the published description.
BOOKING = (
    '715,99;"S";"EUR";;;"";11042;8400;"";0204;"R26-0007";"";;"R26-0007 Kunde & Co. KG";;"";;;;"";"";"";"";"";"";"";"";"";"";"";"";'
    '"";"";"";"";"";"";"";;"";;"";;;;;;"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"";"'
    '";"";"";"";"";"";"";"";"";"";;;;"";;;;"";"";;"";;;;"";"";;"";;"";;"";"";;"";;0;;;16042026;"";;"";"";;"";;'
)


def joined(header, columns, bookings):
    return "".join(line + "\r\n" for line in [header, columns, *bookings]).encode("cp1252")


def parts(line):
    return [f'"{v}"' if q else v for q, v in datevcheck.split(line)[0]]


def header(i, value):
    """The good file with another header field i, as written."""
    f = parts(HEADER)
    f[i - 1] = value
    return joined(";".join(f), datevcheck.COLUMNS, [BOOKING])


def column(*changes):
    """The good file with other columns: number, value as written, ..."""
    f = parts(BOOKING)
    for i, value in zip(changes[::2], changes[1::2]):
        f[i - 1] = value
    return joined(HEADER, datevcheck.COLUMNS, [";".join(f)])


def line(text):
    return joined(HEADER, datevcheck.COLUMNS, [text])


GOOD = line(BOOKING)
SPOILT = [
    # bytes and lines
    (b"", "the file is empty"), (b"\xef\xbb\xbf" + GOOD, "byte order mark"), (GOOD.replace(b"\r\n", b"\n"), "LF without CR"), (GOOD[:-2], "last line does not end"),
    (GOOD[:-2] + b"\n", "last line does not end"), (GOOD[:-2] + b"\r", "last line does not end"), (GOOD.replace(b"Kunde", b"Kun\x81de"), "byte 0x81 is not"),
    (GOOD.replace(b"Kunde", b"Kun\tde"), "control character 0x09"), (GOOD.replace(b"Kunde", b"Kun\rde"), "control character 0x0d"),
    (GOOD.replace(b"Kunde", b"Kun\r\nde"), "a quote is not closed"), (GOOD.decode("cp1252").encode("utf-8"), "the file is UTF-8"),
    (GOOD.decode("cp1252").encode("utf-8"), "the column names are not DATEV's"),
    (GOOD.replace(b"Zusatzinformation- Inhalt 1;", b"Zusatzinformation - Inhalt 1;"), "the column names are not DATEV's"),
    (GOOD.split(b"\r\n")[0] + b"\r\n", "the column names are not DATEV's"), (joined(HEADER, datevcheck.COLUMNS, []), "no booking"),
    (GOOD + b"\r\n", "1 fields, must be 125"), (joined(HEADER, datevcheck.COLUMNS, ["x"] * 100000), "at most 99999"),
    # header
    (joined(HEADER + ";", datevcheck.COLUMNS, [BOOKING]), "32 fields, must be 31"), (joined(HEADER[:-3], datevcheck.COLUMNS, [BOOKING]), "30 fields, must be 31"),
    (header(8, '"R"E"'), "text after the closing quote"), (header(1, "EXTF"), "header field 1 must be quoted"), (header(11, '"1001"'), "header field 11 must not be quoted"),
    *((header(i, f'"{v}"' if i in datevcheck.HEADER_TEXT else v), f"header field {i}:") for i, v in [
        (1, "DTVF"), (2, "510"), (3, "16"), (4, "Stapel"), (5, "12"), (6, "20260430"), (6, "20260431091500000"), (6, "20260430240000000"), (6, "20260430096000000"),
        (6, "20260430095960000"), (7, "x"), (8, "REX"), (9, "psa bill"), (9, "p" * 26), (10, "a b"), (11, ""), (11, "1000"), (11, "12345678"), (12, ""), (12, "0"),
        (12, "100000"), (13, ""), (13, "20260102"), (13, "20261301"), (14, "3"), (14, "9"), (15, "20260431"), (16, "2026-04-30"), (16, ""), (17, "Rechnung: 04"),
        (17, "R" * 31), (17, "Rechnungsausg\xe4nge"), (18, "A"), (18, "ab"), (19, "0"), (20, "1"), (20, ""), (21, ""), (21, "2"), (22, "EURO"), (22, ""), (23, "0"), (24, "x"),
        (25, "0"), (26, "0"), (27, "3"), (28, "12345"), (29, "0"), (30, "x"), (31, "x" * 17)]),
    (header(15, "20260501"), "Datum von is after"), (header(13, "20260501"), "not inside the fiscal year"), (header(13, "20250101"), "not inside the fiscal year"),
    (header(16, "20270131"), "not inside the fiscal year"), (header(13, "20250701").replace(b";20260430;", b";20260731;"), "not inside the fiscal year"),
    (header(15, "20260403"), "not inside Datum von and"), (header(21, "1"), "column 114 is '0', header field 21 '1'"), (header(14, "5"), "column 7: a debtor has 6 digits"),
    (header(14, "5"), "column 8: a general ledger account has 5"),
    # bookings
    (line(BOOKING + ";"), "126 fields, must be 125"), (line(BOOKING[:-1]), "124 fields, must be 125"), (line(BOOKING.replace(' & Co', '" & Co')), "text after the closing"),
    (column(1, '715"99'), "a quote inside a bare field"), (column(14, '"Kunde'), "a quote is not closed"),
    *((column(i, "" if i in datevcheck.TEXT else '""'), f"column {i} must {'' if i in datevcheck.TEXT else 'not '}be quoted") for i in range(1, 126)),
    *((column(i, '""' if i in datevcheck.TEXT else ""), f"column {i} is empty") for i in (1, 2, 7, 8, 10, 11, 114)),
    *((column(i, f'"{v}"' if i in datevcheck.TEXT else v), f"column {i}:") for i, v in [
        (1, "0,00"), (1, "000,00"), (1, "-715,99"), (1, "+715,99"), (1, "715.99"), (1, "1.715,99"), (1, "715,9"), (1, "715"), (1, "12345678901,00"), (1, "715,990"),
        (2, "C"), (2, "s"), (3, "EU"), (3, "eur"), (4, "0,00"), (4, "1,0"), (5, "0,00"), (6, "US"), (7, "00000"), (7, "1104A"), (7, "1234567890"), (7, "1104"), (7, "110422"),
        (8, "0000"), (8, "840"), (8, "84000"), (8, "8400 "), (9, "12345"), (9, "A"), (10, "204"), (10, "0104 "), (10, "3204"), (10, "0213"), (10, "3104"), (10, "0105"),
        (10, "02042026"), (11, "R26 7"), (11, "R26_7"), (11, "R26.7"), (11, "R\xdc1"), (11, "R" * 37), (12, "x" * 13), (13, "0,00"), (14, "x" * 61), (15, "2"),
        (16, "1234567890"), (17, "12"), (18, "1"), (19, "2"), (20, "x" * 211), (37, "a-b"), (37, "K\xf6ln"), (37, "x" * 37), (37, "a "), (38, " a"), (38, "a.b"), (39, "1,0"),
        (40, "XX123"), (40, "GR123456789"), (40, "DE"), (40, "at12345678"), (40, "AT U12345678"), (40, "AT12345678901234"), (41, "19"), (42, "X"), (43, "0"), (44, "1234"),
        (45, "12"), (46, "123"), (47, "1234"), (88, "1,0"), (89, "1"), (90, "123"), (91, "x" * 11), (92, "26"), (93, "2026"), (94, "12"), (95, "x" * 31), (96, "XX"), (97, "x"),
        (98, "D"), (99, "1234"), (100, "19"), (101, "123"), (102, "R"), (103, "x" * 37), (104, "0204"), (105, "x" * 36), (106, "2"), (107, "x" * 77), (108, "1"), (109, "x" * 12),
        (110, "x" * 21), (111, "0204"), (112, "x" * 31), (113, "123"), (114, "2"), (115, "0204"), (116, "0204"), (117, "1604"), (117, "20260416"), (117, "31042026"),
        (117, "01042026"), (118, "G"), (119, "19"), (120, "D"), (121, "x" * 51), (122, "6"), (123, "X1"), (124, "19"), (125, "0")]),
    *((column(i, '"x"'), f"columns {i}, {i + 1}: fill both") for i in datevcheck.PAIRS), *((column(i + 1, '"x"'), f"columns {i}, {i + 1}: fill both") for i in datevcheck.PAIRS),
    *((column(i, '"x' + "x" * (20 if i in datevcheck.PAIRS else 210) + '"'), f"column {i}: ") for p in datevcheck.PAIRS for i in (p, p + 1)),
    (column(115, "30042026"), "columns 115, 116"), (column(116, "30042026"), "columns 115, 116"), (column(12, '"x"'), "column 12 cannot stand"),
    (column(4, "1,00"), "columns 4 to 6"), (column(5, "1,00"), "columns 4 to 6"), (column(6, '"USD"'), "columns 4 to 6"),
]

ALSO_GOOD = [
    column(14, '"' + "\u20ac" * 60 + '"'), column(14, '"Anf\xfchrung ""x""; mit Trenner"'), column(37, '"Vertrieb Nord_2"', 40, '"ATU12345678"', 9, '"0094"'), column(117, ""),
    column(40, '"EL123456789"'), column(20, '"BEDI ""x"""', 21, '"Art"', 22, '"Inhalt"'), column(1, "1234567890,00", 2, '"H"'), column(10, "3004", 117, "30042026"),
    header(13, "20250701"), header(6, "20260430000000000"), header(27, '""'),
    joined(HEADER, datevcheck.COLUMNS, [BOOKING] * 3000),
]


def main():
    """Also watches that every place in the checker that reports something did so at least once."""
    failures, told = [], set()
    plain_add = datevcheck.File.add

    def watched_add(self, number, sentence):
        told.add(sys._getframe(1).f_lineno)  # pylint: disable=protected-access
        plain_add(self, number, sentence)

    datevcheck.File.add = watched_add
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "EXTF_Buchungsstapel.csv")

        def findings(data, name=path):
            with open(name, "wb") as f:
                f.write(data)
            return datevcheck.check(name)

        for k, data in enumerate([GOOD, *ALSO_GOOD]):
            found, bookings = findings(data)
            if found or not bookings:
                failures.append(f"good file {k}: {found[:3]}")
        for k, (data, wanted) in enumerate(SPOILT):
            found, _ = findings(data)
            if not any(wanted in f for f in found):
                failures.append(f"spoilt file {k}: '{wanted}' is not among {found[:3]}")
        for name in ("DTVF_x.csv", "EXTF_x.txt", "extf_x.csv"):
            if not any("the name must" in f for f in findings(GOOD, os.path.join(folder, name))[0]):
                failures.append(f"{name}: accepted")
        if not datevcheck.check(os.path.join(folder, "EXTF_missing.csv"))[0]:
            failures.append("a missing file: accepted")
        three = parts(BOOKING)
        three[0], three[1] = "15,00", '"H"'
        _, bookings = findings(joined(HEADER, datevcheck.COLUMNS, [BOOKING, BOOKING, ";".join(three)]))
        if datevcheck.sums(bookings) != {("R26-0007", "11042"): Decimal("1416.98")}:
            failures.append(f"sums: {datevcheck.sums(bookings)}")
    with open(datevcheck.__file__, encoding="utf-8") as f:
        places = {n for n, text in enumerate(f, 1) if re.search(r"self\.add\(", text)}
    failures += [f"datevcheck.py:{n}: no spoilt file reaches this finding" for n in sorted(places - told)]
    for text in failures:
        print(text)
    total = len(SPOILT) + len(ALSO_GOOD) + 6
    print(f"datevcheck: {total - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
