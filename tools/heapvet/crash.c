/* SPDX-License-Identifier: Apache-2.0 */
#include "crash.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

/* Composed in advance: little may be called from a handler. */
static char lines[4096];
static char fail[1024];

static void put(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) {
        _exit(EXIT_FAULT);
    }
}

static void on_signal(int number)
{
    put(fail);
    switch (number) {
    case SIGALRM:
        put("no answer within the time limit\n");
        break;
    case SIGABRT:
        put("the subject aborted\n");
        break;
    case SIGSEGV:
    case SIGBUS:
        put("the subject touched memory that is not there\n");
        break;
    default:
        put("the subject did something illegal\n");
        break;
    }
    put(lines);
    _exit(EXIT_FAULT);
}

static void install(void)
{
    static bool installed;
    static char stack[65536];
    if (installed) {
        return;
    }
    installed = true;
    stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    sigaltstack(&other, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGALRM, &action, NULL);
#ifndef SANITIZED
    const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
        sigaction(fatal[i], &action, NULL);
    }
#endif
}

void crash_watch(const char *program, const char *subject, unsigned seconds)
{
    install();
    snprintf(fail, sizeof(fail), "FAIL %s\n  crash: ", program);
    snprintf(lines, sizeof(lines),
             "  run  %s run --subject %s %s\n  then %s shrink --subject %s %s\n", cli_program,
             subject, program, cli_program, subject, program);
    alarm(seconds);
}

void crash_watch_end(void)
{
    alarm(0);
}
