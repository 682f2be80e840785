#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/ORACLES.md holds the tables that the programs with controls print for --cover, word for word.

  oracles_page.py PROGRAM...           compares; exit status 1 when they differ
  oracles_page.py PROGRAM... --write   puts the tables that are printed now into the page

Each table stands behind a mark with its program's name, and every oracle has a row in some table.
"""
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "ORACLES.md"
HEADER = PAGE.parents[1] / "ops" / "oracle.h"
END = "<!-- end -->\n"


def split(text, program):
    """The page in front of the program's table, its mark included, the table, the page behind it."""
    mark = f"<!-- {pathlib.Path(program).name} --cover -->\n"
    before, begin, rest = text.partition(mark)
    table, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{PAGE}: expected the marks {mark.strip()} and {END.strip()}")
    return before + begin, table, end + after


def oracles():
    """Their names, from the table they are declared in."""
    text = HEADER.read_text(encoding="utf-8")
    table = text.partition("#define ORACLE_TABLE(X)")[2].partition("enum oracle")[0]
    return [row.split('"')[1] for row in table.split("X(")[1:]]


def missing(table):
    """Oracles without a row. Checked on its own, for the printed table could lack them as well."""
    rows = {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")}
    return [name for name in oracles() if name not in rows]


def update(program, write):
    """Sees that the page holds the program's table, or puts it there."""
    printed = subprocess.run([program, "--cover"], check=True, stdout=subprocess.PIPE,
                             text=True).stdout
    before, table, after = split(PAGE.read_text(encoding="utf-8"), program)
    if write:
        PAGE.write_text(before + printed + after, encoding="utf-8")
    elif table != printed:
        sys.exit(f"{PAGE}: expected the table that {program} prints now:\n{printed}")


def main():
    programs = [a for a in sys.argv[1:] if a != "--write"]
    if not programs:
        sys.exit(__doc__)
    for program in programs:
        update(program, "--write" in sys.argv)
    table = PAGE.read_text(encoding="utf-8")
    names = oracles()
    if len(names) < 10 or "align" not in names:
        sys.exit(f"{HEADER}: expected a table of oracles, have {names}")
    # The check is seen to fail: without the rows of one oracle it lacks that one.
    gone = "\n".join(line for line in table.splitlines() if not line.startswith("| align |"))
    if "align" in missing(table) or "align" not in missing(gone):
        sys.exit("the search for missing oracles finds nothing")
    if missing(table):
        sys.exit(f"{PAGE}: no row for {', '.join(missing(table))}")
    print(f"{len(names)} oracles, each with a control and what covers it")


if __name__ == "__main__":
    main()
