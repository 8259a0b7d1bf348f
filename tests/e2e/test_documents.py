"""The documents tell the truth: the README's commands run, its files exist, its lists are the program's, the example configuration is what `init` writes."""

import os
import re

from harness import check, equal
from workspace import small_month

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


def blocks(text):
    return re.findall(r"```sh[^\n]*\n(.*?)```", text, re.S)


def test_readme_month(t):
    """The commands of "Bill your month", one after the other as they stand there."""
    _, p = t.both(small_month(4, 1))
    month = next(b for b in blocks(read("README.md")) if "psabill init  " in b)
    commands = [line.split("#")[0].split() for line in month.split("\n") if line.startswith("psabill ")]
    equal([c[1] for c in commands], ["init", "customers", "check", "run", "run", "list"], "commands of the README")
    for c in commands:
        r = t.run(c[1:], cwd=p.dir)
        equal(r.code, 0, f"{' '.join(c)}: {r}")
    check("CLOSED" in r.out and "R0001" in r.out, f"psabill list shows the run: {r}")


def test_readme_make_targets(t):
    named = set(re.findall(r"^make (\w+)", "\n".join(blocks(read("README.md"))), re.M)) | {"install"}
    targets = set(re.findall(r"^([\w-]+):", read("Makefile") + read("install.mk"), re.M))
    equal(sorted(named - targets), [], "make targets that the README names and the Makefile lacks")


def test_readme_links_and_files(t):
    text = read("README.md")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        check(link.startswith("https://www.awork.com") or os.path.exists(os.path.join(TOP, link)), f"link {link}")


def test_readme_held_reasons(t):
    listed = re.search(r"with a reason: `(.*?)`", read("README.md"), re.S).group(1).split()
    known = re.findall(r'#define HELD_\w+ "(\w+)"', read("src", "billing", "select.h"))
    equal(sorted(listed), sorted(known), "held reasons")


def test_readme_exit_codes(t):
    table = read("README.md").split("## Exit status")[1].split("## ")[0]
    listed = {int(n) for row in re.findall(r"^\| ([\d ]+) \|", table, re.M) for n in row.split()}
    known = {int(n) for n in re.findall(r"ERR_\w+ = (\d+)", read("src", "base", "err.h"))}
    equal(sorted(listed), sorted(known), "exit codes")


def test_example_configuration(t):
    folder = t.folder("init")
    r = t.run(["init", folder])
    equal(r.code, 0, str(r))
    with open(os.path.join(folder, "psabill.conf"), encoding="utf-8") as f:
        equal(f.read(), read("config", "psabill.conf"), "config/psabill.conf, made by `psabill init`")
    with open(os.path.join(folder, "customers.csv"), encoding="utf-8", newline="") as f:
        equal(f.read(), read("config", "customers.csv").replace("\r\n", "\n").replace("\n", "\r\n"), "config/customers.csv")


def test_example_rates_are_valid(t):
    _, p = t.both(small_month(4, 1))
    p.write("rates.csv", read("config", "rates.csv"))
    p.run(code=0)


def test_help_lists_what_works(t):
    r = t.run(["--help"])
    equal(r.code, 0, str(r))
    commands = re.findall(r"^  (\w+) +", r.out.split("commands:")[1].split("options")[0], re.M)
    equal(sorted(commands), sorted(re.findall(r'\{ "(\w+)", cmd_', read("src", "main.c"))), "commands")
    for c in commands:
        one = t.run([c, "--help"])
        check(one.code == 0 and one.out.startswith(f"usage: psabill {c}"), f"{c} --help: {one}")
