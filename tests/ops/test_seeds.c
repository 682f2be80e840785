/* SPDX-License-Identifier: Apache-2.0 */
/* Every seed parses, is canonical but for its comments, and says what it is. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { SEED_MAX = 20000, SEEDS_WANTED = 40 };

static size_t read_seed(const char *name, char *text)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", SEEDS_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, SEED_MAX, file);
    fclose(file);
    assert_in_range(size, 1, SEED_MAX - 1);
    text[size] = '\0';
    return size;
}

/* Takes the comment lines away; returns how many there were. */
static int strip_comments(const char *text, char *out)
{
    int comments = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n") + 1;
        if (*text == '#') {
            comments++;
        } else {
            memcpy(out, text, length);
            out += length;
        }
        text += length;
    }
    *out = '\0';
    return comments;
}

static void check_seed(const char *name)
{
    static struct owned_program owned;
    static char text[SEED_MAX], bare[SEED_MAX], canonical[SEED_MAX];
    size_t size = read_seed(name, text);
    must_parse(&owned, text, size);
    assert_true(text[size - 1] == '\n');
    /* The licence, and at least two lines on the shape. */
    assert_true(strip_comments(text, bare) >= 3);
    text_print(&owned.program, canonical, sizeof canonical);
    if (strcmp(bare, canonical) != 0) {
        fail_msg("%s is not canonical", name);
    }
}

static void test_seeds(void **state)
{
    (void)state;
    int seeds = 0;
    DIR *folder = opendir(SEEDS_DIR);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".ops") == 0) {
            check_seed(entry->d_name);
            seeds++;
        }
    }
    closedir(folder);
    assert_true(seeds >= SEEDS_WANTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeds)};
    return cmocka_run_group_tests_name("seeds", tests, NULL, NULL);
}
