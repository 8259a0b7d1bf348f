"""Which entries a run is about: filter options, periods, the time zone at a month's edge, the invoice date."""

import datetime
import json
import os

import invariants
from harness import check, equal
from workspace import Workspace, small_month


def two_of_everything():
    """2 companies x 2 projects x 2 users x 2 types of work, one entry of a different length for each combination."""
    ws = Workspace()
    users = [ws.plain_user, ws.user("Bruno", "Testmann")]
    types = [ws.default_type, ws.type("Beratung")]
    n = 0
    for c in range(2):
        company = ws.company(("Nordlicht GmbH", "Alpenblick AG")[c])
        for p in range(2):
            project = ws.project(f"Projekt {c}{p}", company)
            for u in users:
                for w in types:
                    n += 1
                    ws.entry(f"2026-10-{n:02d}", 60 * n, project=project, user=u, type=w)
    return ws, users, types


def ids_where(ws, **wanted):
    company_of = {p["key"]: p.get("company") for p in ws.projects}
    return {e["id"] for e in ws.entries if all((company_of[e["project"]] if k == "company" else e[k]) in v for k, v in wanted.items())}


def billed_with(t, ws, *options):
    sb, p = t.both(ws)
    p.run(*options, code=0)
    equal(set(p.billed_ids()), sb.billed(), f"{options}: billed in awork")
    invariants.holds(p, sb)
    return set(p.billed_ids())


def test_each_filter_by_name_and_by_id(t):
    ws, users, types = two_of_everything()
    cases = [("--company", "Alpenblick AG", ws.id("c02"), {"company": ["c02"]}), ("--project", "Projekt 01", ws.id("p02"), {"project": ["p02"]}),
             ("--user", "Bruno Testmann", ws.id(users[1]), {"user": [users[1]]}), ("--type-of-work", "Beratung", ws.id(types[1]), {"type": [types[1]]})]
    for option, name, uuid, wanted in cases:
        for value in (name, uuid.upper() if option == "--user" else uuid):
            equal(billed_with(t, ws, option, value), ids_where(ws, **wanted), f"{option} {value}")


def test_filters_combined(t):
    ws, users, types = two_of_everything()
    equal(billed_with(t, ws, "--company=Alpenblick AG", "--user", "Bruno Testmann"), ids_where(ws, company=["c02"], user=[users[1]]), "company and user")
    equal(billed_with(t, ws, "--project", "Projekt 00", "--project", "Projekt 11", "--type-of-work", "Beratung"),
          ids_where(ws, project=["p01", "p04"], type=[types[1]]), "two projects and a type")
    equal(billed_with(t, ws, "--user", ws.id(users[0]), "--user", "Bruno Testmann"), ids_where(ws), "both users")


def test_what_a_filter_left_is_billed_by_the_next_run(t):
    ws, _, _ = two_of_everything()
    sb, p = t.both(ws)
    p.run("--project", "Projekt 01", code=0)
    equal(set(p.billed_ids()), ids_where(ws, project=["p02"]), "first run")
    p.run(code=0)
    equal(len(set(p.billed_ids())), len(ws.entries), "both runs")
    equal(len(p.billed_ids()), len(ws.entries), "no entry twice")
    equal(sb.billed(), ids_where(ws), "billed")
    invariants.holds(p, sb)


def test_unknown_and_ambiguous_names(t):
    ws, _, _ = two_of_everything()
    ws.company("Nordlicht GmbH")
    ws.project("Projekt 00", "c02")
    sb, p = t.both(ws)
    for option, value in (("--company", "Nordlich GmbH"), ("--company", "nordlicht gmbh"), ("--company", ""), ("--project", "Projekt"), ("--user", "Bruno"),
                          ("--type-of-work", "0000000f-0000-4000-8000-00000000dead"), ("--company", "Nordlicht GmbH"), ("--project", "Projekt 00")):
        r = p.run(option, value, code=64)
        check(value in r.err, f"{option} {value!r}: the message does not name it: {r.err}")
    r = p.run("--company", "Nordlicht GmbH", code=64)
    check(ws.id("c01") in r.err and ws.id("c03") in r.err, f"ambiguous: {r.err}")
    equal(os.listdir(p.out), [], "out")
    equal(sb.posts(), [], "POSTs")
    equal(billed_with(t, ws, "--company", ws.id("c01")), ids_where(ws, company=["c01"]), "an ambiguous name's id")


def test_names_with_quotes_and_operators(t):
    """Names go through GET and stay out of the filter expression; ids with quotes are no ids."""
    ws = Workspace()
    name = "O'Hara \" & Söhne' or 'a' eq 'a"
    company = ws.company(name)
    entry = ws.entry("2026-10-05", 60, project=ws.project("Projekt", company))
    ws.entry("2026-10-05", 60, project=ws.project("Anderes", ws.company("Nordlicht GmbH")))
    equal(billed_with(t, ws, "--company", name), {entry}, "billed")
    _, p = t.both(ws)
    p.run("--company", ws.id(company) + "' or 'a' eq 'a", code=64)


def period_workspace():
    """One entry on each first and last day of the months around October 2026, and one in its middle."""
    ws = Workspace()
    task = ws.task("Aufgabe", ws.project("Projekt", ws.company("Nordlicht GmbH")))
    for date in ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01", "2026-09-30", "2026-10-01", "2026-10-15", "2026-10-16", "2026-10-31", "2026-11-01",
                 "2026-11-30", "2026-12-31"):
        ws.entry(date, 600, task=task)
    return ws


def test_periods_in_all_spellings(t):
    """Cut exclusively at the end; what lies before is late."""
    ws = period_workspace()
    by_date = {e["date"]: e["id"] for e in ws.entries}
    cases = [((), "2026-10", "2026-10-01", "2026-10-31"), (("--period", "last-month"), "2026-10", "2026-10-01", "2026-10-31"),
             (("--period", "this-month"), "2026-11", "2026-11-01", "2026-11-30"), (("--period=2026-10",), "2026-10", "2026-10-01", "2026-10-31"),
             (("--period", "2026-Q3"), "2026-Q3", "2026-07-01", "2026-09-30"), (("--period", "2026-Q4"), "2026-Q4", "2026-10-01", "2026-12-31"),
             (("--period", "2026-10-01..2026-10-15"), "2026-10-01..2026-10-15", "2026-10-01", "2026-10-15"),
             (("--period", "2026-10-16..2026-10-16"), "2026-10-16..2026-10-16", "2026-10-16", "2026-10-16"),
             (("--period", "2026-10-01..2026-10-31"), "2026-10", "2026-10-01", "2026-10-31"), (("--period", "2026-02"), "2026-02", "2026-02-01", "2026-02-28")]
    for options, label, first, last in cases:
        sb, p = t.both(ws)
        p.run(*options, code=0)
        equal(set(p.billed_ids()), {i for d, i in by_date.items() if d <= last}, f"{options}: billed")
        equal({x["entry_id"] for x in p.csv("entries.csv") if x["late"] == "1"}, {i for d, i in by_date.items() if d < first}, f"{options}: late")
        equal(os.path.basename(os.path.dirname(p.folder())), label, f"{options}: folder")
        equal((p.report()["period"]["from"], p.report()["period"]["to"]), (first, last), f"{options}: period in run.json")
        invariants.holds(p, sb)


def test_periods_that_are_none(t):
    _, p = t.both(Workspace())
    for text in ("", "2026", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "2026-10-15..2026-10-01", "2026-10-32..2026-11-01", "2026-02-29..2026-03-01", "october",
                 "2026-10..2026-11", "last-week", "2026-10-01", "2026-10-01..", "..2026-10-01", "20261-0", "2026-1", "2026-10 "):
        check(text in p.run("--period", text, code=64).err, f"period {text!r}")
    equal(os.listdir(p.out), [], "out")


def epoch(text):
    return str(int(datetime.datetime.fromisoformat(text).timestamp()))


def test_time_zone_at_the_months_edge(t):
    """23:30 UTC on October 31st is November in Berlin and October in New York."""
    ws = small_month(6, 1)
    cases = [("2026-10-31T22:59:59+00:00", "Europe/Berlin", "2026-09", "2026-10-31"), ("2026-10-31T23:00:00+00:00", "Europe/Berlin", "2026-10", "2026-11-01"),
             ("2026-11-01T03:59:59+00:00", "America/New_York", "2026-09", "2026-10-31"), ("2026-11-01T04:00:00+00:00", "America/New_York", "2026-10", "2026-11-01"),
             ("2026-10-31T10:00:00+00:00", "Pacific/Kiritimati", "2026-10", "2026-11-01"), ("2026-10-31T23:59:59+00:00", "UTC", "2026-09", "2026-10-31")]
    for i, (at, zone, period, date) in enumerate(cases):
        for outer in ("Asia/Tokyo", "nonsense", None)[:3 if i == 0 else 1]:
            _, p = t.both(ws, {"run": {"timezone": zone}})
            s = p.run("-n", "--json", code=0, env={"SOURCE_DATE_EPOCH": epoch(at), "TZ": outer})
            got = json.loads(s.out)
            equal(got["period"]["from"], f"{period}-01", f"{at} in {zone}, TZ={outer}: period")
            if period == "2026-10":
                equal(p.csv("invoices.csv", p.draft())[0]["date"], date, f"{at} in {zone}: invoice date")


def test_source_date_epoch_is_the_clock(t):
    ws = small_month(6, 1, month="2024-02")
    _, p = t.both(ws)
    p.run(code=0, env={"SOURCE_DATE_EPOCH": epoch("2024-03-01T12:00:00+00:00")})
    x = p.csv("invoices.csv")[0]
    equal((x["invoice_number"], x["date"], x["period_to"]), ("RE-2024-00001", "2024-03-01", "2024-02-29"), "invoice")
    for bad in ("", "abc", "-5x", "99999999999999999999"):
        r = p.run(env={"SOURCE_DATE_EPOCH": bad})
        check(r.code in (64, 78) and "SOURCE_DATE_EPOCH" in r.err, f"SOURCE_DATE_EPOCH={bad!r}: {r}")


def test_date(t):
    sb, p = t.both(small_month(6, 1), {"billing": {"due_days": "30"}})
    for bad in ("2026-02-30", "02.11.2026", "", "tomorrow", "2026-1-1"):
        p.run("--date", bad, code=64)
    equal(sb.posts(), [], "POSTs")
    p.run("--date", "2026-10-31", code=0)
    x = p.csv("invoices.csv")[0]
    equal((x["date"], x["due_date"], x["invoice_number"]), ("2026-10-31", "2026-11-30", "RE-2026-00001"), "invoice")
    invariants.holds(p, sb)


def test_the_cut_is_on_the_local_date(t):
    """An entry on local October 31st, 23:30 in New York, is November in UTC; one on November 1st in Tokyo is October in UTC."""
    ws = Workspace()
    task = ws.task("Aufgabe", ws.project("Projekt", ws.company("Nordlicht GmbH")))
    inside = ws.entry("2026-10-31", 600, task=task, start="23:30:00", end="23:40:00", tz="America/New_York", off=-240)
    ws.entry("2026-11-01", 600, task=task, start="00:30:00", end="00:40:00", tz="Asia/Tokyo", off=540)
    equal(billed_with(t, ws), {inside}, "billed")


def test_command_line(t):
    _, p = t.both(small_month(4, 1))
    for args in (["run", "--perod", "2026-10"], ["run", "extra"], ["rnu"], ["run", "--period"], ["run", "--wait", "abc"], ["list", "--dry-run"],
                 ["-q", "-v", "run"], ["--log-format", "xml", "run"], ["show"], ["show", "a", "b"], ["--token=x", "run"]):
        r = t.run(["-c", p.conf_path, *args])
        equal(r.code, 64, f"{args}: {r}")
        check(r.err.startswith("psabill: ") and r.out == "", f"{args}: {r}")
    check("--period" in t.run(["run", "--perod=x"]).err, "no suggestion for --perod")
    check("'run'" in t.run(["rnu"]).err, "no suggestion for rnu")
    equal(os.listdir(p.out), [], "out")
    for args in (["--help"], ["run", "--help"], ["-h", "show"], ["--version"], ["-V"]):
        r = t.run(args)
        equal((r.code, r.err), (0, ""), f"{args}")
    r = t.run(["run", "--help"])
    check(all(o in r.out for o in ("--period", "--company", "--project", "--user", "--type-of-work", "--date", "--dry-run", "--no-mark", "--strict",
                                   "--accept-short", "--wait", "--json")), f"help: {r.out}")
    equal(t.run([]).code, 64, "no command")
