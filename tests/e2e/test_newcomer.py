"""What somebody new gets wrong: each time a message that says what is wrong and what to do next, and nothing is done."""

import os

from harness import check, equal, tree
from test_init import CTRL_C, Dialogue, value
from workspace import Workspace, small_month

RATES = "company;project;user;type_of_work;valid_from;valid_to;rate;currency\r\n"


def says(r, code, *texts):
    equal(r.code, code, f"{r}")
    for text in texts:
        check(text in r.err, f"{text!r} is not in: {r.err}")


def test_from_nothing_to_a_preview_by_hints(t):
    """Each command names the next one: init, check, customers, check, run --dry-run. The address is completed."""
    sb = t.sandbox(small_month(12))
    folder = t.folder("new")
    d = Dialogue(t, folder, "init")
    d.say("Address of the API", sb.base.replace("/api/v1", ""))
    d.wait(f"taken as {sb.base}\n")
    os.write(d.fd, CTRL_C)
    d.end()
    d = Dialogue(t, folder, "init")
    d.say("Address of the API", sb.base.replace("api/v1", ""))
    d.wait(f"taken as {sb.base}\n")
    d.say("File with the API key [token]:", "")
    d.say("API key", "sandbox-admin-key")
    d.seller()
    d.say("Time zone", "")
    d.say("Price per hour", "")
    equal((d.end(), value(folder, "base_url")), (0, sb.base), d.text)
    check(t.run(["check"], cwd=folder).out.endswith("\nnext: `psabill customers` fetches the companies; look customers.csv over, then `psabill check` again\n"), "check before customers")
    check("\n  1. rates.csv: fill in your prices" in d.text or "rates.csv: fill in your prices" in d.text, d.text)
    equal(t.run(["customers"], cwd=folder).code, 0, "customers")
    check("\nnext: fill prices into rates.csv" in t.run(["check"], cwd=folder).out, "check before prices")
    with open(os.path.join(folder, "rates.csv"), "a", encoding="utf-8") as f:
        f.write(",,,,,,95,EUR\r\n")
    check(t.run(["check"], cwd=folder).out.endswith("\nready; `psabill run --dry-run` shows what would be billed\n"), "check at last")
    equal(t.run(["run", "--dry-run"], cwd=folder).code, 0, "the preview")


def test_connection(t):
    """A wrong key says where it was found; an address where nobody is, and one without its path, say which setting it is."""
    sb, p = t.both(small_month(4), {"awork": {"retry_minutes": "0"}})
    p.write("token", "no-such-key\n", 0o600)
    says(p.run("--dry-run"), 77, f"API key ({p.token_path}): ", "401")
    says(p.run("--dry-run", env={"PSABILL_AWORK_TOKEN": "no-such-key"}), 77, "API key (PSABILL_AWORK_TOKEN): ", "401")
    credentials = t.folder("credentials")
    with open(os.path.join(credentials, "token"), "w", encoding="ascii") as f:
        f.write("no-such-key\n")
    os.chmod(os.path.join(credentials, "token"), 0o600)
    says(p.run("--dry-run", env={"CREDENTIALS_DIRECTORY": credentials}), 77, "API key (the credential token): ", "401")
    p.write("token", "sandbox-admin-key\n", 0o600)
    p.configure({"awork": {"base_url": sb.base.replace("/api/v1", "")}})
    says(p.run("--dry-run"), 76, "[awork] base_url", "/api/v1")
    p.configure({"awork": {"base_url": "http://127.0.0.1:9/api/v1"}})
    says(p.run("--dry-run"), 69, "awork is not reachable at http://127.0.0.1:9/api/v1 ([awork] base_url), nothing was done")
    folder = t.folder("init")
    r = t.run(["init", "--yes", "--set", "awork.base_url=http://127.0.0.1:9/api/v1"], cwd=folder, env={"PSABILL_AWORK_TOKEN": "x"})
    says(r, 3, "the files are written, but the API key could not be tried")


def test_periods_that_have_not_begun(t):
    """A wrong year would bill all that is open under it. Today's period, and one that is not over, are fine."""
    sb, p = t.both(small_month(8))
    before = tree(p.dir)
    for period in ("2027-10", "2026-12", "2026-11-03..2026-11-30", "2027-Q1"):
        for more in ((), ("--dry-run",)):
            says(p.run("--period", period, *more), 64, f"the period {period} has not begun", "today is 2026-11-02")
    equal(({k: v for k, v in tree(p.dir).items() if not k.startswith("ledger.db")}, sb.posts()), (before, []), "nothing happened")
    for period in ("2026-11", "this-month", "2026-11-02..2026-11-30", "2026-Q4"):
        p.run("--period", period, "--dry-run", code=0)


def test_files_as_a_german_spreadsheet_program_saves_them(t):
    """Semicolons, decimal commas, its dates, a byte order mark: billed as meant. A workbook called .csv, another encoding, headings of one's own: told."""
    sb, p = t.both(small_month(24))
    p.set_rates([{"valid_from": "2026-10-01", "valid_to": "2026-12-31", "rate": "95.50", "currency": "EUR"}])
    p.customer(1, tax_rate="5.5")
    p.set_terms({"company": "Nordlicht GmbH", "valid_from": "2026-10-01", "discount": "2.5"})
    p.run("--dry-run", code=0)
    plain = {k: v for k, v in tree(p.draft()).items()}
    p.write("rates.csv", "\ufeff" + RATES + ";;;;01.10.2026;31.12.2026;95,50;EUR\r\n")
    for name in ("customers.csv", "terms.csv"):
        with open(os.path.join(p.dir, name), encoding="utf-8", newline="") as f:
            text = f.read()
        check(";" not in text, name)
        p.write(name, "\ufeff" + text.replace(",", ";").replace("5.5", "5,5").replace("2.5", "2,5").replace("2026-10-01", "01.10.2026"))
    for locale in ("C.UTF-8", "de_DE.UTF-8"):
        p.run("--dry-run", code=0, env={"LC_ALL": locale, "LANG": locale})
        equal(tree(p.draft()), plain, f"the draft, {locale}")
    with open(os.path.join(p.draft(), "summary.xlsx"), "rb") as f:
        workbook = f.read()
    with open(os.path.join(p.dir, "rates.csv"), "wb") as f:
        f.write(workbook)
    r = p.run("--dry-run")
    says(r, 78, "is a workbook (XLSX, ODS) and no CSV", 'save it as "CSV UTF-8"')
    equal(len(r.err.splitlines()), 2, "one problem, and that nothing was done")
    for text, said in (("Company,Rate\r\n,95\r\n", "did you mean 'company'?"), (RATES + ";;;;;;1,234;EUR\r\n", "rate '1,234'"), (RATES + ";;;;10/01/2026;;95;EUR\r\n", "no date")):
        p.write("rates.csv", text)
        says(p.run("--dry-run"), 78, said)
    with open(os.path.join(p.dir, "rates.csv"), "wb") as f:
        f.write("company,rate\r\nSöhne,95\r\n".encode("cp1252"))
    says(p.run("--dry-run"), 78, "not UTF-8")
    with open(os.path.join(p.dir, "rates.csv"), "wb") as f:
        f.write("company,rate\r\nA,95\r\n".encode("utf-16"))
    r = p.run("--dry-run")
    says(r, 78, "UTF-16")
    equal(len(r.err.splitlines()), 2, "one problem, and that nothing was done")


def test_commands(t):
    """Nothing, help, another case, other names, a folder for the configuration."""
    folder = t.folder("empty")

    def run(*args):
        return t.run(args, cwd=folder)
    says(run(), 64, "usage: psabill", "psabill init")
    equal(run("help").out, run("--help").out, "help")
    equal(run("help", "run").out, run("run", "--help").out, "help run")
    for name, meant in (("RUN", "run"), ("chekc", "check"), ("preview", "run --dry-run"), ("cancel", "void")):
        says(run(name), 64, f"'{name}' is no command; did you mean '{meant}'?")
    says(run("-c", folder, "check"), 66, "is a folder", f"{folder}/psabill.conf")
    says(run("-c", folder + "/", "check"), 66, f" {folder}/psabill.conf")
    says(run("check"), 66, "psabill init")
    equal(os.listdir(folder), [], "files")


def test_the_first_reconciliation(t):
    """A class with money in it and one without is one class."""
    sb, p = t.both(small_month(8), rates=[{"company": "Nordlicht GmbH", "rate": "95"}])
    p.run("--period", "2026-09", code=0)
    r = p.command("reconcile", "--period", "2026-10", code=3)
    check("8 forgotten; see" in r.err and r.err.count("forgotten") == 1, r.err)


def test_companies_of_one_name(t):
    """unbilled tells them apart by their numbers, and a long name keeps what tells it apart."""
    ws = Workspace()
    for i, name in enumerate(("Zwilling GmbH", "Zwilling GmbH", "Nordlicht GmbH", *("Gesellschaft für sehr lange Namen und Bezeichnungen mbH",) * 2)):
        ws.entry("2026-10-01", 3600 * (i + 1), task=ws.task("Aufgabe", ws.project("Projekt", ws.company(name))))
    sb, p = t.both(ws)
    out = p.command("unbilled", code=0).out
    for name in ("Zwilling GmbH (10001) ", "Zwilling GmbH (10002) ", "Nordlicht GmbH  ", "(10004) ", "(10005) "):
        equal(out.count(name), 1, f"{name} in {out}")
    table = [line for line in out.splitlines() if " h  " in line]
    equal({line.index(" h  ") for line in table}, {58}, f"columns: {out}")
    folder = os.path.join(p.out, "unbilled", "2026-11-02")
    equal(sorted(x["company"] for x in p.csv("unbilled.csv", folder))[3:], ["Zwilling GmbH"] * 2, "names in unbilled.csv, where ids stand beside them")
    p.set_customers([])
    out = p.command("unbilled", code=0).out
    check("00000000001) " in out and "00000000002) " in out, out)


def test_who_a_brake_is_about(t):
    """The page names the user or customer, cleaned; what goes into logs, the ledger and run.json has ids alone."""
    ws = small_month(4, 1)
    somebody = ws.user("Eva\x1b[31m", "Beispiel")
    for i in range(3):
        ws.entry("2026-10-05", 36000, task=ws.tasks[0]["key"], user=somebody, untimed=True)
    sb, p = t.both(ws)
    d = Dialogue(t, p.dir, "-v", "run", "--dry-run")
    equal(d.end(), 0, d.text)
    check(f"day      STOPS    user {ws.id(somebody)} tracked 30.00 h on 2026-10-05, more than 24.00 h (Eva" in d.text and "[31m Beispiel)\n" in d.text and "\x1b[31m" not in d.text, d.text)
    equal(d.text.count("Beispiel)"), 1, "the name in the log")
    check("Eva" not in p.run("--dry-run", "--json", code=0).out, "run.json")
    r = p.run(code=65)
    check("Eva" not in r.err and ws.id(somebody) in r.err, r.err)
