#!/bin/sh -eu
# SPDX-License-Identifier: Apache-2.0
# Builds this machine's engines into build/fuzz/ENGINE/ (all, or those named), then says how to run one.
cd "$(dirname "$0")/.."
/usr/bin/python3 fuzz/fuzz_engines.py "$@"
cat <<'END'
libFuzzer: mkdir -p out/corpus/heap && build/fuzz/address/fuzz_heap_auto_3 -len_control=0 out/corpus/heap
AFL++:     AFL_CUSTOM_MUTATOR_LIBRARY=build/fuzz/afl/afl_mutator.so \
             afl-fuzz -i SEEDS -o out/afl -- build/fuzz/afl/fuzz_heap_auto_3
END
