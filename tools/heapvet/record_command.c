/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet record: runs a real program and writes what it asked of malloc as an op program. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subjects.h"
#include "trace.h"

static const char help[] =
    "Usage: heapvet record [-o FILE] [OPTION]... -- CMD [ARG]...\n"
    "Runs CMD and writes what it asked of malloc as an op program, in the smallest region (found "
    "by\n"
    "search) in which every allocation succeeds with kheap's big format. Only the process that "
    "CMD\n"
    "starts as is traced, not its children; blocks that it never frees stay live.\n\n"
    "  -o, --output FILE  *.pack: a pack; else text; `-`: standard output (default: CMD.ops)\n"
    "      --max-ops N    stop after N ops, CMD runs on (default 1000000)\n"
    "      --skip N       leave out the first N calls\n"
    "\nCMD must be dynamically linked against a C library whose malloc can be preloaded (glibc).\n"
    "A request of 0 bytes is written as 1 byte, since malloc(0) gives out a block.\n";

struct record {
    const char *output;
    uint64_t max_ops, skip;
    char **command;
};

static void parse(int argc, char **argv, struct record *record)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"max-ops", required_argument, NULL, 'm'},
        {"skip", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c = 0;
    /* '+': options behind CMD are CMD's. */
    while ((c = cli_option(&command_record, argc, argv, "+:o:h", options)) != -1) {
        if (c == 'o') {
            record->output = optarg;
        } else if (c == 'm') {
            record->max_ops = cli_number("record", "--max-ops", optarg, 1, 100000000);
        } else {
            record->skip = cli_number("record", "--skip", optarg, 0, 1000000000);
        }
    }
    if (optind == argc) {
        cli_usage("record", "expected a command to run, have none");
    }
    record->command = argv + optind;
}

/* Beside the program in a build, in libexec when installed. */
static char *find_library(void)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    int folder = slash ? (int)(slash - self) : 0;
    char *beside = cli_format("%.*s/%s", folder, self, RECORD_LIBRARY);
    if (access(beside, R_OK) == 0) {
        return beside;
    }
    char *installed = cli_format("%.*s/../libexec/heapvet/%s", folder, self, RECORD_LIBRARY);
    if (access(installed, R_OK) == 0) {
        free(beside);
        return installed;
    }
    host_bad_input(beside, 0, "expected the recorder there or in ../libexec/heapvet, have none");
}

static struct record_log *make_log(uint64_t events, char *path, size_t *bytes)
{
    /* Sparse: pages that are not written take no room. */
    int fd = mkostemp(path, O_CLOEXEC);
    *bytes = sizeof(struct record_log) + (size_t)events * sizeof(struct record_event);
    void *p = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, (off_t)*bytes) == 0) {
        p = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (p == MAP_FAILED) {
        int error = errno;
        if (fd >= 0) {
            unlink(path);
        }
        host_bad_input(path, 0, "expected room for a log, have: %s", strerror(error));
    }
    close(fd);
    struct record_log *log = p;
    log->magic = RECORD_LOG_MAGIC;
    log->capacity = events;
    return log;
}

/* In the child. Other preloads come behind ours. */
static _Noreturn void become(char **command, const char *library, const char *path, int report)
{
    const char *others = getenv("LD_PRELOAD");
    char *preload =
        others && *others ? cli_format("%s:%s", library, others) : cli_format("%s", library);
    char *pid = cli_format("%ld", (long)getpid());
    setenv("LD_PRELOAD", preload, 1);
    setenv(RECORD_ENV_FILE, path, 1);
    setenv(RECORD_ENV_PID, pid, 1);
    execvp(command[0], command);
    int error = errno;
    if (write(report, &error, sizeof(error)) < 0) {
        _exit(126);
    }
    _exit(127);
}

/* Runs the command to its end; returns waitpid's status, or -1 with errno when it cannot start. */
static int run_traced(char **command, const char *library, const char *path)
{
    int report[2]; /* closed by a successful exec */
    if (pipe2(report, O_CLOEXEC) != 0) {
        return -1;
    }
    /* Ctrl-C ends the command; what it did until then is still written. */
    void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, interrupt);
        become(command, library, path, report[1]);
    }
    close(report[1]);
    int error = child < 0 ? errno : 0;
    int status = 0;
    if (child > 0) {
        ssize_t got = read(report[0], &error, sizeof(error));
        error = got == (ssize_t)sizeof(error) ? error : 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
    }
    close(report[0]);
    signal(SIGINT, interrupt);
    errno = error;
    return error ? -1 : status;
}

static char *command_words(char **command)
{
    char *line = cli_format("%s", "");
    for (size_t i = 0; command[i]; i++) {
        char *word = cli_quoted(command[i]);
        char *longer = cli_format("%s%s%s", line, i ? " " : "", word);
        free(word);
        free(line);
        line = longer;
    }
    for (char *c = line; *c; c++) {
        *c = *c == '\n' || *c == '\r' ? ' ' : *c; /* it goes into a comment line */
    }
    return line;
}

static void write_program(const struct record *record, const char *output,
                          const struct program *program)
{
    size_t size = 0;
    if (cli_ends_with(output, ".pack")) {
        char *name = cli_stem(output);
        uint8_t *bytes = cli_pack(program, &name, 1, &size);
        host_write_file(output, bytes, size);
        free(bytes);
        free(name);
        return;
    }
    char *words = command_words(record->command);
    char *comments =
        cli_format("# heapvet record --max-ops %llu --skip %llu -- %s\n",
                   (unsigned long long)record->max_ops, (unsigned long long)record->skip, words);
    char *text = cli_program_text(program, comments, &size);
    host_write_file(output, text, size);
    free(text);
    free(comments);
    free(words);
}

static void print_facts(const char *output, const struct program *program,
                        const struct trace_facts *facts, uint64_t lost)
{
    fprintf(stderr,
            "%s: %zu ops, region %u bytes, at most %u blocks and %llu bytes live, sizes %u to %u\n",
            output, program->nops, (unsigned)program->header.region, (unsigned)facts->peak_live,
            (unsigned long long)facts->peak_bytes, (unsigned)facts->smallest,
            (unsigned)facts->largest);
    if (facts->unseen || facts->missed || facts->raised) {
        fprintf(stderr,
                "  %llu calls on blocks never seen given out, %llu frees missed, %llu requests of "
                "0 bytes written as 1\n",
                (unsigned long long)facts->unseen, (unsigned long long)facts->missed,
                (unsigned long long)facts->raised);
    }
    if (facts->full) {
        fprintf(stderr, "  cut short: more than 65536 blocks live\n");
    } else if (lost) {
        fprintf(stderr, "  cut short by --max-ops: the command went on\n");
    }
}

static int convert(const struct record *record, const char *output, const struct record_log *log)
{
    struct program program;
    struct trace_facts facts;
    const char *command = record->command[0];
    if (log->images == 0) {
        host_bad_input(command, 0,
                       "expected a dynamically linked program, have one that the "
                       "recorder could not be loaded into");
    }
    const char *problem =
        trace_convert(&program, log, record->skip, (size_t)record->max_ops, &facts);
    if (problem) {
        host_bad_input(command, 0, "expected blocks that an op can express, have %s", problem);
    }
    if (program.nops == 0 || facts.peak_live == 0) {
        host_bad_input(command, 0, "expected allocations behind the first %llu calls, have none",
                       (unsigned long long)record->skip);
    }
    if (!region_search(&program, &subject_kheap_big, facts.peak_bytes)) {
        host_bad_input(command, 0, "expected to fit a region of 1 GiB, have %llu bytes live",
                       (unsigned long long)facts.peak_bytes);
    }
    write_program(record, output, &program);
    print_facts(output, &program, &facts, log->lost || program.nops == record->max_ops);
    free(program.ops);
    return EXIT_PASS;
}

static int run(int argc, char **argv)
{
    struct record record = {.max_ops = 1000000};
    parse(argc, argv, &record);
    char *stem = cli_stem(record.command[0]);
    char *output = record.output ? cli_format("%s", record.output) : cli_format("%s.ops", stem);
    const char *temporary = getenv("TMPDIR");
    char *path =
        cli_format("%s/heapvet-record-XXXXXX", temporary && *temporary == '/' ? temporary : "/tmp");
    char *library = find_library();
    size_t bytes = 0;
    /* Some calls leave no op: frees of blocks that were never seen. Hence more room than ops. */
    uint64_t events = record.skip + record.max_ops + record.max_ops / 4 + 65536;
    struct record_log *log = make_log(events, path, &bytes);
    int status = run_traced(record.command, library, path);
    int error = errno;
    unlink(path);
    if (status == -1) {
        host_bad_input(record.command[0], 0, "expected a command that can be run, have: %s",
                       strerror(error));
    }
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "%s: ended by signal %d\n", record.command[0], WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s: ended with status %d\n", record.command[0], WEXITSTATUS(status));
    }
    int result = convert(&record, output, log);
    munmap(log, bytes);
    free(library);
    free(path);
    free(output);
    free(stem);
    return result;
}

const struct command command_record = {"record", "trace a real program's allocations", help, run};
