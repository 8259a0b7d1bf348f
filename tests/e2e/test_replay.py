"""run --save-dump, --from-dump, --redact: what awork answered, kept, and run again without it."""

import gzip
import json
import os
import random
import re
import stat

from harness import SAMPLE, check, equal, same_tree, tree, wait_for
from workspace import ADMIN, small_month

PERIOD = ("--period", "2026-10", "--date", "2026-11-02")


def lines_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as f:
        return f.read().splitlines()


def answers(path):
    found = [json.loads(x) for x in lines_of(path)]
    equal((found[0]["psabill_dump"], found[-1]["end"]), (1, len(found) - 2), "first and last line")
    return found[1:-1]


def pack(path, lines):
    with gzip.open(path, "wb") as f:
        f.write(b"".join(x if isinstance(x, bytes) else x.encode() + b"\n" for x in lines))
    return path


def totals(p):
    """run.json without what another way of reading makes different."""
    return {k: v for k, v in p.report(p.draft()).items() if k not in ("requests", "retries")}


def saved(t, ws=None, conf=None, **kw):
    """A dry run that kept its answers; the sandbox is gone afterwards."""
    sb, p = t.both(ws or small_month(24), conf, **kw)
    p.dump = os.path.join(p.dir, "month.dump")
    first = p.run("--dry-run", *PERIOD, "--save-dump", p.dump, code=0)
    p.first = (first.out, tree(p.draft()), totals(p))
    p.sandbox = None
    sb.stop()
    return sb, p


def again(p, dump, *args, code=0, **kw):
    os.path.exists(p.token_path) and os.remove(p.token_path)
    return p.run("--dry-run", *PERIOD, "--from-dump", dump, *args, code=code, **kw)


def same_draft(p, r, what):
    out, files, report = p.first
    equal(r.out, out, f"{what}: summary")
    same_tree(tree(p.draft()), files, f"{what}: documents")
    equal(totals(p), report, f"{what}: run.json")


def test_same_draft_without_awork(t):
    sb, p = saved(t, SAMPLE)
    equal(stat.S_IMODE(os.stat(p.dump).st_mode), 0o600, "mode")
    check(len(p.first[1]) > 20 and p.first[2]["entries"]["billed"] > 1000, f"{p.first[2]['entries']}")
    r = again(p, p.dump)
    same_draft(p, r, "without awork and token")
    check(not [x for x in os.listdir(p.dir) if "tmp" in x], f"{os.listdir(p.dir)}")
    # From a dump into a dump.
    copy = os.path.join(p.dir, "copy.dump")
    again(p, p.dump, "--save-dump", copy)
    equal(sorted(map(str, answers(copy))), sorted(map(str, answers(p.dump))), "a dump made from a dump")
    same_draft(p, again(p, copy), "from the copy")


def test_paged_days_and_retries(t):
    """Answers that were asked for again, days of several pages, an id that is gone: the dump has what counted."""
    ws = small_month(40)
    sb = t.sandbox(ws)
    p = t.project(sb, {"awork": {"page_size": 3}})
    sb.faults({"method": "GET", "n": 3, "status": 503}, {"method": "GET", "n": 6, "status": 429}, {"method": "GET", "path": "/timeentries", "n": 4, "cut": 60})
    dump = os.path.join(p.dir, "x.dump")
    first = p.run("--dry-run", *PERIOD, "--save-dump", dump, code=0)
    p.first = (first.out, tree(p.draft()), totals(p))
    sb.stop()
    equal({x["status"] for x in answers(dump)}, {200}, "statuses")
    same_draft(p, again(p, dump), "pages")


def test_what_is_in_it(t):
    """Lines of JSON with path and body; no header of ours, no token, not even where awork quotes it."""
    ws = small_month(6)
    ws.entries[0]["note"] = f"mein Schlüssel: {ADMIN} \\ \"x\""
    sb, p = saved(t, ws)
    found = answers(p.dump)
    check(any(x["get"] == "/me" for x in found), f"{[x['get'][:40] for x in found]}")
    rows = [e for x in found if x["get"].startswith("/timeentries?") for e in json.loads(x["body"])]
    equal({x["id"] for x in rows}, {x["id"] for x in ws.entries}, "entries")
    text = "\n".join(lines_of(p.dump))
    check(ADMIN not in text and "*" * len(ADMIN) in text, "the token is in the dump")
    check("uthorization" not in text and "Bearer" not in text, "headers of the request")


def test_only_a_dry_run(t):
    sb, p = saved(t)
    before = tree(p.dir)
    r = p.run(*PERIOD, "--from-dump", p.dump, code=64)
    check("--dry-run" in r.err, r.err)
    r = p.run("--dry-run", *PERIOD, "--redact", code=64)
    check("--save-dump" in r.err, r.err)
    same_tree(tree(p.dir), before, "nothing happened")
    check(not os.path.exists(p.ledger), "a ledger")


def test_a_real_run_keeps_its_answers(t):
    sb, p = t.both(small_month(8))
    dump = os.path.join(p.dir, "real.dump")
    p.run(*PERIOD, "--save-dump", dump, code=0)
    check(all(x["get"].startswith("/") for x in answers(dump)) and len(sb.billed()) == 8, "answers")
    # In a folder with a ledger of its own, the first answers to the same questions make the same bill.
    q = t.project(sb, name="other")
    again(q, dump)
    equal(totals(q)["invoices"], [{**x, "number": "DRAFT-" + x["number"]} for x in p.report()["invoices"]], "invoices")


def test_a_failed_run_keeps_its_answers(t):
    """The one that somebody wants to look into: the same error comes out of its dump."""
    for fault, code in (({"method": "GET", "path": "/timeentries", "status": 404}, 76), ({"method": "GET", "path": "/timeentries", "status": 200, "body": '[{"id": 7}]'}, None)):
        sb, p = t.both(small_month(6))
        sb.faults(fault)
        dump = os.path.join(p.dir, "failed.dump")
        r = p.run("--dry-run", *PERIOD, "--save-dump", dump)
        check(r.code not in (0, 3) and (code is None or r.code == code), f"{r}")
        sb.stop()
        s = again(p, dump, code=r.code)
        equal(re.sub(r"\(trace-id .*?\)", "", s.err).split(), re.sub(r"\(trace-id .*?\)", "", r.err).split(), "message")


def test_never_half_a_dump(t):
    """Under its name stands a whole one or none; what is there already stays."""
    sb, p = t.both(small_month(6))
    dump = p.write("taken", "precious")
    r = p.run("--dry-run", "--save-dump", dump, code=73)
    check("is there already" in r.err, r.err)
    with open(dump, encoding="ascii") as f:
        equal(f.read(), "precious", "what stood there")
    p.run("--dry-run", "--save-dump", os.path.join(p.dir, "missing", "x"), code=73)
    sb.faults({"method": "GET", "path": "/timeentries", "delay_ms": 5000})
    dump = os.path.join(p.dir, "killed.dump")
    running = p.start("--dry-run", "--save-dump", dump)
    wait_for(lambda: os.path.exists(os.path.join(p.dir, ".killed.dump.tmp")), "the dump on its way")
    running.kill()
    running.communicate()
    check(not os.path.exists(dump) and os.path.exists(os.path.join(p.dir, ".killed.dump.tmp")), f"{os.listdir(p.dir)}")
    sb.faults()
    p.run("--dry-run", *PERIOD, "--save-dump", dump, code=0)
    check(not [x for x in os.listdir(p.dir) if "tmp" in x], f"{os.listdir(p.dir)}")
    again(p, dump)


def test_a_full_disk(t):
    """A dump that cannot be written: told, 74, nothing under its name; what is billed is billed all the same."""
    ws = small_month(6)
    for i, x in enumerate(ws.entries):
        x["note"] = "".join(random.Random(i).choices("abcdefghijklmnopqrstuvwxyz", k=400000))
    sb, p = t.both(ws, {"output": {"formats": "csv"}})
    dump = os.path.join(p.dir, "x.dump")
    # The notes are read four times by a run, and stand once in its documents.
    p.prefix = ["prlimit", "--fsize=4500000"]
    r = p.run(*PERIOD, "--save-dump", dump, code=74)
    check("dump" in r.err and len(r.err.splitlines()) == 1, f"{r}")
    equal([x for x in os.listdir(p.dir) if "x.dump" in x], [], "half a dump")
    equal((len(sb.billed()), p.report()["state"]), (6, "CLOSED"), "billed")


def test_another_question(t):
    sb, p = saved(t)
    r = p.run("--dry-run", "--period", "2026-09", "--from-dump", p.dump, code=65)
    check("has no answer to GET /timeentries" in r.err and "SOURCE_DATE_EPOCH" in r.err, r.err)
    again(p, os.path.join(p.dir, "none"), code=66)
    again(p, p.dir, code=66)


def test_damaged_dumps(t):
    """Cut off or one bit turned at 200 places: 65 with file and line, or the same result; never a crash. Nothing stays behind."""
    sb, p = saved(t, small_month(12))
    with open(p.dump, "rb") as f:
        whole = f.read()
    bad, chance = os.path.join(p.dir, "bad.dump"), random.Random(5)
    odd = []
    for i in range(200):
        data = bytearray(whole)
        if i % 2:
            at = chance.randrange(len(data))
            data[at] ^= 1 << chance.randrange(8)
        else:
            del data[chance.randrange(len(data)):]
        with open(bad, "wb") as f:
            f.write(data)
        r = again(p, bad, code=None)
        # The header of gzip has bytes that mean nothing (time, system).
        if r.code != 65 and not (r.code == 0 and i % 2 and at < 10):
            odd.append((i, str(r)))
        elif r.code == 65:
            check("bad.dump, line " in r.err and len(r.err.splitlines()) == 1, f"{r}")
    check(not odd, f"{odd[:3]}")


def test_dumps_that_lie(t):
    """Whole as gzip, wrong inside."""
    sb, p = saved(t, small_month(12))
    good = lines_of(p.dump)
    first, last = good[0], good[-1]
    page = next(x for x in good if '"get":"/timeentries' in x)
    cases = [[], [""], ["{}"], ["rubbish", *good[1:]], good[:-1], good[1:], [first, *good[2:]], [*good, "{}"], [*good, last], [first, last],
             [x.replace('"psabill_dump":1', '"psabill_dump":2') for x in good], [first.replace("}", "") if x == first else x for x in good],
             [x if x != page else page[:-2] for x in good], [x if x != page else page.replace('"status":200', '"status":2e2') for x in good],
             [x if x != page else page.replace('"status":200', '"status":99999999999999999999999') for x in good],
             [x if x != page else page.replace('"body":"', '"body":"\\q') for x in good], [x if x != page else page.replace('"body":"', '"body":"\\u0100') for x in good],
             [x if x != page else page.replace('"body":"', '"hex":"abc') for x in good], [x if x != page else page.replace('"whole":1', '"whole":0') for x in good],
             [x if x != page else b"\0\0\0\n" for x in good], [*good[:-1], last.replace('"end":', '"end":9')]]
    for i, lines in enumerate(cases):
        bad = pack(os.path.join(p.dir, "lie.dump"), lines)
        r = again(p, bad, code=65)
        check(re.search(r"lie\.dump, line \d+: |has no answer to GET", r.err), f"{i}: {r}")
    for text in (b"", b"plain text, no gzip\n" * 20):
        with open(bad, "wb") as f:
            f.write(text)
        check("line 1: " in again(p, bad, code=65).err, "no gzip")


def test_bombs(t):
    """300 MB of nothing in 300 kB, as one line and as many: refused early, in little memory."""
    sb, p = saved(t, small_month(4))
    good = lines_of(p.dump)
    for filling in (b"x" * 1000, b"x" * 999 + b"\n"):
        bad = os.path.join(p.dir, "bomb.dump")
        with gzip.open(bad, "wb") as f:
            f.write(good[0].encode() + b"\n")
            for _ in range(300):
                f.write(filling * 1000)
        p.prefix = [] if os.path.basename(t.binaries) == "asan" else ["prlimit", "--as=1500000000"]
        r = again(p, bad, code=65)
        p.prefix = []
        check("line 2: " in r.err and (filling[-1:] == b"\n" or "200 times" in r.err), r.err)


def redacted_customers(rows):
    """customers.csv for a redacted dump: the ids that are in it."""
    seen = []
    for e in rows:
        company = (e.get("project") or {}).get("company") or e.get("company") or {}
        if company.get("id") and company["id"] not in [c["id"] for c in seen]:
            seen.append(company)
    return [{"company_id": c["id"], "company_name": c["name"], "customer_number": str(10001 + i), "legal_name": f"Kunde {i}", "street": "Weg 1", "zip": "20000",
             "city": "Hamburg", "country": "DE"} for i, c in enumerate(sorted(seen, key=lambda c: c["id"]))]


def test_redacted(t):
    """Nobody can be told from it, and it bills the same hours and money."""
    ws = small_month(24)
    for i, x in enumerate(ws.entries):
        x["note"] = ["Rückfrage Frau Geheimrat, Tel. 0431 7654321", "mail an geheim@kunde.example", "12:30", "2026-10-01", ws.entries[0]["id"], ""][i % 6]
    sb = t.sandbox(ws)
    p = t.project(sb)
    plain, red = os.path.join(p.dir, "plain.dump"), os.path.join(p.dir, "red.dump")
    p.run("--dry-run", *PERIOD, "--save-dump", plain, code=0)
    told = totals(p)
    p.run("--dry-run", *PERIOD, "--save-dump", red, "--redact", code=0)
    equal(totals(p), told, "what the run itself bills is not redacted")
    one = os.path.join(p.dir, "one.dump")
    p.run("--dry-run", *PERIOD, "--company", ws.companies[0]["id"], "--save-dump", one, "--redact", code=0)
    check(ws.companies[0]["id"] not in "\n".join(lines_of(one)), "an id in the path of a request")
    sb.stop()
    secrets = {"Geheimrat", "7654321", "geheim@", "12:30", "Beispiel", "Schluessel", "Entwicklung", *(x["id"] for x in ws.entries + ws.companies + ws.projects + ws.users)}
    secrets |= {x["name"] for x in ws.companies + ws.projects + ws.tasks + ws.types}
    before, after = "\n".join(lines_of(plain)), "\n".join(lines_of(red))
    check(len([x for x in secrets if x in before]) > 20, "the test's secrets are not in the plain dump")
    equal([x for x in secrets if x in after], [], "in the redacted dump")
    a = [e for x in answers(plain) if x["get"].startswith("/timeentries?") for e in json.loads(x["body"])]
    b = [e for x in answers(red) if x["get"].startswith("/timeentries?") for e in json.loads(x["body"])]
    key = lambda e: (e["startDateLocal"], e.get("startTimeLocal"), e["duration"], e["isBillable"])
    equal(sorted(map(key, b)), sorted(map(key, a)), "times and durations")
    # One text is one pseudonym, another text another one.
    names = {}
    for x, y in zip(sorted(a, key=key), sorted(b, key=key)):
        names.setdefault(x["project"]["name"], set()).add(y["project"]["name"])
    check(all(len(v) == 1 for v in names.values()) and len(set.union(*names.values())) == len(names), f"{names}")
    p.set_customers(redacted_customers(b))
    again(p, red)
    got = totals(p)
    money = lambda r: sorted((x["net"], x["gross"], x["entries"], x["seconds"]) for x in r["invoices"])
    equal(money(got), money(told), "money")
    equal(got["entries"], told["entries"], "entries")
    # Another dump has other pseudonyms: nobody can look a name up.
    other = os.path.join(p.dir, "other.dump")
    again(p, plain, "--save-dump", other, "--redact", code=None)
    texts = lambda path: set(re.findall(r'x[0-9a-f]{10}', "\n".join(lines_of(path))))
    check(texts(other) and not texts(other) & texts(red), "pseudonyms can be guessed")
