// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fault injection by debugfs: what each fault does to the stream, and that unplugged devices keep
// their open files and mappings valid until those are closed.
#include "fixture.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>

namespace driver {
namespace {

const std::string debugfs_path = "/sys/kernel/debug/zcring/";

class Injection : public Driver
{
protected:
    void SetUp() override
    {
        if (access((debugfs_path + "plug").c_str(), W_OK) != 0)
            ZCRING_LACKS("no " << debugfs_path << "plug: mount debugfs, and be root");
        Driver::SetUp();
    }

    static int inject(const std::string& file, const std::string& amount)
    {
        return write_file(debugfs_path + "zcring0/" + file, amount);
    }
    static int unplug() { return write_file(debugfs_path + "unplug", "0"); }

    // udev may make the nodes a moment later.
    static int plug()
    {
        const int error = write_file(debugfs_path + "plug", "0\n");
        EXPECT_TRUE(eventually(
            [] { return access(device_path, F_OK) == 0 && access(antenna_path, F_OK) == 0; }));
        return error;
    }

    static void expect_sums(const zcring_telemetry& t)
    {
        EXPECT_EQ(zcring_test::clock_error(t), "");
    }
};

TEST_F(Injection, OnlyRootCanWriteTheFiles)
{
    for (const char* name : { "zcring0/stall_ns",
                              "zcring0/drop_samples",
                              "zcring0/clock_jump_ns",
                              "plug",
                              "unplug" }) {
        struct stat s {
        };
        ASSERT_EQ(stat((debugfs_path + name).c_str(), &s), 0) << name;
        EXPECT_EQ(s.st_mode & 07777, 0200u) << name;
    }
}

TEST_F(Injection, InjectionNeedsARunningStreamAndANumber)
{
    device_file file;
    EXPECT_EQ(inject("drop_samples", "100"), EINVAL) << "no stream runs";
    ASSERT_EQ(file.start(), 0);
    for (const char* wrong : { "", "x", "1 2", "1e3" })
        EXPECT_EQ(inject("drop_samples", wrong), EINVAL) << wrong;
    EXPECT_EQ(inject("drop_samples", "-1"), ERANGE);
    EXPECT_EQ(inject("drop_samples", "99999999999999999999"), ERANGE);
    EXPECT_EQ(inject("stall_ns", "86400000000001"), ERANGE);
    EXPECT_EQ(inject("clock_jump_ns", "-9000000000000000000"), ERANGE);
    EXPECT_EQ(write_file(debugfs_path + "unplug", "99"), EINVAL);
    EXPECT_EQ(write_file(debugfs_path + "plug", "0"), EEXIST);
}

TEST_F(Injection, DroppedSamplesAreOneGap)
{
    device_file file;
    ASSERT_EQ(file.configure(roomy_config()), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    ASSERT_EQ(inject("drop_samples", "1234\n"), 0);
    ASSERT_TRUE(eventually([&] { return file.telemetry().lost_samples >= 1234; }));
    const std::uint64_t head = ring.head();
    ASSERT_TRUE(eventually([&] { return ring.head() > head; }));
    ASSERT_EQ(file.stop(), 0);
    const zcring_telemetry t = file.telemetry();
    expect_sums(t);
    EXPECT_EQ(t.overflow_count, 1u);
    EXPECT_EQ(t.lost_samples, 1234u);
    EXPECT_EQ(t.overflow_bytes, 1234u * 4);
    for (std::uint64_t k = 0; k < t.bursts; k++) {
        const zcring_burst& b = ring.burst(k);
        EXPECT_EQ(wrong_in_counter(ring, b.index, b.sample_clock, b.samples), 0u);
    }
}

TEST_F(Injection, AStallDeliversNothingAndThenEverything)
{
    device_file file;
    ASSERT_EQ(file.configure(roomy_config()), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_EQ(inject("stall_ns", "200000000"), 0);
    const std::uint64_t bursts = file.telemetry().bursts;
    const std::uint64_t clock = file.telemetry().sample_clock;
    ASSERT_TRUE(eventually([&] { return file.telemetry().bursts > bursts; }));
    EXPECT_GE(ring.burst(bursts).samples, 200000 - 10000u)
        << "the burst after the stall does not hold everything";
    ASSERT_EQ(file.stop(), 0);
    const zcring_telemetry t = file.telemetry();
    expect_sums(t);
    EXPECT_GE(t.sample_clock, clock + 200000 - 10000);
    EXPECT_LE(t.overflow_count, 1u);
}

TEST_F(Injection, TheClockJumpsAtASample)
{
    device_file file;
    ASSERT_EQ(file.configure(roomy_config()), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    std::uint64_t jumped = 0;
    ASSERT_TRUE(eventually([&] { return (jumped = file.telemetry().bursts) > 0; }));
    ASSERT_EQ(inject("clock_jump_ns", "-5000000000"), 0);
    // Bursts may precede the jump, and follow it.
    ASSERT_TRUE(eventually([&] {
        while (jumped < file.telemetry().bursts && ring.burst(jumped).flags == 0)
            jumped++;
        return jumped < file.telemetry().bursts;
    }));
    const zcring_burst before = ring.burst(jumped - 1);
    const zcring_burst after = ring.burst(jumped);
    EXPECT_EQ(after.flags, ZCRING_BURST_TIME);
    EXPECT_EQ(after.time_ns, before.time_ns + before.samples * 1000 - 5000000000);
}

TEST_F(Injection, MappingsOfAnUnpluggedDeviceStayReadableAndCallsFail)
{
    device_file file;
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    ASSERT_EQ(unplug(), 0);
    EXPECT_EQ(unplug(), ENODEV);
    EXPECT_EQ(ring.meta().state, static_cast<std::uint32_t>(ZCRING_STATE_GONE));
    const std::uint64_t head = ring.head();
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, head), 0u);
    EXPECT_EQ(ring.meta().telemetry.produced_samples, head);
    EXPECT_EQ(file.poll(POLLIN, 0), POLLERR | POLLHUP);
    EXPECT_EQ(file.start(), ENODEV);
    EXPECT_EQ(file.stop(), ENODEV);
    EXPECT_EQ(file.configure(default_config()), ENODEV);
    zcring_telemetry telemetry;
    EXPECT_EQ(file.call(ZCRING_IOC_GET_TELEMETRY, &telemetry), ENODEV);
    char bytes[64] = {};
    EXPECT_EQ(file.read(bytes, sizeof(bytes)), -ENODEV);
    EXPECT_EQ(mapped_pages(file.fd(), 0, 4096, PROT_READ).error(), ENODEV);
    EXPECT_NE(access(device_path, F_OK), 0) << "the node is gone";
    EXPECT_EQ(inject("drop_samples", "1"), ENOENT);
    ASSERT_EQ(plug(), 0);
    EXPECT_EQ(file.start(), ENODEV) << "the file has reached the new device";
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, head), 0u);
}

TEST_F(Injection, EveryKnownCallOnAGoneDeviceReturnsENODEV)
{
    const device_file file;
    const device_file reading(O_RDONLY);
    ASSERT_EQ(unplug(), 0);
    zcring_region no_region{};
    no_region.region = ~0u;
    EXPECT_EQ(file.configure({}), ENODEV);
    EXPECT_EQ(file.start(~0u), ENODEV);
    EXPECT_EQ(file.control({}), ENODEV);
    EXPECT_EQ(file.call(ZCRING_IOC_GET_REGION, &no_region), ENODEV);
    for (const unsigned long request : { ZCRING_IOC_GET_INFO,
                                         ZCRING_IOC_GET_REGION,
                                         ZCRING_IOC_GET_CONFIG,
                                         ZCRING_IOC_SET_CONFIG,
                                         ZCRING_IOC_START,
                                         ZCRING_IOC_CONTROL,
                                         ZCRING_IOC_GET_TUNING,
                                         ZCRING_IOC_GET_TELEMETRY }) {
        EXPECT_EQ(file.call(request, nullptr), ENODEV);
        EXPECT_EQ(reading.call(request, nullptr), ENODEV);
    }
    EXPECT_EQ(reading.stop(), ENODEV);
    EXPECT_EQ(file.call(_IO(ZCRING_IOC_MAGIC, 0x7f)), ENOTTY);
    EXPECT_EQ(reading.call(_IO(ZCRING_IOC_MAGIC, 0x7f)), ENOTTY);
    EXPECT_EQ(file.read(nullptr, 0), -ENODEV);
    ASSERT_EQ(plug(), 0);
}

TEST_F(Injection, TheAntennaOfAnUnpluggedDeviceIsGoneToo)
{
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(ZCRING_SCENE_NOISE), 0);
    ASSERT_EQ(unplug(), 0);
    EXPECT_NE(access(antenna_path, F_OK), 0) << "the node is gone";
    EXPECT_EQ(antenna.poll(POLLOUT, 0), POLLERR | POLLHUP);
    EXPECT_EQ(antenna.scene(99), ENODEV);
    EXPECT_EQ(antenna.write("x", 1), -ENODEV);
    zcring_info info{};
    EXPECT_EQ(antenna.call(ZCRING_IOC_GET_INFO, &info), ENODEV);
    EXPECT_EQ(antenna.call(_IO(ZCRING_IOC_MAGIC, 0x7f)), ENOTTY);
    ASSERT_EQ(plug(), 0);
    EXPECT_EQ(antenna.scene(ZCRING_SCENE_TONE), ENODEV) << "the file has reached the new device";
    EXPECT_EQ(antenna_file().scene(ZCRING_SCENE_TONE), 0) << "the new antenna has no feeder";
}

TEST_F(Injection, AnUnplugWakesWaitingReaders)
{
    device_file file;
    ASSERT_EQ(file.configure(roomy_config()), 0); // a full ring wakes them, too
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ring.consumer().watermark = ring.info.ring_samples;
    std::thread puller([] { EXPECT_EQ(unplug(), 0); });
    EXPECT_TRUE(file.poll(POLLIN, std::chrono::milliseconds(time_limit).count()) & POLLHUP);
    puller.join();
    ASSERT_EQ(plug(), 0);
}

// More samples are due than the worker can make: unplug must not wait for the burst that is being
// made. That burst may just have been finished, hence several rounds.
TEST_F(Injection, AnUnplugTakesEffectBetweenTwoStepsOfTheWorker)
{
    int came_between = 0;
    for (int round = 0; round < 10; round++) {
        device_file file;
        ASSERT_EQ(file.configure(endless_config()), 0);
        ASSERT_EQ(set_scene(ZCRING_SCENE_NOISE), 0);
        const mapped_ring ring(file);
        ASSERT_EQ(file.start(), 0);
        ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
        ring.release(ring.head());
        const std::uint64_t bursts = acquire(ring.meta().burst_head);
        EXPECT_EQ(unplug(), 0);
        came_between += acquire(ring.meta().burst_head) == bursts;
        const zcring_telemetry& t = ring.meta().telemetry;
        expect_sums(t);
        EXPECT_EQ(t.produced_samples, ring.head());
        EXPECT_EQ(ring.meta().state, static_cast<std::uint32_t>(ZCRING_STATE_GONE));
        ASSERT_EQ(plug(), 0);
    }
    EXPECT_GT(came_between, 0);
}

TEST_F(Injection, APluggedDeviceHasDefaultSettings)
{
    {
        device_file file;
        zcring_config other = default_config();
        other.ring_bytes = 65536;
        ASSERT_EQ(file.configure(other), 0);
    }
    ASSERT_EQ(unplug(), 0);
    ASSERT_EQ(plug(), 0);
    const device_file file;
    const mapped_ring ring(file);
    EXPECT_NE(file.config().ring_bytes, 65536u) << "not the value of the module parameter";
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
}

// The file is open, mapped and streaming, and other threads use it when the device is unplugged.
TEST_F(Injection, AHundredUnplugsDuringAStreamAreSafe)
{
    for (int round = 0; round < 100; round++) {
        device_file file;
        ASSERT_GE(file.fd(), 0);
        zcring_config config = default_config();
        config.interval_ns = ZCRING_INTERVAL_NS_MIN;
        ASSERT_EQ(file.configure(config), 0);
        const mapped_ring ring(file);
        ASSERT_EQ(file.start(), 0);
        std::atomic<bool> done{ false };
        std::thread user([&] {
            zcring_control gain{};
            gain.what = ZCRING_CONTROL_GAIN;
            gain.channels = 1;
            while (!done) {
                const int error = file.control(gain);
                EXPECT_TRUE(error == 0 || error == ENODEV) << error;
                inject("drop_samples", "10");
            }
        });
        ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
        EXPECT_EQ(unplug(), 0);
        EXPECT_EQ(plug(), 0);
        done = true;
        user.join();
        const zcring_telemetry& t = ring.meta().telemetry;
        expect_sums(t);
        EXPECT_EQ(t.produced_samples, ring.head());
    }
}

TEST_F(Injection, ConcurrentPlugsAreSerialised)
{
    const auto pull_and_plug = [](int* plugged) {
        for (int round = 0; round < 50; round++) {
            const int off = unplug();
            EXPECT_TRUE(off == 0 || off == ENODEV) << off;
            const int on = write_file(debugfs_path + "plug", "0");
            EXPECT_TRUE(on == 0 || on == EEXIST) << on;
            *plugged += (on == 0) - (off == 0);
        }
    };
    int first = 0;
    int second = 0;
    std::thread other(pull_and_plug, &first);
    pull_and_plug(&second);
    other.join();
    EXPECT_EQ(first + second, 0);
    EXPECT_TRUE(eventually(
        [] { return access(device_path, F_OK) == 0 && access(antenna_path, F_OK) == 0; }));
}

} // namespace
} // namespace driver
