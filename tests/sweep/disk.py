"""A disk as POSIX promises it, filled from strace's record of a process: what a power cut may leave is what was synced, and any part of what was not."""

import os
import random
import re
import sqlite3
import stat
import tempfile

SECTOR = 512
TRACE = "openat,write,pwrite64,fsync,fdatasync,renameat,renameat2,rename,unlink,unlinkat,mkdirat,mkdir,rmdir,ftruncate,lseek,sendto,fchmod,dup,dup2,dup3,fallocate,pwritev,writev,copy_file_range,link,linkat,symlink,symlinkat"
UNKNOWN = {"fallocate", "pwritev", "copy_file_range", "link", "linkat", "symlink", "symlinkat", "dup", "dup2", "dup3"}  # none of them comes; if one does, the model must learn it


class File:
    def __init__(self, data=b""):
        self.data, self.durable, self.pending = bytearray(data), bytes(data), []

    def write(self, at, data):
        if at > len(self.data):
            self.data.extend(b"\0" * (at - len(self.data)))
        self.data[at:at + len(data)] = data
        self.pending.append((at, bytes(data)))

    def truncate(self, size):
        del self.data[size:]
        self.data.extend(b"\0" * (size - len(self.data)))
        self.pending.append((size, None))

    def sync(self):
        self.durable, self.pending = bytes(self.data), []

    def left(self, choose):
        """What is there after the cut: choose(i, n) says for the i-th of n pending changes which share of it came to the disk: 0, 1, or a function of sectors."""
        data = bytearray(self.durable)
        for i, (at, piece) in enumerate(self.pending):
            share = choose(i, len(self.pending))
            if piece is None:
                if share:
                    del data[at:]
                    data.extend(b"\0" * (at - len(data)))
                continue
            for from_ in range(0, len(piece), SECTOR):
                if share if isinstance(share, int) else share(from_ // SECTOR, -(-len(piece) // SECTOR)):
                    part = piece[from_:from_ + SECTOR]
                    if at + from_ > len(data):
                        data.extend(b"\0" * (at + from_ - len(data)))
                    data[at + from_:at + from_ + len(part)] = part
        return bytes(data)


class Dir:
    def __init__(self, mode=0o700):
        self.names, self.durable, self.pending, self.mode = {}, {}, [], mode

    def change(self, *op):
        self.apply(self.names, op)
        self.pending.append(op)

    @staticmethod
    def apply(names, op):
        what, name, node, old = op
        if what == "del":
            names.pop(name, None)
        else:  # add, or move: the old name goes in the same step
            if old is not None:
                names.pop(old, None)
            names[name] = node

    def sync(self):
        self.durable, self.pending = dict(self.names), []

    def left(self, choose):
        names = dict(self.durable)
        for i, op in enumerate(self.pending):
            if choose(i, len(self.pending)):
                self.apply(names, op)
        return names


def load(path):
    node = Dir(stat.S_IMODE(os.lstat(path).st_mode))
    for name in sorted(os.listdir(path)):
        sub = os.path.join(path, name)
        if os.path.isdir(sub):
            node.names[name] = load(sub)
        else:
            with open(sub, "rb") as f:
                node.names[name] = File(f.read())
            node.names[name].mode = stat.S_IMODE(os.lstat(sub).st_mode)
    node.durable = dict(node.names)
    return node


def text(arg):
    return bytes.fromhex(arg[arg.index('"') + 1:arg.rindex('"')].replace("\\x", ""))


class Disk:
    """The project's folder, call by call. `moments` collects (what is about to happen, image maker) at every call that orders something."""

    def __init__(self, top):
        self.top, self.root = top, load(top)
        self.fds, self.posts, self.violations = {}, 0, []

    def find(self, path, base=None):
        """(folder, name, node or None) of a path; None outside of the project."""
        if path.startswith("/"):
            if path == self.top:
                return None, "", self.root
            if not path.startswith(self.top + "/"):
                return None
            base, path = self.root, path[len(self.top) + 1:]
        if base is None:
            return None
        parts = [x for x in path.split("/") if x not in ("", ".")]
        if not parts:
            return None, "", base
        for part in parts[:-1]:
            base = base.names.get(part)
            if not isinstance(base, Dir):
                return None
        return base, parts[-1], base.names.get(parts[-1])

    def at(self, arg, path):
        if arg.startswith("AT_FDCWD"):
            return self.find(path, self.root)
        entry = self.fds.get(int(re.match(r"\d+", arg)[0]))
        return self.find(path, entry[0] if entry else None)

    def fd(self, arg):
        return self.fds.get(int(re.match(r"\d+", arg)[0]))

    @staticmethod
    def ordered(line):
        """True for calls before which a cut is worth trying."""
        return re.match(r"(fsync|fdatasync|rename|unlink|mkdir|ftruncate|sendto\(\d+<[^>]*>, \"\\x50\\x4f\\x53\\x54)", line) is not None

    def feed(self, line):
        m = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)", line)
        if not m or int(m[3]) < 0:
            return
        name, args, result = m[1], m[2].split(", "), int(m[3])
        if name in UNKNOWN:
            raise AssertionError(f"the model does not know {name}")
        getattr(self, "do_" + name.rstrip("0123456789"))(args, result)

    def do_openat(self, args, result):
        found = self.at(args[0], text(args[1]).decode())
        self.fds[result] = None
        if found is None:
            return
        folder, name, node = found
        flags = args[2].split("|")
        if node is None and "O_CREAT" in flags:
            node = File()
            node.mode = int(args[3], 8)
            folder.change("add", name, node, None)
        elif "O_TRUNC" in flags and len(node.data) > 0:
            node.truncate(0)
        self.fds[result] = [node, len(node.data) if "O_APPEND" in flags else 0]

    def do_lseek(self, args, result):
        if self.fd(args[0]):
            self.fd(args[0])[1] = result

    def do_write(self, args, result):
        entry = self.fd(args[0])
        if entry:
            entry[0].write(entry[1], text(args[1])[:result])
            entry[1] += result

    def do_pwrite(self, args, result):
        if self.fd(args[0]):
            self.fd(args[0])[0].write(int(args[3]), text(args[1])[:result])

    def do_ftruncate(self, args, _):
        if self.fd(args[0]):
            self.fd(args[0])[0].truncate(int(args[1]))

    def do_fsync(self, args, _):
        if self.fd(args[0]):
            self.fd(args[0])[0].sync()

    do_fdatasync = do_fsync

    def do_fchmod(self, args, _):
        if self.fd(args[0]):
            self.fd(args[0])[0].mode = int(args[1], 8)

    def move(self, a, b):
        if a is None or b is None:
            return
        assert a[0] is b[0], "a rename between folders"
        if a[1].startswith(".stage-"):
            self.must_be_durable(a[2], a[1])
            self.ledger_is_durable("the rename of the stage")
            states = self.ask_ledger("SELECT state FROM run ORDER BY seq DESC LIMIT 1")
            if states != [("PUBLISHING",)]:
                self.violations.append(f"the stage is renamed while the ledger on the disk says {states} (I16)")
        a[0].change("move", b[1], a[2], a[1])

    def do_renameat(self, args, _):
        self.move(self.at(args[0], text(args[1]).decode()), self.at(args[2], text(args[3]).decode()))

    def do_rename(self, args, _):
        self.move(self.find(text(args[0]).decode(), self.root), self.find(text(args[1]).decode(), self.root))

    def do_unlinkat(self, args, _):
        self.gone(self.at(args[0], text(args[1]).decode()))

    def do_unlink(self, args, _):
        self.gone(self.find(text(args[0]).decode(), self.root))

    do_rmdir = do_unlink

    @staticmethod
    def gone(found):
        if found and found[0] is not None:
            found[0].change("del", found[1], None, None)

    def do_mkdirat(self, args, _):
        self.made(self.at(args[0], text(args[1]).decode()))

    def do_mkdir(self, args, _):
        self.made(self.find(text(args[0]).decode(), self.root))

    @staticmethod
    def made(found):
        if found:
            found[0].change("add", found[1], Dir(), None)

    def do_writev(self, args, _):
        if self.fd(args[0]):
            raise AssertionError("writev into the project")

    def do_sendto(self, args, _):
        if text(args[1]).startswith(b"POST "):
            self.posts += 1
            self.ledger_is_durable(f"POST {self.posts}")
            if self.ask_ledger("SELECT count(*) FROM attempt WHERE state='SENT'") == [(0,)]:
                self.violations.append(f"POST {self.posts} is sent without an intent on the disk (I16)")

    # I16 and P5: what must be durable before the next thing is seen by others.

    def ledger_is_durable(self, before):
        for name in ("ledger.db", "ledger.db-journal"):
            node = self.root.names.get(name)
            if node is not None and (node.pending or self.root.durable.get(name) is not node):
                self.violations.append(f"{name} is not durable before {before} (I16)")

    def must_be_durable(self, node, path):
        if node.pending:
            self.violations.append(f"{path} is not durable before it is published (P5)")
        if isinstance(node, Dir):
            for name, sub in node.names.items():
                self.must_be_durable(sub, f"{path}/{name}")

    def ask_ledger(self, query):
        """What a process would read after a cut that takes everything that is not synced."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("ledger.db", "ledger.db-journal"):
                node = self.root.durable.get(name)
                if node is not None:
                    with open(os.path.join(folder, name), "wb") as f:
                        f.write(node.durable)
            db = sqlite3.connect(os.path.join(folder, "ledger.db"))
            try:
                return db.execute(query).fetchall()
            except sqlite3.Error as error:
                return str(error)
            finally:
                db.close()

    # Images

    def image(self, how, seed=0):
        """Path -> (mode, bytes or None for a folder) after a cut now."""
        rng = random.Random(seed)
        files = {"all": lambda i, n: 1, "none": lambda i, n: 0, "names": lambda i, n: 0, "data": lambda i, n: 1, "random": lambda i, n: lambda s, m: rng.random() < 0.5,
                 "torn": lambda i, n: (lambda s, m: s < m - 1 and (s < m // 2 or rng.random() < 0.5)) if i == n - 1 else 1, "prefix": None}[how]
        names = {"all": lambda i, n: 1, "none": lambda i, n: 0, "names": lambda i, n: 1, "data": lambda i, n: 0, "random": lambda i, n: int(rng.random() < 0.5), "torn": lambda i, n: 1,
                 "prefix": None}[how]
        found = {}

        def walk(node, path):
            cut = rng.random()
            if isinstance(node, File):
                found[path] = (node.mode, node.left(files or (lambda i, n: int(i < cut * (n + 1)))))
                return
            found[path] = (node.mode, None)
            for name, sub in sorted(node.left(names or (lambda i, n: int(i < cut * (n + 1)))).items()):
                walk(sub, os.path.join(path, name))

        walk(self.root, "")
        return found


def put(image, top):
    """Writes an image over an empty place."""
    folders = []
    for path, (mode, data) in image.items():
        full = os.path.join(top, path) if path else top
        if data is None:
            os.mkdir(full, 0o700)
            folders.append((full, mode))
        else:
            with open(full, "wb") as f:
                f.write(data)
            os.chmod(full, mode)
    for full, mode in reversed(folders):
        os.chmod(full, mode)
