// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The kinds of scenes: noise, the counter, scenes out of band, periods, and which scenes are
 * valid.
 */
#include "receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <utility>
#include <vector>

namespace {

using namespace zcring_test;

/*
 * A million samples of I and of Q. One sigma of the mean of 2e6 values with an RMS of 0.1 is 7e-5,
 * one sigma of the RMS 5e-5; the rounded scale makes the RMS larger by 355 / 354.7.
 */
TEST(Scene, MakesNoiseOfTheRightPower)
{
    const u64 n = 1000000;
    receiver r(ZCRING_SCENE_NOISE, ZCRING_FORMAT_FC32);
    for (u32 channel = 0; channel < 2; channel++) {
        complex sum = 0;
        double power = 0;
        double fourth = 0;
        complex lag = 0;
        complex last = 0;
        for (const complex x : r.hear(5000, n, channel)) {
            sum += x;
            power += std::norm(x);
            fourth += std::pow(x.real(), 4);
            lag += x * std::conj(last);
            last = x;
        }
        EXPECT_NEAR(sum.real() / n, 0, 5e-4);
        EXPECT_NEAR(sum.imag() / n, 0, 5e-4);
        EXPECT_NEAR(std::sqrt(power / (2 * n)), 0.1, 5e-4);
        EXPECT_NEAR(fourth / n / 1e-4, 3, 0.4)
            << "near enough to Gaussian: four uniform ones make 2.7";
        EXPECT_NEAR(std::abs(lag) / power, 0, 5e-3) << "white";
    }
}

TEST(Scene, MakesDifferentNoiseForEverySeedAndChannel)
{
    receiver r(ZCRING_SCENE_NOISE, ZCRING_FORMAT_SC16);
    const bytes first = r.receive(0, 1000, 0);
    EXPECT_EQ(first, r.receive(0, 1000, 0));
    EXPECT_NE(first, r.receive(0, 1000, 1));
    r.antenna.seed = 8;
    EXPECT_NE(first, r.receive(0, 1000, 0));
}

TEST(Scene, DoesNotRotateNoise)
{
    receiver r(ZCRING_SCENE_NOISE, ZCRING_FORMAT_FC32);
    const bytes before = r.receive(0, 1000);
    r.tune(12345678901, 0);
    EXPECT_EQ(before, r.receive(0, 1000));
}

// docs/abi.md: the low 32 bits of the sample clock, plus 4097 for every channel.
TEST(Scene, EncodesTheCounterInEveryFormat)
{
    for (const u64 from : { 0ULL, 65530ULL, 0xfffffff0ULL, 0x123456789abcdefULL })
        for (u32 channel = 0; channel < ZCRING_CHANNELS_MAX; channel++)
            for (u64 k = 0; k < 40; k++) {
                const u32 count = static_cast<u32>(from + k + 4097 * channel);
                u8 sc8[2];
                u16 sc16[2];
                float fc32[2];
                memcpy(sc8,
                       receiver(ZCRING_SCENE_COUNTER, ZCRING_FORMAT_SC8)
                           .receive(from + k, 1, channel)
                           .data(),
                       2);
                memcpy(sc16,
                       receiver(ZCRING_SCENE_COUNTER, ZCRING_FORMAT_SC16)
                           .receive(from + k, 1, channel)
                           .data(),
                       4);
                memcpy(fc32,
                       receiver(ZCRING_SCENE_COUNTER, ZCRING_FORMAT_FC32)
                           .receive(from + k, 1, channel)
                           .data(),
                       8);
                ASSERT_EQ(sc8[0] | sc8[1] << 8, static_cast<int>(count & 0xffff));
                ASSERT_EQ(sc16[0] | static_cast<u32>(sc16[1]) << 16, count);
                ASSERT_EQ(fc32[0], static_cast<float>(static_cast<s16>(count)) / 32768);
                ASSERT_EQ(fc32[1], static_cast<float>(static_cast<s16>(count >> 16)) / 32768);
            }
}

TEST(Scene, NeitherTunesNorAmplifiesTheCounter)
{
    receiver r(ZCRING_SCENE_COUNTER, ZCRING_FORMAT_SC16);
    const bytes before = r.receive(0, 1000);
    r.tune(12345678901, -6000);
    EXPECT_EQ(before, r.receive(0, 1000));
    r.tune(500 * mhz, 0);
    EXPECT_EQ(before, r.receive(0, 1000));
}

bool is_silent(const bytes& out)
{
    for (const u8 b : out)
        if (b)
            return false;
    return true;
}

TEST(Scene, IsSilentOutOfBand)
{
    // The tone is received within half the rate of the tuned frequency, both ends included.
    receiver tone(ZCRING_SCENE_TONE, ZCRING_FORMAT_SC16);
    for (const auto& [offset, silent] : { std::pair<s64, bool>{ 375000000000, false },
                                          { 375000000001, true },
                                          { -625000000000, false },
                                          { -625000000001, true },
                                          { mhz, true },
                                          { -mhz, true } }) {
        tone.tune(offset, 0);
        EXPECT_EQ(is_silent(tone.receive(5, 200)), silent) << offset;
    }
    // A recording is received while its band overlaps a twentieth of the receiver's.
    receiver memory(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC8);
    for (const auto& [offset, silent] : { std::pair<s64, bool>{ mhz / 20 * 19, false },
                                          { mhz / 20 * 19 + 1, true },
                                          { mhz, true },
                                          { -mhz / 20 * 19, false },
                                          { -mhz, true },
                                          { 2000000 * mhz, true },
                                          { -2000000 * mhz, true } }) {
        memory.tune(offset, 0);
        EXPECT_EQ(is_silent(memory.receive(5, 200)), silent) << offset;
    }
    memory.tune(0, 0);
    EXPECT_FALSE(is_silent(memory.receive(5, 200))) << "received again";
}

TEST(Scene, ReportsThePeriodOfASignal)
{
    receiver tone(ZCRING_SCENE_TONE, ZCRING_FORMAT_SC16);
    EXPECT_EQ(zcring_antenna_period(&tone.antenna, 0), 8u);
    tone.tune(12345678901, 0);
    EXPECT_EQ(zcring_antenna_period(&tone.antenna, 0), 0u);
    const receiver noise(ZCRING_SCENE_NOISE, ZCRING_FORMAT_SC16);
    EXPECT_EQ(zcring_antenna_period(&noise.antenna, 0), 0u);
    const receiver counter(ZCRING_SCENE_COUNTER, ZCRING_FORMAT_SC8);
    EXPECT_EQ(zcring_antenna_period(&counter.antenna, 0), 65536u);
    receiver memory(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC8);
    EXPECT_EQ(zcring_antenna_period(&memory.antenna, 0), scene_samples);
    memory.tune(1, 0);
    EXPECT_EQ(zcring_antenna_period(&memory.antenna, 0), 0u);
}

zcring_scene memory_scene()
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = 100;
    scene.rate_num = rate;
    scene.rate_den = 1;
    return scene;
}

TEST(Scene, AcceptsEverySimulatedKind)
{
    for (const u32 kind : { ZCRING_SCENE_TONE, ZCRING_SCENE_NOISE, ZCRING_SCENE_COUNTER }) {
        zcring_scene scene{};
        scene.kind = kind;
        EXPECT_EQ(zcring_scene_check(&scene), 0);
    }
    const zcring_scene memory = memory_scene();
    EXPECT_EQ(zcring_scene_check(&memory), 0);
}

TEST(Scene, TakesAFeedWithoutSegmentsOrEnd)
{
    zcring_scene scene = memory_scene();
    scene.kind = ZCRING_SCENE_FEED;
    EXPECT_EQ(zcring_scene_check(&scene), 0) << "as many samples as its buffer shall hold";
    scene.samples = 0;
    EXPECT_EQ(zcring_scene_check(&scene), 0);
    scene.segments = 1;
    EXPECT_EQ(zcring_scene_check(&scene), -EINVAL);
    scene.segments = 0;
    scene.flags = ZCRING_SCENE_ONCE;
    EXPECT_EQ(zcring_scene_check(&scene), -EINVAL);
    scene.flags = 0;
    scene.format = 0;
    EXPECT_EQ(zcring_scene_check(&scene), -EINVAL);
}

TEST(Scene, RefusesAnInvalidScene)
{
    const auto refused = [](auto change) {
        zcring_scene scene = memory_scene();
        change(scene);
        return zcring_scene_check(&scene) == -EINVAL;
    };
    EXPECT_TRUE(refused([](zcring_scene& s) { s.kind = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.kind = 6; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.format = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.format = 4; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.samples = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.samples = ZCRING_SCENE_SAMPLES_MAX + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.samples = ~0ULL; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.rate_num = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.rate_den = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.rate_den = ZCRING_RATE_DEN_MAX + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) {
        s.rate_num = ZCRING_RATE_HZ_MAX * ZCRING_DECIMATION_MAX + 1;
        s.rate_den = 1;
    }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.flags = 2; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.channels = ZCRING_CHANNELS_MAX + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.segments = ZCRING_SEGMENTS_MAX + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.freq_uhz = ZCRING_FREQ_UHZ_MAX + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.freq_uhz = std::numeric_limits<s64>::min(); }));
    for (int word = 0; word < 3; word++)
        EXPECT_TRUE(refused([word](zcring_scene& s) { s.reserved[word] = 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.kind = ZCRING_SCENE_TONE; })) << "built in";
}

} // namespace
