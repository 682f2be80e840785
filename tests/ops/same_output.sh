#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# same_output.sh A B: both programs must print the same for one seed, and another text for another.
set -eu
one=$("$1" 1)
two=$("$2" 1)
echo "$one $1"
echo "$two $2"
[ -n "$one" ] && [ "$one" = "$two" ] || { echo "they differ" >&2; exit 1; }
[ "$one" != "$("$1" 2)" ] || { echo "control: the seed does not matter" >&2; exit 1; }
