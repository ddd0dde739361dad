// SPDX-License-Identifier: GPL-3.0-or-later
//
// Applies the arguments to a device: geometry first, which empties the ring, then the scene, then
// the tuning. Keeps what was set, a scene that was set later in place of the first, so that a device
// that has returned can be set up again. A recording is not kept in memory: it is read, and resampled
// to the rate of the device, again.
#include "settings.h"

#include "abi_values.h"
#include "rational.h"
#include "scene_arguments.h"
#include "scene_ranges.h"
#include "server_names.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

// Of channel 0, in Hz.
double tuned_to(const zcring_tuning& t) { return from_uhz(t.channel[0].freq_uhz); }

// Samples a second.
template <class Settings>
double rate_of(const Settings& s)
{
    return to_double({ s.rate_num, s.rate_den });
}

// A recording feeds the channels of the device. Of one channel, all of them receive the same.
void check_channels(const zcring_scene& scene, const std::string& name, unsigned channels)
{
    if (scene.channels > 1 && channels > scene.channels)
        throw std::invalid_argument("zcring: " + name + " has " + std::to_string(scene.channels) +
                                    " channels; set channels= to at most that");
}

// A driver that is older than this library does not know the flags.
void set_opened_scene(backend& b, recorded_scene r)
try {
    b.set_scene(r.scene, std::move(r.content));
} catch (const std::system_error& e) {
    if (!r.scene.flags || e.code().value() != EINVAL)
        throw;
    throw std::system_error(EOPNOTSUPP,
                            std::system_category(),
                            b.name() +
                                ": the device plays recordings in a loop only; remove loop=no, or "
                                "install the driver of this version");
}

// The tone of a server lies an eighth of the server's own rate above the centre, which only the server
// knows.
std::vector<band> bands_on(const backend& b, const recorded_scene& s, double rate)
{
    if (s.scene.kind == ZCRING_SCENE_TONE && !b.is_emulator() && is_server(b.name()))
        return {};
    return bands_of(s.scene, s.content.segments, s.file ? s.file->rate() : rate);
}

// A recording tells rate, frequency and number of channels, where the user does not.
void set_defaults_of_recording(arguments& wanted, const zcring_scene& scene)
{
    if (!wanted.rate)
        wanted.rate = to_double({ scene.rate_num, scene.rate_den });
    if (!wanted.freq)
        wanted.freq = from_uhz(scene.freq_uhz);
    if (!wanted.channels && scene.channels > 1)
        wanted.channels = scene.channels;
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

void configure(backend& b, const zcring_config& wanted)
{
    const zcring_config before = b.config();
    if (std::memcmp(&before, &wanted, sizeof(before)) != 0)
        b.configure(wanted);
}

} // namespace

void settings::put_on_air(backend& b, const arguments& wanted, recorded_scene opened, double rate)
{
    auto next = std::make_shared<on_air>();
    next->wanted = wanted;
    next->scene = opened.scene;
    next->bands = bands_on(b, opened, rate);
    next->file = opened.file;
    set_opened_scene(b, std::move(opened));
    std::atomic_store(&d_on_air, std::shared_ptr<const on_air>(std::move(next)));
}

void settings::apply(backend& b)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    arguments wanted = d_wanted;
    recorded_scene opened;

    if (b.is_emulator() && !wanted.scene)
        wanted.scene = "tone";
    const arguments scene = wanted; // as it is opened again
    if (wanted.scene)
        opened = open_scene(wanted, tuned_to(b.tuning()), b.is_emulator());
    if (opened.file) {
        if (wanted.channels)
            check_channels(opened.scene, *wanted.scene, *wanted.channels);
        set_defaults_of_recording(wanted, opened.scene);
    }
    d_config = merge(b.config(), wanted);
    configure(b, d_config);
    if (opened.scene.kind)
        put_on_air(b, scene, std::move(opened), rate_of(d_config));
    if (!wanted.freq && !wanted.gain && !wanted.noise)
        return;
    zcring_control tune{};
    tune.channels = (1u << d_config.channels) - 1;
    if (wanted.freq) {
        tune.what |= ZCRING_CONTROL_FREQ;
        tune.freq_uhz = to_uhz(*wanted.freq);
    }
    if (wanted.gain) {
        tune.what |= ZCRING_CONTROL_GAIN;
        tune.gain_mb = to_mb(*wanted.gain);
    }
    if (wanted.noise) {
        tune.what |= ZCRING_CONTROL_NOISE;
        tune.noise_mb = noise_to_mb(*wanted.noise);
    }
    b.control(tune);
}

void settings::set_scene(backend& b, const arguments& wanted)
{
    check_scene_arguments(wanted);
    const std::lock_guard<std::mutex> lock(d_mutex);
    const zcring_tuning now = b.tuning();
    recorded_scene opened = open_scene(wanted, tuned_to(now), b.is_emulator());
    check_channels(opened.scene, *wanted.scene, d_config.channels);
    put_on_air(b, wanted, std::move(opened), rate_of(now));
    d_config.rate_num = now.rate_num;
    d_config.rate_den = now.rate_den;
}

void settings::restore(backend& b, const zcring_tuning& tuned)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    const auto before = current();
    configure(b, d_config);
    if (before->scene.kind) {
        const double freq = from_uhz(before->scene.freq_uhz);
        put_on_air(b,
                   before->wanted,
                   open_scene(before->wanted, freq, b.is_emulator()),
                   rate_of(d_config));
    }
    // A scene can be set that does not have the present rate: only another rate is a command.
    const zcring_tuning now = b.tuning();
    if (now.rate_num != tuned.rate_num || now.rate_den != tuned.rate_den) {
        zcring_control rate{};
        rate.what = ZCRING_CONTROL_RATE;
        rate.channels = 1; // of whichever, as the command has to name one
        rate.rate_num = tuned.rate_num;
        rate.rate_den = tuned.rate_den;
        b.control(rate);
    }
    for (unsigned c = 0; c < d_config.channels; c++) {
        zcring_control tune{};
        tune.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH |
                    ZCRING_CONTROL_NOISE;
        tune.channels = 1u << c;
        tune.freq_uhz = tuned.channel[c].freq_uhz;
        tune.gain_mb = tuned.channel[c].gain_mb;
        tune.bandwidth_uhz = tuned.bandwidth_uhz;
        tune.noise_mb = tuned.noise_mb;
        b.control(tune);
    }
}

bool settings::receives(double frequency, double rate) const noexcept
{
    const auto now = current();
    return now->bands.empty() || receives_any(now->bands, frequency, rate);
}

std::uint64_t settings::clamped_samples() const noexcept
{
    const auto now = current();
    return now->file ? now->file->clamped() : 0;
}

bool settings::allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const
{
    return zcring_scene_decimation(&current()->scene, rate_num, rate_den);
}

} // namespace zcring
