"""void: a cancellation document of its own, the entries unbilled in awork, and only then free to be billed again."""

import json
import os

import formulas
import invariants
import openpyxl
from harness import EPOCH, ROOT, check, equal, tree, wait_for
from workspace import ADMIN, USER, small_month, uuid_of

POST = {"method": "POST", "path_prefix": "/timeentries/batch/"}
FAST = {"awork": {"retry_minutes": "0"}}
FIRST, SECOND, THIRD, FOURTH = (f"RE-2026-{n:05d}" for n in (1, 2, 3, 4))


def new_entry(n, date="2026-10-30", **members):
    return {"id": f"0000000e-0000-4000-8000-00000000f{n:03d}", "user": "u02", "task": "t01", "type": "w01", "date": date, "dur": 3600, **members}


def billed(t, entries=12, companies=1, conf=None, ws=None, options=(), code=0):
    """A month that is billed and marked."""
    ws = ws or small_month(entries, companies)
    sb, p = t.both(ws, conf)
    p.run(*options, code=code)
    return ws, sb, p


def ids_of(p, number):
    return {e for (e,) in p.sql("SELECT entry FROM claim WHERE invoice=?", number)}


def unmarking(sb):
    """The POSTs that set entries unbilled."""
    return [x for x in sb.posts() if x["body"]["isBilled"] is False]


def sent(posts):
    return [len(x["body"]["timeEntryIds"]) for x in posts]


def state(p, number):
    return p.documents()[number][0]


def cancelled(p, sb, number, by, left=()):
    """The end of a void, however it got there. `left`: entries that stay billed in awork."""
    ids = ids_of(p, number)
    equal(p.documents()[number][0], "VOIDED", f"state of {number}")
    equal(p.documents()[by], ("ISSUED", number), f"the cancellation {by}")
    equal(set(s for (s,) in p.sql("SELECT state FROM claim WHERE invoice=?", number)), {"VOIDED"}, "claims")
    live = set(p.claims())
    equal(sb.billed() & ids - live, set(left), "entries that are still billed in awork")
    equal(p.sql("SELECT r.state,r.resting FROM invoice i JOIN run r ON r.id=i.run WHERE i.no=?", by), [("CLOSED", 0)], "the run of the cancellation")
    invariants.holds(p, sb, stale_reports=True)


def billed_again(p, sb, ids, number):
    """The next run bills exactly these, once, under a number of its own."""
    r = p.run(code=0)
    equal((r.summary()["invoices"], r.summary()["entries"]), (1, len(ids)), f"billed again: {r}")
    equal(ids_of(p, number), set(ids), f"entries of {number}")
    check(set(ids) <= sb.billed(), "entries that are not billed in awork")
    invariants.holds(p, sb, stale_reports=True)


def unchanged(p, sb):
    return tree(p.out, skip=()), p.ledger_facts(), p.documents(), len(sb.posts())


# ---- the document ----

def page_of(folder, number):
    path = [os.path.join(folder, "invoices", n) for n in os.listdir(os.path.join(folder, "invoices")) if n.startswith(number) and n.endswith(".xlsx")][0]
    book = openpyxl.load_workbook(path, data_only=True)
    cells = [c for row in book.worksheets[0].iter_rows(values_only=True) for c in row if c is not None]
    return path, " ".join(c for c in cells if isinstance(c, str)), [round(float(c), 2) for c in cells if isinstance(c, (int, float))]


def test_document(t):
    ws, sb, p = billed(t, 14, 2)
    original, = p.runs()
    before = tree(original, skip=())
    ids = ids_of(p, FIRST)
    r = p.void(FIRST, code=0)
    s = r.summary()
    invoice = p.csv("invoices.csv", original)[0]
    equal((r.err, s["state"], s["invoices"], s["entries"], s["seconds"]), ("", "CLOSED", 1, len(ids), -int(invoice["seconds"])), f"{r}")
    equal(s["net"], {"EUR": "-" + invoice["net"]}, "net in the summary")
    equal([os.path.relpath(f, p.out) for f in p.runs()], ["2026-10/R0001", "2026-10/R0002"], "folders")
    equal(tree(original, skip=()), before, "files of the original")
    folder = p.runs()[1]
    equal(sorted(n for n in os.listdir(folder)), ["entries.csv", "invoices", "invoices.csv", "lines.csv", "run.json"], "files of the run")
    equal(sorted(os.listdir(os.path.join(folder, "invoices"))), [f"{THIRD}_nordlicht-gmbh.csv", f"{THIRD}_nordlicht-gmbh.xlsx"], "files of the document")
    mine, = p.csv("invoices.csv", folder)
    equal({k: mine[k] for k in ("invoice_number", "type", "net", "tax", "gross", "seconds", "entries", "cancels", "date", "due_date")},
          {"invoice_number": THIRD, "type": "384", "net": "-" + invoice["net"], "tax": "-" + invoice["tax"], "gross": "-" + invoice["gross"],
           "seconds": "-" + invoice["seconds"], "entries": invoice["entries"], "cancels": FIRST, "date": "2026-11-02", "due_date": "2026-11-02"}, "invoices.csv")
    with open(os.path.join(folder, "invoices", f"{THIRD}_nordlicht-gmbh.csv"), "rb") as f, open(os.path.join(folder, "lines.csv"), "rb") as g:
        equal(f.read(), g.read(), "CSV of the document and lines.csv of the run")
    path, text, numbers = page_of(folder, THIRD)
    for wanted in (THIRD, FIRST, "Storno", "Nordlicht GmbH", "Falsch berechnet", "02.11.2026"):
        check(wanted in text, f"{wanted!r} is not on the page: {text[:800]}")
    for column in ("net", "tax", "gross"):
        check(float(mine[column]) in numbers and float(invoice[column]) not in numbers, f"{column} {mine[column]} on the page: {numbers}")
    check("überweisen" not in text, f"a cancellation asks for money: {text[:800]}")
    equal(formulas.Book(path).differences()[1], [], "formulas and the values they show")
    equal(p.sql("SELECT reason FROM invoice WHERE no=?", THIRD), [("Falsch berechnet",)], "the reason in the ledger")
    equal(p.report(folder), json.load(open(os.path.join(p.out, "latest.json"), encoding="utf-8")), "latest.json")
    cancelled(p, sb, FIRST, THIRD)
    check(not ids & sb.billed() and len(sb.billed()) == 14 - len(ids), "billed in awork")
    check(f"cancels          {FIRST}" in p.command("show", THIRD, code=0).out, "show")


def test_billed_again(t):
    """Void and bill, twice over: every number once, every id on one live document; in the end a run finds nothing to do."""
    ws, sb, p = billed(t, 14, 2)
    ids, number = ids_of(p, FIRST), 1
    for k in range(2):
        p.void(f"RE-2026-{number:05d}", code=0)
        by, number = 3 + 2 * k, 4 + 2 * k
        cancelled(p, sb, f"RE-2026-{(1, 4)[k]:05d}", f"RE-2026-{by:05d}")
        billed_again(p, sb, ids, f"RE-2026-{number:05d}")
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed in awork")
    before = unchanged(p, sb)
    equal(p.run(code=0).summary()["invoices"], 0, "invoices of a last run")
    equal(unchanged(p, sb), before, "files, ledger and POSTs after a last run")


def test_an_older_invoice(t):
    """A month back, after other runs: the cancellation lies in the folder of the original's period, with today's date."""
    ws = small_month(6, 1, month="2026-09")
    sb, p = t.both(ws)
    p.run("--period", "2026-09", code=0, env={"SOURCE_DATE_EPOCH": str(EPOCH - 31 * 86400)})
    sb.edit({"op": "insert", "entry": new_entry(1)})
    p.run(code=0)
    p.void(FIRST, code=0)
    equal([os.path.relpath(f, p.out) for f in p.runs()], ["2026-09/R0001", "2026-10/R0002", "2026-09/R0003"], "folders")
    mine, = p.csv("invoices.csv", p.runs()[2])
    equal((mine["date"], mine["period_from"], mine["period_to"]), ("2026-11-02", "2026-09-01", "2026-09-30"), "dates")
    cancelled(p, sb, FIRST, THIRD)
    billed_again(p, sb, {x["id"] for x in ws.entries}, FOURTH)
    equal({x["late"] for x in p.csv("entries.csv", p.runs()[3])}, {"1"}, "late bookings of the month that is billed now")


def test_date(t):
    """On the day of the original it is allowed, before it not; {YYYY} and {MM} follow the cancellation's date."""
    _, sb, p = billed(t, 4, conf={"billing": {"number_format": "R{YYYY}-{MM}-{SEQ}"}})
    before = unchanged(p, sb)
    for args, what in ((("--date", "2026-11-01"), "before"), (("--date", "2026-02-30"), "no date"), (("--date", "morgen"), "no date")):
        r = p.void("R2026-11-1", *args, code=64)
        check(what in r.err, f"{r}")
    equal(unchanged(p, sb), before, "files, ledger, POSTs after refusals")
    p.void("R2026-11-1", "--date", "2027-01-05", code=0)
    equal(p.csv("invoices.csv", p.runs()[1])[0]["date"], "2027-01-05", "date")
    cancelled(p, sb, "R2026-11-1", "R2027-01-1")


def test_reason(t):
    """Whatever people type; the document stays a valid file."""
    _, sb, p = billed(t, 4)
    reason = "=1+1 <&> \"ä'\" \u202e\x07 " + "ü" * 480
    p.void(FIRST, reason=f"  {reason}  ", code=0)
    cancelled(p, sb, FIRST, SECOND)
    kept, = p.sql("SELECT reason FROM invoice WHERE no=?", SECOND)[0]
    check(kept.startswith("=1+1 <&> \"ä'\"") and kept.endswith("ü" * 480), f"the reason in the ledger: {kept}")
    page_of(p.runs()[1], SECOND)
    check("\x07" not in p.command("show", SECOND, code=0).out + p.command("list", "--numbers", code=0).out, "control characters on a terminal")


# ---- refusals ----

def test_refusals(t):
    """64, with a sentence, nothing written, nothing sent."""
    _, sb, p = billed(t, 8, 2)
    p.void(FIRST, code=0)
    before = unchanged(p, sb)
    for args, word in (((SECOND,), "--reason"), ((SECOND, "--reason", ""), "--reason"), ((SECOND, "--reason", " \t "), "--reason"),
                       ((SECOND, "--reason", "x" * 501), "500"), ((SECOND, "--reason", b"\xff\xfe"), "UTF-8"), (("RE-2026-00009", "--reason", "x"), "RE-2026-00009"),
                       (("re-2026-00002", "--reason", "x"), "no invoice"), (("", "--reason", "x"), ""), (("DRAFT-RE-2026-00001", "--reason", "x"), "no invoice"),
                       ((THIRD, "--reason", "x"), "cancellation"), (("--reason", "x"), "NUMBER"), ((SECOND, FIRST, "--reason", "x"), "NUMBER"),
                       ((SECOND, "--reason", "x", "--period", "2026-10"), "--period"), ((SECOND, "--reason", "x", "--dry-run"), "--dry-run")):
        r = p.command("void", *args) if all(isinstance(a, str) for a in args) else t.run([os.fsencode(p.conf_path) if a is None else a for a in (
            b"-c", None, b"void", *(a if isinstance(a, bytes) else a.encode() for a in args))])
        equal(r.code, 64, f"{args}: {r.err}")
        check(word in r.err and r.out == "", f"{args}: {word!r} is not said: {r.err} {r.out}")
    equal(unchanged(p, sb), before, "files, ledger, POSTs after refusals")
    invariants.holds(p, sb, stale_reports=True)


def test_refused_before_anything_is_touched(t):
    """What is wrong with the command line is seen without awork and without a ledger."""
    sb, p = t.both(small_month(4, 1))
    for args in ((FIRST,), (FIRST, "--reason", ""), (FIRST, "--reason", "x", "--date", "2026-13-01")):
        p.command("void", *args, code=64)
    check(not os.path.exists(p.ledger) and sb.log() == [], "a ledger was made, or awork was asked")


def test_second_time(t):
    """The same number again: exit 0, said, nothing written; -q says nothing, --json gives JSON."""
    _, sb, p = billed(t, 4)
    p.void(FIRST, code=0)
    before = unchanged(p, sb)
    r = p.void(FIRST, code=0)
    check(FIRST in r.out and SECOND in r.out and r.err == "", f"{r}")
    equal(unchanged(p, sb), before, "files, ledger, POSTs after a second time")
    equal(len(p.sql("SELECT * FROM run")), 2, "runs")
    equal(p.void(FIRST, code=0, options=("-q",)).out, "", "quiet")
    json.loads(p.void(FIRST, "--json", code=0).out)
    p.run(code=0)
    before = unchanged(p, sb)
    p.void(FIRST, code=0)
    equal(unchanged(p, sb), before, "files, ledger, POSTs once the entries are billed again")
    equal(sb.billed(), set(p.claims()), "billed in awork")


def test_locked(t):
    """While another process has the ledger: 75 at once, or after --wait; the void waits for its turn when there is time."""
    _, sb, p = billed(t, 4)
    sb.edit({"op": "insert", "entry": new_entry(1)})
    n = len(sb.log())
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": "pageSize=1000", "n": 1, "delay_ms": 1500})
    process = p.start()
    wait_for(lambda: len(sb.log()) >= n + 2, "the run's requests")
    r = p.void(FIRST, code=75)
    check(r.seconds < 1 and r.err, f"{r}")
    p.void(FIRST, "--wait", "30", code=0)
    equal(t.finish(process, ["run"], 20).code, 0, "the run")
    cancelled(p, sb, FIRST, THIRD)


def test_no_ledger(t):
    sb, p = t.both(small_month(4, 1))
    r = p.void(FIRST, code=64)
    check(FIRST in r.err, f"{r}")
    equal(sb.posts(), [], "POSTs")
    p.run(code=0)
    invariants.holds(p, sb)


# ---- what the original depends on ----

def test_after_everything_was_edited(t):
    """Customer, template, prices, number format, language changed since: the cancellation says what the original said."""
    _, sb, p = billed(t, 8, 1)
    first = p.runs()[0]
    invoice, lines = p.csv("invoices.csv")[0], p.csv("lines.csv")
    _, text, _ = page_of(first, FIRST)
    folder = t.folder("templates")
    source = os.path.join(ROOT, "templates")
    for name in os.listdir(source):
        with open(os.path.join(source, name), encoding="utf-8") as f, open(os.path.join(folder, name), "w", encoding="utf-8") as g:
            g.write(f.read().replace("Stornorechnung", "Gegenbeleg").replace("Zeitnachweis", "Anderes Blatt"))
    p.configure({"files": {"templates": folder}, "billing": {"language": "en", "tax_rate": "7", "currency": "CHF", "quantity": "minutes"}, "seller": {"name": "Andere AG"}})
    p.set_rates([{"rate": "1.00", "currency": "CHF"}])
    p.set_customers([])
    p.void(FIRST, code=0)
    mine, = p.csv("invoices.csv", p.runs()[1])
    equal({k: mine[k] for k in ("legal_name", "customer_number", "currency", "gross")}, {**{k: invoice[k] for k in ("legal_name", "customer_number", "currency")},
                                                                                      "gross": "-" + invoice["gross"]}, "invoices.csv")
    equal([x["description"] for x in p.csv("lines.csv", p.runs()[1])], [x["description"] for x in lines], "lines")
    _, text, _ = page_of(p.runs()[1], SECOND)
    check("Stornorechnung" in text and "Gegenbeleg" not in text and "Musterwerk GmbH" in text, f"the page: {text[:500]}")
    cancelled(p, sb, FIRST, SECOND)


def test_original_files_lost(t):
    """The paper can be gone: what is cancelled stands in the ledger."""
    _, sb, p = billed(t, 4)
    folder = p.folder()
    os.chmod(folder, 0o700)
    os.rename(folder, os.path.join(t.top, "taken-away"))
    p.void(FIRST, code=0)
    equal(state(p, FIRST), "VOIDED", "state")
    equal(sb.billed(), set(), "billed")
    os.rename(os.path.join(t.top, "taken-away"), folder)
    os.chmod(folder, 0o550)
    cancelled(p, sb, FIRST, SECOND)


def test_resting_invoice(t):
    """Issued with --no-mark: cancelled before it was ever marked, or after; nothing stays behind in awork."""
    ws, sb, p = billed(t, 8, options=("--no-mark",))
    equal(sb.billed(), set(), "billed before")
    p.void(FIRST, code=0)
    equal(sb.billed(), set(), "billed")
    cancelled(p, sb, FIRST, SECOND)
    equal(p.sql("SELECT count(*) FROM run WHERE resting<>0 OR state NOT IN ('CLOSED','ABORTED')"), [(0,)], "unfinished runs")
    billed_again(p, sb, {x["id"] for x in ws.entries}, THIRD)


# ---- what people did in awork meanwhile ----

def test_edited_deleted_unbilled_by_hand(t):
    """Entries changed after they were billed: all of them are released, and billed again as they are now."""
    ws, sb, p = billed(t, 12)
    longer, gone, unbilled, unbillable, noted = (ws.entries[i]["id"] for i in (1, 2, 3, 4, 5))
    sb.edit({"op": "set", "id": longer, "set": {"dur": 4000}, "by": "u02"}, {"op": "delete", "id": gone}, {"op": "set", "id": unbilled, "set": {"billed": False}, "by": "u02"},
            {"op": "set", "id": unbillable, "set": {"billable": False, "billed": False}, "by": "u02"}, {"op": "set", "id": noted, "set": {"note": "neu"}, "by": "u02"})
    p.void(FIRST, code=0)
    equal(sum(int(x["seconds"]) for r in p.runs() for x in p.csv("entries.csv", r)), 0, "seconds of the invoice and its cancellation")
    equal({i for x in unmarking(sb) for i in x["body"]["timeEntryIds"]} & {gone, unbilled, unbillable}, set(), "entries sent although they were not billed")
    cancelled(p, sb, FIRST, SECOND)
    billed_again(p, sb, {x["id"] for x in ws.entries} - {gone, unbillable}, THIRD)
    rows = {x["entry_id"]: x for x in p.csv("entries.csv", p.runs()[2])}
    equal((rows[longer]["seconds"], rows[noted]["note"]), ("4000", "neu"), "edited entries")


def test_billed_by_somebody_else(t):
    """FOREIGN and GONE from the run itself: never touched by the void, and not billed again as long as awork shows them billed."""
    ws = small_month(8, 1)
    foreign, gone = ws.entries[2]["id"], ws.entries[3]["id"]
    sb, p = t.both(ws)
    # They are read by a list of ids: before issuing, and here before marking.
    sb.faults({"method": "GET", "path": "/timeentries", "query_has": f"id eq guid'{foreign}' or", "n": 2,
               "edit": [{"op": "set", "id": foreign, "set": {"billed": True}, "by": "u02"}, {"op": "delete", "id": gone}]})
    p.run(code=3)
    equal((p.claims()[foreign], p.claims()[gone]), ("FOREIGN", "GONE"), "claims")
    sb.faults()
    p.void(FIRST, code=0)
    check(not {foreign, gone} & {i for x in unmarking(sb) for i in x["body"]["timeEntryIds"]}, "sent")
    cancelled(p, sb, FIRST, SECOND, left={foreign})
    billed_again(p, sb, {x["id"] for x in ws.entries} - {foreign, gone}, THIRD)


def test_deleted_in_between(t):
    """An entry disappears after the void has read it: notFound is as good as unbilled."""
    ws, sb, p = billed(t, 6)
    gone = ws.entries[2]["id"]
    sb.faults({**POST, "n": 1, "edit": [{"op": "delete", "id": gone}]})
    p.void(FIRST, code=0)
    cancelled(p, sb, FIRST, SECOND)
    billed_again(p, sb, {x["id"] for x in ws.entries} - {gone}, THIRD)


def test_lists_lag_behind_marks(t):
    """Lists still show what was just marked as unbilled: read by id before it is believed, or the entries would stay billed for ever."""
    ws = small_month(24, 1)
    sb, p = t.both(ws)
    sb.faults({**POST, "n": 1, "stale_reads": 60})
    p.run(code=0)
    p.void(FIRST, code=0)
    equal(sb.billed(), set(), "billed in awork")
    cancelled(p, sb, FIRST, SECOND)


def test_lag_and_a_lost_answer(t):
    """The POST was not applied, or not for all, and lists show the entries as they were before the mark: that is no proof that they are unbilled."""
    for rule in ({"close": True}, {"status": 500}, {"bucket": {"#2": "none"}}):
        ws = small_month(24, 1)
        sb, p = t.both(ws)
        sb.faults({**POST, "n": 1, "stale_reads": 60}, {**POST, "n": 2, **rule})
        p.run(code=0)
        p.void(FIRST, code=0)
        equal(sb.billed(), set(), f"{rule}: billed in awork")
        cancelled(p, sb, FIRST, SECOND)
        sb.stop()


def test_lists_lag_behind_the_void(t):
    """And the other way round: lists still show them billed, nothing is sent again and again."""
    _, sb, p = billed(t, 24)
    sb.faults({**POST, "n": 1, "stale_reads": 60})
    p.void(FIRST, code=0)
    check(len(unmarking(sb)) <= 2, f"POSTs: {sent(unmarking(sb))}")
    cancelled(p, sb, FIRST, SECOND)


# ---- awork's answers ----

def void_against(t, rules, wanted=None, code=0, **kw):
    """Whatever awork answers: 0, and everything is unbilled. `wanted`: ids per POST."""
    _, sb, p = billed(t, **kw)
    sb.faults(*({**POST, **x} for x in rules))
    r = p.void(FIRST, code=code)
    equal(sb.billed(), set(), f"{rules}: billed")
    if wanted is not None:
        equal(sent(unmarking(sb)), wanted, f"{rules}: ids per POST")
    cancelled(p, sb, FIRST, SECOND)
    check((r.err == "") == (code == 0), f"{rules}: {r}")
    return p, sb, r


def test_lost_answers(t):
    """Applied or not, reading decides; nothing is sent blindly twice."""
    for rule, wanted in (({"apply_close": True}, [6]), ({"close": True}, [6, 6]), ({"status": 500}, [6, 6]), ({"status": 503, "apply": True}, [6])):
        void_against(t, [{"n": 1, **rule}], wanted, entries=6)


def test_other_answers(t):
    for rule, wanted in (({"cut": 20}, [6]), ({"status": 204, "body": ""}, [6, 6]), ({"status": 200, "body": "", "apply": True}, [6]), ({"lie": True}, [6, 6])):
        void_against(t, [{"n": 1, **rule}], wanted, entries=6)


def test_buckets_missing(t):
    for rule in ({"null_buckets": True}, {"omit_buckets": True}, {"null_ids": True}, {"ids_as_string": True}):
        void_against(t, [{"n": 1, **rule}], [6], entries=6)


def test_ids_unresolved(t):
    for outcome in ("none", "notFound", "badRequest"):
        void_against(t, [{"n": 1, "bucket": {"#2": outcome}}], [6, 1], entries=6)
    void_against(t, [{"n": 1, "bucket": {"#2": "both_applied", "#3": "twice", "#4": "none_applied"}}], [6], entries=6)


def test_foreign_ids_in_ok(t):
    """An id that nobody sent: finished, but alarmed."""
    p, _, _ = void_against(t, [{"foreign_ok": ["0000000e-0000-4000-8000-00000000dead"]}], [6], 76, entries=6)
    equal(p.report(p.runs()[1])["exit"], 76, "exit in run.json")


def test_chunks(t):
    void_against(t, [], [5, 5, 5, 5, 4], entries=24, conf={"awork": {"batch_size": "5"}})


def test_413_halves(t):
    p, sb, _ = void_against(t, [{"max_ids": 5}], entries=24)
    good = [len(x["body"]["timeEntryIds"]) for x in unmarking(sb) if x["status"] == 207]
    check(sum(good) == 24 and max(good) <= 5, f"ids per POST: {sent(unmarking(sb))}")


def test_429(t):
    void_against(t, [{"n": 1, "status": 429, "headers": {"Retry-After": "1"}}], [6, 6], entries=6)


# ---- what awork does not allow ----

def rests(p, sb, ids, code=77):
    """Cancelled on paper, still billed in awork: nobody bills it again meanwhile."""
    equal((state(p, FIRST), state(p, SECOND)), ("VOIDING", "ISSUED"), "states")
    equal(p.sql("SELECT state,resting FROM run WHERE kind='void'"), [("MARKING", 1)], "the run")
    equal(p.report(p.runs()[1])["exit"], code, "exit in run.json")
    check(os.path.exists(os.path.join(p.runs()[1], "invoices.csv")), "the cancellation is out")
    equal(set(p.claims()) & ids, ids, "claims stay")
    invariants.holds(p, sb, stale_reports=True)


def test_not_permitted(t):
    """The bucket unauthorized, 401, 403: 77, resting. A later run tries once, bills what is new, says 77 again; with the right key one finishes it."""
    for rule in ({"bucket_all": "unauthorized"}, {"status": 401}, {"status": 403}):
        ws, sb, p = billed(t, 6, conf=FAST)
        ids = {x["id"] for x in ws.entries}
        sb.faults({**POST, "body_has": "false", **rule})
        r = p.void(FIRST, code=77)
        check("administrator" in r.err, f"{r}")
        rests(p, sb, ids)
        sb.edit({"op": "insert", "entry": new_entry(1)})
        n = len(unmarking(sb))
        r = p.run(code=77)
        equal(sent(unmarking(sb)[n:]), [6], f"{rule}: tries of the next run")
        equal((r.summary()["state"], r.summary()["invoices"], r.summary()["entries"]), ("CLOSED", 1, 1), f"{rule}: the new entry is billed: {r}")
        check(r.err != "", "nothing on standard error")
        rests(p, sb, ids)
        equal(sb.billed(), ids | {new_entry(1)["id"]}, f"{rule}: billed in awork")
        r = p.void(FIRST, code=77)
        check(SECOND in r.err, f"void again: {r}")
        rests(p, sb, ids)
        sb.faults()
        r = p.run(code=0)
        equal((r.summary()["invoices"], r.summary()["entries"]), (1, 6), f"{rule}: billed again by the run that finishes: {r}")
        cancelled(p, sb, FIRST, SECOND)
        sb.stop()


def test_key_of_an_ordinary_user(t):
    """awork lets administrators alone set entries unbilled: the key decides, whatever the run's own rights are."""
    ws, sb, p = billed(t, 6)
    p.write("token", USER + "\n", 0o600)
    p.void(FIRST, code=77)
    rests(p, sb, {x["id"] for x in ws.entries})
    p.write("token", ADMIN + "\n", 0o600)
    p.void(FIRST, code=0)
    cancelled(p, sb, FIRST, SECOND)


def test_some_not_permitted(t):
    """A part of the entries is unbilled already: their claims stay as they are, they are neither billed again nor reported as a dispute."""
    ws, sb, p = billed(t, 6)
    ids = {x["id"] for x in ws.entries}
    sb.faults({**POST, "body_has": "false", "bucket": {uuid_of("entry", 3): "unauthorized"}})
    p.void(FIRST, code=77)
    equal(sb.billed(), {uuid_of("entry", 3)}, "billed in awork")
    rests(p, sb, ids)
    for _ in range(2):
        r = p.run(code=77)
        equal((r.summary()["state"], r.summary()["invoices"], r.summary()["exceptions"]), ("CLOSED", 0, 0), f"{r}")
        equal({s for i, s in p.claims().items()}, {"VERIFIED"}, "claims")
        rests(p, sb, ids)
    sb.faults()
    p.void(FIRST, code=0)
    cancelled(p, sb, FIRST, SECOND)
    billed_again(p, sb, ids, THIRD)


def test_lies(t):
    """awork says ok and does nothing: 75, resting; the claims stay, so that nothing is billed twice."""
    ws, sb, p = billed(t, 3)
    sb.faults({**POST, "body_has": "false", "lie": True})
    p.void(FIRST, code=75)
    rests(p, sb, {x["id"] for x in ws.entries}, 75)
    sb.faults()
    p.void(FIRST, code=0)
    cancelled(p, sb, FIRST, SECOND)


def test_one_is_refused(t):
    """400 for one id: halved down to it, the others are set unbilled; the void rests, and is finished once awork takes it."""
    bad = uuid_of("entry", 7)
    ws, sb, p = billed(t, 12)
    sb.faults({**POST, "body_has": "false", "refuse_ids": [bad]})
    r = p.void(FIRST, code=75)
    check(bad in r.err, f"the entry is not named: {r}")
    equal(sb.billed(), {bad}, "billed in awork")
    rests(p, sb, {x["id"] for x in ws.entries}, 75)
    sb.faults()
    p.run(code=0)
    cancelled(p, sb, FIRST, SECOND)


def test_protocol_errors(t):
    """404 and redirects: 76, and the next run goes on where this one stopped."""
    for status in (404, 302):
        _, sb, p = billed(t, 4)
        sb.faults({**POST, "status": status, "headers": {"Location": "http://127.0.0.1:9/"}})
        p.void(FIRST, code=76)
        invariants.holds(p, sb, unfinished=True)
        sb.faults()
        p.void(FIRST, code=0)
        cancelled(p, sb, FIRST, SECOND)


def test_no_mark_leaves_a_resting_void_alone(t):
    ws, sb, p = billed(t, 4)
    sb.faults({**POST, "body_has": "false", "status": 403})
    p.void(FIRST, code=77)
    sb.faults()
    n = len(sb.posts())
    p.run("--no-mark", code=0)
    equal((state(p, FIRST), len(sb.posts())), ("VOIDING", n), "state and POSTs after --no-mark")
    p.run("--dry-run")
    equal((state(p, FIRST), len(sb.posts())), ("VOIDING", n), "state and POSTs after --dry-run")
    p.run(code=0)
    cancelled(p, sb, FIRST, SECOND)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed again")


def test_two_rest(t):
    """Two voids rest; a run with the right key finishes both and bills all of it anew."""
    ws, sb, p = billed(t, 8, 2)
    sb.faults({**POST, "body_has": "false", "status": 403})
    p.void(FIRST, code=77)
    p.void(SECOND, code=77)
    equal({p.documents()[n][0] for n in (FIRST, SECOND)}, {"VOIDING"}, "states")
    invariants.holds(p, sb, stale_reports=True)
    sb.faults()
    r = p.run(code=0)
    equal((r.summary()["invoices"], r.summary()["entries"]), (2, 8), f"{r}")
    cancelled(p, sb, FIRST, THIRD)
    cancelled(p, sb, SECOND, FOURTH)
    equal(sb.billed(), {x["id"] for x in ws.entries}, "billed in awork")
