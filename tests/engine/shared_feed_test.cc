// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A feed that was taken once and that several front ends hear: they join it at a tick, and learn of
 * its underflows from a log.
 */
#include "feed.h"

#include <gtest/gtest.h>

namespace {

using namespace zcring_test;

constexpr u64 log_size = 64;

//! What the antenna took: samples in a ring, and underflows in a log.
struct air : feed {
    air()
    {
        log.spans = spans.data();
        log.size = log_size;
    }

    //! The clock passes \p n samples of the feeder, or as many samples of silence because it was late.
    void pass(u64 n, bool is_late = false)
    {
        if (is_late) {
            spans[log.count % log_size] = { clock, clock + n };
            zcring_store(&log.count, log.count + 1);
        }
        for (; n; n--, clock++)
            for (u32 c = 0; c < 2; c++)
                put(clock, c, is_late ? 0 : sample(clock, c));
        zcring_ring_store_written(&written, clock, 0);
    }

    void grow(u64 n)
    {
        pass(n, true);
        zcring_store(&log.count, log.count - 1);
        spans[(log.count - 1) % log_size].until += n;
    }

    u64 clock = 0;
    std::vector<zcring_feed_span> spans = std::vector<zcring_feed_span>(log_size);
    zcring_feed_log log{};
};

//! One of those who hear it.
struct hearer : front_end {
    explicit hearer(const air& a, u32 decimation = 1) : front_end(ZCRING_SCENE_COUNTER)
    {
        ring = a.ring;
        ring.taken = &taken;
        ring.log = &a.log;
        const zcring_scene scene = feed::scene(decimation);
        EXPECT_EQ(zcring_front_join_scene(&front, &scene, &ring, nullptr, 0, rate, 1), 0);
    }

    int join(u64 tick)
    {
        zcring_start s{};
        return zcring_front_start_at(&front, &s, 0, 1, tick);
    }

    zcring_feed_taken taken{};
    zcring_feed_ring ring{};
};

void expect_heard(const hearer& h, u64 from, u64 until, u64 tick, bool is_late = false)
{
    for (u64 n = from; n < until; n++)
        for (u32 c = 0; c < 2; c++)
            ASSERT_EQ(h.at<u32>(n, c), is_late ? 0 : feed::sample(tick + n - from, c)) << n;
}

TEST(SharedFeed, IsHeardAlikeByThoseWhoJoinLater)
{
    air a;
    hearer early(a), late(a);
    a.pass(1000);
    ASSERT_EQ(early.join(0), 0);
    early.take(1000);
    ASSERT_EQ(late.join(1000), 0);
    a.pass(500);
    early.take(500);
    late.take(500);
    expect_heard(early, 0, 1500, 0);
    expect_heard(late, 0, 500, 1000);
    EXPECT_EQ(zcring_ring_load_freed(&late.taken), 0u);
}

TEST(SharedFeed, HasTheUnderflowsOfTheLogForAll)
{
    air a;
    hearer first(a), second(a);
    ASSERT_EQ(first.join(0), 0);
    ASSERT_EQ(second.join(0), 0);
    a.pass(100);
    a.pass(30, true);
    first.take(110);
    a.grow(20);
    a.pass(50);
    first.take(90);
    second.take(200);
    for (const hearer* h : { &first, &second }) {
        expect_heard(*h, 0, 100, 0);
        expect_heard(*h, 100, 150, 0, true);
        expect_heard(*h, 150, 200, 150);
        EXPECT_EQ(h->stream.telemetry.feed_underflow_samples, 50u);
        EXPECT_EQ(h->stream.telemetry.feed_underflow_count, 1u);
    }
    EXPECT_EQ(second.meta.burst_head, 3u);
    EXPECT_EQ(second.descriptor(1).flags, ZCRING_BURST_UNDERFLOW);
    EXPECT_EQ(second.descriptor(1).feed_underflow_samples, 50u);
}

TEST(SharedFeed, CountsAnUnderflowOnceForEachStreamThatHearsIt)
{
    air a;
    hearer h(a);
    ASSERT_EQ(h.join(0), 0);
    a.pass(100, true);
    h.take(100);
    EXPECT_EQ(h.stream.telemetry.feed_underflow_count, 1u);
    zcring_front_stop(&h.front, 0);
    a.grow(1000);
    ASSERT_EQ(h.join(1090), 0);
    a.pass(10);
    h.take(20);
    EXPECT_EQ(h.stream.telemetry.feed_underflow_samples, 10u);
    EXPECT_EQ(h.stream.telemetry.feed_underflow_count, 1u);
    expect_heard(h, 0, 10, 0, true);
    expect_heard(h, 10, 20, 1100);
}

TEST(SharedFeed, HasAnUnderflowInEverySampleThatCoversATickOfIt)
{
    air a;
    hearer h(a, 8);
    ASSERT_EQ(h.join(0), 0);
    a.pass(804);
    a.pass(3, true);
    a.pass(801);
    h.take(201);
    ASSERT_EQ(h.meta.burst_head, 3u);
    EXPECT_EQ(h.descriptor(0).samples, 100u);
    EXPECT_EQ(h.descriptor(1).samples, 1u);
    EXPECT_EQ(h.descriptor(1).feed_underflow_samples, 3u);
    EXPECT_EQ(h.descriptor(2).samples, 100u);
}

TEST(SharedFeed, StopsAllAtItsEnd)
{
    air a;
    hearer h(a);
    ASSERT_EQ(h.join(0), 0);
    a.pass(100);
    zcring_ring_store_ended(&a.written);
    h.take(1000);
    EXPECT_EQ(h.meta.state, static_cast<u32>(ZCRING_STATE_STOPPED));
    EXPECT_EQ(h.stream.telemetry.sample_clock, 100u);
}

TEST(SharedFeed, KeepsManyUnderflowsApart)
{
    air a;
    hearer h(a);
    ASSERT_EQ(h.join(0), 0);
    for (int k = 0; k < 300; k++) {
        a.pass(1, true);
        a.pass(2);
        h.take(3);
        h.release_all();
    }
    EXPECT_EQ(h.stream.telemetry.feed_underflow_samples, 300u);
    EXPECT_EQ(h.stream.telemetry.feed_underflow_count, 300u);
    EXPECT_EQ(h.stream.telemetry.lost_samples, 0u);
}

TEST(SharedFeed, IsReceivedInPhaseByThoseWhoJoinLater)
{
    air a;
    hearer early(a, 4), late(a, 4);
    for (hearer* h : { &early, &late })
        ASSERT_EQ(h->control([](zcring_control& c) {
            c.what = ZCRING_CONTROL_FREQ;
            c.freq_uhz = 100 * mhz + 123456789012;
        }),
                  0);
    ASSERT_EQ(early.join(0), 0);
    a.pass(4004);
    early.take(1001);
    ASSERT_EQ(late.join(4004), 0);
    a.pass(800);
    early.take(200);
    late.take(200);
    for (u64 n = 0; n < 200; n++)
        ASSERT_EQ(early.at<u32>(1001 + n, 0), late.at<u32>(n, 0)) << n;
}

TEST(SharedScene, GoesOnWhereItIsForAStreamThatResumes)
{
    std::vector<u32> samples(1000);
    for (u32 n = 0; n < 1000; n++)
        samples[n] = n;
    front_end f;
    f.record(samples);
    zcring_start s{};
    ASSERT_EQ(zcring_front_start_at(&f.front, &s, 0, 1, 100), 0);
    f.take(10);
    zcring_front_stop(&f.front, 0);
    s.flags = ZCRING_START_RESUME;
    ASSERT_EQ(zcring_front_start_at(&f.front, &s, 0, 1, 2500), 0);
    f.take(10);
    for (u32 n = 0; n < 10; n++) {
        EXPECT_EQ(f.at<u32>(n, 0), 100 + n);
        EXPECT_EQ(f.at<u32>(10 + n, 0), 500 + n);
    }
}

TEST(SharedScene, IsTheSameForToneAndNoiseAtAnyTickOfTheJoin)
{
    for (const u32 kind : { ZCRING_SCENE_TONE, ZCRING_SCENE_NOISE }) {
        zcring_scene scene{};
        scene.kind = kind;
        scene.freq_uhz = 100 * mhz;
        front_end early, late;
        for (front_end* f : { &early, &late }) {
            ASSERT_EQ(zcring_front_join_scene(&f->front, &scene, nullptr, nullptr, 0, rate / 3, 7),
                      0);
            f->set_noise(ZCRING_NOISE_NONE);
        }
        zcring_start s{};
        ASSERT_EQ(zcring_front_start_at(&early.front, &s, 0, 1, 0), 0);
        early.take(777);
        ASSERT_EQ(zcring_front_start_at(&late.front, &s, 0, 1, 777), 0);
        early.take(1000);
        late.take(1000);
        for (u64 n = 0; n < 1000; n++)
            ASSERT_EQ(early.at<u32>(777 + n, 0), late.at<u32>(n, 0)) << n;
    }
}

} // namespace
