/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "feed_plan.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

using gr::zcring::feed_plan;
using kind = feed_plan::step::kind;

namespace {

// 2026-01-01; a float has no room for its nanoseconds.
constexpr std::uint64_t epoch_s = 1767225600;
constexpr double rate = 1e6;

pmt::pmt_t time_at(double seconds)
{
    return pmt::make_tuple(pmt::from_uint64(epoch_s), pmt::from_double(seconds));
}

const pmt::pmt_t tx_time = pmt::intern("tx_time");

// A plan, and a feed that does what the plan says.
struct air {
    explicit air(const std::string& length_tag = "") : plan(rate, length_tag)
    {
        now.time_ns = epoch_s * 1000000000;
        plan.start();
    }

    // Sends items \p first to \p end - 1; the places in the feed of those that were written.
    std::vector<std::uint64_t> send(std::uint64_t first, std::uint64_t end)
    {
        std::vector<std::uint64_t> places;
        while (first < end) {
            const feed_plan::step next = plan.next(first, end - first, now);
            BOOST_REQUIRE(next.what != kind::wait_for_time);
            if (next.what == kind::silence) {
                BOOST_REQUIRE_GT(next.index, now.position);
                now.position = next.index;
                continue;
            }
            BOOST_REQUIRE_GT(next.items, 0u);
            BOOST_REQUIRE_LE(next.items, end - first);
            if (next.what == kind::write)
                for (std::uint64_t i = 0; i < next.items; i++)
                    places.push_back(now.position++);
            else
                dropped += next.items;
            plan.done(first, next.items);
            first += next.items;
        }
        return places;
    }

    feed_plan plan;
    feed_plan::feed now;
    std::uint64_t dropped = 0;
};

void check(const std::vector<std::uint64_t>& found, const std::vector<std::uint64_t>& expected)
{
    BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), expected.begin(), expected.end());
}

} // namespace

BOOST_AUTO_TEST_CASE(items_without_tags_follow_each_other)
{
    air a;
    check(a.send(0, 3), { 0, 1, 2 });
    check(a.send(3, 5), { 3, 4 });
}

BOOST_AUTO_TEST_CASE(a_time_moves_its_item_and_those_behind_it)
{
    air a;
    a.plan.add(2, tx_time, time_at(10e-6));
    check(a.send(0, 4), { 0, 1, 10, 11 });
}

// The time that is told before is that of now, and not that of the feed's first sample.
BOOST_AUTO_TEST_CASE(a_feed_begins_before_its_clock_is_read)
{
    air a;
    a.plan.add(0, tx_time, time_at(1e-3));
    const feed_plan::step first = a.plan.next(0, 1, a.now);
    BOOST_CHECK(first.what == kind::silence);
    BOOST_CHECK_EQUAL(first.index, 1u);
    a.now.position = 1;
    a.now.time_ns += 400000; // when the antenna takes sample 0
    check(a.send(0, 1), { 600 });
}

BOOST_AUTO_TEST_CASE(the_distance_of_two_times_is_exact)
{
    air a;
    for (std::uint64_t item = 0; item < 1000; item++)
        a.plan.add(item, tx_time, time_at(static_cast<double>(item + 1) * 3e-6));
    const auto places = a.send(0, 1000);
    BOOST_REQUIRE_EQUAL(places.size(), 1000u);
    for (std::uint64_t item = 0; item < 1000; item++)
        BOOST_CHECK_EQUAL(places[item], (item + 1) * 3);
}

BOOST_AUTO_TEST_CASE(items_whose_place_is_taken_are_dropped)
{
    air a;
    a.plan.add(4, tx_time, time_at(2e-6));
    check(a.send(0, 8), { 0, 1, 2, 3, 4, 5 }); // items 4 and 5 would be at 2 and 3
    BOOST_CHECK_EQUAL(a.dropped, 2u);
    BOOST_CHECK_EQUAL(a.plan.late_bursts(), 1u);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_late_burst_ends_the_dropping)
{
    air a;
    a.send(0, 10);
    a.plan.add(10, tx_time, time_at(0));
    a.plan.add(12, pmt::intern("tx_eob"), pmt::PMT_T);
    check(a.send(10, 15), { 10, 11 });
    BOOST_CHECK_EQUAL(a.dropped, 3u);
    BOOST_CHECK_EQUAL(a.plan.bursts(), 1u);
}

BOOST_AUTO_TEST_CASE(items_without_a_time_are_not_dropped_when_they_are_late)
{
    air a;
    check(a.send(0, 1), { 0 });
    a.now.clock = 100;
    check(a.send(1, 3), { 20100, 20101 });
}

BOOST_AUTO_TEST_CASE(items_with_a_time_keep_their_places_when_they_are_late)
{
    air a;
    a.plan.add(0, tx_time, time_at(50e-6));
    a.send(0, 1);
    a.now.clock = 100;
    check(a.send(1, 3), { 51, 52 }); // the antenna drops and counts them
}

BOOST_AUTO_TEST_CASE(bursts_are_counted_by_their_ends)
{
    air a;
    a.plan.add(0, pmt::intern("tx_sob"), pmt::PMT_T);
    a.plan.add(1, pmt::intern("tx_eob"), pmt::PMT_T);
    a.send(0, 1);
    BOOST_CHECK(!a.plan.is_between_bursts());
    a.send(1, 2);
    BOOST_CHECK(a.plan.is_between_bursts());
    a.send(2, 3);
    BOOST_CHECK(!a.plan.is_between_bursts());
    BOOST_CHECK_EQUAL(a.plan.bursts(), 1u);
}

BOOST_AUTO_TEST_CASE(a_length_is_a_burst)
{
    air a("packet_len");
    for (const std::uint64_t item : { 0u, 4u, 8u })
        a.plan.add(item, pmt::intern("packet_len"), pmt::from_long(4));
    check(a.send(0, 12), { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 });
    BOOST_CHECK_EQUAL(a.plan.bursts(), 3u);
}

BOOST_AUTO_TEST_CASE(a_time_waits_until_the_antenna_has_one)
{
    air a;
    a.now.position = 1; // the feed has begun
    a.now.time_ns = 0;
    a.plan.add(0, tx_time, time_at(5e-6));
    BOOST_CHECK(a.plan.next(0, 1, a.now).what == kind::wait_for_time);
    a.now.time_ns = epoch_s * 1000000000;
    check(a.send(0, 1), { 5 });
}

BOOST_AUTO_TEST_CASE(a_tag_with_another_value_is_ignored)
{
    air a("packet_len");
    a.plan.add(0, tx_time, pmt::from_double(1));
    a.plan.add(0, pmt::intern("packet_len"), pmt::from_long(-3));
    check(a.send(0, 2), { 0, 1 });
    BOOST_CHECK_EQUAL(a.plan.bursts(), 0u);
}

BOOST_AUTO_TEST_CASE(a_tuple_that_is_no_time_is_ignored)
{
    const pmt::pmt_t seconds = pmt::from_uint64(epoch_s);
    for (const pmt::pmt_t& wrong : { pmt::make_tuple(seconds),
                                     pmt::make_tuple(pmt::from_double(1), pmt::from_double(0)),
                                     pmt::make_tuple(pmt::from_long(-1), pmt::from_double(0)),
                                     pmt::make_tuple(seconds, pmt::from_uint64(0)),
                                     pmt::make_tuple(seconds, pmt::from_double(std::nan(""))) }) {
        air a;
        a.plan.add(0, tx_time, wrong);
        BOOST_CHECK_EQUAL(a.send(0, 10).front(), 0u);
    }
}
