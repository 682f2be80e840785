/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet show: what the heap looks like after a program, or in the middle of it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "replay.h"
#include "text.h"

static const char help[] =
    "Usage: heapvet show [OPTION]... FILE|PACK:NAME\n"
    "Runs a program without threads and draws the heap it leaves: chunks in address order as\n"
    "bytes with header (a pool's blocks: bytes asked for, with descriptor), free ones in "
    "brackets,\n"
    "and the region as a bar ('#' used, '.' free, '+' both, '=' the heap's own). No oracles:\n"
    "`heapvet run` judges.\n\n"
    "      --subject NAME|PATH.so  the allocator (default: the program's kind's)\n"
    "      --at N                  stop after op N (counted from 1; default: all)\n"
    "      --width N               columns, 20 to 400 (default: 80)\n";

#define COLOUR_USED "\033[33m"
#define COLOUR_FREE "\033[32m"
#define COLOUR_OFF  "\033[0m"

struct show {
    struct subject_choice choice;
    uint64_t at;
    size_t width;
    bool colour;
};

/* A piece of the region. */
struct piece {
    size_t offset, bytes;
    bool used;
};

/* Where blocks can lie: bytes from the region's start, and what stands in front of the user's. */
struct area {
    size_t first, end, header;
};

struct map {
    struct piece *pieces;
    size_t count;
    struct area areas[SUBJECT_PARTS]; /* in address order */
    size_t nareas;
    size_t region;
};

static int by_offset(const void *a, const void *b)
{
    const struct piece *left = a;
    const struct piece *right = b;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static void add_piece(struct map *map, size_t offset, size_t bytes, bool used)
{
    if (bytes) {
        map->pieces[map->count++] = (struct piece){offset, bytes, used};
    }
}

static void find_areas(const struct heap_under_test *heap, struct map *map)
{
    const struct subject *subject = heap->subject;
    struct subject_info infos[SUBJECT_PARTS];
    struct subject_pool pool;
    if (subject->pool) {
        subject->pool(heap->state, &pool);
        size_t first = (size_t)(pool.buffer - heap->region);
        map->areas[0] =
            (struct area){first, first + (size_t)pool.max * pool.count, pool.descriptor};
        map->nareas = 1;
        return;
    }
    map->areas[0] = (struct area){0, heap->region_bytes, 0};
    map->nareas = 1;
    if (subject->parts) {
        map->nareas = subject->parts(heap->state, infos);
    } else if (subject->info) {
        subject->info(heap->state, infos);
    } else {
        return;
    }
    for (size_t i = 0; i < map->nareas; i++) {
        size_t first = (size_t)(infos[i].first - heap->region);
        map->areas[i] = (struct area){first, first + (size_t)infos[i].units * 8, infos[i].header};
    }
}

static size_t header_at(const struct map *map, size_t offset)
{
    for (size_t i = 0; i < map->nareas; i++) {
        if (offset >= map->areas[i].first && offset < map->areas[i].end) {
            return map->areas[i].header;
        }
    }
    return 0;
}

/* What is not used in an area, given the used pieces in address order. */
static void add_free(struct map *map, const struct area *area, size_t used)
{
    size_t at = area->first;
    for (size_t i = 0; i < used; i++) {
        const struct piece piece = map->pieces[i];
        if (piece.offset >= area->first && piece.offset < area->end) {
            add_piece(map, at, piece.offset > at ? piece.offset - at : 0, false);
            at = piece.offset + piece.bytes;
        }
    }
    add_piece(map, at, area->end > at ? area->end - at : 0, false);
}

/* Live blocks are known from the slots; what lies between them is free. */
static void build_map(const struct replay *replay, struct map *map)
{
    const struct heap_under_test *heap = &replay->heap;
    const struct subject *subject = heap->subject;
    size_t slots = (size_t)1 << heap->header.slots_log2;
    map->pieces = cli_memory(NULL, (2 * slots + SUBJECT_PARTS) * sizeof(struct piece));
    map->count = 0;
    map->region = heap->region_bytes;
    find_areas(heap, map);
    for (size_t i = 0; i < slots; i++) {
        uint8_t *p = heap->slots[i].p;
        if (p) {
            size_t bytes = subject->usable ? subject->usable(heap->state, p) : heap->slots[i].bytes;
            size_t offset = (size_t)(p - heap->region);
            size_t header = header_at(map, offset);
            add_piece(map, offset - header, bytes + header, true);
        }
    }
    size_t used = map->count;
    qsort(map->pieces, used, sizeof(struct piece), by_offset);
    for (size_t i = 0; i < map->nareas; i++) {
        add_free(map, &map->areas[i], used);
    }
    qsort(map->pieces, map->count, sizeof(struct piece), by_offset);
}

static void print_table(const struct map *map, const struct show *show)
{
    size_t column = 2;
    fputs("map", stdout);
    column = 3;
    for (size_t i = 0; i < map->count; i++) {
        const struct piece *piece = &map->pieces[i];
        char word[32];
        int length = snprintf(word, sizeof(word), piece->used ? "%zu" : "[%zu]", piece->bytes);
        if (column + 1 + (size_t)length > show->width) {
            fputs("\n   ", stdout);
            column = 3;
        }
        if (show->colour) {
            printf(" %s%s" COLOUR_OFF, piece->used ? COLOUR_USED : COLOUR_FREE, word);
        } else {
            printf(" %s", word);
        }
        column += 1 + (size_t)length;
    }
    putchar('\n');
}

/* How many bytes of from..to lie in pieces of this sort. */
static size_t covered(const struct map *map, size_t from, size_t to, bool used)
{
    size_t sum = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct piece *piece = &map->pieces[i];
        size_t low = piece->offset > from ? piece->offset : from;
        size_t high = piece->offset + piece->bytes < to ? piece->offset + piece->bytes : to;
        sum += piece->used == used && low < high ? high - low : 0;
    }
    return sum;
}

static void print_bar(const struct map *map, const struct show *show)
{
    size_t cells = show->width - 2;
    putchar('|');
    for (size_t i = 0; i < cells; i++) {
        size_t from = (size_t)((uint64_t)map->region * i / cells);
        size_t to = (size_t)((uint64_t)map->region * (i + 1) / cells);
        to = to > from ? to : from + 1; /* a region of fewer bytes than columns */
        size_t used = covered(map, from, to, true);
        size_t unused = covered(map, from, to, false);
        char cell = used && unused ? '+' : used ? '#' : unused ? '.' : '=';
        if (show->colour && cell != '=') {
            printf("%s%c" COLOUR_OFF, cell == '.' ? COLOUR_FREE : COLOUR_USED, cell);
        } else {
            putchar(cell);
        }
    }
    puts("|");
}

static void print_sums(const struct map *map)
{
    size_t used = 0, blocks = 0, unused = 0, extents = 0, largest = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct piece *piece = &map->pieces[i];
        *(piece->used ? &used : &unused) += piece->bytes;
        *(piece->used ? &blocks : &extents) += 1;
        largest = !piece->used && piece->bytes > largest ? piece->bytes : largest;
    }
    printf("used %zu bytes in %zu blocks, free %zu bytes in %zu pieces (largest %zu), own %zu "
           "bytes\n",
           used, blocks, unused, extents, largest, map->region - used - unused);
}

static void show_program(const char *file, const struct program *program, const struct show *show)
{
    const struct subject *subject = cli_one_subject(&show->choice, file, program);
    if (!(subject->promises & SUBJECT_IN_REGION)) {
        cli_usage("show", "expected a subject whose blocks lie in the region, have %s",
                  subject->name);
    }
    if (program_threaded(&program->header)) {
        host_bad_input(file, 0,
                       "expected a program without threads, for whose heap no one picture shows "
                       "what happened, have '%s'",
                       kind_words[program->header.kind]);
    }
    struct space space;
    struct replay replay;
    host_space_open(&space, 4096, 1, subject->state_bytes);
    host_space_for(&space, program, subject);
    if (replay_begin(&replay, subject, space.state, &program->header,
                     space.arena + program->header.offset, space.slots) != 0) {
        host_bad_input(file, 0, "expected a region that %s can use, have %u bytes", subject->name,
                       (unsigned)program->header.region);
    }
    size_t ops = show->at < program->nops ? (size_t)show->at : program->nops;
    for (size_t i = 0; i < ops; i++) {
        replay_op(&replay, &program->ops[i]);
    }
    char last[80] = "";
    if (ops) {
        text_print_op(&program->ops[ops - 1], last, sizeof(last));
    }
    printf("%s on %s: %u bytes, after op %zu of %zu%s%s\n", file, subject->name,
           (unsigned)program->header.region, ops, program->nops, ops ? ": " : "", last);
    struct map map;
    build_map(&replay, &map);
    print_table(&map, show);
    print_bar(&map, show);
    print_sums(&map);
    free(map.pieces);
    replay_end(&replay);
    host_space_close(&space);
}

static void parse(int argc, char **argv, struct show *show)
{
    static const struct option options[] = {
        {"subject", required_argument, NULL, 's'},
        {"at", required_argument, NULL, 'a'},
        {"width", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c = 0;
    while ((c = cli_option(&command_show, argc, argv, ":h", options)) != -1) {
        if (c == 's') {
            cli_add_subject(&show->choice, "show", optarg);
        } else if (c == 'a') {
            show->at = cli_number("show", "--at", optarg, 0, UINT32_MAX);
        } else {
            show->width = (size_t)cli_number("show", "--width", optarg, 20, 400);
        }
    }
    if (show->choice.count > 1 || argc - optind != 1) {
        cli_usage("show", "expected one subject and one file, have %zu and %d", show->choice.count,
                  argc - optind);
    }
}

static int run(int argc, char **argv)
{
    struct show show = {.at = UINT64_MAX, .width = 80};
    parse(argc, argv, &show);
    show.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    struct chosen_programs chosen;
    cli_load(argv[optind], &chosen);
    show_program(argv[optind], chosen.first, &show);
    cli_unload(&chosen);
    cli_free_subjects(&show.choice);
    return EXIT_PASS;
}

const struct command command_show = {"show", "draw the heap that a program leaves", help, run};
