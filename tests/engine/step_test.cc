// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Steps: a run with more samples to write than one step may write. The steps change neither bytes
 * nor bursts nor losses, whatever happens between two of them.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using namespace zcring_test;

constexpr u64 big_ring = 1 << 21;
constexpr u64 step_samples = ZCRING_STEP_SAMPLES / 2; // of two channels

constexpr u64 us(u64 samples) { return samples * 1000; } // what a sample takes, in ns

struct big_front_end : front_end {
    explicit big_front_end(u32 kind = ZCRING_SCENE_COUNTER, u32 dma = ZCRING_DMA_COPY)
        : front_end(kind, dma, big_ring)
    {
    }
    bool step(u64 mono_ns) { return zcring_front_run(&front, mono_ns, mono_ns); }

    int tune(u64 mono_ns)
    {
        return control(
            [](zcring_control& c) {
                c.what = ZCRING_CONTROL_FREQ;
                c.freq_uhz = 150 * mhz;
            },
            mono_ns);
    }

    void expect_exact_accounting() const
    {
        const zcring_telemetry t = telemetry();
        EXPECT_EQ(zcring_test::clock_error(t), "");
        EXPECT_EQ(t.produced_samples, meta.head);
    }
};

TEST(FrontStep, WritesAtMostItsLimitAndPublishesOneBurst)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    const u64 due = 3 * step_samples + 7;
    for (u64 step = 1; step <= 3; step++) {
        ASSERT_TRUE(f.step(us(due)));
        EXPECT_EQ(f.at<u32>(step * step_samples - 1), step * step_samples - 1) << "written";
        EXPECT_EQ(f.at<u32>(step * step_samples), 0xeeeeeeeeu) << "not written";
        EXPECT_EQ(f.meta.head, 0u);
        f.expect_exact_accounting();
    }
    ASSERT_FALSE(f.step(us(due)));
    EXPECT_EQ(f.meta.head, due);
    EXPECT_EQ(f.meta.burst_head, 1u);
    EXPECT_EQ(f.descriptor(0).samples, due);
    EXPECT_EQ(f.descriptor(0).interrupt_ns, us(due));
    f.expect_exact_accounting();
    EXPECT_FALSE(f.step(us(due)));
    EXPECT_EQ(f.meta.burst_head, 1u);
}

TEST(FrontStep, WritesTheSameBytesAsOneCall)
{
    for (const u32 kind : { ZCRING_SCENE_TONE, ZCRING_SCENE_NOISE, ZCRING_SCENE_COUNTER }) {
        big_front_end steps(kind), one_go(kind);
        ASSERT_EQ(steps.start(), 0);
        ASSERT_EQ(one_go.start(), 0);
        ASSERT_EQ(steps.tune_at(700000, 150 * mhz), 0);
        ASSERT_EQ(one_go.tune_at(700000, 150 * mhz), 0);
        steps.run(us(big_ring));
        one_go.take(big_ring);
        EXPECT_EQ(steps.data, one_go.data);
        EXPECT_EQ(steps.meta.burst_head, one_go.meta.burst_head);
        EXPECT_EQ(steps.descriptor(1).index, 700000u);
    }
}

// The filter reads every sample of the scene, and what is in two of its windows twice.
TEST(FrontStep, CountsTheSamplesOfTheSceneWhereItIsDecimated)
{
    big_front_end f;
    const std::vector<u32> samples(step_samples + 10000); // no cut within a step
    zcring_scene scene = recording_of(samples.size());
    scene.rate_num = 64 * rate;
    zcring_front_set_scene(&f.front, &scene, samples.data(), nullptr);
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(f.step(us(100000)));
    EXPECT_EQ(f.at<u32>(step_samples / 64 / 2), 0u) << "written";
    EXPECT_EQ(f.at<u32>(step_samples / 64), 0xeeeeeeeeu) << "not written";
    EXPECT_LE(f.front.antenna.effort.samples, ZCRING_STEP_SAMPLES);
}

// Each sample of the scene is a piece of its own for the filter: of a loop of one sample, and of
// segments of one sample each.
TEST(FrontStep, CountsTheCutsOfAScene)
{
    // Cuts for each sample of two channels: 64 in a window of many samples, and 2433, the number of
    // taps, in one of its own. `piece`: samples that are received before their cuts are charged.
    struct cut_scene {
        u32 segments;
        u64 due, cuts, piece;
    };
    for (const auto& [segments, due, cuts, piece] :
         { cut_scene{ 0, 20000, 2 * 64, 1024 }, cut_scene{ 1000, 1000, 2 * 2433, 1 } }) {
        big_front_end f;
        std::vector<zcring_segment> list(segments);
        for (u32 k = 0; k < segments; k++) {
            list[k].first = list[k].place = k;
            list[k].freq_uhz = 100 * mhz;
        }
        const u64 samples = std::max(segments, 1u);
        std::vector<u8> content(segments * sizeof(zcring_segment) + samples * 4);
        memcpy(content.data(), list.data(), segments * sizeof(zcring_segment));
        zcring_scene scene = recording_of(samples, segments);
        scene.rate_num = 64 * rate;
        zcring_front_set_scene(&f.front, &scene, content.data(), nullptr);
        ASSERT_EQ(f.start(), 0);
        u64 steps = 1;
        while (f.step(us(due)))
            steps++;
        const u64 cost = cuts * ZCRING_CUT_COST;
        EXPECT_GE(steps, due * cost / (ZCRING_STEP_SAMPLES + piece * cost));
        EXPECT_EQ(f.telemetry().sample_clock, due);
        f.expect_exact_accounting();
    }
}

// A scene may have another frequency at each sample, and a gap after it.
TEST(FrontStep, EndsInASceneOfManySegments)
{
    for (const bool moves : { false, true }) {
        big_front_end f;
        constexpr u32 count = 65536;
        std::vector<zcring_segment> segments(count);
        for (u32 k = 0; k < count; k++) {
            segments[k].first = k;
            segments[k].place = 2ull * k;
            segments[k].freq_uhz = 100 * mhz + (moves ? k % 7 : 0);
        }
        std::vector<u8> content(count * (sizeof(zcring_segment) + 4));
        memcpy(content.data(), segments.data(), count * sizeof(zcring_segment));
        const zcring_scene scene = recording_of(count + 2, count);
        content.resize(content.size() + 8);
        zcring_front_set_scene(&f.front, &scene, content.data(), nullptr);
        ASSERT_EQ(f.start(), 0);
        u64 steps = 0;
        while (f.step(us(200000))) {
            f.release_all();
            steps++;
        }
        EXPECT_GE(steps, moves ? 200000 / 2 / 110 : 2u);
        EXPECT_EQ(f.telemetry().sample_clock, 200000u);
        f.expect_exact_accounting();
    }
}

// Otherwise an engine that is slower than the sample rate would never finish a run.
TEST(FrontStep, LosesSamplesThatDidNotFitWhenTheBlockWasBegun)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    f.run(us(500000));
    const u64 due = 3 * big_ring;
    ASSERT_TRUE(f.step(us(due)));
    f.release_all(); // too late: the loss is decided
    f.run(us(due));
    EXPECT_EQ(f.meta.head, big_ring);
    EXPECT_EQ(f.telemetry().sample_clock, due);
    EXPECT_EQ(f.telemetry().overflow_count, 1u);
    EXPECT_EQ(f.meta.burst_head, 2u);
    f.run(us(due + 1));
    EXPECT_EQ(f.descriptor(2).lost, due - big_ring);
    f.expect_exact_accounting();
}

TEST(FrontStep, AppliesACommandAtTheSampleOfTheAdc)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(f.step(us(1500000)));
    ASSERT_TRUE(f.step(us(1600000)));
    ASSERT_EQ(f.tune(us(1600000)), 0);
    EXPECT_EQ(f.front.queue.count, 1u);
    const auto late = [](zcring_control& c) {
        c.what = ZCRING_CONTROL_GAIN | ZCRING_CONTROL_AT;
        c.gain_mb = -600;
        c.at_clock = 1000; // in the past: means now
    };
    ASSERT_EQ(f.control(late, us(1600000)), 0);
    f.run(us(1700000));
    EXPECT_EQ(f.descriptor(0).samples, 1500000u);
    EXPECT_EQ(f.descriptor(1).sample_clock + f.descriptor(1).samples, 1600000u);
    EXPECT_EQ(f.descriptor(2).sample_clock, 1600000u);
    EXPECT_EQ(f.descriptor(2).flags, ZCRING_BURST_TUNED);
    EXPECT_EQ(f.descriptor(2).channel[0].freq_uhz, 150 * mhz);
    EXPECT_EQ(f.descriptor(2).channel[0].gain_mb, -600);
    EXPECT_EQ(f.descriptor(1).channel[0].freq_uhz, 100 * mhz);
    f.expect_exact_accounting();
}

// A step may end with no block begun, where the scene has a gap.
TEST(FrontStep, AppliesACommandAtTheSampleOfTheAdcWhereTheSceneHasAGap)
{
    big_front_end f;
    constexpr u32 count = 50000;
    std::vector<u8> content(count * (sizeof(zcring_segment) + 4));
    for (u32 k = 0; k < count; k++) {
        zcring_segment segment{};
        segment.first = k;
        segment.place = 2ull * k;
        segment.freq_uhz = 100 * mhz;
        memcpy(content.data() + k * sizeof(segment), &segment, sizeof(segment));
    }
    const zcring_scene scene = recording_of(count, count);
    zcring_front_set_scene(&f.front, &scene, content.data(), nullptr);
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(f.step(us(90000)));
    ASSERT_EQ(f.front.block.samples, 0u);
    ASSERT_EQ(f.tune(us(90000)), 0);
    u64 seen = 0;
    u64 clock = 0;
    bool more = true;
    while (more) {
        for (; seen < f.meta.burst_head; seen++) {
            const zcring_burst& burst = f.descriptor(seen);
            clock = burst.sample_clock;
            EXPECT_EQ(burst.channel[0].freq_uhz, clock < 90000 ? 100 * mhz : 150 * mhz);
        }
        f.release_all();
        more = f.step(us(99000)) || seen < f.meta.burst_head;
    }
    EXPECT_GE(clock, 90000u);
    f.expect_exact_accounting();
}

TEST(FrontStep, DelaysNoCommandAfterItsStream)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(f.step(us(1500000)));
    zcring_front_stop(&f.front, us(3000000));
    ASSERT_EQ(f.tune(us(4000000)), 0);
    EXPECT_EQ(f.front.queue.count, 0u);
    EXPECT_EQ(f.front.antenna.tuner[0].freq_uhz, 150 * mhz);
}

// The ADC executed the command, although the stream ends before the sample is delivered.
TEST(FrontStep, KeepsAnExecutedCommandWhenTheStreamEnds)
{
    enum class end { stop, stop_and_resume, fault, stall };
    for (const end how : { end::stop, end::stop_and_resume, end::fault, end::stall }) {
        big_front_end f;
        ASSERT_EQ(f.start(), 0);
        ASSERT_EQ(f.tune_at(3 * big_ring, 170 * mhz), 0); // dropped with its stream
        if (how == end::stall) {
            ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_STALL, second * 9, 0), 0);
        } else {
            ASSERT_TRUE(f.step(us(big_ring - 5)));
        }
        ASSERT_EQ(f.tune(us(big_ring)), 0);
        if (how == end::fault)
            f.release(big_ring + 1);
        zcring_front_stop(&f.front, us(big_ring));
        ASSERT_EQ(how == end::stop_and_resume ? f.resume(9 * second, 1) : f.start(9 * second), 0);
        const u64 next = f.meta.burst_head;
        f.run(9 * second + us(10));
        EXPECT_EQ(f.meta.burst_head, next + 1);
        EXPECT_EQ(f.descriptor(next).channel[0].freq_uhz, 150 * mhz);
        EXPECT_EQ(f.descriptor(next).flags & ZCRING_BURST_TUNED,
                  how == end::stop_and_resume ? ZCRING_BURST_TUNED
                                              : 0u); // in a new stream it is the first burst
        f.expect_exact_accounting();
    }
}

TEST(FrontStep, AppliesAJumpAfterTheBlockBeingWritten)
{
    big_front_end f;
    ASSERT_EQ(f.start(0, 1000), 0);
    ASSERT_TRUE(f.step(us(1000000)));
    for (int twice = 0; twice < 2; twice++)
        ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_JUMP, 7, us(1000000)), 0);
    f.run(us(1000000));
    f.run(us(1000001));
    EXPECT_EQ(f.descriptor(0).time_ns, 1000u);
    EXPECT_FALSE(f.descriptor(0).flags & ZCRING_BURST_TIME);
    EXPECT_EQ(f.descriptor(1).time_ns, 1014 + us(1000000));
    EXPECT_TRUE(f.descriptor(1).flags & ZCRING_BURST_TIME);
}

TEST(FrontStep, IsTheLastOneWhenTheStreamStops)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(f.step(us(big_ring)));
    zcring_front_stop(&f.front, us(big_ring));
    EXPECT_EQ(f.meta.state, static_cast<u32>(ZCRING_STATE_STOPPED));
    EXPECT_EQ(f.meta.head, 2 * step_samples);
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
    f.expect_exact_accounting();
    EXPECT_FALSE(f.step(us(big_ring)));
    ASSERT_EQ(f.resume(second * 9, 1), 0);
    f.run(9 * second + us(1000));
    EXPECT_EQ(f.meta.head, 2 * step_samples + 1000);
    for (u64 i = 0; i < f.meta.head; i++)
        ASSERT_EQ(f.at<u32>(i), i);
    f.expect_exact_accounting();
}

TEST(FrontStep, DeliversAllDueSamplesOnStopIfOneStepSuffices)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    zcring_front_stop(&f.front, us(step_samples));
    EXPECT_EQ(f.meta.head, step_samples);
}

TEST(FrontStep, WaitsDuringAStallAndContinuesAfterIt)
{
    big_front_end f;
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(f.step(us(big_ring)));
    ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_STALL, 1000, us(big_ring)), 0);
    EXPECT_FALSE(f.step(us(big_ring))) << "the turn is over";
    EXPECT_EQ(f.meta.head, 0u);
    f.run(us(big_ring + 10));
    EXPECT_EQ(f.meta.head, big_ring);
    EXPECT_EQ(f.telemetry().sample_clock, big_ring + 10);
    EXPECT_EQ(f.meta.burst_head, 1u);
    f.expect_exact_accounting();
}

TEST(FrontStep, IsDroppedWithItsStream)
{
    for (const bool invalid_tail : { false, true }) {
        big_front_end f;
        ASSERT_EQ(f.start(), 0);
        ASSERT_TRUE(f.step(us(big_ring)));
        if (invalid_tail)
            f.release(1); // beyond the head
        else
            zcring_stream_stop(&f.stream);
        EXPECT_FALSE(f.step(us(big_ring)));
        EXPECT_EQ(f.meta.head, 0u);
        ASSERT_EQ(f.start(9 * second), 0);
        EXPECT_FALSE(f.step(9 * second - 1)) << "the turn of the stream before goes on";
        EXPECT_EQ(f.meta.head, 0u);
        f.run(9 * second + us(5));
        EXPECT_EQ(f.meta.head, 5u);
        f.expect_exact_accounting();
    }
}

TEST(FrontStep, IsTheOnlyOneOfResidentDma)
{
    big_front_end f(ZCRING_SCENE_TONE, ZCRING_DMA_RESIDENT);
    ASSERT_EQ(f.start(), 0);
    f.run(us(big_ring));
    f.release_all();
    EXPECT_FALSE(f.step(us(2 * big_ring)));
    EXPECT_EQ(f.meta.head, 2 * big_ring);
}

// Random calls between two steps.
TEST(FrontStep, KeepsTheAccountingExactAfterEveryStep)
{
    for (unsigned seed = 0; seed < 3; seed++) {
        std::mt19937_64 random(seed);
        big_front_end f;
        ASSERT_EQ(f.start(), 0);
        auditor accounting(f);
        u64 mono_ns = 0;
        int unfinished = 0;
        for (int i = 0; i < 60; i++) {
            mono_ns += us(random() % (4 * step_samples));
            do {
                const u64 now = mono_ns + random() % 2 * 1000;
                unfinished += f.step(now);
                if (random() % 3 == 0) {
                    ASSERT_EQ(f.tune(now), 0);
                }
                if (random() % 5 == 0) {
                    zcring_front_inject(&f.front, ZCRING_INJECT_DROP, random() % 1000, now);
                }
                if (random() % 5 == 0) {
                    zcring_front_inject(&f.front, ZCRING_INJECT_JUMP, random() % 1000, now);
                }
                ASSERT_NO_FATAL_FAILURE(accounting.audit(random)) << "seed " << seed;
            } while (f.step(mono_ns) && random() % 8);
        }
        EXPECT_GT(unfinished, 10);
        EXPECT_GT(f.telemetry().overflow_count, 0u) << "the test needs losses";
    }
}

} // namespace
