/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream_tags.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace gr {
namespace zcring {

namespace {

const pmt::pmt_t time_key = pmt::intern("rx_time");
const pmt::pmt_t rate_key = pmt::intern("rx_rate");
const pmt::pmt_t freq_key = pmt::intern("rx_freq");
const pmt::pmt_t lost_key = pmt::intern("rx_lost");

constexpr std::uint64_t ns_per_s = 1000000000;
constexpr std::size_t asked_max = 64;

// The first sample of the burst, or after it, that is not before time_ns. Times of samples
// are whole nanoseconds, rounded down.
std::uint64_t item_at(const ::zcring::burst& burst, std::uint64_t time_ns)
{
    if (time_ns <= burst.time_ns)
        return burst.index;
    const double samples = static_cast<double>(time_ns - burst.time_ns) * burst.rate / 1e9;
    return burst.index + static_cast<std::uint64_t>(std::ceil(samples - 1e-6));
}

std::uint64_t time_at(const ::zcring::burst& burst, std::uint64_t item)
{
    const double ns = static_cast<double>(item - burst.index) * 1e9 / burst.rate;
    return burst.time_ns + static_cast<std::uint64_t>(ns + 1e-3);
}

} // namespace

pmt::pmt_t time_tuple(std::uint64_t ns)
{
    return pmt::make_tuple(pmt::from_uint64(ns / ns_per_s),
                           pmt::from_double(static_cast<double>(ns % ns_per_s) / 1e9));
}

void stream_tags::start()
{
    d_burst = {};
    d_tagged = {};
    d_asked.clear();
}

void stream_tags::begin(const ::zcring::burst& burst)
{
    d_burst = burst;
    const bool joins = !burst.starts && !burst.resumes && !burst.lost;
    if (!joins || burst.rate_changed || burst.time_changed)
        add(burst.index, burst.time_ns, ~0u, true);
    else if (burst.tuned_channels)
        add(burst.index, burst.time_ns, burst.tuned_channels, false);
    for (unsigned c = 0; c < d_channels && burst.lost; c++)
        d_add(c, burst.index, lost_key, pmt::from_uint64(burst.lost));
}

// No tag twice on one item.
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

void stream_tags::ask(std::optional<std::uint64_t> time_ns)
{
    if (d_asked.size() == asked_max)
        throw std::length_error("too many tags are waited for; send fewer ahead of time");
    const std::uint64_t time = time_ns.value_or(0);
    d_asked.insert(std::upper_bound(d_asked.begin(), d_asked.end(), time), time);
}

void stream_tags::answer(std::uint64_t from, std::uint64_t to)
{
    if (from == to)
        return;
    const auto answered = [&](std::uint64_t time_ns) {
        const std::uint64_t at = std::max(from, item_at(d_burst, time_ns));
        if (at >= to)
            return false;
        add(at, time_at(d_burst, at), ~0u, true);
        return true;
    };
    d_asked.erase(std::remove_if(d_asked.begin(), d_asked.end(), answered), d_asked.end());
}

} // namespace zcring
} // namespace gr
