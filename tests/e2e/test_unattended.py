"""Without a person: credentials of systemd, JSON logs, silence on success, the units and the cron entry."""

import json
import os
import re
import shutil
import subprocess
import tempfile

from harness import ROOT, Skip, as_nobody, check, equal
from workspace import small_month

CONFIG = os.path.join(ROOT, "config")
RETRIED = {69, 71, 75}  # what time mends


def read(name):
    with open(os.path.join(CONFIG, name), encoding="utf-8") as f:
        return f.read()


# ---- the token as a credential ----

def credential(t, text, mode=0o440):
    folder = t.folder("credentials")
    path = os.path.join(folder, "token")
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, mode)
    return {"CREDENTIALS_DIRECTORY": folder}


def test_token_from_a_credential(t):
    sb, p = t.both(small_month(4, 1), {"awork": {"token_file": None}})
    p.run(code=0, env=credential(t, "sandbox-admin-key\n"))
    equal(len(sb.billed()), 4, "billed")


def test_order_of_token_sources(t):
    """The variable, then the credential, then the file."""
    _, p = t.both(small_month(4, 1))
    good, bad = credential(t, "sandbox-admin-key\n"), credential(t, "no-such-key\n")
    equal(p.command("check", env=bad).code, 77, "a credential goes before the file")
    p.command("check", env={**bad, "PSABILL_AWORK_TOKEN": "sandbox-admin-key"}, code=0)
    p.write("token", "no-such-key\n", 0o600)
    p.command("check", env=good, code=0)
    equal(p.command("check", env={"CREDENTIALS_DIRECTORY": t.folder("empty")}).code, 77, "without a credential of this name the file is read")


def test_bad_credentials(t):
    _, p = t.both(small_month(4, 1))
    for text, mode in (("", 0o400), ("a b", 0o400), ("x" * 5000, 0o400), ("sandbox-admin-key", 0o444), ("sandbox-admin-key", 0o460)):
        r = p.run(env=credential(t, text, mode))
        equal(r.code, 78, f"{text[:10]!r} {mode:o}: {r}")


# ---- logs ----

def objects(r):
    lines = [json.loads(x) for x in r.err.splitlines()]
    for x in lines:
        check(isinstance(x, dict) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", x["time"]) and x["level"] in ("error", "warning", "note", "debug")
              and x["event"] and x["message"], f"a line of the log: {x}")
    return lines


def test_json_log_of_a_run(t):
    """One object a line, with the run; never a note or a name."""
    ws = small_month(12)
    sb, p = t.both(ws)
    sb.faults({"method": "POST", "bucket": {"#2": "unauthorized"}})
    r = p.command("run", options=("-v", "--log-format", "json"), code=3)
    lines = objects(r)
    check([x for x in lines if x.get("run") == "R0001"], f"the run's id: {lines[:3]}")
    late = lines[next(i for i, x in enumerate(lines) if "run" in x):]
    equal([x for x in late if x.get("run") != "R0001"], [], "lines without the run's id")
    state = sb.state()
    with open(sb.workspace_file, encoding="utf-8") as f:
        data = json.load(f)
    names = {x.get("note") for x in state["entries"]} | {x["name"] for x in data["companies"] + data["projects"]} | {x["lastName"] for x in data["users"]}
    for name in names - {None, ""}:
        check(name not in r.err, f"{name!r} in the log")


def test_json_log_of_failures(t):
    """What a failed command says is an object, too, however early it fails."""
    sb, p = t.both(small_month(4, 1), {"awork": {"retry_minutes": "0"}})
    js = ("--log-format", "json")
    equal([x["level"] for x in objects(p.command("run", "--perod", "x", options=js, code=64))], ["error"], "usage")
    sb.stop()
    lines = objects(p.command("run", options=js, code=69))
    equal((len(lines), lines[-1]["event"]), (1, "end"), "awork is gone")
    p.configure({"billing": {"due_days": "x", "tax_rate": "y"}})
    equal(len(objects(p.command("run", options=js, code=78))), 3, "two problems and what follows")


def test_silent_exactly_on_success(t):
    """Without a terminal and without -v stderr is empty when the status is 0, and only then; -q leaves stdout empty, too."""
    sb, p = t.both(small_month(12), {"awork": {"retry_minutes": "0"}})

    def run(code, *args, options=()):
        r = p.command("run", *args, options=options, code=code)
        equal(r.err == "", code == 0, f"{args}: {r}")
        equal(r.out.count("\n") if "-q" not in options else r.out, 1 if "-q" not in options and code in (0, 3) else "" if "-q" in options else r.out.count("\n"), f"{args}: {r}")

    run(0, "--dry-run")
    p.write("rates.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n")
    run(3, "--strict", "--dry-run")
    run(0, "--dry-run", options=("-q",))
    p.set_rates([{"rate": "95.00", "currency": "EUR"}])
    sb.faults({"method": "POST", "bucket": {"#2": "unauthorized"}})
    run(3, options=("-q",))
    sb.faults()
    run(0)
    run(0, options=("-q",))
    run(64, "--period", "nonsense")
    sb.stop()
    run(69)


# ---- systemd and cron ----

def settings(name):
    """Setting -> values, as they stand in the unit."""
    found = {}
    for line in read(name).splitlines():
        m = re.match(r"([A-Za-z]+)=(.*)", line)
        if m:
            found.setdefault(m.group(1), []).append(m.group(2))
    return found


def test_service_retries_what_time_mends(t):
    unit = settings("psabill.service")
    with open(os.path.join(ROOT, "src", "base", "err.h"), encoding="utf-8") as f:
        codes = {int(x) for x in re.findall(r"ERR_[A-Z]+ = (\d+)", f.read())}
    equal({int(x) for x in unit["RestartPreventExitStatus"][0].split()}, codes - RETRIED - {0}, "statuses that are not tried again")
    check("SuccessExitStatus" not in unit, "status 3 must alert")
    equal([unit[k] for k in ("User", "Restart", "LoadCredential", "LimitCORE")], [["psabill"], ["on-failure"], ["token:/etc/psabill/token"], ["0"]], "settings")
    check(unit["OnFailure"] == ["psabill-failure@%n.service"] and os.path.exists(os.path.join(CONFIG, "psabill-failure@.service")), "OnFailure")


def test_commands_of_units_and_cron(t):
    """What they call is a command line that psabill takes."""
    lines = settings("psabill.service")["ExecStart"] + [" ".join(x.split()[6:]) for x in read("psabill.cron").splitlines() if re.match(r"\d", x)]
    equal(len(lines), 3, "commands")
    for line in lines:
        words = line.split()
        equal(words[0], "/usr/bin/psabill", "program")
        equal(words[1:][-1], "run", "command")
        equal(t.run([*words[1:], "--help"]).code, 0, line)


def units(t):
    """The units with the program under test in place of the installed one."""
    folder = t.folder("units")
    for name in ("psabill.service", "psabill.timer", "psabill-failure@.service"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(read(name).replace("/usr/bin/psabill", t.psabill))
    return folder


def analyze(*args):
    if shutil.which("systemd-analyze") is None:
        raise Skip("no systemd-analyze")
    return subprocess.run(["systemd-analyze", "--no-pager", *args], capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, check=False)


def test_units_are_clean(t):
    folder = units(t)
    r = analyze("verify", "--man=no", *(os.path.join(folder, x) for x in sorted(os.listdir(folder))))
    equal((r.returncode, r.stdout, r.stderr), (0, "", ""), "systemd-analyze verify")


def test_service_is_confined(t):
    r = analyze("security", "--offline=true", "--threshold=20", os.path.join(units(t), "psabill.service"))
    m = re.search(r"exposure level for psabill.service: ([\d.]+)", r.stdout)
    check(m and r.returncode == 0 and float(m.group(1)) < 2.0, f"{r.returncode} {r.stdout[-300:]} {r.stderr}")


def allowed_calls():
    """System calls that the filter of the service lets through."""
    groups, group = {}, None
    for line in analyze("syscall-filter").stdout.splitlines():
        if line.startswith("@"):
            group = groups.setdefault(line.strip(), [])
        elif group is not None and line.startswith("    ") and not line.strip().startswith("#"):
            group.append(line.strip())

    def calls(name):
        return {c for x in groups[name] for c in (calls(x) if x.startswith("@") else {x})}

    allowed = set()
    for value in settings("psabill.service")["SystemCallFilter"]:
        for name in value.lstrip("~").split():
            allowed = allowed - calls(name) if value.startswith("~") else allowed | calls(name)
    check(len(allowed) > 200, f"{len(allowed)} system calls")
    return allowed


def test_a_run_needs_only_what_the_service_allows(t):
    """Every system call of a run, traced, is in SystemCallFilter=; sockets are of the families that it names."""
    allowed = allowed_calls()
    if shutil.which("strace") is None:
        raise Skip("no strace")
    if "asan" in os.path.basename(t.binaries):
        raise Skip("the sanitizer has needs of its own")
    sb, p = t.both(small_month(12))
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        os.chmod(folder, 0o777)
        as_nobody(t, p)  # SQLite changes owners when it runs as root
        p.prefix = [*p.prefix, "strace", "-f", "-qq", "-o", trace]
        p.run(code=0)
        with open(trace, encoding="utf-8", errors="replace") as f:
            text = f.read()
    calls = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", text, re.M))
    check(len(calls) > 30 and "openat" in calls and "connect" in calls, f"traced {sorted(calls)}")
    equal(sorted(calls - allowed - {"execve"}), [], "system calls that the service forbids")
    families = set(settings("psabill.service")["RestrictAddressFamilies"][0].split())
    refused = {x for x in re.findall(r"socket\((AF_[A-Z0-9]+)", text)} - families
    equal(refused - {"AF_NETLINK", "AF_UNIX"}, set(), "families of sockets")  # the resolver asks the kernel and a name cache, and does without
    equal(len(sb.billed()), 12, "billed")
