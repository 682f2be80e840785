# SPDX-License-Identifier: Apache-2.0
"""gen, pack, unpack and show: what goes in comes out, and the picture is the heap's."""

import re
import subprocess
import unittest

from cli import HEAPVET, Case, read_pack

PROFILES = "mixed steady random fifo small edges aligned resize phases hostile".split()


class Gen(Case):
    def test_the_same_options_give_the_same_program(self):
        for profile in PROFILES:
            words = ("gen", "--profile", profile, "--seed", 5, "--ops", 60)
            first = self.heapvet(*words).stdout
            self.assertEqual(self.heapvet(*words).stdout, first)
            self.assertNotEqual(self.heapvet(*words, "--seed", 6).stdout, first)
            self.assertIn(f"--profile {profile} --seed 5 --ops 60", first.splitlines()[0])

    def test_the_first_line_reproduces_the_program(self):
        text = self.heapvet("gen", "-p", "edges", "-s", 77, "-n", 30, "--region", "4K",
                            "--effective").stdout
        line = text.splitlines()[0]
        self.assertTrue(line.startswith("# heapvet gen "))
        self.assertEqual(self.heapvet(*line.split()[2:]).stdout, text)
        self.assertIn("heap 4096", text)

    def test_many(self):
        self.heapvet("gen", "--count", 3, "--seed", 8, "-o", "g.pack")
        self.assertEqual([p[0] for p in read_pack(self.folder / "g.pack")],
                         ["mixed-8", "mixed-9", "mixed-10"])
        (self.folder / "d").mkdir()
        self.heapvet("gen", "--count", 3, "--seed", 8, "-o", "d")
        self.heapvet("pack", "-o", "d.pack", "d/mixed-8.ops", "d/mixed-9.ops", "d/mixed-10.ops")
        self.assertEqual((self.folder / "d.pack").read_bytes(), (self.folder / "g.pack").read_bytes())

    def test_every_profile_passes_on_every_subject(self):
        for profile in PROFILES:
            self.heapvet("gen", "-p", profile, "--count", 5, "-o", profile + ".pack")
        done = self.heapvet("run", "--all-subjects", *(p + ".pack" for p in PROFILES))
        self.assertRegex(done.stdout, r"kheap-auto: 50 programs")


class Pack(Case):
    TEXT = ("heap 4096 offset 3\nslots 32\nfill 60\nswarm -other\nalloc p0 10\ncalloc p1 4 25\n"
            "aligned p31 64 100\nrealloc p0 ~15\nalloc p4 4G+1 -> null\nusable p1\nfree p1\nstats\n"
            "resetmax\nlargest\ncheck\n")

    def test_text_to_pack_to_text(self):
        self.write("all.ops", self.TEXT)
        self.heapvet("pack", "-o", "all.pack", "all.ops")
        self.heapvet("unpack", "all.pack", "-o", "out")
        self.assertEqual(self.read("out/all.ops").split(), self.TEXT.split())
        self.heapvet("pack", "-o", "again.pack", "out")
        self.assertEqual((self.folder / "again.pack").read_bytes(),
                         (self.folder / "all.pack").read_bytes())

    def test_packs_of_packs_keep_names_and_order(self):
        self.heapvet("gen", "--count", 4, "-o", "a.pack")
        self.heapvet("gen", "--count", 2, "-p", "fifo", "-o", "b.pack")
        self.heapvet("pack", "-o", "c.pack", "b.pack", "a.pack")
        self.assertEqual([p[0] for p in read_pack(self.folder / "c.pack")],
                         ["fifo-1", "fifo-2", "mixed-1", "mixed-2", "mixed-3", "mixed-4"])
        out = self.heapvet("unpack", "c.pack", "-o", "d").stdout.split()
        self.assertEqual(len(out), 6)
        self.heapvet("pack", "-o", "d.pack", *out)
        self.assertEqual((self.folder / "d.pack").read_bytes(), (self.folder / "c.pack").read_bytes())

    def test_names_that_clash_or_lead_elsewhere(self):
        self.write("x.ops", "heap 1024\nalloc p0 1\n")
        self.write("d/x.ops", "heap 1024\nalloc p0 2\n")
        self.heapvet("pack", "-o", "x.pack", "x.ops", "d/x.ops")
        self.heapvet("unpack", "x.pack", "-o", "out")
        self.assertIn("alloc p0 1", self.read("out/x.ops"))
        self.assertIn("alloc p0 2", self.read("out/x-2.ops"))
        data = (self.folder / "x.pack").read_bytes()
        evil = data[:16] + b"../../evil".ljust(32, b"\0") + data[48:]
        self.write("evil.pack", evil)
        self.heapvet("unpack", "evil.pack", "-o", "inner/")
        for name in self.files():
            if "evil" in name:
                self.assertTrue(name == "evil.pack" or name.startswith("inner/"), name)
        self.assertEqual(len([f for f in self.files() if f.startswith("inner/")]), 2)

    def test_records_as_fuzzers_write_them(self):
        self.write("crash-1", b"\0\0\0\0\0\4\0\0" + b"\0\0\0\0\x0a\0\0\0" + b"\1\0\0\0\0\0\0\0")
        self.heapvet("unpack", "crash-1")
        self.assertIn("heap 1024", self.read("crash-1.ops"))
        self.assertIn("alloc p0 10\nfree p0", self.read("crash-1.ops"))
        self.heapvet("run", "crash-1")

    def test_standard_input_and_output(self):
        text = self.heapvet("gen").stdout
        self.assertIn("kheap-auto: 1 programs", self.heapvet("run", "-", stdin=text).stdout)
        self.write("g.ops", text)
        self.heapvet("pack", "-o", "g.pack", "g.ops")
        done = self.heapvet("pack", "-o", "-", "g.ops", text=False)
        self.assertEqual(done.stdout, (self.folder / "g.pack").read_bytes())


class Show(Case):
    TEXT = "heap 4096\nslots 4\nalloc p0 40\nalloc p1 40\nalloc p2 40\nfree p0\n"

    def setUp(self):
        super().setUp()
        self.write("a.ops", self.TEXT)

    def test_the_table_is_the_heap(self):
        done = self.heapvet("show", "--subject", "kheap-big", "a.ops").stdout
        self.assertRegex(done, r"(?m)^map \[48\] 48 48 \[\d+\]$")
        self.assertIn("a.ops on kheap-big: 4096 bytes, after op 4 of 4: free p0", done)
        done = self.heapvet("show", "--subject", "kheap-big", "--at", 2, "a.ops").stdout
        self.assertRegex(done, r"(?m)^map 48 48 \[\d+\]$")
        done = self.heapvet("show", "--at", 0, "a.ops").stdout
        self.assertRegex(done, r"(?m)^map \[\d+\]$")

    def test_the_sums_are_the_region(self):
        for subject in ["kheap-small", "kheap-big", "firstfit"]:
            done = self.heapvet("show", "--subject", subject, "a.ops").stdout
            used, free, own = map(int, re.search(
                r"used (\d+) .* free (\d+) bytes in .* own (\d+) bytes", done).groups())
            self.assertEqual(used + free + own, 4096)
            table = re.search(r"(?s)^map (.*?)\n\|", done, re.M).group(1).split()
            self.assertEqual(sum(int(w) for w in table if w[0] != "["), used)
            self.assertEqual(sum(int(w[1:-1]) for w in table if w[0] == "["), free)

    def test_width_and_no_colour_outside_a_terminal(self):
        self.heapvet("gen", "--ops", 200, "-o", "g.ops")
        for width in [20, 80, 200]:
            done = self.heapvet("show", "--width", width, "g.ops").stdout
            self.assertNotIn("\033", done)
            rows = re.search(r"(?s)^map .*?\|\n", done, re.M).group(0).splitlines()
            self.assertEqual(len(rows[-1]), width)
            for row in rows:
                self.assertLessEqual(len(row), width)

    def test_colour_on_a_terminal(self):
        words = f"{HEAPVET} show a.ops"
        done = subprocess.run(["script", "-qec", words, "/dev/null"], cwd=self.folder,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertIn("\033[32m[", done.stdout)

    def test_a_program_of_a_pack(self):
        self.write("b.ops", "heap 4096\nalloc p0 1000\n")
        self.heapvet("pack", "-o", "ab.pack", "a.ops", "b.ops")
        done = self.heapvet("show", "--subject", "kheap-big", "ab.pack:b").stdout
        self.assertRegex(done, r"(?m)^map 1008 \[\d+\]$")


if __name__ == "__main__":
    unittest.main()
