// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A live feed: its ring from the feeder's side, and what the front end makes of it.
 */
#include "feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using namespace zcring_test;

constexpr u32 lag_of_8 = 8 * ZCRING_FILTER_REACH;

void expect_silence(const fed_front_end& f, u64 from, u64 until)
{
    for (u64 n = from; n < until; n++)
        for (u32 c = 0; c < 2; c++)
            ASSERT_EQ(f.at<u32>(n, c), 0u) << n;
}

TEST(Feed, HasRoomForARingAndForWhatIsFreed)
{
    feed f;
    EXPECT_EQ(zcring_feed_room(&f.ring), feed_samples);
    EXPECT_EQ(f.write(5000), 5000u);
    EXPECT_EQ(zcring_feed_room(&f.ring), feed_samples - 5000);
    EXPECT_EQ(f.write(5000), feed_samples - 5000);
    EXPECT_EQ(zcring_feed_room(&f.ring), 0u);
    zcring_ring_store_clock(&f.taken, 3000);
    zcring_ring_free_feed(&f.taken, 2000);
    EXPECT_EQ(zcring_feed_room(&f.ring), 2000u);
    EXPECT_EQ(zcring_feed_late(&f.ring), 0u);
    const zcring_feed state = f.state();
    EXPECT_EQ(state.clock, 3000u);
    EXPECT_EQ(state.written, feed_samples);
    EXPECT_EQ(state.buffer_samples, feed_samples);
    EXPECT_EQ(state.late_samples, 0u);
    EXPECT_EQ(state.flags, 0u);
}

TEST(Feed, DropsAndCountsSamplesThatAreLate)
{
    feed f;
    f.write(10);
    zcring_ring_store_clock(&f.taken, 20000);
    zcring_ring_free_feed(&f.taken, 19000);
    EXPECT_EQ(zcring_feed_late(&f.ring), 19990u);
    EXPECT_EQ(zcring_feed_room(&f.ring), 19000 + feed_samples - 10) << "late ones need no room";
    zcring_feed_commit(&f.ring, 15000);
    EXPECT_EQ(zcring_feed_late(&f.ring), 4990u);
    EXPECT_EQ(f.write(5000), 5000u);
    EXPECT_EQ(f.state().late_samples, 19990u);
    EXPECT_EQ(f.state().written, 20010u);
    EXPECT_EQ(zcring_feed_late(&f.ring), 0u);
}

TEST(Feed, AnnouncesSilenceOfAnyLength)
{
    feed f;
    f.write(100);
    EXPECT_EQ(zcring_feed_announce(&f.ring, 99), -EINVAL);
    EXPECT_EQ(zcring_feed_announce(&f.ring, 100), 0);
    EXPECT_EQ(zcring_feed_announce(&f.ring, ZCRING_SCENE_SAMPLES_MAX + 1), -EINVAL);
    EXPECT_EQ(zcring_feed_announce(&f.ring, ZCRING_SCENE_SAMPLES_MAX), 0);
    EXPECT_EQ(f.state().written, ZCRING_SCENE_SAMPLES_MAX);
    EXPECT_EQ(zcring_feed_room(&f.ring), 0u);
    EXPECT_EQ(f.write(1), 0u);
}

TEST(Feed, ZeroesTheSilenceThatIsStillToComeBeforeItPublishesSamples)
{
    feed f;
    f.write(100);
    ASSERT_EQ(zcring_feed_announce(&f.ring, 10000), 0);
    zcring_ring_store_clock(&f.taken, 4000);
    zcring_ring_free_feed(&f.taken, 3000);
    ASSERT_EQ(f.write(5000), feed_samples + 3000 - 10000);
    const auto at = [&](u64 index) {
        u32 v;
        memcpy(&v, f.data[1].data() + index % feed_samples * sizeof(v), sizeof(v));
        return v;
    };
    for (u64 n = 3000; n < 4000; n++)
        ASSERT_EQ(at(n), 0xddddddddu) << "is not touched: a filter may read it";
    for (u64 n = 4000; n < 10000; n++)
        ASSERT_EQ(at(n), 0u) << n;
    for (u64 n = 10000; n < 3000 + feed_samples; n++)
        ASSERT_EQ(at(n), feed::sample(n, 1));
}

TEST(Feed, TakesNothingAfterItsEnd)
{
    feed f;
    f.write(100);
    zcring_feed_end(&f.ring);
    EXPECT_EQ(zcring_feed_room(&f.ring), 0u);
    EXPECT_EQ(zcring_feed_announce(&f.ring, 200), -EINVAL);
    EXPECT_EQ(f.state().flags, ZCRING_FEED_ENDED);
    EXPECT_EQ(f.state().written, 100u);
}

TEST(FedFrontEnd, HasSampleNOnTheAirAtTickN)
{
    fed_front_end f;
    ASSERT_EQ(f.fed.write(3000), 3000u);
    ASSERT_EQ(f.start(), 0);
    f.take(1000);
    f.take(1);
    f.take(1999);
    expect_samples(f, 0, 3000, 0);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
    EXPECT_EQ(f.meta.burst_head, 3u);
    EXPECT_EQ(f.state().clock, 3000u);
    EXPECT_EQ(f.burst().flags, 0u);
}

TEST(FedFrontEnd, IsSilentBeforeTheFeedBegins)
{
    fed_front_end f;
    ASSERT_EQ(f.start(), 0);
    f.take(500);
    f.fed.write(100);
    f.take(100);
    expect_silence(f, 0, 500);
    expect_samples(f, 500, 600, 0);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
    EXPECT_EQ(f.state().clock, 100u);
}

TEST(FedFrontEnd, CountsAndFlagsTheSilenceOfALateFeeder)
{
    fed_front_end f;
    f.fed.write(100);
    ASSERT_EQ(f.start(), 0);
    f.take(250);
    EXPECT_EQ(f.fed.write(200), 200u) << "150 of them are late";
    f.take(250);
    expect_samples(f, 0, 100, 0);
    expect_silence(f, 100, 250);
    expect_samples(f, 250, 300, 250);
    expect_silence(f, 300, 500);
    const u64 samples[] = { 100, 150, 50, 200 };
    ASSERT_EQ(f.meta.burst_head, 4u);
    for (u64 b = 0; b < 4; b++) {
        EXPECT_EQ(f.descriptor(b).samples, samples[b]);
        EXPECT_EQ(f.descriptor(b).feed_underflow_samples, b % 2 ? samples[b] : 0);
        EXPECT_EQ(f.descriptor(b).flags & ZCRING_BURST_UNDERFLOW,
                  b % 2 ? ZCRING_BURST_UNDERFLOW : 0u);
    }
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 350u);
    EXPECT_EQ(f.telemetry().feed_underflow_count, 2u);
    f.take(10);
    EXPECT_EQ(f.telemetry().feed_underflow_count, 2u) << "the same run";
    EXPECT_EQ(zcring_front_promised(&f.front, 1000), 0u);
    const zcring_feed state = f.state();
    EXPECT_EQ(state.underflow_samples, 360u);
    EXPECT_EQ(state.underflow_count, 2u);
    EXPECT_EQ(state.late_samples, 150u);
    EXPECT_EQ(state.clock, 510u);
}

TEST(FedFrontEnd, CountsUnderflowsThatTheReaderLoses)
{
    fed_front_end f;
    f.fed.write(100);
    ASSERT_EQ(f.start(), 0);
    ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_DROP, 50, 0), 0);
    f.take(200);
    f.take(ring_samples);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 100 + ring_samples);
    EXPECT_EQ(f.telemetry().feed_underflow_count, 1u);
    EXPECT_EQ(f.telemetry().lost_samples, 50 + 150u);
    expect_samples(f, 0, 50, 50);
    EXPECT_EQ(f.burst().feed_underflow_samples, ring_samples - 150);
}

TEST(FedFrontEnd, TakesAnnouncedSilenceForNoUnderflow)
{
    constexpr u64 silence = 3 * feed_samples;
    fed_front_end f(4 * feed_samples);
    f.fed.write(100);
    ASSERT_EQ(zcring_feed_announce(&f.fed.ring, silence), 0);
    ASSERT_EQ(f.start(), 0);
    f.take(silence - 1000);
    ASSERT_EQ(f.fed.write(500), 500u);
    ASSERT_EQ(zcring_feed_announce(&f.fed.ring, silence + 700), 0);
    f.take(2000);
    expect_samples(f, 0, 100, 0);
    expect_silence(f, 100, silence);
    expect_samples(f, silence, silence + 500, silence);
    expect_silence(f, silence + 500, silence + 1000);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 300u);
    EXPECT_EQ(f.telemetry().feed_underflow_count, 1u);
    EXPECT_EQ(f.burst().samples, 300u);
}

TEST(FedFrontEnd, StopsAfterTheLastSample)
{
    for (const u32 decimation : { 1, 8 }) {
        fed_front_end f(ring_samples, decimation);
        f.fed.write(900);
        ASSERT_EQ(zcring_feed_announce(&f.fed.ring, 1001), 0);
        zcring_feed_end(&f.fed.ring);
        ASSERT_EQ(f.start(), 0);
        f.take(100);
        EXPECT_EQ(f.meta.state, ZCRING_STATE_RUNNING);
        f.take(3000);
        EXPECT_EQ(f.meta.state, ZCRING_STATE_STOPPED);
        EXPECT_EQ(f.meta.fault, ZCRING_FAULT_NONE);
        EXPECT_EQ(f.telemetry().produced_samples,
                  decimation == 1 ? 1001u : (1001 + lag_of_8 + 7) / 8);
        EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
        EXPECT_EQ(f.state().flags, ZCRING_FEED_ENDED);
    }
}

TEST(FedFrontEnd, GoesOnWhereTheClockStoodInTheNextStream)
{
    fed_front_end f;
    f.fed.write(1000);
    for (u64 round = 0; round < 3; round++) {
        ASSERT_EQ(f.start(), 0);
        f.take(400);
        expect_samples(f, 0, std::min<u64>(400, 1000 - 400 * round), 400 * round);
        zcring_front_stop(&f.front, 0);
        EXPECT_EQ(f.state().time_ns, 0u);
    }
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 200u);
    ASSERT_EQ(f.start(), 0);
    f.take(10);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 10u);
    EXPECT_EQ(f.telemetry().feed_underflow_count, 1u) << "of this stream";
    EXPECT_EQ(f.state().underflow_count, 1u) << "of the feed";
}

TEST(FedFrontEnd, TellsWhenTheNextSampleIsOnTheAir)
{
    fed_front_end f(ring_samples, 8);
    f.fed.write(8000);
    ASSERT_EQ(f.start(0, 5 * second), 0);
    f.take(500);
    const zcring_feed state = f.state();
    EXPECT_EQ(state.clock, 4000u);
    EXPECT_EQ(state.time_ns, 5 * second + 500 * 1000);
    EXPECT_EQ(state.state, ZCRING_STATE_RUNNING);
    EXPECT_EQ(f.descriptor(0).time_ns, 5 * second - lag_of_8 * 1000 / 8);
}

TEST(FedFrontEnd, AddsItsNoiseToTheSilence)
{
    for (const s64 tuned : { 100 * mhz, 100 * mhz + mhz / 10 }) {
        fed_front_end f;
        f.set_noise(-2000);
        ASSERT_EQ(f.control([=](zcring_control& c) {
            c.what = ZCRING_CONTROL_FREQ;
            c.freq_uhz = tuned;
        }),
                  0);
        f.fed.write(1);
        ASSERT_EQ(f.start(), 0);
        f.take(2000);
        u64 zeros = 0;
        for (u64 n = 100; n < 2000; n++)
            zeros += f.at<u32>(n) == 0;
        EXPECT_LT(zeros, 10u);
    }
}

TEST(FedFrontEnd, ClipsFloatsAndCountsThem)
{
    feed fed(feed_samples, 8);
    ring_memory memory(ring_samples, 64, 1, 8);
    zcring_config config;
    zcring_config_default(&config);
    config.format = ZCRING_FORMAT_FC32;
    zcring_front front;
    zcring_front_init(&front, &memory.stream, &config);
    zcring_scene scene = feed::scene();
    scene.format = ZCRING_FORMAT_FC32;
    scene.rate_num = config.rate_num;
    ASSERT_EQ(zcring_front_set_scene(&front, &scene, &fed.ring, nullptr), 0);
    for (u64 n = 0; n < 100; n++) {
        const float i[2] = { n % 10 ? 0.123456789f : -3.0f, 0.5f };
        u64 bits;
        memcpy(&bits, i, sizeof(bits));
        fed.put(n, 0, bits);
    }
    zcring_feed_commit(&fed.ring, 100);
    zcring_start start{};
    ASSERT_EQ(zcring_front_start(&front, &start, 0, 1), 0);
    zcring_front_take(&front, 100);
    for (u64 n = 0; n < 100; n++) {
        float i;
        memcpy(&i, memory.data[0].data() + 8 * n, sizeof(i));
        ASSERT_EQ(i, n % 10 ? 0.123456789f : -1.0f);
    }
    EXPECT_EQ(memory.telemetry().clipped_samples, 10u);
}

// The same samples as a recording, with as much silence before as the filter looks ahead.
TEST(FedFrontEnd, IsFilteredAsARecordingIs)
{
    constexpr u64 samples = 6000;
    for (const s64 offset : { 0ll, mhz / 5 }) {
        std::mt19937 random(3);
        std::vector<u32> recording(lag_of_8, 0);
        fed_front_end f(ring_samples, 8);
        front_end r;
        for (u64 n = 0; n < samples; n++) {
            recording.push_back(static_cast<u32>(random()) & 0x3fff3fff);
            for (u32 c = 0; c < 2; c++)
                f.fed.put(n, c, recording.back());
        }
        zcring_feed_commit(&f.fed.ring, samples);
        zcring_feed_end(&f.fed.ring);
        zcring_scene scene = recording_of(recording.size());
        scene.rate_num = 8 * rate;
        scene.flags = ZCRING_SCENE_ONCE;
        ASSERT_EQ(zcring_front_set_scene(&r.front, &scene, recording.data(), nullptr), 0);
        for (front_end* e : { static_cast<front_end*>(&f), &r }) {
            ASSERT_EQ(e->control([=](zcring_control& c) {
                c.what = ZCRING_CONTROL_FREQ;
                c.freq_uhz = 100 * mhz + offset;
            }),
                      0);
            ASSERT_EQ(e->start(), 0);
            e->take(3000);
        }
        EXPECT_EQ(f.meta.head, r.meta.head);
        const int tolerance = offset ? 2 : 0; // the rotors' blocks lie elsewhere
        u64 silent = 0;
        for (u64 n = 0; n < f.meta.head; n++) {
            const u32 fed = f.at<u32>(n), recorded = r.at<u32>(n);
            ASSERT_NEAR(static_cast<s16>(fed), static_cast<s16>(recorded), tolerance) << n;
            ASSERT_NEAR(static_cast<s16>(fed >> 16), static_cast<s16>(recorded >> 16), tolerance);
            silent += !fed;
        }
        EXPECT_LT(silent, 50u);
    }
}

TEST(FedFrontEnd, HearsAFilteredFeedLaterAndCorrectsItsTime)
{
    fed_front_end f(ring_samples, 1);
    f.fed.write(3000);
    ASSERT_EQ(f.start(0, second), 0);
    ASSERT_EQ(f.tune_at(1000, 100 * mhz + mhz / 10), 0);
    f.take(2000);
    EXPECT_EQ(f.descriptor(0).time_ns, second);
    EXPECT_EQ(f.descriptor(1).time_ns, second + (1000 - ZCRING_FILTER_REACH) * 1000);
    EXPECT_EQ(f.descriptor(1).flags & ~ZCRING_BURST_OVERLOAD,
              ZCRING_BURST_TUNED | ZCRING_BURST_TIME);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
    EXPECT_EQ(f.state().clock, 2000u);
}

TEST(FedFrontEnd, CountsAPartlyWrittenSampleAsSilenceOfItsRest)
{
    fed_front_end f(ring_samples, 8);
    f.fed.write(84);
    ASSERT_EQ(f.start(), 0);
    f.take(20);
    ASSERT_EQ(f.meta.burst_head, 2u);
    EXPECT_EQ(f.descriptor(0).samples, 10u);
    EXPECT_EQ(f.descriptor(1).feed_underflow_samples, 160u - 84u);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 76u);
    f.fed.write(200);
    f.take(10);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 76u);
    EXPECT_EQ(f.fed.state().late_samples, 76u);
}

// Whatever happens between two steps of a block, and however the stream is cut.
TEST(FedFrontEnd, DecidesOnceForABlockWhatIsThere)
{
    constexpr u64 big = 1 << 21;
    constexpr u64 step = ZCRING_STEP_SAMPLES / 2;
    fed_front_end f(2 * big, 1, big);
    ASSERT_EQ(f.fed.write(step + 100), step + 100);
    ASSERT_EQ(f.start(), 0);
    const u64 due = 1000 * (4 * step);
    ASSERT_TRUE(zcring_front_run(&f.front, due, due)) << "a step of the first block";
    ASSERT_EQ(f.fed.write(50), 50u);
    ASSERT_TRUE(zcring_front_run(&f.front, due, due)) << "the second, and a part of the silence";
    EXPECT_EQ(f.meta.burst_head, 2u);
    const u64 late = 4 * step - (step + 150);
    EXPECT_EQ(zcring_feed_late(&f.fed.ring), late);
    f.fed.write(late + 10);
    f.run(due);
    EXPECT_EQ(f.telemetry().sample_clock, 4 * step);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, late);
    expect_samples(f, 0, step + 150, 0);
    expect_silence(f, step + 150, 4 * step);
    EXPECT_EQ(f.fed.state().late_samples, late);
    f.release_all();
    f.take(20);
    expect_samples(f, 4 * step, 4 * step + 10, 4 * step);
}

TEST(FedFrontEnd, KeepsADecisionOfABlockThatIsNotDelivered)
{
    constexpr u64 big = 1 << 21;
    constexpr u64 step = ZCRING_STEP_SAMPLES / 2;
    fed_front_end f(big, 1, big);
    f.fed.write(100);
    ASSERT_EQ(f.start(), 0);
    const u64 due = 1000 * (2 * step);
    ASSERT_TRUE(zcring_front_run(&f.front, due, due));
    const u64 late = zcring_feed_late(&f.fed.ring);
    EXPECT_EQ(late, 2 * step - 100);
    f.fed.write(late + 10);
    ASSERT_EQ(f.meta.burst_head, 1u);
    zcring_front_end_block(&f.front);
    const u64 clock = f.telemetry().sample_clock + f.burst().samples;
    zcring_stream_stop(&f.stream);
    const u64 underflow = f.telemetry().feed_underflow_samples;
    EXPECT_GT(underflow, 0u);
    EXPECT_LT(underflow, late);
    EXPECT_LT(clock, 2 * step);
    ASSERT_EQ(f.start(), 0);
    f.release_all();
    f.take(2 * step);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 2 * step - 10) << "of this stream";
    EXPECT_EQ(f.descriptor(0).samples, late - underflow);
    EXPECT_EQ(f.descriptor(0).feed_underflow_samples, late - underflow);
    EXPECT_EQ(f.descriptor(1).feed_underflow_samples, 0u);
    expect_silence(f, 0, late - underflow);
    expect_samples(f, late - underflow, late - underflow + 10, 100 + late);
}

TEST(FedFrontEnd, SurvivesAHostileFeeder)
{
    fed_front_end f;
    f.fed.write(1000);
    ASSERT_EQ(f.start(), 0);
    f.take(500);
    for (const u64 written :
         { u64{ 0 }, u64{ 999 }, feed_samples + 1, ~u64{ 0 }, u64{ 1 } << 63 }) {
        f.fed.written.written = written;
        f.take(10);
    }
    expect_samples(f, 0, 550, 0);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
    f.fed.written.written = 0;
    for (const u64 until :
         { ZCRING_SCENE_SAMPLES_MAX * 8, ~u64{ 0 }, u64{ 0 }, u64{ 1 } << 62, u64{ 999 } }) {
        f.fed.written.silent_until = until;
        f.take(10);
    }
    expect_samples(f, 550, 600, 550);
    f.fed.written.silent_until = u64{ 1 } << 62;
    f.take(1000);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 600u);
    f.fed.written.ended = 1;
    f.take(1);
    EXPECT_EQ(f.meta.state, ZCRING_STATE_STOPPED);
}

TEST(FedFrontEnd, PassesTheTimeInWhichTheMachineSlept)
{
    fed_front_end f;
    f.fed.write(300);
    ASSERT_EQ(f.start(), 0);
    f.run(1000 * 100);
    zcring_front_skip(&f.front, 1000 * 1000);
    EXPECT_EQ(f.telemetry().lost_samples, 900u);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, 700u);
    EXPECT_EQ(f.telemetry().feed_underflow_count, 1u);
    EXPECT_EQ(zcring_feed_late(&f.fed.ring), 700u);
    f.fed.write(800);
    f.run(1000 * 1100);
    expect_samples(f, 100, 200, 1000);
    zcring_feed_end(&f.fed.ring);
    zcring_front_skip(&f.front, 1000 * 2000);
    EXPECT_EQ(f.meta.state, ZCRING_STATE_STOPPED);
    EXPECT_EQ(f.telemetry().sample_clock, 1100u);
}

} // namespace
