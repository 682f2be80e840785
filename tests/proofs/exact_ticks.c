/* SPDX-License-Identifier: Apache-2.0 */

/*
 * K_MSEC() and its like: ceil(v * rate / per) or KHEAP_TICKS_MAX, whichever is less, for all rates
 * that config.h allows. A product of three numbers is beyond bit vectors; here numbers have no end.
 */

#include "kheap/timeout.h"

/*@ lemma product: \forall integer a, b, c; a <= b && 0 <= c ==> a * c <= b * c;
  @ lemma ceil: \forall integer x, per; 1 <= per && 0 <= x ==>
  @   x <= ((x + per - 1) / per) * per < x + per;
  @ lemma floor: \forall integer x, per; 1 <= per && 0 <= x ==>
  @   (x / per) * per <= x < (x / per) * per + per;
  @ lemma enough: \forall integer q, r, per, rate, c;
  @   r * rate <= c * per ==> (q * per + r) * rate <= (q * rate + c) * per;
  @ lemma least: \forall integer q, r, per, rate, c;
  @   c * per < r * rate + per ==> (q * rate + c - 1) * per < (q * per + r) * rate;
  @ lemma small: \forall integer r, per, rate, c;
  @   0 <= r < per && 1 <= rate && c * per < r * rate + per ==> c <= rate;
  @ lemma room: \forall integer most, rate, q, c;
  @   1 <= rate && 0 <= q && q + 1 <= most / rate && 0 <= c <= rate && 0 <= most ==>
  @     0 <= q * rate + c <= most;
  @ lemma beyond: \forall integer most, rate, per, q, r;
  @   1 <= rate && 1 <= per && 0 <= r && 0 <= most && most / rate <= q && (rate - 1) * per < 0 +
  rate * per ==>
  @     (most / rate) * rate * per <= (q * per + r) * rate;
  @*/

/*@ requires 1 <= per < 0x100000000;
  @ requires 1 <= rate <= 1000000000 || (per == 1 && 1 <= rate <= 3600000000000);
  @ assigns \nothing;
  @ ensures most: \result <= KHEAP_TICKS_MAX;
  @ ensures enough: \result < KHEAP_TICKS_MAX ==> v * rate <= \result * per;
  @ ensures least: \result < KHEAP_TICKS_MAX ==> (\result - 1) * per < v * rate;
  @ ensures saturates: \result == KHEAP_TICKS_MAX ==> (KHEAP_TICKS_MAX / rate) * rate * per <= v *
  rate;
  @*/
uint64_t scale(uint64_t v, uint64_t per, uint64_t rate)
{
    const uint64_t q = v / per;
    const uint64_t r = v % per;

    /*@ assert split: v == q * per + r && 0 <= r < per; */
    if (q >= (uint64_t)KHEAP_TICKS_MAX / rate) {
        /*@ assert q >= KHEAP_TICKS_MAX / rate; */
        return KHEAP_SCALE(v, per, rate);
    }
    /*@ assert room: r * rate <= (per - 1) * rate; */
    const uint64_t c = (r * rate + per - 1) / per;

    /*@ assert ceil: r * rate <= c * per < r * rate + per; */
    /*@ assert small: c <= rate; */
    const uint64_t ticks = KHEAP_SCALE(v, per, rate);

    /*@ assert value: ticks == q * rate + c; */
    return ticks;
}
