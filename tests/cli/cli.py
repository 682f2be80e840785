# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: running it, scratch folders, reading packs."""

import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAPVET = Path(os.environ["HEAPVET"]).resolve()
SAMPLE = Path(os.environ["HEAPVET_CLI_SAMPLE"]).resolve()
FAULTY = Path(os.environ["HEAPVET_CLI_FAULTY"]).resolve()  # folder of faulty*.so
TRACES = ROOT / "corpus" / "traces"

OPS = "alloc free realloc aligned arealloc calloc".split()


class Case(unittest.TestCase):
    """A test with a folder of its own, in which heapvet runs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="heapvet-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def heapvet(self, *words, status=0, text=True, env=None, stdin=None):
        done = subprocess.run([str(HEAPVET), *map(str, words)], cwd=self.folder, timeout=120, text=text,
                              capture_output=True, env=dict(os.environ, **(env or {})), input=stdin)
        if status is not None:
            self.assertEqual(done.returncode, status,
                             f"heapvet {words}\n{done.stdout}\n{done.stderr}")
        return done

    def refuses(self, *words, says=(), **more):
        """Bad input: status 2, one line that names what is needed, and no new file."""
        before = self.files()
        done = self.heapvet(*words, status=2, **more)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn("expected", done.stderr)
        for part in says:
            self.assertIn(str(part), done.stderr)
        self.assertEqual(self.files(), before)
        return done

    def files(self):
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*"))

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    def read(self, name):
        return (self.folder / name).read_text()


def ops_of(text):
    """The op lines of a program's text."""
    return [line for line in text.splitlines() if line.split(" ")[0] in OPS]


def read_pack(path):
    """[(name, header, records)], decoded here again from the format's description in ops/pack.h."""
    data = Path(path).read_bytes()
    magic, count, zero = struct.unpack_from("<8sII", data)
    assert magic == b"heapvet\1" and zero == 0
    at, programs = 16, []
    for _ in range(count):
        name, records, zero = struct.unpack_from("<32sII", data, at)
        at += 40
        kind, where, fill, swarm, region = struct.unpack_from("<BBBBI", data, at)
        header = {"offset": where & 7, "slots": 1 << (where >> 3), "region": region}
        body = [struct.unpack_from("<BBHI", data, at + 8 + 8 * i) for i in range(records)]
        at += 8 + 8 * records
        programs.append((name.rstrip(b"\0").decode(), header, body))
    assert at == len(data)
    return programs
