// SPDX-License-Identifier: GPL-3.0-or-later
//
// The antenna of the device or server that ZCRING_TEST_DEVICE names; the emulator has none. Sample n of
// a feed has the value n + 1, so that every sample that is received is either the one of its moment or
// silence, which is 0. The antenna is silent before the first sample of a feed.
#include <zcring/antenna.h>
#include <zcring/reader.h>

#include "support.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr std::uint64_t rate = 200000;
constexpr std::uint64_t roomy_samples = 1 << 22; // 20 s

std::string path_under_test()
{
    const std::string device = device_under_test();
    const auto path = device.find('=') + 1;
    return device.substr(path, device.find(',') - path);
}

// No scene is set: that is the antenna's.
device open_receiver(unsigned channels = 1)
{
    return device(device_under_test() +
                  ",format=sc16,rate=2e5,freq=1e8,gain=0,noise=none,interval_us=5000,dma=copy,"
                  "ring_bytes=16777216,channels=" +
                  std::to_string(channels));
}

antenna::feed_options feed_of(std::uint64_t buffer_samples, unsigned channels = 1)
{
    antenna::feed_options o;
    o.rate = rate;
    o.channels = channels;
    o.buffer_samples = buffer_samples;
    return o;
}

// Writes the samples from first to end, and waits for room. Channel c has them c bits to the left.
void feed(antenna& out, std::uint64_t first, std::uint64_t end, unsigned channels = 1)
{
    std::vector<std::vector<std::uint32_t>> piece(channels);
    std::vector<const void*> at(channels);
    while (first < end) {
        ASSERT_GT(out.wait_room(1, patience), 0u);
        const std::uint64_t n = std::min<std::uint64_t>(end - first, 100000);
        for (unsigned c = 0; c < channels; c++) {
            piece[c].resize(n);
            for (std::uint64_t i = 0; i < n; i++)
                piece[c][i] = static_cast<std::uint32_t>(first + i + 1) << c;
            at[c] = piece[c].data();
        }
        first += out.write(at.data(), n);
    }
}

// From the first sample of the feed on.
struct received {
    std::uint64_t samples = 0;
    std::uint64_t silent = 0;
    std::uint64_t wrong = 0;   // neither of their moment nor silent
    std::uint64_t flagged = 0; // by their bursts
    std::uint64_t lost = 0;
};

// Reads until the stream has stopped. The first sample that is not silent has the index first_index.
received read_all(reader& in, unsigned channels = 1, std::uint64_t first_index = 0)
{
    received all;
    bool has_begun = false;
    while (in.wait(1, patience) == status::data) {
        const reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples)) {
            all.flagged += b->feed_underflow_samples;
            all.lost += b->lost;
        }
        std::uint64_t first = 0;
        while (!has_begun && first < v.samples &&
               !static_cast<const std::uint32_t*>(v.channel[0])[first])
            first++;
        if (!has_begun && first < v.samples) {
            has_begun = true;
            all.samples = first_index;
        }
        for (unsigned c = 0; c < channels; c++)
            for (std::uint64_t i = first; i < v.samples; i++) {
                const std::uint32_t word = static_cast<const std::uint32_t*>(v.channel[c])[i];
                const std::uint64_t expected = all.samples + i - first + 1;
                all.silent += word == 0;
                all.wrong += word && word != static_cast<std::uint32_t>(expected) << c;
            }
        all.samples += v.samples - first;
        in.release(v.samples);
    }
    return all;
}

// Those that need no antenna.

TEST(AntennaName, TellsWhatToDoWhereThereIsNone)
{
    EXPECT_EQ(error_of([] { antenna("/dev/zcring-antenna4711"); }), ENOENT);
    expect_says(message_of<std::system_error>([] { antenna("/dev/zcring-antenna4711"); }),
                { "/dev/zcring-antenna4711", "modprobe", "zcring serve" });
    expect_says(message_of<std::invalid_argument>([] { antenna("emulator"); }), { "zcring serve" });
    expect_says(message_of<std::system_error>([] { antenna("/dev/null"); }),
                { "/dev/null", "not a zcring antenna" });
}

class Antenna : public testing::Test
{
protected:
    void SetUp() override
    {
        if (on_emulator())
            GTEST_SKIP() << "the emulator has no antenna for other programs";
    }
};

TEST_F(Antenna, IsListedAndIsOpenedByEitherName)
{
    const std::string name = antenna(path_under_test()).name();
    const std::vector<std::string> all = antenna::list();
    EXPECT_EQ(std::count(all.begin(), all.end(), name), 1);
    EXPECT_TRUE(eventually([&] { return error_of([&] { antenna again(name); }) == 0; }));
}

TEST_F(Antenna, EverySampleOfAFeedIsReceivedAtItsMoment)
{
    constexpr std::uint64_t samples = 600000;
    device radio = open_receiver();
    reader in(radio);
    antenna out(path_under_test());
    out.begin_feed(feed_of(roomy_samples));
    radio.start();
    feed(out, 0, samples);
    EXPECT_EQ(out.status().position, samples);
    out.end_feed();
    const received all = read_all(in);
    EXPECT_EQ(all.samples, samples);
    EXPECT_EQ(all.silent + all.wrong + all.lost + all.flagged, 0u);
    EXPECT_TRUE(out.wait_taken(patience));
    EXPECT_TRUE(out.status().has_ended);
    EXPECT_EQ(out.status().underflow_count, 0u);
}

TEST_F(Antenna, SamplesOfSeveralChannelsStayTogether)
{
    constexpr std::uint64_t samples = 200000;
    device radio = open_receiver(2);
    reader in(radio);
    antenna out(path_under_test());
    out.begin_feed(feed_of(1 << 16, 2)); // written in many parts
    radio.start();
    feed(out, 0, samples, 2);
    out.end_feed();
    const received all = read_all(in, 2);
    EXPECT_EQ(all.wrong, 0u);
    EXPECT_EQ(all.silent, 2 * out.status().underflow_samples) << "if this machine is slow";
}

TEST_F(Antenna, AFeederThatPausesLeavesExactlyThatManySamplesOfSilence)
{
    if (device_under_test().find(",member") != std::string::npos)
        GTEST_SKIP() << "free pace waits for its feeder";
    constexpr std::uint64_t before = 50000, pause = rate, end = before + 3 * rate;
    device radio = open_receiver();
    reader in(radio);
    antenna out(path_under_test());
    out.begin_feed(feed_of(roomy_samples));
    radio.start();
    feed(out, 0, before);
    EXPECT_TRUE(eventually([&] { return out.status().clock >= before + pause; }));
    EXPECT_TRUE(out.status().is_running);
    feed(out, before, end); // goes on where it was, and catches up
    out.end_feed();
    const received all = read_all(in);
    const antenna::feed_status s = out.status();
    EXPECT_EQ(all.samples, end);
    EXPECT_EQ(all.wrong + all.lost, 0u);
    EXPECT_GE(all.silent, pause);
    EXPECT_EQ(all.flagged, all.silent);
    EXPECT_EQ(s.late_samples, all.silent);
    EXPECT_EQ(s.underflow_samples, all.silent);
    EXPECT_EQ(s.underflow_count, 1u);
    EXPECT_EQ(radio.telemetry().feed_underflow_samples, all.silent);
}

TEST_F(Antenna, AnnouncedSilenceIsNoUnderflow)
{
    constexpr std::uint64_t until = rate / 2;
    device radio = open_receiver();
    reader in(radio);
    antenna out(path_under_test());
    out.begin_feed(feed_of(0));
    radio.start();
    out.silence_until(10000);
    feed(out, 10000, 11000);
    expect_says(message_of<std::invalid_argument>([&] { out.silence_until(10999); }),
                { "10999", "11000" });
    out.silence_until(until);
    EXPECT_EQ(out.status().position, until);
    feed(out, until, until + 1000);
    out.end_feed();
    const received all = read_all(in, 1, 10000);
    EXPECT_EQ(all.samples, until + 1000);
    EXPECT_EQ(all.silent, until - 11000);
    EXPECT_EQ(all.wrong + all.flagged, 0u);
}

// A server with real pace takes samples without a receiver: at first one in 1000 s.
TEST_F(Antenna, AFullBufferMakesTheFeederWait)
{
    const bool has_real_pace =
        on_server() && device_under_test().find(",member") == std::string::npos;
    device radio = open_receiver();
    reader in(radio);
    antenna out(path_under_test());
    antenna::feed_options options = feed_of(1 << 16);
    if (has_real_pace)
        options.rate = 0.001;
    out.begin_feed(options);
    const std::vector<std::uint32_t> samples(1 << 17, 1);
    const void* channel = samples.data();
    EXPECT_GE(out.wait_room(1 << 14, 0ns), 1u << 14);
    EXPECT_EQ(out.write(&channel, samples.size()), 1u << 16) << "never waits";
    EXPECT_EQ(out.write(&channel, samples.size()), 0u);
    EXPECT_EQ(out.wait_room(1, 1ms), 0u) << "the antenna takes none";
    const int wake = eventfd(1, EFD_CLOEXEC);
    EXPECT_EQ(out.wait_room(1, -1ns, wake), 0u);
    EXPECT_FALSE(out.wait_taken(-1ns, wake));
    EXPECT_FALSE(out.wait_taken(1ms));
    close(wake);
    if (has_real_pace) {
        out.begin_feed(feed_of(1 << 16));
        EXPECT_GE(out.write(&channel, samples.size()), 1u << 16);
    }
    radio.start();
    EXPECT_GE(out.wait_room(1 << 14, patience), 1u << 14);
    EXPECT_GT(out.write(&channel, samples.size()), 0u);
    radio.stop();
}

TEST_F(Antenna, CallsWithoutAFeedAreRefused)
{
    antenna out(path_under_test());
    const std::uint32_t sample = 1;
    const void* channel = &sample;
    EXPECT_EQ(error_of([&] { out.write(&channel, 1); }), ENODATA);
    EXPECT_EQ(error_of([&] { out.end_feed(); }), ENODATA);
    out.begin_feed(feed_of(0));
    EXPECT_EQ(out.write(&channel, 1), 1u);
    out.end_feed();
    EXPECT_EQ(error_of([&] { out.write(&channel, 1); }), ENOSPC);
    EXPECT_EQ(error_of([&] { out.wait_room(1, patience); }), ENOSPC);
    out.begin_feed(feed_of(0));
    EXPECT_EQ(out.write(&channel, 1), 1u) << "another feed";
}

TEST_F(Antenna, HasOneFeeder)
{
    const auto feed_once = [] { antenna(path_under_test()).begin_feed(feed_of(0)); };
    antenna first(path_under_test());
    first.begin_feed(feed_of(0));
    expect_says(message_of<std::system_error>(feed_once), { "another program feeds" });
    {
        const antenna moved = std::move(first);
        EXPECT_EQ(error_of(feed_once), EBUSY);
    }
    EXPECT_TRUE(eventually([&] { return error_of(feed_once) == 0; })) << "the first one is closed";
}

TEST_F(Antenna, ValuesOutOfRangeAreRefused)
{
    antenna out(path_under_test());
    antenna::feed_options o = feed_of(0);
    o.rate = 0;
    expect_says(message_of<std::invalid_argument>([&] { out.begin_feed(o); }), { "rate=0" });
    o = feed_of(1ull << 29);
    expect_says(message_of<std::invalid_argument>([&] { out.begin_feed(o); }), { "268435456" });
    o = feed_of(0, 9);
    expect_says(message_of<std::invalid_argument>([&] { out.begin_feed(o); }), { "channels=9" });
    expect_says(message_of<std::invalid_argument>([&] { out.set_scene({}, nullptr, 0); }),
                { "0 samples" });
}

TEST_F(Antenna, SamplesInMemoryAreAScene)
{
    const std::vector<std::uint32_t> samples = { 0x00010001, 0x00020003, 0x00040005 };
    const void* channel = samples.data();
    device radio = open_receiver();
    reader in(radio);
    antenna out(path_under_test());
    antenna::scene_options o;
    o.rate = rate;
    out.set_scene(o, &channel, samples.size());
    radio.start();
    ASSERT_EQ(in.wait(100, patience), status::data);
    const reader::view v = in.acquire(99);
    for (std::uint64_t i = 0; i < v.samples; i++)
        EXPECT_EQ(static_cast<const std::uint32_t*>(v.channel[0])[i], samples[i % 3]) << i;
    radio.stop();
    o.loop = looping::no;
    out.set_scene(o, &channel, samples.size());
    radio.start();
    ASSERT_EQ(in.wait(1, patience), status::data);
    EXPECT_EQ(in.acquire().samples, samples.size()) << "once";
}

// Longer than the memory through which a server takes it.
TEST_F(Antenna, TakesALongSceneWhole)
{
    std::vector<std::uint32_t> samples(500000);
    std::iota(samples.begin(), samples.end(), 1u);
    const void* channel = samples.data();
    device radio = open_receiver();
    reader in(radio);
    antenna out(path_under_test());
    antenna::scene_options o;
    o.rate = rate;
    out.set_scene(o, &channel, samples.size());
    radio.start();
    std::uint64_t seen = 0, wrong = 0, last = 0;
    while (seen < samples.size() && in.wait(1, patience) == status::data) {
        const reader::view v = in.acquire();
        for (std::uint64_t i = 0; i < v.samples; i++, seen++) {
            const std::uint64_t word = static_cast<const std::uint32_t*>(v.channel[0])[i];
            wrong += seen && word != last % samples.size() + 1;
            last = word;
        }
        in.release(v.samples);
    }
    EXPECT_GE(seen, samples.size());
    EXPECT_EQ(wrong, 0u);
}

TEST_F(Antenna, TakesARecordingAndABuiltInScene)
{
    const temporary_directory where;
    arguments scene;
    scene.scene = write_recording(where, "r", "ci16_le", { 1, 0, 2, 0, 3, 0, 4, 0 }, rate);
    scene.gain = 3;
    antenna out(path_under_test());
    expect_says(message_of<std::invalid_argument>([&] { out.set_scene(scene); }), { "gain=" });
    scene.gain.reset();
    device radio = open_receiver();
    reader in(radio);
    out.set_scene(scene);
    radio.set_frequency(433.92e6);
    radio.start();
    ASSERT_EQ(in.wait(2, patience), status::data);
    const reader::view v = in.acquire(2);
    EXPECT_EQ(static_cast<const std::uint32_t*>(v.channel[0])[0], 0x00020001u);
    EXPECT_EQ(static_cast<const std::uint32_t*>(v.channel[0])[1], 0x00040003u);
    radio.stop();
    scene = {};
    scene.scene = "counter";
    out.set_scene(scene);
    EXPECT_EQ(error_of([&] { out.status(); }), ENODATA);
}

} // namespace
