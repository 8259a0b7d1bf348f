"""terms.csv and the VAT rates of rates.csv: discounts, fixed fees, several rates on one invoice, in currencies of 0, 2 and 3 decimals. All amounts are computed a
second time here, with integers."""

import collections
import os

import formulas
import invariants
from harness import EPOCH, check, equal, step_build, tree
from recompute import fraction_rounded
from workspace import Workspace, small_month, uuid_of

FIRST, SECOND, THIRD = (f"RE-2026-{n:05d}" for n in (1, 2, 3))
NORDLICHT, SOEHNE = "Nordlicht GmbH", "Söhne & Töchter KG"
BOTH_RATES = [{"rate": "95.00", "currency": "EUR"}, {"rate": "120.75", "currency": "EUR", "type_of_work": "Beratung", "tax_rate": "7"}]
DECIMALS = {"EUR": 2, "JPY": 0, "KWD": 3}


def new_entry(n, date="2026-10-30", **members):
    return {"id": f"0000000e-0000-4000-8000-00000000f{n:03d}", "user": "u02", "task": "t01", "type": "w01", "date": date, "dur": 3600, **members}


# ---- the second computation ----

def scaled(text, digits):
    """A decimal number as an integer of that many digits behind the point."""
    whole, _, rest = text.partition(".")
    check(len(rest) <= digits, f"{text} has more than {digits} decimals")
    return int(whole + rest.ljust(digits, "0"))


def share(total_e2, bases):
    """The discount on all bases, rounded once, in parts that are each within a unit of their own; what is left over goes to the largest bases."""
    parts = {k: fraction_rounded(b * total_e2, 10000) for k, b in bases.items()}
    left = fraction_rounded(sum(bases.values()) * total_e2, 10000) - sum(parts.values())
    for k in sorted(bases, key=lambda k: (-bases[k], k))[:abs(left)]:
        parts[k] += 1 if left > 0 else -1
    return parts


class Expected:
    """One invoice: time(), fee() and discount() say what is agreed, sums() what must be on it."""

    def __init__(self, currency="EUR", rate="19"):
        self.currency, self.factor, self.rate = currency, 10 ** DECIMALS[currency], rate
        self.secs, self.fees, self.discounts = collections.Counter(), [], []

    def time(self, ws, company, price, rate=None, **only):
        """Entries of a company, a line per project, task, price and VAT rate; `only`: members that they have."""
        tasks = {x["key"]: x for x in ws.tasks}
        projects = {x["key"]: x for x in ws.projects}
        for x in ws.entries:
            project = projects[tasks[x["task"]]["project"]]
            if project["company"] == company and all(x.get(k) == v for k, v in only.items()):
                self.secs[project["name"], x["task"], price, rate or self.rate] += x["dur"]
        return self

    def fee(self, amount, rate=None):
        self.fees.append((scaled(amount, DECIMALS[self.currency]), rate or self.rate))
        return self

    def discount(self, percent, *projects):
        """On the lines of these projects; without names on all."""
        self.discounts.append((scaled(percent, 2), projects))
        return self

    def sums(self):
        bases, lines = collections.Counter(), 0
        for amount, rate in self.fees:
            bases[rate] += amount
            lines += amount
        taken = [collections.Counter() for _ in self.discounts]
        for (project, _, price, rate), secs in self.secs.items():
            hundredths = fraction_rounded(secs * 100, 3600)
            net = fraction_rounded(hundredths * scaled(price, 4) * self.factor, 100 * 10000)
            bases[rate] += net
            lines += net
            for (_, projects), base in zip(self.discounts, taken):
                if not projects or project in projects:
                    base[rate] += net
        allowances = []
        for (percent, _), base in zip(self.discounts, taken):
            for rate, amount in share(percent, base).items():
                bases[rate] -= amount
                if amount:
                    allowances.append((base[rate], scaled(rate, 2), amount))
        taxes = {scaled(rate, 2): (base, fraction_rounded(base * scaled(rate, 2), 10000)) for rate, base in bases.items()}
        net = sum(bases.values())
        tax = sum(t for _, t in taxes.values())
        return {"lines": lines, "allowances": sorted(allowances), "taxes": taxes, "net": net, "tax": tax, "gross": net + tax}


def is_billed(p, number, expected, folder=None):
    """The ledger's facts, invoices.csv and the invoice's own file against the second computation."""
    f, wanted = p.facts(number), expected.sums()
    equal({"lines": f["lines_minor"], "allowances": sorted((a["base_minor"], a["tax_pct_e2"], a["amount_minor"]) for a in f["allowances"]),
           "taxes": {x["pct_e2"]: (x["base_minor"], x["tax_minor"]) for x in f["taxes"]}, "net": f["net_minor"], "tax": f["tax_minor"], "gross": f["gross_minor"]},
          wanted, f"sums of {number}")
    row, = (x for x in p.csv("invoices.csv", folder) if x["invoice_number"] == number)
    equal({k: scaled(row[k], DECIMALS[expected.currency]) for k in ("net", "tax", "gross")}, {k: wanted[k] for k in ("net", "tax", "gross")}, f"{number} in invoices.csv")
    equal(row["currency"], expected.currency, f"currency of {number}")
    invoices = os.path.join(folder or p.folder(), "invoices")
    for name in os.listdir(invoices):
        if name.startswith(number) and name.endswith(".xlsx"):
            equal(formulas.Book(os.path.join(invoices, name)).differences()[1], [], f"{name}: formulas and the values they show")
            return
    check(False, f"no workbook of {number}")


def billed(t, ws, *terms, code=0, conf=None, rates=None, options=(), customers=()):
    sb, p = t.both(ws, conf, rates=rates)
    for row, cells in enumerate(customers):
        p.customer(row, **cells)
    p.set_terms(*terms)
    p.run(*options, code=code)
    return sb, p


# ---- discounts ----

def test_discounts(t):
    """Per customer, per project of a customer, per project of anybody; the row that names the project wins; what is not valid then is not taken."""
    ws = small_month(24, 3)
    sb, p = billed(t, ws, {"company": NORDLICHT, "discount": "7.5"}, {"company": NORDLICHT, "project": "Projekt 1B", "discount": "33.33", "description": "Einführung"},
                   {"project": uuid_of("project", 3), "discount": "10"}, {"company": "Alpenblick AG", "discount": "50", "valid_to": "2026-10-30"},
                   {"company": "Alpenblick AG", "discount": "3", "valid_from": "2026-10-31"})
    # Documents come by the customers' names.
    equal([x["legal_name"] for x in p.csv("invoices.csv")], ["Alpenblick AG", NORDLICHT, SOEHNE], "customers")
    is_billed(p, FIRST, Expected().time(ws, "c03", "95").discount("3"))
    is_billed(p, SECOND, Expected().time(ws, "c01", "95").discount("7.5", "Projekt 1A").discount("33.33", "Projekt 1B"))
    is_billed(p, THIRD, Expected().time(ws, "c02", "95").discount("10", "Projekt 2A"))
    equal({a["reason"] for a in p.facts(SECOND)["allowances"]}, {"Nachlass 7,5 %", "Einführung"}, "reasons")
    equal([(x["description"], x["line"]) for x in p.csv("lines.csv") if x["line"] == "" and x["invoice_number"] == THIRD], [("Nachlass 10 %", "")], "rows of discounts")
    invariants.holds(p, sb)


def test_two_vat_rates(t):
    """19 and 7 % on one invoice, with a discount that is split over both, and a fee at each."""
    ws = small_month(24, 2)
    sb, p = billed(t, ws, {"company": NORDLICHT, "discount": "7.5"}, {"company": NORDLICHT, "fee": "1500.00"}, {"company": NORDLICHT, "fee": "99.5", "name": "hosting", "tax_rate": "7"},
                   rates=BOTH_RATES)
    # small_month() has another type of work on every fifth entry.
    first = Expected().time(ws, "c01", "95", type="w01").time(ws, "c01", "120.75", "7", type="w02").discount("7.5").fee("1500.00").fee("99.50", "7")
    is_billed(p, FIRST, first)
    is_billed(p, SECOND, Expected().time(ws, "c02", "95", type="w01").time(ws, "c02", "120.75", "7", type="w02"))
    equal({x["tax_rate"] for x in p.csv("lines.csv")}, {"19", "7"}, "rates in lines.csv")
    p.void(FIRST, code=0)
    equal({k: p.facts(THIRD)[k] for k in ("net_minor", "tax_minor", "gross_minor")}, {k + "_minor": -first.sums()[k] for k in ("net", "tax", "gross")}, "the cancellation")
    invariants.holds(p, sb, stale_reports=True)
    p.run(code=0)
    is_billed(p, "RE-2026-00004", first, p.runs()[2])
    invariants.holds(p, sb, stale_reports=True)


def test_what_is_left_over(t):
    """Four VAT rates with odd bases and a discount of a half: the cents that rounding leaves over are handed out one by one."""
    ws = Workspace()
    project = ws.project("P", ws.company(NORDLICHT))
    works, prices = [ws.type(f"Art {i}") for i in range(4)], ("1.01", "1.03", "1.05", "1.07")
    for i, work in enumerate(works):
        ws.entry(f"2026-10-0{i + 1}", 3600, task=ws.task(f"T{i}", project), type=work)
    sb, p = billed(t, ws, {"company": NORDLICHT, "discount": "50"}, rates=[
        {"rate": price, "currency": "EUR", "type_of_work": f"Art {i}", "tax_rate": str(19 - i)} for i, price in enumerate(prices)])
    expected = Expected().discount("50")
    for i, work in enumerate(works):
        expected.time(ws, "c01", prices[i], str(19 - i), type=work)
    equal(sum(a for _, _, a in expected.sums()["allowances"]), 208, "half of 4.16")
    is_billed(p, FIRST, expected)
    invariants.holds(p, sb)


def test_rates_for_other_categories(t):
    """VAT rates are for category S: a customer with reverse charge has none, on time, fees and discounts."""
    ws = small_month(12, 1)
    sb, p = billed(t, ws, {"company": NORDLICHT, "discount": "10"}, {"company": NORDLICHT, "fee": "10", "tax_rate": "7"}, rates=BOTH_RATES,
                   customers=[{"tax_category": "AE", "vat_id": "ATU12345678", "country": "AT"}])
    is_billed(p, FIRST, Expected(rate="0").time(ws, "c01", "95", type="w01").time(ws, "c01", "120.75", type="w02").fee("10").discount("10"))
    equal({(x["tax_category"], x["tax_rate"]) for x in p.csv("lines.csv")}, {("AE", "0")}, "categories")
    invariants.holds(p, sb)


def test_currencies(t):
    """Yen without and dinars with three decimals, discounted, with fees, with two VAT rates."""
    ws = small_month(24, 3)
    yen, dinar = {"company": NORDLICHT, "rate": "15000.5", "currency": "JPY"}, {"company": SOEHNE, "rate": "31.0625", "currency": "KWD"}
    sb, p = billed(t, ws, {"company": NORDLICHT, "discount": "12.5"}, {"company": NORDLICHT, "fee": "49999"}, {"company": SOEHNE, "discount": "0.33"},
                   {"company": SOEHNE, "fee": "77.777", "tax_rate": "7"}, {"company": "Alpenblick AG", "fee": "0.01"},
                   rates=[yen, {**yen, "type_of_work": "Beratung", "tax_rate": "7"}, dinar, {**dinar, "type_of_work": "Beratung", "rate": "0.0001", "tax_rate": "7"},
                          {"rate": "95", "currency": "EUR"}], customers=[{"currency": "JPY"}, {"currency": "KWD"}])
    is_billed(p, FIRST, Expected().time(ws, "c03", "95").fee("0.01"))
    is_billed(p, SECOND, Expected("JPY").time(ws, "c01", "15000.5", type="w01").time(ws, "c01", "15000.5", "7", type="w02").discount("12.5").fee("49999"))
    is_billed(p, THIRD, Expected("KWD").time(ws, "c02", "31.0625", type="w01").time(ws, "c02", "0.0001", "7", type="w02").discount("0.33").fee("77.777", "7"))
    for number in (SECOND, THIRD):
        p.void(number, code=0)
    invariants.holds(p, sb, stale_reports=True)


def test_late_entries(t):
    """An invoice, or lines, of their own: discounts hold for both, the fee stands with the month's entries."""
    for late in ("invoice", "separate"):
        ws = small_month(8, 1)
        for i in range(4):
            ws.entry(f"2026-09-{i + 10}", 1801 + 7 * i, task="t02")
        sb, p = billed(t, ws, {"company": NORDLICHT, "discount": "7.5"}, {"company": NORDLICHT, "fee": "100"}, conf={"run": {"late": late}})
        month, before = Workspace(), Workspace()
        month.__dict__.update(ws.__dict__, entries=ws.entries[:8])
        before.__dict__.update(ws.__dict__, entries=ws.entries[8:])
        if late == "invoice":
            equal([(x["period_from"], x["period_to"]) for x in p.csv("invoices.csv")], [("2026-10-01", "2026-10-31"), ("2026-09-10", "2026-09-13")], "periods")
            is_billed(p, FIRST, Expected().time(month, "c01", "95").discount("7.5").fee("100"))
            is_billed(p, SECOND, Expected().time(before, "c01", "95").discount("7.5"))
        else:
            # The same project and task, but lines of their own: told apart by their price here.
            is_billed(p, FIRST, Expected().time(month, "c01", "95").time(before, "c01", "95.0").discount("7.5").fee("100"))
        invariants.holds(p, sb)
        p.void(FIRST, code=0)
        p.run(code=0)
        invariants.holds(p, sb, stale_reports=True)
        sb.stop()


# ---- fixed fees ----

def fees(p, state="BILLED"):
    """month, invoice of each fee"""
    return [(key[-7:], invoice) for key, invoice in p.sql("SELECT key,invoice FROM fee WHERE state=? ORDER BY id", state)]


def test_fee_once_a_month(t):
    """Not again in a second run of the month, again after a void, and once in the next month."""
    ws = small_month(6, 1)
    sb, p = billed(t, ws, {"company": NORDLICHT, "fee": "250.00", "description": "Wartung"})
    line = p.csv("lines.csv")[0]
    equal((line["description"], line["quantity"], line["unit"], line["rate"], line["net"], line["seconds"]), ("Wartung (10/2026)", "1", "LS", "250.00", "250.00", "0"), "the line")
    sb.edit({"op": "insert", "entry": new_entry(1)})
    equal(p.run(code=0).summary()["net"], {"EUR": "95.00"}, "net of a second run")
    equal(p.run(code=0).summary()["invoices"], 0, "invoices of a third run")
    equal(fees(p), [("2026-10", FIRST)], "fees")
    p.void(SECOND, code=0)
    equal(fees(p), [("2026-10", FIRST)], "fees after the void of an invoice without one")
    p.void(FIRST, code=0)
    equal(fees(p), [], "fees after a void")
    r = p.run(code=0)
    equal((r.summary()["invoices"], fees(p)), (1, [("2026-10", "RE-2026-00005")]), f"fees billed again: {r}")
    equal(fees(p, "VOIDED"), [("2026-10", FIRST)], "fees that were cancelled")
    sb.edit({"op": "insert", "entry": new_entry(2, "2026-11-03")})
    p.run("--period", "2026-11", code=0, env={"SOURCE_DATE_EPOCH": str(EPOCH + 31 * 86400)})
    equal(fees(p), [("2026-10", "RE-2026-00005"), ("2026-11", "RE-2026-00006")], "fees after the next month")
    invariants.holds(p, sb, stale_reports=True)


def test_fee_without_time(t):
    """A month without a single entry: an invoice of the fee alone, nothing sent to awork; nothing more the next time; cancelled without awork."""
    ws = small_month(0, 2)
    sb, p = billed(t, ws, {"company": SOEHNE, "fee": "1200"}, {"company": SOEHNE, "fee": "49.90", "name": "Lizenz"})
    is_billed(p, FIRST, Expected().fee("1200").fee("49.90"))
    row, = p.csv("invoices.csv")
    equal((row["legal_name"], row["entries"], row["seconds"], row["period_from"], row["period_to"]), (SOEHNE, "0", "0", "2026-10-01", "2026-10-31"), "invoices.csv")
    equal(sb.posts(), [], "POSTs")
    invariants.holds(p, sb)
    before = tree(p.out, skip=())
    equal(p.run(code=0).summary()["invoices"], 0, "invoices of a second run")
    equal(tree(p.out, skip=()), before, "files after a second run")
    p.void(FIRST, code=0)
    equal((sb.posts(), fees(p)), ([], []), "POSTs and fees after the void")
    invariants.holds(p, sb, stale_reports=True)
    p.run("--no-mark", code=0)
    equal(fees(p), [("2026-10", THIRD)] * 2, "fees billed again")
    p.run(code=0)
    invariants.holds(p, sb, stale_reports=True)


def test_fees_of_a_quarter(t):
    """Three months at once, but not the month that was billed before; a row that is valid for a part of a month is not due in it."""
    ws = small_month(0, 1)
    late = {"SOURCE_DATE_EPOCH": str(EPOCH)}
    sb, p = t.both(ws)
    p.set_terms({"company": NORDLICHT, "fee": "100", "name": "a"}, {"company": NORDLICHT, "fee": "10", "name": "b", "valid_from": "2026-07-02", "valid_to": "2026-09-29"},
                {"company": NORDLICHT, "fee": "1", "name": "c", "valid_from": "2026-08-01", "valid_to": "2026-09-30"})
    p.run("--period", "2026-08", code=0, env=late)
    equal(fees(p), [("2026-08", FIRST)] * 3, "fees of August")
    p.run("--period", "2026-07-15..2026-09-30", code=0, env=late)
    equal(sorted(fees(p)), sorted([("2026-08", FIRST)] * 3 + [("2026-07", SECOND), ("2026-09", SECOND), ("2026-09", SECOND)]), "fees of the rest")
    equal([x["net"] for x in p.csv("invoices.csv", p.runs()[1])], ["201.00"], "net")
    equal(p.run("--period", "2026-Q3", code=0, env=late).summary()["invoices"], 0, "nothing is left")
    equal(p.run("--period", "2026-10-01..2026-10-30", code=0, env=late).summary()["invoices"], 0, "a month that is not over in the period")
    equal([x["description"] for x in p.csv("lines.csv", p.runs()[1])], ["Pauschale (07/2026)", "Pauschale (09/2026)", "Pauschale (09/2026)"], "lines")
    invariants.holds(p, sb)


def test_fee_of_a_held_customer(t):
    """On hold, or incomplete: not billed, said in run.json, exit 3 with --strict; billed once the customer is ready."""
    for cells in ({"hold": "Klärung"}, {"street": ""}):
        sb, p = t.both(small_month(4, 2))
        p.set_terms({"company": NORDLICHT, "fee": "80"}, {"company": SOEHNE, "fee": "70"})
        good = {k: p.customers[0].get(k, "") for k in cells}
        p.customer(0, **cells)
        r = p.run(code=0)
        equal((r.err, r.summary()["invoices"], r.summary()["held"]), ("", 1, 4), f"{r}")
        equal((fees(p), p.report()["noted"]["fees_held"]), ([("2026-10", FIRST)], 1), "fees")
        check("fixed fee" in p.run("--strict", code=3).err, "--strict does not say it")
        p.customer(0, **good)
        p.run(code=0)
        equal(fees(p), [("2026-10", FIRST), ("2026-10", SECOND)], "fees once the customer is ready")
        invariants.holds(p, sb)
        sb.stop()


def test_filters(t):
    """A run for a user or a type of work bills no fees; one for companies or projects theirs alone. What is left out comes with the next run."""
    ws = small_month(8, 2)
    for options, wanted in ((("--user", "Alva Beispiel"), []), (("--type-of-work", "Beratung"), []), (("--company", SOEHNE), ["2"]), (("--company", uuid_of("company", 1).upper()), ["1", "11"]),
                            (("--project", "Projekt 1B"), ["11"]), (("--project", uuid_of("project", 2)), ["11"])):
        sb, p = billed(t, ws, {"company": NORDLICHT, "fee": "1"}, {"company": NORDLICHT, "fee": "11", "name": "B", "project": "Projekt 1B"}, {"company": SOEHNE, "fee": "2"}, options=options)
        got = sorted(x["net"].split(".")[0] for f in p.runs() for x in p.csv("lines.csv", f) if x["unit"] == "LS")
        equal(got, sorted(wanted), f"{options}: fees")
        p.run(code=0)
        got = sorted(x["net"].split(".")[0] for f in p.runs() for x in p.csv("lines.csv", f) if x["unit"] == "LS")
        equal(got, ["1", "11", "2"], f"{options}: fees after a run for all")
        invariants.holds(p, sb)
        sb.stop()


def test_fees_and_invoices_per_project(t):
    """A fee that names a project stands on its invoice, one that names none on one of its own."""
    ws = small_month(8, 1)
    for project in ("Projekt 1B", uuid_of("project", 2)):
        sb, p = billed(t, ws, {"company": NORDLICHT, "fee": "11", "name": "B", "project": project}, {"company": NORDLICHT, "fee": "5"}, {"company": NORDLICHT, "fee": "7", "name": "C", "project": "Gibt es nicht"},
                       conf={"billing": {"invoice_per": "project"}})
        by_number = collections.defaultdict(list)
        for x in p.csv("lines.csv"):
            by_number[x["invoice_number"]].append((x["project"], x["net"].split(".")[0] if x["unit"] == "LS" else ""))
        groups = sorted(sorted(set(v)) for v in by_number.values())
        equal(groups, sorted([[("", "5")], [("Gibt es nicht", "7")], [("Projekt 1A", "")], [("Projekt 1B", ""), ("Projekt 1B", "11")]]), "projects and fees per invoice")
        invariants.holds(p, sb)
        sb.stop()


def test_dry_run(t):
    """The draft shows the fee; nothing is claimed."""
    sb, p = t.both(small_month(4, 1))
    p.set_terms({"company": NORDLICHT, "fee": "80"}, {"company": NORDLICHT, "discount": "5"})
    for _ in range(2):
        r = p.run("--dry-run", code=0)
        equal([x["net"] for x in p.csv("lines.csv", p.draft()) if x["unit"] == "LS" and x["line"]], ["80.00"], "fees of the draft")
    check(not os.path.exists(p.ledger), "a ledger was made")
    equal(p.run(code=0).summary()["net"], r.summary()["net"], "net of the run and of the draft")
    equal(fees(p), [("2026-10", FIRST)], "fees")
    p.run("--dry-run", code=0)
    equal(fees(p), [("2026-10", FIRST)], "fees after another draft")
    invariants.holds(p, sb)


def test_fee_stopped(t):
    """Stopped before and after the point of no return: the fee is given back with the plan, or stays; in the end it is billed once."""
    step_build(t)
    ws = small_month(2, 1)
    terms = {"company": NORDLICHT, "fee": "80"}
    sb, p = billed(t, ws, terms)
    wanted = p.ledger_facts()
    for k in (4, 6, 8):
        sb, p = t.both(ws)
        p.set_terms(terms)
        p.run(code=100, env={"PSABILL_STOP_AT": str(k)})
        check(fees(p) == [("2026-10", FIRST)] or k < 6, f"step {k}: the plan claims the fee: {fees(p)}")
        p.run(code=0)
        equal(p.ledger_facts(), wanted, f"step {k}: ledger")
        invariants.holds(p, sb)
        sb.stop()


# ---- errors ----

def test_errors(t):
    """File and line, all of them in one go; nothing is done."""
    sb, p = t.both(small_month(4, 2))
    head = "company,project,valid_from,valid_to,discount,fee,name,description,tax_rate,cost_centre\n"
    p.configure({"files": {"terms": "terms.csv"}})
    rows = (("Nordlicht,,,,5,,,,,", "not in customers.csv"), (f"{NORDLICHT},,,,0,,,,,", "discount '0'"), (f"{NORDLICHT},,,,100.01,,,,,", "discount"), (f"{NORDLICHT},,,,-5,,,,,", "discount"),
            (f"{NORDLICHT},,,,\"5,5\",,,,,", "discount"), (f"{NORDLICHT},,,,5.555,,,,,", "discount"), (f"{NORDLICHT},,,,,0,,,,", "fee '0'"), (f"{NORDLICHT},,,,,-1,,,,", "fee"),
            (f"{NORDLICHT},,,,,10.005,,,,", "more decimals than EUR"), (",Projekt 1A,,,,10,,,,", "needs a company"), (f"{NORDLICHT},,31/10/2026,,5,,,,,", "no date"),
            (f"{NORDLICHT},,2026-11-01,2026-10-31,5,,,,,", "before valid_from"), (",,,,5,,,,,", "neither a company nor a project"), (f"{NORDLICHT},Projekt 1A,,,,,,,,", "neither discount nor fee"),
            (f"{NORDLICHT},,,,5,,,,7,", "tax_rate"), (f"{NORDLICHT},,,,,5,,,101,", "tax_rate"), (f"{NORDLICHT},,,,5,,,,,,1", "cells"), (f"{NORDLICHT},,,,5,,,,,a;b", "cost_centre"),
            (f"{NORDLICHT},,,,,5,{'n' * 41},,,", "name"))
    p.write("terms.csv", head + "".join(r + "\n" for r, _ in rows))
    r = p.run(code=78)
    lines = r.err.splitlines()
    for i, (row, word) in enumerate(rows):
        mine = [x for x in lines if f"terms.csv:{i + 2}:" in x]
        check(any(word in x for x in mine), f"line {i + 2} ({row}): {word!r} is not said: {mine}")
    for text, words in ((head.replace("fee", "Gebühr"), ("terms.csv:1:", "Gebühr")), ("", ("terms.csv", "empty")),
                        (head + f"{NORDLICHT},,,,5,,,,,\n{uuid_of('company', 1)},,,,6,,,,,\n", ("terms.csv:3:", "line 2")),
                        (head + f"{NORDLICHT},Projekt 1A,,,,5,,,,\n{NORDLICHT},,2026-01-01,,,6,,,,\n", ("terms.csv:3:", "line 2"))):
        p.write("terms.csv", text)
        r = p.run(code=78)
        check(all(w in r.err for w in words), f"{words} are not said: {r.err}")
    os.unlink(os.path.join(p.dir, "terms.csv"))
    r = p.run(code=66)
    check("terms.csv" in r.err, f"{r}")
    p.write("rates.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency,tax_rate\n,,,,,,95,EUR,0\n,,,X,,,95,EUR,7%\n")
    p.configure({"files": {"terms": None}})
    r = p.run(code=78)
    check("rates.csv:2:" in r.err and "rates.csv:3:" in r.err, f"{r.err}")
    equal((p.runs(), sb.posts(), os.path.exists(p.ledger)), ([], [], False), "folders, POSTs, ledger")
