// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A feed and new scenes with real pace: all receivers hear the same.
 */
#include "feeder_client.h"

namespace {

using namespace zcring_test;

constexpr std::uint64_t rate = 200000;

// Memory and descriptors for 80 s: no client of this process is so late.
constexpr std::uint64_t roomy_bytes = 1 << 26;
constexpr std::uint64_t roomy_interval_us = 20000;

zcring::arguments real_server()
{
    return server_with("emulator,noise=none,rate=2e5,freq=100e6,interval_us=1000,scene=counter");
}

//! What was heard of a feed: \p n samples from its first one on, after silence.
struct heard {
    heard(client& c, std::uint64_t n)
    {
        while (first == samples.size()) {
            const auto more = c.read(n);
            samples.insert(samples.end(), more.begin(), more.end());
            while (first < samples.size() && !samples[first])
                first++;
            if (more.empty())
                return;
        }
        const auto rest = c.read(first + n - std::min(first + n, samples.size()));
        samples.insert(samples.end(), rest.begin(), rest.end());
    }
    //! Number of the feed's sample at place \p n; -1 for silence.
    std::int64_t at(std::size_t n) const { return static_cast<std::int64_t>(samples[n]) - 1; }

    std::vector<std::uint32_t> samples;
    std::size_t first = 0;
};

TEST(Feed, IsHeardAlikeByThree)
{
    air a(real_server(), 2);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate, 1 << 22), 0);
    client one(a), two(a), three(a);
    ASSERT_EQ(one.start(), 0);
    ASSERT_EQ(two.start(), 0);
    ASSERT_EQ(f.write(1 << 22), 1u << 22) << "20 seconds";
    const heard by_one(one, 20000), by_two(two, 20000);
    ASSERT_EQ(three.start(), 0);
    const heard by_three(three, 20000);
    for (const heard* h : { &by_one, &by_two, &by_three }) {
        ASSERT_LT(h->first, h->samples.size());
        for (std::size_t n = h->first; n < h->samples.size(); n++)
            ASSERT_EQ(h->at(n), h->at(h->first) + static_cast<std::int64_t>(n - h->first)) << n;
    }
    EXPECT_EQ(by_one.at(by_one.first), 0);
    EXPECT_EQ(by_two.at(by_two.first), 0);
    // The same sample of the feed has the same time for all.
    const auto time = [](const client& c, const heard& h) {
        return c.bursts.front().time_ns + (h.first - h.at(h.first)) * (1000000000 / rate);
    };
    EXPECT_EQ(time(one, by_one), time(two, by_two));
    EXPECT_EQ(time(one, by_one), time(three, by_three));
    EXPECT_EQ(one.telemetry().feed_underflow_samples, 0u);
}

TEST(Feed, IsTakenInTimeByAReceiverWhoseNextBurstIsFarAway)
{
    air a(real_server(), 1);
    feeder_client f(a);
    client c(a);
    ASSERT_EQ(c.configure(rate, 0, 60000000), 0);
    ASSERT_EQ(c.start(), 0);
    ASSERT_EQ(f.feed(rate), 0);
    const std::uint64_t before = c.telemetry().produced_samples;
    const auto has_taken = [&] { return c.telemetry().produced_samples > before; };
    EXPECT_TRUE(eventually(has_taken, less_than_an_interval));
}

TEST(Feed, HasTheSameUnderflowForAll)
{
    air a(real_server(), 2);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate), 0);
    client one(a), two(a);
    ASSERT_EQ(one.start(), 0);
    ASSERT_EQ(two.start(), 0);
    f.write(1000);
    EXPECT_TRUE(eventually([&] { return f.look().underflow_samples > 500; }));
    ASSERT_EQ(zcring_feed_announce(&f.ring, f.look().clock + 400000), 0);
    const std::uint64_t late = [&] {
        std::uint64_t clock = 0; // silence again: the underflow is over
        EXPECT_TRUE(eventually([&] {
            return f.look().clock > clock + 5000 || (clock || (clock = f.look().clock), false);
        }));
        return f.look().underflow_samples;
    }();
    for (client* c : { &one, &two }) {
        EXPECT_TRUE(eventually([&] { return c->telemetry().feed_underflow_samples == late; }));
        EXPECT_EQ(c->telemetry().feed_underflow_count, 1u);
        c->read(c->head() - c->tail);
        std::uint64_t flagged = 0;
        for (const zcring_burst& b : c->bursts) {
            flagged += b.feed_underflow_samples;
            EXPECT_EQ(!!(b.flags & ZCRING_BURST_UNDERFLOW), b.feed_underflow_samples > 0);
        }
        EXPECT_EQ(flagged, late);
    }
}

TEST(Feed, IsReceivedAtEveryDivisorOfItsRate)
{
    air a(real_server(), 2);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate, 1 << 20), 0);
    client one(a), two(a), other(a);
    EXPECT_EQ(other.configure(rate / 3), 0);
    EXPECT_EQ(other.start(), -ERANGE);
    EXPECT_EQ(other.configure(rate / 4), 0);
    for (client* c : { &one, &two }) {
        EXPECT_EQ(c->configure(rate / 8, roomy_bytes, roomy_interval_us), 0);
        ASSERT_EQ(c->tune(feed_hz + 31e3), 0);
    }
    ASSERT_EQ(one.start(), 0);
    ASSERT_EQ(other.start(), 0);
    ASSERT_EQ(f.write(1 << 20), 1u << 20);
    auto whole = one.read(2000);
    ASSERT_EQ(two.start(), 0);
    const auto part = two.read(2000);
    const std::uint64_t ahead = clock_at(one, two.bursts.front().time_ns);
    const auto more = one.read(std::max<std::uint64_t>(ahead + 2000, whole.size()) - whole.size());
    whole.insert(whole.end(), more.begin(), more.end());
    for (std::size_t n = 0; n < 2000; n++)
        ASSERT_EQ(part[n], whole[ahead + n]) << n;
    EXPECT_EQ(other.read(1000).size(), 1000u);
}

TEST(Feed, GoesOnInSilenceWhenItsFeederDies)
{
    air a(real_server(), 1);
    client c(a);
    {
        feeder_client f(a);
        ASSERT_EQ(f.feed(rate), 0);
        EXPECT_EQ(a.feeder(), nullptr) << "one at a time";
        ASSERT_EQ(c.start(), 0);
        f.write(3000);
    }
    const heard h(c, 10000);
    for (std::size_t n = 0; n < 3000; n++)
        ASSERT_EQ(h.at(h.first + n), static_cast<std::int64_t>(n));
    for (std::size_t n = h.first + 3000; n < h.samples.size(); n++)
        ASSERT_EQ(h.samples[n], 0u);
    EXPECT_EQ(c.telemetry().feed_underflow_samples, 0u);
    EXPECT_NE(a.feeder(), nullptr);
}

TEST(Feed, StopsAllReceiversAtItsEnd)
{
    air a(real_server(), 1);
    client c(a);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate), 0);
    ASSERT_EQ(c.start(), 0);
    f.write(3000);
    f.end();
    const heard h(c, 1000000);
    EXPECT_EQ(h.samples.size() - h.first, 3000u);
    EXPECT_EQ(c.state(), static_cast<std::uint32_t>(ZCRING_STATE_STOPPED));
}

TEST(Feed, IsNotTrusted)
{
    air a(real_server(), 1);
    client c(a);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate, 8192), 0);
    ASSERT_EQ(c.start(), 0);
    for (const std::uint64_t nonsense : { ~0ULL, 1ULL << 62, 123456789ULL, 0ULL, 5ULL }) {
        zcring_ring_store_written(f.ring.written, nonsense, nonsense);
        zcring_ring_store_silent_until(f.ring.written, nonsense * 3);
        f.look();
        EXPECT_EQ(c.read(500).size(), 500u);
    }
}

TEST(Feed, MayBeAsSlowAsTheInterfaceAllows)
{
    air a(real_server(), 1);
    client c(a);
    feeder_client f(a);
    auto scene = scene_of(ZCRING_SCENE_FEED, 1, 1 << 16);
    scene.rate_den = ZCRING_RATE_DEN_MAX;
    EXPECT_EQ(f.set(scene), 0);
    EXPECT_EQ(c.start(), -ERANGE);
    ASSERT_EQ(f.feed(rate), 0);
    ASSERT_EQ(c.start(), 0);
    EXPECT_EQ(c.read(1000).size(), 1000u);
}

TEST(Feed, CostsAStalledReceiverItsOwnSamplesAlone)
{
    air a(real_server(), 1);
    client stalls(a), other(a);
    feeder_client f(a);
    ASSERT_EQ(f.feed(rate), 0);
    ASSERT_EQ(other.configure(rate, roomy_bytes, roomy_interval_us), 0);
    ASSERT_EQ(stalls.start(), 0);
    ASSERT_EQ(other.start(), 0);
    ASSERT_EQ(stalls.inject(ZCRING_INJECT_STALL, 3600000000000), 0);
    std::uint64_t clock = other.telemetry().sample_clock;
    EXPECT_TRUE(eventually([&] {
        other.read(other.head() - other.tail);
        return stalls.telemetry().lost_samples > 0;
    }));
    EXPECT_GT(other.telemetry().sample_clock, clock);
    EXPECT_EQ(other.telemetry().lost_samples, 0u);
    EXPECT_EQ(stalls.inject(ZCRING_INJECT_STALL, 0), 0);
    EXPECT_TRUE(eventually([&] {
        const auto t = stalls.telemetry();
        return t.sample_clock >= other.telemetry().sample_clock - 2000;
    }));
}

TEST(Scenes, BeginForAllReceiversAtOnce)
{
    air a(real_server(), 2);
    client one(a), two(a);
    ASSERT_EQ(one.start(), 0);
    ASSERT_EQ(two.start(), 0);
    one.read(1000);
    feeder_client f(a);
    std::vector<std::uint32_t> samples(50000);
    for (std::uint32_t n = 0; n < samples.size(); n++)
        samples[n] = 0x40000000 + n;
    ASSERT_EQ(f.record(scene_of(ZCRING_SCENE_MEMORY, rate), samples), 0);
    // One that had taken its samples of that moment hears the scene from a later sample on.
    const auto is_new = [](std::uint32_t v) { return v >= 0x40000000u; };
    const auto begin = [&](client& c) -> unsigned long long {
        std::vector<std::uint32_t> heard;
        auto at = heard.end();
        while (at == heard.end()) {
            const auto more = c.read(20000);
            heard.insert(heard.end(), more.begin(), more.end());
            at = std::find_if(heard.begin(), heard.end(), is_new);
            if (more.empty() || heard.size() > 1000000) {
                ADD_FAILURE() << "the new scene was not heard";
                return 0ull;
            }
        }
        const std::uint32_t skipped = *at - 0x40000000u;
        EXPECT_EQ(heard.back(), 0x40000000u + (skipped + heard.end() - at - 1) % 50000);
        const std::uint64_t index = c.tail - static_cast<std::uint64_t>(heard.end() - at);
        return c.bursts.front().time_ns + (index - skipped) * (1000000000 / rate);
    };
    const auto first = static_cast<std::int64_t>(begin(one)),
               second = static_cast<std::int64_t>(begin(two));
    EXPECT_LE(std::abs(first - second), 1000000000 / static_cast<std::int64_t>(rate));
    EXPECT_EQ(f.set(scene_of(ZCRING_SCENE_FEED, rate / 3)), -ERANGE);
    EXPECT_EQ(f.set(scene_of(ZCRING_SCENE_NOISE)), 0);
    EXPECT_EQ(one.read(1000).size(), 1000u);
    EXPECT_EQ(f.inject(ZCRING_INJECT_DROP, 10), 0);
    EXPECT_TRUE(eventually(
        [&] { return one.telemetry().lost_samples == 10 && two.telemetry().lost_samples == 10; }));
}

TEST(Scenes, AreRefusedAsByTheDriver)
{
    air a(real_server(), 1);
    feeder_client f(a);
    zcring_feed none{};
    EXPECT_EQ(f.port->call(ZCRING_IOC_GET_FEED, &none), -ENODATA);
    auto scene = scene_of(ZCRING_SCENE_MEMORY, rate, 100);
    scene.reserved[1] = 1;
    EXPECT_EQ(f.set(scene), -EINVAL);
    scene = scene_of(ZCRING_SCENE_MEMORY, rate, ZCRING_SCENE_BYTES_MAX);
    EXPECT_EQ(f.set(scene), -EINVAL);
    EXPECT_EQ(f.set(scene_of(ZCRING_SCENE_FEED, 1000000000)), -ERANGE);
    EXPECT_EQ(f.set(scene_of(ZCRING_SCENE_FEED, rate, 1 << 30)), -EINVAL);
    EXPECT_EQ(f.port->call(ZCRING_IOC_START, nullptr), -ENOTTY);
}

} // namespace
