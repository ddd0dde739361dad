// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What the antenna costs: the engine, as the library builds it and as the driver does without
 *        vectors, beside VOLK and GNU Radio's blocks, without a ring and without a scheduler.
 *
 *     zcring-bench-antenna ROUNDS MICROSECONDS
 *
 * All contestants take turns in one process; a turn takes MICROSECONDS of CPU time. The result is
 * one line of JSON: nanoseconds of CPU time for each sample of the scene, of each round.
 */
#include "engine.h"
#include "rivals.h"

#include "zcring/abi.h"

#include <nlohmann/json.hpp>
#include <volk/volk_alloc.hh>

#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" {
extern const bench_engine bench_engine_library;
#ifdef ZCRING_BENCH_HAS_KERNEL
extern const bench_engine bench_engine_kernel;
#endif
#ifdef ZCRING_BENCH_HAS_BEFORE
extern const bench_engine bench_engine_library_before;
#ifdef ZCRING_BENCH_HAS_KERNEL
extern const bench_engine bench_engine_kernel_before;
#endif
#endif
}

namespace {

using rivals::work;

const std::map<std::string, const bench_engine*> engines = {
    { "library", &bench_engine_library },
#ifdef ZCRING_BENCH_HAS_KERNEL
    { "kernel", &bench_engine_kernel },
#endif
#ifdef ZCRING_BENCH_HAS_BEFORE
    { "library before", &bench_engine_library_before },
#ifdef ZCRING_BENCH_HAS_KERNEL
    { "kernel before", &bench_engine_kernel_before },
#endif
#endif
};

// The scene and its result stay in the second-level cache. A multiple of every decimation measured.
constexpr std::size_t scene_samples = 16000;
constexpr std::uint64_t rate = 2400000;
constexpr std::int64_t offset_hz = 480000;
constexpr unsigned taps_per_input = 38; // of the engine's filter, for each unit of decimation
constexpr std::int32_t gain_mb = 300;
const float gain = std::pow(10.0F, 3.0F / 20);

const std::vector<std::pair<std::uint32_t, const char*>> formats = {
    { ZCRING_FORMAT_SC8, "sc8" },
    { ZCRING_FORMAT_SC16, "sc16" },
    { ZCRING_FORMAT_FC32, "fc32" },
};

const char* name_of(std::uint32_t format)
{
    for (const auto& [f, name] : formats)
        if (f == format)
            return name;
    return "";
}

// Two tones, 12 dB below full scale, in a sample format.
const void* scene(std::uint32_t format)
{
    static std::map<std::uint32_t, volk::vector<char>> made;
    volk::vector<char>& bytes = made[format];
    if (!bytes.empty())
        return bytes.data();
    bytes.resize(scene_samples * 8);
    for (std::size_t k = 0; k < 2 * scene_samples; k++) {
        const double turn = 2 * M_PI * static_cast<double>(k / 2) / scene_samples;
        const double quarter = k % 2 ? M_PI / 2 : 0;
        const double value =
            0.17 * std::cos(331 * turn - quarter) + 0.08 * std::cos(-2017 * turn - quarter);
        const auto f = static_cast<float>(value);
        if (format == ZCRING_FORMAT_SC8)
            bytes[k] = static_cast<char>(std::lround(value * 127));
        else if (format == ZCRING_FORMAT_SC16)
            reinterpret_cast<std::int16_t*>(bytes.data())[k] =
                static_cast<std::int16_t>(std::lround(value * 32767));
        else
            reinterpret_cast<float*>(bytes.data())[k] = f;
    }
    return bytes.data();
}

double cpu_ns()
{
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// One piece of work on all samples of the scene, and what it cost in each round.
struct contestant {
    std::string name;
    work once;
    unsigned repetitions;
    std::vector<double> ns;

    void run(unsigned times) const
    {
        for (unsigned k = 0; k < times; k++)
            once();
    }

    void calibrate(double turn_ns)
    {
        run(2);
        const double begin = cpu_ns();
        run(4);
        repetitions = static_cast<unsigned>(1 + 4 * turn_ns / (cpu_ns() - begin));
    }

    void measure()
    {
        run(1); // into the cache
        const double begin = cpu_ns();
        run(repetitions);
        ns.push_back((cpu_ns() - begin) / repetitions / scene_samples);
    }
};

struct bench_case {
    std::string part;
    std::string what;
    std::vector<contestant> contestants;
};

// A receiver of this engine; empty if the engine cannot be tuned so.
work receiver(const bench_engine* engine, const bench_tuning& tuning)
{
    const auto memory = std::make_shared<std::vector<std::uint64_t>>(engine->bytes / 8 + 1);
    if (engine->open(memory->data(), &tuning) < 0)
        return {};
    const auto out = std::make_shared<volk::vector<char>>(scene_samples * 8);
    const auto clock = std::make_shared<std::uint64_t>(0);
    const std::uint64_t n = scene_samples / tuning.decimation;
    return [=] {
        engine->receive(memory->data(), *clock, out->data(), n);
        *clock += n;
    };
}

void add(std::vector<bench_case>& cases,
         const char* part,
         const std::string& what,
         const bench_tuning& tuning,
         const work& rival)
{
    bench_case made{ part, what, { { "rival", rival, 0, {} } } };
    for (const auto& [name, engine] : engines)
        if (const work once = receiver(engine, tuning))
            made.contestants.push_back({ name, once, 0, {} });
    cases.push_back(made);
}

bench_tuning recording(std::uint32_t from, std::uint32_t to)
{
    return { ZCRING_SCENE_MEMORY, from, scene(from), scene_samples, rate, to, 1, 0, 0,
             BENCH_NO_NOISE };
}

bench_tuning built_in(std::uint32_t kind, std::uint32_t to)
{
    return { kind, 0, nullptr, 0, 0, to, 1, 0, 0, BENCH_NO_NOISE };
}

void add_conversions(std::vector<bench_case>& cases)
{
    for (const auto& [from, from_name] : formats)
        for (const auto& [to, to_name] : formats) {
            const std::string what = std::string(from_name) + " → " + to_name;
            bench_tuning tuning = recording(from, to);
            add(cases,
                "centre",
                what,
                tuning,
                rivals::convert(from, scene(from), to, scene_samples, 1));
            tuning.gain_mb = gain_mb;
            add(cases,
                "gain",
                what,
                tuning,
                rivals::convert(from, scene(from), to, scene_samples, gain));
        }
}

void add_noise(std::vector<bench_case>& cases)
{
    for (const std::uint32_t to : { ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 }) {
        const std::string name = name_of(to);
        bench_tuning tuning = recording(to, to);
        tuning.noise_mb = -8000;
        add(cases,
            "noise",
            "a recording, " + name + " → " + name + ", and noise",
            tuning,
            rivals::convert_and_add_noise(to, scene(to), to, scene_samples, 1));
        tuning = built_in(ZCRING_SCENE_NOISE, to);
        tuning.rate = rate;
        add(cases, "noise", "noise alone → " + name, tuning, rivals::noise(to, scene_samples));
        tuning.kind = ZCRING_SCENE_TONE;
        add(cases, "tone", "a tone → " + name, tuning, rivals::tone(to, scene_samples));
    }
}

void add_tuned(std::vector<bench_case>& cases)
{
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs = {
        { ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC16 },
        { ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 },
        { ZCRING_FORMAT_FC32, ZCRING_FORMAT_FC32 },
    };
    for (const unsigned decimation : { 1U, 2U, 8U, 25U })
        for (const auto& [from, to] : pairs) {
            bench_tuning tuning = recording(from, to);
            tuning.decimation = decimation;
            tuning.offset_hz = offset_hz;
            const std::string what = std::string(name_of(from)) + " → " + name_of(to);
            add(cases,
                decimation == 1 ? "tuned" : "decimated",
                what + ", D = " + std::to_string(decimation),
                tuning,
                rivals::xlating_filter(taps_per_input * decimation + 1, decimation, scene_samples));
        }
}

nlohmann::json measure(unsigned rounds, double turn_ns)
{
    std::vector<bench_case> cases;
    add_conversions(cases);
    add_noise(cases);
    add_tuned(cases);
    for (bench_case& each : cases)
        for (contestant& one : each.contestants)
            one.calibrate(turn_ns);
    for (unsigned round = 0; round < rounds; round++)
        for (bench_case& each : cases)
            for (contestant& one : each.contestants)
                one.measure();

    nlohmann::json found = nlohmann::json::array();
    for (const bench_case& each : cases) {
        nlohmann::json ns;
        for (const contestant& one : each.contestants)
            ns[one.name] = one.ns;
        found.push_back({ { "part", each.part }, { "what", each.what }, { "ns", ns } });
    }
    return found;
}

std::string instruction_set()
{
    std::vector<std::uint64_t> memory(bench_engine_library.bytes / 8 + 1);
    const bench_tuning tuning = recording(ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC16);
    bench_engine_library.open(memory.data(), &tuning);
    return bench_engine_library.loops(memory.data());
}

} // namespace

int main(int argc, char** argv)
try {
    const int rounds = argc == 3 ? std::atoi(argv[1]) : 0;
    const double turn_us = argc == 3 ? std::atof(argv[2]) : 0;
    if (rounds < 1 || !(turn_us > 0)) {
        std::fprintf(stderr, "usage: %s ROUNDS MICROSECONDS\n", argv[0]);
        return 64;
    }
    const nlohmann::json found = { { "instruction set", instruction_set() },
                                   { "cases",
                                     measure(static_cast<unsigned>(rounds), turn_us * 1e3) } };
    std::printf("%s\n", found.dump().c_str());
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
}
