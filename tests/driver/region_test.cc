// SPDX-License-Identifier: GPL-3.0-or-later
//
// The regions: what GET_REGION reports, which mappings are allowed, and how long they live.
#include "fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

namespace driver {

namespace {

TEST_F(Driver, ReportsItsGeometryAndItsRegions)
{
    device_file file(O_RDONLY);
    const zcring_info info = file.info();
    EXPECT_EQ(info.abi_version, ZCRING_ABI_VERSION);
    EXPECT_TRUE(info.features & ZCRING_FEATURE_DOUBLE_MAP);
    EXPECT_EQ(info.channels, 1u);
    EXPECT_EQ(info.format, ZCRING_FORMAT_SC16);
    EXPECT_EQ(info.sample_bytes, 4u);
    EXPECT_EQ(info.state, ZCRING_STATE_STOPPED);
    EXPECT_EQ(info.ring_samples, default_config().ring_bytes / 4);
    EXPECT_EQ(info.burst_slots & (info.burst_slots - 1), 0u);
    EXPECT_LT(strnlen(info.model, sizeof(info.model)), sizeof(info.model));

    std::set<std::uint64_t> offsets;
    for (std::uint32_t which = ZCRING_META; which <= ZCRING_DATA; which++) {
        const zcring_region region = file.region(which);
        EXPECT_GT(region.length, 0u);
        EXPECT_EQ(region.map_length, region.length * (which == ZCRING_DATA ? 2 : 1));
        EXPECT_EQ(region.writable, which == ZCRING_CONSUMER ? 1u : 0u);
        EXPECT_TRUE(offsets.insert(region.offset).second);
    }
    EXPECT_EQ(offsets.count(0), 1u);
    EXPECT_EQ(file.region(ZCRING_DATA).length, default_config().ring_bytes);
}

TEST_F(Driver, TheMetadataPageBeginsWithTheMagicNumber)
{
    device_file file(O_RDONLY);
    const mapped_pages meta = file.map(ZCRING_META);
    ASSERT_EQ(meta.error(), 0);
    EXPECT_EQ(meta.as<zcring_meta>()->magic, ZCRING_MAGIC);
    EXPECT_EQ(meta.as<zcring_meta>()->abi_version, ZCRING_ABI_VERSION);
}

TEST_F(Driver, ReadOnlyRegionsRefuseToBecomeWritableOrExecutable)
{
    device_file file;
    for (const std::uint32_t which : { ZCRING_META, ZCRING_BURSTS, ZCRING_DATA }) {
        EXPECT_EQ(file.map(which, 0, PROT_READ | PROT_WRITE).error(), EACCES);
        EXPECT_NE(file.map(which, 0, PROT_READ | PROT_EXEC).error(), 0);
        const mapped_pages mapping = file.map(which);
        ASSERT_EQ(mapping.error(), 0);
        EXPECT_EQ(mprotect(mapping.as<void>(), 4096, PROT_READ | PROT_WRITE), -1);
        EXPECT_EQ(errno, EACCES);
        EXPECT_EQ(mprotect(mapping.as<void>(), 4096, PROT_READ | PROT_EXEC), -1);
        EXPECT_EQ(errno, EACCES);
    }
    const mapped_pages consumer = file.map(ZCRING_CONSUMER);
    ASSERT_EQ(consumer.error(), 0);
    EXPECT_EQ(mprotect(consumer.as<void>(), 4096, PROT_READ | PROT_EXEC), -1);
}

TEST_F(Driver, OnlyWholeRegionsCanBeMappedFromTheirBeginning)
{
    device_file file;
    const std::size_t page = 4096;
    const auto error = [&](std::uint64_t offset, std::size_t bytes, int flags = MAP_SHARED) {
        return mapped_pages(file.fd(), offset, bytes, PROT_READ, flags).error();
    };
    for (std::uint32_t which = ZCRING_META; which <= ZCRING_DATA; which++) {
        const zcring_region where = file.region(which);
        EXPECT_EQ(error(where.offset, where.map_length + page), EINVAL);
        EXPECT_EQ(error(where.offset + page, page), EINVAL);
        EXPECT_EQ(error(where.offset, page, MAP_PRIVATE), EINVAL);
        EXPECT_EQ(error(where.offset, page), 0);
    }
    const std::uint64_t data = file.region(ZCRING_DATA).offset;
    for (int shift = 34; shift < 63; shift++) {
        const int expected = shift == 36 ? 0 : EINVAL; // the samples by page
        EXPECT_EQ(error(data | 1ull << shift, page), expected) << shift;
    }
    EXPECT_NE(error(~0ull << 12, page), 0);
    EXPECT_NE(error(~0ull << 12, 2 * page), 0);
}

TEST_F(Driver, DataMappedTwiceShowsTheSameBytes)
{
    device_file file;
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return ring.head() > 3000; }));
    ASSERT_EQ(file.stop(), 0);
    const std::size_t bytes = ring.data_pages[0].bytes() / 2;
    const auto* first = ring.data_pages[0].as<char>();
    EXPECT_EQ(std::memcmp(first, first + bytes, bytes), 0);
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, 3000), 0u);
    EXPECT_EQ(reinterpret_cast<const std::uint32_t*>(first + bytes)[2999], 2999u);
}

TEST_F(Driver, UnknownRegionsAreRefused)
{
    device_file file;
    const auto error = [&](std::uint32_t which, std::uint32_t channel) {
        zcring_region region{};
        region.region = which;
        region.channel = channel;
        return file.call(ZCRING_IOC_GET_REGION, &region);
    };
    EXPECT_EQ(error(ZCRING_DATA + 1, 0), EINVAL);
    EXPECT_EQ(error(ZCRING_DATA, 1), EINVAL);
    EXPECT_EQ(error(ZCRING_DATA, ~0u), EINVAL);
    EXPECT_EQ(error(ZCRING_META, 1), EINVAL);
    EXPECT_EQ(error(~0u, 0), EINVAL);
}

TEST_F(Driver, AMappingOutlivesTheFile)
{
    device_file file;
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    file.close();
    EXPECT_TRUE(eventually([&] { return ring.head() > 5000; }))
        << "the mapping does not keep the consumer alive";
    EXPECT_EQ(wrong_in_counter(ring, 0, 0, 5000), 0u);
    device_file other;
    EXPECT_EQ(other.start(), EBUSY);
}

TEST_F(Driver, AMappingInAChildKeepsTheGeometryUntilTheChildEnds)
{
    device_file file;
    mapped_pages data = file.map(ZCRING_DATA);
    int wake[2];
    ASSERT_EQ(pipe(wake), 0);
    const pid_t child = fork();
    if (child == 0) {
        char byte = 0;
        ::close(wake[1]);
        (void)!::read(wake[0], &byte, 1);
        _exit(data.as<std::uint32_t>()[0] == 0xffffffff ? 1 : 0);
    }
    ::close(wake[0]);
    data.unmap();
    zcring_config larger = default_config();
    larger.ring_bytes *= 2;
    EXPECT_EQ(file.configure(larger), EBUSY);
    ::close(wake[1]);
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(file.configure(larger), 0);
}

TEST_F(Driver, AMappingCanBePartlyUnmappedAndMoved)
{
    device_file file;
    const zcring_region where = file.region(ZCRING_DATA);
    zcring_config larger = default_config();
    larger.ring_bytes *= 2;
    auto* data = static_cast<char*>(mmap(nullptr,
                                         where.map_length,
                                         PROT_READ,
                                         MAP_SHARED,
                                         file.fd(),
                                         static_cast<off_t>(where.offset)));
    ASSERT_NE(data, MAP_FAILED);
    ASSERT_EQ(munmap(data + where.length / 2, 8192), 0);
    EXPECT_EQ(file.configure(larger), EBUSY);
    ASSERT_EQ(munmap(data, where.length / 2), 0);
    EXPECT_EQ(file.configure(larger), EBUSY);
    auto* rest = data + where.length / 2 + 8192;
    const std::size_t bytes = where.map_length - where.length / 2 - 8192;
    EXPECT_EQ(mremap(rest, bytes, bytes + 4096, MREMAP_MAYMOVE), MAP_FAILED);
    EXPECT_EQ(file.configure(larger), EBUSY);
    ASSERT_EQ(munmap(rest, bytes), 0);
    EXPECT_EQ(file.configure(larger), 0);
}

zcring_config resized(std::uint64_t ring_bytes)
{
    zcring_config config = default_config();
    config.ring_bytes = ring_bytes;
    return config;
}

TEST_F(Driver, AnObserversMappingsDoNotKeepTheConsumerFromAnotherGeometry)
{
    device_file file;
    device_file observer(O_RDONLY);
    mapped_pages bursts(observer.fd(), observer.region(ZCRING_BURSTS).offset, 4096, PROT_READ);
    mapped_pages data = observer.map(ZCRING_DATA);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return data.as<std::uint32_t>()[2000] == 2000; }));
    ASSERT_EQ(file.stop(), 0);
    ASSERT_EQ(file.configure(resized(2 << 20)), 0);
    EXPECT_EQ(data.as<std::uint32_t>()[2000], 2000u) << "the old ring goes with its last mapping";
    EXPECT_EQ(bursts.as<zcring_burst>()[0].sample_clock, 0u);
    const mapped_pages after = observer.map(ZCRING_DATA);
    ASSERT_EQ(after.error(), 0);
    EXPECT_EQ(after.as<std::uint32_t>()[2000], 0u) << "of the new ring";
}

// A file that observes first and configures then would not notice that its mappings are old.
TEST_F(Driver, AFilesOwnMappingsKeepTheGeometry)
{
    device_file file;
    mapped_pages data = file.map(ZCRING_DATA);
    ASSERT_EQ(data.error(), 0);
    EXPECT_EQ(file.configure(resized(2 << 20)), EBUSY);
    data.unmap();
    EXPECT_EQ(file.configure(resized(2 << 20)), 0);
}

// Whether @pages can be read, or the process gets SIGBUS.
bool can_be_read(const mapped_pages& pages, std::size_t at = 0)
{
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGBUS, [](int) { _exit(1); });
        (void)*static_cast<volatile char*>(pages.as<char>() + at);
        _exit(0);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status == 0;
}

// One after the other, @count observers map a ring that is replaced then.
std::vector<mapped_pages> observed_rings(const device_file& file, int count)
{
    device_file observer(O_RDONLY);
    std::vector<mapped_pages> rings;
    for (int i = 0; i < count; i++) {
        const zcring_region where = observer.region(ZCRING_DATA);
        rings.emplace_back(observer.fd(), where.offset, where.length, PROT_READ);
        EXPECT_EQ(rings.back().error(), 0);
        EXPECT_TRUE(can_be_read(rings.back(), where.length - 1));
        EXPECT_EQ(*rings.back().as<std::uint32_t>(), 0u);
        EXPECT_EQ(file.configure(resized(i % 2 ? 4 << 20 : 2 << 20)), 0);
    }
    return rings;
}

TEST_F(Driver, TheOldestRingsThatOnlyObserversKeepAreRevoked)
{
    device_file file;
    ASSERT_EQ(file.configure(resized(4 << 20)), 0);
    const std::uint64_t before = module_bytes();
    const std::vector<mapped_pages> rings = observed_rings(file, 100); // 400 MiB with descriptors
    device_file observer(O_RDONLY);
    const mapped_pages present = observer.map(ZCRING_DATA);
    EXPECT_LT(module_bytes() - before, 128u << 20);
    EXPECT_FALSE(can_be_read(rings.front()));
    EXPECT_TRUE(can_be_read(rings.back()));
    EXPECT_TRUE(can_be_read(present));
    ASSERT_EQ(file.start(), 0);
    EXPECT_TRUE(eventually([&] { return present.as<std::uint32_t>()[2000] == 2000; }));
}

TEST_F(Driver, ObserversKeepNoMemoryThatAConsumerNeeds)
{
    const memory_limit limit;
    if (!limit.set(module_bytes() + (20 << 20)))
        ZCRING_LACKS("needs to write the module's parameters");
    device_file file;
    ASSERT_EQ(file.configure(resized(4 << 20)), 0);
    const std::vector<mapped_pages> rings = observed_rings(file, 2);
    ASSERT_TRUE(can_be_read(rings.back()));
    EXPECT_EQ(file.configure(resized(16 << 20)), 0);
    EXPECT_FALSE(can_be_read(rings.back()));
}

// A revoked mapping is an ordinary mapping in all other respects.
TEST_F(Driver, ARevokedMappingCanBeSplitMovedInheritedAndUnmapped)
{
    const memory_limit limit;
    if (!limit.set(module_bytes() + (20 << 20)))
        ZCRING_LACKS("needs to write the module's parameters");
    const std::uint64_t before = module_bytes();
    device_file file;
    ASSERT_EQ(file.configure(resized(4 << 20)), 0);
    {
        device_file observer(O_RDONLY);
        const zcring_region where = observer.region(ZCRING_DATA);
        auto* data = static_cast<char*>(mmap(nullptr,
                                             where.map_length,
                                             PROT_READ,
                                             MAP_SHARED,
                                             observer.fd(),
                                             static_cast<off_t>(where.offset)));
        ASSERT_NE(data, MAP_FAILED);
        ASSERT_EQ(munmap(data + where.length / 2, 8192), 0);
        void* place = mmap(nullptr, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        auto* moved = static_cast<char*>(
            mremap(data, 1 << 20, 1 << 20, MREMAP_MAYMOVE | MREMAP_FIXED, place));
        ASSERT_EQ(moved, place);
        EXPECT_EQ(*static_cast<volatile char*>(moved), 0);
        ASSERT_EQ(file.configure(resized(2 << 20)), 0);
        EXPECT_EQ(*static_cast<volatile char*>(moved + 8192), 0);
        ASSERT_EQ(file.configure(resized(16 << 20)), 0); // revokes
        const pid_t child = fork();
        if (child == 0) {
            signal(SIGBUS, [](int) { _exit(1); });
            munmap(moved, 4096);
            mprotect(moved + 4096, 4096, PROT_NONE);
            (void)*static_cast<volatile char*>(moved + 8192);
            _exit(0);
        }
        int status = -1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(WEXITSTATUS(status), 1);
        munmap(moved, 1 << 20);
        munmap(data, where.map_length);
    }
    ASSERT_EQ(file.configure(default_config()), 0);
    EXPECT_EQ(module_bytes(), before);
}

} // namespace

} // namespace driver
