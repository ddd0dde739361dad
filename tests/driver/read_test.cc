// SPDX-License-Identifier: GPL-3.0-or-later
//
// read(): frames of interleaved channels, who may read when, and that no other caller waits for
// the page faults of a reader.
#include "fixture.h"
#include "slow_page.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <future>
#include <thread>
#include <vector>

namespace driver {

namespace {

TEST_F(Driver, ReadAfterAFaultFailsForTheConsumerThatCausedIt)
{
    char frame[4];
    {
        device_file file;
        mapped_ring ring(file);
        ASSERT_EQ(file.start(), 0);
        ring.release(1u << 31);
        EXPECT_TRUE(file.poll(0, std::chrono::milliseconds(time_limit).count()) & POLLERR);
        ring.consumer_pages.unmap();
        EXPECT_EQ(file.read(frame, sizeof(frame)), -EIO);
    }
    EXPECT_EQ(attribute("fault"), "tail_past_head");
    EXPECT_EQ(device_file().read(frame, sizeof(frame)), 4);
}

TEST_F(Driver, ReadStartsTheStreamAndReturnsTheCounterInOrder)
{
    ASSERT_EQ(set_attribute("sample_rate", "100000"), 0);
    device_file file(O_RDONLY);
    std::vector<std::uint32_t> words(50000);
    std::uint32_t next = 0;
    std::uint64_t wrong = 0;
    while (next < 100000) {
        const ssize_t n = file.read(words.data(), words.size() * 4 - 1);
        ASSERT_GT(n, 0);
        ASSERT_EQ(n % 4, 0);
        for (ssize_t i = 0; i < n / 4; i++)
            wrong += words[i] != next++;
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(file.telemetry().lost_samples, 0u);
    EXPECT_EQ(file.telemetry().consumed_samples, next);
    EXPECT_EQ(file.read(words.data(), 3), -EINVAL) << "the buffer is smaller than one frame";
    EXPECT_EQ(file.read(words.data(), 0), 0);
}

TEST_F(Driver, ReadInterleavesTheChannels)
{
    device_file file;
    zcring_config config = default_config();
    config.channels = 3;
    config.ring_bytes = 16384; // 4096 samples, in two seconds
    config.rate_num = 2000;
    ASSERT_EQ(file.configure(config), 0);
    std::vector<std::uint32_t> words(999 * 3);
    std::uint32_t next = 0;
    std::uint64_t wrong = 0;
    while (next < 10000) { // twice round it
        const ssize_t n = file.read(words.data(), words.size() * 4);
        ASSERT_GT(n, 0);
        ASSERT_EQ(n % 12, 0);
        for (ssize_t i = 0; i < n / 12; i++, next++)
            for (std::uint32_t c = 0; c < 3; c++)
                wrong += words[3 * i + c] != zcring_test::counter_sample(next, c);
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(file.telemetry().lost_samples, 0u);
}

TEST_F(Driver, NonblockingReadReturnsEAGAIN)
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

TEST_F(Driver, ReadSurvivesARestartOfTheStream)
{
    device_file file;
    zcring_config fast = default_config();
    fast.ring_bytes = 4 << 20;
    fast.rate_num = 100000000;
    fast.interval_ns = 1000000;
    ASSERT_EQ(file.configure(fast), 0);
    ASSERT_EQ(file.start(), 0);
    std::atomic<bool> done{ false };
    std::atomic<int> wrong{ 0 };
    std::thread reader([&] {
        std::vector<std::uint32_t> words(1 << 20);
        while (!done)
            wrong += file.read(words.data(), words.size() * 4) < 0;
    });
    for (int i = 0; i < 200; i++) {
        std::this_thread::sleep_for(2ms);
        wrong += file.stop() != 0;
        wrong += file.start() != 0;
    }
    done = true;
    EXPECT_EQ(file.stop(), 0);
    reader.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(attribute("fault"), "none");
}

TEST_F(Driver, ClosingAnObserverDoesNotWaitForASlowReader)
{
    const slow_page page;
    if (!page.works())
        ZCRING_LACKS("needs userfaultfd(2)");
    device_file file;
    device_file observer(O_RDONLY);
    std::thread reader([&] { EXPECT_EQ(file.read(page.address(), 4096) % 4, 0); });
    EXPECT_TRUE(page.wait_touched());
    auto closed = std::async(std::launch::async, [&] { observer.close(); });
    EXPECT_EQ(closed.wait_for(10s), std::future_status::ready);
    page.supply();
    reader.join();
}

TEST_F(Driver, OtherCallersAreRefusedWithoutWaitingForASlowReader)
{
    const slow_page page;
    if (!page.works())
        ZCRING_LACKS("needs userfaultfd(2)");
    device_file file;
    device_file other;
    std::uint32_t word = 0;
    std::thread reader([&] { EXPECT_EQ(file.read(page.address(), 4096) % 4, 0); });
    EXPECT_TRUE(page.wait_touched());
    auto refused = std::async(std::launch::async, [&] {
        EXPECT_EQ(other.configure(default_config()), EBUSY);
        EXPECT_EQ(other.start(), EBUSY);
        EXPECT_EQ(other.read(&word, sizeof(word)), -EBUSY);
        EXPECT_EQ(set_attribute("interval_us", "1000"), EBUSY);
    });
    EXPECT_EQ(refused.wait_for(10s), std::future_status::ready);
    page.supply();
    reader.join();
}

// The caller does not become the consumer either, whose presence would refuse others.
TEST_F(Driver, ReadWithABufferBelowOneFrameChangesNothing)
{
    device_file file;
    device_file other;
    char frame[4];
    EXPECT_EQ(file.read(frame, 0), 0);
    EXPECT_EQ(file.read(frame, sizeof(frame) - 1), -EINVAL);
    EXPECT_EQ(file.info().state, ZCRING_STATE_STOPPED);
    ASSERT_EQ(other.start(), 0);
    EXPECT_EQ(file.read(frame, 0), -EBUSY);
    EXPECT_EQ(file.read(frame, sizeof(frame) - 1), -EBUSY);
}

// Each caller is served or refused with EBUSY, and none waits for a page fault of another.
TEST_F(Driver, CallersThatRaceASlowReaderDoNotWaitForIt)
{
    for (int round = 0; round < 100; round++) {
        const slow_page page;
        if (!page.works())
            ZCRING_LACKS("needs userfaultfd(2)");
        device_file file;
        device_file other;
        std::thread reader([&] {
            const ssize_t n = file.read(page.address(), 4096);
            EXPECT_TRUE(n == -EBUSY || (n > 0 && n % 4 == 0)) << n;
        });
        auto refused = std::async(std::launch::async, [&] {
            int error = set_attribute("interval_us", "5000");
            EXPECT_TRUE(error == 0 || error == EBUSY) << error;
            error = other.configure(default_config());
            EXPECT_TRUE(error == 0 || error == EBUSY) << error;
        });
        const bool waits = refused.wait_for(10s) != std::future_status::ready;
        page.supply();
        reader.join();
        ASSERT_FALSE(waits) << "in round " << round;
    }
}

TEST_F(Driver, ReadReturnsWhenTheStreamIsStopped)
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
