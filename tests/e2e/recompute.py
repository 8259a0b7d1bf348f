#!/usr/bin/python3
"""What a run must bill, computed a second time: from the entries that awork shows, rates.csv, customers.csv and the settings, by the rules
of the documentation and with Python's integers and decimals. Shares no code with the program.

    recompute.py STATE.json WORKSPACE.json PROJECT_DIR RUN_DIR PERIOD_FROM PERIOD_TO

compares a published run with what should be in it. STATE.json is /_sandbox/state from before the run."""

import collections
import configparser
import csv
import datetime
import json
import os
import re
import sys
from decimal import ROUND_HALF_UP, Decimal

DECIMALS = {"JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "TND": 3, "BHD": 3}
DEFAULTS = {("billing", "invoice_per"): "customer", ("billing", "group_by"): "project_task", ("billing", "quantity"): "hours",
            ("billing", "round_mode"): "none", ("billing", "round_minutes"): "15", ("billing", "round_scope"): "entry",
            ("billing", "currency"): "EUR", ("billing", "tax_category"): "S", ("billing", "tax_rate"): "19", ("run", "late"): "include",
            ("run", "external"): "hold", ("run", "retainer"): "hold", ("run", "exclude_projects"): ""}
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def rounded(value):
    """To a whole number, halves away from zero."""
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def fraction_rounded(numerator, denominator):
    """numerator / denominator to a whole number, halves away from zero, in integers."""
    q, r = divmod(abs(numerator), denominator)
    q += 2 * r >= denominator
    return q if numerator >= 0 else -q


def round_time(secs, mode, minutes):
    step = minutes * 60
    if mode == "none":
        return secs
    if mode == "down":
        return secs // step * step
    if mode == "up":
        return -(-secs // step) * step
    return fraction_rounded(secs, step) * step


def read_conf(path):
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#", ";"), strict=True)
    parser.optionxform = str
    with open(path, encoding="utf-8") as f:
        parser.read_file(f)
    return {**DEFAULTS, **{(s, k): v for s in parser.sections() for k, v in parser.items(s)}}


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        rows = [r for r in csv.reader(f) if r and not r[0].startswith("#")]
    return [dict(zip(rows[0], (cell.strip() for cell in r))) for r in rows[1:] if any(r)]


class Rules:
    def __init__(self, project_dir, workspace_file, period_from, period_to, late=None):
        self.conf = read_conf(os.path.join(project_dir, "psabill.conf"))
        self.rates = read_csv(os.path.join(project_dir, "rates.csv"))
        self.customers = {c["company_id"].lower(): c for c in read_csv(os.path.join(project_dir, "customers.csv"))}
        self.period_from, self.period_to = period_from, period_to
        self.late = late or self.conf["run", "late"]
        with open(workspace_file, encoding="utf-8") as f:
            ws = json.load(f)
        self.things = {name: {x["key"]: x for x in ws[name]} for name in ("companies", "projects", "users", "tasks", "typesOfWork")}

    def get(self, section, key):
        return self.conf[section, key]

    def setting(self, customer, column):
        """A column of customers.csv goes before the setting of the same name."""
        return customer.get(column) or self.get("billing", column)

    def view(self, e):
        """An entry with its names and ids."""
        task = self.things["tasks"].get(e.get("task"))
        project = self.things["projects"].get(e.get("project") or (task or {}).get("project"))
        company = self.things["companies"].get((project or {}).get("company"))
        user, work = self.things["users"].get(e.get("user")), self.things["typesOfWork"].get(e.get("type"))
        name = " ".join(x.strip() for x in ((user or {}).get("firstName", ""), (user or {}).get("lastName", "")) if x.strip())
        return {"entry": e, "id": e["id"], "date": e.get("date"), "secs": e.get("dur"), "task": task, "project": project, "company": company, "user": user,
                "work": work, "user_name": name}

    def is_late(self, x):
        return x["date"] is not None and x["date"] < self.period_from

    # ---- held ----

    def reasons(self, x):
        """Every reason that holds it; empty when it is billable."""
        e, found = x["entry"], []
        start, end, secs = "start" in e, "end" in e, x["secs"]
        if x["date"] is None:
            found.append("no_date")
        if start != end and not secs:
            found.append("running")
        if secs is None or secs <= 0:
            found.append("no_duration")
        if start != end and secs:
            found.append("open_end")
        if e.get("external") or (x["project"] or {}).get("external") or (x["user"] or {}).get("external"):
            if self.get("run", "external") == "hold":
                found.append("external")
        if x["project"] is None or (x["task"] or {}).get("baseType") == "private":
            return found + ["no_project"]
        excluded = [s.strip() for s in self.get("run", "exclude_projects").split("|") if s.strip()]
        if x["project"]["id"] in excluded or x["project"]["name"] in excluded:
            found.append("excluded")
        if x["project"].get("retainer") and self.get("run", "retainer") == "hold":
            found.append("retainer")
        if x["company"] is None:
            return found + ["no_company"]
        customer = self.customers.get(x["company"]["id"])
        if customer is None:
            return found + ["no_customer"]
        if customer["hold"]:
            found.append("on_hold")
        needed = ["legal_name", "street", "zip", "city", "country"] + (["vat_id"] if self.setting(customer, "tax_category") == "AE" else [])
        if not all(customer[c] for c in needed):
            found.append("customer_incomplete")
        if self.is_late(x) and self.late == "hold":
            found.append("late")
        return found + self.rate_reasons(x, customer)

    def rate_reasons(self, x, customer):
        best = self.best_rates(x)
        if not best:
            return ["no_rate"]
        if len(best) > 1:
            return ["rate_tie"]
        return ["currency"] if (best[0]["currency"] or self.get("billing", "currency")) != self.setting(customer, "currency") else []

    # ---- rates ----

    def best_rates(self, x):
        """Rows that fit, of the highest rank and the latest start."""
        if x["date"] is None:
            return []
        things = {"company": x["company"], "project": x["project"], "type_of_work": x["work"]}
        fitting = []
        for row in self.rates:
            if (row["valid_from"] and x["date"] < row["valid_from"]) or (row["valid_to"] and x["date"] > row["valid_to"]):
                continue
            names = {k: ({t["id"], t["name"].strip()} if t else set()) for k, t in things.items()}
            names["user"] = {x["user"]["id"], x["user_name"]} if x["user"] else set()
            keys = {k: row[k].lower() if UUID.match(row[k]) else row[k] for k in names}
            if all(not keys[k] or keys[k] in names[k] for k in names):
                rank = tuple(bool(row[k]) for k in ("project", "company", "type_of_work", "user"))
                fitting.append(((rank, row["valid_from"]), row))
        top = max((f[0] for f in fitting), default=None)
        return [row for key, row in fitting if key == top]

    # ---- invoices ----

    def line_key(self, x, customer, rate):
        group = self.setting(customer, "group_by")
        detail = {"project": None, "project_task": x["task"] and x["task"]["id"], "project_user": x["user"] and x["user"]["id"],
                  "project_type_of_work": x["work"] and x["work"]["id"], "entry": x["id"]}[group]
        return (x["project"]["id"], detail, Decimal(rate["rate"]), self.is_late(x) and self.late == "separate")

    def line_of(self, items, customer, rate):
        mode, minutes, scope = (self.setting(customer, c) for c in ("round_mode", "round_minutes", "round_scope"))
        currency = self.setting(customer, "currency")
        secs = sum(x["secs"] for x in items)
        each = None
        if scope == "entry" or mode == "none":
            each = {x["id"]: round_time(x["secs"], mode, int(minutes)) for x in items}
            billed = sum(each.values())
        else:
            billed = round_time(secs, mode, int(minutes))
        per_hour = Decimal(rate["rate"])
        if self.get("billing", "quantity") == "hours":
            hundredths = fraction_rounded(billed, 36)
            quantity, amount = Decimal(hundredths) / 100, Decimal(hundredths) * per_hour / 100
            net = rounded(amount.scaleb(DECIMALS.get(currency, 2)))
        else:
            quantity = fraction_rounded(billed, 60)
            net = fraction_rounded(quantity * int(per_hour.scaleb(4)) * 10 ** DECIMALS.get(currency, 2), 60 * 10 ** 4)
        return {"items": items, "secs": secs, "billed": billed, "each": each, "quantity": Decimal(quantity), "rate": per_hour, "net": net}

    def invoice_of(self, lines, customer):
        category = self.setting(customer, "tax_category")
        pct = Decimal(customer["tax_rate"] or (self.get("billing", "tax_rate") if category == "S" else "0"))
        net = sum(x["net"] for x in lines)
        tax = rounded(net * pct / 100)
        dates = [i["date"] for x in lines for i in x["items"]]
        return {"lines": lines, "net": net, "tax": tax, "gross": net + tax, "category": category, "pct": pct, "currency": self.setting(customer, "currency"),
                "secs": sum(x["secs"] for x in lines), "entries": len(dates), "from": min([self.period_from, *dates]),
                "to": max([self.period_to, *dates]), "customer": customer}

    def compute(self, entries, claimed=()):
        """(invoices by (company id, project id or None), held: entry id -> reasons) of the open, billable entries before the period's end."""
        open_entries = [self.view(e) for e in entries if e["billable"] and not e["billed"] and (e.get("date") or "") and e["date"] <= self.period_to]
        held, lines, invoices = {}, collections.defaultdict(list), collections.defaultdict(list)
        for x in open_entries:
            reasons = ["on_invoice"] if x["id"] in claimed else self.reasons(x)
            if reasons:
                held[x["id"]] = reasons
                continue
            customer, rate = self.customers[x["company"]["id"]], self.best_rates(x)[0]
            invoice = (x["company"]["id"], x["project"]["id"] if self.get("billing", "invoice_per") == "project" else None)
            lines[invoice, self.line_key(x, customer, rate)].append((x, rate))
        for (invoice, _), items in lines.items():
            customer = self.customers[invoice[0]]
            invoices[invoice].append(self.line_of([x for x, _ in items], customer, items[0][1]))
        return {k: self.invoice_of(v, self.customers[k[0]]) for k, v in invoices.items()}, held


# ---- comparing a run ----

class Comparison:
    def __init__(self):
        self.problems = []

    def same(self, got, wanted, what):
        if got != wanted:
            self.problems.append(f"{what}: got {got}, wanted {wanted}")

    def invoice(self, row, wanted, lines, entries):
        no, decimals = row["invoice_number"], DECIMALS.get(wanted["currency"], 2)
        for column in ("net", "tax", "gross"):
            self.same(Decimal(row[column]), Decimal(wanted[column]).scaleb(-decimals), f"{no} {column}")
        for column, value in (("currency", wanted["currency"]), ("seconds", str(wanted["secs"])), ("entries", str(wanted["entries"])),
                              ("period_from", wanted["from"]), ("period_to", wanted["to"]), ("type", "380"), ("cancels", "")):
            self.same(row[column], value, f"{no} {column}")
        mine = {r["line"]: r for r in lines if r["invoice_number"] == no}
        on_line = collections.defaultdict(dict)
        for e in entries:
            if e["invoice_number"] == no:
                on_line[e["line"]][e["entry_id"]] = e
        self.same(len(mine), len(wanted["lines"]), f"{no}: lines")
        by_ids = {frozenset(v): k for k, v in on_line.items()}
        for line in wanted["lines"]:
            pos = by_ids.get(frozenset(x["id"] for x in line["items"]))
            if pos is None or pos not in mine:
                self.problems.append(f"{no}: no line with exactly the {len(line['items'])} entries of {line['items'][0]['id']}")
            else:
                self.line(f"{no} line {pos}", mine[pos], line, wanted, on_line[pos])

    def line(self, what, row, wanted, invoice, entries):
        decimals = DECIMALS.get(invoice["currency"], 2)
        self.same(Decimal(row["quantity"]), wanted["quantity"], f"{what}: quantity")
        self.same(Decimal(row["rate"]), wanted["rate"], f"{what}: rate")
        self.same(Decimal(row["net"]), Decimal(wanted["net"]).scaleb(-decimals), f"{what}: net")
        self.same(int(row["seconds"]), wanted["secs"], f"{what}: seconds")
        self.same((row["tax_category"], Decimal(row["tax_rate"])), (invoice["category"], invoice["pct"]), f"{what}: tax")
        self.same(sum(int(e["billed_seconds"]) for e in entries.values()), wanted["billed"], f"{what}: billed seconds of its entries")
        for x in wanted["items"]:
            e = entries[x["id"]]
            self.same((int(e["seconds"]), e["date"], Decimal(e["rate"])), (x["secs"], x["date"], wanted["rate"]), f"{what}: entry {x['id']}")
            if wanted["each"] is not None:
                self.same(int(e["billed_seconds"]), wanted["each"][x["id"]], f"{what}: billed seconds of {x['id']}")
            elif abs(int(e["billed_seconds"]) * wanted["secs"] - x["secs"] * wanted["billed"]) > wanted["secs"] or int(e["billed_seconds"]) < 0:
                self.problems.append(f"{what}: share {e['billed_seconds']} of {x['id']} with {x['secs']} s, line {wanted['secs']} -> {wanted['billed']}")


def compare(rules, state_entries, run_dir, claimed=()):
    """The list of differences between a run's files and what must be in them."""
    invoices, held = rules.compute(state_entries, claimed)
    rows, lines, entries, held_rows = (read_csv(os.path.join(run_dir, n + ".csv")) for n in ("invoices", "lines", "entries", "held"))
    c = Comparison()
    projects_of = collections.defaultdict(set)
    by_project = {(x["id"]): x["project"]["id"] for v in invoices.values() for line in v["lines"] for x in line["items"]}
    for e in entries:
        projects_of[e["invoice_number"]].add(by_project.get(e["entry_id"]))
    got = {}
    for r in rows:
        project = next(iter(projects_of[r["invoice_number"]])) if rules.get("billing", "invoice_per") == "project" else None
        got[r["company_id"], project] = r
    c.same(len(got), len(rows), "one invoice per customer or project")
    c.same(sorted(map(str, got)), sorted(map(str, invoices)), "invoices")
    for key in got.keys() & invoices.keys():
        c.invoice(got[key], invoices[key], lines, entries)
    for e in entries:
        late = e["date"] < rules.period_from
        c.same(e["late"], "1" if late else "0", f"late of {e['entry_id']}")
    c.same(sorted(r["entry_id"] for r in held_rows), sorted(held), "held entries")
    for r in held_rows:
        if r["reason"] not in held.get(r["entry_id"], ()):
            c.problems.append(f"held {r['entry_id']}: {r['reason']} is none of {held.get(r['entry_id'])}")
    return c.problems


def main():
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    state, workspace, project, run_dir, first, last = sys.argv[1:]
    for day in (first, last):
        datetime.date.fromisoformat(day)
    with open(state, encoding="utf-8") as f:
        problems = compare(Rules(project, workspace, first, last), json.load(f)["entries"], run_dir)
    print("\n".join(problems) or "equal")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
