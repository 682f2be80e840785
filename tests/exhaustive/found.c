/* SPDX-License-Identifier: Apache-2.0 */

/* What was found: a failure, a crash or a hang, each as a program that heapvet run replays. */

#include "exhaust.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "text.h"

#define HANG_SECONDS 10

static struct {
    const char *folder, *subject, *alphabet;
    char path[4096];
    char text[8192];
    const struct program *program; /* the one at work; NULL: none */
    volatile sig_atomic_t runs, runs_then;
} found;

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

void found_begin(const char *folder, const char *subject_path, const char *alphabet_path)
{
    found.folder = folder;
    found.subject = subject_path;
    found.alphabet = alphabet_path;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        host_bad_input(folder, 0, "expected a folder that can be made: %s", strerror(errno));
    }
}

static void put(int file, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        const ssize_t wrote = write(file, text, left);
        if (wrote <= 0) {
            return;
        }
        text += wrote;
        left -= (size_t)wrote;
    }
}

/* Also from a signal handler: calls nothing but open and write, and prints by our own code. */
static void write_program(const struct program *program, const char *what)
{
    const int file = open(found.path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (file < 0) {
        put(STDERR_FILENO, "exhaust: the program cannot be written: ");
    } else {
        put(file, "# SPDX-License-Identifier: Apache-2.0\n# Found by exploring all sequences of ");
        put(file, file_of(found.alphabet));
        put(file, " on ");
        put(file, file_of(found.subject));
        put(file, ".\n# It shows: ");
        put(file, what);
        put(file, "\n");
        (void)text_print(program, found.text, sizeof found.text);
        put(file, found.text);
        (void)close(file);
    }
    put(STDERR_FILENO, found.path);
    put(STDERR_FILENO, ": ");
    put(STDERR_FILENO, what);
    put(STDERR_FILENO, "\n  run  heapvet run --subject ");
    put(STDERR_FILENO, found.subject);
    put(STDERR_FILENO, " ");
    put(STDERR_FILENO, found.path);
    put(STDERR_FILENO, "\n");
}

/* As heapvet run judges it. */
static bool fails(const struct explored *explored, struct space *space,
                  const struct program *program, struct run_failure *failure)
{
    return run_program(program, explored->subject, space, &run_options_default, NULL, NULL,
                       failure) == RUN_FAILED;
}

void found_write(const struct explored *explored, struct space *space, struct program *program)
{
    struct run_failure failure, shorter;
    char what[sizeof failure.have_want + 64];

    if (!fails(explored, space, program, &failure)) {
        write_program(program, "a failure that is gone when everything is freed at the end");
        return;
    }
    /* What follows the op that fails has no part in it, nor need the question at the end. */
    if (failure.op_index + 1 < program->nops) {
        program->nops = failure.op_index + 1;
    }
    if (program->ops[program->nops - 1].kind == OP_LARGEST) {
        program->nops--;
        if (fails(explored, space, program, &shorter) && shorter.oracle == failure.oracle) {
            failure = shorter;
        } else {
            program->nops++;
        }
    }
    (void)snprintf(what, sizeof what, "oracle %s: %s", oracle_names[failure.oracle],
                   failure.have_want);
    write_program(program, what);
}

static void on_signal(int number)
{
    if (number == SIGALRM && (found.program == NULL || found.runs != found.runs_then)) {
        found.runs_then = found.runs;
        return;
    }
    if (found.program != NULL) {
        write_program(found.program, number == SIGALRM ? "crash: it does not come back"
                                                       : "crash: it dies of a signal");
    }
    _exit(1);
}

static void watch_signals(void)
{
    static char stack[65536];
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP};
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct itimerval every = {{HANG_SECONDS, 0}, {HANG_SECONDS, 0}};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    (void)sigaltstack(&other, NULL);
    (void)sigaction(SIGALRM, &action, NULL);
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
        (void)sigaction(fatal[i], &action, NULL);
    }
    (void)setitimer(ITIMER_REAL, &every, NULL);
}

void found_watch(const struct explored *explored, const struct program *program)
{
    static bool watching;

    (void)snprintf(found.path, sizeof found.path, "%s/%s-%.*s-%u-%u.ops", found.folder,
                   file_of(found.subject), (int)strcspn(file_of(found.alphabet), "."),
                   file_of(found.alphabet), (unsigned)explored->header.region,
                   (unsigned)explored->header.offset);
    found.program = program;
    if (!watching) {
        watching = true;
        watch_signals();
    }
}

void found_progress(void)
{
    found.runs = found.runs + 1;
}
