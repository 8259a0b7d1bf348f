#!/usr/bin/python3
"""Runs the sweeps: run.py BINARY_DIR [PATTERN] [--quick] [--jobs N]. Each job is a process of its own with one sandbox and one project; a sweep's points are shared
out over its jobs. Prints points tried and survived per sweep; ends with 1 on any defect."""

import argparse
import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import scene  # noqa: E402
from scene import harness  # noqa: E402

# What `make check` runs: seconds.
CHECK = ("steps.run, SIGKILL", "steps.void, settled by a run", "steps.run pairs, edited", "gone.run, once", "power.publication after a stop", "oom.run",
         "beside.the holder is killed", "beside.two ledgers, two API users")
MODULES = ("steps", "gone", "calls", "power", "space", "oom", "beside", "odd")
SHOWN = 12  # defects printed per sweep


class Job:
    """What a sweep's function gets: a Test of the e2e harness, and the accounts."""

    def __init__(self, binaries, name, quick, part, parts):
        self.test = harness.Test(binaries, name)
        self.name, self.quick, self.part, self.parts = name, quick, part, parts
        self.tried, self.defects, self.notes, self.skipped, self.kinds = 0, [], [], None, {}

    @contextlib.contextmanager
    def point(self, what):
        """One point: an assertion that fails is a defect, and the sweep goes on."""
        self.tried += 1
        try:
            yield
        except AssertionError as error:
            self.defects.append(f"{what}: {error}" if not str(error).startswith(what) else str(error))
        except harness.Skip:
            raise
        except Exception as error:  # pylint: disable=broad-except
            frames = traceback.extract_tb(error.__traceback__)
            self.defects.append(f"{what}: {type(error).__name__}: {error} at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}")

    def mine(self, items, quick=None):
        """This job's share of the points; in quick mode about `quick` of them in all, evenly spread; a third of that for `make check`."""
        items = list(items)
        if self.quick and quick is not None:
            quick = max(3, quick // self.quick)
        if self.quick and quick is not None and len(items) > quick:
            items = [items[i * len(items) // quick] for i in range(quick)]
        return items[self.part::self.parts]

    def note(self, text):
        self.notes.append(text)

    def count(self, kind, n=1):
        self.kinds[kind] = self.kinds.get(kind, 0) + n


def run_job(binaries, name, function, quick, part, parts, pipe):
    os.setsid()
    job = Job(binaries, name, quick, part, parts)
    try:
        function(job)
    except harness.Skip as skip:
        job.skipped = str(skip)
    except BaseException as error:  # pylint: disable=broad-except
        frames = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames[-4:]))
        job.defects.append(f"the sweep itself: {type(error).__name__}: {error} at {where}")
    try:
        job.test.close()
    except BaseException as error:  # pylint: disable=broad-except
        job.defects.append(f"end of the sweep: {error}")
    with os.fdopen(pipe, "w", encoding="utf-8") as f:
        json.dump({"tried": job.tried, "defects": job.defects, "notes": job.notes, "skipped": job.skipped, "kinds": job.kinds}, f)


class Child:
    def __init__(self, args, work):
        self.name, function, part, parts = work
        self.fd, other = os.pipe()
        self.data, self.begin = b"", time.monotonic()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.fd)
            run_job(args.binaries, self.name, function, args.quick, part, parts, other)
            os._exit(0)
        os.close(other)

    def stop(self):
        """Before its end: it gets time to give back what it mounted and started."""
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.5)[0] and not os.read(self.fd, 65536):
                break
        self.end()

    def end(self):
        os.close(self.fd)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        try:
            return json.loads(self.data)
        except ValueError:
            return {"tried": 0, "defects": ["the job died"], "notes": [], "skipped": None, "kinds": {}}


class Account:
    def __init__(self):
        self.tried, self.defects, self.notes, self.skipped, self.kinds, self.seconds, self.left = 0, [], [], set(), {}, 0.0, 0

    def add(self, r, seconds):
        self.tried += r["tried"]
        self.defects += r["defects"]
        self.notes += [n for n in r["notes"] if n not in self.notes]
        if r["skipped"]:
            self.skipped.add(r["skipped"])
        for k, n in r["kinds"].items():
            self.kinds[k] = self.kinds.get(k, 0) + n
        self.seconds += seconds
        self.left -= 1

    def show(self, name):
        kinds = "".join(f", {n} {k}" for k, n in sorted(self.kinds.items()))
        print(f"{'DEFECT' if self.defects else 'ok    '} {name}: {self.tried} points, {max(0, self.tried - len(self.defects))} survived{kinds} ({self.seconds:.0f} s of work)")
        for text in self.notes:
            print(f"         {text}")
        for text in self.skipped:
            print(f"         SKIPPED: {text}")
        self.show_defects()
        sys.stdout.flush()

    def show_defects(self):
        for text in self.defects[:SHOWN]:
            print("         - " + text.replace("\n", " | ")[:1500])
        if len(self.defects) > SHOWN:
            print(f"         and {len(self.defects) - SHOWN} more")


def collect(pattern):
    found = []
    for name in MODULES:
        if not os.path.exists(os.path.join(HERE, name + ".py")):
            continue
        module = __import__(name)
        found += [(f"{name}.{title}", function, parts) for title, (function, parts) in module.SWEEPS.items() if pattern is None or pattern in f"{name}.{title}"]
    return found


def work(args, waiting, active, accounts):
    while waiting or active:
        while waiting and len(active) < args.jobs:
            child = Child(args, waiting.pop(0))
            active[child.fd] = child
        for fd in select.select(list(active), [], [], 1)[0]:
            piece = os.read(fd, 65536)
            active[fd].data += piece
            if piece:
                continue
            child = active.pop(fd)
            account = accounts[child.name]
            account.add(child.end(), time.monotonic() - child.begin)
            if account.left == 0:
                account.show(child.name)


def table(accounts):
    """Points tried and survived, per module and sweep."""
    print(f"{'sweep':<52}{'tried':>8}{'survived':>10}{'work':>8}")
    for name, a in accounts.items():
        print(f"{name:<52}{a.tried:>8}{max(0, a.tried - len(a.defects)):>10}{a.seconds:>6.0f} s{'  skipped' if a.skipped else ''}")


def again(accounts):
    """Every defect once more, where a reader of the last lines finds it."""
    for name, a in accounts.items():
        if a.defects:
            print(f"DEFECT {name} (this sweep alone: make sweep SWEEP='\"{name}\"')")
            a.show_defects()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binaries", metavar="BINARY_DIR")
    parser.add_argument("pattern", nargs="?")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true", help="--quick, and a few sweeps only")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1)
    args = parser.parse_args()
    args.quick = 3 if args.check else int(args.quick)
    sweeps = [s for s in collect(args.pattern) if not args.check or s[0] in CHECK]
    if not sweeps:
        parser.error(f"no sweep matches {args.pattern}")
    accounts, waiting, active = {}, [], {}
    for name, function, parts in sweeps:
        parts = 1 if args.check or args.quick and parts <= 2 else min(parts, 3) if args.quick else parts
        accounts[name] = Account()
        accounts[name].left = parts
        waiting += [(name, function, part, parts) for part in range(parts)]
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        work(args, waiting, active, accounts)
    finally:
        for child in active.values():
            child.stop()
    tried, defects = sum(a.tried for a in accounts.values()), sum(len(a.defects) for a in accounts.values())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if args.check:
        print(f"{tried - defects} passed, {defects} failed")
        return 1 if defects else 0
    table(accounts)
    again(accounts)
    print(f"sweep: {tried} points tried, {max(0, tried - defects)} survived, {defects} defects, {time.monotonic() - begin:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
