// SPDX-License-Identifier: GPL-3.0-or-later
//
// A client whose threads read, tune and close at the same time.
#include "radio_under_test.h"

#include <atomic>
#include <thread>

namespace {

using namespace zcring_test;
using namespace std::chrono_literals;

TEST(SoapyThreads, ReadTuneAndCloseAtOnce)
{
    radio r(under_test("scene=noise,ring_bytes=65536," + interval(500)));
    SoapySDR::Device& device = *r.operator->();
    std::atomic<SoapySDR::Stream*> current{ nullptr };
    std::atomic<bool> quit{ false };
    std::atomic<std::uint64_t> samples{ 0 };

    std::thread reader([&] {
        std::vector<std::uint8_t> bytes(8 * 1000);
        void* buffers[] = { bytes.data() };
        while (!quit) {
            int flags = 0;
            long long time_ns = 0;
            const int n = device.readStream(current.load(), buffers, 1000, flags, time_ns, 100000);
            if (n > 0)
                samples += static_cast<std::uint64_t>(n);
        }
    });
    std::thread tuner([&] {
        for (int i = 0; !quit; i++) {
            device.setFrequency(SOAPY_SDR_RX, 0, 1e8 + i);
            device.setGain(SOAPY_SDR_RX, 0, i % 60);
            device.setSampleRate(SOAPY_SDR_RX, 0, 1e6 + i % 1000);
            device.getFrequency(SOAPY_SDR_RX, 0);
            device.readSensor("lost_samples");
            device.getHardwareTime();
        }
    });
    for (int round = 0; round < 40; round++) {
        SoapySDR::Stream* const s =
            device.setupStream(SOAPY_SDR_RX, round % 2 ? SOAPY_SDR_CF32 : SOAPY_SDR_CS16);
        ASSERT_EQ(device.activateStream(s), 0);
        const std::uint64_t before = samples;
        current = s;
        for (int polls = 0; samples == before && polls < 60000; polls++)
            std::this_thread::sleep_for(1ms);
        EXPECT_GT(samples, before);
        if (round % 3 == 0)
            device.deactivateStream(s);
        device.closeStream(s);
    }
    quit = true;
    reader.join();
    tuner.join();
}

TEST(SoapyThreads, AReadThatWaitsDoesNotDelayADeactivation)
{
    radio r(counter_real);
    r.set_up(SOAPY_SDR_CS16);
    const long long in_an_hour = r->getHardwareTime() + 3600 * 1000000000LL;
    ASSERT_EQ(r->activateStream(r.stream(), SOAPY_SDR_HAS_TIME, in_an_hour), 0);
    std::atomic<bool> is_reading{ false };
    std::atomic<int> result{ 0 };
    std::thread reader([&] {
        is_reading = true;
        result = read_some(r, 100, 4, 3600L * 1000000).result;
    });
    while (!is_reading)
        std::this_thread::yield();
    ASSERT_EQ(r->deactivateStream(r.stream()), 0);
    // The reader waits on, as the stream may be activated again.
    ASSERT_EQ(r->activateStream(r.stream(), 0, 0, 10), 0);
    reader.join();
    EXPECT_GT(result, 0);
}

TEST(SoapyThreads, AReadThatWaitsEndsWithTheStream)
{
    // Waits for samples, for an activation, for a buffer.
    for (const char* const waits_for : { "samples", "activation", "buffer" }) {
        SCOPED_TRACE(waits_for);
        const std::string what = waits_for;
        radio r(what == "buffer" ? under_test("ring_bytes=67108864," + interval(100))
                                 : counter_real);
        r.set_up(SOAPY_SDR_CS16);
        const auto acquire = [&r](long timeout_us) {
            std::size_t handle = 0;
            const void* buffers[1];
            int flags = 0;
            long long time_ns = 0;
            return r->acquireReadBuffer(r.stream(), handle, buffers, flags, time_ns, timeout_us);
        };
        if (what != "activation") {
            ASSERT_EQ(r->activateStream(r.stream()), 0);
        }
        if (what == "samples")
            r->writeSetting("stall", "3600000000000");
        const std::size_t held = what == "buffer" ? r->getNumDirectAccessBuffers(r.stream()) : 0;
        for (std::size_t i = 0; i < held; i++)
            ASSERT_GT(acquire(patience_us), 0);
        std::atomic<bool> is_reading{ false };
        std::atomic<int> result{ 1 };
        std::thread reader([&] {
            is_reading = true;
            do // what was in the ring
                result = what == "buffer" ? acquire(patience_us) : read_some(r, 100).result;
            while (result > 0);
        });
        while (!is_reading)
            std::this_thread::yield();
        std::this_thread::sleep_for(50ms);
        SoapySDR::Stream* const open = r.stream();
        r->closeStream(open);
        reader.join();
        EXPECT_EQ(result, SOAPY_SDR_STREAM_ERROR);
        EXPECT_EQ(read_some(r, 100).result, SOAPY_SDR_STREAM_ERROR);
    }
}

TEST(SoapyThreads, ReleaseBuffersInAnotherThread)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    std::atomic<int> handles[64];
    std::atomic<bool> quit{ false };
    for (auto& h : handles)
        h = 0;
    std::thread releaser([&] {
        for (std::size_t i = 0; !quit; i = (i * 5 + 1) % 64)
            if (handles[i].exchange(0))
                r->releaseReadBuffer(r.stream(), i);
    });
    std::uint64_t clock = 0;
    while (clock < 2000000) {
        std::size_t handle = 0;
        const void* buffers[1];
        int flags = 0;
        long long time_ns = 0;
        const int n =
            r->acquireReadBuffer(r.stream(), handle, buffers, flags, time_ns, patience_us);
        ASSERT_GT(n, 0);
        ASSERT_EQ(counter_from_sc16(buffers[0], 0), counter_sample(clock));
        clock += static_cast<std::uint64_t>(n);
        handles[handle] = 1;
    }
    quit = true;
    releaser.join();
    EXPECT_EQ(r->readSensor("lost_samples"), "0");
}

} // namespace
