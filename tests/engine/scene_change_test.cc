// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Another scene while a stream runs: it begins with the first sample that is not written, nothing is
 * lost, and the old scene is not used any more.
 */
#include "feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

using namespace zcring_test;

constexpr u64 big_ring = 1 << 21;
constexpr u64 step_samples = ZCRING_STEP_SAMPLES / 2; // of two channels

std::vector<u32> samples_from(u32 first, u64 n)
{
    std::vector<u32> samples(n);
    for (u64 k = 0; k < n; k++)
        samples[k] = first + static_cast<u32>(k);
    return samples;
}

int set_recording(front_end& f, const std::vector<u32>& samples, u64 rate_num = rate)
{
    zcring_scene scene = recording_of(samples.size());
    scene.rate_num = rate_num;
    return zcring_front_set_scene(&f.front, &scene, samples.data(), nullptr);
}

TEST(SceneChange, BeginsWithTheNextSample)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    f.take(100);
    const std::vector<u32> a = samples_from(5000, 300), b = samples_from(9000, 300);
    ASSERT_EQ(set_recording(f, a), 0);
    f.take(150);
    ASSERT_EQ(set_recording(f, b), 0);
    f.take(150);
    for (u32 n = 0; n < 400; n++)
        ASSERT_EQ(f.at<u32>(n),
                  n < 100   ? counter_sample(n)
                  : n < 250 ? 5000 + n - 100
                            : 9000 + n - 250);
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
    for (u64 burst = 1; burst < 3; burst++)
        EXPECT_EQ(f.descriptor(burst).flags, 0u);
}

TEST(SceneChange, EndsTheBlockThatIsBeingWritten)
{
    front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, big_ring);
    std::vector<u32> a = samples_from(1, big_ring);
    const std::vector<u32> b = samples_from(1u << 31, big_ring);
    ASSERT_EQ(set_recording(f, a), 0);
    ASSERT_EQ(f.start(), 0);
    const u64 due = 1000 * (step_samples + 5000);
    ASSERT_TRUE(zcring_front_run(&f.front, due, due));
    ASSERT_EQ(f.meta.head, 0u);
    ASSERT_EQ(set_recording(f, b), 0);
    const u64 written = f.meta.head;
    EXPECT_GT(written, step_samples / 2) << "what is written is published";
    EXPECT_LE(written, step_samples);
    std::fill(a.begin(), a.end(), 0xaaaaaaaa); // the caller may reuse its memory
    f.run(due);
    ASSERT_EQ(f.meta.head, step_samples + 5000);
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
    for (u64 n = 0; n < f.meta.head; n++)
        ASSERT_EQ(f.at<u32>(n), n < written ? 1 + n : (1u << 31) + n - written) << n;
}

TEST(SceneChange, IsRefusedForASceneThatCannotBeReceived)
{
    front_end f;
    const std::vector<u32> a = samples_from(1, 1000), b = samples_from(5000, 1000);
    ASSERT_EQ(set_recording(f, a), 0);
    ASSERT_EQ(f.start(), 0);
    f.take(100);
    EXPECT_EQ(set_recording(f, b, rate + 1), -ERANGE);
    EXPECT_EQ(set_recording(f, b, rate * 65), -ERANGE);
    f.take(100);
    for (u32 n = 0; n < 200; n++)
        ASSERT_EQ(f.at<u32>(n), 1 + n) << "the old one goes on";
    EXPECT_EQ(f.telemetry().bursts, 2u);
}

TEST(SceneChange, KeepsTheCommandsThatWait)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    f.take(100);
    ASSERT_EQ(f.tune_at(150, 200 * mhz), 0);
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_RATE | ZCRING_CONTROL_AT;
        c.at_clock = 200;
        c.rate_num = rate;
        c.rate_den = 2;
    }),
              0);
    const std::vector<u32> a = samples_from(1, 1000);
    EXPECT_EQ(set_recording(f, a, rate * 33), -ERANGE) << "not at half the rate, 66 times less";
    EXPECT_EQ(set_recording(f, a), 0);
    f.take(200);
    ASSERT_EQ(f.meta.burst_head, 4u);
    EXPECT_EQ(f.descriptor(2).sample_clock, 150u);
    EXPECT_EQ(f.descriptor(2).channel[0].freq_uhz, 200 * mhz);
    EXPECT_EQ(f.descriptor(3).sample_clock, 200u);
    EXPECT_EQ(f.descriptor(3).rate_den, 2u);
    for (u32 n = 100; n < 150; n++)
        ASSERT_EQ(f.at<u32>(n), 1 + n - 100);
    for (u32 n = 150; n < 300; n++)
        ASSERT_EQ(f.at<u32>(n), 0u) << "tuned away";
}

TEST(SceneChange, AppliesAJumpOfTheTimeWithTheBlockThatItEnds)
{
    front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, big_ring);
    ASSERT_EQ(f.start(0, second), 0);
    const u64 due = 1000 * (step_samples + 5000);
    ASSERT_TRUE(zcring_front_run(&f.front, due, due));
    ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_JUMP, 777, due), 0);
    const std::vector<u32> a = samples_from(1, 1000);
    ASSERT_EQ(set_recording(f, a), 0);
    f.run(due);
    EXPECT_EQ(f.descriptor(0).time_ns, second);
    EXPECT_EQ(f.descriptor(1).time_ns, second + 1000 * step_samples + 777);
    EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_TIME);
}

// A feed that is heard later than it is on the air, and then another scene: the time jumps there and
// back, and the feed is not touched any more.
TEST(SceneChange, GoesToAFeedAndBack)
{
    front_end f;
    feed fed;
    const zcring_scene scene = feed::scene(8);
    ASSERT_EQ(f.start(0, second), 0);
    f.take(100);
    ASSERT_EQ(zcring_front_set_scene(&f.front, &scene, &fed.ring, nullptr), 0);
    fed.write(4000);
    f.take(400);
    const std::vector<u32> a = samples_from(1, 1000);
    ASSERT_EQ(set_recording(f, a), 0);
    EXPECT_EQ(fed.state().clock, 3200u);
    f.take(200);
    EXPECT_EQ(fed.state().clock, 3200u);
    ASSERT_EQ(f.meta.burst_head, 3u);
    EXPECT_EQ(f.descriptor(1).flags & ~ZCRING_BURST_OVERLOAD, ZCRING_BURST_TIME);
    EXPECT_EQ(f.descriptor(1).time_ns, second + (100 - ZCRING_FILTER_REACH) * 1000);
    EXPECT_EQ(f.descriptor(2).flags, ZCRING_BURST_TIME);
    EXPECT_EQ(f.descriptor(2).time_ns, second + 500 * 1000);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
    for (u32 n = 500; n < 700; n++)
        ASSERT_EQ(f.at<u32>(n), 1 + n - 500);
}

} // namespace
