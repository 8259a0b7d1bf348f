"""render: a document again from the ledger alone, the same bytes as issued, whatever became of templates, tables and settings; and what the ledger of an earlier version
still says."""

import json
import os
import shutil
import sqlite3

import invariants
from harness import ROOT, check, equal, step_build, tree, wait_for
from workspace import small_month

POST = {"method": "POST", "path_prefix": "/timeentries/batch/"}
FIRST, SECOND, THIRD, FOURTH = (f"RE-2026-{n:05d}" for n in (1, 2, 3, 4))
HOSTILE = "../=cmd|\"ä'"


def new_entry(n, date="2026-10-30", **members):
    return {"id": f"0000000e-0000-4000-8000-00000000f{n:03d}", "user": "u02", "task": "t01", "type": "w01", "date": date, "dur": 3600, **members}


def billed(t, entries=8, companies=2, conf=None, **kw):
    sb, p = t.both(small_month(entries, companies), conf)
    p.run(code=0, **kw)
    return sb, p


def files_in(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as f:
            found[name] = f.read()
    return found


def issued(p):
    """number -> {file name: bytes}, of all run folders"""
    found = {}
    for run in p.runs():
        for name, body in files_in(os.path.join(run, "invoices")).items():
            found.setdefault(name.split("_")[0], {})[name] = body
    return found


def rendered_alike(t, p, wanted, what, env=None):
    folder = t.folder("again")
    for number, files in wanted.items():
        r = p.command("render", number, "-o", folder, code=0, env=env)
        equal((r.err, r.out.count("identical"), len(r.out.splitlines())), ("", len(files), len(files)), f"{what}: {r}")
    together = {n: body for files in wanted.values() for n, body in files.items()}
    equal(sorted(files_in(folder)), sorted(together), f"{what}: files")
    equal([n for n, body in files_in(folder).items() if body != together[n]], [], f"{what}: files with other bytes")


def own_templates(t, p):
    folder = t.folder("templates")
    for name in os.listdir(os.path.join(ROOT, "templates")):
        shutil.copyfile(os.path.join(ROOT, "templates", name), os.path.join(folder, name))
    p.configure({"files": {"templates": folder}})
    return folder


def test_every_document(t):
    """Languages, own templates, currencies, discounts, fees, XRechnung, hostile names, late entries, cancellations of all of it; and then everything else is edited or gone."""
    ws = small_month(20, 4)
    project = ws.project(HOSTILE, ws.company(HOSTILE))
    ws.entry("2026-09-30", 4000, task=ws.task("=1+1", project), note="=2+2\u202e\x01")
    sb, p = t.both(ws, {"run": {"late": "invoice"}, "billing": {"cancellation_format": "ST-{YYYY}-{SEQ:3}"}})
    templates = own_templates(t, p)
    with open(os.path.join(templates, "invoice.de.ini"), encoding="utf-8") as f:
        text = f.read()
    with open(os.path.join(templates, "invoice.eigene.ini"), "w", encoding="utf-8") as f:
        f.write(text.replace("title = Rechnung", "title = Honorarnote").replace("accent = 1F4E79", "accent = AA0000"))
    p.customer(0, template="eigene", note="Bitte Auftrag angeben", order_reference="PO-1", discount_days="10", discount_rate="2")
    p.customer(1, language="en", group_by="entry", formats="csv")
    p.customer(2, currency="JPY", round_mode="up", round_scope="line", formats="xlsx", number_format="JP-{SEQ}")
    p.customer(3, formats="xlsx csv xrechnung", email="rechnung@kunde.example")
    p.set_rates([{"rate": "95.00", "currency": "EUR"}, {"rate": "15000", "currency": "JPY", "company": "Alpenblick AG"}, {"rate": "80.00", "currency": "EUR", "type_of_work": "Beratung", "tax_rate": "7"}])
    p.set_terms({"company": "Nordlicht GmbH", "discount": "7.5"}, {"company": "Zeitwerk SE", "fee": "99.90", "name": "Hosting"})
    p.run(code=0)
    for number in [n for n, (_, voids) in p.documents().items() if voids is None]:
        p.void(number, code=0)
    p.run(code=0)
    wanted = issued(p)
    equal((sorted(wanted), len(wanted)), (sorted(p.documents()), 15), "documents")
    equal({n.rsplit(".", 1)[1] for files in wanted.values() for n in files}, {"xlsx", "csv", "xml"}, "kinds of files")
    rendered_alike(t, p, wanted, "at once")
    # All that is not the ledger: edited, then gone.
    p.configure({"billing": {"language": "en", "currency": "CHF", "quantity": "minutes", "tax_rate": "7", "group_by": "project", "cancellation_format": None, "number_format": "X-{SEQ}"},
                 "output": {"formats": "csv", "attach": "none"}, "seller": {"name": "Andere AG", "iban": None}, "run": {"timezone": "Asia/Tokyo", "late": "hold"}})
    p.set_customers([])
    p.set_rates([])
    with open(os.path.join(templates, "invoice.de.ini"), "a", encoding="utf-8") as f:
        f.write("\n[nonsense]\nx = 1\n")
    rendered_alike(t, p, {n: wanted[n] for n in sorted(wanted)[::3]}, "after edits")
    shutil.rmtree(templates)
    for name in ("customers.csv", "rates.csv", "terms.csv", "token"):
        os.unlink(os.path.join(p.dir, name))
    for folder in p.runs():
        os.chmod(os.path.dirname(folder), 0o700)
    os.rename(p.out, p.out + ".away")
    rendered_alike(t, p, wanted, "with the ledger alone", env={"SOURCE_DATE_EPOCH": "1900000000", "TZ": "Pacific/Apia", "LC_ALL": "de_DE.UTF-8"})
    os.rename(p.out + ".away", p.out)


def test_documents_of_open_runs(t):
    """Issued, but not marked; cancelled, but awork does not permit it: they are documents like others."""
    sb, p = t.both(small_month(4, 1))
    p.run("--no-mark", code=0)
    rendered_alike(t, p, issued(p), "resting")
    p.run(code=0)
    sb.faults({**POST, "status": 403})
    p.void(FIRST, code=77)
    equal(p.documents(), {FIRST: ("VOIDING", None), SECOND: ("ISSUED", FIRST)}, "documents")
    rendered_alike(t, p, issued(p), "with a resting void")
    sb.faults()
    p.run(code=0)
    rendered_alike(t, p, issued(p), "afterwards")


def test_overwrites_nothing(t):
    """A file, a folder or a link of the same name: 73, and no other file is written either."""
    _, p = billed(t)
    names = sorted(issued(p)[FIRST])
    for name in names:
        folder = t.folder("taken")
        path = os.path.join(folder, name)
        for make in (lambda x: open(x, "w", encoding="ascii").close(), os.mkdir, lambda x: os.symlink("/nonexistent/file", x), lambda x: os.symlink(p.ledger, x)):
            make(path)
            before = tree(folder, skip=())
            r = p.command("render", FIRST, "-o", folder, code=73)
            check(name in r.err, f"{r}")
            equal(tree(folder, skip=()), before, "the folder")
            (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)
        p.command("render", FIRST, "-o", folder, code=0)
        p.command("render", SECOND, "-o", folder, code=0)
        p.command("render", FIRST, "-o", folder, code=73)
    for folder in (os.path.join(t.top, "nowhere"), p.conf_path):
        p.command("render", FIRST, "-o", folder, code=73)
    here = t.folder("here")
    equal(t.run(["-c", p.conf_path, "-q", "render", FIRST], cwd=here).out, "", "quiet")
    equal(sorted(os.listdir(here)), names, "files in the current folder")
    invariants.holds(p)


def test_unknown_numbers(t):
    """What was never issued is no document: 64, and no file."""
    sb, p = t.both(small_month(4, 1))
    folder = t.folder("none")
    equal(p.command("render", FIRST, "-o", folder).code, 66, "without a ledger")
    p.run("--dry-run", code=0)
    p.run(code=0)
    # A plan that was dropped gives its number back.
    sb.edit({"op": "insert", "entry": new_entry(1)})
    sb.faults({"method": "GET", "path": f"/timeentries/{new_entry(1)['id']}", "n": 1, "edit": [{"op": "delete", "id": new_entry(1)["id"]}]})
    p.run(code=0)
    check(p.sql("SELECT count(*) FROM run WHERE state='ABORTED'") == [(1,)], "a plan was dropped")
    for number in (SECOND, "RE-2026-99999", f"DRAFT-{FIRST}", FIRST.lower(), f"{FIRST} ", "", "R0001", "'; DROP TABLE invoice; --", "x" * 300):
        r = p.command("render", number, "-o", folder, code=64)
        check(r.err != "" and r.out == "", f"{number}: {r}")
    for args in ((), (FIRST, SECOND), (FIRST, "--date", "2026-11-02")):
        p.command("render", *args, code=64)
    equal(os.listdir(folder), [], "files")
    invariants.holds(p, sb)


def test_a_planned_number(t):
    """Stopped between the plan and the point of no return: the number may be given back, so that there is no document yet."""
    step_build(t)
    _, p = t.both(small_month(4, 1))
    folder, k = t.folder("none"), 1
    while True:
        p.run(code=100, env={"PSABILL_STOP_AT": str(k)})
        states = p.sql("SELECT i.state,r.state FROM invoice i JOIN run r ON r.id=i.run")
        if states and states[0][1] == "RENDERED":
            break
        k += 1
    r = p.command("render", FIRST, "-o", folder)
    check(r.code in (64, 75) and os.listdir(folder) == [], f"{states}: {r}")
    p.run(code=0)
    rendered_alike(t, p, issued(p), "afterwards")


def test_while_a_run_is_at_work(t):
    sb, p = billed(t)
    n = len(sb.log())
    sb.edit({"op": "insert", "entry": new_entry(1)})
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000", "n": 1, "delay_ms": 1000})
    process = p.start()
    wait_for(lambda: len(sb.log()) >= n + 2, "the run's requests")
    folder = t.folder("busy")
    r = p.command("render", FIRST, "-o", folder)
    check(r.code == 75 and os.listdir(folder) == [] or r.code == 0, f"{r}")
    equal(t.finish(process, ["run"], 20).code, 0, "the run")


# ---- a ledger that somebody edited ----

def test_tampered_ledger(t):
    """A byte of a stored template, setting, document or line: refused with 65, and never called identical."""
    _, p = billed(t, 4, 1)
    shutil.copyfile(p.ledger, p.ledger + ".good")
    template, = p.sql("SELECT hex(sha256) FROM input WHERE name='invoice.de.ini'")[0]
    setup, = p.sql("SELECT hex(sha256) FROM input WHERE name='setup.json'")[0]
    facts, line = p.sql("SELECT facts FROM invoice")[0][0], p.sql("SELECT facts FROM line WHERE pos=1")[0][0]
    cases = (
        ("a template", f"UPDATE blob SET body=CAST(replace(CAST(body AS TEXT),'Stundensatz','Stundensatx') AS BLOB) WHERE hex(sha256)='{template}'"),
        ("the last byte of a template", f"UPDATE blob SET body=CAST(substr(CAST(body AS TEXT),1,length(CAST(body AS TEXT))-1)||'x' AS BLOB) WHERE hex(sha256)='{template}'"),
        ("an empty template", f"UPDATE blob SET body=x'' WHERE hex(sha256)='{template}'"),
        ("the settings", f"UPDATE blob SET body=CAST(replace(CAST(body AS TEXT),'\"de\"','\"en\"') AS BLOB) WHERE hex(sha256)='{setup}'"),
        ("no template", "DELETE FROM input WHERE name='invoice.de.ini'"),
        ("no inputs", "DELETE FROM input"),
        ("another customer", ("UPDATE invoice SET facts=?", (facts.replace(b"Testweg 1", b"Testweg 2"),))),
        ("a document that is no JSON", ("UPDATE invoice SET facts=?", (facts[:-1],))),
        ("a line's text", ("UPDATE line SET facts=? WHERE pos=1", (line.replace(b"Projekt 1A", b"Projekt 1X"),))),
        ("a line's amount", ("UPDATE line SET facts=? WHERE pos=1", (line.replace(b'"net_minor":', b'"net_minor":1'),))),
        ("a checksum", "UPDATE file SET sha256=zeroblob(32) WHERE name LIKE 'invoices/%xlsx'"),
        ("no such file", "DELETE FROM file WHERE name LIKE 'invoices/%csv'"),
    )
    for what, change in cases:
        shutil.copyfile(p.ledger + ".good", p.ledger)
        p.alter(change)
        folder = t.folder("tampered")
        r = p.command("render", FIRST, "-o", folder)
        check(r.code in ((65, 66) if what == "no template" else (65,)) and r.err != "", f"{what}: {r}")
        check(r.out.count("identical") < 2, f"{what}: {r}")
    shutil.copyfile(p.ledger + ".good", p.ledger)
    os.unlink(p.ledger + ".good")
    rendered_alike(t, p, issued(p), "restored")


# ---- ledgers of version 1 ----

OLD_TABLES = {"meta", "series", "run", "snap", "invoice", "line", "claim", "file", "attempt", "event"}
OLD_MADE = {
    "snap": """CREATE TABLE snap(run TEXT NOT NULL REFERENCES run, entry TEXT NOT NULL, fp BLOB NOT NULL, secs INTEGER, date TEXT, updated_on TEXT, res_ver TEXT,
               raw BLOB, held TEXT, PRIMARY KEY(run,entry)) STRICT""",
    "claim": """CREATE TABLE claim(id INTEGER PRIMARY KEY, entry TEXT NOT NULL, invoice TEXT NOT NULL, pos INTEGER NOT NULL, secs INTEGER NOT NULL CHECK(secs>=0),
                billed_secs INTEGER NOT NULL, fp BLOB NOT NULL, delta_secs INTEGER, state TEXT NOT NULL CHECK(state IN('CLAIMED','SENT','MARKED','VERIFIED',
                'UNMARKED_AUTH','UNMARKED_REJECTED','UNMARKED_UNKNOWN','GONE','DRIFT','FOREIGN','REOPENED','VOIDED')),
                FOREIGN KEY(invoice,pos) REFERENCES line(invoice,pos)) STRICT"""}
OLD_CLAIM_LAWS = (
    "CREATE UNIQUE INDEX one_live_claim ON claim(entry) WHERE state<>'VOIDED'", "CREATE INDEX claim_by_line ON claim(invoice,pos)",
    """CREATE TRIGGER claim_d BEFORE DELETE ON claim WHEN (SELECT r.state FROM invoice i JOIN run r ON r.id=i.run WHERE i.no=old.invoice) NOT IN('PLANNED','RENDERED')
       BEGIN SELECT RAISE(ABORT,'document is issued'); END""",
    "CREATE TRIGGER claim_u BEFORE UPDATE OF id,entry,invoice,pos,secs,billed_secs,fp ON claim BEGIN SELECT RAISE(ABORT,'document is issued'); END")
OLD_LAWS = set("""one_live_claim claim_by_line invoice_by_run event_by_run event_u event_d event_i run_d run_u run_s invoice_i invoice_d invoice_u invoice_s line_i line_d line_u
                  claim_d claim_u file_i file_d file_u""".split())
# Then a snapshot's raw had all members.
WHOLE_MEMBERS = ("duration", "startDateLocal", "companyId", "company", "projectId", "project", "taskId", "task", "userId", "user", "typeOfWorkId", "typeOfWork",
                 "updatedOn", "updatedBy", "resourceVersion")
WHOLE = ("SELECT p.id,p.raw,p.secs,p.date,c.id,c.name,j.id,j.name,t.id,t.name,u.id,u.name,w.id,w.name,p.updated_on,y.id,p.res_ver FROM snap p"
         + "".join(f" LEFT JOIN name {a} ON {a}.number=('['||replace(p.names,' ',',')||']')->>{i}" for i, a in enumerate("cjtuwy")))
NEWER_FACTS = ("template", "order_reference", "contract_reference", "note", "formats", "discount_days", "discount_pct_e2", "allowances", "lines_minor", "allowance_minor")


def make_version_1(p):
    """The ledger as the first version left it: without the newer tables, columns, laws and members of documents."""
    db = sqlite3.connect(p.ledger)
    try:
        objects = db.execute("SELECT type,name,sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        triggers = [(n, sql) for kind, n, sql in objects if kind == "trigger"]
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        for kind, name, _ in objects:
            if kind == "index" and name not in OLD_LAWS:
                db.execute(f"DROP INDEX {name}")
        for row, raw, *own in db.execute(WHOLE).fetchall():
            x = {**json.loads(raw), **{k: v for k, v in zip(WHOLE_MEMBERS, own) if v not in (None, "")}}
            db.execute("UPDATE snap SET raw=? WHERE id=?", (json.dumps(x, ensure_ascii=False, separators=(",", ":")).encode(), row))
        for table in sorted({n for kind, n, _ in objects if kind == "table"} - OLD_TABLES, key=lambda n: n == "blob"):
            db.execute(f"DROP TABLE {table}")
        for table, sql in OLD_MADE.items():
            db.execute(f"ALTER TABLE {table} RENAME TO newer")
            db.execute(sql)
            columns = ",".join(x[1] for x in db.execute(f"PRAGMA table_info({table})"))
            db.execute(f"INSERT INTO {table}({columns}) SELECT {columns} FROM newer ORDER BY rowid")
            db.execute("DROP TABLE newer")
        for no, facts in db.execute("SELECT no,facts FROM invoice").fetchall():
            old = {k: v for k, v in json.loads(facts).items() if k not in NEWER_FACTS}
            db.execute("UPDATE invoice SET facts=? WHERE no=?", (json.dumps(old, ensure_ascii=False, separators=(",", ":")).encode(), no))
        for name, sql in triggers:
            if name in OLD_LAWS and not name.startswith("claim_"):
                db.execute(sql)
        for sql in OLD_CLAIM_LAWS:
            db.execute(sql)
        db.execute("PRAGMA user_version=1")
        db.commit()
        db.execute("VACUUM")
    finally:
        db.close()
    equal({n for (n,) in p.sql("SELECT name FROM sqlite_schema WHERE type='table'")}, OLD_TABLES, "tables of version 1")


def test_version_1(t):
    """Refused for reading, brought up to date by the next run; its documents can be listed, shown and cancelled, but not rendered."""
    sb, p = billed(t)
    make_version_1(p)
    for args in (("list",), ("render", FIRST), ("show", FIRST)):
        r = p.command(*args, code=78)
        check("version 1" in r.err, f"{r}")
    equal(p.sql("PRAGMA user_version"), [(1,)], "version after commands that read")
    sb.edit({"op": "insert", "entry": new_entry(1)})
    r = p.run(code=0)
    equal((r.summary()["invoices"], r.summary()["entries"]), (1, 1), f"{r}")
    equal(p.sql("PRAGMA user_version"), [(5,)], "version after a run")
    folder = t.folder("old")
    r = p.command("render", FIRST, "-o", folder, code=65)
    check("version" in r.err and os.listdir(folder) == [], f"{r}")
    rendered_alike(t, p, {THIRD: issued(p)[THIRD]}, "a document of the new version")
    check(FIRST in p.command("list", code=0).out and FIRST in p.command("show", FIRST, code=0).out, "list and show")
    p.void(FIRST, code=0)
    equal(p.documents()[FOURTH], ("ISSUED", FIRST), "the cancellation")
    equal(sorted(issued(p)[FOURTH]), [f"{FOURTH}_nordlicht-gmbh.csv", f"{FOURTH}_nordlicht-gmbh.xlsx"], "its files")
    rendered_alike(t, p, {FOURTH: issued(p)[FOURTH]}, "a cancellation of an old document")
    p.run(code=0)
    invariants.holds(p, sb, stale_reports=True)


def test_version_1_with_an_open_run(t):
    """A run of the first version that stopped while it marked: finished by the new version, the same way."""
    sb, p = t.both(small_month(8, 2))
    sb.faults({**POST, "status": 401})
    p.run(code=77)
    make_version_1(p)
    sb.faults()
    p.run(code=0)
    equal(len(sb.billed()), 8, "billed")
    equal(set(p.claims().values()), {"VERIFIED"}, "claims")
    invariants.holds(p, sb)


def test_a_newer_ledger(t):
    sb, p = billed(t, 4, 1)
    p.alter("PRAGMA user_version=99")
    for args in (("list",), ("render", FIRST), ("run",), ("void", FIRST, "--reason", "x")):
        r = p.command(*args, code=78)
        check("99" in r.err, f"{r}")
    equal(len(sb.posts()), 1, "POSTs")


def test_void_of_a_document_of_version_1_without_a_run(t):
    """void migrates as run does."""
    sb, p = t.both(small_month(4, 1))
    p.run(code=0)
    make_version_1(p)
    p.void(FIRST, code=0)
    equal((p.documents(), sb.billed()), ({FIRST: ("VOIDED", None), SECOND: ("ISSUED", FIRST)}, set()), "documents, billed")
    invariants.holds(p, sb, stale_reports=True)
