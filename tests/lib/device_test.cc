// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "support.h"

#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace {

using namespace zcring;
using namespace zcring_test;

TEST(Device, IsAsTheArgumentsSay)
{
    for (const format f : { format::sc8, format::sc16, format::fc32 })
        for (const unsigned channels : { 1u, 2u, 8u }) {
            const device dev(
                with("ring_bytes=65536,interval_us=2500,format=" + std::string(to_string(f)) +
                     ",channels=" + std::to_string(channels)));
            EXPECT_EQ(dev.format(), f);
            EXPECT_EQ(dev.channels(), channels);
            EXPECT_EQ(dev.ring_samples(), 65536 / sample_bytes(f));
            EXPECT_EQ(dev.interval(), 0.0025);
            EXPECT_EQ(dev.is_emulator(), on_emulator());
            EXPECT_EQ(dev.name(), on_emulator() ? "emulator" : device_under_test().substr(7));
        }
}

TEST(Device, IsTunedAsTheArgumentsSay)
{
    const device dev(with("channels=3,rate=1234567.5,freq=433920000.5,gain=-3.5"));
    const tuning t = dev.tuning();
    EXPECT_EQ(t.rate, 1234567.5);
    for (unsigned c = 0; c < 3; c++) {
        EXPECT_EQ(t.frequency[c], 433920000.5);
        EXPECT_EQ(t.gain[c], -3.5);
    }
    EXPECT_EQ(t.bandwidth, 0);
}

TEST(Device, TakesArgumentsThatAProgramSet)
{
    arguments a = parse_arguments(with(""));
    a.format = format::fc32;
    const device dev(a);
    EXPECT_EQ(dev.format(), format::fc32);
    a.channels = 9;
    EXPECT_THROW(device{ a }, std::invalid_argument);
}

TEST(Device, RefusesABadArgumentByItsName)
{
    expect_says(message_of<std::invalid_argument>([] { device dev(with("ring_bytes=5000")); }),
                { "ring_bytes=5000", "power of two" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("rate=0")); }),
                { "rate=0" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("channels=9")); }),
                { "channels=9" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("colour=red")); }),
                { "colour", "rate" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("scene=jazz")); }),
                { "jazz", "tone" });
}

TEST(Device, SaysWhatToDoWhereThereIsNone)
{
    const auto open = [] { device dev("device=/dev/zcring99"); };
    EXPECT_EQ(error_of(open), ENOENT);
    expect_says(message_of<std::system_error>(open),
                { "/dev/zcring99", "modprobe zcring", "emulator" });
}

TEST(Device, RefusesAFileThatIsNoZcring)
{
    const auto open = [] { device dev("device=/dev/null"); };
    EXPECT_EQ(error_of(open), ENOTTY);
    expect_says(message_of<std::system_error>(open), { "/dev/null", "not a zcring" });

    const temporary_directory where;
    const std::string file = where.write("file", "zcring");
    const auto open_file = [&] { device dev("device=" + file); };
    EXPECT_EQ(error_of(open_file), ENOTTY);
    expect_says(message_of<std::system_error>(open_file), { file.c_str(), "not a zcring" });
    EXPECT_EQ(error_of([&] { device dev("device=" + where.path().string()); }), EISDIR);
}

// Root may open anything: it has to become nobody first, and in a process of its own.
TEST(Device, SaysWhatToDoWithoutPermission)
{
    const temporary_directory where;
    const std::string file = where.write("locked", "");
    std::filesystem::permissions(file, std::filesystem::perms::none);
    std::filesystem::permissions(where.path(), std::filesystem::perms::all);
    const auto check = [&] {
        const auto open = [&] { device dev("device=" + file); };
        EXPECT_EQ(error_of(open), EACCES);
        expect_says(message_of<std::system_error>(open),
                    { file.c_str(), "permission denied", "group" });
        return testing::Test::HasFailure();
    };
    if (geteuid() != 0) {
        check();
        return;
    }
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        _exit(seteuid(65534) != 0 ? 2 : check());
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        GTEST_SKIP() << "cannot drop privileges";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Device, OpensTheFirstThereIsAndElseTheEmulator)
{
    const device dev;
    EXPECT_EQ(dev.is_emulator(), dev.name() == "emulator");
    EXPECT_TRUE(dev.is_emulator() || dev.name().rfind("/dev/zcring", 0) == 0) << dev.name();
}

TEST(Device, StartsOnceAtATime)
{
    device dev(with(""));
    dev.start();
    EXPECT_EQ(error_of([&] { dev.start(); }), EBUSY);
    EXPECT_EQ(error_of([&] { dev.resume(); }), EBUSY);
    dev.stop();
    dev.stop();
    dev.resume();
    dev.stop();
    dev.start();
}

TEST(Device, RefusesAPrerollOfMoreThanHalfTheRing)
{
    device dev(with(""));
    device::start_options options;
    options.preroll_samples = dev.ring_samples() / 2 + 1;
    EXPECT_EQ(error_of([&] { dev.start(options); }), EINVAL);
    options.preroll_samples = dev.ring_samples() / 2;
    dev.start(options);
}

TEST(Device, RefusesACommandOutOfRangeAndChangesNothing)
{
    device dev(with("channels=2"));
    const double nan = std::nan("");
    const double infinity = std::numeric_limits<double>::infinity();
    const auto refused = [&](const char* name, auto change) {
        command c;
        c.frequency = 1e6; // good, and not to be obeyed either
        change(c);
        expect_says(message_of<std::invalid_argument>([&] { dev.control(c); }), { name });
    };
    for (const double f : { 1.1e12, -1.1e12, nan, infinity, -infinity })
        refused("frequency", [=](command& c) { c.frequency = f; });
    for (const double g : { 60.1, -60.1, nan, infinity })
        refused("gain", [=](command& c) { c.gain = g; });
    for (const double b : { -1.0, 1.1e12, nan })
        refused("bandwidth", [=](command& c) { c.bandwidth = b; });
    for (const double r : { 0.0, -1.0, 1.1e10, nan, infinity })
        refused("rate", [=](command& c) { c.rate = r; });
    for (const unsigned mask : { 0u, 4u, 7u, 0x80000000u })
        refused("channel", [=](command& c) { c.channels = mask; });
    EXPECT_EQ(dev.tuning().frequency[0], 1e8);
    EXPECT_EQ(dev.tuning().gain[0], 0);
    EXPECT_EQ(dev.tuning().rate, 1e6);
}

TEST(Device, RefusesACommandThatSaysNothing)
{
    device dev(with(""));
    EXPECT_EQ(error_of([&] { dev.control(command{}); }), EINVAL);
}

TEST(Device, TunesEachChannelForItself)
{
    device dev(with("channels=2"));
    dev.set_frequency(5e6, 1);
    dev.set_frequency(-7e6, 2);
    dev.set_gain(12.34, 2);
    dev.set_rate(1e6 / 3);
    const tuning t = dev.tuning();
    EXPECT_EQ(t.frequency[0], 5e6);
    EXPECT_EQ(t.frequency[1], -7e6);
    EXPECT_EQ(t.gain[0], 0);
    EXPECT_EQ(t.gain[1], 12.34);
    EXPECT_EQ(t.rate, 1e6 / 3);
}

TEST(Device, SaysWhenTooManyTimedCommandsWait)
{
    device dev(with("interval_us=60000000"));
    dev.start();
    command c;
    c.gain = 1;
    c.at_clock = std::uint64_t{ 1 } << 60;
    int sent = 0;
    int error = 0;
    for (; !error && sent < 10000; sent++)
        error = error_of([&] { dev.control(c); });
    EXPECT_EQ(error, ENOSPC);
    EXPECT_GT(sent, 32);
}

// A device keeps its time: afterwards it is the machine's again, for those who come next.
class DeviceTime : public testing::Test
{
protected:
    static std::uint64_t realtime()
    {
        const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(now.count());
    }
    static void set(device& dev, std::uint64_t time_ns)
    {
        command c;
        c.time_ns = time_ns;
        dev.control(c);
    }
    void TearDown() override { set(d_dev, realtime()); }

    static constexpr std::uint64_t y2001 = 1000000000000000000;
    static constexpr std::uint64_t hour = 3600000000000;
    device d_dev{ without_loss("") };
};

TEST_F(DeviceTime, IsSetWhileAStreamRuns)
{
    d_dev.start();
    set(d_dev, y2001);
    EXPECT_GE(d_dev.tuning().time_ns, y2001);
    EXPECT_LT(d_dev.tuning().time_ns, y2001 + hour);
}

TEST_F(DeviceTime, IsSetBeforeAStreamAndLabelsIt)
{
    reader in(d_dev);
    set(d_dev, y2001);
    EXPECT_GE(d_dev.tuning().time_ns, y2001);
    for (int round = 0; round < 2; round++) {
        d_dev.start();
        ASSERT_EQ(in.wait(1, patience), status::data);
        const auto first = in.next_burst(1);
        ASSERT_TRUE(first);
        EXPECT_GE(first->time_ns, y2001);
        EXPECT_LT(first->time_ns, y2001 + hour);
        d_dev.stop();
    }
}

TEST_F(DeviceTime, OfADelayedStartIsThatMuchLater)
{
    reader in(d_dev);
    set(d_dev, y2001);
    device::start_options options;
    options.delay_ns = on_emulator() ? 10 * hour : 200000000;
    d_dev.start(options);
    ASSERT_EQ(in.wait(1, patience), status::data);
    EXPECT_GE(in.next_burst(1)->time_ns, y2001 + options.delay_ns);
    d_dev.stop();
    options.delay_ns = 24 * hour + 1;
    EXPECT_EQ(error_of([&] { d_dev.start(options); }), EINVAL);
}

TEST_F(DeviceTime, OfACommandFindsItsSample)
{
    reader in(d_dev);
    device::start_options options;
    options.time_ns = y2001;
    options.delay_ns = 100000000; // time enough to send it, whatever the pace is
    d_dev.start(options);
    command c;
    c.gain = 6;
    c.at_time_ns = y2001 + 1234500; // between two samples of a megahertz
    d_dev.control(c);
    ASSERT_EQ(in.wait(3000, patience), status::data);
    std::optional<burst> b = in.next_burst(3000);
    while (b && !b->tuned_channels)
        b = in.next_burst(3000);
    ASSERT_TRUE(b);
    EXPECT_EQ(b->sample_clock, 1235u);
    EXPECT_EQ(b->time_ns, y2001 + 1235000);
    c.at_clock = 5;
    EXPECT_THROW(d_dev.control(c), std::invalid_argument) << "one or the other";
    c.at_clock.reset();
    c.at_time_ns = ~std::uint64_t{ 0 };
    EXPECT_EQ(error_of([&] { d_dev.control(c); }), 0);
    d_dev.stop();
    EXPECT_EQ(error_of([&] { d_dev.control(c); }), EINVAL) << "no stream runs";
}

class WithRecording : public testing::Test
{
protected:
    temporary_directory d_where;
    std::string d_path =
        write_recording(d_where, "r", "ci16_le", std::vector<std::uint8_t>(4000, 3), 250000);
};

TEST_F(WithRecording, TakesItsRateAndFrequency)
{
    std::string text = without_loss("");
    for (const char* given : { "rate=1e6,", "freq=1e8,", "scene=counter," }) // as if not given
        text.erase(text.find(given), strlen(given));
    const device dev(text + ",scene=" + d_path);
    EXPECT_EQ(dev.tuning().rate, 250000);
    EXPECT_EQ(dev.tuning().frequency[0], 433.92e6);
}

TEST_F(WithRecording, PlaysAtItsOwnRateOnly)
{
    const auto open = [&] { device dev(with("scene=" + d_path)); };
    expect_says(message_of<std::invalid_argument>(open),
                { "250000", "1000000", "set the rate to" });

    std::string text = with("scene=" + d_path);
    text.replace(text.find("rate=1e6"), strlen("rate=1e6"), "rate=250000");
    device dev(text);
    command twice;
    twice.rate = 500000;
    EXPECT_EQ(error_of([&] { dev.control(twice); }), ERANGE);
    dev.start();
    EXPECT_EQ(error_of([&] { dev.control(twice); }), ERANGE);
    dev.unplug();
    EXPECT_EQ(error_of([&] { dev.keep(twice); }), ERANGE);
    dev.plug();
    EXPECT_TRUE(eventually([&] { return error_of([&] { dev.reopen(); }) == 0; }));
    EXPECT_EQ(dev.tuning().rate, 250000);
    dev.start();
}

TEST(Device, KeepsWhatItIsTunedToWhileItIsAway)
{
    device dev(with(""));
    command tuned;
    tuned.frequency = 9e7;
    EXPECT_FALSE(dev.keep(tuned)) << "it is there";
    EXPECT_FALSE(dev.reopen());
    dev.unplug();
    EXPECT_TRUE(dev.keep(tuned));
    command not_now = tuned;
    not_now.at_clock = 5;
    EXPECT_FALSE(dev.keep(not_now));
    command of_time;
    of_time.time_ns = 5;
    EXPECT_FALSE(dev.keep(of_time));
    tuned.frequency = 1e13;
    EXPECT_THROW(dev.keep(tuned), std::invalid_argument);
    dev.plug();
    EXPECT_TRUE(eventually([&] { return error_of([&] { dev.reopen(); }) == 0; }));
    EXPECT_EQ(dev.tuning().frequency[0], 9e7);
    EXPECT_EQ(dev.tuning().gain[0], 0);
}

TEST_F(WithRecording, NamesTheFileThatIsNotThere)
{
    const auto open = [&] {
        device dev(with("scene=" + d_where.path().string() + "/none.sigmf-meta"));
    };
    EXPECT_EQ(error_of(open), ENOENT);
    expect_says(message_of<std::system_error>(open), { "none.sigmf-meta" });
}

TEST(Device, SaysWhatCanBeResident)
{
    for (const char* scene : { "noise", "counter" }) {
        device dev(with(std::string("dma=resident,scene=") + scene));
        EXPECT_EQ(error_of([&] { dev.start(); }), EOPNOTSUPP) << scene;
    }
    device dev(with("dma=resident,scene=tone"));
    dev.start();
}

TEST(Device, KeepsItsSumsWhileItStreams)
{
    device dev(with("channels=2,rate=2e6,ring_bytes=16384,interval_us=500"));
    reader in(dev);
    dev.start();
    std::atomic<bool> done{ false };
    std::thread observer([&] {
        while (!done) {
            const telemetry t = dev.telemetry();
            ASSERT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
            ASSERT_LE(t.produced_samples - t.consumed_samples, dev.ring_samples());
            ASSERT_EQ(t.produced_bytes, t.produced_samples * 8);
            ASSERT_EQ(t.consumed_bytes, t.consumed_samples * 8);
            ASSERT_EQ(t.overflow_bytes, t.lost_samples * 8);
        }
    });
    for (std::uint64_t read = 0; read < 100000;) {
        in.wait(1, patience);
        const reader::view v = in.acquire(5000);
        in.release(v.samples);
        read += v.samples;
    }
    dev.stop();
    done = true;
    observer.join();
    const telemetry t = dev.telemetry();
    std::uint64_t left = 0;
    for (reader::view v = in.acquire(); v.samples; v = in.acquire())
        left += v.samples;
    EXPECT_EQ(t.produced_samples, t.consumed_samples + left);
}

} // namespace
