"""Every occurrence of a system call ends with SIGKILL or with an error, by strace. Exit 0 only if everything is complete; else a further run completes it.
strace counts when= per name of the call and, without -f, in the main thread: hence one loop per name."""

import os
import re
import shutil

from scene import KILL, check, equal, harness, holds, same_end, settled, sound, tree
from steps import IDLE, RUN, VOID, Ground, stop

KILLS = "write pwrite64 fsync fdatasync unlink unlinkat openat renameat renameat2 mkdirat fchmod ftruncate sendto recvfrom connect".split()
ERRORS = {
    "EIO": "write pwrite64 fsync fdatasync openat unlink unlinkat renameat renameat2 mkdirat fchmod ftruncate pread64 read getdents64 newfstatat close fcntl lseek".split(),
    "ENOSPC": "write pwrite64 openat mkdirat ftruncate renameat2 fsync".split(),
    "EINTR": "write read openat fsync connect sendto recvfrom poll ftruncate fcntl".split(),
    "EMFILE": "openat socket".split(),
    "EACCES": "openat mkdirat renameat renameat2 unlinkat unlink fchmod connect".split(),
    "ECONNRESET": "sendto recvfrom".split(),
    "ENOMEM": "mmap socket openat".split(),  # not brk: glibc takes the error that strace puts in for a new end of the heap
}
LASTING = {"EIO": "write pwrite64 fsync fdatasync".split(), "ENOSPC": "write pwrite64 openat".split(), "EMFILE": "openat socket".split(), "ENOMEM": "mmap".split()}
DENSE = {"pwrite64": 4, "mmap": 12, "read": 2, "lseek": 6, "newfstatat": 3, "poll": 4, "close": 3}  # neighbours of one transaction or one page are alike: every n-th, with another remainder per fault
STATUSES = {66, 69, 71, 73, 74, 75, 78}


def traced(ground, options, command=None):
    p = ground.scene.p
    p.prefix = ["strace", *options]
    try:
        return p.command(*(command or ground.command))
    finally:
        p.prefix = []


def census(ground):
    """Name -> numbers of its occurrences from where the program reads its configuration."""
    log = os.path.join(ground.scene.t.top, "trace")
    equal(traced(ground, ["-y", "-o", log]).code, 0, "traced")
    numbers, found, begun = {}, {}, False
    with open(log, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = re.match(r"(\w+)\(", line)
            if not m:
                continue
            begun = begun or "psabill.conf" in line
            numbers[m[1]] = numbers.get(m[1], 0) + 1
            if begun:
                found.setdefault(m[1], []).append(numbers[m[1]])
    return found


def points(counts, share):
    """(name, fault, k, lasting) of all occurrences; `share`: every n-th of them."""
    found = []

    def add(name, fault, lasting, shift):
        step = DENSE.get(name, 1) * (8 if lasting else 1)
        found.extend((name, fault, k, lasting) for k in counts.get(name, ())[shift % step::step])

    for name in KILLS:
        add(name, "KILL", False, 0)
    for i, (fault, names) in enumerate(ERRORS.items()):
        for name in names:
            add(name, fault, False, i)
    for i, (fault, names) in enumerate(LASTING.items()):
        for name in names:
            add(name, fault, True, i)
    return found[::share]


def attempt(ground, point, what, command=None):
    name, fault, k, lasting = point
    how = "signal=KILL" if fault == "KILL" else f"error={fault}"
    return traced(ground, ["-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:{how}:when={k}{'+' if lasting else ''}"], command)


def verdict(job, ground, r, what, deep, command=None):
    scene, wanted = ground.scene, ground.wanted
    if r.code == 0:
        job.count("exit 0")
        same_end(scene, wanted, f"{what}, exit 0")
        holds(scene, f"{what}, exit 0", deep)
        return
    check(r.code in STATUSES or r.code == -KILL, f"{what}: {r}")
    check(r.code == -KILL or r.err or "write" in what, f"{what}: no word on standard error: {r}")
    job.count("killed" if r.code == -KILL else f"exit {r.code}")
    sound(scene, what)
    r = scene.p.command(*(command or ground.command))
    equal((r.code, r.err), (0, ""), f"{what}: the run that finishes: {r}")
    same_end(scene, wanted, what)
    holds(scene, what, deep)
    if deep:
        settled(scene, what, wanted, RUN if ground.command is RUN else IDLE)


def sweep_of(command, share, before=None):
    """`before`: the step at which an earlier run was stopped, so that what is disturbed is the recovery."""
    def sweep(job):
        if not shutil.which("strace"):
            raise harness.Skip("no strace")
        g = Ground(job, command)
        scene = g.scene
        scene.restore(scene.start)
        if before:
            check(stop(scene, command, before), f"not stopped at {before}")
            scene.start.drop()
            scene.start = scene.save()
        counts = census(g)
        for i, point in enumerate(job.mine(points(counts, share), 60 if share == 2 else 20)):
            name, fault, k, lasting = point
            what = f"{fault} at {name} number {k}{' and after' if lasting else ''}"
            with job.point(what):
                scene.restore(scene.start)
                untouched = tree(scene.p.dir, skip=()) if i % 2 else None
                r = attempt(g, point, what)
                if untouched is not None and r.code != 0 and tree(scene.p.dir, skip=()) == untouched and not scene.sb.posts():
                    check(r.code in STATUSES or r.code == -KILL, f"{what}: {r}")
                    job.count("nothing touched")
                    continue
                verdict(job, g, r, what, i % 4 == 0)
    return sweep


SWEEPS = {
    "run": (sweep_of(RUN, 2), 12),
    "void": (sweep_of(VOID, 4), 6),
    "recovery": (sweep_of(RUN, 4, before=8), 4),
    "rollback": (sweep_of(RUN, 8, before=5), 4),
}
