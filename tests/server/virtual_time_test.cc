// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Free pace: when the clock of the antenna moves, and who loses what.
 */
#include "feeder_client.h"

#include <numeric>
#include <thread>

namespace {

using namespace zcring_test;

constexpr std::uint64_t rate = 1000000;
constexpr auto stopped = static_cast<std::uint32_t>(ZCRING_STATE_STOPPED);
constexpr auto running = static_cast<std::uint32_t>(ZCRING_STATE_RUNNING);

zcring::arguments free_server(const char* more = "")
{
    return server_with(
        std::string("emulator,pace=free,noise=none,rate=1e6,freq=100e6,ring_bytes=65536,"
                    "interval_us=1000,scene=counter") +
        more);
}

constexpr std::uint64_t ring = 65536 / 4;

TEST(FreePace, LosesNothingForAMember)
{
    air a(free_server());
    client c(a, member());
    ASSERT_EQ(c.start(), 0);
    const auto samples = c.read(3000000);
    for (std::uint32_t n = 0; n < samples.size(); n++)
        ASSERT_EQ(samples[n], n);
    EXPECT_EQ(samples.size(), 3000000u);
    EXPECT_EQ(c.telemetry().lost_samples, 0u);
}

TEST(FreePace, FillsTheRingOfAMemberAndStands)
{
    air a(free_server());
    client c(a, member());
    ASSERT_EQ(c.start(), 0);
    EXPECT_EQ(c.wait(ring), ring);
    c.read(5);
    EXPECT_EQ(c.wait(ring), ring);
    EXPECT_EQ(c.telemetry().lost_samples, 0u);
}

TEST(FreePace, StandsWithoutAMember)
{
    air a(free_server());
    client hears(a), leads(a, member());
    ASSERT_EQ(hears.start(), 0);
    ASSERT_EQ(leads.start(), 0);
    leads.read(10000);
    ASSERT_EQ(leads.stop(), 0);
    EXPECT_TRUE(eventually(
        [&] { return hears.telemetry().sample_clock == leads.telemetry().sample_clock; }));
    const std::uint64_t clock = hears.telemetry().sample_clock;
    for (int k = 0; k < 100; k++)
        hears.radio->kick();
    EXPECT_EQ(hears.telemetry().sample_clock, clock);
    EXPECT_EQ(hears.state(), running);
}

TEST(FreePace, CountsExactlyWhatAListenerLoses)
{
    air a(free_server());
    client hears(a), leads(a, member());
    ASSERT_EQ(hears.start(), 0);
    ASSERT_EQ(leads.start(), 0);
    leads.read(200000);
    EXPECT_EQ(leads.telemetry().lost_samples, 0u);
    ASSERT_EQ(leads.stop(), 0);
    const std::uint64_t clock = leads.telemetry().sample_clock;
    EXPECT_TRUE(eventually([&] { return hears.telemetry().sample_clock == clock; }));
    const zcring_telemetry t = hears.telemetry();
    EXPECT_EQ(t.produced_samples, ring);
    EXPECT_EQ(t.lost_samples, clock - ring);
    const auto kept = hears.read(ring);
    for (std::uint32_t n = 0; n < ring; n++)
        ASSERT_EQ(kept[n], n);
}

TEST(FreePace, BeginsWhenTheQuorumIsThere)
{
    air a(free_server());
    client first(a, member(2)), second(a, member(2));
    ASSERT_EQ(first.start(), 0);
    first.radio->kick();
    first.radio->kick();
    EXPECT_EQ(first.state(), running);
    EXPECT_EQ(first.telemetry().sample_clock, 0u);
    ASSERT_EQ(second.start(), 0);
    for (int k = 0; k < 100; k++) { // in step, and never a ring apart
        const auto one = first.read(1000), other = second.read(1000);
        ASSERT_EQ(one, other);
        ASSERT_EQ(one.front(), 1000u * k);
    }
    EXPECT_EQ(first.bursts.front().time_ns, second.bursts.front().time_ns);
}

TEST(FreePace, LetsAMemberJoinAtTheClock)
{
    air a(free_server(",seed=1"));
    client first(a, member());
    ASSERT_EQ(first.start(), 0);
    first.read(30000);
    client second(a, member());
    ASSERT_EQ(second.start(), 0);
    EXPECT_TRUE(eventually([&] { return first.read(1000), second.telemetry().sample_clock > 0; }));
    const std::uint64_t time = first.bursts.front().time_ns;
    const auto samples = second.read(1);
    const std::uint64_t joined = (second.bursts.front().time_ns - time) * rate / 1000000000;
    EXPECT_GE(joined, 30000u);
    EXPECT_LE(joined, 30000 + ring);
    EXPECT_EQ(samples.front(), 0u) << "its own sample clock";
}

TEST(FreePace, GoesOnWhenAMemberDies)
{
    air a(free_server());
    client reads(a, member());
    auto dies = std::make_unique<client>(a, member());
    ASSERT_EQ(reads.start(), 0);
    ASSERT_EQ(dies->start(), 0);
    EXPECT_EQ(reads.read(ring).size(), ring);
    dies.reset();
    EXPECT_EQ(reads.read(10 * ring).size(), 10 * ring);
}

TEST(FreePace, MakesAMemberWithoutPatienceAListener)
{
    air a(free_server());
    client reads(a, member()), stands(a, member(0, 20000000));
    ASSERT_EQ(stands.start(), 0);
    ASSERT_EQ(reads.start(), 0);
    EXPECT_EQ(reads.read(10 * ring).size(), 10 * ring);
    zcring_telemetry t = stands.telemetry();
    EXPECT_EQ(t.demotions, 1u);
    EXPECT_EQ(t.produced_samples, ring);
    EXPECT_EQ(reads.telemetry().lost_samples, 0u);
    EXPECT_EQ(reads.telemetry().demotions, 0u);
    stands.read(ring);
    reads.read(2 * ring);
    stands.read(100);
    EXPECT_EQ(stands.bursts.back().flags & (ZCRING_BURST_DEMOTED | ZCRING_BURST_GAP),
              static_cast<std::uint32_t>(ZCRING_BURST_DEMOTED | ZCRING_BURST_GAP));
    ASSERT_EQ(stands.stop(), 0);
    ASSERT_EQ(stands.start(), 0);
    EXPECT_EQ(stands.telemetry().demotions, 0u) << "a member again";
}

TEST(FreePace, PlaysARecordingFromItsBeginning)
{
    air a(free_server());
    std::vector<std::uint32_t> samples(300000);
    for (std::uint32_t n = 0; n < samples.size(); n++)
        samples[n] = n * 7919;
    feeder_client f(a);
    ASSERT_EQ(f.record(scene_of(ZCRING_SCENE_MEMORY, rate), samples), 0);
    client c(a, member());
    ASSERT_EQ(c.start(), 0);
    EXPECT_EQ(c.read(300000), samples);
    EXPECT_EQ(c.read(1000), std::vector<std::uint32_t>(samples.begin(), samples.begin() + 1000));
}

TEST(FedFreePace, HasEverySampleOfTheFeedAtOnce)
{
    air a(free_server());
    client first(a, member(2)), second(a, member(2)), third(a);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate, 8192), 0);
    for (client* c : { &third, &first, &second })
        ASSERT_EQ(c->start(), 0);
    std::thread feeds([&] {
        f.write_all(100000);
        f.end();
    });
    std::vector<std::uint32_t> one, other;
    for (std::uint64_t n; (n = one.size()) < 100000;) {
        const auto more = first.read(1000), same = second.read(1000);
        one.insert(one.end(), more.begin(), more.end());
        other.insert(other.end(), same.begin(), same.end());
        if (more.empty())
            break;
    }
    feeds.join();
    EXPECT_EQ(one.size(), 100000u);
    EXPECT_EQ(one, other);
    expect_fed(one, 0);
    for (client* c : { &first, &second, &third }) {
        c->read(1);
        EXPECT_TRUE(eventually([&] { return c->state() == stopped; }));
        EXPECT_EQ(c->telemetry().sample_clock, 100000u);
        EXPECT_EQ(c->telemetry().feed_underflow_samples, 0u);
    }
    EXPECT_EQ(f.look().underflow_samples, 0u);
}

TEST(FreePace, BeginsASceneWithAStreamThatIsDelayed)
{
    air a(free_server());
    feeder_client f(a);
    std::vector<std::uint32_t> samples(5000);
    std::iota(samples.begin(), samples.end(), 1u);
    ASSERT_EQ(f.record(scene_of(ZCRING_SCENE_MEMORY, rate), samples), 0);
    client c(a, member());
    ASSERT_EQ(c.start(), 0);
    EXPECT_EQ(c.read(3), (std::vector<std::uint32_t>{ 1, 2, 3 }));
    const std::uint64_t time = c.bursts.front().time_ns;
    ASSERT_EQ(c.stop(), 0);
    const std::uint64_t passed = c.telemetry().sample_clock * 1000;
    c.bursts.clear();
    constexpr std::uint64_t delay_ns = 2000000;
    ASSERT_EQ(c.start(0, delay_ns), 0);
    EXPECT_EQ(c.read(3), (std::vector<std::uint32_t>{ 1, 2, 3 }));
    EXPECT_EQ(c.bursts.front().time_ns, time + passed + delay_ns);
}

TEST(FedFreePace, GoesOnThroughAnnouncedSilence)
{
    air a(free_server());
    client c(a, member());
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate), 0);
    ASSERT_EQ(c.start(), 0);
    f.write(100);
    ASSERT_EQ(zcring_feed_announce(&f.ring, 5000), 0);
    f.look();
    auto heard = c.read(5000);
    expect_fed({ heard.begin(), heard.begin() + 100 }, 0);
    for (std::size_t n = 100; n < 5000; n++)
        ASSERT_EQ(heard[n], 0u);
    f.write(1000);
    f.look();
    expect_fed(c.read(1000), 5000);
    EXPECT_EQ(c.telemetry().feed_underflow_samples, 0u);
}

TEST(FedFreePace, WaitsForTheFeeder)
{
    air a(free_server());
    client c(a, member());
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate), 0);
    ASSERT_EQ(c.start(), 0);
    f.write(777);
    f.look();
    expect_fed(c.read(777), 0);
    c.radio->kick();
    c.radio->kick();
    EXPECT_EQ(c.telemetry().sample_clock, 777u);
    EXPECT_EQ(f.set(scene_of(ZCRING_SCENE_TONE)), -EBUSY);
}

TEST(FedFreePace, EndsStreamsByAFaultWhenTheFeederDies)
{
    air a(free_server());
    client c(a, member());
    {
        feeder_client f(a);
        ASSERT_EQ(f.feed(rate), 0);
        ASSERT_EQ(c.start(), 0);
        f.write(5000);
    }
    expect_fed(c.read(5000), 0);
    EXPECT_TRUE(eventually([&] { return c.state() != running; }));
    EXPECT_EQ(c.state(), static_cast<std::uint32_t>(ZCRING_STATE_FAULT));
    EXPECT_EQ(c.meta()->fault, static_cast<std::uint32_t>(ZCRING_FAULT_HARDWARE));
    EXPECT_EQ(c.meta()->fault_code, static_cast<std::uint32_t>(ZCRING_FAULT_CODE_FEED_LOST));
    EXPECT_EQ(c.telemetry().sample_clock, 5000u);

    ASSERT_EQ(c.start(), 0);
    c.radio->kick();
    EXPECT_EQ(c.telemetry().sample_clock, 0u) << "waits for the next feeder";
    feeder_client next(a);
    ASSERT_EQ(next.feed(rate), 0);
    next.write(300);
    next.look();
    expect_fed(c.read(300), 0);
}

TEST(FedFreePace, DrainsAFilterAtTheEnd)
{
    air a(free_server());
    client c(a, member());
    feeder_client f(a);
    ASSERT_EQ(f.feed(8 * rate), 0);
    ASSERT_EQ(c.start(), 0);
    f.write(8000);
    f.end();
    const auto heard = c.read(100000);
    EXPECT_EQ(heard.size(), 1000u + 19);
    EXPECT_EQ(c.state(), stopped);
}

TEST(FedFreePace, DrainsTheFilterOfAListenerWhenNoMemberRuns)
{
    air a(free_server());
    client leads(a, member()), hears(a);
    feeder_client f(a);
    ASSERT_EQ(f.feed(8 * rate), 0);
    ASSERT_EQ(leads.configure(8 * rate), 0);
    ASSERT_EQ(hears.start(), 0);
    ASSERT_EQ(leads.start(), 0);
    f.write(8000);
    f.look();
    EXPECT_EQ(leads.read(8000).size(), 8000u);
    ASSERT_EQ(leads.stop(), 0);
    f.end();
    EXPECT_EQ(hears.read(100000).size(), 1000u + 19);
    EXPECT_EQ(hears.state(), stopped);
}

TEST(FedFreePace, DeliversAllThatALostFeederHasWritten)
{
    constexpr std::uint64_t ticks = 1 << 19;
    air a(free_server());
    client c(a, member());
    {
        feeder_client f(a);
        ASSERT_EQ(f.feed(64 * rate, ticks), 0);
        ASSERT_EQ(c.start(), 0);
        ASSERT_EQ(f.write(ticks), ticks);
    }
    EXPECT_EQ(c.read(100000).size(), ticks / 64);
    EXPECT_EQ(c.state(), static_cast<std::uint32_t>(ZCRING_STATE_FAULT));
}

TEST(FedFreePace, StandsForListenersAlone)
{
    air a(free_server());
    client hears(a), leads(a, member());
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate), 0);
    ASSERT_EQ(hears.start(), 0);
    f.write(100);
    for (int k = 0; k < 100; k++) {
        f.look();
        EXPECT_EQ(hears.telemetry().sample_clock, 0u);
    }
    ASSERT_EQ(leads.start(), 0);
    expect_fed(leads.read(100), 0);
    expect_fed(hears.read(100), 0);
}

} // namespace
