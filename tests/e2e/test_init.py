"""init with a person at a terminal and without one: questions, answers checked at once, nothing half-written, the token tried, what comes next."""

import os
import pty
import re
import select
import signal
import stat
import time

import recompute
from harness import check, equal, tree
from workspace import small_month

CTRL_C, CTRL_D = b"\x03", b"\x04"
SELLER = ["Studio Nordlicht GmbH", "Werftweg 3", "24103", "Kiel", "", "DE136695976", "rechnung@nordlicht.example", "DE02120300000000202051"]
NAMES = ("name", "street", "zip", "city")


class Dialogue:
    """psabill on a terminal of its own: waits for a question, answers, goes on."""

    def __init__(self, t, folder, *args, env=None):
        self.text, self.seen = "", 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(t.psabill, ["psabill", *args], t.environment({"TERM": "dumb", **(env or {})}))

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.text += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)

    def wait(self, question):
        end = time.monotonic() + 30
        while question not in self.text[self.seen:]:
            check(time.monotonic() < end, f"no {question!r} in {self.text[self.seen:]!r}")
            self.read(0.2)
        self.seen = self.text.index(question, self.seen) + len(question)

    def say(self, question, answer):
        self.wait(question)
        os.write(self.fd, answer if isinstance(answer, bytes) else answer.encode() + b"\n")

    def end(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and (self.read(0.2) or os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None):
            pass
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def seller(self, answers=None):
        for question, answer in zip(("Legal name:", "Street and number:", "Postal code:", "City:", "Country [DE]:", "VAT id", "E-mail", "IBAN"), answers or SELLER):
            self.say(question, answer)


def value(folder, key):
    """Of a line that is no comment."""
    with open(os.path.join(folder, "psabill.conf"), encoding="utf-8") as f:
        found = re.findall(rf"^{key} = (.*)$", f.read(), re.M)
    check(len(found) <= 1, f"{key} twice")
    return found[0] if found else None


def test_dialogue_to_the_first_preview(t):
    """Everything is asked that a first preview needs; the next commands that it names work as they stand there."""
    sb = t.sandbox(small_month(12))
    folder = t.folder("new")
    d = Dialogue(t, folder, "init")
    d.say("Address of the API [https://api.awork.com/api/v1]:", sb.base)
    d.say("File with the API key [token]:", "")
    d.say("API key", "sandbox-admin-key")
    d.seller()
    d.say("Time zone", "Europe/Berlin")
    d.say("Price per hour", "95,50")
    equal(d.end(), 0, d.text)
    check("sandbox-admin-key" not in d.text, "the key is shown")
    check("awork  ok, the API key works: workspace" in d.text, d.text)
    equal(sorted(os.listdir(folder)), ["customers.csv", "out", "psabill.conf", "rates.csv", "token"], "files")
    equal((open(os.path.join(folder, "token"), encoding="ascii").read(), stat.S_IMODE(os.stat(os.path.join(folder, "token")).st_mode)), ("sandbox-admin-key", 0o600), "token")
    equal([value(folder, k) for k in (*NAMES, "vat_id", "email", "iban", "token_file", "base_url")],
          [*SELLER[:4], *SELLER[5:], "token", sb.base], "settings")
    equal(value(folder, "country"), None, "a default stays a comment")
    equal([r["rate"] for r in recompute.read_csv(os.path.join(folder, "rates.csv")) if not r["company"].startswith("#")], ["95.50"], "prices")
    steps = re.findall(r"^  \d\. (psabill [^ ]+(?: --[a-z-]+)?)", d.text, re.M)
    equal(steps, ["psabill customers", "psabill check", "psabill run --dry-run"], "what comes next")
    for line in steps:
        r = t.run(line.split()[1:], cwd=folder)
        equal(r.code, 0, f"{line}: {r}")
    check(os.path.isdir(os.path.join(folder, "out", "draft", "2026-10")), "the preview")
    equal(sb.posts(), [], "requests that write")


def test_answers_are_checked_at_once(t):
    folder = t.folder("checked")
    d = Dialogue(t, folder, "init")
    d.say("Address", "ftp://example.org")
    d.wait("must start with https://")
    d.say("Address", "http://127.0.0.1:9/")
    d.say("File with the API key", "")
    d.say("API key", "with blanks in it")
    d.wait("no API key has")
    d.say("API key", "")
    for question in ("Legal name:", "Street and number:", "Postal code:", "City:"):
        d.say(question, "")
    d.say("Country", "Germany")
    d.wait("country code")
    d.say("Country", "XX")
    d.wait("country code")
    d.say("Country", "AT")
    for answer in ("DE12", "XX123456789", "DE136695975"):
        d.say("VAT id", answer)
        d.wait("no ")
    d.say("VAT id", "")
    d.say("Tax number", "19/123/45678")
    d.say("E-mail", "nobody")
    d.wait("is no e-mail address")
    d.say("E-mail", "")
    d.say("IBAN", "DE02120300000000202052")
    d.wait("is no IBAN")
    d.say("IBAN", "")
    d.say("Time zone", "Europe/Bielefeld")
    d.wait("is no time zone")
    d.say("Time zone", "Europe/Vienna")
    for answer in ("free", "-5", "0", "1.00001"):
        d.say("Price", answer)
        d.wait("is no price")
    d.say("Price", "")
    equal(d.end(), 0, d.text)
    equal([value(folder, k) for k in ("country", "tax_number", "timezone", "name", "iban")], ["AT", "19/123/45678", "Europe/Vienna", None, None], "settings")
    equal(sorted(os.listdir(folder)), ["customers.csv", "out", "psabill.conf", "rates.csv"], "files; no key, no token file")
    for text in ("fill in [seller] name street zip city", "put the API key into its file", "rates.csv: fill in your prices"):
        check(text in d.text, f"{text}: {d.text}")


def test_stopped_leaves_nothing(t):
    """Ctrl-C or the end of input at any question: no file, no folder; the terminal shows again what is typed."""
    questions = ["Address", "File with the API key", "API key (", "Legal name", "Street", "Postal code", "City", "Country", "VAT id", "E-mail", "IBAN", "Time zone", "Price"]
    answers = {"Address": "http://127.0.0.1:9/", "API key (": "some-key", "VAT id": "DE136695976"}
    for i, last in enumerate(questions):
        for key in (CTRL_C, CTRL_D)[:2 if i in (0, 2, 12) else 1]:
            folder = t.folder("stopped")
            d = Dialogue(t, folder, "init", "deep/inside")
            for q in questions[:i]:
                d.say(q, answers.get(q, ""))
            d.say(last, key)
            code = d.end()
            check(code in ((-signal.SIGINT,) if key == CTRL_C else (75,)), f"{last}: {code} {d.text}")
            check("stopped; nothing was written" in d.text, d.text)
            equal(os.listdir(folder), [], f"stopped at {last!r}")


def test_without_a_terminal_nothing_is_asked(t):
    for args in (["init"], ["init", "--yes"], ["-q", "init"]):
        folder = t.folder("pipe")
        r = t.run(args, cwd=folder)
        equal((r.code, r.err), (0, ""), f"{args}: {r}")
        equal(sorted(os.listdir(folder)), ["customers.csv", "out", "psabill.conf", "rates.csv"], f"{args}")
    folder = t.folder("yes")
    d = Dialogue(t, folder, "init", "--yes")
    equal((d.end(), "[" in d.text.split("next:")[0]), (0, False), f"--yes on a terminal asks nothing: {d.text}")


def test_settings_by_options(t):
    sb = t.sandbox(small_month(4, 1))
    folder = t.folder("options")
    with open(os.path.join(folder, "token"), "w", encoding="ascii") as f:
        f.write("sandbox-admin-key\n")
    os.chmod(f.name, 0o600)
    sets = [f"awork.base_url={sb.base}", "awork.token_file=token", "seller.name=A = B", "seller.street=Weg 1", "seller.zip=1", "seller.city=K", "seller.vat_id=DE136695976",
            "billing.due_days=14", "billing.round_mode=up"]
    r = t.run(["init", "--rate", "80", *(x for s in sets for x in ("--set", s))], cwd=folder)
    equal((r.code, r.err), (0, ""), f"{r}")
    check("the API key works" in r.out, r.out)
    equal([value(folder, k) for k in ("name", "round_mode", "due_days")], ["A = B", "up", None], "settings")
    for command in ("customers", "check", "run"):
        equal(t.run([command], cwd=folder).code, 0, command)
    held = recompute.read_csv(os.path.join(folder, "out", "2026-10", "R0001", "held.csv"))
    equal([x["reason"] for x in held], ["customer_incomplete"] * 4, "the sandbox knows no address; the price is there")


def test_bad_options_write_nothing(t):
    for args, text in ((["--set", "seller.nam=x"], "did you mean seller.name"), (["--set", "name=x"], "SECTION.KEY=VALUE"), (["--set", "billing.due_days=x"], "whole number"),
                       (["--set", "seller.iban=DE1"], "no IBAN"), (["--set", "seller.name=a\nb"], "line break"), (["--rate", "x"], "no price"), (["--set", "zzz.yyy=x"], "no such setting")):
        folder = t.folder("bad")
        r = t.run(["init", *args], cwd=folder)
        check(r.code == 64 and text in r.err, f"{args}: {r}")
        equal(os.listdir(folder), [], f"{args}")


def test_token_that_does_not_work(t):
    """It is told, and the files are written all the same."""
    sb = t.sandbox(small_month(4, 1))
    for base, text in ((sb.base, "401"), ("http://127.0.0.1:9/", "127.0.0.1")):
        folder = t.folder("refused")
        r = t.run(["init", "--set", f"awork.base_url={base}"], cwd=folder, env={"PSABILL_AWORK_TOKEN": "no-such-key"})
        check(r.code == 3 and text in r.err and "the files are written" in r.err and "no-such-key" not in r.out + r.err, f"{r}")
        equal(sorted(os.listdir(folder)), ["customers.csv", "out", "psabill.conf", "rates.csv"], "files")


def test_nothing_is_asked_where_settings_are(t):
    """A second init on a terminal keeps every byte and asks nothing."""
    folder = t.folder("again")
    t.run(["init"], cwd=folder)
    before = tree(folder, skip=())
    d = Dialogue(t, folder, "init")
    equal(d.end(), 0, d.text)
    check("kept   psabill.conf" in d.text and "Enter takes" not in d.text, d.text)
    equal(tree(folder, skip=()), before, "files")
