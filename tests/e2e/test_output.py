"""What is on disk: hostile names, workbooks, equal bytes, and output places that do not work."""

import csv
import json
import os
import re
import subprocess
import zipfile

import openpyxl

import formulas
import invariants
from harness import SAMPLE, SELLER, Skip, as_nobody, check, equal, same_tree, tree
from workspace import Workspace, small_month

HOSTILE = '../=cmd|"ä\''
NAMES = [HOSTILE, "../../etc/passwd", "=HYPERLINK(\"http://x\")", "CON", ".hidden", "-rf", "ä" * 300, "\u202egnp.exe", "a\x01b\x7fc", "+49 30", "@SUM(A1)",
         "\uff1d1+1", "日本語", "x\ty\nz", "_x000A_", "&<>\"'", "Zeile\u2028um"]


def hostile_month():
    ws = Workspace()
    for name in NAMES:
        task = ws.task(name, ws.project(name, ws.company(name)))
        user = ws.user(name[:60], name[:60])
        ws.entry("2026-10-05", 3600, task=task, user=user, type=ws.type(name), note=name)
    return ws


def cells(path):
    """Every cell of a CSV file, by the standard library's reader."""
    with open(path, encoding="utf-8", newline="") as f:
        return [c for row in csv.reader(f) for c in row]


def workbook(path, values=True):
    return openpyxl.load_workbook(path, data_only=values)


def text_cells(path):
    return [(s.title, c.coordinate, c.value) for s in workbook(path, values=False) for row in s.iter_rows() for c in row if isinstance(c.value, str) and c.data_type != "f"]


def test_hostile_names(t):
    """File names are safe, nothing lies outside out, no cell of a CSV is a formula, no cell of a workbook becomes one."""
    ws = hostile_month()
    sb, p = t.both(ws, {"billing": {"group_by": "entry"}})
    outside = set(os.listdir(t.top)), set(os.listdir("/etc"))
    p.run(code=0)
    equal((set(os.listdir(t.top)), set(os.listdir("/etc"))), outside, "files outside out")
    names = os.listdir(os.path.join(p.folder(), "invoices"))
    equal(len(names), 2 * len(NAMES), "documents")
    for name in names:
        check(re.fullmatch(r"RE-2026-\d{5}_[a-z0-9-]{1,40}\.(xlsx|csv)", name), f"file name {name!r}")
    check("RE-2026-00001_" in min(names), "numbers")
    check(any("_cmd-ae." in n for n in names), f"slug of the hostile name: {names}")
    for folder, _, files in os.walk(p.folder()):
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith(".csv"):
                for cell in cells(path):
                    check(not re.match(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell) or re.fullmatch(r"-?[\d.]+", cell), f"{name}: unguarded cell {cell!r}")
            elif name.endswith(".xlsx"):
                workbook_is_safe(path)
    equal(set(sb.billed()), {x["id"] for x in ws.entries}, "billed")
    invariants.holds(p, sb)


FORMULA = re.compile(r"=(ROUND|SUM|SUBTOTAL|SUMIF|IF|[A-Z']|\()")


def workbook_is_safe(path):
    book = workbook(path, values=False)
    for sheet in book:
        for row in sheet.iter_rows():
            for c in row:
                if c.data_type == "f":
                    check("cmd" not in c.value and "HYPERLINK" not in c.value and "SUM(A1)" not in c.value, f"{path} {c.coordinate}: {c.value}")
                check(c.hyperlink is None, f"{path} {c.coordinate}: a link")
    with zipfile.ZipFile(path) as z:
        equal([n for n in z.namelist() if "external" in n.lower() or "vba" in n.lower()], [], f"{path}: parts")
        for name in z.namelist():
            if name.endswith(".xml"):
                data = z.read(name).decode("utf-8")
                check(not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", data), f"{path} {name}: control characters")
                check("\u202e" not in data, f"{path} {name}: bidirectional override")


def test_hostile_name_in_a_workbook(t):
    """It stands there as it is, as text."""
    ws = Workspace()
    ws.entry("2026-10-05", 3600, task=ws.task("=1+1", ws.project(HOSTILE, ws.company(HOSTILE))), note="=2+2")
    _, p = t.both(ws)
    p.run(code=0)
    path = [os.path.join(p.folder(), "invoices", n) for n in os.listdir(os.path.join(p.folder(), "invoices")) if n.endswith(".xlsx")][0]
    texts = [v for _, _, v in text_cells(path)]
    check(any(HOSTILE in v for v in texts), f"the customer's name: {texts[:20]}")
    check("=2+2" in texts, "the note")
    check(any(f"{HOSTILE}: =1+1" in v for v in texts), "the description")
    raw = open(os.path.join(p.folder(), "invoices.csv"), encoding="utf-8").read()
    check('"../=cmd|""ä\'"' in raw, f"invoices.csv: {raw}")


def test_invoice_workbook(t):
    """Number, addresses, lines, totals as numbers and formulas with the values they will have; the time sheet adds up."""
    ws = small_month(24)
    _, p = t.both(ws, {"billing": {"round_mode": "up", "round_minutes": "15"}})
    p.customer(0, tax_rate="7.5")
    p.run(code=0)
    entries, lines = p.csv("entries.csv"), p.csv("lines.csv")
    for invoice in p.csv("invoices.csv"):
        no = invoice["invoice_number"]
        path = [os.path.join(p.folder(), "invoices", n) for n in os.listdir(os.path.join(p.folder(), "invoices")) if n.startswith(no) and n.endswith("xlsx")][0]
        page, sheet = workbook(path).worksheets
        everything = [c for row in page.iter_rows(values_only=True) for c in row if c is not None]
        text = " ".join(str(c) for c in everything) + " " + str(page.oddFooter.left.text)
        for wanted in (no, invoice["legal_name"], SELLER["name"], SELLER["vat_id"], "02.11.2026", "16.11.2026"):
            check(wanted in text, f"{no}: {wanted!r} is not on the page: {text[:600]}")
        numbers = [round(float(c), 2) for c in everything if isinstance(c, (int, float))]
        for column in ("net", "tax", "gross"):
            check(float(invoice[column]) in numbers, f"{no}: {column} {invoice[column]} is not on the page: {numbers}")
        for line in (x for x in lines if x["invoice_number"] == no):
            check(float(line["net"]) in numbers and float(line["quantity"]) in numbers and float(line["rate"]) in numbers, f"{no} line {line['line']}: {line}")
        count, off = formulas.Book(path).differences()
        check(count >= len([x for x in lines if x["invoice_number"] == no]) + 3, f"{no}: {count} formulas")
        equal(off, [], f"{no}: formulas and the values they show")
        mine = [x for x in entries if x["invoice_number"] == no]
        rows = [r for r in sheet.iter_rows(values_only=True) if any(v is not None for v in r)]
        durations = [[v.total_seconds() if hasattr(v, "total_seconds") else None for v in r] for r in rows]
        totals = [d for d in durations[-1] if d is not None]
        equal([round(x) for x in totals], [sum(int(x["seconds"]) for x in mine), sum(int(x["billed_seconds"]) for x in mine)], f"{no}: sums of the time sheet")
        equal(sum(1 for r in rows if any(hasattr(v, "year") for v in r)), len(mine), f"{no}: rows of the time sheet")


def test_formats(t):
    for formats, extensions in (("csv", {"csv"}), ("xlsx", {"xlsx"}), ("csv xlsx", {"csv", "xlsx"})):
        sb, p = t.both(small_month(6, 1), {"output": {"formats": formats}})
        p.run(code=0)
        equal({n.rsplit(".", 1)[1] for n in os.listdir(os.path.join(p.folder(), "invoices"))}, extensions, formats)
        invariants.holds(p, sb)


def test_invoice_csv_is_its_part_of_lines_csv(t):
    _, p = t.both(small_month(24))
    p.run(code=0)
    lines = p.csv("lines.csv")
    for name in os.listdir(os.path.join(p.folder(), "invoices")):
        if name.endswith(".csv"):
            equal(p.csv(os.path.join("invoices", name)), [x for x in lines if name.startswith(x["invoice_number"] + "_")], name)
    for name in ("entries", "lines", "invoices", "held"):
        with open(os.path.join(p.folder(), name + ".csv"), "rb") as f:
            data = f.read()
        check(data.endswith(b"\r\n") and data.count(b"\r\n") == data.count(b"\n"), f"{name}.csv: line ends")
    equal(open(os.path.join(p.folder(), "entries.csv"), encoding="utf-8").readline().strip(),
          "invoice_number,line,entry_id,date,company,project,task,user,type_of_work,note,seconds,billed_seconds,rate,currency,late", "heading of entries.csv")
    equal(open(os.path.join(p.folder(), "held.csv"), encoding="utf-8").readline().strip(), "entry_id,reason,date,company,project,task,user,seconds,note", "heading of held.csv")


def test_draft_workbook_says_so(t):
    _, p = t.both(small_month(6, 1))
    p.run("-n", code=0)
    for name in os.listdir(os.path.join(p.draft(), "invoices")):
        if name.endswith(".xlsx"):
            values = " ".join(v for _, _, v in text_cells(os.path.join(p.draft(), "invoices", name)))
            check("ENTWURF" in values, f"{name} is not marked: {values[:300]}")
    p.run(code=0)
    for name in os.listdir(os.path.join(p.folder(), "invoices")):
        if name.endswith(".xlsx"):
            check("ENTWURF" not in " ".join(v for _, _, v in text_cells(os.path.join(p.folder(), "invoices", name))), f"{name} is marked as a draft")


def test_equal_input_gives_equal_bytes(t):
    """Other folder, zone, language, umask, number of connections, order of arrival: the same bytes, workbooks included."""
    ws = small_month(40, 3)
    ws.entry("2026-10-05", 3600, project=ws.project("Intern"))
    trees = []
    for i, env in enumerate(({}, {"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"}, {"TZ": None, "LANG": "C", "TMPDIR": "/nonexistent"})):
        sb, p = t.both(ws, {"awork": {"connections": 1 + 3 * i, "page_size": (1000, 7, 50)[i]}})
        if i == 1:
            sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=7", "n": 2, "delay_ms": 200}, {"method": "GET", "path": "/timeentries", "n": 3, "status": 500})
        p.prefix = ["/bin/sh", "-c", f"umask {('022', '077', '000')[i]}; exec \"$0\" \"$@\""]
        p.run(code=0, env=env)
        trees.append(tree(p.out))
    same_tree(trees[1], trees[0], "second folder")
    same_tree(trees[2], trees[0], "third folder")
    check(any(k.endswith("summary.xlsx") for k in trees[0]), "summary")


def test_sample_twice_gives_equal_bytes(t):
    trees = []
    for env in ({"TZ": "Pacific/Auckland", "LANG": "tr_TR.UTF-8"}, {}):
        with open(SAMPLE, encoding="utf-8") as f:
            ws = json.load(f)
        ws["entries"] = [e for e in ws["entries"] if e.get("billable", True) and not e.get("billed")][::4]
        path = os.path.join(t.folder("workspace"), "w.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(ws, f)
        sb, p = t.both(path)
        p.run(code=0, env=env)
        trees.append(tree(p.out))
        sb.stop()
    same_tree(trees[1], trees[0], "second folder")


def test_json_on_standard_output(t):
    sb, p = t.both(small_month(12))
    r = p.run("--json", code=0)
    with open(os.path.join(p.folder(), "run.json"), encoding="utf-8") as f:
        text = f.read()
    equal(json.loads(r.out), json.loads(text), "--json and run.json")
    check(re.search(r'"net": "\d+\.\d\d"', text), "money as decimal strings")
    check(not re.search(r": -?\d+\.\d", text), "a JSON real in run.json")
    wanted = ["schema", "run", "state", "exit", "issued", "period", "entries", "seconds", "invoices", "marked", "exceptions", "held", "requests", "retries", "files"]
    check(set(wanted) <= set(json.loads(text)), f"keys of run.json: {list(json.loads(text))}")
    p.run("--json", "-q", code=0)
    equal(p.command("run", options=("-q",), code=0).out, "", "quiet run")
    invariants.holds(p, sb)


def test_json_with_exceptions(t):
    sb, p = t.both(small_month(12))
    sb.faults({"method": "POST", "bucket_all": "unauthorized"})
    r = p.run("--json", code=3)
    with open(os.path.join(p.folder(), "run.json"), encoding="utf-8") as f:
        equal(json.loads(r.out), json.load(f), "--json and run.json")
    equal(len(json.loads(r.out)["exceptions"]), 12, "exceptions")


# ---- standard output that does not work ----

def test_output_to_a_full_device(t):
    """Billing is unaffected, the error is reported."""
    for args in ((), ("--json",)):
        sb, p = t.both(small_month(6, 1))
        with open("/dev/full", "wb") as full:
            r = p.run(*args, stdout=full)
        equal(r.code, 74, f"{args}: {r}")
        check(r.err != "", "nothing on standard error")
        equal(len(sb.billed()), 6, "billed")
        equal(p.report()["state"], "CLOSED", "state")
        invariants.holds(p, sb)
    with open("/dev/full", "wb") as full:
        for command in (("list",), ("check",), ("show", "R0001"), ("list", "--json")):
            equal(p.command(*command, stdout=full).code, 74, f"{command}")


def test_closed_pipe(t):
    sb, p = t.both(small_month(6, 1))
    read, write = os.pipe()
    os.close(read)
    r = p.run(stdout=write)
    os.close(write)
    equal(r.code, 74, f"{r}")
    equal(len(sb.billed()), 6, "billed")
    invariants.holds(p, sb)


def test_closed_descriptors(t):
    """Standard input, output and error closed: no file of ours takes their place."""
    sb, p = t.both(small_month(6, 1))
    p.prefix = ["/bin/sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']
    r = p.run()
    check(r.code in (0, 71, 74), f"{r}")
    if p.runs():
        equal(len(sb.billed()), 6, "billed")
        invariants.holds(p, sb)
    p.prefix = []
    p.run(code=0)
    equal(len(sb.billed()), 6, "billed")
    invariants.holds(p, sb)


# ---- places that do not work ----

def refused_place(p, sb, codes, what):
    r = p.run()
    check(r.code in codes, f"{what}: {r}")
    check(r.err != "", f"{what}: no word on standard error")
    equal(sb.posts(), [], f"{what}: POSTs")
    equal(sb.billed(), set(), f"{what}: billed")


def mended(p, sb, n=6):
    p.run(code=0)
    equal(len(sb.billed()), n, "billed once the place is mended")
    equal(p.csv("invoices.csv")[0]["invoice_number"], "RE-2026-00001", "number")
    invariants.holds(p, sb)


def test_out_is_missing(t):
    sb, p = t.both(small_month(6, 1))
    os.rmdir(p.out)
    refused_place(p, sb, (73,), "no out")
    check(not os.path.exists(p.out), "out was made")
    p.write("out", "a file")
    refused_place(p, sb, (73,), "out is a file")
    os.unlink(p.out)
    os.mkdir(os.path.join(p.dir, "elsewhere"))
    os.symlink("elsewhere", p.out)
    refused_place(p, sb, (73, 78), "out is a link")
    equal(os.listdir(os.path.join(p.dir, "elsewhere")), [], "files behind the link")
    os.unlink(p.out)
    os.mkdir(p.out)
    mended(p, sb)


def test_out_is_writable_by_others(t):
    sb, p = t.both(small_month(6, 1))
    for mode in (0o777, 0o770, 0o722):
        os.chmod(p.out, mode)
        refused_place(p, sb, (78,), f"mode {mode:o}")
    os.chmod(p.out, 0o1777)
    mended(p, sb)


def test_out_is_read_only(t):
    sb, p = t.both(small_month(6, 1))
    t_nobody(t, p)
    os.chmod(p.out, 0o500)
    refused_place(p, sb, (73,), "read-only out")
    os.chmod(p.out, 0o700)
    mended(p, sb)


def t_nobody(t, p):
    """The rest of the test without root's rights; the binary must be reachable for others."""
    as_nobody(t, p)
    if p.prefix and subprocess.run([*p.prefix, t.psabill, "--version"], capture_output=True, check=False).returncode != 0:
        raise Skip("psabill cannot be started by another user from this folder")


def test_period_folder_in_the_way(t):
    for make in (lambda x: open(x, "w", encoding="ascii").close(), lambda x: os.symlink("/tmp", x)):
        sb, p = t.both(small_month(6, 1))
        make(os.path.join(p.out, "2026-10"))
        refused_place(p, sb, (73, 78), "something else with the period's name")
        os.unlink(os.path.join(p.out, "2026-10"))
        mended(p, sb)


def test_run_folder_exists(t):
    sb, p = t.both(small_month(6, 1))
    os.makedirs(os.path.join(p.out, "2026-10", "R0001"))
    with open(os.path.join(p.out, "2026-10", "R0001", "mine.txt"), "w", encoding="ascii") as f:
        f.write("keep")
    r = p.run()
    equal(r.code, 65, f"as a run that the ledger lost: {r}")
    equal(os.listdir(os.path.join(p.out, "2026-10", "R0001")), ["mine.txt"], "a folder that was there")
    equal(sb.posts(), [], "POSTs")


def test_full_disk(t):
    """A small file system that fills up: 74, rolled back or resumable; with more room the next run finishes."""
    if os.geteuid() != 0:
        raise Skip("a file system of a given size needs root")
    codes = set()
    for size in (16, 40, 72, 96, 120, 160, 200, 256, 400, 800, 1600):
        sb, p = t.both(small_month(24))
        mount = os.path.join(p.dir, "disk")
        os.mkdir(mount, 0o700)
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k,mode=0700", "tmpfs", mount], capture_output=True, check=False)
        if made.returncode != 0:
            raise Skip(f"tmpfs cannot be mounted here: {made.stderr.decode().strip()}")
        try:
            os.mkdir(os.path.join(mount, "out"), 0o700)
            p.configure({"output": {"dir": "disk/out"}, "ledger": {"path": "disk/ledger.db"}})
            type(p).out, kept_out = property(lambda self: os.path.join(self.dir, "disk", "out")), type(p).out
            type(p).ledger, kept_ledger = property(lambda self: os.path.join(self.dir, "disk", "ledger.db")), type(p).ledger
            try:
                r = p.run()
                codes.add(r.code)
                check(r.code in (0, 74), f"{size} kB: {r}")
                check(r.code == 0 or r.err != "", f"{size} kB: no word on standard error")
                subprocess.run(["mount", "-o", "remount,size=20m", mount], check=True)
                p.run(code=0)
                equal(sorted(p.billed_ids()), sorted(sb.billed()), f"{size} kB: documents and awork")
                equal(len(sb.billed()), 24, f"{size} kB: billed")
                equal([x["invoice_number"] for x in p.csv("invoices.csv")], ["RE-2026-00001", "RE-2026-00002"], f"{size} kB: numbers")
                invariants.holds(p, sb)
            finally:
                type(p).out, type(p).ledger = kept_out, kept_ledger
        finally:
            subprocess.run(["umount", "-l", mount], check=False)
        sb.stop()
    equal(codes, {0, 74}, "exit statuses")


def test_file_size_limit(t):
    """EFBIG, with SIGXFSZ ignored: an error, not a death and not a success."""
    for blocks in (8, 20, 40):
        sb, p = t.both(small_month(24))
        p.prefix = ["/bin/bash", "-c", f'ulimit -f {blocks}; exec "$0" "$@"']
        r = p.run()
        check(r.code == 74, f"limit of {blocks} kB: {r}")
        p.prefix = []
        p.run(code=0)
        equal(len(sb.billed()), 24, "billed")
        invariants.holds(p, sb)


def test_few_descriptors(t):
    sb, p = t.both(small_month(24))
    for n in (5, 8, 10, 12, 16):
        p.prefix = ["/bin/sh", "-c", f'ulimit -n {n}; exec "$0" "$@"']
        r = p.run()
        check(r.code in (0, 69, 71, 73, 74, 75), f"{n} descriptors: {r}")
    p.prefix = []
    p.run(code=0)
    equal(len(sb.billed()), 24, "billed")
    equal(sorted(p.billed_ids()), sorted(sb.billed()), "documents")
    invariants.holds(p, sb)


def test_one_day(t):
    """A period of one day has words of its own; a template that lacks them says it as before."""
    for language, words in (("de", "am 05.10.2026 berechnen"), ("en", "on 05 Oct 2026:")):
        sb, p = t.both(small_month(28, 1), {"billing": {"language": language}, "output": {"formats": "xlsx csv"}, "run": {"late": "hold"}})
        p.run("--period", "2026-10-05..2026-10-05", code=0)
        texts = texts_of(p)
        check(any(words in x for x in texts), f"{language}: {[x for x in texts if '05' in x]}")
        p.run("--period", "2026-10-06..2026-10-07", code=0)
        invariants.holds(p, sb)


def texts_of(p):
    """All texts of the first sheet of the newest run's invoice."""
    folder = os.path.join(p.runs()[-1], "invoices")
    name, = (x for x in os.listdir(folder) if x.endswith(".xlsx"))
    sheet = openpyxl.load_workbook(os.path.join(folder, name)).worksheets[0]
    return [c.value for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
