/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "text.h"

/* A file that has not been there, so that no failure replaces another. */
static void free_name(char *path, size_t size, const char *folder, const char *name)
{
    struct stat status;
    for (unsigned n = 1; n < 1000; n++) {
        snprintf(path, size, "%s/%s-%u.ops", folder, name, n);
        if (stat(path, &status) != 0) {
            return;
        }
    }
}

void failure_write(const struct explore_options *options, const char *name, struct walk *walk,
                   const struct explored *explored, const struct run_failure *failure)
{
    static struct explored copy;
    static char text[32768];
    char path[512], stem[128];
    struct run_failure again;
    copy = *explored;
    copy.program.ops = copy.ops;
    enum sim_end end = walk_replay(walk, &copy, &again);
    bool same = end == SIM_FAILED && again.oracle == failure->oracle;
    if (!same || !sim_schedule_append(&copy.program)) {
        fprintf(stderr, "explore: a failing schedule of %s cannot be repeated or has no room\n",
                name);
    }
    int head = snprintf(text, sizeof text,
                        "# found: explore, %s\n# oracle: %s\n#   %s\n"
                        "# replay: heapvet run FILE\n",
                        name, oracle_names[failure->oracle], failure->have_want);
    size_t length = text_print(&copy.program, text + head, sizeof text - (size_t)head);
    snprintf(stem, sizeof stem, "%s-%s", name, oracle_names[failure->oracle]);
    free_name(path, sizeof path, options->out, stem);
    host_write_file(path, text, (size_t)head + length);
    const char *subject = walk->subject->name;
    fprintf(stderr, "FAIL %s\n  oracle %s: %s\n", path, oracle_names[failure->oracle],
            failure->have_want);
    fprintf(stderr, "  run  heapvet run --subject %s %s\n  then heapvet shrink --subject %s %s\n",
            subject, path, subject, path);
}

/* ---- a process that dies ---- */

static const struct explore_options *watch_options;
static const struct explored *watched;

/* The schedule is lost with the run, so this is the program alone. */
static void on_signal(int number)
{
    static char text[32768];
    char path[512];
    int head = snprintf(text, sizeof text,
                        "# found: explore; signal %d under some schedule\n"
                        "# replay: heapvet run FILE, or explore under a debugger\n",
                        number);
    size_t length = text_print(&watched->program, text + head, sizeof text - (size_t)head);
    free_name(path, sizeof path, watch_options->out, "signal");
    host_write_file(path, text, (size_t)head + length);
    fprintf(stderr, "FAIL %s\n  signal %d under some schedule of it\n", path, number);
    _exit(1);
}

void failure_watch(const struct explore_options *options, const struct explored *explored)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[65536]; /* a fiber's own may be what is damaged */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    watch_options = options;
    watched = explored;
    sigaltstack(&other, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action = {.sa_handler = on_signal};
        action.sa_flags = SA_ONSTACK | (int)SA_RESETHAND;
        sigaction(signals[i], &action, NULL);
    }
}
