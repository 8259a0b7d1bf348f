"""init, customers, list, show: what they write, what they keep, what they say."""

import json
import os
import re

import invariants
import recompute
import test_sample
from harness import SAMPLE, check, equal, tree
from workspace import Workspace, small_month


def contact(n, **fields):
    return {"id": f"00000002-0000-4000-8000-{n:012x}", **fields}


def address(n, kind="central", **fields):
    return contact(n, type="address", subType=kind, **{"addressLine1": "Weg 1", "zipCode": "20099", "city": "Hamburg", "country": "DE", **fields})


# ---- init ----

def test_init(t):
    folder = os.path.join(t.top, "new", "deep")
    r = t.run(["init", folder])
    equal((r.code, r.err), (0, ""), f"{r}")
    equal(sorted(os.listdir(folder)), ["customers.csv", "out", "psabill.conf", "rates.csv"], "files")
    with open(os.path.join(folder, "psabill.conf"), encoding="utf-8") as f:
        text = f.read()
    for key in ("base_url", "token_file", "timezone", "late", "iban", "number_format", "round_mode", "formats", "path"):
        check(re.search(rf"^#{key} = ", text, re.M), f"{key} in psabill.conf")
    check(not re.search(r"^[a-z_]+ *=", text, re.M), "a setting that is not commented out")
    env = {"PSABILL_AWORK_TOKEN": "x"}
    r = t.run(["-c", os.path.join(folder, "psabill.conf"), "check"], env={**env, "PSABILL_AWORK_BASE_URL": "http://127.0.0.1:1/", "PSABILL_AWORK_RETRY_MINUTES": "0"})
    equal(r.code, 78, f"{r}")
    for line in r.err.splitlines()[:-1]:
        check("[seller]" in line, f"what init writes is not accepted, and not for want of a seller: {line}")


def test_init_never_overwrites(t):
    folder = t.folder("mine")
    for name in ("psabill.conf", "rates.csv"):
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            f.write("# mine\n")
    r = t.run(["init", folder])
    equal(r.code, 0, f"{r}")
    for name in ("psabill.conf", "rates.csv"):
        equal(open(os.path.join(folder, name), encoding="ascii").read(), "# mine\n", name)
    check(os.path.exists(os.path.join(folder, "customers.csv")), "customers.csv")
    before = tree(folder, skip=())
    equal(t.run(["init", folder]).code, 0, "a second init")
    equal(tree(folder, skip=()), before, "files after a second init")
    equal(t.run(["-q", "init", folder]).out, "", "quiet init")


def test_init_here(t):
    folder = t.folder("here")
    equal(t.run(["init"], cwd=folder).code, 0, "init without operand")
    check(os.path.exists(os.path.join(folder, "psabill.conf")), "psabill.conf")


# ---- customers ----

def customers_of(p):
    return {x["company_name"]: x for x in recompute.read_csv(os.path.join(p.dir, "customers.csv"))}


def test_customers_of_the_sample(t):
    sb, p = t.both(SAMPLE, customers=[])
    r = p.command("customers", code=0)
    check("15 customers, 15 added" in r.out, f"{r}")
    rows = customers_of(p)
    equal(len(recompute.read_csv(os.path.join(p.dir, "customers.csv"))), 15, "rows")
    a = rows["Nordlicht Brauhaus GmbH"]
    equal((a["street"], a["zip"], a["city"], a["country"], a["vat_id"], a["customer_number"], a["email"], a["legal_name"]),
          ("Erfundene Allee 12", "20099", "Hamburg", "DE", "DE999000017", "10001", "rechnung@nordlicht-brauhaus.example", "Nordlicht Brauhaus GmbH"), "a row")
    equal(rows["Alpenblick Hotelbetriebe GmbH"]["tax_category"], "AE", "a customer in Austria")
    equal(rows["Larkspur Outfitters Inc."]["tax_category"], "O", "a customer in the United States")
    equal(rows["Doppelpost Logistik SE"]["street"], "", "two addresses of one kind are no choice")
    check("Doppelpost Logistik SE" in r.out and "Freunde der Leuchtt" in r.out and r.err == "", f"what a person must look at: {r}")
    equal({x["method"] for x in sb.log()}, {"GET"}, "requests")
    before = open(os.path.join(p.dir, "customers.csv"), "rb").read()
    equal(p.command("customers", options=("-q",), code=0).out, "", "with -q")
    check("--wait is no option of customers" in p.command("customers", "--wait", "1", code=64).err, "an option that would do nothing")
    stat = os.stat(os.path.join(p.dir, "customers.csv"))
    p.command("customers", code=0)
    equal(open(os.path.join(p.dir, "customers.csv"), "rb").read(), before, "customers.csv after a second time")
    equal(os.stat(os.path.join(p.dir, "customers.csv")).st_mtime_ns, stat.st_mtime_ns, "time of customers.csv")


def test_customers_never_overwrites(t):
    ws = Workspace()
    ws.company("Nordlicht GmbH", contacts=[address(1), contact(2, type="email", subType="central", value="info@nordlicht.example")])
    ws.company("Alpenblick AG", contacts=[address(3, addressLine1="Hauptplatz 9", zipCode="5020", city="Salzburg", country="at")])
    _, p = t.both(ws, customers=[])
    typed = {"company_id": ws.id("c01"), "company_name": "Mein Name dafür", "street": "Getippte Gasse 7", "email": "ich@selbst.example", "hold": "", "debtor_account": "10777",
             "legal_name": "Nordlicht Brau GmbH"}
    p.set_customers([typed])
    p.command("customers", code=0)
    rows = recompute.read_csv(os.path.join(p.dir, "customers.csv"))
    equal(len(rows), 2, "rows")
    mine = rows[0]
    equal({k: mine[k] for k in typed}, typed, "typed cells")
    equal((mine["zip"], mine["city"]), ("", ""), "an address is filled whole or not at all")
    equal((rows[1]["street"], rows[1]["zip"], rows[1]["country"], rows[1]["company_name"]), ("Hauptplatz 9", "5020", "AT", "Alpenblick AG"), "the new row")


def test_customers_completes_empty_cells(t):
    ws = Workspace()
    ws.company("Nordlicht GmbH", contacts=[address(1), address(2, "invoice", addressLine1="Postfach 5", city="Kiel"),
                                           contact(3, type="custom", label="USt-IdNr.", value="DE111111111")])
    _, p = t.both(ws, customers=[])
    p.set_customers([{"company_id": ws.id("c01").upper(), "legal_name": "Nordlicht GmbH"}])
    r = p.command("customers", code=0)
    check("1 completed" in r.out, f"{r}")
    row = recompute.read_csv(os.path.join(p.dir, "customers.csv"))[0]
    equal((row["street"], row["city"], row["vat_id"]), ("Postfach 5", "Kiel", "DE111111111"), "the invoice address goes before the central one")


def test_customers_with_hostile_texts(t):
    ws = Workspace()
    name = '=cmd|"x"\nzweite; Zeile,\'\t'
    ws.company(name, contacts=[address(1, addressLine1="@SUM(1)", city="+Stadt")])
    ws.entry("2026-10-05", 3600, project=ws.project("Projekt", "c01"))
    sb, p = t.both(ws, customers=[])
    p.command("customers", code=0)
    raw = open(os.path.join(p.dir, "customers.csv"), encoding="utf-8", newline="").read()
    check("\"'=cmd" in raw and "'@SUM" in raw and "'+Stadt" in raw, f"guards: {raw}")
    before = raw
    p.command("customers", code=0)
    equal(open(os.path.join(p.dir, "customers.csv"), encoding="utf-8", newline="").read(), before, "after a second time")
    p.run(code=0)
    equal(len(sb.billed()), 1, "billed")
    invariants.holds(p, sb)


def test_customers_refuses_a_broken_table(t):
    ws = Workspace()
    ws.company("Nordlicht GmbH", contacts=[address(1)])
    _, p = t.both(ws, customers=[])
    for text in ('company_id,company_nam\n', '"company_id\n', "company_id,company_id\n", "street\n"):
        p.write("customers.csv", text)
        r = p.command("customers")
        equal(r.code, 78, f"{text!r}: {r}")
        equal(open(os.path.join(p.dir, "customers.csv"), encoding="utf-8").read(), text, "the table")
    os.unlink(os.path.join(p.dir, "customers.csv"))
    p.command("customers", code=0)
    equal(len(customers_of(p)), 1, "rows of a new table")


def test_customers_faults(t):
    ws = Workspace()
    for i in range(3):
        ws.company(f"Firma {i}", contacts=[address(i + 1)])
    sb, p = t.both(ws, {"awork": {"retry_minutes": "0"}}, customers=[])
    before = open(os.path.join(p.dir, "customers.csv"), "rb").read()
    for rule, code in (({"path": "/companies", "status": 401}, 77), ({"path": "/companies", "drop_rows": 1}, (69, 76)), ({"path": "/companies", "total_delta": 1}, (69, 76)),
                       ({"path_prefix": "/companies/", "status": 500}, 69), ({"path": "/companies", "status": 200, "body": "<html>"}, (69, 76))):
        sb.faults({"method": "GET", **rule})
        r = p.command("customers")
        check(r.code in (code if isinstance(code, tuple) else (code,)), f"{rule}: {r}")
        equal(open(os.path.join(p.dir, "customers.csv"), "rb").read(), before, f"{rule}: customers.csv")
    sb.faults()
    p.command("customers", code=0)
    equal(len(customers_of(p)), 3, "rows")


def test_from_nothing_to_an_invoice(t):
    """What the text of init says, step by step."""
    sb, p = t.both(test_sample.open_part(t), customers=[])
    p.command("customers", code=0)
    p.command("check", code=0)
    p.run("--dry-run", code=0)
    equal(sb.posts(), [], "POSTs so far")
    check(len(p.csv("invoices.csv", p.draft())) >= 10, "invoices of the draft")


# ---- list and show ----

def test_list_and_show(t):
    sb, p = t.both(small_month(12))
    equal(p.command("list").code, 0, "no ledger yet") if os.path.exists(p.ledger) else None
    p.run(code=0)
    ledger = open(p.ledger, "rb").read()
    invoices, lines, entries = p.csv("invoices.csv"), p.csv("lines.csv"), p.csv("entries.csv")
    r = p.command("list", code=0)
    check(re.search(r"^R0001 +2026-10 +CLOSED +2 +12 ", r.out, re.M), f"the run: {r.out}")
    for x in invoices:
        check(re.search(rf"^{x['invoice_number']} +ISSUED +R0001 +2026-11-02 +{x['entries']} +{re.escape(x['gross'])} EUR +{re.escape(x['legal_name'])}$", r.out, re.M),
              f"{x['invoice_number']}: {r.out}")
    j = json.loads(p.command("list", "--json", code=0).out)
    equal([(x["run"], x["state"], x["from"], x["to"], x["invoices"], x["entries"]) for x in j["runs"]], [("R0001", "CLOSED", "2026-10-01", "2026-10-31", 2, 12)], "runs")
    equal([(x["number"], x["net"], x["tax"], x["gross"], x["seconds"]) for x in j["invoices"]],
          [(x["invoice_number"], x["net"], x["tax"], x["gross"], int(x["seconds"])) for x in invoices], "invoices")
    no = invoices[0]["invoice_number"]
    r = p.command("show", no, code=0)
    for line in (x for x in lines if x["invoice_number"] == no):
        check(re.search(rf"^ *{line['line']} +{re.escape(line['quantity'])} +HUR +95\.00 +{re.escape(line['net'])} ", r.out, re.M), f"line {line['line']}: {r.out}")
    for x in entries:
        equal(x["entry_id"] in r.out, x["invoice_number"] == no, f"{x['entry_id']} in show {no}")
    check(f"{invoices[0]['gross']} EUR gross" in r.out, f"gross: {r.out}")
    r = p.command("show", "R0001", code=0)
    check("CLOSED" in r.out and no in r.out, f"{r.out}")
    shown, report = json.loads(p.command("show", "R0001", "--json", code=0).out), p.report()
    for key in ("run", "state", "exit", "issued", "period", "entries", "seconds", "invoices", "marked", "exceptions", "held", "files"):
        equal(shown[key], report[key], f"{key} of show --json")
    for bad in ("R0002", "RE-2026-00009", "nonsense", ""):
        check(p.command("show", bad, code=64).err != "", f"show {bad!r}")
    equal(open(p.ledger, "rb").read(), ledger, "bytes of the ledger")
    check(len(sb.posts()) == 1, "POSTs")


def test_list_without_a_ledger(t):
    _, p = t.both(small_month(4, 1))
    for command in (("list",), ("show", "R0001")):
        r = p.command(*command)
        check(r.code in (0, 64, 66) and not os.path.exists(p.ledger), f"{command}: {r}")


def test_show_exceptions(t):
    ws = small_month(12)
    sb, p = t.both(ws)
    sb.faults({"method": "POST", "bucket": {"#2": "unauthorized"}})
    p.run(code=3)
    refused = [i for i, s in p.claims().items() if s == "UNMARKED_AUTH"]
    equal(len(refused), 1, "refused entries")
    r = p.command("show", "R0001", code=0)
    check(re.search(rf"{refused[0]} on RE-2026-0000\d: UNMARKED_AUTH", r.out), f"{r.out}")
    check(re.search(r"^R0001 .*CLOSED_EXC .* 1$", p.command("list", code=0).out, re.M), "exceptions in list")
    shown = json.loads(p.command("show", "R0001", "--json", code=0).out)
    equal([x["entry"] for x in shown["exceptions"]], refused, "exceptions in show --json")


def test_log(t):
    """-v tells what happens, one line each; as JSON every line is an object."""
    sb, p = t.both(small_month(12))
    sb.faults({"method": "GET", "path": "/timeentries", "n": 2, "status": 500})
    r = p.command("run", options=("-v", "--log-format", "json"), code=0)
    lines = [json.loads(x) for x in r.err.splitlines()]
    check(len(lines) >= 1 and all(isinstance(x, dict) for x in lines), f"log: {r.err[:500]}")
    check("Notiz" not in r.err and "Nordlicht" not in r.err, "notes or names in the log")
    r = p.command("run", options=("-v",), code=0)
    check(all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", x) for x in r.err.splitlines()), f"log: {r.err[:500]}")
