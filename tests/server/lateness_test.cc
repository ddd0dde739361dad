// SPDX-License-Identifier: GPL-3.0-or-later
//
// How late the antenna's clock may be after a delay of the server. Free time: no clock is read.
#include "lateness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace {

using namespace zcring::server;

constexpr std::uint64_t second = 1000000000;
constexpr std::uint64_t quarter = 20000000;
constexpr std::uint64_t origin = 7000 * second;

//! A feed that was taken in time until now.
class taken_in_time
{
public:
    explicit taken_in_time(std::uint64_t takes = 100)
    {
        d_late.begin(d_ns);
        for (std::uint64_t n = 0; n < takes; n++)
            take_after(2 * quarter);
    }
    //! The feed is taken so long after the time before.
    void take_after(std::uint64_t ns, bool has_slept = false)
    {
        d_ns += ns;
        d_late.take(d_ns, quarter, has_slept);
    }
    //! Whether a clock that is only just behind may be so, so long after now.
    bool allows_after(std::uint64_t ns) const { return d_late.allows(d_ns + ns - 1, d_ns + ns); }
    //! Whether the clock may be behind by this now.
    bool allows_lag(std::uint64_t lag_ns) const { return d_late.allows(d_ns - lag_ns, d_ns); }
    std::uint64_t ns() const { return d_ns; }

private:
    lateness d_late;
    std::uint64_t d_ns = origin;
};

TEST(Lateness, IsNothingForAFeedThatIsTakenInTime)
{
    EXPECT_FALSE(taken_in_time().allows_after(0));
    EXPECT_FALSE(taken_in_time().allows_lag(0));
}

TEST(Lateness, LastsAsLongAsTheDelayAndASecond)
{
    for (const std::uint64_t delay : { 2 * quarter + 1, second, 3 * second, 16 * second }) {
        taken_in_time feed;
        feed.take_after(delay);
        EXPECT_TRUE(feed.allows_after(0)) << delay;
        EXPECT_TRUE(feed.allows_after(delay + second - 1)) << delay;
        EXPECT_FALSE(feed.allows_after(delay + second)) << delay;
    }
}

TEST(Lateness, LastsSeventeenSecondsAfterADelayOfAnHour)
{
    taken_in_time feed;
    feed.take_after(3600 * second);
    EXPECT_TRUE(feed.allows_after(17 * second - 1));
    EXPECT_FALSE(feed.allows_after(17 * second));
}

TEST(Lateness, IsNeverMoreThanSixteenSeconds)
{
    for (const std::uint64_t delay : { second, 16 * second, 20 * second, 3600 * second }) {
        taken_in_time feed;
        feed.take_after(delay);
        EXPECT_TRUE(feed.allows_lag(16 * second)) << delay;
        EXPECT_FALSE(feed.allows_lag(16 * second + 1)) << delay;
    }
}

TEST(Lateness, IsNotProlongedByShortDelays)
{
    taken_in_time feed;
    feed.take_after(3 * second);
    const std::uint64_t end = feed.ns() + 4 * second;
    while (feed.ns() + second / 10 < end) {
        EXPECT_TRUE(feed.allows_after(0));
        feed.take_after(second / 10);
    }
    EXPECT_TRUE(feed.allows_after(end - feed.ns() - 1));
    EXPECT_FALSE(feed.allows_after(end - feed.ns()));
}

// Receivers that are too slow bring about such delays without end, and take nothing.
TEST(Lateness, EndsThoughShortDelaysNeverEnd)
{
    lateness late;
    late.begin(origin);
    std::uint64_t clock = origin, losses = 0;
    for (std::uint64_t ns = origin; ns < origin + 100 * second;) {
        ns += second / 20;
        late.take(ns, quarter, false);
        losses += !late.allows(clock, ns);
        if (!late.allows(clock, ns))
            clock = ns;
        late.leave(clock < ns);
        ASSERT_LE(ns - clock, second + second / 5) << "after " << losses << " losses";
    }
    EXPECT_GT(losses, 0u);
}

TEST(Lateness, IsProlongedByALongDelayByItsLength)
{
    taken_in_time feed;
    feed.take_after(3 * second);
    feed.take_after(2 * second);
    EXPECT_TRUE(feed.allows_after(4 * second - 1));
    EXPECT_FALSE(feed.allows_after(4 * second));
}

TEST(Lateness, IsNoExcuseForAMachineThatSlept)
{
    taken_in_time feed;
    feed.take_after(3 * second, true);
    EXPECT_FALSE(feed.allows_after(0));
    feed.take_after(3 * second);
    feed.take_after(quarter, true);
    EXPECT_FALSE(feed.allows_after(0)) << "nor for what was late before";
}

TEST(Lateness, EndsWithItsFeed)
{
    lateness late;
    late.begin(origin);
    late.take(origin + 3 * second, quarter, false);
    ASSERT_TRUE(late.allows(origin, origin + 3 * second));
    late.begin(origin + 3 * second);
    EXPECT_FALSE(late.allows(origin, origin + 3 * second));
}

// The clock of an antenna whose receivers have turns of any length, and take any part of what they missed.
TEST(Lateness, HoldsTheClockByAtMostSixteenSecondsWhateverHappens)
{
    std::mt19937_64 random(1);
    std::uniform_real_distribution<> digits(6, std::log10(6e10)); // a millisecond to a minute
    const auto any_ns = [&] { return static_cast<std::uint64_t>(std::pow(10, digits(random))); };
    for (int run = 0; run < 1000; run++) {
        lateness late;
        late.begin(origin);
        for (std::uint64_t n = 0, ns = origin, clock = origin; n < 200; n++) {
            ns += any_ns();
            late.take(ns, quarter, false);
            clock += std::min(any_ns(), ns - clock);
            if (!late.allows(clock, ns))
                clock = ns;
            late.leave(clock < ns);
            ASSERT_LE(ns - clock, 16 * second);
        }
    }
}

} // namespace
