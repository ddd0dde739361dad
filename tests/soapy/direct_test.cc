// SPDX-License-Identifier: GPL-3.0-or-later
//
// Direct buffers: the ring itself, given back in any order.
#include "radio_under_test.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <random>
#include <set>
#include <thread>

namespace {

using namespace zcring_test;

struct buffer {
    int result = 0;
    std::size_t handle = 0;
    const void* data = nullptr;
    int flags = 0;
    long long time_ns = 0;
};

buffer acquire(const radio& r, long timeout_us = patience_us)
{
    buffer b;
    const void* buffers[8] = {};
    b.result = r->acquireReadBuffer(r.stream(), b.handle, buffers, b.flags, b.time_ns, timeout_us);
    b.data = buffers[0];
    return b;
}

testing::AssertionResult counts(const buffer& b, std::uint64_t clock)
{
    for (int k = 0; k < b.result; k++)
        if (counter_from_sc16(b.data, static_cast<std::uint64_t>(k)) !=
            counter_sample(clock + static_cast<std::uint64_t>(k)))
            return testing::AssertionFailure() << "sample " << k;
    return testing::AssertionSuccess();
}

TEST(SoapyDirect, GivesTheRingInAnyOrderOfRelease)
{
    radio r("driver=zcring,emulator,pace=free,scene=counter,rate=1e6,ring_bytes=65536,"
            "interval_us=500");
    r.start(SOAPY_SDR_CS16);
    const std::size_t count = r->getNumDirectAccessBuffers(r.stream());
    ASSERT_GT(count, 1u);
    std::mt19937 random(1);
    std::deque<std::pair<buffer, std::uint64_t>> held;
    std::set<std::size_t> handles;
    std::uint64_t clock = 0;
    while (clock < 3000000) {
        if (held.size() < std::min<std::size_t>(count, 20)) {
            const buffer b = acquire(r);
            ASSERT_GT(b.result, 0);
            ASSERT_LT(b.handle, count);
            ASSERT_TRUE(handles.insert(b.handle).second) << "a handle is given twice";
            ASSERT_TRUE(counts(b, clock));
            held.emplace_back(b, clock);
            clock += static_cast<std::uint64_t>(b.result);
            continue;
        }
        while (held.size() > 5) {
            // The oldest one keeps all behind it in the ring, which must not become full.
            const bool is_old = clock - held.front().second > 8000;
            const std::size_t i = is_old ? 0 : random() % held.size();
            ASSERT_TRUE(counts(held[i].first, held[i].second)) << "overwritten while it was held";
            handles.erase(held[i].first.handle);
            r->releaseReadBuffer(r.stream(), held[i].first.handle);
            held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    EXPECT_EQ(r->readSensor("lost_samples"), "0");
}

TEST(SoapyDirect, ABufferThatIsHeldIsNotOverwritten)
{
    radio r("driver=zcring,emulator,pace=free,scene=counter,rate=1e6,ring_bytes=65536,"
            "interval_us=500");
    r.start(SOAPY_SDR_CS16);
    const buffer oldest = acquire(r);
    ASSERT_GT(oldest.result, 0);
    auto clock = static_cast<std::uint64_t>(oldest.result);
    while (true) {
        const buffer b = acquire(r, 1000);
        if (b.result == SOAPY_SDR_TIMEOUT)
            break; // the ring is full of what the oldest one keeps
        ASSERT_GT(b.result, 0);
        ASSERT_TRUE(counts(b, clock));
        clock += static_cast<std::uint64_t>(b.result);
        ASSERT_LE(clock, 16384u);
        r->releaseReadBuffer(r.stream(), b.handle);
    }
    EXPECT_TRUE(counts(oldest, 0));
    r->releaseReadBuffer(r.stream(), oldest.handle);
    EXPECT_TRUE(counts(acquire(r), clock));
}

TEST(SoapyDirect, GoesWithReadStream)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    std::uint64_t clock = 0;
    for (int i = 0; i < 1000; i++) {
        const buffer b = acquire(r);
        ASSERT_GT(b.result, 0);
        clock += static_cast<std::uint64_t>(b.result);
        const answer a = read_some(r, 777);
        ASSERT_GT(a.result, 0);
        ASSERT_TRUE(counts_from(a, clock));
        clock += static_cast<std::uint64_t>(a.result);
        r->releaseReadBuffer(r.stream(), b.handle);
    }
    EXPECT_EQ(r->readSensor("lost_samples"), "0");
}

TEST(SoapyDirect, TimesOutWhileAllBuffersAreHeld)
{
    radio r(counter_free + ",interval_us=100");
    r.start(SOAPY_SDR_CS16);
    const std::size_t count = r->getNumDirectAccessBuffers(r.stream());
    std::vector<buffer> held;
    while (held.size() < count) {
        held.push_back(acquire(r));
        ASSERT_GT(held.back().result, 0);
    }
    EXPECT_EQ(acquire(r, 1000).result, SOAPY_SDR_TIMEOUT);
    r->releaseReadBuffer(r.stream(), held[3].handle);
    EXPECT_GT(acquire(r).result, 0);
}

TEST(SoapyDirect, TwoThreadsShareTheLastHandle)
{
    radio r(counter_free + ",interval_us=100");
    r.start(SOAPY_SDR_CS16);
    std::vector<buffer> held;
    while (held.size() + 1 < r->getNumDirectAccessBuffers(r.stream())) {
        held.push_back(acquire(r));
        ASSERT_GT(held.back().result, 0);
    }
    // Both wait for samples while the handle is free.
    ASSERT_EQ(r->deactivateStream(r.stream()), 0);
    std::atomic<unsigned> waiting{ 0 }, given{ 0 };
    const auto wait_and_count = [&] {
        waiting++;
        if (acquire(r).result > 0)
            given++;
    };
    std::thread one(wait_and_count), other(wait_and_count);
    EXPECT_TRUE(eventually([&] { return waiting == 2; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(r->activateStream(r.stream()), 0);
    EXPECT_TRUE(eventually([&] { return given > 0; }));
    r->releaseReadBuffer(r.stream(), held[0].handle);
    one.join();
    other.join();
    EXPECT_EQ(given, 2u);
}

TEST(SoapyDirect, TellsAGapAsReadStreamDoes)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    r->writeSetting("drop", "500");
    std::uint64_t clock = 0;
    unsigned gaps = 0;
    for (int i = 0; i < 100; i++) {
        const buffer b = acquire(r);
        if (b.result == SOAPY_SDR_OVERFLOW) {
            gaps++;
            clock += 500;
            continue;
        }
        ASSERT_GT(b.result, 0);
        ASSERT_TRUE(counts(b, clock));
        clock += static_cast<std::uint64_t>(b.result);
        r->releaseReadBuffer(r.stream(), b.handle);
    }
    EXPECT_EQ(gaps, 1u);
}

TEST(SoapyDirect, KeepsAHandleThatIsHeldAcrossAnActivation)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    const buffer old = acquire(r);
    ASSERT_GT(old.result, 0);
    ASSERT_EQ(r->deactivateStream(r.stream()), 0);
    ASSERT_TRUE(counts(old, 0)) << "samples are gone before the next stream";
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    std::uint64_t clock = 0;
    for (std::size_t i = 0; i < 3 * r->getNumDirectAccessBuffers(r.stream()); i++) {
        const buffer b = acquire(r);
        ASSERT_GT(b.result, 0);
        ASSERT_NE(b.handle, old.handle);
        ASSERT_TRUE(counts(b, clock));
        clock += static_cast<std::uint64_t>(b.result);
        if (i == 10)
            r->releaseReadBuffer(r.stream(), 4711); // ignored
        r->releaseReadBuffer(r.stream(), b.handle);
    }
    r->releaseReadBuffer(r.stream(), old.handle);
    EXPECT_EQ(r->readSensor("lost_samples"), "0");
}

TEST(SoapyDirect, HasNoneWhereSamplesAreConverted)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CF32);
    EXPECT_EQ(r->getNumDirectAccessBuffers(r.stream()), 0u);
    EXPECT_EQ(acquire(r, 0).result, SOAPY_SDR_NOT_SUPPORTED);
}

} // namespace
