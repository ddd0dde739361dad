// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Fault injection: stalls, drops and jumps change what they should and nothing else, and the
 * accounting stays exact.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace {

using namespace zcring_test;

constexpr u64 ms = 1000000;
constexpr u64 realtime = 1000 * second;

int stall(front_end& f, s64 ns, u64 mono_ns = 0)
{
    return zcring_front_inject(&f.front, ZCRING_INJECT_STALL, ns, mono_ns);
}

int drop(front_end& f, s64 samples)
{
    return zcring_front_inject(&f.front, ZCRING_INJECT_DROP, samples, 0);
}

int jump(front_end& f, s64 ns) { return zcring_front_inject(&f.front, ZCRING_INJECT_JUMP, ns, 0); }

TEST(Injection, StallDelaysSamplesAndThenFillsTheRing)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    f.run(ms);
    ASSERT_EQ(stall(f, 9 * ms, ms), 0);
    f.run(5 * ms);
    f.run(10 * ms - 1);
    EXPECT_EQ(f.meta.head, 1000u);
    EXPECT_EQ(f.meta.burst_head, 1u);
    f.run(10 * ms);
    EXPECT_EQ(f.meta.head, ring_samples);
    EXPECT_EQ(f.descriptor(1).samples, ring_samples - 1000);
    EXPECT_EQ(f.descriptor(1).flags, 0u);
    f.release_all();
    f.run(11 * ms);
    const zcring_telemetry t = f.telemetry();
    EXPECT_EQ(t.overflow_count, 1u);
    EXPECT_EQ(t.lost_samples, 10000 - ring_samples);
    EXPECT_EQ(t.sample_clock, 11000u);
    EXPECT_EQ(f.descriptor(2).lost, 10000 - ring_samples);
    EXPECT_EQ(f.descriptor(2).time_ns, realtime + 10 * ms);
    EXPECT_EQ(f.at<u32>(f.descriptor(2).index), 10000u);
}

TEST(Injection, StallThatFitsLosesNothing)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(stall(f, 3 * ms), 0);
    f.run(2 * ms);
    EXPECT_EQ(f.meta.head, 0u);
    f.run(3 * ms);
    EXPECT_EQ(f.meta.head, 3000u);
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
}

TEST(Injection, StallIsEndedByAnotherAndByAStart)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(stall(f, ZCRING_STALL_NS_MAX), 0);
    ASSERT_EQ(stall(f, 0, ms), 0);
    f.run(ms);
    EXPECT_EQ(f.meta.head, 1000u);
    ASSERT_EQ(stall(f, ZCRING_STALL_NS_MAX, ms), 0);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(f.resume(5 * ms, 1), 0);
    f.run(6 * ms);
    EXPECT_EQ(f.meta.head, 2000u);
}

TEST(Injection, StallDelaysNothingAtFreePace)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(stall(f, second), 0);
    f.take(100);
    EXPECT_EQ(f.meta.head, 100u);
}

// The ADC runs on during a stall: "now" is later than the last sample that was delivered.
TEST(Injection, StallDelaysNoCommand)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    f.run(ms);
    ASSERT_EQ(stall(f, 3 * ms, ms), 0);
    ASSERT_EQ(f.control(
                  [](zcring_control& c) {
                      c.what = ZCRING_CONTROL_RATE;
                      c.rate_num = 500000;
                      c.rate_den = 1;
                  },
                  2 * ms),
              0);
    ASSERT_EQ(f.control(
                  [](zcring_control& c) {
                      c.what = ZCRING_CONTROL_GAIN;
                      c.gain_mb = 100;
                  },
                  3 * ms),
              0);
    f.run(4 * ms);
    EXPECT_EQ(f.meta.head, 3000u);
    EXPECT_EQ(f.descriptor(2).flags, ZCRING_BURST_RATE);
    EXPECT_EQ(f.descriptor(2).index, 2000u);
    EXPECT_EQ(f.descriptor(3).flags, ZCRING_BURST_TUNED);
    EXPECT_EQ(f.descriptor(3).index, 2500u);
    EXPECT_EQ(f.descriptor(3).time_ns, realtime + 3 * ms);
}

TEST(Injection, StallAppliesALateCommandAtThePresentSample)
{
    for (const u32 timed : { ZCRING_CONTROL_AT, ZCRING_CONTROL_AT_TIME }) {
        front_end f;
        ASSERT_EQ(f.start(0, realtime), 0);
        ASSERT_EQ(stall(f, 3 * ms), 0);
        ASSERT_EQ(f.control(
                      [=](zcring_control& c) {
                          c.what = ZCRING_CONTROL_GAIN | timed;
                          c.at_clock = timed == ZCRING_CONTROL_AT ? 500 : realtime + 500000;
                      },
                      2 * ms),
                  0);
        f.run(3 * ms);
        EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_TUNED);
        EXPECT_EQ(f.descriptor(1).sample_clock, 2000u) << "not 500";
    }
}

TEST(Injection, DropIsOneGapInStepsOfAnySize)
{
    for (const u64 step : { 1, 7, 300, 5000 }) {
        front_end f;
        ASSERT_EQ(f.start(0, realtime), 0);
        f.take(100);
        ASSERT_EQ(drop(f, 500), 0);
        ASSERT_EQ(drop(f, 50), 0);
        for (u64 taken = 0; taken < 1000; taken += step)
            f.take(std::min<u64>(step, 1000 - taken));
        const zcring_telemetry t = f.telemetry();
        EXPECT_EQ(t.overflow_count, 1u);
        EXPECT_EQ(t.lost_samples, 550u);
        EXPECT_EQ(t.overflow_bytes, 550u * 8);
        EXPECT_EQ(t.sample_clock, 1100u);
        EXPECT_EQ(t.produced_samples, 550u);
        EXPECT_EQ(f.descriptor(1).lost, 550u);
        EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_GAP);
        EXPECT_EQ(f.descriptor(1).time_ns, realtime + 650000);
        EXPECT_EQ(f.at<u32>(100), 650u);
    }
}

TEST(Injection, DropTakesTheTimeOfItsSamples)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(drop(f, 2000), 0);
    f.run(ms);
    EXPECT_EQ(f.telemetry().sample_clock, 1000u);
    EXPECT_EQ(f.telemetry().lost_samples, 1000u);
    f.run(3 * ms);
    EXPECT_EQ(f.meta.head, 1000u);
    EXPECT_EQ(f.at<u32>(0), 2000u);
}

TEST(Injection, DropAppliesACommandInsideTheGap)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(drop(f, 500), 0);
    ASSERT_EQ(f.tune_at(300, 150 * mhz), 0);
    f.take(1000);
    EXPECT_EQ(f.descriptor(0).sample_clock, 500u);
    EXPECT_TRUE(f.descriptor(0).flags & ZCRING_BURST_TUNED);
    EXPECT_EQ(f.telemetry().overflow_count, 1u);
}

TEST(Injection, JumpChangesOnlyTheTime)
{
    for (const s64 by : { s64{ 3000 }, s64{ -3000 }, -static_cast<s64>(realtime + ms) }) {
        front_end f;
        ASSERT_EQ(f.start(0, realtime), 0);
        f.run(ms);
        ASSERT_EQ(jump(f, by), 0);
        f.run(2 * ms);
        f.run(3 * ms);
        EXPECT_EQ(f.descriptor(1).index, 1000u);
        EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_TIME);
        EXPECT_EQ(f.descriptor(1).time_ns, realtime + ms + static_cast<u64>(by));
        EXPECT_EQ(f.descriptor(2).time_ns, realtime + 2 * ms + static_cast<u64>(by));
        EXPECT_EQ(f.meta.head, 3000u);
    }
}

TEST(Injection, JumpChangesTheTimeOfTimedCommands)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    f.run(ms);
    ASSERT_EQ(jump(f, -static_cast<s64>(realtime + ms)), 0) << "to 1970, before the start";
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_GAIN | ZCRING_CONTROL_AT_TIME;
        c.at_clock = 500000;
    }),
              0);
    f.run(2 * ms);
    EXPECT_EQ(f.descriptor(2).flags, ZCRING_BURST_TUNED);
    EXPECT_EQ(f.descriptor(2).sample_clock, 1500u);
}

TEST(Injection, RefusesAnAmountOutOfRangeAndChangesNothing)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    EXPECT_EQ(stall(f, -1), -ERANGE);
    EXPECT_EQ(stall(f, ZCRING_STALL_NS_MAX + 1), -ERANGE);
    EXPECT_EQ(drop(f, -1), -ERANGE);
    EXPECT_EQ(drop(f, ZCRING_DROP_SAMPLES_MAX + 1), -ERANGE);
    EXPECT_EQ(jump(f, -static_cast<s64>(realtime) - 1), -ERANGE);
    EXPECT_EQ(jump(f, INT64_MIN), -ERANGE);
    EXPECT_EQ(zcring_front_inject(&f.front, static_cast<zcring_injection>(9), 1, 0), -EINVAL);
    f.run(ms);
    EXPECT_EQ(f.descriptor(0).flags, ZCRING_BURST_START);
    EXPECT_EQ(f.meta.head, 1000u);
    ASSERT_EQ(jump(f, INT64_MAX), 0);
    EXPECT_EQ(jump(f, INT64_MAX), -ERANGE) << "beyond 64 bits";
    ASSERT_EQ(drop(f, ZCRING_DROP_SAMPLES_MAX), 0);
    EXPECT_EQ(drop(f, 1), -ERANGE) << "together with the samples still to be lost";
}

TEST(Injection, NeedsARunningStream)
{
    front_end f;
    EXPECT_EQ(stall(f, 1), -EINVAL);
    EXPECT_EQ(drop(f, 1), -EINVAL);
    EXPECT_EQ(jump(f, 1), -EINVAL);
    zcring_stream_unplug(&f.stream);
    EXPECT_EQ(drop(f, 1), -ENODEV);
}

TEST(Injection, IsClearedByANewStream)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    ASSERT_EQ(stall(f, second), 0);
    ASSERT_EQ(drop(f, 100), 0);
    ASSERT_EQ(jump(f, 5), 0);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(f.start(0, realtime), 0);
    f.run(ms);
    EXPECT_EQ(f.meta.head, 1000u);
    EXPECT_EQ(f.descriptor(0).flags, ZCRING_BURST_START);
    EXPECT_EQ(f.descriptor(0).time_ns, realtime);
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
}

// All faults together, at random: every sample still encodes its sample clock.
TEST(Injection, KeepsTheAccountingExact)
{
    for (unsigned seed = 0; seed < 20; seed++) {
        std::mt19937_64 random(seed);
        front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, ring_samples, 64);
        ASSERT_EQ(f.start(0, realtime), 0);
        u64 now = 0;
        auditor accounting(f);
        for (int step = 0; step < 500; step++) {
            now += random() % (2 * ms);
            if (random() % 8 == 0) {
                ASSERT_EQ(stall(f, static_cast<s64>(random() % (5 * ms)), now), 0);
            }
            if (random() % 8 == 0) {
                ASSERT_EQ(drop(f, static_cast<s64>(random() % 3000)), 0);
            }
            if (random() % 8 == 0) {
                ASSERT_EQ(jump(f, static_cast<s64>(random() % 2000) - 1000), 0);
            }
            f.run(now);
            ASSERT_NO_FATAL_FAILURE(accounting.audit(random)) << "seed " << seed;
        }
        f.run(now + second);
        EXPECT_EQ(f.telemetry().sample_clock, (now + second) * rate / second);
    }
}

} // namespace
