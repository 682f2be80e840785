# SPDX-License-Identifier: Apache-2.0
"""What llvm-cov knows of one shared object: lines, branch sides, MC/DC conditions, by position."""

import json
import re
from pathlib import Path

# Kinds of regions in the JSON of llvm-cov export.
EXPANSION, MCDC_BRANCH = 1, 6
# A condition of a decision in -dump-coverage-mapping, neither side of which has a counter.
CONSTANT = re.compile(r"  Branch,File (\d+), (\d+):(\d+) -> \d+:\d+ = 0, 0 \[")


def merge(ctx, raw, out):
    ctx.run(["llvm-profdata-19", "merge", "-sparse=false", "-o", out, *raw], timeout=60)
    return out


def export(ctx, shared_object, profile):
    done = ctx.run(["llvm-cov-19", "export", "-format=text", "-instr-profile", profile,
                    shared_object], timeout=120)
    return json.loads(done.stdout)["data"][0]


class Facts:
    """Of one build, by place in the library. A place is the source file and the position in it;
    in a macro, the positions of all macros on the way there. A condition that is a constant of the
    build has no branch in llvm-cov's JSON, and is left out of what MC/DC asks for as well.

    lines      {(file, line): executions}
    branches   {(file, position): (true count, false count)}
    conditions {(file, position of the decision, position): shown to be independent}
    """

    def __init__(self):
        self.lines, self.branches, self.conditions = {}, {}, {}

    def unite(self, other):
        for key, count in other.lines.items():
            self.lines[key] = self.lines.get(key, 0) + count
        for key, (true, false) in other.branches.items():
            had = self.branches.get(key, (0, 0))
            self.branches[key] = (had[0] + true, had[1] + false)
        for key, shown in other.conditions.items():
            self.conditions[key] = self.conditions.get(key, False) or shown


def constants_of(dump):
    """{function: {(file id, place)}}: conditions that are constants, of the compiler's own list.

    llvm-cov leaves their branches out of its JSON, but has a place for them in MC/DC's rows.
    """
    constants, function = {}, None
    for line in dump.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            function = line[:-1]
        found = CONSTANT.match(line)
        if found:
            file_id, *place = map(int, found.groups())
            constants.setdefault(function, set()).add((file_id, tuple(place)))
    return constants


def facts_of(ctx, lib, shared_object, profile, dump):
    data = export(ctx, shared_object, profile)
    constants = constants_of(dump)
    name_of = Names(lib)
    facts = Facts()
    for file in data["files"]:
        name = name_of(file["filename"])
        if name:
            texts = Path(file["filename"]).read_text(encoding="utf-8").splitlines()
            for line, count in lines_of(file["segments"]):
                if texts[line - 1].strip():
                    facts.lines[name, line] = count
    for function in data["functions"]:
        Function(function, name_of, constants).add_to(facts)
    return facts


class Names:
    """lib/src/free.c of /where/ever/lib/src/free.c; None for what is not the library's."""

    def __init__(self, lib):
        self.pattern = re.compile("^(?:.*/)?" + re.escape(lib.name) + "/((?:src|include)/.*)$")

    def __call__(self, path):
        found = self.pattern.match(path)
        return f"lib/{found.group(1)}" if found else None


class Function:
    """One function's regions: [line, column, to line, to column, count, ..., file id, ..., kind]."""

    def __init__(self, function, name_of, constants):
        self.function = function
        self.constants = constants.get(function["name"], set())
        self.names = [name_of(path) for path in function["filenames"]]
        self.sites = {r[6]: (r[5], (r[0], r[1])) for r in function["regions"] if r[7] == EXPANSION}

    def chain(self, file_id, place):
        """[(file id, place)] from the function's own text through its macros to the place."""
        chain = [(file_id, place)]
        while file_id in self.sites:
            file_id, site = self.sites[file_id]
            chain.insert(0, (file_id, site))
        return chain

    def place_of(self, file_id, place):
        """(file, position); the file is None where the function itself is not the library's."""
        chain = self.chain(file_id, place)
        return self.names[chain[0][0]], tuple(place for _, place in chain)

    def branches(self):
        """(file id, place, file, position, row) of each branch."""
        for row in self.function["branches"]:
            file_id, place = row[6], (row[0], row[1])
            yield file_id, place, *self.place_of(file_id, place), row

    def add_to(self, facts):
        for _, _, file, position, row in self.branches():
            if file:
                had = facts.branches.get((file, position), (0, 0))
                facts.branches[file, position] = (had[0] + row[4], had[1] + row[5])
        for record in self.function.get("mcdc_records", []):
            self.add_decision(facts, record)

    def add_decision(self, facts, record):
        """A record is [line, column, to line, to column, ..., shown]; it does not name the file."""
        first, last, shown = tuple(record[0:2]), tuple(record[2:4]), record[-1]
        for file_id in range(len(self.names)):
            conditions = self.conditions(file_id, first, last)
            if len(conditions) == len(shown):
                break
        else:
            if self.names[0] is None:
                return  # of a macro's argument: other people's text
            raise AssertionError(f"{self.function['name']}: no {len(shown)} conditions "
                                 f"from {first} to {last}")
        file, decision = self.place_of(file_id, first)
        for (_, constant, position), independent in zip(conditions, shown):
            if file and not constant:
                key = (file, decision, position)
                facts.conditions[key] = facts.conditions.get(key, False) or independent

    def conditions(self, file_id, first, last):
        """(chain, constant, position) of those in the text from first to last, as llvm-cov has
        them: the one that is evaluated first, then by file, those of macros behind the text's."""
        rows = [(self.chain(where, place), False, position)
                for where, place, _, position, row in self.branches() if row[-1] == MCDC_BRANCH]
        rows += [(self.chain(where, place), True, None) for where, place in self.constants]
        found = []
        for chain, constant, position in rows:
            names = [where for where, _ in chain]
            if file_id in names and first <= chain[names.index(file_id)][1] < last:
                found.append((chain, constant, position))
        found.sort(key=lambda row: [place for _, place in row[0]])
        return found[:1] + sorted(found[1:], key=lambda row: row[0][-1])


def lines_of(segments):
    """(line, executions) of every line with code, by llvm-cov's own rule."""
    by_line = {}
    for segment in segments:
        by_line.setdefault(segment[0], []).append(segment)
    wrapped = None
    last = max(by_line, default=0)
    for line in range(min(by_line, default=1), last + 1):
        here = by_line.get(line, [])
        count = line_count(wrapped, here)
        if count is not None:
            yield line, count
        if here:
            wrapped = here[-1]


def line_count(wrapped, here):
    """Segments are [line, column, count, has count, is entry, is gap]; None: no code."""
    starts = [s for s in here if s[3] and s[4] and not s[5]]
    skipped = bool(here) and not here[0][3] and here[0][4]
    mapped = not skipped and ((wrapped is not None and wrapped[3]) or bool(starts))
    if not mapped and not any(s[3] and s[4] for s in here):
        return None
    count = wrapped[2] if wrapped is not None and wrapped[3] else 0
    return max([count, *(s[2] for s in starts)]) if starts else count
