// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The memory of a stream, as a driver would map it, for tests of the engine.
 */
#pragma once

#include "engine.h"

#include <cstddef>
#include <vector>

namespace zcring_test {

//! Owns the memory; \c stream is initialised over it. Not to be copied or moved.
struct ring_memory {
    ring_memory(u64 ring_samples, u64 burst_slots, u32 channels, u32 sample_bytes)
        : bursts(burst_slots), burst_ends(burst_slots)
    {
        stream.meta = &meta;
        stream.consumer = &consumer;
        stream.bursts = bursts.data();
        stream.burst_ends = burst_ends.data();
        stream.ring_samples = ring_samples;
        stream.burst_slots = burst_slots;
        stream.channels = channels;
        stream.sample_bytes = sample_bytes;
        data.resize(channels, std::vector<u8>(ring_samples * sample_bytes, 0xee));
        for (u32 c = 0; c < channels; c++)
            stream.data[c] = data[c].data();
        zcring_stream_init(&stream);
    }
    ring_memory(const ring_memory&) = delete;
    ring_memory& operator=(const ring_memory&) = delete;

    //! The sample at \p index of \p channel, as a \p T.
    template <class T>
    T at(u64 index, u32 channel = 0) const
    {
        T sample;
        memcpy(&sample,
               data[channel].data() + (index & (stream.ring_samples - 1)) * sizeof(T),
               sizeof(T));
        return sample;
    }

    const zcring_burst& descriptor(u64 index) const
    {
        return bursts[index & (stream.burst_slots - 1)];
    }

    //! Releases all samples before \p tail, as a consumer does.
    void release(u64 tail) { zcring_ring_release(&consumer, tail, 0); }

    //! A consistent set of the counters, as an observer reads it.
    zcring_telemetry telemetry() const
    {
        zcring_telemetry t{};
        while (!zcring_ring_try_telemetry(&meta, &t)) {
        }
        return t;
    }

    zcring_meta meta{};
    zcring_consumer consumer{};
    std::vector<zcring_burst> bursts;
    std::vector<u64> burst_ends;
    std::vector<std::vector<u8>> data;
    zcring_stream stream{};
};

} // namespace zcring_test
