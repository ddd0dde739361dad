// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory that is mapped once or several times in a row, and that is replaced in place.
// A memfd takes the place of the device file.
#include "mapping.h"
#include "unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

namespace {

using zcring::mapping;
using zcring::unique_fd;

const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

unsigned char* bytes_of(const mapping& m) { return static_cast<unsigned char*>(m.get()); }

bool is_mapped(void* address)
{
    unsigned char residency = 0;
    return mincore(address, page, &residency) == 0;
}

TEST(Mapping, ShowsTheSamePagesTwiceInARow)
{
    for (const std::size_t bytes : { page, 4 * page, 64 * page }) {
        const mapping m(bytes, 2);
        unsigned char* p = bytes_of(m);
        for (std::size_t k = 0; k < bytes; k += 251) {
            p[k] = static_cast<unsigned char>(k);
            ASSERT_EQ(p[bytes + k], static_cast<unsigned char>(k));
            p[bytes + k] = 0xaa;
            ASSERT_EQ(p[k], 0xaa);
        }
    }
}

TEST(Mapping, BeginsAsZeros)
{
    const mapping m(4 * page, 1);
    for (std::size_t k = 0; k < 4 * page; k++)
        ASSERT_EQ(bytes_of(m)[k], 0);
}

TEST(Mapping, EndsWithItsOwner)
{
    void* address = nullptr;
    {
        const mapping m(page, 2);
        address = m.get();
        EXPECT_TRUE(is_mapped(address));
        EXPECT_TRUE(is_mapped(static_cast<char*>(address) + page));
    }
    EXPECT_FALSE(is_mapped(address));
    EXPECT_FALSE(is_mapped(static_cast<char*>(address) + page));
}

TEST(Mapping, MovesWithoutALossOrALeak)
{
    mapping a(page, 2);
    void* address = a.get();
    bytes_of(a)[5] = 77;
    mapping b(std::move(a));
    EXPECT_EQ(b.get(), address);
    EXPECT_EQ(a.get(), nullptr);
    EXPECT_EQ(bytes_of(b)[page + 5], 77);
    void* other = nullptr;
    {
        mapping c(page, 1);
        other = c.get();
        c = std::move(b);
        EXPECT_EQ(c.get(), address);
    }
    EXPECT_FALSE(is_mapped(address));
    b = mapping();
    EXPECT_FALSE(is_mapped(other));
}

TEST(Mapping, ShowsAFile)
{
    const unique_fd file(memfd_create("test", MFD_CLOEXEC));
    ASSERT_TRUE(file);
    ASSERT_EQ(ftruncate(file.get(), static_cast<off_t>(2 * page)), 0);
    ASSERT_EQ(pwrite(file.get(), "zcring", 6, static_cast<off_t>(page)), 6);
    const mapping m(file.get(), page, page, false);
    EXPECT_EQ(bytes_of(m)[0], 'z');
    const mapping w(file.get(), page, page, true);
    bytes_of(w)[0] = 'Z';
    EXPECT_EQ(bytes_of(m)[0], 'Z');
}

TEST(Mapping, IsReplacedInPlaceInEveryPart)
{
    const auto make = [](unsigned char value) {
        mapping m(page, 2);
        bytes_of(m)[7] = value;
        return m;
    };
    mapping m = make(1);
    unsigned char* const p = bytes_of(m);
    m.replace_by(make(2));
    EXPECT_EQ(bytes_of(m), p);
    EXPECT_EQ(p[7], 2);
    EXPECT_EQ(p[page + 7], 2);
    p[8] = 3;
    EXPECT_EQ(p[page + 8], 3);
    EXPECT_THROW(m.replace_by(mapping(2 * page, 1)), std::system_error) << "not twice in a row";
}

// In a child, another mapping may have got the address: the copy of the object must leave it alone.
TEST(Mapping, IsKeptFromChildren)
{
    auto m = std::make_unique<mapping>(page, 2);
    m->keep_from_children();
    void* const address = m->get();
    const pid_t child = fork();
    if (child == 0) {
        const bool is_there = is_mapped(address);
        void* const other = mmap(
            address, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        m.reset();
        _exit(is_there ? 1 : other != address ? 2 : is_mapped(address) ? 0 : 3);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(is_mapped(address));
}

TEST(Mapping, SaysWhyItCannotBeHad)
{
    try {
        const mapping m(-1, 0, page, false);
        FAIL() << "no exception";
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), EBADF);
    }
    EXPECT_THROW(mapping(std::size_t{ 1 } << 62, 2), std::system_error);
}

TEST(UniqueFd, ClosesWhatItOwnsAndNothingElse)
{
    int number = -1;
    {
        unique_fd a(open("/dev/null", O_RDONLY | O_CLOEXEC));
        number = a.get();
        unique_fd b(std::move(a));
        EXPECT_FALSE(a);
        EXPECT_EQ(b.get(), number);
        unique_fd c;
        EXPECT_FALSE(c);
        c = std::move(b);
        EXPECT_NE(fcntl(number, F_GETFD), -1);
    }
    EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

} // namespace
