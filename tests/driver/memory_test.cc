// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory: the limits of the module, large rings, and allocations that fail.
#include "allocations.h"
#include "fixture.h"
#include "memory_group.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace driver {

namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{ 1 } << 30;

// A field of /proc/meminfo in bytes, such as "MemAvailable" or "MemTotal".
std::uint64_t memory(const std::string& kind)
{
    std::ifstream in("/proc/meminfo");
    std::string name, unit;
    for (std::uint64_t kilobytes; in >> name >> kilobytes; std::getline(in, unit))
        if (name == kind + ":")
            return kilobytes * 1024;
    return 0;
}

TEST_F(Driver, MemoryIsLimitedByTheParameter)
{
    const memory_limit limit;
    if (!limit.set(module_bytes() + (6 << 20))) // a ring has another MiB for its descriptors
        ZCRING_LACKS("needs to write the module's parameters");
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = 8 << 20;
    EXPECT_EQ(file.configure(config), ENOMEM);
    EXPECT_EQ(file.config().ring_bytes, default_config().ring_bytes);
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = 2 << 20;
    scene.rate_num = scene.rate_den = 1;
    EXPECT_EQ(antenna_file().scene(scene), ENOMEM);
    config.ring_bytes = 2 << 20;
    EXPECT_EQ(file.configure(config), 0);
}

// The default limit of the module, without memory_bytes_max.
TEST_F(Driver, MemoryIsLimitedToAQuarterOfTheMachineByDefault)
{
    const memory_limit limit;
    if (!limit.set(0))
        ZCRING_LACKS("needs to write the module's parameters");
    const std::uint64_t most = std::min(memory("MemTotal") / 4, 4 * gibibyte);
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = gibibyte;
    while (config.ring_bytes > most)
        config.ring_bytes /= 2;
    config.channels = most / config.ring_bytes + 1;
    EXPECT_EQ(file.configure(config), ENOMEM);
    config.channels = 1;
    config.ring_bytes = 8 << 20;
    EXPECT_EQ(file.configure(config), 0);
}

zcring_config big_ring(std::uint32_t channels)
{
    zcring_config config = default_config();
    config.ring_bytes = gibibyte;
    config.channels = channels;
    return config;
}

TEST_F(Driver, ARingOfAGibibyteStreams)
{
    const memory_limit limit;
    if (memory("MemAvailable") < gibibyte + gibibyte / 2)
        GTEST_SKIP() << "too little memory";
    if (!limit.set(2 * gibibyte)) // more than a small machine's quarter
        ZCRING_LACKS("needs to write the module's parameters");
    device_file file;
    ASSERT_EQ(file.configure(big_ring(1)), 0);
    const std::uint64_t last = gibibyte / 4 - 1000; // one burst before the end of the ring
    ASSERT_EQ(file.start(0, last), 0);
    {
        const mapped_ring ring(file);
        ASSERT_EQ(ring.data_pages[0].error(), 0);
        ASSERT_EQ(ring.data_pages[0].bytes(), 2 * gibibyte);
        ASSERT_TRUE(eventually([&] { return ring.head() >= last + 10000; }));
        ASSERT_EQ(file.stop(), 0);
        EXPECT_EQ(ring.burst(0).index, last);
        EXPECT_EQ(wrong_in_counter(ring, last, ring.burst(0).sample_clock, 10000), 0u);
    }
    EXPECT_EQ(file.configure(default_config()), 0) << "the limit has room for both rings";
}

TEST_F(Driver, WhenMemoryIsTooShortTheOldRingStays)
{
    const memory_limit limit;
    if (memory("MemTotal") > 7 * gibibyte)
        GTEST_SKIP() << "8 GiB could be allocated on this machine";
    if (!limit.set(16 * gibibyte))
        ZCRING_LACKS("needs to write the module's parameters");
    device_file file;
    const std::uint64_t before = memory("MemAvailable");
    EXPECT_EQ(file.configure(big_ring(8)), ENOMEM);
    EXPECT_EQ(file.config().ring_bytes, default_config().ring_bytes);
    EXPECT_TRUE(eventually([&] { return memory("MemAvailable") + gibibyte / 8 > before; }));
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
}

// Takes a ring of 2 * 32 MiB and a recording of 8 MiB, and leaves samples unread.
void take_much_memory(device_file& file)
{
    zcring_config config = roomy_config();
    config.ring_bytes = 32 << 20;
    config.channels = 2;
    config.rate_num = 2000000;
    ASSERT_EQ(file.configure(config), 0);
    const std::vector<std::uint32_t> samples(2 << 20);
    zcring_scene recorded{};
    recorded.kind = ZCRING_SCENE_MEMORY;
    recorded.format = ZCRING_FORMAT_SC16;
    recorded.samples = samples.size();
    recorded.rate_num = config.rate_num;
    recorded.rate_den = 1;
    const antenna_file antenna;
    ASSERT_EQ(antenna.scene(recorded), 0);
    for (std::size_t done = 0; done < samples.size() * 4;) {
        const ssize_t bytes = antenna.write(samples.data() + done / 4, samples.size() * 4 - done);
        ASSERT_GT(bytes, 0);
        done += bytes;
    }
    ASSERT_EQ(attribute("scene"), "memory");
    ASSERT_EQ(file.start(), 0); // as a consumer, the file keeps the recording
}

TEST_F(Driver, AConsumersMemoryIsGivenBackAndItsSettingsStay)
{
    ASSERT_EQ(set_default_ring(2 << 20), 0);
    ASSERT_EQ(set_attribute("scene", "noise"), 0);
    const std::uint64_t before = module_bytes();
    device_file file;
    take_much_memory(file);
    EXPECT_GT(module_bytes(), before + (64 << 20));
    file.close();
    EXPECT_EQ(module_bytes(), before);
    EXPECT_EQ(attribute("ring_bytes"), std::to_string(2 << 20));
    EXPECT_EQ(attribute("channels"), "1");
    EXPECT_EQ(attribute("sample_rate"), "2000000");
    EXPECT_EQ(attribute("scene"), "noise");
    EXPECT_EQ(attribute("state"), "stopped");
    EXPECT_EQ(attribute("produced_bytes"), "0");
}

TEST_F(Driver, AConsumersMemoryIsGivenBackWhenItIsKilled)
{
    ASSERT_EQ(set_default_ring(2 << 20), 0);
    const std::uint64_t before = module_bytes();
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        device_file file;
        take_much_memory(file);
        const mapped_ring ring(file);
        (void)!::write(ready[1], "", 1);
        pause();
        _exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_GT(module_bytes(), before + (64 << 20));
    {
        device_file observer(O_RDONLY);
        const mapped_pages data = observer.map(ZCRING_DATA);
        kill(child, SIGKILL);
        ASSERT_EQ(waitpid(child, nullptr, 0), child);
        EXPECT_TRUE(eventually([] { return attribute("ring_bytes") == std::to_string(2 << 20); }));
        EXPECT_LE(module_bytes(), before + (66 << 20));
    }
    EXPECT_TRUE(eventually([&] { return module_bytes() == before; }));
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(Driver, ARingThatIsNotLargerThanTheDefaultStaysWithItsSamples)
{
    ASSERT_EQ(set_default_ring(2 << 20), 0);
    device_file file;
    ASSERT_EQ(file.configure(default_config()), 0);
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
    file.close();
    EXPECT_EQ(attribute("ring_bytes"), std::to_string(default_config().ring_bytes));
    EXPECT_NE(attribute("produced_bytes"), "0");
    device_file next;
    std::uint32_t word = 1;
    EXPECT_EQ(next.start(ZCRING_START_RESUME), 0);
    EXPECT_EQ(next.read(&word, sizeof(word)), 4);
    EXPECT_EQ(word, 0u);
}

// Skips a test on a kernel without a memory controller.
#define NEED_MEMORY_GROUP(group)                                                 \
    do {                                                                         \
        if (!(group).has_controller())                                           \
            GTEST_SKIP() << "this kernel has no memory controller in cgroup v2"; \
        if (!(group).works())                                                    \
            ZCRING_LACKS("needs root, to make a cgroup");                        \
    } while (0)

TEST_F(Driver, ARingIsChargedToTheMemoryGroupOfItsConsumer)
{
    constexpr std::uint64_t ring_bytes = 64 << 20, tolerance = ring_bytes / 8;
    ASSERT_EQ(set_default_ring(2 << 20), 0);
    const memory_group group;
    NEED_MEMORY_GROUP(group);
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = ring_bytes;
    const std::uint64_t before = group.bytes();
    ASSERT_EQ(file.configure(config), 0);
    EXPECT_NEAR(group.bytes(), before + ring_bytes, tolerance);
    file.close();
    EXPECT_TRUE(eventually([&] { return group.bytes() < before + tolerance; })) << group.bytes();
}

TEST_F(Driver, ARingThatExceedsTheMemoryGroupIsRefusedAndTheOldRingStays)
{
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = 64 << 20;
    {
        const memory_group group;
        NEED_MEMORY_GROUP(group);
        ASSERT_TRUE(group.limit(group.bytes() + config.ring_bytes / 4));
        EXPECT_EQ(file.configure(config), ENOMEM);
        EXPECT_EQ(group.killed(), 0u);
        EXPECT_LT(group.bytes(), config.ring_bytes / 4) << "memory of the refused ring stays";
    }
    EXPECT_EQ(file.config().ring_bytes, default_config().ring_bytes);
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
    EXPECT_EQ(file.configure(config), EBUSY);
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(file.configure(config), 0) << "outside of the group";
}

class ShortOfMemory : public Driver
{
protected:
    void SetUp() override
    {
        Driver::SetUp();
        if (!IsSkipped() && !d_allocations.can_fail())
            GTEST_SKIP() << "this kernel lets no allocation fail on demand";
    }

    const allocations d_allocations;
};

TEST_F(ShortOfMemory, AConfigurationIsAppliedCompletelyOrNotAtAll)
{
    device_file file;
    zcring_config wanted = default_config();
    const unsigned failed = d_allocations.fail_each_of([&] {
        const zcring_config before = file.config();
        wanted.ring_bytes = before.ring_bytes ^ 3 << 20; // 1 or 2 MiB
        const int error = file.configure(wanted);
        EXPECT_TRUE(error == 0 || error == ENOMEM) << error;
        EXPECT_EQ(file.config().ring_bytes, error ? before.ring_bytes : wanted.ring_bytes);
    });
    EXPECT_GT(failed, 10u);
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
}

TEST_F(ShortOfMemory, ASceneIsAppliedCompletelyOrNotAtAll)
{
    device_file file;
    antenna_file antenna;
    const std::vector<std::uint32_t> samples(100000, 0x00070007);
    const std::size_t bytes = samples.size() * sizeof(samples[0]);
    zcring_scene recorded{};
    recorded.kind = ZCRING_SCENE_MEMORY;
    recorded.format = ZCRING_FORMAT_SC16;
    recorded.samples = samples.size();
    recorded.rate_num = default_config().rate_num;
    recorded.rate_den = 1;
    const unsigned failed = d_allocations.fail_each_of([&] {
        const int error = antenna.scene(recorded);
        EXPECT_TRUE(error == 0 || error == ENOMEM) << error;
    });
    EXPECT_GT(failed, 1u);
    ASSERT_EQ(antenna.write(samples.data(), bytes), static_cast<ssize_t>(bytes));
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
}

TEST_F(ShortOfMemory, OpeningAndMappingFailCleanly)
{
    int fd = -1;
    const unsigned opening = d_allocations.fail_each_of(
        [&] {
            fd = open(device_path, O_RDWR | O_CLOEXEC);
            EXPECT_TRUE(fd >= 0 || errno == ENOMEM || errno == ENFILE) << errno;
        },
        [&] { close(fd); });
    EXPECT_GT(opening, 0u);
    device_file file;
    const zcring_region data = file.region(ZCRING_DATA);
    mapped_pages pages;
    const unsigned mapping = d_allocations.fail_each_of(
        [&] {
            pages = mapped_pages(file.fd(), data.offset, data.map_length, PROT_READ);
            EXPECT_TRUE(pages.error() == 0 || pages.error() == ENOMEM) << pages.error();
        },
        [&] { pages.unmap(); });
    EXPECT_GT(mapping, 5u);
    zcring_config larger = default_config();
    larger.ring_bytes *= 2;
    EXPECT_EQ(file.configure(larger), 0) << "a mapping that failed still holds the ring";
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
}

TEST_F(ShortOfMemory, APlugSucceedsCompletelyOrNotAtAll)
{
    const std::string plug = "/sys/kernel/debug/zcring/plug";
    const std::string unplug = "/sys/kernel/debug/zcring/unplug";
    ASSERT_EQ(write_file(unplug, "0"), 0);
    int error = 0;
    const unsigned failed = d_allocations.fail_each_of(
        [&] {
            error = write_file(plug, "0");
            EXPECT_TRUE(error == 0 || error == ENOMEM) << error;
        },
        [&] { EXPECT_EQ(write_file(unplug, "0"), error ? ENODEV : 0); });
    EXPECT_GT(failed, 50u);
    ASSERT_EQ(write_file(plug, "0"), 0);
    ASSERT_TRUE(eventually([] { return access(device_path, R_OK) == 0; }));
}

} // namespace

} // namespace driver
