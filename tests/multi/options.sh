#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# MAX_MULTI_HEAPS: what is out of range does not compile, two different values do not link.
# usage: options.sh CC LIB
set -eu
cc=$1
lib=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/user.c" <<'END'
#include <kheap/multi_heap.h>
int main(void)
{
    struct sys_multi_heap multi;

    sys_multi_heap_init(&multi, 0);
    return sizeof(multi.heaps) / sizeof(multi.heaps[0]) != MAX_MULTI_HEAPS;
}
END

compiles() {
    "$cc" -std=gnu11 -Wall -Wextra -Werror -I"$lib/include" "-DMAX_MULTI_HEAPS=$1" -fsyntax-only "$work/user.c" \
        2>"$work/message"
}

for good in 1 8 255; do
    compiles $good || { echo "MAX_MULTI_HEAPS=$good: want it to compile"; exit 1; }
done
for bad in 0 256 -1; do
    if compiles $bad; then
        echo "MAX_MULTI_HEAPS=$bad: have it compiled, want an error"
        exit 1
    fi
    grep -q "MAX_MULTI_HEAPS must be 1 to 255" "$work/message" ||
        { echo "MAX_MULTI_HEAPS=$bad: want the range in the message"; exit 1; }
done

links() {
    "$cc" -std=gnu11 -ffunction-sections -I"$lib/include" "-DMAX_MULTI_HEAPS=$1" -c \
        -o "$work/user.o" "$work/user.c"
    "$cc" -std=gnu11 -ffunction-sections -I"$lib/include" -DMAX_MULTI_HEAPS=4 -c -o "$work/multi_heap.o" \
        "$lib/src/heaps/multi_heap.c"
    "$cc" -Wl,--gc-sections -o "$work/user" "$work/user.o" "$work/multi_heap.o" 2>"$work/message"
}

links 4 || { cat "$work/message"; exit 1; }
"$work/user"
if links 5; then
    echo "library with 4 heaps and program with 5: have them linked, want an error"
    exit 1
fi
grep -q "sys_multi_heap_init_max5" "$work/message" || { cat "$work/message"; exit 1; }
echo "3 values in range, 3 outside, 1 mixture"
