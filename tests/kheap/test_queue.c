/* SPDX-License-Identifier: Apache-2.0 */

/* The queue itself, with attempts whose outcome the test decides. */

#include "fixture.h"

#include "heaps/wait.h"

static struct kheap_queue queue;
static struct kheap_lock lock;

/* A waiter that succeeds when `after` more have been served. */
struct patient {
    struct kheap_waiter waiter;
    unsigned after;
    unsigned tries;
    unsigned served_as;
};

static struct patient patients[4];
static unsigned served;

static bool patient_try(void *owner, struct kheap_waiter *waiter)
{
    struct patient *const p = (struct patient *)waiter;

    assert_ptr_equal(owner, &queue);
    p->tries++;
    if (p->after > served) {
        return false;
    }
    p->served_as = ++served;
    return true;
}

static void serve(void)
{
    uintptr_t key = kheap_port_lock(&lock);

    kheap_queue_serve(&queue, patient_try, &queue);
    kheap_port_unlock(&lock, key);
}

static void wait_nested(unsigned i)
{
    uintptr_t key = kheap_port_lock(&lock);

    assert_true(kheap_queue_wait(&queue, &lock, &key, &patients[i].waiter, KHEAP_PORT_FOREVER));
    kheap_port_unlock(&lock, key);
}

static void wait_1(void)
{
    wait_nested(1);
}

static void wait_2(void)
{
    port.priority = 3;
    wait_nested(2);
}

static int queue_fresh(void **state)
{
    memset(patients, 0, sizeof patients);
    served = 0;
    queue.first = NULL;
    return fresh(state);
}

static void all_three(void)
{
    port_at(1001, wait_1);
    port_at(1002, wait_2);
    port_at(1003, serve);
    wait_nested(0);
    assert_null(queue.first);
}

static void order_is_priority_then_longest_waiting(void **state)
{
    (void)state;
    all_three();
    assert_int_equal(patients[2].served_as, 1);
    assert_int_equal(patients[0].served_as, 2);
    assert_int_equal(patients[1].served_as, 3);
}

static void waiter_passed_over_is_tried_again_after_another_was_served(void **state)
{
    (void)state;
    patients[2].after = 2;
    patients[0].after = 1;
    all_three();
    assert_int_equal(patients[1].served_as, 1);
    /* The second round is in order again, and the last had to wait for the third. */
    assert_int_equal(patients[0].served_as, 2);
    assert_int_equal(patients[2].served_as, 3);
    assert_int_equal(patients[2].tries, 3);
}

static void nobody_is_tried_twice_when_nobody_was_served(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        patients[i].after = i + 1;
        patients[i].waiter.next = i < 2 ? &patients[i + 1].waiter : NULL;
    }
    queue.first = &patients[0].waiter;
    serve();
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(patients[i].tries, 1);
    }
    assert_ptr_equal(queue.first, &patients[0].waiter);
}

static void deadline_of_each_kind(void **state)
{
    (void)state;
    port.now = 77;
    assert_true(kheap_deadline(K_NO_WAIT) == KHEAP_NO_DEADLINE);
    assert_true(kheap_deadline(K_FOREVER) == KHEAP_PORT_FOREVER);
    assert_true(kheap_deadline(K_TICKS(3)) == 80);
    assert_true(kheap_deadline(K_TIMEOUT_ABS_TICKS(3)) == 3);
    assert_true(kheap_deadline(K_TICKS(INT64_MAX)) == 77 + KHEAP_TICKS_MAX);
    assert_true(kheap_deadline((k_timeout_t){INT64_MAX}) == KHEAP_PORT_FOREVER - 1);
    assert_true(kheap_deadline((k_timeout_t){INT64_MIN}) == KHEAP_PORT_FOREVER - 1);
    assert_true(kheap_deadline((k_timeout_t){-2}) == 0);
}

#define QUEUE_TEST(name) cmocka_unit_test_setup(name, queue_fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(order_is_priority_then_longest_waiting),
        QUEUE_TEST(waiter_passed_over_is_tried_again_after_another_was_served),
        QUEUE_TEST(nobody_is_tried_twice_when_nobody_was_served),
        QUEUE_TEST(deadline_of_each_kind),
    };

    return cmocka_run_group_tests_name("wait queue", tests, NULL, NULL);
}
