// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The accounting against an independent model of it, through random steps: after every step all
 * that an observer or a consumer can see is compared, and both identities of the accounting hold.
 */
#include "small_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace {

using namespace zcring_test;

constexpr u64 ring_samples = small_ring_samples;

// An independent model of the contents of a stream, sample by sample.
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
            d_bursts.push_back({ d_burst_count++, d_index + fits, b });
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

    // Compares all that an observer or a consumer can see of the stream.
    void expect_equal(const ring_memory& r) const
    {
        const zcring_telemetry t = r.telemetry();
        ASSERT_EQ(t.sample_clock, d_clock);
        ASSERT_EQ(t.produced_samples, d_produced);
        ASSERT_EQ(t.consumed_samples, d_consumed);
        ASSERT_EQ(t.lost_samples, d_lost);
        ASSERT_EQ(t.overflow_count, d_gaps);
        ASSERT_EQ(t.bursts, d_burst_count);
        ASSERT_EQ(t.produced_bytes, d_produced * channels * sample_bytes);
        ASSERT_EQ(t.consumed_bytes, d_consumed * channels * sample_bytes);
        ASSERT_EQ(t.overflow_bytes, d_lost * channels * sample_bytes);
        ASSERT_EQ(r.meta.head, d_index);
        ASSERT_EQ(r.meta.burst_head, d_burst_count);
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
    u64 d_burst_count = 0;
    u32 d_flags = ZCRING_BURST_START;
};

// Thousands of random steps; the whole accounting is compared after each.
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

TEST(StreamModel, HoldsThroughRandomSteps)
{
    for (unsigned seed = 0; seed < 10; seed++)
        ASSERT_NO_FATAL_FAILURE(random_steps(seed, 1024));
}

TEST(StreamModel, HoldsWithFewDescriptors)
{
    for (unsigned seed = 100; seed < 110; seed++)
        for (const u64 slots : { 1, 2, 8 })
            ASSERT_NO_FATAL_FAILURE(random_steps(seed, slots));
}

} // namespace
