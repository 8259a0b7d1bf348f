"""awork fails from a certain request on: connections closed, 503, 503 although applied, 401. Then it is back, and the next run ends as if nothing had been. The same after a
stop at every step, and for every single request that fails once."""

from scene import check, equal, holds, same_end, sound
from steps import RUN, VOID, Ground, ended, finish, stop

WAYS = {"closed": {"close": True}, "applied, then closed": {"apply_close": True}, "503": {"status": 503}, "503, applied": {"status": 503, "apply": True}, "reset": {"apply_close": True, "reset": True},
        "401": {"status": 401}, "no JSON": {"status": 200, "body": "<html>", "content_type": "text/html"}}
# The statuses that end a run for each way, before and after the point of no return.
CODES = {"401": {77}, "no JSON": {69, 75, 76}}


def requests_of(g):
    """How many requests the undisturbed command makes."""
    g.scene.restore(g.scene.start)
    before = len(g.scene.sb.log())
    equal(g.scene.p.command(*g.command).code, 0, "undisturbed")
    return len(g.scene.sb.log()) - before


def for_ever(command):
    def sweep(job):
        g = Ground(job, command)
        total = requests_of(g)
        points = [(f, way) for f in range(1, total + 1) for way in WAYS]
        for f, way in job.mine(points, 30):
            what = f"{way} from request {f} on"
            with job.point(what):
                g.scene.restore(g.scene.start)
                g.scene.sb.faults({"from": f, **WAYS[way]})
                r = g.scene.p.command(*command)
                if r.code != 0:
                    check(r.code in CODES.get(way, {69, 75}) and r.err, f"{what}: {r}")
                    job.count(f"ended with {r.code}")
                sound(g.scene, what)
                g.scene.sb.faults()
                finish(g, what)
                ended(g, what, g.wanted, f % 3 == 0)
        job.count("requests", 0 if job.part else total)
    return sweep


def once(command):
    """One request of the run fails, and the run itself gets over it, or says that it did not."""
    def sweep(job):
        g = Ground(job, command)
        total = requests_of(g)
        points = [(f, way) for f in range(1, total + 1) for way in WAYS if way not in ("401", "no JSON")]
        for f, way in job.mine(points, 24):
            what = f"{way} at request {f}"
            with job.point(what):
                g.scene.restore(g.scene.start)
                g.scene.p.configure({"awork": {"retry_minutes": "5"}})
                g.scene.sb.faults({"n": f, **WAYS[way]})
                r = g.scene.p.command(*command)
                equal((r.code, r.err), (0, ""), f"{what}: {r}")
                same_end(g.scene, g.wanted, what)
                holds(g.scene, what, f % 3 == 0)
                g.scene.p.configure({"awork": {"retry_minutes": "0"}})
                job.count("got over within the run")
    return sweep


def resumed(command):
    """Stopped at k; awork fails while the next run resumes; the one after that finishes."""
    def sweep(job):
        g = Ground(job, command)
        for k in job.mine(range(1, g.steps + 1), 5):
            stopped = None
            with job.point(f"step {k}"):
                g.scene.restore(g.scene.start)
                check(stop(g.scene, command, k), f"not stopped at {k}")
                stopped = g.scene.save()
            if stopped is None:
                continue
            for f in (1, 2, 3, 4, 6, 8, 10) if not job.quick else (2, 4):
                for way in ("503", "applied, then closed"):
                    what = f"step {k}, then {way} from request {f} on"
                    with job.point(what):
                        g.scene.restore(stopped)
                        g.scene.sb.faults({"from": f, **WAYS[way]})
                        r = g.scene.p.command(*command)
                        check(r.code in (0, 69, 75), f"{what}: {r}")
                        sound(g.scene, what)
                        g.scene.sb.faults()
                        finish(g, what)
                        ended(g, what, g.wanted, (k + f) % 4 == 0)
            stopped.drop()
    return sweep


SWEEPS = {
    "run, for ever": (for_ever(RUN), 2),
    "void, for ever": (for_ever(VOID), 2),
    "run, once": (once(RUN), 2),
    "void, once": (once(VOID), 2),
    "run, while it resumes": (resumed(RUN), 2),
    "void, while it resumes": (resumed(VOID), 2),
}
