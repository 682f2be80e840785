#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# repository.sh FOLDER: makes a git repository of 24 commits over 30 files, the same ones every time.
set -eu
cd "$1"
git init -q -b main .
git config core.pager cat
git config gc.auto 0
git config core.preloadIndex false # threads would make the order of calls a matter of luck
git config index.threads 1
git config pack.threads 1

commit() {
    GIT_AUTHOR_DATE="2024-01-01T00:$1:00Z" GIT_COMMITTER_DATE="2024-01-01T00:$1:00Z" \
        git commit -q -m "$2"
}

n=10
while [ "$n" -lt 34 ]; do
    awk -v n="$n" 'BEGIN {
        for (f = 1; f <= 30; f++) {
            if (f % 5 != n % 5 && n > 10) continue
            path = "module" f % 4 "-" f ".txt"
            for (i = 1; i <= 40; i++)
                print "line " i " of file " f ((i * f) % 24 < n - 10 ? " as of change " n : "") > path
            close(path)
        }
    }'
    git add .
    commit "$n" "Change $n: every fifth file

It touches the lines whose number, times the file, leaves less than $n."
    n=$((n + 1))
done

# With an index, git would compare time stamps to decide which files it may read instead of objects.
rm .git/index
