# SPDX-License-Identifier: Apache-2.0
"""Installs what is missing, by apt, and says what and why."""

import os
import shutil
import subprocess

# What every command needs. "a|b" means the first that the distribution has.
BASE = ["gcc", "libc6-dev", "binutils", "cmake", "ninja-build", "git", "pkg-config"]

# What the tests need beyond the stages' own lists.
TEST = [
    "g++", "libcmocka-dev", "clang-14|clang-16", "clang-19", "llvm-19", "lld-19",
    "libclang-rt-14-dev|libclang-rt-16-dev", "libclang-rt-19-dev", "file", "zip", "unzip",
    "gcc-12-multilib|gcc-14-multilib", "lib32stdc++-12-dev|lib32stdc++-14-dev", "libc6-dev-i386",
    "lua5.4", "sqlite3", "jq", "valgrind", "python3-kconfiglib",
]


def installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.endswith(" installed")


def missing(packages):
    """The entries none of whose alternatives is installed, in order, once each."""
    return [p for p in dict.fromkeys(packages) if not any(installed(a) for a in p.split("|"))]


def known(package):
    done = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return done.returncode == 0


def ensure(packages, why, ctx):
    """Makes sure the packages are there. Returns None, or one line that says what could not be done."""
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        ctx.say(f"set-up: no apt-get here; {why} needs, by Debian's names: {' '.join(packages)}")
        return None
    want = missing(packages)
    if not want:
        return None
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    try:
        ctx.run(sudo + ["apt-get", "update", "-qq"], env=env, label="apt-get update")
        names = [next((a for a in p.split("|") if known(a)), p.split("|")[0]) for p in want]
        ctx.say(f"set-up: installing for {why}: {' '.join(names)}")
        ctx.run(sudo + ["apt-get", "install", "-y", "-qq", "--no-install-recommends"] + names,
                env=env, label="apt-get install")
    except (ctx.Failed, OSError) as problem:
        return f"set-up for {why} failed: {problem}; install by hand: {' '.join(want)}"
    return None
