#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A user's program with the system heap, a pool and a port: by find_package, by pkg-config, and with
the library embedded. The resolved size is in the installed headers and in the embedded library.

usage: packaged.py"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
#include <kheap/mem_pool.h>
#include <kheap/system_heap.h>

K_MEM_POOL_DEFINE(pool, 64, 1024, 1, 8);

int main(void)
{
    void *large = k_malloc(2500); /* more than is configured, less than the parts' sum */
    void *pooled = k_mem_pool_malloc(&pool, 1000);
    int ok = CONFIG_HEAP_MEM_POOL_SIZE == 3000 && large != NULL && pooled != NULL && k_malloc(2500) == NULL;

    k_free(pooled);
    k_free(large);
    return ok ? 0 : 1;
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.23)
project(user LANGUAGES C)
{get}
add_executable(user main.c)
target_link_libraries(user PRIVATE kheap::kheap kheap::port_posix)
"""
OPTIONS = ["-DCONFIG_HEAP_MEM_POOL_SIZE=1000", "-DCONFIG_HEAP_MEM_POOL_ADD_SIZE_NET=2000",
           "-DCONFIG_HEAP_MEM_POOL_ADD_SIZE_USB=1000"]


def run(*argv, env=None):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, env=env, check=False)
    if done.returncode != 0:
        print(done.stdout[-1500:], done.stderr[-1500:])
        raise SystemExit(f"packaged: {' '.join(map(str, argv))}: exit status {done.returncode}")
    return done.stdout


def by_cmake(work, get, *options):
    work.mkdir()
    (work / "main.c").write_text(PROGRAM, encoding="utf-8")
    (work / "CMakeLists.txt").write_text(CMAKE.format(get=get), encoding="utf-8")
    run("cmake", "-S", work, "-B", work / "build", *options)
    run("cmake", "--build", work / "build", "--target", "user")
    run(work / "build" / "user")


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        prefix = work / "prefix"
        run("cmake", "-S", ROOT / "lib", "-B", work / "lib", f"-DCMAKE_INSTALL_PREFIX={prefix}", *OPTIONS)
        run("cmake", "--build", work / "lib", "-j2")
        run("cmake", "--install", work / "lib")
        by_cmake(work / "found", "find_package(kheap REQUIRED)", f"-DCMAKE_PREFIX_PATH={prefix}")

        env = dict(os.environ, PKG_CONFIG_PATH=str(next(prefix.rglob("kheap.pc")).parent))
        flags = run("pkg-config", "--cflags", "--libs", "--static", "kheap", env=env).split()
        run("cc", work / "found" / "main.c", "-o", work / "by-pc", *flags, "-lkheap_port_posix", "-pthread")
        run(work / "by-pc")

        by_cmake(work / "embedded", f"add_subdirectory({ROOT} kheap)", *OPTIONS)
        # Variables of the embedding project count as the cache's do, as those of a Kconfig tree.
        by_cmake(work / "variables", "\n".join(
            f"set({o[2:].replace('=', ' ')})" for o in OPTIONS) + f"\nadd_subdirectory({ROOT}/lib kheap)")
    print("packaged: 4 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
