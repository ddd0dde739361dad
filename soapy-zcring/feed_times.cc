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

// Of silence_until(), less some.
constexpr long double ahead_max = 1e18L;

} // namespace

feed_times::feed_times(double rate)
    : d_rate(rate), d_lead(static_cast<std::uint64_t>(std::ceil(rate * lead_seconds)))
{
}

bool feed_times::look(const feed& now)
{
    if (!d_anchor.time_ns && now.time_ns)
        d_anchor = now;
    return d_anchor.time_ns != 0;
}

// The sample whose time is nearest; 0 for a time before the feed.
std::uint64_t feed_times::index_at(std::int64_t time_ns) const
{
    const auto ahead_ns = time_ns - static_cast<std::int64_t>(d_anchor.time_ns);
    const long double index = static_cast<long double>(d_anchor.clock) +
                              static_cast<long double>(ahead_ns) * d_rate / 1e9L;
    return static_cast<std::uint64_t>(std::clamp(std::round(index), 0.0L, ahead_max));
}

std::uint64_t feed_times::place(const feed& now, std::optional<std::int64_t> time_ns)
{
    if (time_ns) {
        d_is_timed = true;
        return index_at(*time_ns);
    }
    if (!d_is_timed && now.position < now.clock)
        return now.clock + d_lead;
    return now.position;
}

} // namespace soapy_zcring
