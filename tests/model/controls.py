#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Controls of the models' tests: plants one wrong rule at a time in a copy of a reference model
and sees that the comparison with brute force notices it. A rule that nothing notices fails this
test.

usage: controls.py BUILD_FOLDER [CC]"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# name, text in the model (exactly once), what it becomes
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
PLANTED_POOL = [
    ("a request without its descriptor", "(uint64_t)bytes + bytes_in_front(model, align)",
     "(uint64_t)bytes"),
    ("the next size up", "if (size >= need) {", "if (size > need) {"),
    ("blocks are halved", "#define FANOUT    4u", "#define FANOUT    2u"),
    ("blocks anywhere", "return (offset + size - 1) / size * size;", "return offset;"),
    ("a place may stick out", "offset + size <= gap_end(model, gap)",
     "offset < gap_end(model, gap)"),
    ("the last gap is forgotten",
     "for (uint32_t gap = 0; gap <= model->nblocks; gap++) {\n        if (place_in_gap",
     "for (uint32_t gap = 0; gap < model->nblocks; gap++) {\n        if (place_in_gap"),
    ("partners do not join", "size == model->pool.max ||\n                !place_in_gap",
     "true || !place_in_gap"),
    ("a larger block may be cut", "size < from; size *= FANOUT", "false; size *= FANOUT"),
    ("realloc stays if it fits", "size_for(model, align, bytes) == block->size &&",
     "size_for(model, align, bytes) <= block->size &&"),
    ("realloc always moves", "*in_place = stays(model, index, align, bytes);",
     "*in_place = false;"),
    ("any alignment", "align > ALIGN_MAX", "false"),
    ("usable with the descriptor", "model->blocks[index].size - model->blocks[index].user;",
     "model->blocks[index].size;"),
    ("a block may begin anywhere in its place", "? block->user != model->pool.descriptor",
     "? false"),
]
PLANTED_MULTI = [
    ("one child that must not is enough",
     "best = verdict > best ? verdict : best;\n    }\n    return best;\n}\n\n"
     "static enum verdict ever",
     "best = verdict < best ? verdict : best;\n    }\n    return best;\n}\n\n"
     "static enum verdict ever"),
    ("the ring begins with the first", "bytes / UNIT_BYTES % multi->parts + i", "i"),
    ("a child before may have to",
     "if (heap_shadow_alloc(child, align, bytes) == MUST_SUCCEED) {",
     "if (heap_shadow_alloc(child, align, bytes) > MUST_SUCCEED) {"),
    ("a child before may not even be able to",
     "if (heap_shadow_alloc(child, align, bytes) == MUST_SUCCEED) {",
     "if (heap_shadow_alloc(child, align, bytes) != MUST_FAIL) {"),
    ("realloc is not tried in place", "return *in_place ? MUST_SUCCEED : alloc",
     "*in_place = false;\n    return alloc"),
]
SHADOW_PLANTED = [
    ("aligned blocks are held to the buckets", "if (align > PLAIN_ALIGN || ", "if ("),
    ("a block in another unit", "past % UNIT_BYTES == 0", "true"),
]
# model's file: what is planted in it, the test that must notice, what else is linked
MODELS = {
    "heap_model.c": (PLANTED, "test_brute.c", ["tests/model/brute.c"]),
    "pool_model.c": (PLANTED_POOL, "test_pool.c", []),
    "multi_model.c": (PLANTED_MULTI, "test_multi.c",
                      ["tests/model/brute.c", "reference/heap_model.c",
                       "reference/heap_model_shadow.c"]),
    "heap_model_shadow.c": (SHADOW_PLANTED, "test_multi.c",
                            ["tests/model/brute.c", "reference/heap_model.c",
                             "reference/multi_model.c"]),
}


def build_and_run(folder, compiler, file, model_text):
    source = folder / file
    source.write_text(model_text)
    program = folder / "test"
    _, test, others = MODELS[file]
    subprocess.run(
        [*compiler, "-std=gnu11", "-O1", "-I", ROOT / "ops", "-I", ROOT / "reference",
         "-I", ROOT / "tests" / "model", "-o", program, source, ROOT / "tests" / "model" / test,
         *(ROOT / other for other in others), "-lcmocka"], check=True)
    return subprocess.run([program], capture_output=True, text=True, timeout=120)


def missed_in(folder, compiler, file):
    """How many wrong rules in this model go unnoticed."""
    text = (ROOT / "reference" / file).read_text()
    missed = 0
    sound = build_and_run(folder, compiler, file, text)
    if sound.returncode != 0:
        print(f"{file} as it is: have status {sound.returncode}, want 0")
        missed += 1
    for name, old, new in MODELS[file][0]:
        if text.count(old) != 1:
            print(f"{name}: have {text.count(old)} places in {file}, want 1: update this script")
            missed += 1
            continue
        result = build_and_run(folder, compiler, file, text.replace(old, new))
        noticed = result.returncode > 0 and "FAILED" in result.stdout + result.stderr
        print(f"{'noticed' if noticed else 'MISSED '}  {file}: {name}")
        missed += not noticed
    return missed


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.splitlines()[-1], file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1]) / "model_controls"
    folder.mkdir(parents=True, exist_ok=True)
    compiler = (sys.argv[2] if len(sys.argv) == 3 else "cc").split()
    missed = sum(missed_in(folder, compiler, file) for file in MODELS)
    print(f"{sum(len(planted) for planted, _, _ in MODELS.values())} planted, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
