# SPDX-License-Identifier: Apache-2.0
"""Install kheap, then build a user's project against it: find_package, pkg-config, and a wrong configuration."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSUMER = ROOT / "tests" / "consumer"


def run(argv, env=None, must=True):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, env=env, check=False)
    if must and done.returncode != 0:
        print(done.stdout[-1500:], done.stderr[-1500:])
        raise SystemExit(f"packaging: {' '.join(map(str, argv))}: exit status {done.returncode}")
    return done


def install(work, *options):
    run(["cmake", "-S", ROOT, "-B", work / "build", "-DHEAPVET_TESTBED=OFF", "-DBUILD_TESTING=OFF",
         "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_INSTALL_PREFIX={work / 'first'}", *options])
    run(["cmake", "--build", work / "build", "-j2"])
    run(["cmake", "--install", work / "build"])
    # Packages must work wherever they are unpacked.
    prefix = work / "prefix"
    shutil.move(work / "first", prefix)
    return prefix


def by_find_package(work, prefix):
    run(["cmake", "-S", CONSUMER, "-B", work / "consumer", f"-DCMAKE_PREFIX_PATH={prefix}"])
    run(["cmake", "--build", work / "consumer"])
    run([work / "consumer" / "consumer"])


def pkg_config(prefix):
    pc = next(prefix.rglob("kheap.pc"))
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent))
    out = run(["pkg-config", "--cflags", "--libs", "--static", "kheap"], env=env).stdout.split()
    version = run(["pkg-config", "--modversion", "kheap"], env=env).stdout.strip()
    assert version == "0.1.0", version
    return out


def by_pkg_config(work, prefix):
    run(["gcc", CONSUMER / "main.c", "-o", work / "by-pc", *pkg_config(prefix)])
    run([work / "by-pc"])


def mismatch_is_a_link_error(work, prefix):
    """Headers told another configuration than the library was built with."""
    done = run(["gcc", "-DCONFIG_SYS_HEAP_RUNTIME_STATS=0", CONSUMER / "main.c", "-o", work / "wrong",
                *pkg_config(prefix)], must=False)
    assert done.returncode != 0, "another configuration linked"
    assert "undefined reference" in done.stderr, done.stderr[-500:]


def option_reaches_the_package(work):
    """A non-default package works the same way, and its own headers carry its options."""
    prefix = install(work, "-DCONFIG_SYS_HEAP_SMALL_ONLY=ON", "-DCONFIG_SYS_HEAP_HARDENING_LEVEL=2")
    by_find_package(work, prefix)
    by_pkg_config(work, prefix)


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "default"
        work.mkdir()
        prefix = install(work)
        steps = [by_find_package, by_pkg_config, mismatch_is_a_link_error]
        for step in steps:
            step(work, prefix)
        other = Path(folder) / "small"
        other.mkdir()
        option_reaches_the_package(other)
    print(f"packaging: {len(steps) + 1} passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
