"""Settings: every mistake in one go and before anything is done; where values come from; the token stays secret."""

import base64
import os
import re
import urllib.parse

import invariants
from harness import Project, check, equal, tree, wait_for
from workspace import small_month

CANARY = "Zz9-canary.token_value~4711+x/=="


def refused(p, code, *texts, env=None, command="run"):
    """Nothing is done and nothing written; every problem is in the message."""
    before = tree(p.dir, skip=())
    r = p.command(command, env=env)
    equal(r.code, code, f"{r}")
    for text in texts:
        check(re.search(text, r.err), f"{text!r} is not in: {r.err}")
    if command != "check":
        same = tree(p.dir, skip=())
        equal({k: v for k, v in same.items() if k != "."}, {k: v for k, v in before.items() if k != "."}, "files")
    return r


def test_every_mistake_in_one_go(t):
    """Unknown key and section, bad number, percentage, word, zone, currency, number format; ties and bad cells in both tables."""
    sb, p = t.both(small_month(4, 1))
    with open(p.conf_path, "a", encoding="utf-8") as f:
        f.write("[billing]\ndue_days = vierzehn\ntax_rate = 19,5\nround_mode = sideways\ncurrency = XYZ\nnumber_format = RE-{YYYY}\nround_minutes = 0\n"
                "[run]\ntimezone = Europe/Bielefeld\nlate = maybe\nsurprise = 1\n[nonsense]\nkey = value\n[output]\nformats = pdf\n")
    p.set_rates([{"rate": "95"}, {"rate": "96"}, {"rate": "9,5"}, {"rate": "", "user": "z"}, {"rate": "1", "valid_from": "gestern"}, {"rate": "1.00001"},
                 {"rate": "1", "valid_from": "2026-02-01", "valid_to": "2026-01-01", "user": "x"}, {"rate": "5", "currency": "ABC", "user": "y"}])
    p.customer(0, tax_category="X", due_days="-1", country="Germany")
    conf = open(p.conf_path, encoding="utf-8").read().split("\n")
    line = {key: i + 1 for i, text in enumerate(conf) for key in [text.split(" = ")[0]]}
    wanted = [rf"psabill\.conf:{line[k]}: .*{k}" for k in ("due_days", "tax_rate", "round_mode", "currency", "number_format", "round_minutes", "timezone", "late", "surprise",
                                                         "key", "formats")]
    wanted += [r"rates\.csv:3: .*line 2", r"rates\.csv:4: .*9,5", r"rates\.csv:5: .*empty", r"rates\.csv:6: .*gestern", r"rates\.csv:7: .*1\.00001",
               r"rates\.csv:8: .*valid_to", r"rates\.csv:9: .*ABC", r"customers\.csv:2: .*tax_category", r"customers\.csv:2: .*due_days", r"customers\.csv:2: .*country"]
    refused(p, 78, *wanted)
    refused(p, 78, *wanted, command="check")
    equal(sb.log(), [], "requests")


def test_what_was_meant(t):
    """Unknown keys, sections and variables: the nearest name, or the section that has the key."""
    _, p = t.both(small_month(4, 1))
    with open(p.conf_path, "a", encoding="utf-8") as f:
        f.write("[billing]\ndue_day = 1\nnumber_fromat = x\nzzzz = 1\n[bilings]\nx = 1\n[run]\ncurrency = EUR\n")
    r = refused(p, 78, r"'due_day' .*did you mean 'due_days'\?", r"did you mean 'number_format'\?", r"'zzzz' .*psabill check", r"no section \[bilings\]; did you mean \[billing\]\?",
                r"'currency' .*belongs into \[billing\]", r"PSABILL_BILLING_DUEDAYS .*did you mean PSABILL_BILLING_DUE_DAYS\?", env={"PSABILL_BILLING_DUEDAYS": "1"})
    equal(r.err.count("did you mean"), 4, f"suggestions: {r.err}")


def test_tie_names_both_rows(t):
    _, p = t.both(small_month(4, 1))
    p.set_rates([{"rate": "95"}, {"user": "A B", "rate": "1"}, {"rate": "90"}, {"user": "A B", "rate": "2", "valid_from": "2026-01-01"}])
    r = refused(p, 78, r"rates\.csv:4: .*line 2")
    check("rates.csv:5" not in r.err, f"a later start is no tie: {r.err}")


def test_missing_files(t):
    for name, code in (("rates.csv", 66), ("customers.csv", 66), ("psabill.conf", 66), ("token", (66, 78))):
        _, p = t.both(small_month(4, 1))
        os.unlink(os.path.join(p.dir, name))
        r = p.run()
        check(r.code in (code if isinstance(code, tuple) else (code,)), f"{name} missing: {r}")
        check(name in r.err, f"{name} missing, not named: {r.err}")
        equal(os.listdir(p.out), [], "out")
    _, p = t.both(small_month(4, 1))
    for name in ("rates.csv", "customers.csv"):
        os.unlink(os.path.join(p.dir, name))
    r = p.run(code=66)
    check("rates.csv" in r.err and "customers.csv" in r.err, f"both missing files in one go: {r.err}")


def test_token_file(t):
    """Readable by others, a link, a fifo, empty, too long, with a line break or a header inside: 78 each."""
    sb, p = t.both(small_month(4, 1))
    for mode in (0o644, 0o640, 0o604, 0o602):
        os.chmod(p.token_path, mode)
        refused(p, 78, "token")
    cases = ["", "\n", "a b\n", "a\r\nX-Evil: y\n", "x" * 5000, "sandbox-admin-key\n\n", "schlüssel\n", "sandbox-admin-key\0\n"]
    for text in cases:
        p.write("token", text, 0o600)
        r = p.run()
        equal(r.code, 78, f"token {text[:20]!r}: {r}")
    os.unlink(p.token_path)
    os.symlink(p.write("real-token", "sandbox-admin-key\n", 0o600), p.token_path)
    equal(p.run().code, 78, "a link as token file")
    os.unlink(p.token_path)
    os.mkfifo(p.token_path, 0o600)
    equal(p.run().code, 78, "a fifo as token file")
    os.unlink(p.token_path)
    os.mkdir(p.token_path, 0o700)
    equal(p.run().code, 78, "a folder as token file")
    equal((sb.log(), os.listdir(p.out)), ([], []), "requests and out")
    os.rmdir(p.token_path)
    p.write("token", "sandbox-admin-key", 0o400)
    p.run(code=0)
    invariants.holds(p, sb)


def test_no_token_at_all(t):
    _, p = t.both(small_month(4, 1), {"awork": {"token_file": None}})
    refused(p, 78, "PSABILL_AWORK_TOKEN")
    refused(p, 78, env={"PSABILL_AWORK_TOKEN": ""})


def test_token_from_the_environment(t):
    sb, p = t.both(small_month(4, 1), {"awork": {"token_file": None}})
    p.run(code=0, env={"PSABILL_AWORK_TOKEN": "sandbox-admin-key"})
    equal(len(sb.billed()), 4, "billed")
    sb, p = t.both(small_month(4, 1))
    p.write("token", "no-such-key\n", 0o600)
    p.run(code=0, env={"PSABILL_AWORK_TOKEN": "sandbox-admin-key"})
    equal(len(sb.billed()), 4, "the variable goes before the file")


def forms(token):
    return [x.encode() for x in (token, base64.b64encode(token.encode()).decode().rstrip("="), urllib.parse.quote(token, safe=""), token.encode().hex())]


def search(top, needles):
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            for needle in needles:
                check(needle not in data, f"the token is in {path}")


def test_the_token_stays_secret(t):
    """Not in out, ledger, logs, messages, command line or environment of the process, whatever goes wrong."""
    ws = small_month(12, 1, token=CANARY)
    runs = [[], [{"method": "GET", "status": 401, "body": {"code": "x", "description": CANARY}}], [{"method": "POST", "status": 401, "body": CANARY}],
            [{"method": "GET", "path": "/timeentries", "n": 1, "status": 500, "body": f"Bearer {CANARY}"}],
            [{"method": "GET", "path": "/timeentries", "status": 400, "body": {"code": "c", "description": f"Authorization: Bearer {CANARY}"}}],
            [{"method": "POST", "n": 1, "status": 500}]]
    for i, rules in enumerate(runs):
        for options in (("-v",), ("-v", "--log-format", "json"), ())[:3 if i == 0 else 1]:
            sb, p = t.both(ws, {"awork": {"token_file": "../token"}})
            with open(os.path.join(os.path.dirname(p.dir), "token"), "w", encoding="ascii") as f:
                f.write(CANARY + "\n")
            os.chmod(f.name, 0o600)
            os.unlink(p.token_path)
            sb.faults(*rules)
            r = p.command("run", options=options)
            for needle in forms(CANARY):
                check(needle not in r.out.encode() + r.err.encode(), f"the token is in the output: {r}")
            search(p.dir, forms(CANARY))
            sb.stop()


def test_the_token_is_not_visible_from_outside(t):
    ws = small_month(12, 1, token=CANARY)
    sb, p = t.both(ws, {"awork": {"token_file": None}})
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000", "n": 1, "delay_ms": 1500})
    process = p.start(env={"PSABILL_AWORK_TOKEN": CANARY}, own=True)
    wait_for(lambda: len(sb.log()) >= 4, "the requests")
    with open(f"/proc/{process.pid}/cmdline", "rb") as f:
        check(CANARY.encode() not in f.read(), "token in the command line")
    with open(f"/proc/{process.pid}/limits", encoding="ascii") as f:
        check(re.search(r"Max core file size\s+0\s+0\s", f.read()), "core dumps are allowed")
    equal(t.finish(process, ["run"]).code, 0, "exit status")
    r = p.command("check", env={"PSABILL_AWORK_TOKEN": CANARY}, code=0)
    check(CANARY not in r.out + r.err, "token in check")


def test_environment_goes_before_the_file(t):
    sb, p = t.both(small_month(12, 1), {"billing": {"round_mode": "down", "round_minutes": "60"}})
    env = {"PSABILL_BILLING_ROUND_MODE": "up", "PSABILL_BILLING_ROUND_MINUTES": "30", "PSABILL_BILLING_NUMBER_FORMAT": "X{SEQ}", "PSABILL_RUN_LATE": "hold"}
    p.run(code=0, env=env)
    equal(p.csv("invoices.csv")[0]["invoice_number"], "X1", "number")
    check(all(int(x["billed_seconds"]) % 1800 == 0 and int(x["billed_seconds"]) >= int(x["seconds"]) for x in p.csv("entries.csv")), "rounding")
    r = p.command("check", env=env, code=0)
    check(re.search(r"billing\.round_mode = up\s+\(environment\)", r.out), f"check: {r.out}")
    invariants.holds(p, sb)


def test_mistakes_in_the_environment(t):
    _, p = t.both(small_month(4, 1))
    r = refused(p, 78, "PSABILL_BILLING_DUE_DAYS", "PSABILL_BILLING_COLOUR", env={"PSABILL_BILLING_DUE_DAYS": "many", "PSABILL_BILLING_COLOUR": "red"})
    check(r.err.count("environment") >= 2, f"{r.err}")


def test_check_shows_every_setting_and_its_origin(t):
    sb, p = t.both(small_month(4, 1), {"billing": {"due_days": "21"}})
    r = p.command("check", code=0, env={"PSABILL_OUTPUT_FORMATS": "csv"})
    lines = open(p.conf_path, encoding="utf-8").read().split("\n")
    check(re.search(rf"billing\.due_days = 21\s+\(.*psabill\.conf:{lines.index('due_days = 21') + 1}\)", r.out), f"due_days: {r.out}")
    check(re.search(r"output\.formats = csv\s+\(environment\)", r.out), "formats")
    check(re.search(r"billing\.tax_rate = 19\s+\(default\)", r.out), "tax_rate")
    example = t.folder("example")
    t.run(["init", example])
    keys, section = [], None
    with open(os.path.join(example, "psabill.conf"), encoding="utf-8") as f:
        for text in f:
            if text.startswith("["):
                section = text.strip("[]\n")
            elif re.match(r"#[a-z_]+ = ", text):
                keys.append(f"{section}.{text[1:].split(' = ')[0]}")
    check(len(keys) >= 40, f"keys in the example: {len(keys)}")
    for key in keys:
        equal(len(re.findall(rf"^{re.escape(key)} = .*\(.*\)$", r.out, re.M)), 1, f"{key} in check")
    check("sandbox-admin-key" not in r.out, "token in check")
    equal((sb.posts(), os.path.exists(p.ledger), os.listdir(p.out)), ([], False, []), "POSTs, ledger, out")


def test_check_finds_what_is_wrong(t):
    sb, p = t.both(small_month(12), {"awork": {"retry_minutes": "0"}})
    p.customer(1, zip="", city="")
    r = p.command("check", code=0)
    check(re.search(r"customers\.csv:3: .*zip.*city", r.out), f"incomplete customer: {r.out}")
    p.write("token", "no-such-key\n", 0o600)
    equal(p.command("check").code, 77, "a wrong key")
    p.write("token", "sandbox-admin-key\n", 0o600)
    os.rmdir(p.out)
    equal(p.command("check").code, 73, "no out folder")
    os.mkdir(p.out)
    p.run(code=0)
    check("ledger     ok" in p.command("check", code=0).out, "ledger")
    sb.stop()
    equal(p.command("check").code, 69, "awork is not there")


def test_base_url(t):
    """https, or http to a loopback address; no credentials, query or fragment."""
    sb, p = t.both(small_month(4, 1))
    for url in ("http://example.org/api/v1", "ftp://127.0.0.1/", "file:///etc/passwd", f"http://user:pw@127.0.0.1:{sb.port}/api/v1",
                f"http://127.0.0.1:{sb.port}/api/v1?x=1", f"http://127.0.0.1:{sb.port}/api/v1#x", "127.0.0.1", "http://localhost.example.org/", "http://0.0.0.0:1/"):
        p.configure({"awork": {"base_url": url}})
        equal(p.run().code, 78, f"base_url {url}")
    equal((sb.log(), os.listdir(p.out)), ([], []), "requests and out")


def test_hostile_environment_is_not_used(t):
    """Proxies, netrc, curl's and TLS's own variables change nothing."""
    sb, p = t.both(small_month(4, 1))
    with open(os.path.join(t.top, ".netrc"), "w", encoding="ascii") as f:
        f.write("machine 127.0.0.1 login evil password evil\n")
    env = {"http_proxy": "http://127.0.0.1:9/", "HTTP_PROXY": "http://127.0.0.1:9/", "ALL_PROXY": "http://127.0.0.1:9/", "all_proxy": "socks5://127.0.0.1:9",
           "SSLKEYLOGFILE": os.path.join(t.top, "keys"), "CURL_HOME": t.top, "HOME": t.top}
    p.run(code=0, env=env)
    equal(len(sb.billed()), 4, "billed")
    check(not os.path.exists(os.path.join(t.top, "keys")), "a key log was written")


def test_paths_are_relative_to_the_file(t):
    sb, p = t.both(small_month(4, 1), {"output": {"dir": "docs"}, "ledger": {"path": "books/psabill.db"}})
    for folder in ("docs", "books"):
        os.mkdir(os.path.join(p.dir, folder), 0o700)
    elsewhere = t.folder("elsewhere")
    r = t.run(["-c", p.conf_path, "run"], cwd=elsewhere)
    equal((r.code, os.listdir(elsewhere)), (0, []), f"{r}")
    check(os.path.exists(os.path.join(p.dir, "books", "psabill.db")) and os.listdir(os.path.join(p.dir, "docs", "2026-10")) == ["R0001"], "where files went")
    equal(len(sb.billed()), 4, "billed")


def test_default_configuration_file(t):
    """./psabill.conf without -c."""
    sb = t.sandbox(small_month(4, 1))
    p = Project(t, sb)
    equal(t.run(["run"], cwd=p.dir).code, 0, "exit status")
    equal(len(sb.billed()), 4, "billed")
    equal(t.run(["run"], cwd=t.folder("empty")).code, 66, "no configuration")


def test_old_ledger_beside_new_output(t):
    """The output knows a run that the ledger does not: refused, nothing numbered a second time."""
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    old = open(p.ledger, "rb").read()
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 60}})
    p.run(code=0)
    with open(p.ledger, "wb") as f:
        f.write(old)
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000fff2", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 60}})
    posts, before = len(sb.posts()), tree(p.out, skip=())
    r = p.run()
    check(r.code in (65, 73), f"an old ledger: {r}")
    equal((len(sb.posts()), tree(p.out, skip=())), (posts, before), "POSTs and out")
    os.unlink(p.ledger)
    r = p.run()
    check(r.code in (65, 73), f"no ledger: {r}")
    equal((len(sb.posts()), tree(p.out, skip=())), (posts, before), "POSTs and out")


def test_damaged_ledger(t):
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    data = open(p.ledger, "rb").read()
    sb.edit({"op": "insert", "entry": {"id": "0000000e-0000-4000-8000-00000000fff1", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 60}})
    posts = len(sb.posts())
    for what, damaged in (("cut", data[:len(data) // 2]), ("no database", b"x" * len(data)), ("page overwritten", data[:4096] + b"\xff" * 4096 + data[8192:])):
        with open(p.ledger, "wb") as f:
            f.write(damaged)
        r = p.run()
        equal(r.code, 65, f"{what}: {r}")
        equal(len(sb.posts()), posts, f"{what}: POSTs")
    with open(p.ledger, "wb") as f:
        f.write(data)
    p.run(code=0)
    invariants.holds(p, sb)


def test_no_time_zones(t):
    """A machine without the time zone database, or one that cannot be read."""
    sb, p = t.both(small_month(4, 1))
    os.mkdir(p.dir + "/empty")
    refused(p, 78, "does not know Europe/Berlin", "tzdata", env={"TZDIR": p.dir + "/empty"})
    equal(sb.log(), [], "requests")
