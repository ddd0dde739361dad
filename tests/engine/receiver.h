// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief An antenna and its tuners, for tests of the antenna.
 */
#pragma once

#include "engine.h"

#include <cmath>
#include <complex>
#include <random>
#include <vector>

namespace zcring_test {

using bytes = std::vector<u8>;
using complex = std::complex<double>;

inline constexpr s64 mhz = 1000000000000; // in microhertz
inline constexpr u64 rate = 1000000;
inline constexpr u64 scene_samples = 1003; // no power of two, and shorter than most runs
inline constexpr u32 formats[] = { ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32 };
inline constexpr double two_pi = 6.283185307179586476925286766559;

//! Samples of all magnitudes, some beyond full scale if the format allows it.
inline bytes recording(u32 format, u64 samples)
{
    std::mt19937_64 random(format);
    bytes out(samples * zcring_sample_bytes(format));
    if (format != ZCRING_FORMAT_FC32) {
        for (u8& b : out)
            b = static_cast<u8>(random());
        return out;
    }
    for (u64 k = 0; k < 2 * samples; k++) {
        const float x = std::ldexp(static_cast<float>(static_cast<s32>(random())), -30);
        memcpy(out.data() + k * sizeof(x), &x, sizeof(x));
    }
    return out;
}

//! An antenna at 100 MHz and one megasample a second, received by one channel.
struct receiver {
    receiver(u32 kind, u32 format, u32 scene_format = 0)
    {
        zcring_antenna_init(&antenna);
        zcring_scene scene{};
        scene.kind = kind;
        scene.freq_uhz = 100 * mhz;
        antenna.format = format;
        antenna.seed = 7;
        if (kind == ZCRING_SCENE_MEMORY) {
            samples = recording(scene_format, scene_samples);
            scene.format = scene_format;
            scene.samples = scene_samples;
            scene.rate_num = rate;
            scene.rate_den = 1;
        }
        zcring_antenna_set_scene(&antenna, &scene, samples.data(), nullptr);
        antenna.tone_rate_num = rate;
        antenna.tone_rate_den = 1;
        tune(0, 0);
    }

    //! Puts the \p n samples of \ref samples on the air.
    void set_recording(u64 n, u64 scene_rate)
    {
        zcring_scene scene = antenna.scene;
        scene.samples = n;
        scene.rate_num = scene_rate;
        zcring_antenna_set_scene(&antenna, &scene, samples.data(), nullptr);
    }

    void tune(s64 offset_uhz, s32 gain_mb, u64 sample_clock = 0)
    {
        for (u32 c = 0; c < ZCRING_CHANNELS_MAX; c++) {
            antenna.tuner[c].freq_uhz = antenna.scene.freq_uhz - offset_uhz;
            antenna.tuner[c].gain_mb = gain_mb;
            zcring_antenna_tune(&antenna, c, rate, 1, sample_clock);
        }
    }

    bytes receive(u64 sample_clock, u64 n, u32 channel = 0)
    {
        bytes out(n * zcring_sample_bytes(antenna.format));
        zcring_antenna_receive(&antenna, channel, sample_clock, out.data(), n);
        return out;
    }

    std::vector<complex> hear(u64 sample_clock, u64 n, u32 channel = 0)
    {
        const bytes raw = receive(sample_clock, n, channel);
        const zcring_gain unity{ 1 << 14, 1 };
        std::vector<s32> values(2 * n);
        antenna.loops->load(antenna.format, raw.data(), values.data(), static_cast<u32>(n), &unity);
        std::vector<complex> out;
        for (size_t k = 0; k < n; k++)
            out.emplace_back(std::ldexp(values[2 * k], -27), std::ldexp(values[2 * k + 1], -27));
        return out;
    }

    zcring_antenna antenna{};
    bytes samples;
};

//! Power of \p x at a frequency of \p turns per sample.
inline double power_at(const std::vector<complex>& x, double turns)
{
    complex sum = 0;
    for (size_t k = 0; k < x.size(); k++)
        sum += x[k] * std::polar(1.0, -two_pi * turns * static_cast<double>(k));
    return std::norm(sum / static_cast<double>(x.size()));
}

} // namespace zcring_test
