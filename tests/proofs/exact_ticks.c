/* SPDX-License-Identifier: Apache-2.0 */

/*
 * KHEAP_SCALE: ceil(v * rate / per), at most KHEAP_TICKS_MAX, for all rates that config.h allows. A
 * product of three numbers is beyond bit vectors; here numbers have no end. That no step of the
 * expression wraps is proved of the expression itself, and so that its value is what the same signs
 * mean for numbers without end; exact_lemmas.c says what that value is.
 */

#include "kheap/timeout.h"

/*@ requires 1 <= per < 0x100000000;
  @ requires 1 <= rate <= 1000000000 || (per == 1 && 1 <= rate <= 3600000000000);
  @ assigns \nothing;
  @ ensures saturated: v / per >= KHEAP_TICKS_MAX / rate ==> \result == KHEAP_TICKS_MAX;
  @ ensures value: v / per < KHEAP_TICKS_MAX / rate ==>
  @   \result == (v / per) * rate + ((v % per) * rate + per - 1) / per;
  @*/
uint64_t scale(uint64_t v, uint64_t per, uint64_t rate)
{
    return KHEAP_SCALE(v, per, rate);
}
