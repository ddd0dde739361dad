// SPDX-License-Identifier: GPL-3.0-or-later
//
// The stream: exact samples, exact accounting across overflows, invalid tails, resume, preroll
// and timed commands.
#include "fixture.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

namespace driver {

namespace {

TEST_F(Driver, TheCounterIsExactOverTwoMillionSamples)
{
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = 8 << 20; // four seconds, and once round it
    config.rate_num = 500000;
    ASSERT_EQ(file.configure(config), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    std::uint64_t wrong = 0;
    std::uint64_t tail = 0;
    std::uint64_t bursts = 0;
    while (tail < 2100000) {
        ASSERT_TRUE(file.wait_readable());
        const std::uint64_t head = ring.head();
        wrong += wrong_in_counter(ring, tail, tail, head - tail);
        for (; bursts < acquire(ring.meta().burst_head); bursts++) {
            const zcring_burst& burst = ring.burst(bursts);
            wrong += burst.index != burst.sample_clock || burst.lost != 0;
            wrong += burst.flags != (bursts ? 0 : ZCRING_BURST_START);
            wrong += burst.rate_num != config.rate_num || burst.rate_den != 1;
        }
        tail = head;
        ring.release(tail);
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(file.telemetry().lost_samples, 0u);
    EXPECT_EQ(file.telemetry().consumed_samples, tail);
}

// Whether the sample of channel @c at @index is the counter's, in each format.
bool counts(const mapped_ring& ring, std::uint64_t index, std::uint32_t c)
{
    const auto count = zcring_test::counter_sample(index, c);
    struct pair {
        float i;
        float q;
    };
    switch (ring.info.format) {
    case ZCRING_FORMAT_SC8:
        return *ring.sample<std::uint16_t>(index, c) == (count & 0xffff);
    case ZCRING_FORMAT_SC16:
        return *ring.sample<std::uint32_t>(index, c) == count;
    default:
        const pair& sample = *ring.sample<pair>(index, c);
        return sample.i == static_cast<std::int16_t>(count) / 32768.0f &&
               sample.q == static_cast<std::int16_t>(count >> 16) / 32768.0f;
    }
}

TEST_F(Driver, TheCounterIsExactInEveryFormatAndChannel)
{
    for (const std::uint32_t format :
         { ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 }) {
        device_file file;
        zcring_config config = default_config();
        config.format = format;
        config.channels = ZCRING_CHANNELS_MAX;
        ASSERT_EQ(file.configure(config), 0);
        const mapped_ring ring(file);
        ASSERT_EQ(ring.data_pages.size(), 8u);
        ASSERT_EQ(file.start(), 0);
        ASSERT_TRUE(file.wait_readable());
        ASSERT_EQ(file.stop(), 0);
        std::uint64_t wrong = 0;
        for (std::uint64_t i = 0; i < ring.head(); i++)
            for (std::uint32_t c = 0; c < ZCRING_CHANNELS_MAX; c++)
                wrong += !counts(ring, i, c);
        EXPECT_EQ(wrong, 0u) << "format " << format;
    }
}

TEST_F(Driver, AnOverflowIsCountedOnceAndToTheSample)
{
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = 64 << 10; // 16384 samples
    ASSERT_EQ(file.configure(config), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return file.telemetry().lost_samples > 50000; }));
    EXPECT_EQ(ring.head(), 16384u);
    EXPECT_EQ(file.telemetry().overflow_count, 1u);
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, 16384), 0u);
    const std::uint64_t before = acquire(ring.meta().burst_head);
    const std::uint32_t last_sample = *ring.sample<std::uint32_t>(16383);
    ring.release(16384);
    ASSERT_TRUE(file.wait_readable());
    ASSERT_EQ(file.stop(), 0);

    const zcring_burst last = ring.burst(before - 1);
    const zcring_burst next = ring.burst(before);
    EXPECT_EQ(last.index + last.samples, next.index);
    EXPECT_TRUE(next.flags & ZCRING_BURST_GAP);
    EXPECT_GT(next.lost, 50000u);
    EXPECT_EQ(next.sample_clock, last.sample_clock + last.samples + next.lost);
    EXPECT_EQ(*ring.sample<std::uint32_t>(16384) - last_sample, next.lost + 1);
    EXPECT_EQ(wrong_in_counter(ring, next.index, next.sample_clock, next.samples), 0u);

    const zcring_telemetry sums = file.telemetry();
    EXPECT_GE(sums.overflow_count, 1u);
    EXPECT_EQ(zcring_test::accounting_error(sums, ring.head() - 16384), "");
    EXPECT_EQ(sums.consumed_samples, 16384u);
    EXPECT_EQ(sums.overflow_bytes, sums.lost_samples * 4);
    EXPECT_EQ(sums.produced_bytes, sums.produced_samples * 4);
    EXPECT_EQ(sums.consumed_bytes, sums.consumed_samples * 4);
}

TEST_F(Driver, SharedCountersAreNeverTorn)
{
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = 4096;
    config.interval_ns = 100000;
    config.rate_num = 10000000;
    ASSERT_EQ(file.configure(config), 0);
    const mapped_ring ring(file);
    std::atomic<bool> done{ false };
    std::atomic<std::uint64_t> wrong{ 0 };
    std::uint64_t seen = 0;
    std::thread observer([&] {
        const zcring_telemetry& shared = ring.meta().telemetry;
        while (!done) {
            const std::uint64_t sequence = acquire(ring.meta().sequence);
            const std::uint64_t clock = acquire(shared.sample_clock);
            const std::uint64_t produced = acquire(shared.produced_samples);
            const std::uint64_t lost = acquire(shared.lost_samples);
            const std::uint64_t lost_bytes = acquire(shared.overflow_bytes);
            if (sequence & 1 || acquire(ring.meta().sequence) != sequence)
                continue;
            seen++;
            wrong += clock != produced + lost || lost_bytes != lost * 4;
        }
    });
    ASSERT_EQ(file.start(), 0);
    for (int i = 0; i < 200; i++) {
        if (!file.wait_readable())
            break;
        ring.release(ring.head());
    }
    done = true;
    observer.join();
    EXPECT_GT(seen, 100u);
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(file.telemetry().produced_samples, 10000u);
}

using invalid_tail = std::pair<std::int64_t, std::uint32_t>; // distance, and fault reported

class InvalidTail : public Driver, public ::testing::WithParamInterface<invalid_tail>
{
};

TEST_P(InvalidTail, EndsTheStreamAndAffectsNothingElse)
{
    device_file file;
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(0, 1000), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 20000; }));
    ring.release(5000);
    // The driver writes it when it has taken the tail; GET_TELEMETRY may be ahead of the driver.
    const zcring_telemetry& shared = ring.meta().telemetry;
    ASSERT_TRUE(eventually([&] { return acquire(shared.consumed_samples) == 4000; }));
    const auto [distance, fault] = GetParam();
    ring.release((distance < 0 ? 5000 : ring.head()) + static_cast<std::uint64_t>(distance));
    EXPECT_TRUE(file.poll(0, std::chrono::milliseconds(time_limit).count()) & POLLERR);
    EXPECT_EQ(acquire(ring.meta().state), ZCRING_STATE_FAULT);
    EXPECT_EQ(ring.meta().fault, fault);
    const zcring_telemetry sums = file.telemetry();
    EXPECT_EQ(sums.consumed_samples, 4000u);
    EXPECT_EQ(zcring_test::clock_error(sums), "");
    EXPECT_EQ(file.stop(), 0);
    EXPECT_EQ(file.start(ZCRING_START_RESUME), EINVAL);
    EXPECT_EQ(file.start(), 0);
    EXPECT_EQ(acquire(ring.meta().state), ZCRING_STATE_RUNNING);
    EXPECT_TRUE(file.wait_readable());
}

INSTANTIATE_TEST_SUITE_P(Driver,
                         InvalidTail,
                         ::testing::Values(invalid_tail(10000000, ZCRING_FAULT_TAIL_PAST_HEAD),
                                           invalid_tail(1ll << 62, ZCRING_FAULT_TAIL_PAST_HEAD),
                                           invalid_tail(-1, ZCRING_FAULT_TAIL_WENT_BACK),
                                           invalid_tail(-5000, ZCRING_FAULT_TAIL_WENT_BACK)));

TEST_F(Driver, AResumedStreamContinues)
{
    device_file file;
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(file.wait_readable());
    ASSERT_EQ(file.stop(), 0);
    const std::uint64_t stopped_at = ring.head();
    const std::uint64_t bursts = acquire(ring.meta().burst_head);
    ASSERT_EQ(file.start(ZCRING_START_RESUME), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > stopped_at; }));
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(ring.burst(bursts).index, stopped_at);
    EXPECT_TRUE(ring.burst(bursts).flags & ZCRING_BURST_RESUME);
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, ring.head()), 0u);
    EXPECT_EQ(file.start(ZCRING_START_RESUME, 1), EINVAL);
}

TEST_F(Driver, PrerollIsZeroAndIsNotCounted)
{
    device_file file;
    const mapped_ring ring(file);
    EXPECT_EQ(file.start(0, 0, ring.info.ring_samples / 2 + 1), EINVAL);
    ASSERT_EQ(file.start(0, 0, 100), 0);
    EXPECT_EQ(acquire(ring.consumer().tail), static_cast<std::uint64_t>(-100));
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    ASSERT_EQ(file.stop(), 0);
    for (std::uint64_t i = 0; i < 100; i++)
        EXPECT_EQ(*ring.sample<std::uint32_t>(i - 100), 0u);
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, ring.head()), 0u);
    EXPECT_EQ(file.telemetry().consumed_samples, 0u);
    ring.release(ring.head());
    EXPECT_EQ(file.telemetry().consumed_samples, ring.head());
}

// 32 MiB of preroll are zeroed in four steps, between which other calls get the lock.
TEST_F(Driver, LongPrerollIsZeroBeforeTheStreamStarts)
{
    device_file file;
    zcring_config config = roomy_config();
    config.rate_num = ZCRING_RATE_HZ_MAX;
    ASSERT_EQ(file.configure(config), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0); // fills the ring with samples
    ASSERT_TRUE(eventually([&] { return ring.head() == ring.info.ring_samples; }));
    ASSERT_EQ(file.stop(), 0);
    ring.release(ring.head());

    std::atomic<bool> done{ false };
    std::atomic<std::uint64_t> wrong{ 0 };
    std::thread other([&] {
        zcring_control tuned{};
        tuned.what = ZCRING_CONTROL_GAIN;
        tuned.channels = 1;
        while (!done)
            wrong += file.control(tuned) != 0;
    });
    const std::uint64_t preroll = ring.info.ring_samples / 2;
    const std::uint64_t first = 12345;
    const int error = file.start(0, first, preroll);
    done = true;
    other.join();
    ASSERT_EQ(error, 0);
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(acquire(ring.consumer().tail), first - preroll);
    ASSERT_EQ(file.stop(), 0);
    std::uint64_t set = 0;
    for (std::uint64_t i = first - preroll; i != first; i++)
        set += *ring.sample<std::uint32_t>(i) != 0;
    EXPECT_EQ(set, 0u);
    ring.release(ring.head());
}

TEST_F(Driver, ATimedRetuneBeginsABurstAtItsSample)
{
    device_file file;
    ASSERT_EQ(file.configure(roomy_config()), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    zcring_control tuned{};
    tuned.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_AT;
    tuned.channels = 1;
    tuned.freq_uhz = 99000000 * uhz;
    tuned.at_clock = 2000003;
    ASSERT_EQ(file.control(tuned), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 2000003; }));
    ASSERT_EQ(file.stop(), 0);
    int found = 0;
    for (std::uint64_t i = 0; i < acquire(ring.meta().burst_head); i++) {
        const zcring_burst& burst = ring.burst(i);
        EXPECT_EQ(burst.channel[0].freq_uhz, (burst.index < 2000003 ? 100000000 : 99000000) * uhz);
        if (burst.flags & ZCRING_BURST_TUNED) {
            EXPECT_EQ(burst.index, 2000003u);
            found++;
        }
    }
    EXPECT_EQ(found, 1);
    EXPECT_EQ(file.tuning().channel[0].freq_uhz, 99000000 * uhz);
    tuned.channels = 2;
    EXPECT_EQ(file.control(tuned), EINVAL);
}

TEST_F(Driver, AThousandStartsAndStopsLeaveAnExactStream)
{
    device_file file;
    const mapped_ring ring(file);
    for (int i = 0; i < 1000; i++) {
        ASSERT_EQ(file.start(), 0);
        ASSERT_EQ(file.stop(), 0);
    }
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(file.wait_readable());
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, ring.head()), 0u);
}

// An observer waits for one step of the worker, or for two, as the lock is not fair. It does not
// wait for a whole turn, after which only about one query would run before the next turn.
TEST_F(Driver, ObserversAreServedBetweenTwoStepsOfTheWorker)
{
    device_file file;
    zcring_config config = endless_config();
    config.ring_bytes *= 4; // 32 steps
    ASSERT_EQ(file.configure(config), 0);
    ASSERT_EQ(set_scene(ZCRING_SCENE_NOISE), 0);
    const mapped_ring ring(file);
    const device_file observer(O_RDONLY);
    ASSERT_EQ(file.start(), 0);
    std::uint64_t bursts = 0;
    int queries = 0; // during one burst
    EXPECT_TRUE(eventually([&] {
        ring.release(ring.head());
        check_counters(observer.telemetry());
        queries = acquire(ring.meta().burst_head) == bursts ? queries + 1 : 0;
        bursts = acquire(ring.meta().burst_head);
        return queries == 6;
    }));
    EXPECT_EQ(file.stop(), 0);
    const zcring_telemetry t = file.telemetry();
    EXPECT_EQ(t.produced_samples, ring.head());
    EXPECT_EQ(zcring_test::clock_error(t), "");
}

} // namespace

} // namespace driver
