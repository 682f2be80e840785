/* SPDX-License-Identifier: Apache-2.0 */
/* The op-level mutator as an AFL++ custom mutator: AFL_CUSTOM_MUTATOR_LIBRARY=.../afl_mutator.so */
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

struct shell {
    struct rng rng;
    enum program_kind kind;
    bool misuse;
    uint8_t *out;
    size_t capacity;
};

/* AFL++ finds these by name; it has no header that a distribution installs. */
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max_size);
void afl_custom_deinit(void *data);

/* One library serves all targets; whose programs it edits it is told by the environment. */
static enum program_kind kind_of_target(void)
{
    const char *word = getenv("HEAPVET_FUZZ_KIND");
    uint32_t kind = 0;

    while (word != NULL && kind < PROGRAM_KINDS && strcmp(word, kind_words[kind]) != 0) {
        kind++;
    }
    return word == NULL || kind == PROGRAM_KINDS ? KIND_HEAP : (enum program_kind)kind;
}

void *afl_custom_init(void *afl, unsigned int seed)
{
    struct shell *shell = calloc(1, sizeof(*shell));

    (void)afl;
    if (shell != NULL) {
        rng_seed(&shell->rng, seed);
        const char *word = getenv("HEAPVET_FUZZ_KIND");
        shell->kind = kind_of_target();
        shell->misuse = word != NULL && strcmp(word, "misuse") == 0;
    }
    return shell;
}

static bool reserve(struct shell *shell, size_t size)
{
    if (size <= shell->capacity) {
        return true;
    }
    uint8_t *larger = realloc(shell->out, size);
    if (larger == NULL) {
        return false;
    }
    shell->out = larger;
    shell->capacity = size;
    return true;
}

/* other is AFL++'s pick for a splice; mutate_records decides whether to use it. */
size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max_size)
{
    struct shell *shell = data;
    const size_t kept = size < max_size ? size : max_size;

    if (!reserve(shell, max_size)) {
        *out = NULL;
        return 0;
    }
    memcpy(shell->out, buffer, kept);
    *out = shell->out;
    return mutate_records_as(shell->kind, shell->misuse, shell->out, kept, max_size, other,
                             other_size, rng_next(&shell->rng));
}

void afl_custom_deinit(void *data)
{
    struct shell *shell = data;

    free(shell->out);
    free(shell);
}
