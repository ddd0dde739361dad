// SPDX-License-Identifier: GPL-3.0-or-later
//
// The antenna's node of the driver: each call is one ioctl of abi.h, samples go by write(), and
// waiting is poll() on the file. The file is non-blocking: a write takes what there is room for.
#include "kernel_antenna.h"

#include <zcring/types.h>

#include "abi_values.h"
#include "device_error.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace zcring {

namespace {

constexpr std::size_t step_bytes = 1 << 18; // of frames that are put together at a time

std::string path_of(std::uint64_t number) { return "/dev/zcring-antenna" + std::to_string(number); }

unique_fd open_node(const std::string& path)
{
    unique_fd fd(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd)
        throw_antenna_error(errno, path, "cannot open");
    return fd;
}

zcring_info info_of(const unique_fd& fd, const std::string& path)
{
    zcring_info info{};
    if (ioctl(fd.get(), ZCRING_IOC_GET_INFO, &info) < 0)
        throw_antenna_error(errno, path, "cannot read the description");
    if (info.abi_version != ZCRING_ABI_VERSION)
        throw_antenna_error(ENOTTY, path, "the driver has another version of the interface");
    return info;
}

} // namespace

kernel_antenna::kernel_antenna(unsigned number) : d_path(path_of(number)), d_fd(open_node(d_path))
{
}

kernel_antenna::kernel_antenna(const std::string& path) : d_path(path), d_fd(open_node(path))
{
    const zcring_info info = info_of(d_fd, d_path);
    if (info.role == ZCRING_ROLE_ANTENNA)
        return;
    if (!(info.features & ZCRING_FEATURE_SIMULATED))
        throw_antenna_error(EOPNOTSUPP, d_path, "cannot open its antenna");
    d_path = path_of(info.receiver);
    d_fd = open_node(d_path);
}

void kernel_antenna::set_scene(const zcring_scene& scene, const scene_content& content)
{
    zcring_scene copy = scene;
    if (ioctl(d_fd.get(), ZCRING_IOC_SET_SCENE, &copy) < 0)
        throw_antenna_error(errno, d_path, "cannot set the scene");
    load(content.segments.data(), content.segments.size() * sizeof(zcring_segment));
    load(content.samples.data(), content.samples.size());
}

void kernel_antenna::load(const void* from, std::size_t bytes)
{
    const auto* next = static_cast<const std::byte*>(from);
    while (bytes) {
        const ssize_t n = ::write(d_fd.get(), next, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            throw_antenna_error(n < 0 ? errno : EIO, d_path, "cannot load the scene");
        next += n;
        bytes -= static_cast<std::size_t>(n);
    }
}

void kernel_antenna::begin_feed(const zcring_scene& scene)
{
    zcring_scene copy = scene;
    if (ioctl(d_fd.get(), ZCRING_IOC_SET_SCENE, &copy) < 0)
        throw_antenna_error(errno, d_path, "cannot begin a live feed");
    d_sample_bytes = sample_bytes(format_from_abi(scene.format));
    d_channels = std::max(scene.channels, 1u);
    d_buffer_samples = get_feed().buffer_samples;
    d_frames.resize(d_channels > 1 ? step_bytes : 0);
}

// The driver wakes its feeder when a quarter of the buffer is free.
std::uint64_t kernel_antenna::wait_room(std::uint64_t, int wake_fd, std::int64_t timeout_ns)
{
    pollfd fds[2] = { { d_fd.get(), POLLOUT, 0 }, { wake_fd, POLLIN, 0 } };
    const timespec timeout = { static_cast<time_t>(timeout_ns / 1000000000),
                               static_cast<long>(timeout_ns % 1000000000) };

    const int n = ppoll(fds, 2, timeout_ns < 0 ? nullptr : &timeout, nullptr);
    if (n < 0 && errno != EINTR)
        throw_antenna_error(errno, d_path, "cannot wait for room");
    if (n <= 0)
        return 0;
    if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
        throw_antenna_error(ENODEV, d_path, "cannot feed");
    return fds[0].revents & POLLOUT ? d_buffer_samples / 4 : 0;
}

std::uint64_t kernel_antenna::write_frames(const void* frames, std::uint64_t samples)
{
    const std::size_t frame_bytes = d_sample_bytes * d_channels;
    while (samples) {
        const ssize_t n = ::write(d_fd.get(), frames, samples * frame_bytes);
        if (n >= 0)
            return static_cast<std::uint64_t>(n) / frame_bytes;
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            throw_antenna_error(errno, d_path, "cannot feed");
    }
    return 0;
}

std::uint64_t kernel_antenna::write_in_turn(const void* const* channels, std::uint64_t samples)
{
    const std::uint64_t step = d_frames.size() / (d_sample_bytes * d_channels);
    std::uint64_t done = 0;
    while (done < samples) {
        const std::uint64_t n = std::min(samples - done, step);
        std::byte* to = d_frames.data();
        for (std::uint64_t i = done; i < done + n; i++)
            for (std::size_t c = 0; c < d_channels; c++, to += d_sample_bytes)
                std::memcpy(to,
                            static_cast<const std::byte*>(channels[c]) + i * d_sample_bytes,
                            d_sample_bytes);
        const std::uint64_t written = write_frames(d_frames.data(), n);
        done += written;
        if (written < n)
            break;
    }
    return done;
}

std::uint64_t kernel_antenna::write(const void* const* channels, std::uint64_t samples)
{
    return d_channels == 1 ? write_frames(channels[0], samples) : write_in_turn(channels, samples);
}

void kernel_antenna::announce(std::uint64_t index)
{
    zcring_feed_until until{};
    until.index = index;
    if (ioctl(d_fd.get(), ZCRING_IOC_FEED_UNTIL, &until) < 0)
        throw_antenna_error(errno, d_path, "cannot announce silence");
}

void kernel_antenna::end_feed()
{
    if (ioctl(d_fd.get(), ZCRING_IOC_FEED_END) < 0)
        throw_antenna_error(errno, d_path, "cannot end the feed");
}

zcring_feed kernel_antenna::get_feed() const
{
    zcring_feed feed{};
    if (ioctl(d_fd.get(), ZCRING_IOC_GET_FEED, &feed) < 0)
        throw_antenna_error(errno, d_path, "cannot read how far the feed is");
    return feed;
}

} // namespace zcring
