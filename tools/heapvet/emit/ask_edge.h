/* SPDX-License-Identifier: Apache-2.0 */

static struct sys_heap spare_heap;

/* Calls at the edge of the interface: the item-th of api_items. */
HELPER void edge(struct sys_heap *of, uint32_t item)
{
    struct subject_verdict verdict;

    spare = &spare_heap;
    spare_reports = 0;
    (void)api_call(
        &(struct api){
            .heap = of, .spare = &spare_heap, .faults = &spare_reports, .verdict = &verdict},
        item);
    judged(&verdict);
}
