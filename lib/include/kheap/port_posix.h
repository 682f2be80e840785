/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_PORT_POSIX_H
#define KHEAP_PORT_POSIX_H

/* What lib/port/posix has beyond kheap/port.h. */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sets the calling thread's priority in wait queues: the higher number is served first. Any int;
 * 0 until it is set, and each thread has its own. It holds for the waits that begin after it.
 * Not done: the scheduler's priority is another thing and stays as it is.
 * Time: constant. Source: beyond the original.
 */
void kheap_port_posix_set_priority(int priority);

#ifdef __cplusplus
}
#endif

#endif
