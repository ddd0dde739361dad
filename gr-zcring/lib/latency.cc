/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the time from a burst's interrupt until work() returns, without a lock: work() counts
// while other threads read.
#include "latency.h"

#include <ctime>

namespace gr {
namespace zcring {

// The four bits after the leading one choose the bucket within an octave; all 16 are equally wide.
unsigned latency::bucket(std::uint64_t ns)
{
    if (ns < buckets_per_octave)
        return static_cast<unsigned>(ns);
    const unsigned octave = 63 - static_cast<unsigned>(__builtin_clzll(ns));
    const auto within = static_cast<unsigned>(ns >> (octave - 4)) % buckets_per_octave;
    return (octave - 3) * buckets_per_octave + within;
}

std::uint64_t latency::lower_edge(unsigned bucket)
{
    if (bucket < buckets_per_octave)
        return bucket;
    const unsigned octave = bucket / buckets_per_octave + 3;
    const std::uint64_t within = bucket % buckets_per_octave;
    return (buckets_per_octave + within) << (octave - 4);
}

void latency::count(std::uint64_t interrupt_ns)
{
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    const std::uint64_t ns = static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
                             static_cast<std::uint64_t>(now.tv_nsec);
    d_counts[bucket(ns > interrupt_ns ? ns - interrupt_ns : 0)].fetch_add(
        1, std::memory_order_relaxed);
}

std::map<std::uint64_t, std::uint64_t> latency::histogram() const
{
    std::map<std::uint64_t, std::uint64_t> found;
    for (unsigned b = 0; b < d_counts.size(); b++)
        if (const std::uint64_t n = d_counts[b].load(std::memory_order_relaxed))
            found[lower_edge(b)] = n;
    return found;
}

void latency::reset()
{
    for (auto& n : d_counts)
        n.store(0, std::memory_order_relaxed);
}

} // namespace zcring
} // namespace gr
