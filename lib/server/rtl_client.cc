// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtl_client.h"

#include "rtl_receiver.h"

#include <zcring/device.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <exception>

namespace zcring::server {

namespace {

// Of the kernel: a larger one would hold old samples for a slow client.
constexpr int socket_buffer_bytes = 256 * 1024;

// Of the queue: a second of samples, but no more than one client may cost.
constexpr double queue_seconds = 1;
constexpr double queue_bytes_min = 64 * 1024;
constexpr double queue_bytes_max = 8 * 1024 * 1024;

std::size_t queue_bytes_for(double rate)
{
    return static_cast<std::size_t>(
        std::clamp(queue_seconds * rate * rtl_sample_bytes, queue_bytes_min, queue_bytes_max));
}

void set_option(int fd, int level, int option, int value)
{
    // Without the option the client is served, too.
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

std::string number(double x)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.10g", x);
    return text;
}

} // namespace

rtl_client::rtl_client(unique_fd socket, std::string name, const arguments& a, owner o)
    : d_socket(std::move(socket)), d_name(std::move(name)), d_arguments(a), d_owner(std::move(o))
{
    set_option(d_socket.get(), SOL_SOCKET, SO_SNDBUF, socket_buffer_bytes);
    set_option(d_socket.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(d_socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    d_thread = std::thread([this] { run(); });
}

rtl_client::~rtl_client()
{
    close();
    d_thread.join();
    const std::uint64_t header = std::min<std::uint64_t>(d_bytes_sent, rtl_header().size());
    std::string text = "left; " + std::to_string((d_bytes_sent - header) / rtl_sample_bytes) +
                       " samples sent, " + std::to_string(d_samples_lost) +
                       " lost because the client read too slowly, " +
                       std::to_string(d_gap_samples) + " lost before and sent as silence";
    if (d_rate > 0)
        text += "; last at " + number(d_frequency) + " Hz, " + number(d_rate) + " samples a second";
    say(text);
}

void rtl_client::close()
{
    const std::lock_guard lock(d_mutex);
    leave();
}

int rtl_client::fd() const
{
    const std::lock_guard lock(d_mutex);
    return d_is_leaving ? -1 : d_socket.get();
}

short rtl_client::events() const
{
    const std::lock_guard lock(d_mutex);
    return static_cast<short>(POLLIN | (d_queue.empty() ? 0 : POLLOUT));
}

bool rtl_client::is_over() const
{
    const std::lock_guard lock(d_mutex);
    return d_is_ended && (d_is_leaving || d_queue.empty());
}

void rtl_client::read()
{
    std::uint8_t bytes[1024];
    const ssize_t n = recv(d_socket.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    const std::lock_guard lock(d_mutex);
    if (n <= 0) {
        leave();
        return;
    }
    for (ssize_t k = 0; k < n; k++)
        if (const auto c = d_parser.add(bytes[k]))
            say_once(c->opcode, d_settings.add(*c));
    if (d_receiver)
        d_receiver->wake();
}

void rtl_client::write()
{
    const std::lock_guard lock(d_mutex);
    write_queue();
}

void rtl_client::leave()
{
    d_is_leaving = true;
    if (d_receiver)
        d_receiver->wake();
}

void rtl_client::run()
{
    try {
        device dev(d_arguments);
        rtl_receiver receiver(dev);
        dev.start();
        stream(receiver);
    } catch (const std::exception& e) {
        say(e.what());
    }
    {
        const std::lock_guard lock(d_mutex);
        d_is_ended = true;
    }
    d_owner.notify();
}

void rtl_client::stream(rtl_receiver& receiver)
{
    {
        const std::lock_guard lock(d_mutex);
        d_receiver = &receiver;
        const auto header = rtl_header();
        d_queue.assign(header.begin(), header.end());
        write_queue();
    }
    const auto take = [this](const std::uint8_t* bytes, std::uint64_t samples) {
        push(bytes, samples);
    };
    status s = status::data;
    try {
        while (apply_settings(receiver) && (s == status::data || s == status::woken))
            s = receiver.run(std::chrono::nanoseconds(-1), take);
        if (s != status::data && s != status::woken)
            say(std::string("the stream has ended: ") + to_string(s));
    } catch (const std::exception& e) {
        say(e.what());
    }
    const std::lock_guard lock(d_mutex);
    d_receiver = nullptr;
    d_gap_samples = receiver.lost_samples();
}

// Returns false if the client has left.
bool rtl_client::apply_settings(rtl_receiver& receiver)
{
    rtl_settings settings;
    {
        const std::lock_guard lock(d_mutex);
        if (d_is_leaving)
            return false;
        std::swap(settings, d_settings);
        d_rate = receiver.rate();
        d_frequency = receiver.frequency();
        d_gap_samples = receiver.lost_samples();
        d_queue_bytes = queue_bytes_for(d_rate);
    }
    for (const std::string& why : receiver.apply(settings))
        say(why);
    return true;
}

void rtl_client::push(const std::uint8_t* bytes, std::uint64_t samples)
{
    const std::lock_guard lock(d_mutex);
    const bool was_empty = d_queue.empty();
    const std::size_t used = d_queue.size() - d_queue_begin;
    const std::size_t room = used < d_queue_bytes ? d_queue_bytes - used : 0;
    const std::uint64_t taken = std::min<std::uint64_t>(samples, room / rtl_sample_bytes);
    if (taken < samples) {
        d_samples_lost += samples - taken;
        d_owner.add_lost(samples - taken);
    }
    if (!taken)
        return;
    if (bytes)
        d_queue.insert(d_queue.end(), bytes, bytes + taken * rtl_sample_bytes);
    else
        d_queue.insert(d_queue.end(), taken * rtl_sample_bytes, rtl_silence);
    if (!was_empty)
        return;
    write_queue();
    if (!d_queue.empty())
        d_owner.notify();
}

void rtl_client::write_queue()
{
    while (d_queue_begin < d_queue.size() && !d_is_leaving) {
        const ssize_t n = send(d_socket.get(),
                               d_queue.data() + d_queue_begin,
                               d_queue.size() - d_queue_begin,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            d_queue_begin += static_cast<std::size_t>(n);
            d_bytes_sent += static_cast<std::uint64_t>(n);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            leave();
            d_owner.notify();
        }
    }
    // Moved only after half of it was sent: each byte once, on average.
    if (d_queue_begin * 2 >= d_queue.size()) {
        d_queue.erase(d_queue.begin(),
                      d_queue.begin() + static_cast<std::ptrdiff_t>(d_queue_begin));
        d_queue_begin = 0;
    }
}

void rtl_client::say_once(std::uint8_t opcode, const std::string& what)
{
    if (what.empty() || d_said[opcode])
        return;
    d_said[opcode] = true;
    say(rtl_name(opcode) + ' ' + what + " (said once)");
}

void rtl_client::say(const std::string& what) const { d_owner.log(d_name + ": " + what); }

} // namespace zcring::server
