"""Prices, rounding, grouping, quantities, VAT: exact numbers for small cases, the second computation for the combinations."""

from decimal import Decimal

import invariants
import recompute
from harness import check, equal
from workspace import Workspace, small_month


def compared(t, ws, conf=None, customers=None, rates=None, period=("2026-10-01", "2026-10-31"), code=0):
    sb, p = t.both(ws, conf, rates=rates)
    for row, cells in (customers or {}).items():
        p.customer(row, **cells)
    before = sb.state()["entries"]
    p.run("--period", f"{period[0]}..{period[1]}", code=code)
    problems = recompute.compare(recompute.Rules(p.dir, sb.workspace_file, *period), before, p.folder())
    check(not problems, f"{conf}: " + "; ".join(problems[:4]))
    invariants.holds(p, sb)
    return p


def three_entries(*secs):
    ws = Workspace()
    task = ws.task("Aufgabe", ws.project("Projekt", ws.company("Nordlicht GmbH")))
    for i, s in enumerate(secs):
        ws.entry(f"2026-10-{i + 1:02d}", s, task=task)
    return ws


ROUNDING = [  # mode, minutes, scope, seconds of the entries, billed seconds, quantity, net at 95.00
    ("none", 15, "entry", (301, 899, 1), 1201, "0.33", "31.35"),
    ("none", 15, "line", (301, 899, 1), 1201, "0.33", "31.35"),
    ("up", 15, "entry", (301, 899, 1), 2700, "0.75", "71.25"),
    ("up", 15, "line", (301, 899, 1), 1800, "0.50", "47.50"),
    ("down", 15, "entry", (301, 899, 901), 900, "0.25", "23.75"),
    ("down", 15, "line", (301, 899, 901), 1800, "0.50", "47.50"),
    ("nearest", 15, "entry", (449, 450, 451), 1800, "0.50", "47.50"),
    ("nearest", 15, "line", (449, 450, 450), 900, "0.25", "23.75"),
    ("up", 6, "entry", (360, 361, 720), 1800, "0.50", "47.50"),
    ("up", 60, "line", (3600, 3600, 3600), 10800, "3.00", "285.00"),
    ("down", 1440, "entry", (3600, 7200, 60), 0, "0.00", "0.00"),
    ("nearest", 1, "entry", (29, 30, 31), 120, "0.03", "2.85"),
]


def test_each_rounding(t):
    """One customer per case, with rules of its own."""
    ws, customers = Workspace(), {}
    for i, (mode, minutes, scope, secs, *_) in enumerate(ROUNDING):
        task = ws.task("Aufgabe", ws.project("Projekt", ws.company(f"Firma {i:02d}")))
        for day, n in enumerate(secs):
            ws.entry(f"2026-10-{day + 1:02d}", n, task=task)
        customers[i] = {"round_mode": mode, "round_minutes": str(minutes), "round_scope": scope}
    p = compared(t, ws, {"billing": {"round_mode": "up", "round_minutes": "1"}}, customers)
    lines, entries = p.csv("lines.csv"), p.csv("entries.csv")
    equal(len(lines), len(ROUNDING), "lines")
    for i, (mode, minutes, scope, secs, billed, quantity, net) in enumerate(ROUNDING):
        what, line = f"{mode} {minutes} {scope} {secs}", lines[i]
        equal((line["quantity"], line["net"], line["seconds"]), (quantity, net, str(sum(secs))), what)
        mine = [int(x["billed_seconds"]) for x in entries if x["invoice_number"] == line["invoice_number"]]
        equal(sum(mine), billed, f"{what}: billed seconds")


def test_rounding_of_the_settings(t):
    for i in (0, 3, 5, 7):
        mode, minutes, scope, secs, _, quantity, net = ROUNDING[i]
        p = compared(t, three_entries(*secs), {"billing": {"round_mode": mode, "round_minutes": minutes, "round_scope": scope}})
        line = p.csv("lines.csv")[0]
        equal((line["quantity"], line["net"]), (quantity, net), f"{mode} {minutes} {scope}")


def test_amount_follows_the_printed_quantity(t):
    """20 minutes at 100.00: 0.33 h are 33.00, not 33.33; 20 printed minutes are 33.33."""
    line = compared(t, three_entries(1200), {"billing": {"quantity": "hours"}}, rates=[{"rate": "100"}]).csv("lines.csv")[0]
    equal((line["quantity"], line["unit"], line["rate"], line["net"]), ("0.33", "HUR", "100.00", "33.00"), "hours")
    line = compared(t, three_entries(1200), {"billing": {"quantity": "minutes"}}, rates=[{"rate": "100"}]).csv("lines.csv")[0]
    equal((line["quantity"], line["unit"], line["rate"], line["net"]), ("20", "MIN", "100.00", "33.33"), "minutes")
    line = compared(t, three_entries(1230), {"billing": {"quantity": "minutes"}}, rates=[{"rate": "100"}]).csv("lines.csv")[0]
    equal((line["quantity"], line["net"]), ("21", "35.00"), "half a minute goes up")


def test_halves_go_away_from_zero(t):
    """0.05 h x 0.10 = 0.005 -> 0.01; 18 s = half a hundredth hour goes up."""
    line = compared(t, three_entries(180), rates=[{"rate": "0.1"}]).csv("lines.csv")[0]
    equal((line["quantity"], line["net"]), ("0.05", "0.01"), "half a cent")
    line = compared(t, three_entries(18), rates=[{"rate": "100"}]).csv("lines.csv")[0]
    equal((line["quantity"], line["net"]), ("0.01", "1.00"), "half a hundredth")
    line = compared(t, three_entries(17), rates=[{"rate": "100"}]).csv("lines.csv")[0]
    equal((line["quantity"], line["net"]), ("0.00", "0.00"), "less than half")


def test_vat_from_the_sum(t):
    """Two lines of 0.53 net: 19 % of 1.06 is 0.20, while 2 x 0.10 would be 0.20, and 3 x 0.53 = 1.59 gives 0.30, not 3 x 0.10."""
    ws = Workspace()
    project = ws.project("Projekt", ws.company("Nordlicht GmbH"))
    for i in range(7):
        ws.entry("2026-10-01", 180, task=ws.task(f"Aufgabe {i}", project))
    p = compared(t, ws, rates=[{"rate": "10.50"}])
    equal({x["net"] for x in p.csv("lines.csv")}, {"0.53"}, "lines")
    invoice = p.csv("invoices.csv")[0]
    equal((invoice["net"], invoice["tax"], invoice["gross"]), ("3.71", "0.70", "4.41"), "7 x 0.53, 19 % of the sum")


def test_every_grouping(t):
    expected = {"project": 4, "project_task": 8, "project_user": 8, "project_type_of_work": 8, "entry": 40}
    for group, lines in expected.items():
        p = compared(t, small_month(40), {"billing": {"group_by": group}})
        equal(len(p.csv("lines.csv")), lines, f"{group}: lines")
        equal(len(p.csv("invoices.csv")), 2, f"{group}: invoices")


def test_combinations(t):
    """Mode x scope x quantity x grouping, all against the second computation."""
    n = 0
    for mode in ("nearest", "up", "down"):
        for scope in ("entry", "line"):
            for quantity in ("hours", "minutes"):
                group = ("project", "project_task", "project_user", "project_type_of_work", "entry")[n % 5]
                n += 1
                compared(t, small_month(17, 1), {"billing": {"round_mode": mode, "round_scope": scope, "quantity": quantity, "group_by": group,
                                                             "round_minutes": (15, 6, 10, 1)[n % 4], "invoice_per": ("customer", "project")[n % 2]}})
    equal(n, 12, "combinations")


def test_invoice_per_project(t):
    p = compared(t, small_month(24), {"billing": {"invoice_per": "project"}})
    invoices, lines = p.csv("invoices.csv"), p.csv("lines.csv")
    equal(len(invoices), 4, "invoices")
    for x in invoices:
        equal(len({y["project"] for y in lines if y["invoice_number"] == x["invoice_number"]}), 1, f"projects on {x['invoice_number']}")


def test_customers_override(t):
    customers = {0: {"round_mode": "up", "round_minutes": "30", "round_scope": "line", "group_by": "project", "due_days": "30", "tax_rate": "7"},
                 1: {"currency": "CHF", "tax_category": "O", "language": "en"}}
    rates = [{"rate": "95", "currency": "EUR"}, {"company": "Söhne & Töchter KG", "rate": "130.1234", "currency": "CHF"}]
    p = compared(t, small_month(24), customers=customers, rates=rates)
    a, b = p.csv("invoices.csv")
    equal((a["currency"], a["due_date"], b["currency"], b["due_date"]), ("EUR", "2026-12-02", "CHF", "2026-11-16"), "currency and due date")
    equal(Decimal(b["tax"]), Decimal(0), "VAT of category O")
    equal({(x["tax_category"], x["tax_rate"]) for x in p.csv("lines.csv")}, {("S", "7"), ("O", "0")}, "tax of the lines")
    equal(set(p.run(code=0).summary()["net"]), set(), "second run")


def test_currencies_without_and_with_three_decimals(t):
    customers = {0: {"currency": "JPY"}, 1: {"currency": "KWD"}}
    rates = [{"rate": "9500.5", "currency": "JPY"}, {"company": "Söhne & Töchter KG", "rate": "30.1234", "currency": "KWD"}]
    p = compared(t, small_month(24), customers=customers, rates=rates)
    a, b = p.csv("invoices.csv")
    check("." not in a["net"] and len(b["net"].split(".")[1]) == 3, f"decimals: {a['net']} {b['net']}")


def test_the_most_specific_rate_wins(t):
    """project > company > type of work > user > any; more keys beat fewer."""
    order = [("user",), ("type_of_work",), ("type_of_work", "user"), ("company",), ("company", "user"), ("company", "type_of_work"),
             ("company", "type_of_work", "user"), ("project",), ("project", "user"), ("project", "type_of_work"), ("project", "type_of_work", "user"),
             ("project", "company"), ("project", "company", "type_of_work", "user")]
    ws, rates, wanted = Workspace(), [{"rate": "10"}], {}
    for n, keys in enumerate(order):  # the n-th entry has rows for the first n + 1 combinations of its own names and ids
        company, user, work = ws.company(f"Firma {n:02d}"), ws.user("Person", f"{n:02d}"), ws.type(f"Art {n:02d}")
        project = ws.project(f"Projekt {n:02d}", company)
        wanted[ws.entry("2026-10-05", 3600, project=project, user=user, type=work)] = f"{11 + n}.00"
        ids = {"company": ws.id(company), "project": f"Projekt {n:02d}", "user": f"Person {n:02d}", "type_of_work": ws.id(work)}
        rows = [{**{k: ids[k] for k in o}, "rate": str(11 + i)} for i, o in enumerate(order[:n + 1])]
        rates += rows[::-1] if n % 2 else rows
    p = compared(t, ws, rates=rates)
    equal({x["entry_id"]: x["rate"] for x in p.csv("entries.csv")}, wanted, "rates")


def test_validity_of_rates(t):
    ws = Workspace()
    ws.entry("2026-10-05", 3600, task=ws.task("Aufgabe", ws.project("Projekt", ws.company("Nordlicht GmbH"))))
    for valid_from, valid_to, wanted in (("2026-10-05", "", "50.00"), ("2026-10-06", "", "10.00"), ("", "2026-10-04", "10.00"), ("2026-09-01", "2026-10-05", "50.00")):
        p = compared(t, ws, rates=[{"rate": "10"}, {"valid_from": valid_from, "valid_to": valid_to, "user": "Alva Beispiel", "rate": "50"}])
        equal(p.csv("entries.csv")[0]["rate"], wanted, f"valid {valid_from}..{valid_to}")
    p = compared(t, ws, rates=[{"valid_from": "2026-01-01", "rate": "20"}, {"valid_from": "2026-10-01", "rate": "30"}, {"rate": "10"}])
    equal(p.csv("entries.csv")[0]["rate"], "30.00", "the latest start")


def test_a_rate_change_splits_the_line(t):
    p = compared(t, three_entries(3600, 3600, 3600), rates=[{"rate": "95"}, {"valid_from": "2026-10-03", "rate": "100.0001"}])
    equal(sorted((x["quantity"], x["rate"], x["net"]) for x in p.csv("lines.csv")), [("1.00", "100.0001", "100.00"), ("2.00", "95.00", "190.00")], "lines")


def late_workspace():
    ws = Workspace()
    task = ws.task("Aufgabe", ws.project("Projekt", ws.company("Nordlicht GmbH")))
    late = [ws.entry("2026-09-30", 3600, task=task), ws.entry("2026-03-02", 1800, task=task)]
    return ws, late, ws.entry("2026-10-01", 7200, task=task)


def test_late_include(t):
    ws, late, now = late_workspace()
    p = compared(t, ws)
    equal([(x["quantity"], x["net"]) for x in p.csv("lines.csv")], [("3.50", "332.50")], "one line")
    equal({x["entry_id"]: x["late"] for x in p.csv("entries.csv")}, {late[0]: "1", late[1]: "1", now: "0"}, "late in entries.csv")
    equal(p.report()["entries"]["late"], 2, "late in run.json")
    equal(p.csv("invoices.csv")[0]["period_from"], "2026-03-02", "first day of service")


def test_late_separate(t):
    ws, _, _ = late_workspace()
    p = compared(t, ws, {"run": {"late": "separate"}})
    equal(sorted((x["quantity"], x["net"]) for x in p.csv("lines.csv")), [("1.50", "142.50"), ("2.00", "190.00")], "two lines")
    texts = [x["description"] for x in p.csv("lines.csv") if x["quantity"] == "1.50"]
    check("02.03.2026" in texts[0] and "30.09.2026" in texts[0], f"dates of the late line: {texts}")
    equal(p.report()["entries"]["late"], 2, "late in run.json")


def test_late_hold(t):
    ws, late, now = late_workspace()
    p = compared(t, ws, {"run": {"late": "hold"}})
    equal(p.held(), {late[0]: "late", late[1]: "late"}, "held.csv")
    equal(p.billed_ids(), [now], "billed")
