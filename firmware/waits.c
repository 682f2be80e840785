/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The heaps that wait, on a bare machine: one thread that sleeps for memory, and the timer's
 * interrupt that frees it. Prints a line a check, and how many there were.
 */

#include "kheap/k_heap.h"
#include "kheap/mem_pool.h"
#include "kheap/multi_heap.h"
#include "kheap/port_bare.h"
#include "kheap/system_heap.h"
#include "port.h"
#include "timer.h"

#define HEAP_BYTES 256u
#define WHOLE      (HEAP_BYTES / 2u)
#define HANDOVERS  50

K_HEAP_DEFINE(waits_first, HEAP_BYTES);
K_HEAP_DEFINE(waits_tiny, 1);
K_HEAP_DEFINE_NOCACHE(waits_nocache, HEAP_BYTES);
K_MEM_POOL_DEFINE(waits_pool, 64, 256, 1, 8);

static uint32_t checks, failed, faults;
static enum kheap_fault_kind last_fault;

/* What the interrupt does at its next tick, once; the thread sets it with interrupts masked. */
static void (*volatile at_tick)(void);
static void *volatile handed;
static struct k_mem_block pool_block;
static void *volatile got_in_isr;
static volatile bool isr_seen;

/* Strong: counts instead of stopping. */
void kheap_fault(const struct kheap_fault *fault)
{
    faults++;
    last_fault = fault->kind;
}

void image_tick(void)
{
    void (*const action)(void) = at_tick;

    kheap_port_tick();
    if (action != NULL) {
        at_tick = NULL;
        action();
    }
}

static void check(bool ok, const char *text)
{
    checks++;
    failed += ok ? 0 : 1;
    port_write(ok ? "ok      " : "FAILED  ");
    port_write(text);
    port_write("\n");
}

static void isr_free(void)
{
    k_heap_free(&waits_first, handed);
}

static void isr_pool_free(void)
{
    k_mem_pool_free(&pool_block);
}

static void isr_asks(void)
{
    isr_seen = kheap_port_in_isr();
    got_in_isr = k_heap_alloc(&waits_first, 8, K_NO_WAIT);
}

static void isr_waits(void)
{
    got_in_isr = k_heap_alloc(&waits_first, 8, K_TICKS(1));
}

static void wait_for_isr(void (*action)(void))
{
    at_tick = action;
    while (at_tick != NULL) {
    }
}

static void static_heaps(void)
{
    struct k_heap *heaps;
    void *p = k_heap_alloc(&waits_first, 8, K_NO_WAIT);
    void *q = sys_heap_alloc(&waits_first.heap, 8);
    void *tiny = k_heap_alloc(&waits_tiny, 1, K_NO_WAIT);
    void *nocache = k_heap_alloc(&waits_nocache, 8, K_NO_WAIT);

    check(p != NULL && q != NULL, "a static heap serves from the start of main, both ways");
    check(tiny != NULL, "a heap of one byte is raised to the least size");
    check(nocache != NULL, "an uncached static heap serves");
    check(k_heap_array_get(&heaps) == 4, "three static heaps and the system heap are in the array");
    k_heap_free(&waits_first, p);
    sys_heap_free(&waits_first.heap, q);
    k_heap_free(&waits_tiny, tiny);
    k_heap_free(&waits_nocache, nocache);
}

static void waits(void)
{
    void *p = k_heap_alloc(&waits_first, WHOLE, K_NO_WAIT);
    int64_t start = kheap_port_now();

    check(p != NULL, "half of the heap is there");
    check(k_heap_alloc(&waits_first, WHOLE, K_TICKS(5)) == NULL && kheap_port_now() >= start + 5,
          "a wait ends at its deadline, not before");
    handed = p;
    at_tick = isr_free;
    start = kheap_port_now();
    p = k_heap_alloc(&waits_first, WHOLE, K_TICKS(1000));
    check(p != NULL && kheap_port_now() < start + 1000, "an interrupt's free wakes the waiter");
    uint8_t *small = k_heap_alloc(&waits_first, 16, K_NO_WAIT);
    check(small != NULL, "a small block beside it");
    small[0] = 0x5a;
    small[15] = 0xa5;
    handed = p;
    at_tick = isr_free;
    small = k_heap_realloc(&waits_first, small, WHOLE, K_TICKS(1000));
    check(small != NULL && small[0] == 0x5a && small[15] == 0xa5,
          "a realloc waits for an interrupt's free and keeps the bytes");
    k_heap_free(&waits_first, small);
}

/* Each handover is a chance to lose a wake-up between the test and the sleep. */
static void handovers(void)
{
    int served = 0;

    for (int i = 0; i < HANDOVERS; i++) {
        handed = k_heap_alloc(&waits_first, WHOLE, K_NO_WAIT);
        at_tick = isr_free;
        void *p = k_heap_alloc(&waits_first, WHOLE, i % 2 == 0 ? K_FOREVER : K_TICKS(1000));
        served += p != NULL ? 1 : 0;
        k_heap_free(&waits_first, p);
    }
    check(served == HANDOVERS, "no wake-up is lost in 50 handovers");
}

static void interrupts(void)
{
    wait_for_isr(isr_asks);
    check(isr_seen && !kheap_port_in_isr(), "the port tells interrupt from thread");
    check(got_in_isr != NULL && faults == 0, "an interrupt allocates without waiting");
    k_heap_free(&waits_first, got_in_isr);
    wait_for_isr(isr_waits);
    check(got_in_isr == NULL && faults == 1 && last_fault == KHEAP_FAULT_ISR_WAIT,
          "a wait in an interrupt is misuse, and no wait");
    faults = 0;
}

static void pool(void)
{
    struct k_mem_block second;

    check(k_mem_pool_alloc(&waits_pool, &pool_block, 200, K_NO_WAIT) == 0, "the pool's one block");
    check(k_mem_pool_alloc(&waits_pool, &second, 1, K_NO_WAIT) == -ENOMEM, "and no other");
    check(k_mem_pool_alloc(&waits_pool, &second, 1, K_TICKS(3)) == -EAGAIN,
          "-EAGAIN when the time is over");
    at_tick = isr_pool_free;
    check(k_mem_pool_alloc(&waits_pool, &second, 1, K_TICKS(1000)) == 0,
          "an interrupt's free serves the pool's waiter");
    k_mem_pool_free(&second);
}

static void system_heap(void)
{
    uint32_t *p = k_calloc(4, sizeof(*p));
    void *zero = k_malloc(0);

    check(p != NULL && p[0] == 0 && p[3] == 0, "k_calloc zeroes");
    check(zero != NULL, "k_malloc(0) is a block");
    p = k_realloc(p, 64);
    check(p != NULL && p[0] == 0, "k_realloc keeps");
    k_free(p);
    k_free(zero);
    k_free(NULL);
}

static void *choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    return sys_heap_aligned_alloc(mheap->heaps[*(int *)cfg].heap, align, size);
}

static void multi_heap(void)
{
    struct sys_multi_heap multi;
    int which = 1;

    sys_multi_heap_init(&multi, choose);
    check(sys_multi_heap_add_heap(&multi, &waits_first.heap, NULL) == 0 &&
              sys_multi_heap_add_heap(&multi, &waits_tiny.heap, NULL) == 0,
          "two heaps in a multi heap");
    void *p = sys_multi_heap_alloc(&multi, &which, 1);
    check(p != NULL && sys_multi_heap_get_heap(&multi, p) == &multi.heaps[1],
          "the callback chooses the heap");
    sys_multi_heap_free(&multi, p);
}

int image_main(const char *const *words, size_t nwords)
{
    (void)words;
    (void)nwords;
    timer_start();
    static_heaps();
    waits();
    handovers();
    interrupts();
    pool();
    system_heap();
    multi_heap();
    check(faults == 0 && sys_heap_validate(&waits_first.heap), "nothing else was reported");
    port_write_number(checks - failed);
    port_write(" passed, ");
    port_write_number(failed);
    port_write(" failed\n");
    return failed == 0 ? EXIT_PASS : EXIT_FAIL;
}
