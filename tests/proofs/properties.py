# SPDX-License-Identifier: Apache-2.0
"""What is proved of lib's arithmetic: each property, the text it is about, how, and a fault that breaks it."""

from dataclasses import dataclass

# lib's lines that a property takes over word by word: file, first line, and the line behind the last.
SLICES = {
    "aligned_in_padding": ("src/alloc.c", "    const uint32_t most = f == SMALL ?",
                           "    enum invariant broken = search(heap, f, base, padded * 2"),
    "aligned_in_front": ("src/alloc.c", "    const uint32_t pre2 =\n",
                         "    if (LEVEL >= 2 && broken == SOUND &&\n        !parts_sound"),
    "init_units": ("src/sys_heap.c", "    if (mem == NULL || bytes >", "    enum format f;\n"),
    "list_insert_mask": ("src/list.h", "        const uint32_t empty =", "        const uint32_t after ="),
    "deadline": ("src/heaps/wait.c", "    const k_ticks_t ticks =", "}\n\nbool kheap_may_wait"),
}


@dataclass(frozen=True)
class Property:
    name: str
    method: str     # bits, every or exact
    source: str     # in this folder
    where: str      # in lib
    text: str       # what holds
    fault: tuple    # (file of lib, its text, what stands there instead): must be refuted
    widths: tuple = (64, 32)
    rounds: int = 1           # of a loop
    flags: tuple = ()
    quick: bool = True


def bits(name, source, where, text, fault, **more):
    return Property(name, "bits", source, where, text, fault, **more)


GUARD, ALLOC, INIT, TREE = "src/guard.h", "src/alloc.c", "src/sys_heap.c", "src/heaps/pool_tree.c"

PROPERTIES = [
    bits("hopeless", "bits_sizes.c", "src/guard.h bytes_hopeless",
         "refuses 0 and no size that a region can hold; what passes can be added to",
         (GUARD, "(size_t)0x7fffffff * 8 - 8", "(size_t)0x7fffffff * 8")),
    bits("units_rounding", "bits_sizes.c", "src/guard.h size2_for",
         "twice ceil((bytes + header) / 8), the least units that hold the bytes",
         (GUARD, "f == SMALL ? 11 : 15", "f == SMALL ? 11 : 14")),
    bits("units_macros", "bits_sizes.c", "kheap/sys_heap.h KHEAP_UNITS_*", "round as size2_for does",
         ("include/kheap/sys_heap.h", "(((n) + 11u) / 8u)", "(((n) + 12u) / 8u)")),
    bits("bucket", "bits_sizes.c", "src/guard.h bit_of, bucket_low2", "bucket(u) = ceil(log2 u)",
         (GUARD, "return leading_zeros(size2 - 1);", "return leading_zeros(size2);")),
    bits("bucket_above", "bits_sizes.c", "src/guard.h bit_of",
         "a chunk of a bucket above the request's is larger than the request",
         (GUARD, "return leading_zeros(size2 - 1);", "return leading_zeros(size2 - 1) ^ 1;")),
    bits("pointer_distance", "bits_sizes.c", "src/chunk.h pointer_units",
         "inside if and only if a multiple of 8 and below the end",
         ("src/chunk.h", "sizeof(size_t) * 8 - 3", "sizeof(size_t) * 8 - 2")),
    bits("never_fits", "bits_sizes.c", "src/heaps/block.c kheap_never_fits",
         "true if and only if the empty heap cannot serve it; no sum wraps",
         ("src/heaps/block.c", "padding > area - need", "padding + need > area + 1")),
    bits("never_grows", "bits_sizes.c", "src/heaps/block.c kheap_never_grows",
         "true if and only if the block would pass the heap's end",
         ("src/heaps/block.c", "> heap->end - chunk;", ">= heap->end - chunk;")),
    bits("padded_need", "bits_align.c", "src/alloc.c aligned_in",
         "units(bytes) + align/8 - 1 without a wrap, or refused because no heap is so large",
         (ALLOC, " || align / 8 > most)", ")")),
    bits("padded_front", "bits_align.c", "src/alloc.c aligned_in",
         "the block is aligned, nearest to the chunk's start, and ends inside the chunk",
         (ALLOC, "(uint32_t)((-chunk_misalign(found.c, align - 1) & (align - 1)) / 4)",
          "(uint32_t)(-chunk_misalign(found.c, align - 1) & (align - 1)) / 4")),
    bits("region_units", "bits_region.c", "src/sys_heap.c sys_heap_init",
         "the most whole units between the region's ends; refused only when they wrap",
         (INIT, "-(uintptr_t)mem & 7", "(uintptr_t)mem & 7")),
    bits("heads", "bits_region.c", "src/sys_heap.c buckets_for", "one head for each bucket, at most 32",
         (INIT, "return 32 - bit_of(units * 2);", "return 32 - bit_of(units);"), widths=(64,)),
    bits("metadata_formula", "bits_region.c", "src/sys_heap.c metadata_units",
         "the public header's formula, for all areas of both formats",
         (INIT, "4 * buckets_for(units) + 7", "4 * buckets_for(units) + 3"), widths=(64,)),
    bits("metadata_monotone", "bits_region.c", "src/sys_heap.c metadata_units",
         "a larger area needs no fewer units",
         (INIT, "2 * buckets_for(units) + 3", "2 * (32 - buckets_for(units)) + 3"), widths=(64,)),
    bits("metadata_rounds", "bits_region.c", "src/sys_heap.c metadata_fit",
         "the search for it ends by its 19th round",
         (INIT, "4 * buckets_for(units) + 7", "5 * buckets_for(units) + 7"), widths=(64,)),
    bits("metadata_least", "bits_region.c", "src/sys_heap.c metadata_fit",
         "finds the least that is enough, or none leaves room for a block",
         (INIT, "m + 1 + least <= units", "m + least <= units"), widths=(64,), rounds=20, quick=False),
    bits("region_size", "bits_region.c", "kheap/sys_heap.h SYS_HEAP_REGION_SIZE_FOR",
         "a region so large holds n, one of 8 bytes fewer does not",
         ("include/kheap/sys_heap.h", "((u) > 8u << (s)))", "((u) >= 8u << (s)))"), quick=False),
    bits("list_masks", "bits_region.c", "src/list.h list_insert_body",
         "all ones for an empty list, else zeros",
         ("src/list.h", "(int32_t)(head - 1) >> 31", "(int32_t)(head - 1) >> 30"), widths=(64,)),
    bits("pool_sizes", "bits_pool.c", "src/heaps/pool_tree.h pool_block_size",
         "min * 4^(levels below), exactly a quarter of the level above",
         ("src/heaps/pool_tree.h", "pool->max_size >> 2 * level", "pool->max_size >> level"), widths=(64,)),
    bits("pool_level", "bits_pool.c", "src/heaps/pool_tree.c pool_level_for",
         "the deepest level whose blocks hold the request, none above max_size",
         (TREE, "pool_block_size(pool, level) >= size", "pool_block_size(pool, level) > size"), rounds=14),
    bits("ticks_natural", "bits_wait.c", "kheap/timeout.h KHEAP_NATURAL",
         "negative numbers are 0, unsigned ones are themselves",
         ("include/kheap/timeout.h", "(signed)&&(v) >> 63 ?", "(v) >> 63 ?")),
    bits("ticks_sides", "bits_wait.c", "kheap/timeout.h KHEAP_SIDE",
         "relative and absolute times are told apart, and none is K_FOREVER",
         ("include/kheap/timeout.h", "-2 - (k_ticks_t)(t)", "-1 - (k_ticks_t)(t)")),
    bits("deadline", "bits_wait.c", "src/heaps/wait.c kheap_deadline",
         "the sum, or the last tick before never; no sum wraps",
         ("src/heaps/wait.c", "ticks < KHEAP_PORT_FOREVER - now", "now + ticks > now")),
    Property("ticks_scale", "exact", "exact_ticks.c exact_lemmas.c", "kheap/timeout.h KHEAP_SCALE",
             "ceil(v * rate / per), at most KHEAP_TICKS_MAX; no step wraps, for all rates allowed",
             ("include/kheap/timeout.h", "(v) % (per) * (rate) + (per)-1u", "(v) % (per) * (rate) + (per)"),
             widths=(64,), flags=("-wp-fct", "scale")),
    Property("leading_zeros", "every", "all_clz.c", "src/guard.h leading_zeros",
             "exact for all 32-bit numbers but 0: the instruction",
             (GUARD, "(uint32_t)__builtin_clz(x)", "(uint32_t)__builtin_clz(x) - (x == 77777)"),
             widths=(64,), quick=False),
    Property("leading_zeros_table", "every", "all_clz.c", "src/clz.c, src/guard.h leading_zeros",
             "exact for all 32-bit numbers but 0: the table",
             ("src/clz.c", "R4(29),", "30, 29, 29, 29,"), widths=(64,), flags=("-D__ARM_ARCH_6M__",), quick=False),
    Property("pool_shapes", "every", "all_pools.c", "kheap/mem_pool.h, src/heaps/pool_tree.c",
             "powers of four, words of bits and summaries, where levels start: all pools there are",
             ("include/kheap/mem_pool.h", "KHEAP_POOL_SUMMARY(bits, 20))",
              "KHEAP_POOL_SUMMARY(bits, 25))"), widths=(64,)),
]
