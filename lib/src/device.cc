// SPDX-License-Identifier: GPL-3.0-or-later
#include <zcring/arguments.h>
#include <zcring/device.h>
#include <zcring/limits.h>
#include <zcring/observer.h>

#include "abi_values.h"
#include "check.h"
#include "emulator.h"
#include "kernel_device.h"
#include "rational.h"
#include "sigmf.h"

#include <cmath>
#include <cstring>
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
static_assert(limits::rate_max == ZCRING_RATE_HZ_MAX);

std::int64_t to_uhz(double hz) { return std::llround(hz * 1e6); }
double from_uhz(std::int64_t uhz) { return static_cast<double>(uhz) / 1e6; }
std::int32_t to_mb(double db) { return static_cast<std::int32_t>(std::lround(db * 100)); }

std::uint32_t to_abi(format f)
{
    switch (f) {
    case format::sc8:
        return ZCRING_FORMAT_SC8;
    case format::sc16:
        return ZCRING_FORMAT_SC16;
    case format::fc32:
        break;
    }
    return ZCRING_FORMAT_FC32;
}

zcring_scene built_in_scene(const std::string& name)
{
    zcring_scene scene{};
    if (name == "tone")
        scene.kind = ZCRING_SCENE_TONE;
    else if (name == "noise")
        scene.kind = ZCRING_SCENE_NOISE;
    else if (name == "counter")
        scene.kind = ZCRING_SCENE_COUNTER;
    return scene;
}

zcring_scene recorded_scene(const recording& r, double frequency)
{
    const rational rate = to_rational(r.rate);
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = to_abi(r.format);
    scene.samples = r.samples.size() / sample_bytes(r.format);
    scene.freq_uhz = to_uhz(frequency);
    scene.rate_num = rate.num;
    scene.rate_den = rate.den;
    return scene;
}

zcring_config merge(zcring_config config, const arguments& a)
{
    if (a.format)
        config.format = to_abi(*a.format);
    if (a.channels)
        config.channels = *a.channels;
    if (a.ring_bytes)
        config.ring_bytes = *a.ring_bytes;
    if (a.interval_us)
        config.interval_ns = *a.interval_us * 1000;
    if (a.rate) {
        const rational rate = to_rational(*a.rate);
        config.rate_num = rate.num;
        config.rate_den = rate.den;
    }
    if (a.dma)
        config.dma = *a.dma == dma_mode::resident ? ZCRING_DMA_RESIDENT : ZCRING_DMA_COPY;
    if (a.seed)
        config.seed = *a.seed;
    return config;
}

zcring_control to_control(const command& c, unsigned channels)
{
    const unsigned there = (1u << channels) - 1;
    zcring_control control{};

    control.channels = c.channels == command::all_channels ? there : c.channels;
    if (!control.channels || control.channels & ~there)
        throw std::invalid_argument("zcring: there is no such channel; the device has " +
                                    std::to_string(channels) + ", counted from 0");
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
    if (c.at_clock) {
        control.what |= ZCRING_CONTROL_AT;
        control.at_clock = *c.at_clock;
    }
    return control;
}

// Everything but mapping: the scene, the geometry, the tuning.
void set_up(backend& b, const arguments& a)
{
    arguments wanted = a;
    std::optional<recording> recorded;

    if (b.is_emulator() && !wanted.scene)
        wanted.scene = "tone";
    zcring_scene scene = built_in_scene(wanted.scene.value_or(""));
    if (wanted.scene && !scene.kind) {
        recorded = read_sigmf(*wanted.scene);
        if (!wanted.rate)
            wanted.rate = recorded->rate;
        if (!wanted.freq)
            wanted.freq = recorded->frequency;
    }
    const zcring_config before = b.config();
    const zcring_config after = merge(before, wanted);
    if (std::memcmp(&before, &after, sizeof(before)) != 0)
        b.configure(after);

    const double tuned = wanted.freq.value_or(from_uhz(b.tuning().freq_uhz[0]));
    if (recorded) {
        scene = recorded_scene(*recorded, recorded->frequency.value_or(tuned));
        b.set_scene(scene, recorded->samples.data(), recorded->samples.size());
    } else if (scene.kind) {
        scene.freq_uhz = to_uhz(tuned);
        b.set_scene(scene, nullptr, 0);
    }
    if (wanted.freq || wanted.gain) {
        command tune;
        tune.frequency = wanted.freq;
        tune.gain = wanted.gain;
        b.control(to_control(tune, after.channels));
    }
}

std::unique_ptr<backend> open_kernel_device(const std::string& path, const arguments& a)
{
    auto b = std::make_unique<kernel_device>(path);
    set_up(*b, a);
    b->map();
    return b;
}

std::unique_ptr<backend> open_emulator(const arguments& a)
{
    auto b = std::make_unique<emulator>(a.pace.value_or(pacing::real));
    set_up(*b, a);
    b->map();
    return b;
}

std::unique_ptr<backend> open(const arguments& a)
{
    if (!a.device.empty())
        return open_kernel_device(a.device, a);
    if (!a.emulator && !a.pace)
        for (const std::string& path : observer::list()) {
            try {
                return open_kernel_device(path, a);
            } catch (const std::system_error& e) {
                const int error = e.code().value();
                if (error != EACCES && error != EPERM && error != EBUSY && error != ENOENT)
                    throw;
            }
        }
    return open_emulator(a);
}

} // namespace

device::device(std::string_view text) : device(parse_arguments(text)) {}

device::device(const zcring::arguments& a) : d_backend((check(a), open(a)))
{
    const zcring_config config = d_backend->config();
    d_format = format_from_abi(config.format);
    d_channels = config.channels;
    d_interval = static_cast<double>(config.interval_ns) / 1e9;
}

device::~device() = default;
device::device(device&&) noexcept = default;
device& device::operator=(device&&) noexcept = default;

const std::string& device::name() const noexcept { return d_backend->name(); }
bool device::is_emulator() const noexcept { return d_backend->is_emulator(); }
format device::format() const noexcept { return d_format; }
unsigned device::channels() const noexcept { return d_channels; }
std::uint64_t device::ring_samples() const noexcept { return d_backend->mapped().ring_samples; }
const void* device::ring(unsigned channel) const noexcept
{
    return channel < d_channels ? d_backend->mapped().data[channel] : nullptr;
}
double device::interval() const noexcept { return d_interval; }

void device::start(const start_options& options)
{
    zcring_start start{};
    start.first_index = options.first_index;
    start.preroll_samples = options.preroll_samples;
    start.time_ns = options.time_ns;
    d_backend->start(start);
}

void device::resume()
{
    zcring_start start{};
    start.flags = ZCRING_START_RESUME;
    d_backend->start(start);
}

void device::stop() { d_backend->stop(); }

void device::control(const command& change)
{
    d_backend->control(to_control(change, channels()));
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

zcring::tuning device::tuning() const { return tuning_from_abi(d_backend->tuning()); }

zcring::telemetry device::telemetry() const
{
    return telemetry_from_abi(d_backend->telemetry());
}

} // namespace zcring
