# SPDX-License-Identifier: Apache-2.0
"""Programs of every kind: made, packed, replayed on the subject of their kind, and drawn."""

import re
import shlex
import subprocess
import unittest

from cli import FAULTY, Case

KINDS = {"heap": "kheap-auto", "kheap": "sim_kheap", "system": "system", "multi": "multi",
         "pool": "sim_pool"}
THREADED = ("kheap", "pool")


class Gen(Case):
    def test_each_kind_is_reproduced_by_its_first_line(self):
        for kind in KINDS:
            for profile in ["mixed", "resize"] + ["threads"] * (kind in THREADED):
                text = self.heapvet("gen", "--kind", kind, "-p", profile, "-s", 9, "-n", 40).stdout
                line, header = text.splitlines()[:2]
                self.assertTrue(header.startswith(kind + " "), header)
                self.assertEqual(self.heapvet(*line.split()[2:]).stdout, text)

    def test_threads_are_the_default_where_there_are_any(self):
        for kind in KINDS:
            text = self.heapvet("gen", "--kind", kind, "--seed", 2).stdout
            self.assertIn("--profile threads" if kind in THREADED else "--profile mixed", text)
            self.assertEqual(bool(re.search(r"(?m)^(t\d|isr) ", text)), kind in THREADED)
        self.assertIn("\nkheap ", self.heapvet("gen", "--profile", "threads").stdout)

    def test_what_there_is_not(self):
        self.refuses("gen", "--kind", "stack",
                     says=["expected a kind (heap, kheap, system, multi, pool), have 'stack'"])
        self.refuses("gen", "--kind", "multi", "--profile", "threads",
                     says=["expected the kind kheap or pool for profile threads, have 'multi'"])

    def test_names_in_a_pack_say_the_kind(self):
        self.heapvet("gen", "--kind", "pool", "--count", 2, "-o", "p.pack")
        done = self.heapvet("unpack", "p.pack").stdout.split()
        self.assertEqual(done, ["./pool-threads-1.ops", "./pool-threads-2.ops"])


class Forms(Case):
    TEXT = ("kheap 512 offset 3\nslots 8\nt1 prio 3\nsched 0120000f\nt1 alloc p0 300 wait 5 -> ok\n"
            "alloc p1 300 wait forever\nisr free p0\ntick 3\nt7 realloc p1 ~15 wait 14 -> null\n")

    def test_text_to_pack_to_text(self):
        self.write("t.ops", self.TEXT)
        self.write("p.ops", self.TEXT.replace("kheap", "pool"))
        self.heapvet("pack", "-o", "t.pack", "t.ops", "p.ops")
        self.heapvet("unpack", "t.pack", "-o", "out")
        self.assertEqual(self.read("out/t.ops"), self.TEXT)
        self.assertEqual(self.read("out/p.ops"), self.TEXT.replace("kheap", "pool"))

    def test_every_kind_through_a_pack(self):
        for kind in KINDS:
            self.heapvet("gen", "--kind", kind, "--count", 3, "-o", kind + ".pack")
        self.heapvet("pack", "-o", "a.pack", *(k + ".pack" for k in KINDS))
        files = self.heapvet("unpack", "a.pack", "-o", "out").stdout.split()
        self.heapvet("pack", "-o", "b.pack", *files)
        self.assertEqual((self.folder / "a.pack").read_bytes(), (self.folder / "b.pack").read_bytes())

    def test_errors_name_the_line(self):
        self.write("a.ops", "# a heap\nheap 64\nt1 alloc p0 8\n")
        self.refuses("run", "a.ops", says=["a.ops:3: expected an op without threads", "have 't1'"])
        self.write("b.ops", "kheap 64\nalloc p0 8 wait 99\n")
        self.refuses("run", "b.ops", says=["b.ops:2: expected 1 to 14 ticks or 'forever', have '99'"])


class Run(Case):
    def test_the_kind_chooses_the_subject(self):
        for kind, subject in KINDS.items():
            self.heapvet("gen", "--kind", kind, "-n", 30, "-o", kind + ".ops")
            done = self.heapvet("run", kind + ".ops").stdout
            self.assertRegex(done, rf"^{subject}: 1 programs, [1-9]\d* ops")
            self.assertEqual(" steps, " in done, kind in THREADED)
        done = self.heapvet("run", *(k + ".ops" for k in KINDS), "--json", "j.json").stdout
        self.assertEqual(re.findall(r"(?m)^(\S+): 1 programs", done), list(KINDS.values()))

    def test_all_subjects_pass_over_other_kinds(self):
        for kind in KINDS:
            self.heapvet("gen", "--kind", kind, "--count", 5, "-n", 30, "-o", kind + ".pack")
        done = self.heapvet("run", "--all-subjects", *(k + ".pack" for k in KINDS)).stdout
        self.assertEqual(set(re.findall(r"(?m)^\S+: (\d+) programs", done)), {"5"}, done)
        for subject in KINDS.values():
            self.assertIn(f"{subject}: 5 programs", done)

    def test_a_subject_of_another_kind_is_bad_input(self):
        self.heapvet("gen", "--kind", "kheap", "-o", "k.ops")
        self.heapvet("gen", "-o", "h.ops")
        for command in ["run", "shrink", "show"]:
            self.refuses(command, "--subject", "multi", "k.ops",
                         says=["k.ops: expected a program of kind 'multi' for multi, have 'kheap'"])
            self.refuses(command, "--subject", "sim_kheap", "h.ops",
                         says=["expected a program of kind 'kheap' for sim_kheap, have 'heap'"])

    def test_a_region_that_does_not_fit(self):
        self.write("tiny.ops", "kheap 8\nalloc p0 1 wait 3\n")
        self.refuses("run", "tiny.ops", says=["expected a region that fits a subject"])


class Show(Case):
    def test_the_sums_are_the_region(self):
        for kind in ["system", "multi"]:
            self.write("a.ops", kind + " 4096\nalloc p0 40\nalloc p1 900\nalloc p2 8\nfree p0\n")
            done = self.heapvet("show", "a.ops").stdout
            used, free, own = map(int, re.search(
                r"used (\d+) .* free (\d+) bytes in .* own (\d+) bytes", done).groups())
            self.assertEqual(used + free + own, 4096)
            self.assertGreater(own, 30)
            self.assertGreater(used, 908)

    def test_each_child_of_a_multi_heap_is_drawn(self):
        # 4096 bytes are four children; each has bytes of its own in front of its free chunk.
        self.write("m.ops", "multi 4096\ncheck\n")
        done = self.heapvet("show", "--width", 400, "m.ops").stdout
        self.assertRegex(done, r"(?m)^map( \[\d+\]){4}$")
        self.assertRegex(done, r"(?m)^\|(=+\.+){4}=*\|$")

    def test_a_race_has_no_one_picture(self):
        self.write("k.ops", "kheap 256\nt1 alloc p0 8\n")
        self.refuses("show", "k.ops", says=["k.ops: expected a program without threads"])


class Race(Case):
    """A k_heap whose free forgets who waits: replayed from a file, and made short."""

    FORGETFUL = FAULTY / "faulty-forgetful.so"
    RACE = "kheap 256\nsched 00001000\nt1 alloc p0 150\nt1 free p0\nt2 alloc p1 150 wait 3\n"

    def test_the_schedule_decides(self):
        self.write("race.ops", self.RACE)
        self.write("late.ops", self.RACE.replace("00001000", "00000000"))
        done = self.heapvet("run", "--subject", self.FORGETFUL, "race.ops", status=1)
        self.assertTrue(done.stderr.startswith("FAIL race.ops:4: t1 free p0\n  oracle wakeup: "))
        again = self.heapvet("run", "--subject", self.FORGETFUL, "race.ops", status=1)
        self.assertEqual(again.stderr, done.stderr)
        self.heapvet("run", "--subject", self.FORGETFUL, "late.ops")
        self.assertIn("1 grants", self.heapvet("run", "race.ops").stdout)

    def test_the_printed_command_reproduces(self):
        self.write("race.ops", self.RACE)
        done = self.heapvet("run", "--subject", self.FORGETFUL, "race.ops", status=1)
        line = re.search(r"(?m)^  run  (.*)$", done.stderr).group(1)
        again = subprocess.run(shlex.split(line), cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((again.returncode, again.stderr), (1, done.stderr))

    def test_oracles_can_be_chosen(self):
        self.write("race.ops", self.RACE)
        self.heapvet("run", "--subject", self.FORGETFUL, "--oracles", "payload", "race.ops")
        self.heapvet("run", "--subject", self.FORGETFUL, "--oracles", "-payload", "race.ops", status=1)
        done = self.heapvet("run", "--bare", "--digest", "race.ops").stdout
        self.assertRegex(done, r"^sim_kheap: 1 programs, \d+ ops, 0 skipped, 0 do not fit, no oracles")

    def test_shrinks_to_two_who_want_the_same(self):
        failing = 0
        for seed in range(1, 9):
            self.heapvet("gen", "--kind", "kheap", "--seed", seed, "-n", 60, "-o", "g.ops")
            self.heapvet("run", "g.ops")
            shrunk = self.heapvet("shrink", "--subject", self.FORGETFUL, "-o", "min.ops", "g.ops",
                                  status=None)
            if shrunk.returncode == 0:
                continue
            failing += 1
            self.assertIn("oracle wakeup", shrunk.stdout)
            body = [line for line in self.read("min.ops").splitlines()
                    if not re.match(r"#|kheap|slots", line)]
            self.assertLessEqual(len(body), 4, body)
            self.assertTrue(any("wait" in line for line in body), body)
            done = self.heapvet("run", "--subject", self.FORGETFUL, "min.ops", status=1)
            self.assertIn("oracle wakeup", done.stderr)
            self.heapvet("run", "min.ops")
        self.assertGreaterEqual(failing, 4)

    def test_what_does_not_fail_is_left(self):
        self.write("race.ops", self.RACE)
        done = self.heapvet("shrink", "-o", "min.ops", "race.ops")
        self.assertEqual(done.stdout, "race.ops: does not fail on sim_kheap\n")
        self.assertEqual(self.files(), ["race.ops"])


if __name__ == "__main__":
    unittest.main()
