"""Safety brakes: each trips, lets pass what is released, is silent without a history, only tells in a dry run."""

import os

import invariants
from harness import check, equal
from workspace import Workspace

MONTHS = [f"2026-{m:02d}" for m in range(1, 11)]


class Year:
    """A customer per name with so many hours in each month; a user of its own for each, 8 h a day at most."""

    def __init__(self, **hours):
        self.ws = Workspace(clock="2026-11-02T08:00:00Z")
        self.tasks, self.users, self.companies = {}, {}, {}
        for name, months in hours.items():
            company = self.ws.company(name)
            self.companies[name] = self.ws.id(company)
            self.tasks[name] = self.ws.task("Arbeit", self.ws.project(f"Projekt {name}", company))
            self.users[name] = self.ws.user("Bea", name)
            for month, n in zip(MONTHS, months):
                self.add(name, month, n)

    def add(self, name, month, hours):
        day = 0
        while hours > 0:
            day += 1
            piece = min(8, hours)
            self.ws.entry(f"{month}-{day:02d}", int(piece * 3600), task=self.tasks[name], user=self.users[name])
            hours -= piece


def months(p, first, last, code=0, *options):
    for month in MONTHS[first:last]:
        r = p.run("--period", month, "--date", "2026-11-02", *options, code=code)
    return r


def october(p, *options, code=None):
    return p.run("--period", "2026-10", "--date", "2026-11-02", *options, code=code)


def stopped(p, sb, before, what, *words, options=()):
    """The run ends with 65 and nothing is different."""
    posts = len(sb.posts())
    r = october(p, *options, code=65)
    check("a brake stopped the run, nothing was issued" in r.err and all(w in r.err for w in words), f"{what}: {r}")
    equal((p.ledger_facts(), len(sb.posts())), (before, posts), f"{what}: documents and POSTs")
    return r


def brakes(report):
    return [(x["brake"], x["action"], x.get("subject")) for x in report["brakes"]]


def test_run_far_above(t):
    year = Year(Nord=[20] * 9 + [130])
    sb, p = t.both(year.ws)
    months(p, 0, 9)
    before = p.ledger_facts()
    stopped(p, sb, before, "6.5 times the median", "the period comes to 12350.00 EUR net, the median of the earlier ones is 1900.00", "--release run --release customer")
    october(p, "--dry-run", code=0)
    wanted = [("run", "stop", "EUR"), ("customer", "stop", year.companies["Nord"])]
    equal(brakes(p.report(p.draft())), wanted, "the draft tells")
    stopped(p, sb, before, "one of two released", "--release customer", options=("--release", "run"))
    october(p, "--release", "run", "--release", "customer", code=0)
    report = p.report(p.runs()[-1])
    equal(brakes(report), [(b, "released", s) for b, _, s in wanted], "run.json keeps what was released")
    equal((report["brakes"][0]["value"], report["brakes"][0]["usual"], report["brakes"][0]["unit"]), ("12350.00", "1900.00", "EUR"), "figures")
    equal(p.sql("SELECT count(*) FROM event WHERE kind='brakes' AND run='R0012'"), [(1,)], "the chain keeps it")
    p.command("verify", code=0)
    invariants.holds(p, sb)


def test_limits(t):
    """Exactly at the limit nothing stops, one cent above it does; totals up to customer_from never do."""
    for hours, conf, code in (([10] * 9 + [30], {}, 0), ([10] * 9 + [31], {}, 65), ([10] * 9 + [31], {"run": "off"}, 0), ([10] * 9 + [31], {"run_percent": 310}, 0),
                              ([2] * 9 + [10.5], {"run": "off"}, 0), ([2] * 9 + [10.6], {"run": "off"}, 65), ([2] * 9 + [10.6], {"run": "off", "customer_from": 1007}, 0),
                              ([2] * 9 + [10.6], {"run": "off", "customer": "warn"}, 0), ([30] * 9 + [10], {}, 0), ([30] * 9 + [9.9], {}, 65)):
        sb, p = t.both(Year(Nord=hours).ws, {"brakes": conf})
        months(p, 6, 9)
        october(p, code=code)
        del sb


def test_history(t):
    """Three earlier periods are needed. What was voided does not count, nor do periods of another length; what was billed of this period before does."""
    sb, p = t.both(Year(Nord=[20] * 9 + [130]).ws, {"run": {"late": "hold"}})
    months(p, 7, 9)
    october(p, "--dry-run", code=0)
    equal(p.report(p.draft())["brakes"], [], "two periods are no history")
    p.run("--period", "2026-07-01..2026-07-10", "--date", "2026-11-02", code=0)
    october(p, "--dry-run", code=0)
    equal(p.report(p.draft())["brakes"], [], "ten days are no month")
    p.run("--period", "2026-06", "--date", "2026-11-02", code=0)
    stopped(p, sb, p.ledger_facts(), "three months", "--release run")
    number = p.csv("invoices.csv", p.runs()[0])[0]["invoice_number"]
    p.void(number, code=0)
    october(p, "--dry-run", code=0)
    equal(p.report(p.draft())["brakes"], [], "a voided invoice is no history")
    october(p, code=0)
    equal(p.report(p.runs()[-1])["brakes"], [], "nor for the run itself")


def test_second_run(t):
    """A second run of the month is added to the first one: few late entries are not too little, many are too much."""
    year = Year(Nord=[20] * 10)
    sb, p = t.both(year.ws)
    months(p, 6, 10)
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000f001", "user": year.users["Nord"], "task": year.tasks["Nord"], "type": year.ws.default_type,
             "date": "2026-10-30", "dur": 1800}})
    october(p, code=0)
    equal(p.report(p.runs()[-1])["entries"]["billed"], 1, "half an hour more")
    invariants.holds(p, sb)


def test_below_and_filters(t):
    """Too little stops, but not a run that was asked for a part; nor is anybody gone then."""
    year = Year(Nord=[20] * 10, Sued=[100] * 9 + [0])
    sb, p = t.both(year.ws)
    months(p, 5, 9)
    r = stopped(p, sb, p.ledger_facts(), "a fifth", "--release run")
    check("customer" not in r.err, f"{r}")
    october(p, "--company", "Nord", "--dry-run", code=0)
    equal(p.report(p.draft())["brakes"], [], "a part")
    october(p, "--release", "run", code=0)
    equal(brakes(p.report(p.runs()[-1])), [("run", "released", "EUR"), ("gone", "warn", year.companies["Sued"])], "Sued is gone")


def test_gone(t):
    year = Year(Nord=[20] * 10, Sued=[20, 20, 20, 20, 20, 20, 20, 0, 20, 0], West=[20, 20, 20, 20, 20, 20, 20, 20, 20, 0])
    sb, p = t.both(year.ws, {"brakes": {"run": "off", "gone": "stop"}})
    months(p, 5, 9, 0, "--release", "gone")
    r = stopped(p, sb, p.ledger_facts(), "West is gone", year.companies["West"], "--release gone")
    check(year.companies["Sued"] not in r.err, f"Sued was not there in each of the last three: {r}")
    p.configure({"brakes": {"gone_periods": 6}})
    october(p, code=0)


def test_day(t):
    """24 h in all are a day, a second more is not; a day belongs to one user. The day on which clocks go back has 25 h by the clock and is told all the same."""
    for secs, code in ((43200, 0), (43201, 65)):
        ws = Workspace()
        task = ws.task("Arbeit", ws.project("P", ws.company("Nord")))
        other = ws.user("Bea", "Nord")
        ws.entry("2026-10-25", 43200, task=task)
        ws.entry("2026-10-25", secs, task=task)
        ws.entry("2026-10-25", 3600, task=task, user=other)
        ws.entry("2026-10-26", 3600, task=task)
        sb, p = t.both(ws, {"brakes": {"overlap": "off"}})
        r = october(p, code=code)
        if code:
            check(f"user {ws.id(ws.plain_user)} tracked 24.00 h on 2026-10-25, more than 24.00 h" in r.err and "--release day" in r.err, f"{r}")
            p.configure({"brakes": {"day_minutes": 1500}})
            october(p, code=0)
        invariants.holds(p, sb)


def test_overlap(t):
    """Times that touch do not overlap; one inside of another does; another user's do not; a dry run tells, and so does run.json."""
    ws = Workspace()
    task = ws.task("Arbeit", ws.project("P", ws.company("Nord")))
    other = ws.user("Bea", "Nord")

    def entry(start, minutes, **more):
        h, m, sec = map(int, start.split(":"))
        end = h * 3600 + m * 60 + sec + minutes * 60
        return ws.entry("2026-10-05", minutes * 60, task=task, start=start, end=f"{end // 3600:02d}:{end // 60 % 60:02d}:{end % 60:02d}", **more)

    entry("08:00:00", 60)
    entry("09:00:00", 60)
    long = entry("10:00:00", 180)
    inside = entry("11:00:00", 10)
    behind = entry("12:59:59", 10)
    entry("08:30:00", 60, user=other)
    sb, p = t.both(ws)
    october(p, "--dry-run", code=0)
    told = [x["what"] for x in p.report(p.draft())["brakes"]]
    equal(len(told), 2, f"two overlaps: {told}")
    for pair, secs in ((inside, 600), (behind, 1)):
        check(any(long in w and pair in w and f"by {secs} s on 2026-10-05" in w for w in told), f"{pair}: {told}")
    p.configure({"brakes": {"overlap": "stop"}})
    stopped(p, sb, ([], [], [], [], []), "overlaps", "--release overlap")
    p.configure({"brakes": {"overlap": "warn"}})
    r = october(p, code=0)
    equal((r.err, len(p.report()["brakes"])), ("", 2), "warned in run.json alone")
    invariants.holds(p, sb)


def test_many(t):
    """Findings are counted when they are many, and the message stays short."""
    ws = Workspace()
    task = ws.task("Arbeit", ws.project("P", ws.company("Nord")))
    for day in range(1, 29):
        ws.entry(f"2026-10-{day:02d}", 86401, task=task)
    sb, p = t.both(ws, {"brakes": {"overlap": "off"}})
    r = october(p, code=65)
    check("; and 16 more" in r.err and len(r.err) < 1200, f"{r}")
    october(p, "--release", "day", code=0)
    told = p.report()["brakes"]
    equal((len(told), told[-1]["what"]), (21, "8 more of the kind 'day'"), "the rest is counted")
    equal(p.command("show", "R0002", "--json", code=0).out.count('"released"'), 21, "show tells them, too")
    del sb


def test_usage(t):
    sb, p = t.both(Year(Nord=[1]).ws)
    r = p.run("--release", "everything", code=64)
    check("run, customer, gone, day, overlap" in r.err and not os.path.exists(p.ledger), f"{r}")
    p.configure({"brakes": {"day": "maybe", "run_percent": 99}})
    r = p.run(code=78)
    check("day" in r.err and "stop | warn | off" in r.err and "run_percent" in r.err, f"{r}")
    del sb
