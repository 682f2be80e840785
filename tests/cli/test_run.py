# SPDX-License-Identifier: Apache-2.0
"""run: counts, digests, JSON; and faults: found, reported, shrunk, and reproduced as printed."""

import json
import re
import shlex
import shutil
import subprocess
import unittest

from cli import FAULTY, HEAPVET, Case, ops_of

FAULT = "heap 4096\nalloc p0 100\nalloc p1 100\nfree p0\nalloc p2 120\nfree p1\n"
ORACLES = """align inside overlap payload null usable pick inplace untouched drain stats largest check
             fault determinism steps expect events deadline wakeup order isr lock deadlock
             print api misuse""".split()


class Pass(Case):
    def setUp(self):
        super().setUp()
        self.write("d/a.ops", "heap 4096\nalloc p0 100\nrealloc p0 200\nfree p0\n")
        self.write("d/b.ops", "heap 300000\nslots 4\nalloc p0 270000\n")
        self.write("d/README.md", "not a program")

    def test_counts_and_what_does_not_fit(self):
        done = self.heapvet("run", "--all-subjects", "d")
        self.assertRegex(done.stdout, r"(?m)^kheap-big: 2 programs, \d+ ops, 0 skipped, 0 do not fit, "
                                      r"may 0.00 %, \d+ oracles evaluated \d+ times")
        self.assertRegex(done.stdout, r"(?m)^kheap-small: 1 programs, .* 1 do not fit")
        self.assertRegex(done.stdout, r"(?m)^kheap-hard-small: 1 programs, .* 1 do not fit")
        self.assertEqual(done.stdout.count("does not fit: "), 2)
        self.assertIn("  does not fit: d/b.ops (region 300000 bytes)", done.stdout)

    def test_a_readme_among_the_files_is_no_program(self):
        done = self.heapvet("run", "d/README.md", "d/a.ops")
        self.assertIn("kheap-auto: 1 programs", done.stdout)
        self.refuses("run", "d/README.md", says=["expected a file with programs"])

    def test_capacity(self):
        done = self.heapvet("run", "--capacity", "200K", "d")
        self.assertIn("does not fit: d/b.ops (region 300000 bytes)", done.stdout)
        self.assertIn("kheap-auto: 1 programs", done.stdout)

    def test_digests_name_subject_and_program(self):
        lines = self.heapvet("run", "--digest", "--subject", "kheap-big", "--subject", "libc",
                             "d").stdout.splitlines()
        digests = [line.split() for line in lines if re.match(r"[0-9a-f]{8} ", line)]
        self.assertEqual([d[1:] for d in digests],
                         [["kheap-big", "a"], ["libc", "a"], ["kheap-big", "b"], ["libc", "b"]])
        self.heapvet("pack", "-o", "d.pack", "d")
        for more in [(), ("--bare",)]:
            again = self.heapvet("run", "--digest", "--subject", "kheap-big", *more,
                                 "d.pack").stdout.splitlines()
            self.assertEqual([line.split() for line in again[:2]], [digests[0], digests[2]])

    def test_digests_tell_heaps_apart(self):
        self.write("two.ops", "heap 4096\nalloc p0 1\nalloc p1 1\n")
        words = ("run", "--digest", "two.ops", "--subject")
        self.assertNotEqual(self.heapvet(*words, "kheap-big").stdout[:8],
                            self.heapvet(*words, "kheap-small").stdout[:8])

    def test_json(self):
        self.heapvet("run", "--all-subjects", "--json", "j.json", "d")
        data = json.loads(self.read("j.json"))
        self.assertTrue(data["ok"])
        by_name = {s["subject"]: s for s in data["subjects"]}
        self.assertEqual(set(by_name), {"kheap-auto", "kheap-small", "kheap-big", "firstfit", "libc",
                                        "kheap-listener", "kheap-kheap", "kheap-hard-small",
                                        "kheap-hard-big"})
        self.assertEqual(by_name["kheap-small"]["does_not_fit"], ["d/b.ops"])
        self.assertEqual(by_name["kheap-big"]["programs"], 2)
        self.assertEqual(set(by_name["kheap-big"]["evaluated"]), set(ORACLES))
        self.assertGreater(by_name["kheap-big"]["evaluated"]["payload"], 0)

    def test_oracles_can_be_chosen(self):
        for words, want in [(["--oracles", "align,overlap"], {"align", "overlap"}),
                            (["--oracles", "-determinism"], None), ([], None)]:
            self.heapvet("run", "--subject", "kheap-big", *words, "--json", "j.json", "d")
            counts = json.loads(self.read("j.json"))["subjects"][0]["evaluated"]
            have = {name for name, n in counts.items() if n}
            if want:
                self.assertEqual(have, want)
            else:
                self.assertEqual("determinism" in have, not words)


class Fault(Case):
    def setUp(self):
        super().setUp()
        for name in ["sound", "overlap", "crash", "hang"]:
            shutil.copy(FAULTY / f"faulty-{name}.so", self.folder / f"{name}.so")
        self.write("fault.ops", FAULT)

    def paste(self, text, command="run"):
        """The line that a report tells people to paste, pasted. Returns status and what it printed."""
        line = re.search(rf"(?m)^  (?:run|then)  ?(\S.* {command} .*)$", text).group(1)
        done = subprocess.run(line, shell=True, cwd=self.folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_the_control_without_the_fault_passes(self):
        self.heapvet("run", "--subject", "./sound.so", "fault.ops")
        done = self.heapvet("shrink", "--subject", "./sound.so", "fault.ops")
        self.assertIn("does not fail on ./sound.so", done.stdout)
        self.assertNotIn("fault.min.ops", self.files())

    def test_found_reported_and_reproduced(self):
        done = self.heapvet("run", "--json", "j.json", "--subject", "./overlap.so", "fault.ops", status=1)
        self.assertIn("FAIL fault.ops:5: alloc p2 120\n  oracle overlap: have ", done.stderr)
        self.assertFalse(json.loads(self.read("j.json"))["ok"])
        status, text = self.paste(done.stderr)
        self.assertEqual((status, "FAIL fault.ops:5" in text), (1, True), text)

    def test_the_choice_of_oracles_is_part_of_the_command(self):
        done = self.heapvet("run", "--oracles", "payload", "--subject", "./overlap.so", "fault.ops",
                            status=1)
        self.assertIn("oracle payload", done.stderr)
        status, text = self.paste(done.stderr)
        self.assertEqual((status, "oracle payload" in text), (1, True), text)
        done = self.heapvet("shrink", "--oracles", "payload", "--subject", "./overlap.so", "fault.ops",
                            status=1)
        status, text = self.paste(done.stdout)
        self.assertEqual((status, "oracle payload" in text), (1, True), text)

    def test_shrunk_and_reproduced(self):
        long = self.heapvet("gen", "-p", "random", "-n", 400, "-s", 3, "--region", "60K").stdout
        self.write("long.ops", long)
        self.heapvet("run", "--subject", "./overlap.so", "long.ops", status=1)
        done = self.heapvet("shrink", "--subject", "./overlap.so", "long.ops", status=1)
        self.assertIn("ops left", done.stderr)
        self.assertRegex(done.stdout, r"long.min.ops: \d+ ops of \d+ left, oracle overlap")
        left = ops_of(self.read("long.min.ops"))
        self.assertLessEqual(len(left), 4)
        status, text = self.paste(done.stdout)
        self.assertEqual((status, "oracle overlap" in text), (1, True), text)
        # 1-minimal: without any one of its lines it no longer fails that way.
        for op in left:
            fewer = [line for line in self.read("long.min.ops").splitlines() if line != op]
            self.write("fewer.ops", "\n".join(fewer) + "\n")
            self.heapvet("run", "--oracles", "overlap", "--subject", "./overlap.so", "fewer.ops")

    def test_when_the_time_is_up_the_best_so_far_is_kept(self):
        self.heapvet("gen", "-p", "random", "-n", 20000, "-s", 3, "--region", "60K", "-o", "long.ops")
        before = len(ops_of(self.read("long.ops")))
        done = self.heapvet("shrink", "--seconds", 1, "--subject", "./overlap.so", "long.ops", status=1)
        self.assertRegex(done.stdout, r"candidates tried(; the time is up, there may be fewer)?\n")
        self.assertLess(len(ops_of(self.read("long.min.ops"))), before)

    def test_inside_a_pack_and_with_odd_names(self):
        shutil.copy(self.folder / "overlap.so", self.folder / "my overlap.so")
        self.write("sound.ops", "heap 4096\nalloc p0 1\n")
        self.heapvet("pack", "-o", "it's.pack", "sound.ops", "fault.ops")
        done = self.heapvet("run", "--subject", "./my overlap.so", "it's.pack", status=1)
        status, text = self.paste(done.stderr)
        self.assertEqual((status, "oracle overlap" in text), (1, True), text)
        done = self.heapvet("shrink", "--subject", "./my overlap.so", "it's.pack", "-o", "a b.ops", status=1)
        status, text = self.paste(done.stdout)
        self.assertEqual((status, "oracle overlap" in text), (1, True), text)

    def test_a_crash_is_a_fault_that_was_found(self):
        self.heapvet("gen", "-n", 50, "-o", "g.ops")
        done = self.heapvet("run", "--subject", "./crash.so", "g.ops", status=1)
        if "AddressSanitizer" in done.stderr:
            self.skipTest("a sanitizer reports crashes in its own words")
        self.assertIn("FAIL g.ops\n  crash: ", done.stderr)
        self.assertEqual(self.paste(done.stderr)[0], 1)
        status, text = self.paste(done.stderr, "shrink")
        self.assertEqual(status, 1)
        self.assertEqual(len(ops_of(self.read("g.min.ops"))), 5, text)
        self.assertEqual(self.paste(text)[0], 1)

    def test_a_call_that_never_returns_is_a_fault(self):
        self.write("five.ops", "heap 1024\n" + "".join(f"alloc p{i} 1\n" for i in range(5)))
        done = self.heapvet("run", "--timeout", 1, "--subject", "./hang.so", "five.ops", status=1)
        self.assertIn("no answer within the time limit", done.stderr)
        done = self.heapvet("shrink", "--timeout", 1, "--subject", "./hang.so", "five.ops", status=1)
        self.assertIn("5 ops of 5 left, oracle crash", done.stdout)

    def test_expectations_of_the_program_itself(self):
        self.write("expect.ops", "heap 1024\nalloc p0 10 -> null\n")
        done = self.heapvet("run", "expect.ops", status=1)
        self.assertIn("FAIL expect.ops:2: alloc p0 10 -> null\n  oracle expect: ", done.stderr)
        self.assertIn(f"  run  {HEAPVET} run --subject kheap-auto expect.ops\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
