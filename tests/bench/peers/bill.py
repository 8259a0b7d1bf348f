#!/usr/bin/python3
"""The month billed with requests, pandas and xlsxwriter."""

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pandas
import requests

URL, OUT = os.environ["AWORK_URL"], os.environ["OUT"]
RATE = 95
OPEN = "isBillable eq true and isBilled eq false and startDateLocal lt datetime'2026-11-01T00:00:00'"
DONE = "isBillable eq true and isBilled eq true and startDateLocal lt datetime'2026-11-01T00:00:00'"
local = threading.local()


def session():
    if not hasattr(local, "session"):
        local.session = requests.Session()
        local.session.headers["Authorization"] = "Bearer " + os.environ["AWORK_TOKEN"]
    return local.session


def page(path, number, filterby):
    r = session().get(URL + path, params={"page": number, "pageSize": 1000, "orderby": "createdOn,id", "filterby": filterby}, timeout=120)
    r.raise_for_status()
    return r


def pages(pool, path, filterby, pick):
    first = page(path, 1, filterby)
    last = -(-int(first.headers["aw-totalitems"]) // 1000)
    yield [pick(x) for x in first.json()]
    yield from pool.map(lambda n: [pick(x) for x in page(path, n, filterby).json()], range(2, last + 1))


def row(x):
    project, user, task, kind = (x.get(k) or {} for k in ("project", "user", "task", "typeOfWork"))
    company = project.get("company") or {}
    return (x["id"], company.get("name"), project.get("name"), task.get("name"), f"{user.get('firstName', '')} {user.get('lastName', '')}".strip(), kind.get("name"),
            (x.get("startDateLocal") or "")[:10], x.get("note"), x.get("duration"), bool(x.get("isExternal")))


def fetch(pool):
    names = ("id", "company", "project", "task", "user", "type", "date", "note", "seconds", "external")
    parts = [pandas.DataFrame(p, columns=names) for p in pages(pool, "/timeentries", OPEN, row)]
    df = pandas.concat(parts, ignore_index=True)
    df = df[df.company.notna() & (df.seconds.fillna(0) > 0) & ~df.external].drop_duplicates("id").copy()
    df["hours"] = (df.seconds / 3600).round(2)
    df["net"] = (df.hours * RATE).round(2)
    return df


def write(df):
    for i, (company, part) in enumerate(df.groupby("company")):
        name = os.path.join(OUT, f"{i + 1:03d}_{re.sub('[^a-z0-9]+', '-', company.lower())[:40]}")
        part = part.sort_values(["project", "date"])
        part.to_csv(name + ".csv", index=False)
        with pandas.ExcelWriter(name + ".xlsx", engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False, "strings_to_urls": False}}) as x:
            part.to_excel(x, sheet_name="Leistungen", index=False)


def mark(ids):
    r = session().post(URL + "/timeentries/batch/setIsBilled", json={"timeEntryIds": ids, "isBilled": True}, timeout=120)
    r.raise_for_status()
    return len((r.json().get("ok") or {}).get("ids") or [])


def main():
    with ThreadPoolExecutor(8) as pool:
        df = fetch(pool)
        write(df)
        ids = df.id.tolist()
        marked = sum(pool.map(mark, (ids[i:i + 1000] for i in range(0, len(ids), 1000))))
        back = set().union(*pages(pool, "/timeentries/simplified", DONE, lambda x: x["id"]))
    missing = set(ids) - back
    if marked != len(ids) or missing:
        raise SystemExit(f"{marked} of {len(ids)} marked, {len(missing)} not billed")
    print("billed", len(ids))


main()
