#!/usr/bin/python3
"""Measures psabill against the floor of the same run (curl with the same requests) and against what a user would write instead:
run.py BINARY_DIR [SIZE ...] [--runs N] [--parts LIST] [--peers LIST] [--write FILE]"""

import argparse
import collections
import datetime
import os
import platform
import re
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peers  # noqa: E402
import scene  # noqa: E402
from scene import name_of, say  # noqa: E402

SIZES = ("10k", "100k", "400k", "1M")
PARTS = ("documents", "whole", "loopback", "again", "ledger", "peers")
LATENCY = 80
ONCE = 1000000      # from this size on one run from loopback: growth is all that is asked there
FEWER = {400000: 3}  # runs of a size that takes minutes each
PEER_SIZES = (100000, 400000)


class Results:
    """Figures of each part of each size; every figure is the median of its runs."""

    def __init__(self):
        self.runs = collections.defaultdict(list)
        self.entries = {}
        self.left = {}  # held entries that a second run reads again

    def add(self, size, part, m, **more):
        m.more = more
        self.runs[size, part].append(m)
        say(f"{name_of(size):>5} {part:22} {m.wall:8.2f} s {m.cpu:8.2f} s cpu {m.peak:7.1f} MiB {m.requests if m.requests is not None else '-':>6} requests")

    def has(self, size, part):
        return (size, part) in self.runs

    def median(self, size, part, what):
        return statistics.median(getattr(m, what) for m in self.runs[size, part])

    def ratio(self, size, part, floor):
        """Each run against the floor that was measured right after it."""
        return statistics.median(a.wall / b.wall for a, b in zip(self.runs[size, part], self.runs[size, floor]))

    def stage(self, size, part, name):
        values = [m.stages[name][1] for m in self.runs[size, part] if name in m.stages]
        return statistics.median(values) / self.entries[size] * 1e6 if values else None

    def stages(self, size, part):
        return list(self.runs[size, part][0].stages)


def entries_of(m):
    found = re.search(r" entries=(\d+) held=(\d+) ", m.out)
    if not found:
        raise SystemExit(f"no summary line: {m.out[-400:]}")
    return sum(int(x) for x in found.groups())


class Bench:
    def __init__(self, args):
        self.args, self.r, self.began, self.cut = args, Results(), time.monotonic(), []
        self.top = os.path.join(os.path.dirname(os.path.abspath(args.binaries)), "bench")
        os.makedirs(self.top, exist_ok=True)

    def against_floor(self, s, n, part, *options):
        s.serve(LATENCY, True)
        folder = s.project()
        m = s.bill(folder, *options)
        self.r.entries[n] = entries_of(m)
        self.r.add(n, part, m)
        s.serve(LATENCY, True)
        self.r.add(n, part + " floor", s.floor(m.log))
        s.drop(folder)

    def loopback(self, s, n, last):
        s.serve(0, False)
        folder = s.project()
        m = s.bill(folder)
        self.r.entries[n] = entries_of(m)
        self.r.add(n, "loopback", m)
        if "again" in self.args.parts:
            self.again(s, n, folder)
        if "ledger" in self.args.parts and last:
            self.ledger(s, n, folder)
        s.drop(folder)

    def second(self, s, n, folder, part):
        before = len(s.log())
        m = s.bill(folder, counted=False)
        log = s.log()[before:]
        m.requests = len(log)
        self.r.add(n, part, m)
        self.r.add(n, part + " floor", s.floor(log))
        return entries_of(m)

    def again(self, s, n, folder):
        """What is held is read, kept and judged by every run; then nothing is left, once more with latency."""
        self.r.left[n] = self.second(s, n, folder, "again")
        held = s.held(folder)
        s.leave(held, True)
        if self.second(s, n, folder, "nothing") != 0:
            raise SystemExit("something was left to bill")
        s.control("set", {"latency": LATENCY, "gzip": True})
        self.second(s, n, folder, "nothing far")
        s.control("set", {"latency": 0, "gzip": False})
        s.leave(held, False)

    def ledger(self, s, n, folder):
        """After a run that billed everything, so nothing is restored."""
        s.control("set", {"latency": LATENCY, "gzip": True})
        # Not counted, as the first run is not: the sandbox writes the pages of a month that is billed.
        s.bill(folder, "--period", "2026-10", command="reconcile", counted=False)
        before = len(s.log())
        m = s.bill(folder, "--period", "2026-10", command="reconcile", counted=False)
        log = s.log()[before:]
        m.requests = len(log)
        self.r.add(n, "reconcile", m)
        self.r.add(n, "reconcile floor", s.floor(log))
        self.r.add(n, "verify", s.bill(folder, command="verify", counted=False))
        period = os.path.join(folder, "out", "2026-10")
        with open(os.path.join(period, os.listdir(period)[0], "entries.csv"), encoding="utf-8") as f:
            f.readline()
            invoice = f.readline().split(",")[0].strip('"')
        self.r.add(n, "explain", s.bill(folder, f"{invoice}:1", command="explain", counted=False))

    def peers(self, s, n):
        s.serve(0, True)
        folder = s.project()
        self.r.add(n, "peer psabill", s.bill(folder))
        s.drop(folder)
        for peer in self.args.peers:
            s.serve(0, True)
            m = peers.run(s, peer)
            m.requests = len(s.log())
            self.r.add(n, "peer " + peer, m)

    def is_late(self, next_s):
        return time.monotonic() - self.began + next_s > self.args.minutes * 60

    def size(self, n):
        if self.is_late(0):
            self.cut.append(f"{name_of(n)} was not run")
            return
        s = scene.Scene(self.args.binaries, n, self.top)
        runs = 1 if n >= ONCE else self.args.runs or FEWER.get(n, 5)
        parts = [x for x in self.args.parts if n < ONCE or x in ("loopback", "again", "ledger")]
        took = 0
        try:
            say(f"{name_of(n)}: first run, not counted: the sandbox writes its pages")
            for gzip in (True, False):
                s.serve(0, gzip)
                folder = s.project()
                s.bill(folder)
                s.drop(folder)
            for i in range(runs):
                if i > 0 and self.is_late(took):
                    self.cut.append(f"{name_of(n)} had {i} of {runs} runs")
                    break
                begin = time.monotonic()
                say(f"{name_of(n)}: run {i + 1} of {runs}")
                if "documents" in parts:
                    self.against_floor(s, n, "documents", "--no-mark")
                if "whole" in parts:
                    self.against_floor(s, n, "whole")
                if "loopback" in parts:
                    self.loopback(s, n, i == 0)
                if "peers" in parts and n in PEER_SIZES and i < (self.args.peer_runs if n < 400000 else 1):
                    self.peers(s, n)
                took = time.monotonic() - begin
        finally:
            s.stop()


# ---- the report ----

def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "| --- |" + " ---: |" * (len(head) - 1)
    for row in rows:
        yield "| " + " | ".join(str(x) for x in row) + " |"
    yield ""


def runs_table(r, sizes):
    rows = []
    names = {"documents": "run --no-mark", "whole": "whole run", "loopback": "whole run from loopback, uncompressed", "nothing far": "second run, nothing left unbilled",
             "nothing": "second run, nothing left unbilled, from loopback", "again": "second run, all that is left is held, from loopback",
             "reconcile": "reconcile", "verify": "verify", "explain": "explain"}
    for n in sizes:
        for part, text in names.items():
            for p, t in ((part, text), (part + " floor", text + ": curl")):
                if r.has(n, p):
                    m = r.runs[n, p]
                    rows.append((f"{name_of(n)} {t}", len(m), f"{r.median(n, p, 'wall'):.2f}", f"{r.median(n, p, 'cpu'):.2f}", f"{r.median(n, p, 'peak'):.1f}",
                                 m[0].requests if m[0].requests is not None else ""))
    return table(("", "runs", "wall s", "CPU s", "peak MiB", "requests"), rows)


def stage_table(r, sizes):
    sizes = [n for n in sizes if r.has(n, "loopback")]
    if not sizes:
        return []
    names = r.stages(sizes[0], "loopback")
    rows = [(x, *(f"{r.stage(n, 'loopback', x) or 0:.1f}" for n in sizes)) for x in names]
    return table(("CPU per entry in µs, from loopback, uncompressed", *(name_of(n) for n in sizes)), rows)


def peer_table(r, sizes, peer_names):
    rows = []
    for n in sizes:
        for p in ("psabill", *peer_names):
            if r.has(n, "peer " + p):
                wall, cpu, peak = (r.median(n, "peer " + p, x) for x in ("wall", "cpu", "peak"))
                base = [r.median(n, "peer psabill", x) for x in ("wall", "cpu", "peak")]
                rows.append((f"{name_of(n)} {p}", len(r.runs[n, "peer " + p]), f"{wall:.2f}", f"{cpu:.2f}", f"{peak:.0f}",
                             *(f"{a / b:.1f}" for a, b in zip((wall, cpu, peak), base))))
    return table(("whole job from loopback", "runs", "wall s", "CPU s", "peak MiB", "wall ×", "CPU ×", "memory ×"), rows) if rows else []


def targets(r, sizes):
    """Measure, target, what was seen, whether it holds."""
    for n in sizes:
        for part, limit in (("documents", 1.25), ("whole", 1.5)):
            if n in PEER_SIZES and r.has(n, part):
                x = r.ratio(n, part, part + " floor")
                yield f"{name_of(n)} {'run with --no-mark' if part == 'documents' else 'whole run'} against curl", f"≤ {limit} ×", f"{x:.2f} ×", x <= limit
    for n in sizes:
        if n == 400000 and r.has(n, "loopback"):
            x = sum(r.stage(n, "loopback", s) or 0 for s in r.stages(n, "loopback") if s not in ("recheck", "mark", "verify"))
            yield f"{name_of(n)} CPU per entry, first read to files and ledger", "≤ 20 µs", f"{x:.1f} µs", x <= 20
            for s in ("recheck", "verify"):
                x = r.stage(n, "loopback", s) or 0
                yield f"{name_of(n)} CPU per entry, {s}", "≤ 5 µs", f"{x:.1f} µs", x <= 5
    peak = {n: max(m.peak for (k, p), v in r.runs.items() if k == n and p in ("documents", "whole", "loopback") for m in v)
            for n in sizes if any(r.has(n, p) for p in ("documents", "whole", "loopback"))}
    for n, x in peak.items():
        yield f"{name_of(n)} peak memory", "≤ 64 MiB", f"{x:.1f} MiB", x <= 64
    if 100000 in peak and 1000000 in peak:
        x = (peak[1000000] - peak[100000]) * (1 << 20) / (r.entries[1000000] - r.entries[100000])
        yield "growth of memory per entry, 100k to 1M", "< 8 bytes", f"{x:.1f} bytes", x < 8
    for n in sizes:
        others = [p for (k, p) in r.runs if k == n and p.startswith("peer ") and p != "peer psabill"]
        if others:
            for what, limit, text in (("cpu", 4, "CPU"), ("wall", 5, "wall"), ("peak", 2, "memory")):
                x = min(r.median(n, p, what) for p in others) / r.median(n, "peer psabill", what)
                yield f"{name_of(n)} best peer's {text} against psabill's", f"≥ {limit} ×", f"{x:.1f} ×", x >= limit
    for n in sizes:
        for part, text in (("nothing far", "nothing left"), ("nothing", "nothing left, from loopback")):
            if n == 400000 and r.has(n, part):
                x = statistics.median(a.wall - b.wall for a, b in zip(r.runs[n, part], r.runs[n, part + " floor"])) * 1000
                yield f"{name_of(n)} second run, {text}, beyond its requests", "≤ 50 ms", f"{x:.0f} ms", x <= 50
        if n == 400000 and r.has(n, "again"):
            x = statistics.median(a.wall - b.wall for a, b in zip(r.runs[n, "again"], r.runs[n, "again floor"])) * 1000
            yield f"{name_of(n)} second run, {r.left[n]} held entries, from loopback, beyond its requests", "", f"{x:.0f} ms", None
    n = max(sizes, default=0)
    if r.has(n, "reconcile"):
        x = r.ratio(n, "reconcile", "reconcile floor")
        yield f"{name_of(n)} reconcile against curl", "≤ 1.25 ×", f"{x:.2f} ×", x <= 1.25
        yield f"{name_of(n)} verify", "≤ 3 s", f"{r.median(n, 'verify', 'wall'):.2f} s", r.median(n, "verify", "wall") <= 3
        x = r.median(n, "explain", "wall") * 1000
        yield f"{name_of(n)} explain", "≤ 50 ms", f"{x:.0f} ms", x <= 50
    for n in sizes:
        if r.has(n, "whole"):
            k, limit = r.median(n, "whole", "requests"), 4 * -(-r.entries[n] // 1000) + -(-r.entries[n] // 1000) + 20
            yield f"{name_of(n)} requests of a whole run", f"≤ {limit}", f"{k:.0f}", k <= limit


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[0].strip()
    except OSError:
        return ""


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        model = next((x.split(":", 1)[1].strip() for x in f if x.startswith("model name")), platform.machine())
    with open("/etc/os-release", encoding="utf-8") as f:
        system = next((x.split("=", 1)[1].strip().strip('"') for x in f if x.startswith("PRETTY_NAME")), "")
    return f"{model}, {os.cpu_count()} cores, {system}, Linux {platform.release()}"


def report(bench):
    r, sizes = bench.r, bench.sizes
    yield "# Benchmarks"
    yield ""
    yield f"Written by `make bench` on {datetime.date.today().isoformat()}: {machine()}."
    yield f"{first_line(os.path.join(bench.args.binaries, 'psabill'), '--version')} · {first_line('curl', '--version').split(' lib')[0]}" + "".join(
        f" · {x}" for x in peers.versions(bench.args.peers)) + "."
    yield ""
    yield (f"Each figure is the median of its runs, which take turns; a ratio is the median of the ratios to the floor measured right after each run: `curl -Z --parallel-max 8` "
           f"with the same requests. With {LATENCY} ms per request, gzip and 8 connections unless something else is said. `tests/bench/README.md` says how.")
    if bench.cut:
        yield f"Ended after {bench.args.minutes} minutes: {', '.join(bench.cut)}."
    yield ""
    sizes = [n for n in sizes if n in r.entries]
    yield from table(("", "target", "measured", "holds"), [(a, b, c, "" if ok is None else "yes" if ok else "**no**") for a, b, c, ok in targets(r, sizes)])
    yield from runs_table(r, sizes)
    yield from stage_table(r, sizes)
    yield from peer_table(r, sizes, bench.args.peers)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("binaries", metavar="BINARY_DIR")
    p.add_argument("sizes", metavar="SIZE", nargs="*", help=f"of {' '.join(SIZES)} or any other number of entries; default: all four, and BENCHMARKS.md is written")
    p.add_argument("--runs", type=int, help="of each part; default 5, 3 at 400k")
    p.add_argument("--peer-runs", type=int, default=3, help="of the peers at 100k; one at 400k")
    p.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    p.add_argument("--peers", default=",".join(peers.NAMES))
    p.add_argument("--minutes", type=int, default=25, help="no further run is begun that would end later; what was left out is said")
    p.add_argument("--write", metavar="FILE")
    args = p.parse_args()
    args.binaries = os.path.abspath(args.binaries)
    args.parts, args.peers = ([x for x in text.split(",") if x] for text in (args.parts, args.peers))
    bench = Bench(args)
    bench.sizes = [scene.size_of(x) for x in args.sizes or SIZES]
    if "peers" in args.parts and any(n in PEER_SIZES for n in bench.sizes):
        args.peers = peers.there(args.peers)
    for n in bench.sizes:
        bench.size(n)
    text = "\n".join(report(bench)).rstrip() + "\n"
    print(text, end="")
    path = args.write or (os.path.join(scene.ROOT, "BENCHMARKS.md") if not args.sizes and set(args.parts) == set(PARTS) else None)
    if path:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
