// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A simulated front end on a ring of its own, for tests of the engine.
 */
#pragma once

#include "ring_memory.h"
#include "support/accounting.h"
#include "support/counter_scene.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace zcring_test {

constexpr u64 second = ZCRING_NS_PER_S;
constexpr s64 mhz = 1000000000000; // in microhertz
constexpr u64 rate = 1000000;
constexpr u64 ring_samples = 4096;

//! A recording in sc16 at 100 MHz and one megasample a second.
inline zcring_scene recording_of(u64 samples, u32 segments = 0)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = samples;
    scene.segments = segments;
    scene.freq_uhz = 100 * mhz;
    scene.rate_num = rate;
    scene.rate_den = 1;
    return scene;
}

//! sc16, two channels, one megasample a second.
struct front_end : ring_memory {
    explicit front_end(u32 kind = ZCRING_SCENE_COUNTER,
                       u32 dma = ZCRING_DMA_COPY,
                       u64 samples = ring_samples,
                       u64 slots = 1024)
        : ring_memory(samples, slots, 2, sizeof(u32))
    {
        zcring_config config;
        zcring_config_default(&config);
        config.channels = 2;
        config.ring_bytes = samples * sizeof(u32);
        config.dma = dma;
        zcring_front_init(&front, &stream, &config);
        zcring_scene scene{};
        scene.kind = kind;
        scene.freq_uhz = 100 * mhz;
        zcring_front_set_scene(&front, &scene, nullptr, nullptr);
        set_noise(ZCRING_NOISE_NONE);
    }

    void set_noise(s32 noise_mb)
    {
        zcring_control c{};
        c.what = ZCRING_CONTROL_NOISE;
        c.channels = 1;
        c.noise_mb = noise_mb;
        EXPECT_EQ(zcring_front_control(&front, &c, 0), 0);
    }

    //! Puts a recording on the air, whose rate is that of the front end.
    void record(const std::vector<u32>& samples)
    {
        const zcring_scene scene = recording_of(samples.size());
        zcring_front_set_scene(&front, &scene, samples.data(), nullptr);
    }

    int start(u64 mono_ns = 0, u64 time_ns = 1)
    {
        zcring_start s{};
        return zcring_front_start(&front, &s, mono_ns, time_ns);
    }

    int resume(u64 mono_ns, u64 time_ns)
    {
        zcring_start s{};
        s.flags = ZCRING_START_RESUME;
        return zcring_front_start(&front, &s, mono_ns, time_ns);
    }

    int control(const std::function<void(zcring_control&)>& change, u64 mono_ns = 0)
    {
        zcring_control c{};
        c.channels = 3;
        change(c);
        return zcring_front_control(&front, &c, mono_ns);
    }

    int tune_at(u64 at_clock, s64 freq_uhz)
    {
        return control([=](zcring_control& c) {
            c.what = ZCRING_CONTROL_FREQ | ZCRING_CONTROL_AT;
            c.freq_uhz = freq_uhz;
            c.at_clock = at_clock;
        });
    }

    void take(u64 samples) { zcring_front_take(&front, samples); }
    void run(u64 mono_ns)
    {
        while (zcring_front_run(&front, mono_ns, mono_ns)) {
        }
    }
    void release_all()
    {
        release(meta.head);
        zcring_stream_account(&stream);
    }

    zcring_front front{};
};

//! Checks samples of the counter and the accounting, while a reader releases random amounts.
class auditor
{
public:
    explicit auditor(front_end& f) : d_f(f) {}

    //! Every burst since the last call has the samples of its sample clock and the right count of
    //! lost samples before it. Then the reader releases some samples, and the identities must hold.
    void audit(std::mt19937_64& random)
    {
        for (; d_bursts_seen != d_f.meta.burst_head; d_bursts_seen++) {
            const zcring_burst& b = d_f.descriptor(d_bursts_seen);
            ASSERT_EQ(b.sample_clock, d_clock + b.lost);
            for (u64 k = 0; k < b.samples; k++)
                ASSERT_EQ(d_f.at<u32>(b.index + k), counter_sample(b.sample_clock + k));
            d_clock = b.sample_clock + b.samples;
        }
        d_tail += random() % (d_f.meta.head - d_tail + 1);
        d_f.release(d_tail);
        zcring_stream_account(&d_f.stream);
        const zcring_telemetry t = d_f.telemetry();
        ASSERT_EQ(accounting_error(t, d_f.meta.head - d_tail), "");
    }

private:
    front_end& d_f;
    u64 d_bursts_seen = 0;
    u64 d_tail = 0;
    u64 d_clock = 0;
};

} // namespace zcring_test
