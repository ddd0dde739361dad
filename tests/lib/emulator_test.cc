// SPDX-License-Identifier: GPL-3.0-or-later
//
// The emulator by itself, as a backend: pace, wake-ups, faults and threads, without device and
// reader.
#include "emulator.h"
#include "support.h"

#include <sys/eventfd.h>

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace {

using zcring::emulator;
using zcring::pacing;
using zcring_test::eventually;

constexpr std::int64_t for_ever = -1;

// An emulator of two channels with a small ring and the counter scene.
class ready
{
public:
    explicit ready(pacing pace, std::uint64_t interval_ns = 1000000) : d_emulator(pace)
    {
        zcring_config wanted = d_emulator.config();
        wanted.ring_bytes = 65536;
        wanted.channels = 2;
        wanted.interval_ns = interval_ns;
        d_emulator.configure(wanted);
        zcring_scene scene{};
        scene.kind = ZCRING_SCENE_COUNTER;
        d_emulator.set_scene(scene, {});
        d_emulator.map();
    }

    emulator* operator->() { return &d_emulator; }

    void start(std::uint64_t flags = 0)
    {
        zcring_start s{};
        s.flags = flags;
        d_emulator.start(s);
    }

    const zcring::backend::pages& mapped() const { return d_emulator.mapped(); }
    std::uint64_t head() const { return zcring_ring_load_head(mapped().meta); }
    std::uint32_t state() const { return zcring_ring_load_state(mapped().meta); }
    void release(std::uint64_t tail) { zcring_ring_release(mapped().consumer, tail, 0); }

private:
    emulator d_emulator;
};

TEST(Emulator, HasTheDefaultsOfTheDocumentation)
{
    const emulator e(pacing::real);
    const zcring_config c = e.config();
    EXPECT_EQ(c.format, static_cast<std::uint32_t>(ZCRING_FORMAT_SC16));
    EXPECT_EQ(c.channels, 1u);
    EXPECT_EQ(c.ring_bytes, 8u << 20);
    EXPECT_EQ(c.interval_ns, 50000000u);
    EXPECT_EQ(c.rate_num, 1000000u);
    EXPECT_EQ(c.rate_den, 1u);
    EXPECT_EQ(c.seed, 0u);
    EXPECT_EQ(e.tuning().channel[0].freq_uhz, 100000000000000);
    EXPECT_EQ(e.tuning().channel[0].gain_mb, 0);
    EXPECT_TRUE(e.is_emulator());
    EXPECT_EQ(e.name(), "emulator");
}

TEST(Emulator, TellsTheTimeOfTheNextSampleWithFreePace)
{
    ready e(pacing::free);
    e.start();
    const std::uint64_t begin_ns = e->tuning().time_ns;
    e->produce(e.mapped().ring_samples);
    ASSERT_GT(e.head(), 0u);
    EXPECT_EQ(e->tuning().time_ns, begin_ns + e.head() * 1000); // at 1 MS/s
}

TEST(Emulator, PresentsTheDataTwiceInARow)
{
    ready e(pacing::free);
    e.start();
    e->produce(e.mapped().ring_samples);
    ASSERT_EQ(e.head(), e.mapped().ring_samples);
    for (unsigned c = 0; c < 2; c++)
        EXPECT_EQ(0, memcmp(e.mapped().data[c], e.mapped().data[c] + 65536, 65536));
}

TEST(Emulator, ProducesTheSamplesRequestedAndNoMoreThanFit)
{
    ready e(pacing::free);
    e->produce(5);
    EXPECT_EQ(e.head(), 0u) << "there is no stream";
    e.start();
    e->produce(5);
    EXPECT_EQ(e.head(), 1000u) << "whole bursts";
    e->produce(1000);
    EXPECT_EQ(e.head(), 1000u);
    e->produce(~0ULL >> 1);
    EXPECT_EQ(e.head(), e.mapped().ring_samples);
    EXPECT_EQ(e->telemetry().lost_samples, 0u) << "free pace never loses";
}

TEST(Emulator, ProducesNothingInTheCallerWithRealPace)
{
    ready e(pacing::real, 60000000000);
    e.start();
    e->produce(1000);
    EXPECT_EQ(e.head(), 0u);
}

TEST(Emulator, PacesItself)
{
    ready e(pacing::real);
    e.start();
    EXPECT_TRUE(eventually([&] {
        e.release(e.head()); // one burst of a late thread may fill the ring
        return e->telemetry().bursts > 5;
    }));
    e->stop();
    const std::uint64_t head = e.head();
    EXPECT_EQ(e.state(), static_cast<std::uint32_t>(ZCRING_STATE_STOPPED));
    EXPECT_EQ(e->telemetry().produced_samples, head);
}

TEST(Emulator, StopsByAFaultOnAnInvalidTail)
{
    for (const std::uint64_t tail : { 1ull << 40, ~0ull }) {
        ready e(pacing::real);
        e.start();
        ASSERT_TRUE(eventually([&] { return e.head() > 0; }));
        e.release(tail);
        ASSERT_TRUE(eventually([&] { return e.state() == ZCRING_STATE_FAULT; }));
        EXPECT_EQ(e.mapped().meta->fault,
                  static_cast<std::uint32_t>(tail == ~0ull ? ZCRING_FAULT_TAIL_WENT_BACK
                                                           : ZCRING_FAULT_TAIL_PAST_HEAD));
        EXPECT_THROW(e.start(ZCRING_START_RESUME), std::system_error);
        e.start();
        EXPECT_EQ(e.state(), static_cast<std::uint32_t>(ZCRING_STATE_RUNNING));
    }
}

TEST(Emulator, WakesItsWaiterByAFault)
{
    ready e(pacing::real);
    e.start();
    std::thread attacker([&] { e.release(1ull << 40); });
    while (e.state() == ZCRING_STATE_RUNNING)
        e->wait(e.mapped().ring_samples, -1, for_ever);
    attacker.join();
    EXPECT_EQ(e.state(), static_cast<std::uint32_t>(ZCRING_STATE_FAULT));
}

TEST(Emulator, WakesItsWaiterByAStop)
{
    ready e(pacing::real, 60000000000);
    e.start();
    std::thread stopper([&] {
        eventually([&] { return zcring_load(&e.mapped().consumer->waiting) != 0; });
        e->stop();
    });
    while (e.state() == ZCRING_STATE_RUNNING)
        e->wait(1, -1, for_ever);
    stopper.join();
}

// With the waiting flag clear there is no wake-up, and with enough samples there is no sleep.
TEST(Emulator, LosesNoWakeUp)
{
    ready e(pacing::real, 100000);
    e.start();
    for (std::uint64_t tail = 0; tail < 20000;) {
        e->wait(50, -1, for_ever);
        tail = std::max(tail, e.head());
        e.release(tail);
    }
}

TEST(Emulator, RefusesAnInvalidConfiguration)
{
    emulator e(pacing::real);
    zcring_config c = e.config();
    c.ring_bytes = 5000;
    try {
        e.configure(c);
        FAIL() << "no exception";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), EINVAL);
    }
    EXPECT_EQ(e.config().ring_bytes, 8u << 20);
}

TEST(Emulator, KeepsTheSamplesOfAScene)
{
    ready e(pacing::free);
    zcring::scene_content content;
    content.samples.assign(64 * 4, std::byte{ 0x11 });
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = 64;
    scene.freq_uhz = e->tuning().channel[0].freq_uhz;
    scene.rate_num = 1000000;
    scene.rate_den = 1;
    e->set_scene(scene, std::move(content));
    e.start();
    e->produce(100);
    EXPECT_EQ(std::to_integer<int>(e.mapped().data[1][0]), 0x11);
}

volatile std::sig_atomic_t signals_taken = 0;

TEST(Emulator, LeavesSignalsToTheProgram)
{
    sigset_t user1, before, pending;
    sigemptyset(&user1);
    sigaddset(&user1, SIGUSR1);
    signals_taken = 0;
    const auto handler_before = std::signal(SIGUSR1, [](int) { signals_taken = 1; });
    {
        ready e(pacing::real);
        pthread_sigmask(SIG_BLOCK, &user1, &before);
        kill(getpid(), SIGUSR1); // to any thread that does not block it
    }
    EXPECT_EQ(signals_taken, 0);
    sigpending(&pending);
    EXPECT_EQ(sigismember(&pending, SIGUSR1), 1);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    EXPECT_EQ(signals_taken, 1);
    std::signal(SIGUSR1, handler_before);
}

TEST(Emulator, CanBeDestroyedWhileItRuns)
{
    for (int i = 0; i < 100; i++) {
        ready e(pacing::real, 100000);
        e.start();
    }
}

// Noise that takes longer to make than it lasts: one interval fills the ring, in 32 steps, and at
// its end the next interval is due.
TEST(Emulator, LetsCallersRunBetweenTheStepsOfAnInterval)
{
    emulator e(pacing::real);
    zcring_config wanted = e.config();
    wanted.format = ZCRING_FORMAT_SC8;
    wanted.ring_bytes = 64 << 20;
    wanted.interval_ns = ZCRING_INTERVAL_NS_MIN;
    wanted.rate_num = ZCRING_RATE_HZ_MAX;
    e.configure(wanted);
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_NOISE;
    e.set_scene(scene, {});
    e.map();
    e.start(zcring_start{});
    std::uint64_t bursts = 0;
    int looks = 0; // with one burst under way
    EXPECT_TRUE(eventually([&] {
        zcring_ring_release(e.mapped().consumer, zcring_ring_load_head(e.mapped().meta), 0);
        const zcring_telemetry t = e.telemetry();
        EXPECT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
        looks = t.bursts == bursts ? looks + 1 : 0;
        bursts = t.bursts;
        return looks == 4;
    }));
    e.stop();
}

} // namespace
