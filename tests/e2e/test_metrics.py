"""The text file for Prometheus: [output] metrics_file, read by parsers that are not ours."""

import os
import shutil
import stat
import subprocess
import threading
import time

from harness import Skip, as_nobody, check, equal
from workspace import small_month


def parse(text):
    """(name, labels) -> value, by the parser of Prometheus' own Python client; promtool's opinion, too, where it is installed."""
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError:
        raise Skip("no python3-prometheus-client") from None
    promtool = shutil.which("promtool") or os.environ.get("PSABILL_TEST_PROMTOOL")
    if promtool:
        r = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True, timeout=30)
        check(r.returncode == 0 and not r.stderr, f"promtool: {r.returncode} {r.stdout}{r.stderr}")
    found = {}
    for family in text_string_to_metric_families(text):
        check(family.documentation and family.type == "gauge", f"{family.name}: {family.type} {family.documentation!r}")
        for s in family.samples:
            key = (s.name, *sorted(s.labels.items()))
            check(key not in found, f"twice: {key}")
            found[key] = s.value
    return found


def one(t, conf=None, entries=6, **kw):
    sb, p = t.both(small_month(entries), {"output": {"metrics_file": "psabill.prom"}, **(conf or {})}, **kw)
    return sb, p, os.path.join(p.dir, "psabill.prom")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def end_of(m, command):
    return tuple(m.get((f"psabill_last_{command}_{x}",)) for x in ("success", "exit_code"))


def test_after_a_run(t):
    sb, p, path = one(t)
    before = time.time()
    r = p.run(code=0)
    equal(r.err, "", "standard error")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o644, "mode: another user's collector reads it")
    m, s = parse(read(path)), r.summary()
    equal(end_of(m, "run"), (1, 0), "end of the run")
    check(int(before) <= m["psabill_last_run_timestamp_seconds",] <= time.time() + 1, "the clock is the real one, not that of the documents")
    check(0 <= m["psabill_last_run_duration_seconds",] < 60, "duration")
    equal({x: m["psabill_last_run_entries", ("state", x)] for x in ("fetched", "billed", "held")}, {"fetched": 6, "billed": 6, "held": 0}, "entries")
    equal(m["psabill_last_run_invoices",], s["invoices"], "invoices")
    equal(f"{m['psabill_last_run_net_amount', ('currency', 'EUR')]:.2f}", s["net"]["EUR"], "net")
    equal(m["psabill_unfinished_run",], 0, "unfinished")
    equal([x for x in os.listdir(p.dir) if "prom" in x], ["psabill.prom"], "nothing else stays")
    for name in [x["name"] for x in p.sandbox.state().get("companies", [])] + list(p.documents()):
        check(name not in read(path), f"{name} is in the metrics")


def test_commands_keep_each_others_figures(t):
    sb, p, path = one(t)
    p.run(code=0)
    ran = parse(read(path))
    sb.edit({"op": "set", "id": p.billed_ids()[0], "set": {"billed": False}, "by": "u02"})
    p.command("reconcile", "--period", "2026-10", code=3)
    m = parse(read(path))
    equal(end_of(m, "reconcile"), (1, 3), "reconcile")
    differences = {k[1][1]: v for k, v in m.items() if k[0] == "psabill_last_reconcile_differences"}
    equal({k: v for k, v in differences.items() if v}, {"reopened": 1}, "differences")
    check(len(differences) > 5, f"classes without a difference are 0, not missing: {differences}")
    equal({k: v for k, v in m.items() if k[0].startswith("psabill_last_run_")}, {k: v for k, v in ran.items() if k[0].startswith("psabill_last_run_")}, "of the run")
    p.command("verify", code=0)
    os.remove(os.path.join(p.folder(), "entries.csv"))
    p.command("verify", code=65)
    later = parse(read(path))
    equal((end_of(later, "verify"), later["psabill_last_verify_findings",]), ((0, 65), 1), "verify")
    equal({k: v for k, v in later.items() if "verify" not in k[0]}, m, "all else")


def test_a_failed_run(t):
    """awork does not answer: the figures of the last good run are gone, the end is told."""
    sb, p, path = one(t)
    p.run(code=0)
    sb.faults({"method": "GET", "status": 503})
    r = p.run(env={"PSABILL_AWORK_RETRY_MINUTES": "0"}, code=69)
    m = parse(read(path))
    equal(end_of(m, "run"), (0, 69), f"end: {r}")
    check(("psabill_last_run_entries", ("state", "billed")) not in m, "figures of another run")


def test_an_unfinished_run(t):
    sb, p, path = one(t)
    sb.faults({"method": "POST", "status": 503})
    r = p.run(env={"PSABILL_AWORK_RETRY_MINUTES": "0"})
    equal(r.code, 75, f"{r}")
    m = parse(read(path))
    equal((m["psabill_unfinished_run",], end_of(m, "run")), (1, (0, 75)), "stopped after the point of no return")
    sb.faults()
    p.run(code=0)
    equal(parse(read(path))["psabill_unfinished_run",], 0, "finished")


def test_what_writes_nothing(t):
    """A dry run changes nothing; a mistyped command says nothing about the last run."""
    sb, p, path = one(t)
    p.run("--dry-run", code=0)
    p.run("--period", "yesterday", code=64)
    p.command("list", code=0)
    check(not os.path.exists(path), "written")


def test_a_file_that_cannot_be_written(t):
    """The bill is paid all the same: exit status, documents and marks are those of a run without it; standard error says so."""
    for target, prepare in (("missing/psabill.prom", None), ("folder.prom", os.mkdir), ("shut/psabill.prom", lambda x: os.mkdir(os.path.dirname(x), 0o500))):
        sb, p = t.both(small_month(4), {"output": {"metrics_file": target}})
        if prepare:
            prepare(os.path.join(p.dir, target))
        as_nobody(t, p)
        r = p.run(code=0)
        equal(len(sb.billed()), 4, "billed")
        check("metrics_file" in r.err and os.path.basename(target) in r.err and len(r.err.splitlines()) == 1, f"{target}: {r.err}")


def test_what_stood_there_before(t):
    """Rubbish, also in the midst of our lines, is not carried on; a link is replaced, not followed."""
    sb, p, path = one(t)
    p.command("verify", code=66)
    good = read(path)
    for text in ("", "\0\xff{{{\n", "# psabill reconcile\n# HELP psabill_x X.\n# TYPE psabill_x gauge\npsabill_x 1\nrubbish {\n", "# psabill reconcile\npsabill_unterminated 1", "x" * 100000):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        p.command("verify", code=66)
        m = parse(read(path))
        equal(end_of(m, "verify"), (0, 66), repr(text[:30]))
        check("rubbish" not in read(path) and "unterminated" not in read(path), read(path))
    other = p.write("other", "precious")
    os.remove(path)
    os.symlink(other, path)
    p.command("verify", code=66)
    check(not os.path.islink(path) and read(other) == "precious", "the link was followed")
    equal(sorted(parse(read(path))), sorted(parse(good)), "names")


def test_only_a_name_that_is_read(t):
    _, p = t.both(small_month(4), {"output": {"metrics_file": "psabill.txt"}})
    r = p.run(code=78)
    check("psabill.conf:" in r.err and "must end in .prom" in r.err, r.err)
    check(not os.path.exists(os.path.join(p.dir, "psabill.txt")), "a refused name was written to")


def test_never_half_a_file(t):
    """Read again and again while commands replace it: always a whole one."""
    sb, p, path = one(t)
    p.run(code=0)
    ends, halves, stop = set(), [], threading.Event()

    def watch():
        while not stop.is_set():
            text = read(path)
            ends.add(text.count("psabill_last_verify_findings 0"))
            if "psabill_last_run_exit_code 0\n" not in text or not text.endswith("psabill_unfinished_run 0\n"):
                halves.append(text)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(4):
            running = [p.start(command="verify") for _ in range(3)]
            for x in running:
                r = t.finish(x, ["verify"])
                equal((r.code, r.err), (0, ""), "verify")
    finally:
        stop.set()
        watcher.join()
    check(not halves, f"half a file: {halves[:1]}")
    equal(ends, {0, 1}, "the watcher saw the file before and after")
