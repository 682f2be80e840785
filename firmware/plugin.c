/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A QEMU TCG plugin that counts what happens inside measured calls, exactly.
 *
 * A firmware image makes every measured call at one call instruction (symbol measured_begin); the
 * instruction behind it is measured_end. The window of a call is every instruction executed after
 * the one and before the other: the callee's first instruction up to and including its return. When
 * the call is over and the image knows what kind it was, it stores one byte to
 * measured_labels[label]; the address of that store tells this plugin under which label the window
 * counts.
 *
 *   -plugin file=plugin.so,begin=ADDR,end=ADDR,labels=ADDR,count=N[,out=FILE][,trace=LABEL]
 *
 * Writes one line per label that was used:
 *   label calls sum min max worst cycles_sum cycles_max loads stores taken
 * where worst is the ordinal, from 0, of the label's longest call and the cycles are a model: 1 an
 * instruction, +1 a data word, +2 a taken branch. trace=LABEL appends the addresses that the
 * longest call executed.
 *
 * QEMU's own header is not packaged in Debian, so the few functions used are declared here.
 * Instruction counting by callback is exact; the inline memory counters of QEMU 7.2 are not, so
 * they are not used.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info {
    const char *target_name; /* more follows that is not used here */
};
enum plugin_flags { PLUGIN_NO_REGS };
enum plugin_mem { PLUGIN_MEM_RW = 3 };

typedef void (*tb_callback)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*insn_callback)(unsigned cpu, void *context);
typedef void (*mem_callback)(unsigned cpu, uint32_t info, uint64_t address, void *context);
typedef void (*exit_callback)(plugin_id id, void *context);

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_callback callback);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                                   insn_callback callback, enum plugin_flags flags,
                                                   void *context);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, mem_callback callback,
                                             enum plugin_flags flags, enum plugin_mem which,
                                             void *context);
extern void qemu_plugin_register_atexit_cb(plugin_id id, exit_callback callback, void *context);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern unsigned qemu_plugin_mem_size_shift(uint32_t info);
extern bool qemu_plugin_mem_is_store(uint32_t info);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);
EXPORT int qemu_plugin_version = 1;

/* An instruction's address and size travel in the callback's context pointer. */
_Static_assert(sizeof(void *) == 8, "the host of the emulator has 64 bits");
#define SIZE_BITS   8u

#define TRACE_LIMIT 65536u

struct window {
    uint64_t instructions, loads, stores, taken;
};
struct label {
    uint64_t calls, sum, min, max, worst, cycles_sum, cycles_max, loads, stores, taken;
};

static struct {
    uint64_t begin, end, labels, count;
    const char *out;
    uint64_t trace; /* label, or UINT64_MAX */
} options = {.trace = UINT64_MAX};

static enum { ANY_TARGET, THUMB, RISCV } target;
static bool open_now, pending, broken, begun;
static struct window window;
static uint64_t next_address; /* where a branch that is not taken goes on */
static struct label *table;
static uint64_t *path, *worst_path; /* with trace: addresses of this call and of the longest */
static size_t path_length, worst_length;

static uint64_t cycles_of(const struct window *w)
{
    return w->instructions + w->loads + w->stores + 2u * w->taken;
}

static void instruction(unsigned cpu, void *context)
{
    (void)cpu;
    const uint64_t packed = (uint64_t)(uintptr_t)context;
    const uint64_t address = packed >> SIZE_BITS;
    const uint64_t size = packed & ((1u << SIZE_BITS) - 1u);

    if (address == options.begin) {
        /* A call inside a measured call, or one that nobody labelled, would falsify the table. */
        broken = broken || open_now || pending;
        memset(&window, 0, sizeof(window));
        path_length = 0;
        open_now = true;
        begun = true;
        next_address = 0;
        return;
    }
    if (!open_now) {
        return;
    }
    /* The first instruction is reached by the call itself, which is not inside the window. */
    if (window.instructions > 0 && address != next_address) {
        window.taken++;
    }
    next_address = address + size;
    if (address == options.end) {
        open_now = false;
        pending = true;
        return;
    }
    window.instructions++;
    if (path != NULL && path_length < TRACE_LIMIT) {
        path[path_length++] = address;
    }
}

static void close_window(uint64_t number)
{
    struct label *const label = &table[number];
    const uint64_t cycles = cycles_of(&window);

    if (!pending) {
        /* Before the first call it is the start-up code that clears the labels. */
        broken = broken || begun;
        return;
    }
    pending = false;
    if (label->calls == 0 || window.instructions < label->min) {
        label->min = window.instructions;
    }
    if (window.instructions > label->max) {
        label->max = window.instructions;
        label->worst = label->calls;
        if (number == options.trace) {
            memcpy(worst_path, path, path_length * sizeof(*path));
            worst_length = path_length;
        }
    }
    if (cycles > label->cycles_max) {
        label->cycles_max = cycles;
    }
    label->calls++;
    label->sum += window.instructions;
    label->cycles_sum += cycles;
    label->loads += window.loads;
    label->stores += window.stores;
    label->taken += window.taken;
}

static void memory(unsigned cpu, uint32_t info, uint64_t address, void *context)
{
    (void)cpu;
    (void)context;
    const bool store = qemu_plugin_mem_is_store(info);

    if (open_now) {
        const unsigned shift = qemu_plugin_mem_size_shift(info);
        const uint64_t words = shift > 2 ? (uint64_t)1 << (shift - 2) : 1;
        if (store) {
            window.stores += words;
        } else {
            window.loads += words;
        }
    } else if (store && address - options.labels < options.count) {
        close_window(address - options.labels);
    }
}

/*
 * QEMU 7.2 reports half the size of a 4-byte instruction that lies across a page's end, and the
 * next one would look like a branch taken. The first halfword says how long it really is.
 */
static uint64_t size_of(const struct qemu_plugin_insn *insn)
{
    const size_t size = qemu_plugin_insn_size(insn);
    uint8_t first[2] = {0, 0};

    if (target == ANY_TARGET || size < sizeof(first)) {
        return size;
    }
    memcpy(first, qemu_plugin_insn_data(insn), sizeof(first));
    if (target == RISCV) {
        return (first[0] & 3u) == 3u ? 4 : 2;
    }
    return first[1] >> 3 >= 0x1d ? 4 : 2;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    const size_t n = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *const insn = qemu_plugin_tb_get_insn(tb, i);
        const uint64_t packed = qemu_plugin_insn_vaddr(insn) << SIZE_BITS | size_of(insn);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, instruction, PLUGIN_NO_REGS,
                                               (void *)(uintptr_t)packed);
        qemu_plugin_register_vcpu_mem_cb(insn, memory, PLUGIN_NO_REGS, PLUGIN_MEM_RW, NULL);
    }
}

static void write_table(FILE *file)
{
    for (uint64_t i = 0; i < options.count; i++) {
        const struct label *const l = &table[i];
        if (l->calls == 0) {
            continue;
        }
        fprintf(file,
                "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                i, l->calls, l->sum, l->min, l->max, l->worst, l->cycles_sum, l->cycles_max,
                l->loads, l->stores, l->taken);
    }
    for (size_t i = 0; i < worst_length; i++) {
        fprintf(file, "trace %" PRIx64 "\n", worst_path[i]);
    }
    /* Without this last line the reader knows that the table is not whole. */
    fprintf(file, broken ? "broken\n" : "end\n");
}

static void at_exit(plugin_id id, void *context)
{
    (void)id;
    (void)context;
    FILE *const file = options.out != NULL ? fopen(options.out, "w") : stderr;

    if (file == NULL) {
        fprintf(stderr, "plugin: cannot write %s\n", options.out);
        return;
    }
    write_table(file);
    if (file != stderr) {
        fclose(file);
    }
}

static bool option(const char *argument)
{
    static const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {{"begin=", &options.begin},
                   {"end=", &options.end},
                   {"labels=", &options.labels},
                   {"count=", &options.count},
                   {"trace=", &options.trace}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        const size_t length = strlen(numbers[i].name);
        if (strncmp(argument, numbers[i].name, length) == 0) {
            char *rest;
            *numbers[i].value = strtoull(argument + length, &rest, 0);
            return *rest == '\0' && rest != argument + length;
        }
    }
    if (strncmp(argument, "out=", 4) == 0) {
        options.out = strdup(argument + 4);
        return true;
    }
    return false;
}

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    if (strcmp(info->target_name, "arm") == 0) {
        target = THUMB; /* all that is measured on ARM are M-profile cores */
    } else if (strcmp(info->target_name, "riscv32") == 0) {
        target = RISCV;
    }
    for (int i = 0; i < argc; i++) {
        if (!option(argv[i])) {
            fprintf(stderr, "plugin: unknown or bad option '%s'\n", argv[i]);
            return 1;
        }
    }
    if (options.begin == 0 || options.end == 0 || options.labels == 0 || options.count == 0) {
        fprintf(stderr, "plugin: begin=, end=, labels= and count= are needed\n");
        return 1;
    }
    table = calloc(options.count, sizeof(*table));
    if (options.trace != UINT64_MAX) {
        path = calloc(TRACE_LIMIT, sizeof(*path));
        worst_path = calloc(TRACE_LIMIT, sizeof(*worst_path));
    }
    if (table == NULL || (options.trace != UINT64_MAX && (path == NULL || worst_path == NULL))) {
        fprintf(stderr, "plugin: out of memory\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
