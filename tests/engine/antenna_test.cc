// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a tuner receives: the same samples however a stream is cut, recordings, the tone, tuning
 * and gain, each in every format.
 */
#include "receiver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace zcring_test;

// Every kind of scene in every format, with every tuning and gain.
struct setting {
    u32 kind;
    u32 format;
    u32 scene_format;
};

std::vector<setting> settings()
{
    std::vector<setting> all;
    for (const u32 format : formats) {
        for (const u32 kind : { ZCRING_SCENE_TONE, ZCRING_SCENE_NOISE, ZCRING_SCENE_COUNTER })
            all.push_back({ kind, format, 0 });
        for (const u32 scene_format : formats)
            all.push_back({ ZCRING_SCENE_MEMORY, format, scene_format });
    }
    return all;
}

class AnyScene : public testing::TestWithParam<setting>
{
protected:
    void for_each_tuning(const std::function<void(receiver&)>& check)
    {
        receiver r(GetParam().kind, GetParam().format, GetParam().scene_format);
        for (const s64 offset : { 0LL, 12345678901LL, -12345678901LL, 125000000000LL })
            for (const s32 gain : { 0, -350, 1200 }) {
                SCOPED_TRACE("offset " + std::to_string(offset) + " gain " + std::to_string(gain));
                r.tune(offset, gain);
                ASSERT_NO_FATAL_FAILURE(check(r));
            }
    }
};

TEST_P(AnyScene, DoesNotDependOnHowItIsCut)
{
    const u64 from = 123456789;
    const u64 n = 5000;
    for_each_tuning([&](receiver& r) {
        const u32 sample = zcring_sample_bytes(r.antenna.format);
        std::mt19937_64 random(r.antenna.scene.kind);
        for (u32 channel = 0; channel < 2; channel++) {
            const bytes whole = r.receive(from, n, channel);
            bytes pieces(whole.size());
            for (u64 at = 0, piece; at < n; at += piece) {
                piece = std::min<u64>(n - at, random() % 4 ? 1 + random() % 300 : 1);
                zcring_antenna_receive(
                    &r.antenna, channel, from + at, pieces.data() + at * sample, piece);
            }
            ASSERT_EQ(whole, pieces) << "channel " << channel;
        }
    });
}

TEST_P(AnyScene, WritesOnlyItsSamples)
{
    for_each_tuning([](receiver& r) {
        const u32 sample = zcring_sample_bytes(r.antenna.format);
        for (const u64 n : { 0, 1, 127, 128, 129, 1003 }) {
            bytes out((n + 2) * sample, 0x5a);
            zcring_antenna_receive(&r.antenna, 0, 17, out.data() + sample, n);
            for (u32 b = 0; b < sample; b++) {
                ASSERT_EQ(out[b], 0x5a);
                ASSERT_EQ(out[(n + 1) * sample + b], 0x5a);
            }
        }
    });
}

TEST_P(AnyScene, RepeatsAfterItsPeriod)
{
    for_each_tuning([](receiver& r) {
        const u64 period = zcring_antenna_period(&r.antenna, 1);
        ASSERT_EQ(r.receive(99, 3000, 1), r.receive(99 + period, 3000, 1));
    });
}

std::string name_of(const testing::TestParamInfo<setting>& info)
{
    static const char* const kinds[] = { "", "Tone", "Noise", "Counter", "Memory" };
    static const char* const names[] = { "", "Sc8", "Sc16", "Fc32" };
    const setting& s = info.param;
    return std::string(kinds[s.kind]) + names[s.scene_format] + "As" + names[s.format];
}

INSTANTIATE_TEST_SUITE_P(Antenna, AnyScene, testing::ValuesIn(settings()), name_of);

// At the centre with unit gain the scene is copied. A step of 2^-64 of a turn selects the general
// path through the rotor instead, without rotating anything.
TEST(Antenna, CopiesTheSamplesThatTheGeneralPathComputes)
{
    for (const u32 format : formats) {
        receiver r(ZCRING_SCENE_MEMORY, format, format);
        if (format == ZCRING_FORMAT_FC32) // within fixed point, as a recording mostly is
            for (u64 k = 0; k < 2 * scene_samples; k++) {
                const float x = static_cast<float>(k * 7919 % 4096) / 2048 - 1;
                memcpy(r.samples.data() + k * sizeof(x), &x, sizeof(x));
            }
        const bytes copied = r.receive(500, 4000);
        r.antenna.tuner[0].step = 1;
        EXPECT_EQ(copied, r.receive(500, 4000)) << "format " << format;
    }
}

TEST(Antenna, LoopsASceneWithoutADiscontinuity)
{
    for (const u32 format : formats) {
        receiver r(ZCRING_SCENE_MEMORY, format, format);
        const u32 sample = zcring_sample_bytes(format);
        const bytes out = r.receive(scene_samples - 10, 3 * scene_samples);
        for (u64 k = 0; k < 3 * scene_samples; k++)
            ASSERT_EQ(0,
                      memcmp(out.data() + k * sample,
                             r.samples.data() + (scene_samples - 10 + k) % scene_samples * sample,
                             sample))
                << "format " << format << " sample " << k;
    }
}

TEST(Antenna, LoopsASceneOfOneSample)
{
    receiver r(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC16);
    r.set_recording(1, rate);
    const bytes out = r.receive(12345, 300);
    for (size_t k = 0; k < out.size(); k++)
        ASSERT_EQ(out[k], r.samples[k % 4]);
}

TEST(Antenna, ConvertsARecordingBetweenFormats)
{
    receiver r(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_FC32, ZCRING_FORMAT_SC8);
    const bytes out = r.receive(0, scene_samples);
    for (u64 k = 0; k < 2 * scene_samples; k++) {
        float x;
        memcpy(&x, out.data() + k * sizeof(x), sizeof(x));
        ASSERT_EQ(x, static_cast<float>(static_cast<s8>(r.samples[k])) / 128);
    }
}

// Rotors have 15 bits, and so has the gain.
constexpr double precision = 3e-5;

TEST(Antenna, KeepsThePhaseAtARetune)
{
    receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_FC32);
    const u64 at = 1001;
    const complex before = r.hear(at, 1)[0];
    r.tune(54321000000, 0, at);
    const complex after = r.hear(at, 1)[0];
    EXPECT_NEAR(std::abs(before - after), 0, precision);
    EXPECT_NEAR(std::abs(before), 0.5, precision);
}

TEST(Antenna, PutsTheToneAnEighthOfTheRateAboveTheCentre)
{
    for (const u32 format : formats)
        for (const s64 offset : { 0LL, 50000000000LL, -125000000000LL, -300000000000LL }) {
            receiver r(ZCRING_SCENE_TONE, format);
            r.tune(offset, 0);
            const std::vector<complex> x = r.hear(4321, 1000);
            int peak = 0;
            for (int bin = -500; bin < 500; bin++)
                if (power_at(x, bin / 1000.0) > power_at(x, peak / 1000.0))
                    peak = bin;
            EXPECT_EQ(peak, 125 + offset / 1000000000) << "format " << format;
            EXPECT_NEAR(std::sqrt(power_at(x, peak / 1000.0)), 0.5, 0.01) << "-6 dB";
        }
}

TEST(Antenna, AmplifiesByTheGain)
{
    for (const s32 gain : { -6000, -2000, -350, 1, 500, 600 }) {
        receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_FC32);
        r.tune(0, gain);
        const double factor = std::pow(10, gain / 2000.0);
        for (const complex x : r.hear(0, 100))
            ASSERT_NEAR(std::abs(x), 0.5 * factor, std::ldexp(1, -26) + precision * factor) << gain;
    }
}

TEST(Antenna, SaturatesAtFullScale)
{
    receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_SC16);
    r.tune(-125000000000, 6000); // the tone at zero: I only
    const bytes out = r.receive(0, 100);
    for (u64 k = 0; k < 100; k++) {
        s16 iq[2];
        memcpy(iq, out.data() + 4 * k, sizeof(iq));
        ASSERT_EQ(iq[0], 32767);
        ASSERT_NEAR(iq[1], 0, 1);
    }
}

} // namespace
