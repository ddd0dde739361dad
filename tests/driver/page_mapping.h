// SPDX-License-Identifier: GPL-3.0-or-later
//
// The second mapping of the samples, by page, and a pipe that takes its pages.
#ifndef ZCRING_TESTS_DRIVER_PAGE_MAPPING_H
#define ZCRING_TESTS_DRIVER_PAGE_MAPPING_H

#include "fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

namespace driver {

// The samples, mapped by page; error() is EOPNOTSUPP if the driver does not support that.
inline mapped_pages map_by_page(const device_file& file, int protection = PROT_READ)
{
    zcring_region where{};
    where.region = ZCRING_DATA;
    where.flags = ZCRING_REGION_PAGES;
    if (const int error = file.call(ZCRING_IOC_GET_REGION, &where))
        return mapped_pages(error);
    return mapped_pages(file.fd(), where.offset, where.map_length, protection);
}

// Number of @words that differ from the counter, whose first sample has the sample clock @clock.
inline std::uint64_t wrong_words(const void* words, std::uint64_t samples, std::uint64_t clock = 0)
{
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < samples; i++)
        wrong += zcring_test::counter_from_sc16(words, i) != zcring_test::counter_sample(clock + i);
    return wrong;
}

// A pipe that holds @bytes.
class pipe_of
{
public:
    explicit pipe_of(std::size_t bytes)
    {
        EXPECT_EQ(pipe2(d_fd, O_CLOEXEC), 0);
        EXPECT_GE(fcntl(d_fd[1], F_SETPIPE_SZ, static_cast<int>(bytes)), static_cast<int>(bytes));
    }
    ~pipe_of()
    {
        ::close(d_fd[0]);
        ::close(d_fd[1]);
    }
    pipe_of(const pipe_of&) = delete;
    pipe_of& operator=(const pipe_of&) = delete;

    // Puts the pages themselves into the pipe: bytes, or the negative errno.
    ssize_t put(const void* from, std::size_t bytes) const
    {
        const iovec range{ const_cast<void*>(from), bytes };
        const ssize_t n = vmsplice(d_fd[1], &range, 1, SPLICE_F_NONBLOCK);
        return n < 0 ? -errno : n;
    }
    std::vector<char> take(std::size_t bytes) const
    {
        std::vector<char> to(bytes);
        std::size_t done = 0;
        for (ssize_t n = 1; n > 0 && done<bytes; done += n> 0 ? n : 0)
            n = ::read(d_fd[0], to.data() + done, bytes - done);
        EXPECT_EQ(done, bytes) << std::strerror(errno);
        return to;
    }
    // Moves the pages on to a file.
    std::size_t splice_to(int fd, std::size_t bytes) const
    {
        std::size_t done = 0;
        for (ssize_t n = 1; n > 0 && done<bytes; done += n> 0 ? n : 0)
            n = splice(d_fd[0], nullptr, fd, nullptr, bytes - done, 0);
        return done;
    }

private:
    int d_fd[2] = { -1, -1 };
};

} // namespace driver

#endif
