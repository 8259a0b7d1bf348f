"""Two processes at once. The first stands still at every step: a second run or void is refused with 75 at once and changes nothing, readers answer, then the first ends as if
alone. The lock dies with its holder, whatever became of the holder's parent. Two ledgers on one workspace cannot exclude each other: what is detected is tested."""

import os
import re
import shutil
import signal
import time

from scene import CONF, Scene, check, equal, harness, holds, same_end, settled, shim, small_month, tree
from steps import RUN, VOID, Ground, step_names

READERS = (("list",), ("verify",), ("show", "RE-2026-00001"), ("run", "--dry-run"))


class Standing:
    """A psabill that stands still at step k; go() lets it go on and returns its Result."""

    def __init__(self, scene, project, command, k, prefix=()):
        self.file = os.path.join(scene.t.top, "pause")
        if os.path.exists(self.file):
            os.unlink(self.file)
        self.test, self.command = scene.t, command
        env = {**project.env, "LD_PRELOAD": shim("nosleep"), "SWEEP_PAUSE_AT": str(k), "SWEEP_PAUSE_FILE": self.file}
        self.process = scene.t.start(["-c", project.conf_path, *command], env=env, cwd=project.dir, prefix=list(prefix))
        harness.wait_for(lambda: os.path.exists(self.file) or self.process.poll() is not None, f"step {k}", 30)
        self.there = os.path.exists(self.file)

    def go(self):
        if os.path.exists(self.file):
            os.unlink(self.file)
        return self.test.finish(self.process, list(self.command))

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def settle(scene):
    """What the one that stands had sent already comes to the sandbox's log a moment later."""
    seen = -1
    while seen != (seen := len(scene.sb.log())):
        time.sleep(0.1)


def second(command):
    def sweep(job):
        g = Ground(job, command)
        scene = g.scene
        for k in job.mine(range(1, g.steps + 1), 8):
            what = f"the first stands at step {k}"
            with job.point(what):
                scene.restore(scene.start)
                first = Standing(scene, scene.p, command, k)
                try:
                    check(first.there, f"{what}: it is not there")
                    settle(scene)
                    before, requests = tree(scene.p.dir, skip=()), len(scene.sb.log())
                    for other in (RUN, VOID, ("run", "--no-mark")):
                        r = scene.p.command(*other)
                        equal((r.code, r.out), (75, ""), f"{what}: {other[0]}: {r}")
                        check(r.seconds < 5 and "in use" in r.err, f"{what}: {r}")
                    equal((tree(scene.p.dir, skip=()), len(scene.sb.log())), (before, requests), f"{what}: files and requests after the refused ones")
                    for other in READERS if k % 3 == 0 else READERS[:1]:
                        r = scene.p.command(*other)
                        check(r.code in (0, 64, 65, 75) and r.seconds < 5, f"{what}: {other}: {r}")
                        check(r.code != 65 or "verify" in other, f"{what}: {r}")
                    r = first.go()
                finally:
                    first.end()
                equal((r.code, r.err), (0, ""), f"{what}: the first: {r}")
                same_end(scene, g.wanted, what)
                holds(scene, what, k % 4 == 0)
    return sweep


def killed_holder(job):
    """SIGKILL to the one that stands: the lock is free at once, the next run finishes."""
    g = Ground(job, RUN)
    scene = g.scene
    for k in job.mine(range(1, g.steps + 1), 5):
        what = f"the holder is killed at step {k}"
        with job.point(what):
            scene.restore(scene.start)
            first = Standing(scene, scene.p, RUN, k)
            check(first.there, what)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(10)
            r = scene.p.run()
            equal((r.code, r.err), (0, ""), f"{what}: {r}")
            same_end(scene, g.wanted, what)
            holds(scene, what, k % 4 == 0)


def parent_gone(job):
    """The shell that started psabill is killed: psabill goes on and holds the lock; when it is done the lock is free. And psabill itself never forks or executes anything."""
    g = Ground(job, RUN)
    scene = g.scene
    with job.point("the parent is killed"):
        scene.restore(scene.start)
        first = Standing(scene, scene.p, RUN, 6, prefix=("/bin/sh", "-c", '"$@" & echo $! >child; wait', "sh"))
        check(first.there, "it does not stand")
        harness.wait_for(lambda: os.path.exists(os.path.join(scene.p.dir, "child")), "the child's id")
        with open(os.path.join(scene.p.dir, "child"), encoding="ascii") as f:
            child = int(f.read())
        os.unlink(os.path.join(scene.p.dir, "child"))
        first.process.kill()
        first.process.wait(10)
        equal(scene.p.run().code, 75, "a run while the orphan holds the lock")
        os.unlink(first.file)
        end = time.monotonic() + 20
        while os.path.exists(f"/proc/{child}") and time.monotonic() < end:
            with open(f"/proc/{child}/stat", encoding="ascii") as f:
                if f.read().rsplit(") ", 1)[1][0] == "Z":
                    break
            time.sleep(0.01)
        same_end(scene, g.wanted, "after the orphan ended")
        settled(scene, "after the orphan ended", g.wanted)
        holds(scene, "after the orphan ended")
    with job.point("no fork, no exec"):
        if not shutil.which("strace"):
            raise harness.Skip("no strace")
        scene.restore(scene.start)
        log = os.path.join(scene.t.top, "forks")
        scene.p.prefix = ["strace", "-f", "-o", log, "-e", "trace=fork,vfork,clone,clone3,execve,execveat,fcntl"]
        equal(scene.p.run().code, 0, "traced")
        scene.p.prefix = []
        with open(log, encoding="utf-8", errors="replace") as f:
            text = f.read()
        equal(len(re.findall(r"execve", text)), 1, "programs executed")
        children = [x for x in re.findall(r"\b(?:v?fork|clone3?)\(.*", text) if "CLONE_THREAD" not in x]
        equal(children, [], "processes made")
        check("F_OFD_SETLK" in text, "the lock is no OFD lock")


def two_ledgers(same_user):
    """A stands before it marks; B, with a ledger of its own, bills and marks the same entries. Section 8: cannot be excluded; seen as FOREIGN when updatedBy differs."""
    def sweep(job):
        harness.step_build(job.test)
        ws = small_month(12, 2)
        ws.tokens.append({"token": "second-admin-key", "userId": ws.id("u03"), "admin": True})
        scene = Scene(job.test, workspace=ws)
        other = job.test.project(scene.sb, CONF, token="sandbox-admin-key" if same_user else "second-admin-key", name="second")
        other.env = dict(scene.p.env)
        fresh = scene.t.folder("fresh")
        shutil.copytree(other.dir, fresh, dirs_exist_ok=True)
        r = scene.p.run(env={**scene.p.env, "PSABILL_STOP_AT": "999999"}, options=("-v",))
        names = step_names(r)
        for k in job.mine(range(1, names.index("D11a") + 2)):
            what = f"A stands at step {k} ({names[k - 1]}), B bills"
            with job.point(what):
                scene.restore(scene.start)
                shutil.rmtree(other.dir)
                shutil.copytree(fresh, other.dir)
                first = Standing(scene, scene.p, RUN, k)
                try:
                    check(first.there, what)
                    equal(other.run().code, 0, f"{what}: B")
                    r = first.go()
                finally:
                    first.end()
                rechecked = names[k - 1] in ("D7", "D8", "D9", "D10", "D11", "D11a")
                states = set(scene.p.claims().values())
                job.count(f"at {names[k - 1]}: exit {r.code}, {'/'.join(sorted(states)) or 'nothing billed'}")
                if names[k - 1] == "D11a":  # it has just read them as open, and sends; awork has no compare-and-set
                    check(r.code in (0, 3), f"{what}: {r}")
                elif not rechecked:
                    equal((r.code, states, scene.p.runs()), (0, set(), []), f"{what}: A before its recheck plans anew and finds nothing")
                elif same_user:
                    check(r.code in (0, 3) and states <= {"VERIFIED", "MARKED"}, f"{what}: {r} {states}")
                else:
                    equal((r.code, states), (3, {"FOREIGN"}), f"{what}: A")
                    check("FOREIGN" in r.err, f"{what}: {r}")
    return sweep


SWEEPS = {
    "a second process beside a run": (second(RUN), 3),
    "a second process beside a void": (second(VOID), 2),
    "the holder is killed": (killed_holder, 2),
    "the parent is killed": (parent_gone, 1),
    "two ledgers, two API users": (two_ledgers(False), 1),
    "two ledgers, one API user": (two_ledgers(True), 1),
}
