# SPDX-License-Identifier: Apache-2.0
"""The bug bank: reads patches, and applies one to a copy of lib/.

A patch is lines `key: value`, a line `---`, and a unified diff with paths a/lib/... b/lib/... .
"""

import os
import re
import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATCHES = HERE / "patches"

REQUIRED = ("what", "from", "oracle", "stage", "target")
# engine: of fuzz_engines.py, default address; defines: more -D for lib/ in the fuzz targets.
OPTIONAL = ("engine", "defines", "note", "program", "test", "expect")
STAGES = ("fuzz", "explore", "tsan", "build", "unit")
CANARIES = ("KHEAP_BUG_REACHED()", "KHEAP_BUG_TRIGGERED(")
# A build fault has no run time, so nothing to plant.
WITHOUT_CANARIES = ("build",)

CANARY_MAGIC = b"kheap-canary 1\0\0"


class BankError(Exception):
    """One line: file:line: what was expected."""


class Bug:
    """One patch: its header as a dictionary, the diff as text, the files it changes."""

    def __init__(self, path, header, diff, diff_line):
        self.name, self.path, self.header = path.stem, path, header
        self.diff, self.diff_line = diff, diff_line
        self.files = sorted(set(re.findall(r"^\+\+\+ b/(\S+)", diff, re.M)))
        self.what, self.origin, self.stage = header["what"], header["from"], header["stage"]
        self.oracles = words(header["oracle"])
        self.targets = words(header["target"])
        self.engine = header.get("engine", "address")
        self.defines = header.get("defines", "")

    @property
    def target(self):
        """The fuzz target that must find it; further ones are named for people."""
        return self.targets[0]


def words(text):
    return [word.strip() for word in text.split(",") if word.strip()]


def header_read(path, lines):
    """(header, index of the line behind ---)."""
    header = {}
    for number, line in enumerate(lines, 1):
        if line == "---":
            return header, number
        key, colon, value = line.partition(":")
        where = f"{path.name}:{number}"
        if not colon or not value.strip():
            raise BankError(f"{where}: expected 'key: value' or '---', have '{line[:60]}'")
        if key not in REQUIRED + OPTIONAL:
            raise BankError(f"{where}: expected one of {', '.join(REQUIRED + OPTIONAL)}, have '{key}'")
        if key in header:
            raise BankError(f"{where}: {key} is given twice")
        header[key] = value.strip()
    raise BankError(f"{path.name}:{len(lines)}: expected a line '---' behind the header")


def parse(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    header, end = header_read(path, lines)
    for key in REQUIRED:
        if key not in header:
            raise BankError(f"{path.name}:1: expected a line '{key}: ...'")
    if header["stage"] not in STAGES:
        raise BankError(f"{path.name}:1: stage: expected one of {', '.join(STAGES)}, "
                        f"have '{header['stage']}'")
    bug = Bug(path, header, "\n".join(lines[end:]) + "\n", end + 1)
    if not bug.files or any(not name.startswith("lib/") for name in bug.files):
        raise BankError(f"{path.name}:{bug.diff_line}: expected a diff of files below lib/")
    added = "\n".join(line for line in lines[end:] if line.startswith("+"))
    for canary in CANARIES:
        if canary not in added and bug.stage not in WITHOUT_CANARIES:
            raise BankError(f"{path.name}:{bug.diff_line}: expected the canary {canary.strip('()')}")
    return bug


def load(folder=PATCHES, names=()):
    """All bugs by name, or those named."""
    if not folder.is_dir():
        raise BankError(f"{folder}: expected a folder of patches")
    for name in names:
        if not (folder / f"{name}.patch").is_file():
            raise BankError(f"{name}: no such patch in {folder.name}/")
    paths = [folder / f"{name}.patch" for name in names] or sorted(folder.glob("*.patch"), key=lambda path: path.stem)
    return [parse(path) for path in paths]


def apply(bug, tree):
    """Applies to tree/lib. Lines may have moved, but every line of context must be there."""
    # Inside a repository git would take the paths for the repository's.
    env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(Path(tree).resolve().parent))
    done = subprocess.run(["git", "apply", "-p1", "-"], input=bug.diff, text=True, cwd=tree, env=env,
                          capture_output=True, check=False)
    if done.returncode != 0:
        said = re.sub(r"^error: ", "", (done.stderr.strip().splitlines() or ["?"])[0])
        raise BankError(f"{bug.path.name}:{bug.diff_line}: does not apply: {said}")


def canaries_read(path):
    """((times, program), (times, program)) of reached and triggered."""
    data = Path(path).read_bytes() if Path(path).exists() else b""
    if not data.startswith(CANARY_MAGIC):
        return (0, 0), (0, 0)
    numbers = struct.unpack_from("<4Q", data, len(CANARY_MAGIC))
    return numbers[:2], numbers[2:]
