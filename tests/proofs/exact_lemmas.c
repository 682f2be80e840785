/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Numbers without end: with q = v / per, r = v % per and c = ceil(r * rate / per) the sum
 * t = q * rate + c is ceil(v * rate / per), and at most the most while q is below most / rate.
 */

/* So (r + 1) * rate <= per * rate, and if c were above rate, (rate + 1) * per <= c * per. */
/*@ lemma products_keep_the_order: \forall integer a, b, k; a <= b && 0 <= k ==> a * k <= b * k;
  @*/
/*@ lemma c_is_the_ceiling: \forall integer x, per; 1 <= per && 0 <= x ==>
  @   x <= ((x + per - 1) / per) * per < x + per;
  @*/
/*@ lemma v_is_q_and_r: \forall integer v, per; 1 <= per && 0 <= v ==>
  @   v == (v / per) * per + v % per && 0 <= v % per < per && 0 <= v / per;
  @*/
/*@ lemma t_is_enough: \forall integer q, r, per, rate, c;
  @   r * rate <= c * per ==> (q * per + r) * rate <= (q * rate + c) * per;
  @*/
/*@ lemma t_is_the_least: \forall integer q, r, per, rate, c;
  @   c * per < r * rate + per ==> (q * rate + c - 1) * per < (q * per + r) * rate;
  @*/
/*@ lemma q_leaves_room_for_c: \forall integer q, most, rate; 1 <= rate && 0 <= most && 0 <= q &&
  @   q < most / rate ==> q * rate + rate <= most;
  @*/
