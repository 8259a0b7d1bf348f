"""The conservation proof: per customer, from the files alone, against run.json; refused before anything is issued when the ledger adds up to something else; found by verify."""

import collections
import fractions
import sqlite3

import invariants
from harness import check, equal
from recompute import fraction_rounded
from test_terms import BOTH_RATES, DECIMALS, NORDLICHT, SOEHNE, billed, scaled
from workspace import small_month


def from_files(p, folder):
    """The proof a second time, from entries.csv, lines.csv and invoices.csv, with fractions."""
    companies = {x["invoice_number"]: (x["company_id"], x["currency"]) for x in p.csv("invoices.csv", folder)}
    sums, exact = collections.defaultdict(collections.Counter), collections.Counter()
    for x in p.csv("invoices.csv", folder):
        s = sums[companies[x["invoice_number"]]]
        s["documents"] += 1
        for k in ("net", "tax", "gross"):
            s[k] += scaled(x[k], DECIMALS[x["currency"]])
    for x in p.csv("entries.csv", folder):
        key = companies[x["invoice_number"]]
        sums[key]["entries"] += 1
        sums[key]["seconds"] += int(x["seconds"])
        sums[key]["billed_seconds"] += int(x["billed_seconds"])
        exact[key] += fractions.Fraction(int(x["seconds"]) * scaled(x["rate"], 4), 3600 * 10000)
    for x in p.csv("lines.csv", folder):
        amount = scaled(x["net"], DECIMALS[x["currency"]])
        kind = "discounts" if x["line"] == "" else "others" if x["unit"] == "LS" else "lines"
        sums[companies[x["invoice_number"]]][kind] += -amount if kind == "discounts" else amount
    for key, s in sums.items():
        value = exact[key] * 10 ** DECIMALS[key[1]]
        s["value"] = fraction_rounded(value.numerator, value.denominator)
        s["rounding"] = s["lines"] - s["value"]
        s["rounding_seconds"] = s["billed_seconds"] - s["seconds"]
        equal((s["net"], s["gross"]), (s["lines"] + s["others"] - s["discounts"], s["net"] + s["tax"]), f"{key}: net and gross")
    return sums


def reported(report):
    money = ("value", "rounding", "lines", "others", "discounts", "net", "tax", "gross")
    return {(c["company_id"], c["currency"]): {k: scaled(v, DECIMALS[c["currency"]]) if k in money else v for k, v in c.items() if k not in ("company_id", "currency")}
            for c in report["conservation"]}


def agrees(p, folder, what):
    got, wanted = reported(p.report(folder)), from_files(p, folder)
    equal(set(got), set(wanted), f"{what}: customers")
    for key, sums in got.items():
        equal(sums, {k: wanted[key][k] for k in sums}, f"{what}: {key}")
    return got


def test_proof(t):
    """Rounding of time, printed hundredths, discounts, fees, two VAT rates, currencies of 0, 2 and 3 decimals, late invoices: each customer's sums follow from the files."""
    for conf in ({"round_mode": "up", "round_minutes": "15"}, {"round_mode": "nearest", "round_minutes": "6", "round_scope": "line"}, {"quantity": "minutes"},
                 {"invoice_per": "project", "group_by": "entry"}):
        sb, p = billed(t, small_month(40, 3), {"company": NORDLICHT, "discount": "7.5"}, {"company": SOEHNE, "fee": "49999"},
                       conf={"billing": conf}, rates=[*BOTH_RATES, {"company": SOEHNE, "rate": "15000.5", "currency": "JPY"},
                       {"company": "Alpenblick AG", "rate": "31.0625", "currency": "KWD"}], customers=[{}, {"currency": "JPY"}, {"currency": "KWD"}])
        sums = agrees(p, p.folder(), str(conf))
        equal(len(sums), 3, f"{conf}: customers")
        check(conf.get("round_mode") != "up" or all(x["rounding_seconds"] > 0 and x["rounding"] > 0 for x in sums.values()), f"{conf}: rounding up gains: {sums}")
        r = p.command("show", "R0001", code=0)
        for company, _ in sums:
            check(company in r.out, f"show: {r}")
        p.command("verify", code=0)
        invariants.holds(p, sb)


def test_dry_run(t):
    """A dry run proves the same and stores nothing."""
    sb, p = t.both(small_month(20, 2))
    p.run("--dry-run", code=0)
    draft = p.report(p.draft())
    p.run(code=0)
    equal(draft["conservation"], p.report()["conservation"], "the proof of the draft and of the run")
    equal([x["documents"] for x in draft["conservation"]], [1, 1], "customers")
    invariants.holds(p, sb)


def spoil(p, body):
    """From now on the ledger keeps something else than it is given: its law against changes of the proof gives way to a change."""
    db = sqlite3.connect(p.ledger)
    try:
        for law in ("balance_u", "balance_d"):
            db.execute(f"DROP TRIGGER {law}")
        db.execute(f"CREATE TRIGGER balance_u AFTER INSERT ON balance BEGIN {body}; END")
        db.commit()
    finally:
        db.close()


def test_refused(t):
    """When kept and recomputed sums differ, nothing is issued, awork is not touched, and the sentence names both."""
    for column, words in (("entries", "entries"), ("secs", "tracked seconds"), ("billed_secs", "billed seconds"), ("lines_minor", "lines of time"),
                          ("value_minor", "value of tracked time"), ("others_minor", "fees and corrections"), ("allowance_minor", "discounts"), ("net_minor", "net"),
                          ("tax_minor", "VAT"), ("gross_minor", "gross"), ("documents", "documents")):
        sb, p = t.both(small_month(8, 1))
        p.run("--period", "2026-01", code=0)  # makes the ledger
        spoil(p, f"UPDATE balance SET {column}={column}+7 WHERE run=new.run")
        r = p.run(code=70)
        # The page for people holds the same sums against each other, and comes first.
        check("does not balance" in r.err and (f": {words} are " in r.err or "report.html" in r.err) and small_month(8, 1).companies[0]["id"] in r.err, f"{column}: {r}")
        equal((p.runs(), sb.posts(), p.claims(), p.documents()), ([], [], {}, {}), f"{column}: folders, POSTs, claims, documents")


def test_lost_entry(t):
    """An entry that was read and is neither billed nor held."""
    sb, p = t.both(small_month(8, 1))
    p.run("--period", "2026-01", code=0)
    spoil(p, "INSERT INTO snap(run,entry,fp,secs) VALUES(new.run,'lost',x'00',60)")
    r = p.run(code=70)
    check("9 entries and" in r.err and "were read, 8 and" in r.err, f"{r}")
    equal((p.runs(), sb.posts()), ([], []), "folders and POSTs")


def test_rows_that_are_gone(t):
    """A proof that is not there proves nothing."""
    sb, p = t.both(small_month(8, 1))
    p.run("--period", "2026-01", code=0)
    spoil(p, "DELETE FROM balance WHERE run=new.run")
    r = p.run(code=70)
    check("does not balance" in r.err, f"{r}")
    equal((p.runs(), sb.posts()), ([], []), "folders and POSTs")


def test_verify(t):
    """verify makes the proof again, and the chain covers it."""
    sb, p = t.both(small_month(8, 1))
    p.run(code=0)
    p.command("verify", code=0)
    p.alter("UPDATE balance SET value_minor=value_minor-1")
    r = p.command("verify", code=65)
    check("value of tracked time are" in r.out and "are not what the chain recorded" in r.out, f"{r}")
    p.alter("UPDATE balance SET value_minor=value_minor+1")
    p.command("verify", code=0)
    p.alter("DELETE FROM balance")
    check("are not what the chain recorded" in p.command("verify", code=65).out, "a proof that is gone")
    equal(len(sb.posts()), 1, "verify sends nothing")


def test_sums_of_claims(t):
    """verify adds up the claims of each line and of each run, wherever their rows stand, and tells which differs."""
    sb, p = t.both(small_month(8, 2))
    p.run("--period", "2026-10", code=0)
    line = p.sql("SELECT invoice,pos FROM claim WHERE id=1")[0]
    for change, back, words in (
            ("UPDATE claim SET secs=secs+60 WHERE id=1", "UPDATE claim SET secs=secs-60 WHERE id=1", (f"line {line[1]} of {line[0]} has", "closed with")),
            ("UPDATE claim SET billed_secs=billed_secs+60 WHERE id=1", "UPDATE claim SET billed_secs=billed_secs-60 WHERE id=1", (f"line {line[1]} of {line[0]} has",)),
            ("UPDATE run SET totals=json_set(totals,'$.billed',json_extract(totals,'$.billed')+1)", "UPDATE run SET totals=json_set(totals,'$.billed',json_extract(totals,'$.billed')-1)",
             ("its claims are",))):
        p.alter(change)
        r = p.command("verify")
        for x in words:
            check(r.code == 65 and x in r.out + r.err, f"{change}: {r}")
        p.alter(back)
    p.command("verify", code=0)
    sb.stop()
