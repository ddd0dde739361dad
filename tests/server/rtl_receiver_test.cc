// SPDX-License-Identifier: GPL-3.0-or-later
//
// A device as a client of rtl_tcp hears it. With free pace, so that nothing is lost by chance.
#include "rtl_receiver.h"

#include "lib/support.h"
#include "rtl_tone.h"

#include <zcring/device.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace zcring;
using namespace zcring::server;
using namespace zcring_test;

// The built-in tone at its frequency, so that it stands at 0.1 of a rate of 1 MS/s.
constexpr const char* tone = "emulator,pace=free,rate=1e6,freq=1e8,noise=none,ring_bytes=65536";
constexpr double tone_hz = 125e3;

// Runs a receiver until it has passed on enough.
class listener final
{
public:
    explicit listener(const std::string& text) : d_device(rtl_arguments(text)), d_in(d_device)
    {
        d_device.start();
    }

    zcring::device& device() { return d_device; }
    rtl_receiver& receiver() { return d_in; }
    std::uint64_t skipped() const { return d_skipped; }
    std::size_t samples() const { return d_bytes.size() / 2; }
    const rtl_bytes& bytes() const { return d_bytes; }

    void set(const rtl_settings& s) { EXPECT_TRUE(d_in.apply(s).empty()); }
    void read(std::size_t more)
    {
        const std::size_t enough = samples() + more;
        while (samples() < enough)
            ASSERT_EQ(d_in.run(patience,
                               [this](const std::uint8_t* bytes, std::uint64_t n) {
                                   if (bytes)
                                       d_bytes.insert(d_bytes.end(), bytes, bytes + 2 * n);
                                   else
                                       d_skipped += n;
                               }),
                      status::data);
    }
    // The settings take effect at a sample of the near future.
    void read_afresh(std::size_t settle, std::size_t more)
    {
        read(settle);
        d_bytes.clear();
        read(more);
    }

private:
    zcring::device d_device;
    rtl_receiver d_in;
    rtl_bytes d_bytes;
    std::uint64_t d_skipped = 0;
};

rtl_settings rate(double hz)
{
    rtl_settings s;
    s.rate = hz;
    return s;
}

// Longest run of samples whose bytes are all those of silence.
std::size_t longest_silence(const rtl_bytes& bytes)
{
    std::size_t longest = 0;
    std::size_t run = 0;
    for (std::size_t k = 0; k + 1 < bytes.size(); k += 2) {
        run = bytes[k] == rtl_silence && bytes[k + 1] == rtl_silence ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

TEST(RtlReceiver, DeviceRateIsTheOneAskedForOrTheSmallestThatHasItsBand)
{
    std::vector<double> rates;
    for (int d = 1; d <= 64; d++)
        rates.push_back(8e6 / d);
    EXPECT_EQ(rtl_device_rate({}, 2.048e6), 2.048e6);
    EXPECT_EQ(rtl_device_rate(rates, 250e3), 250e3);
    EXPECT_EQ(rtl_device_rate(rates, 1e6), 1e6);
    EXPECT_EQ(rtl_device_rate(rates, 2.048e6), 8e6 / 3);
    EXPECT_EQ(rtl_device_rate(rates, 1.9e6), 8e6 / 3) << "2 MS/s has no such flat band";
    EXPECT_EQ(rtl_device_rate(rates, 7e6), 8e6);
    EXPECT_EQ(rtl_device_rate(rates, 20e6), 8e6);
    EXPECT_EQ(rtl_device_rate(rates, 1000), 125e3);
}

TEST(RtlReceiver, BeginsAsTheDeviceIsSet)
{
    listener in(tone);
    EXPECT_EQ(in.receiver().rate(), 1e6);
    EXPECT_EQ(in.receiver().frequency(), 1e8);
    in.read(100000);
    EXPECT_NEAR(std::abs(tone_in(in.bytes(), tone_hz / 1e6, 0, 100000)), 0.5, 0.01);
}

TEST(RtlReceiver, AppliesEverySetting)
{
    listener in(tone);
    rtl_settings s;
    s.frequency = 100.1e6;
    s.rate = 250e3;
    s.gain = -6;
    in.set(s);
    in.read_afresh(100000, 50000);
    EXPECT_NEAR(std::abs(tone_in(in.bytes(), 25e3 / 250e3, 0, 50000)), 0.25, 0.01);
    rtl_settings automatic;
    automatic.gain_of_server = true;
    in.set(automatic);
    in.read_afresh(100000, 50000);
    EXPECT_NEAR(std::abs(tone_in(in.bytes(), 25e3 / 250e3, 0, 50000)), 0.5, 0.01);
}

TEST(RtlReceiver, RefusedSettingIsSaidAndChangesNothing)
{
    listener in(tone);
    in.device().unplug();
    rtl_settings s = rate(250e3);
    s.frequency = 1e6;
    EXPECT_EQ(in.receiver().apply(s).size(), 2u);
    EXPECT_EQ(in.receiver().rate(), 1e6);
    EXPECT_EQ(in.receiver().frequency(), 1e8);
}

TEST(RtlReceiver, DroppedSamplesAreAsManyOfSilence)
{
    listener in(tone);
    in.read(20000);
    in.device().drop(12345);
    in.read(200000);
    EXPECT_EQ(longest_silence(in.bytes()), 12345u);
    EXPECT_EQ(in.receiver().lost_samples(), 12345u);
    const auto before = tone_in(in.bytes(), tone_hz / 1e6, 0, 20000);
    const auto after = tone_in(in.bytes(), tone_hz / 1e6, 100000, 100000);
    EXPECT_NEAR(std::arg(after / before), 0, 0.05) << "the clock goes on";
    EXPECT_NEAR(std::abs(after), 0.5, 0.01);
}

// A recording of a dongle: a tone 50 kHz above the centre.
class RtlRecording : public testing::Test
{
protected:
    static constexpr double tone_hz = 50e3;

    RtlRecording()
    {
        std::vector<std::uint8_t> samples;
        for (int k = 0; k < 20000; k++) {
            const auto x = std::polar(63.0, 2 * 3.14159265358979323846 * tone_hz / 1e6 * k);
            samples.push_back(static_cast<std::uint8_t>(std::lround(127.5 + x.real())));
            samples.push_back(static_cast<std::uint8_t>(std::lround(127.5 + x.imag())));
        }
        d_samples = samples;
        d_arguments = "emulator,pace=free,ring_bytes=65536,scene=" +
                      write_recording(d_where, "tone", "cu8", samples);
    }

    temporary_directory d_where;
    rtl_bytes d_samples;
    std::string d_arguments;
};

TEST_F(RtlRecording, IsHeardAsItWasRecorded)
{
    listener in(d_arguments);
    in.read(20000);
    const auto end = in.bytes().begin() + static_cast<std::ptrdiff_t>(d_samples.size());
    EXPECT_TRUE(std::equal(in.bytes().begin(), end, d_samples.begin()));
}

TEST_F(RtlRecording, ResampledToneIsInItsBinAtEveryRateAndAcrossAGap)
{
    for (const double hz : { 250e3, 333333.0, 999999.0, 2.048e6, 150e3 }) {
        listener in(d_arguments);
        in.set(rate(hz));
        EXPECT_EQ(in.receiver().rate(), hz);
        in.read_afresh(100000, 100000);
        const std::size_t middle = in.samples();
        in.device().drop(20011);
        const auto silent = static_cast<std::size_t>(20011 * hz / in.device().tuning().rate);
        in.read(100000 + 2 * silent);
        const auto before = tone_in(in.bytes(), tone_hz / hz, 0, middle);
        const auto after = tone_in(in.bytes(), tone_hz / hz, in.samples() - 60000, 60000);
        EXPECT_NEAR(std::abs(before), 63 / 127.5, 0.01) << hz;
        EXPECT_NEAR(std::abs(after), 63 / 127.5, 0.01) << hz;
        EXPECT_NEAR(std::arg(after / before), 0, 0.1) << hz;
        EXPECT_EQ(in.receiver().lost_samples(), 20011u);
    }
}

TEST_F(RtlRecording, GapOfMoreThanASecondIsNotResampledButCounted)
{
    const double hz = 2.048e6;
    listener in(d_arguments);
    in.set(rate(hz));
    in.read_afresh(100000, 100000);
    const std::size_t middle = in.samples();
    const auto before = tone_in(in.bytes(), tone_hz / hz, 0, middle);
    constexpr std::uint64_t lost = 3000000017; // 50 minutes
    in.device().drop(lost);
    ASSERT_TRUE(eventually([&] {
        in.read(1000);
        return in.skipped() > 0;
    }));
    in.read(100000);
    const auto due = static_cast<double>(lost) * hz / 1e6;
    EXPECT_NEAR(static_cast<double>(in.skipped()), due, 2000);
    const auto after = tone_in(in.bytes(), tone_hz / hz, in.samples() - 60000, 60000);
    // The bytes do not have the samples that were skipped: 25 cycles for each 1024 of them.
    const auto skipped = static_cast<double>(in.skipped() % 1024);
    const auto step = std::polar(1.0, 2 * 3.14159265358979323846 * tone_hz / hz * skipped);
    EXPECT_NEAR(std::arg(after / before / step), 0, 0.1) << "the clock goes on";
}

} // namespace
