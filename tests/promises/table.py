# SPDX-License-Identifier: Apache-2.0
"""docs/TESTING.md: every promise in it has a test, and every test it names exists and is built.

usage: table.py BUILD_FOLDER

A name is one of ctest's, perhaps with *; or folder/file:function in tests/. A function of a C file
must be a test in the file's text and in a program that ctest runs (a framework's table holds the
test's name as a string); one of a script must be used there, and ctest must run the script."""

import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "TESTING.md"
HEAD = re.compile(r"^\| promise \| from \| tests \|$")
SOURCES = {"API", "heaps", "pool", "§2", "§3", "§4", "§5", "§6", "§7", "§8"}
FUNCTION = re.compile(r"^([\w-]+)/([\w./-]+\.(?:c|py)):(\w+)$")
# How a function becomes a test: one of cmocka's, one of the Zephyr shim's.
DEFINED = r"^(?:static void {0}\(void \*\*state\)|ZTEST\(\w+, {0}\))"


class Tests:
    """What ctest knows in a build folder."""

    def __init__(self, build):
        done = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{build}: expected a build folder, ctest says: {done.stderr.strip()[:200]}")
        self.commands = {t["name"]: t.get("command", []) for t in json.loads(done.stdout)["tests"]}
        self.bytes = {}

    def known(self, pattern):
        return bool(fnmatch.filter(self.commands, pattern))

    def programs(self, folder):
        """The built programs of tests/folder that ctest runs."""
        for command in self.commands.values():
            if command and f"/tests/{folder}/" in command[0] and command[0] not in self.bytes:
                self.bytes[command[0]] = Path(command[0]).read_bytes()
        return [b for name, b in self.bytes.items() if f"/tests/{folder}/" in name]

    def runs_script(self, path):
        return any(str(path) in command for command in self.commands.values())


def c_function(tests, folder, path, name):
    text = path.read_text(encoding="utf-8")
    if not re.search(DEFINED.format(name), text, re.M):
        return "is no test of that file"
    if not any(name.encode() + b"\0" in program for program in tests.programs(folder)):
        return "is in no built test"
    return None


def script_function(tests, path, name):
    text = path.read_text(encoding="utf-8")
    if not re.search(rf"^def {name}\(", text, re.M):
        return "is no function of that file"
    if len(re.findall(rf"\b{name}\b", text)) < 2:
        return "is not run by that file"
    if not tests.runs_script(path):
        return "is in a script that ctest does not run"
    return None


def problem_of(tests, name):
    """What is wrong with a test's name, or None."""
    match = FUNCTION.match(name)
    if not match:
        return None if tests.known(name) else "is no test of ctest"
    folder, file, function = match.groups()
    path = ROOT / "tests" / folder / file
    if not path.is_file():
        return "is in no such file"
    if path.suffix == ".py":
        return script_function(tests, path, function)
    return c_function(tests, folder, path, function)


def rows_of(text):
    """(line number, cells) of every row of a table of promises."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if HEAD.match(line):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def check_row(tests, number, cells, seen):
    where = f"TESTING.md:{number}"
    if len(cells) != 3 or not cells[0]:
        return [f"{where}: expected promise, from and tests, have {len(cells)} cells"]
    promise, sources, names = cells[0], cells[1].split(), re.findall(r"`([^`]+)`", cells[2])
    problems = [f"{where}: {s} is no source, expected {' '.join(sorted(SOURCES))}"
                for s in sources if s not in SOURCES]
    if not sources:
        problems.append(f"{where}: no source: {promise}")
    if not names:
        problems.append(f"{where}: no test: {promise}")
    left = re.sub(r"`[^`]+`", "", cells[2]).strip()
    if left:
        problems.append(f"{where}: expected names in backticks only, have {left}")
    for name in names:
        wrong = problem_of(tests, name)
        if wrong:
            problems.append(f"{where}: {name} {wrong}")
    seen["sources"] |= set(sources)
    seen["tests"] |= set(names)
    seen["rows"] += 1
    return problems


def own_tests():
    """The tests of this folder, which are here because a promise wants them."""
    for path in sorted(Path(__file__).parent.glob("test_*.c")):
        for name in re.findall(DEFINED.format(r"(\w+)"), path.read_text(encoding="utf-8"), re.M):
            yield f"promises/{path.name}:{''.join(name)}"
    script = (Path(__file__).parent / "stated.py").read_text(encoding="utf-8")
    for name in re.findall(r"\w+", re.search(r"^TESTS = \[(.*?)\]", script, re.M | re.S).group(1)):
        yield f"promises/stated.py:{name}"


def check(tests, text):
    seen = {"sources": set(), "tests": set(), "rows": 0}
    problems = []
    for number, cells in rows_of(text):
        problems += check_row(tests, number, cells, seen)
    problems += [f"TESTING.md: no row for source {s}" for s in sorted(SOURCES - seen["sources"])]
    problems += [f"TESTING.md: no promise names {t}" for t in own_tests() if t not in seen["tests"]]
    return problems, seen


def controls(tests, text):
    """Each of these pages must be found wrong, for the reason given."""
    some = next(name for _, cells in rows_of(text) for name in re.findall(r"`(\w[^`]+\.c:\w+)`", cells[2]))
    planted = [
        ("an unknown test of ctest", text.replace(f"`{some}`", "`unit.nothing`"), "no test of ctest"),
        ("an unknown file", text.replace(f"`{some}`", "`unit/nothing.c:f`"), "in no such file"),
        ("an unknown function", text.replace(f"`{some}`", f"`{some}_not`"), "no test of that file"),
        ("a function that is no test", text.replace(f"`{some}`", "`promises/test_sys_heap.c:run`"),
         "no test of that file"),
        ("an unknown function of a script", text.replace(f"`{some}`", "`promises/table.py:nothing`"),
         "no function of that file"),
        ("a function that its script does not use",
         text.replace(f"`{some}`", f"`promises/table.py:{UNUSED}`"), "not run by that file"),
        ("a pattern that fits nothing", text.replace(f"`{some}`", "`unit.noth*`"), "no test of ctest"),
        ("a row without a test", text.replace(f"`{some}`", "", 1), "no test: "),
        ("a row without a source", text.replace("| §7 |", "|  |", 1), "no source: "),
        ("an unknown source", text.replace("| §7 |", "| §9 |", 1), "no source, expected"),
        ("a source without rows", text.replace("§8", "§7"), "no row for source §8"),
        ("a test in words", text.replace(f"`{some}`", "somewhere", 1), "backticks only"),
    ]
    for what, page, want in planted:
        found = check(tests, page)[0]
        if page == text or not any(want in problem for problem in found):
            yield f"control not seen: {what}"
    # A test that is written but in no program: its name is in the text, but in no bytes.
    class Unbuilt(Tests):
        def __init__(self):
            self.commands, self.bytes = tests.commands, {}

        def programs(self, folder):
            return []
    if not any("in no built test" in problem for problem in check(Unbuilt(), text)[0]):
        yield "control not seen: a test that is not built"


def nothing_calls_this():
    """For a control, which puts its name together so that it stands here alone."""


UNUSED = "nothing_" + "calls_this"


def main():
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} BUILD_FOLDER", file=sys.stderr)
        sys.exit(2)
    tests = Tests(Path(sys.argv[1]))
    text = PAGE.read_text(encoding="utf-8")
    problems, seen = check(tests, text)
    problems += controls(tests, text)
    for problem in problems:
        print(problem)
    print(f"{seen['rows']} promises, {len(seen['tests'])} tests named, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
