// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Blocks: long bursts written in pieces, and resident DMA, which must hold the same samples as
 * a front end that writes every burst.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using namespace zcring_test;

// A burst that is longer than one piece and crosses the end of the ring, in every channel.
TEST(Block, WritesLongBurstsInPieces)
{
    constexpr u64 samples = 1 << 18;
    front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, samples);
    ASSERT_EQ(f.start(), 0);
    f.take(100000);
    f.release_all();
    f.take(samples);
    for (u64 k = 100000; k < 100000 + samples; k++)
        for (u32 c = 0; c < 2; c++)
            ASSERT_EQ(f.at<u32>(k, c), k + 4097 * c);
}

TEST(Block, KeepsResidentDmaAfterARefusedStart)
{
    front_end f(ZCRING_SCENE_TONE, ZCRING_DMA_RESIDENT);
    ASSERT_EQ(f.start(), 0);
    for (int lap = 0; lap < 2; lap++) {
        f.take(ring_samples);
        f.release_all();
    }
    ASSERT_TRUE(f.descriptor(1).flags & ZCRING_BURST_RESIDENT);
    EXPECT_EQ(f.start(), -EBUSY);
    f.take(100);
    EXPECT_TRUE(f.descriptor(2).flags & ZCRING_BURST_RESIDENT);
}

// One front end that writes and one with resident DMA; both get the same calls.
class BothKinds : public testing::TestWithParam<u32>
{
protected:
    BothKinds()
    {
        for (front_end* f : { &d_copy, &d_resident })
            if (GetParam() == ZCRING_SCENE_MEMORY)
                f->record(d_scene);
    }

    void expect_same()
    {
        ASSERT_EQ(d_copy.meta.head, d_resident.meta.head);
        for (u64 k = d_copy.stream.tail; k != d_copy.meta.head; k++)
            for (u32 c = 0; c < 2; c++)
                ASSERT_EQ(d_copy.at<u32>(k, c), d_resident.at<u32>(k, c)) << "index " << k;
    }

    void take(u64 samples)
    {
        d_copy.take(samples);
        d_resident.take(samples);
        ASSERT_NO_FATAL_FAILURE(expect_same());
    }

    void release(u64 samples)
    {
        for (front_end* f : { &d_copy, &d_resident })
            f->release(std::min<u64>(f->stream.tail + samples, f->meta.head));
    }

    void tune(s64 freq_uhz, s32 gain_mb)
    {
        for (front_end* f : { &d_copy, &d_resident })
            ASSERT_EQ(f->control([=](zcring_control& c) {
                c.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN;
                c.freq_uhz = freq_uhz;
                c.gain_mb = gain_mb;
            }),
                      0);
    }

    u64 resident_bursts() const
    {
        u64 count = 0;
        for (u64 b = 0; b < d_resident.meta.burst_head; b++)
            count += (d_resident.descriptor(b).flags & ZCRING_BURST_RESIDENT) != 0;
        return count;
    }

    std::vector<u32> d_scene = [] {
        std::vector<u32> samples(1024);
        for (u32 k = 0; k < samples.size(); k++)
            samples[k] = k * 2654435761u;
        return samples;
    }();
    front_end d_copy{ GetParam(), ZCRING_DMA_COPY };
    front_end d_resident{ GetParam(), ZCRING_DMA_RESIDENT };
};

TEST_P(BothKinds, HoldTheSameSamplesWithoutLosses)
{
    ASSERT_EQ(d_copy.start(), 0);
    ASSERT_EQ(d_resident.start(), 0);
    for (int step = 0; step < 200; step++) {
        ASSERT_NO_FATAL_FAILURE(take(777));
        release(777);
    }
    EXPECT_GT(resident_bursts(), 150u);
}

TEST_P(BothKinds, HoldTheSameSamplesThroughGapsRetunesAndStops)
{
    for (unsigned seed = 0; seed < 5; seed++) {
        std::mt19937_64 random(seed);
        ASSERT_EQ(d_copy.start(), 0);
        ASSERT_EQ(d_resident.start(), 0);
        for (int step = 0; step < 500; step++) {
            if (step % 50 == 20)
                tune(100 * mhz + static_cast<s64>(random() % 3) * 12345678901, 0);
            if (step % 50 == 40)
                tune(100 * mhz, random() % 2 ? 0 : -350);
            if (random() % 40 == 0) {
                for (front_end* f : { &d_copy, &d_resident })
                    zcring_stream_stop(&f->stream);
                tune(100 * mhz, 0);
                ASSERT_EQ(d_copy.resume(0, 1), 0);
                ASSERT_EQ(d_resident.resume(0, 1), 0);
            }
            ASSERT_NO_FATAL_FAILURE(take(random() % 1500)) << "seed " << seed << " step " << step;
            release(random() % 1550);
        }
        EXPECT_GT(d_resident.telemetry().overflow_count, 0u) << "the test needs losses";
        EXPECT_GT(resident_bursts(), 10u);
        for (front_end* f : { &d_copy, &d_resident })
            zcring_stream_stop(&f->stream);
        tune(100 * mhz, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Block, BothKinds, testing::Values(ZCRING_SCENE_TONE, ZCRING_SCENE_MEMORY));

TEST(Block, RefusesASignalThatCannotBeResident)
{
    front_end noise(ZCRING_SCENE_NOISE, ZCRING_DMA_RESIDENT);
    EXPECT_EQ(noise.start(), -EOPNOTSUPP);
    EXPECT_EQ(noise.meta.state, ZCRING_STATE_STOPPED);

    front_end odd(ZCRING_SCENE_TONE, ZCRING_DMA_RESIDENT);
    const std::vector<u32> scene(1000, 1);
    odd.record(scene);
    EXPECT_EQ(odd.start(), -EOPNOTSUPP);

    front_end counter(ZCRING_SCENE_COUNTER, ZCRING_DMA_RESIDENT);
    EXPECT_EQ(counter.start(), -EOPNOTSUPP) << "sc16 counts to 2^32";

    front_end longer(ZCRING_SCENE_TONE, ZCRING_DMA_RESIDENT);
    const std::vector<u32> twice(2 * ring_samples, 1);
    longer.record(twice);
    EXPECT_EQ(longer.start(), -EOPNOTSUPP);
}

} // namespace
