/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Stream tags of a sink. Times are turned into indices by one pair of clock and time, the first that
// is known, so that the distance of two bursts is exact.
#include "feed_plan.h"

#include <algorithm>
#include <cmath>

namespace gr {
namespace zcring {

namespace {

const pmt::pmt_t time_key = pmt::intern("tx_time");
const pmt::pmt_t begin_key = pmt::intern("tx_sob");
const pmt::pmt_t end_key = pmt::intern("tx_eob");

// What untimed samples are ahead of an antenna that has overtaken the feed.
constexpr double lead_seconds = 0.02;

// Of silence_until(), less some.
constexpr double ahead_max = 1e18;

// Other values are ignored, as those of the other tags are.
bool is_time(const pmt::pmt_t& value)
{
    if (!pmt::is_tuple(value) || pmt::length(value) != 2)
        return false;
    const pmt::pmt_t full = pmt::tuple_ref(value, 0), fraction = pmt::tuple_ref(value, 1);
    const bool is_count =
        pmt::is_uint64(full) || (pmt::is_integer(full) && pmt::to_long(full) >= 0);
    return is_count && pmt::is_real(fraction) && std::isfinite(pmt::to_double(fraction));
}

} // namespace

feed_plan::feed_plan(double rate, const std::string& length_tag)
    : d_rate(rate),
      d_lead(static_cast<std::uint64_t>(std::ceil(rate * lead_seconds))),
      d_length_key(length_tag.empty() ? pmt::PMT_NIL : pmt::intern(length_tag))
{
}

void feed_plan::start()
{
    d_marks.clear();
    d_anchor = {};
    d_late = 0;
    d_is_timed = d_is_between = false;
    d_bursts = d_late_bursts = 0;
}

void feed_plan::add(std::uint64_t item, const pmt::pmt_t& key, const pmt::pmt_t& value)
{
    if (pmt::eq(key, time_key) && is_time(value)) {
        d_marks[item].time = value;
    } else if (pmt::eq(key, begin_key) && pmt::is_true(value)) {
        d_marks[item].begins = true;
    } else if (pmt::eq(key, end_key) && pmt::is_true(value)) {
        d_marks[item].ends = true;
    } else if (pmt::eq(key, d_length_key) && pmt::is_integer(value) && pmt::to_long(value) > 0) {
        d_marks[item].begins = true;
        d_marks[item + static_cast<std::uint64_t>(pmt::to_long(value)) - 1].ends = true;
    }
}

// The index of the sample whose time is nearest; 0 for a time before the feed.
std::uint64_t feed_plan::index_at(const pmt::pmt_t& time) const
{
    const long double anchor = static_cast<long double>(d_anchor.time_ns) * 1e-9L;
    const long double seconds =
        (static_cast<long double>(pmt::to_uint64(pmt::tuple_ref(time, 0))) - anchor) +
        static_cast<long double>(pmt::to_double(pmt::tuple_ref(time, 1)));
    const long double index = static_cast<long double>(d_anchor.clock) + seconds * d_rate;
    return static_cast<std::uint64_t>(
        std::clamp(std::round(index), 0.0L, static_cast<long double>(ahead_max)));
}

// What must be done before the first item of a burst, or of samples with a time, is written.
std::optional<feed_plan::step> feed_plan::begin(const mark& first, const feed& now)
{
    if (first.begins || first.time) {
        d_late = 0;
        d_is_timed = first.time.has_value();
    }
    if (!first.time)
        return {};
    const std::uint64_t index = index_at(*first.time);
    d_late_bursts += index < std::max(now.position, now.clock);
    // What is only behind the clock is written all the same: the antenna drops and counts it.
    if (index > now.position)
        return step{ step::kind::silence, 0, index };
    d_late = now.position - index;
    return {};
}

feed_plan::step feed_plan::next(std::uint64_t item, std::uint64_t available, const feed& now)
{
    // A feed has no clock before it has begun.
    if (!d_anchor.time_ns && now.time_ns && now.position)
        d_anchor = now;
    // Marks of items that are done are left over only where a block upstream tagged the past.
    d_marks.erase(d_marks.begin(), d_marks.lower_bound(item));
    const auto first = d_marks.find(item);
    if (first != d_marks.end()) {
        if (first->second.time && !now.position)
            return { step::kind::silence, 0, 1 };
        if (first->second.time && !d_anchor.time_ns)
            return { step::kind::wait_for_time, 0, 0 };
        const mark begins = first->second;
        first->second.time.reset();
        first->second.begins = false;
        if (const std::optional<step> before = begin(begins, now))
            return *before;
    }
    std::uint64_t most = available;
    for (auto next = d_marks.lower_bound(item);
         next != d_marks.end() && next->first < item + available;
         ++next) {
        const mark& found = next->second;
        const bool begins = next->first > item && (found.begins || found.time);
        if (!begins && !found.ends)
            continue;
        most = next->first - item + !begins;
        break;
    }
    if (d_late)
        return { step::kind::drop, std::min(most, d_late), 0 };
    if (!d_is_timed && now.position < now.clock)
        return { step::kind::silence, 0, now.clock + d_lead };
    return { step::kind::write, most, 0 };
}

void feed_plan::done(std::uint64_t item, std::uint64_t count)
{
    if (!count)
        return;
    d_late -= std::min(d_late, count);
    const auto last = d_marks.find(item + count - 1);
    d_is_between = last != d_marks.end() && last->second.ends;
    if (d_is_between) {
        d_bursts++;
        d_late = 0;
        d_is_timed = false;
    }
    d_marks.erase(d_marks.begin(), d_marks.lower_bound(item + count));
}

} // namespace zcring
} // namespace gr
