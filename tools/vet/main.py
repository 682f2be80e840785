# SPDX-License-Identifier: Apache-2.0
"""./vet: sets up what is missing, builds, runs the stages, prints the scorecard."""

import argparse
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import scorecard  # noqa: E402
import setup  # noqa: E402
from context import ROOT, Context, Failed, Screen, Usage  # noqa: E402

# In the order they run: cheap ones first, so that a broken heap is said at once.
STAGES = {
    "corpus": "tools/vet/stage_corpus.py",
    "schedules": "sim/stage.py",
    "soak": "tools/vet/stage_soak.py",
    "fuzz": "fuzz/stage.py",
    "bench": "bench/stage.py",
    "firmware": "firmware/stage.py",
}
# Evidence that the testbed finds bugs: long, and changed by few commits, so run by name, or by `all`.
EVIDENCE = {
    "explore": "tests/exhaustive/stage.py",
    "coverage": "tests/coverage/stage.py",
    "proofs": "tests/proofs/stage.py",
    "mutants": "tests/mutants/stage.py",
    "bugs": "tests/bugs/stage.py",
    "campaign": "fuzz/stage_campaign.py",
}
PLACES = {**STAGES, **EVIDENCE}
SEEDS = 3
FUZZ_SECONDS = 60
FUZZ_SECONDS_QUICK = 20


def load_stage(name):
    spec = importlib.util.spec_from_file_location(f"stage_{name}", ROOT / PLACES[name])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="vet", description="Vets the heaps in lib/: replays the corpus, fuzzes, measures, and "
        "runs the same programs on firmware images. Installs what is missing.",
        epilog="Exit status: 0 all held, 1 something did not, 2 usage.")
    parser.add_argument("what", nargs="*", metavar="STAGE",
                        help=f"one or more of {', '.join(STAGES)} (default: these), of "
                        f"{', '.join(EVIDENCE)}, all of both: all; or test")
    parser.add_argument("--quick", action="store_true", help="everything in about two minutes")
    parser.add_argument("--seconds", type=int, metavar="N",
                        help=f"fuzz for N seconds (default {FUZZ_SECONDS}), a quarter of it AFL++")
    parser.add_argument("--seeds", type=int, metavar="N",
                        help=f"bugs: find every bug N times, from N seeds (default {SEEDS})")
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes at once (default: cores)")
    parser.add_argument("-R", metavar="REGEX", dest="regex", help="test: only tests of these names")
    args = parser.parse_args(argv)
    for what in args.what:
        if what not in ("test", "all") and what not in PLACES:
            parser.error(f"expected one of {', '.join(PLACES)}, all, test; have '{what}'")
    if "test" in args.what and (len(args.what) > 1 or args.json or args.quick or args.seconds):
        parser.error("test stands alone: it takes --jobs and -R only")
    if args.regex and "test" not in args.what:
        parser.error("-R goes with test")
    if args.seeds and not {"bugs", "all"} & set(args.what):
        parser.error("--seeds goes with bugs")
    for name in ("seconds", "jobs", "seeds"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f"--{name}: expected a number of at least 1, have {getattr(args, name)}")
    if args.json and not Path(args.json).resolve().parent.is_dir():
        parser.error(f"--json: no such folder: {Path(args.json).parent}")
    return args


def build(ctx):
    """Configures and builds what every command stands on; returns seconds."""
    start = time.monotonic()
    ctx.screen.begin("build")
    ctx.run(["cmake", "--preset", "dev"], label="cmake --preset dev")
    ctx.run(["cmake", "--build", "--preset", "dev", "-j", ctx.jobs], label="cmake --build build/dev")
    return time.monotonic() - start


def run_stage(ctx, name):
    ctx.screen.begin(name)
    start = time.monotonic()
    try:
        module = load_stage(name)
        problem = setup.ensure(module.PACKAGES, name, ctx)
        if problem:
            raise Failed(problem)
        got = module.run(ctx)
        result = scorecard.Result(name, bool(got["ok"]), time.monotonic() - start,
                                  got.get("figures"), got.get("line", ""), got.get("problems", ()))
    except Failed as problem:
        result = scorecard.Result(name, False, time.monotonic() - start, problems=[str(problem)])
    ctx.say(f"  {name:<9} {'ok' if result.ok else 'NOT OK'} ({result.seconds:.1f} s)")
    return result


def vet(ctx, names, json_path):
    results = []
    stopped = False
    try:
        problem = setup.ensure(setup.BASE, "the build", ctx)
        if problem:
            raise Failed(problem)
        ctx.say(f"  build     ok ({build(ctx):.1f} s)")
        for name in names:
            results.append(run_stage(ctx, name))
    except Failed as problem:
        results.append(scorecard.Result("build", False, 0.0, problems=[str(problem)]))
    except KeyboardInterrupt:
        stopped = True
        ctx.say("stopped; what was found so far is kept under out/")
    ok = not stopped and len(results) == len(names) and all(r.ok for r in results)
    name = scorecard.commit(ROOT)
    print(scorecard.text(results, name, ok))
    if json_path:
        scorecard.write_json(json_path, results, name, ok)
    return 0 if ok else 1


def test(ctx, regex):
    """Sets up everything, builds, and hands the screen to ctest."""
    packages = list(setup.BASE) + list(setup.TEST)
    for name in PLACES:
        packages += load_stage(name).PACKAGES
    try:
        problem = setup.ensure(packages, "the tests", ctx)
        if problem:
            raise Failed(problem)
        ctx.say(f"build ok ({build(ctx):.1f} s)")
    except Failed as problem:
        print(f"vet: {problem}", file=sys.stderr)
        return 1
    command = ["ctest", "--preset", "dev", "-j", str(ctx.jobs)]
    if regex:
        command += ["-R", regex, "--no-tests=error"]
    return 1 if subprocess.run(command, cwd=ROOT, check=False).returncode else 0


def main(argv):
    args = parse(argv)
    seconds = args.seconds or (FUZZ_SECONDS_QUICK if args.quick else FUZZ_SECONDS)
    ctx = Context(Screen(), quick=args.quick, seconds=seconds, jobs=args.jobs,
                  seeds=args.seeds or SEEDS)
    if "test" in args.what:
        return test(ctx, args.regex)
    wanted = PLACES if "all" in args.what else args.what or STAGES
    names = [n for n in PLACES if n in wanted]
    try:
        return vet(ctx, names, args.json)
    except Usage as problem:
        print(f"vet: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
