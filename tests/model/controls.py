#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Controls of the model's tests: plants one wrong rule at a time in a copy of the reference model
and sees that the comparison with brute force notices it. A rule that nothing notices fails this
test.

usage: controls.py BUILD_FOLDER [CC]"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# name, text in heap_model.c (exactly once), what it becomes
PLANTED = [
    ("bucket is floor(log2)",
     "32u - (uint32_t)__builtin_clz(units - 1)",
     "31u - (uint32_t)__builtin_clz(units)"),
    ("one probe too few", "search->misses < model->loops", "search->misses + 1 < model->loops"),
    ("one probe too many", "search->misses < model->loops", "search->misses <= model->loops"),
    ("any bucket above", "model_bucket(end - start) == model_bucket(search->above)", "true"),
    ("bucket above though b cannot be missed",
     "if (search_finds_in_bucket(model, search)) {\n        return false",
     "if (search_finds_in_bucket(model, search)) {\n        return true"),
    ("one unit is listed in both formats", "units >= model->header / 4", "units >= 1"),
    ("usable without the header", "units * UNIT_BYTES - model->header", "units * UNIT_BYTES"),
    ("size rule rounds down", "model->header + UNIT_BYTES - 1)", "model->header)"),
    ("alignment forgets the header",
     "(uint64_t)unit * UNIT_BYTES + model->header",
     "(uint64_t)unit * UNIT_BYTES"),
    ("padding one unit short",
     "(uint64_t)align / UNIT_BYTES - 1;",
     "(uint64_t)align / UNIT_BYTES - 2;"),
    ("aligned fit must be at the start",
     "skip + units <= extent->units",
     "skip == 0 && units <= extent->units"),
    ("three is a power of two",
     "return (align & (align - 1)) == 0;",
     "return align == 3 || (align & (align - 1)) == 0;"),
    ("grow in place looks at nothing behind",
     "units <= block->units + free_units_behind(model, index)) {\n        *in_place",
     "units <= block->units) {\n        *in_place"),
    ("aligned realloc stays at any address",
     "user_is_aligned(model, block->unit, align) &&",
     "true &&"),
    ("largest of all, not of the probed",
     "(members < model->loops ? members : model->loops)",
     "members"),
    ("maximum never rises", "if (model->allocated > model->max_allocated)", "if (false)"),
    ("overlap with the left unseen", "unit - place[-1].unit < place[-1].units", "false"),
    ("hidden block keeps its gap", "right++; /*", "/*"),
]


def build_and_run(folder, compiler, model_text):
    source = folder / "heap_model.c"
    source.write_text(model_text)
    program = folder / "test_brute"
    here = ROOT / "tests" / "model"
    subprocess.run(
        [*compiler, "-std=gnu11", "-O1", "-I", ROOT / "ops", "-o", program, source,
         here / "brute.c", here / "test_brute.c", "-lcmocka"], check=True)
    return subprocess.run([program], capture_output=True, text=True, timeout=120)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.splitlines()[-1], file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1]) / "model_controls"
    folder.mkdir(parents=True, exist_ok=True)
    compiler = (sys.argv[2] if len(sys.argv) == 3 else "cc").split()
    text = (ROOT / "reference" / "heap_model.c").read_text()
    missed = 0
    sound = build_and_run(folder, compiler, text)
    if sound.returncode != 0:
        print(f"the model as it is: have status {sound.returncode}, want 0")
        missed += 1
    for name, old, new in PLANTED:
        if text.count(old) != 1:
            print(f"{name}: have {text.count(old)} places in heap_model.c, want 1: "
                  "update this script")
            missed += 1
            continue
        result = build_and_run(folder, compiler, text.replace(old, new))
        noticed = result.returncode == 1 and "FAILED" in result.stdout + result.stderr
        print(f"{'noticed' if noticed else 'MISSED '}  {name}")
        missed += not noticed
    print(f"{len(PLANTED)} planted, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
