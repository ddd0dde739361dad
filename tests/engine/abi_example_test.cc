// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The numbers of the worked example in docs/abi.md ("One burst, one overflow"), made by the
 * engine: one channel of sc16, 1,000,000 samples a second, a burst every 10 ms, and a ring of
 * 16,384 samples. The page and this test must have the same numbers.
 */
#include "ring_memory.h"

#include <gtest/gtest.h>

namespace {

using namespace zcring_test;

constexpr u64 interval_ns = 10000000;
constexpr u64 first_time_ns = 1700000000000000000;

struct example : ring_memory {
    example() : ring_memory(16384, 4096, 1, sizeof(u32))
    {
        zcring_config config;
        zcring_config_default(&config);
        config.ring_bytes = 65536;
        config.interval_ns = interval_ns;
        zcring_front_init(&front, &stream, &config);
        zcring_scene scene{};
        scene.kind = ZCRING_SCENE_COUNTER;
        scene.freq_uhz = 100000000000000;
        zcring_front_set_scene(&front, &scene, nullptr, nullptr);
        zcring_start start{};
        start.time_ns = first_time_ns;
        EXPECT_EQ(zcring_front_start(&front, &start, 0, 0), 0);
    }

    //! The interrupt at the end of interval \p number, from 1.
    void interrupt(u64 number)
    {
        while (zcring_front_run(&front, number * interval_ns, number * interval_ns)) {
        }
    }

    void expect_burst(u64 number, u64 index, u64 sample_clock, u64 samples, u64 lost, u32 flags)
    {
        const zcring_burst& b = descriptor(number);
        EXPECT_EQ(meta.burst_head, number + 1);
        EXPECT_EQ(meta.head, index + samples);
        EXPECT_EQ(b.index, index);
        EXPECT_EQ(b.sample_clock, sample_clock);
        EXPECT_EQ(b.samples, samples);
        EXPECT_EQ(b.lost, lost);
        EXPECT_EQ(b.flags, flags);
        EXPECT_EQ(b.time_ns, first_time_ns + sample_clock * 1000);
    }

    zcring_front front{};
};

TEST(AbiExample, HasTheNumbersOfThePage)
{
    example e;
    EXPECT_EQ(e.consumer.watermark, 1u);

    e.interrupt(1);
    e.expect_burst(0, 0, 0, 10000, 0, ZCRING_BURST_START);
    e.release(10000);
    e.interrupt(2);
    e.expect_burst(1, 10000, 10000, 10000, 0, 0);
    e.release(16000);
    e.interrupt(3);
    e.expect_burst(2, 20000, 20000, 10000, 0, 0);

    e.interrupt(4);
    e.expect_burst(3, 30000, 30000, 2384, 0, 0);
    EXPECT_EQ(e.telemetry().lost_samples, 7616u);
    e.interrupt(5);
    e.expect_burst(3, 30000, 30000, 2384, 0, 0);
    EXPECT_EQ(e.telemetry().lost_samples, 17616u);
    EXPECT_EQ(e.at<u32>(32383), 32383u);

    e.release(32384);
    e.interrupt(6);
    e.expect_burst(4, 32384, 50000, 10000, 17616, ZCRING_BURST_GAP);
    EXPECT_EQ(e.at<u32>(32384), 50000u);

    const zcring_telemetry t = e.telemetry();
    EXPECT_EQ(t.sample_clock, 60000u);
    EXPECT_EQ(t.produced_samples, 42384u);
    EXPECT_EQ(t.consumed_samples, 32384u);
    EXPECT_EQ(t.lost_samples, 17616u);
    EXPECT_EQ(t.overflow_bytes, 70464u);
    EXPECT_EQ(t.overflow_count, 1u);
    EXPECT_EQ(t.bursts, 5u);
}

} // namespace
