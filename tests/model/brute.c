/* SPDX-License-Identifier: Apache-2.0 */

#include "brute.h"

/* 1 | 2 | 3-4 | 5-8 | 9-16 | 17-32, as a table. */
static uint32_t bucket_of(uint32_t units)
{
    static const uint8_t bucket[33] = {0, 0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4,
                                       5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    return units > 32 ? 99 : bucket[units];
}

uint32_t brute_units(const struct brute *brute, size_t bytes)
{
    for (uint32_t units = 1; units <= brute->units; units++) {
        if (bytes > 0 && units * 8 > brute->header && bytes <= units * 8 - brute->header) {
            return units;
        }
    }
    return BRUTE_UNITS + 1;
}

uint32_t brute_runs(const struct brute *brute, struct brute_run runs[BRUTE_UNITS])
{
    uint32_t count = 0;
    bool open = false;

    for (uint32_t unit = 0; unit < brute->units; unit++) {
        if (brute->owner[unit] != 0) {
            open = false;
        } else if (open) {
            runs[count - 1].units++;
        } else {
            runs[count++] = (struct brute_run){unit, 1};
            open = true;
        }
    }
    return count;
}

/* Listed runs; a free chunk holds four fields of header / 4 units together. */
static uint32_t listed_runs(const struct brute *brute, struct brute_run runs[BRUTE_UNITS])
{
    struct brute_run all[BRUTE_UNITS];
    const uint32_t count = brute_runs(brute, all);
    uint32_t listed = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (all[i].units * 8 >= (brute->header == 4 ? 8u : 16u)) {
            runs[listed++] = all[i];
        }
    }
    return listed;
}

/* Every outcome that the bounded search can have for `need` units, whatever the lists' order. */
struct outcomes {
    bool fails;
    bool takes[BRUTE_UNITS]; /* the run that starts at this unit */
};

/* The probed set is `set` of the n members of the request's bucket. */
static void outcome_of(const struct brute_run *members, uint32_t n, uint32_t set, uint32_t need,
                       const struct brute_run *runs, uint32_t nruns, struct outcomes *outcomes)
{
    uint32_t lowest = 99;
    bool found = false;

    for (uint32_t i = 0; i < n; i++) {
        if ((set >> i & 1) != 0 && members[i].units >= need) {
            outcomes->takes[members[i].unit] = true;
            found = true;
        }
    }
    if (found) {
        return;
    }
    for (uint32_t i = 0; i < nruns; i++) {
        const uint32_t bucket = bucket_of(runs[i].units);
        if (bucket > bucket_of(need) && bucket < lowest) {
            lowest = bucket;
        }
    }
    for (uint32_t i = 0; i < nruns; i++) {
        if (bucket_of(runs[i].units) == lowest) {
            outcomes->takes[runs[i].unit] = true; /* any member may be its list's head */
        }
    }
    outcomes->fails |= lowest == 99;
}

static uint32_t bits_in(uint32_t set)
{
    uint32_t bits = 0;

    for (; set != 0; set >>= 1) {
        bits += set & 1;
    }
    return bits;
}

static void search(const struct brute *brute, uint32_t need, struct outcomes *outcomes)
{
    struct brute_run runs[BRUTE_UNITS];
    struct brute_run members[BRUTE_UNITS];
    const uint32_t nruns = listed_runs(brute, runs);
    uint32_t n = 0;

    *outcomes = (struct outcomes){.fails = false};
    for (uint32_t i = 0; i < nruns; i++) {
        if (bucket_of(runs[i].units) == bucket_of(need)) {
            members[n++] = runs[i];
        }
    }
    const uint32_t probes = n < brute->loops ? n : brute->loops;
    for (uint32_t set = 0; set < (uint32_t)1 << n; set++) {
        if (bits_in(set) == probes) {
            outcome_of(members, n, set, need, runs, nruns, outcomes);
        }
    }
}

/* Does the search, asked for so many units, always find something? Sometimes? */
static enum verdict searched(const struct brute *brute, uint32_t need)
{
    struct outcomes outcomes;
    bool takes = false;

    if (need > brute->units) {
        return MUST_FAIL;
    }
    search(brute, need, &outcomes);
    for (uint32_t unit = 0; unit < brute->units; unit++) {
        takes |= outcomes.takes[unit];
    }
    return !takes ? MUST_FAIL : outcomes.fails ? MAY_SUCCEED : MUST_SUCCEED;
}

static bool fits_at(const struct brute *brute, uint32_t unit, uint32_t units)
{
    for (uint32_t i = unit; i < unit + units; i++) {
        if (i >= brute->units || brute->owner[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool aligned_at(const struct brute *brute, uint32_t unit, size_t align)
{
    return align == 0 || (brute->base + unit * 8 + brute->header) % align == 0;
}

static bool is_power_of_two(size_t align)
{
    for (size_t power = 1; power != 0; power <<= 1) {
        if (align == power) {
            return true;
        }
    }
    return false;
}

enum verdict brute_verdict(const struct brute *brute, size_t align, size_t bytes)
{
    const uint32_t units = brute_units(brute, bytes);

    if (units > brute->units || (align != 0 && !is_power_of_two(align))) {
        return MUST_FAIL;
    }
    if (align <= 8) {
        return searched(brute, units);
    }
    const size_t padded = units + align / 8 - 1;
    if (padded <= brute->units && searched(brute, (uint32_t)padded) == MUST_SUCCEED) {
        return MUST_SUCCEED;
    }
    for (uint32_t unit = 0; unit < brute->units; unit++) {
        if (fits_at(brute, unit, units) && aligned_at(brute, unit, align)) {
            return MAY_SUCCEED;
        }
    }
    return MUST_FAIL;
}

bool brute_pick(const struct brute *brute, size_t bytes, uint32_t unit)
{
    const uint32_t need = brute_units(brute, bytes);
    struct brute_run runs[BRUTE_UNITS];
    const uint32_t count = brute_runs(brute, runs);
    struct outcomes outcomes;

    if (need > brute->units) {
        return false;
    }
    search(brute, need, &outcomes);
    for (uint32_t i = 0; i < count; i++) {
        if (unit >= runs[i].unit && unit < runs[i].unit + runs[i].units) {
            return outcomes.takes[runs[i].unit];
        }
    }
    return false;
}

/* Some order of the lists makes alloc(bytes) succeed where alloc(bytes + 1) fails. */
bool brute_largest(const struct brute *brute, size_t bytes)
{
    struct brute_run runs[BRUTE_UNITS];
    const uint32_t nruns = listed_runs(brute, runs);
    uint32_t top = 0;
    uint32_t members[BRUTE_UNITS];
    uint32_t n = 0;

    for (uint32_t i = 0; i < nruns; i++) {
        top = bucket_of(runs[i].units) > top ? bucket_of(runs[i].units) : top;
    }
    for (uint32_t i = 0; i < nruns; i++) {
        if (bucket_of(runs[i].units) == top) {
            members[n++] = runs[i].units;
        }
    }
    const uint32_t probes = n < brute->loops ? n : brute->loops;
    for (uint32_t set = 0; set < (uint32_t)1 << n; set++) {
        uint32_t best = 0;
        for (uint32_t i = 0; i < n; i++) {
            best = (set >> i & 1) != 0 && members[i] > best ? members[i] : best;
        }
        if (bits_in(set) == probes && bytes == (best == 0 ? 0 : best * 8 - brute->header)) {
            return true;
        }
    }
    return false;
}

uint64_t brute_free_bytes(const struct brute *brute)
{
    struct brute_run runs[BRUTE_UNITS];
    const uint32_t nruns = listed_runs(brute, runs);
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < nruns; i++) {
        bytes += runs[i].units * 8 - brute->header;
    }
    return bytes;
}

uint64_t brute_allocated(const struct brute *brute)
{
    uint64_t bytes = 0;

    for (uint32_t unit = 0; unit < brute->units; unit++) {
        if (brute->owner[unit] != 0) {
            bytes += 8;
            if (unit == 0 || brute->owner[unit - 1] != brute->owner[unit]) {
                bytes -= brute->header;
            }
        }
    }
    return bytes;
}

enum verdict brute_realloc(const struct brute *brute, uint32_t unit, size_t align, size_t bytes,
                           bool *in_place)
{
    const uint32_t units = brute_units(brute, bytes);
    struct brute without = *brute;

    *in_place = false;
    if (units > brute->units || (align != 0 && !is_power_of_two(align))) {
        return MUST_FAIL;
    }
    for (uint32_t i = 0; i < brute->units; i++) {
        without.owner[i] = brute->owner[i] == brute->owner[unit] ? 0 : brute->owner[i];
    }
    if (aligned_at(brute, unit, align) && fits_at(&without, unit, units)) {
        *in_place = true;
        return MUST_SUCCEED;
    }
    return brute_verdict(brute, align, bytes);
}
