# SPDX-License-Identifier: Apache-2.0
"""./vet itself: arguments, scorecard, JSON, and that a failing stage fails the run (the control)."""

import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "vet"))

import context  # noqa: E402
import main as vet  # noqa: E402
import resume  # noqa: E402
import scorecard  # noqa: E402
import setup  # noqa: E402


def quiet_context():
    return context.Context(context.Screen(io.StringIO()))


class Arguments(unittest.TestCase):
    def vet(self, *argv):
        return subprocess.run([ROOT / "vet", *argv], capture_output=True, text=True, check=False)

    def test_help(self):
        done = self.vet("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("corpus", "fuzz", "bench", "firmware", "test", "--json", "--quick", "--seconds"):
            self.assertIn(word, done.stdout)

    def test_bad_usage_is_one_clear_line_and_status_2(self):
        for argv, want in ((["nonsense"], "have 'nonsense'"), (["--seconds", "0"], "at least 1"),
                           (["--json", "/nowhere/at/all.json"], "no such folder"),
                           (["corpus", "--seeds", "2"], "goes with bugs"),
                           (["test", "--quick"], "test stands alone"), (["-R", "x"], "goes with test")):
            done = self.vet(*argv)
            self.assertEqual(done.returncode, 2, argv)
            self.assertIn(want, done.stderr.splitlines()[-1])


class Stages(unittest.TestCase):
    def run_with(self, module):
        with mock.patch.object(vet, "load_stage", return_value=module), \
             mock.patch.object(vet, "build", return_value=0.0), \
             mock.patch.object(setup, "ensure", return_value=None), \
             mock.patch("sys.stdout", io.StringIO()) as out, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.json"
            status = vet.vet(quiet_context(), ["corpus"], str(path))
            return status, json.loads(path.read_text()), out.getvalue()

    def stage(self, result=None, error=None):
        def run(ctx):
            if error:
                raise error
            return result
        return mock.Mock(PACKAGES=[], run=run)

    def test_ok(self):
        status, document, out = self.run_with(self.stage({"ok": True, "figures": {"n": 1}, "line": "x"}))
        self.assertEqual(status, 0)
        self.assertTrue(document["ok"])
        self.assertEqual(document["stages"][0]["name"], "corpus")
        self.assertEqual(document["stages"][0]["figures"], {"n": 1})
        self.assertIn("scorecard", out)

    def test_control_a_stage_that_is_not_ok_fails_the_run(self):
        status, document, out = self.run_with(self.stage({"ok": False, "problems": ["bad heap"]}))
        self.assertEqual(status, 1)
        self.assertFalse(document["ok"])
        self.assertIn("bad heap", out)

    def test_control_a_stage_that_cannot_run_fails_the_run(self):
        status, document, out = self.run_with(self.stage(error=context.Failed("no compiler")))
        self.assertEqual(status, 1)
        self.assertFalse(document["stages"][0]["ok"])
        self.assertIn("no compiler", out)

    def test_control_a_stop_is_not_a_pass(self):
        status, document, _ = self.run_with(self.stage(error=KeyboardInterrupt()))
        self.assertEqual(status, 1)
        self.assertFalse(document["ok"])

    def test_bad_input_to_a_stage_is_one_line_and_status_2(self):
        bad = self.stage(error=context.Usage("tests/x.patch:3: expected a hunk"))
        with mock.patch.object(vet, "load_stage", return_value=bad), \
             mock.patch.object(vet, "build", return_value=0.0), \
             mock.patch.object(setup, "ensure", return_value=None), \
             mock.patch("sys.stdout", io.StringIO()), \
             mock.patch("sys.stderr", io.StringIO()) as err:
            self.assertEqual(vet.main(["corpus"]), 2)
        self.assertEqual(err.getvalue(), "vet: tests/x.patch:3: expected a hunk\n")


class Resumed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "out" / "ledger"

    def test_what_is_finished_is_there_in_the_next_run(self):
        resume.Ledger(self.path, "k").put("one", {"n": 1})
        again = resume.Ledger(self.path, "k")
        self.assertEqual(again.get("one"), {"n": 1})
        self.assertIsNone(again.get("two"))

    def test_results_of_something_else_are_forgotten(self):
        resume.Ledger(self.path, "k").put("one", 1)
        self.assertIsNone(resume.Ledger(self.path, "other").get("one"))

    def test_a_line_torn_by_a_kill_costs_that_line_alone(self):
        resume.Ledger(self.path, "k").put("one", 1)
        with open(self.path, "a", encoding="utf-8") as out:
            out.write('{"name": "two", "res')
        resume.Ledger(self.path, "k").put("three", 3)
        again = resume.Ledger(self.path, "k")
        self.assertEqual(again.results, {"one": 1, "three": 3})

    def test_a_fingerprint_is_of_names_and_contents(self):
        folder = Path(self.folder.name) / "lib"
        folder.mkdir()
        (folder / "a.c").write_text("1")
        first = resume.fingerprint(folder)
        self.assertEqual(resume.fingerprint(folder), first)
        (folder / "a.c").write_text("2")
        second = resume.fingerprint(folder)
        (folder / "a.c").rename(folder / "b.c")
        self.assertEqual(len({first, second, resume.fingerprint(folder)}), 3)


class Parts(unittest.TestCase):
    def test_run_reports_a_failing_program(self):
        with self.assertRaises(context.Failed):
            quiet_context().run(["sh", "-c", "exit 3"])
        self.assertEqual(quiet_context().run(["sh", "-c", "exit 3"], check=False).returncode, 3)

    def test_run_ends_what_hangs(self):
        with self.assertRaises(context.Failed):
            quiet_context().run(["sleep", "30"], timeout=1)

    def test_packages_with_alternatives(self):
        with mock.patch.object(setup, "installed", lambda p: p == "b"):
            self.assertEqual(setup.missing(["a|b", "c|d", "c|d", "b"]), ["c|d"])

    def test_scorecard_fits_a_screen(self):
        results = [scorecard.Result(n, False, 1.0, line="x", problems=["p"] * 9) for n in vet.PLACES]
        lines = scorecard.text(results, "abc", False).splitlines()
        self.assertLessEqual(len(lines), 30)


if __name__ == "__main__":
    unittest.main()
