// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The loops over samples: the same bits for every instruction set, the kernel's integer arithmetic
 * included; conversion and gain against an exact reference; what counts as clipped.
 */
#include "engine.h"

extern "C" {
#include "filter.h"
#include "sample.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" {
extern const zcring_loops zcring_loops_plain;
extern const zcring_loops zcring_loops_integer;
#if defined(__x86_64__)
extern const zcring_loops zcring_loops_avx2;
extern const zcring_loops zcring_loops_avx512;
#endif
}

namespace {

//! The loops of an instruction set; null where the processor has it not.
const zcring_loops* loops_of(const std::string& name)
{
    if (name == "integer")
        return &zcring_loops_integer;
#if defined(__x86_64__)
    if (name == "avx2")
        return __builtin_cpu_supports("avx2") ? &zcring_loops_avx2 : nullptr;
    if (name == "avx512")
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl")
                   ? &zcring_loops_avx512
                   : nullptr;
#endif
    return name == "plain" ? &zcring_loops_plain : nullptr;
}

constexpr u32 n = 250; // no multiple of a vector
constexpr u32 formats[] = { ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 };
constexpr zcring_gain unity{ 1 << 14, 1 };

using bytes = std::vector<u8>;

zcring_gain random_gain(std::mt19937_64& random)
{
    if (random() % 4 == 0)
        return unity;
    return { static_cast<s32>(16384 + random() % 16384), static_cast<s32>(random() % 20) - 9 };
}

// Floats of every kind: those of signals, quiet ones, of every exponent, and not-a-number. Of
// integers, loud and quiet ones.
bytes random_samples(u32 format, std::mt19937_64& random)
{
    bytes out(n * zcring_sample_bytes(format));
    for (u8& b : out)
        b = static_cast<u8>(random());
    const auto quiet = static_cast<int>(random() % 16);
    if (format == ZCRING_FORMAT_FC32 && random() % 4)
        for (u32 k = 0; k < 2 * n; k++) {
            const int tiny = random() % 2 && k == n ? 80 : 0;
            const float x =
                std::ldexp(static_cast<float>(static_cast<s32>(random())), -30 - quiet - tiny);
            memcpy(out.data() + k * sizeof(x), &x, sizeof(x));
        }
    if (format == ZCRING_FORMAT_SC16)
        for (u32 k = 0; k < 2 * n; k++) {
            s16 x;
            memcpy(&x, out.data() + k * sizeof(x), sizeof(x));
            x = static_cast<s16>(x >> quiet);
            memcpy(out.data() + k * sizeof(x), &x, sizeof(x));
        }
    return out;
}

std::vector<s32> random_values(u32 count, std::mt19937_64& random)
{
    std::vector<s32> out(count);
    for (s32& v : out)
        v = static_cast<s32>(random() % (1u << 29)) - (1 << 28);
    return out;
}

// What one call of each loop gives, in one run of bytes.
bytes all_results(const zcring_loops* loops, u64 seed)
{
    std::mt19937_64 random(seed);
    bytes all;
    const auto keep = [&](const void* from, size_t length) {
        const auto* first = static_cast<const u8*>(from);
        all.insert(all.end(), first, first + length);
    };
    for (const u32 from : formats) {
        const bytes in = random_samples(from, random);
        const zcring_gain gain = random_gain(random);
        std::vector<s32> values(2 * n);
        loops->load(from, in.data(), values.data(), n, &gain);
        keep(values.data(), values.size() * sizeof(s32));
        for (const u32 to : formats) {
            bytes out(n * zcring_sample_bytes(to));
            const bool clipped = loops->convert(from, in.data(), to, out.data(), n, &gain);
            keep(out.data(), out.size());
            all.push_back(clipped);
            all.push_back(loops->store(to, values.data(), out.data(), n));
            keep(out.data(), out.size());
        }
        zcring_rotors rotors;
        for (u32 k = 0; k < ZCRING_ROTORS; k++) {
            const double angle = static_cast<double>(random() % 1000);
            rotors.i[k] = static_cast<s32>(std::lround(32768 * std::cos(angle)));
            rotors.q[k] = static_cast<s32>(std::lround(32768 * std::sin(angle)));
        }
        const zcring_rotor block{ rotors.i[7], rotors.q[7] };
        auto window = std::make_unique<zcring_window>();
        const u32 decimation = 1 + static_cast<u32>(random() % 12);
        auto taps = std::make_unique<zcring_taps>();
        zcring_taps_design(taps.get(), decimation, (1ULL << 63) / decimation);
        const u32 length = taps->count + 9 * decimation;
        for (u32 at = 0; at < length; at += n)
            loops->mix(from, in.data(), window.get(), at, n, &rotors, 3, block);
        loops->silence(window.get(), 20, 5);
        std::vector<s32> i(n), q(n);
        loops->filter(taps.get(), window.get(), 1, decimation, i.data(), q.data(), 9);
        i = random_values(n, random);
        q = random_values(n, random);
        loops->turn(i.data(), q.data(), n, &rotors, 5, block);
        loops->amplify(i.data(), q.data(), values.data(), n, &gain);
        keep(values.data(), values.size() * sizeof(s32));
        std::vector<s16> table(3 * n);
        for (s16& v : table)
            v = static_cast<s16>(static_cast<s32>(random() % 14000) - 7000);
        const s16* runs[6];
        for (auto& run : runs)
            run = table.data() + random() % n;
        const zcring_gain level{ gain.mantissa, gain.exponent - 2 };
        loops->add_noise(values.data(), 2 * n, runs, &level);
        keep(values.data(), values.size() * sizeof(s32));
    }
    return all;
}

// The largest input of a filter: full scale in I and Q, turned by an eighth of a turn.
constexpr s16 largest_input = 23170;

s32 tap_at(const zcring_taps& taps, u32 k)
{
    return taps.high[k] * 16 + (taps.has_low ? taps.low[k] : 0);
}

// Fills a window, in the layout of these loops, with the input for which all products are positive.
void fill_with_worst_input(const zcring_loops& loops,
                           const zcring_taps& taps,
                           zcring_window& window)
{
    for (u32 k = 0; k < taps.padded; k++) {
        const bool is_negative = tap_at(taps, k) < 0;
        const s16 x = k >= taps.count ? s16{ 0 } : is_negative ? -largest_input : largest_input;
        if (&loops == &zcring_loops_integer)
            window.packed[k] = x * (1LL << 32) + x;
        else
            window.i[k] = window.q[k] = x;
    }
}

s32 filtered_worst_input(const zcring_taps& taps)
{
    s64 sum = 0;
    for (u32 k = 0; k < taps.count; k++)
        sum += largest_input * static_cast<s64>(std::abs(tap_at(taps, k)));
    return static_cast<s32>((sum + 32) >> 6);
}

TEST(Loops, NoSumOfTheFilterOverflows)
{
    auto window = std::make_unique<zcring_window>();
    auto taps = std::make_unique<zcring_taps>();
    for (u32 decimation = 1; decimation <= ZCRING_DECIMATION_MAX; decimation++)
        for (u64 twentieths = 2; twentieths <= 20; twentieths++) {
            zcring_taps_design(taps.get(), decimation, (1ULL << 63) / decimation / 20 * twentieths);
            for (const char* name : { "plain", "integer", "avx2", "avx512" }) {
                const zcring_loops* loops = loops_of(name);
                if (!loops)
                    continue;
                std::memset(window.get(), 0, sizeof(*window));
                fill_with_worst_input(*loops, *taps, *window);
                s32 i[2], q[2]; // two, as the loops may compute outputs in pairs
                loops->filter(taps.get(), window.get(), 0, decimation, i, q, 2);
                ASSERT_EQ(i[0], filtered_worst_input(*taps)) << loops->name << decimation;
                ASSERT_EQ(q[0], i[0]) << loops->name << decimation;
            }
        }
}

void expect_the_bits_of_plain_loops(const std::string& name)
{
    const zcring_loops* loops = loops_of(name);
    if (!loops)
        GTEST_SKIP() << "this processor has no " << name;
    ASSERT_EQ(loops->name, name);
    for (u64 seed = 0; seed < 300; seed++)
        ASSERT_EQ(all_results(&zcring_loops_plain, seed), all_results(loops, seed)) << seed;
}

TEST(Loops, GiveTheSameBitsWithoutFloatingPoint) { expect_the_bits_of_plain_loops("integer"); }

TEST(Loops, GiveTheSameBitsWithAvx2) { expect_the_bits_of_plain_loops("avx2"); }

TEST(Loops, GiveTheSameBitsWithAvx512) { expect_the_bits_of_plain_loops("avx512"); }

double value_in(u32 format, const u8* samples, u32 k)
{
    if (format == ZCRING_FORMAT_SC8)
        return static_cast<s8>(samples[k]) / 128.0;
    if (format == ZCRING_FORMAT_SC16) {
        s16 half;
        memcpy(&half, samples + 2 * k, sizeof(half));
        return half / 32768.0;
    }
    float x;
    memcpy(&x, samples + 4 * k, sizeof(x));
    return std::isnan(x) ? 0 : std::clamp<double>(x, -1, 1);
}

double step_of(u32 format)
{
    return format == ZCRING_FORMAT_SC8    ? 1.0 / 128
           : format == ZCRING_FORMAT_SC16 ? 1.0 / 32768
                                          : std::ldexp(1, -23);
}

// Within half a step of the format of the exact product, and clipped at full scale.
TEST(Loops, ConvertAndAmplify)
{
    std::mt19937_64 random(1);
    for (int round = 0; round < 200; round++)
        for (const u32 from : formats)
            for (const u32 to : formats) {
                const bytes in = random_samples(from, random);
                const zcring_gain gain = random_gain(random);
                const double factor = std::ldexp(gain.mantissa, gain.exponent - 15);
                bytes out(n * zcring_sample_bytes(to));
                const bool clipped =
                    zcring_loops_best()->convert(from, in.data(), to, out.data(), n, &gain);
                const double step = step_of(to);
                const double most = to == ZCRING_FORMAT_FC32 ? 1 : 1 - step;
                bool expected = false;
                for (u32 k = 0; k < 2 * n; k++) {
                    const double exact = value_in(from, in.data(), k) * factor;
                    expected |= exact > most + 1e-8 || exact < -1 - 1e-8;
                    ASSERT_NEAR(value_in(to, out.data(), k),
                                std::clamp(exact, -1.0, most),
                                step * 0.5001 + std::ldexp(1, -24));
                }
                ASSERT_EQ(clipped, expected);
            }
}

TEST(Loops, CopyEveryIntegerThroughFloats)
{
    std::vector<s16> all(65536);
    for (u32 k = 0; k < all.size(); k++)
        all[k] = static_cast<s16>(k);
    std::vector<float> floats(all.size());
    std::vector<s16> back(all.size());
    const auto* loops = zcring_loops_best();
    EXPECT_FALSE(loops->convert(ZCRING_FORMAT_SC16,
                                reinterpret_cast<u8*>(all.data()),
                                ZCRING_FORMAT_FC32,
                                reinterpret_cast<u8*>(floats.data()),
                                32768,
                                &unity));
    for (u32 k = 0; k < all.size(); k++)
        ASSERT_EQ(floats[k], static_cast<float>(all[k]) / 32768);
    EXPECT_FALSE(loops->convert(ZCRING_FORMAT_FC32,
                                reinterpret_cast<u8*>(floats.data()),
                                ZCRING_FORMAT_SC16,
                                reinterpret_cast<u8*>(back.data()),
                                32768,
                                &unity));
    EXPECT_EQ(all, back);
}

// A value is clipped if it lies outside of the format before it is rounded.
TEST(Loops, ClipAtTheLastValueOfTheFormat)
{
    for (const u32 format : formats) {
        const s32 most = format == ZCRING_FORMAT_FC32
                             ? ZCRING_UNITY
                             : ZCRING_UNITY - (format == ZCRING_FORMAT_SC8 ? 1 << 20 : 1 << 12);
        u8 out[8];
        for (const auto& [value, clipped] : { std::pair{ most, false },
                                              { most + 1, true },
                                              { -ZCRING_UNITY, false },
                                              { -ZCRING_UNITY - 1, true } }) {
            const s32 values[2] = { 0, value };
            EXPECT_EQ(zcring_loops_best()->store(format, values, out, 1), clipped) << value;
            EXPECT_EQ(zcring_values_clipped(format, values, 1), clipped ? 1u : 0u) << value;
        }
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

TEST(Sample, ClipsTheFloatsOfAScene)
{
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    float samples[] = { 1.0f, -1.0f, 1.0000001f, 0.5f, -infinity, 3e38f, nan, -0.25f };
    EXPECT_EQ(zcring_samples_clip(ZCRING_FORMAT_FC32, reinterpret_cast<u8*>(samples), 4), 2u);
    const float expected[] = { 1.0f, -1.0f, 1.0f, 0.5f, -1.0f, 1.0f, 0.0f, -0.25f };
    for (int k = 0; k < 8; k++)
        EXPECT_EQ(samples[k], expected[k]) << k;
}

} // namespace
