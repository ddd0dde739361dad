// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The work of one call, during which the caller holds the device's lock: whatever scene, commands and
 * start user space chooses, it is bounded in samples, filters and bytes, and the calls together
 * still give the samples that one long call gives.
 */
#include "feed.h"
#include "ring_memory.h"
#include "support/accounting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

namespace {

using namespace zcring_test;

constexpr u32 channels = 8;
constexpr u64 second = ZCRING_NS_PER_S;
constexpr s64 mhz = 1000000000000;         // in microhertz
constexpr u64 scene_rate = 64 * 63 * 1000; // a 63rd and a 64th of it are whole numbers
constexpr u32 taps_of_largest = 2 * ZCRING_FILTER_REACH * ZCRING_DECIMATION_MAX + 1;

// What a call may do. The cost is in samples of the scene; commands that wait are tuned in one go.
constexpr u64 most_cost = ZCRING_STEP_SAMPLES;
constexpr u64 most_tunings = (ZCRING_COMMANDS_MAX + 1) * channels + most_cost / 512;
constexpr u64 most_filters = 32;
constexpr u64 most_bytes = 8 << 20;

struct work {
    u64 cost = 0, filters = 0, tunings = 0, bytes = 0;
};

// A front end of eight channels, all of whose calls are measured.
struct measured_front : ring_memory {
    explicit measured_front(u64 samples = 1 << 16) : ring_memory(samples, 4096, channels, 4)
    {
        zcring_config config;
        zcring_config_default(&config);
        config.channels = channels;
        config.ring_bytes = samples * 4;
        config.rate_num = scene_rate / 64;
        zcring_front_init(&front, &stream, &config);
        most = work{};
    }

    work done() const
    {
        const zcring_effort& e = front.antenna.effort;
        work w;
        w.cost = e.samples + 40 * e.cuts + 13 * e.taps + 2048 * e.rotors;
        w.filters = e.taps / taps_of_largest;
        w.tunings = e.tunings;
        w.bytes = stream.zeroed_bytes;
        return w;
    }

    // Makes one call, and notes its work.
    template <class T>
    auto measure(T call)
    {
        const work before = done();
        const auto result = call();
        const work after = done();
        most.cost = std::max(most.cost, after.cost - before.cost);
        most.filters = std::max(most.filters, after.filters - before.filters);
        most.tunings = std::max(most.tunings, after.tunings - before.tunings);
        most.bytes = std::max(most.bytes, after.bytes - before.bytes);
        return result;
    }

    // A recording of \p samples samples at 100 MHz; \p place and \p freq_uhz give those of a segment.
    void record(u64 samples,
                u32 segments = 0,
                const std::function<void(zcring_segment&, u32)>& describe = {})
    {
        content.assign(segments * sizeof(zcring_segment) + samples * 4, 0x35);
        for (u32 k = 0; k < segments; k++) {
            zcring_segment segment{};
            segment.first = segment.place = k;
            segment.freq_uhz = 100 * mhz;
            describe(segment, k);
            memcpy(content.data() + k * sizeof(segment), &segment, sizeof(segment));
        }
        zcring_scene scene{};
        scene.kind = ZCRING_SCENE_MEMORY;
        scene.format = ZCRING_FORMAT_SC16;
        scene.samples = samples;
        scene.segments = segments;
        scene.freq_uhz = 100 * mhz;
        scene.rate_num = scene_rate;
        scene.rate_den = 1;
        ASSERT_EQ(zcring_scene_check(&scene), 0);
        ASSERT_EQ(
            zcring_segments_check(&scene, reinterpret_cast<const zcring_segment*>(content.data())),
            0);
        measure([&] {
            zcring_front_set_scene(&front, &scene, content.data(), nullptr);
            return 0;
        });
    }

    int command(const zcring_control& control, u64 mono_ns = 0)
    {
        return measure([&] { return zcring_front_control(&front, &control, mono_ns); });
    }

    int tune(s64 freq_uhz, u64 mono_ns = 0)
    {
        zcring_control c{};
        c.what = ZCRING_CONTROL_FREQ;
        c.channels = (1u << channels) - 1;
        c.freq_uhz = freq_uhz;
        return command(c, mono_ns);
    }

    int set_rate_at(u64 at_clock, u32 decimation, u64 mono_ns = 0)
    {
        zcring_control c{};
        c.what = ZCRING_CONTROL_RATE | ZCRING_CONTROL_AT;
        c.channels = 1;
        c.rate_num = scene_rate / decimation;
        c.rate_den = 1;
        c.at_clock = at_clock;
        return command(c, mono_ns);
    }

    int set_rate(u32 decimation)
    {
        zcring_control c{};
        c.what = ZCRING_CONTROL_RATE;
        c.channels = 1;
        c.rate_num = scene_rate / decimation;
        c.rate_den = 1;
        return command(c);
    }

    int start(u64 preroll = 0, u64 first_index = 0, u64 mono_ns = 0)
    {
        zcring_start s{};
        s.preroll_samples = preroll;
        s.first_index = first_index;
        return measure([&] { return zcring_front_start(&front, &s, mono_ns, 1); });
    }

    int inject(zcring_injection kind, s64 amount, u64 mono_ns)
    {
        return measure([&] { return zcring_front_inject(&front, kind, amount, mono_ns); });
    }

    bool step(u64 mono_ns)
    {
        return measure([&] { return zcring_front_run(&front, mono_ns, mono_ns); });
    }

    u64 run(u64 mono_ns)
    {
        u64 steps = 1;
        while (step(mono_ns))
            steps++;
        return steps;
    }

    void stop(u64 mono_ns)
    {
        measure([&] {
            zcring_front_stop(&front, mono_ns);
            return 0;
        });
    }

    void expect_bounded() const
    {
        EXPECT_LE(most.cost, most_cost);
        EXPECT_LE(most.filters, most_filters);
        EXPECT_LE(most.tunings, most_tunings);
        EXPECT_LE(most.bytes, most_bytes);
    }

    zcring_front front{};
    std::vector<u8> content;
    work most;
};

// 64 commands wait, and each of them needs another filter for each channel.
TEST(Work, IsBoundedForCommandsAtEachSample)
{
    measured_front f;
    f.record(1 << 20);
    ASSERT_EQ(f.tune(100 * mhz + mhz / 100), 0);
    ASSERT_EQ(f.start(), 0);
    for (u32 k = 0; k < ZCRING_COMMANDS_MAX; k++)
        ASSERT_EQ(f.set_rate_at(10 + k, k % 2 ? 64 : 63), 0);
    EXPECT_GE(f.run(second / 100), 8u);
    EXPECT_EQ(f.front.queue.count, 0u);
    f.expect_bounded();
}

TEST(Work, IsBoundedForExecutedCommandsWhenTheStreamEnds)
{
    enum class end { stop, fault_and_start, fault_and_command };
    for (const end how : { end::stop, end::fault_and_start, end::fault_and_command }) {
        measured_front f;
        f.record(1 << 20);
        ASSERT_EQ(f.tune(100 * mhz + mhz / 100), 0);
        ASSERT_EQ(f.start(), 0);
        ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_STALL, 9 * second, 0), 0);
        for (u32 k = 0; k < ZCRING_COMMANDS_MAX; k++)
            ASSERT_EQ(f.set_rate_at(0, k % 2 ? 64 : 63, second + k), 0);
        if (how != end::stop) {
            f.release(1); // beyond the head
            zcring_stream_account(&f.stream);
        }
        if (how == end::fault_and_command) {
            ASSERT_EQ(f.tune(100 * mhz), 0);
        }
        if (how == end::stop)
            f.stop(2 * second);
        ASSERT_EQ(f.start(), 0);
        EXPECT_EQ(f.front.clock.rate_num, scene_rate / 64);
        f.expect_bounded();
    }
}

// Each place is a piece of its own for the filter: in a loop of one sample, and in segments.
TEST(Work, IsBoundedForASceneOfShortPieces)
{
    for (const u32 decimation : { 1u, 2u, 64u })
        for (const u64 samples : { 1, 2, 7, 100, 1000 }) {
            measured_front f;
            f.record(samples);
            ASSERT_EQ(f.set_rate(decimation), 0);
            ASSERT_EQ(f.tune(100 * mhz + mhz / 100), 0);
            ASSERT_EQ(f.start(), 0);
            f.run(second / 100);
            f.expect_bounded();
        }
}

// The scene has another frequency, or a gap, at each place or at each sample of the receiver.
TEST(Work, IsBoundedForASceneThatChangesAtEachSample)
{
    struct scene {
        u32 decimation, length, gap;
        bool moves;
    };
    for (const scene& s : { scene{ 1, 1, 0, false },
                            scene{ 1, 1, 0, true },
                            scene{ 1, 2, 1, true },
                            scene{ 64, 1, 0, false },
                            scene{ 64, 64, 0, true },
                            scene{ 64, 65, 63, false },
                            scene{ 64, 128, 1, true },
                            scene{ 63, 130, 64, true } }) {
        measured_front f;
        const u32 count = 65536 / s.length;
        f.record(count * s.length, count, [&](zcring_segment& segment, u32 k) {
            segment.first = u64{ k } * s.length;
            segment.place = u64{ k } * (s.length + s.gap);
            segment.freq_uhz = 100 * mhz + (s.moves ? k % 7 * mhz / 1000 : 0);
        });
        ASSERT_EQ(f.set_rate(s.decimation), 0);
        ASSERT_EQ(f.tune(100 * mhz + mhz / 100), 0);
        ASSERT_EQ(f.start(), 0);
        f.run(second / 1000);
        f.expect_bounded();
    }
}

TEST(Work, IsBoundedForTheLargestPreroll)
{
    constexpr u64 samples = 1 << 21;
    measured_front f(samples);
    for (const u64 first : { u64{ 0 }, u64{ 12345 } }) {
        for (std::vector<u8>& ring : f.data)
            std::fill(ring.begin(), ring.end(), 0xee);
        int err, calls = 0;
        while ((err = f.start(samples / 2, first)) == -EAGAIN) {
            calls++;
            EXPECT_NE(f.meta.state, static_cast<u32>(ZCRING_STATE_RUNNING));
        }
        ASSERT_EQ(err, 0);
        EXPECT_GE(calls, 3);
        EXPECT_EQ(f.meta.head, first);
        for (u32 c = 0; c < channels; c++)
            for (u64 k = first - samples / 2; k != first; k++)
                ASSERT_EQ(f.at<u32>(k, c), 0u);
        f.stop(second);
    }
    f.expect_bounded();
}

// Preroll overwrites samples of the stream before: nobody takes zeroes for them.
TEST(Work, LeavesNoSamplesOfTheStreamBeforeToAReader)
{
    constexpr u64 samples = 1 << 20;
    measured_front f(samples);
    ASSERT_EQ(f.start(), 0);
    f.run(samples * second / (scene_rate / 64));
    f.stop(0);
    const u64 stream = f.meta.stream_id;
    ASSERT_GT(f.meta.head, f.consumer.tail) << "samples are unread";
    ASSERT_EQ(f.start(samples / 2, 1000), -EAGAIN);
    EXPECT_EQ(f.meta.stream_id, stream + 1);
    EXPECT_EQ(f.consumer.tail, f.meta.head);
    EXPECT_EQ(f.meta.telemetry.consumed_samples, f.meta.telemetry.produced_samples);
    int err;
    while ((err = f.start(samples / 2, 1000)) == -EAGAIN) {
    }
    ASSERT_EQ(err, 0);
    EXPECT_EQ(f.meta.stream_id, stream + 1) << "one stream, one number";
}

// What was zeroed for one start may be written before another start.
TEST(Work, IsDoneAgainForAnotherStart)
{
    constexpr u64 samples = 1 << 20;
    measured_front f(samples);
    ASSERT_EQ(f.start(samples / 2, 1000), -EAGAIN);
    ASSERT_EQ(f.start(), 0);
    f.run(samples * second / (scene_rate / 64));
    f.stop(0);
    f.release(f.meta.head);
    int err;
    while ((err = f.start(samples / 2, 1000)) == -EAGAIN) {
    }
    ASSERT_EQ(err, 0);
    for (u64 k = 1000 - samples / 2; k != 1000; k++)
        ASSERT_EQ(f.at<u32>(k), 0u);
}

// Random scenes and commands: bounded, and the samples are those of one long call.
TEST(Work, IsBoundedAndChangesNoSample)
{
    for (unsigned seed = 0; seed < 10; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        measured_front steps, one_go;
        const u32 piece = 1 + random() % 300;
        const u32 gap = random() % 2 ? random() % 100 : 0;
        const u32 count = 1 + random() % 5000;
        const bool moves = random() % 2;
        const u32 decimation = random() % 2 ? 64 : 1 + random() % 3;
        const u64 offset = random() % 3 * mhz / 100;
        int started = 0;
        for (measured_front* f : { &steps, &one_go }) {
            f->record(u64{ count } * piece, count, [&](zcring_segment& segment, u32 k) {
                segment.first = u64{ k } * piece;
                segment.place = u64{ k } * (piece + gap);
                segment.freq_uhz = 100 * mhz + (moves ? k % 3 * mhz / 1000 : 0);
            });
            ASSERT_EQ(f->tune(100 * mhz + offset), 0);
            started = f->set_rate(decimation) ? -ERANGE : f->start();
        }
        if (started == -ERANGE)
            continue; // no sample lies between two gaps
        ASSERT_EQ(started, 0);
        u64 at = random() % 100;
        for (u32 k = 0; k < ZCRING_COMMANDS_MAX; k++, at += random() % 60) {
            zcring_control c{};
            c.what = (random() % 2 ? ZCRING_CONTROL_FREQ : ZCRING_CONTROL_GAIN) | ZCRING_CONTROL_AT;
            c.channels = 1 + random() % 255;
            c.freq_uhz = c.what & ZCRING_CONTROL_FREQ
                             ? 100 * mhz + static_cast<s64>(random() % 5) * mhz / 200
                             : 0;
            c.gain_mb = c.what & ZCRING_CONTROL_GAIN ? -static_cast<s32>(random() % 1000) : 0;
            c.at_clock = at;
            ASSERT_EQ(steps.command(c), 0);
            ASSERT_EQ(one_go.command(c), 0);
        }
        const u64 samples = 2500;
        const u64 mono_ns = samples * second * decimation / scene_rate + 1;
        steps.run(mono_ns);
        zcring_front_take(&one_go.front, zcring_clock_at(&steps.front.clock, mono_ns));
        EXPECT_EQ(steps.data, one_go.data);
        EXPECT_EQ(steps.meta.burst_head, one_go.meta.burst_head);
        EXPECT_EQ(steps.telemetry().lost_samples, one_go.telemetry().lost_samples);
        steps.stop(mono_ns);
        steps.expect_bounded();
    }
}

// A feeder that is on time for a sample at a time, so that no two samples in a row are there.
TEST(Work, IsBoundedForAFeedInShortPieces)
{
    for (const u32 decimation : { 1u, 2u, 64u })
        for (const s64 offset : { s64{ 0 }, mhz / 100 }) {
            measured_front f;
            feed fed;
            zcring_scene scene = feed::scene();
            scene.rate_num = scene_rate;
            ASSERT_EQ(zcring_front_set_scene(&f.front, &scene, &fed.ring, nullptr), 0);
            ASSERT_EQ(f.set_rate(decimation), 0);
            ASSERT_EQ(f.tune(100 * mhz + offset), 0);
            ASSERT_EQ(f.start(), 0);
            u64 mono_ns = 0;
            for (int k = 0; k < 500; k++) {
                fed.write(zcring_feed_late(&fed.ring) + k % 3);
                mono_ns = zcring_clock_time(&f.front.clock, f.telemetry().sample_clock + k % 4);
                f.run(mono_ns);
                f.release(f.meta.head);
            }
            f.run(mono_ns + second / 100);
            EXPECT_GT(f.telemetry().feed_underflow_count, 100u);
            f.expect_bounded();
        }
}

// The same, and a command at each sample that follows: the filter reads all pieces for each of them.
TEST(Work, IsBoundedForCommandsAfterAFeedInShortPieces)
{
    for (u64 first = 1; first < 64; first++) {
        measured_front f;
        feed fed;
        zcring_scene scene = feed::scene();
        scene.rate_num = scene_rate;
        ASSERT_EQ(zcring_front_set_scene(&f.front, &scene, &fed.ring, nullptr), 0);
        ASSERT_EQ(f.start(), 0);
        fed.write(1);
        for (int k = 0; k < 60; k++) {
            fed.write(zcring_feed_late(&fed.ring) + 32);
            zcring_front_take(&f.front, 1);
        }
        EXPECT_GE(f.front.antenna.intake.span_count, 120u);
        fed.write(feed_samples);
        for (u32 k = 0; k < ZCRING_COMMANDS_MAX; k++) {
            zcring_control c{};
            c.what = ZCRING_CONTROL_GAIN | ZCRING_CONTROL_AT;
            c.channels = 1;
            c.gain_mb = -100;
            c.at_clock = 60 + first + k;
            ASSERT_EQ(f.command(c), 0);
        }
        const zcring_effort& effort = f.front.antenna.effort;
        bool more = true;
        while (more) {
            const zcring_effort before = effort;
            more = f.step(second / 250);
            EXPECT_LE(zcring_effort_cost(&effort) - zcring_effort_cost(&before) -
                          (effort.tunings - before.tunings) * ZCRING_TUNING_COST,
                      most_cost);
        }
        EXPECT_EQ(f.front.queue.count, 0u);
        f.expect_bounded();
    }
}

// Whatever is called between two steps.
TEST(Work, IsBoundedForRandomCalls)
{
    for (unsigned seed = 0; seed < 8; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        measured_front f(1 << 19);
        u64 mono_ns = 0;
        for (int stream = 0; stream < 6; stream++) {
            const u32 piece = 1 + random() % 100;
            const u32 count = 1 + random() % 1000;
            f.record(u64{ count } * piece, count, [&](zcring_segment& segment, u32 k) {
                segment.first = segment.place = u64{ k } * piece;
                segment.freq_uhz = 100 * mhz + k % 2 * mhz / 1000;
            });
            const u64 preroll = random() % 2 ? random() % (f.stream.ring_samples / 2) : 0;
            int err;
            while ((err = f.start(preroll, 0, mono_ns)) == -EAGAIN) {
            }
            ASSERT_EQ(err, 0);
            for (int call = 0; call < 100; call++) {
                mono_ns += random() % (second / 1000);
                switch (random() % 6) {
                case 0:
                    f.tune(100 * mhz + static_cast<s64>(random() % 7) * mhz / 500, mono_ns);
                    break;
                case 1:
                    f.set_rate_at(f.stream.telemetry.sample_clock + random() % 1000,
                                  random() % 2 ? 63 : 64,
                                  mono_ns);
                    break;
                case 2:
                    f.inject(random() % 2 ? ZCRING_INJECT_DROP : ZCRING_INJECT_JUMP, 100, mono_ns);
                    break;
                case 3:
                    f.inject(ZCRING_INJECT_STALL, random() % (second / 500), mono_ns);
                    break;
                case 4:
                    f.release(f.meta.head);
                    break;
                default:
                    f.step(mono_ns);
                }
                ASSERT_EQ(clock_error(f.telemetry()), "");
            }
            f.stop(mono_ns);
            f.release(f.meta.head);
        }
        f.expect_bounded();
    }
}

} // namespace
