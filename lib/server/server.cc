// SPDX-License-Identifier: GPL-3.0-or-later
#include "server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace zcring::server {

namespace {

constexpr std::uint64_t pause_us = 100000;
constexpr std::size_t allowed_closings = 256;

sd_event* new_loop()
{
    sd_event* loop = nullptr;
    checked_event(sd_event_new(&loop));
    return loop;
}

event_source watch(sd_event* loop, int fd, sd_event_io_handler_t handler, void* self)
{
    sd_event_source* source = nullptr;
    checked_event(sd_event_add_io(loop, &source, fd, EPOLLIN, handler, self));
    return event_source(source);
}

// Sent unasked, so that the client learns why, and closed.
void refuse(int socket, int error) noexcept
{
    wire_message message;
    const wire_answer answer = { ZCRING_IOC_ATTACH, error };
    std::memcpy(message.bytes, &answer, sizeof(answer));
    message.length = sizeof(answer);
    wire_send(socket, message, -1, MSG_DONTWAIT);
}

} // namespace

server::server(ports& all, listener socket, const limits& allowed)
    : d_ports(all),
      d_listener(std::move(socket)),
      d_ledger(allowed.user_bytes),
      d_usage(allowed),
      d_stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      d_loop(new_loop()),
      d_clients(watch(d_loop.get(), d_listener.fd(), on_client, this)),
      d_freed(watch(d_loop.get(), d_ledger.fd(), on_freed, this)),
      d_stopped(watch(d_loop.get(), d_stop.get(), on_stop, this))
{
}

server::~server() { close_all(); }

void server::run() { checked_event(sd_event_loop(d_loop.get())); }

void server::stop() noexcept
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(d_stop.get(), &one, sizeof(one));
}

void server::close_all()
{
    d_connections.clear();
    d_count = 0;
}

int server::on_client(sd_event_source*, int, std::uint32_t, void* self)
{
    auto& s = *static_cast<server*>(self);
    try {
        s.accept_client();
    } catch (const std::exception&) { // no memory for one more client
        s.pause();
    }
    return 0;
}

int server::on_freed(sd_event_source*, int, std::uint32_t, void* self)
{
    static_cast<server*>(self)->d_ledger.collect();
    return 0;
}

int server::on_stop(sd_event_source*, int, std::uint32_t, void* self)
{
    return sd_event_exit(static_cast<server*>(self)->d_loop.get(), 0);
}

int server::on_room(sd_event_source*, std::uint64_t, void* self)
{
    auto& s = *static_cast<server*>(self);
    s.d_pause.reset();
    return sd_event_source_set_enabled(s.d_clients.get(), SD_EVENT_ON);
}

// Clients wait in the kernel's queue meanwhile.
void server::pause()
{
    sd_event_source* source = nullptr;
    if (sd_event_add_time_relative(
            d_loop.get(), &source, CLOCK_MONOTONIC, pause_us, 0, on_room, this) < 0)
        return;
    d_pause.reset(source);
    sd_event_source_set_enabled(d_clients.get(), SD_EVENT_OFF);
}

void server::accept_client()
{
    unique_fd client(accept4(d_listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client)
        let_in(std::move(client));
    else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        pause(); // no descriptor is free
}

void server::let_in(unique_fd client)
{
    ucred who{};
    socklen_t length = sizeof(who);
    if (getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &who, &length) != 0)
        return;
    auto talk = std::make_unique<conversation>(d_ports, d_usage, d_ledger, who.uid);
    // Descriptors that still wait to be closed, but for the sockets of clients that are just leaving.
    const bool has_sent_descriptors = d_closer.waiting(who.uid) > allowed_closings;
    if (const int error = has_sent_descriptors ? EUSERS : talk->take_connection()) {
        refuse(client.get(), error);
        shutdown(client.get(), SHUT_RDWR);
        d_closer.close(std::move(client), who.uid);
        return;
    }
    const auto place = d_connections.emplace(d_connections.end());
    try {
        *place = std::make_unique<connection>(
            d_loop.get(), std::move(client), d_closer, std::move(talk), [this, place] {
                d_connections.erase(place);
                d_count--;
            });
    } catch (...) {
        d_connections.erase(place);
        throw;
    }
    d_count++;
}

} // namespace zcring::server
