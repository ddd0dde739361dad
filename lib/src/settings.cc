// SPDX-License-Identifier: GPL-3.0-or-later
//
// Applies the arguments to a device: geometry first, which empties the ring, then the scene, then
// the tuning. Keeps what it has set, so that a device that has returned can be set up again. A
// recording is not kept in memory: it is read, and resampled to the rate of the device, again.
#include "settings.h"

#include "abi_values.h"
#include "argument_table.h"
#include "rational.h"
#include "recorded_scene.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

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

// A recording feeds the channels of the device. Of one channel, all of them receive the same.
void check_channels(const arguments& a, const zcring_scene& scene)
{
    if (scene.channels > 1 && a.channels && *a.channels > scene.channels)
        throw std::invalid_argument("zcring: " + *a.scene + " has " +
                                    std::to_string(scene.channels) +
                                    " channels; set channels= to at most that");
}

// A driver that is older than this library does not know the flags.
void set_recorded_scene(backend& b, recorded_scene r)
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

std::optional<rational> wanted_rate(const arguments& a)
{
    if (!a.rate)
        return {};
    return to_rational(*a.rate);
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

void settings::apply(backend& b)
{
    arguments wanted = d_wanted;
    recorded_scene recorded;

    if (b.is_emulator() && !wanted.scene)
        wanted.scene = "tone";
    d_scene = built_in_scene(wanted.scene.value_or(""));
    if (wanted.scene && !d_scene.kind) {
        const double tuned = wanted.freq.value_or(from_uhz(b.tuning().channel[0].freq_uhz));
        recorded = open_recorded_scene(wanted, wanted_rate(wanted), tuned, b.is_emulator());
        d_scene = recorded.scene;
        d_segments = recorded.content.segments;
        d_file = recorded.file;
        check_channels(wanted, d_scene);
        set_defaults_of_recording(wanted, d_scene);
    }
    d_config = merge(b.config(), wanted);
    configure(b, d_config);

    if (d_scene.kind == ZCRING_SCENE_MEMORY) {
        set_recorded_scene(b, std::move(recorded));
    } else if (d_scene.kind) {
        d_scene.freq_uhz = wanted.freq ? to_uhz(*wanted.freq) : b.tuning().channel[0].freq_uhz;
        b.set_scene(d_scene, {});
    }
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

void settings::restore(backend& b, const zcring_tuning& tuned)
{
    configure(b, d_config);
    if (d_scene.kind == ZCRING_SCENE_MEMORY) {
        recorded_scene recorded = open_recorded_scene(
            d_wanted, wanted_rate(d_wanted), from_uhz(d_scene.freq_uhz), b.is_emulator());
        std::atomic_store(&d_file, recorded.file);
        set_recorded_scene(b, std::move(recorded));
    } else if (d_scene.kind) {
        b.set_scene(d_scene, {});
    }
    // The frequency of a tone is that of the rate at which it was set.
    zcring_control rate{};
    rate.what = ZCRING_CONTROL_RATE;
    rate.channels = 1; // of whichever, as the command has to name one
    rate.rate_num = tuned.rate_num;
    rate.rate_den = tuned.rate_den;
    b.control(rate);
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

std::optional<double> settings::recorded_rate() const
{
    const auto file = std::atomic_load(&d_file);
    return file ? std::optional(file->rate()) : std::nullopt;
}

std::uint64_t settings::clamped_samples() const noexcept
{
    const auto file = std::atomic_load(&d_file);
    return file ? file->clamped() : 0;
}

bool settings::allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const
{
    return zcring_scene_decimation(&d_scene, rate_num, rate_den);
}

} // namespace zcring
