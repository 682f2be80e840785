# SPDX-License-Identifier: Apache-2.0
"""Help: each command explains itself, names its options, and wrong words lead there."""

import re
import subprocess
import unittest

from cli import HEAPVET, Case

COMMANDS = {
    "run": "subject all-subjects oracles bare digest json capacity timeout",
    "gen": "kind profile seed ops region effective count output",
    "shrink": "subject oracles timeout seconds output",
    "show": "subject at width",
    "pack": "output",
    "unpack": "output",
    "record": "output max-ops skip",
    "emit-c": "subject define placement output",
}


class Help(Case):
    def test_overview_names_every_command_and_the_exit_codes(self):
        text = self.heapvet("--help").stdout
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +\S")
        self.assertIn("0 pass, 1 a fault was found, 2 wrong usage or bad input", text)
        self.assertEqual(self.heapvet("help").stdout, text)

    def test_each_command_explains_exactly_its_options(self):
        for command, options in COMMANDS.items():
            with self.subTest(command):
                done = self.heapvet(command, "--help")
                self.assertEqual(done.stderr, "")
                self.assertTrue(done.stdout.startswith(f"Usage: heapvet {command} "))
                self.assertEqual(self.heapvet("help", command).stdout, done.stdout)
                told = set(re.findall(r"(?m)^  (?:-\w, |    )--([a-z-]+)", done.stdout))
                self.assertEqual(told, set(options.split()))

    def test_every_option_that_is_told_is_known(self):
        for command, options in COMMANDS.items():
            for option in options.split():
                with self.subTest(f"{command} --{option}"):
                    done = subprocess.run([HEAPVET, command, f"--{option}"], capture_output=True,
                                          text=True, cwd=self.folder)
                    self.assertNotIn(f"expected an option, have '--{option}'", done.stderr)

    def test_help_fits_a_terminal(self):
        for command in COMMANDS:
            for line in self.heapvet(command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_wrong_words(self):
        self.refuses(says=["expected a command", "--help"])
        self.refuses("frob", says=["expected a command, have 'frob'"])
        self.refuses("help", "frob", says=["have 'frob'"])
        for command in COMMANDS:
            self.refuses(command, "--frob", says=[f"heapvet {command}:", "have '--frob'", "--help"])
            self.refuses(command, "-Z", says=["have '-Z'"])
        for command, option in [("run", "--subject"), ("gen", "--seed"), ("pack", "-o"),
                                ("record", "--max-ops")]:
            self.refuses(command, option, says=[f"expected a value behind {option}"])

    def test_output_that_cannot_be_written_is_no_pass(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([HEAPVET, "gen", "--help"], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 2)
            done = subprocess.run([HEAPVET, "--help"], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
