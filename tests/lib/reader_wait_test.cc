// SPDX-License-Identifier: GPL-3.0-or-later
//
// Waiting for samples: how many are enough, what ends a wait, and how long it may take.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "counter_stream.h"
#include "support.h"

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr auto for_ever = std::chrono::nanoseconds(-1);
constexpr auto no_time = std::chrono::nanoseconds(0);
constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

TEST(Reader, HasNoSamplesBeforeAStart)
{
    device dev(with(""));
    reader in(dev);
    EXPECT_EQ(in.wait(1, for_ever), status::stopped);
    EXPECT_EQ(in.acquire().samples, 0u);
    EXPECT_EQ(in.held(), 0u);
    EXPECT_FALSE(in.next_burst(all));
}

TEST(Reader, ReturnsAfterTheTimeout)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    EXPECT_EQ(in.wait(1, no_time), status::timeout);
    EXPECT_EQ(in.wait(1, 20ms), status::timeout);
    EXPECT_EQ(in.wait(all, 1ns), status::timeout);
}

TEST(Reader, ReturnsAtOnceIfSamplesAreThere)
{
    device dev(with(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(2000, patience), status::data);
    EXPECT_EQ(in.wait(1, no_time), status::data);
    EXPECT_EQ(in.wait(2000, no_time), status::data);
    EXPECT_EQ(in.acquire(10).samples, 10u);
    EXPECT_EQ(in.held(), 10u);
}

TEST(Reader, IsWokenWhileItWaits)
{
    device dev(with("interval_us=60000000,rate=1000")); // a minute without samples
    reader in(dev);
    dev.start();
    for (int i = 0; i < 200; i++) {
        std::thread other([&] { in.wake(); });
        EXPECT_EQ(in.wait(1, for_ever), status::woken);
        other.join();
    }
    EXPECT_EQ(in.wait(1, no_time), status::timeout) << "once for each";
}

TEST(Reader, IsWokenByACallBeforeItWaits)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    in.wake();
    in.wake();
    EXPECT_EQ(in.wait(1, for_ever), status::woken);
    EXPECT_EQ(in.wait(1, 1ms), status::timeout);
}

TEST(Reader, AcceptsTheLongestTimeout)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    std::thread other([&] { in.wake(); });
    EXPECT_EQ(in.wait(1, std::chrono::nanoseconds::max()), status::woken);
    other.join();
}

TEST(Reader, StopsWaitingWhenTheStreamStops)
{
    for (int i = 0; i < 50; i++) {
        device dev(with("interval_us=60000000,rate=0.001")); // no sample for long
        reader in(dev);
        dev.start();
        std::thread other([&] { dev.stop(); });
        EXPECT_EQ(in.wait(all, patience), status::stopped) << i;
        other.join();
    }
}

TEST(Reader, ReadsWhatIsLeftAfterAStop)
{
    device dev(with(""));
    consumer c(dev);
    dev.start();
    ASSERT_EQ(c.in().wait(100, patience), status::data);
    dev.stop();
    EXPECT_EQ(c.in().wait(all, for_ever), status::data) << "however little it is";
    while (c.take())
        c.give_back_all();
    EXPECT_EQ(c.in().wait(1, for_ever), status::stopped);
    EXPECT_EQ(c.index(), dev.telemetry().produced_samples);
}

TEST(Reader, WaitsForTheWholeRingWhenAskedForMore)
{
    device dev(with("ring_bytes=16384,interval_us=1000"));
    reader in(dev);
    dev.start();
    for (const std::uint64_t samples : { dev.ring_samples(), dev.ring_samples() + 1, all }) {
        ASSERT_NE(in.wait(samples, patience), status::timeout);
        const reader::view v = in.acquire();
        EXPECT_EQ(v.samples, dev.ring_samples());
        in.release(v.samples);
    }
}

TEST(Reader, WaitsForWhatFitsBesideTheHeld)
{
    device dev(with("ring_bytes=16384,interval_us=1000"));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1000, patience), status::data);
    ASSERT_EQ(in.acquire(1000).samples, 1000u);
    ASSERT_EQ(in.wait(all, patience), status::data);
    EXPECT_EQ(in.acquire().samples, dev.ring_samples() - 1000);
    EXPECT_EQ(in.held(), dev.ring_samples());
    EXPECT_EQ(in.wait(1, 1ms), status::timeout) << "there is no room for more";
}

// One sample a burst: the descriptors run out long before the ring does.
TEST(Reader, ReturnsTheSamplesThereWhenDescriptorsRunOut)
{
    if (!on_emulator())
        GTEST_SKIP() << "needs free pace";
    device dev(with("pace=free,interval_us=100,rate=1e4"));
    consumer c(dev);
    dev.start();
    for (int lap = 0; lap < 3; lap++) {
        ASSERT_EQ(c.in().wait(dev.ring_samples(), patience), status::data);
        EXPECT_LT(c.take(), dev.ring_samples());
        EXPECT_EQ(c.in().wait(1, 1ms), status::timeout) << "until some are released";
        c.give_back_all();
    }
    EXPECT_EQ(dev.telemetry().lost_samples, 0u);
}

TEST(Reader, HasANameForEveryStatus)
{
    EXPECT_STREQ(to_string(status::data), "data");
    EXPECT_STREQ(to_string(status::timeout), "timeout");
    EXPECT_STREQ(to_string(status::woken), "woken");
    EXPECT_STREQ(to_string(status::stopped), "stopped");
    EXPECT_STREQ(to_string(status::fault), "fault");
    EXPECT_STREQ(to_string(status::gone), "gone");
}

} // namespace
