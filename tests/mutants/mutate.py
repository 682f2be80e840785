#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rewrites lib/src once so that every mutant is in it, and one is chosen at run time.

    mutate.py --out DIR     DIR/src gets the rewritten files, DIR/mutants.tsv their numbers
    mutate.py --list        ids and what each changes

Mutant N is on when the global kheap_mutant is N; 0 is the library as it stands.
"""

import argparse
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import points

ROOT = Path(__file__).resolve().parents[2]
DECLARATION = "extern unsigned kheap_mutant; "
# Of what covers the same text the outer one comes first.
FORMS = ("stmt", "expr", "lvalue")

Configuration = namedtuple("Configuration", "name sort defines")


def configurations():
    rows = []
    text = (Path(__file__).parent / "configurations.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            rows.append(Configuration(words[0], words[1], tuple(words[2:])))
    return rows


def sources(root=ROOT):
    """path below lib/src -> text."""
    folder = root / "lib/src"
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8")
            for p in sorted(folder.rglob("*.[ch]"))}


def clang_headers():
    done = subprocess.run(["clang-19", "-print-resource-dir"], stdout=subprocess.PIPE, text=True,
                          check=True)
    return done.stdout.strip() + "/include"


def find(root=ROOT):
    """All mutants, number N being the Nth, and a count of places by why they have none."""
    texts = sources(root)
    defines = list(dict.fromkeys(c.defines for c in configurations()))
    mutants, left_out = points.find(root, texts, [t for t in texts if t.endswith(".c")], defines,
                                    clang_headers())
    for m in mutants:
        if "\n#" in texts[m.file][m.start:m.end]:
            raise ValueError(f"{m.id}: a directive inside an expression or a statement")
    return texts, mutants, left_out


def single(text, mutant):
    """The file with this mutant alone, as somebody could have written it."""
    new = mutant.text if mutant.form == "stmt" else f"({mutant.text})"
    return text[:mutant.start] + new + text[mutant.end:]


def wrap(form, body, numbered):
    """One place: the body as it stands, and its mutants, each behind a test of its number."""
    if form == "stmt":
        return f"{{ if (kheap_mutant != {numbered[0][0]}u) {{ {body} }} }}"
    left, right = ("(*(", "))") if form == "lvalue" else ("(", ")")
    address = "&" if form == "lvalue" else ""
    tests = "".join(f"kheap_mutant == {n}u ? {address}({m.text}) : " for n, m in numbered)
    return f"{left}{tests}{address}({body}){right}"


def rewrite(text, numbered):
    """The whole file. numbered: (number, mutant) of this file; places nest and never overlap."""
    places = {}
    for number, m in numbered:
        places.setdefault((m.start, -m.end, FORMS.index(m.form)), []).append((number, m))
    order = sorted(places)

    def render(start, end, first):
        """text[start:end] with all places from `first` on that lie in it; and the next place."""
        parts, at = [], start
        while first < len(order) and order[first][0] < end:
            begin, stop = order[first][0], -order[first][1]
            if stop > end:
                raise ValueError(f"places overlap: {places[order[first]][0][1].id}")
            body, following = render(begin, stop, first + 1)
            parts += [text[at:begin], wrap(FORMS[order[first][2]], body, places[order[first]])]
            at, first = stop, following
        parts.append(text[at:end])
        return "".join(parts), first

    return DECLARATION + render(0, len(text), 0)[0]


def write(out, texts, mutants):
    by_file = {}
    for number, m in enumerate(mutants, 1):
        by_file.setdefault(m.file, []).append((number, m))
    for path, text in texts.items():
        target = out / "src" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(rewrite(text, by_file.get(path, [])), encoding="utf-8")
    table = "".join(f"{n}\t{m.id}\n" for n, m in enumerate(mutants, 1))
    (out / "mutants.tsv").write_text(table, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", metavar="DIR", type=Path)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    try:
        texts, mutants, left_out = find()
    except ValueError as error:
        sys.exit(f"mutate.py: {error}")
    if args.list:
        for m in mutants:
            old = " ".join(texts[m.file][m.start:m.end].split())
            print(f"{m.id}\t{old}  =>  {' '.join(m.text.split())}")
    if args.out:
        write(args.out, texts, mutants)
    places = ", ".join(f"{n} {reason}" for reason, n in sorted(left_out.items()))
    print(f"{len(mutants)} mutants; places without: {places}", file=sys.stderr)


if __name__ == "__main__":
    main()
