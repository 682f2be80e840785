#!/bin/bash -eu
# SPDX-License-Identifier: Apache-2.0
#
# Builds every fuzz target into $OUT the way OSS-Fuzz and ClusterFuzzLite ask for it: compiler, flags and engine come
# from $CC $CXX $CFLAGS $CXXFLAGS $LIB_FUZZING_ENGINE, the link is made by $CXX, and no sanitizer, coverage or machine
# flag is added here. Beside each target: its seed corpus, dictionary and options.
#
# What a local build may set as well:
#   HARNESS_CC, HARNESS_CFLAGS  compile everything but lib/ with these, so that lib/ alone is instrumented (and fast)
#   LIB_DEFINES                 more -D for lib/, such as -DCONFIG_SYS_HEAP_HARDENING_LEVEL=2
#   LIB_DIR                     another copy of lib/, such as one with a planted fault
#   FUZZ_TARGETS                which targets; default all
#   FUZZ_MUTATOR=1              link the op-level mutator into the libFuzzer binaries
#   CORPUS_TOOL                 a fuzz_corpus that is already built
#   JOBS                        compilations at once
root=$(cd "$(dirname "$0")/.." && pwd)

: "${OUT:?expected the folder for the targets}"
: "${CC:=clang}" "${CXX:=clang++}" "${CFLAGS:=}" "${CXXFLAGS:=}"
: "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}"
: "${SRC:=$root}" "${WORK:=$OUT/work}"
: "${SANITIZER:=address}" "${FUZZING_ENGINE:=libfuzzer}" "${ARCHITECTURE:=x86_64}"
: "${FUZZ_TARGETS:=}" "${FUZZ_MUTATOR:=}" "${LIB_DEFINES:=}" "${LIB_DIR:=$root/lib}" "${CORPUS_TOOL:=}"
: "${HARNESS_CC:=$CC}"
HARNESS_CFLAGS=${HARNESS_CFLAGS-$CFLAGS}
: "${JOBS:=$(nproc)}"

case $ARCHITECTURE in
x86_64 | i386 | aarch64) ;;
*)
    echo "fuzz/build.sh: expected ARCHITECTURE x86_64, i386 or aarch64, have $ARCHITECTURE" >&2
    exit 2
    ;;
esac

# Objects of other flags must not be taken for these: the folder is named after the flags.
# Another lib/ shares the harness's objects, so that a planted fault costs a build of lib/ alone.
name_of() { printf '%s|' "$@" | cksum | cut -d' ' -f1; }
objects=$WORK/fuzz-$(name_of "$CC" "$CFLAGS" "$HARNESS_CC" "$HARNESS_CFLAGS" "$SANITIZER" "$FUZZ_MUTATOR")
lib_objects=$objects/lib-$(name_of "$LIB_DIR" "$LIB_DEFINES")
mkdir -p "$OUT" "$objects"

export OUT CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE HARNESS_CC HARNESS_CFLAGS LIB_DEFINES LIB_DIR
export FUZZ_TARGETS FUZZ_MUTATOR CORPUS_TOOL
exec make --no-print-directory -C "$root" -f fuzz/targets.mk -j "$JOBS" O="$objects" L="$lib_objects" \
  ${MAKE_GOALS:-all}
