#!/usr/bin/python3
"""The arithmetic and the reader of this folder against known values: worked examples, ties, check digits, and a complete minimal invoice (minimal.xml)."""

import os
import sys
from decimal import Decimal
from fractions import Fraction

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import alone  # noqa: E402
import exact  # noqa: E402
import extf  # noqa: E402
import spoil  # noqa: E402
import ubl  # noqa: E402

MINIMAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "minimal.xml")
D = Decimal


def hours(minutes, price):
    return exact.line_net("HUR", exact.printed_quantity("HUR", minutes * 60), D(price), "EUR")


def whole_minutes(minutes, price):
    return exact.line_net("MIN", exact.printed_quantity("MIN", minutes * 60), D(price), "EUR")


KNOWN = (
    ("380 min at 95.00, printed hours", hours(380, "95.00"), 60135),
    ("380 min at 95.00, printed minutes", whole_minutes(380, "95.00"), 60167),
    ("311 min at 125.00, printed hours", hours(311, "125.00"), 64750),
    ("311 min at 125.00, printed minutes", whole_minutes(311, "125.00"), 64792),
    ("465 min at 95.00", (hours(465, "95.00"), whole_minutes(465, "95.00")), (73625, 73625)),
    ("a tie away from zero", (exact.rounded(Fraction("64812.5")), exact.rounded(Fraction("-64812.5")), exact.rounded(Fraction("-32499.5"))), (64813, -64813, -32500)),
    ("just below a tie", exact.rounded(Fraction("0.49999999999999999999")), 0),
    ("787.50 at 19 per cent", exact.vat(78750, 19), 14963),
    ("a rate with a decimal", exact.vat(1000, Fraction("10.7")), 107),
    ("yen have no decimals", exact.line_net("HUR", D("1.50"), D("1001"), "JPY"), 1502),
    ("a discount over two VAT groups", exact.discount(10, [("7", 64813), ("19", 73625)]), {"7": 6481, "19": 7363}),
    ("its remainder goes to the largest group", exact.discount(50, [("7", 101), ("19", 301)]), {"7": 51, "19": 150}),
    ("parts in proportion", exact.split(100, [("a", 1), ("b", 1), ("c", 4)]), {"a": 17, "b": 17, "c": 66}),
    ("rounding of time", [exact.round_time(s, m, 15) for s, m in ((1, "up"), (900, "up"), (899, "down"), (450, "nearest"), (449, "nearest"), (77, "none"))], [900, 900, 0, 900, 0, 77]),
    ("Leitweg-IDs", (exact.leitweg_ok("04011000-12345-03"), exact.leitweg_ok("04011000-12345-99"), exact.make_leitweg("04011000", "12345")), (True, False, "04011000-12345-03")),
    ("IBANs", (exact.iban_ok("DE02 1203 0000 0000 2020 51"), exact.iban_ok("DE02120300000000202052")), (True, False)),
    ("VAT ids", (exact.vat_id_ok("DE136695976"), exact.vat_id_ok("DE123456789"), exact.vat_id_ok("DE1"), exact.vat_id_ok("ATU12345678")), (True, False, False, True)),
    ("blank texts", (exact.blank("\u00a0\u2003\n"), exact.blank("\u200b"), exact.blank("x")), (True, True, False)),
    ("minor units", (exact.minor(D("1.5"), "EUR"), exact.minor(D("1.5"), "JPY"), exact.minor(D("-0.01"), "EUR")), (150, None, -1)),
    ("fields of a booking line", extf.fields('1,00;"S";"a ""b"";c";;0'), [(False, "1,00"), (True, "S"), (True, 'a "b";c'), (False, ""), (False, "0")]),
)


def problems():
    out = [f"{what}: got {got}, must be {wanted}" for what, got, wanted in KNOWN if got != wanted]
    with open(MINIMAL, "rb") as f:
        data = f.read()
    out += [f"minimal.xml: {x}" for x in alone.problems(ubl.Document(data), {D(19)})]
    bad, _, _ = spoil.report([("minimal.xml", data, None)], 1, None, False)
    return out + bad


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or f"{len(KNOWN)} known values hold")
    sys.exit(1 if found else 0)
