// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtl_tcp.h"

#include "rtl_receiver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace zcring::server {

namespace {

// How long no connection is accepted after the system has refused one, as when no descriptor is left.
constexpr int pause_ms = 1000;
constexpr int backlog = 16;

[[noreturn]] void throw_errno(const rtl_address& a)
{
    const int error = errno;
    throw std::system_error(error,
                            std::generic_category(),
                            "zcring: rtl_tcp cannot listen on " + to_string(a) +
                                "; choose an address of this machine and a port that is free");
}

unique_fd listen_on(const rtl_address& a)
{
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(a.host.c_str(), std::to_string(a.port).c_str(), &hints, &found))
        throw std::invalid_argument("zcring: " + to_string(a) +
                                    " is no address; give a numeric one, such as 127.0.0.1:1234");
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    unique_fd fd(socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (!fd || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd.get(), found->ai_addr, found->ai_addrlen) || listen(fd.get(), backlog))
        throw_errno(a);
    return fd;
}

rtl_address to_address(const sockaddr_storage& address, socklen_t length)
{
    char host[NI_MAXHOST] = "";
    char port[NI_MAXSERV] = "0";
    getnameinfo(reinterpret_cast<const sockaddr*>(&address),
                length,
                host,
                sizeof(host),
                port,
                sizeof(port),
                NI_NUMERICHOST | NI_NUMERICSERV);
    return { host, static_cast<std::uint16_t>(std::stoul(port)) };
}

std::uint16_t port_of(const unique_fd& fd)
{
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length))
        return 0;
    return to_address(address, length).port;
}

} // namespace

rtl_tcp::rtl_tcp(const rtl_address& address, const std::string& device_arguments, log_function log)
    : d_arguments(rtl_arguments(device_arguments)),
      d_log(std::move(log)),
      d_listener(listen_on(address)),
      d_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      d_port(port_of(d_listener))
{
    if (!d_event)
        throw_errno(address);
    d_thread = std::thread([this] { run(); });
    say("listening on " + to_string(rtl_address{ address.host, d_port }));
}

rtl_tcp::~rtl_tcp() { stop(); }

void rtl_tcp::stop()
{
    const std::lock_guard lock(d_stop_mutex);
    d_stops = true;
    notify();
    if (d_thread.joinable())
        d_thread.join();
}

void rtl_tcp::notify() const { (void)eventfd_write(d_event.get(), 1); }

void rtl_tcp::say(const std::string& what)
{
    const std::lock_guard lock(d_log_mutex);
    d_log("rtl_tcp: " + what);
}

void rtl_tcp::run()
{
    while (!d_stops)
        serve();
    // All are told before one is waited for.
    for (rtl_client& c : d_clients)
        c.close();
    d_clients.clear();
    d_clients_now = 0;
    d_listener = unique_fd();
}

// Waits for events once.
void rtl_tcp::serve()
{
    std::vector<pollfd> fds{ { d_event.get(), POLLIN, 0 },
                             { d_accepts ? d_listener.get() : -1, POLLIN, 0 } };
    for (const rtl_client& c : d_clients)
        fds.push_back({ c.fd(), c.events(), 0 });
    const int count = poll(fds.data(), fds.size(), d_accepts ? -1 : pause_ms);
    d_accepts = true;
    if (count <= 0)
        return;
    eventfd_t events = 0;
    (void)eventfd_read(d_event.get(), &events);
    auto client = d_clients.begin();
    for (std::size_t k = 2; k < fds.size(); k++, client++) {
        if (fds[k].revents & POLLOUT)
            client->write();
        if (fds[k].revents & ~POLLOUT)
            client->read();
    }
    remove_clients();
    if (fds[1].revents)
        accept_clients();
}

void rtl_tcp::remove_clients()
{
    d_clients.remove_if([](const rtl_client& c) { return c.is_over(); });
    d_clients_now = d_clients.size();
}

void rtl_tcp::accept_clients()
{
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    unique_fd fd(accept4(d_listener.get(),
                         reinterpret_cast<sockaddr*>(&address),
                         &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
            return;
        d_accepts = false;
        say(std::string("no client can be accepted for a second: ") + std::strerror(errno));
        return;
    }
    const std::string name = to_string(to_address(address, length));
    if (d_clients.size() >= clients_max) {
        if (!d_said_refusal)
            say(name + " is refused: there are " + std::to_string(clients_max) +
                " clients already; end one of them (said once)");
        d_said_refusal = true;
        return;
    }
    d_said_refusal = false;
    say(name + ": connected");
    rtl_client::owner owner;
    owner.log = [this](const std::string& text) { say(text); };
    owner.notify = [this] { notify(); };
    owner.add_lost = [this](std::uint64_t samples) { d_lost_samples += samples; };
    d_clients.emplace_back(std::move(fd), name, d_arguments, std::move(owner));
    d_clients_now = d_clients.size();
}

} // namespace zcring::server
