"""Faults of the list that no other suite has: names that do not resolve, servers that do not answer, header names in another case, other content types, an hour that passes,
a clock that is a year off, a period folder on another device."""

import os
import socket
import subprocess

from scene import Scene, check, equal, harness, holds, invariants, same_end
from steps import RUN, Ground

RAW = "HTTP/1.1 200 OK\r\n{0}: application/json; charset=utf-8\r\n{1}: {2}\r\n{3}: {4}\r\n{5}: 1\r\n{6}: 1000\r\n{7}: {8}\r\nConnection: close\r\n\r\n{9}"


def nothing_done(scene, r, codes, what):
    check(r.code in codes and r.err, f"{what}: {r}")
    equal((scene.p.runs(), scene.sb.posts()), ([], []), f"{what}: folders and POSTs")
    if os.path.exists(scene.p.ledger):
        invariants.ledger_sound(scene.p)


def unreachable(job):
    """F1, F3, F4: bounded time, 69, nothing issued; then the right address, and all is done."""
    scene = Scene(job.test)
    base = scene.sb.base
    with job.point("no such name"):
        scene.p.configure({"awork": {"base_url": "https://awork.invalid/api/v1"}})
        nothing_done(scene, scene.p.run(), {69}, "no such name")
    full = socket.socket()  # its queue is full: further connections hang
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    hanging = []
    for _ in range(4):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(full.getsockname())
        hanging.append(c)
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(8)
    for what, server, limit in (("connections hang", full, 30), ("accepts and never answers", silent, 130)):
        if job.quick and server is silent:
            continue
        with job.point(what):
            scene.p.configure({"awork": {"base_url": f"http://127.0.0.1:{server.getsockname()[1]}/api/v1"}})
            r = scene.p.run(timeout=limit)
            nothing_done(scene, r, {69}, what)
            job.note(f"{what}: {r.seconds:.0f} s")
    for s in (full, silent, *hanging):
        s.close()
    with job.point("the right address again"):
        scene.p.configure({"awork": {"base_url": base}})
        scene.p.run(code=0)
        holds(scene, "the right address again")


def headers(job):
    """F36, F40: header names are compared without case; a wrong content type with good JSON is accepted."""
    scene = Scene(job.test)
    for name, case in (("lower", str.lower), ("upper", str.upper)):
        what = f"header names in {name} case"
        with job.point(what):
            scene.restore(scene.start)
            raw = RAW.format(*(case(x) if i in (0, 1, 3, 5, 6, 7) else x for i, x in
                               enumerate(("Content-Type", "Content-Length", "2", "aw-totalitems", "0", "aw-page", "aw-pagesize", "aw-items", "0", "[]"))))
            scene.sb.faults({"method": "GET", "path": "/timeentries", "raw": raw})
            r = scene.p.run()
            equal((r.code, r.err, scene.p.runs()), (0, "", []), f"{what}: an empty list: {r}")
            raw = raw.replace(case("aw-totalitems"), case("x-totalitems"))
            scene.sb.faults({"method": "GET", "path": "/timeentries", "raw": raw})
            check(scene.p.run().code != 0, f"{what}: without the total")
    with job.point("another content type"):
        scene.restore(scene.start)
        scene.sb.faults({"method": "GET", "path_prefix": "/timeentries", "set_headers": {"Content-Type": "text/plain"}})
        r = scene.p.run()
        equal((r.code, r.err), (0, ""), f"another content type: {r}")
        holds(scene, "another content type")


def an_hour(job):
    """F102: stopped or suspended for an hour at any request and step: what was checked an hour ago is checked again before it is issued. F106: the wall clock a year off."""
    g = Ground(job, RUN)
    scene, wanted = g.scene, g.wanted
    scene.restore(scene.start)
    file = os.path.join(scene.t.top, "sends")
    equal(scene.p.run(env={**scene.p.env, "SWEEP_SENDS": file}).code, 0, "undisturbed")
    requests = len(scene.sb.log())
    with open(file, "rb") as f:
        sends = f.read()

    def passes(what, env):
        """True when something was read once more."""
        with job.point(what):
            scene.restore(scene.start)
            r = scene.p.run(env={**scene.p.env, **env})
            equal((r.code, r.err), (0, ""), f"{what}: {r}")
            same_end(scene, wanted, what)
            return len(scene.sb.log()) > requests
        return False

    for after in range(0, sends[-1], 6 if job.quick else 2):
        passes(f"an hour after request {after}", {"SWEEP_JUMP_SENDS": str(after)})
    again = {name: passes(f"an hour after step {k}, {name}", {"SWEEP_JUMP_STEP": str(k)}) for k, name in enumerate(g.names, 1)}
    with job.point("what is old is read again"):
        equal([name for name, repeated in again.items() if repeated], ["D1", "D7"], "steps after which an hour makes the first counts or the recheck old")
    for off in (-366 * 86400, 366 * 86400):
        with job.point(f"wall clock off by {off} s"):
            scene.restore(scene.start)
            env = {**scene.p.env, "SWEEP_WALL": str(off)}
            r = scene.p.run(env=env)
            equal((r.code, r.err), (0, ""), f"wall clock off: {r}")
            same_end(scene, wanted, f"wall clock off by {off} s")
            holds(scene, f"wall clock off by {off} s")


def network_file_system(job):
    """F98: the type that statfs() tells is set by a preloaded shim; no such file system is needed."""
    scene = Scene(job.test)
    for number, name in (("6969", "NFS"), ("ff534d42", "CIFS"), ("fe534d42", "SMB2"), ("517b", "SMB"), ("65735546", "FUSE")):
        with job.point(name):
            scene.restore(scene.start)
            r = scene.p.run(env={**scene.p.env, "SWEEP_FSTYPE": number})
            nothing_done(scene, r, {78}, name)
            check(name in r.err and not os.path.exists(scene.p.ledger), f"{name}: {r}")
    for number, name in (("ef53", "ext4"), ("58465342", "XFS"), ("9123683e", "btrfs"), ("2fc12fc1", "ZFS"), ("794c7630", "overlay")):
        with job.point(name):
            scene.restore(scene.start)
            equal(scene.p.run(env={**scene.p.env, "SWEEP_FSTYPE": number}).code, 0, name)


def two_devices(job):
    """F88: a folder on the way is a file system of its own: the one rename cannot work, and is not tried."""
    scene = Scene(job.test)
    with job.point("the period's folder is a mount"):
        period = os.path.join(scene.p.out, "2026-10")
        os.mkdir(period, 0o750)
        r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M,mode=0750", "psabill-sweep", period], capture_output=True, check=False)
        if r.returncode != 0:
            raise harness.Skip(f"no tmpfs can be mounted: {r.stderr.decode().strip()}")
        try:
            nothing_done(scene, scene.p.run(), {78}, "the period's folder is a mount")
        finally:
            subprocess.run(["umount", "-l", period], check=False)
        scene.p.run(code=0)
        holds(scene, "without the mount")


SWEEPS = {
    "unreachable": (unreachable, 1),
    "headers": (headers, 1),
    "an hour passes": (an_hour, 1),
    "two devices": (two_devices, 1),
    "network file system": (network_file_system, 1),
}
