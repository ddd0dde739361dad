// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "support.h"

#include <deque>
#include <random>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr auto for_ever = std::chrono::nanoseconds(-1);
constexpr auto no_time = std::chrono::nanoseconds(0);
constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

// Sample k of the counter scene, as docs/abi.md has it: as many low bits of the sample
// clock as the format holds.
std::uint64_t count_at(const device& dev, const reader::view& v, unsigned channel, std::uint64_t k)
{
    const auto* p =
        static_cast<const std::uint8_t*>(v.channel[channel]) + k * sample_bytes(dev.format());
    std::uint16_t half[2];
    float x[2];

    switch (dev.format()) {
    case format::sc8:
        return p[0] | p[1] << 8;
    case format::sc16:
        memcpy(half, p, sizeof(half));
        return half[0] | static_cast<std::uint64_t>(half[1]) << 16;
    case format::fc32:
        memcpy(x, p, sizeof(x));
        return static_cast<std::uint16_t>(static_cast<int>(x[0] * 32768)) |
               static_cast<std::uint64_t>(
                   static_cast<std::uint16_t>(static_cast<int>(x[1] * 32768)))
                   << 16;
    }
    return 0;
}

// Whether every sample of the view tells the sample clock that it should, from clock on.
testing::AssertionResult counts(const device& dev, const reader::view& v, std::uint64_t clock)
{
    const std::uint64_t mask = dev.format() == format::sc8 ? 0xffff : 0xffffffff;
    for (unsigned c = 0; c < dev.channels(); c++)
        for (std::uint64_t k = 0; k < v.samples; k++)
            if (count_at(dev, v, c, k) != ((clock + k + 4097 * c) & mask))
                return testing::AssertionFailure()
                       << "sample " << v.index + k << " of channel " << c << " is of clock "
                       << count_at(dev, v, c, k) << ", not " << clock + k + 4097 * c;
    return testing::AssertionSuccess();
}

// Reads as an application does, and checks what it reads when it gives it back; and the accounting
// when it is done.
class consumer
{
public:
    explicit consumer(device& dev) : d_dev(dev), d_in(dev) {}
    ~consumer() { expect_accounting(d_dev, d_in); }
    consumer(const consumer&) = delete;
    consumer& operator=(const consumer&) = delete;

    // The next stream begins here.
    void follow(std::uint64_t first_index = 0)
    {
        d_index = first_index;
        d_clock = 0;
        d_lost = 0;
        d_gaps = 0;
    }

    std::uint64_t take(std::uint64_t most = all)
    {
        const reader::view v = d_in.acquire(most);
        if (v.samples == 0)
            return 0;
        EXPECT_EQ(v.index, d_index);
        reader::view rest = v;
        while (const std::optional<burst> b = d_in.next_burst(v.index + v.samples)) {
            d_resumes += b->resumes;
            if (!b->lost)
                continue;
            EXPECT_LE(b->index - v.index, v.samples) << "a gap lies within the view";
            keep(first_samples(rest, b->index - rest.index));
            d_clock += b->lost;
            d_lost += b->lost;
            d_gaps++;
        }
        keep(rest);
        return v.samples;
    }

    void give_back_oldest()
    {
        const auto& [v, clock] = d_views.front();
        EXPECT_TRUE(counts(d_dev, v, clock));
        d_in.release(v.samples);
        d_views.pop_front();
    }

    void give_back_all()
    {
        while (!d_views.empty())
            give_back_oldest();
    }

    reader& in() { return d_in; }
    std::uint64_t views() const { return d_views.size(); }
    std::uint64_t index() const { return d_index; }
    std::uint64_t clock() const { return d_clock; }
    std::uint64_t lost() const { return d_lost; }
    std::uint64_t gaps() const { return d_gaps; }
    std::uint64_t resumes() const { return d_resumes; }

private:
    // Cuts the first samples off a view.
    reader::view first_samples(reader::view& rest, std::uint64_t samples) const
    {
        reader::view first = rest;
        first.samples = samples;
        rest.samples -= samples;
        rest.index += samples;
        for (unsigned c = 0; c < d_dev.channels(); c++)
            rest.channel[c] = static_cast<const std::uint8_t*>(rest.channel[c]) +
                              samples * sample_bytes(d_dev.format());
        return first;
    }

    // Samples with no gap among them.
    void keep(const reader::view& v)
    {
        if (v.samples == 0)
            return;
        d_views.emplace_back(v, d_clock);
        d_clock += v.samples;
        d_index += v.samples;
    }

    device& d_dev;
    reader d_in;
    std::deque<std::pair<reader::view, std::uint64_t>> d_views;
    std::uint64_t d_index = 0;
    std::uint64_t d_clock = 0;
    std::uint64_t d_lost = 0;
    std::uint64_t d_gaps = 0;
    std::uint64_t d_resumes = 0;
};

struct shape {
    format f;
    unsigned channels;
};

class ReaderOf : public testing::TestWithParam<shape>
{
};

// Several views at a time, of all sizes, through many laps of a small ring.
TEST_P(ReaderOf, HandsOutEverySampleOnceAndKeepsIt)
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

TEST(Reader, FindsNothingBeforeAStart)
{
    device dev(with(""));
    reader in(dev);
    EXPECT_EQ(in.wait(1, for_ever), status::stopped);
    EXPECT_EQ(in.acquire().samples, 0u);
    EXPECT_EQ(in.held(), 0u);
    EXPECT_FALSE(in.next_burst(all));
}

TEST(Reader, RunsOutOfTime)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    EXPECT_EQ(in.wait(1, no_time), status::timeout);
    EXPECT_EQ(in.wait(1, 20ms), status::timeout);
    EXPECT_EQ(in.wait(all, 1ns), status::timeout);
}

TEST(Reader, NeedsNoTimeForWhatIsThere)
{
    device dev(with(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(2000, patience), status::data);
    EXPECT_EQ(in.wait(1, no_time), status::data);
    EXPECT_EQ(in.wait(2000, no_time), status::data);
    EXPECT_EQ(in.acquire(10).samples, 10u);
    EXPECT_EQ(in.held(), 10u);
}

TEST(Reader, IsWokenWhileItWaits)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    for (int i = 0; i < 200; i++) {
        std::thread other([&] { in.wake(); });
        EXPECT_EQ(in.wait(1, for_ever), status::woken);
        other.join();
    }
    EXPECT_EQ(in.wait(1, no_time), status::timeout) << "once for each";
}

TEST(Reader, IsWokenByACallBeforeItWaits)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    in.wake();
    in.wake();
    EXPECT_EQ(in.wait(1, for_ever), status::woken);
    EXPECT_EQ(in.wait(1, 1ms), status::timeout);
}

TEST(Reader, WaitsAsLongAsItIsToldHoweverLong)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    std::thread other([&] { in.wake(); });
    EXPECT_EQ(in.wait(1, std::chrono::nanoseconds::max()), status::woken);
    other.join();
}

TEST(Reader, StopsWaitingWhenTheStreamStops)
{
    for (int i = 0; i < 50; i++) {
        device dev(with("interval_us=60000000,rate=0.001")); // no sample for long
        reader in(dev);
        dev.start();
        std::thread other([&] { dev.stop(); });
        EXPECT_EQ(in.wait(all, patience), status::stopped) << i;
        other.join();
    }
}

TEST(Reader, ReadsWhatIsLeftAfterAStop)
{
    device dev(with(""));
    consumer c(dev);
    dev.start();
    ASSERT_EQ(c.in().wait(100, patience), status::data);
    dev.stop();
    EXPECT_EQ(c.in().wait(all, for_ever), status::data) << "however little it is";
    while (c.take())
        c.give_back_all();
    EXPECT_EQ(c.in().wait(1, for_ever), status::stopped);
    EXPECT_EQ(c.index(), dev.telemetry().produced_samples);
}

TEST(Reader, WaitsForTheWholeRingWhenAskedForMore)
{
    device dev(with("ring_bytes=16384,interval_us=1000"));
    reader in(dev);
    dev.start();
    for (const std::uint64_t samples : { dev.ring_samples(), dev.ring_samples() + 1, all }) {
        ASSERT_NE(in.wait(samples, patience), status::timeout);
        const reader::view v = in.acquire();
        EXPECT_EQ(v.samples, dev.ring_samples());
        in.release(v.samples);
    }
}

TEST(Reader, WaitsForWhatFitsBesideTheHeld)
{
    device dev(with("ring_bytes=16384,interval_us=1000"));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1000, patience), status::data);
    ASSERT_EQ(in.acquire(1000).samples, 1000u);
    ASSERT_EQ(in.wait(all, patience), status::data);
    EXPECT_EQ(in.acquire().samples, dev.ring_samples() - 1000);
    EXPECT_EQ(in.held(), dev.ring_samples());
    EXPECT_EQ(in.wait(1, 1ms), status::timeout) << "there is no room for more";
}

TEST(Reader, SeesOneRunRoundTheEndOfTheRing)
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

TEST(Reader, TellsEveryBurstInOrder)
{
    device dev(without_loss("channels=2,rate=2.5e5,ring_bytes=67108864"));
    reader in(dev);
    dev.start();
    std::uint64_t index = 0;
    std::uint64_t time = 0;
    for (int step = 0; step < 50; step++) {
        ASSERT_EQ(in.wait(2000, patience), status::data);
        const reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples)) {
            EXPECT_EQ(b->index, index);
            EXPECT_LT(b->index, v.index + v.samples);
            EXPECT_EQ(b->sample_clock, index);
            EXPECT_GE(b->samples, 1u);
            EXPECT_EQ(b->lost, 0u);
            EXPECT_EQ(b->starts, index == 0);
            EXPECT_FALSE(b->resumes || b->rate_changed || b->time_changed || b->resident);
            EXPECT_EQ(b->tuned_channels, 0u);
            EXPECT_EQ(b->rate, 2.5e5);
            EXPECT_EQ(b->frequency[1], 1e8);
            EXPECT_EQ(b->gain[1], 0);
            if (index) {
                EXPECT_EQ(b->time_ns - time, index * 4000);
            } else {
                time = b->time_ns;
            }
            index = b->index + b->samples;
        }
        EXPECT_GE(index, v.index + v.samples) << "a burst begins at or before each sample";
        in.release(v.samples);
    }
}

TEST(Reader, TellsNoBurstThatBeginsLater)
{
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(10000, patience), status::data); // several bursts
    EXPECT_FALSE(in.next_burst(0));
    const std::optional<burst> first = in.next_burst(1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->index, 0u);
    EXPECT_FALSE(in.next_burst(first->samples));
    EXPECT_TRUE(in.next_burst(first->samples + 1));
}

TEST(Reader, SkipsTheBurstsThatWereReleased)
{
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(10000, patience), status::data);
    in.acquire(9000);
    in.release(9000);
    const std::optional<burst> b = in.next_burst(all >> 1);
    ASSERT_TRUE(b);
    EXPECT_GT(b->index + b->samples, 9000u);
    EXPECT_LE(b->index, 9000u) << "of which a sample is held";
}

TEST(Reader, TellsARetuneAtItsVerySample)
{
    device dev(without_loss("channels=2"));
    reader in(dev);
    dev.start();
    command c;
    c.channels = 2;
    c.frequency = 2e8;
    c.gain = -10;
    c.bandwidth = 5e6;
    c.at_clock = dev.telemetry().sample_clock + 100001;
    dev.control(c);
    std::optional<burst> found;
    for (std::uint64_t read = 0; !found && read < 1000000;) {
        ASSERT_EQ(in.wait(1, patience), status::data);
        const reader::view v = in.acquire();
        for (auto b = in.next_burst(v.index + v.samples); b && !found;
             b = in.next_burst(v.index + v.samples))
            if (b->tuned_channels)
                found = b;
        in.release(v.samples);
        read += v.samples;
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->sample_clock, *c.at_clock);
    EXPECT_EQ(found->tuned_channels, 2u);
    EXPECT_EQ(found->frequency[0], 1e8);
    EXPECT_EQ(found->frequency[1], 2e8);
    EXPECT_EQ(found->gain[1], -10);
    EXPECT_EQ(found->bandwidth, 5e6);
}

TEST(Reader, TellsTheTimeThatWasAskedFor)
{
    device dev(without_loss(""));
    reader in(dev);
    device::start_options options;
    options.time_ns = 1700000000000000000;
    dev.start(options);
    ASSERT_EQ(in.wait(1, patience), status::data);
    EXPECT_EQ(in.next_burst(1)->time_ns, options.time_ns);
}

// The ring overflows while nobody reads; then all that is there is read, again and again.
TEST(Reader, SeesEveryGapAtItsSample)
{
    device dev(with("ring_bytes=65536,interval_us=1000,rate=4e6,channels=2"));
    consumer c(dev);
    dev.start();
    for (std::uint64_t gap = 1; gap <= 20; gap++) {
        ASSERT_TRUE(eventually([&] { return dev.telemetry().overflow_count >= gap; }));
        const std::uint64_t seen = c.gaps();
        while (c.gaps() == seen && !HasFailure()) {
            ASSERT_EQ(c.in().wait(1, patience), status::data);
            ASSERT_GT(c.take(), 0u);
            c.give_back_all();
        }
    }
    dev.stop();
    while (c.take())
        c.give_back_all();
    const telemetry t = dev.telemetry();
    EXPECT_EQ(c.index(), t.produced_samples);
    EXPECT_LE(c.lost(), t.lost_samples) << "the last loss has no sample after it";
    EXPECT_GE(c.gaps() + 1, t.overflow_count);
    EXPECT_LE(c.gaps(), t.overflow_count);
}

TEST(Reader, ContinuesAViewAcrossAGap)
{
    SKIP_WITHOUT_FREE_PACE();
    device dev(without_loss(""));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1, patience), status::data);
    dev.drop(1234);
    ASSERT_EQ(in.wait(20000, patience), status::data);
    const reader::view v = in.acquire(20000);
    EXPECT_EQ(v.samples, 20000u);
    std::uint64_t lost = 0;
    while (const std::optional<burst> b = in.next_burst(v.index + v.samples))
        lost += b->lost;
    EXPECT_EQ(lost, 1234u);
}

// A consumer of changing speed, at the edge of losing: sizes of all kinds, for long.
TEST(Reader, StaysTrueUnderStress)
{
    device dev(with(std::string("ring_bytes=16384,interval_us=100,rate=") +
                    (on_emulator() ? "2e7" : "2e6")));
    consumer c(dev);
    std::mt19937_64 random(1);
    dev.start();
    while (c.clock() < 5000000 && !HasFailure()) {
        ASSERT_EQ(c.in().wait(1 + random() % 2000, patience), status::data);
        c.take(1 + random() % 3000);
        for (std::uint64_t n = random() % 4; n && c.views(); n--)
            c.give_back_oldest();
        if (c.in().held() > dev.ring_samples() / 2)
            c.give_back_all();
    }
    c.give_back_all();
    dev.stop();
    while (c.take())
        c.give_back_all();
    EXPECT_EQ(c.index(), dev.telemetry().produced_samples);
}

TEST(Reader, FollowsAThousandStreams)
{
    device dev(with("ring_bytes=8388608,interval_us=200"));
    consumer c(dev);
    for (std::uint64_t stream = 0; stream < 1000 && !HasFailure(); stream++) {
        device::start_options options;
        options.first_index = stream * 12345;
        dev.start(options);
        c.follow(options.first_index);
        ASSERT_EQ(c.in().wait(1, patience), status::data) << "stream " << stream;
        EXPECT_GT(c.take(), 0u);
        c.give_back_all();
        dev.stop();
    }
}

TEST(Reader, LosesAndDoublesNothingOverAThousandResumes)
{
    device dev(with("ring_bytes=8388608,interval_us=200,rate=2e5"));
    consumer c(dev);
    dev.start();
    for (int i = 0; i < 1000 && !HasFailure(); i++) {
        ASSERT_EQ(c.in().wait(1, patience), status::data);
        dev.stop();
        if (i % 3)
            c.take(50);
        dev.resume();
        c.give_back_all();
    }
    dev.stop();
    while (c.take())
        c.give_back_all();
    EXPECT_GT(c.resumes(), 0u);
    EXPECT_EQ(c.lost(), 0u);
    EXPECT_EQ(c.index(), dev.telemetry().produced_samples);
    EXPECT_EQ(c.clock(), dev.telemetry().sample_clock);
}

TEST(Reader, BeginsWhereTheStreamDoes)
{
    for (const std::uint64_t first :
         { std::uint64_t{ 0 }, std::uint64_t{ 1000 }, all - 5000, all, all / 2 - 5000 }) {
        SKIP_WITHOUT_FREE_PACE();
        device dev(without_loss("ring_bytes=16384,rate=1e5"));
        consumer c(dev);
        device::start_options options;
        options.first_index = first;
        options.preroll_samples = 500;
        dev.start(options);
        c.follow(first);
        ASSERT_EQ(c.in().wait(1, patience), status::data);
        EXPECT_EQ(c.in().held(), 500u);
        const reader::view empty = c.in().acquire(0);
        EXPECT_EQ(empty.index, first);
        c.in().release(500);
        while (c.clock() < 20000 && !HasFailure()) {
            ASSERT_EQ(c.in().wait(1, patience), status::data);
            c.take(1000);
            c.give_back_all();
        }
    }
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
    const std::string laps = on_emulator() ? "scene=tone,pace=free,ring_bytes=65536"
                                           : "scene=tone,rate=1e5,ring_bytes=262144";
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

// One sample a burst: the descriptors run out long before the ring does.
TEST(Reader, ComesBackWithWhatThereIsWhenDescriptorsRunOut)
{
    if (!on_emulator())
        GTEST_SKIP() << "needs free pace";
    device dev(with("pace=free,interval_us=100,rate=1e4"));
    consumer c(dev);
    dev.start();
    for (int lap = 0; lap < 3; lap++) {
        ASSERT_EQ(c.in().wait(dev.ring_samples(), patience), status::data);
        EXPECT_LT(c.take(), dev.ring_samples());
        EXPECT_EQ(c.in().wait(1, 1ms), status::timeout) << "until some are released";
        c.give_back_all();
    }
    EXPECT_EQ(dev.telemetry().lost_samples, 0u);
}

TEST(Reader, HasAWordForEveryStatus)
{
    EXPECT_STREQ(to_string(status::data), "data");
    EXPECT_STREQ(to_string(status::timeout), "timeout");
    EXPECT_STREQ(to_string(status::woken), "woken");
    EXPECT_STREQ(to_string(status::stopped), "stopped");
    EXPECT_STREQ(to_string(status::fault), "fault");
    EXPECT_STREQ(to_string(status::gone), "gone");
}

} // namespace
