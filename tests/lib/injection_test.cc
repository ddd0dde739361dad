// SPDX-License-Identifier: GPL-3.0-or-later
//
// What goes wrong on demand, and coming back from it. Runs on the emulator, or on the device
// that ZCRING_TEST_DEVICE names, which then has to be the driver's, with debugfs and for root.
#include <zcring/reader.h>

#include "support.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace {

using namespace zcring;
using namespace zcring_test;

// Reads the counter scene of one channel in sc16, and sums up what it was told.
class counting_reader
{
public:
    explicit counting_reader(device& dev) : d_in(dev) {}

    //! The next stream begins here.
    void follow() { d_clock = d_lost = d_gaps = d_read = 0; }

    //! Reads until \p enough says so, or nothing more comes; returns what it saw last.
    status read_until(const std::function<bool()>& enough)
    {
        status s = status::data;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!enough() && std::chrono::steady_clock::now() < deadline) {
            s = d_in.wait(1, 100ms);
            if (s == status::timeout)
                continue;
            if (s != status::data)
                return s;
            check(d_in.acquire());
        }
        EXPECT_TRUE(enough()) << "in time";
        return s;
    }
    status read_to_the_end()
    {
        return read_until([] { return false; });
    }

    std::uint64_t read() const { return d_read; }
    std::uint64_t lost() const { return d_lost; }
    std::uint64_t gaps() const { return d_gaps; }
    std::uint64_t clock() const { return d_clock; }
    const std::vector<burst>& bursts() const { return d_bursts; }
    reader& in() { return d_in; }

private:
    void check(const reader::view& v)
    {
        const auto* words = static_cast<const std::uint32_t*>(v.channel[0]);
        std::uint64_t checked = 0;
        const auto check_until = [&](std::uint64_t place) {
            std::uint64_t wrong = 0;
            const std::uint64_t first = d_clock;
            for (; checked < place; checked++)
                wrong += words[checked] != static_cast<std::uint32_t>(d_clock++);
            EXPECT_EQ(wrong, 0u) << "from " << first << " on";
        };
        while (const auto b = d_in.next_burst(v.index + v.samples)) {
            d_bursts.push_back(*b);
            if (!b->lost)
                continue;
            check_until(b->index - v.index);
            d_gaps++;
            d_lost += b->lost;
            d_clock += b->lost;
        }
        check_until(v.samples);
        d_read += v.samples;
        d_in.release(v.samples);
    }

    reader d_in;
    std::uint64_t d_clock = 0;
    std::uint64_t d_lost = 0;
    std::uint64_t d_gaps = 0;
    std::uint64_t d_read = 0;
    std::vector<burst> d_bursts;
};

class Injection : public testing::Test
{
protected:
    void SetUp() override
    {
        if (!on_emulator() && access("/sys/kernel/debug/zcring/plug", W_OK) != 0)
            GTEST_SKIP() << "no debugfs, or not root";
    }

    static void expect_sums(const telemetry& t)
    {
        EXPECT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
        EXPECT_EQ(t.overflow_bytes, t.lost_samples * 4);
    }

    // Waits for the node, too: udev may make it a moment later.
    static void come_back(device& dev)
    {
        dev.plug();
        EXPECT_TRUE(eventually([&] { return error_of([&] { dev.reopen(); }) == 0; }));
    }
};

TEST_F(Injection, DropLosesSoManySamplesInOneGap)
{
    for (const std::string& arguments : { with("ring_bytes=8388608"), without_loss("") }) {
        device dev(arguments);
        counting_reader in(dev);
        dev.start();
        in.read_until([&] { return in.read() > 0; });
        dev.drop(12345);
        const std::uint64_t before = in.read();
        in.read_until([&] { return in.lost() > 0 && in.read() > before + 1000; });
        dev.stop();
        in.read_until([&] { return in.clock() == dev.telemetry().sample_clock; });
        EXPECT_EQ(in.lost(), 12345u);
        EXPECT_EQ(in.gaps(), 1u);
        const telemetry t = dev.telemetry();
        expect_sums(t);
        EXPECT_EQ(t.lost_samples, 12345u);
        EXPECT_EQ(t.overflow_count, 1u);
        EXPECT_EQ(t.produced_samples, in.read());
    }
}

TEST_F(Injection, StallKeepsTheReaderWaitingAndLosesWhatDoesNotFit)
{
    device dev(with("ring_bytes=65536")); // 16384 samples
    counting_reader in(dev);
    dev.start();
    in.read_until([&] { return in.read() > 0; });
    dev.stall(300ms);
    const std::uint64_t before = in.lost(); // a busy machine may have been late
    in.read_until([&] { return in.lost() >= before + 300000u - 16384u - 10000u; });
    EXPECT_GE(in.lost(), before + 300000u - 16384u - 10000u);
    expect_sums(dev.telemetry());
    std::uint64_t longest = 0;
    for (const burst& b : in.bursts())
        longest = std::max(longest, b.samples);
    EXPECT_GT(longest, 10000u) << "at once";
}

TEST_F(Injection, FreePaceKnowsNoStallAndNoTimeThatADropTakes)
{
    SKIP_WITHOUT_FREE_PACE();
    device dev(without_loss(""));
    counting_reader in(dev);
    dev.start();
    dev.stall(1h);
    dev.set_gain(6);
    EXPECT_EQ(dev.tuning().gain[0], 6);
    dev.drop(std::uint64_t{ 1 } << 47);
    in.read_until([&] { return in.read() > 1000; });
    EXPECT_EQ(in.lost(), std::uint64_t{ 1 } << 47);
    expect_sums(dev.telemetry());
}

TEST_F(Injection, JumpMovesTheTimeOfDayFromASample)
{
    device dev(without_loss(""));
    counting_reader in(dev);
    dev.start();
    in.read_until([&] { return in.read() > 0; });
    dev.jump(-1h);
    const auto jumped = [&] {
        return std::find_if(
            in.bursts().begin(), in.bursts().end(), [](const burst& b) { return b.time_changed; });
    };
    in.read_until([&] { return jumped() != in.bursts().end(); });
    ASSERT_NE(jumped(), in.bursts().end());
    const burst& after = *jumped();
    const burst& before = *(jumped() - 1);
    EXPECT_EQ(after.time_ns, before.time_ns + before.samples * 1000 - 3600000000000);
    EXPECT_EQ(in.lost(), 0u);
}

TEST_F(Injection, SaysWhatIsWrongWithIt)
{
    device dev(with("ring_bytes=67108864")); // nobody reads it
    EXPECT_EQ(error_of([&] { dev.drop(1); }), EINVAL);
    expect_says(message_of<std::system_error>([&] { dev.stall(1s); }), { "no stream" });
    dev.start();
    EXPECT_EQ(error_of([&] { dev.stall(-1ns); }), ERANGE);
    EXPECT_EQ(error_of([&] { dev.stall(25h); }), ERANGE);
    EXPECT_EQ(error_of([&] { dev.drop(~std::uint64_t{ 0 }); }), ERANGE);
    EXPECT_EQ(error_of([&] { dev.jump(-std::chrono::hours(24 * 365 * 100)); }), ERANGE);
    expect_says(message_of<std::system_error>([&] { dev.plug(); }), { "plugged in already" });
    EXPECT_EQ(dev.telemetry().lost_samples, 0u);
}

TEST_F(Injection, UnplugEndsTheStreamAndLeavesTheRingToBeRead)
{
    for (const std::string& arguments : { with("ring_bytes=8388608"), without_loss("") }) {
        device dev(arguments);
        counting_reader in(dev);
        dev.start();
        in.in().wait(5000, patience);
        dev.unplug();
        EXPECT_EQ(in.in().wait(1, patience), status::data) << "what is there";
        EXPECT_EQ(in.read_to_the_end(), status::gone);
        EXPECT_GE(in.read(), 5000u);
        EXPECT_EQ(error_of([&] { dev.start(); }), ENODEV);
        EXPECT_EQ(error_of([&] { dev.stop(); }), ENODEV);
        EXPECT_EQ(error_of([&] { dev.set_gain(1); }), ENODEV);
        EXPECT_EQ(error_of([&] { dev.tuning(); }), ENODEV);
        EXPECT_EQ(error_of([&] { dev.telemetry(); }), ENODEV);
        EXPECT_EQ(error_of([&] { dev.drop(1); }), ENODEV);
        EXPECT_EQ(error_of([&] { dev.unplug(); }), ENODEV);
        come_back(dev);
    }
}

TEST_F(Injection, UnplugWakesAReaderThatWaits)
{
    device dev(with("interval_us=60000000"));
    reader in(dev);
    dev.start();
    std::thread puller([&] {
        std::this_thread::sleep_for(20ms);
        dev.unplug();
    });
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(in.wait(1, patience), status::gone);
    EXPECT_LT(std::chrono::steady_clock::now() - began, patience / 2) << "it slept on";
    puller.join();
    come_back(dev);
}

TEST_F(Injection, ReopenFailsUntilTheDeviceIsBack)
{
    device dev(with(""));
    dev.reopen(); // nothing to do
    dev.start();
    dev.unplug();
    const int error = error_of([&] { dev.reopen(); });
    EXPECT_TRUE(error == ENODEV || error == ENOENT) << error;
    EXPECT_EQ(error_of([&] { dev.start(); }), ENODEV);
    come_back(dev);
    dev.start();
}

TEST_F(Injection, ReopenedDeviceIsSetUpAsItWasAndLiesWhereItLay)
{
    device dev(with("channels=2,format=fc32,ring_bytes=65536,interval_us=1000,gain=3,seed=5"));
    const void* first = dev.ring(0);
    const void* second = dev.ring(1);
    counting_reader in(dev);
    dev.set_frequency(5e6, 1);
    dev.set_frequency(-7e6, 2);
    dev.start();
    dev.set_gain(12.5, 2);
    command c;
    c.rate = 1e6 / 3;
    c.bandwidth = 2e5;
    dev.control(c);
    dev.unplug();
    come_back(dev);
    EXPECT_EQ(in.in().wait(1, 0ns), status::stopped);
    EXPECT_EQ(in.in().acquire().samples, 0u) << "an empty ring";
    EXPECT_EQ(dev.ring(0), first);
    EXPECT_EQ(dev.ring(1), second);
    const tuning t = dev.tuning();
    EXPECT_EQ(t.rate, 1e6 / 3);
    EXPECT_EQ(t.bandwidth, 2e5);
    EXPECT_EQ(t.frequency[0], 5e6);
    EXPECT_EQ(t.frequency[1], -7e6);
    EXPECT_EQ(t.gain[0], 3);
    EXPECT_EQ(t.gain[1], 12.5);
    EXPECT_EQ(dev.ring_samples(), 8192u);
}

TEST_F(Injection, ReopenedDeviceIsTunedByTimedCommandsThatTookEffect)
{
    device dev(without_loss(""));
    counting_reader in(dev);
    dev.start();
    command c;
    c.frequency = 7e6;
    c.at_clock = 3000;
    dev.control(c);
    c.frequency = 9e6;
    c.at_clock = std::uint64_t{ 1 } << 50;
    dev.control(c);
    in.read_until([&] { return in.read() > 10000; });
    dev.unplug();
    EXPECT_EQ(error_of([&] { dev.set_gain(3); }), ENODEV);
    EXPECT_EQ(error_of([&] { dev.start(); }), ENODEV);
    command kept;
    kept.gain = 4;
    EXPECT_TRUE(dev.keep(kept));
    kept.gain = 5;
    EXPECT_TRUE(dev.keep(kept));
    come_back(dev);
    EXPECT_EQ(dev.tuning().frequency[0], 7e6);
    EXPECT_EQ(dev.tuning().gain[0], 5);
}

// Whose descriptors are still there.
TEST_F(Injection, ReopenedDeviceIsNotTunedAsWhoHadItBefore)
{
    {
        device other(with("rate=2e6,freq=9e7"));
        other.start();
        reader in(other);
        EXPECT_EQ(in.wait(1000, std::chrono::minutes(1)), status::data);
    }
    device dev(with(""));
    dev.unplug();
    come_back(dev);
    EXPECT_EQ(dev.tuning().rate, 1e6);
    EXPECT_EQ(dev.tuning().frequency[0], 1e8);
}

TEST_F(Injection, ReopenedDeviceStreamsAgainToTheSameReader)
{
    device dev(without_loss(""));
    counting_reader in(dev);
    for (std::uint64_t round = 0; round < 20; round++) {
        in.follow();
        device::start_options options;
        options.first_index = 1000 * round;
        dev.start(options);
        in.read_until([&] { return in.read() > 5000; });
        in.in().acquire(10); // held, and not given back
        dev.unplug();
        come_back(dev);
        in.in().release(10);
        EXPECT_EQ(in.in().wait(1, 0ns), status::stopped) << "an empty ring";
        EXPECT_EQ(in.in().acquire().samples, 0u);
        EXPECT_EQ(in.in().held(), 0u);
    }
    EXPECT_EQ(in.bursts().back().frequency[0], 1e8);
}

TEST_F(Injection, ReopenedDevicePlaysItsRecordingAgain)
{
    const temporary_directory where;
    const std::string path =
        write_recording(where, "r", "ci16_le", std::vector<std::uint8_t>(4000, 3), 1e6, "1e8");
    device dev(without_loss("") + ",scene=" + path);
    reader in(dev);
    for (int round = 0; round < 3; round++) {
        dev.start();
        ASSERT_EQ(in.wait(100, patience), status::data);
        const reader::view v = in.acquire(100);
        for (std::uint64_t k = 0; k < 100; k++)
            ASSERT_EQ(static_cast<const std::uint32_t*>(v.channel[0])[k], 0x03030303u);
        dev.unplug();
        come_back(dev);
    }
}

// Other threads tune and ask all the while: they are answered, or told that it is gone.
TEST_F(Injection, DeviceComesBackUnderOtherThreads)
{
    device dev(without_loss(""));
    counting_reader in(dev);
    std::atomic<bool> done{ false };
    std::thread other([&] {
        while (!done) {
            const int tuned = error_of([&] { dev.set_gain(0); });
            EXPECT_TRUE(tuned == 0 || tuned == ENODEV) << tuned;
            const int asked = error_of([&] { expect_sums(dev.telemetry()); });
            EXPECT_TRUE(asked == 0 || asked == ENODEV) << asked;
        }
    });
    for (int round = 0; round < 30; round++) {
        in.follow();
        dev.start();
        in.read_until([&] { return in.read() > 1000; });
        dev.unplug();
        come_back(dev);
    }
    done = true;
    other.join();
}

TEST_F(Injection, NewStreamKnowsNothingOfTheOldOnesFaults)
{
    device dev(with("ring_bytes=8388608"));
    counting_reader in(dev);
    dev.start();
    dev.stall(1h);
    dev.drop(1000000000);
    dev.jump(1h);
    dev.stop();
    in.follow();
    dev.start();
    in.read_until([&] { return in.read() > 1000; });
    EXPECT_EQ(in.lost(), 0u);
    EXPECT_FALSE(in.bursts().front().time_changed);
}

} // namespace
