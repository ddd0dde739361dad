// SPDX-License-Identifier: GPL-3.0-or-later
//
// Antenna, gain, frequency, bandwidth and rate, and what programs ask for them.
#include "radio_under_test.h"

#include <algorithm>
#include <cmath>

namespace {

using namespace zcring_test;

constexpr int rx = SOAPY_SDR_RX;

TEST(SoapyTuning, HasTheElementsOfAReceiver)
{
    const radio r("driver=zcring,emulator,channels=2");
    EXPECT_EQ(r->getNumChannels(rx), 2u);
    EXPECT_EQ(r->listAntennas(rx, 0), std::vector<std::string>{ "RX" });
    EXPECT_EQ(r->listGains(rx, 0), std::vector<std::string>{ "TUNER" });
    EXPECT_EQ(r->listFrequencies(rx, 0), std::vector<std::string>{ "RF" });
    EXPECT_FALSE(r->hasGainMode(rx, 0));
    EXPECT_TRUE(r->getFullDuplex(rx, 0));
}

TEST(SoapyTuning, TunesEachChannel)
{
    const radio r("driver=zcring,emulator,channels=2,freq=1e8");
    r->setFrequency(rx, 1, 433.92e6);
    r->setGain(rx, 0, -3.5);
    EXPECT_EQ(r->getFrequency(rx, 0), 1e8);
    EXPECT_EQ(r->getFrequency(rx, 1), 433.92e6);
    EXPECT_EQ(r->getGain(rx, 0), -3.5);
    EXPECT_EQ(r->getGain(rx, 1), 0);
    r->setFrequency(rx, 0, "RF", 2e8);
    r->setGain(rx, 1, "TUNER", 12);
    EXPECT_EQ(r->getFrequency(rx, 0, "RF"), 2e8);
    EXPECT_EQ(r->getGain(rx, 1, "TUNER"), 12);
    r->setBandwidth(rx, 0, 2e5);
    EXPECT_EQ(r->getBandwidth(rx, 1), 2e5) << "one bandwidth for all channels";
    r->setBandwidth(rx, 0, 0);
    EXPECT_EQ(r->getBandwidth(rx, 0), 0);
}

TEST(SoapyTuning, HasTheRangesOfTheDevice)
{
    const radio r("driver=zcring,emulator");
    EXPECT_EQ(r->getGainRange(rx, 0).minimum(), -60);
    EXPECT_EQ(r->getGainRange(rx, 0, "TUNER").maximum(), 60);
    EXPECT_EQ(r->getFrequencyRange(rx, 0).at(0).maximum(), 1e12);
    EXPECT_EQ(r->getBandwidthRange(rx, 0).at(0).maximum(), 1e12);
    EXPECT_EQ(r->getSampleRateRange(rx, 0).at(0).minimum(), 0.001);
}

TEST(SoapyTuning, NamesWhatItDoesNotHave)
{
    const radio r("driver=zcring,emulator");
    expect_says(error_text([&] { r->setFrequency(rx, 0, "BB", 0); }), { "BB", "RF" });
    expect_says(error_text([&] { r->setGain(rx, 0, "LNA", 0); }), { "LNA", "TUNER" });
    expect_says(error_text([&] { r->setAntenna(rx, 0, "TX/RX"); }), { "TX/RX", "RX" });
    expect_says(error_text([&] { r->setGain(rx, 1, 0); }), { "channel 1", "there are 1" });
    expect_says(error_text([&] { r->setGain(rx, 0, 100); }), { "gain=100", "-60", "60" });
    r->setAntenna(rx, 0, "");
    r->setAntenna(rx, 0, "RX");
    EXPECT_EQ(r->getAntenna(rx, 0), "RX");
}

TEST(SoapyTuning, TakesEffectWhileTheStreamIsActive)
{
    radio r("driver=zcring,emulator,pace=free,scene=noise,noise=none,interval_us=1000");
    r.start(SOAPY_SDR_CS16);
    ASSERT_GT(read_some(r, 1000).result, 0);
    r->setGain(rx, 0, -60);
    std::vector<std::int16_t> last(2000);
    for (int i = 0; i < 20; i++) {
        const answer a = read_some(r, 1000);
        ASSERT_GT(a.result, 0);
        last.assign(reinterpret_cast<const std::int16_t*>(a.bytes.data()),
                    reinterpret_cast<const std::int16_t*>(a.bytes.data()) + 2 * a.result);
    }
    for (const std::int16_t x : last)
        EXPECT_LT(std::abs(x), 40);
}

TEST(SoapyTuning, WarnsOnceWhereTheSceneHasNothing)
{
    const radio r("driver=zcring,emulator,rate=1e6,freq=100e6");
    const kept_log log;
    r->setFrequency(rx, 0, 100.2e6);
    EXPECT_EQ(log.text(), "");
    r->setFrequency(rx, 0, 433.92e6);
    r->setFrequency(rx, 0, 434e6);
    EXPECT_EQ(std::count(log.text().begin(), log.text().end(), '\n'), 1);
    expect_says(log.text(), { "nothing at 433.92 MHz", "100.125 MHz" });
}

TEST(SoapyRate, IsAnyRateForABuiltInScene)
{
    radio r(counter_free);
    for (const double rate : { 250e3, 2.048e6, 1234567.0 }) {
        r->setSampleRate(rx, 0, rate);
        EXPECT_EQ(r->getSampleRate(rx, 0), rate);
    }
    const std::vector<double> rates = r->listSampleRates(rx, 0);
    EXPECT_NE(std::find(rates.begin(), rates.end(), 2.048e6), rates.end());
    EXPECT_TRUE(std::is_sorted(rates.begin(), rates.end()));
}

class SoapyRecording : public testing::Test
{
protected:
    std::string recording(double rate)
    {
        std::vector<std::uint8_t> samples(4 * 30000);
        for (std::size_t k = 0; k < samples.size(); k++)
            samples[k] = static_cast<std::uint8_t>(k * 7);
        return write_recording(d_where, "r", "ci16_le", samples, rate);
    }

private:
    temporary_directory d_where;
};

TEST_F(SoapyRecording, HasItsRateAndAnyOtherBeforeActivation)
{
    radio r("driver=zcring,emulator,pace=free,interval_us=2000,scene=" + recording(1e6));
    EXPECT_EQ(r->getSampleRate(rx, 0), 1e6);
    EXPECT_EQ(r->getFrequency(rx, 0), 433920000);
    r->setFrequency(rx, 0, 434e6);
    r->setGain(rx, 0, 3);
    r.set_up(SOAPY_SDR_CS16);
    r->setSampleRate(rx, 0, 250e3);
    EXPECT_EQ(r->getSampleRate(rx, 0), 250e3);
    r->setSampleRate(rx, 0, 2.048e6);
    EXPECT_EQ(r->getSampleRate(rx, 0), 2.048e6);
    EXPECT_EQ(r->getFrequency(rx, 0), 434e6) << "kept";
    EXPECT_EQ(r->getGain(rx, 0), 3) << "kept";
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_GT(read_some(r, 1000).result, 0);
}

TEST_F(SoapyRecording, IsNotOpenedAgainWhileItIsGone)
{
    radio r("driver=zcring,emulator,pace=free,interval_us=2000,scene=" + recording(1e6));
    r.set_up(SOAPY_SDR_CS16);
    r->writeSetting("unplug", "true");
    expect_says(error_text([&] { r->setSampleRate(rx, 0, 2.048e6); }), { "rate" });
    EXPECT_EQ(r->readSensor("state"), "gone");
    r->writeSetting("unplug", "false");
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_GT(read_some(r, 1000).result, 0);
    EXPECT_EQ(r->getSampleRate(rx, 0), 1e6);
}

TEST_F(SoapyRecording, KeepsATimeThatWasSet)
{
    radio r("driver=zcring,emulator,pace=free,scene=" + recording(1e6));
    r->setHardwareTime(1000);
    r->setSampleRate(rx, 0, 2.048e6);
    EXPECT_LT(r->getHardwareTime(), 4000000000000);
}

TEST_F(SoapyRecording, HasPartsOfItsRateWhileItIsActive)
{
    radio r("driver=zcring,emulator,pace=free,interval_us=2000,scene=" + recording(1e6));
    r.start(SOAPY_SDR_CS16);
    ASSERT_GT(read_some(r, 1000).result, 0);
    const std::vector<double> rates = r->listSampleRates(rx, 0);
    ASSERT_EQ(rates.size(), 64u);
    EXPECT_EQ(rates.back(), 1e6);
    EXPECT_EQ(r->getSampleRateRange(rx, 0).size(), 64u);
    r->setSampleRate(rx, 0, 250e3);
    EXPECT_EQ(r->getSampleRate(rx, 0), 250e3);
    expect_says(error_text([&] { r->setSampleRate(rx, 0, 300e3); }), { "rate" });
    EXPECT_EQ(r->getSampleRate(rx, 0), 250e3);

    // Samples before the change and after it are given apart, each with its time.
    long long before = 0;
    for (int i = 0; i < 10; i++) {
        const answer a = read_some(r, 1000);
        ASSERT_GT(a.result, 0);
        ASSERT_TRUE(a.has_time());
        EXPECT_GT(a.time_ns, before);
        before = a.time_ns;
    }
}

TEST_F(SoapyRecording, DropsACommandForLaterThatItCannotObeyAlone)
{
    radio r("driver=zcring,emulator,pace=free,rate=1e6,interval_us=2000");
    r.set_up(SOAPY_SDR_CS16);
    r->setHardwareTime(r->getHardwareTime() + 200000000, "CMD");
    r->setSampleRate(rx, 0, 300e3);
    r->setGain(rx, 0, -40);
    r->setHardwareTime(0, "CMD");
    r->writeSetting("scene", recording(1e6)); // has parts of its own rate only
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    for (int samples = 0; samples < 2000000 && r->getGain(rx, 0) != -40;) {
        const answer a = read_some(r, 10000);
        ASSERT_GT(a.result, 0);
        samples += a.result;
    }
    EXPECT_EQ(r->getGain(rx, 0), -40);
    EXPECT_EQ(r->getSampleRate(rx, 0), 1e6);
    r->deactivateStream(r.stream());
    r->setHardwareTime(r->getHardwareTime() + 200000000, "CMD");
    expect_says(error_text([&] { r->setSampleRate(rx, 0, 300e3); }), { "rate", "command time" });
}

TEST_F(SoapyRecording, EndsWithAnEndOfBurst)
{
    radio r("driver=zcring,emulator,pace=free,loop=no,scene=" + recording(1e6));
    r.start(SOAPY_SDR_CS16);
    int samples = 0;
    answer a;
    while (!a.ends()) {
        a = read_some(r, 1000);
        ASSERT_GE(a.result, 0);
        samples += a.result;
    }
    EXPECT_EQ(samples, 30000);
    EXPECT_EQ(read_some(r, 1000, 4, 1000).result, SOAPY_SDR_TIMEOUT);
    ASSERT_EQ(r->activateStream(r.stream()), 0) << "and begins again";
    EXPECT_GT(read_some(r, 1000).result, 0);
}

TEST_F(SoapyRecording, IsSetAsTheScene)
{
    radio r("driver=zcring,emulator,pace=free,freq=433920000,rate=1e6");
    EXPECT_EQ(r->readSetting("scene"), "tone");
    r.set_up(SOAPY_SDR_CS16);
    const std::string file = recording(1e6);
    r->writeSetting("scene", file);
    EXPECT_EQ(r->readSetting("scene"), file);
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_EQ(read_some(r, 1000).result, 1000);
    expect_says(error_text([&] { r->writeSetting("scene", "noise"); }), { "active", "deactivate" });
    r->deactivateStream(r.stream());
    r->writeSetting("scene", "counter");
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_TRUE(counts_from(read_some(r, 1000), 0));
    r->deactivateStream(r.stream());
    expect_says(error_text([&] { r->writeSetting("scene", "jazz"); }), { "jazz", "tone" });
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_TRUE(counts_from(read_some(r, 1000), 0)) << "the scene before is there";
}

} // namespace
