// SPDX-License-Identifier: GPL-3.0-or-later
//
// Commands to a device: tuning, its time, and commands while it is gone.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "support.h"

#include <cerrno>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace zcring;
using namespace zcring_test;

TEST(Device, RefusesACommandOutOfRangeAndChangesNothing)
{
    device dev(with("channels=2"));
    const double nan = std::nan("");
    const double infinity = std::numeric_limits<double>::infinity();
    const auto refused = [&](const char* name, auto change) {
        command c;
        c.frequency = 1e6; // valid, and must not be applied
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

TEST(Device, RefusesAnEmptyCommand)
{
    device dev(with(""));
    EXPECT_EQ(error_of([&] { dev.control(command{}); }), EINVAL);
}

TEST(Device, TunesEachChannelSeparately)
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

TEST(Device, RefusesTooManyTimedCommands)
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

TEST(Device, StoresCommandsWhileItIsGone)
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

// A device keeps its time: afterwards it is set to the machine's time again, for the next tests.
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

} // namespace
