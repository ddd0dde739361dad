// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>
#include <utility>

namespace zcring {

//! Owns a file descriptor.
class unique_fd final
{
public:
    explicit unique_fd(int fd = -1) noexcept : d_fd(fd) {}
    ~unique_fd()
    {
        if (d_fd >= 0)
            close(d_fd);
    }
    unique_fd(unique_fd&& other) noexcept : d_fd(std::exchange(other.d_fd, -1)) {}
    unique_fd& operator=(unique_fd&& other) noexcept
    {
        std::swap(d_fd, other.d_fd);
        return *this;
    }

    int get() const noexcept { return d_fd; }
    explicit operator bool() const noexcept { return d_fd >= 0; }

private:
    int d_fd;
};

} // namespace zcring
