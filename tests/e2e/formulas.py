"""A small spreadsheet: computes the formulas of a workbook anew and compares them with the values that the file shows until somebody does so.
Knows what the documents use: + - * / ( ), SUM, SUMIF, SUBTOTAL(9), SUMPRODUCT, ROUND, ABS, references and ranges."""

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

import openpyxl

REFERENCE = re.compile(r"""("[^"]*")|(?:'((?:[^']|'')+)'!)?\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?(?![\d(A-Z])""")


def number(value):
    """A cell as spreadsheets compute with it: durations and dates in days, texts as they are."""
    if isinstance(value, datetime.timedelta):
        return value.total_seconds() / 86400
    if isinstance(value, datetime.time):
        return (value.hour * 3600 + value.minute * 60 + value.second) / 86400
    if isinstance(value, datetime.datetime):
        return (value - datetime.datetime(1899, 12, 30)).total_seconds() / 86400
    return value


def flat(args):
    for a in args:
        if isinstance(a, list):
            yield from flat(a)
        else:
            yield a


def total(*args):
    return sum(a for a in flat(args) if isinstance(a, (int, float)))


def rounded(value, digits):
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP))


class Book:
    def __init__(self, path):
        self.values = openpyxl.load_workbook(path, data_only=True)
        self.formulas = openpyxl.load_workbook(path)

    def cells(self, sheet, a, b):
        found = [number(c.value) for row in self.values[sheet][f"{a}:{b}"] for c in row]
        return [0 if v is None else v for v in found]

    def compute(self, sheet, formula):
        def replace(m):
            text, other, col, row, col2, row2 = m.groups()
            if text is not None:
                return text
            name = (other or sheet).replace("''", "'")
            one = f"cells({name!r}, '{col}{row}', '{col2 or col}{row2 or row}')"
            return one if col2 else one + "[0]"

        functions = {"cells": self.cells, "SUM": total, "SUBTOTAL": lambda kind, *a: total(*a), "ROUND": rounded,
                     "ABS": lambda v: [abs(x) for x in v] if isinstance(v, list) else abs(v), "SUMPRODUCT": total,
                     "SUMIF": lambda keys, key, v: sum(x for k, x in zip(keys if isinstance(keys, list) else [keys], v if isinstance(v, list) else [v]) if k == key)}
        return eval(REFERENCE.sub(replace, formula[1:]), {"__builtins__": {}}, functions)  # pylint: disable=eval-used

    def differences(self):
        """(number of formulas, what is off)"""
        count, off = 0, []
        for sheet in self.formulas:
            for cell in (c for row in sheet.iter_rows() for c in row if c.data_type == "f"):
                count += 1
                shown = number(self.values[sheet.title][cell.coordinate].value)
                computed = self.compute(sheet.title, cell.value)
                if not isinstance(shown, (int, float)) or abs(computed - shown) > 1e-9 * max(1, abs(computed)):
                    off.append(f"{sheet.title}!{cell.coordinate} {cell.value}: shows {shown}, computes to {computed}")
        return count, off
