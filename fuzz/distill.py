# SPDX-License-Identifier: Apache-2.0
"""Takes programs that reach more of lib/ than the committed corpus does, shrunk, into corpus/seeds.

    distill.py [--build NAME]... [--gen N] [--seed S] [--flips TEMPLATE]... [--out FOLDER] [PATH]...

PATH: findings of fuzzing, such as out/corpus/misuse (records), packs or text. --gen adds N drawn
programs of each profile, --flips programs that flip one bit of the metadata that TEMPLATE leaves
and meet it with one call. The stage coverage must have run: what it did not reach
is what is looked for, on its builds of these names. Candidates are chosen by set cover over branch
sides and MC/DC conditions, then their ops are removed one by one while what they reach stays.
"""

import argparse
import os
import pickle
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "coverage"), str(ROOT / "tools" / "vet")]

import builds  # noqa: E402
import context  # noqa: E402
import figures as fig  # noqa: E402
import llvm  # noqa: E402
import stage  # noqa: E402

PROFILES = ("mixed", "small", "edges", "aligned", "resize", "phases", "hostile")
CALLS = ("free p0", "free p2", "realloc p0 8", "realloc p2 200", "aligned p9 64 20", "alloc p9 8")
# The lowest and highest bits of each half: what is one off, and what is far off.
WORDS, BITS = range(32), (0, 1, 2, 4, 15, 16, 17, 20, 31)


class Judge:
    """One build of the stage: which of the missing points some programs reach on it."""

    def __init__(self, ctx, places, build):
        self.ctx, self.places, self.build = ctx, places, build
        self.object = places.build / f"{build.name}.so"
        self.profile = places.build / f"{build.name}.profdata"
        self.dump = (places.build / f"{build.name}.dump").read_text(encoding="utf-8")
        self.scratch = places.build / "distill"
        self.scratch.mkdir(exist_ok=True)

    def run(self, files):
        """Their profile and the build's own in one; None when an oracle did not hold."""
        raw = self.scratch / f"{self.build.name}.profraw"
        raw.unlink(missing_ok=True)
        done = self.ctx.run([self.ctx.heapvet, "run", "--subject", self.object,
                             *self.build.options, *files], check=False, timeout=300,
                            env=dict(os.environ, LLVM_PROFILE_FILE=str(raw)))
        if done.returncode != 0:
            return None
        return llvm.merge(self.ctx, [self.profile, raw], self.scratch / "merged.profdata")

    def reached(self, files, wanted):
        profile = self.run(files)
        if profile is None:
            return set()
        facts = llvm.facts_of(self.ctx, self.places.copy, self.object, profile, self.dump)
        return wanted & points_of(facts)


def points_of(facts):
    """Everything that is reached, in the words of figures.Missing."""
    points = set()
    for (file, position), counts in facts.branches.items():
        points |= {fig.Missing(file, fig.where_text(position), f"branch {side}")
                   for side, count in zip(("true", "false"), counts) if count}
    return points | {fig.Missing(file, fig.where_text(position), "MC/DC")
                     for (file, _, position), shown in facts.conditions.items() if shown}


def pick(judge, files, wanted, chosen):
    """Halves the candidates until one is left that reaches something new; greedy in their order."""
    gained = judge.reached(files, wanted)
    if not gained:
        return wanted
    if len(files) == 1:
        chosen.append((files[0], gained))
        return wanted - gained
    middle = len(files) // 2
    wanted = pick(judge, files[:middle], wanted, chosen)
    return pick(judge, files[middle:], wanted, chosen)


def shrink(judge, text, points, file):
    """Takes ops away, larger runs of them first, while all of the points stay reached."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    head, ops = lines[0], lines[1:]
    file.write_text(text, encoding="utf-8")
    if judge.reached([file], points) != points:
        raise SystemExit(f"distill.py: {file}: alone it does not reach what it was chosen for")
    step = max(1, len(ops) // 2)
    while step:
        at = 0
        while at < len(ops):
            fewer = ops[:at] + ops[at + step:]
            file.write_text("\n".join([head, *fewer]) + "\n", encoding="utf-8")
            if judge.reached([file], points) == points:
                ops = fewer
            else:
                at += step
        step //= 2
    return [head, *ops]


def text_of(ctx, file, scratch):
    """A program as text; records, as fuzzers write them, are unpacked."""
    if file.suffix == ".ops":
        return file.read_text(encoding="utf-8")
    ctx.run([ctx.heapvet, "unpack", file, "-o", scratch / "unpacked"])
    return next((scratch / "unpacked").glob("*.ops")).read_text(encoding="utf-8")


def flips(template, out):
    """One program for each bit and call: the template, the bit flipped, the call, and back."""
    text = template.read_text(encoding="utf-8").rstrip("\n")
    for word in WORDS:
        for bit in BITS:
            for i, call in enumerate(CALLS):
                file = out / f"{template.stem}-{word:02}-{bit:02}-{i:02}.ops"
                file.write_text(f"{text}\nflip {word} {bit}\n{call}\nmend\n", encoding="utf-8")


def candidates(ctx, args, out):
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    for template in args.flips:
        flips(Path(template), out)
    for profile in PROFILES if args.gen else ():
        for i in range(args.gen):
            ctx.run([ctx.heapvet, "gen", "--profile", profile, "--seed", args.seed + i, "--ops", 200,
                     "-o", out / f"{profile}-{args.seed + i}.ops"])
    paths = [Path(path) for path in args.paths]
    found = [f for p in paths for f in (sorted(p.iterdir()) if p.is_dir() else [p]) if f.is_file()]
    return sorted(out.iterdir()) + found


def write(out, name, lines, points, build):
    places = sorted(f"{p.file}:{p.where} {p.what}" for p in points)
    comment = ["# SPDX-License-Identifier: Apache-2.0",
               f"# Found and shrunk by fuzz/distill.py on the build {build} of tests/coverage.",
               *(f"# Reaches {place}" for place in places[:3])]
    if len(places) > 3:
        comment.append(f"# and {len(places) - 3} more.")
    (out / name).write_text("\n".join(comment + lines) + "\n", encoding="utf-8")


def name_of(out, points):
    first = sorted(points)[0]
    stem = f"found-{Path(first.file).stem}-{first.where.split(':')[0]}"[:24]
    number = 0
    while (out / f"{stem}-{number}.ops").exists():
        number += 1
    return f"{stem}-{number}.ops"


def union_of(places):
    union = llvm.Facts()
    for build in places.builds:
        kept = places.build / f"{build.name}.facts"
        if not kept.exists():
            raise SystemExit(f"distill.py: {kept}: run ./vet coverage first")
        union.unite(pickle.loads(kept.read_bytes()))
    return union


def distill(ctx, args):
    places = stage.Places(ctx)
    wanted = {m for m in fig.missing_of(union_of(places)) if m.what != "line"}
    files = candidates(ctx, args, places.build / "candidates")
    out = Path(args.out)
    for build in (b for b in builds.BUILDS if b.name in args.build):
        judge = Judge(ctx, places, build)
        chosen = []
        wanted = pick(judge, files, wanted, chosen)
        for file, points in chosen:
            lines = shrink(judge, text_of(ctx, file, judge.scratch), points,
                           judge.scratch / "try.ops")
            name = name_of(out, points)
            write(out, name, lines, points, build.name)
            print(f"{out / name}: {len(lines) - 1} ops, {len(points)} places")
    print(f"{len(wanted)} places are still missing")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="PATH")
    parser.add_argument("--build", action="append", default=[], metavar="NAME")
    parser.add_argument("--gen", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--flips", action="append", default=[], metavar="TEMPLATE")
    parser.add_argument("--out", default=ROOT / "corpus" / "seeds", metavar="FOLDER")
    parser.add_argument("--heapvet", default=ROOT / "build" / "dev" / "heapvet")
    parser.add_argument("--build-folder", default=ROOT / "build", metavar="FOLDER")
    args = parser.parse_args()
    ctx = context.Context(context.Screen(sys.stderr))
    ctx.heapvet, ctx.build = Path(args.heapvet), Path(args.build_folder)
    args.build = args.build or ["auto-2", "small-2-1", "big-2-255"]
    distill(ctx, args)


if __name__ == "__main__":
    main()
