// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The accounting of a stream: start and resume, gaps, descriptors, preroll, watermark, telemetry.
 */
#include "small_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>

namespace {

using namespace zcring_test;

constexpr u64 ring_samples = small_ring_samples;

TEST(Stream, CountsAGapOnceOverManyBursts)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    for (int burst = 0; burst < 5; burst++)
        ring.take(ring_samples);
    EXPECT_EQ(ring.telemetry().overflow_count, 1u);
    EXPECT_EQ(ring.telemetry().lost_samples, 4 * ring_samples);
    ring.release(10);
    ring.take(30);
    EXPECT_EQ(ring.telemetry().overflow_count, 2u);
    EXPECT_EQ(ring.descriptor(1).lost, 4 * ring_samples);
    EXPECT_TRUE(ring.descriptor(1).flags & ZCRING_BURST_GAP);
    EXPECT_EQ(ring.descriptor(1).sample_clock, 5 * ring_samples);
}

TEST(Stream, CountsAGapOnceOverAStopAndAResume)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(ring_samples + 1);
    zcring_stream_stop(&ring.stream);
    ASSERT_EQ(ring.resume(), 0);
    ring.take(1);
    EXPECT_EQ(ring.telemetry().overflow_count, 1u);
    EXPECT_EQ(ring.telemetry().lost_samples, 2u);
}

TEST(Stream, NumbersStreamsAndRings)
{
    small_ring ring;
    const u64 first = ring.stream.meta->stream_id;
    ASSERT_EQ(ring.start(), 0);
    EXPECT_EQ(ring.stream.meta->stream_id, first + 1);
    zcring_stream_stop(&ring.stream);
    ASSERT_EQ(ring.resume(), 0);
    EXPECT_EQ(ring.stream.meta->stream_id, first + 1) << "a resumed stream is the same one";
    zcring_stream_stop(&ring.stream);
    ASSERT_EQ(ring.start(), 0);
    EXPECT_EQ(ring.stream.meta->stream_id, first + 2);
    zcring_stream_init(&ring.stream);
    EXPECT_EQ(ring.stream.meta->stream_id, first + 3) << "another ring";
}

TEST(Stream, TellsWhyTheHardwareFailed)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    zcring_stream_fail(&ring.stream, ZCRING_FAULT_CODE_BOARD + 7);
    EXPECT_EQ(ring.stream.meta->state, static_cast<u32>(ZCRING_STATE_FAULT));
    EXPECT_EQ(ring.stream.meta->fault, static_cast<u32>(ZCRING_FAULT_HARDWARE));
    EXPECT_EQ(ring.stream.meta->fault_code, ZCRING_FAULT_CODE_BOARD + 7u);
    ASSERT_EQ(ring.start(), 0);
    EXPECT_EQ(ring.stream.meta->fault_code, 0u);
}

TEST(Stream, CountsNoGapForALossOfZeroSamples)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    zcring_stream_lose(&ring.stream, 0);
    EXPECT_EQ(ring.stream.telemetry.overflow_count, 0u);
}

TEST(Stream, LosesSamplesWhileTheDescriptorsAreFull)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    for (u64 burst = 0; burst < burst_slots; burst++)
        ring.take(1);
    EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
    ring.take(5);
    EXPECT_EQ(ring.telemetry().lost_samples, 5u);
    EXPECT_EQ(ring.telemetry().overflow_count, 1u);
    for (u64 burst = 0; burst < burst_slots; burst++)
        EXPECT_EQ(ring.descriptor(burst).index, burst);
    ring.release(1);
    EXPECT_EQ(zcring_stream_room(&ring.stream), ring_samples - burst_slots + 1);
}

TEST(Stream, KeepsADescriptorWhileOneOfItsSamplesIsHeld)
{
    small_ring ring(1);
    ASSERT_EQ(ring.start(), 0);
    ring.take(10);
    ring.release(9);
    ring.take(1);
    EXPECT_EQ(ring.descriptor(0).samples, 10u);
    EXPECT_EQ(ring.telemetry().lost_samples, 1u);
    ring.release(10);
    ring.take(1);
    EXPECT_EQ(ring.descriptor(1).index, 10u);
    EXPECT_EQ(ring.descriptor(1).lost, 1u);
}

TEST(Stream, WrapsItsIndices)
{
    small_ring ring;
    const u64 first = 0ULL - 1000;
    ASSERT_EQ(ring.start(first), 0);
    for (u64 k = 0; k < 2000; k += 40) {
        ring.take(40);
        for (u64 n = 0; n < 40; n++)
            ASSERT_EQ(ring.at<u32>(first + k + n), k + n);
        ring.release(first + k + 40);
    }
    ring.take(0);
    EXPECT_EQ(ring.meta.head, 1000u);
    EXPECT_EQ(ring.telemetry().produced_samples, 2000u);
    EXPECT_EQ(ring.telemetry().consumed_samples, 2000u);
    EXPECT_EQ(ring.telemetry().lost_samples, 0u);
}

TEST(Stream, WritesThePrerollAsZeros)
{
    for (const u64 first : { u64{ 0 }, u64{ 3 }, u64{ 1000 }, 0ULL - 1 }) {
        small_ring ring;
        ASSERT_EQ(ring.start(first, 20), 0);
        EXPECT_EQ(ring.consumer.tail, first - 20);
        EXPECT_EQ(zcring_stream_room(&ring.stream), ring_samples - 20);
        ring.take(ring_samples);
        EXPECT_EQ(ring.telemetry().lost_samples, 20u);
        for (u64 k = 0; k < 20; k++)
            for (u32 c = 0; c < channels; c++)
                EXPECT_EQ(ring.at<u32>(first - 20 + k, c), 0u);
        EXPECT_EQ(ring.at<u32>(first - 20 - 1), ring_samples - 20 - 1);
        ring.release(first);
        ring.take(0);
        EXPECT_EQ(ring.telemetry().consumed_samples, 0u) << "preroll is in no counter";
        EXPECT_EQ(zcring_stream_room(&ring.stream), 20u);
    }
}

TEST(Stream, RefusesAPrerollOfMoreThanHalfTheRing)
{
    small_ring ring;
    EXPECT_EQ(ring.start(0, ring_samples / 2 + 1), -EINVAL);
    EXPECT_EQ(ring.start(0, ~0ULL), -EINVAL);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_STOPPED);
    EXPECT_EQ(ring.start(0, ring_samples / 2), 0);
}

TEST(Stream, KeepsIndicesAndCountersWhenItResumes)
{
    small_ring ring;
    ASSERT_EQ(ring.start(77), 0);
    ring.take(30);
    ring.release(77 + 10);
    zcring_stream_stop(&ring.stream);
    const zcring_telemetry before = ring.telemetry();
    const auto data = ring.data;
    ASSERT_EQ(ring.resume(), 0);
    EXPECT_EQ(ring.meta.head, 77u + 30);
    EXPECT_EQ(ring.consumer.tail, 77u + 10);
    EXPECT_EQ(ring.data, data);
    EXPECT_EQ(ring.telemetry().sample_clock, before.sample_clock);
    ring.take(5);
    EXPECT_EQ(ring.descriptor(0).flags, ZCRING_BURST_START);
    EXPECT_EQ(ring.descriptor(1).flags, ZCRING_BURST_RESUME);
    EXPECT_EQ(ring.descriptor(1).index, 77u + 30);
    EXPECT_EQ(ring.descriptor(1).sample_clock, 30u);
}

TEST(Stream, BeginsAtZeroWithANewStart)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(200);
    zcring_stream_stop(&ring.stream);
    ASSERT_EQ(ring.start(5), 0);
    const zcring_telemetry t = ring.telemetry();
    EXPECT_EQ(t.sample_clock + t.produced_samples + t.lost_samples + t.overflow_count + t.bursts,
              0u);
    EXPECT_EQ(ring.meta.head, 5u);
    EXPECT_EQ(ring.meta.burst_head, 0u);
    ring.take(1);
    EXPECT_EQ(ring.descriptor(0).flags, ZCRING_BURST_START);
    EXPECT_EQ(ring.descriptor(0).lost, 0u);
}

TEST(Stream, RefusesAnInvalidStart)
{
    small_ring ring;
    zcring_start s{};
    s.flags = 2;
    EXPECT_EQ(zcring_stream_start(&ring.stream, &s), -EINVAL);
    s.flags = ZCRING_START_RESUME;
    s.first_index = 1;
    EXPECT_EQ(zcring_stream_start(&ring.stream, &s), -EINVAL);
    s.first_index = 0;
    s.preroll_samples = 1;
    EXPECT_EQ(zcring_stream_start(&ring.stream, &s), -EINVAL);
    EXPECT_EQ(ring.start(), 0);
    EXPECT_EQ(ring.start(), -EBUSY);
    EXPECT_EQ(ring.resume(), -EBUSY);
}

TEST(Stream, StaysGoneAfterUnplug)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    zcring_stream_unplug(&ring.stream);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_GONE);
    EXPECT_EQ(ring.meta.head, 20u);
    EXPECT_EQ(ring.at<u32>(19), 19u) << "published samples stay readable";
    EXPECT_EQ(ring.start(), -ENODEV);
    EXPECT_EQ(ring.resume(), -ENODEV);
    zcring_stream_stop(&ring.stream);
    EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_GONE);
}

TEST(Stream, BecomesReadableAtTheWatermark)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    for (const u64 ahead : { 0, 1, 30, 64, 1000 }) {
        ring.release(ring.meta.head);
        ring.consumer.watermark = ring.meta.head + ahead;
        const u64 enough = std::min(std::max<u64>(ahead, 1), ring_samples);
        ring.take(0);
        EXPECT_FALSE(zcring_stream_readable(&ring.stream)) << ahead;
        ring.take(enough - 1);
        EXPECT_FALSE(zcring_stream_readable(&ring.stream) && enough > 1) << ahead;
        ring.take(1);
        EXPECT_TRUE(zcring_stream_readable(&ring.stream)) << ahead;
    }
}

TEST(Stream, KeepsTheWatermarkWhenSamplesAreReleased)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(30);
    ring.consumer.watermark = 40;
    ring.release(20);
    ring.take(9);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
    ring.take(1);
    EXPECT_TRUE(zcring_stream_readable(&ring.stream)) << "although only 20 samples are unread";
}

TEST(Stream, BeginsANewStreamWithTheWatermarkJustPastItsStart)
{
    small_ring ring;
    ring.consumer.watermark = 12345;
    ASSERT_EQ(ring.start(), 0);
    EXPECT_EQ(ring.consumer.watermark, 1u);
    ring.take(1);
    EXPECT_TRUE(zcring_stream_readable(&ring.stream));
}

TEST(Stream, IsNotReadableForItsPrerollAlone)
{
    for (const u64 first : { u64{ 0 }, u64{ 5 }, 1ULL << 63, 0ULL - 1 }) {
        small_ring ring;
        ASSERT_EQ(ring.start(first, 20), 0);
        EXPECT_FALSE(zcring_stream_readable(&ring.stream)) << first;
        ring.take(1);
        EXPECT_TRUE(zcring_stream_readable(&ring.stream)) << first;
    }
}

TEST(Stream, IsReadableWhenTheDescriptorsAreFull)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.consumer.watermark = 60;
    for (u64 burst = 0; burst < burst_slots; burst++) {
        EXPECT_FALSE(zcring_stream_readable(&ring.stream));
        ring.take(1);
    }
    EXPECT_TRUE(zcring_stream_readable(&ring.stream)) << "no burst fits before a release";
    ring.release(1);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream)) << "a slot may be free again";
    ring.take(0);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
}

TEST(Stream, IsResetByAnotherInit)
{
    small_ring ring;
    ASSERT_EQ(ring.start(500, 10), 0);
    ring.take(300);
    zcring_stream_stop(&ring.stream);
    const u64 sequence = ring.meta.sequence;
    zcring_stream_init(&ring.stream);
    EXPECT_EQ(ring.meta.magic, ZCRING_MAGIC);
    EXPECT_EQ(ring.meta.head, 0u);
    EXPECT_EQ(ring.meta.burst_head, 0u);
    EXPECT_EQ(ring.consumer.tail, 0u);
    EXPECT_EQ(ring.telemetry().sample_clock, 0u);
    EXPECT_EQ(ring.telemetry().overflow_count, 0u);
    EXPECT_GT(ring.meta.sequence, sequence) << "an observer sees that it was written";
    ASSERT_EQ(ring.start(), 0);
    ring.take(5);
    EXPECT_EQ(ring.descriptor(0).flags, ZCRING_BURST_START);
}

TEST(Stream, SharesEachOfItsCounters)
{
    small_ring ring;
    u64 values[offsetof(zcring_telemetry, reserved) / sizeof(u64)];
    std::iota(std::begin(values), std::end(values), 1);
    zcring_telemetry now{}, read{};
    memcpy(&now, values, sizeof(values));
    u64 sequence = 0;
    zcring_ring_store_telemetry(&ring.meta, &sequence, &now);
    ASSERT_TRUE(zcring_ring_try_telemetry(&ring.meta, &read));
    EXPECT_EQ(memcmp(&read, &now, sizeof(now)), 0);
}

TEST(Stream, RejectsCountersThatAreBeingWritten)
{
    small_ring ring;
    zcring_telemetry t{};
    EXPECT_TRUE(zcring_ring_try_telemetry(&ring.meta, &t));
    ring.meta.sequence++;
    EXPECT_FALSE(zcring_ring_try_telemetry(&ring.meta, &t));
}

} // namespace
