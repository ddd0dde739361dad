// SPDX-License-Identifier: GPL-3.0-or-later
//
// The antenna's own node: who may feed it, what it takes, and that it disturbs no radio.
#include "fixture.h"
#include "slow_page.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <future>
#include <thread>
#include <vector>

namespace driver {
namespace {

zcring_scene recording(std::uint64_t samples)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = samples;
    scene.freq_uhz = 100000000 * uhz;
    scene.rate_num = default_config().rate_num;
    scene.rate_den = 1;
    return scene;
}

TEST_F(Driver, EachNodeTellsItsRole)
{
    EXPECT_EQ(device_file().info().role, static_cast<std::uint32_t>(ZCRING_ROLE_RADIO));
    const zcring_info info = antenna_file(O_RDONLY).info();
    EXPECT_EQ(info.role, static_cast<std::uint32_t>(ZCRING_ROLE_ANTENNA));
    EXPECT_EQ(info.receiver, 0u);
    EXPECT_EQ(access((std::string(sysfs_path) + "zcring-antenna0/dev").c_str(), F_OK), 0)
        << "the antenna is not a child of the radio";
}

TEST_F(Driver, TheRadioTakesNoSceneAndTheAntennaNoCommandOfTheRadio)
{
    device_file radio;
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_TONE;
    EXPECT_EQ(radio.call(ZCRING_IOC_SET_SCENE, &scene), ENOTTY);
    char bytes[512] = {};
    EXPECT_EQ(radio.write(bytes, sizeof(bytes)), -EINVAL);
    EXPECT_EQ(device_file(O_RDONLY).write(bytes, sizeof(bytes)), -EBADF);
    EXPECT_EQ(radio.poll(POLLIN | POLLOUT, 0) & POLLOUT, 0);

    const antenna_file antenna;
    constexpr unsigned long commands[] = {
        ZCRING_IOC_GET_REGION, ZCRING_IOC_GET_CONFIG, ZCRING_IOC_SET_CONFIG,
        ZCRING_IOC_START,      ZCRING_IOC_STOP,       ZCRING_IOC_CONTROL,
        ZCRING_IOC_GET_TUNING, ZCRING_IOC_GET_RANGES, ZCRING_IOC_GET_TELEMETRY,
        ZCRING_IOC_ATTACH,     ZCRING_IOC_INJECT,
    };
    for (const unsigned long request : commands)
        EXPECT_EQ(antenna.call(request, bytes), ENOTTY) << request;
    EXPECT_EQ(antenna.read(bytes, sizeof(bytes)), -EINVAL);
    EXPECT_EQ(mapped_pages(antenna.fd(), 0, 4096, PROT_READ).error(), ENODEV);
    EXPECT_EQ(radio.start(), 0) << "the antenna's file has become the consumer";
}

TEST_F(Driver, AnInvalidSceneIsRefused)
{
    const antenna_file antenna;
    EXPECT_EQ(antenna.call(ZCRING_IOC_SET_SCENE, nullptr), EFAULT);
    EXPECT_EQ(antenna.scene(99), EINVAL);
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_TONE;
    scene.flags = 1;
    EXPECT_EQ(antenna.scene(scene), EINVAL);
    scene.flags = 0;
    for (int i = 0; i < 3; i++) {
        scene.reserved[i] = 1;
        EXPECT_EQ(antenna.scene(scene), EINVAL);
        scene.reserved[i] = 0;
    }
    EXPECT_EQ(antenna.call(_IO(ZCRING_IOC_MAGIC, 0x7f)), ENOTTY);
    EXPECT_EQ(antenna_file().scene(ZCRING_SCENE_TONE), 0) << "a refused call has made a feeder";
}

TEST_F(Driver, OneFileAtATimeFeedsTheAntenna)
{
    antenna_file feeder;
    const antenna_file other;
    const antenna_file reading(O_RDONLY);
    char byte = 0;
    ASSERT_EQ(feeder.scene(ZCRING_SCENE_NOISE), 0);
    EXPECT_EQ(other.scene(ZCRING_SCENE_TONE), EBUSY);
    EXPECT_EQ(other.write(&byte, 1), -EBUSY);
    EXPECT_EQ(set_attribute("scene", "tone"), EBUSY);
    EXPECT_EQ(reading.scene(ZCRING_SCENE_TONE), EPERM);
    EXPECT_EQ(reading.write(&byte, 1), -EBADF);
    EXPECT_EQ(attribute("scene"), "noise");
    feeder.close();
    EXPECT_EQ(attribute("scene"), "noise") << "a scene stays on the air";
    EXPECT_EQ(set_attribute("scene", "tone"), 0);
    EXPECT_EQ(other.write(&byte, 1), -ENOSPC);
    EXPECT_EQ(set_attribute("scene", "counter"), EBUSY) << "who writes is the feeder, too";
    EXPECT_EQ(other.scene(ZCRING_SCENE_COUNTER), 0);
}

TEST_F(Driver, ARecordingStaysWhileItHasAFeederOrAConsumer)
{
    antenna_file feeder;
    device_file radio;
    const std::vector<std::uint32_t> samples(1000);
    ASSERT_EQ(feeder.scene(recording(samples.size())), 0);
    ASSERT_EQ(feeder.write(samples.data(), samples.size() * 4), 4000);
    EXPECT_EQ(attribute("scene"), "memory");
    ASSERT_EQ(radio.stop(), 0); // becomes the consumer
    feeder.close();
    EXPECT_EQ(attribute("scene"), "memory");
    radio.close();
    EXPECT_EQ(attribute("scene"), "tone");
    ASSERT_EQ(set_attribute("scene", "counter"), 0);
    {
        const antenna_file next;
        ASSERT_EQ(next.scene(recording(samples.size())), 0);
        ASSERT_EQ(next.write(samples.data(), samples.size() * 4), 4000);
        EXPECT_EQ(attribute("scene"), "memory");
    }
    EXPECT_EQ(attribute("scene"), "counter") << "the last one that root has set";
    EXPECT_EQ(set_attribute("scene", "tone"), 0);
}

TEST_F(Driver, ARecordingNeverWaits)
{
    const antenna_file antenna;
    EXPECT_EQ(antenna.poll(POLLOUT, 0), POLLOUT);
    ASSERT_EQ(antenna.scene(recording(1000)), 0);
    EXPECT_EQ(antenna.poll(POLLIN | POLLOUT, 0), POLLOUT);
    EXPECT_EQ(antenna.write("0123456789abcdef", 16), 16);
    EXPECT_EQ(antenna.poll(POLLOUT, 0), POLLOUT);
}

// A page fault of the feeder's that takes long blocks only the feeder.
TEST_F(Driver, ASlowFeederDelaysNoOtherCaller)
{
    const slow_page page;
    if (!page.works())
        ZCRING_LACKS("needs userfaultfd(2)");
    antenna_file feeder;
    ASSERT_EQ(feeder.scene(recording(4096)), 0);
    std::thread writer([&] { EXPECT_EQ(feeder.write(page.address(), 4096), 4096); });
    EXPECT_TRUE(page.wait_touched());
    auto others = std::async(std::launch::async, [&] {
        antenna_file antenna;
        EXPECT_EQ(antenna.scene(ZCRING_SCENE_TONE), EBUSY);
        EXPECT_EQ(antenna.write("x", 1), -EBUSY);
        EXPECT_EQ(antenna.poll(POLLOUT, 0), POLLOUT);
        antenna.close();
        EXPECT_EQ(set_attribute("scene", "tone"), EBUSY);
        EXPECT_EQ(attribute("scene"), "counter");
        device_file radio;
        EXPECT_EQ(radio.configure(default_config()), 0);
        const mapped_ring ring(radio);
        EXPECT_EQ(radio.start(), 0);
        EXPECT_TRUE(radio.wait_readable());
        EXPECT_EQ(radio.stop(), 0);
        EXPECT_EQ(wrong_in_counter(ring, 0, 0, ring.head()), 0u);
    });
    EXPECT_EQ(others.wait_for(time_limit), std::future_status::ready);
    page.supply();
    writer.join();
}

} // namespace
} // namespace driver
