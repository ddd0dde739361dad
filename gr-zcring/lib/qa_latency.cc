/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "latency.h"

#include <boost/test/unit_test.hpp>

#include <ctime>

BOOST_AUTO_TEST_CASE(every_latency_falls_into_a_bucket_within_a_sixteenth)
{
    timespec now{};
    for (std::uint64_t ago = 1000000; ago < 100000000000; ago += ago / 7) {
        gr::zcring::latency found;
        clock_gettime(CLOCK_BOOTTIME, &now);
        const std::uint64_t ns = static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
                                 static_cast<std::uint64_t>(now.tv_nsec);
        if (ago > ns)
            break;
        found.count(ns - ago);
        const auto histogram = found.histogram();
        BOOST_REQUIRE_EQUAL(histogram.size(), 1u);
        // At least that long ago, less the width of a bucket.
        BOOST_CHECK_GT(histogram.begin()->first + ago / 16 + 1, ago);
        found.reset();
        BOOST_CHECK(found.histogram().empty());
    }
}

BOOST_AUTO_TEST_CASE(an_interrupt_to_come_counts_as_no_latency)
{
    gr::zcring::latency found;
    found.count(~std::uint64_t{ 0 });
    BOOST_CHECK_EQUAL(found.histogram().at(0), 1u);
}
