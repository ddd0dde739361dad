// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sends and receives the messages of wire.h. Control data is received into room for exactly one
// descriptor: the kernel closes what does not fit, and says so.
#include "wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace zcring {

namespace {

// Aligned as struct cmsghdr.
struct one_descriptor {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int))] = {};
};

unique_fd descriptor_of(msghdr& header) noexcept
{
    const cmsghdr* control = CMSG_FIRSTHDR(&header);
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
        control->cmsg_len != CMSG_LEN(sizeof(int)))
        return unique_fd();
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(control), sizeof(fd));
    return unique_fd(fd);
}

} // namespace

int wire_send(int socket, const wire_message& message, int fd, int flags) noexcept
{
    iovec part = { const_cast<std::byte*>(message.bytes), message.length };
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    one_descriptor room;
    if (fd >= 0) {
        header.msg_control = room.bytes;
        header.msg_controllen = sizeof(room.bytes);
        cmsghdr* control = CMSG_FIRSTHDR(&header);
        control->cmsg_level = SOL_SOCKET;
        control->cmsg_type = SCM_RIGHTS;
        control->cmsg_len = CMSG_LEN(sizeof(fd));
        std::memcpy(CMSG_DATA(control), &fd, sizeof(fd));
    }
    for (;;) {
        if (sendmsg(socket, &header, flags | MSG_NOSIGNAL) >= 0)
            return 0; // a message is sent whole or not at all
        if (errno != EINTR)
            return errno;
    }
}

int wire_receive(int socket, wire_message& message, unique_fd* fd, int flags) noexcept
{
    one_descriptor room;
    ssize_t received = -1;
    msghdr header{};
    do {
        iovec part = { message.bytes, sizeof(message.bytes) };
        header = {};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (fd) {
            header.msg_control = room.bytes;
            header.msg_controllen = CMSG_LEN(sizeof(int)); // CMSG_SPACE() would hold two
        }
        received = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return errno;
    unique_fd came = fd ? descriptor_of(header) : unique_fd();
    if (received == 0)
        return ECONNRESET;
    if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
        static_cast<std::size_t>(received) < sizeof(wire_request))
        return EPROTO;
    message.length = static_cast<std::size_t>(received);
    if (fd)
        *fd = std::move(came);
    return 0;
}

} // namespace zcring
