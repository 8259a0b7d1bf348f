#!/usr/bin/python3
"""Seeded mutants: each breaks one line of the program in a copy of the tree, which is built and put before a quick part of the tests. Every one must be killed.
mutants.py [PATTERN] [--keep]; --check says only whether every mutant's text still stands once in its file."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
E2E = {"edits": "test_edits", "mark": "test_mark_faults", "settle": "test_settlement", "read": "test_read_faults", "crash": "test_crash.test_stopped_at_every_step",
       "two": "test_crash.test_two_instances", "month": "test_month", "rules": "test_rules", "history": "test_history", "limits": "test_limits", "select": "test_select",
       "output": "test_output", "stage": "test_crash.test_stage", "held": "test_held", "balance": "test_balance", "brakes": "test_brakes", "preflight": "test_preflight",
       "altered": "test_crash.test_published", "whatif": "test_whatif", "newcomer": "test_newcomer"}

# (what it breaks, file, text, text instead, tests that should see it: names of E2E, sweep patterns with "/", unit programs with "unit:")
MUTANTS = [
    ("names of what was undone are remembered", "src/ledger/store.c", "	names_forget(s);\n", "", ["unit:test_ledger_names"]),
    ("a snapshot of an earlier version loses what it had", "src/ledger/snap_row.c", "	if (x->whole)\n		return 0;\n", "", ["unit:test_ledger_migrate"]),
    ("one reading vouches for lines whose claims come to something else", "src/ledger/sums.c", "l->secs != l->sum_secs || ", "", ["unit:test_ledger_sums"]),
    ("a finding is passed over when the claims do not hold", "src/ledger/audit.c", "		if (!(summed && laws[i].summed) && ", "		if (!laws[i].summed && ", ["unit:test_ledger_sums"]),
    ("records of one key change their order", "src/base/sorter.c", "	for (size_t i = 0, k = s->n - 1; i < k; i++, k--) {\n", "	for (size_t i = 1, k = s->n - 1; i < k; i++, k--) {\n", ["unit:test_base_sorter"]),
    ("an allocation that jansson lost is not noticed", "src/base/jdoc.c", "if (d->root == NULL || starved) {", "if (d->root == NULL) {", ["unit:test_base_json"]),
    ("the proof is not made again before the point of no return", "src/cli/publish.c", "if (bill_prove(r, e) < 0 || manifest_write(", "if (manifest_write(", ["balance"]),
    ("the proof is made of fees, too", "src/ledger/balance.c", "is_time ? &c->lines_minor : &c->others_minor, sqlite3_column_int64(st, 2)", "&c->lines_minor, sqlite3_column_int64(st, 2)", ["balance"]),
    ("the comparison has the run's prices", "src/cli/whatif.c", "	x->rules.rates = &a->rates;\n", "", ["whatif"]),
    ("the comparison bills what stands on an invoice", "src/cli/whatif.c", "	x->rules = r->rules;\n", "	x->rules = r->rules;\n	x->rules.claimed = NULL;\n", ["whatif"]),
    ("an entry without a clear date becomes one in the snapshot", "src/billing/entrytext.c", "	if (!x->local_ok)\n", "	if (0)\n", ["whatif"]),
    ("a question gets the first answer of a dump each time", "src/awork/replay.c", "for (size_t k = p->v[first].asked++; k > 0", "for (size_t k = 0; k > 0", ["unit:test_awork_replay"]),
    ("a period that has not begun is billed", "src/cli/preflight.c", "	if (p->from <= today)\n", "	if (1)\n", ["newcomer"]),
    ("a brake does not stop", "src/cli/brakes.c", "			rc = refuse(r, e);", "			rc = 0;", ["brakes"]),
    ("a voided invoice is a brake's history", "src/ledger/balance.c", " AND i.state='ISSUED' AND i.voids IS NULL", " AND i.voids IS NULL", ["brakes"]),
    ("another machine's ledger is used", "src/cli/preflight.c", "	else if (strcmp(known, machine) != 0)\n", "	else if (0)\n", ["preflight"]),
    ("issued files are not looked at before a run goes on", "src/cli/settle.c", "(r->row.state > RUN_PUBLISHING && publish_folder(r, e) < 0) || ", "", ["altered"]),
    ("documents are not synced", "src/output/stage.c", "if (w->sync && fsync(fd) < 0)", "if (w->sync && 0)", ["/power.run"]),
    ("folders of the stage are not synced", "src/output/stage.c", ": file_sync_dir(fd, e);", ": 0;", ["/power.run"]),
    ("the stage itself is not synced", "src/output/stage.c", "file_walk_at(st->fd, visit, &w, e) < 0 || file_sync_dir(st->fd, e) < 0)", "file_walk_at(st->fd, visit, &w, e) < 0)", ["/power.publication of a stage"]),
    ("the period folder is not synced after the rename", "src/output/stage.c", "return file_sync_dir(st->parent_fd, e) < 0 ? err_ctx(e, \"%s\", st->target_path) : 0;", "return 0;", ["/power.run"]),
    ("run.json is not synced", "src/base/file.c", "	if (fsync(fd) < 0) {\n		err_sys(e, ERR_IO, \"%s: fsync\", name);", "	if (0) {\n		err_sys(e, ERR_IO, \"%s: fsync\", name);", ["unit:test_base_file", "/power.run"]),
    ("the rename of run.json is not synced", "src/base/file.c", "		unlinkat(at, temp, 0);\n		return -1;\n	}\n	return file_sync_dir(at, e);", "		unlinkat(at, temp, 0);\n		return -1;\n	}\n	return 0;", ["/power.publication", "/power.run"]),
    ("the ledger is not synced", "src/ledger/schema.c", "{ W, \"PRAGMA synchronous=EXTRA\", \"PRAGMA main.synchronous\", \"3\" }", "{ W, \"PRAGMA synchronous=OFF\", \"PRAGMA main.synchronous\", \"0\" }", ["/power.run"]),
    ("a failed fsync is success", "src/base/file.c", "	if (fsync(at) < 0 && errno != EINVAL)", "	if (fsync(at) < 0 && 0)", ["unit:test_base_file", "/calls.run"]),
    ("no recheck", "src/cli/recheck.c", "rc = c->changed == 0;", "rc = 1;", ["edits"]),
    ("the recheck looks at isBilled only", "src/cli/recheck.c", "else if (memcmp(fp, claim->fp, CLAIM_FP) != 0)", "else if (0)", ["edits"]),
    ("the recheck overlooks what was billed meanwhile", "src/cli/recheck.c", "else if (now->billed)", "else if (0)", ["edits", "/beside.two ledgers, two"]),
    ("files are not compared before they are issued", "src/cli/recheck.c", "if (f->v[i].size != size || memcmp(f->v[i].sha, sha, SHA_LEN) != 0)", "if (0)", ["stage", "altered"]),
    ("sent again without reading", "src/cli/mark.c", "if (advance_work(g->r, read_group, g, \"D11a\", e) < 0)", "if (lost == 0 && advance_work(g->r, read_group, g, \"D11a\", e) < 0)", ["mark"]),
    ("notFound is ignored", "src/cli/mark.c", "		g->missing[i]++;", "		;", ["mark"]),
    ("badRequest is ignored", "src/cli/mark.c", "		g->refused[i]++;", "		;", ["mark"]),
    ("unauthorized counts as ok", "src/cli/mark.c", "return exception(g, i, CLAIM_UNMARKED_AUTH", "return 1 ? 0 : exception(g, i, CLAIM_UNMARKED_AUTH", ["mark"]),
    ("the reply is believed", "src/cli/prove.c", "	if (!now->billed) {\n		c->note = OPEN;\n		return 0;\n	}", "", ["mark"]),
    ("a person is overruled", "src/cli/prove.c", "if (p->v[i].state != CLAIM_VERIFIED)", "if (1)", ["settle"]),
    ("billed by somebody else is taken for ours", "src/cli/mark.c", "if (c->state == CLAIM_CLAIMED && (now->updated_by", "if (0 && (now->updated_by", ["edits", "/beside.two ledgers, two"]),
    ("ids that were not sent are no alarm", "src/cli/verdict.c", "if (r->protocol_alarms > 0)", "if (0)", ["mark"]),
    ("exceptions end with 0", "src/cli/verdict.c", "if (r->row.state == RUN_CLOSED_EXC || ", "if (", ["mark"]),
    ("rolled back after the point of no return", "src/cli/settle.c", "(r->row.state < RUN_PUBLISHING ? roll_back", "(r->row.state <= RUN_PUBLISHING ? roll_back", ["crash", "/steps.run"]),
    ("marked before it is published", "src/cli/run.c", "if (r->row.state == RUN_PUBLISHING && (publish_folder(r, e) < 0", "if (r->row.state == RUN_PUBLISHING && (mark_claims(r, e) < 0 || publish_folder(r, e) < 0", ["/power.run", "/steps.run"]),
    ("published before it is committed", "src/cli/publish.c", "	if (clock_boot_ms() - r->rechecked_ms > RECHECK_MAX_MS)", "	if (stage_publish(r->stage, e) < 0)\n		goto out;\n	if (clock_boot_ms() - r->rechecked_ms > RECHECK_MAX_MS)", ["/power.run"]),
    ("no intent before the POST", "src/cli/mark.c", "rc = advance_work(g->r, record_intent, g, \"D11b\", e);", "rc = 0;", ["/power.run", "/steps.run"]),
    ("a void releases before it has unmarked", "src/cli/unmark.c", "	if (unmark_document(r, number, e) < 0)", "	if (advance_run(r, r->row.state, NULL, release, \"V4\", e) < 0 || unmark_document(r, number, e) < 0)", ["/steps.void"]),
    ("a void does not unmark", "src/cli/unmark.c", "	if (unmark_document(r, number, e) < 0)", "	if (0 && unmark_document(r, number, e) < 0)", ["/steps.void"]),
    ("a void does not read back", "src/cli/unmark.c", "		if (send_group(g, e) < 0)", "		if (send_group(g, e) == 0)\n			return 0;\n		else if (1)", ["/gone.void, once", "/steps.void"]),
    ("the cancellation keeps the sign of the tax", "src/billing/cancellation.c", "	v->tax_minor = -v->tax_minor;", "", ["unit:test_billing_compose", "/steps.void"]),
    ("numbers are not given back", "src/ledger/plan.c", "UPDATE series SET next=(SELECT min(n) FROM invoice WHERE run=?1 AND series=name)", "UPDATE series SET next=next", ["crash", "/steps.run"]),
    ("no lock", "src/ledger/lock.c", "	if (fcntl(fd, F_OFD_SETLK, &l) == 0)", "	if (l.l_whence == SEEK_SET)", ["two"]),
    ("an entry may have two live claims", "src/ledger/schema.c", "CREATE UNIQUE INDEX one_live_claim", "CREATE INDEX one_live_claim", ["limits"]),
    ("the fingerprint leaves the duration out", "src/billing/entry.c", "		o = number(o, x->secs);\n	else", "		;\n	else", ["edits", "unit:test_billing_entry"]),
    ("tax is rounded down", "src/billing/money.c", "return num_div_round((__int128)base_minor * pct_e2, 10000, overflow);", "(void)overflow;\n	return (int64_t)((__int128)base_minor * pct_e2 / 10000);", ["rules"]),
    ("hours are rounded twice", "src/billing/invoice.c", "num_div_round((__int128)billed_secs * 100, 3600, &overflow)", "num_div_round((__int128)num_div_round(billed_secs, 60, &overflow) * 100, 60, &overflow)", ["rules"]),
    ("the month ends a day late", "src/billing/period.c", "period_make(from, date_month_start(from, 1), out);", "period_make(from, date_month_start(from, 1) + 1, out);", ["select", "unit:test_billing_period"]),
    ("a restored ledger is not noticed", "src/cli/preflight.c", "	if (on_disk <= in_ledger)\n		return highwater_check(r->app, e);", "	return 0;", ["history"]),
    ("what a link of a chain leaves over is not counted", "src/awork/chain.c", "w->expected >= 0 && a->page.total != w->expected", "0", ["unit:test_awork_fetch"]),
    ("a chain goes on where its condition is ignored", "src/awork/chain.c", "if (a->refused || a->page.early) {", "if (a->refused) {", ["unit:test_awork_fetch"]),
    ("rows of the last second are handed over with those before", "src/awork/chain.c", "window_hand_over(w, &w->held, w->held.before, e)", "window_hand_over(w, &w->held, w->held.n, e)", ["unit:test_awork_fetch"]),
    ("a list of ids that awork refuses has been asked", "src/awork/reread.c", "!a->refused && i < p->nids", "i < p->nids", ["unit:test_awork_fetch"]),
    ("what no page shows is not asked for", "src/awork/reread.c", "return read_missing(r, e);", "return 0;", ["unit:test_awork_fetch", "edits"]),
    ("a short answer is complete", "src/awork/window.c", "	if (!w->ws->spec->accept_short || rows > total)", "	if (rows > total)", ["read"]),
    ("the last day of a portion of claims is left out", "src/ledger/claim_days.c", "		last = more->date;", "		last = more->date - 1;", ["portions", "unit:test_ledger_plan"]),
    ("files of a killed run are not finished", "src/cli/settle.c", "if (rc == 0 && r->row.seq != 0 && (known", "if (0 && (known", ["/steps.run", "crash"]),
    ("a stage that is left is not removed", "src/cli/settle.c", "if (r->stage != NULL && stage_drop(r->stage, e) < 0)", "if (0)", ["crash", "/steps.run"]),
]


def run(command, cwd, env, limit):
    """True when it passed."""
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as p:
        try:
            out, _ = p.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, 9)
            p.communicate()
            return False, "took too long"
    return p.returncode == 0, out.decode("utf-8", "replace")


def first_complaint(text):
    for line in text.splitlines():
        if line.startswith("FAILED") or line.strip().startswith("- ") or "not ok" in line:
            return line.strip()[:150]
    return text.strip()[-150:].replace("\n", " ")


def killed_by(test, tree, env):
    if test.startswith("unit:"):
        name = test[5:]
        if not os.path.exists(os.path.join(tree, "tests", "unit", name + ".c")):
            return None
        ok, text = run(["make", "-j2", "VARIANT=debug", f"build/debug/tests/unit/{name}"], tree, env, 300)
        if ok:
            ok, text = run([os.path.join("build", "debug", "tests", "unit", name)], tree, env, 120)
    elif test.startswith("/"):
        ok, text = run(["/usr/bin/python3", "tests/sweep/run.py", "build/debug", test[1:], "--quick", "--jobs", "2"], tree, env, 600)
    else:
        ok, text = run(["/usr/bin/python3", "tests/e2e/run.py", "build/debug", E2E[test], "--jobs", "2"], tree, env, 600)
    return None if ok else f"{test}: {first_complaint(text)}"


def attempt(mutant, tree, env):
    """What killed it, None when nothing did."""
    _, file, old, new, tests = mutant
    path = os.path.join(tree, file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if old not in text:
        return f"STALE: the text is not in {file} any more"
    try:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new, 1))
        ok, out = run(["make", "-j2", "VARIANT=debug", "all"], tree, env, 300)
        if not ok:
            return "STALE: it does not compile: " + "".join(x for x in out.splitlines() if "error" in x)[:200]
        for test in tests:
            reason = killed_by(test, tree, env)
            if reason:
                return reason
        return None
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def stale():
    wrong = 0
    for what, file, text, *_ in MUTANTS:
        with open(os.path.join(ROOT, file), encoding="utf-8") as f:
            n = f.read().count(text)
        if n != 1:
            wrong += 1
            print(f"STALE {what}: its text stands {n} times in {file}")
    print(f"mutants: {len(MUTANTS)} texts, {wrong} stale")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?")
    parser.add_argument("--keep", action="store_true", help="keep the copy of the tree")
    parser.add_argument("--reverse", action="store_true", help="the last one first")
    parser.add_argument("--check", action="store_true", help="make none")
    args = parser.parse_args()
    if args.check:
        return stale()
    # Without it every end-to-end test fails, and each mutant would pass for killed.
    if not os.path.exists(os.path.join(ROOT, "build", "debug", "sandbox")):
        print("mutants: build/debug/sandbox is missing: make mutants builds it")
        return 1
    chosen = [m for m in MUTANTS if args.pattern is None or args.pattern in m[0]][::-1 if args.reverse else 1]
    top = tempfile.mkdtemp(prefix="psabill-mutants-")
    tree = os.path.join(top, "tree")
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(".git", "release", "asan"))
    env = {**os.environ, "PSABILL_TEST_SANDBOX": os.path.join(ROOT, "build", "debug", "sandbox"), "PYTHONDONTWRITEBYTECODE": "1"}
    survivors = []
    for mutant in chosen:
        begin = time.monotonic()
        reason = attempt(mutant, tree, env)
        if reason is None or reason.startswith("STALE"):
            survivors.append(mutant[0])
        print(f"{'SURVIVED' if reason is None else 'STALE   ' if reason.startswith('STALE') else 'killed  '} {mutant[0]} ({time.monotonic() - begin:.0f} s) {reason or ''}", flush=True)
    if not args.keep:
        shutil.rmtree(top, ignore_errors=True)
    print(f"mutants: {len(chosen)} made, {len(chosen) - len(survivors)} killed, {len(survivors)} survived{': ' + '; '.join(survivors) if survivors else ''}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
