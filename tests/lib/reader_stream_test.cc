// SPDX-License-Identifier: GPL-3.0-or-later
//
// Streams over a long time: stress at the edge of losing samples, and many starts and resumes.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "counter_stream.h"
#include "support.h"

#include <random>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

// A consumer of changing speed, at the edge of losing: sizes of all kinds, for long.
TEST(Reader, ReportsEveryLossUnderStress)
{
    device dev(
        with("ring_bytes=16384," + interval(100) + ",rate=" + (on_emulator() ? "2e7" : "2e6")));
    consumer c(dev);
    std::mt19937_64 random(1);
    dev.start();
    while (c.clock() < 5000000 && !HasFailure()) {
        ASSERT_EQ(c.in().wait(1 + random() % 2000, patience), status::data);
        c.take(1 + random() % 3000);
        for (std::uint64_t n = random() % 4; n && c.views(); n--)
            c.give_back_oldest();
        if (c.in().held() > dev.ring_samples() / 2)
            c.give_back_all();
    }
    c.give_back_all();
    dev.stop();
    while (c.take())
        c.give_back_all();
    EXPECT_EQ(c.index(), dev.telemetry().produced_samples);
}

TEST(Reader, FollowsAThousandStreams)
{
    device dev(with("ring_bytes=67108864," + interval(200)));
    consumer c(dev);
    for (std::uint64_t stream = 0; stream < 1000 && !HasFailure(); stream++) {
        device::start_options options;
        options.first_index = stream * 12345;
        dev.start(options);
        c.follow(options.first_index);
        ASSERT_EQ(c.in().wait(1, patience), status::data) << "stream " << stream;
        EXPECT_GT(c.take(), 0u);
        c.give_back_all();
        dev.stop();
    }
}

TEST(Reader, LosesAndDoublesNothingOverAThousandResumes)
{
    device dev(with("ring_bytes=8388608,rate=2e5," + interval(200)));
    consumer c(dev);
    dev.start();
    for (int i = 0; i < 1000 && !HasFailure(); i++) {
        ASSERT_EQ(c.in().wait(1, patience), status::data);
        dev.stop();
        if (i % 3)
            c.take(50);
        dev.resume();
        c.give_back_all();
    }
    dev.stop();
    while (c.take())
        c.give_back_all();
    EXPECT_GT(c.resumes(), 0u);
    EXPECT_EQ(c.lost(), 0u);
    EXPECT_EQ(c.index(), dev.telemetry().produced_samples);
    EXPECT_EQ(c.clock(), dev.telemetry().sample_clock);
}

TEST(Reader, BeginsAtTheFirstIndexOfTheStream)
{
    for (const std::uint64_t first :
         { std::uint64_t{ 0 }, std::uint64_t{ 1000 }, all - 5000, all, all / 2 - 5000 }) {
        SKIP_WITHOUT_FREE_PACE();
        device dev(without_loss("ring_bytes=16384,rate=1e5"));
        consumer c(dev);
        device::start_options options;
        options.first_index = first;
        options.preroll_samples = 500;
        dev.start(options);
        c.follow(first);
        ASSERT_EQ(c.in().wait(1, patience), status::data);
        EXPECT_EQ(c.in().held(), 500u);
        const reader::view empty = c.in().acquire(0);
        EXPECT_EQ(empty.index, first);
        c.in().release(500);
        while (c.clock() < 20000 && !HasFailure()) {
            ASSERT_EQ(c.in().wait(1, patience), status::data);
            c.take(1000);
            c.give_back_all();
        }
    }
}

} // namespace
