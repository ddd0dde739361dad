// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two clocks that are compared while one of them is set.
#include "../../soapy-zcring/clock_offset.h"

#include <gtest/gtest.h>

namespace {

using soapy_zcring::clock_offset;

constexpr std::int64_t step_ns = 1000;
constexpr std::int64_t second_ns = 1000000000;

// Readings 2 us apart, from 0 on, until no more are needed. Returns how many there were.
template <class Time>
int compare(clock_offset& offset, Time receiver_ns)
{
    for (int n = 0; n < 1000; n++) {
        const std::int64_t now = n * 2000;
        if (offset.compare(now, receiver_ns(now + 1000), now + 2000, step_ns))
            return n + 1;
    }
    return 1000;
}

TEST(SoapyClockOffset, IsNoneForClocksThatAgree)
{
    clock_offset offset;
    EXPECT_EQ(compare(offset, [](std::int64_t ns) { return ns; }), 1);
    EXPECT_EQ(offset.ns(), 0);
}

TEST(SoapyClockOffset, FindsATimeThatWasSetAndKeepsTheOffset)
{
    clock_offset offset;
    const auto ahead = [](std::int64_t ns) { return ns + 5 * second_ns; };
    EXPECT_EQ(compare(offset, ahead), 8);
    EXPECT_NEAR(static_cast<double>(offset.ns() - 5 * second_ns), 0, 2000);
    const std::int64_t found = offset.ns();
    EXPECT_EQ(compare(offset, ahead), 1);
    EXPECT_EQ(offset.ns(), found);
}

TEST(SoapyClockOffset, FindsATimeThatWasSetBetweenReadings)
{
    clock_offset offset;
    const auto set_once = [](std::int64_t ns) { return ns + (ns < 9000 ? 1 : 2) * second_ns; };
    EXPECT_EQ(compare(offset, set_once), 8);
    EXPECT_NEAR(static_cast<double>(offset.ns() - 2 * second_ns), 0, 2000);
}

TEST(SoapyClockOffset, EndsWhileTheTimeIsSetAgainAndAgain)
{
    clock_offset offset;
    const auto set_always = [](std::int64_t ns) { return ns * 100000; };
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(compare(offset, set_always), 8);
    EXPECT_EQ(compare(offset, [](std::int64_t ns) { return ns + 7 * second_ns; }), 8);
    EXPECT_NEAR(static_cast<double>(offset.ns() - 7 * second_ns), 0, 2000) << "set no more";
}

} // namespace
