"""Power cuts. One run is recorded by strace, call by call; at every call that orders something the power goes, and of what was not synced all, nothing, the names, the data, a
random part, or all but the end of the last write is on the disk. The next run starts from that disk and from what awork knew then."""

import os
import shutil

from disk import TRACE, Disk, put
from scene import check, equal, harness, holds, remove, same_end, settled, sound
from steps import IDLE, RUN, VOID, Ground, stop

WAYS = ("all", "none", "names", "data", "torn")
SEEDS = 2


def record(ground, command):
    """The lines of one undisturbed command, and the world after it."""
    scene = ground.scene
    path = os.path.join(scene.t.top, "record")
    scene.restore(scene.start)
    before = scene.sb.state()
    scene.p.prefix = ["strace", "-y", "-xx", "-s", "3000000", "-o", path, "-e", f"trace={TRACE}"]
    r = scene.p.command(*command)
    scene.p.prefix = []
    equal(r.code, 0, "recorded")
    with open(path, encoding="ascii", errors="replace") as f:
        lines = f.readlines()
    os.unlink(path)
    log = scene.log()
    posts = [i for i, x in enumerate(log) if x["method"] == "POST" and i >= len(scene.start.log)]
    return lines, before, scene.sb.state(), log, posts


def world_after(ground, recorded, posts):
    """What awork knew when `posts` of the recorded POSTs had been applied."""
    _, before, after, log, at = recorded
    end = at[posts] if posts < len(at) else len(log)
    applied = {e["id"] for x in (log[i] for i in at[:posts]) for e in x.get("effects", ())}
    new = {x["id"]: x for x in after["entries"]}
    entries = [new[x["id"]] if x["id"] in applied else x for x in before["entries"]]
    return {**ground.scene.head, "clock": after["clock"], "entries": entries}, log[:end]


def moments(ground, recorded, ways, chosen):
    """(what, image, POSTs applied) of every cut before the chosen ones of the ordering calls, equal ones once."""
    disk = Disk(ground.scene.p.dir)
    seen, posts_before, number = set(), 0, 0
    for n, line in enumerate(recorded[0]):
        if disk.ordered(line):
            number += 1
            for how, seed in ways if chosen(number) else ():
                image = disk.image(how, seed * 1000003 + n)
                key = hash(tuple((path, mode, hash(data)) for path, (mode, data) in sorted(image.items())))
                for posts in {disk.posts, posts_before}:  # the last POST may be on its way until its answer is being written down
                    if (key, posts) not in seen:
                        seen.add((key, posts))
                        yield f"cut before call {n} ({line.split('(')[0]}), {how} {seed or ''}, {posts} POSTs applied", image, posts
            posts_before = disk.posts
        disk.feed(line)
    ground.violations, ground.moments = disk.violations, number


def damage(scene):
    """The stage loses a file, so that it is rendered again."""
    for folder, _, _ in os.walk(scene.p.out):
        if os.path.basename(folder).startswith(".stage-"):
            os.unlink(os.path.join(folder, "lines.csv"))
            return
    check(False, "no stage")


def sweep_of(command, before=None, quick=12, harm=None):
    def sweep(job):
        if not shutil.which("strace"):
            raise harness.Skip("no strace")
        g = Ground(job, command)
        scene = g.scene
        if before:
            scene.restore(scene.start)
            check(stop(scene, command, before), f"not stopped at {before}")
            if harm:
                harm(scene)
            scene.start.drop()
            scene.start = scene.save()
        recorded = record(g, command)
        scene.restore(scene.start)
        ways = [(how, 0) for how in WAYS] + [(how, seed) for how in ("random", "prefix") for seed in range(1, (1 if job.quick else SEEDS) + 1)]
        total = sum(1 for line in recorded[0] if Disk.ordered(line))
        stride = max(1, total * job.quick // quick) if job.quick else 1
        cuts = moments(g, recorded, ways, lambda number: number % stride == 0 and number // stride % job.parts == job.part)
        for number, (what, image, posts) in enumerate(cuts):
            job.count("distinct images")
            with job.point(what):
                remove(scene.p.dir)
                put(image, scene.p.dir)
                scene.world(*world_after(g, recorded, posts))
                sound(scene, what)
                deep = number % 4 == 0
                r = scene.p.command(*command)
                equal((r.code, r.err), (0, ""), f"{what}: the run after the cut: {r}")
                same_end(scene, g.wanted, what)
                holds(scene, what, deep)
                if deep:
                    settled(scene, what, g.wanted, RUN if command is RUN else IDLE)
        with job.point("what must be durable before others see the next step"):
            equal(g.violations, [], "order of syncs")
        job.count("moments", 0 if job.part else g.moments)
    return sweep


SWEEPS = {
    "run": (sweep_of(RUN), 8),
    "void": (sweep_of(VOID), 6),
    "recovery": (sweep_of(RUN, before=8), 3),
    "publication after a stop": (sweep_of(RUN, before=6), 3),
    "publication of a stage that is rendered again": (sweep_of(RUN, before=6, harm=damage), 3),
}
