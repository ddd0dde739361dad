/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream_tags.h"

#include <boost/test/unit_test.hpp>

#include <map>

using gr::zcring::stream_tags;

// Three samples in 1000 ns: the times of most are rounded down.
BOOST_AUTO_TEST_CASE(a_tag_by_time_sits_at_the_first_sample_that_is_not_before_it)
{
    std::map<std::uint64_t, pmt::pmt_t> times;
    stream_tags tags(
        1, [&](unsigned, std::uint64_t at, const pmt::pmt_t& key, const pmt::pmt_t& value) {
            if (pmt::equal(key, pmt::intern("rx_time")))
                BOOST_CHECK(times.emplace(at, value).second);
        });
    zcring::burst burst;
    burst.rate = 3e6;
    burst.samples = 2;
    burst.starts = true;
    tags.start();
    for (const std::uint64_t time_ns : { 4000, 1000, 1001, 1333, 1334 })
        tags.request(time_ns);
    for (std::uint64_t index = 0; index < 100; index += 2) {
        burst.index = index;
        burst.sample_clock = index;
        burst.time_ns = index * 1000 / 3;
        tags.begin(burst);
        tags.emit(index, index + 2);
        burst.starts = false;
    }
    std::map<std::uint64_t, std::uint64_t> expected{
        { 0, 0 }, { 3, 1000 }, { 4, 1333 }, { 5, 1666 }, { 12, 4000 }
    };
    BOOST_REQUIRE_EQUAL(times.size(), expected.size());
    for (const auto& [at, time_ns] : expected)
        BOOST_CHECK(pmt::equal(times.at(at), gr::zcring::time_tuple(time_ns)));
}
