// SPDX-License-Identifier: GPL-3.0-or-later
/* The rotor: its table, its precision at every phase, its steps. */
#include "engine.h"

extern "C" {
#include "rotor.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;

// e^(j phase) as the rotor computes it; 2^30 is 1.0.
zcring_pair unit_vector(u64 phase)
{
    zcring_pair one = { 1 << 30, 0 };
    zcring_rotate(&one, 1, phase, 0);
    return one;
}

double error_of(u64 phase)
{
    const double angle = std::ldexp(static_cast<double>(phase), -64) * two_pi;
    const zcring_pair v = unit_vector(phase);
    return std::hypot(std::ldexp(v.i, -30) - std::cos(angle),
                      std::ldexp(v.q, -30) - std::sin(angle));
}

// An entry is rounded, and the product is truncated by one bit: two units of 2^-30.
TEST(Rotor, HasASineTableOfExactEntries)
{
    for (u64 entry = 0; entry < 256; entry++) {
        const double angle = two_pi * static_cast<double>(entry) / 256;
        const zcring_pair v = unit_vector(entry << 56);
        EXPECT_NEAR(v.q, std::sin(angle) * (1 << 30), 2) << "entry " << entry;
        EXPECT_NEAR(v.i, std::cos(angle) * (1 << 30), 2) << "entry " << entry;
    }
}

TEST(Rotor, IsExactTo24BitsAtEveryPhase)
{
    std::mt19937_64 random(1);
    double worst = 0;
    for (int i = 0; i < 1000000; i++)
        worst = std::max(worst, error_of(random()));
    for (u64 entry = 0; entry < 256; entry++) // where the series ends is where it is worst
        worst = std::max({ worst, error_of(entry << 56), error_of((entry << 56) - 1) });
    EXPECT_LE(worst, std::ldexp(1, -24));
}

TEST(Rotor, ChangesNothingAtPhaseZero)
{
    zcring_pair samples[] = { { ZCRING_UNITY, 12345 }, { -ZCRING_CLIP, ZCRING_CLIP }, { 0, -1 } };
    const std::vector<zcring_pair> before(std::begin(samples), std::end(samples));
    zcring_rotate(samples, 3, 0, 0);
    for (size_t k = 0; k < before.size(); k++) {
        EXPECT_EQ(samples[k].i, before[k].i);
        EXPECT_EQ(samples[k].q, before[k].q);
    }
}

TEST(Rotor, AddsOneStepOfPhaseForEachSample)
{
    const u64 step = 0x123456789abcdef1ULL;
    const u64 phase = 0xfedcba9876543210ULL;
    std::vector<zcring_pair> run(1000, zcring_pair{ 1 << 30, 0 });
    zcring_rotate(run.data(), static_cast<u32>(run.size()), phase, step);
    for (u64 k = 0; k < run.size(); k++) {
        const zcring_pair v = unit_vector(phase + k * step);
        ASSERT_EQ(run[k].i, v.i) << k;
        ASSERT_EQ(run[k].q, v.q) << k;
    }
}

TEST(Rotor, KeepsTheMagnitude)
{
    std::mt19937_64 random(2);
    for (int i = 0; i < 100000; i++) {
        zcring_pair p = { static_cast<s32>(random() % (2u << 30)) - ZCRING_CLIP,
                          static_cast<s32>(random() % (2u << 30)) - ZCRING_CLIP };
        const double length = std::hypot(p.i, p.q);
        zcring_rotate(&p, 1, random(), 0);
        ASSERT_NEAR(std::hypot(p.i, p.q), length, 1 + std::ldexp(length, -24));
    }
}

} // namespace
