#!/usr/bin/python3
"""The check itself is checked: good e-invoices are spoilt in many named ways, and each must be noticed by the recomputation or by the official rules.

    spoil.py CORPUS [--validator FILE]     documents of a corpus, each known with what must be in it
    spoil.py --xml FILE...                 without that knowledge: only spoils that a document shows by itself

Exit status: 0 all noticed, 1 some not, 2 wrong call."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from decimal import Decimal

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import alone  # noqa: E402
import compare  # noqa: E402
import recompute  # noqa: E402
import spoils  # noqa: E402
import ubl  # noqa: E402


class Outcome:
    """One spoilt document."""

    def __init__(self, name, who, source, data):
        self.name, self.who, self.source, self.data = name, who, source, data
        self.found, self.rules = [], None


def look(data, issued):
    """What the recomputation says about the bytes of a document."""
    try:
        doc = ubl.Document(data, "spoilt")
    except ubl.Unreadable as error:
        return [str(error)]
    return compare.against(doc, issued) if issued is not None else alone.problems(doc, {Decimal(r) for r in ("0", "7", "19", "10.7")})


def make(sources, each):
    """sources: [(name, bytes, issued or None)]. Up to `each` documents per spoil, those that it fits; and the bytes-level spoils."""
    out = []
    for name, who, function in spoils.SPOILS:
        made = 0
        for source, data, issued in sources:
            if made == each:
                break
            x = spoils.Xml(data)
            try:
                function(x)
            except spoils.Skip:
                continue
            o = Outcome(name, who, source, x.bytes())
            o.found = look(o.data, issued)
            out.append(o)
            made += 1
        if not made:
            out.append(Outcome(name, who, None, None))
    source, data, issued = sources[0]
    for name, spoilt in (("a file cut short", data[:-200]), ("a DOCTYPE", data.replace(b"?>", b"?><!DOCTYPE Invoice>", 1)), ("a control character", data.replace(b"</cbc:", b"\x01</cbc:", 1)),
                         ("bytes that are no UTF-8", data.replace(b"</cbc:", b"\xff</cbc:", 1)), ("an empty file", b"")):
        o = Outcome(name, spoils.ANY, source, spoilt)
        o.found = look(o.data, issued)
        out.append(o)
    return out


def ask_rules(outcomes, validator):
    """Sets o.rules: True when validate.sh -w fails the file. One call for all."""
    with tempfile.TemporaryDirectory(prefix="psabill-spoilt-") as folder:
        paths = {}
        for i, o in enumerate(outcomes):
            if o.data is not None:
                paths[os.path.join(folder, f"{i:04d}.xml")] = o
        for path, o in paths.items():
            with open(path, "wb") as f:
                f.write(o.data)
        done = subprocess.run([validator, "-w", *paths], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{validator} ended with {done.returncode}: {done.stderr[-500:]}")
        for m in re.finditer(r"^(PASS|FAIL) (\S+\.xml) ", done.stdout, re.M):
            paths[m[2]].rules = m[1] == "FAIL"


def judge(outcomes, context, rules):
    """Sentences about spoils that went unnoticed, and the number of those that fit no document."""
    bad, unused = [], []
    for o in outcomes:
        if o.data is None:
            unused.append(o.name)
        elif o.who == spoils.BLIND and not o.found or o.who == spoils.CONTEXT and context and not o.found:
            bad.append(f"'{o.name}' in {o.source}: not noticed by the recomputation")
        elif o.who == spoils.ANY and not o.found and rules and not o.rules:
            bad.append(f"'{o.name}' in {o.source}: noticed by nobody")
    return bad, unused


def of_corpus(workspaces):
    """Documents that differ much, so that every spoil finds one that it fits: short first."""
    out = []
    for w in workspaces:
        for d in w.documents:
            for path in d.files("xml"):
                with open(path, "rb") as f:
                    out.append((f"{d.step.place} {d.number}", f.read(), d))
    return sorted(out, key=lambda s: (len(s[2].expected.lines) < 2, len(s[1]), s[0]))


def report(sources, each, validator, context):
    """(sentences about what went wrong, summary)"""
    bad = [f"{name}: a good document is refused: {found[0]}" for name, found in ((s[0], look(s[1], s[2])) for s in sources[:40]) if found]
    outcomes = make(sources, each)
    if validator:
        ask_rules(outcomes, validator)
    more, unused = judge(outcomes, context, bool(validator))
    doubled = alone.doubles([ubl.Document(sources[0][1]), ubl.Document(sources[0][1])])
    if not doubled:
        bad.append("one number on two documents: not noticed")
    done = [o for o in outcomes if o.data is not None]
    by_rules = f", {sum(1 for o in done if o.rules)} noticed by the official rules" if validator else ", official rules not asked"
    return bad + more, unused, (f"{len(done)} spoilt documents in {len({o.name for o in done})} ways: {sum(1 for o in done if o.found)} noticed by the recomputation{by_rules}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--xml", nargs="+", metavar="FILE")
    parser.add_argument("--validator", default=os.environ.get("PSABILL_TEST_EINVOICE"))
    parser.add_argument("--each", type=int, default=2, help="documents per spoil")
    args = parser.parse_args()
    if args.xml:
        sources = []
        for path in args.xml:
            with open(path, "rb") as f:
                sources.append((path, f.read(), None))
    elif args.corpus:
        workspaces = recompute.load(args.corpus)
        for w in workspaces:
            w.bind()
            w.read_xml()
        sources = of_corpus(workspaces)
    else:
        parser.error("a corpus or --xml")
    bad, unused, summary = report(sources, args.each, args.validator, not args.xml)
    print("\n".join([*bad, *(f"fits no document: {u}" for u in unused), summary]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
