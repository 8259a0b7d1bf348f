"""What must be on the documents, computed a second time from what awork shows, rates.csv, customers.csv, terms.csv and psabill.conf, by the rules of the
documentation. Shares no code with the program; whole numbers and fractions only."""

import calendar
import collections
import configparser
import csv
import datetime
import json
import os
import re
from decimal import Decimal
from fractions import Fraction

import exact

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def read_conf(path):
    """Settings by (section, key); the defaults are those that the commented example shows."""
    with open(os.path.join(TOP, "config", "psabill.conf"), encoding="utf-8") as f:
        example = re.sub(r"^#(\w+ =)", r"\1", f.read(), flags=re.M)
    out = {}
    for text in (example, open(path, encoding="utf-8").read()):
        parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True, empty_lines_in_values=False)
        parser.optionxform = str
        parser.read_string(text)
        out.update({(s, k): v for s in parser.sections() for k, v in parser.items(s)})
    return out


def read_csv(path):
    """Rows as people type them: cells without blanks at their ends and without the guard against formulas; comments and empty rows left out."""
    with open(path, encoding="utf-8-sig", newline="") as f:
        return parse_csv(f)


def parse_csv(lines):
    rows = [[exact.unguarded(c.strip(" \t\r\n")) for c in r] for r in csv.reader(lines) if r and not r[0].startswith("#")]
    return [dict(zip(rows[0], r + [""] * len(rows[0]))) for r in rows[1:] if any(r)]


def key_of(cell):
    return cell.lower() if UUID.match(cell) else cell


def fits(cell, thing):
    """An empty cell fits any; otherwise the id or the exact name."""
    return not cell or thing is not None and key_of(cell) in (thing["id"].lower(), thing["name"])


def month_end(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


class Line:
    """One expected position. net in minor units, rate of VAT as Fraction, price as Decimal."""

    def __init__(self, **fields):
        self.ids, self.secs, self.billed, self.each, self.fee, self.term, self.cost_centre, self.text = frozenset(), 0, 0, None, None, None, "", ""
        self.__dict__.update(fields)


class Expected:
    """One expected invoice."""

    def __init__(self, rules, customer, lines, late_only):
        self.customer, self.lines, self.late_only = customer, lines, late_only
        self.currency = rules.setting(customer, "currency")
        self.ids = frozenset(i for x in lines for i in x.ids)
        self.secs = sum(x.secs for x in lines)
        self.allowances = rules.allowances(lines)
        base = collections.Counter()
        for x in lines:
            base[x.category, x.rate] += x.net
        for a in self.allowances:
            base[a["category"], a["rate"]] -= a["amount"]
        self.taxes = {g: (b, exact.vat(b, g[1])) for g, b in base.items()}
        self.lines_net = sum(x.net for x in lines)
        self.discount = sum(a["amount"] for a in self.allowances)
        self.net = self.lines_net - self.discount
        self.tax = sum(t for _, t in self.taxes.values())
        self.gross = self.net + self.tax
        days = [x.start for x in lines] + [x.end for x in lines]
        # Documents of late entries alone may name the days of these entries only.
        self.first, self.last = min(days), max(days)
        self.period = None if late_only else (min([rules.first, self.first]), max([rules.last, self.last]))

    def bookings(self):
        """DATEV: {(category, rate, cost centre): gross in minor units}, each group's gross shared in proportion to the net of its lines."""
        out = {}
        for group, (base, tax) in self.taxes.items():
            centres = collections.OrderedDict()
            for x in self.lines:
                if (x.category, x.rate) == group:
                    centres[x.cost_centre] = centres.get(x.cost_centre, 0) + x.net
            for centre, part in exact.split(base + tax, sorted(centres.items())).items():
                if part:
                    out[(*group, centre)] = part
        return out


class Rules:
    """The settings and tables of one project folder for one run over first..last (dates as texts, inclusive)."""

    def __init__(self, project, workspace, first, last, late=None):
        self.conf = read_conf(os.path.join(project, "psabill.conf"))
        self.rates = read_csv(os.path.join(project, "rates.csv"))
        self.customers = {c["company_id"].lower(): c for c in read_csv(os.path.join(project, "customers.csv"))}
        terms = self.conf.get(("files", "terms"))
        self.terms = read_csv(os.path.join(project, terms)) if terms else []
        self.first, self.last = first, last
        self.late = late or self.get("run", "late")
        self.per_project = self.get("billing", "invoice_per") == "project"
        self.unit = {"hours": "HUR", "minutes": "MIN"}[self.get("billing", "quantity")]
        with open(workspace, encoding="utf-8") as f:
            ws = json.load(f)
        self.things = {name: {x["key"]: {**x, "name": x.get("name", "").strip()} for x in ws[name]} for name in ("companies", "projects", "users", "tasks", "typesOfWork")}
        for u in self.things["users"].values():
            u["name"] = " ".join(x.strip() for x in (u.get("firstName", ""), u.get("lastName", "")) if x.strip())
        self.projects_by_id = {x["id"]: x for x in self.things["projects"].values()}

    def get(self, section, key):
        return self.conf.get((section, key), "")

    def setting(self, customer, column):
        """A cell of customers.csv goes before the setting of the same name."""
        return customer.get(column) or self.get("billing", column)

    def vat_rates(self):
        """Every VAT rate that is configured anywhere, and 0 for what is not taxed."""
        texts = [self.get("billing", "tax_rate"), "0"] + [r.get("tax_rate", "") for t in (self.customers.values(), self.rates, self.terms) for r in t]
        return {Decimal(x) for x in texts if x}

    def vat_of(self, customer, own=""):
        """(category, rate); own is the rate of a rate card's row or of a fee, for category S only."""
        category = self.setting(customer, "tax_category")
        if category != "S":
            return category, Fraction(0)
        return category, Fraction(Decimal(own or customer.get("tax_rate") or self.get("billing", "tax_rate")))

    # ---- entries ----

    def view(self, e):
        task = self.things["tasks"].get(e.get("task"))
        project = self.things["projects"].get(e.get("project") or (task or {}).get("project"))
        return {"id": e["id"], "date": e.get("date"), "secs": e.get("dur"), "raw": e, "task": task, "project": project,
                "company": self.things["companies"].get((project or {}).get("company")), "user": self.things["users"].get(e.get("user")),
                "work": self.things["typesOfWork"].get(e.get("type"))}

    def is_late(self, x):
        return x["date"] < self.first

    def rate_of(self, x):
        """The most specific row that fits (project, then company, then type of work, then user; then the later start), or None; a tie is a fault of the corpus."""
        found = []
        for row in self.rates:
            if (row["valid_from"] or "0") <= x["date"] <= (row["valid_to"] or "9") and all(
                    fits(row[c], x[k]) for c, k in (("company", "company"), ("project", "project"), ("user", "user"), ("type_of_work", "work"))):
                found.append(((bool(row["project"]), bool(row["company"]), bool(row["type_of_work"]), bool(row["user"]), row["valid_from"]), row))
        best = [r for k, r in found if k == max(f[0] for f in found)]
        if len(best) > 1:
            raise ValueError(f"rates tie for entry {x['id']}")
        return best[0] if best else None

    def held(self, x, claimed):
        """Why an entry is not billed, or None."""
        customer = self.customers.get(x["company"]["id"]) if x["company"] else None
        if x["id"] in claimed:
            return "on_invoice"
        if x["secs"] is None or x["secs"] <= 0:
            return "no_duration"
        if x["project"] is None:
            return "no_project"
        if x["company"] is None:
            return "no_company"
        if customer is None:
            return "no_customer"
        if customer["hold"]:
            return "on_hold"
        if not all(customer[c] for c in ("legal_name", "street", "zip", "city", "country")) or self.vat_of(customer)[0] == "AE" and not customer["vat_id"]:
            return "customer_incomplete"
        if self.late == "hold" and self.is_late(x):
            return "late"
        rate = self.rate_of(x)
        if rate is None:
            return "no_rate"
        return "currency" if (rate["currency"] or self.get("billing", "currency")) != self.setting(customer, "currency") else None

    # ---- terms ----

    def term_of(self, customer, project, column):
        """The row of terms.csv that gives a discount or a cost centre to a customer's project: valid on the last day; a row that names the project goes first."""
        company = {"id": customer["company_id"], "name": customer["company_name"]}
        found = [t for t in self.terms if t[column] and (column != "discount" or Decimal(t[column]) > 0)
                 and (t["valid_from"] or "0") <= self.last <= (t["valid_to"] or "9") and fits(t["company"], company) and fits(t["project"], project)]
        best = [t for t in found if t["project"]] or found
        best = [t for t in best if t["company"]] or best
        if len(best) > 1:
            raise ValueError(f"terms tie: {best}")
        return best[0] if best else None

    def fees(self, customer):
        """(row, first day, last day) of every month that ends within the period and lies in the row's validity as a whole."""
        company = {"id": customer["company_id"], "name": customer["company_name"]}
        out = []
        for t in self.terms:
            if not t["fee"] or Decimal(t["fee"]) == 0 or not t["company"] or not fits(t["company"], company):
                continue
            end = month_end(datetime.date.fromisoformat(self.first))
            while end.isoformat() <= self.last:
                start = end.replace(day=1)
                if (t["valid_from"] or "0") <= start.isoformat() and end.isoformat() <= (t["valid_to"] or "9"):
                    out.append((t, start.isoformat(), end.isoformat()))
                end = month_end(end + datetime.timedelta(days=1))
        return out

    @staticmethod
    def allowances(lines):
        """One per discount and VAT group."""
        by_term = collections.OrderedDict()
        for x in lines:
            if x.term is not None:
                groups = by_term.setdefault(id(x.term), (x.term, collections.Counter()))[1]
                groups[x.category, x.rate] += x.net
        out = []
        for term, groups in by_term.values():
            parts = exact.discount(Decimal(term["discount"]), sorted(groups.items()))
            out += [{"category": g[0], "rate": g[1], "base": groups[g], "amount": parts[g], "percent": Decimal(term["discount"]), "reason": term["description"]} for g in parts]
        return [a for a in out if a["amount"]]

    # ---- invoices ----

    def line_key(self, x, customer, rate):
        group = self.setting(customer, "group_by")
        detail = {"project": None, "project_task": x["task"], "project_user": x["user"], "project_type_of_work": x["work"], "entry": x}[group]
        return (x["project"]["id"], detail and detail["id"], Decimal(rate["rate"]), self.vat_of(customer, rate.get("tax_rate"))[1],
                self.late == "separate" and self.is_late(x))

    def time_line(self, items, customer, rate):
        mode, minutes, scope = self.setting(customer, "round_mode"), int(self.setting(customer, "round_minutes")), self.setting(customer, "round_scope")
        secs, each, project = sum(x["secs"] for x in items), None, items[0]["project"]
        if scope == "entry" or mode == "none":
            each = {x["id"]: exact.round_time(x["secs"], mode, minutes) for x in items}
            billed = sum(each.values())
        else:
            billed = exact.round_time(secs, mode, minutes)
        quantity, price, dates = exact.printed_quantity(self.unit, billed), Decimal(rate["rate"]), [x["date"] for x in items]
        category, vat = self.vat_of(customer, rate.get("tax_rate"))
        return Line(ids=frozenset(x["id"] for x in items), secs=secs, billed=billed, each=each, unit=self.unit, quantity=quantity, price=price,
                    net=exact.line_net(self.unit, quantity, price, self.setting(customer, "currency")), category=category, rate=vat, start=min(dates), end=max(dates),
                    term=self.term_of(customer, project, "discount"), cost_centre=(self.term_of(customer, project, "cost_centre") or {}).get("cost_centre", ""),
                    text=project["name"], items={x["id"]: x for x in items})

    def fee_line(self, customer, term, start, end):
        category, vat = self.vat_of(customer, term["tax_rate"])
        price = Decimal(term["fee"])
        return Line(fee=(customer["company_id"], term["name"], start[:7]), unit="LS", quantity=Decimal(1), price=price,
                    net=exact.line_net("LS", Decimal(1), price, self.setting(customer, "currency")), category=category, rate=vat, start=start, end=end,
                    cost_centre=(self.term_of(customer, {"id": "", "name": term["project"]} if term["project"] else None, "cost_centre") or {}).get("cost_centre", ""),
                    text=term["description"], items={})

    def open_entries(self, entries):
        return [self.view(e) for e in entries if e["billable"] and not e["billed"] and "" < (e.get("date") or "") <= self.last]

    def compute(self, entries, claimed=(), fees_claimed=()):
        """(expected invoices, held entries: id -> reason). claimed: entry ids and fees that stand on live invoices."""
        held, lines, invoices = {}, collections.defaultdict(list), collections.defaultdict(list)
        for x in self.open_entries(entries):
            reason = self.held(x, claimed)
            if reason:
                held[x["id"]] = reason
                continue
            customer, rate = self.customers[x["company"]["id"]], self.rate_of(x)
            invoice = (x["company"]["id"], x["project"]["id"] if self.per_project else "", self.late == "invoice" and self.is_late(x))
            lines[invoice, self.line_key(x, customer, rate)].append((x, rate))
        for (invoice, _), items in lines.items():
            invoices[invoice].append(self.time_line([x for x, _ in items], self.customers[invoice[0]], items[0][1]))
        for company, customer in self.customers.items():
            for term, start, end in self.fees(customer):
                if (company, term["name"], start[:7]) not in fees_claimed and not customer["hold"]:
                    invoices[self.fee_place(invoices, company, term)].append(self.fee_line(customer, term, start, end))
        return [Expected(self, self.customers[k[0]], v, k[2]) for k, v in sorted(invoices.items())], held

    def fee_place(self, invoices, company, term):
        """The invoice that carries a fee: the customer's; with one invoice per project the named project's, or one of its own. Never that of late entries."""
        if not self.per_project or not term["project"]:
            return company, "", False
        found = (k[1] for k in invoices if k[0] == company and not k[2] and k[1] in self.projects_by_id and fits(term["project"], self.projects_by_id[k[1]]))
        return company, next(found, term["project"]), False
