// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver of a server that ends and returns while a program receives.
#include "radio_under_test.h"
#include "support/served.h"

#include <atomic>
#include <stdexcept>
#include <thread>

namespace {

using namespace zcring_test;

answer read_until_data(const radio& r)
{
    answer a;
    eventually([&] {
        a = read_some(r, 1000, 4, 100000);
        return a.result != SOAPY_SDR_TIMEOUT;
    });
    return a;
}

TEST(SoapyServer, IsFoundByItsName)
{
    served s("found");
    s.begin();
    unsigned found = 0;
    for (const SoapySDR::Kwargs& each : SoapySDR::Device::enumerate("driver=zcring"))
        found += each.at("label") == "zcring server found";
    EXPECT_EQ(found, 1u);
    EXPECT_EQ(SoapySDR::Device::enumerate("device=found").size(), 1u);
}

std::string recording(const temporary_directory& where, double rate)
{
    return write_recording(where, "r", "ci16_le", std::vector<std::uint8_t>(4 * 30000), rate);
}

TEST(SoapyServer, HasNoRateBeyondTheShareOfItsUser)
{
    served s("limited", { "scene=counter", "rate=1e6", "interval_us=2000", "--user-rate", "20e6" });
    s.begin();
    const radio r("driver=zcring,device=limited");
    const auto highest = [](const radio& of) {
        const double rate = of->getSampleRateRange(SOAPY_SDR_RX, 0).back().maximum();
        EXPECT_EQ(of->listSampleRates(SOAPY_SDR_RX, 0).back(), rate);
        of->setSampleRate(SOAPY_SDR_RX, 0, rate);
        EXPECT_EQ(of->getSampleRate(SOAPY_SDR_RX, 0), rate);
        return rate;
    };
    EXPECT_EQ(highest(r), 20e6);
    r->setSampleRate(SOAPY_SDR_RX, 0, 4e6);
    const radio other("driver=zcring,device=limited,gain=1");
    EXPECT_EQ(highest(other), 16e6);
    const temporary_directory where;
    r->writeSetting("scene", recording(where, 40e6));
    EXPECT_EQ(highest(r), 4e6) << "a tenth of that of the recording";
    EXPECT_EQ(r->getSampleRateRange(SOAPY_SDR_RX, 0).size(), 64u - 9);
}

TEST(SoapyServer, SendsAtTheHighestRateThatItTells)
{
    served s("sends");
    s.begin();
    const radio r("driver=zcring,device=sends,channels=2");
    const double rate = r->getSampleRateRange(SOAPY_SDR_TX, 0).back().maximum();
    EXPECT_EQ(r->listSampleRates(SOAPY_SDR_TX, 0).back(), 100e6);
    expect_says(error_text([&] { r->setSampleRate(SOAPY_SDR_TX, 0, rate + 1); }), { "1e+08" });
    r->setSampleRate(SOAPY_SDR_TX, 0, rate);
    SoapySDR::Stream* const sending = r->setupStream(SOAPY_SDR_TX, SOAPY_SDR_CS8, { 0, 1 });
    EXPECT_EQ(r->activateStream(sending), 0);
    EXPECT_EQ(r->getSampleRateRange(SOAPY_SDR_TX, 0).back().maximum(), rate);
    r->closeStream(sending);
}

// Waits for an activation, and for an event.
TEST(SoapyServer, AnAntennaThatIsClosedEndsTheCallsThatWait)
{
    served s("closed");
    s.begin();
    const radio r("driver=zcring,device=closed");
    SoapySDR::Stream* const sending = r->setupStream(SOAPY_SDR_TX, SOAPY_SDR_CS16);
    std::atomic<int> waiting{ 0 }, written{ 1 }, told{ 1 };
    std::thread writer([&] {
        const std::vector<std::uint8_t> samples(400);
        const void* buffers[] = { samples.data() };
        int flags = 0;
        waiting++;
        written = r->writeStream(sending, buffers, 100, flags, 0, patience_us);
    });
    std::thread watcher([&] {
        std::size_t channels = 0;
        int flags = 0;
        long long time_ns = 0;
        waiting++;
        told = r->readStreamStatus(sending, channels, flags, time_ns, patience_us);
    });
    EXPECT_TRUE(eventually([&] { return waiting == 2; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    r->closeStream(sending);
    writer.join();
    watcher.join();
    EXPECT_EQ(written, SOAPY_SDR_STREAM_ERROR);
    EXPECT_EQ(told, SOAPY_SDR_STREAM_ERROR);
}

TEST(SoapyServer, IsReceivedAgainAfterItsReturn)
{
    served s("comes-back");
    s.begin();
    radio r("driver=zcring,device=comes-back,ring_bytes=67108864,interval_us=2000");
    r.start(SOAPY_SDR_CS16);
    r->setFrequency(SOAPY_SDR_RX, 0, 123e6);
    for (int i = 0; i < 2; i++) {
        const answer first = read_until_data(r);
        ASSERT_GT(first.result, 0);
        EXPECT_TRUE(counts_from(first, counter_of(first, SOAPY_SDR_CS16, 0)));
        s.end();
        answer a;
        do // what was in the ring
            a = read_some(r, 100000);
        while (a.result > 0);
        ASSERT_EQ(a.result, SOAPY_SDR_STREAM_ERROR);
        EXPECT_EQ(read_some(r, 100, 4, 30000).result, SOAPY_SDR_TIMEOUT);
        EXPECT_EQ(r->readSensor("state"), "gone");
        EXPECT_EQ(r->getFrequency(SOAPY_SDR_RX, 0), 123e6);
        s.begin();
    }
    EXPECT_GT(read_until_data(r).result, 0);
    EXPECT_EQ(r->getFrequency(SOAPY_SDR_RX, 0), 123e6);
}

TEST(SoapyServer, EndsAStreamThatSendsByAnError)
{
    served s("ends");
    s.begin();
    const radio r("driver=zcring,device=ends");
    SoapySDR::Stream* const sending = r->setupStream(SOAPY_SDR_TX, SOAPY_SDR_CS16);
    ASSERT_EQ(r->activateStream(sending), 0);
    s.end();
    std::size_t channels = 0;
    int flags = 0;
    long long time_ns = 0;
    EXPECT_EQ(r->readStreamStatus(sending, channels, flags, time_ns, patience_us),
              SOAPY_SDR_STREAM_ERROR);
    const std::uint32_t sample = 0;
    const void* buffers[] = { &sample };
    const auto write = [&] { return r->writeStream(sending, buffers, 1, flags, 0, 100000); };
    EXPECT_EQ(write(), SOAPY_SDR_STREAM_ERROR);
    SoapySDR::registerLogHandler([](const SoapySDRLogLevel, const char*) {
        throw std::runtime_error("this handler throws, as one in Python may");
    });
    EXPECT_THROW(write(), std::runtime_error);
    SoapySDR::registerLogHandler(nullptr);
    EXPECT_EQ(write(), SOAPY_SDR_STREAM_ERROR) << "the next call is let in";
    r->closeStream(sending);
}

// No getter was called between, which would have kept what was set.
TEST(SoapyServer, KeepsWhatWasSetWhenItEnds)
{
    served s("keeps");
    s.begin();
    const radio r("driver=zcring,device=keeps");
    r->setFrequency(SOAPY_SDR_RX, 0, 123e6);
    r->setGain(SOAPY_SDR_RX, 0, -7);
    s.end();
    EXPECT_EQ(r->getFrequency(SOAPY_SDR_RX, 0), 123e6);
    EXPECT_EQ(r->getGain(SOAPY_SDR_RX, 0), -7);
}

TEST(SoapyServer, HasTheRatesOfTheSceneThatIsOnTheAir)
{
    served s("on-air");
    s.begin();
    const temporary_directory where;
    const radio r("driver=zcring,device=on-air,rate=1e6,scene=" + recording(where, 1e6));
    EXPECT_EQ(r->getSampleRateRange(SOAPY_SDR_RX, 0).size(), 64u);
    const radio other("driver=zcring,device=on-air,gain=1");
    const kept_log log;
    other->writeSetting("scene", "noise");
    EXPECT_EQ(r->getSampleRateRange(SOAPY_SDR_RX, 0).size(), 1u);
    r->setFrequency(SOAPY_SDR_RX, 0, 900e6);
    EXPECT_EQ(log.text(), "") << "noise is there at every frequency";
    r->writeSetting("scene", "tone");
    r->setSampleRate(SOAPY_SDR_RX, 0, 960e3);
    const temporary_directory elsewhere;
    r->writeSetting("scene", recording(elsewhere, 960e3));
    EXPECT_EQ(r->getSampleRateRange(SOAPY_SDR_RX, 0).back().maximum(), 960e3);
    EXPECT_EQ(r->listSampleRates(SOAPY_SDR_RX, 0).size(), 64u);
}

TEST(SoapyServer, HasTheSceneThatWasSetAfterItsReturn)
{
    served s("sets");
    s.begin();
    radio r("driver=zcring,device=sets,scene=tone,noise=none,ring_bytes=67108864");
    r->writeSetting("scene", "counter");
    r->writeSetting("noise", "-20");
    r.start(SOAPY_SDR_CS16);
    s.end();
    while (read_some(r, 100000).result > 0)
        continue;
    s.begin();
    const answer a = read_until_data(r);
    ASSERT_GT(a.result, 0);
    EXPECT_TRUE(counts_from(a, counter_of(a, SOAPY_SDR_CS16, 0)));
    EXPECT_EQ(r->readSetting("scene"), "counter");
    EXPECT_EQ(r->readSetting("noise"), "-20");
}

// The scene of the arguments does not have the rate that was set with the other scene.
TEST(SoapyServer, HasARecordingOfAnotherRateAfterItsReturn)
{
    served s("other-rate");
    s.begin();
    const temporary_directory first, second;
    radio r("driver=zcring,device=other-rate,rate=1e6,ring_bytes=67108864,scene=" +
            recording(first, 1e6));
    r->writeSetting("scene", "tone");
    r->setSampleRate(SOAPY_SDR_RX, 0, 960e3);
    r->writeSetting("scene", recording(second, 960e3));
    r.start(SOAPY_SDR_CS16);
    s.end();
    while (read_some(r, 100000).result > 0)
        continue;
    s.begin();
    EXPECT_GT(read_until_data(r).result, 0);
    EXPECT_EQ(r->getSampleRate(SOAPY_SDR_RX, 0), 960e3);
    EXPECT_EQ(r->getSampleRateRange(SOAPY_SDR_RX, 0).back().maximum(), 960e3);
}

TEST(SoapyServer, TakesOneSceneAfterAnother)
{
    served s("scenes");
    s.begin();
    radio r("driver=zcring,device=scenes,scene=counter,ring_bytes=67108864,interval_us=2000");
    for (const char* const scene : { "noise", "tone", "counter" }) {
        r->writeSetting("scene", scene);
        EXPECT_EQ(r->readSetting("scene"), scene);
    }
    expect_says(error_text([&] { r->writeSetting("scene", "noise,freq=1e9"); }),
                { "noise,freq=1e9" });
    EXPECT_EQ(r->readSetting("scene"), "counter");
    r.start(SOAPY_SDR_CS16);
    const answer a = read_until_data(r);
    ASSERT_GT(a.result, 0);
    EXPECT_TRUE(counts_from(a, counter_of(a, SOAPY_SDR_CS16, 0)));
}

} // namespace
