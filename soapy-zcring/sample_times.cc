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
// Longer than any stream; a server may write any clock and any rate.
constexpr long double span_max_ns = 4e18L;

// Indices and times wrap, whatever a server writes.
std::int64_t distance(std::uint64_t from, std::uint64_t to)
{
    return static_cast<std::int64_t>(to - from);
}
std::int64_t distance_ns(std::int64_t from, std::int64_t to)
{
    return distance(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to));
}

// Whether the times differ by their rounding alone.
bool is_near(std::int64_t one_ns, std::int64_t other_ns)
{
    const std::int64_t ns = distance_ns(one_ns, other_ns);
    return ns >= -1 && ns <= 1;
}

} // namespace

std::int64_t sample_times::anchor::time_of(std::uint64_t sample_clock) const
{
    const auto samples = static_cast<long double>(distance(clock, sample_clock));
    const auto span_ns = std::clamp(samples * ns_per_s / rate, -span_max_ns, span_max_ns);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(time_ns) +
                                     static_cast<std::uint64_t>(std::llround(span_ns)));
}

void sample_times::clear()
{
    d_runs.clear();
    d_anchor.reset();
}

bool sample_times::add(const zcring::burst& b)
{
    const bool follows = d_runs.empty() || d_runs.back().end == b.index;
    if (!follows || !std::isfinite(b.rate) || b.rate <= 0)
        return false;
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
                        !is_near(d_anchor->time_of(b.sample_clock), time_ns);
    if (is_set)
        d_anchor = here;
    next.breaks = is_set || b.lost;
    next.from = *d_anchor;
    d_runs.push_back(next);
    return true;
}

bool sample_times::covers(std::uint64_t index, std::uint64_t samples) const
{
    return !d_runs.empty() && distance(d_runs.front().index, index) >= 0 &&
           distance(index + samples, d_runs.back().end) >= 0;
}

void sample_times::advance(std::uint64_t index)
{
    while (d_runs.size() > 1 && distance(d_runs.front().end, index) >= 0)
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
    const auto found = std::find_if(
        d_runs.begin(), d_runs.end(), [index](const run& r) { return distance(index, r.end) > 0; });
    return found == d_runs.end() ? d_runs.back() : *found;
}

std::uint64_t sample_times::contiguous(std::uint64_t index, std::uint64_t samples) const
{
    for (const run& r : d_runs) {
        const std::int64_t before = distance(index, r.index);
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
    const std::int64_t ahead_ns = distance_ns(time_of(index), time_ns);
    if (ahead_ns <= 0)
        return 0;
    const long double n = static_cast<long double>(ahead_ns) * run_of(index).from.rate / ns_per_s;
    // Half a nanosecond is the rounding of a time.
    const long double whole =
        std::ceil(std::max(n - run_of(index).from.rate / (2 * ns_per_s), 0.0L));
    return whole < static_cast<long double>(samples) ? static_cast<std::uint64_t>(whole) : samples;
}

} // namespace soapy_zcring
