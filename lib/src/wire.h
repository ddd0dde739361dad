// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The messages between a server (`zcring serve`) and its clients: abi.h over a Unix socket.
 *
 * The socket is a SOCK_SEQPACKET. A request is struct wire_request and, where the command takes an
 * argument (_IOW, _IOWR), the struct of the command. The answer is struct wire_answer and, where the
 * command has a result (_IOR, _IOWR) and the error is 0, the struct of the command; at most one
 * descriptor comes with it. A client sends its next request after the answer. Both sides check every
 * length, and trust nothing that the other side sends.
 *
 * The first request of a connection is ZCRING_IOC_ATTACH. Its answer brings the read end of the pipe
 * that wakes the client; none for an observer. The answer to ZCRING_IOC_GET_REGION brings the memory
 * of the region: `offset` is 0, `map_length` is `length`, and the client maps the samples twice in a
 * row by itself.
 */
#pragma once

#include "unique_fd.h"
#include <zcring/abi.h>

#include <cstddef>
#include <cstdint>

namespace zcring {

struct wire_request {
    std::uint32_t command;  //!< ZCRING_IOC_*
    std::uint32_t reserved; //!< zero
};

struct wire_answer {
    std::uint32_t command; //!< that of the request
    std::int32_t error;    //!< 0, or an errno, positive
};

static_assert(sizeof(wire_request) == 8 && sizeof(wire_answer) == 8);

//! Bytes of the largest struct of a command.
constexpr std::size_t wire_argument_bytes_max = 256;
//! Bytes of the longest message, in either direction.
constexpr std::size_t wire_message_bytes_max = sizeof(wire_request) + wire_argument_bytes_max;

static_assert(sizeof(zcring_ranges) <= wire_argument_bytes_max);

//! Bytes that follow the wire_request of a command.
constexpr std::size_t wire_argument_bytes(std::uint32_t command) noexcept
{
    return _IOC_DIR(command) & _IOC_WRITE ? _IOC_SIZE(command) : 0;
}

//! Bytes that follow the wire_answer of a command, if its error is 0.
constexpr std::size_t wire_result_bytes(std::uint32_t command) noexcept
{
    return _IOC_DIR(command) & _IOC_READ ? _IOC_SIZE(command) : 0;
}

//! One message as it is sent or was received. `bytes` is aligned for the struct of every command.
struct wire_message {
    std::size_t length = 0;
    alignas(8) std::byte bytes[wire_message_bytes_max];

    //! Behind the wire_request or wire_answer.
    std::byte* argument() noexcept { return bytes + sizeof(wire_request); }
    const std::byte* argument() const noexcept { return bytes + sizeof(wire_request); }
};

/*!
 * \brief Sends one message, with a descriptor unless \p fd is -1.
 *
 * \p flags as those of sendmsg(), such as MSG_DONTWAIT; MSG_NOSIGNAL is added. A call that a signal
 * interrupts goes on. Returns 0 or an errno: EPIPE or ECONNRESET if the other side is gone, EAGAIN
 * if it does not read.
 */
int wire_send(int socket, const wire_message& message, int fd, int flags) noexcept;

/*!
 * \brief Receives one message, of at most wire_message_bytes_max bytes.
 *
 * At most one descriptor is received, with FD_CLOEXEC, into \p fd. If \p fd is null, none is, and
 * descriptors that were sent are closed by the kernel within this call. \p flags as those of recvmsg().
 * Returns 0 or an errno: ECONNRESET if the other side is gone and nothing is left to receive, EAGAIN
 * with MSG_DONTWAIT or after the time of SO_RCVTIMEO, and EPROTO if the message is too long, is shorter
 * than its header, or has more descriptors than are received; what came with it is closed.
 */
int wire_receive(int socket, wire_message& message, unique_fd* fd, int flags) noexcept;

} // namespace zcring
