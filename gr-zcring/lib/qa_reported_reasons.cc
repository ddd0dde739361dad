/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "reported_reasons.h"

#include <boost/test/unit_test.hpp>

using gr::zcring::reported_reasons;
using verdict = reported_reasons::verdict;

BOOST_AUTO_TEST_CASE(a_reason_is_logged_once_whatever_its_numbers)
{
    reported_reasons reasons;
    BOOST_CHECK(reasons.report("gain is 61; it must be from -60 to 60") == verdict::log);
    BOOST_CHECK(reasons.report("gain is 62; it must be from -60 to 60") == verdict::silent);
    BOOST_CHECK(reasons.report("rate is 62; it must be from -60 to 60") == verdict::log);
    reasons.clear();
    BOOST_CHECK(reasons.report("gain is 61; it must be from -60 to 60") == verdict::log);
}

BOOST_AUTO_TEST_CASE(the_memory_of_reasons_is_bounded)
{
    reported_reasons reasons;
    for (std::size_t n = 1; n < reported_reasons::reasons_max; n++)
        BOOST_CHECK(reasons.report(std::string(n, 'a')) == verdict::log);
    BOOST_CHECK(reasons.report("one more") == verdict::log_the_last);
    BOOST_CHECK(reasons.report("another") == verdict::silent);
}

BOOST_AUTO_TEST_CASE(a_name_beside_a_number_makes_a_reason_of_its_own)
{
    reported_reasons reasons;
    BOOST_CHECK(reasons.report("gain=70: the value must be a number from -60 to 60") ==
                verdict::log);
    BOOST_CHECK(reasons.report("frequency=1e13: the value must be a number from -1e12 to 1e12") ==
                verdict::log);
    BOOST_CHECK(
        reasons.report("frequency=-2.5e14: the value must be a number from -1e12 to 1e12") ==
        verdict::silent);
    BOOST_CHECK(reasons.report("there is no key foo1") == verdict::log);
    BOOST_CHECK(reasons.report("there is no key foo2") == verdict::log);
}

BOOST_AUTO_TEST_CASE(of_a_long_reason_the_beginning_counts)
{
    reported_reasons reasons;
    const std::string begin(reported_reasons::bytes_max, 'a');
    BOOST_CHECK(reasons.report(begin + "b") == verdict::log);
    BOOST_CHECK(reasons.report(begin + "c") == verdict::silent);
}
