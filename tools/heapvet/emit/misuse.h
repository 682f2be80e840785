/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes that the heap has not written. */
static struct {
    uint8_t *at;
    uint8_t was[4];
    size_t n;
} lies[8];
static unsigned nlies;

/* The user writes where he must not. */
HELPER void pokes(ptrdiff_t place, const uint8_t *bytes, size_t n)
{
    blocks_forbidden(false);
    lies[nlies].at = region + place;
    lies[nlies].n = n;
    memcpy(lies[nlies++].was, region + place, n);
    memcpy(region + place, bytes, n);
}

HELPER void mends(void)
{
    while (nlies > 0) {
        nlies--;
        memcpy(lies[nlies].at, lies[nlies].was, lies[nlies].n);
    }
}

/* The answer of a call on a damaged heap: this place, or NULL. */
HELPER void endured(const uint8_t *p, ptrdiff_t place)
{
    if ((p == NULL) != (place < 0) || (p != NULL && p != region + place)) {
        fails("have %s, want %s", p == NULL ? "NULL" : "a block", place < 0 ? "NULL" : "a block");
    }
}

/* Nothing outside the region was written, and inside only if it has to be so. */
HELPER void endured_all(bool same)
{
    blocks_forbidden(false);
    reported();
    surroundings();
    probed_chunks = ntold = nwanted = 0;
    if (same && memcmp(before, region, region_bytes) != 0) {
        fails("have bytes changed by a call on a damaged heap, want none");
    }
}
