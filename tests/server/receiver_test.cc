// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Receivers of one antenna with real pace: what they hear, their calls, and faults.
 */
#include "feeder_client.h"

#include <sys/types.h>

#include <numeric>

namespace {

using namespace zcring_test;
using zcring::server::memory_charge;
using zcring::server::memory_ledger;

constexpr uid_t alice = 1001;
constexpr std::uint64_t ring_bytes = 1 << 20;

// Alice's receiver, whose bursts are a minute apart.
std::unique_ptr<client> slow_receiver(air& a, const memory_ledger& ledger)
{
    const memory_charge charge(ledger, alice);
    auto c = std::make_unique<client>(a);
    EXPECT_EQ(c->configure(1000000, ring_bytes, 60000000), 0);
    EXPECT_EQ(c->start(), 0);
    EXPECT_GT(ledger.bytes(alice), ring_bytes);
    return c;
}

bool becomes_less(memory_ledger& ledger, std::uint64_t bytes)
{
    return eventually(
        [&] {
            ledger.collect();
            return ledger.bytes(alice) < bytes;
        },
        less_than_an_interval);
}

TEST(Receivers, StreamAndCountEverySample)
{
    air a(server_with("emulator,scene=counter,rate=1e6,interval_us=1000"), 1);
    client c(a);
    ASSERT_EQ(c.start(), 0);
    const auto samples = c.read(100000);
    for (std::uint32_t n = 0; n < 100000; n++)
        ASSERT_EQ(samples[n], n);
    ASSERT_EQ(c.stop(), 0);
    const zcring_telemetry t = c.telemetry();
    EXPECT_EQ(t.lost_samples, 0u);
    EXPECT_EQ(t.consumed_samples, 100000u);
    EXPECT_EQ(t.produced_samples, c.head());
    EXPECT_EQ(c.state(), static_cast<std::uint32_t>(ZCRING_STATE_STOPPED));
}

TEST(Receivers, ZeroALongPrerollInParts)
{
    air a(server_with("emulator,scene=counter,rate=1e6,interval_us=1000"), 1);
    client c(a);
    ASSERT_EQ(c.configure(1000000, 1 << 26), 0);
    zcring_start start{};
    start.preroll_samples = c.info.ring_samples / 2;
    start.first_index = start.preroll_samples;
    unsigned parts = 1;
    int error = 0;
    while ((error = c.radio->call(ZCRING_IOC_START, &start)) == -EAGAIN && parts < 100)
        parts++;
    EXPECT_EQ(error, 0);
    EXPECT_GE(parts, 4u) << "32 MiB";
    EXPECT_LT(parts, 100u);
    EXPECT_TRUE(eventually([&] { return c.telemetry().produced_samples > 0; }));
}

TEST(Receivers, HearTheSameAtOneFrequencyAlsoWhenOneJoinsInTheMiddle)
{
    for (const char* scene : { "tone", "noise" }) {
        air a(server_with(std::string("emulator,rate=2e5,noise=none,interval_us=1000,scene=") +
                          scene),
              2);
        client early(a), late(a);
        for (client* c : { &early, &late })
            ASSERT_EQ(c->tune(100e6 + 12345), 0);
        ASSERT_EQ(early.start(), 0);
        auto whole = early.read(5000);
        ASSERT_EQ(late.start(), 0);
        const auto part = late.read(5000);
        const std::uint64_t ahead = clock_at(early, late.bursts.front().time_ns);
        ASSERT_GE(ahead, 5000u);
        const auto more = early.read(ahead + 5000 - whole.size());
        whole.insert(whole.end(), more.begin(), more.end());
        for (std::size_t n = 0; n < part.size(); n++)
            ASSERT_EQ(part[n], whole[ahead + n]) << scene << " " << n;
    }
}

// At 10 MS/s, the begin of a scene passes within the tenth of a microsecond.
TEST(Receivers, HearARecordingThatNobodyElseReceivesFromItsBeginOn)
{
    air a(server_with("emulator,noise=none,freq=100e6,rate=1e7,interval_us=1000"), 1);
    std::vector<std::uint32_t> samples(50000);
    std::iota(samples.begin(), samples.end(), 1u);
    feeder_client f(a);
    ASSERT_EQ(f.record(scene_of(ZCRING_SCENE_MEMORY, 10000000), samples), 0);
    client c(a);
    for (int n = 0; n < 20; n++) {
        ASSERT_EQ(c.start(), 0);
        ASSERT_EQ(c.read(1).at(0), 1u);
        ASSERT_EQ(c.stop(), 0);
    }
}

TEST(Receivers, HaveNumbersThatAreFree)
{
    air a(server_with("emulator"), 1);
    auto first = std::make_unique<client>(a);
    client second(a);
    EXPECT_EQ(first->info.receiver, 0u);
    EXPECT_EQ(second.info.receiver, 1u);
    EXPECT_EQ(a.find(1).get(), second.radio.get());
    first.reset();
    EXPECT_EQ(a.find(0), nullptr);
    client third(a);
    EXPECT_EQ(third.info.receiver, 0u);
}

TEST(Receivers, AreConfiguredAsTheDriverIs)
{
    air a(server_with("emulator,scene=counter"), 1);
    client c(a);
    auto config = c.get<zcring_config>(ZCRING_IOC_GET_CONFIG);
    config.ring_bytes = 5000;
    EXPECT_EQ(c.radio->call(ZCRING_IOC_SET_CONFIG, &config), -EINVAL);
    EXPECT_EQ(c.configure(1000000, 1 << 16), 0);
    EXPECT_EQ(c.info.ring_samples, (1u << 16) / 4);
    ASSERT_EQ(c.start(), 0);
    EXPECT_EQ(c.start(), -EBUSY);
    EXPECT_EQ(c.configure(1000000, 1 << 17), -EBUSY);
    EXPECT_EQ(c.radio->call(ZCRING_IOC_GET_FEED, nullptr), -ENOTTY);
    zcring_region r{};
    std::shared_ptr<const shared_memory> memory;
    r.region = ZCRING_DATA;
    r.channel = 1;
    EXPECT_EQ(c.radio->region(r, memory), -EINVAL);
    c.radio->close();
    EXPECT_EQ(c.stop(), -ENODEV);
    c.radio.reset();
}

TEST(Receivers, AreGoneWithTheServer)
{
    auto a = std::make_unique<air>(server_with("emulator"), 1);
    client c(*a);
    ASSERT_EQ(c.start(), 0);
    c.read(10);
    a->unplug_all();
    EXPECT_EQ(c.state(), static_cast<std::uint32_t>(ZCRING_STATE_GONE));
    EXPECT_EQ(c.stop(), -ENODEV);
    a.reset();
    EXPECT_EQ(c.stop(), -ENODEV);
}

TEST(Receivers, HaveFaultsOfTheirOwn)
{
    air a(server_with("emulator,scene=counter,interval_us=1000"), 2);
    client faulty(a), other(a);
    ASSERT_EQ(faulty.start(), 0);
    ASSERT_EQ(other.start(), 0);
    EXPECT_EQ(faulty.inject(ZCRING_INJECT_DROP, 1000), 0);
    EXPECT_EQ(faulty.inject(ZCRING_INJECT_JUMP, 1000000), 0);
    EXPECT_EQ(faulty.inject(99, 0), -EINVAL);
    faulty.read(20000);
    other.read(20000);
    EXPECT_EQ(faulty.telemetry().lost_samples, 1000u);
    EXPECT_EQ(other.telemetry().lost_samples, 0u);
    EXPECT_EQ(faulty.inject(ZCRING_INJECT_PLUG), -EEXIST);
    EXPECT_EQ(faulty.inject(ZCRING_INJECT_UNPLUG), 0);
    EXPECT_EQ(faulty.state(), static_cast<std::uint32_t>(ZCRING_STATE_GONE));
    EXPECT_EQ(faulty.stop(), -ENODEV);
    EXPECT_EQ(faulty.inject(ZCRING_INJECT_PLUG), 0);
    EXPECT_EQ(other.read(1000).size(), 1000u);
}

TEST(Receivers, SendAtTheIntervalsOfTheirNewStream)
{
    air a(server_with("emulator,scene=counter,rate=1e6"), 1);
    client c(a);
    ASSERT_EQ(c.configure(1000000, 0, 60000000), 0);
    ASSERT_EQ(c.start(), 0);
    ASSERT_EQ(c.stop(), 0);
    ASSERT_EQ(c.configure(1000000, 0, 1000), 0);
    ASSERT_EQ(c.start(), 0);
    for (int i = 0; i < 100 && c.bursts.size() < 2; i++) // a late machine makes one burst of many
        c.read(20000);
    ASSERT_GE(c.bursts.size(), 2u) << "the turns of the stream before go on";
    EXPECT_LT(c.bursts.front().samples, 1000000u);
    EXPECT_EQ(c.telemetry().lost_samples, 0u);
}

TEST(Receivers, GiveTheirMemoryBackBeforeTheirNextBurst)
{
    memory_ledger ledger(1 << 30);
    air a(server_with("emulator,scene=counter"), 1);
    slow_receiver(a, ledger).reset();
    EXPECT_TRUE(becomes_less(ledger, 1));
}

TEST(Receivers, GiveTheirRingBackAlthoughAnotherClientObservesThem)
{
    memory_ledger ledger(1 << 30);
    air a(server_with("emulator,scene=counter"), 1);
    auto c = slow_receiver(a, ledger);
    const std::shared_ptr<receiver> observed = a.find(0);
    c.reset();
    EXPECT_TRUE(becomes_less(ledger, ring_bytes)) << ledger.bytes(alice);
    zcring_telemetry t{};
    EXPECT_EQ(observed->call(ZCRING_IOC_GET_TELEMETRY, &t), -ENODEV);
}

TEST(Receivers, EndOnlyTheirOwnStreamByAnInvalidTail)
{
    air a(server_with("emulator,scene=counter,interval_us=1000"), 1);
    client liar(a), other(a);
    ASSERT_EQ(liar.start(), 0);
    ASSERT_EQ(other.start(), 0);
    zcring_ring_release(liar.consumer(), 1ULL << 40, 0);
    EXPECT_LT(liar.wait(1 << 20), 1u << 20);
    EXPECT_EQ(liar.state(), static_cast<std::uint32_t>(ZCRING_STATE_FAULT));
    EXPECT_EQ(other.read(10000).size(), 10000u);
}

} // namespace
