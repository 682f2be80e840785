# SPDX-License-Identifier: Apache-2.0
"""Documents name only files that exist, and every command in a document runs.

A fenced `sh` block is run line by line from the project's root, except lines that a named test runs
already (COVERED). A fenced `c` block with a main is compiled against the library, with warnings as
errors, and run.
"""

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

import gate

# Command -> the ctest test that runs it. Long ones and those that install.
COVERED = {
    r"\./vet( --quick)?( --json \S+)?": "vet.quick",
    r"\./vet (corpus|fuzz|bench|firmware)( --\S+( \d+)?)*": "vet.quick",
    r"\./vet test( -R \S+)?": "all of them",
    r"\./vet fuzz --seconds 10": "fuzz.planted",
    r"fuzz/rate\.sh.*": "fuzz.rate",
    r"cmake --install .*": "gates.packaging",
    r"ctest .*": "all of them",
}
PATH = re.compile(r"`([A-Za-z0-9_.*-]+(?:/[A-Za-z0-9_.*-]+)+/?|[A-Z]+\.md|CMakePresets\.json)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
# Made when something runs, or a place in somebody else's repository.
MADE = ("build/", "out/", "zephyr/", "projects/")
# A word in capitals stands for the reader's own: call/SUBJECT/PROGRAM.
PLACEHOLDER = re.compile(r"(^|/)[A-Z]+(/|$)")


def documents(root):
    return gate.tracked(root, ".md")


def exists(root, document, name):
    if name.startswith(MADE + ("kheap/",)) or PLACEHOLDER.search(name):
        return True
    bases = [root, (root / document).parent]
    return any(list(b.glob(name.rstrip("/"))) for b in bases)


def named_files(root):
    problems = []
    for document in documents(root):
        text = (root / document).read_text(encoding="utf-8")
        for name in PATH.findall(text) + LINK.findall(text):
            if not exists(root, document, name):
                problems.append(f"{document}: names {name}, which does not exist")
    return problems


def run_command(root, document, line):
    command = line.split(" #")[0].strip()
    if not command or command.startswith("#"):
        return None
    if any(re.fullmatch(pattern, command) for pattern in COVERED):
        return None
    want = 1 if "# exit status 1" in line else 0
    env = dict(os.environ, PATH=f"{root}/build/dev:{os.environ['PATH']}")
    done = subprocess.run(["sh", "-c", command], cwd=root, env=env, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=240, check=False)
    if done.returncode != want:
        tail = (done.stdout + done.stderr).strip().splitlines()[-1:]
        return f"{document}: {command}: exit status {done.returncode}, want {want}: {tail}"
    return None


def run_program(root, document, source):
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "main.c"
        program.write_text(source, encoding="utf-8")
        lib = [str(root / f) for f in gate.tracked(root, ".c")
               if f.parts[:2] == ("lib", "src") or f.parts[:3] == ("lib", "port", "posix")]
        command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{root}/lib/include",
                   str(program), *lib, "-pthread", "-o", f"{folder}/a"]
        for argv in (command, [f"{folder}/a"]):
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                return f"{document}: C program: {shlex.join(argv)[:80]}: {done.stderr[-300:]}"
    return None


def commands(root):
    problems = []
    for document in documents(root):
        for language, body in BLOCK.findall((root / document).read_text(encoding="utf-8")):
            if language == "sh":
                lines = body.replace("\\\n", " ").splitlines()
                problems += [run_command(root, document, line) for line in lines]
            elif language == "c" and "int main(" in body:
                problems.append(run_program(root, document, body))
    return [p for p in problems if p]


def gate_docs(root):
    return named_files(root) + commands(root)


if __name__ == "__main__":
    gate.main("docs", gate_docs, {
        "names a missing file": {"README.md": "see `lib/nothing.h`\n"},
        "links a missing file": {"README.md": "see [it](docs/NOTHING.md)\n"},
        "a command that fails": {"README.md": "```sh\nfalse\n```\n"},
        "a program that fails": {"README.md": "```c\nint main(void)\n{\n    return 1;\n}\n```\n"},
    })
