// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes the server's socket. Servers that start or end at the same time take turns: each holds a lock
// on the folder while it looks at the path and changes it.
#include "listener.h"

#include "server_names.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

// Linux 6.16.
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

namespace zcring::server {

namespace {

constexpr int backlog = 64;

[[noreturn]] void throw_error(int error, const std::string& path, const std::string& what)
{
    throw std::system_error(error, std::system_category(), path + ": " + what);
}

sockaddr_un address_of(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        throw_error(ENAMETOOLONG,
                    path,
                    "the path of a socket has at most " +
                        std::to_string(sizeof(address.sun_path) - 1) +
                        " characters; choose a shorter name");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return address;
}

// A folder that others may write to could show clients another socket.
void check_folder(int fd, const std::string& folder)
{
    struct stat about = {};
    if (fstat(fd, &about) != 0)
        throw_error(errno, folder, "cannot look at the folder of the socket");
    const bool is_own = about.st_uid == geteuid() || about.st_uid == 0;
    if (!is_own || about.st_mode & (S_IWOTH | S_IWGRP))
        throw_error(EPERM,
                    folder,
                    "the folder of the socket belongs to another user, or others can write to it; "
                    "remove the folder, or change its owner and mode to yours and 0700");
}

// Another server may have made the folder, for its user alone or for another group.
void check_group(int fd, const std::string& folder, gid_t group)
{
    struct stat about = {};
    if (fstat(fd, &about) != 0)
        throw_error(errno, folder, "cannot look at the folder of the socket");
    if (!(about.st_mode & (about.st_gid == group ? S_IXGRP : S_IXOTH)))
        throw_error(EACCES,
                    folder,
                    "the members of the group cannot enter the folder of the socket; change its "
                    "group and its mode to 0750, or let all users enter it (0755)");
}

// What a user can do where the folder cannot be made. That of a group is below /run, where only root
// makes folders.
std::string remedy(const std::string& folder, std::optional<gid_t> group)
{
    if (!group)
        return "set XDG_RUNTIME_DIR to a folder of yours";
    return "let root make it for you and the group: install -d -m 0750 -o " +
           std::to_string(geteuid()) + " -g " + std::to_string(*group) + ' ' + folder;
}

// The folder, made if it is missing, and locked.
unique_fd lock_folder(const std::string& folder, std::optional<gid_t> group)
{
    const bool is_new = mkdir(folder.c_str(), 0700) == 0;
    if (!is_new && errno != EEXIST)
        throw_error(
            errno, folder, "cannot make the folder of the socket; " + remedy(folder, group));
    unique_fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd)
        throw_error(errno, folder, "cannot open the folder of the socket");
    check_folder(fd.get(), folder);
    if (is_new && group &&
        (fchown(fd.get(), uid_t(-1), *group) != 0 || fchmod(fd.get(), 0750) != 0))
        throw_error(errno, folder, "cannot give the folder to the group; be a member of the group");
    if (group)
        check_group(fd.get(), folder, *group);
    if (flock(fd.get(), LOCK_EX) != 0)
        throw_error(errno, folder, "cannot lock the folder of the socket");
    return fd;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Removes a socket that nobody listens to.
void remove_stale(const std::string& path, const sockaddr_un& address)
{
    struct stat about = {};
    if (lstat(path.c_str(), &about) != 0)
        return;
    if (!S_ISSOCK(about.st_mode))
        throw_error(EEXIST, path, "there is a file in place of the socket; remove it");
    // A listener whose queue is full would make connect() wait.
    const unique_fd probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const bool is_stale =
        connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
        errno == ECONNREFUSED;
    if (!is_stale)
        throw_error(EADDRINUSE,
                    path,
                    "a server with this name runs already; end it, or choose another name");
    unlink(path.c_str());
}

} // namespace

void refuse_descriptors(int socket) noexcept
{
    const int no = 0;
    setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
}

std::string socket_path(const std::string& name, bool for_group)
{
    if (!is_valid_server_name(name))
        throw std::invalid_argument("'" + name +
                                    "': the name of a server has 1 to 64 letters, digits, '.', '_' "
                                    "and '-', does not begin with '.', and is not 'emulator'");
    const std::vector<std::string> folders = server_folders();
    return (for_group ? folders.back() : folders.front()) + '/' + name;
}

listener::listener(const std::string& path, std::optional<gid_t> group)
    : d_fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), d_path(path)
{
    refuse_descriptors(d_fd.get());
    const sockaddr_un address = address_of(path);
    const unique_fd lock = lock_folder(folder_of(path), group);
    remove_stale(path, address);
    const mode_t old = umask(0177);
    const int bound =
        bind(d_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    const int error = errno;
    umask(old);
    if (bound != 0)
        throw_error(error, path, "cannot make the socket");
    struct stat about = {};
    lstat(path.c_str(), &about);
    d_inode = about.st_ino;
    d_is_ours = true;
    const bool is_shared =
        !group || (lchown(path.c_str(), uid_t(-1), *group) == 0 && chmod(path.c_str(), 0660) == 0);
    if (!is_shared || listen(d_fd.get(), backlog) != 0) {
        const int refusal = errno;
        unlink(path.c_str());
        throw_error(refusal,
                    path,
                    is_shared ? "cannot listen"
                              : "cannot give the socket to the group; be a member of the group");
    }
}

listener::listener(unique_fd fd) : d_fd(std::move(fd))
{
    fcntl(d_fd.get(), F_SETFL, fcntl(d_fd.get(), F_GETFL) | O_NONBLOCK);
    refuse_descriptors(d_fd.get());
    sockaddr_un address{};
    socklen_t length = sizeof(address) - 1; // so that a NUL follows
    getsockname(d_fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
    d_path = address.sun_path;
}

std::optional<listener> listener::inherited()
{
    const int count = sd_listen_fds(1);
    if (count <= 0)
        return std::nullopt;
    unique_fd fd(SD_LISTEN_FDS_START);
    if (count > 1 || sd_is_socket_unix(fd.get(), SOCK_SEQPACKET, 1, nullptr, 0) <= 0)
        throw std::invalid_argument("the service manager must pass one socket, with "
                                    "ListenSequentialPacket= and Accept=no; see zcring@.socket");
    return listener(std::move(fd));
}

listener::listener(listener&& other) noexcept
    : d_fd(std::move(other.d_fd)),
      d_path(std::move(other.d_path)),
      d_is_ours(std::exchange(other.d_is_ours, false)),
      d_inode(other.d_inode)
{
}

listener::~listener()
{
    if (!d_is_ours)
        return;
    const unique_fd folder(open(folder_of(d_path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder)
        flock(folder.get(), LOCK_EX);
    struct stat about = {};
    if (lstat(d_path.c_str(), &about) == 0 && about.st_ino == d_inode)
        unlink(d_path.c_str());
}

} // namespace zcring::server
