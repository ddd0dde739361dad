// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every time is compared with the first one, not with the last one, so that roundings that add up are
// seen as drift.

#include "time_line.h"

#include <SoapySDR/Errors.hpp>
#include <cmath>

namespace soapy_check {

namespace {

constexpr long long rounding_ns = 1; // one time rounded down, the other one up

} // namespace

void time_line::take(const read_result& got)
{
    if (got.returned == SOAPY_SDR_OVERFLOW)
        take_overflow(got);
    if (got.returned <= 0)
        return;
    if (got.flags & SOAPY_SDR_HAS_TIME)
        compare(got);
    else
        d_gap = false; // nothing to compare with
    d_count += got.returned;
    d_samples += got.returned;
    d_since_overflow += got.returned;
    if (got.flags & SOAPY_SDR_END_ABRUPT)
        take_overflow(got);
}

void time_line::take_overflow(const read_result& got)
{
    demand(!d_gap, got.call, "OVERFLOW twice, with no sample in between");
    d_gap = true;
    d_overflows++;
    d_since_overflow = 0;
}

void time_line::compare(const read_result& got)
{
    d_timed++;
    if (d_anchored) {
        const double count_ns = static_cast<double>(d_count) * 1e9 / d_rate;
        const long long expected = d_anchor_ns + std::llround(count_ns);
        const long long difference = got.time_ns - expected;
        if (d_gap)
            demand_gap(got, difference);
        else
            demand(std::llabs(difference) <= rounding_ns,
                   got.call,
                   "the time " + std::to_string(got.time_ns) + ", which is " +
                       std::to_string(difference) + " ns (" +
                       text_of(static_cast<double>(difference) * d_rate / 1e9) + " samples) off, " +
                       std::to_string(d_count) + " samples after the first time, and no OVERFLOW");
        if (!d_gap)
            return;
    }
    d_anchored = true;
    d_gap = false;
    d_anchor_ns = got.time_ns;
    d_count = 0;
}

void time_line::demand_gap(const read_result& got, long long difference_ns) const
{
    const double lost = std::round(static_cast<double>(difference_ns) * d_rate / 1e9);
    const std::string after =
        "after OVERFLOW, the time " + std::to_string(got.time_ns) + ", which ";
    demand(lost >= 1,
           got.call,
           after + "is " + std::to_string(difference_ns) + " ns later: no sample is missing there");
    const long long off = difference_ns - std::llround(lost * 1e9 / d_rate);
    demand(std::llabs(off) <= 2 * rounding_ns,
           got.call,
           after + "skips " + text_of(static_cast<double>(difference_ns) * d_rate / 1e9) +
               " samples: not a whole number");
}

} // namespace soapy_check
