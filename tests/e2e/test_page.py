"""report.html: its figures are those of run.json and the files beside it; hostile names stay text; the same run gives the same page."""

import decimal
import os
import re

import invariants
from harness import SAMPLE, check, equal, same_tree, step_build, tree
from pages import Page
from test_output import NAMES, hostile_month
from workspace import Workspace, small_month


def page_of(folder):
    return Page(os.path.join(folder, "report.html"))


def cents(text):
    return int(decimal.Decimal(text) * 100)


def figures_agree(page, p, folder):
    """All sums on the page against run.json and the CSV files; amounts in currencies of two decimals."""
    j, entries, held, lines, invoices = p.report(folder), *(p.csv(n + ".csv", folder) for n in ("entries", "held", "lines", "invoices"))
    for currency in {x["currency"] for x in invoices}:
        mine = [x for x in invoices if x["currency"] == currency]
        for k in ("net", "tax", "gross"):
            equal(page.figures[f"{k} {currency}"], sum(cents(x[k]) for x in mine), f"{k} {currency}")
    equal([page.figures[k] for k in ("invoices", "entries", "secs", "billed", "held")],
          [len(invoices), j["entries"]["billed"], j["seconds"]["billed"], sum(int(x["billed_seconds"]) for x in entries), j["seconds"]["held"]], "figures")
    conservation = {(c["documents"], c["entries"], c["seconds"], c["billed_seconds"], cents(c["net"]), cents(c["tax"]), cents(c["gross"]), c["currency"]) for c in j["conservation"]}
    equal({tuple(r[1:]) for r in page.rows("customers")} if invoices else set(), conservation, "customers")
    if invoices:
        proof = {(cents(c["value"]), cents(c["rounding"]), cents(c["lines"]), cents(c["others"]), cents(c["discounts"]), cents(c["net"]), cents(c["tax"]), cents(c["gross"]), c["currency"])
                 for c in j["conservation"]}
        equal({tuple(r[1:-1]) for r in page.rows("proof")}, proof, "proof")
        equal(sum(r[6] for r in page.rows("projects")), sum(cents(x["net"]) for x in lines), "net of projects")
        equal(sum(r[2] for r in page.rows("projects")), len(entries), "entries of projects")
        equal(sorted((r[0], r[4], r[6], r[7], r[8]) for r in page.rows("invoices")),
              sorted((x["invoice_number"], int(x["entries"]), cents(x["net"]), cents(x["tax"]), cents(x["gross"])) for x in invoices), "invoices")
    equal([(r[1], r[2], r[3]) for r in page.rows("equations")], [tuple(j[k][x] for x in ("fetched", "billed", "held")) for k in ("entries", "seconds")], "equations")
    if held:
        equal(sorted(zip(page.data("held", "data-id"), page.data("held", "data-reason"))), sorted((x["entry_id"], x["reason"]) for x in held), "held entries")
        equal({reason: row[1] for reason, row in zip(page.data("reasons", "data-reason"), page.rows("reasons"))}, j["held"], "reasons")
        check(all(row[3]["text"] for row in page.tables["reasons"]["rows"]), "a reason without advice")
    equal(len(page.rows("late")) if "late" in page.tables else 0, j["entries"]["late"], "late entries")
    weeks = page.rows("weeks") if "weeks" in page.tables else []
    equal((sum(r[2] for r in weeks), sum(r[3] for r in weeks)), (j["seconds"]["billed"], j["seconds"]["held"]), "weeks")
    equal(len(page.rows("brakes")) if "brakes" in page.tables else 0, len(j["brakes"]), "brakes")


def test_the_sample_month(t):
    """A month with everything in it, in both languages."""
    pages = {}
    for language in ("de", "en"):
        _, p = t.both(SAMPLE, {"billing": {"language": language, "round_mode": "up", "round_minutes": "15"}})
        p.run("--release", "day", code=0)
        page = pages[language] = page_of(p.folder())
        equal((page.language, page.state), (language, "issued"), "language and state")
        figures_agree(page, p, p.folder())
        check("R0001" not in page.words() and "2026-10" in page.words() and "2026 08:00 UTC" in page.words(), "header")
        rounded = {tuple(r[1:]) for r in page.rows("rounding")}
        equal(rounded, {(c["seconds"], c["billed_seconds"], c["rounding_seconds"], cents(c["value"]), cents(c["lines"]), cents(c["rounding"]), c["currency"])
                        for c in p.report()["conservation"] if c["rounding_seconds"] != 0 or cents(c["rounding"]) != 0}, "rounding")
        check({f["path"] for f in p.report()["files"]} >= {"report.html", "summary.xlsx"}, "files in run.json")
    check("Zurückgestellte Einträge" in pages["de"].words() and "Held entries" in pages["en"].words(), "languages")
    equal(pages["de"].figures, pages["en"].figures, "figures in both languages")


def test_fees_and_discounts(t):
    """They are rows of their own beside the time; all of it adds up to the documents."""
    _, p = t.both(small_month(14))
    p.set_terms({"company": "Nordlicht GmbH", "discount": "12.5"}, {"company": "Nordlicht GmbH", "fee": "250.00", "name": "Wartung"})
    p.run(code=0)
    page = page_of(p.folder())
    figures_agree(page, p, p.folder())
    kinds = {row[1]["text"]: cells[6] for row, cells in zip(page.tables["projects"]["rows"], page.rows("projects")) if cells[5] == 0}
    lines = {x["description"]: cents(x["net"]) for x in p.csv("lines.csv") if x["unit"] == "LS"}
    equal((len(kinds), sorted(kinds.values())), (2, sorted(lines.values())), f"fee and discount: {kinds}, {lines}")
    check({"Festpreis", "Rabatt"} == set(kinds), f"{kinds}")


def test_a_dry_run(t):
    """The page lies in the draft, says so, and a second dry run replaces it."""
    sb, p = t.both(small_month(14))
    for _ in range(2):
        r = p.run("--dry-run", code=0)
        page = page_of(p.draft())
        equal(page.state, "draft", "state")
        check("DRAFT-RE-2026-00001" in page.words() and "Entwurf" in page.words(), "the draft is not marked")
        figures_agree(page, p, p.draft())
        equal((sb.posts(), r.summary()["ponr"]), ([], 0), "POSTs")
    equal(p.sql("SELECT count(*) FROM run") if os.path.exists(p.ledger) else [(0,)], [(0,)], "runs in the ledger")


def test_an_empty_month(t):
    _, p = t.both(Workspace())
    p.run("--dry-run", code=0)
    page = page_of(p.draft())
    figures_agree(page, p, p.draft())
    check("Nichts abzurechnen" in page.words(), "nothing to bill")


def test_held_entries_alone(t):
    """No document, but something to look at."""
    ws = Workspace()
    task = ws.task("Intern", ws.project("Intern", None))
    ws.entry("2026-10-05", 3600, task=task, note="intern")
    _, p = t.both(ws)
    p.run(code=0)
    page = page_of(p.folder())
    equal((page.figures["invoices"], page.rows("reasons")[0][1:3]), (0, [1, 3600]), "figures")
    figures_agree(page, p, p.folder())
    invariants.holds(p)


def test_hostile_names(t):
    ws = hostile_month()
    sb, p = t.both(ws)
    p.run(code=0)
    page = page_of(p.folder())
    figures_agree(page, p, p.folder())
    text = page.words()
    for name in ("../../etc/passwd", "=HYPERLINK(\"http://x\")", "&<>\"'", "../=cmd|\"ä'", "_x000A_"):
        check(name in text, f"{name!r} is not on the page")
    check(len(page.rows("customers")) == len(NAMES), "customers")
    check(not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\u2028]", page.source), "control characters in the page")
    equal([a for a in page.attributes if a and "javascript" in a.lower()], [], "attributes")


def test_a_hostile_note(t):
    ws = Workspace()
    ws.entry("2026-10-05", 0, note="</td><script>alert(1)</script><img src=x onerror=alert(1)>")
    ws.entry("2026-10-05", 60)
    _, p = t.both(ws)
    p.run(code=0)
    page = page_of(p.folder())
    equal(page.tables["held"]["rows"][0][7]["text"], "</td><script>alert(1)</script><img src=x onerror=alert(1)>", "the note")


def test_the_same_bytes(t):
    """Two projects, one history; also with another time on the wall."""
    pages = []
    for env in ({}, {"TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8"}):
        _, p = t.both(small_month(14))
        p.run(code=0, env=env)
        with open(os.path.join(p.folder(), "report.html"), "rb") as f:
            pages.append(f.read())
    equal(pages[0] == pages[1], True, "bytes of two pages")


def test_compared_with_the_month_before(t):
    """September and October of two customers; one comes, one stays away; a document that was cancelled does not count."""
    ws = Workspace()
    names = ["Bleibt GmbH", "Geht GmbH", "Kommt GmbH"]
    tasks = [ws.task("x", ws.project("P " + n, ws.company(n))) for n in names]
    for task, date in ((tasks[0], "2026-09-03"), (tasks[1], "2026-09-04"), (tasks[0], "2026-10-05"), (tasks[2], "2026-10-06")):
        ws.entry(date, 7200, task=task)
    _, p = t.both(ws)
    p.run("--period", "2026-09", code=0)
    p.run("--period", "2026-10", "--dry-run", code=0)
    draft = page_of(p.draft())
    p.run("--period", "2026-10", code=0)
    page = page_of(p.runs()[-1])
    wanted = {("Bleibt GmbH", 19000, 19000, 0), ("Geht GmbH", 19000, 0, -19000), ("Kommt GmbH", 0, 19000, 19000)}
    for x in (draft, page):
        equal({tuple(r[:4]) for r in x.rows("comparison")}, wanted, "comparison")
        equal(x.rows("comparison", "sums")[0][1:4], [38000, 38000, 0], "sums")
        check("2026-09" in x.words(), "the period before")
    check("kennt keinen früheren" in page_of(p.runs()[0]).words(), "the first page")
    numbers = {x["legal_name"]: x["invoice_number"] for x in p.csv("invoices.csv", p.runs()[1])}
    p.void(numbers["Bleibt GmbH"], code=0)
    p.run("--period", "2026-11", "--dry-run", code=0)
    after = page_of(p.draft("2026-11"))
    equal({tuple(r[:4]) for r in after.rows("comparison")}, {("Bleibt GmbH", 0, 19000, 19000), ("Kommt GmbH", 19000, 0, -19000)}, "compared with October, after a cancellation")


def test_compared_with_the_newest_month(t):
    """Of several months before it is the last one; a run of one customer says nothing of the others; quarters are not compared with months."""
    ws = Workspace()
    tasks = [ws.task("x", ws.project("P " + n, ws.company(n))) for n in ("A GmbH", "B GmbH")]
    for i, month in enumerate(("07", "08", "09", "10")):
        for task in tasks:
            ws.entry(f"2026-{month}-03", 3600 * (i + 1), task=task)
    _, p = t.both(ws)
    for month in ("07", "08", "09"):
        p.run("--period", f"2026-{month}", code=0)
    p.run("--period", "2026-10", "--dry-run", code=0)
    page = page_of(p.draft())
    equal({tuple(r[:4]) for r in page.rows("comparison")}, {("A GmbH", 28500, 38000, 9500), ("B GmbH", 28500, 38000, 9500)}, "comparison")
    check("2026-09" in page.words() and "2026-08" not in page.words(), "the month that it is compared with")
    p.run("--period", "2026-10", "--company", "B GmbH", "--dry-run", code=0)
    equal([r[0] for r in page_of(p.draft()).rows("comparison")], ["B GmbH"], "comparison of one customer's run")
    p.run("--period", "2026-Q4", "--dry-run", code=0)
    check("kennt keinen früheren" in page_of(p.draft("2026-Q4")).words(), "a quarter among months")
    _, p = t.both(ws)
    p.run("--period", "2026-Q3", code=0)
    p.run("--period", "2026-10", "--dry-run", code=0)
    check("kennt keinen früheren" in page_of(p.draft()).words(), "a month after a quarter")


def test_a_second_run_of_the_month(t):
    """What an earlier run billed in the month stands beside what this one bills."""
    ws = Workspace()
    tasks = [ws.task("x", ws.project("P " + n, ws.company(n))) for n in ("A GmbH", "B GmbH")]
    for task, date in ((0, "2026-09-03"), (0, "2026-10-03"), (1, "2026-10-03")):
        ws.entry(date, 3600, task=tasks[task])
    _, p = t.both(ws)
    p.run("--period", "2026-09", code=0)
    p.run("--period", "2026-10", "--company", "A GmbH", code=0)
    p.run("--period", "2026-10", code=0)
    page = page_of(p.runs()[-1])
    equal({tuple(r[:5]) for r in page.rows("comparison")}, {("A GmbH", 9500, 9500, 0, 0), ("B GmbH", 0, 0, 9500, 9500)}, "comparison")


def test_a_void_has_no_page(t):
    _, p = t.both(small_month(6, 1))
    p.run(code=0)
    p.void("RE-2026-00001", code=0)
    equal([os.path.exists(os.path.join(r, "report.html")) for r in p.runs()], [True, False], "pages")
    invariants.holds(p, stale_reports=True)


def test_an_altered_page_is_noticed(t):
    _, p = t.both(small_month(6, 1))
    p.run(code=0)
    path = os.path.join(p.folder(), "report.html")
    os.chmod(path, 0o600)
    with open(path, "ab") as f:
        f.write(b"x")
    r = p.command("verify", code=65)
    check("report.html was changed" in r.out + r.err, f"{r}")


def test_a_full_table_is_cut(t):
    """More held entries than the page lists: it says how many, and where they are."""
    ws = Workspace()
    task = ws.task("x", ws.project("x", ws.company("A GmbH")))
    for i in range(2100):
        ws.entry(f"2026-10-{1 + i % 28:02d}", 0, task=task)
    ws.entry("2026-10-05", 3600, task=task)
    _, p = t.both(ws)
    p.run(code=0)
    page = page_of(p.folder())
    equal((len(page.rows("held")), page.rows("reasons", "sums")[0][1]), (2000, 2100), "held entries")
    check("2000 von 2100" in page.words() and "held.csv" in page.words(), "what is left out")


def test_the_page_is_written_again(t):
    """Rendered again after a damage: the same bytes, whatever the clock and customers.csv say by then."""
    step_build(t)
    _, p = t.both(small_month(7, 1))
    p.run(code=0)
    wanted = tree(p.out)
    for k in range(1, 30):
        _, p = t.both(small_month(7, 1))
        if p.run(env={"PSABILL_STOP_AT": str(k)}).code != 100:
            break
        stages = [os.path.join(f, d) for f, ds, _ in os.walk(p.out) for d in ds if d.startswith(".stage-")]
        if not stages or not p.sql("SELECT 1 FROM run WHERE state='PUBLISHING'"):
            continue
        os.unlink(os.path.join(stages[0], "report.html"))
        p.customer(0, company_name="Ganz anders")
        p.run(code=0, env={"SOURCE_DATE_EPOCH": "1793700000"})
        same_tree(tree(p.out), wanted, f"step {k}")
        return
    raise AssertionError("no stop between the commit and the rename")
