#!/bin/sh -eu
# SPDX-License-Identifier: Apache-2.0
# The fuzz rate of fuzz/README.md: 1,000 generated programs of 32 ops in 2 KiB through fuzz_heap's entry under
# AddressSanitizer, with all oracles and with none, then libFuzzer's own rate on this target and on those of the other
# kinds, with its mean ops. rate.sh [SECONDS]
cd "$(dirname "$0")/.."
seconds=${1:-5}
/usr/bin/python3 fuzz/fuzz_engines.py address >/dev/null
bin=build/fuzz/address
for profile in mixed random; do
  echo "entry, profile $profile:"
  $bin/fuzz_rate_auto_3 --programs 1000 --ops 32 --region 2048 --profile $profile --seconds "$seconds" |
    grep -E '^(ops_per|checked|skipped|executions|bare|ratio)' | sed 's/^/  /'
done
work=$(mktemp -d "${TMPDIR:-/dev/shm}/heapvet-rate.XXXXXX")
trap 'rm -rf "$work"' EXIT
# libFuzzer's executions per second on TARGET at inputs of at most LENGTH bytes
engine_rate() {
  rm -rf "$work/corpus" "$work/seeds" "$work/stats"
  mkdir "$work/corpus" "$work/seeds"
  /usr/bin/python3 -c 'import shutil, sys; shutil.unpack_archive(*sys.argv[1:])' \
    "$bin/$1_seed_corpus.zip" "$work/seeds"
  HEAPVET_STATS=$work/stats ASAN_OPTIONS=detect_leaks=0 "$bin/$1" -seed=1 -len_control=0 \
    -max_len="$2" -max_total_time="$seconds" -print_final_stats=1 "$work/corpus" "$work/seeds" \
    >"$work/log" 2>&1
  echo "libFuzzer on $1, at most $2 bytes:"
  sed -n 's/^stat::average_exec_per_sec: */  executions_per_s /p' "$work/log"
  /usr/bin/python3 -c 'import sys; sys.path.insert(0, "fuzz"); import fuzz_stats
s = fuzz_stats.read(sys.argv[1]); print(f"  ops_per_program {s.ops / max(1, s.programs):.1f}")' "$work/stats"
}
engine_rate fuzz_heap_auto_3 1032
for target in fuzz_heap_auto_3 fuzz_kheap fuzz_pool fuzz_multi fuzz_system fuzz_system_legacy; do
  engine_rate $target 264
done
