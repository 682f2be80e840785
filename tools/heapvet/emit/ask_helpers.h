/* SPDX-License-Identifier: Apache-2.0 */

static struct {
    char line[160];
    size_t used;
    const char *want; /* the lines that are still to come */
} printed;

HELPER void line_printed(void)
{
    const size_t bytes = strcspn(printed.want, "\n");

    if (printed.used != bytes || memcmp(printed.line, printed.want, bytes) != 0) {
        fails("printed: have \"%.*s\", want \"%.*s\"", (int)printed.used, printed.line, (int)bytes,
              printed.want);
    }
    printed.want += bytes + (printed.want[bytes] == '\n');
    printed.used = 0;
}

HELPER void piece_printed(void *context, const char *piece)
{
    (void)context;
    for (; *piece != '\0'; piece++) {
        if (*piece == '\n') {
            line_printed();
        } else if (printed.used < sizeof(printed.line)) {
            printed.line[printed.used++] = *piece;
        }
    }
}

/* These lines, and no more. */
HELPER void prints(struct sys_heap *of, bool chunks, const char *want)
{
    printed.want = want;
    printed.used = 0;
    ask_print(of, chunks, piece_printed, NULL);
    if (printed.used != 0 || *printed.want != '\0') {
        line_printed();
        fails("printed: have no more lines, want some");
    }
}

/* The library's own stress test: its calls are counted, and its events; its blocks are looked at.
 */
HELPER void stresses(struct sys_heap *of, uint32_t rounds, uint32_t room, uint32_t percent)
{
    const bool watched = watching;
    struct subject_verdict verdict;
    size_t most;

    watching = false;
    ncounted = 0;
    (void)ask_stress(of, rounds, room, percent, &most, &verdict);
    watching = watched;
    judged(&verdict);
}

HELPER void registers(struct sys_heap *of, uint32_t which)
{
    struct subject_verdict verdict;

    (void)ask_registry(of, which, &verdict);
    judged(&verdict);
}
