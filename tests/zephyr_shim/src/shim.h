/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ZEPHYR_SHIM_SHIM_H
#define TESTS_ZEPHYR_SHIM_SHIM_H

#include <pthread.h>
#include <stdint.h>
#include <zephyr/kernel.h>

/* What the shim's files share: waiting until a tick of the heaps' clock. */
int64_t shim_deadline(k_timeout_t timeout);
int shim_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline);

#endif
