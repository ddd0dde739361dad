// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Recordings of several segments: which samples are lost in a gap, at every decimation; the end of a
 * recording that is played once; segments at other frequencies; a source that fails.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using namespace zcring_test;

constexpr s64 centre = 100 * mhz;

struct scene_on_air {
    zcring_scene scene{};
    std::vector<zcring_segment> segments;
    zcring_timeline timeline{};

    scene_on_air(u64 samples, std::vector<zcring_segment> s, u64 flags = 0) : segments(std::move(s))
    {
        scene.samples = samples;
        scene.segments = static_cast<u32>(segments.size());
        scene.flags = flags;
        EXPECT_EQ(zcring_segments_check(&scene, segments.data()), 0);
        zcring_timeline_init(&timeline, &scene, segments.data());
    }
};

zcring_segment at(u64 first, u64 place, s64 freq_uhz = centre)
{
    zcring_segment s{};
    s.first = first;
    s.place = place;
    s.freq_uhz = freq_uhz;
    return s;
}

// Which of the first samples of a receiver are lost: each covers `step` places.
std::vector<bool> lost(const zcring_timeline& timeline, u32 step, u64 samples)
{
    std::vector<bool> out;
    while (out.size() < samples) {
        zcring_presence presence{};
        const u64 run = zcring_timeline_run(
            &timeline, out.size() * step, step, samples - out.size(), &presence);
        EXPECT_GE(run, 1u);
        EXPECT_NE(presence, ZCRING_ENDED);
        out.insert(out.end(), run, presence == ZCRING_MISSING);
    }
    return out;
}

// Place by place, without the code under test: 100 samples, 7 missing, 30, 1 missing, 21; a loop.
TEST(Timeline, LosesEverySampleThatTouchesAGap)
{
    const scene_on_air air(151, { at(0, 0), at(100, 107), at(130, 138) });
    EXPECT_EQ(air.timeline.length, 159u);
    const auto is_missing = [](u64 place) {
        place %= 159;
        return (place >= 100 && place < 107) || place == 137;
    };
    for (const u32 step : { 1u, 2u, 3u, 5u, 8u, 25u }) {
        const std::vector<bool> result = lost(air.timeline, step, 2000);
        for (u64 n = 0; n < result.size(); n++) {
            bool touches = false;
            for (u64 place = n * step; place < (n + 1) * step; place++)
                touches |= is_missing(place);
            ASSERT_EQ(result[n], touches) << "sample " << n << " at 1 / " << step;
        }
    }
}

TEST(Timeline, FindsEverySample)
{
    const scene_on_air air(151, { at(0, 0), at(100, 107), at(130, 138) });
    std::vector<u64> found;
    for (u64 place = 0; place < air.timeline.length; place++) {
        const zcring_spot spot = zcring_timeline_find(&air.timeline, place + 3 * 159);
        if (!spot.is_gap)
            found.push_back(spot.sample);
    }
    ASSERT_EQ(found.size(), 151u);
    for (u64 k = 0; k < found.size(); k++)
        ASSERT_EQ(found[k], k);
    EXPECT_EQ(zcring_timeline_find(&air.timeline, 0 - 1ull).sample, 150u) << "before the begin";
}

TEST(Timeline, EndsWhereARecordingIsPlayedOnce)
{
    const scene_on_air air(151, { at(0, 0), at(100, 107) }, ZCRING_SCENE_ONCE);
    for (const u32 step : { 1u, 3u }) {
        zcring_presence presence{};
        u64 n = 0;
        do
            n += zcring_timeline_run(&air.timeline, n * step, step, 1, &presence);
        while (presence != ZCRING_ENDED && n < 1000);
        EXPECT_EQ(n - 1, (158 + step - 1) / step);
    }
    EXPECT_TRUE(zcring_timeline_find(&air.timeline, 158).is_gap);
    EXPECT_TRUE(zcring_timeline_find(&air.timeline, 0 - 5ull).is_gap);
    EXPECT_EQ(zcring_timeline_find(&air.timeline, 0 - 5ull).run, 5u);
}

TEST(Timeline, RefusesSegmentsThatContradictEachOther)
{
    zcring_scene scene{};
    scene.samples = 100;
    const auto check = [&](const std::vector<zcring_segment>& segments) {
        scene.segments = static_cast<u32>(segments.size());
        return zcring_segments_check(&scene, segments.data());
    };
    EXPECT_EQ(check({ at(0, 0), at(99, 99) }), 0);
    EXPECT_EQ(check({ at(1, 0) }), -EINVAL);
    EXPECT_EQ(check({ at(0, 1) }), -EINVAL);
    EXPECT_EQ(check({ at(0, 0), at(0, 5) }), -EINVAL) << "without samples";
    EXPECT_EQ(check({ at(0, 0), at(50, 49) }), -EINVAL) << "before its time";
    EXPECT_EQ(check({ at(0, 0), at(50, 90), at(60, 99) }), -EINVAL);
    EXPECT_EQ(check({ at(0, 0), at(50, 90), at(60, 20) }), -EINVAL);
    EXPECT_EQ(check({ at(0, 0), at(100, 100) }), -EINVAL) << "past the end";
    EXPECT_EQ(check({ at(0, 0), at(50, ~0ull) }), -EINVAL);
    EXPECT_EQ(check({ at(0, 0), at(50, ZCRING_SCENE_SAMPLES_MAX) }), -EINVAL);
    EXPECT_EQ(check({ at(0, 0), at(50, 50, ZCRING_FREQ_UHZ_MAX + 1) }), -EINVAL);
    zcring_segment reserved = at(0, 0);
    reserved.reserved = 1;
    EXPECT_EQ(check({ reserved }), -EINVAL);
}

// A receiver that would never get a sample would wait for ever.
TEST(Timeline, KnowsWhetherADecimatedReceiverGetsAnySample)
{
    std::vector<zcring_segment> every_second;
    for (u64 k = 0; k < 50; k++)
        every_second.push_back(at(k, 2 * k));
    const scene_on_air sparse(50, every_second, ZCRING_SCENE_ONCE);
    EXPECT_FALSE(zcring_timeline_has_sample(&sparse.timeline, 1));
    const std::vector<zcring_segment> runs = { at(0, 0), at(40, 40), at(100, 107), at(130, 138) };
    const scene_on_air once(151, runs, ZCRING_SCENE_ONCE);
    EXPECT_TRUE(zcring_timeline_has_sample(&once.timeline, 50));
    EXPECT_FALSE(zcring_timeline_has_sample(&once.timeline, 51));
    // In a loop the last run, of 21 samples, goes on in the first one.
    const scene_on_air loop(151, runs);
    EXPECT_TRUE(zcring_timeline_has_sample(&loop.timeline, 60));
    EXPECT_FALSE(zcring_timeline_has_sample(&loop.timeline, 61));
    const scene_on_air whole(1, {});
    EXPECT_TRUE(zcring_timeline_has_sample(&whole.timeline, 64));
}

// The content of a scene as user space writes it: segments, then samples 0, 1, 2, …
std::vector<u8> content(const std::vector<zcring_segment>& segments, u32 samples)
{
    std::vector<u8> out(segments.size() * sizeof(zcring_segment) + samples * sizeof(u32));
    memcpy(out.data(), segments.data(), segments.size() * sizeof(zcring_segment));
    for (u32 k = 0; k < samples; k++)
        memcpy(out.data() + out.size() - (samples - k) * sizeof(u32), &k, sizeof(k));
    return out;
}

// All samples that were delivered, by their sample clock: each is the one that the recording has there.
void check_delivered(front_end& f, const std::vector<bool>& is_lost, u64 loop)
{
    u64 clock = 0;
    for (u64 b = 0; b < f.meta.burst_head; b++) {
        const zcring_burst& burst = f.descriptor(b);
        for (u64 k = 0; k < burst.lost; k++, clock++)
            ASSERT_TRUE(is_lost[clock]) << clock;
        ASSERT_EQ(burst.sample_clock, clock);
        for (u64 k = 0; k < burst.samples; k++, clock++) {
            ASSERT_FALSE(is_lost[clock]) << clock;
            const u64 place = clock % loop;
            const u64 sample = place < 100 ? place : place < 137 ? place - 7 : place - 8;
            ASSERT_EQ(f.at<u32>(burst.index + k), sample) << clock;
        }
    }
}

TEST(Recording, LosesTheSamplesOfItsGapsAndCountsThem)
{
    const std::vector<zcring_segment> segments = { at(0, 0), at(100, 107), at(130, 138) };
    const std::vector<u8> bytes = content(segments, 151);
    const zcring_scene scene = recording_of(151, 3);
    const std::vector<bool> is_lost =
        lost(scene_on_air(151, segments).timeline, 1, ring_samples + 400);
    std::mt19937 random(5);
    for (const bool in_pieces : { false, true }) {
        front_end f;
        zcring_front_set_scene(&f.front, &scene, bytes.data(), nullptr);
        ASSERT_EQ(f.start(), 0);
        for (u64 left = 2000, n; left; left -= n) {
            n = in_pieces ? std::min<u64>(left, random() % 90 + 1) : left;
            f.take(n);
        }
        check_delivered(f, is_lost, 159);
        const zcring_telemetry t = f.telemetry();
        EXPECT_EQ(t.sample_clock, 2000u);
        EXPECT_EQ(t.lost_samples, 8u * 12) << "12 loops, and 92 samples before the next gap";
        EXPECT_EQ(t.produced_samples, 2000 - t.lost_samples);
        EXPECT_EQ(t.overflow_count, 24u);
    }
}

TEST(Recording, StopsTheStreamWhereItEndsAndPlaysAgainAfterAStart)
{
    const std::vector<zcring_segment> segments = { at(0, 0), at(100, 107), at(130, 138) };
    const std::vector<u8> bytes = content(segments, 151);
    zcring_scene scene = recording_of(151, 3);
    scene.flags = ZCRING_SCENE_ONCE;
    front_end f;
    zcring_front_set_scene(&f.front, &scene, bytes.data(), nullptr);
    for (int round = 0; round < 2; round++) {
        ASSERT_EQ(f.start(), 0);
        f.take(1000);
        EXPECT_EQ(f.meta.state, ZCRING_STATE_STOPPED);
        EXPECT_EQ(f.meta.fault, ZCRING_FAULT_NONE);
        EXPECT_EQ(f.telemetry().produced_samples, 151u);
        EXPECT_EQ(f.telemetry().sample_clock, 159u);
        check_delivered(f, lost(scene_on_air(151, segments).timeline, 1, 200), 1000);
    }
}

// Two segments, each a constant at the centre: tuned to the second one's frequency, the receiver
// hears nothing while the first one plays.
TEST(Recording, IsTunedAnewWhereItsFrequencyChanges)
{
    const s64 far = centre + 5 * mhz;
    const std::vector<zcring_segment> segments = { at(0, 0), at(500, 500, far) };
    std::vector<u8> bytes = content(segments, 1000);
    const u32 value = 0x00001000;
    for (std::size_t k = segments.size() * sizeof(zcring_segment); k < bytes.size(); k += 4)
        memcpy(bytes.data() + k, &value, 4);
    const zcring_scene scene = recording_of(1000, 2);
    front_end f;
    zcring_front_set_scene(&f.front, &scene, bytes.data(), nullptr);
    ASSERT_EQ(f.control([=](zcring_control& c) {
        c.what = ZCRING_CONTROL_FREQ;
        c.freq_uhz = far;
    }),
              0);
    ASSERT_EQ(f.start(), 0);
    f.take(3000);
    for (u64 n = 0; n < 3000; n++)
        ASSERT_EQ(f.at<u32>(n), n / 500 % 2 ? value : 0) << n;
}

// A source whose samples are their index, up to the sample from which on it fails.
struct failing_source {
    std::vector<u32> piece = std::vector<u32>(ZCRING_SOURCE_SAMPLES);
    u64 good = 0;

    zcring_scene_source source()
    {
        zcring_scene_source s{};
        s.context = this;
        s.samples = [](void* context, u32, u64 first, u32 n) -> const u8* {
            auto* self = static_cast<failing_source*>(context);
            EXPECT_LE(n, ZCRING_SOURCE_SAMPLES);
            if (first + n > self->good)
                return nullptr;
            for (u32 k = 0; k < n; k++)
                self->piece[k] = static_cast<u32>(first + k);
            return reinterpret_cast<const u8*>(self->piece.data());
        };
        return s;
    }
};

TEST(Recording, EndsTheStreamByAFaultIfItCannotBeRead)
{
    zcring_scene scene = recording_of(1ull << 40, 0);
    scene.flags = ZCRING_SCENE_ONCE; // in a loop, the filter would begin with the last samples
    failing_source file;
    file.good = 1500;
    const zcring_scene_source source = file.source();
    for (const s64 tuned : { centre, centre + mhz / 10 }) {
        front_end f;
        zcring_front_set_scene(&f.front, &scene, nullptr, &source);
        f.control([=](zcring_control& c) {
            c.what = ZCRING_CONTROL_FREQ;
            c.freq_uhz = tuned;
        });
        for (int round = 0; round < 2; round++) {
            ASSERT_EQ(f.start(), 0);
            f.take(1000);
            EXPECT_EQ(f.meta.state, ZCRING_STATE_RUNNING);
            f.take(1000);
            EXPECT_EQ(f.meta.state, ZCRING_STATE_FAULT);
            EXPECT_EQ(f.meta.fault, ZCRING_FAULT_HARDWARE);
            EXPECT_EQ(f.telemetry().produced_samples, 1000u);
        }
        if (tuned == centre) {
            EXPECT_EQ(f.at<u32>(999), 999u);
        }
    }
}

TEST(Recording, FeedsEachChannelItsOwn)
{
    std::vector<u8> bytes = content({}, 300); // two channels of 150 samples
    zcring_scene scene = recording_of(150, 0);
    scene.channels = 2;
    front_end f;
    zcring_front_set_scene(&f.front, &scene, bytes.data(), nullptr);
    ASSERT_EQ(f.start(), 0);
    f.take(400);
    for (u64 n = 0; n < 400; n++) {
        ASSERT_EQ(f.at<u32>(n, 0), n % 150);
        ASSERT_EQ(f.at<u32>(n, 1), 150 + n % 150);
    }
}

} // namespace
