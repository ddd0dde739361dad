// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reopening a device that was unplugged and has returned.
// On a kernel device these tests need debugfs, and root.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "injection_fixture.h"
#include "support.h"

#include <atomic>
#include <cerrno>

namespace {

using namespace zcring;
using namespace zcring_test;

class Reopen : public Injection
{
};

TEST_F(Reopen, FailsUntilTheDeviceHasReturned)
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

TEST_F(Reopen, HasItsSettingsAndItsAddresses)
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

TEST_F(Reopen, IsTunedByTimedCommandsThatTookEffect)
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

// The descriptors of that consumer are still in the ring.
TEST_F(Reopen, IsNotTunedAsItsConsumerBefore)
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

TEST_F(Reopen, StreamsAgainToTheSameReader)
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

TEST_F(Reopen, PlaysItsRecordingAgain)
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

// Another thread tunes and queries meanwhile: each call succeeds, or fails with ENODEV.
TEST_F(Reopen, WorksWhileOtherThreadsCallTheDevice)
{
    device dev(without_loss(""));
    counting_reader in(dev);
    std::atomic<bool> done{ false };
    std::thread other([&] {
        while (!done) {
            const int tuned = error_of([&] { dev.set_gain(0); });
            EXPECT_TRUE(tuned == 0 || tuned == ENODEV) << tuned;
            const int queried = error_of([&] { expect_sums(dev.telemetry()); });
            EXPECT_TRUE(queried == 0 || queried == ENODEV) << queried;
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

} // namespace
