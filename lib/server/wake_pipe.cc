// SPDX-License-Identifier: GPL-3.0-or-later
#include "wake_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace zcring::server {

wake_pipe::wake_pipe()
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        throw std::system_error(errno, std::system_category(), "cannot make a pipe for a client");
    d_read = unique_fd(ends[0]);
    d_write = unique_fd(ends[1]);
    fcntl(d_write.get(), F_SETPIPE_SZ, 1); // a page, which is charged to the server's user
}

void wake_pipe::wake() const noexcept
{
    const char byte = 0;
    while (write(d_write.get(), &byte, 1) < 0 && errno == EINTR) {
    }
}

} // namespace zcring::server
