/* SPDX-License-Identifier: Apache-2.0 */

/* The replay image: performs every program of the packs named on its command line and prints their
 * digests. */

#include "stream.h"

extern const struct subject subject_kheap;

int image_main(const char *const *words, size_t nwords)
{
    struct stream_totals totals = {0, 0, 0};
    bool whole = nwords > 1;

    if (!whole) {
        port_write("FAIL expected the path of a pack on the command line\n");
    }
    for (size_t i = 1; i < nwords && whole; i++) {
        const struct stream_job job = {.path = words[i], .subject = &subject_kheap};
        whole = stream_replay(&job, &totals);
    }
    return stream_verdict(whole, &totals);
}
