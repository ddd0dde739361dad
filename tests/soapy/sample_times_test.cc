// SPDX-License-Identifier: GPL-3.0-or-later
//
// Descriptors as no server writes them, unless it is broken or hostile.
#include "../../soapy-zcring/sample_times.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using soapy_zcring::sample_times;

zcring::burst burst_of(std::uint64_t index, std::uint32_t samples, double rate = 1e6)
{
    zcring::burst b;
    b.index = b.sample_clock = index;
    b.samples = samples;
    b.rate = rate;
    b.time_ns = index * 1000;
    return b;
}

TEST(SoapySampleTimes, ACoveredSampleHasADescriptor)
{
    sample_times times;
    EXPECT_FALSE(times.covers(0, 1));
    ASSERT_TRUE(times.add(burst_of(100, 50)));
    ASSERT_TRUE(times.add(burst_of(150, 50)));
    EXPECT_TRUE(times.covers(100, 100));
    EXPECT_FALSE(times.covers(99, 1));
    EXPECT_FALSE(times.covers(100, 101));
    times.advance(160);
    EXPECT_TRUE(times.covers(160, 40));
    EXPECT_FALSE(times.covers(149, 1)) << "dropped";
}

TEST(SoapySampleTimes, RefusesABurstWithoutARate)
{
    for (const double rate : { 0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity() }) {
        sample_times times;
        EXPECT_FALSE(times.add(burst_of(0, 50, rate))) << rate;
        EXPECT_FALSE(times.covers(0, 1));
    }
}

TEST(SoapySampleTimes, RefusesABurstThatDoesNotFollow)
{
    sample_times times;
    ASSERT_TRUE(times.add(burst_of(0, 0xffffffff)));
    EXPECT_FALSE(times.add(burst_of(50, 50))) << "in the midst of the one before";
    EXPECT_FALSE(times.add(burst_of(0x100000000, 50))) << "a hole before it";
    EXPECT_TRUE(times.add(burst_of(0xffffffff, 50)));
}

TEST(SoapySampleTimes, TakesAnyClockAndTime)
{
    sample_times times;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    for (std::uint64_t i = 0; i < 100; i++) {
        zcring::burst b = burst_of(i * 10, 10, i % 2 ? 1e-12 : 1e19);
        b.sample_clock = i % 3 ? most / 2 + i : i;
        b.time_ns = i % 5 ? most - i : most / 2;
        b.lost = i % 7 ? most : 0;
        ASSERT_TRUE(times.add(b));
        times.advance(i * 10);
        times.take_gap(i * 10);
        times.time_of(i * 10 + 5);
        EXPECT_LE(times.contiguous(i * 10, 10), 10u);
        EXPECT_LE(times.samples_before(i * 10, 10, std::numeric_limits<std::int64_t>::max()), 10u);
    }
}

} // namespace
