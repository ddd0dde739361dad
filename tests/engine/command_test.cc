// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Commands to the front end: a command takes effect at exactly one sample, for all that it names
 * together, and an invalid command changes nothing.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <vector>

namespace {

using namespace zcring_test;

TEST(Command, SplitsABurstAtTheSampleOfATimedCommand)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(700, 200 * mhz), 0);
    ASSERT_EQ(f.tune_at(300, 150 * mhz), 0);
    f.take(1000);
    ASSERT_EQ(f.meta.burst_head, 3u);
    const struct {
        u64 index, samples;
        s64 freq;
        u32 flags;
    } expected[] = { { 0, 300, 100 * mhz, ZCRING_BURST_START },
                     { 300, 400, 150 * mhz, ZCRING_BURST_TUNED },
                     { 700, 300, 200 * mhz, ZCRING_BURST_TUNED } };
    for (u64 k = 0; k < 3; k++) {
        EXPECT_EQ(f.descriptor(k).index, expected[k].index);
        EXPECT_EQ(f.descriptor(k).samples, expected[k].samples);
        EXPECT_EQ(f.descriptor(k).channel[0].freq_uhz, expected[k].freq);
        EXPECT_EQ(f.descriptor(k).channel[1].freq_uhz, expected[k].freq);
        EXPECT_EQ(f.descriptor(k).flags, expected[k].flags);
        EXPECT_EQ(f.descriptor(k).tuned_channels, k ? 3u : 0u);
    }
}

TEST(Command, AppliesATuningFromExactlyItsSampleOn)
{
    front_end f(ZCRING_SCENE_TONE);
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(500, 300 * mhz), 0); // out of band: zeros
    f.take(1000);
    for (u64 k = 0; k < 1000; k++)
        ASSERT_EQ(f.at<u32>(k) == 0, k >= 500) << k;
}

TEST(Command, TunesOnlyTheNamedChannel)
{
    front_end f(ZCRING_SCENE_TONE);
    ASSERT_EQ(f.start(), 0);
    f.take(100);
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN;
        c.channels = 2;
        c.freq_uhz = 100 * mhz + 1000000;
        c.gain_mb = -600;
    }),
              0);
    f.take(100);
    const zcring_burst& b = f.descriptor(1);
    EXPECT_EQ(b.tuned_channels, 2u);
    EXPECT_EQ(b.channel[0].freq_uhz, 100 * mhz);
    EXPECT_EQ(b.channel[1].freq_uhz, 100 * mhz + 1000000);
    EXPECT_EQ(b.channel[0].gain_mb, 0);
    EXPECT_EQ(b.channel[1].gain_mb, -600);
    EXPECT_EQ(f.at<u32>(192, 0), f.at<u32>(0, 0));
    EXPECT_NE(f.at<u32>(192, 1), f.at<u32>(0, 1));
}

TEST(Command, ReportsTheBandwidth)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_BANDWIDTH;
        c.bandwidth_uhz = 5 * mhz;
    }),
              0);
    f.take(10);
    EXPECT_EQ(f.descriptor(0).bandwidth_uhz, static_cast<u64>(5 * mhz));
    zcring_tuning t;
    zcring_front_get_tuning(&f.front, 0, 0, &t);
    EXPECT_EQ(t.bandwidth_uhz, static_cast<u64>(5 * mhz));
}

TEST(Command, AppliesCommandsForOneSampleInTheirOrder)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    for (s64 k = 1; k <= 3; k++)
        ASSERT_EQ(f.tune_at(100, k * mhz), 0);
    f.take(200);
    EXPECT_EQ(f.meta.burst_head, 2u);
    EXPECT_EQ(f.descriptor(1).channel[0].freq_uhz, 3 * mhz);
}

// The timed command is due at the next sample: it was given before the other command.
TEST(Command, AppliesADueCommandBeforeALaterOne)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(100, 1 * mhz), 0);
    f.take(100);
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_FREQ;
        c.freq_uhz = 2 * mhz;
    }),
              0);
    f.take(100);
    EXPECT_EQ(f.descriptor(1).channel[0].freq_uhz, 2 * mhz);
}

TEST(Command, AppliesALateCommandAtTheNextSample)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    f.take(100);
    ASSERT_EQ(f.tune_at(50, 7 * mhz), 0);
    f.take(100);
    EXPECT_EQ(f.descriptor(1).index, 100u);
    EXPECT_EQ(f.descriptor(1).channel[0].freq_uhz, 7 * mhz);
}

TEST(Command, AppliesACommandInsideAGap)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(ring_samples + 100, 7 * mhz), 0);
    f.take(ring_samples + 200);
    f.release_all();
    f.take(10);
    const zcring_burst& b = f.descriptor(1);
    EXPECT_EQ(b.flags, ZCRING_BURST_GAP | ZCRING_BURST_TUNED);
    EXPECT_EQ(b.lost, 200u);
    EXPECT_EQ(b.channel[0].freq_uhz, 7 * mhz);
    EXPECT_EQ(f.telemetry().overflow_count, 1u);
    EXPECT_EQ(f.at<u32>(b.index), ring_samples + 200);
}

TEST(Command, RefusesMoreTimedCommandsThanTheQueueHolds)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    for (u64 k = 0; k < ZCRING_COMMANDS_MAX; k++)
        ASSERT_EQ(f.tune_at(1000 - k, 1), 0);
    EXPECT_EQ(f.tune_at(1000, 1), -ENOSPC);
    EXPECT_EQ(f.tune_at(0, 1), 0) << "a due command needs no place in the queue";
    f.take(1000 - ZCRING_COMMANDS_MAX + 1);
    EXPECT_EQ(f.tune_at(1000, 1), 0) << "one place is free again";
    EXPECT_EQ(f.tune_at(1000, 1), -ENOSPC);
}

TEST(Command, DropsTimedCommandsWhenANewStreamStarts)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(100, 7 * mhz), 0);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(f.start(), 0);
    f.take(200);
    EXPECT_EQ(f.meta.burst_head, 1u);
}

TEST(Command, KeepsTimedCommandsWhenAStreamResumes)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(100, 7 * mhz), 0);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(f.resume(1, 1), 0);
    f.take(200);
    EXPECT_EQ(f.descriptor(1).index, 100u);
}

TEST(Command, DropsTimedCommandsWhenItIsConfigured)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(500, 1 * mhz), 0);
    zcring_stream_stop(&f.stream);
    const zcring_config same = f.front.config;
    zcring_front_configure(&f.front, &same);
    ASSERT_EQ(f.resume(0, 1), 0);
    f.take(1000);
    EXPECT_EQ(f.meta.burst_head, 1u);
    EXPECT_EQ(f.descriptor(0).channel[0].freq_uhz, 100 * mhz);
}

int set_rate(front_end& f, u64 num, u64 den, u64 at_clock = 0)
{
    return f.control([=](zcring_control& c) {
        c.what = ZCRING_CONTROL_RATE | ZCRING_CONTROL_AT;
        c.rate_num = num;
        c.rate_den = den;
        c.at_clock = at_clock;
    });
}

TEST(Command, ChangesTheRateAtASampleAndKeepsTime)
{
    front_end f;
    ASSERT_EQ(f.start(0, 5 * second), 0);
    f.run(1000000);
    ASSERT_EQ(set_rate(f, 500000, 1), 0);
    f.run(2000000);
    f.run(3000000);
    EXPECT_EQ(f.meta.head, 2000u);
    EXPECT_EQ(f.descriptor(1).index, 1000u);
    EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_RATE);
    EXPECT_EQ(f.descriptor(1).rate_num, 500000u);
    EXPECT_EQ(f.descriptor(1).time_ns, 5 * second + 1000000);
    EXPECT_EQ(f.descriptor(2).time_ns, 5 * second + 2000000);
}

// The rate changes between two interrupts: from there on the new rate determines what is due.
TEST(Command, TakesSamplesAtTheNewRateFromTheChangeOn)
{
    for (const u64 after : { u64{ 1000 }, u64{ 500000 }, u64{ 2000000 } }) {
        front_end f;
        ASSERT_EQ(f.start(0, 5 * second), 0);
        ASSERT_EQ(set_rate(f, after, 1, 250), 0);
        f.run(1000000);
        EXPECT_EQ(f.meta.head, 250 + after * 750 / 1000000) << after;
        f.run(2000000);
        EXPECT_EQ(f.descriptor(1).index, 250u);
        EXPECT_EQ(f.meta.head, 250 + after * 1750 / 1000000) << after;
        EXPECT_EQ(f.telemetry().lost_samples, 0u);
    }
}

TEST(Command, AppliesManyRateChangesWithinOneInterrupt)
{
    front_end f;
    ASSERT_EQ(f.start(0, 5 * second), 0);
    u64 ns = 0;
    for (u64 k = 1; k <= 20; k++) {
        ASSERT_EQ(set_rate(f, k % 2 ? 500000 : 1000000, 1, 10 * k), 0);
        ns += k % 2 ? 10000 : 20000;
    }
    f.run(ns);
    EXPECT_EQ(f.meta.head, 200u);
    EXPECT_EQ(f.descriptor(19).time_ns, 5 * second + ns - 20000);
    f.run(ns + 100000);
    EXPECT_EQ(f.meta.head, 300u);
}

TEST(Command, PlaysARecordingAtItsOwnRateOnly)
{
    const std::vector<u32> scene(100, 1);
    front_end f;
    f.record(scene);
    ASSERT_EQ(f.start(), 0);
    EXPECT_EQ(set_rate(f, 2000000, 1), -ERANGE);
    EXPECT_EQ(set_rate(f, 2000000, 1, 100), -ERANGE);
    EXPECT_EQ(set_rate(f, 3000000, 3), 0) << "the same rate in other numbers";
    zcring_stream_stop(&f.stream);
    zcring_config config = f.front.config;
    config.rate_num = 999999;
    config.rate_den = 1;
    zcring_front_configure(&f.front, &config);
    EXPECT_EQ(f.start(), -ERANGE);
    EXPECT_EQ(f.meta.state, ZCRING_STATE_STOPPED);
}

TEST(Command, RefusesAnInvalidCommandAndChangesNothing)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    const std::function<void(zcring_control&)> wrong[] = {
        [](zcring_control& c) { c.what = 0; },
        [](zcring_control& c) { c.what = 1U << 8; },
        [](zcring_control& c) { c.channels = 0; },
        [](zcring_control& c) { c.channels = 4; },
        [](zcring_control& c) { c.channels = ~0U; },
        [](zcring_control& c) { c.freq_uhz = ZCRING_FREQ_UHZ_MAX + 1; },
        [](zcring_control& c) { c.freq_uhz = -ZCRING_FREQ_UHZ_MAX - 1; },
        [](zcring_control& c) { c.gain_mb = ZCRING_GAIN_MB_MAX + 1; },
        [](zcring_control& c) { c.gain_mb = ZCRING_GAIN_MB_MIN - 1; },
        [](zcring_control& c) { c.bandwidth_uhz = ~0ULL; },
        [](zcring_control& c) { c.rate_num = 0; },
        [](zcring_control& c) { c.rate_den = 0; },
        [](zcring_control& c) { c.rate_den = ZCRING_RATE_DEN_MAX + 1; },
        [](zcring_control& c) { c.rate_num = ZCRING_RATE_HZ_MAX + 1; },
        [](zcring_control& c) { c.rate_den = 1001; },
        [](zcring_control& c) { c.noise_mb = 1; },
        [](zcring_control& c) { c.reserved[0] = 1; },
        [](zcring_control& c) { c.reserved[3] = 1; },
    };
    for (size_t k = 0; k < std::size(wrong); k++)
        EXPECT_EQ(f.control([&](zcring_control& c) {
            c.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH |
                     ZCRING_CONTROL_RATE | ZCRING_CONTROL_TIME;
            c.rate_num = c.rate_den = 1;
            wrong[k](c);
        }),
                  -EINVAL)
            << "case " << k;
    f.take(10);
    EXPECT_EQ(f.descriptor(0).flags, ZCRING_BURST_START);
    EXPECT_EQ(f.descriptor(0).rate_num, rate);
    EXPECT_EQ(f.descriptor(0).channel[0].freq_uhz, 100 * mhz);
}

} // namespace
