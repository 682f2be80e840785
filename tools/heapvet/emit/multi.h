/* SPDX-License-Identifier: Apache-2.0 */

static struct sys_multi_heap multi;
static struct sys_heap parts[CHILDREN];
static unsigned nparts;

HELPER unsigned heap_children(struct sys_heap **children)
{
    for (unsigned i = 0; i < nparts; i++) {
        children[i] = &parts[i];
    }
    return nparts;
}

/* The callback: asks the parts in a ring that begins where the size says. */
static void *choose(struct sys_multi_heap *heaps, void *cfg, size_t align, size_t size)
{
    if (heaps != &multi || cfg != &nparts) {
        return NULL;
    }
    for (unsigned i = 0; i < nparts; i++) {
        void *p = sys_heap_aligned_alloc(&parts[(size / 8u % nparts + i) % nparts], align, size);
        if (p != NULL) {
            return p;
        }
    }
    return NULL;
}

/* A part for every 256 bytes, one to four; part i gets i + 1 shares. */
HELPER int heap_init(void *mem, size_t bytes)
{
    uint8_t *at = mem;
    uint8_t *const end = at + bytes;
    int status = 0;

    nparts = bytes < 512u ? 1u : bytes / 256u > CHILDREN ? CHILDREN : (unsigned)(bytes / 256u);
    sys_multi_heap_init(&multi, choose);
    for (unsigned i = 0; i < nparts && status == 0; i++) {
        const size_t share = bytes / (nparts * (nparts + 1u) / 2u) * (i + 1u);
        const size_t part = i + 1u == nparts ? (size_t)(end - at) : share;
        status = sys_heap_init(&parts[i], at, part);
        if (status == 0) {
            status = sys_multi_heap_add_heap(&multi, &parts[i], &parts[i]);
        }
        at += part;
    }
    return status;
}

HELPER size_t heap_usable(void *p)
{
    const struct sys_multi_heap_rec *rec = sys_multi_heap_get_heap(&multi, p);

    return rec == NULL || rec->user_data != rec->heap ? 0 : sys_heap_usable_size(rec->heap, p);
}

HELPER void *heap_alloc(size_t bytes)
{
    return sys_multi_heap_alloc(&multi, &nparts, bytes);
}

HELPER void heap_free(void *p)
{
    sys_multi_heap_free(&multi, p);
}
