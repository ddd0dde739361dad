// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A machine that sleeps: what is due meanwhile is lost in one gap, and what was to take effect
 * meanwhile has taken effect.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace zcring_test;

constexpr u64 us(u64 samples) { return samples * 1000; } // what a sample takes, in ns

struct sleeper : front_end {
    using front_end::front_end;

    void skip(u64 mono_ns)
    {
        zcring_front_skip(&front, mono_ns);
        EXPECT_EQ(zcring_test::clock_error(telemetry()), "");
    }
};

TEST(FrontSkip, LosesWhatIsDueInOneGap)
{
    sleeper f;
    ASSERT_EQ(f.start(), 0);
    f.run(us(100));
    f.skip(us(1000));
    EXPECT_EQ(f.telemetry().sample_clock, 1000u);
    f.run(us(1200));
    EXPECT_EQ(f.telemetry().lost_samples, 900u);
    EXPECT_EQ(f.telemetry().overflow_count, 1u);
    const zcring_burst& after = f.descriptor(1);
    EXPECT_EQ(after.lost, 900u);
    EXPECT_EQ(after.flags, ZCRING_BURST_GAP);
    EXPECT_EQ(after.sample_clock, 1000u);
    EXPECT_EQ(after.time_ns, 1 + us(1000));
    EXPECT_EQ(after.samples, 200u);
    EXPECT_EQ(f.at<u32>(100), counter_sample(1000));
}

TEST(FrontSkip, JoinsALossBeforeItAndOneAfterIt)
{
    sleeper f;
    ASSERT_EQ(f.start(), 0);
    f.run(us(ring_samples + 10));
    f.skip(us(ring_samples + 1000));
    f.run(us(ring_samples + 1100));
    EXPECT_EQ(f.telemetry().lost_samples, 1100u);
    EXPECT_EQ(f.telemetry().overflow_count, 1u);
}

TEST(FrontSkip, DeliversWhatIsWrittenOfABlock)
{
    const u64 step_samples = ZCRING_STEP_SAMPLES / 2; // of two channels
    sleeper f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, 1 << 21);
    ASSERT_EQ(f.start(), 0);
    const u64 due = 2 * step_samples;
    ASSERT_TRUE(zcring_front_run(&f.front, us(due), us(due)));
    f.skip(us(due + 50));
    EXPECT_EQ(f.descriptor(0).samples, step_samples);
    EXPECT_EQ(f.descriptor(0).interrupt_ns, us(due));
    EXPECT_EQ(f.telemetry().lost_samples, step_samples + 50);
    f.run(us(due + 60));
    EXPECT_EQ(f.descriptor(1).lost, step_samples + 50);
    EXPECT_EQ(f.descriptor(1).samples, 10u);
    EXPECT_EQ(f.at<u32>(step_samples), counter_sample(due + 50));
}

// From sample 500 on, two samples are due in a microsecond.
TEST(FrontSkip, AppliesCommandsAtTheirSample)
{
    sleeper f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(400, 120 * mhz), 0);
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_RATE | ZCRING_CONTROL_AT;
        c.rate_num = 2 * rate;
        c.rate_den = 1;
        c.at_clock = 500;
    }),
              0);
    ASSERT_EQ(f.tune_at(1600, 130 * mhz), 0);
    f.run(us(100));
    f.skip(us(1000));
    EXPECT_EQ(f.telemetry().sample_clock, 1500u);
    f.run(us(1100));
    const zcring_burst& after = f.descriptor(1);
    EXPECT_EQ(after.lost, 1400u);
    EXPECT_EQ(after.samples, 100u) << "the last command is still to come";
    EXPECT_EQ(after.channel[0].freq_uhz, 120 * mhz);
    EXPECT_EQ(after.rate_num, 2 * rate);
    EXPECT_EQ(after.tuned_channels, 3u);
    EXPECT_EQ(after.time_ns, 1 + us(1000));
    EXPECT_EQ(f.descriptor(2).channel[0].freq_uhz, 130 * mhz);
}

TEST(FrontSkip, EndsWithItsScene)
{
    const std::vector<u32> samples(600, 7);
    zcring_scene scene = recording_of(samples.size());
    scene.flags = ZCRING_SCENE_ONCE;
    sleeper f;
    zcring_front_set_scene(&f.front, &scene, samples.data(), nullptr);
    ASSERT_EQ(f.start(), 0);
    f.run(us(100));
    f.skip(us(400));
    EXPECT_EQ(f.stream.state, ZCRING_STATE_RUNNING);
    f.skip(us(1000));
    EXPECT_EQ(f.stream.state, ZCRING_STATE_STOPPED);
    EXPECT_EQ(f.telemetry().lost_samples, 500u);
}

TEST(FrontSkip, LosesNothingBeforeTheFirstSampleAndWhileNoStreamRuns)
{
    sleeper f;
    f.skip(us(10));
    zcring_start start{};
    start.delay_ns = us(1000);
    ASSERT_EQ(zcring_front_start(&f.front, &start, 0, 1), 0);
    f.skip(us(500));
    EXPECT_EQ(f.telemetry().sample_clock, 0u);
    f.run(us(1100));
    EXPECT_EQ(f.descriptor(0).samples, 100u);
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
    zcring_front_stop(&f.front, us(1100));
    f.skip(us(2000));
    EXPECT_EQ(f.telemetry().sample_clock, 100u);
}

} // namespace
