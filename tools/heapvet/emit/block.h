/* SPDX-License-Identifier: Apache-2.0 */

#define HELPER __attribute__((unused)) static

/* A slot: the block in it, the bytes its owner may write, and what he wrote. */
struct block {
    uint8_t *at; /* NULL: empty */
    size_t bytes, asked;
    unsigned tag;
    bool busy; /* with threads: an op is at it */
};
