// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The front end: samples, bursts and time of a stream, also when the stream resumes.
 * Commands, time of day, steps and fault injection have files of their own.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <random>

namespace {

using namespace zcring_test;

TEST(Front, DeliversEverySampleAtItsSampleClock)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    std::mt19937_64 random(1);
    u64 clock = 0;
    for (int step = 0; step < 2000; step++) {
        const u64 n = random() % (ring_samples / 2);
        f.take(n);
        for (u64 k = 0; k < n; k++, clock++) {
            ASSERT_EQ(f.at<u32>(clock, 0), clock);
            ASSERT_EQ(f.at<u32>(clock, 1), clock + 4097);
        }
        f.release_all();
    }
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
    EXPECT_EQ(f.telemetry().sample_clock, clock);
}

// Every sample in the ring encodes its own sample clock, through any losses and timed commands.
TEST(Front, DescribesEverySampleByItsBurst)
{
    for (unsigned seed = 0; seed < 20; seed++) {
        std::mt19937_64 random(seed);
        front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, ring_samples, 16);
        ASSERT_EQ(f.start(), 0);
        auditor accounting(f);
        for (int step = 0; step < 300; step++) {
            if (random() % 4 == 0) {
                const u64 at_clock = f.stream.telemetry.sample_clock + random() % 4000;
                ASSERT_EQ(f.tune_at(at_clock, static_cast<s64>(random() % 1000)), 0);
            }
            f.take(random() % 2000);
            ASSERT_NO_FATAL_FAILURE(accounting.audit(random)) << "seed " << seed;
        }
        EXPECT_GT(f.telemetry().overflow_count, 0u) << "the test needs losses";
    }
}

TEST(Front, TakesExactlyTheSamplesThatAreDue)
{
    front_end f;
    ASSERT_EQ(f.start(5 * second), 0);
    f.run(5 * second);
    EXPECT_EQ(f.meta.head, 0u);
    f.run(5 * second + 999999);
    EXPECT_EQ(f.meta.head, 999u);
    f.run(5 * second + 1000000);
    EXPECT_EQ(f.meta.head, 1000u);
    f.run(5 * second);
    EXPECT_EQ(f.meta.head, 1000u) << "no sample is taken while time goes back";
}

TEST(Front, StampsEveryBurstWithTheTimeOfItsFirstSample)
{
    front_end f;
    ASSERT_EQ(f.start(5 * second, 1000 * second), 0);
    f.run(5 * second + 1000000);
    f.run(5 * second + 2500000);
    EXPECT_EQ(f.descriptor(0).time_ns, 1000 * second);
    EXPECT_EQ(f.descriptor(1).time_ns, 1000 * second + 1000000);
    EXPECT_EQ(f.descriptor(1).rate_num, rate);
    EXPECT_EQ(f.descriptor(1).rate_den, 1u);
}

TEST(Front, AddsLostSamplesToTheTimeOfTheNextBurst)
{
    front_end f;
    ASSERT_EQ(f.start(0, 1000 * second), 0);
    f.run(10000000); // 10,000 samples: more than the ring
    f.release_all();
    f.run(11000000);
    EXPECT_EQ(f.descriptor(1).index, ring_samples);
    EXPECT_EQ(f.descriptor(1).lost, 10000 - ring_samples);
    EXPECT_EQ(f.descriptor(1).time_ns, 1000 * second + 10000000);
}

TEST(Front, BeginsAtTheRequestedTime)
{
    front_end f;
    zcring_start s{};
    s.time_ns = 77 * second;
    ASSERT_EQ(zcring_front_start(&f.front, &s, 5 * second, 1000 * second), 0);
    f.take(1);
    EXPECT_EQ(f.descriptor(0).time_ns, 77 * second);
}

TEST(Front, ResumesWithAJumpInTimeAndNoneInTheSampleClock)
{
    front_end f;
    ASSERT_EQ(f.start(5 * second, 1000 * second), 0);
    f.run(5 * second + 1000000);
    zcring_stream_stop(&f.stream);
    f.run(6 * second);
    EXPECT_EQ(f.meta.head, 1000u) << "a stopped ADC takes nothing";
    ASSERT_EQ(f.resume(9 * second, 1004 * second), 0);
    f.run(9 * second + 500000);
    EXPECT_EQ(f.meta.head, 1500u);
    EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_RESUME);
    EXPECT_EQ(f.descriptor(1).time_ns, 1004 * second);
    EXPECT_EQ(f.descriptor(1).sample_clock, 1000u);
    EXPECT_EQ(f.at<u32>(1000), 1000u);
}

TEST(Front, ResumesWithTheFirstSampleOfANewScene)
{
    const std::vector<u32> old{ 1, 2, 3, 4, 5, 6, 7 };
    const std::vector<u32> next{ 11, 12, 13, 14, 15 };
    front_end f;
    f.record(old);
    ASSERT_EQ(f.start(), 0);
    f.run(100 * second / rate);
    zcring_stream_stop(&f.stream);
    f.record(next);
    ASSERT_EQ(f.resume(second, second), 0);
    f.run(second + 10 * second / rate);
    ASSERT_EQ(f.meta.head, 110u);
    for (u64 n = 0; n < 10; n++)
        EXPECT_EQ(f.at<u32>(100 + n), next[n % next.size()]);
}

TEST(Front, ReportsTheTimeOfTheInterruptNotOfItsService)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    zcring_front_run(&f.front, 1500000, 1000000);
    EXPECT_EQ(f.descriptor(0).samples, 1500u);
    EXPECT_EQ(f.descriptor(0).interrupt_ns, 1000000u);
}

TEST(Front, RefusesAStartWithNonZeroReservedFields)
{
    front_end f;
    for (int word = 0; word < 3; word++) {
        zcring_start s{};
        s.reserved[word] = 1;
        EXPECT_EQ(zcring_front_start(&f.front, &s, 0, 0), -EINVAL);
    }
}

TEST(Front, ReportsItsTuning)
{
    front_end f;
    ASSERT_EQ(f.start(5 * second, 1000 * second), 0);
    zcring_tuning t;
    zcring_front_get_tuning(&f.front, 6 * second, 0, &t);
    EXPECT_EQ(t.rate_num, rate);
    EXPECT_EQ(t.rate_den, 1u);
    EXPECT_EQ(t.time_ns, 1001 * second);
    EXPECT_EQ(t.channel[0].freq_uhz, 100 * mhz);
    EXPECT_EQ(t.channel[1].freq_uhz, 100 * mhz);
    EXPECT_EQ(t.channel[2].freq_uhz, 0) << "the channel does not exist";
    EXPECT_EQ(t.channel[0].gain_mb, 0);
}

TEST(Front, HasTheNoiseOfEachNewScene)
{
    front_end f;
    f.set_noise(-3000);
    for (const auto& [kind, noise_mb] :
         { std::pair<u32, s32>{ ZCRING_SCENE_TONE, ZCRING_NOISE_MB_DEFAULT },
           { ZCRING_SCENE_NOISE, ZCRING_NOISE_NONE } }) {
        zcring_scene scene{};
        scene.kind = kind;
        zcring_front_set_scene(&f.front, &scene, nullptr, nullptr);
        zcring_tuning t{};
        zcring_front_get_tuning(&f.front, 0, 0, &t);
        EXPECT_EQ(t.noise_mb, noise_mb);
        f.set_noise(-3000);
        zcring_front_get_tuning(&f.front, 0, 0, &t);
        EXPECT_EQ(t.noise_mb, -3000);
    }
}

} // namespace
