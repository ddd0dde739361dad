// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A live feed and its feeder, for tests of the engine.
 */
#pragma once

#include "front_end.h"

#include <algorithm>
#include <vector>

namespace zcring_test {

constexpr u64 feed_samples = ZCRING_FEED_SAMPLES_MIN;

//! Owns the memory of a feed of two channels in sc16. Not to be copied or moved.
struct feed {
    explicit feed(u64 samples = feed_samples, u32 sample_bytes = sizeof(u32))
    {
        ring.written = &written;
        ring.taken = &taken;
        ring.samples = samples;
        ring.channels = 2;
        ring.sample_bytes = sample_bytes;
        data.resize(2, std::vector<u8>(samples * sample_bytes, 0xdd));
        for (u32 c = 0; c < 2; c++)
            ring.data[c] = data[c].data();
        zcring_feed_init(&ring);
    }
    feed(const feed&) = delete;
    feed& operator=(const feed&) = delete;

    //! What sample \p index of the feed is: never silence.
    static u32 sample(u64 index, u32 channel = 0)
    {
        return static_cast<u32>(index + 1) | channel << 31;
    }

    //! Puts sample \p index into the ring, where it is not published.
    template <class T>
    void put(u64 index, u32 channel, T value)
    {
        memcpy(data[channel].data() + index % ring.samples * sizeof(T), &value, sizeof(T));
    }

    //! Writes the next \p n samples, or as many as there is room for; returns how many.
    u64 write(u64 n)
    {
        n = std::min<u64>(n, zcring_feed_room(&ring));
        const u64 late = zcring_feed_late(&ring);
        for (u64 k = late; k < n; k++)
            for (u32 c = 0; c < 2; c++)
                put(ring.position + k, c, sample(ring.position + k, c));
        zcring_feed_commit(&ring, n);
        return n;
    }

    //! The feed as the antenna needs it, \p decimation times as fast as the front end.
    static zcring_scene scene(u32 decimation = 1)
    {
        zcring_scene s{};
        s.kind = ZCRING_SCENE_FEED;
        s.format = ZCRING_FORMAT_SC16;
        s.channels = 2;
        s.freq_uhz = 100 * mhz;
        s.rate_num = rate * decimation;
        s.rate_den = 1;
        return s;
    }

    zcring_feed state() const
    {
        zcring_feed s{};
        zcring_feed_get(&ring, &s);
        return s;
    }

    zcring_feed_written written{};
    zcring_feed_taken taken{};
    std::vector<std::vector<u8>> data;
    zcring_feed_ring ring{};
};

//! A front end that receives a feed.
struct fed_front_end : front_end {
    explicit fed_front_end(u64 ring = ring_samples, u32 decimation = 1, u64 of_feed = feed_samples)
        : front_end(ZCRING_SCENE_COUNTER, ZCRING_DMA_COPY, ring), fed(of_feed)
    {
        const zcring_scene scene = feed::scene(decimation);
        EXPECT_EQ(zcring_scene_check(&scene), 0);
        EXPECT_EQ(zcring_front_set_scene(&front, &scene, &fed.ring, nullptr), 0);
    }

    //! The last burst.
    const zcring_burst& burst() const { return descriptor(meta.burst_head - 1); }

    zcring_feed state() const
    {
        zcring_feed s{};
        zcring_front_get_feed(&front, &s);
        return s;
    }

    feed fed;
};

//! Indices [from, until) of both channels are samples of the feed from \p first on.
inline void expect_samples(const fed_front_end& f, u64 from, u64 until, u64 first)
{
    for (u64 n = from; n < until; n++)
        for (u32 c = 0; c < 2; c++)
            ASSERT_EQ(f.at<u32>(n, c), feed::sample(first + n - from, c)) << n;
}

} // namespace zcring_test
