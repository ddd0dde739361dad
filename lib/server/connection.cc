// SPDX-License-Identifier: GPL-3.0-or-later
#include "connection.h"

#include "listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include <cerrno>
#include <cstring>

namespace zcring::server {

namespace {

constexpr std::size_t descriptors_max = 253; // SCM_MAX_FD of the kernel

// The kernel makes more of it; a handful of answers fit.
constexpr int send_buffer_bytes = 1;

// Hands the descriptors of a message to the closer. Returns whether there were any.
bool close_descriptors(msghdr& message, late_closer& closer, uid_t user)
{
    bool came = message.msg_flags & MSG_CTRUNC;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        came = true;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; i++) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
            closer.close(unique_fd(fd), user);
        }
    }
    return came;
}

} // namespace

connection::connection(sd_event* loop,
                       unique_fd socket,
                       late_closer& closer,
                       std::unique_ptr<conversation> talk,
                       std::function<void()> on_end)
    : d_closer(closer),
      d_talk(std::move(talk)),
      d_on_end(std::move(on_end)),
      d_socket(std::move(socket))
{
    refuse_descriptors(d_socket.get());
    setsockopt(d_socket.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof(int));
    sd_event_source* source = nullptr;
    checked_event(sd_event_add_io(loop, &source, d_socket.get(), EPOLLIN, on_socket, this));
    d_source.reset(source);
    const auto limit = std::chrono::microseconds(d_talk->allowed().attach_timeout).count();
    checked_event(sd_event_add_time_relative(
        loop, &source, CLOCK_MONOTONIC, static_cast<std::uint64_t>(limit), 0, on_silence, this));
    d_silence.reset(source);
}

connection::~connection()
{
    d_source.reset();                    // before the socket that it watches
    shutdown(d_socket.get(), SHUT_RDWR); // the client learns it now, whenever the socket is closed
    d_closer.close(std::move(d_socket), d_talk->user());
}

// A client that is gone, and had one request on its way, leaves in the same turn: what it had may be
// wanted by a client that is let in next.
int connection::on_socket(sd_event_source*, int, std::uint32_t events, void* self)
{
    auto& c = *static_cast<connection*>(self);
    bool goes_on = false;
    try {
        goes_on = c.handle(events);
        if (goes_on && c.d_is_gone && !c.d_goes_on)
            goes_on = c.handle(events);
    } catch (const std::exception&) { // no memory: this client's loss alone
    }
    if (!goes_on)
        std::function<void()>(c.d_on_end)(); // a copy: the call destroys the original
    return 0;
}

int connection::on_silence(sd_event_source*, std::uint64_t, void* self)
{
    std::function<void()>(static_cast<connection*>(self)->d_on_end)();
    return 0;
}

// Returns whether the connection goes on.
bool connection::handle(std::uint32_t)
{
    if (d_answer.length) // there may be room now; or the client is gone, and sending fails
        return send_answer();
    if (!d_goes_on) {
        if (const int error = receive())
            return error == EAGAIN;
    }
    d_goes_on = !d_talk->answer(d_message, d_answer, d_answer_fd);
    if (d_goes_on) {
        wait_for(EPOLLOUT); // which is there: the loop comes back when all others had their turn
        return true;
    }
    if (d_talk->is_attached())
        d_silence.reset();
    return send_answer();
}

void connection::wait_for(std::uint32_t events)
{
    checked_event(sd_event_source_set_io_events(d_source.get(), events));
}

// As wire_receive(), but for descriptors, which are never closed in this thread.
int connection::receive()
{
    alignas(cmsghdr) char room[CMSG_SPACE(descriptors_max * sizeof(int))];
    ssize_t received = -1;
    msghdr header{};
    // A client that leaves without having read everything makes one call fail before what it sent.
    for (int attempt = 0; attempt < 2 && received < 0; attempt++) {
        iovec part = { d_message.bytes, sizeof(d_message.bytes) };
        header = {};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = room;
        header.msg_controllen = sizeof(room);
        received = recvmsg(d_socket.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    }
    if (received < 0)
        return errno == EINTR ? EAGAIN : errno;
    const bool came = close_descriptors(header, d_closer, d_talk->user());
    if (received == 0)
        return ECONNRESET;
    if (came || header.msg_flags & MSG_TRUNC ||
        static_cast<std::size_t>(received) < sizeof(wire_request))
        return EPROTO;
    d_message.length = static_cast<std::size_t>(received);
    return 0;
}

// Sends the answer, now or when the client has made room. Returns whether the connection goes on.
bool connection::send_answer()
{
    const int error = wire_send(d_socket.get(), d_answer, d_answer_fd.get(), MSG_DONTWAIT);
    const bool waits = error == EAGAIN;
    if (!waits) {
        d_answer.length = 0;
        d_answer_fd = unique_fd();
    }
    wait_for(waits ? EPOLLOUT : EPOLLIN);
    // What a client that is gone has sent before is still there to be handled.
    d_is_gone = error == EPIPE || error == ECONNRESET;
    return !error || waits || d_is_gone;
}

} // namespace zcring::server
