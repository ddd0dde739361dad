/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What the tests run on: the emulator, or the device that ZCRING_TEST_DEVICE names as
 * an argument string ("device=/dev/zcring0").
 *
 * ZCRING_TEST_SCALE divides numbers of samples and of rounds, for machines that are
 * emulated themselves.
 */
#pragma once

#include "support/deadline.h"

#include <gnuradio/zcring/source.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

inline std::string device_args()
{
    const char* device = std::getenv("ZCRING_TEST_DEVICE");
    return device ? device : "emulator";
}

inline bool on_emulator() { return device_args() == "emulator"; }

// As fast as it is read where that can be, else with a ring of seconds: nothing is lost.
inline std::string lossless()
{
    return on_emulator() ? ",pace=free" : ",interval_us=10000,ring_bytes=67108864";
}

//! Has each case of a suite leave the accounting of the device right. The next stream would begin
//! them anew, and so they are looked at here; the emulator's are gone with the source.
struct accounting_check {
    void teardown()
    {
        if (!on_emulator())
            BOOST_CHECK_MESSAGE(std::system(ZCRING_CHECK_ACCOUNTING " any") == 0,
                                "the accounting is wrong");
    }
};

inline std::uint64_t scaled(std::uint64_t n)
{
    const char* scale = std::getenv("ZCRING_TEST_SCALE");
    return n / static_cast<std::uint64_t>(scale ? std::max(1, std::atoi(scale)) : 1);
}

using zcring_test::eventually;
