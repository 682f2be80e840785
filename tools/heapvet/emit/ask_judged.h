/* SPDX-License-Identifier: Apache-2.0 */

/* What the calls of one op came to. */
HELPER void judged(const struct subject_verdict *verdict)
{
    probed_chunks = 0;
    if (verdict->what != NULL) {
        fails("%s: have %lld, want %lld", verdict->what, (long long)verdict->have,
              (long long)verdict->want);
    }
}
