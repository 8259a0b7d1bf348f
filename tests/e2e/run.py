#!/usr/bin/python3
"""Runs the end-to-end tests: run.py BINARY_DIR [PATTERN] [--jobs N]. Every test is a process of its own with a time limit."""

import argparse
import glob
import importlib
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import forkserver  # noqa: E402
import harness  # noqa: E402

LIMIT = 180  # seconds per test
FIRST = ("test_apply", "test_pace", "test_crash", "test_void_crash", "test_sample")  # the long ones: what starts last should be short


def collect(pattern):
    tests = []
    names = [os.path.basename(path)[:-3] for path in glob.glob(os.path.join(harness.HERE, "test_*.py"))]
    for module_name in sorted(names, key=lambda n: (n not in FIRST, n)):
        module = importlib.import_module(module_name)
        for name, value in vars(module).items():
            if name.startswith("test_") and callable(value) and value.__module__ == module.__name__:
                full = f"{module.__name__}.{name}"
                if pattern is None or pattern in full:
                    tests.append((full, value))
    return tests


def last_frame(error):
    """The line of the test that failed, for the one-line report."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if os.path.basename(f.filename).startswith("test_")]
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}: " if frames else ""


def run_one(binaries, name, function, pipe):
    """In the child: F and a reason, S and a reason, or P."""
    os.setsid()
    test = harness.Test(binaries, name)
    verdict = "P"
    try:
        function(test)
    except harness.Skip as skip:
        verdict = f"S{skip}"
    except BaseException as error:  # pylint: disable=broad-except
        kind = "" if isinstance(error, AssertionError) else type(error).__name__ + ": "
        verdict = f"F{last_frame(error)}{kind}{error}"
    try:
        test.close()
    except BaseException as error:  # pylint: disable=broad-except
        if not verdict.startswith("F"):
            verdict = f"F{error}"
    with os.fdopen(pipe, "w", encoding="utf-8", errors="replace") as f:
        f.write(verdict)


class Child:
    def __init__(self, binaries, name, function):
        self.name, self.begin, self.data = name, time.monotonic(), b""
        self.fd, other = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.fd)
            run_one(binaries, name, function, other)
            os._exit(0)
        os.close(other)

    def read(self):
        """True when the child has said all."""
        piece = os.read(self.fd, 65536)
        self.data += piece
        return not piece

    def end(self, late):
        """Stops what the test left running: it is all in the child's own session."""
        os.close(self.fd)
        try:
            if late:
                os.kill(self.pid, signal.SIGKILL)
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        self.seconds = time.monotonic() - self.begin
        return f"Fnot done within {LIMIT} s" if late else self.data.decode("utf-8", "replace") or "Fthe test process died"


def run_all(binaries, tests, jobs, times):
    waiting, active, counts = list(tests), {}, {"P": 0, "F": 0, "S": 0}
    while waiting or active:
        while waiting and len(active) < jobs:
            child = Child(binaries, *waiting.pop(0))
            active[child.fd] = child
        ready, _, _ = select.select(list(active), [], [], 0.2)
        late = [fd for fd, c in active.items() if time.monotonic() - c.begin > LIMIT]
        for fd in set(ready) | set(late):
            if fd not in late and not active[fd].read():
                continue
            child = active.pop(fd)
            verdict = child.end(fd in late)
            counts[verdict[0]] += 1
            if verdict[0] != "P":
                print("FAILED" if verdict[0] == "F" else "SKIPPED", child.name, verdict[1:].replace("\n", " | "), flush=True)
            if times:
                print(f"{child.seconds:6.2f} s {child.name}", flush=True)
    return counts


def share(binaries, top):
    """One loaded program for all tests: see tests/sweep/forkserver.c."""
    if not os.path.exists(forkserver.SHIM):
        return None
    psabill = os.path.join(os.path.abspath(binaries), "psabill")
    server = forkserver.Server(psabill, "", harness.Test.base_env(argparse.Namespace(top=top)), os.path.join(top, "server"))
    os.environ["PSABILL_TEST_SERVER"] = f"{psabill}:{server.path}"
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binaries", metavar="BINARY_DIR")
    parser.add_argument("pattern", nargs="?")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="default: two per processor, since tests wait for each other's servers")
    parser.add_argument("--without", action="append", default=[], metavar="MODULE", help="leave out test_MODULE.py; repeatable")
    parser.add_argument("--times", action="store_true", help="print how long each test took")
    args = parser.parse_args()
    for path in (os.path.join(args.binaries, "psabill"), os.environ.get("PSABILL_TEST_SANDBOX") or os.path.join(args.binaries, "sandbox")):
        if not os.access(path, os.X_OK):
            parser.error(f"{path} is missing")
    tests = [(name, f) for name, f in collect(args.pattern) if name.split(".")[0][5:] not in args.without]
    if not tests:
        parser.error(f"no test matches {args.pattern}")
    top = tempfile.mkdtemp(prefix="psabill-e2e-")
    server = share(args.binaries, top)
    try:
        counts = run_all(args.binaries, tests, args.jobs, args.times)
    finally:
        if server:
            server.stop()
        shutil.rmtree(top)
    if counts["S"]:
        print(f"{counts['S']} skipped")
    print(f"{counts['P']} passed, {counts['F']} failed")
    return 1 if counts["F"] else 0


if __name__ == "__main__":
    sys.exit(main())
