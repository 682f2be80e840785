/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_TIMER_H
#define FIRMWARE_TIMER_H

/* The machine's timer: its interrupt calls image_tick() about a thousand times a second. */

void timer_start(void);

/* The image's; it runs in the interrupt. */
void image_tick(void);

#endif
