// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each message of a client does. Every check is here: the port behind it checks the values of a
// struct, as the driver does, and neither roles nor limits.
#include "conversation.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <new>
#include <system_error>

namespace zcring::server {

namespace {

constexpr unsigned of_radio = 1U << ZCRING_ROLE_RADIO;
constexpr unsigned of_observer = 1U << ZCRING_ROLE_OBSERVER;
constexpr unsigned of_antenna = 1U << ZCRING_ROLE_ANTENNA;

struct command_row {
    std::uint32_t command;
    unsigned roles;
};

constexpr command_row commands[] = {
    { ZCRING_IOC_GET_INFO, of_radio | of_observer | of_antenna },
    { ZCRING_IOC_GET_REGION, of_radio | of_observer | of_antenna },
    { ZCRING_IOC_GET_CONFIG, of_radio | of_observer },
    { ZCRING_IOC_SET_CONFIG, of_radio },
    { ZCRING_IOC_SET_SCENE, of_antenna },
    { ZCRING_IOC_START, of_radio },
    { ZCRING_IOC_STOP, of_radio },
    { ZCRING_IOC_CONTROL, of_radio },
    { ZCRING_IOC_GET_TUNING, of_radio | of_observer },
    { ZCRING_IOC_GET_TELEMETRY, of_radio | of_observer },
    { ZCRING_IOC_GET_RANGES, of_radio | of_observer },
    { ZCRING_IOC_INJECT, of_radio | of_antenna },
    { ZCRING_IOC_GET_FEED, of_antenna },
};

template <class T, std::size_t n>
bool is_zero(const T (&words)[n]) noexcept
{
    return std::all_of(words, words + n, [](T word) { return word == 0; });
}

template <class T>
T& as(std::byte* argument) noexcept
{
    return *reinterpret_cast<T*>(argument); // aligned; of exactly this size, or to be filled
}

double total_rate(std::uint64_t num, std::uint64_t den, unsigned channels) noexcept
{
    return den ? static_cast<double>(num) / static_cast<double>(den) * channels : 0;
}

double total_rate(const zcring_config& config) noexcept
{
    return total_rate(config.rate_num, config.rate_den, config.channels);
}

// The read end stays the port's; the client's may be sent after the port is closed.
int copy_wake_fd(const port& port, unique_fd& fd) noexcept
{
    fd = unique_fd(fcntl(port.wake_fd(), F_DUPFD_CLOEXEC, 0));
    return fd ? 0 : errno;
}

} // namespace

bool role_has(std::uint32_t role, std::uint32_t command) noexcept
{
    if (role < ZCRING_ROLE_RADIO || role > ZCRING_ROLE_ANTENNA)
        return false;
    return std::any_of(std::begin(commands), std::end(commands), [&](const command_row& row) {
        return row.command == command && row.roles & 1U << role;
    });
}

conversation::conversation(ports& all, usage& taken, const memory_ledger& ledger, uid_t user)
    : d_ports(all), d_ledger(ledger), d_limits(taken.allowed()), d_share(taken, user)
{
}

conversation::~conversation()
{
    if (d_port && d_role != ZCRING_ROLE_OBSERVER)
        d_port->close();
}

bool conversation::answer(const wire_message& request, wire_message& answer, unique_fd& fd) noexcept
{
    wire_request header{};
    const std::size_t argument_bytes = request.length - sizeof(header);
    std::memcpy(&header, request.bytes, sizeof(header));

    answer = {};
    int error = 0;
    try {
        const bool is_known = header.command == ZCRING_IOC_ATTACH ||
                              (is_attached() ? role_has(d_role, header.command)
                                             : role_has(ZCRING_ROLE_RADIO, header.command) ||
                                                   role_has(ZCRING_ROLE_ANTENNA, header.command));
        if (!is_known) {
            error = ENOTTY;
        } else if (header.reserved || argument_bytes != wire_argument_bytes(header.command)) {
            error = EINVAL;
        } else {
            std::memcpy(answer.argument(), request.argument(), argument_bytes);
            error = serve(header.command, answer.argument(), fd);
        }
    } catch (const std::system_error& e) {
        error = e.code().value() > 0 ? e.code().value() : EIO;
    } catch (const std::bad_alloc&) {
        error = ENOMEM;
    } catch (const std::exception&) {
        error = EIO;
    }
    if (error)
        fd = unique_fd();
    if (error == EAGAIN && header.command == ZCRING_IOC_START)
        return false;
    const wire_answer status = { header.command, error };
    std::memcpy(answer.bytes, &status, sizeof(status));
    answer.length = sizeof(status) + (error ? 0 : wire_result_bytes(header.command));
    return true;
}

// Makes the call. Returns 0 or a positive errno.
int conversation::serve(std::uint32_t command, std::byte* argument, unique_fd& fd)
{
    const memory_charge charge(d_ledger, d_share.user());
    if (command == ZCRING_IOC_ATTACH)
        return is_attached() ? EISCONN : attach(as<zcring_attach>(argument), fd);
    if (!is_attached())
        return ENOTCONN;
    switch (command) {
    case ZCRING_IOC_GET_REGION:
        return get_region(as<zcring_region>(argument), fd);
    case ZCRING_IOC_SET_CONFIG:
        return set_config(as<zcring_config>(argument));
    case ZCRING_IOC_START:
        return start(as<zcring_start>(argument));
    case ZCRING_IOC_CONTROL:
        return control(as<zcring_control>(argument));
    case ZCRING_IOC_GET_RANGES:
        return get_ranges(as<zcring_ranges>(argument));
    default:
        const int error = -d_port->call(command, argument);
        if (!error && command == ZCRING_IOC_GET_INFO)
            as<zcring_info>(argument).role = d_role; // a receiver does not know who asks
        return error;
    }
}

int conversation::attach(zcring_attach& attach, unique_fd& fd)
{
    if (attach.reserved0 || !is_zero(attach.reserved))
        return EINVAL;
    switch (attach.role) {
    case ZCRING_ROLE_RADIO:
        return attach_radio(attach, fd);
    case ZCRING_ROLE_OBSERVER:
        return attach_observer(attach);
    case ZCRING_ROLE_ANTENNA:
        return attach_antenna(attach, fd);
    default:
        return EINVAL;
    }
}

int conversation::attach_radio(zcring_attach& attach, unique_fd& fd)
{
    usage::share& share = d_share;
    if (const int error = share.take_receiver())
        return error;
    // A receiver that is not kept is closed: it leaves the antenna, and gives its number back.
    const auto closes = [](receiver* r) { r->close(); };
    const std::shared_ptr<receiver> made = d_ports.add_receiver(attach);
    std::unique_ptr<receiver, decltype(closes)> unless_kept(made.get(), closes);
    zcring_config config{};
    if (const int error = made->call(ZCRING_IOC_GET_CONFIG, &config))
        return -error;
    if (const int error = share.check_rate(total_rate(config)))
        return error;
    if (const int error = copy_wake_fd(*made, fd))
        return error;
    share.set_rate(total_rate(config));
    attach.receiver = made->number();
    unless_kept.release();
    d_port = made;
    d_role = ZCRING_ROLE_RADIO;
    return 0;
}

int conversation::attach_observer(const zcring_attach& attach)
{
    if (attach.flags || attach.quorum || attach.patience_ns)
        return EINVAL;
    const std::shared_ptr<receiver> found = d_ports.find(attach.receiver);
    if (!found)
        return ENXIO;
    if (const int error = d_share.take_observer())
        return error;
    d_port = found;
    d_role = ZCRING_ROLE_OBSERVER;
    return 0;
}

int conversation::attach_antenna(const zcring_attach& attach, unique_fd& fd)
{
    if (attach.flags || attach.quorum || attach.patience_ns)
        return EINVAL;
    const std::shared_ptr<antenna_port> made = d_ports.feeder();
    if (!made)
        return EBUSY;
    if (const int error = copy_wake_fd(*made, fd)) {
        made->close();
        return error;
    }
    d_port = made;
    d_role = ZCRING_ROLE_ANTENNA;
    return 0;
}

int conversation::get_region(zcring_region& region, unique_fd& fd)
{
    const bool has_no_such_page =
        d_role == ZCRING_ROLE_OBSERVER && region.region == ZCRING_CONSUMER;
    if (has_no_such_page || !is_zero(region.reserved) || region.flags & ~ZCRING_REGION_PAGES)
        return EINVAL;
    if (region.flags)
        return EOPNOTSUPP;
    std::shared_ptr<const shared_memory> memory;
    if (const int error = d_port->region(region, memory))
        return -error;
    // Another user's memory would stay charged to that user for as long as this one keeps it.
    if (d_role == ZCRING_ROLE_OBSERVER && !memory->is_charged())
        return EPERM;
    fd = unique_fd(memory->fd_for_client());
    return 0;
}

// A new configuration, and a new stream, drop the commands that wait.
int conversation::set_config(zcring_config& config)
{
    if (config.interval_ns < d_limits.interval_ns)
        return EINVAL;
    if (const int error = d_share.check_rate(total_rate(config)))
        return error;
    if (const int error = d_port->call(ZCRING_IOC_SET_CONFIG, &config))
        return -error;
    d_waiting_rate = 0;
    d_share.set_rate(total_rate(config));
    return 0;
}

int conversation::start(zcring_start& start)
{
    if (const int error = d_port->call(ZCRING_IOC_START, &start))
        return -error;
    zcring_config config{};
    if (start.flags & ZCRING_START_RESUME || d_port->call(ZCRING_IOC_GET_CONFIG, &config))
        return 0;
    d_waiting_rate = 0;
    d_share.set_rate(total_rate(config));
    return 0;
}

// A rate that waits for its time counts as if it were there: commands that wait collect no rates.
int conversation::control(zcring_control& control)
{
    if (!(control.what & ZCRING_CONTROL_RATE))
        return -d_port->call(ZCRING_IOC_CONTROL, &control);
    zcring_config config{};
    if (const int error = d_port->call(ZCRING_IOC_GET_CONFIG, &config))
        return -error;
    const double wanted = total_rate(control.rate_num, control.rate_den, config.channels);
    const bool waits = control.what & (ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME);
    const double rate = waits ? total_rate(config) : wanted;
    const double waiting = waits ? std::max(wanted, d_waiting_rate) : d_waiting_rate;
    if (const int error = d_share.check_rate(std::max(rate, waiting)))
        return error;
    if (const int error = d_port->call(ZCRING_IOC_CONTROL, &control))
        return -error;
    d_waiting_rate = waiting;
    d_share.set_rate(std::max(rate, waiting));
    return 0;
}

// The highest rate is one that the user may have now, in whole samples a second, and never less than the
// present one. An observer is told of the receiver alone: the user of the receiver may be another one.
int conversation::get_ranges(zcring_ranges& ranges)
{
    if (const int error = d_port->call(ZCRING_IOC_GET_RANGES, &ranges))
        return -error;
    ranges.interval_min_ns = std::max<std::uint64_t>(ranges.interval_min_ns, d_limits.interval_ns);
    if (d_role != ZCRING_ROLE_RADIO)
        return 0;
    zcring_config config{};
    if (const int error = d_port->call(ZCRING_IOC_GET_CONFIG, &config))
        return -error;
    const double most = std::floor(d_share.rate_max() / config.channels);
    const double present = total_rate(config) / config.channels;
    if (most >= total_rate(ranges.rate_max_num, ranges.rate_max_den, 1))
        return 0;
    ranges.rate_max_num = most > present ? static_cast<std::uint64_t>(most) : config.rate_num;
    ranges.rate_max_den = most > present ? 1 : config.rate_den;
    return 0;
}

} // namespace zcring::server
