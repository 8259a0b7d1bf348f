"""One issued document against what must be in it: its XML, its rows of the CSV files, its workbook, its bookings, its place in the ledger."""

import collections
import datetime
import glob
import io
import json
import os
from decimal import Decimal
from fractions import Fraction

import alone
import exact
import extf
import rules as rulebook
import sheets


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
        self.due = (datetime.date.fromisoformat(self.date) + datetime.timedelta(days=int(step.rules.setting(expected.customer, "due_days")))).isoformat()
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
    p.same((doc.date, doc.due), (issued.date, issued.row["due_date"]), "issue and due date")
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


# ---- CSV, XLSX, ledger of one document ----

def csv_document(issued):
    p = Problems(f"{issued.step.place} {issued.number} csv")
    row, expected = issued.row, issued.expected
    for column, minor_units in (("net", expected.net), ("tax", expected.tax), ("gross", expected.gross)):
        p.same(Decimal(row[column]), issued.money(minor_units), column)
    wanted = {"type": "384" if issued.original else "380", "date": issued.date, "currency": expected.currency, "company_id": expected.customer["company_id"],
              "cancels": issued.original.number if issued.original else ""}
    if not issued.original:
        wanted.update(due_date=issued.due, entries=str(len(expected.ids)), seconds=str(expected.secs))
    for column, value in wanted.items():
        p.same(row[column], value, column)
    p.text(row["legal_name"], expected.customer["legal_name"], "legal_name")
    p.text(row["customer_number"], expected.customer["customer_number"], "customer_number")
    period(p, (row["period_from"], row["period_to"]), issued, "invoices.csv")
    p.same(len([r for r in issued.lines if r["line"]]), len(expected.lines), "rows of lines.csv")
    positions = issued.positions()
    on = collections.defaultdict(list)
    for e in issued.entries:
        on[e["line"]].append(e)
    for r in issued.lines:
        if r["line"] and r["line"] in positions:
            csv_line(p, r, positions[r["line"]], on[r["line"]], issued)
        elif r["line"]:
            p.say(f"line {r['line']} is none that must be there: {r['description'][:60]!r}, {len(on[r['line']])} entries")
    got = sorted((r["tax_category"], Fraction(Decimal(r["tax_rate"] or 0)), Decimal(r["net"])) for r in issued.lines if not r["line"] and Decimal(r["net"]) != 0)
    p.same(got, sorted((a["category"], a["rate"], issued.money(-a["amount"])) for a in expected.allowances), "discounts in lines.csv")
    for r in issued.lines:
        if not r["line"]:
            p.same((abs(Decimal(r["quantity"])), r["unit"]), (1, "LS"), "quantity of a discount")
    for path in issued.files("csv"):
        p.same(rulebook.read_csv(path), issued.lines, os.path.basename(path))
    return p


def csv_line(p, r, line, entries, issued):
    what = f"line {r['line']}"
    p.same((r["unit"], Decimal(r["quantity"]), Decimal(r["rate"]), Decimal(r["net"])), (line.unit, issued.sign * line.quantity, line.price, issued.money(line.net)), what)
    p.same((r["currency"], r["tax_category"], Fraction(Decimal(r["tax_rate"] or 0))), (issued.expected.currency, line.category, line.rate), f"{what}: currency and VAT")
    p.same(abs(int(r["seconds"] or 0)), line.secs, f"{what}: seconds")
    if issued.original:
        return
    p.same(sum(int(e["billed_seconds"]) for e in entries), line.billed, f"{what}: billed seconds of its entries")
    for e in entries:
        x = line.items[e["entry_id"]]
        late = "1" if issued.step.rules.is_late(x) else "0"
        p.same((int(e["seconds"]), e["date"], Decimal(e["rate"]), e["currency"], e["late"]), (x["secs"], x["date"], line.price, issued.expected.currency, late), f"entry {x['id']}")
        for column, thing in (("company", "company"), ("project", "project"), ("task", "task"), ("user", "user"), ("type_of_work", "work")):
            p.text(e[column], exact.unguarded((x[thing] or {}).get("name", "")), f"entry {x['id']}: {column}")
        if line.each is not None:
            p.same(int(e["billed_seconds"]), line.each[x["id"]], f"{what}: billed seconds of {x['id']}")
        elif int(e["billed_seconds"]) < 0 or abs(int(e["billed_seconds"]) * line.secs - x["secs"] * line.billed) > line.secs:
            p.say(f"{what}: {e['billed_seconds']} s of {line.billed} for {x['id']} with {x['secs']} s of {line.secs}")


def workbook(issued, path, template, tolerance=Decimal(0), sums=None):
    """tolerance: 0 for the values as written; a computing program may differ in the last digits of a double. sums: gets base and VAT as the page shows them."""
    p = Problems(f"{issued.step.place} {issued.number}.xlsx")
    try:
        page = sheets.Page(path, template)
    except (ValueError, KeyError, OSError) as error:
        p.say(str(error))
        return p
    expected, positions = issued.expected, issued.positions()

    def near(got, wanted, what):
        if got is None or abs(got - wanted) > tolerance:
            p.say(f"{what}: {got}, must be {wanted}")

    p.same([x["position"] for x in page.lines], list(range(1, len(expected.lines) + 1)), "positions")
    for x in page.lines:
        line = positions.get(str(x["position"]))
        if line is not None:
            near(sheets.number(x["net"]), issued.money(line.net), f"line {x['position']}: net")
            near(sheets.number(x["quantity"]), issued.sign * line.quantity, f"line {x['position']}: quantity")
            near(sheets.number(x["price"]), line.price, f"line {x['position']}: price")
            if sheets.number(x.get("tax_rate")) is not None:
                p.same(Fraction(sheets.number(x["tax_rate"])), line.rate, f"line {x['position']}: VAT")
            if exact.shown(line.text)[:60] not in exact.shown(x["description"]):
                p.say(f"line {x['position']}: {x['description'][:80]!r} does not name {line.text[:60]!r}")
    near(page.total(*template.gross()), issued.money(expected.gross), "gross")
    near(page.total(template.label("net")), issued.money(expected.net), "net")
    if expected.allowances:
        near(page.total(template.label("subtotal")), issued.money(expected.lines_net), "subtotal")
    cash_discount(p, page, issued)
    shown = [a for _, a in page.totals]
    for a in expected.allowances:
        if not any(abs(s - issued.money(-a["amount"])) <= tolerance for s in shown):
            p.say(f"the discount {issued.money(-a['amount'])} is not among {shown}")
    got = sorted((r, b) for r, b, _ in page.taxes() if r is not None)
    p.same(got, sorted((Decimal(float(g[1])).quantize(Decimal("0.01")).normalize(), issued.money(b)) for g, (b, _) in expected.taxes.items() if g[1]), "VAT rates and bases")
    for r, b, t in page.taxes():
        group = [(g, x) for g, x in expected.taxes.items() if (g[1] == 0 if r is None else g[1] == Fraction(r))]
        if group:
            near(t, issued.money(group[0][1][1]), f"VAT at {r}")
            if sums is not None:
                sums[(expected.currency, *group[0][0])] += exact.minor((page.total(template.label("net")) if r is None else b) + t, expected.currency) or 0
        else:
            p.say(f"VAT at {r} per cent is none of this invoice")
    if expected.ids and page.entries is not None and not issued.original:
        p.same((page.entries, page.seconds, page.billed), (len(expected.ids), expected.secs, sum(x.billed for x in expected.lines)), "time sheet")
        p.same((page.sums.get("duration"), page.sums.get("billed")), (page.seconds, page.billed), "sums of the time sheet")
    for text in (issued.number, expected.customer["legal_name"]):
        if not any(exact.shown(text)[:60] in exact.shown(t) for t in page.texts):
            p.say(f"{text[:60]!r} is nowhere on the page")
    return p


def cash_discount(p, page, issued):
    """What is left to pay within the days of the cash discount stands in a sentence."""
    rules, expected = issued.step.rules, issued.expected
    if issued.original or not expected.gross or not int(rules.setting(expected.customer, "discount_days") or 0):
        return
    off = exact.rounded(Fraction(expected.gross) * Fraction(Decimal(rules.setting(expected.customer, "discount_rate"))) / 100)
    for minor_units in (off, expected.gross - off):
        text = page.template.text(issued.money(minor_units))
        if not any(text in t for t in page.texts):
            p.say(f"cash discount: {text} is nowhere on the page")


def ledger(issued, db):
    p = Problems(f"{issued.step.place} {issued.number} ledger")
    expected, sign = issued.expected, issued.sign
    found = db.execute("SELECT net_minor,tax_minor,gross_minor,facts FROM invoice WHERE no=?", (issued.number,)).fetchone()
    if found is None:
        p.say("not there")
        return p
    facts = json.loads(found[3])
    p.same(tuple(found[:3]), tuple(sign * x for x in (expected.net, expected.tax, expected.gross)), "net, tax, gross")
    p.same((facts["lines_minor"], facts["allowance_minor"]), (sign * expected.lines_net, sign * expected.discount), "sums of lines and discounts")
    p.same({(x["category"], Fraction(x["pct_e2"], 100)): (x["base_minor"], x["tax_minor"]) for x in facts["taxes"]},
           {g: (sign * b, sign * t) for g, (b, t) in expected.taxes.items()}, "VAT groups")
    p.same(sorted(x["amount_minor"] for x in facts["allowances"]), sorted(sign * a["amount"] for a in expected.allowances), "discounts")
    positions = issued.positions()
    lines = {str(pos): json.loads(x) for pos, x in db.execute("SELECT pos,facts FROM line WHERE invoice=?", (issued.number,))}
    p.same(sorted(lines), sorted(positions), "lines")
    for pos, line in positions.items():
        x = lines.get(pos)
        if x:
            p.same((x["net_minor"], x["price_e4"], Fraction(x["tax_pct_e2"], 100), x["tax_category"], abs(x["secs"])),
                   (sign * line.net, int(line.price.scaleb(4)), line.rate, line.category, line.secs), f"line {pos}")
    return p


# ---- bookings ----

def bookings(step, documents):
    """One booking per document, VAT group and cost centre."""
    p = Problems(f"{step.place} DATEV")
    paths = sorted(glob.glob(os.path.join(glob.escape(step.folder), "datev", "*")))
    if "datev" not in step.rules.get("output", "formats"):
        p.same(paths, [], "files")
        return p, collections.Counter()
    found, accounts = collections.defaultdict(list), extf.accounts(step.rules.conf)
    for path in paths:
        file = extf.File(path, step.rules.conf)
        p.extend(f"{p.place}: {x}" for x in file.problems)
        for b in file.bookings:
            found[b["number"]].append(b)
    sums, wanted_numbers = collections.Counter(), set()
    for issued in documents:
        wanted = issued.expected.bookings() if issued.expected.currency == "EUR" else {}
        wanted_numbers |= {issued.number} if wanted else set()
        got = found[issued.number]
        p.same(sorted((b["revenue"], b["bu"], b["cost_centre"], b["amount"]) for b in got),
               sorted((*accounts.get((c, Decimal(r.numerator) / r.denominator), ("none", "")), centre, abs(exact.major(a, "EUR"))) for (c, r, centre), a in wanted.items()),
               f"{issued.number}: account, key, cost centre, amount")
        for b in got:
            booking(p, b, issued)
            sums[b["revenue"]] += -b["amount"] if b["credit"] else b["amount"]
    p.same(sorted(n for n, b in found.items() if b), sorted(wanted_numbers), "documents")
    return p, sums


def booking(p, b, issued):
    customer = issued.expected.customer
    p.same((b["credit"], b["account"], b["date"].isoformat() if b["date"] else None), (issued.sign < 0, customer["debtor_account"], issued.date), f"{issued.number}: side, debtor, date")
    reverse = issued.step.rules.vat_of(customer)[0] == "AE"
    p.same(b["vat_id"], customer["vat_id"].replace(" ", "") if reverse else "", f"{issued.number}: VAT id (field 40)")
    if b["due"]:
        p.same(b["due"], issued.row["due_date"], f"{issued.number}: due date")
    if issued.number not in b["text"] and not issued.original:
        p.say(f"{issued.number}: text {b['text']!r}")
