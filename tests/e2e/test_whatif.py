"""run --dry-run --compare: what another setting would change is what a dry run with that setting bills; the draft itself stays as it is."""

import collections
import json
import os
import random
from decimal import Decimal

from harness import SAMPLE, check, equal, same_tree, tree
from workspace import Workspace, small_month

PERIOD = ("--period", "2026-10", "--date", "2026-11-02")
COUNTS = ("invoices", "lines", "entries", "held", "seconds", "billed_seconds")
AMOUNTS = ("net", "tax", "gross")


def compare(p, *settings, code=0, more=(), **kw):
    """The member "compare" of run.json."""
    r = p.run("--dry-run", *PERIOD, *more, *(x for s in settings for x in ("--compare", s)), code=code, **kw)
    return r, p.report(p.draft())["compare"]


def drafted(p, code=0, more=(), **settings):
    """What a dry run with these settings bills, from its files: (company id, currency) -> figures; company name -> held entries."""
    sections = {"external": "RUN", "late": "RUN", "retainer": "RUN", "exclude_projects": "RUN", "rates": "FILES", "customers": "FILES", "terms": "FILES"}
    env = {f"PSABILL_{sections.get(k, 'BILLING')}_{k.upper()}": str(v) for k, v in settings.items()}
    p.run("--dry-run", *PERIOD, *more, code=code, env=env)
    return files(p)


def files(p):
    found = collections.defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    numbers = {}
    for x in p.csv("invoices.csv", p.draft()):
        numbers[x["invoice_number"]] = key = (x["company_id"], x["currency"])
        f = found[key]
        f["invoices"] += 1
        f["entries"] += int(x["entries"])
        f["seconds"] += int(x["seconds"])
        for a in AMOUNTS:
            f[a] = f.get(a, 0) + Decimal(x[a])
    for x in p.csv("entries.csv", p.draft()):
        found[numbers[x["invoice_number"]]]["billed_seconds"] += int(x["billed_seconds"])
    for x in p.csv("lines.csv", p.draft()):
        if x["line"] != "":
            found[numbers[x["invoice_number"]]]["lines"] += 1
    held = collections.Counter(x["company"] for x in p.csv("held.csv", p.draft()))
    return dict(found), held


def side(c, which):
    """The same from the comparison."""
    rows, held = {}, collections.Counter()
    for x in c["customers"]:
        if x[which]["invoices"]:
            rows[x["company_id"], x["currency"]] = {**{k: x[which][k] for k in COUNTS if k != "held"}, "held": 0, **{k: Decimal(x[which][k]) for k in AMOUNTS}}
        else:
            equal([x[which][k] for k in COUNTS if k != "held"] + [Decimal(x[which][k]) for k in AMOUNTS], [0] * 8, "nothing is billed")
        held[x["company_id"] if "company_id" in x else ""] += x[which]["held"]
    return rows, +held


def by_id(held, ws_file):
    """Held entries by company id. The name of two companies stands for both: their sum is looked at."""
    with open(ws_file, encoding="utf-8") as f:
        ids = collections.defaultdict(list)
        for c in json.load(f)["companies"]:
            ids[c["name"]].append(c["id"])
    return ids


def agree(p, c, which, wanted, ws_file):
    rows, held = side(c, which)
    wanted_rows, wanted_held = wanted
    equal(rows, wanted_rows, f"{which}: figures")
    ids = by_id(held, ws_file)
    equal(sum(held.values()), sum(wanted_held.values()), f"{which}: held entries")
    for name, n in wanted_held.items():
        if name in ids:
            equal(sum(held[i] for i in ids[name]), n, f"{which}: held entries of {name}")


def adds_up(p, c):
    """Differences, totals and compare.csv say the same."""
    totals = collections.defaultdict(lambda: collections.Counter())
    table = p.csv("compare.csv", p.draft())
    equal(len(table), len(c["customers"]), "rows of compare.csv")
    for x, row in zip(c["customers"], table):
        equal((row["company_id"], row["currency"]), (x.get("company_id", ""), x.get("currency", "")), "row")
        for k in COUNTS:
            equal(x["difference"][k], x["with"][k] - x["now"][k], f"difference of {k}")
            equal((int(row[k]), int(row[k + "_with"])), (x["now"][k], x["with"][k]), f"compare.csv: {k}")
        for k in AMOUNTS:
            equal(Decimal(x["difference"][k]), Decimal(x["with"][k]) - Decimal(x["now"][k]), f"difference of {k}")
            equal((row[k], row[k + "_with"], row[k + "_difference"]), (x["now"][k], x["with"][k], x["difference"][k]), f"compare.csv: {k}")
        for which in ("now", "with", "difference"):
            for k in (*COUNTS, *AMOUNTS):
                totals[x.get("currency", "")][which, k] += Decimal(x[which][k])
    equal({x.get("currency", ""): {(w, k): Decimal(x[w][k]) for w in ("now", "with", "difference") for k in (*COUNTS, *AMOUNTS)} for x in c["totals"]},
          {k: dict(v) for k, v in totals.items()}, "totals")


def is_alternative(p, sb, more=(), code=0, requests=0, **settings):
    """The comparison's two sides are two dry runs; it asks awork for nothing that the first of them does not ask for, but `requests`."""
    with_ = drafted(p, more=more, code=code, **settings)
    before = len(sb.log())
    now = drafted(p, more=more, code=code)
    plain, before = len(sb.log()) - before, len(sb.log())
    _, c = compare(p, *(f"{k}={v}" for k, v in settings.items()), more=more, code=code)
    equal(len(sb.log()) - before, plain + requests, "requests")
    equal(files(p), now, "the draft itself")
    agree(p, c, "now", now, sb.workspace_file)
    agree(p, c, "with", with_, sb.workspace_file)
    adds_up(p, c)
    return c


def test_the_same_value_changes_nothing(t):
    """Every key that can be compared, with the value that it has: no figure differs, the draft has the same bytes, nothing is written anywhere else."""
    sb, p = t.both(SAMPLE)
    p.run("--dry-run", *PERIOD, code=0)
    plain, report, outside = tree(p.draft()), p.report(p.draft()), {k: v for k, v in tree(p.dir).items() if not k.startswith("out/draft")}
    settings = [x.split(" = ") for x in p.command("check", code=None).out.splitlines() if " = " in x]
    values = {k.strip(): v.split("  ")[0].strip() for k, v in settings}
    r = p.run("--dry-run", "--compare", "nonsense=1", code=64)
    keys = r.err.split("these can be compared: ")[1].strip().split(", ")
    equal(len(keys), 16, "keys")
    both = {k.split(".")[1]: v for k, v in values.items() if k.split(".")[1] in keys and k.split(".")[0] in ("run", "billing", "files")}
    equal(sorted(both), sorted(keys), "keys are settings")
    for wanted in [[k] for k in sorted(both)] + [sorted(both)]:
        r, c = compare(p, *(f"{k}={both[k]}" for k in wanted))
        equal([x for x in c["customers"] if x["now"] != x["with"]], [], f"{wanted}: differences")
        check(len(c["customers"]) > 10 and c["settings"][0]["with"] == both[c["settings"][0]["key"].split(".")[1]], f"{c['settings']}")
        same = tree(p.draft())
        check(same.pop("compare.csv", None), "compare.csv")
        same_tree(same, plain, f"{wanted}: the draft")
        equal({k: v for k, v in p.report(p.draft()).items() if k not in ("compare", "files", "requests")}, {k: v for k, v in report.items() if k not in ("files", "requests")}, "run.json")
        check("difference " not in r.out and "without a difference" in r.out or "total" in r.out, r.out)
    equal(sb.posts(), [], "requests that write")
    same_tree({k: v for k, v in tree(p.dir).items() if not k.startswith("out/draft")}, outside, "outside of the draft")
    check(not os.path.exists(p.ledger), "a ledger")


def test_is_what_a_dry_run_with_it_bills(t):
    """The sample workspace by each kind of setting, and by several of them together."""
    sb, p = t.both(SAMPLE, {"billing": {"round_minutes": "7"}})
    projects = json.load(open(SAMPLE, encoding="utf-8"))["projects"]
    p.write("dear.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n,,,,,,111.1111,EUR\r\n,,,,2026-10-15,,120,EUR\r\n")
    cases = [{"round_mode": "up"}, {"round_mode": "nearest", "round_minutes": 30, "round_scope": "line"}, {"quantity": "minutes"}, {"group_by": "entry"},
             {"group_by": "project", "invoice_per": "project"}, {"tax_rate": 7}, {"late": "hold"}, {"late": "invoice"}, {"external": "bill"}, {"retainer": "bill"},
             {"exclude_projects": "|".join(x["name"] for x in projects[:5])}, {"rates": os.path.join(p.dir, "dear.csv")}]
    for case in cases:
        c = is_alternative(p, sb, **case)
        check(any(x["now"] != x["with"] for x in c["customers"]), f"{case} changes nothing")
    equal(sb.posts(), [], "requests that write")


def test_retainers_that_would_be_held(t):
    """Which projects these are the run itself need not ask for when it bills them."""
    sb, p = t.both(SAMPLE, {"run": {"retainer": "bill"}})
    c = is_alternative(p, sb, requests=1, retainer="hold")
    equal(sum(x["difference"]["held"] for x in c["customers"]), 101, "held entries")


def test_random_alternatives(t):
    """Settings drawn at random on both sides."""
    chance = random.Random(11)
    values = {"round_mode": ["none", "up", "down", "nearest"], "round_minutes": [1, 6, 15, 45], "round_scope": ["entry", "line"], "quantity": ["hours", "minutes"],
              "group_by": ["project", "project_task", "project_user", "project_type_of_work", "entry"], "invoice_per": ["customer", "project"], "tax_rate": [19, 7, "5.5"],
              "late": ["include", "separate", "invoice", "hold"]}
    ws = small_month(60, companies=4)
    for i in range(9):
        ws.entry(f"2026-0{i % 3 + 7}-11", 1111 * (i + 1), task=ws.tasks[i]["key"])
    sb = t.sandbox(ws)
    for n in range(8):
        pick = {k: chance.choice(v) for k, v in values.items()}
        base = {k: v for k, v in pick.items() if k != "late" and chance.random() < 0.5}
        p = t.project(sb, {"billing": base}, name=f"p{n}")
        p.customer(1, round_mode="up", round_minutes="20", group_by="entry")
        is_alternative(p, sb, **{k: chance.choice(v) for k, v in values.items() if chance.random() < 0.6} or {"quantity": "minutes"})


def test_another_rate_card(t):
    """Held entries become billable, a customer appears in one alone, another is gone; the file is looked for in the folder where one stands."""
    ws = small_month(24, companies=3)
    sb = t.sandbox(ws)
    p = t.project(sb, rates=[{"company": "Nordlicht GmbH", "rate": "95"}, {"company": "Söhne & Töchter KG", "rate": "80"}])
    p.write("new.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\nNordlicht GmbH,,,,,,95,EUR\r\nAlpenblick AG,,,,,,200,EUR\r\n")
    c = is_alternative(p, sb, rates=os.path.join(p.dir, "new.csv"))
    seen = {x["customer"]: x for x in c["customers"]}
    equal({k: (v["now"]["entries"], v["now"]["held"], v["with"]["entries"], v["with"]["held"]) for k, v in seen.items()},
          {"Nordlicht GmbH": (8, 0, 8, 0), "Söhne & Töchter KG": (8, 0, 0, 8), "Alpenblick AG": (0, 8, 8, 0)}, "entries and held entries")
    equal((seen["Alpenblick AG"]["now"]["net"], seen["Söhne & Töchter KG"]["with"]["gross"], seen["Nordlicht GmbH"]["difference"]["net"]), ("0.00", "0.00", "0.00"), "money")
    r, again = compare(p, "rates=new.csv")
    equal(again["customers"], c["customers"], "in the current folder")
    elsewhere = t.folder("elsewhere")
    os.rename(os.path.join(p.dir, "new.csv"), os.path.join(elsewhere, "new.csv"))
    check(t.run(["-c", p.conf_path, "run", "--dry-run", *PERIOD, "--compare", "rates=new.csv"], cwd=elsewhere).code == 0, "in a folder that is not that of the settings")
    equal(p.report(p.draft())["compare"]["customers"], c["customers"], "in the current folder")
    check("1 without a difference" in r.out and "entries 8 -> 0  held 0 -> 8" in r.out, r.out)
    check("+" in r.out and "total" in r.out, r.out)


def test_other_customers_and_terms(t):
    """A company that is no customer yet; a fixed fee and a discount that are agreed on only in the alternative."""
    ws = small_month(24, companies=2)
    sb = t.sandbox(ws)
    p = t.project(sb)
    everybody = [dict(x) for x in p.customers]
    os.rename(p._write_csv("customers.csv", list(everybody[0]), everybody), os.path.join(p.dir, "all.csv"))
    p.set_customers(everybody[:1])
    c = is_alternative(p, sb, customers=os.path.join(p.dir, "all.csv"))
    equal([(x["currency"], x["now"]["held"], x["with"]["held"], x["with"]["entries"]) for x in c["customers"]], [("EUR", 0, 0, 12), ("EUR", 12, 0, 12)], "rows")
    p.set_customers(everybody)
    p.set_terms({"company": "Nordlicht GmbH", "discount": "10"}, {"company": "Söhne & Töchter KG", "fee": "500", "name": "Pauschale"})
    os.rename(os.path.join(p.dir, "terms.csv"), os.path.join(p.dir, "agreed.csv"))
    p.configure({"files": {"terms": None}})
    c = is_alternative(p, sb, terms=os.path.join(p.dir, "agreed.csv"))
    a, b = c["customers"]
    check(a["difference"]["net"].startswith("-") and b["difference"]["net"] == "500.00" and b["difference"]["lines"] == 1, f"{a} {b}")
    p.configure({"files": {"terms": "agreed.csv"}})
    equal([x["difference"]["net"] for x in is_alternative(p, sb, terms="")["customers"]], [a["difference"]["net"][1:], "-500.00"], "without them")
    p.customer(1, hold="ja")
    r, _ = compare(p, "round_mode=up", options=("-v",))
    equal(r.err.count("not billed"), 1, "what is said of the run is said once")


def test_currencies(t):
    """Each in its own row and total; another currency for those that have none of their own."""
    ws = small_month(30, companies=3)
    sb = t.sandbox(ws)
    p = t.project(sb, rates=[{"rate": "95.00", "currency": "EUR"}, {"company": "Söhne & Töchter KG", "rate": "9500.5", "currency": "JPY"},
                             {"company": "Alpenblick AG", "rate": "30.1234", "currency": "KWD"}])
    p.customer(1, currency="JPY")
    p.customer(2, currency="KWD", tax_rate="7.7")
    c = is_alternative(p, sb, round_mode="up", round_minutes=11)
    equal([(x["currency"], len(x["now"]["net"].partition(".")[2])) for x in c["totals"]], [("EUR", 2), ("JPY", 0), ("KWD", 3)], "currencies and decimals")
    p.write("francs.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n,,,,,,100.05,CHF\r\n")
    c = is_alternative(p, sb, currency="CHF", rates=os.path.join(p.dir, "francs.csv"))
    seen = {(x["customer"], x["currency"]): (x["now"]["entries"], x["with"]["entries"], x["now"]["held"], x["with"]["held"]) for x in c["customers"]}
    equal(seen, {("Nordlicht GmbH", "EUR"): (12, 0, 0, 0), ("Nordlicht GmbH", "CHF"): (0, 12, 0, 0), ("Söhne & Töchter KG", "JPY"): (10, 0, 0, 10),
                 ("Alpenblick AG", "KWD"): (8, 0, 0, 8)}, "rows")


def test_vat_is_rounded_per_invoice(t):
    """0.53 net in each of two projects: 19 % of 1.06 is 0.20 on one invoice, 2 x 0.10 on two; 0.54 + 0.54 gives 0.21 and 2 x 0.10."""
    ws = Workspace()
    company = ws.company("Nordlicht GmbH")
    for i in range(2):
        ws.entry("2026-10-01", 180, task=ws.task("Aufgabe", ws.project(f"Projekt {i}", company)))
    sb = t.sandbox(ws)
    p = t.project(sb, rates=[{"rate": "10.80"}])
    x = is_alternative(p, sb, invoice_per="project")["customers"][0]
    equal((x["now"]["net"], x["now"]["tax"], x["with"]["tax"], x["difference"]["tax"], x["difference"]["gross"], x["difference"]["net"]),
          ("1.08", "0.21", "0.20", "-0.01", "-0.01", "0.00"), "VAT")


def test_with_a_ledger(t):
    """Entries, fees and corrections that were billed before are nobody's again; the ledger stays as it is."""
    ws = small_month(24)
    sb, p = t.both(ws)
    p.set_terms({"company": "Nordlicht GmbH", "fee": "100", "name": "Pauschale", "valid_from": "2026-10-01"})
    p.run(*PERIOD, "--company", "Nordlicht GmbH", code=0)
    sb.edit({"op": "set", "id": ws.entries[1]["id"], "set": {"dur": 7777}}, {"op": "set", "id": ws.entries[0]["id"], "set": {"billed": False}})
    p.command("reconcile", "--period", "2026-10", "--propose", code=3)
    for i in range(4):
        sb.edit({"op": "insert", "entry": {"id": f"0000000e-0000-4000-8000-00000000f00{i}", "user": "u02", "task": "t01", "type": "w01", "date": "2026-10-30", "dur": 2000 + i}})
    before = p.ledger_facts()
    c = is_alternative(p, sb, code=None, round_mode="up", group_by="entry", late="hold")
    a, b = c["customers"]
    equal([(x["now"]["entries"], x["now"]["held"], x["with"]["held"]) for x in (a, b)], [(4, 1, 1), (12, 0, 0)], "entries on an invoice stay held")
    equal((a["now"]["lines"], a["with"]["lines"], b["with"]["lines"]), (2, 5, 12), "a correction on both sides, the fee on none")
    equal(p.ledger_facts(), before, "the ledger")


def test_unclear_entries_stay_unclear(t):
    """What the snapshot must keep beside the fingerprint: local and UTC start that contradict each other."""
    ws = small_month(6)
    sb, p = t.both(ws)
    odd = ws.entries[2]["id"]
    sb.faults({"method": "GET", "path_prefix": "/timeentries", "patch_entry": {"id": odd, "members": {"startDateUtc": '"2026-10-20T00:00:00Z"'}}})
    _, c = compare(p, "external=bill", "round_mode=up")
    equal((p.held(p.draft()), sum(x["with"]["held"] for x in c["customers"])), ({odd: "date_unclear"}, 1), "held")


def test_from_a_dump(t):
    sb, p = t.both(SAMPLE)
    dump = os.path.join(p.dir, "x.dump")
    _, c = compare(p, "round_mode=up", more=("--save-dump", dump))
    sb.stop()
    p.sandbox = None
    os.remove(p.token_path)
    r, again = compare(p, "billing.round_mode=up", more=("--from-dump", dump))
    equal(again, c, "from the dump")
    r = p.run("--dry-run", *PERIOD, "--from-dump", dump, "--json", "--compare", "round_mode=up", code=0)
    equal(json.loads(r.out)["compare"], c, "--json, and no table")
    r = p.run("--dry-run", *PERIOD, "--from-dump", dump, "--compare", "round_mode=up", options=("-q",), code=0)
    equal((r.out, r.err), ("", ""), "quiet")


def test_filters_and_nothing_to_bill(t):
    ws = small_month(24)
    sb, p = t.both(ws)
    c = is_alternative(p, sb, more=("--company", "Söhne & Töchter KG"), round_mode="down")
    equal([x["customer"] for x in c["customers"]], ["Söhne & Töchter KG"], "one company")
    p.set_rates([{"rate": "95", "company": "Nobody"}])
    p.write("rates2.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n,,,,,,1,EUR\r\n")
    c = is_alternative(p, sb, rates=os.path.join(p.dir, "rates2.csv"))
    equal(c["totals"][0]["now"]["entries"], 0, "nothing to bill now")
    r, c = compare(p, "round_mode=up", more=("--strict",), code=3)
    check("held" in r.err, r.err)
    other = t.sandbox(Workspace())
    q = t.project(other, name="empty")
    r, c = compare(q, "round_mode=up")
    equal((c["customers"], c["totals"]), ([], []), "an empty month")


def test_what_cannot_be_compared(t):
    """Each is refused before awork or the ledger are asked; what is wrong, and where."""
    sb, p = t.both(small_month(4))
    p.write("bad.csv", "company,project,user,type_of_work,valid_from,valid_to,rate,currency\r\n,,,,,,dear,EUR\r\n")
    before = tree(p.dir)
    for setting, code, said in (
            ("round_mod=up", 64, "did you mean round_mode"), ("nonsense=1", 64, "no such setting"), ("seller.name=X", 64, "neither prices nor lines"),
            ("seller.round_mode=up", 64, "no such setting"), ("number_format=X-{SEQ}", 64, "neither prices nor lines"), ("round_mode", 64, "KEY=VALUE"), ("=up", 64, "KEY=VALUE"),
            ("", 64, "KEY=VALUE"), ("round_mode=sideways", 64, "--compare: round_mode = sideways: is not allowed here"), ("round_minutes=0", 64, "from 1 to 1440"),
            ("tax_rate=19%", 64, "percentage"), ("rates=", 64, "must not be empty"), ("rates=none.csv", 66, "none.csv: is missing"), ("rates=bad.csv", 78, "bad.csv:2: rate 'dear'"),
            ("tax_rate=0", 78, "--compare: [billing] tax_rate is 0"), ("currency=EURO", 64, "ISO 4217")):
        r = p.run("--dry-run", "--compare", setting, code=code)
        check(said in r.err and "--compare" in r.err, f"{setting}: {r.err}")
        if said in ("no such setting", "neither prices nor lines", "KEY=VALUE"):
            check("round_mode, round_minutes" in r.err, r.err)
    r = p.run("--dry-run", "--compare", "round_mode=up", "--compare", "billing.round_mode=down", code=64)
    check("twice" in r.err, r.err)
    r = p.run("--compare", "round_mode=up", code=64)
    check("--dry-run" in r.err, r.err)
    check("--compare is no option of list" in p.command("list", "--compare", "x=1", code=64).err, "list")
    equal(sb.log(), [], "requests")
    same_tree(tree(p.dir), before, "nothing happened")


def test_names_are_text(t):
    """Controls and formulas in names; two customers of one name are told apart by their numbers."""
    ws = Workspace()
    for i, name in enumerate(("=cmd|'x'", "Zwilling GmbH", "Zwilling GmbH")):
        ws.entry("2026-10-01", 1000 + i, task=ws.task("Aufgabe", ws.project("Projekt", ws.company(name))))
    sb, p = t.both(ws)
    p.customer(0, legal_name="=cmd|'x'\x1b[31m\u202e")
    r, c = compare(p, "round_mode=up")
    check("\x1b" not in r.out and "\u202e" not in r.out, repr(r.out))
    check("Zwilling GmbH (10002)" in r.out and "Zwilling GmbH (10003)" in r.out, r.out)
    with open(os.path.join(p.draft(), "compare.csv"), encoding="utf-8", newline="") as f:
        check("\"'=cmd|'x'" in f.read(), "guard")


def test_texts_of_any_kind(t):
    """What goes into the snapshot comes out of it: rates by odd names, long notes, no user, no end, no note."""
    ws = Workspace()
    odd = ("Quote \" back \\ slash / tab \t", "\u2028line\u0001\u007f", "😀 ä ' ; , =1+1", " blanks ")
    for i, name in enumerate(odd):
        project = ws.project(f"{name} P", ws.company(f"{name} GmbH"))
        ws.entry("2026-10-01", 1000 + i, task=ws.task(name, project), note=name * 3000)
        ws.entry("2026-10-02", 2000 + i, project=project, note="")
        ws.entry("2026-10-03", 3000 + i, project=project, untimed=True, user=None)
    sb = t.sandbox(ws)
    p = t.project(sb, {"billing": {"group_by": "entry"}}, rates=[{"rate": "95"}, *({"project": f"{x} P".strip(), "rate": str(100 + i)} for i, x in enumerate(odd) if i in (0, 2))])
    for settings in ({"round_mode": "up"}, {"group_by": "project_task"}, {"group_by": "entry"}):
        c = is_alternative(p, sb, code=None, **settings)
        equal(sum(x["now"]["entries"] + x["now"]["held"] for x in c["customers"]), 12, "entries")
