// SPDX-License-Identifier: GPL-3.0-or-later
#include "backend.h"

#include <poll.h>
#include <ctime>

namespace zcring {

void backend::start(const zcring_start& options)
{
    do_start(options);
    if (options.flags & ZCRING_START_RESUME)
        return;
    d_first_index = options.first_index;
    d_preroll_samples = options.preroll_samples;
    d_streams.fetch_add(1, std::memory_order_release);
}

bool poll_two(int fd, int wake_fd, std::int64_t timeout_ns) noexcept
{
    pollfd fds[2] = { { fd, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
    const timespec timeout = { static_cast<time_t>(timeout_ns / 1000000000),
                               static_cast<long>(timeout_ns % 1000000000) };

    return ppoll(fds, 2, timeout_ns < 0 ? nullptr : &timeout, nullptr) > 0 && fds[0].revents;
}

} // namespace zcring
