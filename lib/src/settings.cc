// SPDX-License-Identifier: GPL-3.0-or-later
//
// Applies the arguments to a device: geometry first, which empties the ring, then the scene, then
// the tuning. Keeps what it has set, so that a device that has returned can be set up again. A
// recording is not kept in memory: it is read again.
#include "settings.h"

#include "abi_values.h"
#include "rational.h"
#include "sigmf.h"

#include <cstring>
#include <sstream>
#include <stdexcept>

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

// A recording plays only at the rate it was recorded at.
void check_rate(const std::string& file, double recorded, double wanted)
{
    const rational one = to_rational(recorded);
    const rational other = to_rational(wanted);
    if (one.num == other.num && one.den == other.den)
        return;
    std::ostringstream text;
    text.precision(15);
    text << "zcring: " << file << " was recorded at " << recorded
         << " samples a second, but the rate is set to " << wanted << "; set the rate to "
         << recorded;
    throw std::invalid_argument(text.str());
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
    std::optional<recording> recorded;

    if (b.is_emulator() && !wanted.scene)
        wanted.scene = "tone";
    d_scene = built_in_scene(wanted.scene.value_or(""));
    if (wanted.scene && !d_scene.kind) {
        recorded = read_sigmf(*wanted.scene);
        check_rate(*wanted.scene, recorded->rate, wanted.rate.value_or(recorded->rate));
        wanted.rate = recorded->rate;
        if (!wanted.freq)
            wanted.freq = recorded->frequency;
    }
    d_config = merge(b.config(), wanted);
    configure(b, d_config);

    const double tuned = wanted.freq.value_or(from_uhz(b.tuning().freq_uhz[0]));
    if (recorded) {
        d_scene = recorded_scene(*recorded, recorded->frequency.value_or(tuned));
        b.set_scene(d_scene, recorded->samples.data(), recorded->samples.size());
    } else if (d_scene.kind) {
        d_scene.freq_uhz = to_uhz(tuned);
        b.set_scene(d_scene, nullptr, 0);
    }
    if (!wanted.freq && !wanted.gain)
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
    b.control(tune);
}

void settings::restore(backend& b, const zcring_tuning& tuned) const
{
    zcring_config config = d_config;
    config.rate_num = tuned.rate_num;
    config.rate_den = tuned.rate_den;
    configure(b, config);

    if (d_scene.kind == ZCRING_SCENE_MEMORY) {
        const recording recorded = read_sigmf(*d_wanted.scene);
        b.set_scene(recorded_scene(recorded, from_uhz(d_scene.freq_uhz)),
                    recorded.samples.data(),
                    recorded.samples.size());
    } else if (d_scene.kind) {
        b.set_scene(d_scene, nullptr, 0);
    }
    for (unsigned c = 0; c < config.channels; c++) {
        zcring_control tune{};
        tune.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH;
        tune.channels = 1u << c;
        tune.freq_uhz = tuned.freq_uhz[c];
        tune.gain_mb = tuned.gain_mb[c];
        tune.bandwidth_uhz = tuned.bandwidth_uhz;
        b.control(tune);
    }
}

bool settings::allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const
{
    return d_scene.kind != ZCRING_SCENE_MEMORY ||
           (d_scene.rate_num == rate_num && d_scene.rate_den == rate_den);
}

} // namespace zcring
