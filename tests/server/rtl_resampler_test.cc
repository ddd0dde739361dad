// SPDX-License-Identifier: GPL-3.0-or-later
//
// From sc16 at one rate to the bytes of rtl_tcp at another.
#include "rtl_resampler.h"

#include "rtl_tone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace zcring::server;
using namespace zcring_test;

using sc16 = std::vector<std::int16_t>;

rtl_output into(rtl_bytes& bytes)
{
    return [&bytes](const std::uint8_t* from, std::uint64_t samples) {
        bytes.insert(bytes.end(), from, from + 2 * samples);
    };
}

sc16 tone(double cycles, std::size_t samples)
{
    sc16 iq;
    for (std::size_t k = 0; k < samples; k++) {
        const auto x = std::polar(16384.0, 2 * 3.14159265358979323846 * cycles * double(k));
        iq.push_back(static_cast<std::int16_t>(std::lround(x.real())));
        iq.push_back(static_cast<std::int16_t>(std::lround(x.imag())));
    }
    return iq;
}

TEST(RtlResampler, EqualRatesGiveBackWhatADongleRecorded)
{
    sc16 iq;
    rtl_bytes expected;
    rtl_bytes bytes;
    for (int b = 0; b < 256; b++) {
        for (const int below : { 0, 255 })
            iq.push_back(static_cast<std::int16_t>((b - 128) * 256 + below));
        expected.insert(expected.end(), 2, static_cast<std::uint8_t>(b));
    }
    rtl_resampler same(1e6, 1e6);
    same.run(iq.data(), 256, into(bytes));
    same.run_silence(3, into(bytes));
    same.finish(into(bytes));
    expected.insert(expected.end(), 6, 0x80);
    EXPECT_EQ(bytes, expected);
}

TEST(RtlResampler, NumberOfSamplesStaysOnTheClock)
{
    constexpr std::uint64_t samples = 300000;
    const sc16 iq = tone(0.01, samples);
    const std::pair<double, double> rates[] = {
        { 1e6, 250e3 }, { 2e6, 2.048e6 }, { 8e6 / 3, 2.048e6 }, { 1e6, 1e6 },     { 1e6, 999999 },
        { 1e6, 1000 },  { 1e6, 16e6 },    { 31250, 1e6 },       { 8e6 / 7, 1e6 },
    };
    for (const auto& [from, to] : rates) {
        rtl_resampler r(from, to);
        std::uint64_t out = 0;
        const auto count = [&](const std::uint8_t*, std::uint64_t n) { out += n; };
        for (std::uint64_t done = 0, n = 1; done < samples; done += n) {
            n = std::min<std::uint64_t>((3 * n) % 7919 + 1, samples - done);
            r.run(iq.data() + 2 * done, n, count);
            ASSERT_LE(out, std::ceil(double(done + n) * to / from)) << from << " to " << to;
        }
        r.run_silence(12345, count);
        r.finish(count);
        EXPECT_EQ(out, std::llround((samples + 12345) * to / from)) << from << " to " << to;
    }
}

TEST(RtlResampler, ToneKeepsItsFrequencyLevelAndPhaseAcrossSilence)
{
    constexpr std::size_t samples = 100000;
    constexpr std::size_t silent = 5000;
    const double hz = 30e3;
    const std::pair<double, double> rates[] = {
        { 1e6, 250e3 },
        { 1e6, 999999 },
        { 250e3, 2.048e6 },
        { 8e6 / 7, 1e6 },
    };
    for (const auto& [from, to] : rates) {
        const sc16 iq = tone(hz / from, 2 * samples + silent);
        rtl_resampler r(from, to);
        rtl_bytes bytes;
        r.run(iq.data(), samples, into(bytes));
        r.run_silence(silent, into(bytes));
        r.run(iq.data() + 2 * (samples + silent), samples, into(bytes));
        r.finish(into(bytes));
        const auto place = [ratio = to / from](double k) { return std::size_t(k * ratio); };
        const double edge = 0.1 * samples;
        const auto tone_from = [&](double first) {
            return tone_in(bytes, hz / to, place(first + edge), place(samples - 2 * edge));
        };
        const auto before = tone_from(0);
        const auto after = tone_from(samples + silent);
        EXPECT_NEAR(std::abs(before), 0.5, 0.01) << from << " to " << to;
        EXPECT_NEAR(std::abs(after), 0.5, 0.01) << from << " to " << to;
        EXPECT_NEAR(std::arg(after / before), 0, 0.05) << from << " to " << to;
        const std::size_t middle = place(samples + silent / 2.0);
        EXPECT_LT(std::abs(rtl_sample(bytes, middle)), 0.02);
    }
}

} // namespace
