# SPDX-License-Identifier: Apache-2.0
"""record: a program whose calls are known is seen call by call, in the smallest region that serves it."""

import re
import subprocess
import unittest

from cli import SAMPLE, Case, ops_of, read_pack


class Record(Case):
    def record(self, *words, options=(), name="t.ops", **more):
        done = self.heapvet("record", "-o", name, *options, "--", *words, **more)
        return done, ops_of(self.read(name)) if name.endswith(".ops") else None

    def test_every_call_in_order(self):
        done, ops = self.record(SAMPLE, "calls")
        self.assertEqual(ops, """alloc p0 4321
calloc p1 3 100
alloc p2 1
realloc p1 5000
free p2
aligned p2 64 10
aligned p3 128 20
aligned p4 256 512
aligned p5 4096 1
aligned p6 4096 4096
realloc p7 77
realloc p7 99
free p0
alloc p0 13
free p0""".splitlines())
        self.assertNotIn("ended with status", done.stderr)  # the program itself found nothing odd
        self.assertIn("15 ops", done.stderr)
        self.assertIn("1 requests of 0 bytes written as 1", done.stderr)
        self.assertIn("sizes 1 to 5000", done.stderr)

    def test_children_are_not_traced_and_exit_loses_nothing(self):
        want = ["alloc p0 4321", "alloc p1 11", "free p1", "alloc p1 22"]
        self.assertEqual(self.record(SAMPLE, "children")[1], want)
        # What the command becomes by exec is traced, and nothing of what it was before.
        self.assertEqual(self.record("sh", "-c", f"exec '{SAMPLE}' children")[1], want)

    def test_a_program_that_dies_by_a_signal(self):
        done, ops = self.record(SAMPLE, "signal")
        self.assertIn("ended by signal 6", done.stderr)
        self.assertEqual(ops[:2], ["alloc p0 4321", "alloc p1 33"])

    def test_threads_keep_their_order(self):
        for _ in range(3):
            done, ops = self.record(SAMPLE, "threads")
            self.assertNotIn("missed", done.stderr)  # no block was handed out twice, none freed unseen
            self.assertGreater(len(ops), 29000)
            live = self.replay(ops)
            self.assertLessEqual(live, 10)
            self.heapvet("run", "t.ops")

    def replay(self, ops):
        """Asserts that no op meets a slot in the wrong state; returns the blocks live at the end."""
        live = set()
        for op in ops:
            word, slot = op.split()[:2]
            if word == "free":
                live.remove(slot)
            elif word == "realloc":
                live.add(slot)
            else:
                self.assertNotIn(slot, live)
                live.add(slot)
            self.assertTrue(all(int(s[1:]) < 256 for s in (slot,)))
        return len(live)

    def region(self, name="t.ops"):
        return int(re.search(r"(?m)^heap (\d+)", self.read(name)).group(1))

    def holds(self, region):
        """Does every allocation succeed with the big format in that region?"""
        text = re.sub(r"(?m)^heap \d+", f"heap {region}", self.read("t.ops"))
        text = re.sub(r"(?m)^((?:alloc|calloc|aligned|realloc) .*)$", r"\1 -> ok", text)
        self.write("ok.ops", text)
        words = ["run", "--subject", "kheap-big", "--oracles", "expect", "ok.ops"]
        try:
            self.heapvet(*words)
        except AssertionError:
            return False
        return True

    def test_the_region_is_the_smallest(self):
        self.record(SAMPLE, "calls")
        region = self.region()
        self.assertEqual(region % 8, 0)
        self.assertTrue(self.holds(region))
        for less in range(8, 65 * 8, 8):
            self.assertFalse(self.holds(region - less), f"{region} - {less} holds as well")

    def test_skip_and_max_ops(self):
        _, ops = self.record(SAMPLE, "calls", options=["--max-ops", 4])
        self.assertEqual(ops, ["alloc p0 4321", "calloc p1 3 100", "alloc p2 1", "realloc p1 5000"])
        done, ops = self.record(SAMPLE, "calls", options=["--skip", 2, "--max-ops", 3])
        # p1 was given out before: its resizing makes it appear, as nothing is known of it.
        self.assertEqual(ops, ["alloc p0 1", "realloc p1 5000", "free p0"])
        self.assertIn("1 calls on blocks never seen given out", done.stderr)
        self.assertIn("cut short by --max-ops", done.stderr)

    def test_packs_and_default_names(self):
        self.record(SAMPLE, "calls")
        self.record(SAMPLE, "calls", name="sample.pack")
        (name, header, records), = read_pack(self.folder / "sample.pack")
        self.assertEqual(name, "sample")
        self.assertEqual(header, {"offset": 0, "slots": 8, "region": self.region()})
        self.assertEqual(len(records), 16)  # calloc takes two
        self.heapvet("unpack", "sample.pack")
        self.assertEqual(ops_of(self.read("sample.ops")), ops_of(self.read("t.ops")))
        self.heapvet("record", "--", SAMPLE, "calls")
        self.assertEqual(ops_of(self.read(SAMPLE.name + ".ops")), ops_of(self.read("t.ops")))

    def test_the_programs_own_input_output_and_status(self):
        done = self.heapvet("record", "-o", "cat.ops", "--", "sh", "-c", "cat; exit 3", stdin="hello\n")
        self.assertEqual(done.stdout, "hello\n")
        self.assertIn("sh: ended with status 3", done.stderr)
        self.assertIn("# heapvet record --max-ops 1000000 --skip 0 -- sh -c 'cat; exit 3'",
                      self.read("cat.ops"))

    def test_no_log_is_left_behind(self):
        (self.folder / "tmp").mkdir()
        self.record(SAMPLE, "calls", env={"TMPDIR": str(self.folder / "tmp")})
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])

    def test_a_static_program_cannot_be_traced(self):
        self.write("s.c", "int main(void) { return 0; }\n")
        made = subprocess.run(["cc", "-static", "-o", "static", "s.c"], cwd=self.folder,
                              capture_output=True)
        if made.returncode:
            self.skipTest("no static C library here")
        self.refuses("record", "--", "./static", says=["./static", "dynamically linked"])


if __name__ == "__main__":
    unittest.main()
