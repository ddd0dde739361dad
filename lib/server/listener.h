// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "unique_fd.h"

#include <sys/types.h>

#include <optional>
#include <string>

namespace zcring::server {

//! The path of the socket of the server \p name: in the first folder where clients
//! look for it, or in the last one, which is that of the system, for all users of a group. Throws std::invalid_argument for what is no name.
std::string socket_path(const std::string& name, bool for_group);

//! Makes the kernel refuse descriptors that are sent to a socket, or to those that it accepts, where the
//! kernel can (Linux 6.16). What was sent before still arrives.
void refuse_descriptors(int socket) noexcept;

/*!
 * \brief The socket at which clients arrive.
 *
 * Made here, it has mode 0600, or 0660 and a group, and its path is removed at the end. The folder is
 * made if it is missing; a socket that a server left behind is replaced. A socket that a service
 * manager has made is used as it is, and stays.
 */
class listener final
{
public:
    //! Throws std::system_error, which names the path and the remedy: EADDRINUSE if a server is there.
    listener(const std::string& path, std::optional<gid_t> group);
    //! A socket that was bound and listens already; its path stays.
    explicit listener(unique_fd fd);
    //! The one socket that the service manager passes, if it passes one. Throws
    //! std::invalid_argument for several, or for another kind.
    static std::optional<listener> inherited();
    ~listener();
    listener(listener&&) noexcept;
    listener& operator=(listener&&) = delete;

    int fd() const noexcept { return d_fd.get(); }
    const std::string& path() const noexcept { return d_path; }

private:
    unique_fd d_fd;
    std::string d_path;
    bool d_is_ours = false;
    ino_t d_inode = 0;
};

} // namespace zcring::server
