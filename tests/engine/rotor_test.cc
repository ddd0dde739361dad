// SPDX-License-Identifier: GPL-3.0-or-later
/* Rotors: precision at every phase, and the table of a step. */
#include "engine.h"

extern "C" {
#include "rotor.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;

double error_of(u64 phase)
{
    const double angle = std::ldexp(static_cast<double>(phase), -64) * two_pi;
    const zcring_rotor v = zcring_unit_vector(phase);
    return std::hypot(std::ldexp(v.i, -30) - std::cos(angle),
                      std::ldexp(v.q, -30) - std::sin(angle));
}

// An entry is rounded, and the product is truncated by one bit: two units of 2^-30.
TEST(Rotor, HasASineTableOfExactEntries)
{
    for (u64 entry = 0; entry < 256; entry++) {
        const double angle = two_pi * static_cast<double>(entry) / 256;
        const zcring_rotor v = zcring_unit_vector(entry << 56);
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

TEST(Rotor, FillsATableWithOneStepForEachEntry)
{
    const u64 step = 0x123456789abcdef1ULL;
    zcring_rotors rotors;
    zcring_rotors_fill(&rotors, step);
    for (u64 k = 0; k < ZCRING_ROTORS; k++) {
        const double angle = std::ldexp(static_cast<double>(k * step), -64) * two_pi;
        ASSERT_NEAR(rotors.i[k], std::cos(angle) * 32768, 0.51) << k;
        ASSERT_NEAR(rotors.q[k], std::sin(angle) * 32768, 0.51) << k;
        ASSERT_EQ(rotors.i[k], zcring_rotor_at(k * step).i) << k;
    }
}

} // namespace
