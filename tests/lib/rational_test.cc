// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rates as fractions: the simplest fraction of a double, over the whole range of rates.
// What is expected is computed here by other means.
#include "rational.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace {

using zcring::rational;
using zcring::to_double;
using zcring::to_rational;

constexpr std::uint64_t den_max = 1000000000; // ZCRING_RATE_DEN_MAX

TEST(Rational, KeepsWholeRates)
{
    for (const double rate : { 1.0, 44100.0, 1e6, 2.4e6, 61.44e6, 1e10 }) {
        const rational r = to_rational(rate);
        EXPECT_EQ(r.num, static_cast<std::uint64_t>(rate));
        EXPECT_EQ(r.den, 1u);
    }
}

TEST(Rational, FindsTheFractionThatIsMeant)
{
    const struct {
        double x;
        std::uint64_t num, den;
    } cases[] = { { 1e6 / 3, 1000000, 3 },
                  { 0.001, 1, 1000 },
                  { 0.5, 1, 2 },
                  { 30000.0 / 1001, 30000, 1001 },
                  { 13e6 / 48, 812500, 3 },
                  { 1625e3 / 6, 812500, 3 },
                  { 0.1, 1, 10 },
                  { 1e10 / 7, 10000000000, 7 } };
    for (const auto& c : cases) {
        const rational r = to_rational(c.x);
        EXPECT_EQ(r.num, c.num) << c.x;
        EXPECT_EQ(r.den, c.den) << c.x;
    }
}

TEST(Rational, FindsEveryFractionOfSmallTerms)
{
    for (std::uint64_t den = 1; den <= 200; den++)
        for (std::uint64_t num = 1; num <= 200; num++) {
            const std::uint64_t common = std::gcd(num, den);
            const rational r = to_rational(static_cast<double>(num) / static_cast<double>(den));
            ASSERT_EQ(r.num, num / common) << num << "/" << den;
            ASSERT_EQ(r.den, den / common) << num << "/" << den;
        }
}

// A convergent is nearer than 1 / (its denominator times the next one's), and the next one's
// is either that of the double itself or beyond what is allowed.
TEST(Rational, IsAsNearAsItsDenominatorAllows)
{
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(-3, 10);
    for (int i = 0; i < 100000; i++) {
        const double x = std::pow(10, exponent(random));
        if (x < 0.001 || x > 1e10)
            continue;
        const rational r = to_rational(x);
        ASSERT_GE(r.num, 1u);
        ASSERT_GE(r.den, 1u);
        ASSERT_LE(r.den, den_max);
        const double nearest = 1.0 / (static_cast<double>(r.den) * den_max);
        ASSERT_NEAR(to_double(r), x, nearest + 2 * std::numeric_limits<double>::epsilon() * x) << x;
    }
}

TEST(Rational, StaysInRangeAtTheEndsOfIt)
{
    for (const double x : { 0.001,
                            std::nextafter(0.001, 1),
                            1e10,
                            std::nextafter(1e10, 0),
                            std::nextafter(1.0, 0),
                            std::nextafter(1.0, 2) }) {
        const rational r = to_rational(x);
        EXPECT_GE(r.num * 1000, r.den) << x;
        EXPECT_LE(static_cast<double>(r.num), 1e10 * static_cast<double>(r.den)) << x;
        EXPECT_LE(r.den, den_max) << x;
    }
}

} // namespace
