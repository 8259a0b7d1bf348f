#!/usr/bin/python3
"""Instructions of a whole run with 10,000 entries against baseline.txt: check.py BINARY_DIR [--renew]. Fails above +5 %. They are counted by
callgrind, so a busy machine makes no difference; another compiler or library does, and asks for a new baseline."""

import argparse
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scene  # noqa: E402

BASELINE = os.path.join(scene.HERE, "baseline.txt")
ENTRIES, LIMIT = 10000, 1.05
RUNS = {"documents": ("run", "--no-mark"), "mark": ("run",)}  # the second goes on where the first rests: mark, verify, close


def count(s, folder, args):
    out = os.path.join(s.top, "callgrind")
    env = {"PATH": "/usr/bin:/bin", "HOME": s.top, "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": scene.CLOCK}
    p = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, s.psabill, "-q", "-c", os.path.join(folder, "psabill.conf"), *args],
                       env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800, check=False)
    found = re.search(r"Collected : (\d+)", p.stderr)
    if p.returncode not in (0, 3) or not found:
        raise SystemExit(f"psabill under callgrind ended with {p.returncode}: {p.stderr[-1000:]}")
    return int(found.group(1))


def compiler(binary):
    text = subprocess.run(["readelf", "-p", ".comment", binary], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(GCC: .*|clang version .*)", text)
    return found.group(1).strip() if found else "?"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("binaries", metavar="BINARY_DIR")
    p.add_argument("--renew", action="store_true", help="write baseline.txt")
    args = p.parse_args()
    binaries = os.path.abspath(args.binaries)
    top = os.path.join(os.path.dirname(binaries), "bench", "check")
    os.makedirs(top, exist_ok=True)
    s = scene.Scene(binaries, ENTRIES, top)
    try:
        s.serve(0, True)
        folder = s.project()
        seen = {name: count(s, folder, run) for name, run in RUNS.items()}
        s.drop(folder)
    finally:
        s.stop()
    if args.renew:
        with open(BASELINE, "w", encoding="utf-8") as f:
            f.write(f"# Instructions with {ENTRIES} entries, by make bench-baseline; {compiler(s.psabill)}\n")
            f.writelines(f"{name} {n}\n" for name, n in seen.items())
    with open(BASELINE, encoding="utf-8") as f:
        base = {name: int(n) for name, n in (x.split() for x in f if not x.startswith("#"))}
    failed = 0
    for name, n in seen.items():
        ratio = n / base[name]
        bad = ratio > LIMIT
        failed += bad
        print(f"{'FAILED' if bad else 'ok':6} {name:10} {n / 1e6:10.0f} million instructions, {100 * (ratio - 1):+.1f} % against the baseline")
    print(f"{len(seen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
