#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A campaign on one target: with a line of the merge dropped it stops at a finding whose command fails again; on lib/ as
it is it counts, the same on a second run, and a stopped one goes on where it was. campaign.py FOLDER"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import planted
import stage_campaign

TARGET, GOAL = "fuzz_heap_auto_3", 200_000


def context_of(folder, name):
    ctx = planted.context.Context(planted.context.Screen(), quick=True, jobs=1)
    ctx.screen.begin("campaign")
    ctx.campaign_targets, ctx.campaign_goal = [TARGET], GOAL
    ctx.campaign_build, ctx.campaign_out = folder / f"{name}-build", folder / f"{name}-out"
    return ctx


def sound(folder):
    ctx = context_of(folder, "sound")
    first = stage_campaign.run(ctx)
    print(first["line"])
    wrong = [] if first["ok"] and first["figures"]["ops"] >= GOAL else ["no campaign of the sound library"]
    # As if stopped behind the first slice: the rest is run again, to the same counts.
    path = ctx.campaign_out / "quick.jsonl"
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    again = stage_campaign.run(ctx)
    if again["figures"] != first["figures"]:
        wrong.append(f"counts differ: {first['figures']} then {again['figures']}")
    return wrong


def faulty(folder):
    lib, line = planted.faulty_lib(folder)
    print(f"dropped: {line}")
    result = stage_campaign.run(context_of(folder, "faulty"), lib)
    print(result["line"], *result["problems"], sep="\n")
    if result["ok"] or not result["problems"]:
        return ["the campaign is ok with a fault in lib/"]
    command = shlex.split(result["problems"][0].split(": ")[-1])
    done = subprocess.run(command, capture_output=True, check=False)
    return [] if done.returncode != 0 else [f"not reproduced: {shlex.join(command)}"]


def main(argv):
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wrong = sound(folder) + faulty(folder)
    for text in wrong:
        print(f"campaign: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
