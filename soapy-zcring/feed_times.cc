// SPDX-License-Identifier: GPL-3.0-or-later
//
// Places of samples in a live feed.
#include "feed_times.h"

#include <algorithm>
#include <cmath>

namespace soapy_zcring {

namespace {

// What samples without a time are ahead of an antenna that has overtaken the feed.
constexpr double lead_seconds = 0.02;

// The driver tells the time of a sample of the receiver, each of which is that many of the feed at most.
constexpr long double step_samples = 64;

// Of silence_until(), less some.
constexpr long double ahead_max = 1e18L;

} // namespace

feed_times::feed_times(double rate)
    : d_rate(rate), d_lead(static_cast<std::uint64_t>(std::ceil(rate * lead_seconds)))
{
}

bool feed_times::look(const feed& now)
{
    const auto time_ns = static_cast<std::int64_t>(now.time_ns);
    if (now.time_ns &&
        (!d_anchor.time_ns ||
         std::abs(exact_index_at(time_ns) - static_cast<long double>(now.clock)) > step_samples))
        d_anchor = now;
    return d_anchor.time_ns != 0;
}

long double feed_times::exact_index_at(std::int64_t time_ns) const
{
    const auto ahead_ns = time_ns - static_cast<std::int64_t>(d_anchor.time_ns);
    return static_cast<long double>(d_anchor.clock) +
           static_cast<long double>(ahead_ns) * d_rate / 1e9L;
}

std::uint64_t feed_times::place(const feed& now, std::optional<std::int64_t> time_ns)
{
    if (time_ns) {
        d_is_timed = true;
        // The sample whose time is nearest; 0 for a time before the feed.
        return static_cast<std::uint64_t>(
            std::clamp(std::round(exact_index_at(*time_ns)), 0.0L, ahead_max));
    }
    if (!d_is_timed && now.position < now.clock)
        return now.clock + d_lead;
    return now.position;
}

} // namespace soapy_zcring
