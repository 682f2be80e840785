/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The replay image: performs every program of the packs named on its command line and prints their
 * digests. With the words "want FILE" in front, it says which of them differ from those of the
 * file.
 */

#include <string.h>

#include "stream.h"

extern const struct subject subject_kheap;

int image_main(const char *const *words, size_t nwords)
{
    struct stream_totals totals = {0};
    struct stream_job job = {.subject = &subject_kheap, .want = -1};
    size_t first = 1;

    if (nwords > 2 && strcmp(words[1], "want") == 0) {
        job.want = port_open(words[2]);
        first = 3;
        if (job.want < 0) {
            port_write("FAIL the file of expected digests cannot be opened\n");
            return EXIT_FAIL;
        }
    }
    bool whole = first < nwords;
    if (!whole) {
        port_write("FAIL expected the path of a pack on the command line\n");
    }
    for (size_t i = first; i < nwords && whole; i++) {
        job.path = words[i];
        whole = stream_replay(&job, &totals);
    }
    return stream_verdict(whole, &totals);
}
