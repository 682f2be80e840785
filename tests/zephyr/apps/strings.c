/* SPDX-License-Identifier: Apache-2.0 */

/* An application of one thread: words of a text in a list on the system heap, longest first. */

#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

struct word {
    struct word *next;
    char *text;
};

static struct word *words;

static int add(const char *text, size_t length)
{
    struct word **place = &words;
    struct word *word = k_calloc(1, sizeof(*word));

    if (word == NULL) {
        return -ENOMEM;
    }
    word->text = k_malloc(length + 1);
    if (word->text == NULL) {
        k_free(word);
        return -ENOMEM;
    }
    memcpy(word->text, text, length);
    word->text[length] = '\0';
    while (*place != NULL && strlen((*place)->text) >= length) {
        place = &(*place)->next;
    }
    word->next = *place;
    *place = word;
    return 0;
}

int main(void)
{
    static const char text[] = "memory that is borrowed is to be returned";
    char *line = NULL;
    size_t used = 0;

    for (const char *p = text; *p != '\0';) {
        const size_t length = strcspn(p, " ");

        if (add(p, length) != 0) {
            printk("strings: out of memory\n");
            return 1;
        }
        p += length + (p[length] == ' ');
    }
    while (words != NULL) {
        struct word *word = words;
        const size_t length = strlen(word->text);
        char *longer = k_realloc(line, used + length + 2);

        if (longer == NULL) {
            return 1;
        }
        line = longer;
        memcpy(line + used, word->text, length);
        used += length;
        line[used++] = ' ';
        line[used] = '\0';
        words = word->next;
        k_free(word->text);
        k_free(word);
    }
    printk("strings: %s\n", line);
    k_free(line);
    return 0;
}
