"""What the end-to-end tests stand on: a sandbox server with a workspace, a project folder, psabill runs with bounded time, and the
invariants that hold after every run."""

import csv
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import time

import forkserver
from workspace import ADMIN, Workspace

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SAMPLE = os.path.join(ROOT, "samples", "workspace.json")
EPOCH = 1793606400  # 2026-11-02T08:00:00Z
CUSTOMER_COLUMNS = ("company_id company_name customer_number legal_name street zip city country vat_id tax_category tax_rate currency "
                    "buyer_reference endpoint endpoint_scheme email due_days language round_mode round_minutes round_scope group_by "
                    "debtor_account hold").split()
RATE_COLUMNS = "company project user type_of_work valid_from valid_to rate currency".split()
# Columns that files written by earlier versions lack: in the file only when a row fills them.
NEWER_CUSTOMER_COLUMNS = "order_reference contract_reference note template number_format formats discount_days discount_rate".split()
TERM_COLUMNS = "company project valid_from valid_to discount fee name description tax_rate cost_centre".split()
SELLER = {"name": "Musterwerk GmbH", "street": "Werkstraße 1", "zip": "10115", "city": "Berlin", "vat_id": "DE123456789",
          "contact": "Rechnungswesen", "phone": "+49 30 000000", "email": "rechnung@musterwerk.example",
          "iban": "DE02120300000000202051", "bic": "BYLADEM1001"}
TOTAL = re.compile(r"psabill run=(\d+) state=(\w+) invoices=(\d+) entries=(\d+) held=(\d+) seconds=(-?\d+)((?: net_[A-Z]{3}=-?[\d.]+)*)"
                   r" marked=(\d+) verified=(\d+) exceptions=(\d+) ponr=([01]) exit=(\d+)\n\Z")


class Skip(Exception):
    """A test that cannot run here; the runner says so aloud."""


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(got, wanted, what):
    if got != wanted:
        where, got, wanted = first_difference(got, wanted)
        raise AssertionError(f"{what}{where}: got {short(got)}, wanted {short(wanted)}")


def first_difference(got, wanted, path=""):
    """Where two long values part: the path into them, and what stands there."""
    if isinstance(got, dict) and isinstance(wanted, dict) and got.keys() == wanted.keys():
        pairs = [(k, got[k], wanted[k]) for k in wanted]
    elif isinstance(got, (list, tuple)) and isinstance(wanted, (list, tuple)) and len(got) == len(wanted) > 8:
        pairs = list(zip(range(len(got)), got, wanted))
    else:
        return path, got, wanted
    key, a, b = next(p for p in pairs if p[1] != p[2])
    return first_difference(a, b, f"{path}[{key!r}]")


def short(value, limit=400):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "..."


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"not within {seconds} s: {what}")


class Sandbox:
    """The stateful fake awork. `log` answers the requests, `state` the entries in the form of the workspace file."""

    def __init__(self, test, workspace, *options):
        self.dir = test.folder("sandbox")
        if isinstance(workspace, Workspace):
            self.workspace_file = os.path.join(self.dir, "workspace.json")
            with open(self.workspace_file, "w", encoding="utf-8") as f:
                f.write(workspace.dump())
        else:
            self.workspace_file = workspace
        port_file = os.path.join(self.dir, "port")
        self.errors = os.path.join(self.dir, "stderr")
        with open(self.errors, "wb") as err:
            self.process = subprocess.Popen([test.sandbox_binary, "--workspace", self.workspace_file, "--port-file", port_file, *options],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err, env=test.base_env())
        wait_for(lambda: os.path.exists(port_file) or self.process.poll() is not None, "the sandbox's port file")
        check(os.path.exists(port_file), f"the sandbox did not start: {self.complaints()}")
        with open(port_file, encoding="ascii") as f:
            self.port = int(f.read())
        self.base = f"http://127.0.0.1:{self.port}/api/v1"

    def complaints(self):
        with open(self.errors, encoding="utf-8", errors="replace") as f:
            return f.read()

    def call(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            c.request(method, path, None if body is None else json.dumps(body), headers or {})
            r = c.getresponse()
            data = r.read()
            check(r.status == 200, f"sandbox {path}: {r.status} {data[:300]!r}")
            return json.loads(data)
        finally:
            c.close()

    def state(self):
        return self.call("GET", "/_sandbox/state")

    def entries(self):
        return {x["id"]: x for x in self.state()["entries"]}

    def billed(self):
        return {x["id"] for x in self.state()["entries"] if x["billed"]}

    def log(self):
        return self.call("GET", "/_sandbox/log")

    def posts(self):
        return [x for x in self.log() if x["method"] == "POST"]

    def faults(self, *rules):
        self.call("POST", "/_sandbox/faults", list(rules))

    def edit(self, *edits):
        self.call("POST", "/_sandbox/edit", list(edits))

    def reset(self):
        self.call("POST", "/_sandbox/reset")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(20)
        check(status == 0, f"the sandbox ended with {status}: {self.complaints()[:600]}")


class Result:
    def __init__(self, args, code, out, err, seconds):
        self.args, self.code, self.out, self.err, self.seconds = args, code, out, err, seconds

    def __str__(self):
        return f"psabill {' '.join(self.args)} -> {self.code}; stdout {short(self.out, 500)}; stderr {short(self.err, 900)}"

    def summary(self):
        m = TOTAL.match(self.out)
        check(m, f"no summary line: {self}")
        names = ("run", "state", "invoices", "entries", "held", "seconds", "net", "marked", "verified", "exceptions", "ponr", "exit")
        d = dict(zip(names, m.groups()))
        d["net"] = dict(x[4:].split("=") for x in d["net"].split())
        return {k: int(v) if isinstance(v, str) and v.lstrip("-").isdigit() else v for k, v in d.items()}


class Project:
    """A folder as `psabill init` makes it, with settings, rates and customers written into it."""

    def __init__(self, test, sandbox, conf=None, rates=None, customers=None, token=ADMIN, name="project"):
        self.test, self.sandbox = test, sandbox
        self.dir = test.folder(name)
        self.env, self.prefix = {}, []
        self.conf_path = os.path.join(self.dir, "psabill.conf")
        made = test.run(["init", self.dir])
        check(made.code == 0, f"init failed: {made}")
        self.token_path = os.path.join(self.dir, "token")
        self.write("token", token + "\n", 0o600)
        self.conf = {"awork": {"base_url": sandbox.base if sandbox else "http://127.0.0.1:9/api/v1", "token_file": "token"}, "seller": dict(SELLER)}
        self.configure(conf or {})
        self.set_rates(rates if rates is not None else [{"rate": "95.00", "currency": "EUR"}])
        self.set_customers(customers if customers is not None else self.default_customers())

    def write(self, name, text, mode=None):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        if mode is not None:
            os.chmod(path, mode)
        return path

    def configure(self, settings):
        """Sets and writes settings: {"billing": {"round_mode": "up"}}; None takes a key out."""
        for section, keys in settings.items():
            for key, value in keys.items():
                if value is None:
                    self.conf.setdefault(section, {}).pop(key, None)
                else:
                    self.conf.setdefault(section, {})[key] = str(value)
        self.write("psabill.conf", "".join(f"[{s}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) for s, keys in self.conf.items()))

    def _write_csv(self, name, columns, rows, newer=()):
        columns = [*columns, *(c for c in newer if any(row.get(c) for row in rows))]
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f)
            w.writerow(columns)
            w.writerows([row.get(c, "") for c in columns] for row in rows)
        return path

    def set_rates(self, rows):
        self.rates = rows
        self._write_csv("rates.csv", RATE_COLUMNS, rows, ["tax_rate"])

    def set_customers(self, rows):
        self.customers = rows
        self._write_csv("customers.csv", CUSTOMER_COLUMNS, rows, NEWER_CUSTOMER_COLUMNS)

    def set_terms(self, *rows):
        self._write_csv("terms.csv", TERM_COLUMNS, rows)
        self.configure({"files": {"terms": "terms.csv"}})

    def default_customers(self):
        """One complete row per company of the workspace."""
        if self.sandbox is None:
            return []
        with open(self.sandbox.workspace_file, encoding="utf-8") as f:
            companies = json.load(f)["companies"]
        return [{"company_id": c["id"], "company_name": c["name"], "customer_number": str(10001 + i), "legal_name": c["name"],
                 "street": f"Testweg {i + 1}", "zip": f"{20000 + i}", "city": "Hamburg", "country": "DE"} for i, c in enumerate(companies)]

    def customer(self, row, **cells):
        self.customers[row].update(cells)
        self.set_customers(self.customers)

    # ---- running ----

    def run(self, *args, code=None, env=None, **kw):
        """psabill -c CONF run ARGS; `code` is the wanted exit status."""
        return self.command("run", *args, code=code, env=env, **kw)

    def command(self, *args, code=None, env=None, options=(), **kw):
        r = self.test.run([*options, "-c", self.conf_path, *args], env={**self.env, **(env or {})}, prefix=self.prefix, cwd=self.dir, **kw)
        if code is not None and r.code != code:
            raise AssertionError(f"wanted exit {code}: {r}")
        return r

    def void(self, number, *args, reason="Falsch berechnet", code=None, **kw):
        return self.command("void", number, "--reason", reason, *args, code=code, **kw)

    def without_pauses(self):
        """From now on its pauses last no time. For tests that go through many: what psabill waits for is the sandbox's next answer, and that is there."""
        path = os.path.join(ROOT, "build", "shims", "nosleep.so")
        if os.path.exists(path):
            self.env["LD_PRELOAD"] = path

    def start(self, *args, env=None, options=(), command="run", **kw):
        return self.test.start([*options, "-c", self.conf_path, command, *args], env={**self.env, **(env or {})}, cwd=self.dir, prefix=self.prefix, **kw)

    # ---- what is there afterwards ----

    @property
    def out(self):
        return os.path.join(self.dir, "out")

    @property
    def ledger(self):
        return os.path.join(self.dir, "ledger.db")

    def runs(self):
        """Folders of runs, oldest first, as out/PERIOD/RNNNN."""
        found = []
        for period in sorted(os.listdir(self.out)):
            folder = os.path.join(self.out, period)
            if os.path.isdir(folder) and period not in ("draft", "reconcile", "unbilled"):
                found += [os.path.join(folder, r) for r in os.listdir(folder) if not r.startswith(".")]
        return sorted(found, key=os.path.basename)

    def folder(self):
        runs = self.runs()
        check(len(runs) == 1, f"one run folder wanted: {runs}")
        return runs[0]

    def draft(self, period="2026-10"):
        return os.path.join(self.out, "draft", period)

    def csv(self, name, folder=None):
        with open(os.path.join(folder or self.folder(), name), encoding="utf-8", newline="") as f:
            return list(csv.DictReader(f))

    def report(self, folder=None):
        with open(os.path.join(folder or self.folder(), "run.json"), encoding="utf-8") as f:
            return json.load(f)

    def billed_ids(self):
        return [x["entry_id"] for r in self.runs() for x in self.csv("entries.csv", r)]

    def held(self, folder=None):
        """entry id -> reason"""
        return {x["entry_id"]: x["reason"] for x in self.csv("held.csv", folder)}

    def sql(self, query, *args):
        db = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)
        try:
            return db.execute(query, args).fetchall()
        finally:
            db.close()

    def alter(self, *statements):
        """Changes the ledger as somebody with a database tool would: past its laws, which stand again afterwards."""
        db = sqlite3.connect(self.ledger)
        try:
            laws = db.execute("SELECT name,sql FROM sqlite_schema WHERE type='trigger'").fetchall()
            for name, _ in laws:
                db.execute(f"DROP TRIGGER {name}")
            for x in statements:
                db.execute(*((x,) if isinstance(x, str) else x))
            for _, sql in laws:
                db.execute(sql)
            db.commit()
        finally:
            db.close()

    def facts(self, number):
        """All that is printed on a document, as the ledger keeps it."""
        return json.loads(self.sql("SELECT facts FROM invoice WHERE no=?", number)[0][0])

    def documents(self):
        """number -> (state, number that it cancels)"""
        return {no: (state, voids) for no, state, voids in self.sql("SELECT no,state,voids FROM invoice ORDER BY series,n")}

    def peek(self, query):
        """As sql(), while another process has the ledger locked: on a copy, None when that is in the middle of a write."""
        copy = os.path.join(self.test.folder("peek"), "ledger.db")
        try:
            shutil.copyfile(self.ledger, copy)
            db = sqlite3.connect(copy)
            try:
                return db.execute(query).fetchall()
            finally:
                db.close()
        except (OSError, sqlite3.Error):
            return None

    def claims(self):
        """entry id -> state of its live claim"""
        return dict(self.sql("SELECT entry,state FROM claim WHERE state<>'VOIDED'"))

    def ledger_facts(self):
        """What two ledgers of the same history have in common, whatever was interrupted: documents, lines, claims, numbers."""
        return (self.sql("SELECT no,n,company,net_minor,tax_minor,gross_minor,secs,state,voids,reason FROM invoice ORDER BY no"),
                self.sql("SELECT invoice,pos,secs,net_minor FROM line ORDER BY 1,2"),
                self.sql("SELECT entry,invoice,pos,secs,billed_secs,state FROM claim ORDER BY 1,2"),
                self.sql("SELECT key,invoice,pos,state FROM fee ORDER BY 1,2") if self.sql("SELECT 1 FROM sqlite_schema WHERE name='fee'") else [],
                self.sql("SELECT name,next FROM series ORDER BY 1"))


def tree(top, skip=("run.json", "latest.json", "high-water.json")):
    """Relative path -> (type and mode, SHA-256), with run folders numbered by their order and not by their name."""
    found, order = {}, {}
    for folder, dirs, files in os.walk(top):
        dirs.sort()
        for name in sorted(dirs) + sorted(files):
            path = os.path.join(folder, name)
            st = os.lstat(path)
            rel = os.path.relpath(path, top)
            rel = re.sub(r"(?<=/)R\d{4,}(?=/|\Z)", lambda m: order.setdefault(m.group(), f"run{len(order) + 1}"), rel)
            if os.path.basename(path) in skip:
                continue
            digest = ""
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    digest = hashlib.sha256(f.read()).hexdigest()
            found[rel] = (oct(st.st_mode), digest)
    return found


def same_tree(a, b, what):
    differing = sorted(k for k in set(a) | set(b) if a.get(k) != b.get(k))
    check(not differing, f"{what}: {[(k, a.get(k), b.get(k)) for k in differing][:6]}")


def memory_folder():
    """A run syncs some sixty times; on a disk that is most of a test's time. None: wherever temporary files go."""
    shm = "/dev/shm"
    if "TMPDIR" in os.environ or not os.access(shm, os.W_OK | os.X_OK) or shutil.disk_usage(shm).free < 500 << 20:
        return None
    return shm


class Test:
    """The context of one test function."""

    def __init__(self, binaries, name):
        self.name = name
        self.binaries = os.path.abspath(binaries)
        self.psabill = os.path.join(self.binaries, "psabill")
        self.sandbox_binary = os.path.abspath(os.environ.get("PSABILL_TEST_SANDBOX") or os.path.join(self.binaries, "sandbox"))
        self.asan = False
        self.top = tempfile.mkdtemp(prefix="psabill-e2e-", dir=memory_folder())
        os.chmod(self.top, 0o755)
        self.sandboxes, self.processes, self.servers, self.counter = [], [], {}, 0
        self.codes = set()  # exit statuses of this test's psabills

    def folder(self, name):
        self.counter += 1
        path = os.path.join(self.top, f"{name}{self.counter}")
        os.mkdir(path)
        return path

    def base_env(self):
        return {"PATH": "/usr/bin:/bin", "HOME": self.top, "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": str(EPOCH),
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "exitcode=99:detect_leaks=1"),
                "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1")}

    def environment(self, env):
        full = {**self.base_env(), **(env or {})}
        return {k: v for k, v in full.items() if v is not None}

    def sandbox(self, workspace, *options):
        s = Sandbox(self, workspace, *options)
        self.sandboxes.append(s)
        return s

    def project(self, sandbox, *args, **kw):
        return Project(self, sandbox, *args, **kw)

    def both(self, workspace, conf=None, options=(), **kw):
        sandbox = self.sandbox(workspace, *options)
        return sandbox, self.project(sandbox, conf, **kw)

    def start(self, args, env=None, cwd=None, prefix=(), **kw):
        """A psabill: a fork of one that is loaded already, unless what a test looks at needs a process of its own (`own`, a prefix, other pipes)."""
        env, command, cwd = self.environment(env), [*prefix, self.psabill, *args], cwd or self.top
        server = None if prefix or kw else self.server(env.get("LD_PRELOAD", ""))
        kw.pop("own", None)
        if server:
            p = forkserver.Forked(server, command, env, cwd)
        else:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=env, cwd=cwd, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kw})
        self.processes.append(p)
        return p

    def server(self, preload):
        """The socket of a loaded program; None when the tests were started without the shim that makes one."""
        if not os.path.exists(forkserver.SHIM):
            return None
        shared = os.environ.get("PSABILL_TEST_SERVER", "")
        if not preload and shared.startswith(self.psabill + ":"):
            return shared[len(self.psabill) + 1:]
        key = (self.psabill, preload)
        if key not in self.servers:
            self.servers[key] = forkserver.Server(self.psabill, preload, self.base_env(), os.path.join(self.top, f"server{len(self.servers)}"))
        return self.servers[key].path

    def finish(self, p, args, timeout=60):
        begin = time.monotonic()
        try:
            out, err = p.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            raise AssertionError(f"not done within {timeout} s: {' '.join(args)}; stderr {err!r}") from None
        r = Result(list(args), p.returncode, (out or b"").decode("utf-8", "replace"), (err or b"").decode("utf-8", "replace"), time.monotonic() - begin)
        self.codes.add(r.code)
        check("Sanitizer" not in r.err and "runtime error" not in r.err, f"sanitizer: {r.args}: {r.err[:3000]}")
        return r

    def run(self, args, env=None, timeout=60, **kw):
        return self.finish(self.start(args, env, **kw), args, timeout)

    def close(self):
        if os.environ.get("PSABILL_TEST_CODES"):
            with open(os.environ["PSABILL_TEST_CODES"], "a", encoding="utf-8") as f:
                f.write(f"{self.name}\t{' '.join(str(c) for c in sorted(self.codes))}\n")
        for p in self.processes:
            if p.poll() is None:
                p.kill()
                p.wait(10)
        for server in self.servers.values():
            server.stop()
        problems = []
        for s in self.sandboxes:
            try:
                s.stop()
            except (AssertionError, subprocess.TimeoutExpired) as x:
                problems.append(str(x))
                s.process.kill()
        for folder, dirs, _ in os.walk(self.top):
            for d in dirs:
                path = os.path.join(folder, d)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self.top, ignore_errors=True)
        check(not problems, "; ".join(problems))


# ---- builds with stop points ----

def step_build(test):
    """A psabill that ends at PSABILL_STOP_AT: the one under test, or the debug or asan build beside it. Switches the test to it."""
    for folder in (test.binaries, *(os.path.join(os.path.dirname(test.binaries), v) for v in ("debug", "asan"))):
        binary = os.path.join(folder, "psabill")
        if os.path.exists(binary):
            with open(binary, "rb") as f:
                if b"PSABILL_STOP_AT\0" in f.read():
                    test.psabill = binary
                    return
    raise Skip("no build with stop points: make VARIANT=debug")


def as_nobody(test, project):
    """Runs psabill without root's rights in this project, when we are root."""
    if os.geteuid() != 0:
        return
    check(shutil.which("setpriv"), "setpriv is needed to give up root's rights")
    for folder, dirs, files in os.walk(project.dir):
        for name in [".", *dirs, *files]:
            os.chown(os.path.join(folder, name), 65534, 65534)
    project.prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def killed(signal_number):
    return -signal_number


KILL, TERM, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
