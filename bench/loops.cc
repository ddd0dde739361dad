// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The limits that the benchmark compares with: bare loops over a ring, without GNU Radio.
 *
 *     zcring-bench-loops LOOP ARGUMENTS SECONDS
 *
 * LOOP is the work on the samples: `pass` (none), `convert` (to fc32, by VOLK, into one small
 * piece of memory), `convert_large` (the same, through an output buffer as large as the block's),
 * `magnitude` (to fc32, then its magnitude squared), `poll` (measures the time from a burst's
 * interrupt until the loop has read its descriptor), `half` (sleeps until half of the ring is
 * filled), or `feed` (writes all samples to the standard output, without end). The result is one line
 * of JSON.
 */
#include <zcring/reader.h>

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <string>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using zcring::format;
using zcring::reader;

// The result of a piece of this size stays in the second-level cache.
constexpr std::uint64_t piece_samples = 16384;
// Size of the output buffer of the block with one copy, which holds what its readers still read.
constexpr std::uint64_t block_samples = 1048576;
constexpr float sc8_scale = 128;
constexpr float sc16_scale = 32768;

double seconds_since(steady::time_point t)
{
    return std::chrono::duration<double>(steady::now() - t).count();
}

double cpu_seconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

const lv_32fc_t* to_fc32(format f, const void* in, lv_32fc_t* out, std::uint64_t samples)
{
    const auto reals = static_cast<unsigned>(2 * samples);
    auto* const floats = reinterpret_cast<float*>(out);
    switch (f) {
    case format::sc8:
        volk_8i_s32f_convert_32f(floats, static_cast<const int8_t*>(in), sc8_scale, reals);
        return out;
    case format::sc16:
        volk_16i_s32f_convert_32f(floats, static_cast<const int16_t*>(in), sc16_scale, reals);
        return out;
    case format::fc32:
        break;
    }
    return static_cast<const lv_32fc_t*>(in);
}

using work = std::function<void(const reader::view&)>;

// Reads for some seconds. The first passes, in which a resident ring is written, do not count.
int measure(zcring::device& dev, double seconds, const work& use)
{
    reader in(dev);
    std::uint64_t samples = 0;
    const auto read_once = [&] {
        if (in.wait(1, 1s) != zcring::status::data)
            return;
        const reader::view v = in.acquire(piece_samples);
        use(v);
        in.release(v.samples);
        samples += v.samples;
    };

    dev.start();
    for (const auto begin = steady::now();
         samples < 2 * dev.ring_samples() || seconds_since(begin) < 0.1;)
        read_once();
    samples = 0;
    const double cpu = cpu_seconds();
    const auto begin = steady::now();
    while (seconds_since(begin) < seconds)
        read_once();
    const double wall = seconds_since(begin);
    std::printf("{\"samples\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
                static_cast<unsigned long long>(samples),
                wall,
                cpu_seconds() - cpu);
    return 0;
}

int pass(zcring::device& dev, double seconds)
{
    return measure(dev, seconds, [](const reader::view&) {});
}

// Writes the result round and round through an output buffer of this many samples.
int convert_through(zcring::device& dev, double seconds, std::uint64_t out_samples)
{
    volk::vector<lv_32fc_t> out(out_samples + piece_samples);
    std::uint64_t at = 0;
    return measure(dev, seconds, [&](const reader::view& v) {
        to_fc32(dev.format(), v.channel[0], out.data() + at, v.samples);
        at = at + v.samples < out_samples ? at + v.samples : 0;
    });
}

int convert(zcring::device& dev, double seconds)
{
    return convert_through(dev, seconds, piece_samples);
}

int convert_large(zcring::device& dev, double seconds)
{
    return convert_through(dev, seconds, block_samples);
}

int magnitude(zcring::device& dev, double seconds)
{
    volk::vector<lv_32fc_t> complex(piece_samples);
    volk::vector<float> out(piece_samples);
    return measure(dev, seconds, [&](const reader::view& v) {
        const lv_32fc_t* in = to_fc32(dev.format(), v.channel[0], complex.data(), v.samples);
        volk_32fc_magnitude_squared_32f(out.data(), in, static_cast<unsigned>(v.samples));
    });
}

// The bucket of a latency, named by its lower edge: 16 per octave, as in latency_histogram().
std::uint64_t bucket(std::uint64_t ns)
{
    unsigned shift = 0;
    while (ns >> shift >= 32)
        shift++;
    return ns >> shift << shift;
}

// Counts one latency for each burst, so that the loop and the block count the same thing.
int poll(zcring::device& dev, double seconds)
{
    reader in(dev);
    std::map<std::uint64_t, std::uint64_t> histogram;

    dev.start();
    for (const auto begin = steady::now(); seconds_since(begin) < seconds;) {
        if (in.wait(1, 1s) != zcring::status::data)
            continue;
        const reader::view v = in.acquire();
        std::uint64_t interrupt_ns = 0;
        while (const auto b = in.next_burst(v.index + v.samples))
            interrupt_ns = b->interrupt_ns;
        const auto now = std::chrono::nanoseconds(steady::now().time_since_epoch()).count();
        if (interrupt_ns != 0)
            histogram[bucket(static_cast<std::uint64_t>(now) - interrupt_ns)]++;
        in.release(v.samples);
    }
    const char* comma = "";
    std::printf("{\"lost\": %llu, \"histogram\": {",
                static_cast<unsigned long long>(dev.telemetry().lost_samples));
    for (const auto& [edge, count] : histogram) {
        std::printf("%s\"%llu\": %llu",
                    comma,
                    static_cast<unsigned long long>(edge),
                    static_cast<unsigned long long>(count));
        comma = ", ";
    }
    std::printf("}}\n");
    return 0;
}

int half(zcring::device& dev, double seconds)
{
    reader in(dev);
    std::uint64_t samples = 0;
    dev.start();
    for (const auto begin = steady::now(); seconds_since(begin) < seconds;) {
        if (in.wait(dev.ring_samples() / 2, 1s) != zcring::status::data)
            continue;
        samples += in.acquire().samples;
        in.release(in.held());
    }
    std::printf("{\"samples\": %llu, \"lost\": %llu}\n",
                static_cast<unsigned long long>(samples),
                static_cast<unsigned long long>(dev.telemetry().lost_samples));
    return 0;
}

int feed(zcring::device& dev, double)
{
    reader in(dev);
    dev.start();
    while (in.wait(1, 1s) == zcring::status::data) {
        const reader::view v = in.acquire(piece_samples);
        const auto* next = static_cast<const char*>(v.channel[0]);
        for (auto left = static_cast<std::size_t>(v.samples) * sample_bytes(dev.format());
             left > 0;) {
            const ssize_t n = write(STDOUT_FILENO, next, left);
            if (n < 0)
                return 1;
            next += n;
            left -= static_cast<std::size_t>(n);
        }
        in.release(v.samples);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
try {
    static const std::map<std::string, int (*)(zcring::device&, double)> loops = {
        { "pass", pass },           { "convert", convert }, { "convert_large", convert_large },
        { "magnitude", magnitude }, { "poll", poll },       { "half", half },
        { "feed", feed },
    };
    if (argc != 4 || !loops.count(argv[1])) {
        std::fprintf(stderr,
                     "usage: %s pass|convert|convert_large|magnitude|poll|half|feed ARGUMENTS "
                     "SECONDS\n",
                     argv[0]);
        return 64;
    }
    zcring::device dev(argv[2]);
    return loops.at(argv[1])(dev, std::atof(argv[3]));
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
}
