// SPDX-License-Identifier: GPL-3.0-or-later
//
// The attributes in sysfs: they show the settings, and change them when no consumer is there.
#include "fixture.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace driver {

namespace {

TEST_F(Driver, EveryAttributeCanBeRead)
{
    DIR* folder = opendir(sysfs_path);
    ASSERT_NE(folder, nullptr);
    int count = 0;
    while (const dirent* entry = readdir(folder)) {
        if (entry->d_type != DT_REG)
            continue;
        EXPECT_FALSE(attribute(entry->d_name).empty()) << entry->d_name;
        count++;
    }
    closedir(folder);
    EXPECT_GE(count, 21);
}

TEST_F(Driver, AttributesReadAndWriteTheSettings)
{
    EXPECT_EQ(attribute("state"), "stopped");
    EXPECT_EQ(attribute("fault"), "none");
    EXPECT_EQ(attribute("scene"), "counter");
    EXPECT_EQ(attribute("format"), "sc16");
    EXPECT_EQ(set_attribute("format", "fc32\n"), 0);
    EXPECT_EQ(attribute("format"), "fc32");
    EXPECT_EQ(set_attribute("format", "fc64\n"), EINVAL);
    EXPECT_EQ(set_attribute("sample_rate", "2000000.25\n"), 0);
    EXPECT_EQ(attribute("sample_rate"), "2000000.250000");
    EXPECT_EQ(set_attribute("sample_rate", "0\n"), EINVAL);
    EXPECT_EQ(set_attribute("sample_rate", "1e6\n"), EINVAL);
    EXPECT_EQ(set_attribute("frequency", "-7.5\n"), 0);
    EXPECT_EQ(attribute("frequency"), "-7.500000");
    EXPECT_EQ(set_attribute("frequency", "99999999999999999999\n"), ERANGE);
    EXPECT_EQ(set_attribute("channels", "2\n"), 0);
    EXPECT_EQ(set_attribute("gain_mb", "-600\n"), 0);
    EXPECT_EQ(attribute("gain_mb"), "-600");
    EXPECT_EQ(set_attribute("gain_mb", "6001\n"), EINVAL);
    EXPECT_EQ(set_attribute("noise_mb", "-4250\n"), 0);
    EXPECT_EQ(attribute("noise_mb"), "-4250");
    EXPECT_EQ(set_attribute("noise_mb", "1\n"), EINVAL);
    EXPECT_EQ(set_attribute("noise_mb", "-15001\n"), EINVAL);
    EXPECT_EQ(set_attribute("noise_mb", "-2147483648\n"), EINVAL) << "this number has a name";
    EXPECT_EQ(set_attribute("noise_mb", "-99999999999\n"), ERANGE);
    EXPECT_EQ(set_attribute("noise_mb", "-80 dB\n"), EINVAL);
    EXPECT_EQ(set_attribute("interval_us", "1000\n"), 0);
    EXPECT_EQ(attribute("interval_us"), "1000");
    EXPECT_EQ(set_attribute("ring_bytes", "12345\n"), EINVAL);
    EXPECT_EQ(set_attribute("ring_bytes", "65536\n"), 0);
    EXPECT_EQ(set_attribute("scene", "noise\n"), 0);
    EXPECT_EQ(attribute("noise_mb"), "none") << "of the new scene";
    EXPECT_EQ(set_attribute("noise_mb", "-4250\n"), 0);
    EXPECT_EQ(set_attribute("scene", "memory\n"), EINVAL);
    device_file file;
    EXPECT_EQ(file.config().channels, 2u);
    EXPECT_EQ(file.config().ring_bytes, 65536u);
    EXPECT_EQ(file.config().rate_num, 8000001u);
    EXPECT_EQ(file.config().rate_den, 4u);
    EXPECT_EQ(file.tuning().channel[1].gain_mb, -600);
    EXPECT_EQ(file.tuning().noise_mb, -4250);
    EXPECT_EQ(set_attribute("noise_mb", "none\n"), 0);
    EXPECT_EQ(attribute("noise_mb"), "none");
    EXPECT_EQ(file.tuning().noise_mb, ZCRING_NOISE_NONE);
}

// A tone of -6 dB with 60 dB of gain, of which an ADC clips nearly every sample.
TEST_F(Driver, AttributesShowHowManySamplesTheAdcClipped)
{
    device_file file;
    ASSERT_EQ(set_scene(ZCRING_SCENE_TONE), 0);
    ASSERT_EQ(set_attribute("gain_mb", "6000\n"), 0);
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(eventually([&] { return file.telemetry().clipped_samples > 1000; }));
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(attribute("clipped_samples"), std::to_string(file.telemetry().clipped_samples));
    EXPECT_LE(file.telemetry().clipped_samples, file.telemetry().produced_samples);
}

TEST_F(Driver, AttributesRefuseToConfigureWhileAConsumerIsThere)
{
    device_file file;
    ASSERT_EQ(file.start(), 0);
    EXPECT_EQ(set_attribute("ring_bytes", "65536\n"), EBUSY);
    EXPECT_EQ(set_attribute("sample_rate", "5000\n"), EBUSY);
    EXPECT_EQ(set_attribute("frequency", "101000000\n"), 0) << "tuning is possible during a stream";
    EXPECT_EQ(attribute("state"), "running");
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(set_attribute("ring_bytes", "65536\n"), EBUSY);
    EXPECT_EQ(set_attribute("scene", "tone\n"), 0) << "the antenna is not the consumer's";
    file.close();
    EXPECT_EQ(set_attribute("ring_bytes", "65536\n"), 0);
}

// All values are parts of one struct: a write reads the others first.
TEST_F(Driver, ConcurrentWritesToAttributesKeepEachOther)
{
    constexpr int times = 1000;
    std::atomic<bool> done{ false };
    std::atomic<int> written{ 0 };
    std::vector<std::thread> others; // more than processors, so that one is preempted half way
    for (int n = 0; n < 6; n++)
        others.emplace_back([&] {
            for (int i = 0; !done; i++)
                written += set_attribute("interval_us", i % 2 ? "1000" : "2000") == 0;
        });
    int undone = 0;
    for (int i = 0; i < times; i++) {
        const std::string value = i % 2 ? "1000000" : "2000000";
        int error = EBUSY;
        EXPECT_TRUE(
            eventually([&] { return (error = set_attribute("sample_rate", value)) != EBUSY; }));
        EXPECT_EQ(error, 0);
        undone += attribute("sample_rate") != value;
    }
    done = true;
    for (std::thread& other : others)
        other.join();
    EXPECT_EQ(undone, 0);
    EXPECT_GT(written, times / 10);
}

} // namespace

} // namespace driver
