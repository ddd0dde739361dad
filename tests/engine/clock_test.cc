// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include <gtest/gtest.h>

#include <random>

namespace {

using u128 = unsigned __int128;

constexpr u64 second = ZCRING_NS_PER_S;

struct rate {
    u64 num;
    u64 den;
};

// Odd ones, round ones, and the ends of the range.
constexpr rate rates[] = {
    { 1000000, 3 },
    { 44100, 1 },
    { 61440000, 1 },
    { 1, 1000 },
    { 1, 1 },
    { 10000000000, 1 },
    { 999999937, 999999929 },
    { 9999999999999999999u, 1000000000 },
};

zcring_clock at_rate(rate r) { return { r.num, r.den, 0, 0, 0 }; }

// Samples in @ns: the whole of ns * num / (den * 1e9).
u64 samples_in(rate r, u64 ns)
{
    return static_cast<u64>(u128{ ns } * r.num / (u128{ r.den } * second));
}

TEST(Clock, CountsExactlyAtEveryRate)
{
    std::mt19937_64 random(1);
    for (const rate r : rates) {
        const zcring_clock clock = at_rate(r);
        for (int i = 0; i < 2000; i++) {
            const u64 ns = random() >> (random() % 40 + 8);
            if (u128{ ns } * r.num / r.den / second >> 64)
                continue;
            ASSERT_EQ(zcring_clock_at(&clock, ns), samples_in(r, ns))
                << r.num << "/" << r.den << " after " << ns;
        }
    }
}

TEST(Clock, TellsTheTimeOfASampleRoundedDown)
{
    std::mt19937_64 random(2);
    for (const rate r : rates) {
        const zcring_clock clock = at_rate(r);
        for (int i = 0; i < 2000; i++) {
            const u64 sample = random() >> (random() % 30 + 34);
            const u128 ns = u128{ sample } * r.den * second / r.num;
            if (ns >> 64)
                continue;
            ASSERT_EQ(zcring_clock_ns(&clock, sample), static_cast<u64>(ns))
                << r.num << "/" << r.den << " sample " << sample;
        }
    }
}

TEST(Clock, DoesNotDriftOverATrillionSamples)
{
    const u64 trillion = 1000000000000;
    const zcring_clock third = { 1000000, 3, 0, 0, 0 };
    EXPECT_EQ(zcring_clock_ns(&third, trillion), 3000000 * second);
    EXPECT_EQ(zcring_clock_at(&third, 3000000 * second), trillion);
    EXPECT_EQ(zcring_clock_at(&third, 3000000 * second - 1), trillion - 1);

    const zcring_clock lte = { 61440000, 1, 0, 0, 0 };
    const u64 samples = trillion / 61440000 * 61440000;
    EXPECT_EQ(zcring_clock_ns(&lte, samples), samples / 61440000 * second);
    EXPECT_EQ(zcring_clock_at(&lte, samples / 61440000 * second), samples);
}

// In uneven looks at the clock, some 100,000 a rate, each against the exact count.
TEST(Clock, DoesNotDriftHoweverOftenItIsAsked)
{
    for (const rate r : rates) {
        const u64 trillion = 1000000000000;
        const u128 whole = u128{ trillion } * r.den * second / r.num;
        if (whole >> 63)
            continue;
        const zcring_clock clock = at_rate(r);
        const u64 end = static_cast<u64>(whole);
        ASSERT_EQ(zcring_clock_ns(&clock, trillion), end);
        std::mt19937_64 random(3);
        for (u64 ns = 0; ns < end; ns += random() % (end / 50000 + 1) + 1)
            ASSERT_EQ(zcring_clock_at(&clock, ns), samples_in(r, ns)) << r.num << "/" << r.den;
        EXPECT_EQ(zcring_clock_at(&clock, end + 1), samples_in(r, end + 1));
    }
}

TEST(Clock, FindsTheFirstSampleNotBeforeATime)
{
    std::mt19937_64 random(4);
    for (const rate r : rates) {
        const zcring_clock clock = { r.num, r.den, 500, 7 * second, 1000 * second };
        for (int i = 0; i < 2000; i++) {
            const u64 ns = random() >> (random() % 40 + 8);
            const u128 n = u128{ ns } * r.num;
            const u128 d = u128{ r.den } * second;
            const u128 exact = (n + d - 1) / d;
            u64 sample = 0;
            if (exact > ~0ULL - 500) {
                ASSERT_EQ(zcring_clock_find(&clock, 1000 * second + ns, &sample), -EINVAL);
                continue;
            }
            ASSERT_EQ(zcring_clock_find(&clock, 1000 * second + ns, &sample), 0);
            ASSERT_EQ(sample, 500 + static_cast<u64>(exact)) << r.num << "/" << r.den;
        }
        u64 sample = 0;
        EXPECT_EQ(zcring_clock_find(&clock, 0, &sample), 0);
        EXPECT_EQ(sample, 500u) << "what lies before the epoch is the epoch's";
    }
}

TEST(Clock, TellsTheTimeBeforeItsEpochToo)
{
    const zcring_clock clock = { 1000, 1, 500, 7 * second, 3 * second };
    EXPECT_EQ(zcring_clock_now(&clock, 9 * second), 5 * second);
    EXPECT_EQ(zcring_clock_now(&clock, 5 * second), second);
    EXPECT_EQ(zcring_clock_now(&clock, second), 0u) << "nothing is before 1970";
}

TEST(Clock, TakesASampleNotBeforeItsTime)
{
    for (const rate r : rates) {
        const zcring_clock clock = at_rate(r);
        for (u64 sample = 1; sample < 1000; sample++) {
            const u64 ns = zcring_clock_ns(&clock, sample);
            ASSERT_GE(zcring_clock_at(&clock, ns + 1), sample);
            if (ns) {
                ASSERT_LE(zcring_clock_at(&clock, ns - 1), sample);
            }
        }
    }
}

TEST(Clock, CountsFromItsEpoch)
{
    const zcring_clock clock = { 1000, 1, 500, 7 * second, 1000 * second };
    EXPECT_EQ(zcring_clock_at(&clock, 7 * second), 500u);
    EXPECT_EQ(zcring_clock_at(&clock, 8 * second), 1500u);
    EXPECT_EQ(zcring_clock_time(&clock, 500), 1000 * second);
    EXPECT_EQ(zcring_clock_time(&clock, 1500), 1001 * second);
}

TEST(Clock, StandsStillBeforeItsEpoch)
{
    const zcring_clock clock = { 1000, 1, 500, 7 * second, 0 };
    EXPECT_EQ(zcring_clock_at(&clock, 0), 500u);
    EXPECT_EQ(zcring_clock_at(&clock, 7 * second - 1), 500u);
}

TEST(Clock, KeepsTheTimeOfTheSampleWhereTheRateChanges)
{
    for (const rate before : rates)
        for (const rate after : rates) {
            zcring_clock clock = { before.num, before.den, 0, 5 * second, 9 * second };
            const u64 time = zcring_clock_time(&clock, 1000);
            zcring_clock_rebase(&clock, 1000);
            clock.rate_num = after.num;
            clock.rate_den = after.den;
            ASSERT_EQ(zcring_clock_time(&clock, 1000), time);
            ASSERT_EQ(clock.epoch_mono_ns - 5 * second, clock.epoch_time_ns - 9 * second);
            ASSERT_EQ(zcring_clock_at(&clock, clock.epoch_mono_ns), 1000u);
            const u128 ns = u128{ 777 } * after.den * second / after.num;
            ASSERT_EQ(zcring_clock_time(&clock, 1777), time + static_cast<u64>(ns));
        }
}

// Each change of rate rounds its time down to a nanosecond, and no more than that.
TEST(Clock, LosesLessThanANanosecondAtARateChange)
{
    zcring_clock clock = { 1000000, 3, 0, 0, 0 };
    for (u64 change = 1; change <= 1000; change++) {
        zcring_clock_rebase(&clock, change * 1000);
        const u64 exact = change * 3000000;
        ASSERT_LE(clock.epoch_time_ns, exact);
        ASSERT_LT(exact - clock.epoch_time_ns, change + 1);
    }
}

} // namespace
