/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_SEAL_H
#define SUBJECTS_EDGES_SEAL_H

/* Items: the seal of a pool's descriptor fits its own address, pool and place alone. */

#include "edges_pool.h"

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1 && defined(__linux__) && SIZE_MAX > 0xffffffffu
#define EDGE_FAR 1
#include <sys/mman.h>
#else
#define EDGE_FAR 0
#endif

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
/* Bits that are not the descriptor's own, and a descriptor that stands elsewhere. */
static inline void edge_pool_seal(void)
{
    const size_t bytes = sizeof(void *) + 2 * sizeof(uint32_t);

    edge_pool_init();
    unsigned char *const p = k_mem_pool_malloc(&edge_pool, 8);
    for (size_t bit = 0; bit < bytes * 8; bit++) {
        p[bit / 8 - K_MEM_POOL_DESCRIPTOR] ^= (unsigned char)(1u << bit % 8);
        k_free(p);
        edge_fault("k_free() with a bit flipped in front", KHEAP_FAULT_BAD_POINTER);
        p[bit / 8 - K_MEM_POOL_DESCRIPTOR] ^= (unsigned char)(1u << bit % 8);
    }
    const ptrdiff_t behind = K_MEM_POOL_DESCRIPTOR;
    for (ptrdiff_t at = 64; at + behind < (ptrdiff_t)EDGE_BYTES; at += 8) {
        memcpy(edge_at(at), p - K_MEM_POOL_DESCRIPTOR, K_MEM_POOL_DESCRIPTOR);
        k_free(edge_at(at + behind));
        edge_fault("k_free() behind a copy of a descriptor", KHEAP_FAULT_BAD_POINTER);
    }
    k_free(p);
}

/* A descriptor elsewhere: no address of many is taken for its own. */
static inline void edge_pool_seal_elsewhere(void)
{
    static _Alignas(8) unsigned char many[1 << 15];

    edge_pool_init();
    unsigned char *const p = k_mem_pool_malloc(&edge_pool, 8);
    for (size_t at = 0; at + K_MEM_POOL_DESCRIPTOR < sizeof many; at += 8) {
        memcpy(many + at, p - K_MEM_POOL_DESCRIPTOR, K_MEM_POOL_DESCRIPTOR);
        k_free(many + at + K_MEM_POOL_DESCRIPTOR);
        edge_fault("k_free() behind a copy of a descriptor", KHEAP_FAULT_BAD_POINTER);
    }
    k_free(p);
}
#endif

#if EDGE_FAR
/* Nor of those whose addresses differ in one bit, up to 2 GiB away. */
static inline void edge_pool_seal_far(void)
{
    const size_t bytes = ((size_t)1 << 31) + 4096;
    unsigned char *const mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (mem == MAP_FAILED) {
        return;
    }
    edge_is("k_mem_pool_init()", k_mem_pool_init(&edge_pool, mem, edge_bits, 16, 64, 16), 0);
    unsigned char *const p = k_mem_pool_malloc(&edge_pool, 8);
    for (unsigned shift = 12; shift < 32; shift++) {
        unsigned char *const far = p + ((size_t)1 << shift);

        memcpy(far - K_MEM_POOL_DESCRIPTOR, p - K_MEM_POOL_DESCRIPTOR, K_MEM_POOL_DESCRIPTOR);
        k_free(far);
        edge_fault("k_free() behind a copy far away", KHEAP_FAULT_BAD_POINTER);
    }
    k_free(p);
    (void)munmap(mem, bytes);
}
#endif

#endif
