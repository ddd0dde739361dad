// SPDX-License-Identifier: GPL-3.0-or-later
#include "ring_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace {

using zcring_test::ring_memory;

constexpr u64 ring_samples = 64;
constexpr u64 burst_slots = 8;
constexpr u32 channels = 2;
constexpr u32 sample_bytes = sizeof(u32);

struct small_ring : ring_memory {
    explicit small_ring(u64 slots = burst_slots)
        : ring_memory(ring_samples, slots, channels, sample_bytes)
    {
    }

    int start(u64 first_index = 0, u64 preroll = 0)
    {
        zcring_start s{};
        s.first_index = first_index;
        s.preroll_samples = preroll;
        return zcring_stream_start(&stream, &s);
    }

    int resume()
    {
        zcring_start s{};
        s.flags = ZCRING_START_RESUME;
        return zcring_stream_start(&stream, &s);
    }

    // As an engine does: what fits is written and published, the rest is lost. A sample
    // tells its sample clock, and its channel in the top bits.
    void take(u64 samples)
    {
        const u64 fits = std::min<u64>(samples, zcring_stream_room(&stream));
        if (fits)
            publish(fits);
        if (stream.state == ZCRING_STATE_RUNNING)
            zcring_stream_lose(&stream, samples - fits);
        zcring_stream_account(&stream);
    }

    void publish(u64 samples)
    {
        for (u64 k = 0; k < samples; k++)
            for (u32 c = 0; c < channels; c++)
                put(c,
                    stream.head + k,
                    static_cast<u32>(stream.telemetry.sample_clock + k) | c << 24);
        zcring_burst burst{};
        burst.samples = samples;
        burst.time_ns = stream.telemetry.sample_clock;
        zcring_stream_publish(&stream, &burst);
    }

    void put(u32 channel, u64 index, u32 value)
    {
        memcpy(stream.data[channel] + index % ring_samples * sample_bytes, &value, sizeof(value));
    }
};

// An independent reckoning of what a stream should hold, sample by sample.
class model
{
public:
    explicit model(u64 slots) : d_slots(slots) {}

    void start(u64 first_index, u64 preroll)
    {
        *this = model(d_slots);
        d_index = first_index;
        d_released = first_index - preroll;
        for (u64 k = 0; k < preroll; k++)
            d_ring.push_back({ 0, true });
        d_flags = ZCRING_BURST_START;
    }

    void resume() { d_flags |= ZCRING_BURST_RESUME; }

    void take(u64 samples)
    {
        while (!d_bursts.empty() && static_cast<s64>(d_bursts.front().end - d_released) <= 0)
            d_bursts.pop_front();
        u64 fits =
            d_bursts.size() == d_slots ? 0 : std::min<u64>(samples, ring_samples - d_ring.size());
        if (fits) {
            zcring_burst b{};
            b.index = d_index;
            b.sample_clock = d_clock;
            b.samples = fits;
            b.lost = d_gap;
            b.flags = d_flags | (d_gap ? ZCRING_BURST_GAP : 0);
            d_bursts.push_back({ d_told++, d_index + fits, b });
            d_gap = 0;
            d_flags = 0;
        }
        for (; samples; samples--, d_clock++) {
            if (fits) {
                d_ring.push_back({ static_cast<u32>(d_clock), false });
                d_index++;
                d_produced++;
                fits--;
            } else {
                d_gaps += d_gap++ == 0;
                d_lost++;
            }
        }
    }

    void release(u64 samples)
    {
        for (; samples; samples--, d_released++) {
            d_consumed += !d_ring.front().preroll;
            d_ring.pop_front();
        }
    }

    u64 filled() const { return d_ring.size(); }
    u64 tail() const { return d_released; }

    // All that can be seen of the stream, from any side.
    void expect_equal(const ring_memory& r) const
    {
        const zcring_telemetry t = r.telemetry();
        ASSERT_EQ(t.sample_clock, d_clock);
        ASSERT_EQ(t.produced_samples, d_produced);
        ASSERT_EQ(t.consumed_samples, d_consumed);
        ASSERT_EQ(t.lost_samples, d_lost);
        ASSERT_EQ(t.overflow_count, d_gaps);
        ASSERT_EQ(t.bursts, d_told);
        ASSERT_EQ(t.produced_bytes, d_produced * channels * sample_bytes);
        ASSERT_EQ(t.consumed_bytes, d_consumed * channels * sample_bytes);
        ASSERT_EQ(t.overflow_bytes, d_lost * channels * sample_bytes);
        ASSERT_EQ(r.meta.head, d_index);
        ASSERT_EQ(r.meta.burst_head, d_told);
        u64 in_ring = 0;
        for (size_t k = 0; k < d_ring.size(); k++) {
            in_ring += !d_ring[k].preroll;
            for (u32 c = 0; c < channels; c++)
                ASSERT_EQ(r.at<u32>(d_released + k, c),
                          d_ring[k].preroll ? 0 : d_ring[k].value | c << 24);
        }
        ASSERT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
        ASSERT_EQ(t.produced_samples, t.consumed_samples + in_ring);
        for (const held& h : d_bursts) {
            if (static_cast<s64>(h.end - d_released) <= 0)
                continue;
            const zcring_burst& b = r.descriptor(h.number);
            ASSERT_EQ(b.index, h.burst.index);
            ASSERT_EQ(b.sample_clock, h.burst.sample_clock);
            ASSERT_EQ(b.samples, h.burst.samples);
            ASSERT_EQ(b.lost, h.burst.lost);
            ASSERT_EQ(b.flags, h.burst.flags);
            ASSERT_EQ(b.time_ns, h.burst.sample_clock);
        }
    }

private:
    struct sample {
        u32 value;
        bool preroll;
    };
    struct held {
        u64 number;
        u64 end;
        zcring_burst burst;
    };

    u64 d_slots;
    std::deque<sample> d_ring;
    std::deque<held> d_bursts;
    u64 d_index = 0;
    u64 d_released = 0;
    u64 d_clock = 0;
    u64 d_produced = 0;
    u64 d_consumed = 0;
    u64 d_lost = 0;
    u64 d_gaps = 0;
    u64 d_gap = 0;
    u64 d_told = 0;
    u32 d_flags = ZCRING_BURST_START;
};

// Thousands of steps of every kind, and after each the whole accounting is compared.
void random_steps(unsigned seed, u64 slots)
{
    std::mt19937_64 random(seed);
    small_ring ring(slots);
    model expected(slots);
    bool running = false;

    for (int step = 0; step < 4000; step++) {
        const u64 kind = random() % 100;
        if (kind < 50 && running) {
            const u64 samples = random() % (kind < 10 ? 3 * ring_samples : 12);
            ring.take(samples);
            expected.take(samples);
        } else if (kind < 90) {
            const u64 samples = random() % (expected.filled() + 1);
            ring.release(expected.tail() + samples);
            expected.release(samples);
            zcring_stream_account(&ring.stream);
        } else if (kind < 94) {
            zcring_stream_stop(&ring.stream);
            running = false;
        } else if (!running && kind < 98) {
            ASSERT_EQ(ring.resume(), 0);
            expected.resume();
            running = true;
        } else if (!running) {
            // Most streams begin shortly before the indices wrap.
            const u64 first = random() % 4 ? 0 - random() % 300 : random();
            const u64 preroll = random() % (ring_samples / 2 + 1);
            ASSERT_EQ(ring.start(first, preroll), 0);
            expected.start(first, preroll);
            running = true;
        }
        ASSERT_NO_FATAL_FAILURE(expected.expect_equal(ring)) << "seed " << seed << " step " << step;
        ASSERT_EQ(ring.meta.fault, ZCRING_FAULT_NONE);
        ASSERT_EQ(ring.meta.state, running ? ZCRING_STATE_RUNNING : ZCRING_STATE_STOPPED);
    }
}

TEST(Stream, KeepsBothSumsWhateverHappens)
{
    for (unsigned seed = 0; seed < 10; seed++)
        ASSERT_NO_FATAL_FAILURE(random_steps(seed, 1024));
}

TEST(Stream, KeepsBothSumsWhileDescriptorsAreShort)
{
    for (unsigned seed = 100; seed < 110; seed++)
        for (const u64 slots : { 1, 2, 8 })
            ASSERT_NO_FATAL_FAILURE(random_steps(seed, slots));
}

TEST(Stream, CountsAGapOnceHoweverManyBurstsItCovers)
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

TEST(Stream, LosesNothingThatIsNotThere)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    zcring_stream_lose(&ring.stream, 0);
    EXPECT_EQ(ring.stream.telemetry.overflow_count, 0u);
}

TEST(Stream, TakesAFullRingOfDescriptorsForAFullRing)
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

// What an honest engine does after a fault: nothing reaches the ring.
void expect_dead(small_ring& ring, u32 fault)
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

struct lie {
    u64 tail;
    u32 fault;
};

TEST(Stream, EndsByAFaultWhenTheTailLies)
{
    const u64 first = 1000;
    for (const lie l : { lie{ 21, ZCRING_FAULT_TAIL_PAST_HEAD },
                         lie{ 20 + ring_samples, ZCRING_FAULT_TAIL_PAST_HEAD },
                         lie{ 1ULL << 40, ZCRING_FAULT_TAIL_PAST_HEAD },
                         lie{ 9, ZCRING_FAULT_TAIL_WENT_BACK },
                         lie{ 0ULL - 1000, ZCRING_FAULT_TAIL_WENT_BACK },
                         lie{ 0ULL - (1ULL << 40), ZCRING_FAULT_TAIL_WENT_BACK } }) {
        small_ring ring;
        ASSERT_EQ(ring.start(first), 0);
        ring.take(20);
        ring.release(first + 10);
        ring.take(0);
        ASSERT_EQ(ring.meta.state, ZCRING_STATE_RUNNING);
        ring.release(first + l.tail);
        EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
        EXPECT_EQ(ring.stream.tail, first + 10) << "the last valid one stays";
        expect_dead(ring, l.fault);
    }
}

TEST(Stream, ForgetsAnyLieThatItDidNotSee)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    ring.release(999);
    ring.release(5);
    ring.take(1);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_RUNNING);
}

TEST(Stream, SeesALieWhileStopped)
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

// What was released counts, a lie does not, and nothing else is left.
TEST(Stream, ForgetsItsConsumer)
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

TEST(Stream, StartsAnewAfterAFault)
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

// Every value that a tail can take against a small ring, around the wrap of the indices.
TEST(Stream, AcceptsATailBetweenItsLastAndTheHeadAndNoOther)
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

TEST(Stream, WrapsItsIndicesWithoutASeam)
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

TEST(Stream, HoldsThePrerollAsZeros)
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
        EXPECT_EQ(ring.telemetry().consumed_samples, 0u) << "preroll counts nowhere";
        EXPECT_EQ(zcring_stream_room(&ring.stream), 20u);
    }
}

TEST(Stream, AllowsAPrerollOfHalfTheRingAndNoMore)
{
    small_ring ring;
    EXPECT_EQ(ring.start(0, ring_samples / 2 + 1), -EINVAL);
    EXPECT_EQ(ring.start(0, ~0ULL), -EINVAL);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_STOPPED);
    EXPECT_EQ(ring.start(0, ring_samples / 2), 0);
}

TEST(Stream, KeepsAllOverAResume)
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

TEST(Stream, RefusesAStartThatMakesNoSense)
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

TEST(Stream, IsGoneForGoodAfterUnplug)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    zcring_stream_unplug(&ring.stream);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_GONE);
    EXPECT_EQ(ring.meta.head, 20u);
    EXPECT_EQ(ring.at<u32>(19), 19u) << "what was there may still be read";
    EXPECT_EQ(ring.start(), -ENODEV);
    EXPECT_EQ(ring.resume(), -ENODEV);
    zcring_stream_stop(&ring.stream);
    EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_GONE);
}

TEST(Stream, StaysGoneWhenTheTailLiesAfterwards)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    zcring_stream_unplug(&ring.stream);
    ring.release(12345);
    EXPECT_EQ(zcring_stream_room(&ring.stream), 0u);
    zcring_stream_account(&ring.stream);
    EXPECT_EQ(ring.meta.state, ZCRING_STATE_GONE);
}

TEST(Stream, IsReadableFromTheWatermarkOn)
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

TEST(Stream, ReleasingDoesNotMoveTheWatermark)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(30);
    ring.consumer.watermark = 40;
    ring.release(20);
    ring.take(9);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
    ring.take(1);
    EXPECT_TRUE(zcring_stream_readable(&ring.stream)) << "though only 20 are there";
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
    EXPECT_TRUE(zcring_stream_readable(&ring.stream)) << "no more will come before some go";
    ring.release(1);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream)) << "a slot may be free again";
    ring.take(0);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
}

TEST(Stream, BeginsOverWhenItIsInitialisedAgain)
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

TEST(Stream, IsNotReadableWhenTheTailLies)
{
    small_ring ring;
    ASSERT_EQ(ring.start(), 0);
    ring.take(20);
    ring.release(21);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
    ring.release(0ULL - 100);
    EXPECT_FALSE(zcring_stream_readable(&ring.stream));
}

TEST(Stream, ShowsAnObserverThatItsCountersAreBeingWritten)
{
    small_ring ring;
    zcring_telemetry t{};
    EXPECT_TRUE(zcring_ring_try_telemetry(&ring.meta, &t));
    ring.meta.sequence++;
    EXPECT_FALSE(zcring_ring_try_telemetry(&ring.meta, &t));
}

} // namespace
