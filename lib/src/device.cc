// SPDX-License-Identifier: GPL-3.0-or-later
//
// Opens a device by its arguments, and passes the calls of its user on to the session. Commands
// are checked here and converted to the ABI, so that a value out of range is refused with the
// same text for every backend. The limits of the library are those of the ABI.
#include <zcring/arguments.h>
#include <zcring/device.h>
#include <zcring/limits.h>
#include <zcring/observer.h>

#include "abi_values.h"
#include "check.h"
#include "emulator.h"
#include "kernel_device.h"
#include "rational.h"
#include "scene_ranges.h"
#include "server_names.h"
#include "session.h"
#include "settings.h"
#include "socket_device.h"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

static_assert(max_channels == ZCRING_CHANNELS_MAX);
static_assert(limits::ring_bytes_min == ZCRING_RING_BYTES_MIN);
static_assert(limits::ring_bytes_max == ZCRING_RING_BYTES_MAX);
static_assert(limits::interval_us_min * 1000 == ZCRING_INTERVAL_NS_MIN);
static_assert(limits::interval_us_max * 1000 == ZCRING_INTERVAL_NS_MAX);
static_assert(limits::frequency_max * 1e6 == ZCRING_FREQ_UHZ_MAX);
static_assert(limits::gain_max * 100 == ZCRING_GAIN_MB_MAX);
static_assert(limits::gain_min * 100 == ZCRING_GAIN_MB_MIN);
static_assert(limits::noise_max * 100 == ZCRING_NOISE_MB_MAX);
static_assert(limits::noise_min * 100 == ZCRING_NOISE_MB_MIN);
static_assert(limits::rate_max == ZCRING_RATE_HZ_MAX);

zcring_control to_control(const command& c, unsigned channels)
{
    const unsigned there = (1u << channels) - 1;
    zcring_control control{};

    control.channels = c.channels == command::all_channels ? there : c.channels;
    if (!control.channels || control.channels & ~there)
        throw std::invalid_argument("zcring: the command names a channel that the device does not "
                                    "have; it has channels 0 to " +
                                    std::to_string(channels - 1));
    if (c.frequency) {
        check_range("frequency", *c.frequency, -limits::frequency_max, limits::frequency_max);
        control.what |= ZCRING_CONTROL_FREQ;
        control.freq_uhz = to_uhz(*c.frequency);
    }
    if (c.gain) {
        check_range("gain", *c.gain, limits::gain_min, limits::gain_max);
        control.what |= ZCRING_CONTROL_GAIN;
        control.gain_mb = to_mb(*c.gain);
    }
    if (c.bandwidth) {
        check_range("bandwidth", *c.bandwidth, 0, limits::frequency_max);
        control.what |= ZCRING_CONTROL_BANDWIDTH;
        control.bandwidth_uhz = static_cast<std::uint64_t>(to_uhz(*c.bandwidth));
    }
    if (c.noise) {
        if (*c.noise != -std::numeric_limits<double>::infinity())
            check_range("noise", *c.noise, limits::noise_min, limits::noise_max);
        control.what |= ZCRING_CONTROL_NOISE;
        control.noise_mb = noise_to_mb(*c.noise);
    }
    if (c.rate) {
        check_range("rate", *c.rate, limits::rate_min, limits::rate_max);
        const rational rate = to_rational(*c.rate);
        control.what |= ZCRING_CONTROL_RATE;
        control.rate_num = rate.num;
        control.rate_den = rate.den;
    }
    if (c.time_ns) {
        control.what |= ZCRING_CONTROL_TIME;
        control.time_ns = *c.time_ns;
    }
    if (c.at_clock && c.at_time_ns)
        throw std::invalid_argument("zcring: a command takes effect at a sample clock or at a "
                                    "time; give at_clock or at_time_ns, not both");
    if (c.at_clock) {
        control.what |= ZCRING_CONTROL_AT;
        control.at_clock = *c.at_clock;
    }
    if (c.at_time_ns) {
        control.what |= ZCRING_CONTROL_AT_TIME;
        control.at_clock = *c.at_time_ns;
    }
    return control;
}

std::unique_ptr<backend> open_kernel_device(const std::string& path, settings& s)
{
    auto b = std::make_unique<kernel_device>(path);
    s.apply(*b);
    b->map();
    return b;
}

std::unique_ptr<backend> open_server(const arguments& a, settings& s)
{
    auto b = std::make_unique<socket_device>(a);
    s.apply(*b);
    b->map();
    return b;
}

std::unique_ptr<backend> open_emulator(const arguments& a, settings& s)
{
    auto b = std::make_unique<emulator>(a.pace.value_or(pacing::real));
    s.apply(*b);
    b->map();
    return b;
}

std::unique_ptr<backend> open(const arguments& a, settings& s)
{
    if (is_server(a.device))
        return open_server(a, s);
    if (a.member)
        throw std::invalid_argument("zcring: member is for a receiver of a server, and " +
                                    a.device +
                                    " is none; remove member, or name a server by device=NAME");
    if (!a.device.empty())
        return open_kernel_device(a.device, s);
    if (!a.emulator && !a.pace)
        for (const std::string& path : observer::list()) {
            try {
                return open_kernel_device(path, s);
            } catch (const std::system_error& e) {
                const int error = e.code().value();
                if (error != EACCES && error != EPERM && error != EBUSY && error != ENOENT)
                    throw;
            }
        }
    return open_emulator(a, s);
}

} // namespace

device::device(std::string_view text) : device(parse_arguments(text)) {}

device::device(const zcring::arguments& a)
    : d_settings((check(a), std::make_unique<settings>(a))),
      d_session(std::make_unique<session>(open(a, *d_settings)))
{
    const zcring_config config = d_session->checked_backend().config();
    d_format = format_from_abi(config.format);
    d_channels = config.channels;
    d_interval = static_cast<double>(config.interval_ns) / 1e9;
}

device::~device() = default;
device::device(device&&) noexcept = default;
device& device::operator=(device&&) noexcept = default;

const std::string& device::name() const noexcept { return d_session->get_backend().name(); }
bool device::is_emulator() const noexcept { return d_session->get_backend().is_emulator(); }
std::uint64_t device::receiver() const noexcept { return d_session->get_backend().receiver(); }
format device::format() const noexcept { return d_format; }
unsigned device::channels() const noexcept { return d_channels; }
std::uint64_t device::ring_samples() const noexcept
{
    return d_session->get_backend().mapped().ring_samples;
}
std::uint64_t device::ring_bursts() const noexcept
{
    return d_session->get_backend().mapped().bursts.slots;
}
const void* device::ring(unsigned channel) const noexcept
{
    return channel < d_channels ? d_session->get_backend().mapped().data[channel] : nullptr;
}
double device::interval() const noexcept { return d_interval; }

void device::start(const start_options& options)
{
    zcring_start start{};
    start.first_index = options.first_index;
    start.preroll_samples = options.preroll_samples;
    start.time_ns = options.time_ns;
    start.delay_ns = options.delay_ns;
    d_session->start(start);
}

void device::resume()
{
    zcring_start start{};
    start.flags = ZCRING_START_RESUME;
    d_session->start(start);
}

void device::stop() { d_session->checked_backend().stop(); }

bool device::reopen()
{
    return d_session->reopen(
        [this](backend& b, const zcring_tuning& tuned) { d_settings->restore(b, tuned); });
}

void device::control(const command& change) { d_session->control(to_control(change, channels())); }

bool device::keep(const command& change)
{
    d_session->checked_backend();
    const zcring_control control = to_control(change, channels());
    if (!d_session->is_gone() ||
        control.what & (ZCRING_CONTROL_TIME | ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME))
        return false;
    if (control.what & ZCRING_CONTROL_RATE &&
        !d_settings->allows_rate(control.rate_num, control.rate_den))
        throw std::system_error(
            ERANGE,
            std::system_category(),
            name() + ": the recording does not have this rate; set one of its rates, "
                     "or open the device again with this rate");
    return d_session->keep(control);
}

void device::set_frequency(double hz, unsigned channels)
{
    command change;
    change.channels = channels;
    change.frequency = hz;
    control(change);
}

void device::set_gain(double db, unsigned channels)
{
    command change;
    change.channels = channels;
    change.gain = db;
    control(change);
}

void device::set_rate(double hz)
{
    command change;
    change.rate = hz;
    control(change);
}

void device::set_noise(double db)
{
    command change;
    change.noise = db;
    control(change);
}

// A new scene sets the noise, too, which no command does.
void device::set_scene(const arguments& scene)
{
    d_settings->set_scene(d_session->checked_backend(), scene);
    d_session->change_scene();
}

std::vector<double> device::rates() const { return rates_of(d_settings->scene()); }
std::vector<band> device::scene_bands() const { return d_settings->bands(); }

bool device::receives(double frequency, double rate) const noexcept
{
    return d_settings->receives(frequency, rate);
}

zcring::tuning device::tuning() const
{
    return tuning_from_abi(d_session->checked_backend().tuning());
}

zcring::ranges device::ranges() const
{
    return ranges_from_abi(d_session->checked_backend().ranges());
}

std::uint64_t device::clamped_scene_samples() const noexcept
{
    return d_settings->clamped_samples();
}

zcring::telemetry device::telemetry() const
{
    return telemetry_from_abi(d_session->checked_backend().telemetry());
}

void device::stall(std::chrono::nanoseconds time)
{
    d_session->checked_backend().inject(ZCRING_INJECT_STALL, time.count());
}

void device::drop(std::uint64_t samples)
{
    d_session->checked_backend().inject(
        ZCRING_INJECT_DROP, static_cast<std::int64_t>(std::min<std::uint64_t>(samples, INT64_MAX)));
}

void device::jump(std::chrono::nanoseconds time)
{
    d_session->checked_backend().inject(ZCRING_INJECT_JUMP, time.count());
}

void device::unplug() { d_session->checked_backend().unplug(); }
void device::plug() { d_session->checked_backend().plug(); }

} // namespace zcring
