"""What every measurement stands on: a workspace of a given size, a sandbox that serves it, project folders, and measured runs."""

import csv
import http.client
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOKEN = "sandbox-admin-key"
CLOCK = "1793606400"  # 2026-11-02T08:00:00Z
SELLER = ("name = Musterwerk GmbH\nstreet = Werkstraße 1\nzip = 10115\ncity = Berlin\nvat_id = DE123456789\ncontact = Rechnungswesen\n"
          "phone = +49 30 000000\nemail = rechnung@musterwerk.example\niban = DE02120300000000202051\nbic = BYLADEM1001\n")
STAGE = re.compile(r"(\w+): (?:(\d+) ms, )?(\d+) us of processor time")


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def size_of(text):
    return int(text[:-1]) * {"k": 1000, "m": 1000000}[text[-1].lower()] if text[-1].lower() in "km" else int(text)


def name_of(n):
    return f"{n // 1000000}M" if n % 1000000 == 0 else f"{n // 1000}k" if n % 1000 == 0 else str(n)


class Measured:
    """One measured process: seconds of wall and processor time, peak memory in MiB; of psabill the stages, too."""

    def __init__(self, wall_us, cpu_us, peak_kib, status, out, err):
        self.wall, self.cpu, self.peak, self.status, self.out, self.err = wall_us / 1e6, cpu_us / 1e6, peak_kib / 1024, status, out, err
        self.requests = None
        self.stages = {}
        for name, ms, us in STAGE.findall(err):
            wall, cpu = self.stages.get(name, (0, 0))
            self.stages[name] = (wall + int(ms or 0) / 1e3, cpu + int(us) / 1e6)


class Scene:
    """One size. Everything lives below `top`, on the disk of the build folder."""

    def __init__(self, binaries, entries, top):
        self.psabill, self.measure = os.path.join(binaries, "psabill"), os.path.join(binaries, "measure")
        self.entries, self.top, self.count = entries, os.path.join(top, name_of(entries)), 0
        shutil.rmtree(self.top, ignore_errors=True)
        os.makedirs(self.top)
        self.workspace = os.path.join(top, f"workspace-{entries}.json")
        if not os.path.exists(self.workspace):
            say(f"{name_of(entries)}: writing the workspace")
            # A big agency has more customers and projects, too; the entries are those of one month.
            subprocess.run([sys.executable, os.path.join(ROOT, "samples", "generate.py"), "--entries", str(entries), "--months", "1",
                            "--first-month", "2026-10", "--out", self.workspace + ".tmp"], check=True)
            os.rename(self.workspace + ".tmp", self.workspace)
        port_file = os.path.join(self.top, "port")
        keep = max(512, entries * 12 // 1000)
        self.server = subprocess.Popen([os.path.join(binaries, "sandbox"), "--workspace", self.workspace, "--port-file", port_file, "--keep", str(keep)],
                                       stdout=subprocess.DEVNULL)
        while not os.path.exists(port_file):
            if self.server.poll() is not None:
                raise SystemExit("the sandbox did not start")
            time.sleep(0.05)
        with open(port_file, encoding="ascii") as f:
            self.port = int(f.read())
        self.base = f"http://127.0.0.1:{self.port}/api/v1"
        self._companies()

    def _companies(self):
        """customers.csv for all of them, with what an invoice needs."""
        c = http.client.HTTPConnection("127.0.0.1", self.port)
        rows, page = [], 1
        while page == 1 or len(rows) == (page - 1) * 1000:
            c.request("GET", f"/api/v1/companies?page={page}&pageSize=1000&orderby=id", headers={"Authorization": "Bearer " + TOKEN})
            rows += json.loads(c.getresponse().read())
            page += 1
        c.close()
        text = io.StringIO()
        w = csv.writer(text, lineterminator="\n")
        w.writerow("company_id company_name customer_number legal_name street zip city country".split())
        w.writerows((x["id"], x["name"], 10001 + i, x["name"], f"Testweg {i + 1}", 20000 + i, "Hamburg", "DE") for i, x in enumerate(rows))
        self.customers = text.getvalue()

    def control(self, path, body=None, method="POST"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        c.request(method, "/_sandbox/" + path, None if body is None else json.dumps(body))
        answer = c.getresponse()
        data = answer.read()
        c.close()
        if answer.status != 200:
            raise SystemExit(f"sandbox: {path}: {data[:300]!r}")
        return json.loads(data)

    def serve(self, latency, gzip):
        """As it was at the start: nothing of the month is billed."""
        self.control("set", {"latency": latency, "gzip": gzip})
        self.control("restore")

    def log(self):
        return self.control("log", method="GET")

    def leave(self, ids, billed):
        """Somebody bills by hand what no run can bill, so that nothing at all is left; or takes it back."""
        for i in range(0, len(ids), 5000):
            self.control("edit", [{"op": "set", "id": x, "set": {"billed": billed}} for x in ids[i:i + 5000]])

    def stop(self):
        self.server.terminate()
        self.server.wait(60)

    def project(self):
        self.count += 1
        folder = os.path.join(self.top, f"project{self.count}")
        subprocess.run([self.psabill, "init", folder], check=True, stdout=subprocess.DEVNULL)
        for name, text in (("token", TOKEN + "\n"), ("customers.csv", self.customers),
                           ("rates.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\n,,,,,,95.00,EUR\n"),
                           ("psabill.conf", f"[awork]\nbase_url = {self.base}\ntoken_file = token\nconnections = 8\n[brakes]\nday_minutes = 100000\n[seller]\n{SELLER}")):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path, 0o600)
        return folder

    def held(self, folder):
        """Ids of what the only run with documents held."""
        period = os.path.join(folder, "out", "2026-10")
        with open(os.path.join(period, os.listdir(period)[0], "held.csv"), encoding="utf-8-sig") as f:
            return [row[0] for row in list(csv.reader(f))[1:]]

    def drop(self, folder):
        for where, dirs, _ in os.walk(folder):
            for d in dirs:
                os.chmod(os.path.join(where, d), 0o700)
        shutil.rmtree(folder)

    def run(self, command, cwd=None, fine=(0,), timeout=900, env=None):
        """Measures a command; ends the benchmark when it fails."""
        result, out, err = (os.path.join(self.top, x) for x in ("result", "stdout", "stderr"))
        full = {"PATH": "/usr/bin:/bin", "HOME": self.top, "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": CLOCK, **(env or {})}
        with open(out, "wb") as o, open(err, "wb") as e:
            subprocess.run([self.measure, result, *command], cwd=cwd or self.top, stdin=subprocess.DEVNULL, stdout=o, stderr=e, env=full, timeout=timeout, check=True)
        with open(result, encoding="ascii") as f:
            numbers = [int(x) for x in f.read().split()]
        texts = []
        for path in (out, err):
            with open(path, encoding="utf-8", errors="replace") as f:
                texts.append(f.read(4 << 20))
        m = Measured(*numbers, *texts)
        if m.status not in fine:
            raise SystemExit(f"{' '.join(command)} ended with {m.status}: {m.out[-500:]} {m.err[-1500:]}")
        return m

    def bill(self, folder, *args, command="run", counted=True):
        m = self.run([self.psabill, "-v", "-c", os.path.join(folder, "psabill.conf"), command, *args], cwd=folder, fine=(0, 3))  # 3: something for a person, as held entries in reconcile
        if counted:
            m.log = self.log()
            m.requests = len(m.log)
        return m

    def floor(self, log):
        """curl, eight at a time, the same requests in the same order."""
        path = os.path.join(self.top, "curl.conf")
        with open(path, "w", encoding="utf-8") as f:
            for i, x in enumerate(log):
                url, _, query = x["path"].partition("?")
                pairs = [p.partition("=") for p in query.split("&")] if query else []
                f.write(("next\n" if i else "") + f'url = "http://127.0.0.1:{self.port}{url}"\nheader = "Authorization: Bearer {TOKEN}"\n'
                        "silent\nshow-error\nfail\ncompressed\noutput = /dev/null\nmax-time = 300\n")
                if x["method"] == "POST":
                    with open(f"{path}.{i}", "w", encoding="utf-8") as body:
                        json.dump(x.get("body"), body)
                    f.write(f'request = POST\nheader = "Content-Type: application/json"\nheader = "Expect:"\ndata-binary = "@{path}.{i}"\n')
                else:
                    f.write("get\n" + "".join(f'data-urlencode = "{k}={v}"\n' for k, _, v in pairs))
        m = self.run(["curl", "-q", "-Z", "--parallel-max", "8", "--no-progress-meter", "-K", path])
        m.requests = len(log)
        return m
