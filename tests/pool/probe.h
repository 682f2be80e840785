/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_POOL_PROBE_H
#define TESTS_POOL_PROBE_H

/* KHEAP_CONFIG_HEADER of the tests: counts what the library looks at. */
extern unsigned port_steps;
#define KHEAP_STEP() ((void)port_steps++)

/* Every look at a pool's bits and at its queue needs the lock. */
void port_entered(void);
#define KHEAP_ENTER(object) port_entered()

#endif
