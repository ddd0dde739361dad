// SPDX-License-Identifier: GPL-3.0-or-later
//
// Opens an antenna by its name, checks and converts what its user gives, and passes the calls on to
// the backend, so that a value out of range is refused with the same text for every antenna.
#include <zcring/antenna.h>
#include <zcring/limits.h>

#include "abi_values.h"
#include "antenna_backend.h"
#include "check.h"
#include "device_error.h"
#include "kernel_antenna.h"
#include "poll_fds.h"
#include "rational.h"
#include "scene_arguments.h"
#include "server_antenna.h"
#include "server_names.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

constexpr double frequency_default = 100e6; // Hz

std::unique_ptr<antenna_backend> open_antenna(const std::string& name)
{
    if (name.empty() || name == "emulator")
        throw std::invalid_argument(
            "zcring: the emulator is inside one process and has no antenna for others; run zcring "
            "serve NAME and use device=NAME, or load the driver and use device=/dev/zcring0");
    if (is_server(name))
        return std::make_unique<server_antenna>(name);
    return std::make_unique<kernel_antenna>(name);
}

// What a scene and a feed have in common.
template <class Options>
zcring_scene describe(const Options& o)
{
    check_range("rate", o.rate, limits::rate_min, limits::rate_max);
    check_range("freq", o.freq, -limits::frequency_max, limits::frequency_max);
    check_range("channels", o.channels, 1, max_channels);
    const rational rate = to_rational(o.rate);
    zcring_scene scene{};
    scene.format = to_abi(o.format);
    scene.channels = o.channels;
    scene.freq_uhz = to_uhz(o.freq);
    scene.rate_num = rate.num;
    scene.rate_den = rate.den;
    return scene;
}

// The buffer of each channel is a power of two.
void check_buffer(const antenna::feed_options& o)
{
    const std::uint64_t frame_bytes = sample_bytes(o.format) * o.channels;
    std::uint64_t most = 1;
    while (2 * most <= ZCRING_SCENE_BYTES_MAX / frame_bytes)
        most *= 2;
    if (o.buffer_samples > most)
        throw std::invalid_argument("zcring: a buffer of " + std::to_string(o.buffer_samples) +
                                    " samples; it must hold at most " + std::to_string(most));
}

bool is_antenna_node(const std::string& name)
{
    const std::string prefix = "zcring-antenna";
    return name.size() > prefix.size() && name.compare(0, prefix.size(), prefix) == 0 &&
           name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
}

} // namespace

class antenna::impl final
{
public:
    explicit impl(const std::string& name) : d_backend(open_antenna(name)) {}

    antenna_backend& backend() noexcept { return *d_backend; }
    const antenna_backend& backend() const noexcept { return *d_backend; }

    // Whether a feed was begun decides whether samples go into a feed or into a scene.
    antenna_backend& feeding(const char* what) const
    {
        if (!d_rate)
            throw_antenna_error(ENODATA, d_backend->name(), what);
        if (d_has_ended)
            throw_antenna_error(ENOSPC, d_backend->name(), what);
        return *d_backend;
    }

    std::unique_ptr<antenna_backend> d_backend;
    double d_rate = 0; //!< of the feed; 0: none was begun
    bool d_has_ended = false;
};

// The lowest number first: zcring-antenna2 before zcring-antenna10.
std::vector<std::string> antenna::list()
{
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored))
        if (is_antenna_node(entry.path().filename()))
            names.push_back(entry.path());
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return std::make_pair(a.size(), a) < std::make_pair(b.size(), b);
    });
    for (const found_server& server : find_servers())
        names.push_back(server.name);
    return names;
}

antenna::antenna(const std::string& name) : d_impl(std::make_unique<impl>(name)) {}
antenna::~antenna() = default;
antenna::antenna(antenna&&) noexcept = default;
antenna& antenna::operator=(antenna&&) noexcept = default;

const std::string& antenna::name() const noexcept { return d_impl->backend().name(); }

void antenna::set_scene(const arguments& a)
{
    check_scene_arguments(a);
    d_impl->d_rate = 0;
    const recorded_scene next = open_scene(a, frequency_default, false);
    d_impl->backend().set_scene(next.scene, next.content);
}

void antenna::set_scene(const scene_options& options,
                        const void* const* channels,
                        std::uint64_t samples)
{
    zcring_scene scene = describe(options);
    const std::size_t bytes = sample_bytes(options.format);
    const std::uint64_t most = ZCRING_SCENE_BYTES_MAX / (bytes * options.channels);
    if (!samples || samples > most)
        throw std::invalid_argument("zcring: a scene of " + std::to_string(samples) +
                                    " samples; it must have 1 to " + std::to_string(most) +
                                    " of each channel: write a longer one into a live feed");
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.samples = samples;
    scene.flags = options.loop == looping::yes ? 0 : ZCRING_SCENE_ONCE;
    scene_content content;
    content.samples.resize(samples * bytes * options.channels);
    for (unsigned c = 0; c < options.channels; c++)
        std::memcpy(content.samples.data() + c * samples * bytes, channels[c], samples * bytes);
    d_impl->d_rate = 0;
    d_impl->backend().set_scene(scene, content);
}

void antenna::begin_feed(const feed_options& options)
{
    zcring_scene scene = describe(options);
    check_buffer(options);
    scene.kind = ZCRING_SCENE_FEED;
    scene.samples = options.buffer_samples;
    d_impl->d_rate = 0;
    d_impl->backend().begin_feed(scene);
    d_impl->d_rate = options.rate;
    d_impl->d_has_ended = false;
}

std::uint64_t
antenna::wait_room(std::uint64_t wanted, std::chrono::nanoseconds timeout, int wake_fd)
{
    return d_impl->feeding("cannot wait for room").wait_room(wanted, wake_fd, timeout.count());
}

std::uint64_t antenna::write(const void* const* channels, std::uint64_t samples)
{
    return d_impl->feeding("cannot feed").write(channels, samples);
}

void antenna::silence_until(std::uint64_t index)
{
    antenna_backend& backend = d_impl->feeding("cannot announce silence");
    const zcring_feed feed = backend.get_feed();
    if (index < feed.written || index > feed.clock + ZCRING_SCENE_SAMPLES_MAX)
        throw std::invalid_argument("zcring: silence until sample " + std::to_string(index) +
                                    "; the index must be at least that of the next sample, " +
                                    std::to_string(feed.written) +
                                    ", and at most 2^60 samples ahead");
    backend.announce(index);
}

void antenna::end_feed()
{
    d_impl->feeding("cannot end the feed").end_feed();
    d_impl->d_has_ended = true;
}

// Nothing tells that the clock has reached an index: looks again when that can be, and at least ten
// times a second, as the clock may stop and run on.
bool antenna::wait_taken(std::chrono::nanoseconds timeout, int wake_fd)
{
    using clock = std::chrono::steady_clock;
    const auto began = clock::now();
    for (;;) {
        const feed_status now = status();
        if (now.clock >= now.position)
            return true;
        double sleep = static_cast<double>(now.position - now.clock) / d_impl->d_rate * 1e9;
        sleep = now.is_running ? std::clamp(sleep, 1e6, 1e8) : 1e8;
        if (timeout.count() >= 0) {
            const auto left = timeout - (clock::now() - began);
            if (left.count() <= 0)
                return false;
            sleep = std::min(sleep, static_cast<double>(left.count()));
        }
        if (poll_two(wake_fd, -1, static_cast<std::int64_t>(sleep)))
            return false;
    }
}

antenna::feed_status antenna::status() const
{
    const zcring_feed feed = d_impl->backend().get_feed();
    feed_status out;
    out.position = feed.written;
    out.clock = feed.clock;
    out.time_ns = feed.time_ns;
    out.buffer_samples = feed.buffer_samples;
    out.late_samples = feed.late_samples;
    out.underflow_samples = feed.underflow_samples;
    out.underflow_count = feed.underflow_count;
    out.is_running = feed.state == ZCRING_STATE_RUNNING;
    out.has_ended = feed.flags & ZCRING_FEED_ENDED;
    return out;
}

} // namespace zcring
