// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The consumer's tail is not trusted: an invalid tail ends the stream by a fault, and nothing else
 * happens to the ring.
 */
#include "small_ring.h"

#include <gtest/gtest.h>

namespace {

using namespace zcring_test;

constexpr u64 ring_samples = small_ring_samples;

// After a fault nothing reaches the ring, whatever the engine does.
void expect_unchanged(small_ring& ring, u32 fault)
{
    const u64 head = ring.meta.head;
    const u64 burst_head = ring.meta.burst_head;
    const auto before = ring.data;
    const zcring_telemetry counters = ring.telemetry();

    EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
    for (int burst = 0; burst < 3; burst++)
        ring.take(7);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_FAULT);
    EXPECT_EQ(ring.meta.fault, fault);
    EXPECT_EQ(ring.meta.head, head);
    EXPECT_EQ(ring.meta.burst_head, burst_head);
    EXPECT_EQ(ring.data, before);
    EXPECT_EQ(ring.telemetry().sample_clock, counters.sample_clock);
    EXPECT_EQ(ring.telemetry().consumed_samples, counters.consumed_samples);
    EXPECT_EQ(ring.resume(), -EINVAL);
    zcring_stream_stop(&ring.stream);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_FAULT);
}

struct invalid_tail {
    u64 tail;
    u32 fault;
};

TEST(StreamTail, EndsTheStreamByAFault)
{
    const u64 first = 1000;
    for (const invalid_tail l :
         { invalid_tail{ 21, ZCRING_FAULT_TAIL_PAST_HEAD },
           invalid_tail{ 20 + ring_samples, ZCRING_FAULT_TAIL_PAST_HEAD },
           invalid_tail{ 1ULL << 40, ZCRING_FAULT_TAIL_PAST_HEAD },
           invalid_tail{ 9, ZCRING_FAULT_TAIL_WENT_BACK },
           invalid_tail{ 0ULL - 1000, ZCRING_FAULT_TAIL_WENT_BACK },
           invalid_tail{ 0ULL - (1ULL << 40), ZCRING_FAULT_TAIL_WENT_BACK } }) {
        small_ring ring;
        ASSERT_EQ(ring.start(first), 0);
        ring.take(20);
        ring.release(first + 10);
        ring.take(0);
        ASSERT_EQ(ring.meta.state, ZCRING_STATE_RUNNING);
        ring.release(first + l.tail);
        EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
        EXPECT_EQ(ring.stream.tail, first + 10) << "the last valid tail stays";
        expect_unchanged(ring, l.fault);
    }
}

TEST(StreamTail, IgnoresAnInvalidTailThatWasNeverChecked)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    ring.release(999);
    ring.release(5);
    ring.take(1);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_RUNNING);
}

TEST(StreamTail, IsCheckedWhileStopped)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    zcring_stream_stop(&ring.stream);
    ring.release(21);
    zcring_stream_account(&ring.stream);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_FAULT);
    EXPECT_EQ(ring.meta.fault, ZCRING_FAULT_TAIL_PAST_HEAD);
}

// A valid tail counts as released, an invalid one is discarded; the rest of the page is cleared.
TEST(StreamTail, IsKeptOrDiscardedWhenTheConsumerCloses)
{
    for (const u64 tail : { 10, 15, 20, 21, 9 }) {
        const u64 kept = tail >= 10 && tail <= 20 ? tail : 10;
        small_ring ring;
        ASSERT_EQ(ring.start(), 0);
        ring.take(20);
        ring.release(10);
        zcring_stream_stop(&ring.stream);
        memset(&ring.consumer, 0xa5, sizeof(ring.consumer));
        ring.release(tail);
        zcring_stream_reset_consumer(&ring.stream);
        EXPECT_EQ(ring.meta.state, ZCRING_STATE_STOPPED);
        EXPECT_EQ(ring.meta.fault, ZCRING_FAULT_NONE);
        EXPECT_EQ(ring.telemetry().consumed_samples, kept);
        zcring_consumer clean{};
        clean.tail = clean.watermark = kept;
        clean.total_bytes_consumed = ring.telemetry().consumed_bytes;
        EXPECT_EQ(memcmp(&ring.consumer, &clean, sizeof(clean)), 0) << tail;
        EXPECT_EQ(ring.resume(), 0);
        ring.take(1);
        EXPECT_EQ(ring.meta.state, ZCRING_STATE_RUNNING);
    }
}

TEST(StreamTail, LetsANewStreamStartAfterAFault)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.release(1);
    ring.take(1);
    ASSERT_EQ(ring.meta.state, ZCRING_STATE_FAULT);
    ASSERT_EQ(ring.start(), 0);
    ring.take(3);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_RUNNING);
    EXPECT_EQ(ring.meta.fault, ZCRING_FAULT_NONE);
    EXPECT_EQ(ring.telemetry().produced_samples, 3u);
}

// Every tail near a small ring, also where the indices wrap.
TEST(StreamTail, IsValidOnlyFromTheLastTailToTheHead)
{
    for (const u64 first : { u64{ 0 }, 0ULL - 10, 1ULL << 63, (1ULL << 63) - 10 })
        for (s64 tail = -200; tail <= 200; tail++) {
            small_ring ring;
            ASSERT_EQ(ring.start(first), 0);
            ring.take(20);
            ring.release(first + 5);
            ring.take(0);
            ring.release(first + static_cast<u64>(tail));
            ring.take(0);
            const u32 fault = tail < 5    ? ZCRING_FAULT_TAIL_WENT_BACK
                              : tail > 20 ? ZCRING_FAULT_TAIL_PAST_HEAD
                                          : ZCRING_FAULT_NONE;
            ASSERT_EQ(ring.meta.fault, fault) << "first " << first << " tail " << tail;
        }
}

TEST(StreamTail, IsNotCheckedOnceTheDeviceIsGone)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    zcring_stream_unplug(&ring.stream);
    ring.release(12345);
    EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
    zcring_stream_account(&ring.stream);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_GONE);
}

TEST(StreamTail, MakesTheStreamUnreadableWhileInvalid)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    ring.release(21);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
    ring.release(0ULL - 100);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
}

} // namespace
