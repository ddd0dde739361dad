// SPDX-License-Identifier: GPL-3.0-or-later
#include "front_end.h"

extern "C" {
#include "arith.h"
}

#include <gtest/gtest.h>

#include <random>

namespace {

using namespace zcring_test;

void record(front_end& f, const std::vector<u32>& samples)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = samples.size();
    scene.freq_uhz = 100 * mhz;
    scene.rate_num = rate;
    scene.rate_den = 1;
    zcring_front_set_scene(&f.front, &scene, samples.data());
}

TEST(Front, DeliversEverySampleAtItsClock)
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

// Every sample in the ring tells its own clock, through any losses and timed commands.
TEST(Front, TellsInItsBurstsWhereEverySampleComesFrom)
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
        EXPECT_GT(f.telemetry().overflow_count, 0u) << "this must meet losses";
    }
}

TEST(Front, TakesWhatIsDueAndNoMore)
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
    EXPECT_EQ(f.meta.head, 1000u) << "time that goes back takes nothing";
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

TEST(Front, CountsLostSamplesInTheTimeOfTheNext)
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

TEST(Front, BeginsAtTheTimeThatIsAskedFor)
{
    front_end f;
    zcring_start s{};
    s.time_ns = 77 * second;
    ASSERT_EQ(zcring_front_start(&f.front, &s, 5 * second, 1000 * second), 0);
    f.take(1);
    EXPECT_EQ(f.descriptor(0).time_ns, 77 * second);
}

TEST(Front, JumpsInTimeAndNotInSamplesWhenItResumes)
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

TEST(Front, SplitsABurstAtTheSampleOfATimedCommand)
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
        EXPECT_EQ(f.descriptor(k).freq_uhz[0], expected[k].freq);
        EXPECT_EQ(f.descriptor(k).freq_uhz[1], expected[k].freq);
        EXPECT_EQ(f.descriptor(k).flags, expected[k].flags);
        EXPECT_EQ(f.descriptor(k).tuned_channels, k ? 3u : 0u);
    }
}

TEST(Front, HearsTheNewTuningFromTheVerySample)
{
    front_end f(ZCRING_SCENE_TONE);
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(500, 300 * mhz), 0); // far off: silence
    f.take(1000);
    for (u64 k = 0; k < 1000; k++)
        ASSERT_EQ(f.at<u32>(k) == 0, k >= 500) << k;
}

TEST(Front, TunesOneChannelAndLeavesTheOther)
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
    EXPECT_EQ(b.freq_uhz[0], 100 * mhz);
    EXPECT_EQ(b.freq_uhz[1], 100 * mhz + 1000000);
    EXPECT_EQ(b.gain_mb[0], 0);
    EXPECT_EQ(b.gain_mb[1], -600);
    EXPECT_EQ(f.at<u32>(192, 0), f.at<u32>(0, 0));
    EXPECT_NE(f.at<u32>(192, 1), f.at<u32>(0, 1));
}

TEST(Front, ReportsTheBandwidth)
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

TEST(Front, ObeysCommandsForOneSampleInTheOrderTheyCame)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    for (s64 k = 1; k <= 3; k++)
        ASSERT_EQ(f.tune_at(100, k * mhz), 0);
    f.take(200);
    EXPECT_EQ(f.meta.burst_head, 2u);
    EXPECT_EQ(f.descriptor(1).freq_uhz[0], 3 * mhz);
}

// The timed one was due at the very sample that comes next: it is the older of the two.
TEST(Front, ObeysADueCommandBeforeOneThatComesAfterIt)
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
    EXPECT_EQ(f.descriptor(1).freq_uhz[0], 2 * mhz);
}

TEST(Front, ObeysALateCommandAtTheNextSample)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    f.take(100);
    ASSERT_EQ(f.tune_at(50, 7 * mhz), 0);
    f.take(100);
    EXPECT_EQ(f.descriptor(1).index, 100u);
    EXPECT_EQ(f.descriptor(1).freq_uhz[0], 7 * mhz);
}

TEST(Front, KeepsTheSampleOfACommandThatFallsIntoAGap)
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
    EXPECT_EQ(b.freq_uhz[0], 7 * mhz);
    EXPECT_EQ(f.telemetry().overflow_count, 1u);
    EXPECT_EQ(f.at<u32>(b.index), ring_samples + 200);
}

TEST(Front, HoldsSoManyTimedCommandsAndNoMore)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    for (u64 k = 0; k < ZCRING_COMMANDS_MAX; k++)
        ASSERT_EQ(f.tune_at(1000 - k, 1), 0);
    EXPECT_EQ(f.tune_at(1000, 1), -ENOSPC);
    EXPECT_EQ(f.tune_at(0, 1), 0) << "one that is due needs no place";
    f.take(1000 - ZCRING_COMMANDS_MAX + 1);
    EXPECT_EQ(f.tune_at(1000, 1), 0) << "and a place was freed";
    EXPECT_EQ(f.tune_at(1000, 1), -ENOSPC);
}

TEST(Front, ForgetsTimedCommandsOfTheStreamBefore)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(100, 7 * mhz), 0);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(f.start(), 0);
    f.take(200);
    EXPECT_EQ(f.meta.burst_head, 1u);
}

TEST(Front, KeepsTimedCommandsOverAResume)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(f.tune_at(100, 7 * mhz), 0);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(f.resume(1, 1), 0);
    f.take(200);
    EXPECT_EQ(f.descriptor(1).index, 100u);
}

TEST(Front, TellsTheInterruptAndNotWhenItWasServed)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    zcring_front_run(&f.front, 1500000, 1000000);
    EXPECT_EQ(f.descriptor(0).samples, 1500u);
    EXPECT_EQ(f.descriptor(0).interrupt_ns, 1000000u);
}

TEST(Front, DropsTimedCommandsWhenItIsConfigured)
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
    EXPECT_EQ(f.descriptor(0).freq_uhz[0], 100 * mhz);
}

TEST(Front, StaysResidentThroughAStartThatIsRefused)
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

// Longer than what is written in one go, round the end of the ring, in every channel.
TEST(Front, WritesLongBurstsInPieces)
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

int set_rate(front_end& f, u64 num, u64 den, u64 at_clock = 0)
{
    return f.control([=](zcring_control& c) {
        c.what = ZCRING_CONTROL_RATE | ZCRING_CONTROL_AT;
        c.rate_num = num;
        c.rate_den = den;
        c.at_clock = at_clock;
    });
}

TEST(Front, ChangesTheRateAtASampleAndKeepsTime)
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

// The change falls between two interrupts: from there on the new rate says what is due.
TEST(Front, TakesAtTheNewRateFromTheSampleOfTheChange)
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

TEST(Front, FollowsManyRateChangesWithinOneInterrupt)
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

TEST(Front, PlaysARecordingAtItsOwnRateOnly)
{
    const std::vector<u32> scene(100, 1);
    front_end f;
    record(f, scene);
    ASSERT_EQ(f.start(), 0);
    EXPECT_EQ(set_rate(f, 2000000, 1), -ERANGE);
    EXPECT_EQ(set_rate(f, 2000000, 1, 100), -ERANGE);
    EXPECT_EQ(set_rate(f, 3000000, 3), 0) << "the same rate, said otherwise";
    zcring_stream_stop(&f.stream);
    zcring_config config = f.front.config;
    config.rate_num = 999999;
    config.rate_den = 1;
    zcring_front_configure(&f.front, &config);
    EXPECT_EQ(f.start(), -ERANGE);
    EXPECT_EQ(f.meta.state, ZCRING_STATE_STOPPED);
}

TEST(Front, RefusesACommandThatMakesNoSenseAndChangesNothing)
{
    front_end f;
    ASSERT_EQ(f.start(), 0);
    const std::function<void(zcring_control&)> wrong[] = {
        [](zcring_control& c) { c.what = 0; },
        [](zcring_control& c) { c.what = 1U << 7; },
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
        [](zcring_control& c) { c.reserved0 = 1; },
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
    EXPECT_EQ(f.descriptor(0).freq_uhz[0], 100 * mhz);
}

TEST(Front, RefusesAStartWithReservedFields)
{
    front_end f;
    for (int word = 0; word < 3; word++) {
        zcring_start s{};
        s.reserved[word] = 1;
        EXPECT_EQ(zcring_front_start(&f.front, &s, 0, 0), -EINVAL);
    }
}

TEST(Front, ChecksAConfiguration)
{
    const auto check = [](auto change) {
        zcring_config config;
        zcring_config_default(&config);
        change(config);
        return zcring_config_check(&config, 4096);
    };
    EXPECT_EQ(check([](zcring_config&) {}), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 4096; }), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = 1, c.rate_den = 1000; }), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = ZCRING_RATE_HZ_MAX; }), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.format = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.format = 4; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.channels = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.channels = 9; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 2048; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 12288; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 1ULL << 31; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = ~0ULL; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.interval_ns = ZCRING_INTERVAL_NS_MIN - 1; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.interval_ns = ZCRING_INTERVAL_NS_MAX + 1; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_den = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = ~0ULL; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = 1, c.rate_den = 1001; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.dma = 2; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.flags = 1; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.reserved[2] = 1; }), -EINVAL);
    zcring_config config;
    zcring_config_default(&config);
    config.ring_bytes = 4096;
    EXPECT_EQ(zcring_config_check(&config, 65536), -EINVAL) << "smaller than a page";
}

// One front end that writes, one that is resident; all that happens, happens to both.
class BothKinds : public testing::TestWithParam<u32>
{
protected:
    BothKinds()
    {
        for (front_end* f : { &d_copy, &d_resident })
            if (GetParam() == ZCRING_SCENE_MEMORY)
                record(*f, d_scene);
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

TEST_P(BothKinds, HoldTheSameSamplesWhenNothingIsLost)
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
        EXPECT_GT(d_resident.telemetry().overflow_count, 0u) << "this must meet losses";
        EXPECT_GT(resident_bursts(), 10u);
        for (front_end* f : { &d_copy, &d_resident })
            zcring_stream_stop(&f->stream);
        tune(100 * mhz, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Front, BothKinds, testing::Values(ZCRING_SCENE_TONE, ZCRING_SCENE_MEMORY));

TEST(Front, SaysWhenASignalCannotBeResident)
{
    front_end noise(ZCRING_SCENE_NOISE, ZCRING_DMA_RESIDENT);
    EXPECT_EQ(noise.start(), -EOPNOTSUPP);
    EXPECT_EQ(noise.meta.state, ZCRING_STATE_STOPPED);

    front_end odd(ZCRING_SCENE_TONE, ZCRING_DMA_RESIDENT);
    const std::vector<u32> scene(1000, 1);
    record(odd, scene);
    EXPECT_EQ(odd.start(), -EOPNOTSUPP);

    front_end counter(ZCRING_SCENE_COUNTER, ZCRING_DMA_RESIDENT);
    EXPECT_EQ(counter.start(), -EOPNOTSUPP) << "sc16 counts to 2^32";

    front_end longer(ZCRING_SCENE_TONE, ZCRING_DMA_RESIDENT);
    const std::vector<u32> twice(2 * ring_samples, 1);
    record(longer, twice);
    EXPECT_EQ(longer.start(), -EOPNOTSUPP);
}

TEST(Front, TellsItsTuning)
{
    front_end f;
    ASSERT_EQ(f.start(5 * second, 1000 * second), 0);
    zcring_tuning t;
    zcring_front_get_tuning(&f.front, 6 * second, 0, &t);
    EXPECT_EQ(t.rate_num, rate);
    EXPECT_EQ(t.rate_den, 1u);
    EXPECT_EQ(t.time_ns, 1001 * second);
    EXPECT_EQ(t.freq_uhz[0], 100 * mhz);
    EXPECT_EQ(t.freq_uhz[1], 100 * mhz);
    EXPECT_EQ(t.freq_uhz[2], 0) << "no such channel";
    EXPECT_EQ(t.gain_mb[0], 0);
}

} // namespace
