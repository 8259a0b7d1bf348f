#!/usr/bin/env python3
"""Starts the sandbox server given as argument and checks that it behaves as tests/sandbox/README.md says."""

import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ADMIN, USER = "sandbox-admin-key", "sandbox-user-key"
OPEN = "isBillable eq true and isBilled eq false"
OCTOBER = "startDateLocal ge datetime'2026-10-01T00:00:00' and startDateLocal lt datetime'2026-11-01T00:00:00'"
BATCH = "/timeentries/batch/setIsBilled"
passed = failed = 0


def check(what, ok, detail=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what} {detail}"[:600])


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw
        if headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        self.text = raw
        try:
            self.json = json.loads(raw)
        except ValueError:
            self.json = None

    def ids(self):
        return [e["id"] for e in self.json]

    def total(self):
        return int(self.headers["aw-totalitems"])


class Server:
    def __init__(self, binary, workspace, *options):
        self.dir = tempfile.TemporaryDirectory()
        port_file = os.path.join(self.dir.name, "port")
        self.process = subprocess.Popen([binary, "--workspace", workspace, "--port-file", port_file, *options], stdout=subprocess.DEVNULL)
        for _ in range(200):
            if os.path.exists(port_file):
                break
            time.sleep(0.02)
        with open(port_file, encoding="ascii") as f:
            self.port = int(f.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        check("ends with status 0", self.process.wait(5) == 0)
        self.dir.cleanup()

    def call(self, method, path, body=None, token=ADMIN, headers=None, timeout=5):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        h = dict(headers or {})
        if token:
            h["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        try:
            c.request(method, path, body, h)
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def get(self, path, token=ADMIN, headers=None, **query):
        q = urllib.parse.urlencode(query)
        return self.call("GET", "/api/v1" + path + ("?" + q if q else ""), None, token, headers)

    def post(self, path, body, token=ADMIN):
        return self.call("POST", "/api/v1" + path, body, token)

    def control(self, what, body=None):
        return self.call("GET" if body is None else "POST", "/_sandbox/" + what, body, None)

    def faults(self, *rules):
        a = self.control("faults", list(rules))
        check("fault script accepted", a.status == 200, a.text)

    def entry(self, ident):
        return self.get("/timeentries/" + ident)

    def breaks(self, call):
        try:
            call()
        except (http.client.HTTPException, OSError):
            return True
        return False


def paging(s):
    f = f"{OPEN} and {OCTOBER}"
    q = {"orderby": "createdOn,id", "filterby": f}
    one = s.get("/timeentries", pageSize=1000, page=1, **q)
    check("page 1", one.status == 200 and len(one.json) == 1000 and one.headers["aw-items"] == "1000", one.status)
    check("aw headers", one.headers["aw-page"] == "1" and one.headers["aw-pagesize"] == "1000" and one.headers["trace-id"])
    ids = []
    total = one.total()
    for page in range(1, -(-total // 300) + 1):
        ids += s.get("/timeentries", pageSize=300, page=page, **q).ids()
    check("pages together are the list", len(ids) == total == len(set(ids)) and ids[:1000] == one.ids(), (len(ids), total))
    past = s.get("/timeentries", pageSize=300, page=99, **q)
    check("past the end", past.json == [] and past.total() == total)
    check("clamp", s.get("/timeentries", pageSize=5000).headers["aw-pagesize"] == "1000")
    check("default page size", len(s.get("/timeentries").json) == 10)
    check("unknown parameter ignored", s.get("/timeentries", startDateUtc="x", pageSize=1).total() > total)
    twice = s.call("GET", "/api/v1/timeentries?filterby=" + urllib.parse.quote(f) + "&filterby=nonsense")
    check("second filterby ignored", twice.status == 200 and twice.total() == total)
    packed = s.get("/timeentries", headers={"Accept-Encoding": "gzip"}, pageSize=1000, page=1, **q)
    check("gzip", packed.headers["Content-Encoding"] == "gzip" and packed.json == one.json and len(packed.raw) < len(one.raw) / 4)
    stamps = [e["createdOn"] for e in one.json]
    check("ordered by createdOn", [x[:19] for x in stamps] == sorted(x[:19] for x in stamps))
    sizes = len(one.raw) / 1000
    check("size of an entry", 1500 < sizes < 3500, sizes)


def filters(s, state):
    def total(f):
        a = s.get("/timeentries", filterby=f, pageSize=1)
        return a.total() if a.status == 200 else a.json["code"]

    entries = state["entries"]
    billed = sum(e["billed"] for e in entries)
    check("eq bool", total("isBilled eq true") == billed)
    check("case of names", total("ISBILLED eq true") == billed)
    check("not", total("not isBilled eq true") == len(entries) - billed)
    check("not of parentheses", total("not (isBilled eq true or isBillable eq false)")
          == sum(not e["billed"] and e["billable"] for e in entries))
    check("or binds weaker", total("isBilled eq true or isBilled eq false and isBillable eq false")
          == sum(e["billed"] or not e["billable"] for e in entries))
    check("null", total("userId eq null") == sum("user" not in e for e in entries))
    check("not null", total("endTimeUtc ne null") == sum("end" in e for e in entries))
    check("running", total("endTimeUtc eq null and startTimeUtc ne null") == sum("end" not in e and "start" in e for e in entries) > 2)
    check("int", total("duration gt 86400") == sum(e.get("dur", 0) > 86400 for e in entries) >= 1)
    check("negative int", total("duration lt 0") == 1)
    check("window", total("startDateLocal ge datetime'2026-10-05' and startDateLocal le datetime'2026-10-05T00:00:00'")
          == sum(e.get("date") == "2026-10-05" for e in entries) > 50)
    names = s.get("/projects", pageSize=1000).json
    p = next(x for x in names if x["name"] == "Website-Relaunch")
    guid = p["id"]
    n = total(f"projectId eq guid'{guid}'")
    check("guid", n == total(f"project/id eq guid'{guid.upper()}'") > 0)
    check("path", s.get(f"/projects/{guid}/timeentries", pageSize=1).total() == n)
    check("company id", total(f"project/company/id eq guid'{p['companyId']}'") >= n)
    check("company name with quote", total("project/company/name eq '../=cmd|\"ä'''") > 0)
    check("no company", total("project/company/name eq null") > 0)
    check("startswith", total("startswith(project/company/name,'Zwilling')") > total("endswith(project/company/name,'xyz')") == 0)
    check("substringof", total("substringof('Timer',note)") == sum("Timer" in e.get("note", "") for e in entries))
    check("utc date in another month", total("startDateLocal eq datetime'2026-10-01' and startDateUtc eq datetime'2026-09-30'") == 2)
    check("createdOn", 0 < total("createdOn gt datetime'2026-10-15T12:00:00'") < len(entries))
    for bad in ("projectId eq '" + guid + "'", "startDateLocal ge '2026-10-01'", "isBilled eq true AND isBillable eq true", "foo eq 1",
                "isBilled eq", "(isBilled eq true", "isBilled eq true)", "startswith(projectId,'a')", "duration eq 'x'", "project.company.id eq null",
                "isBilled = true", "note eq 'open"):
        check("refused: " + bad, total(bad) == "invalid-filter-or-order")
    for bad in ("nonsense", "createdOn, id", "createdOn descending", "createdOn,"):
        check("order refused: " + bad, s.get("/timeentries", orderby=bad).status == 400)
    desc = s.get("/timeentries", orderby="Duration desc,id", pageSize=5).json
    check("desc", desc[0]["duration"] == max(e.get("dur", 0) for e in entries))
    check("users filter", s.get("/users", filterby="lastName eq 'Beispiel'").total() == 1)
    check("archived users", s.get("/users", showArchived="true").total() == s.get("/users").total() + 2)
    check("archived types", s.get("/typeofwork", showArchived="true").total() == s.get("/typeofwork").total() + 1)
    check("projects by company", s.get("/projects", filterby="companyId eq null").total() == 2)


def shapes(s):
    october = []
    page = 1
    while True:
        a = s.get("/timeentries", filterby=OCTOBER, orderby="createdOn,id", pageSize=1000, page=page)
        if not a.json:
            break
        october += a.json
        page += 1
    big = [e["resourceVersion"] for e in october]
    check("resourceVersion above 2^53", all(isinstance(v, int) and v > 2 ** 53 for v in big))
    digits = {len(e["createdOn"].rstrip("Z").partition(".")[2]) for e in october}
    check("fractions", digits == {0, 2, 3, 7}, digits)
    check("explicit nulls", any(k in e and e[k] is None for e in october for k in ("note", "userId", "taskId")))
    check("unknown members", any("workspaceId" in e for e in october))
    check("dates are midnight", all(e["startDateUtc"].endswith("T00:00:00Z") for e in october))
    night = next(e for e in october if e.get("note", "") and e["note"].startswith("Zeitumstellung"))
    check("end of summer time", (night["startTimeUtc"], night["endTimeUtc"], night["endDateUtc"][:10]) == ("20:00:00", "03:00:00", "2026-10-25"), night)
    check("task repeats project", all(e["task"]["project"] == e["project"] for e in october if e.get("task") and e["task"]["baseType"] == "projecttask"))
    long = [e for e in october if len(e.get("note") or "") == 3000]
    check("long note", len(long) == 1)
    companies = s.get("/companies", pageSize=100).json
    infos = {c["name"]: s.get(f"/companies/{c['id']}/contactinfo", pageSize=100).json for c in companies}
    check("company without address", not any(i["isAddress"] for i in infos["Freunde der Leuchttürme e. V."]))
    check("two invoice addresses", sum(i["type"] == "address" and i["subType"] == "invoice" for i in infos["Doppelpost Logistik SE"]) == 2)
    check("countries", {i.get("country") for v in infos.values() for i in v if i["isAddress"]} >= {"DE", "AT", "FR", "US", "CH"})
    check("me", s.get("/me").json["workspace"]["name"] == "Agentur Wolkenkuckucksheim")
    check("404", s.get("/timeentries/00000000-0000-4000-8000-000000000000").status == 404 and s.get("/nothing").status == 404)
    check("401", s.get("/me", token=None).status == s.get("/me", token="wrong").status == 401)
    check("error body", set(s.get("/me", token=None).json) >= {"code", "description", "link"})


def batches(s):
    ids = s.get("/timeentries", filterby=f"{OPEN} and {OCTOBER} and endTimeUtc ne null", pageSize=20, orderby="createdOn,id").ids()
    gone = "00000000-0000-4000-8000-000000000001"
    before = s.entry(ids[0]).json
    a = s.post(BATCH, {"timeEntryIds": ids[:3] + [gone], "isBilled": True}, USER)
    check("207", a.status == 207 and a.json == {"ok": {"ids": ids[:3]}, "notFound": {"ids": [gone]}, "unauthorized": {"ids": []}, "badRequest": {"ids": []}}, a.text)
    after = s.entry(ids[0]).json
    check("marked", after["isBilled"] and after["resourceVersion"] > before["resourceVersion"] and after["updatedOn"] != before["updatedOn"])
    check("out of the open list", not set(ids[:3]) & set(s.get("/timeentries", filterby=f"{OPEN} and {OCTOBER}", pageSize=50, orderby="createdOn,id").ids()))
    again = s.post(BATCH, {"timeEntryIds": ids[:1], "isBilled": True})
    check("marking twice is no change", again.json["ok"]["ids"] == ids[:1] and s.entry(ids[0]).json == after)
    check("user cannot un-bill", s.post(BATCH, {"timeEntryIds": ids[:1], "isBilled": False}, USER).json["unauthorized"]["ids"] == ids[:1])
    check("admin un-bills", s.post(BATCH, {"timeEntryIds": ids[:1], "isBilled": False}).json["ok"]["ids"] == ids[:1] and not s.entry(ids[0]).json["isBilled"])
    op = "/timeentries/batch/setIsBillable"
    check("user cannot unbillable", s.post(op, {"timeEntryIds": [ids[1]], "isBillable": False}, USER).json["unauthorized"]["ids"] == [ids[1]])
    s.post(op, {"timeEntryIds": [ids[1]], "isBillable": False})
    e = s.entry(ids[1]).json
    check("unbillable resets billed", not e["isBillable"] and not e["isBilled"])
    check("user cannot bill unbillable", s.post(BATCH, {"timeEntryIds": [ids[1]], "isBilled": True}, USER).json["badRequest"]["ids"] == [ids[1]])
    timer = s.get("/timeentries", filterby="substringof('Timer läuft',note)").ids()
    check("running timer", s.post(BATCH, {"timeEntryIds": timer, "isBilled": True}).json["badRequest"]["ids"] == timer)
    check("without isBilled", s.post(BATCH, {"timeEntryIds": ids[:1]}).status == 400)
    check("malformed", s.post(BATCH, "{\"timeEntryIds\":").status == 400 and s.post(BATCH, {"isBilled": True}).status == 400)
    check("unknown operation", s.post("/timeentries/batch/frobnicate", {"timeEntryIds": ids[:1]}).status == 404)
    check("old form", s.post("/timeentries/setbilled", {"ids": ids[5:7]}).status == 204 and s.entry(ids[5]).json["isBilled"])
    check("old form back", s.post("/timeentries/setunbilled", {"ids": ids[5:7]}).status == 204 and not s.entry(ids[5]).json["isBilled"])
    check("old form, unknown id", s.post("/timeentries/setbilled", {"ids": [ids[5], gone]}).status == 404 and not s.entry(ids[5]).json["isBilled"])
    project = s.get("/projects", filterby="name eq 'Namensfindung'").json[0]["id"]
    s.post("/timeentries/batch/setProject", {"timeEntryIds": [ids[7]], "newProjectId": project})
    moved = s.entry(ids[7]).json
    check("setProject", moved["projectId"] == project == moved["project"]["id"] and "task" not in moved)
    s.post("/timeentries/batch/delete", {"timeEntryIds": [ids[8]]})
    check("delete", s.entry(ids[8]).status == 404 and ids[8] in s.control("state").json["deleted"])
    made = s.post("/timeentries", {"timezone": "Europe/Berlin", "typeOfWorkId": moved["typeOfWorkId"], "startDateLocal": "2026-10-30T00:00:00",
                                   "startTimeLocal": "09:00:00", "endTimeLocal": "10:00:30", "note": "Neu", "projectId": project, "userId": moved["userId"]})
    check("create", made.status == 200 and made.json["duration"] == 3630 and made.json["startTimeUtc"] == "08:00:00", made.text)
    check("create without user", s.post("/timeentries", {"timezone": "Europe/Berlin", "typeOfWorkId": moved["typeOfWorkId"], "startDateLocal": "2026-10-30T00:00:00"}).status == 400)
    tasks = s.get(f"/projects/{project}/projecttasks").json
    check("tasks", tasks and all(x["projectId"] == project for x in tasks) and s.get("/tasks/" + tasks[0]["id"]).json["name"] == tasks[0]["name"], tasks)
    check("no task", s.get("/tasks/" + project).status == 404)
    check("old form, billable", s.post("/timeentries/setunbillable", {"ids": ids[9:10]}).status == 204 and not s.entry(ids[9]).json["isBillable"])
    check("unknown form", s.post("/timeentries/setnothing", {"ids": ids[9:10]}).status == 404)
    check("put", s.call("PUT", "/api/v1/timeentries/" + made.json["id"], {"note": "Anders"}).json["note"] == "Anders")
    check("delete one", s.call("DELETE", "/api/v1/timeentries/" + made.json["id"]).status == 204 and s.entry(made.json["id"]).status == 404)
    log = s.control("log").json
    effects = [x for r in log for x in r.get("effects", []) if x["id"] == ids[0]]
    check("effects", [(x["old"], x["new"], x["token"]) for x in effects] == [(False, True, "user"), (True, False, "admin")], effects)
    first = next(r for r in log if r["method"] == "POST")
    check("log", first["path"] == "/api/v1" + BATCH and first["status"] == 207 and first["body"]["isBilled"] is True)


def faults_on_lists(s):
    f = {"filterby": f"{OPEN} and {OCTOBER}", "orderby": "createdOn,id", "pageSize": 100}
    path = {"method": "GET", "path": "/timeentries"}
    plain = s.get("/timeentries", **f)

    def with_fault(**actions):
        s.faults({**path, **actions})
        return s.get("/timeentries", **f)

    a = with_fault(drop_rows=2)
    check("drop_rows", len(a.json) == 98 and a.total() == plain.total() and a.headers["aw-items"] == "98")
    check("total_delta", with_fault(total_delta=-3).total() == plain.total() - 3)
    check("duplicate_row", with_fault(duplicate_row=True).json[-1] == plain.json[0])
    check("duplicate_row changed", with_fault(duplicate_row="changed").json[-1]["duration"] == plain.json[0]["duration"] + 60)
    check("ignore_filter", with_fault(ignore_filter=True).total() > plain.total())
    s.faults({**path, "ignore_page": True})
    check("ignore_page", s.get("/timeentries", page=3, **f).json == plain.json)
    check("page_size", len(with_fault(page_size=10).json) == 10)
    check("omit_headers", "aw-totalitems" not in with_fault(omit_headers=["AW-TotalItems"]).headers)
    check("set_headers", with_fault(set_headers={"aw-totalitems": ["5", "6"]}).headers.get_all("aw-totalitems") == ["5", "6"])
    check("status and body", (lambda x: x.status == 502 and x.text == b"<html>")(with_fault(status=502, body="<html>", content_type="text/html")))
    a = with_fault(status=429, headers={"RateLimit-Reset": "2"}, n=1)
    check("429 once", a.status == 429 and a.headers["RateLimit-Reset"] == "2" and s.get("/timeentries", **f).status == 200)
    check("truncate", with_fault(truncate_json=True).json is None)
    check("close", s.breaks(lambda: with_fault(close=True)))
    check("reset", s.breaks(lambda: with_fault(reset=True)))
    check("cut", s.breaks(lambda: with_fault(cut=5000)))
    check("cut_chunked", s.breaks(lambda: with_fault(cut_chunked=5000)))
    a = with_fault(cut_close_delimited=5000)
    check("cut_close_delimited", len(a.raw) == 5000 and "Content-Length" not in a.headers and "Transfer-Encoding" not in a.headers, a.headers)
    check("cut at the last byte", with_fault(cut_close_delimited=-1).raw == plain.raw[:-1])
    check("raw", s.breaks(lambda: with_fault(raw="HTTP/1.1 2")))
    started = time.monotonic()
    with_fault(delay_ms=150)
    check("delay_ms", time.monotonic() - started >= 0.15)
    check("drip", with_fault(drip=[100000, 5]).json == plain.json)
    check("header_flood", sum(len(v) for k, v in with_fault(header_flood=50000).headers.items() if k.startswith("X-Filler")) == 50000)
    a = with_fault(gzip_bomb=5000000)
    check("gzip_bomb", len(a.raw) < 100000 and len(a.text) > 5000000)
    some = plain.json[3]["id"]
    a = with_fault(raw_entry={"id": some, "json": "{\"id\":\"x\",\"id\":1e999}"})
    check("raw_entry", b"1e999" in a.text)
    a = with_fault(patch_entry=[{"id": some, "members": {"duration": "8635.5", "timezone": None, "added": "[1]"}}, {"id": "#1", "members": {"id": None}}])
    row = a.json[3]
    check("patch_entry", row["duration"] == 8635.5 and "timezone" not in row and row["added"] == [1] and "id" not in a.json[0], a.text[:50])
    last_id = plain.json[50]["id"]
    s.faults({**path, "n": 2, "edit": [{"op": "delete", "id": last_id}]}, {**path, "n": 2, "edit_after": {"op": "set", "id": some, "set": {"billed": True}}})
    one, two, three = (s.get("/timeentries", **f) for _ in range(3))
    check("edits between requests", (one.total(), two.total(), three.total()) == (plain.total(), plain.total() - 1, plain.total() - 2))
    tie = {"filterby": OCTOBER, "orderby": "isExternal", "pageSize": 50}
    s.faults({**path, "shuffle_ties": True})
    check("shuffle_ties", s.get("/timeentries", **tie).ids() != s.get("/timeentries", **tie).ids())
    s.faults()
    check("stable without", s.get("/timeentries", **tie).ids() == s.get("/timeentries", **tie).ids())
    check("unknown action refused", s.control("faults", [{"droprows": 2}]).status == 400)
    s.faults({"from": 2, "status": 401})
    check("token expires", s.get("/me").status == 200 and s.get("/me").status == 401 and s.get("/companies").status == 401)
    s.faults()


def faults_on_batches(s):
    ids = s.get("/timeentries", filterby=f"{OPEN} and {OCTOBER} and endTimeUtc ne null", pageSize=40, orderby="id").ids()
    rule = {"method": "POST", "path_prefix": "/timeentries/batch/"}

    def mark(k, **actions):
        s.faults({**rule, **actions})
        return s.post(BATCH, {"timeEntryIds": ids[k:k + 2], "isBilled": True})

    def billed(k):
        s.faults()
        return s.entry(ids[k]).json["isBilled"]

    check("close: not applied", s.breaks(lambda: mark(0, close=True)) and not billed(0))
    check("apply_close: applied", s.breaks(lambda: mark(0, apply_close=True)) and billed(0))
    check("bucket_all", mark(2, bucket_all="unauthorized").json["unauthorized"]["ids"] == ids[2:4] and not billed(2))
    a = mark(2, bucket={ids[2]: "none", "#2": "both"})
    check("none and both", a.json["ok"]["ids"] == [ids[3]] == a.json["badRequest"]["ids"] and not billed(2) and not billed(3))
    check("both_applied", mark(2, bucket={"*": "both_applied"}).json["badRequest"]["ids"] == ids[2:4] and billed(3))
    check("lie", mark(4, lie=True).json["ok"]["ids"] == ids[4:6] and not billed(4))
    check("foreign_ok", mark(4, foreign_ok=[ids[30]]).json["ok"]["ids"] == ids[4:6] + [ids[30]] and billed(4) and not billed(30))
    check("null_buckets", mark(6, null_buckets=True).json == dict.fromkeys(("ok", "notFound", "unauthorized", "badRequest")) and billed(6))
    check("omit_buckets", list(mark(8, omit_buckets="empty").json) == ["ok"])
    check("null_ids", mark(8, null_ids=True).json["ok"] == {"ids": None})
    check("204 after applying", (lambda x: x.status == 204 and x.text == b"")(mark(10, status=204, apply=True)) and billed(10))
    check("500 not applied", mark(12, status=500).status == 500 and not billed(12))
    check("refuse_ids", mark(12, refuse_ids=[ids[13]]).status == 400 and not billed(12))
    check("max_ids", mark(12, max_ids=1).status == 413)
    # Three reads see the state before the write, then the write appears; reading by id shows it at once.
    s.faults({**rule, "stale_reads": 3})
    s.post(BATCH, {"timeEntryIds": ids[14:16], "isBilled": True})
    seen = [ids[14] in s.get("/timeentries", filterby=f"{OPEN} and {OCTOBER}", orderby="id", pageSize=1000).ids() for _ in range(2)]
    check("stale: by id at once", s.entry(ids[14]).json["isBilled"])
    seen += [ids[14] in s.get("/timeentries", filterby=f"{OPEN} and {OCTOBER}", orderby="id", pageSize=1000).ids() for _ in range(2)]
    check("stale_reads", seen == [True, True, True, False], seen)
    # Applied late: the client gives up before the server acts.
    s.faults({**rule, "delay_ms": 300})
    check("client gives up", s.breaks(lambda: s.call("POST", "/api/v1" + BATCH, {"timeEntryIds": [ids[20]], "isBilled": True}, timeout=0.1)))
    early = s.entry(ids[20]).json["isBilled"]
    time.sleep(0.4)
    check("applied afterwards", not early and billed(20))


def edits(s):
    p = s.get("/projects", filterby="name eq 'Retainer Betreuung'").json[0]
    q = {"filterby": f"projectId eq guid'{p['id']}'", "orderby": "createdOn,id", "pageSize": 50}
    before = s.get("/timeentries", **q).json
    s.control("edit", [{"op": "rename-project", "id": p["id"], "name": "Umbenannt"}, {"op": "rename-company", "id": p["companyId"], "name": "Neu GmbH"}])
    after = s.get("/timeentries", **q).json
    check("rename", all(e["project"]["name"] == "Umbenannt" and e["project"]["company"]["name"] == "Neu GmbH" for e in after))
    check("rename touches entries", all(a["resourceVersion"] > b["resourceVersion"] and a["updatedOn"] > b["updatedOn"] for a, b in zip(after, before)))
    new = {"id": "aaaaaaaa-0000-4000-8000-000000000001", "user": "u02", "task": "t1", "type": "w1", "date": "2026-10-31", "dur": 600}
    check("insert", s.control("edit", {"op": "insert", "entry": new}).status == 200 and s.entry(new["id"]).json["duration"] == 600)
    s.control("edit", {"op": "set", "id": new["id"], "set": {"date": "2026-09-30", "note": "x"}, "by": "u03"})
    e = s.entry(new["id"]).json
    check("set", e["startDateLocal"] == "2026-09-30T00:00:00" and e["note"] == "x" and e["updatedBy"] != e["createdBy"])
    check("bad edit", s.control("edit", {"op": "set", "id": new["id"], "set": {"durr": 1}}).status == 400)
    check("reset", s.control("reset", {}).status == 200 and s.entry(new["id"]).status == 404 and len(s.control("log").json) == 1)


def main():
    binary = sys.argv[1]
    workspace = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../samples/workspace.json")
    started = time.monotonic()
    with Server(binary, workspace) as s:
        state = s.control("state").json
        paging(s)
        filters(s, state)
        shapes(s)
        batches(s)
        faults_on_lists(s)
        faults_on_batches(s)
        edits(s)
    with Server(binary, workspace, "--rate-limit", "3", "--no-gzip") as s:
        answers = [s.get("/me", headers={"Accept-Encoding": "gzip"}) for _ in range(5)]
        check("rate limit", [a.status for a in answers] == [200, 200, 200, 429, 429])
        check("rate limit headers", answers[0].headers["RateLimit-Remaining"] == "2" and 0 < int(answers[4].headers["RateLimit-Reset"]) <= 60)
        with socket.create_connection(("127.0.0.1", s.port)):
            check("stop", s.control("stop", {}).status == 200 and s.process.wait(5) == 0)
    print(f"{passed} passed, {failed} failed, {time.monotonic() - started:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
