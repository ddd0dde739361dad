// SPDX-License-Identifier: GPL-3.0-or-later
//
// Live feeds through the antenna's node. Sample n of a feed has the value n + 1, so that every sample
// that is received is either the one of its moment or silence, which is 0.
#include "fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

namespace driver {
namespace {

constexpr std::uint64_t rate = 1000000;
constexpr std::uint64_t roomy_samples = 1u << 24; // 16 s

zcring_scene feed_scene(std::uint64_t samples, std::uint32_t channels = 1)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_FEED;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = samples;
    scene.channels = channels;
    scene.freq_uhz = 100000000 * uhz;
    scene.rate_num = rate;
    scene.rate_den = 1;
    return scene;
}

zcring_feed progress(const antenna_file& antenna)
{
    return antenna.get<zcring_feed>(ZCRING_IOC_GET_FEED);
}

// Writes the samples [first, end) and waits for room; the errno, or 0.
int feed(const antenna_file& antenna, std::uint64_t first, std::uint64_t end)
{
    std::vector<std::uint32_t> piece(std::min<std::uint64_t>(end - first, 1 << 18));
    while (first < end) {
        const std::uint64_t n = std::min<std::uint64_t>(end - first, piece.size());
        std::iota(piece.begin(), piece.end(), static_cast<std::uint32_t>(first + 1));
        const ssize_t written = antenna.write(piece.data(), n * 4);
        if (written <= 0)
            return written ? static_cast<int>(-written) : EIO;
        first += static_cast<std::uint64_t>(written) / 4;
    }
    return 0;
}

struct received {
    std::uint64_t samples = 0;
    std::uint64_t silent = 0;
    std::uint64_t wrong = 0;   // neither of their moment nor silent
    std::uint64_t flagged = 0; // in bursts that say so
};

// Looks at all samples of a stopped stream that lost none.
received look_at(const mapped_ring& ring)
{
    received result;
    result.samples = ring.head();
    const auto* words = ring.sample<std::uint32_t>(0);
    for (std::uint64_t n = 0; n < result.samples; n++) {
        result.silent += words[n] == 0;
        result.wrong += words[n] && words[n] != n + 1;
    }
    for (std::uint64_t b = 0; b < acquire(ring.meta().burst_head); b++) {
        const zcring_burst& burst = ring.burst(b);
        result.flagged += burst.feed_underflow_samples;
        EXPECT_EQ(burst.feed_underflow_samples > 0, (burst.flags & ZCRING_BURST_UNDERFLOW) != 0);
    }
    return result;
}

// Whether a thread of this process sleeps.
bool is_asleep(pid_t thread)
{
    std::ifstream in("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string text;
    std::getline(in, text);
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && text[name_end + 2] == 'S';
}

class Feed : public Driver
{
protected:
    // A stopped radio with a ring of 16 s, tuned to the middle of the feed.
    void tune(const device_file& radio, std::uint32_t channels = 1)
    {
        zcring_config config = roomy_config();
        config.channels = channels;
        config.ring_bytes /= channels;
        ASSERT_EQ(radio.configure(config), 0);
        zcring_control control{};
        control.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_NOISE;
        control.channels = (1u << channels) - 1;
        control.freq_uhz = feed_scene(0).freq_uhz;
        control.noise_mb = ZCRING_NOISE_NONE;
        ASSERT_EQ(radio.control(control), 0);
    }
    static bool wait_stopped(const device_file& radio)
    {
        return eventually([&] { return radio.info().state == ZCRING_STATE_STOPPED; });
    }
};

TEST_F(Feed, EverySampleOfAFeederIsReceivedAtItsMoment)
{
    constexpr std::uint64_t samples = 3000000;
    device_file radio;
    tune(radio);
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(feed_scene(roomy_samples)), 0);
    ASSERT_EQ(feed(antenna, 0, samples / 3), 0);
    const mapped_ring ring(radio);
    ASSERT_EQ(radio.start(), 0);
    ASSERT_EQ(feed(antenna, samples / 3, samples), 0);
    ASSERT_EQ(antenna.call(ZCRING_IOC_FEED_END), 0);
    ASSERT_TRUE(wait_stopped(radio));
    const received all = look_at(ring);
    EXPECT_EQ(all.samples, samples);
    EXPECT_EQ(all.silent, 0u);
    EXPECT_EQ(all.wrong, 0u);
    EXPECT_EQ(radio.telemetry().lost_samples, 0u);
    EXPECT_EQ(radio.telemetry().feed_underflow_samples, 0u);
    const std::uint32_t more = 1;
    EXPECT_EQ(antenna.write(&more, 4), -ENOSPC) << "after the end";
}

TEST_F(Feed, AFeederThatPausesLeavesExactlyThatManySamplesOfSilence)
{
    constexpr std::uint64_t before = 100000, pause = rate, end = before + 3 * rate;
    device_file radio;
    tune(radio);
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(feed_scene(roomy_samples)), 0);
    ASSERT_EQ(feed(antenna, 0, before), 0);
    const mapped_ring ring(radio);
    ASSERT_EQ(radio.start(), 0);
    ASSERT_TRUE(eventually([&] { return radio.telemetry().sample_clock >= before + pause; }));
    ASSERT_EQ(feed(antenna, before, end), 0); // goes on where it was, and catches up
    ASSERT_EQ(antenna.call(ZCRING_IOC_FEED_END), 0);
    ASSERT_TRUE(wait_stopped(radio));
    const received all = look_at(ring);
    const zcring_telemetry t = radio.telemetry();
    EXPECT_EQ(all.samples, end);
    EXPECT_EQ(all.wrong, 0u);
    EXPECT_GE(all.silent, pause);
    EXPECT_EQ(t.feed_underflow_samples, all.silent);
    EXPECT_EQ(t.feed_underflow_count, 1u);
    EXPECT_EQ(attribute("feed_underflow_samples"), std::to_string(all.silent));
    EXPECT_EQ(attribute("feed_underflow_count"), "1");
    EXPECT_EQ(all.flagged, all.silent);
    const zcring_feed f = progress(antenna);
    EXPECT_EQ(f.late_samples, all.silent) << "these were written too late";
    EXPECT_EQ(f.underflow_samples, all.silent);
    EXPECT_EQ(f.written, end);
    EXPECT_EQ(f.clock, end);
    EXPECT_TRUE(f.flags & ZCRING_FEED_ENDED);
    const auto* words = ring.sample<std::uint32_t>(0);
    EXPECT_NE(words[before - 1], 0u);
    EXPECT_EQ(words[before], 0u);
    EXPECT_EQ(words[before + all.silent - 1], 0u);
    EXPECT_NE(words[before + all.silent], 0u);
}

TEST_F(Feed, AnnouncedSilenceIsNoUnderflow)
{
    device_file radio;
    tune(radio);
    const antenna_file antenna;
    zcring_feed_until until{};
    EXPECT_EQ(antenna.call(ZCRING_IOC_FEED_UNTIL, &until), ENODATA) << "no feed is on the air";
    ASSERT_EQ(antenna.scene(feed_scene(0)), 0);
    ASSERT_EQ(feed(antenna, 0, 1000), 0);
    until.index = 999;
    EXPECT_EQ(antenna.call(ZCRING_IOC_FEED_UNTIL, &until), EINVAL) << "back";
    until.index = 2 * rate;
    until.reserved[2] = 1;
    EXPECT_EQ(antenna.call(ZCRING_IOC_FEED_UNTIL, &until), EINVAL);
    until.reserved[2] = 0;
    ASSERT_EQ(antenna.call(ZCRING_IOC_FEED_UNTIL, &until), 0);
    const mapped_ring ring(radio);
    ASSERT_EQ(radio.start(), 0);
    ASSERT_EQ(feed(antenna, until.index, until.index + 1000), 0);
    ASSERT_EQ(antenna.call(ZCRING_IOC_FEED_END), 0);
    ASSERT_TRUE(wait_stopped(radio));
    const received all = look_at(ring);
    EXPECT_EQ(all.samples, until.index + 1000);
    EXPECT_EQ(all.silent, until.index - 1000);
    EXPECT_EQ(all.wrong, 0u);
    EXPECT_EQ(radio.telemetry().feed_underflow_samples, 0u);
}

TEST_F(Feed, AFullBufferMakesTheFeederWait)
{
    device_file radio;
    tune(radio);
    const antenna_file antenna(O_RDWR | O_NONBLOCK);
    ASSERT_EQ(antenna.scene(feed_scene(1 << 16)), 0);
    EXPECT_EQ(antenna.poll(POLLOUT, 0), POLLOUT);
    EXPECT_EQ(feed(antenna, 0, 1 << 17), EAGAIN);
    const zcring_feed full = progress(antenna);
    EXPECT_EQ(full.buffer_samples, 1u << 16);
    EXPECT_EQ(full.written, 1u << 16);
    EXPECT_EQ(antenna.poll(POLLOUT, 0), 0);
    ASSERT_EQ(radio.start(), 0);
    EXPECT_EQ(antenna.poll(POLLOUT, std::chrono::milliseconds(time_limit).count()), POLLOUT);
    EXPECT_EQ(feed(antenna, full.written, full.written + 1000), 0);
    EXPECT_EQ(radio.stop(), 0);
}

// No stream runs: nothing but the end of the feed can wake the writer.
TEST_F(Feed, TheEndOfAFeedWakesItsWriter)
{
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(feed_scene(1 << 16)), 0);
    std::thread writer([&] { EXPECT_EQ(feed(antenna, 0, 1 << 17), ENOSPC); });
    EXPECT_TRUE(eventually([&] { return progress(antenna).written == 1u << 16; }));
    EXPECT_EQ(antenna.call(ZCRING_IOC_FEED_END), 0);
    EXPECT_EQ(antenna.poll(POLLOUT, 0), POLLOUT) << "a write would not wait";
    writer.join();
}

// No stream runs, and the buffer stays full: a write would not wait, as there is no feeder.
TEST_F(Feed, AFeederThatClosesWakesWhoWaitsForRoom)
{
    device_file radio;
    tune(radio);
    ASSERT_EQ(radio.stop(), 0); // the consumer keeps the feed
    antenna_file feeder(O_RDWR | O_NONBLOCK);
    ASSERT_EQ(feeder.scene(feed_scene(1 << 16)), 0);
    EXPECT_EQ(feed(feeder, 0, 1 << 17), EAGAIN);
    const antenna_file other;
    ASSERT_EQ(other.poll(POLLOUT, 0), 0);
    int give_up[2];
    ASSERT_EQ(pipe2(give_up, O_CLOEXEC), 0);
    pollfd entries[] = { { other.fd(), POLLOUT, 0 }, { give_up[0], POLLIN, 0 } };
    std::atomic<pid_t> waiter{ 0 };
    std::atomic<bool> is_awake{ false };
    std::thread thread([&] {
        waiter = gettid();
        ::poll(entries, 2, -1); // at the end of a time limit poll() would look again
        is_awake = true;
    });
    EXPECT_TRUE(eventually([&] { return waiter && is_asleep(waiter); }));
    EXPECT_FALSE(is_awake);
    feeder.close();
    EXPECT_TRUE(eventually([&] { return is_awake.load(); }));
    ::close(give_up[1]); // wakes it in any case
    thread.join();
    EXPECT_EQ(entries[0].revents, POLLOUT);
    ::close(give_up[0]);
}

TEST_F(Feed, FramesHaveASampleOfEachChannel)
{
    constexpr std::uint64_t frames = 100000;
    device_file radio;
    tune(radio, 2);
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(feed_scene(frames, 2)), 0);
    std::vector<std::uint32_t> samples(2 * frames);
    for (std::uint64_t n = 0; n < frames; n++) {
        samples[2 * n] = static_cast<std::uint32_t>(n + 1);
        samples[2 * n + 1] = static_cast<std::uint32_t>(n + 1) << 8;
    }
    EXPECT_EQ(antenna.write(samples.data(), 7), -EINVAL) << "less than a frame";
    EXPECT_EQ(antenna.write(samples.data(), 0), 0);
    EXPECT_EQ(antenna.write(samples.data(), 8 * frames - 1), static_cast<ssize_t>(8 * frames - 8));
    EXPECT_EQ(antenna.write(samples.data() + 2 * (frames - 1), 8), 8);
    ASSERT_EQ(antenna.call(ZCRING_IOC_FEED_END), 0);
    const mapped_ring ring(radio);
    ASSERT_EQ(radio.start(), 0);
    ASSERT_TRUE(wait_stopped(radio));
    ASSERT_EQ(ring.head(), frames);
    std::uint64_t wrong = 0;
    for (std::uint64_t n = 0; n < frames; n++)
        wrong += *ring.sample<std::uint32_t>(n, 0) != samples[2 * n] ||
                 *ring.sample<std::uint32_t>(n, 1) != samples[2 * n + 1];
    EXPECT_EQ(wrong, 0u);
}

TEST_F(Feed, AFeedThatIsTooLargeOrWrongIsRefused)
{
    const antenna_file antenna;
    EXPECT_EQ(antenna.scene(feed_scene(1ull << 29)), EINVAL) << "2 GiB";
    zcring_scene scene = feed_scene(0);
    scene.flags = ZCRING_SCENE_ONCE;
    EXPECT_EQ(antenna.scene(scene), EINVAL);
    scene = feed_scene(0);
    scene.rate_den = 0;
    EXPECT_EQ(antenna.scene(scene), EINVAL);
    zcring_feed none{};
    EXPECT_EQ(antenna.call(ZCRING_IOC_GET_FEED, &none), ENODATA);
    EXPECT_EQ(antenna.call(ZCRING_IOC_FEED_END), ENODATA);
}

TEST_F(Feed, AFeederThatIsKilledInAWriteLeavesRoomForTheNextOne)
{
    device_file radio;
    tune(radio);
    ASSERT_EQ(radio.stop(), 0); // the consumer keeps the feed
    const mapped_ring ring(radio);
    const antenna_file observer(O_RDONLY);
    const pid_t child = fork();
    if (!child) {
        const antenna_file antenna;
        if (!antenna.scene(feed_scene(1 << 16)))
            feed(antenna, 0, 1ull << 40); // no stream runs: waits for room
        _exit(1);
    }
    zcring_feed f{};
    EXPECT_TRUE(eventually(
        [&] { return !observer.call(ZCRING_IOC_GET_FEED, &f) && f.written == 1u << 16; }));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));

    // What the first has written is still played, and then the antenna is silent.
    ASSERT_EQ(radio.start(), 0);
    ASSERT_TRUE(eventually([&] { return radio.telemetry().sample_clock > (1u << 16) + rate / 2; }));
    const antenna_file next;
    ASSERT_EQ(next.scene(feed_scene(0)), 0) << "while the radio streams";
    const std::uint32_t sample = 0x12345678;
    ASSERT_EQ(next.write(&sample, 4), 4);
    ASSERT_EQ(next.call(ZCRING_IOC_FEED_END), 0);
    ASSERT_TRUE(wait_stopped(radio));
    const std::uint64_t end = ring.head();
    const auto* words = ring.sample<std::uint32_t>(0);
    std::uint64_t wrong = 0;
    for (std::uint64_t n = 0; n < end; n++)
        wrong += words[n] != (n < 1u << 16 ? n + 1 : n < end - 1 ? 0 : sample);
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(radio.telemetry().feed_underflow_samples, 0u);
    EXPECT_EQ(radio.telemetry().lost_samples, 0u);
}

// The writer does not sleep then: only the signal ends its write.
TEST_F(Feed, AFeederIsKilledWhileThereIsRoom)
{
    const antenna_file observer(O_RDONLY);
    const pid_t child = fork();
    if (!child) {
        const antenna_file antenna;
        const std::vector<std::uint32_t> samples(roomy_samples);
        if (!antenna.scene(feed_scene(roomy_samples)))
            (void)!antenna.write(samples.data(), samples.size() * 4);
        _exit(1);
    }
    zcring_feed f{};
    EXPECT_TRUE(
        eventually([&] { return !observer.call(ZCRING_IOC_GET_FEED, &f) && f.written > 0; }));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    EXPECT_TRUE(eventually([&] { return waitpid(child, nullptr, WNOHANG) == child; }));
    EXPECT_LT(f.written, roomy_samples);
    EXPECT_EQ(set_scene(ZCRING_SCENE_TONE), 0) << "the next feeder";
}

TEST_F(Feed, ARecordingIsLoadedWhileTheRadioStreams)
{
    device_file radio;
    tune(radio);
    ASSERT_EQ(set_scene(ZCRING_SCENE_COUNTER), 0);
    const mapped_ring ring(radio);
    ASSERT_EQ(radio.start(), 0);
    ASSERT_TRUE(radio.wait_readable());
    zcring_scene scene = feed_scene(1000);
    scene.kind = ZCRING_SCENE_MEMORY;
    const std::vector<std::uint32_t> samples(1000, 0x00010001);
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(scene), 0);
    ASSERT_EQ(antenna.write(samples.data(), 4000), 4000);
    const std::uint64_t loaded = radio.telemetry().sample_clock;
    ASSERT_TRUE(eventually([&] { return radio.telemetry().sample_clock > loaded + 10000; }));
    scene.rate_num = 65 * rate;
    ASSERT_EQ(antenna.scene(scene), 0);
    EXPECT_EQ(antenna.write(samples.data(), 4000), -ERANGE) << "cannot be received at this rate";
    EXPECT_EQ(attribute("scene"), "memory");
    ASSERT_EQ(radio.stop(), 0);
    const zcring_telemetry t = radio.telemetry();
    EXPECT_EQ(t.lost_samples, 0u);
    const auto* words = ring.sample<std::uint32_t>(0);
    std::uint64_t counted = 0;
    while (counted < ring.head() && words[counted] == counted)
        counted++;
    EXPECT_GT(counted, 0u);
    EXPECT_LE(counted, loaded);
    std::uint64_t wrong = 0;
    for (std::uint64_t n = counted; n < ring.head(); n++)
        wrong += words[n] != 0x00010001;
    EXPECT_EQ(wrong, 0u) << "from sample " << counted << " on";
    ASSERT_EQ(antenna.scene(ZCRING_SCENE_TONE), 0);
}

} // namespace
} // namespace driver
