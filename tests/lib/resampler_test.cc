// SPDX-License-Identifier: GPL-3.0-or-later
//
// Resampling: level, frequency, images and time of what comes out, for each format, at the edges of
// a loop, and for rates far apart.
#include "resampler.h"
#include "support.h"

#include <cmath>
#include <complex>

namespace {

using zcring::format;
using zcring::rational;
using zcring::resampler;
using zcring::segment;
using zcring_test::expect_says;
using zcring_test::message_of;
using samples = std::vector<std::complex<double>>;

constexpr double pi = 3.14159265358979323846;

template <class T>
constexpr double scale_of()
{
    return std::is_floating_point_v<T> ? 1 : -static_cast<double>(std::numeric_limits<T>::min());
}

template <class T>
std::vector<std::byte> bytes_of(const samples& values)
{
    std::vector<T> components;
    for (const auto& x : values)
        for (const double part : { x.real(), x.imag() }) {
            const double scaled = part * scale_of<T>();
            components.push_back(
                static_cast<T>(std::is_floating_point_v<T> ? scaled : std::round(scaled)));
        }
    std::vector<std::byte> bytes(components.size() * sizeof(T));
    std::memcpy(bytes.data(), components.data(), bytes.size());
    return bytes;
}

template <class T>
samples samples_of(const std::vector<std::byte>& bytes)
{
    std::vector<T> components(bytes.size() / sizeof(T));
    std::memcpy(components.data(), bytes.data(), bytes.size());
    samples values;
    for (std::size_t k = 0; k < components.size(); k += 2)
        values.emplace_back(components[k] / scale_of<T>(), components[k + 1] / scale_of<T>());
    return values;
}

samples tone(std::size_t n, double cycles_per_sample, double level)
{
    samples values;
    for (std::size_t k = 0; k < n; k++)
        values.push_back(std::polar(level, 2 * pi * cycles_per_sample * static_cast<double>(k)));
    return values;
}

double db(double ratio) { return 20 * std::log10(ratio); }

// The part of the signal at one frequency, as a complex amplitude.
std::complex<double> part_at(const samples& values, double cycles_per_sample)
{
    std::complex<double> sum = 0;
    for (std::size_t k = 0; k < values.size(); k++)
        sum += values[k] * std::polar(1.0, -2 * pi * cycles_per_sample * static_cast<double>(k));
    return sum / static_cast<double>(values.size());
}

double rms(const samples& values)
{
    double sum = 0;
    for (const auto& x : values)
        sum += std::norm(x);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

// How far everything but this tone is below it, in decibels. A loop of whole periods has no edge,
// so that images, edges and rounding are all that is left.
double spurious_db(samples values, double cycles_per_sample)
{
    const std::complex<double> wanted = part_at(values, cycles_per_sample);
    for (std::size_t k = 0; k < values.size(); k++)
        values[k] -= wanted * std::polar(1.0, 2 * pi * cycles_per_sample * static_cast<double>(k));
    return db(rms(values) / std::abs(wanted));
}

// A tone of 100 kHz at 2 MS/s, opened at @rate.
template <class T>
samples tone_at(format f, rational rate)
{
    const resampler r({ 2000000, 1 }, rate);
    return samples_of<T>(r.run(f, 1, bytes_of<T>(tone(40000, 0.05, 0.5)), true));
}

TEST(Resampler, KeepsFrequencyLevelAndTime)
{
    for (const std::uint64_t rate : { 2400000, 1000000, 3000000, 8000000, 2048000, 250000 }) {
        const double frequency = 1e5 / static_cast<double>(rate);
        const samples out = tone_at<float>(format::fc32, { rate, 1 });
        ASSERT_EQ(out.size(), rate / 50);
        const std::complex<double> wanted = part_at(out, frequency);
        EXPECT_NEAR(db(std::abs(wanted) / 0.5), 0, 0.01) << rate;
        EXPECT_NEAR(std::arg(wanted), 0, 1e-4) << rate;
        EXPECT_LT(spurious_db(out, frequency), -90) << rate;
    }
}

// There and back, less than a hundredth of the power is lost: what lies above the pass band.
TEST(Resampler, KeepsASignalOfTheAir)
{
    const zcring::recording r(ZCRING_SOURCE_DIR "/tests/recordings/adsb_1090mhz.sigmf-meta");
    const samples recorded = samples_of<std::int8_t>(r.load());
    const rational low{ 2000000, 1 };
    const rational high{ 2400000, 1 };
    const std::vector<std::byte> there =
        resampler(low, high).run(format::fc32, 1, bytes_of<float>(recorded), true);
    samples back = samples_of<float>(resampler(high, low).run(format::fc32, 1, there, true));
    ASSERT_EQ(back.size(), recorded.size());
    EXPECT_NEAR(db(rms(samples_of<float>(there)) / rms(recorded)), 0, 0.1);
    for (std::size_t k = 0; k < back.size(); k++)
        back[k] -= recorded[k];
    EXPECT_LT(db(rms(back) / rms(recorded)), -20);
}

TEST(Resampler, RoundsIntegers)
{
    const rational rate = { 2400000, 1 };
    const double frequency = 1.0 / 24;
    const samples sc16 = tone_at<std::int16_t>(format::sc16, rate);
    EXPECT_NEAR(db(std::abs(part_at(sc16, frequency)) / 0.5), 0, 0.01);
    EXPECT_LT(spurious_db(sc16, frequency), -85);
    const samples sc8 = tone_at<std::int8_t>(format::sc8, rate);
    EXPECT_NEAR(db(std::abs(part_at(sc8, frequency)) / 0.5), 0, 0.1);
    EXPECT_LT(spurious_db(sc8, frequency), -40);
}

TEST(Resampler, RemovesWhatTheLowerRateCannotHold)
{
    const resampler r({ 2000000, 1 }, { 1000000, 1 });
    const samples out =
        samples_of<float>(r.run(format::fc32, 1, bytes_of<float>(tone(40000, 0.3, 0.5)), true));
    EXPECT_LT(db(rms(out) / 0.5), -90);
}

TEST(Resampler, ClampsToFullScale)
{
    // The steps between the two values overshoot.
    samples square(4000);
    for (std::size_t k = 0; k < square.size(); k++)
        square[k] = k / 100 % 2 ? std::complex<double>(127.0 / 128, 127.0 / 128)
                                : std::complex<double>(-1, -1);
    const resampler r({ 10, 1 }, { 23, 1 });
    const samples out =
        samples_of<std::int8_t>(r.run(format::sc8, 1, bytes_of<std::int8_t>(square), true));
    for (std::size_t k = 0; k < out.size(); k++)
        // A value that was not clamped would have changed its sign.
        if (k * 10 / 23 % 100 > 2 && k * 10 / 23 % 100 < 97) {
            ASSERT_EQ(out[k].real() > 0, k * 10 / 23 / 100 % 2 == 1) << k;
        }
    for (const auto& x : samples_of<float>(r.run(format::fc32, 1, bytes_of<float>(square), true))) {
        ASSERT_LE(std::abs(x.real()), 1);
        ASSERT_LE(std::abs(x.imag()), 1);
    }
}

TEST(Resampler, ResamplesEachChannelByItself)
{
    const resampler r({ 2000000, 1 }, { 2400000, 1 });
    samples both = tone(4000, 0.05, 0.5);
    const samples second = tone(4000, -0.1, 0.25);
    both.insert(both.end(), second.begin(), second.end());
    const samples out = samples_of<float>(r.run(format::fc32, 2, bytes_of<float>(both), true));
    ASSERT_EQ(out.size(), 2u * 4800);
    EXPECT_LT(spurious_db({ out.begin(), out.begin() + 4800 }, 1.0 / 24), -90);
    EXPECT_LT(spurious_db({ out.begin() + 4800, out.end() }, -1.0 / 12), -90);
}

TEST(Resampler, HasSilenceAroundWhatDoesNotLoop)
{
    const resampler r({ 2000000, 1 }, { 2400000, 1 });
    samples pulse(4000);
    pulse[0] = 0.5;
    const auto out = [&](bool loops) {
        return samples_of<float>(r.run(format::fc32, 1, bytes_of<float>(pulse), loops));
    };
    // The ripple before the pulse: of a loop, it is at the end.
    EXPECT_GT(std::abs(out(true).back()), 0.01);
    EXPECT_LT(std::abs(out(false).back()), 1e-6);
    EXPECT_NEAR(out(false).front().real(), 0.5, 0.1);
}

TEST(Resampler, TakesAnyLengthAndRate)
{
    const std::vector<std::byte> one = bytes_of<float>({ { 0.5, -0.25 } });
    for (const rational to : { rational{ 3, 1000 }, rational{ 2401, 1 }, rational{ 1, 3 } }) {
        const resampler r({ 2, 1 }, to);
        const samples out = samples_of<float>(r.run(format::fc32, 1, one, true));
        ASSERT_EQ(out.size(), r.length_of(1));
        // A loop of one sample is a constant.
        for (const auto& x : out) {
            ASSERT_NEAR(x.real(), 0.5, 1e-4);
            ASSERT_NEAR(x.imag(), -0.25, 1e-4);
        }
    }
}

TEST(Resampler, MovesSegmentsAlong)
{
    const resampler r({ 2000000, 1 }, { 2400000, 1 });
    const std::vector<segment> segments =
        r.scale({ { 0, 1e8, 0 }, { 1000, 2e8, 5 }, { 1001, {}, 1 }, { 9999, 3e8, 7 } }, 10000);
    ASSERT_EQ(segments.size(), 4u);
    const std::uint64_t first[] = { 0, 1200, 1202, 11999 };
    const std::uint64_t gap[] = { 0, 6, 2, 9 };
    for (std::size_t k = 0; k < 4; k++) {
        EXPECT_EQ(segments[k].first, first[k]);
        EXPECT_EQ(segments[k].gap, gap[k]);
    }
    EXPECT_EQ(segments[1].frequency, 2e8);
    EXPECT_EQ(segments[2].frequency, std::nullopt);

    const resampler down({ 10, 1 }, { 1, 1 });
    const std::vector<segment> fewer =
        down.scale({ { 0, 1e8, 0 }, { 11, 2e8, 10 }, { 12, 3e8, 10 }, { 95, {}, 1 } }, 100);
    ASSERT_EQ(fewer.size(), 2u);
    EXPECT_EQ(fewer[1].first, 2u);
    EXPECT_EQ(fewer[1].frequency, 3e8);
    EXPECT_EQ(fewer[1].gap, 2u);
}

TEST(Resampler, KnowsTheLengthBefore)
{
    EXPECT_EQ(resampler({ 2000000, 1 }, { 2400000, 1 }).length_of(1u << 30), 1288490189u);
    EXPECT_EQ(resampler({ 1000000, 3 }, { 1000000, 1 }).length_of(1000), 3000u);
    EXPECT_EQ(resampler({ 10000000000, 1 }, { 1, 1000 }).length_of(5), 1u);
    EXPECT_EQ(resampler({ 1, 1000 }, { 10000000000, 1 }).length_of(std::uint64_t{ 1 } << 60),
              std::uint64_t{ 1 } << 63);
}

} // namespace
