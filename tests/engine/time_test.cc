// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The time of day of a front end: before it is set, after it is set, over streams and delays, and
 * commands that are given for a time.
 */
#include "front_end.h"

#include <gtest/gtest.h>

#include <random>

namespace {

using namespace zcring_test;
using u128 = unsigned __int128;

constexpr u64 realtime = 1000 * second; // as the caller tells it

int set_time(front_end& f, u64 time_ns, u64 mono_ns = 0)
{
    return f.control(
        [=](zcring_control& c) {
            c.what = ZCRING_CONTROL_TIME;
            c.time_ns = time_ns;
        },
        mono_ns);
}

u64 time_of(const front_end& f, u64 mono_ns)
{
    zcring_tuning t;
    zcring_front_get_tuning(&f.front, mono_ns, realtime, &t);
    return t.time_ns;
}

int tune_at_time(front_end& f, u64 time_ns, u64 mono_ns = 0)
{
    return f.control(
        [=](zcring_control& c) {
            c.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_AT_TIME;
            c.freq_uhz = 150 * mhz;
            c.at_clock = time_ns;
        },
        mono_ns);
}

// Sample clock of the first burst with a new tuning; ~0 if there is none.
u64 tuned_from(const front_end& f)
{
    for (u64 k = 0; k != f.meta.burst_head; k++)
        if (f.descriptor(k).flags & ZCRING_BURST_TUNED)
            return f.descriptor(k).sample_clock;
    return ~0ULL;
}

TEST(FrontTime, IsSetAtASample)
{
    front_end f;
    ASSERT_EQ(f.start(0, 5 * second), 0);
    ASSERT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_TIME | ZCRING_CONTROL_AT;
        c.time_ns = 100 * second;
        c.at_clock = 500;
    }),
              0);
    f.run(1000000);
    f.run(2000000);
    EXPECT_EQ(f.descriptor(1).index, 500u);
    EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_TIME);
    EXPECT_EQ(f.descriptor(1).time_ns, 100 * second);
    EXPECT_EQ(f.descriptor(2).index, 1000u);
    EXPECT_EQ(f.descriptor(2).time_ns, 100 * second + 500000);
    zcring_tuning t;
    zcring_front_get_tuning(&f.front, 2000000, 0, &t);
    EXPECT_EQ(t.time_ns, 100 * second + 1500000);
}

TEST(FrontTime, IsSetToZero)
{
    front_end f;
    ASSERT_EQ(f.start(0, 5 * second), 0);
    const auto to_zero = [](zcring_control& c) { c.what = ZCRING_CONTROL_TIME; };
    ASSERT_EQ(f.control(to_zero), 0);
    f.run(1000000);
    EXPECT_EQ(f.descriptor(0).time_ns, 0u);
    zcring_tuning t;
    zcring_front_get_tuning(&f.front, 1000000, 77 * second, &t);
    EXPECT_EQ(t.time_ns, 1000000u);
}

TEST(FrontTime, FollowsTheCallerUntilItIsSet)
{
    front_end f;
    EXPECT_EQ(time_of(f, 7 * second), realtime);
    ASSERT_EQ(f.start(7 * second, realtime), 0);
    EXPECT_EQ(time_of(f, 8 * second), realtime + second);
    zcring_stream_stop(&f.stream);
    EXPECT_EQ(time_of(f, 9 * second), realtime);
}

TEST(FrontTime, CanBeSetWithoutAStreamAndRunsOn)
{
    front_end f;
    ASSERT_EQ(set_time(f, 50 * second, 7 * second), 0);
    EXPECT_EQ(time_of(f, 7 * second), 50 * second);
    EXPECT_EQ(time_of(f, 9 * second), 52 * second);
    for (u64 start = 10; start < 13; start++) {
        ASSERT_EQ(f.start(start * second, realtime), 0);
        f.run(start * second + 1000);
        EXPECT_EQ(f.descriptor(0).time_ns, (start + 43) * second);
        EXPECT_EQ(f.descriptor(0).flags, ZCRING_BURST_START);
        zcring_stream_stop(&f.stream);
    }
    ASSERT_EQ(f.resume(20 * second, realtime), 0);
    f.run(20 * second + 1000);
    EXPECT_EQ(f.descriptor(1).time_ns, 63 * second);
}

TEST(FrontTime, CanBeSetToZeroBeforeAStream)
{
    front_end f;
    ASSERT_EQ(set_time(f, 0, 7 * second), 0);
    ASSERT_EQ(f.start(7 * second + 5, realtime), 0);
    f.run(8 * second);
    EXPECT_EQ(f.descriptor(0).time_ns, 5u);
}

TEST(FrontTime, OutlastsTheStreamInWhichItWasSet)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    f.run(1000000);
    ASSERT_EQ(set_time(f, 70 * second, 1000000), 0);
    zcring_stream_stop(&f.stream);
    EXPECT_EQ(time_of(f, 2000000), 70 * second + 1000000);
    ASSERT_EQ(f.start(3000000, realtime), 0);
    f.run(3001000);
    EXPECT_EQ(f.descriptor(0).time_ns, 70 * second + 2000000);
}

TEST(FrontTime, OfAStartHoldsForItsStreamOnly)
{
    front_end f;
    ASSERT_EQ(set_time(f, 50 * second), 0);
    zcring_start s{};
    s.time_ns = 77 * second;
    ASSERT_EQ(zcring_front_start(&f.front, &s, second, realtime), 0);
    f.run(second + 1000);
    EXPECT_EQ(f.descriptor(0).time_ns, 77 * second);
    EXPECT_EQ(time_of(f, 2 * second), 78 * second);
    zcring_stream_stop(&f.stream);
    EXPECT_EQ(time_of(f, 2 * second), 52 * second);
}

TEST(FrontTime, SetBeforeAResumeIsReportedByItsBurst)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    f.run(1000000);
    zcring_stream_stop(&f.stream);
    ASSERT_EQ(set_time(f, 50 * second, 2000000), 0);
    ASSERT_EQ(f.resume(3000000, realtime), 0);
    f.run(4000000);
    EXPECT_EQ(f.descriptor(1).flags, ZCRING_BURST_RESUME | ZCRING_BURST_TIME);
    EXPECT_EQ(f.descriptor(1).time_ns, 50 * second + 1000000);
}

TEST(FrontTime, TakesNoSampleBeforeTheDelayHasPassed)
{
    front_end f;
    zcring_start s{};
    s.delay_ns = 3 * second;
    ASSERT_EQ(zcring_front_start(&f.front, &s, 5 * second, realtime), 0);
    EXPECT_EQ(time_of(f, 6 * second), realtime + second);
    f.run(8 * second);
    f.run(8 * second + 999);
    EXPECT_EQ(f.meta.head, 0u);
    EXPECT_EQ(f.telemetry().sample_clock, 0u);
    f.run(8 * second + 1000);
    EXPECT_EQ(f.meta.head, 1u);
    EXPECT_EQ(f.descriptor(0).time_ns, realtime + 3 * second);
}

TEST(FrontTime, IncludesTheDelayUnlessTheStartHasATime)
{
    for (const u64 asked : { u64{ 0 }, 77 * second }) {
        front_end f;
        ASSERT_EQ(set_time(f, 50 * second), 0);
        zcring_start s{};
        s.delay_ns = second;
        s.time_ns = asked;
        ASSERT_EQ(zcring_front_start(&f.front, &s, 5 * second, realtime), 0);
        f.run(6 * second + 1000);
        EXPECT_EQ(f.descriptor(0).time_ns, asked ? asked : 56 * second);
    }
}

TEST(FrontTime, RefusesADelayOfMoreThanADayOrWithAResume)
{
    front_end f;
    zcring_start s{};
    s.delay_ns = ZCRING_DELAY_NS_MAX + 1;
    EXPECT_EQ(zcring_front_start(&f.front, &s, 0, realtime), -EINVAL);
    s.delay_ns = ZCRING_DELAY_NS_MAX;
    EXPECT_EQ(zcring_front_start(&f.front, &s, 0, realtime), 0);
    zcring_stream_stop(&f.stream);
    s.flags = ZCRING_START_RESUME;
    s.delay_ns = 1;
    EXPECT_EQ(zcring_front_start(&f.front, &s, 0, realtime), -EINVAL);
}

TEST(FrontTime, OfACommandSelectsTheFirstSampleNotBeforeIt)
{
    const struct {
        u64 after_ns;
        u64 sample;
    } cases[] = { { 499000, 499 }, { 499001, 500 }, { 499999, 500 }, { 500000, 500 }, { 0, 0 } };
    for (const auto& c : cases) {
        front_end f;
        ASSERT_EQ(f.start(0, realtime), 0);
        ASSERT_EQ(tune_at_time(f, realtime + c.after_ns), 0);
        f.run(1000000);
        EXPECT_EQ(tuned_from(f), c.sample) << c.after_ns;
    }
}

// After 10^12 samples, at rates whose sample period is no whole number of nanoseconds.
TEST(FrontTime, OfACommandIsExactAfterATrillionSamples)
{
    const struct {
        u64 num;
        u64 den;
    } rates[] = { { 1000000, 3 }, { 999999937, 999999 }, { 61440000, 1 }, { 10000000000, 7 } };
    for (const auto& r : rates) {
        front_end f;
        zcring_config config = f.front.config;
        config.rate_num = r.num;
        config.rate_den = r.den;
        zcring_front_configure(&f.front, &config);
        ASSERT_EQ(f.start(0, realtime), 0);
        const u64 trillion = 1000000000000;
        // The first whole nanosecond after sample 10^12, before the next sample.
        const u64 ns = static_cast<u64>(u128{ trillion } * r.den * second / r.num) + 1;
        ASSERT_EQ(tune_at_time(f, realtime + ns), 0);
        const u64 first = static_cast<u64>((u128{ ns } * r.num + u128{ r.den } * second - 1) /
                                           (u128{ r.den } * second));
        EXPECT_EQ(f.front.queue.commands[0].at_clock, first) << r.num << "/" << r.den;
        EXPECT_GE(u128{ first } * r.den * second, u128{ ns } * r.num);
        EXPECT_LT(u128{ first - 1 } * r.den * second, u128{ ns } * r.num);
        f.take(trillion + 100);
        f.release_all();
        f.take(ring_samples);
        EXPECT_GE(f.descriptor(1).time_ns, realtime + ns);
        EXPECT_EQ(f.descriptor(1).sample_clock, trillion + 100);
        EXPECT_EQ(f.descriptor(1).time_ns,
                  realtime + static_cast<u64>(u128{ trillion + 100 } * r.den * second / r.num));
    }
}

TEST(FrontTime, OfACommandInThePastMeansNow)
{
    for (const u64 time : { u64{ 0 }, realtime - 1, realtime + 300000, realtime + 999000 }) {
        front_end f;
        ASSERT_EQ(f.start(0, realtime), 0);
        f.run(1000000);
        ASSERT_EQ(tune_at_time(f, time, 1000000), 0);
        f.run(2000000);
        EXPECT_EQ(tuned_from(f), 1000u) << time;
    }
}

TEST(FrontTime, OfACommandUsesTheClockOfItsCall)
{
    front_end f;
    ASSERT_EQ(f.start(0, realtime), 0);
    ASSERT_EQ(set_time(f, 5 * second), 0);
    ASSERT_EQ(tune_at_time(f, 5 * second + 700000), 0);
    ASSERT_EQ(set_time(f, 9 * second), 0);
    f.run(1000000);
    EXPECT_EQ(tuned_from(f), 700u);
}

TEST(FrontTime, OfACommandIsRefusedIfNoSampleHasIt)
{
    front_end f;
    EXPECT_EQ(tune_at_time(f, realtime), -EINVAL) << "no stream runs";
    zcring_config config = f.front.config;
    config.rate_num = ZCRING_RATE_HZ_MAX;
    zcring_front_configure(&f.front, &config);
    ASSERT_EQ(f.start(0, 0), 0);
    EXPECT_EQ(tune_at_time(f, ~0ULL), -EINVAL);
    EXPECT_EQ(tune_at_time(f, ~0ULL / 10 + 1), -EINVAL);
    EXPECT_EQ(f.front.queue.count, 0u);
    EXPECT_EQ(tune_at_time(f, ~0ULL / 10), 0);
    EXPECT_EQ(f.control([](zcring_control& c) {
        c.what = ZCRING_CONTROL_GAIN | ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME;
    }),
              -EINVAL)
        << "one or the other";
    EXPECT_EQ(f.control([](zcring_control& c) { c.what = ZCRING_CONTROL_AT_TIME; }), -EINVAL);
}

TEST(FrontTime, CannotBeSetAtASampleWithoutAStream)
{
    front_end f;
    for (const u32 timed : { ZCRING_CONTROL_AT, ZCRING_CONTROL_AT_TIME })
        EXPECT_EQ(f.control([=](zcring_control& c) {
            c.what = ZCRING_CONTROL_TIME | timed;
            c.at_clock = 1000;
        }),
                  -EINVAL);
    EXPECT_EQ(time_of(f, 0), realtime);
}

// The ADC sets its time when the command comes; the samples before are delivered later, or never.
TEST(FrontTime, CountsFromTheCommandWhenTheStreamEndsBeforeItsSample)
{
    enum class backlog { block, stall, invalid_tail, new_rate };
    for (const backlog why :
         { backlog::block, backlog::stall, backlog::invalid_tail, backlog::new_rate }) {
        front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, 1 << 21);
        const auto set_rate = [&f](u64 rate_hz, u64 mono_ns) {
            return f.control(
                [=](zcring_control& c) {
                    c.what = ZCRING_CONTROL_RATE;
                    c.rate_num = rate_hz;
                    c.rate_den = 1;
                },
                mono_ns);
        };
        ASSERT_EQ(set_rate(1000000000, 0), 0);
        ASSERT_EQ(f.start(second), 0);
        const u64 late = second + second / 2;
        if (why == backlog::stall) {
            ASSERT_EQ(zcring_front_inject(&f.front, ZCRING_INJECT_STALL, 9 * second, second), 0);
        } else {
            ASSERT_TRUE(zcring_front_run(&f.front, late, late));
        }
        if (why == backlog::new_rate) {
            ASSERT_EQ(set_rate(1000, late - second / 4), 0);
        }
        ASSERT_EQ(set_time(f, 7000 * second, late), 0);
        ASSERT_EQ(f.front.queue.count, why == backlog::new_rate ? 2u : 1u);
        if (why == backlog::invalid_tail)
            f.release(~0ULL / 2);
        zcring_front_stop(&f.front, late + 100);
        EXPECT_EQ(time_of(f, late + 200), 7000 * second + 200);
        if (why != backlog::invalid_tail) {
            ASSERT_EQ(f.resume(late + second, realtime), 0);
            EXPECT_EQ(time_of(f, late + second + 5), 7001 * second + 5);
            zcring_front_stop(&f.front, late + second + 5);
        }
        ASSERT_EQ(f.start(late + 3 * second, realtime), 0);
        EXPECT_EQ(time_of(f, late + 4 * second), 7004 * second);
        f.run(late + 3 * second + 1000000);
        EXPECT_EQ(f.descriptor(0).time_ns, 7003 * second);
    }
}

TEST(FrontTime, IsThatOfTheLastCommandAfterAFault)
{
    front_end f(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, 1 << 21);
    ASSERT_EQ(f.start(), 0);
    ASSERT_TRUE(zcring_front_run(&f.front, second, second));
    ASSERT_EQ(set_time(f, 7000 * second, second), 0);
    f.release(~0ULL / 2);
    zcring_stream_account(&f.stream);
    ASSERT_EQ(f.meta.state, static_cast<u32>(ZCRING_STATE_FAULT));
    ASSERT_EQ(set_time(f, 8000 * second, 2 * second), 0);
    ASSERT_EQ(f.start(4 * second, realtime), 0);
    EXPECT_EQ(time_of(f, 5 * second), 8003 * second);
}

} // namespace
