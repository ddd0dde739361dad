// SPDX-License-Identifier: GPL-3.0-or-later
#include "fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace driver {

namespace {

TEST_F(Driver, ReadAfterAFaultIsAnErrorForTheConsumerThatLied)
{
    char frame[4];
    {
        device_file file;
        mapped_ring ring(file);
        ASSERT_EQ(file.start(), 0);
        ring.release(1u << 31);
        EXPECT_TRUE(file.poll(0, std::chrono::milliseconds(patience).count()) & POLLERR);
        ring.consumer_pages.unmap();
        EXPECT_EQ(file.read(frame, sizeof(frame)), -EIO);
    }
    EXPECT_EQ(attribute("fault"), "tail_past_head");
    EXPECT_EQ(device_file().read(frame, sizeof(frame)), 4);
}

TEST_F(Driver, ReadStartsTheStreamAndGivesTheCounterInOrder)
{
    ASSERT_EQ(set_attribute("sample_rate", "300000"), 0);
    device_file file(O_RDONLY);
    std::vector<std::uint32_t> words(50000);
    std::uint32_t next = 0;
    std::uint64_t wrong = 0;
    while (next < 300000) {
        const ssize_t n = file.read(words.data(), words.size() * 4 - 1);
        ASSERT_GT(n, 0);
        ASSERT_EQ(n % 4, 0);
        for (ssize_t i = 0; i < n / 4; i++)
            wrong += words[i] != next++;
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(file.telemetry().lost_samples, 0u);
    EXPECT_EQ(file.telemetry().consumed_samples, next);
    EXPECT_EQ(file.read(words.data(), 3), -EINVAL) << "less than a frame";
    EXPECT_EQ(file.read(words.data(), 0), 0);
}

TEST_F(Driver, ReadTakesTheChannelsByTurns)
{
    device_file file;
    zcring_config config = default_config();
    config.channels = 3;
    config.ring_bytes = 16384; // 4096 samples, in a fifth of a second
    config.rate_num = 20000;
    ASSERT_EQ(file.configure(config), 0);
    std::vector<std::uint32_t> words(999 * 3);
    std::uint32_t next = 0;
    std::uint64_t wrong = 0;
    while (next < 10000) {
        const ssize_t n = file.read(words.data(), words.size() * 4);
        ASSERT_GT(n, 0);
        ASSERT_EQ(n % 12, 0);
        for (ssize_t i = 0; i < n / 12; i++, next++)
            for (std::uint32_t c = 0; c < 3; c++)
                wrong += words[3 * i + c] != next + 4097 * c;
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(file.telemetry().lost_samples, 0u);
}

TEST_F(Driver, ReadMayBeToldNotToWait)
{
    device_file file(O_RDONLY | O_NONBLOCK);
    char frame[4];
    EXPECT_EQ(file.read(frame, sizeof(frame)), -EAGAIN);
    EXPECT_EQ(file.info().state, ZCRING_STATE_RUNNING);
    ASSERT_TRUE(file.wait_readable());
    EXPECT_EQ(file.read(frame, sizeof(frame)), 4);
}

TEST_F(Driver, ReadIsRefusedWhileTheConsumerPageIsMapped)
{
    device_file file;
    mapped_pages consumer = file.map(ZCRING_CONSUMER);
    ASSERT_EQ(consumer.error(), 0);
    char frame[4];
    EXPECT_EQ(file.read(frame, sizeof(frame)), -EBUSY);
    consumer.unmap();
    EXPECT_EQ(file.read(frame, sizeof(frame)), 4);
}

TEST_F(Driver, ReadEndsWithAStoppedStream)
{
    device_file file;
    zcring_config slow = default_config();
    slow.interval_ns = 50000000000;
    ASSERT_EQ(file.configure(slow), 0);
    std::vector<std::uint32_t> words(1 << 20);
    ssize_t last = -1;
    std::uint64_t total = 0;
    std::thread reader([&] {
        while ((last = file.read(words.data(), words.size() * 4)) > 0)
            total += last;
    });
    EXPECT_TRUE(eventually([&] { return file.info().state == ZCRING_STATE_RUNNING; }));
    EXPECT_EQ(file.stop(), 0);
    reader.join();
    EXPECT_EQ(last, 0);
    EXPECT_EQ(total, file.telemetry().produced_bytes);
    EXPECT_EQ(total, file.telemetry().consumed_bytes);
}

} // namespace

} // namespace driver
