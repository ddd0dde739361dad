// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one place where the library sleeps: for an event of the device, or until the reader is
// woken by its own eventfd. Signals end the sleep early, and the caller checks again.
#include "poll_fds.h"

#include <poll.h>
#include <ctime>

namespace zcring {

bool poll_two(int fd, int wake_fd, std::int64_t timeout_ns) noexcept
{
    pollfd fds[2] = { { fd, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
    const timespec timeout = { static_cast<time_t>(timeout_ns / 1000000000),
                               static_cast<long>(timeout_ns % 1000000000) };

    return ppoll(fds, 2, timeout_ns < 0 ? nullptr : &timeout, nullptr) > 0 && fds[0].revents;
}

} // namespace zcring
