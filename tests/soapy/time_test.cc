// SPDX-License-Identifier: GPL-3.0-or-later
//
// Times of samples, streams that begin and end at a time, and timed commands.
#include "radio_under_test.h"

#include <cmath>

namespace {

using namespace zcring_test;

constexpr long long second_ns = 1000000000;

TEST(SoapyTime, RoundsToTheNearestNanosecondWithoutDrift)
{
    for (const double rate : { 3e6, 7e6 / 3, 1234567.0, 999983.0 }) {
        radio r(counter_free);
        r->setSampleRate(SOAPY_SDR_RX, 0, rate);
        r.start(SOAPY_SDR_CS16);
        std::optional<long long> begin_ns;
        std::uint64_t samples = 0;
        while (samples < 3000000) {
            const answer a = read_some(r, 997);
            ASSERT_GT(a.result, 0);
            ASSERT_TRUE(a.has_time());
            if (!begin_ns)
                begin_ns = a.time_ns;
            const long double exact = static_cast<long double>(samples) * 1e9L / rate;
            ASSERT_LE(std::fabs(static_cast<long double>(a.time_ns - *begin_ns) - exact), 0.5001L)
                << "sample " << samples << " at rate " << rate;
            samples += static_cast<std::uint64_t>(a.result);
        }
    }
}

TEST(SoapyTime, SetsAndGetsTheTimeOfDay)
{
    const radio r(counter_real);
    ASSERT_TRUE(r->hasHardwareTime());
    ASSERT_TRUE(r->hasHardwareTime("CMD"));
    EXPECT_FALSE(r->hasHardwareTime("PPS"));
    r->setHardwareTime(5 * second_ns);
    const long long first = r->getHardwareTime();
    const long long then = r->getHardwareTime();
    EXPECT_GE(first, 5 * second_ns);
    EXPECT_GE(then, first);
    EXPECT_LT(then, 4000 * second_ns);
    expect_says(error_text([&] { r->setHardwareTime(0, "PPS"); }), { "PPS", "CMD" });
    expect_says(error_text([&] { r->setHardwareTime(-1); }), { "-1", "negative" });
}

TEST(SoapyTime, SamplesHaveTheTimeThatWasSet)
{
    radio r(counter_free);
    r->setHardwareTime(0);
    r.start(SOAPY_SDR_CS16);
    const answer a = read_some(r, 100);
    ASSERT_TRUE(a.has_time());
    EXPECT_GE(a.time_ns, 0);
    EXPECT_LT(a.time_ns, 4000 * second_ns);
}

TEST(SoapyTime, BeginsWithTheFirstSampleNotBeforeItsTime)
{
    for (const std::string& arguments : { counter_free, counter_real })
        for (const double rate : { 1e6, 250e3 }) {
            radio r(arguments);
            r->setSampleRate(SOAPY_SDR_RX, 0, rate);
            r.set_up(SOAPY_SDR_CS16);
            const long long begin = r->getHardwareTime() + second_ns / 10;
            ASSERT_EQ(r->activateStream(r.stream(), SOAPY_SDR_HAS_TIME, begin), 0);
            answer a = read_some(r, 1000);
            ASSERT_GT(a.result, 0);
            EXPECT_GE(a.time_ns, begin);
            EXPECT_LT(static_cast<double>(a.time_ns - begin), 1e9 / rate);
        }
}

TEST(SoapyTime, RefusesToBeginInThePast)
{
    radio r(counter_free);
    r.set_up(SOAPY_SDR_CS16);
    const long long now = r->getHardwareTime();
    EXPECT_EQ(r->activateStream(r.stream(), SOAPY_SDR_HAS_TIME, now - 1), SOAPY_SDR_TIME_ERROR);
    EXPECT_EQ(r->activateStream(r.stream(), SOAPY_SDR_HAS_TIME, now + 100000 * second_ns),
              SOAPY_SDR_TIME_ERROR);
    EXPECT_EQ(r->activateStream(r.stream()), 0);
}

TEST(SoapyTime, EndsBeforeItsTime)
{
    radio r(counter_free);
    r->setHardwareTime(0);
    r.start(SOAPY_SDR_CS16);
    const long long begin = read_some(r, 1).time_ns;
    const long long end = begin + second_ns / 2 + 500;
    ASSERT_EQ(r->deactivateStream(r.stream(), SOAPY_SDR_HAS_TIME, end), 0);
    std::uint64_t samples = 1;
    answer a;
    while (!a.ends()) {
        a = read_some(r, 1000);
        ASSERT_GE(a.result, 0);
        samples += static_cast<std::uint64_t>(a.result);
    }
    EXPECT_EQ(samples, 500001u);
    EXPECT_EQ(read_some(r, 1, 4, 1000).result, SOAPY_SDR_TIMEOUT);
}

TEST(SoapyTime, ObeysACommandAtItsTime)
{
    radio r("driver=zcring,emulator,pace=free,scene=noise,rate=1e6,interval_us=2000,noise=none");
    r.start(SOAPY_SDR_CS16);
    const answer first = read_some(r, 1000);
    const long long at = first.time_ns + 20000000;
    r->setCommandTime(at);
    r->setGain(SOAPY_SDR_RX, 0, -60);
    r->setCommandTime(0);
    long long loud_until = 0, quiet_from = 0;
    while (!quiet_from) {
        const answer a = read_some(r, 1000);
        ASSERT_GT(a.result, 0);
        const auto* iq = reinterpret_cast<const std::int16_t*>(a.bytes.data());
        for (int k = 0; k < a.result; k++) {
            const bool is_loud = std::abs(iq[2 * k]) > 40 || std::abs(iq[2 * k + 1]) > 40;
            const long long time_ns = a.time_ns + 1000LL * k;
            if (is_loud)
                loud_until = time_ns;
            else if (!quiet_from && time_ns - loud_until > 20000)
                quiet_from = loud_until + 1000;
        }
        ASSERT_LT(a.time_ns, at + second_ns);
    }
    EXPECT_NEAR(static_cast<double>(quiet_from), static_cast<double>(at), 3000);
    EXPECT_EQ(r->getGain(SOAPY_SDR_RX, 0), -60);
}

TEST(SoapyTime, KeepsACommandForTheStreamThatFollows)
{
    radio r("driver=zcring,emulator,scene=noise,rate=1e6,interval_us=2000");
    r.set_up(SOAPY_SDR_CS16);
    const long long now = r->getHardwareTime();
    r->setCommandTime(now + second_ns / 5);
    r->setGain(SOAPY_SDR_RX, 0, -40);
    r->setCommandTime(0);
    EXPECT_EQ(r->getGain(SOAPY_SDR_RX, 0), 0);
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    answer a;
    while (a.time_ns < now + second_ns / 2) {
        a = read_some(r, 10000);
        ASSERT_GT(a.result, 0);
    }
    EXPECT_EQ(r->getGain(SOAPY_SDR_RX, 0), -40);
}

TEST(SoapyTime, RefusesACommandForLaterAtOnce)
{
    radio r("driver=zcring,emulator,scene=noise,rate=1e6,interval_us=2000");
    r.set_up(SOAPY_SDR_CS16);
    r->setCommandTime(r->getHardwareTime() + 100000 * second_ns);
    expect_says(error_text([&] { r->setGain(SOAPY_SDR_RX, 0, 200); }), { "gain=200", "-60", "60" });
    expect_says(error_text([&] { r->setFrequency(SOAPY_SDR_RX, 0, 2e12); }), { "frequency=2e+12" });
    expect_says(error_text([&] { r->setBandwidth(SOAPY_SDR_RX, 0, -1); }), { "bandwidth=-1" });
    expect_says(error_text([&] { r->setSampleRate(SOAPY_SDR_RX, 0, 0); }), { "rate=0" });
    for (int i = 0; i < 64; i++)
        r->setGain(SOAPY_SDR_RX, 0, -i / 2.0);
    expect_says(error_text([&] { r->setGain(SOAPY_SDR_RX, 0, 0); }), { "64", "activate" });
    r->setCommandTime(0);
    EXPECT_EQ(r->activateStream(r.stream()), 0);
}

TEST(SoapyTime, BeginsAtTheTimeOfCommands)
{
    radio r(counter_free);
    r.set_up(SOAPY_SDR_CS16);
    const long long at = r->getHardwareTime() + second_ns / 10;
    r->setCommandTime(at);
    ASSERT_EQ(r->activateStream(r.stream(), 0, 0, 100), 0);
    r->setCommandTime(0);
    const answer a = read_some(r, 100);
    EXPECT_EQ(a.result, 100);
    EXPECT_GE(a.time_ns, at);
    EXPECT_LT(a.time_ns, at + 1000);
}

TEST(SoapyTime, ShowsAClockThatJumps)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    const long long begin = read_some(r, 100).time_ns;
    r->writeSetting("jump", "3000000000");
    std::uint64_t samples = 100;
    bool has_jumped = false;
    while (samples < 100000) {
        const answer a = read_some(r, 1000);
        ASSERT_GT(a.result, 0);
        const long long ahead = a.time_ns - begin - static_cast<long long>(samples) * 1000;
        ASSERT_TRUE(ahead == 0 || ahead == 3 * second_ns) << ahead;
        ASSERT_TRUE(ahead || !has_jumped);
        has_jumped = ahead != 0;
        samples += static_cast<std::uint64_t>(a.result);
    }
    EXPECT_TRUE(has_jumped);
}

} // namespace
