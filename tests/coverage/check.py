# SPDX-License-Identifier: Apache-2.0
"""Tests of the coverage stage: the committed figures hold, and a poorer corpus is seen to be one.

    check.py figures HEAPVET BUILD    the whole stage, but for the HTML
    check.py control HEAPVET BUILD    without the seeds of one class some figures must fall
    check.py limits HEAPVET BUILD     the committed programs are few and small; more are seen to be
    check.py accept [HEAPVET BUILD]   writes tests/coverage/FIGURES.txt anew
"""

import io
import random
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools" / "vet")]

import builds  # noqa: E402
import context  # noqa: E402
import figures as fig  # noqa: E402
import stage  # noqa: E402

# What the control leaves out, and the configurations that are enough to see it; then the limits.
CLASS = "found-*"
MOST_FILES, MOST_BYTES = 500, 64 * 1024
CONTROL_BUILDS = ["auto-2"]


def context_of(heapvet, build):
    ctx = context.Context(context.Screen(sys.stderr), jobs=2)
    ctx.heapvet = Path(heapvet)
    ctx.build = Path(build)
    return ctx


def figures(ctx):
    result = stage.run(ctx, stage.Places(ctx, out=ctx.build / "out"), html=False)
    for problem in result["problems"]:
        print(problem)
    print(result["line"])
    return 0 if result["ok"] else 1


def copy_of(folder, out, without=None):
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    for file in folder.iterdir():
        if without is None or not file.match(without):
            (out / file.name).write_bytes(file.read_bytes())
    return out


def control(ctx):
    """The same measurement twice, on all seeds and on all but one class."""
    chosen = [build for build in builds.BUILDS if build.name in CONTROL_BUILDS]
    seeds = ctx.root / "corpus" / "seeds"
    got = []
    for name, without in (("whole", None), ("poorer", CLASS)):
        folder = copy_of(seeds, ctx.build / "control" / name / "seeds", without)
        places = stage.Places(ctx, folders=[folder], build=ctx.build / "control" / name,
                              chosen=chosen, traces=False)
        union, problems = stage.measure_all(ctx, places)
        if problems:
            print("\n".join(problems))
            return 1
        got.append(fig.figures_of(union))
    same, less = fig.fallen(got[0], got[0]), fig.fallen(got[1], got[0])
    print("\n".join(less))
    if same or not any(line.startswith("lib/src/guard.h: branches") for line in less):
        print(f"want fewer branches of lib/src/guard.h without {CLASS}, and none fewer with them")
        return 1
    return 0


def beyond_limits(texts):
    """Problems of a corpus, given as the bytes of its files. Traces are recordings, and do not count."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, text in enumerate(texts):
            archive.writestr(f"{i}.ops", text)
    size = len(packed.getvalue())
    return ([f"{len(texts)} files, at most {MOST_FILES}"] * (len(texts) > MOST_FILES) +
            [f"{size} bytes zipped, at most {MOST_BYTES}"] * (size > MOST_BYTES))


def limits(ctx):
    files = [file for folder in stage.FOLDERS for file in sorted((ctx.root / folder).glob("*.ops"))]
    texts = [file.read_bytes() for file in files]
    problems = beyond_limits(texts)
    print("\n".join(problems) or f"{len(files)} files")
    control = (beyond_limits([b""] * (MOST_FILES + 1)),
               beyond_limits([random.Random(1).randbytes(MOST_BYTES)]))
    return 1 if problems or not all(control) else 0


def accept(ctx):
    union, problems = stage.measure_all(ctx, stage.Places(ctx))
    print("\n".join(problems))
    if not problems:
        fig.write_committed(fig.figures_of(union), fig.COMMITTED)
    return 1 if problems else 0


def main(argv):
    commands = {"figures": figures, "control": control, "limits": limits, "accept": accept}
    if len(argv) not in (1, 3) or argv[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    heapvet, build = argv[1:] if len(argv) == 3 else (ROOT / "build/dev/heapvet", ROOT / "build")
    return commands[argv[0]](context_of(heapvet, build))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
