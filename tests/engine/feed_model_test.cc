// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A live feed whose feeder writes, announces and is late at random: against a model, however the stream
 * is cut, from another thread, and with words that no feeder would write.
 */
#include "feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace zcring_test;

// A feeder that is on time for a few samples at a time, in a ring that is always full of samples or of
// what is left of others: the filter hears what was on the air, as it would in a recording of that.
TEST(FedFrontEnd, FiltersWhatWasOnTheAir)
{
    for (const u32 decimation : { 8, 64 }) {
        std::mt19937 random(decimation);
        fed_front_end f(ring_samples, decimation);
        front_end r;
        std::vector<u32> on_air(decimation * ZCRING_FILTER_REACH, 0);
        ASSERT_EQ(f.start(), 0);
        const auto write = [&](u64 n) {
            n = std::min<u64>(n, zcring_feed_room(&f.fed.ring));
            for (u64 k = 0; k < n; k++)
                f.fed.put(f.fed.ring.position + k, 0, static_cast<u32>(random()) & 0x3fff3fff);
            zcring_feed_commit(&f.fed.ring, n);
        };
        write(1);
        while (f.meta.head < ring_samples - 4) {
            const u64 late = zcring_feed_late(&f.fed.ring);
            if (f.fed.taken.clock / 12000 % 2)
                write(late ? late + random() % (3 * decimation) : 0);
            else
                write(feed_samples);
            const u64 from = f.fed.taken.clock, written = f.fed.written.written;
            f.take(1 + random() % 3);
            for (u64 n = from; n < f.fed.taken.clock; n++) {
                u32 sample = 0;
                if (n < written)
                    memcpy(&sample, f.fed.data[0].data() + n % feed_samples * 4, sizeof(sample));
                on_air.push_back(sample);
            }
            f.release_all(); // of the descriptors; the samples stay in the ring
        }
        EXPECT_GT(f.telemetry().feed_underflow_count, 100u);
        zcring_scene scene = recording_of(on_air.size());
        scene.rate_num = decimation * rate;
        scene.flags = ZCRING_SCENE_ONCE;
        ASSERT_EQ(zcring_front_set_scene(&r.front, &scene, on_air.data(), nullptr), 0);
        ASSERT_EQ(r.start(), 0);
        r.take(ring_samples - 4);
        ASSERT_EQ(r.meta.head, ring_samples - 4);
        for (u64 n = 0; n < ring_samples - 4; n++)
            ASSERT_EQ(f.at<u32>(n), r.at<u32>(n)) << n << " at " << decimation;
    }
}

TEST(FedFrontEnd, SurvivesRandomWordsOfTheFeeder)
{
    std::mt19937_64 random(11);
    for (int round = 0; round < 50; round++) {
        fed_front_end f(ring_samples, round % 3 * 4 + 1);
        ASSERT_EQ(f.start(), 0);
        for (int step = 0; step < 300; step++) {
            const u64 near = f.fed.taken.clock + random() % 10000 - 3000;
            u64& word = random() % 2 ? f.fed.written.written : f.fed.written.silent_until;
            word = random() % 4 ? near : random();
            f.take(random() % 300);
            f.release_all();
            const zcring_telemetry t = f.telemetry();
            ASSERT_EQ(clock_error(t), "");
            ASSERT_LE(t.feed_underflow_samples, t.sample_clock * (round % 3 * 4 + 1));
            ASSERT_LE(f.fed.taken.freed, f.fed.taken.clock);
        }
    }
}

/*
 * A feeder that writes, announces and is late at random, against what must be on the air: each tick is
 * decided when its block is begun.
 */
class model
{
public:
    model(u64 seed, u32 decimation)
        : d_random(seed), d_decimation(decimation), d_front(ring_samples, decimation)
    {
    }

    void run()
    {
        ASSERT_EQ(d_front.start(), 0);
        for (int step = 0; step < 400; step++) {
            feed_some();
            take_some();
            if (testing::Test::HasFatalFailure())
                return;
            if (d_random() % 50 == 0)
                restart();
        }
    }

private:
    void feed_some()
    {
        const u64 n = d_random() % 1500 * d_decimation;
        feed& fed = d_front.fed;
        switch (d_random() % 4) {
        case 0:
            break;
        case 1:
            if (d_random() % 3)
                break;
            ASSERT_EQ(zcring_feed_announce(&fed.ring, d_position + n * 4), 0);
            announce(d_position + n * 4, false);
            break;
        default: {
            const u64 late = d_clock > d_position ? d_clock - d_position : 0;
            ASSERT_EQ(zcring_feed_late(&fed.ring), late);
            const u64 done = fed.write(n);
            d_late += std::min(done, late);
            announce(d_position + done, true);
            break;
        }
        }
        ASSERT_EQ(fed.state().late_samples, d_late);
        ASSERT_EQ(fed.state().written, d_position);
    }

    // From the position on: samples, or silence.
    void announce(u64 until, bool samples)
    {
        for (; d_position < until; d_position++) {
            if (d_position >= d_on_air.size())
                d_on_air.push_back(samples ? is_sample : is_silent);
        }
    }

    void take_some()
    {
        const u64 n = d_random() % 1000;
        const u64 lost = d_front.telemetry().lost_samples;
        const u64 head = d_front.meta.head;
        const u64 first = d_clock;
        d_front.take(n);
        if (d_position) { // the feed has begun
            d_clock += n * d_decimation;
            while (d_on_air.size() < d_clock) {
                if (d_on_air.empty() || d_on_air.back() != is_late)
                    d_count++;
                d_on_air.push_back(is_late);
                d_underflow++;
            }
        }
        ASSERT_EQ(d_front.telemetry().lost_samples, lost) << "the test has a reader that keeps up";
        if (d_decimation == 1)
            for (u64 k = 0; k < n; k++) {
                const u64 index = first + k;
                const bool has = d_position && d_on_air[index] == is_sample;
                ASSERT_EQ(d_front.at<u32>(head + k, 1), has ? feed::sample(index, 1) : 0) << index;
            }
        const zcring_feed state = d_front.state();
        ASSERT_EQ(state.underflow_samples, d_underflow);
        ASSERT_EQ(state.underflow_count, d_count);
        ASSERT_EQ(state.clock, d_clock);
        d_front.release_all();
    }

    void restart()
    {
        zcring_front_stop(&d_front.front, 0);
        ASSERT_EQ(d_front.start(), 0);
    }

    enum on_air : u8 { is_sample, is_silent, is_late };

    std::mt19937_64 d_random;
    u32 d_decimation;
    fed_front_end d_front;
    std::vector<on_air> d_on_air;
    u64 d_position = 0;
    u64 d_clock = 0;
    u64 d_late = 0;
    u64 d_underflow = 0;
    u64 d_count = 0;
};

TEST(FedFrontEnd, IsSilentExactlyWhereTheFeederIsLate)
{
    for (u64 seed = 0; seed < 60; seed++) {
        model(seed, 1).run();
        ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
    }
    for (u64 seed = 0; seed < 20; seed++) {
        model(seed, 8).run();
        ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
    }
}

// Each sample is the feeder's or silence, and the silence is counted.
TEST(FedFrontEnd, IsFedByAnotherThread)
{
    constexpr u64 samples = 300000;
    fed_front_end f;
    ASSERT_EQ(f.start(), 0);
    std::thread feeder([&] {
        std::mt19937 random(1);
        while (f.fed.ring.position < samples) {
            if (!f.fed.write(1 + random() % 2000))
                std::this_thread::yield();
        }
        zcring_feed_end(&f.fed.ring);
    });
    std::mt19937 random(2);
    u64 index = 0, silent = 0;
    while (f.meta.state == ZCRING_STATE_RUNNING) {
        const u64 from = f.meta.head;
        u64 n = 1 + random() % 500;
        if (random() % 4)
            n = zcring_front_promised(&f.front, n);
        f.take(n);
        for (u64 k = from; k < f.meta.head && f.front.antenna.intake.has_begun; k++, index++) {
            if (!f.at<u32>(k, 1)) {
                silent++;
                continue;
            }
            EXPECT_EQ(f.at<u32>(k, 0), feed::sample(index, 0));
            EXPECT_EQ(f.at<u32>(k, 1), feed::sample(index, 1));
        }
        f.release_all();
    }
    feeder.join();
    EXPECT_EQ(f.telemetry().lost_samples, 0u);
    EXPECT_EQ(f.telemetry().feed_underflow_samples, silent);
    EXPECT_GE(index, f.fed.ring.position);
    EXPECT_LE(f.fed.state().late_samples, silent);
}

// What is written is the same, and so is what is on the air: also across changes of rate.
TEST(FedFrontEnd, DoesNotDependOnHowTheStreamIsCut)
{
    std::vector<std::vector<u8>> first;
    for (u64 seed = 0; seed < 6; seed++) {
        std::mt19937_64 random(seed);
        fed_front_end f(1 << 14, 8, 1 << 17);
        ASSERT_EQ(f.start(), 0);
        const auto rate_at = [&](u64 clock, u32 divisor) {
            return f.control([=](zcring_control& c) {
                c.what = ZCRING_CONTROL_RATE | ZCRING_CONTROL_AT;
                c.at_clock = clock;
                c.rate_num = 8 * rate;
                c.rate_den = divisor;
            });
        };
        ASSERT_EQ(rate_at(1500, 1), 0);
        ASSERT_EQ(rate_at(4000, 40), 0);
        ASSERT_EQ(f.tune_at(5000, 100 * mhz + 1234567891), 0);
        ASSERT_EQ(rate_at(6000, 3), 0);
        // Everything but 16 samples at a time, in which the feeder is late, and then writes again.
        const auto take = [&](u64 n) {
            for (u64 k; n; n -= k) {
                k = seed ? std::min<u64>(n, random() % 700 + 1) : n;
                f.take(k);
            }
        };
        f.fed.write(20000);
        take(1200);
        for (u64 late = 0; late < 40; late++) {
            f.fed.write(20000 + 500 * late > f.fed.ring.position ? 7 : 0);
            take(1);
        }
        f.fed.write(100000);
        take(8000);
        if (!seed)
            first = f.data;
        EXPECT_EQ(f.data, first) << "seed " << seed;
    }
}

TEST(FedFrontEnd, LosesNothingAtFreePace)
{
    for (const u32 decimation : { 1, 8 }) {
        std::mt19937_64 random(decimation);
        fed_front_end f(ring_samples, decimation);
        ASSERT_EQ(f.start(), 0);
        EXPECT_EQ(zcring_front_promised(&f.front, 1000), 0u) << "the radio waits for the feed";
        ASSERT_EQ(f.tune_at(777, 100 * mhz), 0);
        u64 taken = 0;
        for (int step = 0; step < 2000; step++) {
            f.fed.write(random() % 3000);
            if (random() % 20 == 0) {
                ASSERT_EQ(zcring_feed_announce(&f.fed.ring, f.fed.ring.position), 0);
            }
            const u64 n = zcring_front_promised(&f.front, random() % 1000);
            const u64 at = f.meta.head;
            f.take(n);
            if (decimation == 1)
                expect_samples(f, at, at + n, taken);
            taken += n;
            f.release_all();
        }
        const u64 left = (f.fed.ring.position - taken * decimation) / decimation;
        EXPECT_EQ(zcring_front_promised(&f.front, ~0ull >> 8), left);
        EXPECT_GT(taken, 100000u / decimation);
        EXPECT_EQ(f.telemetry().feed_underflow_samples, 0u);
        EXPECT_EQ(f.telemetry().produced_samples, taken);
        zcring_feed_end(&f.fed.ring);
        EXPECT_EQ(zcring_front_promised(&f.front, 1 << 20), 1u << 20);
        zcring_front_stop(&f.front, 0);
        EXPECT_EQ(zcring_front_promised(&f.front, 1000), 0u);
    }
}

} // namespace
