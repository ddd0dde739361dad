// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sample clock: exact counts and times at every rate, over a trillion samples, and over changes
 * of rate and time.
 */
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

// Odd rates, round rates, and the ends of the range.
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

zcring_clock clock_of(rate r, u64 epoch_clock, u64 mono_ns, u64 time_ns)
{
    zcring_clock clock{};
    clock.rate_num = r.num;
    clock.rate_den = r.den;
    zcring_clock_begin(&clock, epoch_clock, mono_ns, time_ns);
    return clock;
}

zcring_clock at_rate(rate r) { return clock_of(r, 0, 0, 0); }

// Samples in ns: ns * num / (den * 1e9), rounded down.
u64 samples_in(rate r, u64 ns)
{
    return static_cast<u64>(u128{ ns } * r.num / (u128{ r.den } * second));
}

// Nanoseconds of n samples at rate a and m samples at rate b, rounded down, by sums of fractions.
u64 exact_ns(rate a, u64 n, rate b, u64 m)
{
    const u128 first = u128{ n } * a.den * second;
    const u128 other = u128{ m } * b.den * second;
    const u128 rest = (first % a.num) * b.num; // rest / (a.num * b.num), each below 1
    const u128 product = u128{ a.num } * b.num;
    const u128 more = (other % b.num) * a.num;
    const bool carry = rest >= product - more;
    return static_cast<u64>(first / a.num + other / b.num) + carry;
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

TEST(Clock, RoundsTheTimeOfASampleDown)
{
    std::mt19937_64 random(2);
    for (const rate r : rates) {
        const zcring_clock clock = at_rate(r);
        for (int i = 0; i < 2000; i++) {
            const u64 sample = random() >> (random() % 30 + 34);
            const u128 ns = u128{ sample } * r.den * second / r.num;
            if (ns >> 64)
                continue;
            ASSERT_EQ(zcring_clock_time(&clock, sample), static_cast<u64>(ns))
                << r.num << "/" << r.den << " sample " << sample;
        }
    }
}

TEST(Clock, DoesNotDriftOverATrillionSamples)
{
    const u64 trillion = 1000000000000;
    const zcring_clock third = clock_of({ 1000000, 3 }, 0, 0, 0);
    EXPECT_EQ(zcring_clock_time(&third, trillion), 3000000 * second);
    EXPECT_EQ(zcring_clock_at(&third, 3000000 * second), trillion);
    EXPECT_EQ(zcring_clock_at(&third, 3000000 * second - 1), trillion - 1);

    const zcring_clock lte = clock_of({ 61440000, 1 }, 0, 0, 0);
    const u64 samples = trillion / 61440000 * 61440000;
    EXPECT_EQ(zcring_clock_time(&lte, samples), samples / 61440000 * second);
    EXPECT_EQ(zcring_clock_at(&lte, samples / 61440000 * second), samples);
}

// Reads the clock about 100,000 times for each rate, at uneven times, against the exact count.
TEST(Clock, DoesNotDriftWhenItIsReadOften)
{
    for (const rate r : rates) {
        const u64 trillion = 1000000000000;
        const u128 whole = u128{ trillion } * r.den * second / r.num;
        if (whole >> 63)
            continue;
        const zcring_clock clock = at_rate(r);
        const u64 end = static_cast<u64>(whole);
        ASSERT_EQ(zcring_clock_time(&clock, trillion), end);
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
        const zcring_clock clock = clock_of({ r.num, r.den }, 500, 7 * second, 1000 * second);
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
        EXPECT_EQ(sample, 500u) << "a time before the epoch gives the sample of the epoch";
    }
}

TEST(Clock, ComputesTimesBeforeItsEpoch)
{
    const zcring_clock clock = clock_of({ 1000, 1 }, 500, 7 * second, 3 * second);
    EXPECT_EQ(zcring_clock_now(&clock, 9 * second), 5 * second);
    EXPECT_EQ(zcring_clock_now(&clock, 5 * second), second);
    EXPECT_EQ(zcring_clock_now(&clock, second), 0u) << "no time is before 1970";
}

TEST(Clock, TakesNoSampleBeforeItsTime)
{
    for (const rate r : rates) {
        const zcring_clock clock = at_rate(r);
        for (u64 sample = 1; sample < 1000; sample++) {
            const u64 ns = zcring_clock_time(&clock, sample);
            ASSERT_GE(zcring_clock_at(&clock, ns + 1), sample);
            if (ns) {
                ASSERT_LE(zcring_clock_at(&clock, ns - 1), sample);
            }
        }
    }
}

TEST(Clock, CountsFromItsEpoch)
{
    const zcring_clock clock = clock_of({ 1000, 1 }, 500, 7 * second, 1000 * second);
    EXPECT_EQ(zcring_clock_at(&clock, 7 * second), 500u);
    EXPECT_EQ(zcring_clock_at(&clock, 8 * second), 1500u);
    EXPECT_EQ(zcring_clock_time(&clock, 500), 1000 * second);
    EXPECT_EQ(zcring_clock_time(&clock, 1500), 1001 * second);
}

TEST(Clock, DoesNotCountBeforeItsEpoch)
{
    const zcring_clock clock = clock_of({ 1000, 1 }, 500, 7 * second, 0);
    EXPECT_EQ(zcring_clock_at(&clock, 0), 500u);
    EXPECT_EQ(zcring_clock_at(&clock, 7 * second - 1), 500u);
}

TEST(Clock, KeepsTheTimeOfTheSampleAtARateChange)
{
    for (const rate before : rates)
        for (const rate after : rates) {
            zcring_clock clock = clock_of({ before.num, before.den }, 0, 5 * second, 9 * second);
            const u64 time = zcring_clock_time(&clock, 1000);
            zcring_clock_rebase(&clock, 1000);
            clock.rate_num = after.num;
            clock.rate_den = after.den;
            ASSERT_EQ(zcring_clock_time(&clock, 1000), time);
            ASSERT_EQ(clock.epoch_mono_ns - 5 * second, clock.epoch_time_ns - 9 * second);
            ASSERT_EQ(zcring_clock_at(&clock, clock.epoch_mono_ns), 1000u);
            const u128 ns = u128{ 777 } * after.den * second / after.num;
            ASSERT_LE(zcring_clock_time(&clock, 1777) - time - static_cast<u64>(ns), 1u);
        }
}

// Changes between two rates again and again, against the exact sum of the times of all samples.
TEST(Clock, DoesNotDriftOverRateChanges)
{
    for (const rate a : rates)
        for (const rate b : rates) {
            zcring_clock clock = at_rate(a);
            clock.epoch_time_ns = 7 * second;
            std::mt19937_64 random(5);
            u64 taken[2] = {};
            for (int change = 0; change < 5000; change++) {
                const u64 samples = random() % 1000;
                const rate now = change % 2 ? b : a;
                const rate next = change % 2 ? a : b;
                taken[change % 2] += samples;
                const u64 ns_end = exact_ns(a, taken[0], b, taken[1]);
                const u64 sample = taken[0] + taken[1];
                ASSERT_LE(7 * second + ns_end - zcring_clock_time(&clock, sample), 1u);
                ASSERT_LE(zcring_clock_at(&clock, ns_end), sample);
                ASSERT_LE(zcring_clock_at(&clock, ns_end + 1) - sample, samples_in(now, 1) + 1);
                zcring_clock_rebase(&clock, sample);
                clock.rate_num = next.num;
                clock.rate_den = next.den;
                ASSERT_LE(7 * second + ns_end - zcring_clock_time(&clock, sample), 1u);
            }
        }
}

TEST(Clock, DoesNotDriftWhenTheSameRateIsSetAgain)
{
    for (const rate r : rates) {
        zcring_clock clock = at_rate(r);
        for (u64 sample = 0; sample < 10000; sample++) {
            zcring_clock_rebase(&clock, sample);
            const u128 ns = u128{ sample } * r.den * second / r.num;
            ASSERT_LE(static_cast<u64>(ns) - clock.epoch_mono_ns, 1u);
        }
    }
}

// The time is set exactly; the pace keeps its fraction of a nanosecond.
TEST(Clock, KeepsItsPaceWhenTheTimeIsSet)
{
    const rate third{ 300000000, 1 }; // a sample in 3 1/3 ns
    zcring_clock clock = at_rate(third);
    for (u64 sample = 1; sample < 100000; sample++) {
        zcring_clock_rebase(&clock, sample);
        zcring_clock_set_time(&clock, 5 * second + sample);
        ASSERT_EQ(zcring_clock_time(&clock, sample), 5 * second + sample);
        ASSERT_EQ(zcring_clock_time(&clock, sample + 2), 5 * second + sample + 6);
        ASSERT_LE(sample * 10 / 3 - clock.epoch_mono_ns, 1u);
        u64 found = 0;
        ASSERT_EQ(zcring_clock_find(&clock, 5 * second + sample + 4, &found), 0);
        ASSERT_EQ(found, sample + 2);
    }
}

} // namespace
