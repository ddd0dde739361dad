// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver of a server. The reader wakes as that of the emulator does: it says in the consumer page
// for which sample it waits, and the server writes one byte into a pipe. The hang-up of the socket is
// the end of the server, however it ended.
#include "socket_device.h"

#include "device_error.h"
#include "geometry.h"
#include "server_antenna.h"
#include "server_names.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <system_error>
#include <thread>

namespace zcring {

namespace {

constexpr double default_patience = 5; // seconds

zcring_attach attach_of(const arguments& a)
{
    zcring_attach attach{};
    attach.role = ZCRING_ROLE_RADIO;
    attach.flags = a.member ? ZCRING_ATTACH_MEMBER : 0;
    attach.quorum = a.quorum.value_or(0);
    if (a.member)
        attach.patience_ns =
            static_cast<std::uint64_t>(std::llround(a.patience.value_or(default_patience) * 1e9));
    return attach;
}

// A program that sets a scene has the antenna for milliseconds; a feeder keeps it.
template <class Open>
auto when_free(Open open)
{
    using clock = std::chrono::steady_clock;
    for (const auto end = clock::now() + std::chrono::seconds(1);;) {
        try {
            return open();
        } catch (const std::system_error& e) {
            if (e.code().value() != EBUSY || clock::now() > end)
                throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

enum class event { none, pipe, hang_up };

event poll_server(const server_connection& server, int wake_fd, std::int64_t timeout_ns) noexcept
{
    pollfd fds[3] = { { server.pipe(), POLLIN, 0 },
                      { wake_fd, POLLIN, 0 },
                      { server.socket(), POLLRDHUP, 0 } };
    const timespec timeout = { static_cast<time_t>(timeout_ns / 1000000000),
                               static_cast<long>(timeout_ns % 1000000000) };
    if (ppoll(fds, 3, timeout_ns < 0 ? nullptr : &timeout, nullptr) <= 0)
        return event::none;
    if (fds[0].revents & POLLIN)
        return event::pipe;
    return fds[0].revents || fds[2].revents ? event::hang_up : event::none;
}

// Several wake-ups may wait; more than one read's worth makes the next wait() return early.
void drain(int pipe) noexcept
{
    char bytes[64];
    static_cast<void>(read(pipe, bytes, sizeof(bytes)) < 0);
}

} // namespace

socket_device::socket_device(const arguments& a) : socket_device(a.device, attach_of(a)) {}

socket_device::socket_device(const std::string& name, const zcring_attach& attach)
    : d_name(name),
      d_attach(attach),
      d_connection(std::make_shared<server_connection>(name, attach))
{
}

std::shared_ptr<server_connection> socket_device::connection() const noexcept
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_connection;
}

int socket_device::try_call(std::uint32_t command, void* argument) const noexcept
{
    const auto server = connection();
    const int error = server->call(command, argument);
    if (error == ENODEV || error == EPROTO || error == ETIMEDOUT)
        lose(*server);
    return error;
}

void socket_device::call(std::uint32_t command, void* argument, const char* what) const
{
    if (const int error = try_call(command, argument))
        throw_server_error(error, name(), what);
}

// What the server has published stays readable. The server may still write: the heads are loaded in the
// order of a reader, and the state is stored after them (M).
void socket_device::lose(const server_connection& lost) const noexcept
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    if (&lost != d_connection.get() || !d_gone.get() || !d_pages.meta)
        return; // another connection has replaced it, or it is replaced already
    auto* copy = static_cast<zcring_meta*>(d_gone.get());
    const std::uint64_t head = zcring_ring_load_head(d_pages.meta);
    const std::uint64_t burst_head = zcring_ring_load_burst_head(d_pages.meta);
    *copy = *d_pages.meta;
    zcring_ring_publish(copy, burst_head, head);
    zcring_ring_store_state(copy, ZCRING_STATE_GONE, ZCRING_FAULT_NONE, ZCRING_FAULT_CODE_NONE);
    try {
        d_mappings.front().replace_by(std::move(d_gone));
    } catch (const std::system_error&) { // the reader asks again
    }
}

void socket_device::configure(const zcring_config& config)
{
    zcring_config copy = config;
    zcring_ranges ranges{};
    const int error = try_call(ZCRING_IOC_SET_CONFIG, &copy);
    if (error == EINVAL && !try_call(ZCRING_IOC_GET_RANGES, &ranges) &&
        config.interval_ns < ranges.interval_min_ns)
        throw std::system_error(error,
                                std::system_category(),
                                name() + ": the bursts of a server's receivers are at least " +
                                    std::to_string(ranges.interval_min_ns / 1000) +
                                    " us apart; set a longer interval_us");
    if (error)
        throw_server_error(error, name(), "cannot configure");
}

void socket_device::set_scene(const zcring_scene& scene, scene_content content)
{
    when_free([&] { return std::make_unique<server_antenna>(name()); })->set_scene(scene, content);
}

const std::byte* socket_device::map_region(unsigned region, unsigned channel, std::uint64_t bytes)
{
    d_mappings.push_back(connection()->map_region(
        region,
        channel,
        bytes,
        region == ZCRING_DATA ? 2 : 1,
        region == ZCRING_CONSUMER ? mapping::access::write : mapping::access::read));
    return static_cast<const std::byte*>(d_mappings.back().get());
}

void socket_device::map()
{
    const zcring_info info = this->info();
    if (const char* fault = geometry_fault(info))
        throw_server_error(EPROTO, name(), fault);
    const zcring_config has = config();
    if (has.channels != info.channels || has.format != info.format)
        throw_server_error(EPROTO, name(), "the server contradicts itself");
    d_has_free_pace = info.pace_clock == ZCRING_PACE_FREE;

    pages mapped;
    mapped.meta =
        reinterpret_cast<const zcring_meta*>(map_region(ZCRING_META, 0, sizeof(zcring_meta)));
    d_gone = mapping(d_mappings.front().bytes(), 1); // as long as what it may replace
    d_gone.keep_from_children();
    map_region(ZCRING_CONSUMER, 0, sizeof(zcring_consumer));
    mapped.consumer = static_cast<zcring_consumer*>(d_mappings.back().get());
    mapped.bursts = { map_region(ZCRING_BURSTS, 0, burst_bytes(info)),
                      info.burst_slots,
                      info.burst_bytes };
    for (unsigned c = 0; c < info.channels; c++)
        mapped.data[c] = map_region(ZCRING_DATA, c, data_bytes(info));
    mapped.ring_samples = info.ring_samples;
    mapped.sample_bytes = info.sample_bytes;
    mapped.channels = info.channels;
    if (mapped.meta->magic != ZCRING_MAGIC)
        throw_server_error(EPROTO, name(), "the metadata page is invalid");
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_pages = mapped;
}

void socket_device::start(const zcring_start& options)
{
    command_backend::start(options);
    if (!(options.flags & ZCRING_START_RESUME))
        d_first_index = options.first_index;
}

void socket_device::inject(zcring_injection kind, std::int64_t amount)
{
    zcring_inject inject{};
    inject.kind = kind;
    inject.amount = amount;
    if (const int error = try_call(ZCRING_IOC_INJECT, &inject))
        throw_injection_error(error, name());
}

// The connection stays, so that plug() has something to call.
void socket_device::unplug()
{
    inject(ZCRING_INJECT_UNPLUG, 0);
    d_is_unplugged = true;
}

void socket_device::plug()
{
    inject(ZCRING_INJECT_PLUG, 0);
    d_is_unplugged = false;
}

void socket_device::reopen(const reopening& steps)
{
    if (d_is_unplugged)
        throw_server_error(ENODEV, name(), "cannot open");
    socket_device fresh(name(), d_attach);
    steps.set_up(fresh);
    fresh.map();
    if (fresh.d_mappings.size() != d_mappings.size() ||
        fresh.d_pages.ring_samples != d_pages.ring_samples ||
        fresh.d_pages.sample_bytes != d_pages.sample_bytes ||
        fresh.d_pages.bursts.slots != d_pages.bursts.slots ||
        fresh.d_pages.bursts.slot_bytes != d_pages.bursts.slot_bytes)
        throw_device_error(
            EINVAL,
            name(),
            "the server has returned with another geometry; close the device and open it again");
    steps.end_stream();
    const std::lock_guard<std::mutex> lock(d_mutex);
    for (std::size_t i = 0; i < d_mappings.size(); i++)
        d_mappings[i].replace_by(std::move(fresh.d_mappings[i]));
    d_gone = std::move(fresh.d_gone);
    d_has_free_pace = fresh.d_has_free_pace;
    d_connection.swap(fresh.d_connection);
}

// The pipe is written only while the reader waits, and read only by the reader: as long as samples are
// there in time, streaming needs no system call.
void socket_device::wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept
{
    zcring_consumer* consumer = d_pages.consumer;
    const auto server = connection();

    zcring_ring_store_waiting(consumer, watermark);
    const auto missing = static_cast<std::int64_t>(watermark - zcring_ring_load_head(d_pages.meta));
    if (missing > 0 && zcring_ring_load_state(d_pages.meta) == ZCRING_STATE_RUNNING) {
        switch (poll_server(*server, wake_fd, timeout_ns)) {
        case event::pipe:
            drain(server->pipe());
            break;
        case event::hang_up:
            lose(*server);
            break;
        case event::none:
            break;
        }
    }
    zcring_ring_clear_waiting(consumer);
}

// With free pace the server looks at the tail by itself while it has work, and each millisecond. It
// needs to be told only when the room that it has last seen is used up, as its counters tell: a message
// costs more than many bursts.
void socket_device::produce(std::uint64_t) noexcept
{
    if (!d_has_free_pace)
        return;
    const std::uint64_t head = zcring_ring_load_head(d_pages.meta);
    const std::uint64_t burst_head = zcring_ring_load_burst_head(d_pages.meta);
    zcring_telemetry seen{};
    if (zcring_ring_try_telemetry(d_pages.meta, &seen) &&
        head - d_first_index - seen.consumed_samples < d_pages.ring_samples &&
        burst_head - d_told_burst < d_pages.bursts.slots / 4 * 3)
        return;
    d_told_burst = burst_head;
    zcring_telemetry unused{};
    try_call(ZCRING_IOC_GET_TELEMETRY, &unused);
}

} // namespace zcring
