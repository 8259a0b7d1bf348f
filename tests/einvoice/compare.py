"""One issued document: what belongs to it, and its XML against what must be in it."""

import collections
import datetime
import glob
import io
import os
from decimal import Decimal
from fractions import Fraction

import alone
import exact
import rules as rulebook


class Problems(list):
    """Sentences, each with the place it was found at."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def say(self, what):
        self.append(f"{self.place}: {what}")

    def same(self, got, wanted, what):
        if got != wanted:
            self.say(f"{what}: {str(got)[:300]}, must be {str(wanted)[:300]}")

    def text(self, got, wanted, what):
        self.same(exact.shown(got), exact.shown(wanted), what)


class Issued:
    """One document of a run: what the files say, and what must be in it. sign is -1 for a cancellation, original is then the invoice."""

    def __init__(self, step, row, expected, original=None):
        self.step, self.row, self.expected, self.original = step, row, expected, original
        self.number, self.sign = row["invoice_number"], -1 if original else 1
        self.date = step.date
        self.lines = [r for r in step.lines if r["invoice_number"] == self.number]
        self.entries = [r for r in step.entries if r["invoice_number"] == self.number]
        days = 0 if original else int(step.rules.setting(expected.customer, "due_days"))
        self.due = (datetime.date.fromisoformat(self.date) + datetime.timedelta(days=days)).isoformat()
        self.xml = None

    def money(self, minor_units):
        return exact.major(self.sign * minor_units, self.expected.currency)

    def files(self, kind):
        name = self.number.replace("/", "-")
        return glob.glob(os.path.join(glob.escape(self.step.folder), "invoices", glob.escape(name) + "_*." + kind))

    def formats(self):
        return (self.expected.customer.get("formats") or self.step.rules.get("output", "formats")).replace(",", " ").split()

    def positions(self):
        """Position -> expected line, found by the entries that stand on it; fees by price, VAT and month. What does not fit is left out."""
        on, out, fees = collections.defaultdict(set), {}, [x for x in self.expected.lines if x.fee]
        if self.original:
            return self.original.positions()
        for e in self.entries:
            on[e["line"]].add(e["entry_id"])
        by_ids = {x.ids: x for x in self.expected.lines if not x.fee}
        for r in self.lines:
            if r["line"] in on:
                out[r["line"]] = by_ids.get(frozenset(on[r["line"]]))
            elif r["line"]:
                months = {x["id"]: x["from"] for x in self.xml.lines} if self.xml else {}
                fee = next((f for f in fees if f.price == Decimal(r["rate"]) and f.rate == Decimal(r["tax_rate"] or 0) and months.get(r["line"], f.start) == f.start), None)
                if fee:
                    fees.remove(fee)
                    out[r["line"]] = fee
        return {k: v for k, v in out.items() if v is not None}


# ---- one XML document against what must be in it ----

def parties(p, doc, issued):
    rules, customer, expected = issued.step.rules, issued.expected.customer, issued.expected
    outside = any(g[0] == "O" for g in expected.taxes)
    for key in ("name", "street", "zip", "city", "country", "contact", "phone", "email"):
        p.text(doc.seller[key], rules.get("seller", key), f"seller's {key}")
    vat = None if outside else rules.get("seller", "vat_id") or None
    p.same(doc.seller["vat_id"], vat, "seller's VAT id")
    p.same(doc.seller["tax_number"], rules.get("seller", "tax_number") or None, "seller's tax number")
    for key in ("register_id", "legal_info"):
        if doc.seller[key] is not None or outside:
            p.text(doc.seller[key], rules.get("seller", key), f"seller's {key}")
    seller_endpoint = (rules.get("seller", "endpoint"), rules.get("seller", "endpoint_scheme") or "EM") if rules.get("seller", "endpoint") else (rules.get("seller", "email"), "EM")
    p.same((doc.seller["endpoint"], doc.seller["endpoint_scheme"]), seller_endpoint, "seller's electronic address")
    for key, column in (("name", "legal_name"), ("street", "street"), ("zip", "zip"), ("city", "city"), ("country", "country")):
        p.text(doc.buyer[key], customer[column], f"buyer's {key}")
    p.same(doc.buyer["vat_id"], None if outside else customer["vat_id"] or None, "buyer's VAT id")
    endpoint = (customer["endpoint"], customer["endpoint_scheme"] or "EM") if customer["endpoint"] else (customer["email"], "EM")
    p.same((doc.buyer["endpoint"], doc.buyer["endpoint_scheme"]), endpoint, "buyer's electronic address")


def references(p, doc, issued):
    rules, customer = issued.step.rules, issued.expected.customer
    p.text(doc.buyer_reference, customer["buyer_reference"] or customer["customer_number"], "buyer reference (BT-10)")
    for key, column in (("order_reference", "order_reference"), ("contract_reference", "contract_reference")):
        p.text(getattr(doc, key), customer.get(column), key)
    note = customer.get("note") or rules.get("billing", "note")
    if note and not issued.original:
        notes = [exact.shown(n) for n in doc.notes]
        if exact.shown(note) not in notes:
            p.say(f"the note {note[:60]!r} is not among {notes}")
    p.same(doc.cancels, [(issued.original.number, issued.original.date)] if issued.original else [], "references to cancelled invoices")
    p.same((doc.payment["iban"] or "").replace(" ", ""), rules.get("seller", "iban").replace(" ", ""), "IBAN")
    for key, wanted in (("bic", rules.get("seller", "bic")), ("holder", rules.get("seller", "name")), ("id", issued.number)):
        if doc.payment[key] is not None:
            p.text(doc.payment[key], wanted, f"payment: {key}")
    days = int(rules.setting(customer, "discount_days") or 0)
    skonto = [x for x in (doc.terms or "").split("\n") if "#SKONTO#" in x]
    wanted = [f"#SKONTO#TAGE={days}#PROZENT={Decimal(rules.setting(customer, 'discount_rate')):.2f}#"] if days and not issued.original else []
    p.same(skonto, wanted, "cash discount")


def amounts(p, doc, issued):
    expected, currency = issued.expected, issued.expected.currency

    def value(x):
        return exact.minor(x or 0, currency)

    def rate(x):
        return Fraction(Decimal(x or 0))

    got = {(x["category"], rate(x["rate"])): (value(x["base"]), value(x["tax"])) for x in doc.taxes}
    p.same(got, {g: (issued.sign * b, issued.sign * t) for g, (b, t) in expected.taxes.items()}, "VAT groups")
    for key, wanted in (("lines", expected.lines_net), ("allowances", expected.discount), ("net", expected.net), ("gross", expected.gross), ("due", expected.gross)):
        p.same(value(doc.totals[key]), issued.sign * wanted, f"total {key}")
    p.same(value(doc.tax), issued.sign * expected.tax, "VAT")
    got = sorted((x["category"], rate(x["rate"]), value(x["amount"]), x["percent"] or 0, value(x["base"])) for x in doc.allowances if x["amount"])
    p.same(got, sorted(allowance(a, issued) for a in expected.allowances), "allowances")
    for a in expected.allowances:
        named = [exact.shown(x["reason"]) for x in doc.allowances if (x["category"], rate(x["rate"]), value(x["amount"])) == (a["category"], a["rate"], issued.sign * a["amount"])]
        if a["reason"] and not any(n in (exact.shown(a["reason"]), f"{exact.shown(a['reason'])} ({percent(a['percent'], issued)} %)") for n in named):
            p.say(f"no discount of {issued.money(a['amount'])} for the reason {a['reason']!r}")


def attachments(p, doc, issued):
    """The time sheet, as CSV in the form of entries.csv, as XLSX the invoice's own workbook; a cancellation and a document without entries have none."""
    wanted = issued.step.rules.get("output", "attach").replace(",", " ").split() if issued.expected.ids and not issued.original else []
    kinds = {"text/csv": "csv", alone.MIME[1]: "xlsx"}
    p.same(sorted(kinds.get(x["mime"]) or x["mime"] for x in doc.attachments), sorted(w for w in wanted if w != "none"), "attachments")
    for x in doc.attachments:
        if kinds.get(x["mime"]) == "csv":
            try:
                rows = rulebook.parse_csv(io.StringIO(x["data"].decode("utf-8-sig"), newline=""))
            except UnicodeDecodeError as error:
                rows = [str(error)]
            p.same(rows, issued.entries, f"attachment {x['name']} and entries.csv")
        for path in issued.files("xlsx") if kinds.get(x["mime"]) == "xlsx" else ():
            with open(path, "rb") as f:
                p.same(len(x["data"]) and f.read() == x["data"], True, f"attachment {x['name']} is the workbook beside it")


def percent(value, issued):
    text = f"{value.normalize():f}"
    return text.replace(".", ",") if issued.step.rules.setting(issued.expected.customer, "language") == "de" else text


def allowance(a, issued):
    """Category, rate, amount, percentage and base; the last two only stand there when they give the amount within 0.02 (R040)."""
    currency = issued.expected.currency
    near = abs(Fraction(a["amount"]) - Fraction(a["base"]) * Fraction(a["percent"]) / 100) <= Fraction("0.02") * 10 ** exact.decimals_of(currency)
    return (a["category"], a["rate"], issued.sign * a["amount"], a["percent"] if near else 0, issued.sign * a["base"] if near else 0)


def xml_line(p, x, line, issued, row):
    what = f"line {x['id']}"
    p.same((x["unit"], x["quantity"], x["price"]), (line.unit, issued.sign * line.quantity, line.price), f"{what}: unit, quantity, price")
    p.same(exact.minor(x["net"] or 0, issued.expected.currency), issued.sign * line.net, f"{what}: net")
    p.same((x["category"], Fraction(Decimal(x["rate"] or 0))), (line.category, line.rate), f"{what}: VAT")
    if x["from"] is not None or not issued.expected.late_only:
        p.same((x["from"], x["to"]), (line.start, line.end), f"{what}: period")
    p.text(exact.unguarded(exact.shown(x["name"])), exact.unguarded(exact.shown(row["description"])), f"{what}: name and lines.csv")
    if exact.shown(line.text)[:80] not in exact.shown(x["name"]):
        p.say(f"{what}: {x['name']!r} does not name {line.text[:80]!r}")


def period(p, got, issued, what):
    expected = issued.expected
    if expected.period is not None:
        p.same(got, expected.period, f"{what}: period")
    elif not (got[0] or "9") <= expected.first <= expected.last <= (got[1] or "0"):
        p.say(f"{what}: period {got} without {expected.first} to {expected.last}")


def against(doc, issued):
    """The problems of an XML document, alone and against what must be in it."""
    p = Problems(f"{issued.step.place} {issued.number}.xml")
    for sentence in alone.problems(doc, issued.step.rules.vat_rates()):
        p.say(sentence)
    p.same((doc.number, doc.type, doc.currency), (issued.number, "384" if issued.original else "380", issued.expected.currency), "number, type, currency")
    p.same((doc.date, doc.due), (issued.date, issued.due), "issue and due date")
    period(p, doc.period, issued, "document")
    parties(p, doc, issued)
    references(p, doc, issued)
    amounts(p, doc, issued)
    attachments(p, doc, issued)
    positions = issued.positions()
    rows = {r["line"]: r for r in issued.lines}
    p.same(len(doc.lines), len(issued.expected.lines), "number of lines")
    for x in doc.lines:
        if x["id"] in positions and x["id"] in rows:
            xml_line(p, x, positions[x["id"]], issued, rows[x["id"]])
        else:
            p.say(f"line {x['id']} is none that must be there")
    return p
