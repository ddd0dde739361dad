// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "unique_fd.h"

#include <sys/types.h>

#include <cstddef>
#include <memory>

namespace zcring::server {

/*!
 * \brief Closes descriptors that clients had a hand in, in a thread for each user.
 *
 * To close one can take long: a TCP socket with SO_LINGER waits for its peer, and a Unix socket takes
 * with it what is in its queue. The users do not wait for each other. A thread ends when it has nothing
 * to close, and is left behind if it still waits when this ends.
 * Threading: any thread.
 */
class late_closer final
{
public:
    late_closer();
    ~late_closer();
    late_closer(const late_closer&) = delete;
    late_closer& operator=(const late_closer&) = delete;

    //! Returns at once; the user is whose client the descriptor comes from.
    void close(unique_fd fd, uid_t user) noexcept;

    //! Descriptors of a user that are not closed yet.
    std::size_t waiting(uid_t user) const;

private:
    struct queues;
    void start_thread(uid_t user);

    std::shared_ptr<queues> d_queues;
};

} // namespace zcring::server
