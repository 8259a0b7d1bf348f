"""Memory runs out at the k-th allocation, once or for good: a clean stop with a proper status, and the next run completes. Taken is the first allocation of every distinct way
through the program (by its return addresses), libraries included."""

import os

from scene import check, equal, holds, same_end, settled, shim, sound, tree
from steps import IDLE, RUN, VOID, Ground

STATUSES = {66, 69, 71, 73, 74, 75, 76, 78}
FULL = 10000  # points of a full sweep: all of them


def census(g):
    """Numbers of the allocations to try."""
    scene = g.scene
    scene.restore(scene.start)
    path = os.path.join(scene.t.top, "allocations")
    r = scene.p.command(*g.command, env={"LD_PRELOAD": f"{shim('oom')}:{shim('nosleep')}", "OOM_LIST": path})
    equal(r.code, 0, f"listed: {r}")
    with open(path, encoding="ascii") as f:
        found = [int(line.split()[0]) for line in f]
    os.unlink(path)
    return found


def library_died(r, what):
    """libxlsxwriter does not check its allocations, nor do libraries below it; it dies of that before anything is issued. True when it was that library and not the program."""
    lines = r.err.splitlines()
    check("died" in lines, f"{what}: {r}")
    trace = lines[lines.index("died") + 1:]
    frames = [x.split("(")[0].rsplit("/", 1)[-1] for x in trace if "[0x" in x and "oom.so" not in x]
    ours = next((i for i, x in enumerate(frames) if x == "psabill"), 0)
    check(any(x.startswith("libxlsxwriter") for x in frames[:ours]), f"{what}: died in {trace[:12]}")
    return True


def sweep_of(command, full):
    def sweep(job):
        g = Ground(job, command)
        scene, found = g.scene, census(g)
        points = [(k, lasting) for i, k in enumerate(found) for lasting in ((False, True) if i % 5 == 0 else (False,))]
        step = max(1, len(points) // full)
        for n, (k, lasting) in enumerate(job.mine(points[::step], 60)):
            what = f"allocation {k}{' and all after it' if lasting else ''}"
            with job.point(what):
                scene.restore(scene.start)
                before = tree(scene.p.dir, skip=())
                env = {"LD_PRELOAD": f"{shim('oom')}:{shim('nosleep')}", "OOM_AT": str(k), **({"OOM_LASTING": "1"} if lasting else {})}
                r = scene.p.command(*command, env=env)
                job.count(f"exit {r.code}")
                if r.code == 0:
                    same_end(scene, g.wanted, f"{what}, exit 0")
                    holds(scene, f"{what}, exit 0", n % 4 == 0)
                    continue
                if r.code in (-6, -11) and library_died(r, what):
                    job.count("of these in libxlsxwriter")
                else:
                    check(r.code in STATUSES, f"{what}: {r}")
                check(r.err or lasting or r.code < 0, f"{what}: no word on standard error: {r}")
                if tree(scene.p.dir, skip=()) == before and not scene.sb.posts():
                    continue
                sound(scene, what)
                r = scene.p.command(*command)
                equal((r.code, r.err), (0, ""), f"{what}: the run that finishes: {r}")
                same_end(scene, g.wanted, what)
                holds(scene, what, n % 4 == 0)
                if n % 4 == 0:
                    settled(scene, what, g.wanted, RUN if command is RUN else IDLE)
        job.count("ways to allocate", 0 if job.part else len(found))
    return sweep


SWEEPS = {
    "run": (sweep_of(RUN, FULL), 8),
    "void": (sweep_of(VOID, FULL // 5), 3),
}
