#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/ORACLES.md holds the table that `test_controls --cover` prints, word for word.

  oracles_page.py TEST_CONTROLS           compares; exit status 1 when they differ
  oracles_page.py TEST_CONTROLS --write   puts the table that is printed now into the page
"""
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "ORACLES.md"
HEADER = PAGE.parents[1] / "ops" / "oracle.h"
BEGIN = "<!-- test_controls --cover -->\n"
END = "<!-- end -->\n"


def split(text):
    """The page in front of the table, the table, the page behind it."""
    before, begin, rest = text.partition(BEGIN)
    table, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{PAGE}: expected the marks {BEGIN.strip()} and {END.strip()}")
    return before, table, after


def oracles():
    """Their names, from the table they are declared in."""
    text = HEADER.read_text(encoding="utf-8")
    table = text.partition("#define ORACLE_TABLE(X)")[2].partition("enum oracle")[0]
    return [row.split('"')[1] for row in table.split("X(")[1:]]


def missing(table):
    """Oracles without a row. Checked on its own, for the printed table could lack them as well."""
    rows = {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")}
    return [name for name in oracles() if name not in rows]


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--write"]):
        sys.exit(__doc__)
    printed = subprocess.run([sys.argv[1], "--cover"], check=True, stdout=subprocess.PIPE,
                             text=True).stdout
    before, table, after = split(PAGE.read_text(encoding="utf-8"))
    if sys.argv[2:]:
        PAGE.write_text(before + BEGIN + printed + END + after, encoding="utf-8")
        table = printed
    names = oracles()
    if len(names) < 10 or "align" not in names:
        sys.exit(f"{HEADER}: expected a table of oracles, have {names}")
    # The check is seen to fail: a table without its last row lacks that oracle.
    last = "\n".join(line for line in table.splitlines() if f"| {names[-1]} |" not in line)
    if missing(last) != [names[-1]]:
        sys.exit("the search for missing oracles finds nothing")
    if missing(table):
        sys.exit(f"{PAGE}: no row for {', '.join(missing(table))}")
    if table != printed:
        sys.exit(f"{PAGE}: expected the table that is printed now:\n{printed}")
    print(f"{len(names)} oracles, each with a control and what covers it")


if __name__ == "__main__":
    main()
