// SPDX-License-Identifier: GPL-3.0-or-later
//
// Injected faults: stalls, drops, clock jumps and unplugging.
// On a kernel device these tests need debugfs, and root.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "injection_fixture.h"
#include "support.h"

#include <algorithm>
#include <system_error>

namespace {

using namespace zcring;
using namespace zcring_test;

TEST_F(Injection, DropLosesTheSamplesInOneGap)
{
    for (const std::string& arguments : { with("ring_bytes=67108864"), without_loss("") }) {
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

TEST_F(Injection, StallDoesNothingAndDropTakesNoTimeWithFreePace)
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

TEST_F(Injection, NamesTheReasonOfEachError)
{
    device dev(with("ring_bytes=67108864")); // not read here
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
    for (const std::string& arguments : { with("ring_bytes=67108864"), without_loss("") }) {
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

TEST_F(Injection, NewStreamHasNoFaultsOfTheStreamBefore)
{
    device dev(with("ring_bytes=67108864"));
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
