"""A full disk: output, ledger and temporary folder each on a small file system of its own that is filled up, so that writing fails after 0, 4, 8 ... KiB; without the right to
mount, a limit on the size of files instead. 74 and nothing lost; with room again the next run completes."""

import copy
import os
import subprocess

from scene import CONF, EXCUSED, End, Scene, check, equal, harness, holds, remove, same_end, settled, sound
from steps import RUN, VOID

SIZE = 4 << 20
PAGE = 4096


class Mounts:
    """Three small file systems below the project."""

    def __init__(self, scene):
        self.top, self.paths = scene.p.dir, {}
        for name in ("out", "books", "spare"):
            path = os.path.join(self.top, name)
            os.makedirs(path, exist_ok=True)
            r = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0750", "psabill-sweep", path], capture_output=True, check=False)
            if r.returncode != 0:
                self.end()
                raise harness.Skip(f"no tmpfs can be mounted ({r.stderr.decode().strip()}): full disks are tested by a limit on the size of files only")
            self.paths[name] = path

    def empty(self):
        for path in self.paths.values():
            for name in os.listdir(path):
                full = os.path.join(path, name)
                if os.path.isdir(full):
                    remove(full)
                else:
                    os.unlink(full)

    def fill(self, name, room):
        """Leaves `room` bytes."""
        path = self.paths[name]
        ballast = os.path.join(path, "ballast")
        st = os.statvfs(path)
        with open(ballast, "wb") as f:
            f.write(b"x" * (st.f_bavail * st.f_frsize - room))
        return ballast

    def end(self):
        for path in self.paths.values():
            subprocess.run(["umount", "-l", path], check=False)
        self.paths = {}


class Small:
    """As steps.Ground, with the parts of the project on file systems of their own; the start is always the empty project."""

    def __init__(self, job):
        conf = copy.deepcopy(CONF)
        conf["output"]["formats"] = "xlsx csv"
        conf["ledger"] = {"path": "books/ledger.db"}
        self.scene = Scene(job.test, conf=conf)
        self.scene.p.__class__ = type("Project", (harness.Project,), {"ledger": property(lambda p: os.path.join(p.dir, "books", "ledger.db"))})
        self.scene.p.env["TMPDIR"] = os.path.join(self.scene.p.dir, "spare")
        self.world = self.scene.start.workspace
        self.mounts, self.wanted = Mounts(self.scene), {}

    def undisturbed(self):
        self.reset()
        equal(self.scene.p.run().code, 0, "undisturbed")
        self.wanted["run"] = End(self.scene)
        equal(self.scene.p.command(*VOID).code, 0, "undisturbed void")
        self.wanted["void"] = End(self.scene)

    def reset(self):
        self.mounts.empty()
        self.scene.world(self.world, [])


def full(name):
    def sweep(job):
        g = Small(job)
        scene = g.scene
        try:
            g.undisturbed()
            for room in job.mine(range(0, 300, 2) if name == "books" else range(90), 9):
                for command in (RUN, VOID) if room % 4 == 0 else (RUN,):
                    what = f"{command[0]} with {room * 4} KiB in {name}"
                    with job.point(what):
                        g.reset()
                        if command is VOID:
                            equal(scene.p.run().code, 0, "the run before the void")
                        ballast = g.mounts.fill(name, room * PAGE)
                        r = scene.p.command(*command)
                        job.count(f"exit {r.code}")
                        check(r.code in EXCUSED | {0}, f"{what}: {r}")
                        check(r.code in (0, 74) or name != "out" or room < 2, f"{what}: not 74: {r}")
                        os.unlink(ballast)
                        if r.code != 0:
                            check(r.err, f"{what}: no word on standard error")
                            sound(scene, what)
                            r = scene.p.command(*command)
                            equal((r.code, r.err), (0, ""), f"{what}: with room again: {r}")
                        same_end(scene, g.wanted[command[0]], what)
                        holds(scene, what, room % 5 == 0)
        finally:
            g.mounts.end()
    return sweep


def limited(job):
    """RLIMIT_FSIZE: no file grows beyond so many bytes, whichever it is (F82)."""
    scene = Scene(job.test, conf={**CONF, "output": {"formats": "xlsx csv"}})
    equal(scene.p.run().code, 0, "undisturbed")
    wanted = End(scene)
    for limit in job.mine([0, 16, 60, 100, 200, 400, 500, 700, 1000, 1400, 2100, 3000, 5000, 9000, 12000, 16000, 18000, 20000, 30000, 60000, 100000, 150000, 190000, 200000, 210000], 8):
        what = f"no file beyond {limit} bytes"
        with job.point(what):
            scene.restore(scene.start)
            scene.p.prefix = ["prlimit", f"--fsize={limit}"]
            r = scene.p.run()
            scene.p.prefix = []
            job.count(f"exit {r.code}")
            check(r.code in {0, 71, 73, 74}, f"{what}: {r}")
            if r.code != 0:
                sound(scene, what)
                r = scene.p.run()
                equal((r.code, r.err), (0, ""), f"{what}: without the limit: {r}")
            same_end(scene, wanted, what)
            holds(scene, what)
            settled(scene, what, wanted)


SWEEPS = {
    "output folder": (full("out"), 2),
    "ledger's folder": (full("books"), 4),
    "temporary folder": (full("spare"), 1),
    "size of files": (limited, 1),
}
