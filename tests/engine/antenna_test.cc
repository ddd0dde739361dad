// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

extern "C" {
#include "arith.h"
}

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using bytes = std::vector<u8>;
using complex = std::complex<double>;

constexpr s64 mhz = 1000000000000; // in microhertz
constexpr u64 rate = 1000000;
constexpr u64 scene_samples = 1003; // no power of two, and shorter than most runs
constexpr u32 formats[] = { ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 };
constexpr double two_pi = 6.283185307179586476925286766559;

// Samples of all sizes, some beyond full scale where the format can say so.
bytes recording(u32 format, u64 samples)
{
    std::mt19937_64 random(format);
    bytes out(samples * zcring_sample_bytes(format));
    if (format != ZCRING_FORMAT_FC32) {
        for (u8& b : out)
            b = static_cast<u8>(random());
        return out;
    }
    for (u64 k = 0; k < 2 * samples; k++) {
        const float x = std::ldexp(static_cast<float>(static_cast<s32>(random())), -30);
        memcpy(out.data() + k * sizeof(x), &x, sizeof(x));
    }
    return out;
}

// An antenna at 100 MHz and one megasample a second, seen through one channel.
struct receiver {
    receiver(u32 kind, u32 format, u32 scene_format = 0)
    {
        antenna.scene.kind = kind;
        antenna.scene.freq_uhz = 100 * mhz;
        antenna.format = format;
        antenna.seed = 7;
        if (kind == ZCRING_SCENE_MEMORY) {
            samples = recording(scene_format, scene_samples);
            antenna.samples = samples.data();
            antenna.scene.format = scene_format;
            antenna.scene.samples = scene_samples;
            antenna.scene.rate_num = rate;
            antenna.scene.rate_den = 1;
        }
        tune(0, 0);
    }

    void tune(s64 offset_uhz, s32 gain_mb, u64 sample_clock = 0)
    {
        for (u32 c = 0; c < ZCRING_CHANNELS_MAX; c++) {
            antenna.tuner[c].freq_uhz = antenna.scene.freq_uhz - offset_uhz;
            antenna.tuner[c].gain_mb = gain_mb;
            zcring_antenna_tune(&antenna, c, rate, 1, sample_clock);
        }
    }

    bytes receive(u64 sample_clock, u64 n, u32 channel = 0) const
    {
        bytes out(n * zcring_sample_bytes(antenna.format));
        zcring_antenna_receive(&antenna, channel, sample_clock, out.data(), n);
        return out;
    }

    std::vector<complex> hear(u64 sample_clock, u64 n, u32 channel = 0) const
    {
        const bytes raw = receive(sample_clock, n, channel);
        std::vector<zcring_pair> pairs(n);
        zcring_samples_load(antenna.format, raw.data(), pairs.data(), static_cast<u32>(n));
        std::vector<complex> out;
        for (const zcring_pair p : pairs)
            out.emplace_back(std::ldexp(p.i, -27), std::ldexp(p.q, -27));
        return out;
    }

    zcring_antenna antenna{};
    bytes samples;
};

// How much of @x is at @turns a sample.
double power_at(const std::vector<complex>& x, double turns)
{
    complex sum = 0;
    for (size_t k = 0; k < x.size(); k++)
        sum += x[k] * std::polar(1.0, -two_pi * turns * static_cast<double>(k));
    return std::norm(sum / static_cast<double>(x.size()));
}

// Every kind of scene in every format, each by every tuning and gain.
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
    void for_each_tuning(const std::function<void(const receiver&)>& check)
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

TEST_P(AnyScene, IsTheSameHoweverItIsCut)
{
    const u64 from = 123456789;
    const u64 n = 5000;
    for_each_tuning([&](const receiver& r) {
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

TEST_P(AnyScene, WritesNoByteBesideItsSamples)
{
    for_each_tuning([](const receiver& r) {
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
    for_each_tuning([](const receiver& r) {
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

// At the centre with unit gain the scene is copied. A step of 2^-64 of a turn takes it
// through the rotor instead, and turns nothing.
TEST(Antenna, CopiesWhatTheGeneralPathWouldCompute)
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

TEST(Antenna, LoopsASceneWithoutASeam)
{
    for (const u32 format : formats) {
        const receiver r(ZCRING_SCENE_MEMORY, format, format);
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
    r.antenna.scene.samples = 1;
    const bytes out = r.receive(12345, 300);
    for (size_t k = 0; k < out.size(); k++)
        ASSERT_EQ(out[k], r.samples[k % 4]);
}

TEST(Antenna, ConvertsARecordingBetweenFormats)
{
    const receiver r(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_FC32, ZCRING_FORMAT_SC8);
    const bytes out = r.receive(0, scene_samples);
    for (u64 k = 0; k < 2 * scene_samples; k++) {
        float x;
        memcpy(&x, out.data() + k * sizeof(x), sizeof(x));
        ASSERT_EQ(x, static_cast<float>(static_cast<s8>(r.samples[k])) / 128);
    }
}

// The exact rotation in double; the rotor is good to 2^-24 and its rounding to 2^-27.
TEST(Antenna, TunesByTurningTheSamples)
{
    const s64 offset = -12345678901;
    receiver r(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_FC32, ZCRING_FORMAT_SC16);
    const std::vector<complex> centred = r.hear(0, 3000);
    r.tune(offset, 0);
    const std::vector<complex> tuned = r.hear(0, 3000);
    const double turns = static_cast<double>(offset) / 1e6 / rate;
    for (size_t k = 0; k < tuned.size(); k++) {
        const complex exact = centred[k] * std::polar(1.0, two_pi * turns * static_cast<double>(k));
        ASSERT_NEAR(std::abs(tuned[k] - exact), 0, std::ldexp(1, -22)) << k;
    }
}

TEST(Antenna, KeepsThePhaseOverARetune)
{
    receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_FC32);
    const u64 at = 1001;
    const complex before = r.hear(at, 1)[0];
    r.tune(54321000000, 0, at);
    const complex after = r.hear(at, 1)[0];
    EXPECT_NEAR(std::abs(before - after), 0, 1e-6);
    EXPECT_NEAR(std::abs(before), 0.5, 1e-6);
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
    for (const s32 gain : { -6000, -2000, -350, 1, 600, 1200 }) {
        receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_FC32);
        r.tune(0, gain);
        const double factor = std::pow(10, gain / 2000.0);
        for (const complex x : r.hear(0, 100))
            ASSERT_NEAR(std::abs(x), 0.5 * factor, 0.5 * std::ldexp(1, -22) + 1e-6 * factor)
                << gain;
    }
}

TEST(Antenna, SaturatesRatherThanWraps)
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

/*
 * A million samples of I and of Q. The mean of 2e6 values of RMS 0.1 is off by 7e-5 at one
 * sigma; the RMS by 5e-5, and by design the factor is 355 / 354.7 too large.
 */
TEST(Antenna, MakesNoiseOfTheRightPower)
{
    const u64 n = 1000000;
    const receiver r(ZCRING_SCENE_NOISE, ZCRING_FORMAT_FC32);
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

TEST(Antenna, MakesOtherNoiseForEverySeedAndChannel)
{
    receiver r(ZCRING_SCENE_NOISE, ZCRING_FORMAT_SC16);
    const bytes first = r.receive(0, 1000, 0);
    EXPECT_EQ(first, r.receive(0, 1000, 0));
    EXPECT_NE(first, r.receive(0, 1000, 1));
    r.antenna.seed = 8;
    EXPECT_NE(first, r.receive(0, 1000, 0));
}

TEST(Antenna, DoesNotTurnNoise)
{
    receiver r(ZCRING_SCENE_NOISE, ZCRING_FORMAT_FC32);
    const bytes before = r.receive(0, 1000);
    r.tune(12345678901, 0);
    EXPECT_EQ(before, r.receive(0, 1000));
}

// docs/abi.md: the low 32 bits of the sample clock, 4097 further on for every channel.
TEST(Antenna, CountsInEveryFormat)
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

TEST(Antenna, NeitherTunesNorAmplifiesTheCounter)
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

TEST(Antenna, IsDeafOutOfBand)
{
    // The tone is heard within half the rate of the tuned frequency, both ends included.
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
    // A recording is heard while its band touches the receiver's.
    receiver memory(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC8);
    for (const auto& [offset, silent] : { std::pair<s64, bool>{ mhz - 1, false },
                                          { mhz, true },
                                          { 1 - mhz, false },
                                          { -mhz, true },
                                          { 2000000 * mhz, true },
                                          { -2000000 * mhz, true } }) {
        memory.tune(offset, 0);
        EXPECT_EQ(is_silent(memory.receive(5, 200)), silent) << offset;
    }
    memory.tune(0, 0);
    EXPECT_FALSE(is_silent(memory.receive(5, 200))) << "and hears again";
}

TEST(Antenna, KnowsWhatRepeats)
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

TEST(Antenna, TakesEveryKindOfSceneThatItSimulates)
{
    for (const u32 kind : { ZCRING_SCENE_TONE, ZCRING_SCENE_NOISE, ZCRING_SCENE_COUNTER }) {
        zcring_scene scene{};
        scene.kind = kind;
        EXPECT_EQ(zcring_scene_check(&scene), 0);
    }
    const zcring_scene memory = memory_scene();
    EXPECT_EQ(zcring_scene_check(&memory), 0);
}

TEST(Antenna, RefusesAFeed)
{
    zcring_scene scene = memory_scene();
    scene.kind = ZCRING_SCENE_FEED;
    EXPECT_EQ(zcring_scene_check(&scene), -EOPNOTSUPP);
}

TEST(Antenna, RefusesASceneThatMakesNoSense)
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
    EXPECT_TRUE(refused([](zcring_scene& s) { s.samples = ZCRING_SCENE_BYTES_MAX / 4 + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.samples = ~0ULL; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.rate_num = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.rate_den = 0; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.flags = 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.freq_uhz = ZCRING_FREQ_UHZ_MAX + 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.freq_uhz = std::numeric_limits<s64>::min(); }));
    for (int word = 0; word < 4; word++)
        EXPECT_TRUE(refused([word](zcring_scene& s) { s.reserved[word] = 1; }));
    EXPECT_TRUE(refused([](zcring_scene& s) { s.kind = ZCRING_SCENE_TONE; })) << "built in";
}

} // namespace
