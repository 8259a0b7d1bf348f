"""The newer columns of customers.csv: what they do to a customer's documents, and what is said about values that cannot be."""

import os
import shutil
import xml.etree.ElementTree

import formulas
import invariants
import openpyxl
from harness import NEWER_CUSTOMER_COLUMNS, ROOT, check, equal
from recompute import fraction_rounded, read_csv
from workspace import small_month

FIRST, SECOND, THIRD, FOURTH = (f"RE-2026-{n:05d}" for n in (1, 2, 3, 4))
SELLER_ENDPOINT = {"seller": {"endpoint": "rechnung@musterwerk.example"}}


def files_of(folder, number):
    return sorted(n.split("_")[1].rsplit(".", 1)[1] for n in os.listdir(os.path.join(folder, "invoices")) if n.startswith(number))


def path_of(folder, number, extension):
    path, = (os.path.join(folder, "invoices", n) for n in os.listdir(os.path.join(folder, "invoices")) if n.startswith(number) and n.endswith(extension))
    return path


def page(folder, number):
    path = path_of(folder, number, ".xlsx")
    equal(formulas.Book(path).differences()[1], [], f"{number}: formulas and the values they show")
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    return "\n".join(str(c) for row in sheet.iter_rows(values_only=True) for c in row if c is not None)


def templates(t, p, *names, **changes):
    """A folder of templates with invoice.NAME.ini made from the German one."""
    folder = t.folder("templates")
    for name in os.listdir(os.path.join(ROOT, "templates")):
        shutil.copyfile(os.path.join(ROOT, "templates", name), os.path.join(folder, name))
    with open(os.path.join(folder, "invoice.de.ini"), encoding="utf-8") as f:
        text = f.read()
    for old, new in changes.values():
        check(old in text, f"{old!r} is not in invoice.de.ini")
        text = text.replace(old, new)
    for name in names:
        with open(os.path.join(folder, f"invoice.{name}.ini"), "w", encoding="utf-8") as f:
            f.write(text)
    p.configure({"files": {"templates": folder}})
    return folder


def test_references_and_notes(t):
    """On the page of that customer, on its cancellation too; others have the configuration's note, or none."""
    sb, p = t.both(small_month(12, 3), {"billing": {"note": "Für alle <&>"}})
    p.customer(0, order_reference="PO-4711/ä", contract_reference="RV 2026-9", note="=Bitte \"Abt. 7\" angeben", buyer_reference="K-77")
    p.customer(1, note="Nur hier")
    p.run(code=0)
    folder = p.folder()
    # By the customers' names: Alpenblick, Nordlicht, Söhne & Töchter.
    wanted = {FIRST: (None, None, "Für alle <&>"), SECOND: ("PO-4711/ä", "RV 2026-9", "=Bitte \"Abt. 7\" angeben"), THIRD: (None, None, "Nur hier")}
    texts = {v for values in wanted.values() for v in values if v}
    for number, values in wanted.items():
        f = p.facts(number)
        equal((f.get("order_reference"), f.get("contract_reference"), f.get("note")), values, f"{number} in the ledger")
        shown = page(folder, number)
        equal({x for x in texts if x in shown}, {v for v in values if v}, f"texts on {number}")
    p.customer(0, order_reference="", contract_reference="", note="neu")
    p.void(SECOND, code=0)
    f = p.facts(FOURTH)
    equal((f.get("order_reference"), f.get("contract_reference"), f.get("note")), wanted[SECOND], "the cancellation in the ledger")
    check("PO-4711/ä" in page(p.runs()[1], FOURTH), "the page of the cancellation")
    invariants.holds(p, sb, stale_reports=True)


def test_cash_discount(t):
    """Days and rate in the sentence, with the amounts computed from gross; a row turns the configuration's off."""
    sb, p = t.both(small_month(12, 3), {"billing": {"discount_days": "7", "discount_rate": "3", "due_days": "30"}})
    p.customer(0, discount_days="10", discount_rate="2.25")
    p.customer(1, discount_days="0")
    p.run(code=0)
    folder = p.folder()
    gross = {x["invoice_number"]: int(x["gross"].replace(".", "")) for x in p.csv("invoices.csv")}
    for number, days, rate, date, shown in ((FIRST, 7, 300, "09.11.2026", "3 %"), (SECOND, 10, 225, "12.11.2026", "2,25 %"), (THIRD, 0, 0, "Skonto", "Skonto")):
        f, text = p.facts(number), page(folder, number)
        equal((f["discount_days"], f["discount_pct_e2"], f["due"]), (days, rate, "2026-12-02"), f"{number} in the ledger")
        if days == 0:
            check("Skonto" not in text, f"{number}: {text}")
            continue
        off = fraction_rounded(gross[number] * rate, 10000)
        for word in (date, shown, f"{off // 100},{off % 100:02d}", f"{(gross[number] - off) // 100},{(gross[number] - off) % 100:02d}", "02.12.2026"):
            check(word in text, f"{number}: {word!r} is not on the page: {text}")
    p.void(SECOND, code=0)
    equal((p.facts(FOURTH)["discount_days"], "Skonto" in page(p.runs()[1], FOURTH)), (0, False), "the cancellation")
    invariants.holds(p, sb, stale_reports=True)


def test_template(t):
    """invoice.NAME.ini of the customer, whatever its language; a draft and a later edit included."""
    sb, p = t.both(small_month(12, 3))
    templates(t, p, "honorar", title=("title = Rechnung", "title = Honorarnote"), sheet=("sheet = Rechnung", "sheet = Note"), net=("net = Summe netto", "net = Honorar netto"))
    p.customer(0, template="honorar", language="en")
    p.customer(1, language="en")
    p.run(code=0)
    folder = p.folder()
    first, second, third = (page(folder, n) for n in (FIRST, SECOND, THIRD))
    check("Rechnung " + FIRST in first and "Summe netto" in first, f"{first}")
    check("Honorarnote " + SECOND in second and "Honorar netto" in second and "Summe netto" not in second, f"{second}")
    check("Invoice " + THIRD in third and "Honorar" not in third, f"{third}")
    equal(p.facts(SECOND)["language"], "en", "the language stays the customer's")
    equal(openpyxl.load_workbook(path_of(folder, SECOND, ".xlsx")).sheetnames[0], "Note", "sheet")
    invariants.holds(p, sb)


def test_template_errors(t):
    """A template that is missing: 66. One with errors: file and line, all of them. Before anything is done, by `run`, `void` and `check`."""
    sb, p = t.both(small_month(12, 3))
    p.customer(1, template="fehlt")
    folder = templates(t, p, "schlecht", bad=("accent = 1F4E79", "accent = blau\nnonsense = 1"), order=("order = 3\n", "order = drei\n"))
    r = p.run(code=66)
    check("invoice.fehlt.ini" in r.err, f"{r}")
    p.customer(1, template="schlecht")
    path = os.path.join(folder, "invoice.schlecht.ini")
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for args in (("run",), ("run", "--dry-run"), ("void", FIRST, "--reason", "x"), ("check",)):
        r = p.command(*args, code=78)
        for word in ("accent = blau", "nonsense = 1", "order = drei"):
            where = f"invoice.schlecht.ini:{lines.index(word) + 1}:"
            check(where in r.err + r.out, f"{args}: {where} ({word}) is not said: {r.err}")
    equal((p.runs(), sb.posts(), os.path.exists(p.ledger)), ([], [], False), "folders, POSTs, ledger")


def test_formats(t):
    """Files per customer; the configuration's for the others. Lists of the run hold all of them."""
    sb, p = t.both(small_month(16, 4), {"output": {"formats": "xlsx"}, **SELLER_ENDPOINT})
    p.customer(0, formats="csv")
    p.customer(1, formats="csv xlsx")
    p.customer(3, formats="xrechnung", email="rechnung@kunde.example", order_reference="PO-9", contract_reference="V-9", note="Ein Hinweis", buyer_reference="Abt. 7",
               discount_days="10", discount_rate="2")
    p.run(code=0)
    folder = p.folder()
    kinds = {FIRST: ["xlsx"], SECOND: ["csv"], THIRD: ["csv", "xlsx"], FOURTH: ["xml"]}
    equal({n: files_of(folder, n) for n in kinds}, kinds, "files")
    equal([x["invoice_number"] for x in p.csv("invoices.csv")], [FIRST, SECOND, THIRD, FOURTH], "invoices.csv")
    tree = xml.etree.ElementTree.parse(path_of(folder, FOURTH, ".xml"))
    values = [x.text for x in tree.iter() if x.text]
    for wanted in (FOURTH, "PO-9", "V-9", "Abt. 7", "rechnung@kunde.example", "2026-11-16"):
        check(wanted in values, f"{wanted!r} is not in the XRechnung: {values[:40]}")
    check(any("Ein Hinweis" in x for x in values), "the note in the XRechnung")
    equal(values[[x.tag.rsplit("}", 1)[1] for x in tree.iter() if x.text].index("InvoiceTypeCode")], "380", "type")
    for number in (SECOND, FOURTH):
        p.void(number, code=0)
    equal((files_of(p.runs()[1], "RE-2026-00005"), files_of(p.runs()[2], "RE-2026-00006")), (["csv"], ["xml"]), "files of cancellations")
    tree = xml.etree.ElementTree.parse(path_of(p.runs()[2], "RE-2026-00006", ".xml"))
    values = [x.text for x in tree.iter() if x.text]
    row, = p.csv("invoices.csv", p.runs()[2])
    check(FOURTH in values and row["gross"] in values and "384" in values and row["gross"].startswith("-"), f"the cancellation: {values[:40]}")
    invariants.holds(p, sb, stale_reports=True)


def test_errors(t):
    """File and line, for every cell in one go; nothing is done."""
    sb, p = t.both(small_month(12, 3))
    rows = p.default_customers()
    cells = {"template": "Groß!", "number_format": "RE-{MONAT}-{SEQ}", "formats": "pdf", "discount_days": "366", "discount_rate": "2,5"}
    p.set_customers([rows[0], {**rows[1], **cells}, {**rows[2], "formats": "datev", "discount_days": "10"}])
    r = p.run(code=78)
    for column, value in cells.items():
        check(any("customers.csv:3:" in x and column in x and value in x for x in r.err.splitlines()), f"{column} '{value}' is not said with its line: {r.err}")
    check("null" not in r.err, f"{r.err}")
    for word in ("formats 'datev'", "discount_days without discount_rate"):
        check(any("customers.csv:4:" in x and word in x for x in r.err.splitlines()), f"{word} is not said with its line: {r.err}")
    p.set_customers([{**rows[0], "language": "DE"}, *rows[1:]])
    r = p.run(code=78)
    equal(len([x for x in r.err.splitlines() if "customers.csv:2:" in x]), 1, f"complaints about one cell: {r.err}")
    p.write("customers.csv", "company_id,company_name,vorlage\n")
    r = p.run(code=78)
    check("customers.csv:1:" in r.err and "vorlage" in r.err, f"{r.err}")
    equal((p.runs(), sb.posts(), os.path.exists(p.ledger)), ([], [], False), "folders, POSTs, ledger")


def test_columns_are_kept(t):
    """`init` writes them; `customers` fills rows in and touches none of them; a file without them stays without."""
    sb, p = t.both(small_month(4, 2))
    made = t.folder("made")
    t.run(["init", made])
    with open(os.path.join(made, "customers.csv"), encoding="utf-8") as f:
        head = f.readline().strip().split(",")
    equal([c for c in NEWER_CUSTOMER_COLUMNS if c not in head], [], "columns that init does not write")
    typed = {"order_reference": "=PO 1", "note": "a\nb", "template": "de", "number_format": "N-{SEQ}", "formats": "csv", "discount_days": "5", "discount_rate": "1.5"}
    p.set_customers([{**p.default_customers()[0], **typed}])
    p.command("customers", code=0)
    rows = read_csv(os.path.join(p.dir, "customers.csv"))
    # Written so that a spreadsheet takes nothing for a formula; reading takes the guard off again.
    equal((len(rows), {k: rows[0][k] for k in typed}), (2, {**typed, "order_reference": "'=PO 1"}), "rows and typed cells")
    equal({rows[1][c] for c in typed}, {""}, "cells of the new row")
    p.set_customers([p.default_customers()[0]])
    p.command("customers", code=0)
    equal([c for c in NEWER_CUSTOMER_COLUMNS if c in read_csv(os.path.join(p.dir, "customers.csv"))[0]], [], "columns of a file that has none of them")
    equal(sb.posts(), [], "POSTs")
