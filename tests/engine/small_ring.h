// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A stream over a ring of 64 samples, for tests of the accounting.
 */
#pragma once

#include "ring_memory.h"

#include <algorithm>

namespace zcring_test {

inline constexpr u64 small_ring_samples = 64;
inline constexpr u64 burst_slots = 8;
inline constexpr u32 channels = 2;
inline constexpr u32 sample_bytes = sizeof(u32);

struct small_ring : ring_memory {
    explicit small_ring(u64 slots = burst_slots)
        : ring_memory(small_ring_samples, slots, channels, sample_bytes)
    {
    }

    int start(u64 first_index = 0, u64 preroll = 0)
    {
        zcring_start s{};
        s.first_index = first_index;
        s.preroll_samples = preroll;
        return zcring_stream_start(&stream, &s);
    }

    int resume()
    {
        zcring_start s{};
        s.flags = ZCRING_START_RESUME;
        return zcring_stream_start(&stream, &s);
    }

    // As an engine does: samples that fit are written and published, the rest is lost. A sample
    // encodes its sample clock, and its channel in the top bits.
    void take(u64 samples)
    {
        const u64 fits = std::min<u64>(samples, zcring_stream_room(&stream));
        if (fits)
            publish(fits);
        if (stream.state == ZCRING_STATE_RUNNING)
            zcring_stream_lose(&stream, samples - fits);
        zcring_stream_account(&stream);
    }

    void publish(u64 samples)
    {
        for (u64 k = 0; k < samples; k++)
            for (u32 c = 0; c < channels; c++)
                put(c,
                    stream.head + k,
                    static_cast<u32>(stream.telemetry.sample_clock + k) | c << 24);
        zcring_burst burst{};
        burst.samples = samples;
        burst.time_ns = stream.telemetry.sample_clock;
        zcring_stream_publish(&stream, &burst);
    }

    void put(u32 channel, u64 index, u32 value)
    {
        memcpy(stream.data[channel] + index % small_ring_samples * sample_bytes,
               &value,
               sizeof(value));
    }
};

} // namespace zcring_test
