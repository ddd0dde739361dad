// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The tuner and the channel filter: precision, what is heard and what is not, any decimation, noise,
 * and clipped samples.
 */
#include "receiver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <vector>

namespace {

using namespace zcring_test;

constexpr u64 length = 1 << 15; // of a scene, in samples
constexpr u32 decimations[] = { 1, 2, 3, 8, 25, 32 };

struct tone {
    s64 bin; // of length, so that the scene has no seam
    complex amplitude;
};

// A scene of tones, whose rate is decimation times the receiver's.
struct tones_receiver : receiver {
    tones_receiver(u32 format, u32 scene_format, u32 decimation, const std::vector<tone>& tones)
        : receiver(ZCRING_SCENE_MEMORY, format, scene_format)
    {
        std::vector<float> scene;
        for (u64 k = 0; k < length; k++) {
            complex sum = 0;
            for (const tone& t : tones) {
                const s64 turn = static_cast<s64>(k) * t.bin % static_cast<s64>(length);
                sum += t.amplitude * std::polar(1.0, two_pi * static_cast<double>(turn) / length);
            }
            scene.push_back(static_cast<float>(sum.real()));
            scene.push_back(static_cast<float>(sum.imag()));
        }
        samples.resize(length * zcring_sample_bytes(scene_format));
        const zcring_gain unity{ 1 << 14, 1 };
        antenna.loops->convert(ZCRING_FORMAT_FC32,
                               reinterpret_cast<const u8*>(scene.data()),
                               scene_format,
                               samples.data(),
                               length,
                               &unity);
        set_recording(length, rate * decimation);
        zcring_antenna_set_rate(&antenna, rate, 1, 0);
    }

    double scene_rate() const { return static_cast<double>(antenna.scene.rate_num); }
    double frequency(const tone& t) const // Hz, from the centre of the scene
    {
        return static_cast<double>(t.bin) / length * scene_rate();
    }
};

s64 to_uhz(double hz) { return static_cast<s64>(std::llround(hz * 1e6)); }

class Decimation : public testing::TestWithParam<u32>
{
};

TEST_P(Decimation, ReceivesTonesWithinMinus60Decibels)
{
    const double decimation = GetParam();
    for (const u32 format : { ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 })
        for (const double offset : { 0.0, 0.05, -0.23 }) { // of the scene's rate
            // All of the receiver's band but for its outer tenths and the scene's outer twentieths.
            const double low = std::max(-0.4 / decimation, offset - 0.45);
            const double high = std::min(0.4 / decimation, offset + 0.45);
            std::vector<tone> tones;
            for (int k = 0; k < 7; k++)
                tones.push_back({ std::llround((low + (high - low) * k / 6 - offset) * length),
                                  std::polar(0.09, 1.0 + k * k) });
            tones_receiver r(format, format, GetParam(), tones);
            r.tune(to_uhz(offset * r.scene_rate()), 0);
            const u64 n = 1000;
            const std::vector<complex> heard = r.hear(12345, n);
            double error = 0, power = 0;
            for (u64 k = 0; k < n; k++) {
                complex exact = 0;
                for (const tone& t : tones) {
                    const double turns = (r.frequency(t) + offset * r.scene_rate()) / rate;
                    exact += t.amplitude *
                             std::polar(1.0, two_pi * std::fmod(turns * (12345.0 + k), 1.0));
                }
                error += std::norm(heard[k] - exact);
                power += std::norm(exact);
            }
            EXPECT_LE(10 * std::log10(error / power), -60)
                << "format " << format << " offset " << offset;
        }
}

TEST_P(Decimation, DoesNotDependOnHowItIsCut)
{
    for (const u32 scene_format : formats) {
        tones_receiver r(ZCRING_FORMAT_SC16, scene_format, GetParam(), { { 3000, 0.4 } });
        zcring_antenna_set_noise(&r.antenna, -4000);
        r.tune(to_uhz(0.31 * r.scene_rate()), 300);
        std::mt19937_64 random(1);
        const u64 n = 3000;
        const bytes whole = r.receive(777, n, 1);
        bytes pieces(whole.size());
        for (u64 at = 0, piece; at < n; at += piece) {
            piece = std::min<u64>(n - at, 1 + random() % 700);
            zcring_antenna_receive(&r.antenna, 1, 777 + at, pieces.data() + at * 4, piece);
        }
        ASSERT_EQ(whole, pieces) << "scene format " << scene_format;
    }
}

// The amplitude in x[first, first + n) of a line at a frequency of turns per sample; the phase is that
// at x[0]. What is at least 3 / n away does not matter.
complex line_at(const std::vector<complex>& x, u64 first, u64 n, double turns)
{
    const complex window_step = std::polar(1.0, two_pi / static_cast<double>(n));
    const complex line_step = std::polar(1.0, -two_pi * turns);
    complex window = 1, line = std::polar(1.0, -two_pi * turns * static_cast<double>(first));
    complex sum = 0;
    double weights = 0;
    for (u64 k = first; k < first + n; k++, window *= window_step, line *= line_step) {
        const double c = window.real();
        const double blackman = 0.42 - 0.5 * c + 0.08 * (2 * c * c - 1);
        sum += x[k] * line * blackman;
        weights += blackman;
    }
    return sum / weights;
}

void subtract_line(std::vector<complex>& x, complex amplitude, double turns)
{
    const complex step = std::polar(1.0, two_pi * turns);
    for (complex& sample : x) {
        sample -= amplitude;
        amplitude *= step;
    }
}

double decibels(double power) { return 10 * std::log10(power + 1e-20); }

// Two stations, and a receiver that is tuned across the scene and beyond: a station in its band has the
// right level and frequency, and there is nothing else: no station from beyond an edge, no image.
TEST_P(Decimation, HearsWhatIsInTheBandAndNothingElse)
{
    const double hz = rate, amplitude = 0.25;
    const std::vector<tone> stations = { { -9830, amplitude }, { 12124, amplitude } };
    tones_receiver r(ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC16, GetParam(), stations);
    const u64 n = 400;
    int heard = 0;
    for (int step = 0; step < 1000; step++) {
        const double tuned = (step / 999.0 - 0.5) * 1.4 * (r.scene_rate() + hz);
        r.antenna.tuner[0].freq_uhz = r.antenna.scene.freq_uhz + to_uhz(tuned);
        zcring_antenna_tune(&r.antenna, 0, rate, 1, 0);
        std::vector<complex> x = r.hear(step, 2 * n);
        std::vector<double> lines; // in turns, the outer twentieths and their folds included
        for (const tone& t : stations)
            if (std::abs(r.frequency(t) - tuned) < 0.55 * hz)
                lines.push_back((r.frequency(t) - tuned) / hz);
        if (lines.size() == 2 && std::abs(std::remainder(lines[0] - lines[1], 1.0)) < 3.0 / n)
            continue; // one on the other
        std::vector<complex> early;
        for (const double f : lines) {
            const complex late = line_at(x, n, n, f);
            early.push_back(line_at(x, 0, n, f));
            if (std::abs(f) > 0.45)
                continue;
            heard++;
            const double drift = std::arg(late / early.back()) / two_pi; // turns in n samples
            ASSERT_NEAR(decibels(std::norm(late) / (amplitude * amplitude)), 0, 0.5) << tuned;
            ASSERT_NEAR(drift / n * hz, 0, 1) << "tuned " << tuned;
        }
        for (size_t k = 0; k < lines.size(); k++)
            subtract_line(x, early[k], lines[k]);
        double rest = 0;
        for (const complex sample : x)
            rest += std::norm(sample);
        ASSERT_LE(decibels(rest / (2 * n) / (amplitude * amplitude)), -50) << "tuned " << tuned;
    }
    EXPECT_GT(heard, 20);
}

TEST(Receive, KeepsThePlaceInTheSceneAtANewRate)
{
    tones_receiver r(ZCRING_FORMAT_FC32, ZCRING_FORMAT_FC32, 4, { { 500, 0.5 } });
    const complex before = r.hear(1000, 1)[0];
    zcring_antenna_set_rate(&r.antenna, rate * 2, 1, 1000); // decimation 2
    zcring_antenna_tune(&r.antenna, 0, rate * 2, 1, 1000);
    EXPECT_NEAR(std::abs(r.hear(1000, 1)[0] - before), 0, 1e-3);
    const complex later = r.hear(1500, 1)[0];
    EXPECT_NEAR(std::abs(later - std::polar(0.5, two_pi * 500 * (4000 + 1000) / length)), 0, 1e-3);
}

TEST(Receive, TellsWhichRatesASceneHas)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.rate_num = 2400000;
    scene.rate_den = 1;
    EXPECT_EQ(zcring_scene_decimation(&scene, 2400000, 1), 1u);
    EXPECT_EQ(zcring_scene_decimation(&scene, 800000, 1), 3u);
    EXPECT_EQ(zcring_scene_decimation(&scene, 2400000, 64), 64u);
    EXPECT_EQ(zcring_scene_decimation(&scene, 2400000, 65), 0u) << "too low";
    EXPECT_EQ(zcring_scene_decimation(&scene, 4800000, 1), 0u) << "too high";
    EXPECT_EQ(zcring_scene_decimation(&scene, 1000000, 1), 0u) << "no integer";
    scene.kind = ZCRING_SCENE_TONE;
    EXPECT_EQ(zcring_scene_decimation(&scene, 12345, 1), 1u);
}

// The tone stays at its radio frequency when the rate changes.
TEST(Receive, KeepsTheFrequencyOfTheTone)
{
    receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_FC32); // 125 kHz above the centre
    zcring_antenna_set_rate(&r.antenna, 2 * rate, 1, 0);
    zcring_antenna_tune(&r.antenna, 0, 2 * rate, 1, 0);
    EXPECT_NEAR(power_at(r.hear(0, 1600), 0.0625), 0.25, 1e-4);
    zcring_antenna_tune(&r.antenna, 0, 200000, 1, 0); // 125 kHz is out of a band of 200 kHz
    EXPECT_NEAR(power_at(r.hear(0, 1600), 0.0), 0, 1e-9);
}

TEST(Receive, AddsNoiseOfTheRightLevel)
{
    receiver r(ZCRING_SCENE_TONE, ZCRING_FORMAT_FC32);
    r.tune(mhz, 2000); // nothing there; the gain does not amplify the noise
    for (const s32 level : { 0, -2000, -6000, -8000, -12000 }) {
        zcring_antenna_set_noise(&r.antenna, level);
        double power = 0;
        const u64 n = 200000;
        for (const complex x : r.hear(100, n))
            power += std::norm(x);
        // At 0 dB the ADC clips.
        EXPECT_NEAR(10 * std::log10(power / n), level / 100.0, level ? 0.05 : 1.5) << level;
    }
    zcring_antenna_set_noise(&r.antenna, ZCRING_NOISE_NONE);
    EXPECT_EQ(r.hear(100, 1)[0], complex(0));
}

double largest(u32 format)
{
    return format == ZCRING_FORMAT_SC8    ? 127.0 / 128
           : format == ZCRING_FORMAT_SC16 ? 32767.0 / 32768
                                          : 1.0;
}

// How many of the samples lie outside of the format when they are multiplied by the factor.
u64 count_clipped(const std::vector<complex>& samples, double factor, u32 format)
{
    const auto is_outside = [=](double v) {
        return v * factor > largest(format) || v * factor < -1;
    };
    return static_cast<u64>(std::count_if(samples.begin(), samples.end(), [=](complex x) {
        return is_outside(x.real()) || is_outside(x.imag());
    }));
}

double factor_of(const zcring_gain& gain) { return std::ldexp(gain.mantissa, gain.exponent - 15); }

TEST(Receive, CountsClippedSamples)
{
    for (const u32 format : formats)
        for (const u32 scene_format : formats)
            for (const s32 gain_mb : { 300, 3000 }) {
                receiver r(ZCRING_SCENE_MEMORY, format, scene_format);
                r.tune(0, gain_mb);
                receiver plain(ZCRING_SCENE_MEMORY, ZCRING_FORMAT_FC32, scene_format);
                const u64 expected = count_clipped(
                    plain.hear(0, scene_samples), factor_of(r.antenna.tuner[0].gain), format);
                bytes out(scene_samples * zcring_sample_bytes(format));
                EXPECT_EQ(zcring_antenna_receive(&r.antenna, 0, 0, out.data(), scene_samples),
                          expected);
                EXPECT_GT(expected, 0u);
                for (const complex x : r.hear(0, scene_samples)) {
                    ASSERT_LE(std::max(x.real(), x.imag()), largest(format));
                    ASSERT_GE(std::min(x.real(), x.imag()), -1);
                }
            }
}

// The same at any decimation, with signals of which 30 dB clip a part.
TEST_P(Decimation, CountsClippedSamples)
{
    const std::vector<tone> tones = { { 200, 0.1 }, { -310, 0.1 } };
    for (const u32 format : formats)
        for (const u32 scene_format : formats)
            for (const s64 offset_uhz : { s64{ 0 }, mhz / 1000 }) {
                tones_receiver r(format, scene_format, GetParam(), tones);
                r.tune(offset_uhz, 3000);
                tones_receiver plain(ZCRING_FORMAT_FC32, scene_format, GetParam(), tones);
                plain.tune(offset_uhz, 0);
                const u64 n = 700;
                const u64 expected =
                    count_clipped(plain.hear(5, n), factor_of(r.antenna.tuner[0].gain), format);
                bytes out(n * zcring_sample_bytes(format));
                EXPECT_EQ(zcring_antenna_receive(&r.antenna, 0, 5, out.data(), n), expected);
                EXPECT_GT(expected, n / 2);
                EXPECT_LT(expected, n);
            }
}

// A conversion at unit gain clips only where the new format ends earlier.
TEST(Receive, DoesNotClipCopiedIntegers)
{
    for (const u32 scene_format : { ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC16 })
        for (const u32 format : formats) {
            receiver r(ZCRING_SCENE_MEMORY, format, scene_format);
            if (zcring_sample_bytes(format) < zcring_sample_bytes(scene_format))
                continue;
            // The ends of both formats.
            for (const auto& [at, value] : { std::pair{ 0u, 0x80 }, { 4u, 0x7f } })
                memset(r.samples.data() + at, value, 4);
            bytes out(scene_samples * zcring_sample_bytes(format));
            EXPECT_EQ(zcring_antenna_receive(&r.antenna, 0, 0, out.data(), scene_samples), 0u);
        }
}

INSTANTIATE_TEST_SUITE_P(Receive, Decimation, testing::ValuesIn(decimations));

} // namespace
