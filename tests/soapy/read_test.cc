// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading a stream: every sample, every gap at its sample, and the ends of streams.
#include "radio_under_test.h"

#include <algorithm>
#include <cmath>

namespace {

using namespace zcring_test;

const std::pair<const char*, std::size_t> formats[] = { { SOAPY_SDR_CF32, 8 },
                                                        { SOAPY_SDR_CS16, 4 },
                                                        { SOAPY_SDR_CS8, 2 } };

TEST(SoapyRead, GivesEverySampleInEveryFormat)
{
    for (const auto& [format, bytes] : formats) {
        const std::string ring = format == std::string(SOAPY_SDR_CS8)    ? "sc8"
                                 : format == std::string(SOAPY_SDR_CF32) ? "fc32"
                                                                         : "sc16";
        radio r(counter_free + ",format=" + ring);
        r.start(format);
        std::uint64_t clock = 0;
        while (clock < 1000000) {
            const answer a = read_some(r, 10007, bytes);
            ASSERT_GT(a.result, 0);
            ASSERT_TRUE(counts_from(a, clock, format)) << format;
            clock += static_cast<std::uint64_t>(a.result);
        }
        EXPECT_EQ(r->readSensor("lost_samples"), "0");
    }
}

TEST(SoapyRead, ConvertsTheRingsFormat)
{
    radio r(counter_free);
    double full_scale = 0;
    EXPECT_EQ(r->getNativeStreamFormat(SOAPY_SDR_RX, 0, full_scale), SOAPY_SDR_CS16);
    EXPECT_EQ(full_scale, 32768);
    r.start(SOAPY_SDR_CF32);
    std::uint64_t clock = 0;
    while (clock < 200000) {
        const answer a = read_some(r, 5000, 8);
        ASSERT_GT(a.result, 0);
        ASSERT_TRUE(counts_from(a, clock, SOAPY_SDR_CF32));
        clock += static_cast<std::uint64_t>(a.result);
    }
}

TEST(SoapyRead, RefusesAnotherFormatAndAnotherChannel)
{
    const radio r(counter_free + ",channels=2");
    const auto set_up = [&](const char* format, std::vector<std::size_t> channels) {
        return error_text([&] { r->setupStream(SOAPY_SDR_RX, format, channels); });
    };
    expect_says(set_up("CU8", {}), { "CU8", "CF32", "CS16", "CS8" });
    expect_says(set_up("CF32", { 2 }), { "channel 2", "0 to 1" });
    expect_says(set_up("CF32", { 1, 1 }), { "channel 1", "twice" });
    expect_says(error_text([&] { r->setupStream(SOAPY_SDR_TX, "CF32"); }),
                { "emulator", "no antenna", "device=NAME" });
}

TEST(SoapyRead, GivesTheChannelsInTheOrderOfTheStream)
{
    radio r(counter_free + ",channels=8");
    EXPECT_EQ(r->getNumChannels(SOAPY_SDR_RX), 8u);
    r.start(SOAPY_SDR_CS16, { 5, 0, 7 });
    std::vector<std::uint8_t> data[3];
    void* buffers[3];
    for (int i = 0; i < 3; i++) {
        data[i].resize(4 * 1000);
        buffers[i] = data[i].data();
    }
    int flags = 0;
    long long time_ns = 0;
    const int n = r->readStream(r.stream(), buffers, 1000, flags, time_ns, patience_us);
    ASSERT_GT(n, 0);
    const std::uint64_t channels[] = { 5, 0, 7 };
    for (int i = 0; i < 3; i++)
        for (std::uint64_t k = 0; k < static_cast<std::uint64_t>(n); k++)
            ASSERT_EQ(counter_from_sc16(data[i].data(), k), counter_sample(k, channels[i]));
}

TEST(SoapyRead, TellsEveryGapOnceAtItsSample)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    const answer first = read_some(r, 100);
    ASSERT_EQ(first.result, 100);
    std::uint64_t clock = 100, lost = 0;
    const std::uint64_t drops[] = { 1, 1000, 3, 70000 };
    for (const std::uint64_t drop : drops) {
        r->writeSetting("drop", std::to_string(drop));
        bool is_told = false;
        for (const std::uint64_t end = clock + 300000; clock < end;) {
            const answer a = read_some(r, 1234);
            ASSERT_TRUE(a.has_time());
            if (a.result == SOAPY_SDR_OVERFLOW) {
                ASSERT_FALSE(is_told) << "the gap of " << drop << " samples is told twice";
                is_told = true;
                ASSERT_EQ(a.time_ns, first.time_ns + static_cast<long long>(clock + lost) * 1000);
                lost += drop;
                continue;
            }
            ASSERT_GT(a.result, 0);
            ASSERT_TRUE(counts_from(a, clock + lost)) << "after the gap of " << drop;
            ASSERT_EQ(a.time_ns, first.time_ns + static_cast<long long>(clock + lost) * 1000);
            clock += static_cast<std::uint64_t>(a.result);
        }
        EXPECT_TRUE(is_told) << drop;
    }
    EXPECT_EQ(r->readSensor("lost_samples"), std::to_string(lost));
    EXPECT_EQ(r->readSensor("overflow_count"), "4");
}

TEST(SoapyRead, TimesOutWhileTheStreamIsNotActive)
{
    radio r(counter_free);
    r.set_up(SOAPY_SDR_CS16);
    EXPECT_EQ(r->deactivateStream(r.stream()), 0);
    EXPECT_EQ(read_some(r, 100, 4, 1000).result, SOAPY_SDR_TIMEOUT);
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_GT(read_some(r, 100).result, 0);
    ASSERT_EQ(r->deactivateStream(r.stream()), 0);
    EXPECT_EQ(read_some(r, 100, 4, 0).result, SOAPY_SDR_TIMEOUT);
    EXPECT_EQ(read_some(r, 100, 4, -1).result, SOAPY_SDR_TIMEOUT);
}

TEST(SoapyRead, BeginsAnewWithEveryActivation)
{
    radio r(counter_free);
    r.set_up(SOAPY_SDR_CS16);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(r->activateStream(r.stream()), 0);
        const answer a = read_some(r, 1000);
        ASSERT_GT(a.result, 0);
        EXPECT_TRUE(counts_from(a, 0));
        ASSERT_EQ(r->deactivateStream(r.stream()), 0);
    }
}

TEST(SoapyRead, GoesOnIfItIsActivatedTwice)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    const answer first = read_some(r, 100);
    ASSERT_EQ(first.result, 100);
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_TRUE(counts_from(read_some(r, 100), 100));
}

TEST(SoapyRead, EndsAfterTheNumberOfSamplesThatWasAskedFor)
{
    radio r(counter_free);
    r.set_up(SOAPY_SDR_CS16);
    for (const std::uint64_t wanted : { 1u, 100u, 12345u }) {
        ASSERT_EQ(r->activateStream(r.stream(), SOAPY_SDR_END_BURST, 0, wanted), 0);
        std::uint64_t got = 0;
        answer a;
        while (!a.ends()) {
            a = read_some(r, 1000);
            ASSERT_GT(a.result, 0);
            ASSERT_TRUE(counts_from(a, got));
            got += static_cast<std::uint64_t>(a.result);
        }
        EXPECT_EQ(got, wanted);
        EXPECT_EQ(read_some(r, 100, 4, 1000).result, SOAPY_SDR_TIMEOUT);
    }
}

TEST(SoapyRead, HasAnMtuBeforeItIsActive)
{
    radio r("driver=zcring,emulator,ring_bytes=4096,format=fc32");
    r.set_up(SOAPY_SDR_CF32);
    EXPECT_EQ(r->getStreamMTU(r.stream()), 128u);
}

TEST(SoapyRead, HasOneStreamAtATime)
{
    radio r(counter_free);
    r.set_up(SOAPY_SDR_CS16);
    expect_says(error_text([&] { r->setupStream(SOAPY_SDR_RX, SOAPY_SDR_CS16); }),
                { "a stream", "close it" });
    r.close();
    r.start(SOAPY_SDR_CF32);
    EXPECT_GT(read_some(r, 100, 8).result, 0);
}

TEST(SoapyRead, GivesAnErrorForAClosedStream)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    SoapySDR::Stream* const closed = r.stream();
    r.close();
    r.set_up(SOAPY_SDR_CS16);
    int flags = 0;
    long long time_ns = 0;
    std::uint8_t sample[4];
    void* buffers[] = { sample };
    EXPECT_EQ(r->readStream(closed, buffers, 1, flags, time_ns, 0), SOAPY_SDR_STREAM_ERROR);
    EXPECT_EQ(r->activateStream(closed), SOAPY_SDR_STREAM_ERROR);
    EXPECT_EQ(r->deactivateStream(closed), SOAPY_SDR_STREAM_ERROR);
    EXPECT_GT(r->getStreamMTU(closed), 0u);
    r->closeStream(closed);
}

TEST(SoapyRead, AcceptsUnknownStreamArguments)
{
    const radio r(counter_free);
    SoapySDR::Stream* const s = r->setupStream(
        SOAPY_SDR_RX, SOAPY_SDR_CS16, {}, { { "WIRE", "sc16" }, { "remote:prot", "tcp" } });
    EXPECT_NE(s, nullptr);
    r->closeStream(s);
}

// UHD's wrapper puts reads together until one has the end of a burst.
TEST(SoapyRead, FillsTheBuffersOfUhdUpToAGap)
{
    const radio r(counter_free);
    SoapySDR::Stream* const s =
        r->setupStream(SOAPY_SDR_RX, SOAPY_SDR_CS16, {}, { { "WIRE", "sc16" } });
    ASSERT_EQ(r->activateStream(s), 0);
    std::vector<std::uint8_t> bytes(4 * 29999);
    void* buffers[] = { bytes.data() };
    int flags = 0;
    long long time_ns = 0;
    const auto read = [&](std::size_t samples) {
        return r->readStream(s, buffers, samples, flags, time_ns, patience_us);
    };
    for (int i = 0; i < 10; i++) {
        ASSERT_EQ(read(29999), 29999);
        ASSERT_EQ(flags, SOAPY_SDR_HAS_TIME);
    }
    // The drop begins somewhere behind what was made for the reads before.
    r->writeSetting("drop", "1000");
    std::uint64_t clock = 299990;
    int n = 29999;
    while (n == 29999) {
        n = read(29999);
        ASSERT_GT(n, 0);
        ASSERT_EQ(counter_from_sc16(bytes.data(), 0), counter_sample(clock));
        clock += static_cast<std::uint64_t>(n);
    }
    EXPECT_EQ(flags, SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST);
    EXPECT_EQ(read(29999), SOAPY_SDR_OVERFLOW);
    ASSERT_EQ(read(29999), 29999);
    EXPECT_EQ(counter_from_sc16(bytes.data(), 0), counter_sample(clock + 1000));
    r->closeStream(s);
}

// A read that begins in what is left of the one before never leaves the ring.
TEST(SoapyRead, FillsTheBuffersOfUhdOverManyLapsOfASmallRing)
{
    const radio r("driver=zcring,emulator,pace=free,scene=counter,rate=1e6,ring_bytes=65536,"
                  "interval_us=1700,channels=2");
    SoapySDR::Stream* const s =
        r->setupStream(SOAPY_SDR_RX, SOAPY_SDR_CS16, { 0, 1 }, { { "WIRE", "sc16" } });
    ASSERT_EQ(r->activateStream(s), 0);
    std::vector<std::uint8_t> bytes[2];
    void* buffers[2];
    for (int c = 0; c < 2; c++) {
        bytes[c].resize(4 * 4096);
        buffers[c] = bytes[c].data();
    }
    std::uint64_t clock = 0;
    for (std::size_t i = 0; clock < 200 * 16384; i++) {
        const std::size_t wanted = 1 + i * 997 % 4096;
        int flags = 0;
        long long time_ns = 0;
        ASSERT_EQ(r->readStream(s, buffers, wanted, flags, time_ns, patience_us),
                  static_cast<int>(wanted));
        for (std::uint64_t c = 0; c < 2; c++)
            for (std::size_t k = 0; k < wanted; k++)
                ASSERT_EQ(counter_from_sc16(bytes[c].data(), k), counter_sample(clock + k, c));
        clock += wanted;
    }
    r->closeStream(s);
}

TEST(SoapyRead, TellsEventsByReadStreamAlone)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    std::size_t channels = 0;
    int flags = 0;
    long long time_ns = 0;
    EXPECT_EQ(r->readStreamStatus(r.stream(), channels, flags, time_ns, 0),
              SOAPY_SDR_NOT_SUPPORTED);
}

} // namespace
