// SPDX-License-Identifier: GPL-3.0-or-later
/* Sample formats: exact conversion, rounding, saturation, special floating-point values. */
#include "engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

template <class T>
zcring_pair load(u32 format, T i, T q)
{
    const T sample[2] = { i, q };
    zcring_pair pair{};
    zcring_samples_load(format, reinterpret_cast<const u8*>(sample), &pair, 1);
    return pair;
}

template <class T>
std::pair<T, T> store(u32 format, s32 i, s32 q)
{
    const zcring_pair pair = { i, q };
    T sample[2] = {};
    zcring_samples_store(format, &pair, reinterpret_cast<u8*>(sample), 1);
    return { sample[0], sample[1] };
}

// Every value of an integer format, to fc32 and back.
template <class T>
void round_trip(u32 format, double full_scale)
{
    for (int value = std::numeric_limits<T>::min(); value <= std::numeric_limits<T>::max();
         value++) {
        const int other = ~value;
        const zcring_pair pair = load(format, static_cast<T>(value), static_cast<T>(other));
        const auto [fi, fq] = store<float>(ZCRING_FORMAT_FC32, pair.i, pair.q);
        ASSERT_EQ(fi, static_cast<float>(value / full_scale)) << value;
        ASSERT_EQ(fq, static_cast<float>(other / full_scale)) << other;
        const zcring_pair again = load(ZCRING_FORMAT_FC32, fi, fq);
        const auto [i, q] = store<T>(format, again.i, again.q);
        ASSERT_EQ(i, value);
        ASSERT_EQ(q, other);
    }
}

TEST(Sample, HasASizeForEachFormat)
{
    EXPECT_EQ(zcring_sample_bytes(ZCRING_FORMAT_SC8), 2u);
    EXPECT_EQ(zcring_sample_bytes(ZCRING_FORMAT_SC16), 4u);
    EXPECT_EQ(zcring_sample_bytes(ZCRING_FORMAT_FC32), 8u);
    for (const u32 none : { 0u, 4u, ~0u })
        EXPECT_EQ(zcring_sample_bytes(none), 0u);
}

TEST(Sample, ConvertsAll256ValuesOfSc8ToFc32AndBack) { round_trip<int8_t>(ZCRING_FORMAT_SC8, 128); }

TEST(Sample, ConvertsAll65536ValuesOfSc16ToFc32AndBack)
{
    round_trip<int16_t>(ZCRING_FORMAT_SC16, 32768);
}

// Rounded to nearest in fixed point, halves away from zero, clipped at 8 times full scale.
TEST(Sample, ReadsFloatsLikeAFloatingPointUnit)
{
    std::mt19937_64 random(1);
    for (int n = 0; n < 1000000; n++) {
        const u32 bits = static_cast<u32>(random());
        float x;
        memcpy(&x, &bits, sizeof(x));
        const double exact = std::isnan(x) ? 0 : std::round(double{ x } * ZCRING_UNITY);
        const double clipped = std::min<double>(std::max<double>(exact, -ZCRING_CLIP), ZCRING_CLIP);
        ASSERT_EQ(load(ZCRING_FORMAT_FC32, x, 0.0f).i, static_cast<s32>(clipped)) << x;
    }
}

TEST(Sample, ReadsFloatsOfEveryExponent)
{
    for (int exponent = -160; exponent <= 127; exponent++)
        for (const double mantissa : { 1.0, 1.25, 1.5, 1.75, 1.9999999 })
            for (const double sign : { -1.0, 1.0 }) {
                const float x = static_cast<float>(sign * std::ldexp(mantissa, exponent));
                const double exact = std::round(double{ x } * ZCRING_UNITY);
                const double clipped =
                    std::min<double>(std::max<double>(exact, -ZCRING_CLIP), ZCRING_CLIP);
                ASSERT_EQ(load(ZCRING_FORMAT_FC32, x, x).q, static_cast<s32>(clipped)) << x;
            }
}

TEST(Sample, ReadsNanAsZero)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float signalling = std::numeric_limits<float>::signaling_NaN();
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, nan, -nan).i, 0);
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, nan, -nan).q, 0);
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, signalling, 0.5f).i, 0);
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, signalling, 0.5f).q, ZCRING_UNITY / 2);
}

TEST(Sample, ClipsInfinity)
{
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, infinity, -infinity).i, ZCRING_CLIP);
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, infinity, -infinity).q, -ZCRING_CLIP);
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, 3e38f, -8.0f).i, ZCRING_CLIP);
    EXPECT_EQ(load(ZCRING_FORMAT_FC32, 3e38f, -8.0f).q, -ZCRING_CLIP);
}

// As the processor's conversion: rounded to nearest, ties to even.
TEST(Sample, WritesFloatsLikeAFloatingPointUnit)
{
    std::mt19937_64 random(2);
    for (int n = 0; n < 1000000; n++) {
        const s32 value = static_cast<s32>(random()) >> (random() % 32);
        const float exact = std::ldexp(static_cast<float>(value), -27);
        const auto [i, q] = store<float>(ZCRING_FORMAT_FC32, value, -value);
        ASSERT_EQ(i, exact) << value;
        ASSERT_EQ(q, -exact) << value;
    }
    EXPECT_EQ(store<float>(ZCRING_FORMAT_FC32, std::numeric_limits<s32>::min(), 0).first, -16.0f);
    EXPECT_FALSE(std::signbit(store<float>(ZCRING_FORMAT_FC32, 0, 0).first));
}

TEST(Sample, RoundsIntegersToNearest)
{
    std::mt19937_64 random(3);
    for (int n = 0; n < 1000000; n++) {
        const s32 value = static_cast<s32>(random() % (1u << 28)) - (1 << 27);
        const double i16 = std::floor(std::ldexp(value, -12) + 0.5);
        const double i8 = std::floor(std::ldexp(value, -20) + 0.5);
        ASSERT_EQ(store<int16_t>(ZCRING_FORMAT_SC16, value, 0).first, std::min(i16, 32767.0));
        ASSERT_EQ(store<int8_t>(ZCRING_FORMAT_SC8, 0, value).second, std::min(i8, 127.0));
    }
}

TEST(Sample, SaturatesIntegers)
{
    for (const s32 much : { ZCRING_UNITY, ZCRING_CLIP, 1518500250 }) {
        EXPECT_EQ(store<int8_t>(ZCRING_FORMAT_SC8, much, -much),
                  std::make_pair(int8_t{ 127 }, int8_t{ -128 }));
        EXPECT_EQ(store<int16_t>(ZCRING_FORMAT_SC16, -much, much),
                  std::make_pair(int16_t{ -32768 }, int16_t{ 32767 }));
    }
}

TEST(Sample, WritesOnlyItsSamples)
{
    for (const u32 format : { ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 }) {
        const u32 bytes = zcring_sample_bytes(format);
        const std::vector<zcring_pair> pairs(5, zcring_pair{ ZCRING_UNITY / 3, -ZCRING_UNITY / 5 });
        std::vector<u8> out(7 * bytes, 0xa5);
        zcring_samples_store(format, pairs.data(), out.data() + bytes, 5);
        for (u32 b = 0; b < bytes; b++) {
            EXPECT_EQ(out[b], 0xa5);
            EXPECT_EQ(out[6 * bytes + b], 0xa5);
        }
    }
}

} // namespace
