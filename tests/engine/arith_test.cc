// SPDX-License-Identifier: GPL-3.0-or-later
/* 128-bit division, fractions and gain factors, against the compiler and against doubles. */
#include "engine.h"

extern "C" {
#include "arith.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace {

using u128 = unsigned __int128;

constexpr u128 wide(u64 high, u64 low) { return static_cast<u128>(high) << 64 | low; }

// A random number of bits, so that small and large values are equally frequent.
u128 random_wide(std::mt19937_64& random, unsigned most_bits)
{
    const unsigned bits = 1 + random() % most_bits;
    return wide(random(), random()) >> (128 - bits);
}

// n * 2^64 / d, bit by bit from the remainder, with the compiler's own division.
u64 fraction_by_hand(u128 n, u128 d)
{
    u128 rest = n % d;
    u64 fraction = 0;
    for (int bit = 0; bit < 64; bit++) {
        fraction = fraction << 1 | (2 * rest / d != 0);
        rest = 2 * rest % d;
    }
    return fraction;
}

TEST(Arith, DividesLikeTheCompiler)
{
    std::mt19937_64 random(1);
    for (int i = 0; i < 20000; i++) {
        const u128 n = random_wide(random, 128);
        const u128 d = std::max<u128>(random_wide(random, 128), 1);
        ASSERT_TRUE(zcring_divide(n, d) == n / d) << "case " << i;
    }
}

TEST(Arith, DividesAtTheEdges)
{
    const u128 most = ~static_cast<u128>(0);
    const u128 edges[] = { 1, 2, 3, most, most - 1, most / 2, most / 2 + 1, wide(1, 0), ~0ULL };
    EXPECT_TRUE(zcring_divide(0, 7) == 0);
    for (const u128 n : edges)
        for (const u128 d : edges)
            EXPECT_TRUE(zcring_divide(n, d) == n / d);
}

TEST(Arith, ComputesTheFractionToTheLastBit)
{
    std::mt19937_64 random(2);
    for (int i = 0; i < 5000; i++) {
        const u128 n = random_wide(random, 128);
        const u128 d = std::max<u128>(random_wide(random, 126), 1);
        ASSERT_EQ(zcring_fraction(n, d), fraction_by_hand(n, d)) << "case " << i;
    }
    EXPECT_EQ(zcring_fraction(1, 2), 1ULL << 63);
    EXPECT_EQ(zcring_fraction(7, 8), 7ULL << 61);
    EXPECT_EQ(zcring_fraction(12, 4), 0u);
    EXPECT_EQ(zcring_fraction(2, 3), 0xaaaaaaaaaaaaaaaaULL);
}

/*
 * The factor is an integer in 1 / ZCRING_GAIN_UNITY, so its error is up to half a unit; at -60
 * dB that alone is 1.2e-4 of the factor. The logarithm is exact to 2^-33 octaves per millibel and
 * to 2^-24 in all, which is 4e-7 of the factor.
 */
TEST(Arith, ConvertsMillibelsToAFactor)
{
    for (s32 mb = -6000; mb <= 6000; mb++) {
        const double exact = std::pow(10.0, mb / 2000.0) * ZCRING_GAIN_UNITY;
        const double factor = static_cast<double>(zcring_gain_factor(mb));
        ASSERT_NEAR(factor, exact, 0.5 + 4e-7 * exact) << mb << " millibel";
        if (mb >= -5000) {
            ASSERT_NEAR(factor / exact, 1, 1e-4) << mb << " millibel";
        }
    }
}

TEST(Arith, ConvertsZeroMillibelsToExactlyOne)
{
    EXPECT_EQ(zcring_gain_factor(0), ZCRING_GAIN_UNITY);
}

TEST(Arith, IsMonotonicInTheGain)
{
    for (s32 mb = -6000; mb < 6000; mb++)
        ASSERT_LE(zcring_gain_factor(mb), zcring_gain_factor(mb + 1)) << mb << " millibel";
}

} // namespace
