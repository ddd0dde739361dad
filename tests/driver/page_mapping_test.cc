// SPDX-License-Identifier: GPL-3.0-or-later
//
// Samples without a copy beyond the process: the second mapping of the samples, by page. The kernel
// takes samples straight from the ring: O_DIRECT, io_uring, vmsplice(). Pages that the kernel holds
// outlive the ring. The default mapping has no pages that the kernel may hold (remap_pfn_range()), and
// refuses; a fixed buffer of io_uring must be writable, which the samples never are.
#include "allocations.h"
#include "direct_file.h"
#include "page_mapping.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace driver {

namespace {

// An instance of io_uring; error() where the kernel has none.
class submission_ring
{
public:
    submission_ring() { d_error = -io_uring_queue_init(4, &d_ring, 0); }
    ~submission_ring()
    {
        if (!d_error)
            io_uring_queue_exit(&d_ring);
    }
    submission_ring(const submission_ring&) = delete;
    submission_ring& operator=(const submission_ring&) = delete;

    int error() const { return d_error; }
    // Makes a range a fixed buffer: 0 or the errno.
    int fix(const void* from, std::size_t bytes)
    {
        const iovec range{ const_cast<void*>(from), bytes };
        return -io_uring_register_buffers(&d_ring, &range, 1);
    }
    // Bytes that were written, or the negative errno.
    int write(int fd, const void* from, std::size_t bytes, std::uint64_t offset)
    {
        io_uring_sqe* const entry = io_uring_get_sqe(&d_ring);
        io_uring_prep_write(entry, fd, from, static_cast<unsigned int>(bytes), offset);
        if (const int n = io_uring_submit(&d_ring); n != 1)
            return n < 0 ? n : -EIO;
        io_uring_cqe* done = nullptr;
        if (const int error = io_uring_wait_cqe(&d_ring, &done))
            return error;
        const int written = done->res;
        io_uring_cqe_seen(&d_ring, done);
        return written;
    }

private:
    io_uring d_ring{};
    int d_error = 0;
};

// A stopped stream that fills the ring, and goes across its end: sample clock i is at
// samples()[i], for a whole ring.
class PageMapping : public Driver
{
protected:
    void SetUp() override
    {
        Driver::SetUp();
        if (IsSkipped() || HasFatalFailure())
            return;
        d_file = std::make_unique<device_file>();
        fill(half());
    }

    void TearDown() override
    {
        d_pages = {};
        d_file.reset();
        Driver::TearDown();
    }

    static std::uint64_t ring_samples() { return default_config().ring_bytes / sample_bytes; }
    static std::uint64_t half() { return ring_samples() / 2; }
    static std::size_t run_bytes() { return default_config().ring_bytes; }

    // A new stream of one ring of samples; the first one is at index @first.
    void fill(std::uint64_t first)
    {
        ASSERT_EQ(file().start(0, first), 0);
        ASSERT_TRUE(
            eventually([&] { return file().telemetry().produced_samples >= ring_samples(); }));
        ASSERT_EQ(file().stop(), 0);
        ASSERT_EQ(file().telemetry().produced_samples, ring_samples());
    }

    device_file& file() { return *d_file; }
    const mapped_pages& pages() const { return d_pages; }
    void map(mapped_pages pages) { d_pages = std::move(pages); }
    void unmap() { d_pages = {}; }
    void close()
    {
        unmap();
        d_file->close();
    }
    const char* samples() const { return d_pages.as<char>() + half() * sample_bytes; }

    static constexpr std::size_t sample_bytes = 4;

private:
    std::unique_ptr<device_file> d_file;
    mapped_pages d_pages;
};

// Maps the samples by page, or skips the test.
#define MAP_BY_PAGE()                                                             \
    do {                                                                          \
        if (!(file().info().features & ZCRING_FEATURE_PAGES))                     \
            GTEST_SKIP() << "this driver maps samples by remap_pfn_range() only"; \
        map(map_by_page(file()));                                                 \
        ASSERT_EQ(pages().error(), 0) << std::strerror(pages().error());          \
        ASSERT_EQ(wrong_words(samples(), ring_samples()), 0u);                    \
    } while (0)

#define NEED_DIRECT(file)                                                        \
    do {                                                                         \
        if ((file).fd() < 0)                                                     \
            GTEST_SKIP() << "no folder of a file system that supports O_DIRECT"; \
    } while (0)

#define NEED_IO_URING(ring)                                                   \
    do {                                                                      \
        if ((ring).error())                                                   \
            GTEST_SKIP() << "no io_uring: " << std::strerror((ring).error()); \
    } while (0)

TEST_F(PageMapping, TheDefaultMappingGivesTheKernelNoPages)
{
    map(file().map(ZCRING_DATA));
    ASSERT_EQ(wrong_words(samples(), ring_samples()), 0u);
    EXPECT_EQ(pipe_of(4096).put(samples(), 4096), -EFAULT);
    submission_ring ring;
    if (!ring.error()) {
        EXPECT_EQ(ring.fix(samples(), 4096), EFAULT);
    }
    const direct_file out;
    NEED_DIRECT(out);
    EXPECT_EQ(out.write(samples(), run_bytes(), 0), -EFAULT);
    if (!ring.error()) {
        EXPECT_EQ(ring.write(out.fd(), samples(), run_bytes(), 0), -EFAULT);
    }
}

TEST_F(PageMapping, IsRefusedUnlessTheDriverReportsIt)
{
    const int error = map_by_page(file()).error();
    EXPECT_EQ(error, file().info().features & ZCRING_FEATURE_PAGES ? 0 : EOPNOTSUPP);
}

TEST_F(PageMapping, IsReadOnlyAndMapsTheSamplesTwice)
{
    MAP_BY_PAGE();
    EXPECT_EQ(map_by_page(file(), PROT_READ | PROT_WRITE).error(), EACCES);
    EXPECT_EQ(mprotect(pages().as<void>(), 4096, PROT_READ | PROT_WRITE), -1);
    EXPECT_EQ(errno, EACCES);
    EXPECT_EQ(mprotect(pages().as<void>(), 4096, PROT_READ | PROT_EXEC), -1);
    const auto* first = pages().as<char>();
    EXPECT_EQ(pages().bytes(), 2 * run_bytes());
    EXPECT_EQ(std::memcmp(first, first + run_bytes(), run_bytes()), 0);
    const mapped_pages by_default = file().map(ZCRING_DATA);
    EXPECT_EQ(std::memcmp(first, by_default.as<char>(), run_bytes()), 0);
}

// The kernel takes pages for reading only: it writes into the ring on behalf of no program.
TEST_F(PageMapping, NoSystemCallWritesIntoTheRing)
{
    const direct_file from;
    const int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    MAP_BY_PAGE();
    auto* const target = const_cast<char*>(samples());
    char byte = 1;
    ASSERT_GE(memory, 0);
    EXPECT_EQ(pwrite(memory, &byte, 1, reinterpret_cast<off_t>(target)), -1);
    ::close(memory);
    const iovec local{ &byte, 1 }, remote{ target, 1 };
    EXPECT_EQ(process_vm_writev(getpid(), &local, 1, &remote, 1, 0), -1);
    EXPECT_EQ(errno, EFAULT);
    NEED_DIRECT(from);
    ASSERT_EQ(from.write(samples(), 4096, 0), 4096);
    EXPECT_EQ(pread(from.fd(), target, 4096, 0), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(wrong_words(samples(), ring_samples()), 0u);
}

// Its pages are inserted by faults, also by those of the kernel, and are revoked with the ring.
TEST_F(PageMapping, AnObserversPagesAreInsertedByFaultsAndCanBeRevoked)
{
    const direct_file out;
    const pipe_of pipe(run_bytes());
    MAP_BY_PAGE();
    unmap();
    const device_file observer(O_RDONLY);
    const mapped_pages seen = map_by_page(observer);
    ASSERT_EQ(seen.error(), 0);
    const char* const first = seen.as<char>() + half() * sample_bytes;
    ASSERT_EQ(pipe.put(first, run_bytes()), static_cast<ssize_t>(run_bytes()));
    EXPECT_EQ(wrong_words(first, ring_samples()), 0u);
    EXPECT_EQ(madvise(seen.as<void>(), seen.bytes(), MADV_DONTNEED), 0);
    EXPECT_EQ(wrong_words(first, ring_samples()), 0u) << "a page is inserted again";

    const memory_limit limit;
    if (!limit.set(module_bytes() + (4 << 20)))
        ZCRING_LACKS("needs to write the module's parameters");
    zcring_config config = default_config();
    config.ring_bytes = 2 << 20;
    ASSERT_EQ(file().configure(config), 0);
    config.ring_bytes = 1 << 20;
    ASSERT_EQ(file().configure(config), 0); // without room for a third ring
    if (out.fd() >= 0) {
        EXPECT_EQ(out.write(first, 4096, 0), -EFAULT) << "the mapping was revoked";
    }
    EXPECT_EQ(wrong_words(pipe.take(run_bytes()).data(), ring_samples()), 0u);
}

TEST_F(PageMapping, OnlySamplesAreMappedByPage)
{
    zcring_region where{};
    where.flags = ZCRING_REGION_PAGES;
    for (const std::uint32_t which : { ZCRING_META, ZCRING_CONSUMER, ZCRING_BURSTS }) {
        where.region = which;
        EXPECT_EQ(file().call(ZCRING_IOC_GET_REGION, &where), EINVAL);
        const std::uint64_t offset = (std::uint64_t{ 16 } + which) << 32;
        EXPECT_EQ(mapped_pages(file().fd(), offset, 4096, PROT_READ).error(), EINVAL);
    }
    where.region = ZCRING_DATA;
    where.channel = 1;
    EXPECT_EQ(file().call(ZCRING_IOC_GET_REGION, &where), EINVAL);
}

TEST_F(PageMapping, DirectWriteTakesSamplesFromTheRing)
{
    const direct_file out;
    MAP_BY_PAGE();
    NEED_DIRECT(out);
    EXPECT_EQ(out.write(samples(), run_bytes(), 0), static_cast<ssize_t>(run_bytes()));
    EXPECT_EQ(wrong_words(out.read(run_bytes()).get(), ring_samples()), 0u);
}

TEST_F(PageMapping, IoUringTakesSamplesFromTheRing)
{
    const direct_file out;
    submission_ring ring;
    MAP_BY_PAGE();
    NEED_DIRECT(out);
    NEED_IO_URING(ring);
    for (std::size_t done = 0; done < run_bytes();) {
        const int n = ring.write(out.fd(), samples() + done, run_bytes() - done, done);
        ASSERT_GT(n, 0) << std::strerror(-n);
        done += n;
    }
    EXPECT_EQ(wrong_words(out.read(run_bytes()).get(), ring_samples()), 0u);
}

// io_uring pins a fixed buffer for writing (io_pin_pages(): FOLL_WRITE | FOLL_LONGTERM), also if samples
// are only written from it. Of files other than shmem, 6.1 takes not even writable mappings.
TEST_F(PageMapping, IsNoFixedBufferOfIoUringBecauseItIsReadOnly)
{
    submission_ring ring;
    MAP_BY_PAGE();
    NEED_IO_URING(ring);
    EXPECT_EQ(ring.fix(samples(), run_bytes()), EFAULT);
}

TEST_F(PageMapping, VmspliceTakesPagesIntoAPipeAndSpliceWritesThemToAFile)
{
    const pipe_of pipe(run_bytes());
    const scratch_file out;
    MAP_BY_PAGE();
    ASSERT_GE(out.fd(), 0);
    ASSERT_EQ(pipe.put(samples(), run_bytes()), static_cast<ssize_t>(run_bytes()));
    EXPECT_EQ(pipe.splice_to(out.fd(), run_bytes()), run_bytes());
    EXPECT_EQ(wrong_words(out.read(run_bytes()).get(), ring_samples()), 0u);
}

// No copy is made: the pipe has the pages of the ring, and a later stream writes into them. A consumer
// holds its samples until the pipe is empty.
TEST_F(PageMapping, PagesInAPipeAreThoseOfTheRing)
{
    const std::size_t bytes = 16 * 4096, shift = 1024;
    const pipe_of pipe(bytes);
    MAP_BY_PAGE();
    ASSERT_EQ(pipe.put(samples(), bytes), static_cast<ssize_t>(bytes));
    fill(half() + shift);
    const std::vector<char> taken = pipe.take(bytes);
    EXPECT_EQ(wrong_words(taken.data() + shift * sample_bytes, bytes / sample_bytes - shift), 0u);
}

// The memory of the old ring is freed while a pipe holds some of its pages. They keep their samples,
// although new rings, in chunks as large as those that were freed, would use the memory again.
TEST_F(PageMapping, PagesInAPipeOutliveMappingFileAndRing)
{
    const pipe_of pipe(run_bytes());
    MAP_BY_PAGE();
    ASSERT_EQ(pipe.put(samples(), run_bytes()), static_cast<ssize_t>(run_bytes()));
    close();
    device_file other;
    ASSERT_EQ(set_scene(ZCRING_SCENE_NOISE), 0);
    for (const std::uint32_t channels : { 8, 2, 8 }) {
        zcring_config config = default_config();
        config.channels = channels;
        ASSERT_EQ(other.configure(config), 0);
        ASSERT_EQ(other.start(), 0);
        ASSERT_TRUE(eventually([&] { return other.telemetry().lost_samples > 0; }));
        ASSERT_EQ(other.stop(), 0);
    }
    EXPECT_EQ(wrong_words(pipe.take(run_bytes()).data(), ring_samples()), 0u);
}

// Some pages are given back one by one as the pipe is read, within a page too, the others when it ends.
TEST_F(PageMapping, APipeThatEndsHalfReadGivesItsPagesBack)
{
    auto pipe = std::make_unique<pipe_of>(run_bytes());
    MAP_BY_PAGE();
    ASSERT_EQ(pipe->put(samples(), run_bytes()), static_cast<ssize_t>(run_bytes()));
    close();
    reset();
    device_file other;
    zcring_config larger = default_config();
    larger.ring_bytes *= 2;
    ASSERT_EQ(other.configure(larger), 0);
    const std::size_t part = run_bytes() / 2 + 12; // within a page
    EXPECT_EQ(wrong_words(pipe->take(part).data(), part / sample_bytes), 0u);
    pipe.reset();
    EXPECT_EQ(other.configure(default_config()), 0);
}

// A consumer's pages are inserted by mmap(), those of an observer by the faults of vmsplice().
TEST_F(PageMapping, MappingAndPinningFailCleanlyIfAnAllocationFails)
{
    const allocations allocations;
    if (!allocations.can_fail())
        GTEST_SKIP() << "this kernel lets no allocation fail on demand";
    const pipe_of pipe(run_bytes());
    MAP_BY_PAGE();
    unmap();
    const device_file observer(O_RDONLY);
    const device_file* const files[] = { &file(), &observer };
    for (const device_file* const by : files) {
        mapped_pages mapped;
        ssize_t held = 0;
        const unsigned failed = allocations.fail_each_of(
            [&] {
                mapped = map_by_page(*by);
                held = mapped.error()
                           ? -mapped.error()
                           : pipe.put(mapped.as<char>() + half() * sample_bytes, run_bytes());
                EXPECT_TRUE(held > 0 || held == -ENOMEM) << held;
            },
            [&] {
                mapped.unmap();
                const std::size_t bytes = std::max<ssize_t>(held, 0);
                EXPECT_EQ(wrong_words(pipe.take(bytes).data(), bytes / sample_bytes), 0u);
            });
        EXPECT_GT(failed, 5u);
        EXPECT_EQ(held, static_cast<ssize_t>(run_bytes()));
    }
    zcring_config larger = default_config();
    larger.ring_bytes *= 2;
    EXPECT_EQ(file().configure(larger), 0) << "a mapping that failed still holds the ring";
    ASSERT_EQ(file().start(), 0);
    EXPECT_TRUE(file().wait_readable());
}

} // namespace

} // namespace driver
