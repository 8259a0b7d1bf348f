"""Each reason for holding an entry, alone and exactly; what a setting turns into billing."""

import os

import invariants
from harness import check, equal
from workspace import Workspace, small_month


def one_billable(**kinds):
    """A workspace with one good entry; returns it with the keys of its company and project."""
    ws = Workspace(**kinds)
    company = ws.company("Nordlicht GmbH")
    project = ws.project("Projekt A", company)
    task = ws.task("Aufgabe A", project)
    ws.entry("2026-10-05", 3600, task=task)
    return ws, company, project, task


def run_held(t, ws, wanted, conf=None, prepare=None, billed=1, secs=3600):
    """Runs and compares held.csv with `wanted` (entry id -> reason)."""
    sb, p = t.both(ws, conf)
    if prepare:
        prepare(p)
    s = p.run(code=0).summary()
    equal((s["entries"], s["held"], s["seconds"]), (billed, len(wanted), secs), "summary")
    equal(p.held(), wanted, "held.csv")
    equal(sb.billed(), set(p.billed_ids()), "billed")
    counts = {}
    for reason in wanted.values():
        counts[reason] = counts.get(reason, 0) + 1
    equal(p.report()["held"], counts, "held in run.json")
    invariants.holds(p, sb)
    return p


def test_running_timers(t):
    ws, _, _, task = one_billable()
    wanted = {ws.entry("2026-10-06", 0, task=task, start="09:00:00"): "running", ws.entry("2026-10-06", None, task=task, start="10:00:00"): "running"}
    run_held(t, ws, wanted)


def test_no_duration(t):
    ws, _, _, task = one_billable()
    wanted = {ws.entry("2026-10-06", dur, task=task, start="09:00:00", end="09:00:00"): "no_duration" for dur in (0, -900, None)}
    wanted[ws.entry("2026-10-07", 0, task=task)] = "no_duration"
    p = run_held(t, ws, wanted)
    equal(sorted(x["seconds"] for x in p.csv("held.csv")), ["", "-900", "0", "0"], "seconds in held.csv")


def test_open_end(t):
    ws, _, _, task = one_billable()
    run_held(t, ws, {ws.entry("2026-10-06", 1800, task=task, start="09:00:00"): "open_end"})


def test_external(t):
    ws, company, _, task = one_billable()
    shared = ws.task("Portal", ws.project("Gemeinsam", company, external=True))
    wanted = {ws.entry("2026-10-06", 1800, task=task, external=True): "external", ws.entry("2026-10-06", 1800, task=shared): "external"}
    run_held(t, ws, wanted)
    run_held(t, ws, {}, {"run": {"external": "bill"}}, billed=3, secs=7200)


def test_no_project(t):
    ws, _, project, _ = one_billable()
    private = ws.task("Steuererklärung", None, baseType="private")
    wanted = {ws.entry("2026-10-06", 1800): "no_project", ws.entry("2026-10-06", 1900, task=private): "no_project"}
    run_held(t, ws, wanted)


def test_no_company(t):
    ws, *_ = one_billable()
    run_held(t, ws, {ws.entry("2026-10-06", 1800, project=ws.project("Intern")): "no_company"})


def test_no_customer(t):
    ws, *_ = one_billable()
    stranger = ws.company("Unbekannt AG")
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Neu", stranger)): "no_customer"}
    run_held(t, ws, wanted, prepare=lambda p: p.set_customers(p.customers[:1]))


def test_customer_incomplete(t):
    for column in ("legal_name", "street", "zip", "city", "country"):
        ws, *_ = one_billable()
        wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Neu", ws.company("Halb AG"))): "customer_incomplete"}
        run_held(t, ws, wanted, prepare=lambda p, c=column: p.customer(1, **{c: ""}))


def test_reverse_charge_needs_a_vat_id(t):
    ws, *_ = one_billable()
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Neu", ws.company("Alpen AG"))): "customer_incomplete"}
    run_held(t, ws, wanted, prepare=lambda p: p.customer(1, tax_category="AE", country="AT"))
    p = run_held(t, ws, {}, prepare=lambda p: p.customer(1, tax_category="AE", country="AT", vat_id="ATU12345678"), billed=2, secs=5400)
    equal([(x["net"], x["tax"], x["gross"]) for x in p.csv("invoices.csv")], [("47.50", "0.00", "47.50"), ("95.00", "18.05", "113.05")], "VAT")


def test_on_hold(t):
    ws, *_ = one_billable()
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Neu", ws.company("Warte AG"))): "on_hold"}
    run_held(t, ws, wanted, prepare=lambda p: p.customer(1, hold="wartet auf Bestellnummer"))


def test_excluded_projects(t):
    for by_name in (True, False):
        ws, company, _, _ = one_billable()
        other = ws.project("Kulanz", company)
        wanted = {ws.entry("2026-10-06", 1800, project=other): "excluded"}
        run_held(t, ws, wanted, {"run": {"exclude_projects": f"nichts | {'Kulanz' if by_name else ws.id(other)} |"}})


def test_retainer(t):
    ws, company, _, _ = one_billable()
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Betreuung", company, retainer=True)): "retainer"}
    run_held(t, ws, wanted)
    run_held(t, ws, {}, {"run": {"retainer": "bill"}}, billed=2, secs=5400)


def test_no_rate(t):
    ws, company, _, _ = one_billable()
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Teuer", company)): "no_rate"}
    run_held(t, ws, wanted, prepare=lambda p: p.set_rates([{"project": "Projekt A", "rate": "100"}]))
    run_held(t, ws, wanted, prepare=lambda p: p.set_rates([{"valid_to": "2026-10-05", "rate": "100"}]))
    run_held(t, ws, wanted, prepare=lambda p: p.set_rates([{"valid_from": "2026-10-01", "valid_to": "2026-10-05", "rate": "100"}]))


def test_a_rate_of_zero_is_a_rate(t):
    ws, *_ = one_billable()
    p = run_held(t, ws, {}, prepare=lambda p: p.set_rates([{"rate": "0"}]))
    equal([(x["net"], x["tax"], x["gross"]) for x in p.csv("invoices.csv")], [("0.00", "0.00", "0.00")], "amounts")


def test_rate_tie_by_name_and_id(t):
    """One row names the project by id, one by name: only the entry shows that they tie."""
    ws, company, project, _ = one_billable()
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Doppelt", company)): "rate_tie"}
    rates = [{"rate": "95"}, {"project": "Doppelt", "rate": "100"}, {"project": ws.id("p02"), "rate": "90"}]
    run_held(t, ws, wanted, prepare=lambda p: p.set_rates(rates))


def test_currency(t):
    ws, *_ = one_billable()
    wanted = {ws.entry("2026-10-06", 1800, project=ws.project("Neu", ws.company("Zeitwerk AG"))): "currency"}
    run_held(t, ws, wanted, prepare=lambda p: p.customer(1, currency="CHF"))


def test_date_unclear(t):
    """startDateLocal and the UTC start contradict each other."""
    ws, _, _, task = one_billable()
    odd = ws.entry("2026-10-06", 1800, task=task)
    sb, p = t.both(ws)
    sb.faults({"method": "GET", "path_prefix": "/timeentries", "patch_entry": {"id": odd, "members": {"startDateUtc": '"2026-10-02T00:00:00Z"'}}})
    equal(p.run(code=0).summary()["entries"], 1, "billed entries")
    equal(p.held(), {odd: "date_unclear"}, "held.csv")
    invariants.holds(p, sb)


def test_undated_entries_are_seen(t):
    """No date window returns them: they must not vanish without a word."""
    ws, _, _, task = one_billable()
    ws.entry(None, 1800, task=task)
    sb, p = t.both(ws)
    r = p.run()
    check(r.code in (0, 3), f"{r}")
    equal(r.summary()["entries"], 1, "billed entries")
    check(r.code == 3 or "no_date" in p.held().values(), f"an entry without date vanished: {r}")
    equal(len(sb.billed()), 1, "billed")


def test_held_entries_are_billed_once_the_reason_is_gone(t):
    ws, *_ = one_billable()
    held = ws.entry("2026-10-06", 1800, project=ws.project("Neu", ws.company("Halb AG")))
    sb, p = t.both(ws)
    p.customer(1, street="")
    p.run(code=0)
    equal(p.held(), {held: "customer_incomplete"}, "held.csv")
    p.customer(1, street="Neuer Weg 1")
    p.run(code=0)
    equal([x["entry_id"] for x in p.csv("entries.csv", p.runs()[1])], [held], "second run")
    equal(len(sb.billed()), 2, "billed")
    invariants.holds(p, sb)


def test_claimed_entries_are_held(t):
    """Documents without marks yet: what is open in awork stands on an invoice."""
    ws = small_month(8, 1)
    sb, p = t.both(ws)
    p.run("--no-mark", code=0)
    s = p.run("--no-mark", code=0).summary()
    equal((s["entries"], s["held"]), (0, 8), "second run without marking")
    equal(set(p.held(p.runs()[-1]).values()), {"on_invoice"}, "reasons")
    equal(sb.posts(), [], "POSTs")
    equal(len(set(p.billed_ids())), len(p.billed_ids()), "ids on documents")


def test_hostile_note_in_held_csv(t):
    ws, *_ = one_billable()
    ws.entry("2026-10-06", 1800, project=ws.project("Intern"), note='=cmd|\' /C calc\'!A0;"x"\r\nzweite Zeile')
    _, p = t.both(ws)
    p.run(code=0)
    note = p.csv("held.csv")[0]["note"]
    check(note.startswith("'="), f"note is not guarded: {note!r}")
    check("zweite Zeile" in note, f"note was cut: {note!r}")
    with open(os.path.join(p.folder(), "held.csv"), "rb") as f:
        check(f.read().endswith(b"\r\n"), "last line end")
