#!/usr/bin/env python3
"""Checks a running sandbox against the official OpenAPI description: one answer of every GET endpoint, the batch endpoint, error
bodies, and the request bodies found in a request log. Additional members are reported, not counted as failures: the recorded
responses of the real service have some, too."""

import argparse
import collections
import datetime
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
# The description says date-time; local values come without a zone.
STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?\Z")
RANGES = {"int32": 2 ** 31, "int64": 2 ** 63}


class Checker:
    def __init__(self, spec):
        self.spec = spec
        self.problems = collections.Counter()
        self.extra = collections.Counter()
        self.values = 0

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.spec
            for part in schema["$ref"].lstrip("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def problem(self, where, text):
        self.problems[f"{anywhere(where)}: {text}"] += 1

    def check(self, value, schema, where):
        self.values += 1
        schema = self.resolve(schema)
        if value is None:
            if not schema.get("nullable"):
                self.problem(where, "null is not allowed")
            return
        for part in schema.get("allOf", ()):
            self.check(value, part, where)
        if "enum" in schema and value not in schema["enum"]:
            self.problem(where, f"{value!r} is not in the enumeration")
        kind = schema.get("type")
        if kind:
            getattr(self, "check_" + kind)(value, schema, where)

    def check_object(self, value, schema, where):
        if not isinstance(value, dict):
            return self.problem(where, "no object")
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                self.problem(where, f"'{name}' is missing")
        for name, inner in value.items():
            if name in known:
                self.check(inner, known[name], f"{where}.{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                self.check(inner, schema["additionalProperties"], f"{where}.{name}")
            elif known:
                self.extra[anywhere(f"{where}.{name}")] += 1

    def check_array(self, value, schema, where):
        if not isinstance(value, list):
            return self.problem(where, "no array")
        for i, inner in enumerate(value):
            self.check(inner, schema.get("items", {}), f"{where}[{i}]")

    def check_string(self, value, schema, where):
        if not isinstance(value, str):
            return self.problem(where, f"{type(value).__name__} instead of a string")
        if schema.get("format") == "uuid" and not UUID.match(value):
            self.problem(where, "no UUID")
        if schema.get("format") == "date-time" and not stamp(value):
            self.problem(where, "no date-time")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            self.problem(where, "wrong length")

    def check_integer(self, value, schema, where):
        limit = RANGES.get(schema.get("format"), 2 ** 63)
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            self.problem(where, "no integer of that size")

    def check_number(self, value, schema, where):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.problem(where, "no number")

    def check_boolean(self, value, schema, where):
        if not isinstance(value, bool):
            self.problem(where, "no boolean")


def anywhere(where):
    return re.sub(r"\[\d+\]", "[]", where)


def stamp(text):
    m = STAMP.match(text)
    if not m:
        return False
    try:
        datetime.datetime(*map(int, m.groups()[:6]))
    except ValueError:
        return False
    return True


def call(base, token, method, path, body=None):
    """Status, decoded body, headers."""
    data = json.dumps(body).encode() if body is not None else None
    r = urllib.request.Request(base + path, data, {"Authorization": "Bearer " + token, "Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(r, timeout=20) as a:
            return a.status, json.loads(a.read() or b"null"), a.headers
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read() or b"null"), e.headers


def schema_of(operation, status):
    content = operation["responses"].get(str(status), {}).get("content", {})
    return next((c["schema"] for c in content.values()), None)


def answers(c, base, token):
    def all_pages(path):
        rows, page = [], 1
        while True:
            _, part, _ = call(base, token, "GET", f"{path}?page={page}&pageSize=1000")
            if not isinstance(part, list) or not part:
                return rows
            rows += part
            page += 1

    paths = c.spec["paths"]
    first = {"timeEntryId": all_pages("/timeentries")[0]["id"], "projectId": all_pages("/projects")[0]["id"]}
    companies = all_pages("/companies")
    first["companyId"] = companies[0]["id"]
    first["contactInfoId"] = all_pages(f"/companies/{companies[0]['id']}/contactinfo")[0]["id"]
    checked = 0
    for path, item in paths.items():
        if "get" not in item:
            continue
        url = re.sub(r"\{(\w+)\}", lambda m: first[m[1]], path)
        status, body, headers = call(base, token, "GET", url)
        schema = schema_of(item["get"], 200)
        # Lists are checked whole, not only their first page.
        if isinstance(body, list) and headers.get("aw-totalitems"):
            body = all_pages(url)
        if status != 200:
            c.problem("GET " + path, f"status {status}")
        else:
            c.check(body, schema, "GET " + path)
        checked += 1
    errors = [("GET", "/timeentries?filterby=nonsense", None, 400), ("GET", "/timeentries/00000000-0000-4000-8000-000000000000", None, 404),
              ("POST", "/timeentries/batch/setIsBilled", {"timeEntryIds": []}, 400)]
    for method, path, body, wanted in errors:
        status, body, _ = call(base, token, method, path, body)
        if status != wanted:
            c.problem(f"{method} {path}", f"status {status}")
        c.check(body, {"$ref": "#/components/schemas/ErrorResponse"}, f"{method} {path}")
        checked += 1
    # An id that does not exist: the shape of the answer without a change to the data.
    form = {"timeEntryIds": ["00000000-0000-4000-8000-000000000000"], "isBilled": True}
    status, body, _ = call(base, token, "POST", "/timeentries/batch/setIsBilled", form)
    operation = paths["/timeentries/batch/{operation}"]["post"]
    if status != 207:
        c.problem("POST batch", f"status {status}")
    c.check(body, schema_of(operation, 207), "POST /timeentries/batch/setIsBilled")
    return checked + 1


def logged_bodies(c, log):
    """Requests in the log against the forms of the description."""
    posts = {p: i["post"] for p, i in c.spec["paths"].items() if "post" in i}
    checked = 0
    with open(log, encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            if r["method"] != "POST":
                continue
            path = r["path"].partition("?")[0].removeprefix("/api/v1")
            for template, operation in posts.items():
                if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                    schema = next(iter(operation["requestBody"]["content"].values()))["schema"]
                    checked += 1
                    if "body" not in r:
                        c.problem("request " + template, "no JSON")
                        continue
                    before = sum(c.extra.values())
                    c.check(r["body"], schema, "request " + template)
                    # What a client sends must not have members that the service does not know.
                    if sum(c.extra.values()) > before:
                        c.problem("request " + template, "additional member")
    return checked


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--openapi", required=True)
    p.add_argument("--base", required=True)
    p.add_argument("--token", required=True)
    p.add_argument("--log", help="request log of the sandbox, as written by its --log; read before this program sends anything")
    args = p.parse_args()
    with open(args.openapi, encoding="utf-8") as f:
        c = Checker(json.load(f))
    requests = logged_bodies(c, args.log) if args.log else 0
    checked = answers(c, args.base.rstrip("/"), args.token)
    for text, n in sorted(c.extra.items()):
        print(f"info: additional member {text} ({n})")
    for text, n in sorted(c.problems.items()):
        print(f"FAILED {text} ({n})")
    print(f"{checked} answers, {requests} request bodies, {c.values} values checked, {len(c.problems)} kinds of violation")
    return 1 if c.problems else 0


if __name__ == "__main__":
    sys.exit(main())
