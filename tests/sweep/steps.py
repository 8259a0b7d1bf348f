"""Stopped at every step, and at every pair of steps: stop at k, then while the next run recovers at j. Between the two awork stays as it was, or an entry is edited,
deleted, or billed (for a void: unbilled) by somebody else, or awork fails. The end is that of a run that was never interrupted."""

import re

from scene import CONF, End, KILL, Scene, check, equal, harness, holds, same_end, settled, sound

RUN = ("run",)
VOID = ("void", "RE-2026-00001", "--reason", "wrong rate")
IDLE = ("run", "--period", "2026-08")  # settles what is open and finds nothing to bill
LIMIT = 120  # steps


def stop(scene, command, k, kill=False):
    """True when the command was stopped at step k; else it has ended well."""
    env = {**scene.p.env, "PSABILL_STOP_AT": str(k), **({"SWEEP_KILL": "1"} if kill else {})}
    r = scene.p.command(*command, env=env)
    if r.code == (-KILL if kill else 100):
        return True
    check(r.code in (0, 3), f"stop at {k}: {r}")
    return False


def step_names(r):
    """Of a command that ran with -v and a stop point that it does not reach."""
    return re.findall(r" debug (?:R\d+ )?step \d+ (.*)", r.err)


class Ground:
    """A scene with the point where the command begins and the end that it has when nothing disturbs it."""

    def __init__(self, job, command, conf=None):
        harness.step_build(job.test)
        self.scene, self.command = Scene(job.test, conf=conf), command
        if command is not RUN:
            equal(self.scene.p.run().code, 0, "the run before the void")
            self.scene.start.drop()
            self.scene.start = self.scene.save()
        r = self.scene.p.command(*command, env={**self.scene.p.env, "PSABILL_STOP_AT": "999999"}, options=("-v",))
        equal(r.code, 0, f"undisturbed: {r}")
        self.names = step_names(r)
        self.steps = len(self.names)
        check(10 < self.steps < LIMIT, f"{self.steps} steps")
        holds(self.scene, "undisturbed")
        self.wanted = End(self.scene)
        claims = [e for e, in self.scene.p.sql("SELECT entry FROM claim WHERE invoice='RE-2026-00001' ORDER BY entry")]
        self.victims = claims[1:4]
        if command is VOID:
            equal(self.scene.p.sql("SELECT state FROM invoice WHERE no='RE-2026-00001'"), [("VOIDED",)], "undisturbed: the document")
            equal([e for e in claims if e in self.wanted.billed or e in self.scene.p.claims()], [], "undisturbed: entries of the voided document that are still billed")
            sums = self.scene.p.sql("SELECT sum(net_minor),sum(tax_minor),sum(gross_minor),sum(secs) FROM invoice WHERE no='RE-2026-00001' OR voids='RE-2026-00001'")
            equal(sums, [(0, 0, 0, 0)], "undisturbed: document and cancellation")
        else:
            equal(self.wanted.billed, set(self.scene.entries), "undisturbed: billed")


EDITS = {
    "edited": lambda v, billed: [{"op": "set", "id": v[0], "set": {"dur": 4000}, "by": "u02"}],
    "deleted": lambda v, billed: [{"op": "delete", "id": v[1]}],
    "flipped": lambda v, billed: [{"op": "set", "id": v[2], "set": {"billed": billed}, "by": "u02"}],
}


def change(ground, kind):
    scene = ground.scene
    scene.touched = set(ground.victims)
    scene.sb.edit(*EDITS[kind](ground.victims, ground.command is RUN))


def finish(ground, what, command=None, code=(0,)):
    """The run that recovers, undisturbed. A void that was rolled back by a run is asked for again."""
    scene = ground.scene
    r = scene.p.command(*(command or ground.command))
    check(r.code in code, f"{what}: the run that finishes: {r}")
    if r.code == 0:
        equal(r.err, "", f"{what}: standard error of the run that finishes")
    if command is IDLE and ground.command is VOID and scene.p.sql("SELECT state FROM invoice WHERE no='RE-2026-00001'") == [("ISSUED",)]:
        r = scene.p.command(*VOID)
        check(r.code in code, f"{what}: the void asked for again: {r}")


def ended(ground, what, wanted, deep, again=None, code=(0,)):
    same_end(ground.scene, wanted, what)
    holds(ground.scene, what, deep)
    settled(ground.scene, what, wanted, again or (RUN if ground.command is RUN else IDLE), deep, code)


def singles(command, kill=False, recovery=None, conf=None):
    def sweep(job):
        g = Ground(job, command, conf)
        for k in job.mine(range(1, g.steps + 1), 12):
            what = f"step {k}"
            with job.point(what):
                g.scene.restore(g.scene.start)
                check(stop(g.scene, command, k, kill), f"not stopped at step {k}")
                sound(g.scene, what)
                finish(g, what, recovery)
                ended(g, what, g.wanted, True)
        job.count("steps", 0 if job.part else g.steps)
    return sweep


def single_end(g, kind, k, what):
    """Stopped at k, awork changed, finished without a further stop: what all j must lead to. The rules of section 6 for the three kinds."""
    scene = g.scene
    finish(g, what, code=(0, 3))
    states, entry = scene.p.claims(), g.victims[list(EDITS).index(kind)]
    if g.command is RUN:
        allowed = {"edited": {"VERIFIED", "DRIFT"}, "deleted": {"VERIFIED", "GONE", None}, "flipped": {"VERIFIED", "FOREIGN", "MARKED", None}}[kind]
        check(states.get(entry) in allowed, f"{what}: claim of the {kind} entry is {states.get(entry)}")
        open_ones = [i for i, x in scene.sb.entries().items() if not x["billed"]]
        equal(open_ones, [], f"{what}: open entries")
    else:
        equal(scene.p.sql("SELECT state FROM invoice WHERE no='RE-2026-00001'"), [("VOIDED",)], f"{what}: document")
        equal([e for e, s in states.items() if e in g.victims], [], f"{what}: live claims of the voided document")
        check(not any(scene.sb.entries()[e]["billed"] for e in g.victims if e in scene.sb.entries()), f"{what}: entries of the voided document are billed")
    holds(scene, what)
    return End(scene)


def pairs(command, kind, recovery=None, kill=False):
    def sweep(job):
        g = Ground(job, command)
        scene, n = g.scene, 0
        for k in job.mine(range(1, g.steps + 1), 4):
            what = f"step {k}, {kind}"
            stopped = None
            with job.point(what):
                scene.restore(scene.start)
                scene.touched = set()
                check(stop(scene, command, k, kill), f"not stopped at step {k}")
                if kind != "unchanged":
                    change(g, kind)
                stopped = scene.save()
                wanted = g.wanted if kind == "unchanged" else single_end(g, kind, k, what)
            if stopped is None:
                continue
            for j in range(1, LIMIT) if not job.quick else range(1 + k % 3, LIMIT, 4):
                again = False
                with job.point(f"steps {k}, {j}, {kind}"):
                    what = f"steps {k}, {j}, {kind}"
                    scene.restore(stopped)
                    again = stop(scene, recovery or command, j, kill)
                    if again:
                        n += 1
                        sound(scene, what)
                        finish(g, what, recovery, (0, 3))
                        ended(g, what, wanted, (k + j) % 5 == 0, code=(0, 3))
                if not again:
                    break
            stopped.drop()
        job.count("pairs", n)
    return sweep


SWEEPS = {
    "run": (singles(RUN), 2),
    "run, SIGKILL": (singles(RUN, kill=True), 2),
    "run, xlsx": (singles(RUN, conf={**CONF, "output": {"formats": "xlsx csv"}}), 2),
    "void": (singles(VOID), 2),
    "void, SIGKILL": (singles(VOID, kill=True), 2),
    "void, settled by a run": (singles(VOID, recovery=IDLE), 2),
    "run pairs, unchanged": (pairs(RUN, "unchanged"), 6),
    "run pairs, SIGKILL": (pairs(RUN, "unchanged", kill=True), 6),
    "run pairs, edited": (pairs(RUN, "edited"), 6),
    "run pairs, deleted": (pairs(RUN, "deleted"), 6),
    "run pairs, billed by somebody else": (pairs(RUN, "flipped"), 6),
    "void pairs, unchanged": (pairs(VOID, "unchanged"), 4),
    "void pairs, settled by a run": (pairs(VOID, "unchanged", recovery=IDLE), 4),
    "void pairs, edited": (pairs(VOID, "edited"), 4),
    "void pairs, deleted": (pairs(VOID, "deleted"), 4),
    "void pairs, unbilled by somebody else": (pairs(VOID, "flipped"), 4),
}
