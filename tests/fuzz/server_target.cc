// SPDX-License-Identifier: GPL-3.0-or-later
//
// The messages of a server (lib/src/wire.h), sent from addresses that may be invalid: the kernel reads
// and writes them, and says so.
#include "server_target.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "child_processes.h"

namespace fuzz {
namespace {

constexpr std::size_t longest_argument = 512;

struct message_header {
    std::uint32_t command;
    std::int32_t error; // of an answer; of a request zero
};

std::size_t argument_bytes(unsigned long command, unsigned direction)
{
    return _IOC_DIR(command) & direction
               ? std::min<std::size_t>(_IOC_SIZE(command), longest_argument)
               : 0;
}

// Answers that somebody did not wait for; the kernel closes what came with them.
void drain(int connection)
{
    char bytes[longest_argument];
    while (recv(connection, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        continue;
}

int send_request(int connection, unsigned long command, void* argument)
{
    message_header header{ static_cast<std::uint32_t>(command), 0 };
    iovec parts[2] = { { &header, sizeof(header) },
                       { argument, argument_bytes(command, _IOC_WRITE) } };
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = parts[1].iov_len ? 2 : 1;
    return sendmsg(connection, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int receive_answer(int connection, unsigned long command, void* argument, int* came)
{
    message_header header{};
    const std::size_t bytes = argument_bytes(command, _IOC_READ);
    iovec parts[2] = { { &header, sizeof(header) }, { argument, bytes } };
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = bytes ? 2 : 1;
    message.msg_control = room;
    message.msg_controllen = CMSG_LEN(sizeof(int));
    const ssize_t received = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (received < 0)
        return -1;
    int fd = -1;
    if (const cmsghdr* const control = CMSG_FIRSTHDR(&message);
        control && control->cmsg_type == SCM_RIGHTS)
        std::memcpy(&fd, CMSG_DATA(control), sizeof(fd));
    const bool is_answer = static_cast<std::size_t>(received) >= sizeof(header) &&
                           header.command == static_cast<std::uint32_t>(command) && !header.error;
    if (came && is_answer)
        *came = fd;
    else if (fd >= 0)
        close(fd);
    if (!is_answer)
        errno = received == 0 ? ECONNRESET : header.error > 0 ? header.error : EPROTO;
    return is_answer ? 0 : -1;
}

} // namespace

server_target::server_target(const std::string& socket, bool is_free) : d_is_free(is_free)
{
    d_address.sun_family = AF_UNIX;
    std::strncpy(d_address.sun_path, socket.c_str(), sizeof(d_address.sun_path) - 1);
}

int server_target::connect_only() const
{
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const timeval limit{ process_limit.count(), 0 }; // a server that does not answer is an error
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, reinterpret_cast<const sockaddr*>(&d_address), sizeof(d_address)) == 0)
        return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int server_target::attach(int connection, zcring_attach attach, int* wake) const
{
    if (exchange(connection, ZCRING_IOC_ATTACH, &attach, wake) == 0)
        return connection;
    const int error = errno;
    close(connection);
    errno = error;
    return -1;
}

int server_target::open_radio(const std::string& name, int flags) const
{
    zcring_attach wanted{};
    wanted.role = ZCRING_ROLE_RADIO;
    wanted.flags = ZCRING_ATTACH_MEMBER;
    if ((flags & O_ACCMODE) == O_RDONLY) {
        wanted.role = ZCRING_ROLE_OBSERVER;
        wanted.flags = 0;
        wanted.receiver = std::stoull(name);
    }
    const int fd = connect_only();
    return fd < 0 ? -1 : attach(fd, wanted, nullptr);
}

int server_target::open_antenna(const std::string&, int) const
{
    zcring_attach wanted{};
    wanted.role = ZCRING_ROLE_ANTENNA;
    const int fd = connect_only();
    return fd < 0 ? -1 : attach(fd, wanted, nullptr);
}

int server_target::call(int fd, unsigned long command, void* argument) const
{
    return exchange(fd, command, argument, nullptr);
}

int server_target::exchange(int connection, unsigned long command, void* argument, int* came) const
{
    if (came)
        *came = -1;
    drain(connection);
    return send_request(connection, command, argument)
               ? -1
               : receive_answer(connection, command, argument, came);
}

int server_target::memory(int connection, zcring_region& region) const
{
    int fd = -1;
    return exchange(connection, ZCRING_IOC_GET_REGION, &region, &fd) == 0 ? fd : -1;
}

void* server_target::map(int fd, std::uint32_t region, std::size_t bytes, int protection) const
{
    zcring_region asked{};
    asked.region = region;
    const int from = memory(fd, asked);
    if (from < 0)
        return nullptr;
    void* const got = mmap(nullptr, bytes, protection, MAP_SHARED, from, 0);
    close(from);
    return got == MAP_FAILED ? nullptr : got;
}

// The answer repeats what was asked, perhaps by another thread.
bool server_target::is_possible(const zcring_region&, const zcring_region& answer) const
{
    return answer.region <= ZCRING_DATA && answer.channel < ZCRING_CHANNELS_MAX &&
           (!answer.channel || answer.region == ZCRING_DATA) && !answer.flags &&
           answer.writable <= 1 && !answer.offset && answer.length &&
           answer.map_length == answer.length && !answer.reserved[0] && !answer.reserved[1] &&
           !answer.reserved[2];
}

pid_t server_target::process() const
{
    const int fd = connect_only();
    ucred who{};
    socklen_t length = sizeof(who);
    const bool is_known = fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0;
    if (fd >= 0)
        close(fd);
    return is_known ? who.pid : -1;
}

} // namespace fuzz
