// SPDX-License-Identifier: GPL-3.0-or-later
//
// The antenna of a server: a live feed has the words and the ring of engine/feed.h in shared memory, and
// a sample costs no message. ZCRING_IOC_GET_FEED has the server look at what was written; a server whose
// clock waits for its feeder (free pace) needs that before the feeder sleeps. The server's words are
// bounded: whatever they say, every sample lies within the ring.
#include "server_antenna.h"

#include "abi_values.h"
#include "device_error.h"

#include <zcring/types.h>

#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace zcring {

namespace {

constexpr std::uint64_t step_samples = 65536; // that are published at a time

std::unique_ptr<server_connection> connect_to(const std::string& name)
try {
    zcring_attach attach{};
    attach.role = ZCRING_ROLE_ANTENNA;
    return std::make_unique<server_connection>(name, attach);
} catch (const std::system_error& e) {
    if (e.code().value() != EBUSY)
        throw;
    throw_antenna_error(EBUSY, name, "cannot open the antenna");
}

} // namespace

server_antenna::server_antenna(const std::string& name) : d_server(connect_to(name)) {}

// What only the connection can have is the server's; the other errors are the antenna's.
void server_antenna::call(std::uint32_t command, void* argument, const char* what) const
{
    const int error = d_server->call(command, argument);
    if (error == EPROTO || error == ETIMEDOUT || error == EDQUOT || error == ENOTTY)
        throw_server_error(error, name(), what);
    if (error)
        throw_antenna_error(error, name(), what);
}

// The regions of what SET_SCENE has announced. Samples are mapped twice in a row.
void server_antenna::map(unsigned channels, std::uint64_t sample_bytes)
{
    d_mappings.clear();
    d_ring = {};
    const std::uint64_t samples = get_feed().buffer_samples;
    if (samples < ZCRING_FEED_SAMPLES_MIN || samples & (samples - 1) ||
        samples > ZCRING_SCENE_BYTES_MAX / (sample_bytes * channels))
        throw_server_error(EPROTO, name(), "the size of the antenna's buffer is invalid");
    const auto map = [&](unsigned region, unsigned channel, std::uint64_t bytes, unsigned times) {
        const auto access = region == ZCRING_META ? mapping::access::read : mapping::access::write;
        d_mappings.push_back(d_server->map_region(region, channel, bytes, times, access));
        return d_mappings.back().get();
    };
    d_ring.taken = static_cast<zcring_feed_taken*>(map(ZCRING_META, 0, sizeof(*d_ring.taken), 1));
    d_ring.written =
        static_cast<zcring_feed_written*>(map(ZCRING_CONSUMER, 0, sizeof(*d_ring.written), 1));
    for (unsigned c = 0; c < channels; c++)
        d_ring.data[c] = static_cast<u8*>(map(ZCRING_DATA, c, samples * sample_bytes, 2));
    d_ring.samples = samples;
    d_ring.channels = channels;
    d_ring.sample_bytes = static_cast<u32>(sample_bytes);
}

void server_antenna::set_scene(const zcring_scene& scene, const scene_content& content)
{
    zcring_scene copy = scene;
    call(ZCRING_IOC_SET_SCENE, &copy, "cannot set the scene");
    if (scene.kind != ZCRING_SCENE_MEMORY)
        return;
    std::uint64_t index = 0;
    map(1, 1); // bytes
    load(content.segments.data(), content.segments.size() * sizeof(zcring_segment), &index);
    load(content.samples.data(), content.samples.size(), &index);
}

// The server takes all bytes that are there when it is asked how far it is. The call after the last
// byte puts the scene on the air: its error is that of the scene.
void server_antenna::load(const void* from, std::size_t bytes, std::uint64_t* index)
{
    const auto* next = static_cast<const std::byte*>(from);
    while (bytes) {
        const std::uint64_t held = *index - zcring_ring_load_freed(d_ring.taken);
        if (held >= d_ring.samples)
            throw_server_error(EPROTO, name(), "the server does not take the scene");
        const std::size_t n = std::min<std::size_t>(bytes, d_ring.samples - held);
        std::memcpy(d_ring.data[0] + zcring_ring_place(*index, d_ring.samples), next, n);
        *index += n;
        next += n;
        bytes -= n;
        zcring_ring_store_written(d_ring.written, *index, 0);
        zcring_feed feed{};
        call(ZCRING_IOC_GET_FEED, &feed, "cannot load the scene");
    }
}

void server_antenna::begin_feed(const zcring_scene& scene)
{
    zcring_scene copy = scene;
    call(ZCRING_IOC_SET_SCENE, &copy, "cannot begin a live feed");
    map(std::max(scene.channels, 1u), sample_bytes(format_from_abi(scene.format)));
}

void server_antenna::check_presence() const
{
    pollfd server = { d_server->socket(), POLLRDHUP, 0 };
    if (poll(&server, 1, 0) > 0)
        throw_antenna_error(ENODEV, name(), "cannot feed");
}

// Whether the server has woken this feeder.
bool server_antenna::sleep(int wake_fd, std::int64_t timeout_ns)
{
    pollfd fds[3] = { { d_server->pipe(), POLLIN, 0 },
                      { wake_fd, POLLIN, 0 },
                      { d_server->socket(), POLLRDHUP, 0 } };
    const timespec timeout = { static_cast<time_t>(timeout_ns / 1000000000),
                               static_cast<long>(timeout_ns % 1000000000) };
    if (ppoll(fds, 3, timeout_ns < 0 ? nullptr : &timeout, nullptr) <= 0)
        return false;
    if (fds[2].revents)
        throw_antenna_error(ENODEV, name(), "cannot feed");
    char bytes[64]; // several wake-ups may wait
    return fds[0].revents && read(d_server->pipe(), bytes, sizeof(bytes)) > 0;
}

std::uint64_t server_antenna::wait_room(std::uint64_t wanted, int wake_fd, std::int64_t timeout_ns)
{
    wanted = std::clamp<std::uint64_t>(wanted, 1, d_ring.samples / 4);
    const std::uint64_t room = zcring_feed_room(&d_ring);
    if (room >= wanted)
        return room;
    zcring_ring_store_feed_waiting(d_ring.written,
                                   zcring_feed_position(&d_ring) + wanted - d_ring.samples);
    get_feed(); // the server looks, and may take what is there at once
    bool is_awake = zcring_feed_room(&d_ring) >= wanted;
    while (!is_awake && sleep(wake_fd, timeout_ns))
        is_awake = zcring_feed_room(&d_ring) >= wanted;
    zcring_ring_clear_feed_waiting(d_ring.written);
    return is_awake ? zcring_feed_room(&d_ring) : 0;
}

std::uint64_t server_antenna::write(const void* const* channels, std::uint64_t samples)
{
    const std::size_t bytes = d_ring.sample_bytes;
    std::uint64_t done = 0;
    while (done < samples) {
        std::uint64_t n = std::min<std::uint64_t>(samples - done, zcring_feed_room(&d_ring));
        if (!n)
            break;
        if (const std::uint64_t late = zcring_feed_late(&d_ring)) {
            n = std::min(n, late); // these are counted, and not copied
        } else {
            n = std::min({ n, step_samples, std::uint64_t{ d_ring.samples } });
            for (unsigned c = 0; c < d_ring.channels; c++)
                std::memcpy(d_ring.data[c] + zcring_feed_place(&d_ring) * bytes,
                            static_cast<const std::byte*>(channels[c]) + done * bytes,
                            n * bytes);
        }
        zcring_feed_commit(&d_ring, n);
        done += n;
    }
    if (!done && samples)
        check_presence();
    return done;
}

void server_antenna::announce(std::uint64_t index)
{
    if (zcring_feed_announce(&d_ring, index))
        throw_antenna_error(EINVAL, name(), "cannot announce silence");
    get_feed();
}

void server_antenna::end_feed()
{
    zcring_feed_end(&d_ring);
    get_feed();
}

zcring_feed server_antenna::get_feed() const
{
    zcring_feed feed{};
    call(ZCRING_IOC_GET_FEED, &feed, "cannot read how far the feed is");
    return feed;
}

} // namespace zcring
