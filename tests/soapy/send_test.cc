// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sending to the antenna of a server or of a device of the driver (ZCRING_TEST_DEVICE=device=…), and
// receiving what was sent. Skipped on the emulator, which has no antenna that can be fed.
#include "radio_under_test.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace {

using namespace zcring_test;

constexpr int tx = SOAPY_SDR_TX;
constexpr long long second_ns = 1000000000;

// Samples without a time are on the air so long after they were written.
constexpr long long own_lead_ns = 20000000;

// Longer than any burst.
constexpr std::size_t apart = 300000;

TEST(SoapySend, IsNothingForTheEmulator)
{
    const radio r("driver=zcring,emulator");
    EXPECT_EQ(r->getNumChannels(tx), 0u);
    EXPECT_TRUE(r->listAntennas(tx, 0).empty());
    expect_says(error_text([&] { r->setFrequency(tx, 0, 1e8); }), { "channel 0", "transmit" });
}

// Sample n is never zero, so that the first one is found.
std::vector<std::int16_t> numbered(std::size_t first, std::size_t samples)
{
    std::vector<std::int16_t> iq;
    for (std::size_t n = first; n < first + samples; n++) {
        iq.push_back(static_cast<std::int16_t>(n % 30000 + 1));
        iq.push_back(static_cast<std::int16_t>(n / 30000 + 1));
    }
    return iq;
}

std::size_t open_files()
{
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class SoapySendToAntenna : public testing::Test
{
protected:
    void SetUp() override
    {
        if (on_emulator())
            GTEST_SKIP() << "needs a server, or a device of the driver";
        d_radio.emplace("driver=zcring," + device_under_test() +
                        ",rate=500e3,freq=100e6,gain=0,noise=none,format=sc16,channels=1,"
                        "ring_bytes=67108864,interval_us=10000"); // 33 s, and descriptors for 40 s
        d_tx = radio()->setupStream(tx, SOAPY_SDR_CS16);
        ASSERT_EQ(radio()->activateStream(d_tx), 0);
        radio().start(SOAPY_SDR_CS16);
    }
    void TearDown() override
    {
        if (d_tx)
            radio()->closeStream(d_tx);
    }

    zcring_test::radio& radio() { return *d_radio; }
    SoapySDR::Stream* sending() { return d_tx; }

    void send(std::size_t first, std::size_t samples, int flags, long long time_ns = 0)
    {
        const std::vector<std::int16_t> iq = numbered(first, samples);
        const long long called_ns = radio()->getHardwareTime();
        for (std::size_t done = 0; done < samples;) {
            const void* buffers[] = { iq.data() + 2 * done };
            int now = flags & ~(done ? SOAPY_SDR_HAS_TIME : 0);
            const int n =
                radio()->writeStream(d_tx, buffers, samples - done, now, time_ns, patience_us);
            ASSERT_GT(n, 0);
            done += static_cast<std::size_t>(n);
        }
        d_writing_ns += radio()->getHardwareTime() - called_ns;
    }

    //! Sends by send_once(index of the first sample, lead), which returns the time before which all had to
    //! be written, and again with twice the lead while this process was not in time. The index.
    //!
    //! A machine that is busy delays a call of writeStream() as it delays what is before, but not every
    //! call: where all of them take as long as the first lead, writeStream() is slow, and a longer lead
    //! is no excuse. Throws std::runtime_error, which tells the two apart.
    template <class Action>
    std::size_t send_in_time(long long lead_ns, Action send_once)
    {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        const long long limit_ns = std::max(lead_ns, own_lead_ns);
        long long shortest_ns = std::numeric_limits<long long>::max();
        while (true) {
            d_writing_ns = 0;
            const long long latest = send_once(d_first, lead_ns);
            const bool is_in_time = radio()->getHardwareTime() < latest;
            shortest_ns = std::min(shortest_ns, d_writing_ns);
            if (is_in_time && shortest_ns < limit_ns)
                return d_first;
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error(
                    shortest_ns < limit_ns
                        ? "this process gets no processor in time"
                        : "writeStream() is slow: it always took " + std::to_string(shortest_ns) +
                              " ns or longer, and " + std::to_string(limit_ns) + " ns is too long");
            if (!is_in_time)
                lead_ns *= 2;
            d_first += apart;
            EXPECT_EQ(radio()->deactivateStream(d_tx), 0);
            EXPECT_EQ(radio()->activateStream(d_tx), 0);
        }
    }

    //! The same, without a time.
    std::size_t send_now(std::size_t samples, int flags)
    {
        return send_in_time(0, [&](std::size_t first, long long) {
            const long long before = radio()->getHardwareTime();
            send(first, samples, flags);
            return before + own_lead_ns;
        });
    }

    // Time of the first sample that was sent. Before it is silence, and what was sent too late: samples
    // of smaller indices.
    long long expect_heard(std::size_t first, std::size_t samples)
    {
        long long begin_ns = 0;
        std::size_t done = 0;
        const std::vector<std::int16_t> sent = numbered(first, samples);
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (done < samples) {
            const answer a = read_some(radio(), 10000);
            if (std::chrono::steady_clock::now() > deadline) {
                ADD_FAILURE() << "the burst is not heard";
                return 0;
            }
            if (a.result <= 0) {
                ADD_FAILURE() << "readStream() gives " << a.result << ", "
                              << radio()->readSensor("lost_samples") << " samples are lost";
                return 0;
            }
            const auto* iq = reinterpret_cast<const std::int16_t*>(a.bytes.data());
            for (int k = 0; k < a.result && done < samples; k++) {
                if (!done && (!iq[2 * k] || (iq[2 * k + 1] > 0 && iq[2 * k + 1] < sent[1])))
                    continue;
                if (!done)
                    begin_ns = a.time_ns + 2000LL * k;
                if (iq[2 * k] != sent[2 * done] || iq[2 * k + 1] != sent[2 * done + 1]) {
                    ADD_FAILURE() << "sample " << done << " is " << iq[2 * k] << ", "
                                  << iq[2 * k + 1];
                    return 0;
                }
                done++;
            }
        }
        return begin_ns;
    }

    int status(int& flags, long timeout_us = patience_us)
    {
        std::size_t channels = 0;
        long long time_ns = 0;
        return radio()->readStreamStatus(d_tx, channels, flags, time_ns, timeout_us);
    }

private:
    std::optional<zcring_test::radio> d_radio;
    SoapySDR::Stream* d_tx = nullptr;
    std::size_t d_first = 0;    // index of the first sample of the present burst
    long long d_writing_ns = 0; // in writeStream(), by the clock of the device
};

TEST_F(SoapySendToAntenna, IsHeardSampleForSample)
{
    EXPECT_EQ(radio()->getNumChannels(tx), 1u);
    EXPECT_EQ(radio()->getSampleRate(tx, 0), 500e3);
    EXPECT_EQ(radio()->getFrequency(tx, 0), 100e6);
    expect_heard(send_now(200000, SOAPY_SDR_END_BURST), 200000);
    int flags = 0;
    EXPECT_EQ(status(flags), 0);
    EXPECT_TRUE(flags & SOAPY_SDR_END_BURST);
    EXPECT_EQ(status(flags, 20000), SOAPY_SDR_TIMEOUT) << "silence between bursts is no underflow";
}

TEST_F(SoapySendToAntenna, IsHeardAtItsTime)
{
    for (int i = 0; i < 3; i++) {
        long long at = 0;
        const auto send_once = [&](std::size_t first, long long lead_ns) {
            at = radio()->getHardwareTime() + lead_ns;
            send(first, 5000, SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST, at);
            return at;
        };
        const std::size_t first = send_in_time(second_ns / 5, send_once);
        EXPECT_NEAR(static_cast<double>(expect_heard(first, 5000) - at), 0, 2001);
        int flags = 0;
        EXPECT_EQ(status(flags), 0) << "the end of the burst";
    }
}

// Within a tenth of a second: the two clocks of a server are compared by readings, and a machine that
// is busy reads slowly.
TEST_F(SoapySendToAntenna, IsHeardAtItsTimeAfterTheTimeWasSet)
{
    for (const long long set : { 0LL, 1000 * second_ns, 5 * second_ns }) {
        long long at = 0;
        const auto send_once = [&](std::size_t first, long long lead_ns) {
            radio()->setHardwareTime(set);
            at = set + lead_ns;
            send(first, 5000, SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST, at);
            return at - second_ns / 10;
        };
        const std::size_t first = send_in_time(second_ns / 2, send_once);
        EXPECT_NEAR(static_cast<double>(expect_heard(first, 5000) - at), 0, 1e8);
        int flags = 0;
        EXPECT_EQ(status(flags), 0) << "the end of the burst";
    }
}

TEST_F(SoapySendToAntenna, KeepsTheDistanceOfTwoBurstsAfterTheTimeWasSet)
{
    radio()->setHardwareTime(0);
    constexpr long long distance = second_ns / 5;
    const auto send_both = [&](std::size_t first, long long lead_ns) {
        const long long at = radio()->getHardwareTime() + lead_ns;
        send(first, 3000, SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST, at);
        send(first, 3000, SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST, at + distance);
        return at - second_ns / 10;
    };
    const std::size_t first = send_in_time(second_ns / 5, send_both);
    const long long heard = expect_heard(first, 3000);
    EXPECT_NEAR(static_cast<double>(expect_heard(first, 3000) - heard), distance, 2001);
    int flags = 0;
    EXPECT_EQ(status(flags), 0) << "the end of the bursts";
}

TEST_F(SoapySendToAntenna, TellsATimeThatHasPassed)
{
    expect_heard(send_now(1000, SOAPY_SDR_END_BURST), 1000);
    int flags = 0;
    EXPECT_EQ(status(flags), 0) << "the end of the burst";
    send(0, 100, SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST, radio()->getHardwareTime() - second_ns);
    EXPECT_EQ(status(flags), SOAPY_SDR_TIME_ERROR);
}

TEST_F(SoapySendToAntenna, TellsAnUnderflowOnce)
{
    send_now(1000, 0);
    int flags = 0;
    EXPECT_EQ(status(flags), SOAPY_SDR_UNDERFLOW);
    EXPECT_EQ(status(flags, 50000), SOAPY_SDR_TIMEOUT);
}

TEST_F(SoapySendToAntenna, IsSilentAfterItsEndAndGoesOnAnew)
{
    for (int i = 0; i < 3; i++) {
        expect_heard(send_now(3000, 0), 3000);
        ASSERT_EQ(radio()->deactivateStream(sending()), 0);
        std::uint8_t sample[4] = {};
        const void* buffers[] = { sample };
        int flags = 0;
        EXPECT_EQ(radio()->writeStream(sending(), buffers, 1, flags, 0, 1000), SOAPY_SDR_TIMEOUT);
        ASSERT_EQ(radio()->activateStream(sending()), 0);
    }
    EXPECT_EQ(radio()->readSensor("lost_samples"), "0");
}

TEST_F(SoapySendToAntenna, LeavesTheSceneAloneThatAnotherProgramHasSet)
{
    EXPECT_EQ(radio()->readSetting("scene"), "unchanged");
    for (const SoapySDR::ArgInfo& info : radio()->getSettingInfo()) {
        for (const std::string& option : info.options)
            EXPECT_FALSE(option.empty()) << info.key;
        radio()->writeSetting(info.key, info.value);
    }
    expect_heard(send_now(3000, SOAPY_SDR_END_BURST), 3000); // the feed is on the air still
}

TEST_F(SoapySendToAntenna, NamesWhatItCannotSend)
{
    expect_says(error_text([&] { radio()->setSampleRate(tx, 0, 0); }), { "rate=0", "0.001" });
    expect_says(error_text([&] { radio()->setupStream(tx, SOAPY_SDR_CS16); }), { "exists" });
    if (!on_server())
        return; // of which a second program gets no receiver
    const zcring_test::radio other("driver=zcring," + device_under_test() + ",gain=1");
    const std::size_t before = open_files();
    for (int i = 0; i < 3; i++)
        expect_says(error_text([&] { other->setupStream(tx, SOAPY_SDR_CS16); }), { "test" });
    EXPECT_EQ(open_files(), before);
}

} // namespace
