// SPDX-License-Identifier: Apache-2.0
//
// The benchmarks as Google Benchmark knows them. What is measured, and how, is in measure.c; this
// file registers it under stable names, puts the figures into counters, and ends with the gate.
//
//   call/<subject>/<program>/<call>   one kind of call: manual time is the mean, counters are
//   cycles call/<subject>/all/<call>         the same over all programs replay/<subject>/<program>
//   throughput: the whole program, nothing timed inside

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "table.h"
#include "options.h"

namespace
{

table bench;
bench_options options;
size_t registered;                    // so that a reader of the log knows how much is still to come
std::map<std::string, unsigned> runs; // how often each benchmark ran: a repetition measures anew
std::map<std::pair<size_t, unsigned>, unsigned> settled_rounds; // of a subject, by generation

void set_counters(benchmark::State &state, const stats_summary &s, double cycle_ns)
{
    state.SetIterationTime(s.mean * cycle_ns * 1e-9);
    state.counters["p50_cycles"] = s.p50;
    state.counters["p99_cycles"] = s.p99;
    state.counters["p999_cycles"] = s.p999;
    state.counters["max_cycles"] = s.max;
    state.counters["mean_cycles"] = s.mean;
    state.counters["p50_ns"] = s.p50 * cycle_ns;
    state.counters["ops"] = static_cast<double>(s.n);
}

void run_cell(benchmark::State &state, const std::string &name, size_t subject, size_t program,
              call kind)
{
    const cell *cell = table_cell(&bench, subject, program, ++runs[name]);
    for (auto _ : state) {
        set_counters(state, cell->calls[kind], cell->ticks_per_cycle * bench.tick_ns);
    }
    state.counters["ticks_per_cycle"] = cell->ticks_per_cycle;
    state.counters["failed"] = static_cast<double>(cell->failed);
    state.counters["repeated"] = static_cast<double>(cell->repeated);
    state.counters["unsteady"] = static_cast<double>(cell->unsteady);
}

void run_pool(benchmark::State &state, const std::string &name, size_t subject, call kind)
{
    const unsigned generation = ++runs[name];
    stats_summary summary;
    double low, high;

    for (size_t p = 0; p < bench.programs.count; p++) {
        table_cell(&bench, subject, p, generation);
    }
    unsigned &settled = settled_rounds[{subject, generation}];
    if (settled == 0) {
        settled = table_settle(&bench, subject, options.budget);
    }
    table_pool(&bench, subject, kind, &summary);
    const double ratio = table_ticks_per_cycle(&bench, &low, &high);
    for (auto _ : state) {
        set_counters(state, summary, ratio * bench.tick_ns);
    }
    state.counters["ticks_per_cycle"] = ratio;
    state.counters["rounds"] = settled;
}

void run_replay(benchmark::State &state, size_t subject, size_t program)
{
    const size_t ops = program_ops(bench.programs.list[program].program);
    const double begin = table_now_ns();

    for (auto _ : state) {
        const bool fits = table_replay(&bench, subject, program);
        benchmark::DoNotOptimize(fits);
    }
    const double done = static_cast<double>(ops) * static_cast<double>(state.iterations());
    state.counters["ns_per_op"] = (table_now_ns() - begin) / done;
    state.SetItemsProcessed(static_cast<int64_t>(ops) * state.iterations());
}

void register_call(const std::string &subject, const std::string &program, call kind, size_t s,
                   const size_t *p)
{
    const std::string name = "call/" + subject + "/" + program + "/" + call_words[kind];
    benchmark::internal::Benchmark *entry;

    if (p == nullptr) {
        entry = benchmark::RegisterBenchmark(
            name.c_str(), [=](benchmark::State &state) { run_pool(state, name, s, kind); });
    } else {
        const size_t index = *p;
        entry = benchmark::RegisterBenchmark(
            name.c_str(), [=](benchmark::State &state) { run_cell(state, name, s, index, kind); });
    }
    entry->UseManualTime()->Iterations(1)->Unit(benchmark::kNanosecond);
    ++registered;
}

// The subjects of one program follow each other, so that what is compared is measured close
// together.
std::string register_all()
{
    std::vector<std::vector<size_t>> totals(bench.nsubjects, std::vector<size_t>(CALLS));
    std::string misfits;

    for (size_t p = 0; p < bench.programs.count; p++) {
        const bench_program &program = bench.programs.list[p];
        for (size_t s = 0; s < bench.nsubjects; s++) {
            const std::string subject = bench.subjects[s].label;
            size_t counts[CALLS];

            if (!table_kinds(&bench, s, p, counts)) {
                misfits += " " + subject + "/" + program.name;
                continue;
            }
            for (unsigned c = 0; c < CALLS; c++) {
                totals[s][c] += counts[c];
                if (counts[c] != 0) {
                    register_call(subject, program.name, static_cast<call>(c), s, &p);
                }
            }
            const std::string name = "replay/" + subject + "/" + program.name;
            benchmark::RegisterBenchmark(name.c_str(),
                                         [=](benchmark::State &state) { run_replay(state, s, p); })
                ->Unit(benchmark::kMicrosecond)
                ->MinTime(0.02);
            ++registered;
        }
    }
    for (size_t s = 0; s < bench.nsubjects; s++) {
        for (unsigned c = 0; c < CALLS; c++) {
            if (totals[s][c] != 0) {
                register_call(bench.subjects[s].label, "all", static_cast<call>(c), s, nullptr);
            }
        }
    }
    return misfits;
}

std::string cpu_model()
{
    std::string model = "unknown";
    char line[256];

    if (FILE *file = std::fopen("/proc/cpuinfo", "r")) {
        while (std::fgets(line, sizeof(line), file) != nullptr) {
            if (std::strncmp(line, "model name", 10) == 0 && std::strchr(line, ':') != nullptr) {
                model = std::strchr(line, ':') + 2;
                model.erase(model.find_last_not_of('\n') + 1);
                break;
            }
        }
        std::fclose(file);
    }
    return model;
}

void add_context(const std::string &misfits)
{
    const std::string none = "none";
    const std::string facts[][2] = {
        {"cpu", cpu_model()},
        {"compiler", BENCH_COMPILER},
        {"build_type", BENCH_BUILD_TYPE},
        {"timer", bench_timer()},
        {"priority", bench.preferred ? "before other programs" : "ordinary"},
        {"ns_per_tick", std::to_string(bench.tick_ns)},
        {"seed", std::to_string(options.seed)},
        {"profile_ops", std::to_string(options.ops)},
        {"replays", std::to_string(options.replays)},
        {"benchmarks", std::to_string(registered)},
        {"does_not_fit", misfits.empty() ? none : misfits.substr(1)},
    };
    for (const auto &fact : facts) {
        benchmark::AddCustomContext(fact[0], fact[1]);
        if (!options.list) {
            std::fprintf(stderr, "%s: %s\n", fact[0].c_str(), fact[1].c_str());
        }
    }
}

void help()
{
    options_print_help(stdout);
    benchmark::PrintDefaultHelp();
}

} // namespace

int main(int argc, char **argv)
{
    size_t judged = 0;

    options_begin(&options, argc, argv);
    benchmark::Initialize(&argc, argv, help);
    options_parse(&options, argc, argv, &bench);
    table_open(&bench, options.replays);
    add_context(register_all());
    if (benchmark::RunSpecifiedBenchmarks() == 0) {
        std::fprintf(stderr,
                     "bench_heap: expected a filter that selects a benchmark, it selects none\n");
        return 2;
    }
    benchmark::Shutdown();
    if (options.list) {
        return 0;
    }
    table_print(&bench, stderr);
    const size_t over = table_gate(&bench, options.budget, stderr, &judged);
    std::fprintf(stderr, "gate: %zu of %zu kinds of call over %.0f cycles at p99.9%s\n", over,
                 judged, options.budget, judged == 0 ? " (nothing was judged)" : "");
    return over == 0 ? 0 : 1;
}
