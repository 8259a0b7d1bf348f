#!/usr/bin/python3
"""Workspaces with random companies, projects, rates, customers and terms, the same for the same seed; and what the real binary issues from them.

    corpus.py BINARY_DIR CORPUS [--seed N] [--workspaces N] [--jobs N]

Each workspace becomes CORPUS/wNN: workspace.json, stateN.json (awork's entries before each run), manifest.json (the steps), project/ (as it is afterwards)."""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
import harness  # noqa: E402
import names  # noqa: E402
from workspace import Workspace  # noqa: E402

CUSTOMER_COLUMNS = [*harness.CUSTOMER_COLUMNS, *(c for c in ("order_reference", "contract_reference", "note", "template", "number_format", "formats", "discount_days",
                                                             "discount_rate") if c not in harness.CUSTOMER_COLUMNS)]
RATE_COLUMNS = "company project user type_of_work valid_from valid_to rate currency tax_rate".split()
TERM_COLUMNS = "company project valid_from valid_to discount fee name description tax_rate cost_centre".split()
ACCOUNTS = "S 19: 8400, S 7: 8300/2, S 10.7: 8310, AE: 8336, O: 8338, E: 8195, G: 8120"
RUN, VOID = "run", "void"
# What each workspace is about; everything else is drawn. steps: (period, first, last, --date) of runs, or VOID for two cancellations.
OCTOBER, SEPTEMBER, QUARTER = ("2026-10", "2026-10-01", "2026-10-31"), ("2026-09", "2026-09-01", "2026-09-30"), ("2026-Q3", "2026-07-01", "2026-09-30")
HALF = ("2026-10-01..2026-10-15", "2026-10-01", "2026-10-15")
PLANS = (
    {"invoice_per": "customer", "quantity": "hours", "late": "include", "steps": (OCTOBER, VOID, OCTOBER), "companies": 26},
    {"invoice_per": "customer", "quantity": "minutes", "late": "separate", "steps": (OCTOBER,), "companies": 28, "attach": "csv xlsx"},
    {"invoice_per": "project", "quantity": "hours", "late": "invoice", "steps": (OCTOBER, VOID), "companies": 14},
    {"invoice_per": "project", "quantity": "minutes", "late": "include", "steps": (SEPTEMBER, OCTOBER), "companies": 10, "attach": "none"},
    {"invoice_per": "customer", "quantity": "hours", "late": "hold", "steps": (QUARTER, OCTOBER), "companies": 16, "fees": 0.8},
    {"invoice_per": "customer", "quantity": "minutes", "late": "invoice", "steps": (OCTOBER, VOID), "companies": 22, "seller": "vat"},
    {"invoice_per": "customer", "quantity": "hours", "late": "include", "steps": (OCTOBER,), "companies": 14, "seller": "small"},
    {"invoice_per": "customer", "quantity": "hours", "late": "separate", "steps": (OCTOBER, VOID), "companies": 8, "big": 400, "attach": "csv"},
    {"invoice_per": "project", "quantity": "hours", "late": "separate", "steps": (HALF, OCTOBER), "companies": 9, "datev": False, "wild": True},
    {"invoice_per": "customer", "quantity": "minutes", "late": "include", "steps": (OCTOBER, VOID, OCTOBER), "companies": 24, "datev": False, "wild": True},
    {"invoice_per": "customer", "quantity": "hours", "late": "include", "steps": (OCTOBER,), "companies": 26, "category": "S", "discounts": 0.9},
    {"invoice_per": "customer", "quantity": "minutes", "late": "invoice", "steps": (SEPTEMBER, OCTOBER), "companies": 26, "category": "S", "discounts": 0.9, "attach": "xlsx"},
    {"invoice_per": "customer", "quantity": "minutes", "late": "include", "steps": (OCTOBER,), "companies": 6, "category": "S", "discounts": 1, "fees": 1, "big": 250},
)
MONTHS = {"2026-10": ("2026-10", 31), "2026-09": ("2026-09", 30), "2026-08": ("2026-08", 31), "2026-07": ("2026-07", 31), "2026-05": ("2026-05", 31)}
CENTS = ("95.00", "95", "120", "87.5", "0.01", "99.9999", "123.4567", "33.33", "71.1", "250.25", "0", "1999.99", "64.2857", "105.005")


class Draft:
    """One workspace before anything has run: the awork side and the files of the project."""

    def __init__(self, seed, index):
        self.index, self.plan = index, PLANS[index % len(PLANS)]
        self.rng = random.Random(f"{seed}/{index}")
        self.datev, self.wild = self.plan.get("datev", True), self.plan.get("wild", False)
        self.ws = Workspace()
        self.rates, self.terms, self.customers, self.places = [], [], [], []
        self.months = sorted({s[1][:7] for s in self.plan["steps"] if s != VOID} | ({"2026-07", "2026-08", "2026-09"} if QUARTER in self.plan["steps"] else set()))
        self.people()
        for i in range(self.plan["companies"]):
            self.company(i)
        self.base_rates()
        self.odd_entries()
        self.conf = self.settings()

    def chance(self, probability):
        return self.rng.random() < probability

    def pick(self, *choices):
        return self.rng.choice(choices)

    # ---- awork ----

    def people(self):
        self.users = [self.ws.plain_user] + [self.ws.user(self.pick("Änne", "Bruno", "Cem", "Dörte", "José", "Zoë <x>"), names.surname(self.rng, i)) for i in range(5)]
        self.types = [self.ws.default_type] + [self.ws.type(n) for n in ("Beratung", "Text & Redaktion", "Fachliteratur", "Reise \"1. Klasse\"")]

    def company(self, i):
        name = names.name(self.rng, f"Firma {i + 1}", plain=0.5)
        key = self.ws.company(name)
        row = self.customer(i, self.ws.id(key), name)
        self.customers.append(row)
        mine = []
        for p in range(self.rng.choice((1, 1, 2, 3, 5))):
            project = self.ws.project(names.name(self.rng, f"Projekt {i + 1}.{p + 1}", plain=0.4), key)
            tasks = [self.ws.task(names.name(self.rng, f"Aufgabe {i + 1}.{p + 1}.{t + 1}", plain=0.4), project) for t in range(self.rng.choice((1, 2, 4, 9)))]
            mine.append((project, tasks))
        self.fill(row, mine, self.plan["big"] if i == 0 and "big" in self.plan else self.rng.choice((1, 1, 2, 3, 5, 8, 13, 30)))
        self.company_rates(row, mine)
        self.company_terms(row, mine)

    def fill(self, row, mine, count):
        if count > 100:
            row["group_by"] = "entry"
        late = self.chance(0.3)
        for n in range(count):
            project, tasks = self.rng.choice(mine)
            month, days = MONTHS[self.rng.choice(self.months)]
            if late and self.chance(0.3):
                month, days = MONTHS[self.pick("2026-05", "2026-08")]
            day = self.rng.randint(1, days)
            fields = {"user": self.rng.choice(self.users), "type": self.rng.choice(self.types)}
            if self.chance(0.3):
                fields["note"] = names.name(self.rng, f"Notiz {n}", plain=0.3)
            self.ws.entry(f"{month}-{day:02d}", self.duration(), **({"project": project} if self.chance(0.1) else {"task": self.rng.choice(tasks)}), **fields)

    def duration(self):
        kind = self.rng.random()
        if kind < 0.05:
            return self.rng.randint(1, 59)
        if kind < 0.08:
            return self.rng.randint(86400, 6000000)
        if kind < 0.4:
            return 900 * self.rng.randint(1, 36)
        return self.rng.randint(60, 36000)

    def odd_entries(self):
        """What must be held, and what is none of this run's business."""
        stranger = self.ws.task("Aufgabe", self.ws.project("Fremd", self.ws.company("Nicht in customers.csv")))
        internal = self.ws.task("Aufgabe", self.ws.project("Intern"))
        self.ws.entry("2026-10-05", 3600, task=stranger)
        self.ws.entry("2026-10-06", 3600, task=internal)
        self.ws.entry("2026-10-07", 0, task=stranger)
        self.ws.entry("2026-10-08", 3600, task=internal, billable=False)
        self.ws.entry("2026-11-01", 3600, task=stranger)

    # ---- customers.csv ----

    def categories(self):
        if "category" in self.plan:
            return (self.plan["category"],)
        return {"vat": ("S", "S", "S", "AE", "G"), "small": ("E",)}.get(self.plan.get("seller"), ("S", "S", "S", "S", "AE", "E", "O", "G"))

    def customer(self, i, company_id, name):
        rng, category = self.rng, self.rng.choice(self.categories())
        country = {"AE": "AT", "O": "CH", "G": "US"}.get(category, "DE")
        public = category == "S" and self.chance(0.25)
        row = {"company_id": company_id, "company_name": name, "customer_number": f"K-{10000 + i}", "tax_category": category,
               "legal_name": names.legal(rng, i, self.wild), "street": names.street(rng), "zip": f"{rng.randint(10000, 99999)}", "city": names.city(rng), "country": country,
               "vat_id": {"AE": f"ATU{rng.randint(10000000, 99999999)}", "S": names.vat_id(rng) if self.chance(0.5) else "", "O": "", "G": "", "E": ""}[category],
               "endpoint": f"eingang{i}@kunde.example", "endpoint_scheme": "EM", "email": f"post{i}@kunde.example", "debtor_account": str(10001 + i)}
        if category == "S" and self.chance(0.4):
            row["tax_rate"] = self.pick("7", "19", "10.7")
        if public:
            row["buyer_reference"] = names.leitweg(rng)
            row["endpoint"], row["endpoint_scheme"] = (row["buyer_reference"], "0204") if self.chance(0.5) else (row["endpoint"], "EM")
        elif self.chance(0.3):
            row["buyer_reference"] = names.name(rng, f"Bestellung {i}", plain=0.5)[:60].strip()
        self.options(row, i)
        return row

    def options(self, row, i):
        """Columns that are mostly empty."""
        rng = self.rng
        optional = (("currency", 0.15, self.pick("JPY", "JPY", "CHF", "USD")), ("order_reference", 0.3, f"B-{rng.randint(1, 9999)} & Söhne"),
                    ("contract_reference", 0.2, f"V/{rng.randint(1, 99)} <Rahmen>"), ("note", 0.3, names.name(rng, "Hinweis zur Rechnung", plain=0.5)),
                    ("number_format", 0.2, self.pick("K{YY}-{SEQ:4}", "{YYYY}/{MM}/{SEQ}", f"C{i}-{{SEQ:3}}")), ("due_days", 0.3, str(self.pick(0, 7, 30, 365))),
                    ("language", 0.4, self.pick("de", "en")), ("template", 0.1, self.pick("de", "en")), ("group_by", 0.6, self.pick("project", "project_task", "project_user", "project_type_of_work", "entry")))
        for column, probability, value in optional:
            if self.chance(probability):
                row[column] = value
        if self.chance(0.5):
            row.update(round_mode=self.pick("none", "nearest", "up", "down"), round_minutes=str(self.pick(1, 5, 6, 10, 15, 30, 60)), round_scope=self.pick("entry", "line"))
        if self.chance(0.3):
            row.update(discount_days=str(self.pick(7, 10, 14)), discount_rate=self.pick("2", "3", "2.5", "1.75"))
        if self.chance(0.1):
            row["formats"] = self.pick("xlsx", "csv", "xrechnung", "xrechnung csv")
        if self.chance(0.04):
            row["hold"] = "Rahmenvertrag wird verhandelt"

    # ---- rates.csv and terms.csv ----

    def rate(self, **row):
        self.rates.append({"rate": self.rng.choice(CENTS), "currency": "EUR", **row})

    def base_rates(self):
        self.rate(rate="95.00")
        self.rate(rate="110.10", valid_from="2026-10-16")
        self.rate(type_of_work="Beratung")
        self.rate(type_of_work="Fachliteratur", tax_rate="7")
        self.rate(user=self.ws.id(self.users[1]))

    def company_rates(self, row, mine):
        currency = row.get("currency", "EUR")
        if currency != "EUR" or self.chance(0.4):
            price = str(self.rng.randint(1, 30000)) if currency == "JPY" and self.chance(0.7) else self.rng.choice(CENTS)
            self.rate(company=row["company_id"], currency=currency, rate=price)
            if self.chance(0.4):
                self.rate(company=row["company_id"], currency=currency, type_of_work="Fachliteratur", tax_rate=self.pick("7", "19", "10.7", ""))
        for project, _ in mine:
            if self.chance(0.25):
                self.rate(project=self.ws.id(project), currency=currency, tax_rate=self.pick("", "7", "19"))

    def term(self, **row):
        self.terms.append(row)

    def company_terms(self, row, mine):
        """At most one discount and one cost centre at a time for the same company and project."""
        plain = row["company_name"].startswith("Firma ") and row["company_name"].count(" ") == 1
        company, yen, standard = row["company_name"] if plain else row["company_id"], row.get("currency") == "JPY", row["tax_category"] == "S"
        centre, since = self.pick("", "K1"), self.pick("", "2026-01-01", "2026-07-15")
        if self.chance(self.plan.get("discounts", 0.35)):
            self.term(company=company, discount=self.pick("3", "10", "2.5", "33.33", "12.75", "50", "0.01", "66.67", "100"), description=self.pick("", "Treuerabatt <2026> & mehr"),
                      valid_from=since, cost_centre=centre)
            centre = ""
        if self.chance(self.plan.get("discounts", 0.3) / 2):
            self.term(company=company, project=self.ws.id(mine[0][0]), discount=self.pick("5", "20", "7.77"), description="Projektrabatt", cost_centre=self.pick("", "200"))
        elif len(mine) > 1 and self.chance(0.4):
            self.term(company=company, project=self.ws.id(mine[-1][0]), cost_centre="Vertrieb 7")
        if since == "2026-07-15" and self.chance(0.5):
            self.term(company=company, discount="99", valid_to="2026-06-30", description="abgelaufen")
        for n in range(self.rng.choice((1, 1, 2)) if self.chance(self.plan.get("fees", 0.35)) else 0):
            named = self.plan["invoice_per"] == "project" and self.chance(0.6)
            self.term(company=company, project=self.ws.id(self.rng.choice(mine)[0]) if named else "", name=f"Pauschale {n + 1}", tax_rate=self.pick("", "7") if standard else "",
                      fee=str(self.rng.randint(1, 900000)) if yen else self.pick("450", "99.95", "1200.5", "0.01", "33.33"),
                      description=names.name(self.rng, f"Wartung {n + 1}", plain=0.5)[:120].strip(), valid_from=self.pick("", "2026-01-01", "2026-08-15"),
                      valid_to=self.pick("", "2026-12-31"), cost_centre="" if named else centre)
            centre = centre if named else ""

    # ---- psabill.conf ----

    def settings(self):
        plan, rng = self.plan, self.rng
        seller = {"name": "Schäfer & Söhne <Werk> GmbH", "street": "Werkstraße 1 \"Hof\"", "zip": "10115", "city": "Berlin", "country": "DE", "vat_id": "DE136695976",
                  "tax_number": "37/123/45678", "register_id": "HRB 12345", "legal_info": "Amtsgericht Charlottenburg, Geschäftsführung: Änne Schäfer",
                  "contact": "Rechnungswesen", "phone": "+49 30 1234567", "email": "rechnung@schaefer.example", "iban": "DE02 1203 0000 0000 2020 51", "bic": "BYLADEM1001"}
        for key in {"vat": ("tax_number", "register_id"), "small": ("vat_id",)}.get(plan.get("seller"), ()):
            seller[key] = None
        if self.chance(0.5):
            seller.update(endpoint="DE136695976", endpoint_scheme="9930")
        formats = "xlsx csv xrechnung" + (" datev" if self.datev else "")
        conf = {"brakes": {"run": "off", "customer": "off", "day": "off"}, "run": {"late": plan["late"]}, "seller": seller, "files": {"terms": "terms.csv"}, "output": {"formats": formats, "attach": plan.get("attach", "csv")},
                "billing": {"invoice_per": plan["invoice_per"], "quantity": plan["quantity"], "group_by": self.pick("project", "project_task", "project_type_of_work"),
                            "round_mode": self.pick("none", "none", "nearest", "up"), "round_minutes": str(self.pick(5, 15)), "round_scope": self.pick("entry", "line"),
                            "number_format": self.pick("RE-{YYYY}-{SEQ:5}", "R{YY}{MM}/{SEQ:4}"), "cancellation_format": self.pick("ST-{YYYY}-{SEQ:4}", None),
                            "due_days": str(self.pick(0, 14, 30)), "language": self.pick("de", "en"), "note": self.pick(None, "Es gelten unsere AGB & <Bedingungen>.")}}
        if plan.get("seller") == "small":
            conf["billing"]["tax_category"] = "E"
        if self.chance(0.3):
            conf["billing"].update(discount_days="10", discount_rate="2")
        if self.datev:
            conf["datev"] = {"consultant": "1001", "client": str(rng.randint(1, 99999)), "fiscal_month": str(self.pick(1, 1, 4)), "account_length": "4", "chart": "03",
                             "accounts": ACCOUNTS, "lock": self.pick("yes", "no")}
        return conf

    def late_bookings(self):
        """Entries that somebody books after the first run, for days before it: edits for the sandbox."""
        out = []
        tasks = [t for t in self.ws.tasks if "project" in t][:-2]
        for n in range(self.rng.randint(4, 12)):
            out.append({"op": "insert", "entry": {"id": f"0000000e-0000-4000-8000-{0xb00000000000 + self.index * 1000 + n + len(self.places) * 100:012x}", "user": self.rng.choice(self.users),
                                                  "task": self.rng.choice(tasks)["key"], "type": self.rng.choice(self.types), "date": f"2026-{self.pick('09', '10')}-{self.rng.randint(1, 28):02d}",
                                                  "dur": self.duration()}})
        self.places.append(len(out))
        return out


class Builder:
    """Runs the steps of a draft with the real binary and leaves the folder of the workspace."""

    def __init__(self, binaries, top, seed, index):
        self.draft = Draft(seed, index)
        self.top = os.path.join(top, f"w{index:02d}")
        self.test = harness.Test(binaries, f"corpus {index}")
        self.steps = []

    def build(self):
        try:
            self.sandbox = self.test.sandbox(self.draft.ws)
            self.project = self.test.project(self.sandbox, self.draft.conf)
            # pylint: disable=protected-access
            self.project._write_csv("rates.csv", RATE_COLUMNS, self.draft.rates)
            self.project._write_csv("customers.csv", CUSTOMER_COLUMNS, self.draft.customers)
            self.project._write_csv("terms.csv", TERM_COLUMNS, self.draft.terms)
            os.makedirs(self.top)
            shutil.copyfile(self.sandbox.workspace_file, os.path.join(self.top, "workspace.json"))
            for n, step in enumerate(self.draft.plan["steps"]):
                if step == VOID:
                    self.void()
                else:
                    if n:
                        self.sandbox.edit(*self.draft.late_bookings())
                    self.run(step)
            with open(os.path.join(self.top, "manifest.json"), "w", encoding="utf-8") as f:
                json.dump({"plan": self.draft.index, "steps": self.steps}, f, indent=1)
            shutil.copytree(self.project.dir, os.path.join(self.top, "project"), symlinks=True)
        finally:
            self.test.close()
        return sum(s["documents"] for s in self.steps)

    def psabill(self, *args):
        before = set(self.project.runs())
        self.project.command(*args, code=0, timeout=120)
        new = sorted(set(self.project.runs()) - before)
        harness.check(len(new) == 1, f"run folders made by {args}: {new}")
        return new[0]

    def done(self, folder, **step):
        rows = self.project.csv("invoices.csv", folder) if os.path.exists(os.path.join(folder, "invoices.csv")) else []
        self.steps.append({**step, "folder": os.path.relpath(folder, self.project.dir), "documents": len(rows)})
        return rows

    def run(self, period):
        state = f"state{len(self.steps)}.json"
        with open(os.path.join(self.top, state), "w", encoding="utf-8") as f:
            json.dump(self.sandbox.state(), f, ensure_ascii=False)
        date = f"2026-11-{2 + len(self.steps):02d}"
        self.last = (period, self.done(self.psabill("run", "--period", period[0], "--date", date), kind=RUN, period=period[1:3], date=date, state=state))

    def void(self):
        period, rows = self.last
        chosen = self.draft.rng.sample(rows, min(len(rows), 6))
        # The largest one too: many lines, discounts and fees must come back as their mirror.
        largest = max(rows, key=lambda r: (int(r["entries"]), r["invoice_number"]))
        for row in chosen + ([largest] if largest not in chosen else []):
            date = f"2026-11-{2 + len(self.steps):02d}"
            reason = names.name(self.draft.rng, "Storno: falscher Satz", plain=0.6)[:150]
            folder = self.psabill("void", row["invoice_number"], "--reason", reason, "--date", date)
            self.done(folder, kind=VOID, period=period[1:3], date=date, number=row["invoice_number"], reason=reason)


def build_one(job):
    binaries, top, seed, index = job
    try:
        return index, Builder(binaries, top, seed, index).build(), None
    except Exception as error:  # pylint: disable=broad-except
        return index, 0, f"{type(error).__name__}: {error}"


def build(binaries, top, seed, count, jobs):
    """(number of documents, failures as sentences)"""
    work = [(binaries, top, seed, i) for i in range(count)]
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        results = list(pool.map(build_one, work))
    return sum(n for _, n, _ in results), [f"w{i:02d}: {e}" for i, _, e in results if e]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("binaries", metavar="BINARY_DIR")
    parser.add_argument("corpus")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workspaces", type=int, default=len(PLANS))
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    os.makedirs(args.corpus, exist_ok=True)
    documents, failures = build(args.binaries, os.path.abspath(args.corpus), args.seed, args.workspaces, args.jobs)
    print("\n".join([*failures, f"{documents} documents in {args.workspaces} workspaces"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
