/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Stream tags of a source. A time is computed from the anchor, the last burst whose time is exact:
// the times of the bursts after it are rounded down to whole nanoseconds.
#include "stream_tags.h"

#include <algorithm>
#include <cmath>

namespace gr {
namespace zcring {

namespace {

const pmt::pmt_t time_key = pmt::intern("rx_time");
const pmt::pmt_t rate_key = pmt::intern("rx_rate");
const pmt::pmt_t freq_key = pmt::intern("rx_freq");
const pmt::pmt_t lost_key = pmt::intern("rx_lost");

constexpr std::uint64_t ns_per_s = 1000000000;
constexpr std::size_t requests_max = 64;

// In samples: less than one, and more than the error of rounding.
constexpr long double slack = 1e-6L;

} // namespace

pmt::pmt_t time_tuple(std::uint64_t ns)
{
    return pmt::make_tuple(pmt::from_uint64(ns / ns_per_s),
                           pmt::from_double(static_cast<double>(ns % ns_per_s) / 1e9));
}

void stream_tags::start()
{
    d_burst = {};
    d_anchor = {};
    d_tagged = {};
    d_requested.clear();
}

void stream_tags::begin(const ::zcring::burst& burst)
{
    d_burst = burst;
    const bool is_anew = burst.starts || burst.resumes || burst.rate_changed || burst.time_changed;
    if (is_anew)
        d_anchor = burst;
    if (is_anew || burst.lost)
        add(burst.index, burst.time_ns, ~0u, true);
    else if (burst.tuned_channels)
        add(burst.index, burst.time_ns, burst.tuned_channels, false);
    for (unsigned c = 0; c < d_channels && burst.lost; c++)
        d_add(c, burst.index, lost_key, pmt::from_uint64(burst.lost));
}

// The first item of this burst, or after it, that is not before time_ns.
std::uint64_t stream_tags::item_at(std::uint64_t time_ns) const
{
    if (time_ns <= d_burst.time_ns)
        return d_burst.index;
    const long double samples =
        static_cast<long double>(time_ns - d_anchor.time_ns) * d_anchor.rate / 1e9L;
    const long double behind =
        std::ceil(samples - slack) -
        static_cast<long double>(d_burst.sample_clock - d_anchor.sample_clock);
    return d_burst.index + static_cast<std::uint64_t>(std::clamp(behind, 0.0L, 1e18L));
}

std::uint64_t stream_tags::time_at(std::uint64_t item) const
{
    const std::uint64_t clock = d_burst.sample_clock + (item - d_burst.index);
    const long double ns =
        static_cast<long double>(clock - d_anchor.sample_clock) * 1e9L / d_anchor.rate;
    return d_anchor.time_ns + static_cast<std::uint64_t>(ns + slack);
}

// Adds the tags that this item does not have yet.
void stream_tags::add(std::uint64_t at, std::uint64_t time_ns, unsigned channels, bool with_rate)
{
    if (d_tagged.item != at)
        d_tagged = { at };
    for (unsigned c = 0; c < d_channels; c++) {
        if (channels & ~d_tagged.channels & (1u << c)) {
            d_add(c, at, time_key, time_tuple(time_ns));
            d_add(c, at, freq_key, pmt::from_double(d_burst.frequency[c]));
        }
        if (with_rate && !d_tagged.rate)
            d_add(c, at, rate_key, pmt::from_double(d_burst.rate));
    }
    d_tagged.channels |= channels;
    d_tagged.rate |= with_rate;
}

bool stream_tags::is_full() const { return d_requested.size() >= requests_max; }

void stream_tags::request(std::optional<std::uint64_t> time_ns)
{
    const std::uint64_t time = time_ns.value_or(0);
    d_requested.insert(std::upper_bound(d_requested.begin(), d_requested.end(), time), time);
}

void stream_tags::emit(std::uint64_t from, std::uint64_t to)
{
    if (from == to)
        return;
    const auto emitted = [&](std::uint64_t time_ns) {
        const std::uint64_t at = std::max(from, item_at(time_ns));
        if (at >= to)
            return false;
        add(at, time_at(at), ~0u, true);
        return true;
    };
    d_requested.erase(std::remove_if(d_requested.begin(), d_requested.end(), emitted),
                      d_requested.end());
}

} // namespace zcring
} // namespace gr
