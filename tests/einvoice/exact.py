"""Exact arithmetic and check digits, written from the rules and shared with nothing: whole numbers and fractions, no binary floating point."""

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

DECIMALS = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "KWD": 3, "TND": 3, "BHD": 3}
LEITWEG = re.compile(r"(0[1-9]|1[0-6]|99)(\d|\d{3}|\d{6}|\d{7}|\d{10})?(-[0-9A-Za-z]{1,30})?-\d\d\Z")
# What a document cannot or must not show: C0 and C1 controls, direction marks, line and paragraph separator, byte order mark, noncharacters.
UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff]")
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def rounded(value):
    """To a whole number, halves away from zero: the one rounding of section 8.2."""
    value = Fraction(value)
    n, d = abs(value.numerator), value.denominator
    whole = (2 * n + d) // (2 * d)
    return whole if value >= 0 else -whole


def decimals_of(currency):
    return DECIMALS.get(currency, 2)


def minor(amount, currency):
    """A decimal amount in minor units; None when it has more decimals than the currency."""
    value = Fraction(amount) * 10 ** decimals_of(currency)
    return int(value) if value.denominator == 1 else None


def major(minor_units, currency):
    return Decimal(minor_units).scaleb(-decimals_of(currency))


def line_net(unit, quantity, price, currency):
    """Minor units of printed quantity x printed price (section 8.3): price is per hour, of a lump sum per piece."""
    return rounded(Fraction(quantity) * Fraction(price) * 10 ** decimals_of(currency) / (60 if unit == "MIN" else 1))


def vat(base_minor, percent):
    return rounded(Fraction(base_minor) * Fraction(percent) / 100)


def printed_quantity(unit, secs):
    """Hours with two decimals or whole minutes, converted once per line."""
    return Decimal(rounded(Fraction(secs, 36))).scaleb(-2) if unit == "HUR" else Decimal(rounded(Fraction(secs, 60)))


def split(total, weights):
    """Parts of a total in proportion to weights, each rounded; the remainder goes to the largest weight. [(key, weight)] -> {key: part}"""
    whole = sum(w for _, w in weights)
    if whole == 0:
        return {k: 0 for k, _ in weights}
    parts = {k: rounded(Fraction(total * w, whole)) for k, w in weights}
    largest = max(weights, key=lambda kw: abs(kw[1]))[0]
    parts[largest] += total - sum(parts.values())
    return parts


def discount(percent, groups):
    """A discount over VAT groups: the total from the sum, the parts per group, the remainder to the largest. [(group, net)] -> {group: amount}"""
    total = rounded(Fraction(sum(n for _, n in groups)) * Fraction(percent) / 100)
    parts = {g: rounded(Fraction(n) * Fraction(percent) / 100) for g, n in groups}
    parts[max(groups, key=lambda gn: abs(gn[1]))[0]] += total - sum(parts.values())
    return parts


def round_time(secs, mode, minutes):
    step = minutes * 60
    if mode == "none" or secs <= 0:
        return secs
    if mode == "down":
        return secs // step * step
    if mode == "up":
        return -(-secs // step) * step
    return rounded(Fraction(secs, step)) * step


# ---- check digits ----

def digits(text):
    """Letters as 10 to 35, one whole number."""
    return int("".join(str(int(c, 36)) for c in text))


def iban_ok(text):
    text = text.replace(" ", "")
    return bool(re.match(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}\Z", text)) and digits(text[4:] + text[:4]) % 97 == 1


def make_iban(country, account):
    return f"{country}{98 - digits(account + country + '00') % 97:02d}{account}"


def leitweg_ok(text):
    return bool(LEITWEG.match(text)) and digits(text.replace("-", "")) % 97 == 1


def make_leitweg(coarse, fine=""):
    body = coarse + ("-" + fine if fine else "")
    return f"{body}-{98 - digits(body.replace('-', '') + '00') % 97:02d}"


def german_check_digit(eight):
    """ISO 7064 mod 11,10."""
    p = 10
    for c in eight:
        m = (int(c) + p) % 10 or 10
        p = 2 * m % 11
    return (11 - p) % 10


def vat_id_ok(text):
    if not re.match(r"[A-Z]{2}[0-9A-Z+*]{2,13}\Z", text):
        return False
    return not text.startswith("DE") or bool(re.match(r"DE\d{9}\Z", text)) and german_check_digit(text[2:10]) == int(text[10])


# ---- text ----

def shown(text):
    """How two documents' texts are compared: what cannot be shown is a blank, runs of blanks are one."""
    return " ".join(UNSHOWABLE.sub(" ", text or "").split())


def blank(text):
    """Nothing that a reader would see: blanks of any kind, also no-break ones."""
    return not any(unicodedata.category(c)[0] not in "ZC" for c in text or "")


def unguarded(cell):
    """A CSV cell without the ' that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
