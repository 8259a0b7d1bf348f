"""The official OpenAPI description: the sandbox answers as it says, and so does what psabill asks."""

import os
import subprocess
import sys

from harness import ROOT, SAMPLE, Skip, check
from workspace import ADMIN


def test_openapi(t):
    spec = os.environ.get("PSABILL_TEST_OPENAPI")
    if not spec:
        raise Skip("PSABILL_TEST_OPENAPI does not name the official OpenAPI file")
    log = os.path.join(t.folder("log"), "requests.jsonl")
    sb, p = t.both(SAMPLE, customers=[], options=("--log", log))
    p.command("customers", code=0)
    p.run("--period", "2026-08", code=0)
    ids = [x["id"] for x in sb.state()["entries"] if x["date"] and x["date"] >= "2026-09-01" and not x.get("billed") and x.get("billable", True)]
    actions = ("set-unbillable", "delete", "set-billed", f"set-user {sb.call('GET', '/api/v1/users?pageSize=1', headers={'Authorization': 'Bearer ' + ADMIN})[0]['id']}")
    path = p.write("fix.csv", "entry_id,action\n" + "".join(f"{i},{a}\n" for i, a in zip(ids, actions)))
    p.command("apply", path, "--yes", code=0)
    check(any(x["method"] == "POST" for x in sb.log()), "psabill marked nothing: no request body to check")
    r = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "sandbox", "check_openapi.py"), "--openapi", spec, "--base", sb.base, "--token", ADMIN, "--log", log],
                       capture_output=True, text=True, timeout=150, check=False)
    check(r.returncode == 0, f"check_openapi.py: {r.stdout[-1500:]} {r.stderr[-500:]}")
    check(r.stdout.strip() != "", "check_openapi.py said nothing")
