/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_busy.h"
void plain_damage(struct plain *plain)
{
    (void)plain;
}
