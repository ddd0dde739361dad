// SPDX-License-Identifier: GPL-3.0-or-later
//
// The driver's interface to user space: system calls on /dev/zcring0, without the library. Without
// such a device every test is skipped, by name, or fails where ZCRING_TEST_DEVICE asks for one
// (ZCRING_LACKS()); tools/vm provides one. One process at a time may run the tests: there is only
// one device, and a second consumer is refused.
#ifndef ZCRING_TESTS_DRIVER_FIXTURE_H
#define ZCRING_TESTS_DRIVER_FIXTURE_H

#include "device_file.h"
#include "support/accounting.h"
#include "support/counter_scene.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace driver {

constexpr char sysfs_path[] = "/sys/class/zcring/zcring0/";

template <class T>
T acquire(const T& shared)
{
    return __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
}

using zcring_test::eventually;

// The mapped ring of a consumer, or of an observer, which has no consumer page.
struct mapped_ring {
    explicit mapped_ring(const device_file& file, bool consume = true)
        : info(file.info()), meta_pages(file.map(ZCRING_META)), burst_pages(file.map(ZCRING_BURSTS))
    {
        if (consume)
            consumer_pages = file.map(ZCRING_CONSUMER);
        for (std::uint32_t c = 0; c < info.channels; c++)
            data_pages.push_back(file.map(ZCRING_DATA, c));
    }

    const zcring_meta& meta() const { return *meta_pages.as<zcring_meta>(); }
    zcring_consumer& consumer() const { return *consumer_pages.as<zcring_consumer>(); }
    const zcring_burst& burst(std::uint64_t i) const
    {
        return *reinterpret_cast<const zcring_burst*>(
            burst_pages.as<char>() + (i & (info.burst_slots - 1)) * info.burst_bytes);
    }
    template <class T>
    const T* sample(std::uint64_t index, std::uint32_t channel = 0) const
    {
        return data_pages[channel].as<T>() + (index & (info.ring_samples - 1));
    }
    std::uint64_t head() const { return acquire(meta().head); }
    void release(std::uint64_t tail) const
    {
        __atomic_store_n(&consumer().tail, tail, __ATOMIC_RELEASE);
    }

    zcring_info info;
    mapped_pages meta_pages;
    mapped_pages burst_pages;
    mapped_pages consumer_pages;
    std::vector<mapped_pages> data_pages;
};

// Number of words that differ from the counter: @samples words from @index on, whose first sample
// has the sample clock @clock.
inline std::uint64_t wrong_in_counter(const mapped_ring& ring,
                                      std::uint64_t index,
                                      std::uint64_t clock,
                                      std::uint64_t samples)
{
    const auto* words = ring.sample<std::uint32_t>(index); // mapped twice: no wrap
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < samples; i++)
        wrong += words[i] != zcring_test::counter_sample(clock + i);
    return wrong;
}

inline zcring_config default_config()
{
    zcring_config config{};
    config.format = ZCRING_FORMAT_SC16;
    config.channels = 1;
    config.ring_bytes = 1 << 20;
    config.interval_ns = 5000000;
    config.rate_num = 1000000;
    config.rate_den = 1;
    return config;
}

// A ring that loses no sample for 16 seconds without being read, for the slowest machine.
inline zcring_config roomy_config()
{
    zcring_config config = default_config();
    config.ring_bytes = 64 << 20;
    return config;
}

// A signal that takes longer to make than it lasts: one turn of the worker fills the ring in 8
// steps, and at its end the next turn is due.
inline zcring_config endless_config()
{
    zcring_config config = default_config();
    config.format = ZCRING_FORMAT_SC8;
    config.ring_bytes = 16 << 20;
    config.interval_ns = ZCRING_INTERVAL_NS_MIN;
    config.rate_num = ZCRING_RATE_HZ_MAX;
    return config;
}

inline std::string attribute(const std::string& name)
{
    std::ifstream in(sysfs_path + name);
    std::string text;
    std::getline(in, text);
    return text;
}

// Returns 0 or the errno.
inline int write_file(const std::string& path, const std::string& value)
{
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int error = ::write(fd, value.data(), value.size()) < 0 ? errno : 0;
    ::close(fd);
    return error;
}

inline int set_attribute(const std::string& name, const std::string& value)
{
    return write_file(sysfs_path + name, value);
}

// Bytes that the module has charged for all rings and scenes.
inline std::uint64_t module_bytes()
{
    std::uint64_t bytes = 0;
    std::ifstream("/sys/module/zcring/parameters/memory_bytes") >> bytes;
    EXPECT_GT(bytes, 0u);
    return bytes;
}

// The limit of the module. Restores the parameter at the end of the test.
class memory_limit
{
public:
    memory_limit() { std::ifstream(path) >> d_before; }
    ~memory_limit() { set(d_before); }
    bool set(std::uint64_t bytes) const
    {
        std::ofstream out(path);
        out << bytes << std::endl;
        return out.good();
    }

private:
    static constexpr char path[] = "/sys/module/zcring/parameters/memory_bytes_max";
    std::uint64_t d_before = 0;
};

// Skips a test whose requirement is missing; fails where the driver's tests are asked for
// (tools/test-in-vm).
#define ZCRING_LACKS(what)                     \
    do {                                       \
        if (std::getenv("ZCRING_TEST_DEVICE")) \
            FAIL() << what;                    \
        GTEST_SKIP() << what;                  \
    } while (0)

class Driver : public ::testing::Test
{
protected:
    // A ring that is not larger than what root has set stays with its samples when its consumer is
    // gone: the accounting is checked after the end of the test.
    static void SetUpTestSuite() { set_default_ring(roomy_config().ring_bytes); }

    // Root's geometry of one channel; 0 or an errno.
    static int set_default_ring(std::uint64_t bytes)
    {
        int error = set_attribute("channels", "1");
        if (!error)
            error = set_attribute("format", "sc16");
        if (!error)
            error = set_attribute("ring_bytes", std::to_string(bytes));
        return error;
    }

    void SetUp() override
    {
        if (access(device_path, F_OK) != 0)
            ZCRING_LACKS("no " << device_path << ": load zcring.ko, or run this in tools/vm");
        reset();
        d_is_ready = true;
    }

    // After every test the accounting is right, and the device can be opened, emptied and
    // configured.
    void TearDown() override
    {
        if (!d_is_ready)
            return;
        check_accounting();
        reset();
    }

    // The relations of the counters that hold at every moment.
    static void check_counters(const zcring_telemetry& t)
    {
        EXPECT_EQ(zcring_test::clock_error(t), "");
        EXPECT_EQ(t.lost_samples == 0, t.overflow_count == 0);
    }

    // Both identities of abi.h, to the sample. An observer cannot check them: mapping the tail
    // makes the file the consumer.
    static void check_accounting()
    {
        const device_file file;
        const mapped_ring ring(file);
        const zcring_telemetry t = file.telemetry();
        check_counters(t);
        EXPECT_EQ(zcring_test::observed_accounting_error(t, ring.info.ring_samples), "");

        // The tail that caused a fault was rejected, and the last valid one is known to the driver
        // only.
        ASSERT_EQ(ring.consumer_pages.error(), 0);
        if (ring.meta().fault != ZCRING_FAULT_NONE)
            return;
        // Indices wrap, and preroll lies in the ring but is not counted as produced.
        const std::uint64_t first = first_index(ring, t);
        const auto consumed = static_cast<std::int64_t>(acquire(ring.consumer().tail) - first);
        EXPECT_EQ(t.produced_samples, ring.head() - first);
        EXPECT_EQ(t.consumed_samples,
                  static_cast<std::uint64_t>(std::max<std::int64_t>(consumed, 0)));
    }

    // First index of the stream: in the first descriptor, until another one overwrites its slot.
    static std::uint64_t first_index(const mapped_ring& ring, const zcring_telemetry& t)
    {
        if (t.bursts == 0)
            return ring.head();
        return t.bursts <= ring.info.burst_slots ? ring.burst(0).index
                                                 : ring.head() - t.produced_samples;
    }

    static void reset()
    {
        configure_default();
        if (attribute("ring_bytes") == std::to_string(default_config().ring_bytes))
            return;
        ASSERT_EQ(set_default_ring(roomy_config().ring_bytes), 0)
            << "a test has left a smaller one";
        configure_default();
    }

    static void configure_default()
    {
        device_file file;
        ASSERT_GE(file.fd(), 0) << std::strerror(errno);
        ASSERT_EQ(file.configure(default_config()), 0);
        ASSERT_EQ(set_scene(ZCRING_SCENE_COUNTER), 0);
        zcring_control tuned{};
        tuned.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_TIME;
        tuned.channels = 1;
        tuned.freq_uhz = 100000000 * uhz;
        tuned.time_ns =
            std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
        ASSERT_EQ(file.control(tuned), 0);
    }

private:
    bool d_is_ready = false;
};

} // namespace driver

#endif
