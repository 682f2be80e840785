#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make.sh HEAPVET [OUT]: records all traces of corpus/traces again (into OUT, default that folder).
# Keeps the figures in OUT/README.md, if there is one, up to date. Needs lua5.4, sqlite3, jq, git, bc.
# The same versions give the same ops; corpus/traces/README.md says which made the committed ones.
# The regions are those that kheap needs as it is.
set -eu

[ $# -ge 1 ] || { echo "usage: make.sh HEAPVET [OUT]" >&2; exit 2; }
heapvet=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "${2:-$here/../../../corpus/traces}")
for tool in lua5.4 sqlite3 jq git bc awk; do
    command -v "$tool" > /dev/null || { echo "make.sh: expected $tool, have none" >&2; exit 2; }
done

# Paths, locale and settings all end up in allocations, so that none may be the user's; git and jq
# hash paths, so that the folder always has the same name. One at a time, then.
scratch=/tmp/heapvet-traces
tries=0
until mkdir "$scratch" 2> /dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "make.sh: expected to be alone; is $scratch a leftover?" >&2; exit 2; }
    sleep 1
done
trap 'rm -rf "$scratch"' EXIT INT TERM
cp "$here"/*.* "$scratch"
mkdir "$scratch/repo"
cd "$scratch"
clean() {
    env -i PATH=/usr/bin:/bin LC_ALL=C TZ=UTC HOME="$scratch" GIT_CONFIG_NOSYSTEM=1 \
        GIT_AUTHOR_NAME=corpus GIT_AUTHOR_EMAIL=corpus@localhost \
        GIT_COMMITTER_NAME=corpus GIT_COMMITTER_EMAIL=corpus@localhost "$@"
}

# record NAME [OPTION]... -- CMD: the command's own output is of no interest here.
record() {
    name=$1
    shift
    clean "$heapvet" record -o "$out/$name.pack" "$@" < /dev/null > "$name.out" 2> "$name.err" ||
        { cat "$name.err" >&2; exit 1; }
    cat "$name.err"
}

record lua-records -- lua5.4 records.lua 120
record lua-words -- lua5.4 words.lua 80
record sqlite3-orders -- sqlite3 -bail -pagecache 0 0 :memory: '.read orders.sql'
record sqlite3-journal -- sqlite3 -bail -pagecache 0 0 :memory: '.read journal.sql'
record jq-whole --max-ops 24000 -- jq -n -f orders.jq
# An excerpt: jq makes 16,193 calls to compile its own library before it looks at the program.
record jq-orders --skip 16193 -- jq -n -f orders.jq
clean sh repository.sh repo
record git-log -- git -C repo log --stat
record git-diff -- git -C repo diff-tree -p --word-diff HEAD~23 HEAD
# An excerpt that fits 8 KiB: bc sets up its tables, 53 KB of them, in the first calls.
record bc-numbers --skip 95 --max-ops 24000 -- bc -q numbers.bc

if [ -f "$out/README.md" ]; then
    cat ./*.err | python3 "$here/rows.py" "$out/README.md"
fi
