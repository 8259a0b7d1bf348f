"""What a user would write instead of psabill, each doing the whole job: fetch all, group by customer, price, one CSV and one XLSX per customer
(the shell: CSV only), mark in batches, read back."""

import os
import shutil
import subprocess

from scene import TOKEN, say

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
COMMANDS = {
    "python": ("/usr/bin/python3", os.path.join(FOLDER, "bill.py")),
    "node": ("node", os.path.join(FOLDER, "node", "bill.mjs")),
    "shell": ("bash", os.path.join(FOLDER, "bill.sh")),
}
NAMES = tuple(COMMANDS)


def works(name):
    probe = {"python": ("/usr/bin/python3", "-c", "import requests, pandas, xlsxwriter"), "shell": ("sh", "-c", "command -v curl jq mlr xargs")}.get(name)
    if probe is None:
        return shutil.which("node") and os.path.isdir(os.path.join(FOLDER, "node", "node_modules", "exceljs"))
    return subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def there(names):
    """Those that can run here; the others are named aloud."""
    found = []
    for name in names:
        if works(name):
            found.append(name)
        else:
            say(f"peer {name} is left out: not installed (make bench-deps)")
    return found


def versions(names):
    asks = {"python": ("/usr/bin/python3", "-c", "import sys,requests,pandas,xlsxwriter as x;"
                       "print('Python %d.%d' % sys.version_info[:2], 'requests', requests.__version__, 'pandas', pandas.__version__, 'xlsxwriter', x.__version__)"),
            "node": ("sh", "-c", "echo Node $(node --version) exceljs $(node -p \"require('" + os.path.join(FOLDER, "node") + "/node_modules/exceljs/package.json').version\")"),
            "shell": ("sh", "-c", "echo $(jq --version) $(mlr --version)")}
    return [subprocess.run(asks[n], capture_output=True, text=True, check=False).stdout.strip() for n in names]


def run(s, name):
    out = os.path.join(s.top, "peer")
    shutil.rmtree(out, ignore_errors=True)
    os.mkdir(out)
    m = s.run(list(COMMANDS[name]), cwd=out, env={"AWORK_URL": s.base, "AWORK_TOKEN": TOKEN, "OUT": out, "PATH": os.environ.get("PATH", "/usr/bin:/bin")})
    billed = int(m.out.split()[-1])
    if billed < s.entries // 2 or not os.listdir(out):
        raise SystemExit(f"peer {name} billed {billed} entries only: {m.out[-300:]}")
    shutil.rmtree(out)
    return m
