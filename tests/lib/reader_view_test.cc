// SPDX-License-Identifier: GPL-3.0-or-later
//
// The samples that a view contains, and how long they stay there.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "counter_stream.h"
#include "support.h"

#include <random>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

struct shape {
    format f;
    unsigned channels;
};

class ReaderOf : public testing::TestWithParam<shape>
{
};

// Several views at a time, of all sizes, through many laps of a small ring.
TEST_P(ReaderOf, ReturnsEverySampleOnceAndKeepsIt)
{
    device dev(with(std::string(on_emulator() ? "pace=free," : "") +
                    "ring_bytes=65536,interval_us=1000,format=" + to_string(GetParam().f) +
                    ",channels=" + std::to_string(GetParam().channels)));
    consumer c(dev);
    std::mt19937_64 random(1);
    dev.start();
    while (c.index() < 100000 && !HasFailure()) {
        ASSERT_EQ(c.in().wait(1 + random() % 3000, patience), status::data);
        c.take(1 + random() % 4000);
        if (c.views() > 3 || c.in().held() > dev.ring_samples() / 2)
            c.give_back_oldest();
    }
    c.give_back_all();
    dev.stop();
    while (c.take())
        c.give_back_all();
    const telemetry t = dev.telemetry();
    EXPECT_EQ(t.produced_samples, c.index());
    EXPECT_EQ(t.consumed_samples, c.index());
    EXPECT_LE(c.lost(), t.lost_samples);
}

INSTANTIATE_TEST_SUITE_P(Reader,
                         ReaderOf,
                         testing::Values(shape{ format::sc8, 1 },
                                         shape{ format::sc8, 8 },
                                         shape{ format::sc16, 1 },
                                         shape{ format::sc16, 3 },
                                         shape{ format::fc32, 1 },
                                         shape{ format::fc32, 2 }),
                         [](const auto& test) {
                             return std::string(to_string(test.param.f)) + "x" +
                                    std::to_string(test.param.channels);
                         });

TEST(Reader, GetsOneViewAcrossTheEndOfTheRing)
{
    SKIP_WITHOUT_FREE_PACE();
    device dev(without_loss("ring_bytes=16384,rate=1e5"));
    consumer c(dev);
    dev.start();
    const std::uint64_t ring = dev.ring_samples();
    for (int lap = 0; lap < 5; lap++) {
        ASSERT_EQ(c.in().wait(ring - 100, patience), status::data);
        EXPECT_EQ(c.take(ring - 100), ring - 100) << "in one view";
        c.give_back_all();
    }
}

TEST(Reader, ReleasesNoMoreThanIsHeld)
{
    device dev(without_loss(""));
    consumer c(dev);
    dev.start();
    ASSERT_EQ(c.in().wait(100, patience), status::data);
    c.in().release(100);
    c.take(100);
    EXPECT_EQ(c.in().held(), 100u);
    c.give_back_all();
    c.in().release(all);
    EXPECT_EQ(c.in().held(), 0u);
    ASSERT_EQ(c.in().wait(100, patience), status::data);
    c.take(100);
    c.give_back_all();
}

TEST(Reader, FindsZerosInThePreroll)
{
    SKIP_WITHOUT_FREE_PACE();
    device dev(without_loss("ring_bytes=16384,rate=1e5"));
    reader in(dev);
    for (int stream = 0; stream < 3; stream++) {
        device::start_options options;
        options.first_index = 700;
        options.preroll_samples = 500;
        dev.start(options);
        ASSERT_EQ(in.wait(dev.ring_samples(), patience), status::data);
        const reader::view v = in.acquire();
        EXPECT_EQ(v.samples, dev.ring_samples() - 500) << "the preroll is held";
        const auto* first = static_cast<const std::uint8_t*>(v.channel[0]);
        for (const auto* p = first - 500 * 4; p != first; p++)
            ASSERT_EQ(*p, 0);
        EXPECT_TRUE(counts(dev, v, 0));
        EXPECT_EQ(dev.telemetry().consumed_samples, 0u);
        dev.stop();
    }
}

TEST(Reader, FollowsAMovedDevice)
{
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(100, patience), status::data);
    device moved(std::move(dev));
    const reader::view v = in.acquire(100);
    EXPECT_EQ(v.samples, 100u);
    EXPECT_TRUE(counts(moved, v, 0));
    device other("emulator");
    other = std::move(moved);
    in.release(100);
    ASSERT_EQ(in.wait(100, patience), status::data);
    EXPECT_TRUE(counts(other, in.acquire(100), 100));
    EXPECT_EQ(other.is_emulator(), on_emulator());
}

TEST(Reader, ReadsTheSameFromAResidentRing)
{
    // Several laps, and on a device slowly: it must not lose a sample.
    const std::string laps = on_emulator() ? "scene=tone,noise=none,pace=free,ring_bytes=65536"
                                           : "scene=tone,noise=none,rate=1e5,ring_bytes=262144";
    device copy(with(laps));
    std::vector<std::uint8_t> expected;
    {
        reader in(copy);
        copy.start();
        ASSERT_EQ(in.wait(8, patience), status::data);
        const auto* p = static_cast<const std::uint8_t*>(in.acquire(8).channel[0]);
        expected.assign(p, p + 32); // the tone's whole period
    }
    copy = device("emulator");
    device dev(with(laps + ",dma=resident"));
    reader in(dev);
    dev.start();
    bool resident = false;
    for (std::uint64_t index = 0; index < 200000;) {
        ASSERT_EQ(in.wait(1, patience), status::data);
        const reader::view v = in.acquire();
        for (std::uint64_t k = 0; k < v.samples; k++)
            ASSERT_EQ(0,
                      memcmp(static_cast<const std::uint8_t*>(v.channel[0]) + 4 * k,
                             expected.data() + (index + k) % 8 * 4,
                             4));
        while (const auto b = in.next_burst(v.index + v.samples))
            resident |= b->resident;
        index += v.samples;
        in.release(v.samples);
    }
    EXPECT_TRUE(resident);
}

} // namespace
