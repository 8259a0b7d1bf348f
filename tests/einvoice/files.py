"""What was issued, in the files beside the XML: CSV, workbooks, bookings, ledger, each against what must be in it."""

import collections
import glob
import json
import os
from decimal import Decimal
from fractions import Fraction

import exact
import extf
import rules as rulebook
import sheets
from compare import Problems, period


def csv_document(issued):
    p = Problems(f"{issued.step.place} {issued.number} csv")
    row, expected = issued.row, issued.expected
    for column, minor_units in (("net", expected.net), ("tax", expected.tax), ("gross", expected.gross)):
        p.same(Decimal(row[column]), issued.money(minor_units), column)
    wanted = {"type": "384" if issued.original else "380", "date": issued.date, "currency": expected.currency, "company_id": expected.customer["company_id"],
              "cancels": issued.original.number if issued.original else "", "due_date": issued.due, "entries": str(len(expected.ids)),
              "seconds": str(issued.sign * expected.secs)}
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
    p.same(int(r["seconds"] or 0), issued.sign * line.secs, f"{what}: seconds")
    p.same({e["entry_id"] for e in entries}, set(line.ids), f"{what}: entries")
    p.same(sum(int(e["billed_seconds"]) for e in entries), issued.sign * line.billed, f"{what}: billed seconds of its entries")
    for e in entries:
        x = line.items[e["entry_id"]]
        late = "1" if issued.step.rules.is_late(x) else "0"
        secs, billed = issued.sign * int(e["seconds"]), issued.sign * int(e["billed_seconds"])
        p.same((secs, e["date"], Decimal(e["rate"]), e["currency"], e["late"]), (x["secs"], x["date"], line.price, issued.expected.currency, late), f"entry {x['id']}")
        for column, thing in (("company", "company"), ("project", "project"), ("task", "task"), ("user", "user"), ("type_of_work", "work")):
            p.text(e[column], exact.unguarded((x[thing] or {}).get("name", "")), f"entry {x['id']}: {column}")
        if line.each is not None:
            p.same(billed, line.each[x["id"]], f"{what}: billed seconds of {x['id']}")
        elif billed < 0 or abs(billed * line.secs - x["secs"] * line.billed) > line.secs:
            p.say(f"{what}: {billed} s of {line.billed} for {x['id']} with {x['secs']} s of {line.secs}")


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
    text = f"{issued.number} {exact.shown(customer['legal_name'])}"
    if not issued.original and text == text.encode("cp1252", "ignore").decode("cp1252"):
        p.same(exact.shown(b["text"]), exact.shown(text[:60]), f"{issued.number}: text")


# ---- a run as a whole ----

def summary(step, documents, path, tolerance=Decimal(0)):
    """The summary workbook of a run: its table of VAT, its invoices, its own checks."""
    p = Problems(f"{step.place} summary.xlsx")
    overview, invoices, checks = sheets.summary(path)
    vat, wanted = collections.Counter(), collections.defaultdict(lambda: [0, 0])
    for d in documents:
        for (category, rate), amounts in d.expected.taxes.items():
            for i in (0, 1):
                wanted[d.expected.currency, category, rate][i] += amounts[i]
    for currency, category, rate, *amounts in overview:
        vat[currency, category, Fraction(rate)] += 1
        for got, minor_units in zip(amounts, wanted[currency, category, Fraction(rate)]):
            if abs(got - exact.major(minor_units, currency)) > tolerance:
                p.say(f"VAT {currency} {category} {rate}: {got}, must be {exact.major(minor_units, currency)}")
    p.same(set(vat), {k for k, v in wanted.items()}, "rows of the VAT table")
    p.same(sorted(invoices), sorted(d.number for d in documents), "invoices")
    for d in documents:
        for got, minor_units in zip(invoices.get(d.number, ()), (d.expected.net, d.expected.tax, d.expected.gross)):
            if abs(got - d.money(minor_units)) > tolerance:
                p.say(f"{d.number}: {got}, must be {d.money(minor_units)}")
    p.same([x for x in checks if abs(x[1]) > tolerance], [], "its checks")
    return p


def report(step, documents):
    """run.json."""
    p = Problems(f"{step.place} run.json")
    with open(os.path.join(step.folder, "run.json"), encoding="utf-8") as f:
        r = json.load(f)
    p.same((r["state"], r["exit"]), ("CLOSED", 0), "state")
    got = {x["number"]: tuple(Decimal(x[k]) for k in ("net", "tax", "gross")) + (x["currency"], x["entries"], x["seconds"]) for x in r["invoices"]}
    p.same(got, {d.number: tuple(d.money(getattr(d.expected, k)) for k in ("net", "tax", "gross")) + (d.expected.currency, len(d.expected.ids), d.sign * d.expected.secs)
                 for d in documents}, "invoices")
    return p
