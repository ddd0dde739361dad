// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sensors, settings and faults on demand.
#include "radio_under_test.h"

#include <algorithm>
#include <clocale>
#include <stdexcept>

namespace {

using namespace zcring_test;

TEST(SoapySettings, TellWhatTheyAre)
{
    const radio r(counter_free);
    for (const SoapySDR::ArgInfo& info : r->getSettingInfo()) {
        EXPECT_FALSE(info.name.empty()) << info.key;
        EXPECT_FALSE(info.description.empty()) << info.key;
        EXPECT_FALSE(r->readSetting(info.key).empty()) << info.key;
    }
    expect_says(error_text([&] { r->writeSetting("colour", "red"); }),
                { "colour", "scene", "drop" });
    expect_says(error_text([&] { r->readSetting("colour"); }), { "colour", "scene" });
    expect_says(error_text([&] { r->writeSetting("drop", "many"); }), { "drop=many", "number" });
}

// Programs do this when they start.
TEST(SoapySettings, AreWrittenBackWithoutAChange)
{
    for (const char* const arguments :
         { "driver=zcring,emulator", "driver=zcring,emulator,scene=counter,noise=-30" }) {
        radio r(arguments);
        const SoapySDR::ArgInfoList all = r->getSettingInfo();
        for (int round = 0; round < 2; round++) {
            for (const SoapySDR::ArgInfo& info : all) {
                EXPECT_TRUE(info.options.empty() || info.options[0] == info.value) << info.key;
                r->writeSetting(info.key, info.value);
                EXPECT_EQ(r->readSetting(info.key), info.value) << info.key;
            }
            if (!round)
                r.start(SOAPY_SDR_CS16);
        }
        EXPECT_GT(read_some(r, 100).result, 0);
    }
}

TEST(SoapySettings, HaveAPointInEveryLocale)
{
    const radio r(counter_free);
    r->writeSetting("noise", "-40.5");
    for (const char* const locale : { "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8" })
        if (std::setlocale(LC_NUMERIC, locale))
            break;
    EXPECT_EQ(r->readSetting("noise"), "-40.5"); // in "C", where none of the locales is installed
    EXPECT_EQ(r->readSensor("ring_fill"), "0");
    std::setlocale(LC_NUMERIC, "C");
}

TEST(SoapySettings, SetTheNoise)
{
    const radio r(counter_free);
    r->writeSetting("noise", "-40.5");
    EXPECT_EQ(r->readSetting("noise"), "-40.5");
    r->writeSetting("noise", "none");
    EXPECT_EQ(r->readSetting("noise"), "none");
    expect_says(error_text([&] { r->writeSetting("noise", "7"); }), { "noise=7", "-150" });
}

TEST(SoapySensors, TellTheStream)
{
    radio r(counter_free);
    for (const std::string& key : r->listSensors()) {
        EXPECT_EQ(r->getSensorInfo(key).key, key);
        EXPECT_FALSE(r->getSensorInfo(key).description.empty()) << key;
        EXPECT_FALSE(r->readSensor(key).empty()) << key;
    }
    EXPECT_EQ(r->readSensor("state"), "stopped");
    r.start(SOAPY_SDR_CS16);
    EXPECT_EQ(r->readSensor("state"), "running");
    ASSERT_GT(read_some(r, 10).result, 0);
    EXPECT_GT(r->readSensor<double>("ring_fill"), 0);
    EXPECT_LE(r->readSensor<double>("ring_fill"), 1);
    EXPECT_GT(std::stoll(r->readSensor("sample_clock")), 0);
    expect_says(error_text([&] { r->readSensor("rssi"); }), { "rssi", "lost_samples", "state" });
}

TEST(SoapyFaults, AStallIsATimeout)
{
    radio r(counter_real);
    r.start(SOAPY_SDR_CS16);
    ASSERT_GT(read_some(r, 100).result, 0);
    r->writeSetting("stall", "3000000000000");
    while (read_some(r, 100000, 4, 0).result > 0)
        continue;
    EXPECT_EQ(read_some(r, 100, 4, 20000).result, SOAPY_SDR_TIMEOUT);
    r->writeSetting("stall", "0");
    EXPECT_GT(read_some(r, 100).result, 0);
}

// The samples after an overflow are later than those before, and never without one. The ring is full long
// before each of the gaps.
TEST(SoapyFaults, EachOverflowIsToldOnceAtItsSample)
{
    radio r(under_test("ring_bytes=4096,interval_us=1000"));
    r.start(SOAPY_SDR_CS16);
    const answer first = read_some(r, 100);
    ASSERT_GT(first.result, 0);
    auto next = static_cast<std::uint64_t>(first.result);
    for (unsigned gaps = 0; gaps < 5; gaps++) {
        const std::string before = r->readSensor("overflow_count");
        ASSERT_TRUE(eventually([&] { return r->readSensor("overflow_count") != before; }));
        answer a = read_some(r, 100);
        while (a.result > 0) {
            ASSERT_TRUE(counts_from(a, next)) << "a gap that is not told";
            next += static_cast<std::uint64_t>(a.result);
            a = read_some(r, 100);
        }
        ASSERT_EQ(a.result, SOAPY_SDR_OVERFLOW);
        EXPECT_EQ(a.time_ns - first.time_ns, static_cast<long long>(next) * 1000);
        const answer after = read_some(r, 100);
        ASSERT_GT(after.result, 0) << "told twice";
        const auto clock = static_cast<std::uint64_t>(after.time_ns - first.time_ns) / 1000;
        ASSERT_GT(clock, next);
        ASSERT_TRUE(counts_from(after, clock));
        next = clock + static_cast<std::uint64_t>(after.result);
    }
}

TEST(SoapyFaults, AnUnpluggedDeviceIsToldOnceAndComesBack)
{
    for (const std::string& arguments : { counter_free, counter_real }) {
        radio r(arguments);
        r.start(SOAPY_SDR_CS16);
        ASSERT_GT(read_some(r, 100).result, 0);
        r->writeSetting("unplug", "true");
        EXPECT_EQ(r->readSensor("state"), "gone");
        answer a;
        do // what was in the ring
            a = read_some(r, 100000);
        while (a.result > 0);
        ASSERT_EQ(a.result, SOAPY_SDR_STREAM_ERROR);
        EXPECT_EQ(read_some(r, 100, 4, 30000).result, SOAPY_SDR_TIMEOUT);
        EXPECT_EQ(read_some(r, 100, 4, 0).result, SOAPY_SDR_TIMEOUT);
        r->setFrequency(SOAPY_SDR_RX, 0, 123e6);
        EXPECT_EQ(r->getFrequency(SOAPY_SDR_RX, 0), 123e6);
        r->writeSetting("unplug", "false");
        a = read_some(r, 100);
        ASSERT_GT(a.result, 0);
        EXPECT_TRUE(counts_from(a, 0));
        EXPECT_TRUE(a.has_time());
        EXPECT_EQ(r->getFrequency(SOAPY_SDR_RX, 0), 123e6);
        EXPECT_EQ(r->readSensor("state"), "running");
    }
}

// A log handler in Python throws, for example.
TEST(SoapyFaults, AnExceptionEndsTheCallAndNotTheStream)
{
    for (const bool is_direct : { false, true }) {
        radio r(counter_free);
        r.start(SOAPY_SDR_CS16);
        const auto read = [&](long timeout_us) {
            std::size_t handle = 0;
            const void* direct[1];
            int flags = 0;
            long long time_ns = 0;
            if (!is_direct)
                return read_some(r, 100, 4, timeout_us).result;
            const int n =
                r->acquireReadBuffer(r.stream(), handle, direct, flags, time_ns, timeout_us);
            if (n > 0)
                r->releaseReadBuffer(r.stream(), handle);
            return n;
        };
        ASSERT_GT(read(patience_us), 0);
        r->writeSetting("unplug", "true");
        SoapySDR::registerLogHandler([](const SoapySDRLogLevel level, const char*) {
            if (level == SOAPY_SDR_WARNING)
                throw std::runtime_error("this handler throws");
        });
        int result = 1;
        while (result > 0)
            result = read(patience_us);
        SoapySDR::registerLogHandler(nullptr);
        EXPECT_EQ(result, SOAPY_SDR_STREAM_ERROR);
        EXPECT_EQ(read(100000), SOAPY_SDR_STREAM_ERROR) << "the next call is let in";
        EXPECT_EQ(read(1000), SOAPY_SDR_TIMEOUT);
        r->writeSetting("unplug", "false");
        EXPECT_GT(read(patience_us), 0);
        EXPECT_EQ(r->deactivateStream(r.stream()), 0);
    }
}

TEST(SoapyFaults, ADeviceThatIsGoneCanBeActivatedAfterItsReturn)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    r->writeSetting("unplug", "true");
    while (read_some(r, 100000).result > 0)
        continue;
    EXPECT_EQ(r->deactivateStream(r.stream()), 0);
    EXPECT_EQ(r->activateStream(r.stream()), SOAPY_SDR_STREAM_ERROR);
    r->writeSetting("unplug", "false");
    EXPECT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_GT(read_some(r, 100).result, 0);
}

} // namespace
