"""psabill by fork instead of exec: see tests/sweep/forkserver.c. A Server is one loaded program; a Forked is what subprocess.Popen would be."""

import os
import select
import socket
import struct
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHIM = os.path.join(ROOT, "build", "shims", "forkserver.so")


class Server:
    def __init__(self, binary, preload, env, path):
        self.path = path
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.bind(path)
            s.listen(64)
            env = {**env, "FORKSERVER": str(s.fileno()), "LD_PRELOAD": f"{SHIM}:{preload}" if preload else SHIM}
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            self.process = subprocess.Popen([binary], env=env, pass_fds=[s.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Forked:
    """The part of subprocess.Popen that the tests use; both outputs are pipes."""

    def __init__(self, path, args, env, cwd):
        self.args, self.returncode = args, None
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.connect(path)
        null = os.open("/dev/null", os.O_RDONLY)
        self.pipes, others = zip(*(os.pipe() for _ in range(2)))
        words = [cwd, str(len(args)), *args, *(f"{k}={v}" for k, v in env.items())]
        socket.send_fds(self.connection, [b"".join(os.fsencode(w) + b"\0" for w in words)], [null, *others])
        for fd in (null, *others):
            os.close(fd)
        answer = self.connection.recv(4)
        if len(answer) != 4:
            raise OSError("the fork server is gone")
        self.pid, = struct.unpack("i", answer)

    def poll(self):
        if self.returncode is None and select.select([self.connection], [], [], 0)[0]:
            answer = self.connection.recv(4)
            self.returncode = os.waitstatus_to_exitcode(struct.unpack("i", answer)[0]) if len(answer) == 4 else -9
            self.connection.close()
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None and not select.select([self.connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.poll()

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(9)

    def communicate(self, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        data, left = {fd: [] for fd in self.pipes}, list(self.pipes)
        while left:
            ready, _, _ = select.select(left, [], [], None if end is None else max(0, end - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout)
            for fd in ready:
                piece = os.read(fd, 65536)
                data[fd].append(piece)
                if not piece:
                    left.remove(fd)
                    os.close(fd)
        found, self.pipes = [b"".join(data[fd]) for fd in self.pipes], ()
        self.wait(None if end is None else max(0.1, end - time.monotonic()))
        return (*found, b"", b"")[:2]
