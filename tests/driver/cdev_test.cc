// SPDX-License-Identifier: GPL-3.0-or-later
//
// The character device: poll(), commands and their refusals, the one consumer and its observers,
// and what closing a file releases.
#include "fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

namespace driver {

namespace {

TEST_F(Driver, PollSleepsUntilTheWatermark)
{
    device_file file;
    zcring_config config = default_config();
    config.rate_num = 100000;
    config.interval_ns = 2000000; // 200 samples
    ASSERT_EQ(file.configure(config), 0);
    const mapped_ring ring(file);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(file.start(), 0);
    const std::uint64_t head = ring.head();
    ring.consumer().watermark = head + 10000;
    ring.release(head);
    EXPECT_EQ(file.poll(POLLIN, 0), 0);
    rusage before{}, after{};
    getrusage(RUSAGE_THREAD, &before);
    ASSERT_TRUE(file.wait_readable());
    getrusage(RUSAGE_THREAD, &after);
    EXPECT_GE(ring.head(), head + 10000);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
    EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 3) << "woken at every burst";
}

// A command delivers the samples that are due at once, not at the next interrupt.
TEST_F(Driver, ACommandDeliversWhatIsDueAndWakesAWaitingReader)
{
    device_file file;
    zcring_config config = default_config();
    config.interval_ns = 50000000000;
    ASSERT_EQ(file.configure(config), 0);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(file.start(), 0);
    std::thread sleeper([&] { EXPECT_TRUE(file.wait_readable()); });
    std::this_thread::sleep_for(100ms);
    zcring_control gain{};
    gain.what = ZCRING_CONTROL_GAIN;
    gain.channels = 1;
    EXPECT_EQ(file.control(gain), 0);
    sleeper.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST_F(Driver, AReadOnlyFileCannotChangeTheDevice)
{
    device_file file(O_RDONLY);
    EXPECT_EQ(file.configure(default_config()), EPERM);
    EXPECT_EQ(file.start(), EPERM);
    EXPECT_EQ(file.stop(), EPERM);
    EXPECT_EQ(file.control({}), EPERM);
    EXPECT_EQ(device_file().start(), 0) << "the read-only file has become the consumer";
}

TEST_F(Driver, TheTimeCanBeSetAtAnyTimeAndKeepsRunning)
{
    device_file file;
    const mapped_ring ring(file);
    zcring_control time{};
    time.what = ZCRING_CONTROL_TIME;
    time.channels = 1;
    EXPECT_EQ(file.control(time), 0);
    EXPECT_LT(file.tuning().time_ns, 1000000000000u)
        << "the device does not show the time that was set, in 1970";
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    EXPECT_LT(ring.burst(0).time_ns, 1000000000000u);
    time.time_ns = 2000000000000;
    EXPECT_EQ(file.control(time), 0);
    EXPECT_GE(file.tuning().time_ns, 2000000000000u);
    EXPECT_EQ(file.stop(), 0);
    EXPECT_GE(file.tuning().time_ns, 2000000000000u);
    EXPECT_LT(file.tuning().time_ns, 3000000000000u);
}

TEST_F(Driver, ADelayedStartProducesNoSampleBeforeItsDelay)
{
    device_file file;
    const mapped_ring ring(file);
    zcring_start start{};
    start.delay_ns = 300000000;
    const std::uint64_t before = file.tuning().time_ns;
    ASSERT_EQ(file.call(ZCRING_IOC_START, &start), 0);
    EXPECT_EQ(file.telemetry().sample_clock, 0u);
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    EXPECT_GE(file.tuning().time_ns, before + start.delay_ns);
    EXPECT_GE(ring.burst(0).time_ns, before + start.delay_ns);
    ASSERT_EQ(file.stop(), 0);
    start.delay_ns = ZCRING_DELAY_NS_MAX + 1;
    EXPECT_EQ(file.call(ZCRING_IOC_START, &start), EINVAL);
}

TEST_F(Driver, PollReturnsAtOnceForAStoppedStream)
{
    device_file file;
    ASSERT_EQ(file.configure(roomy_config()), 0);
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ring.consumer().watermark = ring.info.ring_samples;
    ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    EXPECT_EQ(file.poll(POLLIN, 0), 0);
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(file.poll(POLLIN, 0), POLLIN);
    ring.release(ring.head());
    EXPECT_EQ(file.poll(POLLIN, 0), POLLIN);
}

TEST_F(Driver, ASecondConsumerIsRefusedAndObserversAreAccepted)
{
    device_file consumer;
    ASSERT_EQ(consumer.start(), 0);
    device_file other;
    EXPECT_EQ(other.start(), EBUSY);
    EXPECT_EQ(other.stop(), EBUSY);
    EXPECT_EQ(other.configure(default_config()), EBUSY);
    zcring_control gain{};
    gain.what = ZCRING_CONTROL_GAIN;
    gain.channels = 1;
    EXPECT_EQ(other.control(gain), EBUSY);
    char frame[4];
    EXPECT_EQ(other.read(frame, sizeof(frame)), -EBUSY);
    EXPECT_EQ(other.map(ZCRING_CONSUMER).error(), EBUSY);

    device_file observer(O_RDONLY);
    const mapped_ring ring(observer, false);
    ASSERT_EQ(ring.meta_pages.error(), 0);
    ASSERT_EQ(ring.burst_pages.error(), 0);
    ASSERT_EQ(ring.data_pages[0].error(), 0);
    EXPECT_TRUE(eventually([&] { return ring.head() > 1000; }));
    EXPECT_EQ(observer.info().state, ZCRING_STATE_RUNNING);
    EXPECT_EQ(observer.tuning().channel[0].freq_uhz, 100000000 * uhz);
    EXPECT_GT(observer.telemetry().produced_samples, 0u);
    EXPECT_TRUE(observer.wait_readable());

    consumer.close();
    EXPECT_EQ(observer.info().state, ZCRING_STATE_STOPPED);
    EXPECT_EQ(other.start(), 0);
}

TEST_F(Driver, TellsItsRangesAndItsClocks)
{
    const device_file observer(O_RDONLY);
    const zcring_info info = observer.info();
    EXPECT_EQ(info.pace_clock, CLOCK_BOOTTIME);
    EXPECT_EQ(info.time_source, ZCRING_TIME_HOST);
    EXPECT_EQ(info.numa_node, -1) << "no hardware";
    zcring_ranges ranges{};
    ASSERT_EQ(observer.call(ZCRING_IOC_GET_RANGES, &ranges), 0);
    EXPECT_EQ(ranges.channels_max, static_cast<std::uint32_t>(ZCRING_CHANNELS_MAX));
    EXPECT_EQ(ranges.formats, 0xeu);
    EXPECT_GT(ranges.commands_max, 0u);
    EXPECT_EQ(ranges.rate_max_num, ZCRING_RATE_HZ_MAX);
    EXPECT_EQ(ranges.rate_base_num, 0u) << "any rate";
}

TEST_F(Driver, UnknownCommandsReturnENOTTY)
{
    device_file file;
    zcring_config config{};
    EXPECT_EQ(file.call(_IO(ZCRING_IOC_MAGIC, 0x7f)), ENOTTY);
    EXPECT_EQ(file.call(_IOR('Y', 0x00, zcring_info), &config), ENOTTY);
    EXPECT_EQ(file.call(_IOR(ZCRING_IOC_MAGIC, 0x02, int), &config), ENOTTY)
        << "the command has another size";
}

TEST_F(Driver, InvalidAddressesReturnEFAULT)
{
    device_file file;
    for (const unsigned long request : { ZCRING_IOC_GET_INFO,
                                         ZCRING_IOC_GET_REGION,
                                         ZCRING_IOC_GET_CONFIG,
                                         ZCRING_IOC_SET_CONFIG,
                                         ZCRING_IOC_START,
                                         ZCRING_IOC_CONTROL,
                                         ZCRING_IOC_GET_TUNING,
                                         ZCRING_IOC_GET_TELEMETRY })
        EXPECT_EQ(file.call(request, nullptr), EFAULT);
    const mapped_pages nowhere(-1, 0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
    EXPECT_EQ(file.read(nowhere.as<void>(), 4096), -EFAULT);
}

TEST_F(Driver, ReservedFieldsAndUnknownFlagsAreRefused)
{
    device_file file;
    for (int i = 0; i < 3; i++) {
        zcring_region region{};
        region.reserved[i] = 1;
        EXPECT_EQ(file.call(ZCRING_IOC_GET_REGION, &region), EINVAL);
        zcring_start start{};
        start.reserved[i] = 1;
        EXPECT_EQ(file.call(ZCRING_IOC_START, &start), EINVAL);
    }
    for (int i = 0; i < 4; i++) {
        zcring_config config = default_config();
        config.reserved[i] = 1;
        EXPECT_EQ(file.configure(config), EINVAL);
        zcring_control control{};
        control.what = ZCRING_CONTROL_GAIN;
        control.channels = 1;
        control.reserved[i] = 1;
        EXPECT_EQ(file.control(control), EINVAL);
    }
    zcring_config config = default_config();
    config.flags = 1;
    EXPECT_EQ(file.configure(config), EINVAL);
    EXPECT_EQ(file.start(2), EINVAL);
    zcring_control control{};
    control.what = ZCRING_CONTROL_GAIN | 1u << 31;
    control.channels = 1;
    EXPECT_EQ(file.control(control), EINVAL);
    control.what = ZCRING_CONTROL_GAIN;
    control.noise_mb = 1;
    EXPECT_EQ(file.control(control), EINVAL);
    EXPECT_NE(file.info().state, ZCRING_STATE_RUNNING);
}

TEST_F(Driver, InvalidConfigurationsAreRefused)
{
    device_file file;
    const auto refused = [&](const std::function<void(zcring_config&)>& spoil) {
        zcring_config config = default_config();
        spoil(config);
        return file.configure(config) == EINVAL;
    };
    EXPECT_TRUE(refused([](zcring_config& c) { c.ring_bytes = 12288; }))
        << "the size is no power of two";
    EXPECT_TRUE(refused([](zcring_config& c) { c.ring_bytes = 2048; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.ring_bytes = 1ull << 31; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.ring_bytes = 0; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.rate_num = 0; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.rate_den = 0; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.rate_num = ~0ull; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.channels = 0; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.channels = 9; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.format = 0; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.format = 4; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.interval_ns = 99999; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.interval_ns = 60000000001; }));
    EXPECT_TRUE(refused([](zcring_config& c) { c.dma = 2; }));
    EXPECT_EQ(file.config().ring_bytes, default_config().ring_bytes);
    EXPECT_EQ(file.config().rate_num, default_config().rate_num);
}

TEST_F(Driver, ConfiguringIsRefusedDuringAStreamAndNewGeometryDuringAMapping)
{
    device_file file;
    zcring_config larger = default_config();
    larger.ring_bytes *= 2;
    zcring_config faster = default_config();
    faster.rate_num *= 2;
    const mapped_pages meta = file.map(ZCRING_META);
    for (const std::uint32_t which : { ZCRING_CONSUMER, ZCRING_BURSTS, ZCRING_DATA }) {
        mapped_pages mapping = file.map(which);
        ASSERT_EQ(mapping.error(), 0);
        EXPECT_EQ(file.configure(larger), EBUSY);
        EXPECT_EQ(file.configure(faster), 0);
        mapping.unmap();
        EXPECT_EQ(file.configure(larger), 0);
        EXPECT_EQ(file.configure(default_config()), 0);
    }
    ASSERT_EQ(file.start(), 0);
    EXPECT_EQ(file.configure(faster), EBUSY);
    EXPECT_EQ(file.start(), EBUSY);
    EXPECT_EQ(meta.as<zcring_meta>()->state, ZCRING_STATE_RUNNING) << "the page was exchanged";
}

TEST_F(Driver, ObserversComeAndGoWhileTheConsumerReconfigures)
{
    std::atomic<bool> done{ false };
    std::atomic<int> wrong{ 0 };
    std::thread observer([&] {
        while (!done) {
            device_file file(O_RDONLY);
            const zcring_telemetry sums = file.telemetry();
            wrong += !zcring_test::clock_error(sums).empty();
            zcring_region where = file.region(ZCRING_DATA);
            const mapped_pages data(file.fd(), where.offset, where.length, PROT_READ);
            file.poll(POLLIN, 0);
            if (!data.error())
                wrong += data.as<std::uint32_t>()[where.length / 4 - 1] == 0xdeadbeef;
        }
    });
    device_file file;
    int resized = 0;
    for (int i = 0; i < 300 || (!resized && i < 100000); i++) {
        zcring_config config = default_config();
        config.ring_bytes = 4096ull << (i % 8);
        config.format = 1 + i % 3;
        config.channels = 1 + i % 4;
        config.interval_ns = 100000;
        const int error = file.configure(config);
        resized += !error;
        wrong += error && error != EBUSY;
        wrong += file.start() != 0;
        wrong += file.stop() != 0;
    }
    done = true;
    observer.join();
    EXPECT_GT(resized, 0);
    EXPECT_EQ(wrong, 0);
}

TEST_F(Driver, ClosingAConsumerReleasesEverything)
{
    {
        device_file file;
        const mapped_ring ring(file);
        ASSERT_EQ(file.start(), 0);
        ring.consumer().watermark = 5000;
        ASSERT_TRUE(eventually([&] { return ring.head() > 0; }));
    }
    EXPECT_EQ(attribute("state"), "stopped");
    std::ifstream references("/sys/module/zcring/refcnt");
    int count = -1;
    references >> count;
    EXPECT_EQ(count, 0);
}

// Overwrites the consumer page of a stopped stream, and closes. Returns the length of the stream.
std::uint64_t overwrite_page_and_close(std::uint64_t tail)
{
    device_file file;
    EXPECT_EQ(file.configure(roomy_config()), 0); // room for all that comes before the stop
    const mapped_ring ring(file);
    EXPECT_EQ(file.start(), 0);
    EXPECT_TRUE(eventually([&] { return ring.head() > 1000; }));
    EXPECT_EQ(file.stop(), 0);
    std::memset(&ring.consumer(), 0xa5, 4096);
    ring.release(tail);
    return ring.head();
}

void expect_clean_page(const device_file& file, std::uint64_t released)
{
    const mapped_pages pages = file.map(ZCRING_CONSUMER);
    zcring_consumer clean{};
    clean.tail = released;
    clean.total_bytes_consumed = released * 4;
    clean.watermark = released;
    EXPECT_EQ(std::memcmp(pages.as<char>(), &clean, sizeof(clean)), 0);
    const std::vector<char> zeros(4096 - sizeof(clean));
    EXPECT_EQ(std::memcmp(pages.as<char>() + sizeof(clean), zeros.data(), zeros.size()), 0);
}

TEST_F(Driver, AnUncheckedInvalidTailIsDiscardedOnClose)
{
    for (const std::uint64_t lie : { std::uint64_t{ 1 } << 40, ~std::uint64_t{ 0 } }) {
        const std::uint64_t head = overwrite_page_and_close(lie);
        EXPECT_EQ(attribute("consumed_bytes"), "0") << "reading the attribute checks the tail";
        EXPECT_EQ(attribute("fault"), "none");
        EXPECT_EQ(attribute("state"), "stopped");
        device_file next;
        expect_clean_page(next, 0);
        EXPECT_EQ(next.poll(POLLIN, 0), POLLIN);
        ASSERT_EQ(next.start(ZCRING_START_RESUME), 0);
        const mapped_ring ring(next);
        EXPECT_TRUE(eventually([&] { return ring.head() > head; }));
        EXPECT_EQ(attribute("fault"), "none");
    }
}

TEST_F(Driver, ReleasedSamplesStayReleasedAfterClose)
{
    overwrite_page_and_close(700);
    device_file next;
    EXPECT_EQ(next.telemetry().consumed_samples, 700u);
    expect_clean_page(next, 700);
    ASSERT_EQ(next.start(ZCRING_START_RESUME), 0);
    std::uint32_t word = 0;
    ASSERT_EQ(next.read(&word, sizeof(word)), 4);
    EXPECT_EQ(word, 700u);
}

} // namespace

} // namespace driver
