// SPDX-License-Identifier: GPL-3.0-or-later
//
// The times of samples, from the descriptors of their bursts. A descriptor's time is rounded down, so
// it is used for the first sample of the stream, and where the clock was set; between these, the
// sample clock is counted.
#include "sample_times.h"

#include <algorithm>
#include <cmath>

namespace soapy_zcring {

namespace {

constexpr long double ns_per_s = 1e9L;

} // namespace

std::int64_t sample_times::anchor::time_of(std::uint64_t sample_clock) const
{
    const auto samples = static_cast<std::int64_t>(sample_clock - clock);
    return time_ns + std::llround(static_cast<long double>(samples) * ns_per_s / rate);
}

void sample_times::clear()
{
    d_runs.clear();
    d_anchor.reset();
}

void sample_times::add(const zcring::burst& b)
{
    const auto time_ns = static_cast<std::int64_t>(b.time_ns);
    run next;
    next.index = b.index;
    next.end = b.index + b.samples;
    next.clock = b.sample_clock;
    next.lost = b.lost;
    // The gap begins where the samples before it ended.
    const anchor here{ b.sample_clock, time_ns, b.rate };
    const anchor& before = d_anchor ? *d_anchor : here;
    next.gap_time_ns = before.time_of(b.sample_clock - b.lost);
    // A clock that was set tells so; a difference of more than the rounding is a clock that was not.
    const bool is_set = !d_anchor || b.starts || b.resumes || b.time_changed || b.rate_changed ||
                        std::llabs(d_anchor->time_of(b.sample_clock) - time_ns) > 1;
    if (is_set)
        d_anchor = here;
    next.breaks = is_set || b.lost;
    next.from = *d_anchor;
    d_runs.push_back(next);
}

void sample_times::advance(std::uint64_t index)
{
    while (d_runs.size() > 1 && static_cast<std::int64_t>(index - d_runs.front().end) >= 0)
        d_runs.pop_front();
}

std::optional<sample_times::gap> sample_times::take_gap(std::uint64_t index)
{
    run& first = d_runs.front();
    if (!first.lost || first.index != index)
        return {};
    const gap taken{ first.lost, first.gap_time_ns };
    first.lost = 0;
    return taken;
}

void sample_times::clip_gap(std::uint64_t index, std::int64_t time_ns)
{
    run& first = d_runs.front();
    if (first.index == index)
        first.gap_time_ns = std::max(first.gap_time_ns, time_ns);
}

const sample_times::run& sample_times::run_of(std::uint64_t index) const
{
    const auto found = std::find_if(d_runs.begin(), d_runs.end(), [index](const run& r) {
        return static_cast<std::int64_t>(r.end - index) > 0;
    });
    return found == d_runs.end() ? d_runs.back() : *found;
}

std::uint64_t sample_times::contiguous(std::uint64_t index, std::uint64_t samples) const
{
    for (const run& r : d_runs) {
        const auto before = static_cast<std::int64_t>(r.index - index);
        if (before > 0 && r.breaks)
            return std::min<std::uint64_t>(static_cast<std::uint64_t>(before), samples);
    }
    return samples;
}

std::int64_t sample_times::time_of(std::uint64_t index) const
{
    const run& r = run_of(index);
    return r.from.time_of(r.clock + (index - r.index));
}

std::uint64_t
sample_times::samples_before(std::uint64_t index, std::uint64_t samples, std::int64_t time_ns) const
{
    const std::int64_t ahead_ns = time_ns - time_of(index);
    if (ahead_ns <= 0)
        return 0;
    const long double n = static_cast<long double>(ahead_ns) * run_of(index).from.rate / ns_per_s;
    // Half a nanosecond is the rounding of a time.
    const auto whole = static_cast<std::uint64_t>(
        std::ceil(std::max(n - run_of(index).from.rate / (2 * ns_per_s), 0.0L)));
    return std::min(whole, samples);
}

} // namespace soapy_zcring
