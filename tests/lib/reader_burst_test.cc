// SPDX-License-Identifier: GPL-3.0-or-later
//
// The bursts that a reader returns: their order, and that each gap and each retune is reported
// at its sample. Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "counter_stream.h"
#include "support.h"

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

TEST(Reader, ReturnsEveryBurstInOrder)
{
    device dev(without_loss("channels=2,rate=2.5e5,ring_bytes=67108864"));
    reader in(dev);
    dev.start();
    std::uint64_t index = 0;
    std::uint64_t time = 0;
    for (int step = 0; step < 50; step++) {
        ASSERT_EQ(in.wait(2000, patience), status::data);
        const reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples)) {
            EXPECT_EQ(b->index, index);
            EXPECT_LT(b->index, v.index + v.samples);
            EXPECT_EQ(b->sample_clock, index);
            EXPECT_GE(b->samples, 1u);
            EXPECT_EQ(b->lost, 0u);
            EXPECT_EQ(b->starts, index == 0);
            EXPECT_FALSE(b->resumes || b->rate_changed || b->time_changed || b->resident);
            EXPECT_EQ(b->tuned_channels, 0u);
            EXPECT_EQ(b->rate, 2.5e5);
            EXPECT_EQ(b->frequency[1], 1e8);
            EXPECT_EQ(b->gain[1], 0);
            if (index) {
                EXPECT_EQ(b->time_ns - time, index * 4000);
            } else {
                time = b->time_ns;
            }
            index = b->index + b->samples;
        }
        EXPECT_GE(index, v.index + v.samples) << "a burst begins at or before each sample";
        in.release(v.samples);
    }
}

TEST(Reader, ReturnsNoBurstThatBeginsLater)
{
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(10000, patience), status::data); // several bursts
    EXPECT_FALSE(in.next_burst(0));
    const std::optional<burst> first = in.next_burst(1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->index, 0u);
    EXPECT_FALSE(in.next_burst(first->samples));
    // The first burst is long where its interrupt was late.
    ASSERT_EQ(in.wait(first->samples + 1, patience), status::data);
    EXPECT_TRUE(in.next_burst(first->samples + 1));
}

TEST(Reader, SkipsTheBurstsThatWereReleased)
{
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(10000, patience), status::data);
    in.acquire(9000);
    in.release(9000);
    const std::optional<burst> b = in.next_burst(all >> 1);
    ASSERT_TRUE(b);
    EXPECT_GT(b->index + b->samples, 9000u);
    EXPECT_LE(b->index, 9000u) << "of which a sample is held";
}

TEST(Reader, ReportsARetuneAtItsSample)
{
    device dev(without_loss("channels=2"));
    reader in(dev);
    dev.start();
    command c;
    c.channels = 2;
    c.frequency = 2e8;
    c.gain = -10;
    c.bandwidth = 5e6;
    c.at_clock = dev.telemetry().sample_clock + 100001;
    dev.control(c);
    std::optional<burst> found;
    for (std::uint64_t read = 0; !found && read < 1000000;) {
        ASSERT_EQ(in.wait(1, patience), status::data);
        const reader::view v = in.acquire();
        for (auto b = in.next_burst(v.index + v.samples); b && !found;
             b = in.next_burst(v.index + v.samples))
            if (b->tuned_channels)
                found = b;
        in.release(v.samples);
        read += v.samples;
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->sample_clock, *c.at_clock);
    EXPECT_EQ(found->tuned_channels, 2u);
    EXPECT_EQ(found->frequency[0], 1e8);
    EXPECT_EQ(found->frequency[1], 2e8);
    EXPECT_EQ(found->gain[1], -10);
    EXPECT_EQ(found->bandwidth, 5e6);
}

TEST(Reader, ReportsTheStartTimeThatWasSet)
{
    device dev(without_loss(""));
    reader in(dev);
    device::start_options options;
    options.time_ns = 1700000000000000000;
    dev.start(options);
    ASSERT_EQ(in.wait(1, patience), status::data);
    EXPECT_EQ(in.next_burst(1)->time_ns, options.time_ns);
}

// The ring overflows while the reader pauses; then the reader reads all samples, and so on.
TEST(Reader, ReportsEveryGapAtItsSample)
{
    device dev(with("ring_bytes=65536,interval_us=1000,rate=4e6,channels=2"));
    consumer c(dev);
    dev.start();
    for (std::uint64_t gap = 1; gap <= 20; gap++) {
        ASSERT_TRUE(eventually([&] { return dev.telemetry().overflow_count >= gap; }));
        const std::uint64_t seen = c.gaps();
        while (c.gaps() == seen && !HasFailure()) {
            ASSERT_EQ(c.in().wait(1, patience), status::data);
            ASSERT_GT(c.take(), 0u);
            c.give_back_all();
        }
    }
    dev.stop();
    while (c.take())
        c.give_back_all();
    const telemetry t = dev.telemetry();
    EXPECT_EQ(c.index(), t.produced_samples);
    EXPECT_LE(c.lost(), t.lost_samples) << "the last loss has no sample after it";
    EXPECT_GE(c.gaps() + 1, t.overflow_count);
    EXPECT_LE(c.gaps(), t.overflow_count);
}

TEST(Reader, ContinuesAViewAcrossAGap)
{
    SKIP_WITHOUT_FREE_PACE();
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1, patience), status::data);
    dev.drop(1234);
    ASSERT_EQ(in.wait(20000, patience), status::data);
    const reader::view v = in.acquire(20000);
    EXPECT_EQ(v.samples, 20000u);
    std::uint64_t lost = 0;
    while (const std::optional<burst> b = in.next_burst(v.index + v.samples))
        lost += b->lost;
    EXPECT_EQ(lost, 1234u);
}

} // namespace
