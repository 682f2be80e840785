# SPDX-License-Identifier: Apache-2.0
"""Bad input: one line that names file, line and what was expected; status 2; nothing half written."""

import os
import unittest

from cli import FAULTY, Case, read_pack

GOOD = "heap 1024\nalloc p0 10\n"
READERS = [("run",), ("show",), ("shrink",), ("pack", "-o", "out.pack"), ("unpack",)]


class Programs(Case):
    def test_text_errors_name_file_and_line_in_every_command(self):
        cases = {
            "frob p0 1\n": 2,
            "alloc p16 1\n": 2,
            "alloc p0\n": 2,
            "alloc p0 1 2\n": 2,
            "alloc p0 99999999999\n": 2,
            "alloc p0 ten\n": 2,
            "\n# comment\nalloc p0 -1\n": 4,
            "alloc p0 1 -> maybe\n": 2,
            "alloc p0 1\nslots 4\n": 3,
            "heap 64\n": 2,
            "slots 3\n": 2,
        }
        for text, line in cases.items():
            self.write("bad.ops", "heap 1024\n" + text)
            for words in READERS:
                with self.subTest(text=text, command=words[0]):
                    self.refuses(*words, "bad.ops", says=[f"bad.ops:{line}: "])

    def test_a_program_without_its_first_line(self):
        self.write("bad.ops", "alloc p0 1\n")
        self.refuses("run", "bad.ops", says=["bad.ops:1: "])
        self.write("empty.ops", "")
        self.refuses("run", "empty.ops", says=["empty.ops:"])

    def test_packs(self):
        self.write("good.ops", GOOD)
        self.heapvet("pack", "-o", "good.pack", "good.ops")
        data = (self.folder / "good.pack").read_bytes()
        broken = {
            "header": data[:12],
            "entry": data[:30],
            "records": data[:-3],
            "surplus": data + b"x",
            "name": data[:16] + b"n" * 32 + data[48:],
            "count": data[:8] + b"\2" + data[9:],
        }
        for what, content in broken.items():
            path = self.write(f"{what}.pack", content)
            for words in READERS:
                with self.subTest(what, command=words[0]):
                    self.refuses(*words, path.name, says=[f"{what}.pack:"])
            path.unlink()
        self.write("none.pack", data[:8] + b"\0" * 8)
        self.refuses("run", "none.pack", says=["none.pack: expected at least one program"])

    def test_files_that_are_not_there(self):
        (self.folder / "empty").mkdir()
        for words in READERS:
            self.refuses(*words, "absent.ops", says=["absent.ops: "])
        self.refuses("run", "empty", says=["empty: expected a file with programs"])
        self.write("good.ops", GOOD)
        self.heapvet("pack", "-o", "good.pack", "good.ops")
        self.refuses("run", "good.pack:other", says=["good.pack: expected a program named 'other'"])
        for words in READERS[:3]:
            self.refuses(*words, says=["have no" if words[0] == "run" else "and 0"])

    def test_a_region_too_small_for_every_subject(self):
        self.write("small.ops", "heap 8\nalloc p0 1\n")
        done = self.heapvet("run", "--subject", "kheap-big", "small.ops", status=2)
        self.assertIn("does not fit: small.ops (region 8 bytes)", done.stdout)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("small.ops: expected a region that fits a subject", done.stderr)
        self.refuses("show", "small.ops", says=["small.ops: expected a region that kheap-auto can use"])


class Subjects(Case):
    def setUp(self):
        super().setUp()
        self.write("good.ops", GOOD)

    def test_names(self):
        self.refuses("run", "--subject", "frob", "good.ops",
                     says=["kheap-small", "firstfit", "libc", "have 'frob'"])
        self.refuses("shrink", "--subject", "libc", "--subject", "firstfit", "good.ops",
                     says=["expected one subject"])
        self.refuses("show", "--subject", "libc", "good.ops", says=["blocks lie in the region"])

    def test_shared_objects(self):
        self.refuses("run", "--subject", "./absent.so", "good.ops", says=["./absent.so"])
        self.write("text.so", "not a shared object")
        self.refuses("run", "--subject", "./text.so", "good.ops", says=["./text.so"])
        self.refuses("run", "--subject", FAULTY / "faulty-incomplete.so", "good.ops",
                     says=["faulty-incomplete.so", "alloc()"])
        self.refuses("run", "--subject", FAULTY / "faulty-abi.so", "good.ops",
                     says=["faulty-abi.so", "ABI"])
        self.refuses("run", "--subject", "/lib/x86_64-linux-gnu/libm.so.6"
                     if os.path.exists("/lib/x86_64-linux-gnu/libm.so.6") else "libm.so",
                     "good.ops", says=["libm.so"])


class Options(Case):
    def setUp(self):
        super().setUp()
        self.write("good.ops", GOOD)

    def test_numbers(self):
        for value in ["", "x", "-1", "12x", "1KK", "99999999999999999999", "5G"]:
            with self.subTest(value):
                self.refuses("run", "--capacity", value, "good.ops",
                             says=["from 1 to 4294967295 behind --capacity", f"have '{value}'"])
        self.refuses("gen", "--ops", "0", says=["--ops"])
        self.refuses("show", "--width", "19", "good.ops", says=["from 20 to 400"])
        self.heapvet("run", "--capacity", "0x1K", "good.ops")

    def test_oracles(self):
        self.refuses("run", "--oracles", "frob", "good.ops", says=["overlap", "have 'frob'"])
        self.refuses("run", "--oracles", "align,-null", "good.ops", says=["all with or all without"])
        self.refuses("run", "--oracles", "align,", "good.ops", says=["have ''"])

    def test_profiles_and_places(self):
        self.refuses("gen", "--profile", "frob", says=["steady", "have 'frob'"])
        self.refuses("gen", "surplus", says=["have 'surplus'"])
        self.refuses("gen", "--count", "2", says=["*.pack", "standard output"])
        self.refuses("gen", "--count", "2", "-o", "x.ops", says=["*.pack", "have 'x.ops'"])
        self.refuses("gen", "-o", "absent/x.ops", says=["absent/x.ops"])
        self.refuses("pack", "good.ops", says=["expected -o OUT"])
        self.refuses("pack", "-o", "x.pack", says=["at least one file"])
        self.refuses("unpack", "good.ops", "good.ops", says=["expected one file, have 2"])
        self.refuses("unpack", "good.ops", "-o", "good.ops", says=["expected a folder"])
        self.refuses("run", "--json", "absent/j.json", "good.ops", says=["absent/j.json"])

    def test_names_too_long_for_a_pack(self):
        name = "n" * 32
        self.write(name + ".ops", GOOD)
        self.refuses("pack", "-o", "x.pack", name + ".ops", says=["at most 31 bytes", name])
        self.write("n" * 31 + ".ops", GOOD)
        self.heapvet("pack", "-o", "x.pack", "n" * 31 + ".ops")
        self.assertEqual(read_pack(self.folder / "x.pack")[0][0], "n" * 31)


class Commands(Case):
    def test_record(self):
        self.refuses("record", says=["expected a command to run"])
        self.refuses("record", "--", "./absent", says=["./absent", "No such file"])
        self.write("data", "x")
        self.refuses("record", "--", "./data", says=["./data", "Permission denied"])
        self.refuses("record", "--skip", "1000000", "--", "/bin/true", says=["/bin/true", "allocations"])


if __name__ == "__main__":
    unittest.main()
