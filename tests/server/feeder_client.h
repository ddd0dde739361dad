// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A feeder of a server in this process.
 */
#pragma once

#include "client.h"

namespace zcring_test {

constexpr double feed_hz = 100e6;

//! Of one channel in sc16 at 100 MHz.
inline zcring_scene scene_of(std::uint32_t kind, std::uint64_t rate = 0, std::uint64_t samples = 0)
{
    zcring_scene s{};
    s.kind = kind;
    s.freq_uhz = static_cast<std::int64_t>(feed_hz * 1e6);
    if (kind == ZCRING_SCENE_MEMORY || kind == ZCRING_SCENE_FEED) {
        s.format = ZCRING_FORMAT_SC16;
        s.channels = 1;
        s.rate_num = rate;
        s.rate_den = 1;
        s.samples = samples;
    }
    return s;
}

class feeder_client
{
public:
    explicit feeder_client(air& a) : port(a.feeder()) {}
    ~feeder_client() { close(); }
    feeder_client(const feeder_client&) = delete;
    feeder_client& operator=(const feeder_client&) = delete;

    void close()
    {
        if (port)
            port->close();
        port.reset();
    }

    //! Sample \p index of a feed: never silence.
    static std::uint32_t sample(std::uint64_t index)
    {
        return static_cast<std::uint32_t>(index + 1);
    }

    int set(zcring_scene scene) { return port->call(ZCRING_IOC_SET_SCENE, &scene); }

    //! A feed whose buffer has at least \p samples.
    int feed(std::uint64_t rate, std::uint64_t samples = 1 << 16)
    {
        const int error = set(scene_of(ZCRING_SCENE_FEED, rate, samples));
        if (error)
            return error;
        d_taken = at(ZCRING_META);
        d_written = at(ZCRING_CONSUMER);
        d_data = at(ZCRING_DATA);
        ring = {};
        ring.taken = reinterpret_cast<zcring_feed_taken*>(d_taken->get());
        ring.written = reinterpret_cast<zcring_feed_written*>(d_written->get());
        ring.data[0] = reinterpret_cast<u8*>(d_data->get());
        ring.samples = d_data->bytes() / 4;
        ring.channels = 1;
        ring.sample_bytes = 4;
        return 0;
    }

    //! Writes what there is room for of \p n samples; how many.
    std::uint64_t write(std::uint64_t n)
    {
        n = std::min<std::uint64_t>(n, zcring_feed_room(&ring));
        for (std::uint64_t k = zcring_feed_late(&ring); k < n; k++) {
            const std::uint32_t value = sample(ring.position + k);
            std::memcpy(ring.data[0] + (ring.position + k) % ring.samples * 4, &value, 4);
        }
        zcring_feed_commit(&ring, n);
        return n;
    }

    //! Writes all of them, and waits for room as a feeder does.
    void write_all(std::uint64_t n)
    {
        const auto end = std::chrono::steady_clock::now() + time_limit;
        while (n) {
            n -= write(n);
            if (!n)
                break;
            look();
            zcring_ring_store_feed_waiting(ring.written, zcring_load(&ring.taken->freed) + 1);
            if (!zcring_feed_room(&ring)) {
                pollfd p{ port->wake_fd(), POLLIN, 0 };
                if (std::chrono::steady_clock::now() > end ||
                    poll(&p, 1, time_limit.count() * 1000) != 1) {
                    ADD_FAILURE() << "no room for a feeder";
                    return;
                }
                char bytes[64];
                if (::read(port->wake_fd(), bytes, sizeof(bytes)) < 0)
                    ADD_FAILURE() << "cannot drain the pipe";
            }
            zcring_ring_clear_feed_waiting(ring.written);
        }
        look();
    }

    void end()
    {
        zcring_feed_end(&ring);
        look();
    }

    //! The kick.
    zcring_feed look()
    {
        zcring_feed f{};
        EXPECT_EQ(port->call(ZCRING_IOC_GET_FEED, &f), 0);
        return f;
    }

    //! Puts a recording on the air, through the ring of bytes.
    int record(zcring_scene scene, const std::vector<std::uint32_t>& samples)
    {
        scene.samples = samples.size();
        int error = set(scene);
        if (error)
            return error;
        const auto written = at(ZCRING_CONSUMER), taken = at(ZCRING_META), data = at(ZCRING_DATA);
        const auto* bytes = reinterpret_cast<const std::byte*>(samples.data());
        const std::uint64_t size = samples.size() * 4;
        for (std::uint64_t done = 0; done < size && !error;) {
            const std::uint64_t freed =
                zcring_ring_load_freed(reinterpret_cast<zcring_feed_taken*>(taken->get()));
            const std::uint64_t n = std::min(size - done, freed + data->bytes() - done);
            for (std::uint64_t k = 0; k < n; k++)
                data->get()[(done + k) % data->bytes()] = bytes[done + k];
            done += n;
            zcring_ring_store_written(
                reinterpret_cast<zcring_feed_written*>(written->get()), done, 0);
            zcring_feed f{};
            error = port->call(ZCRING_IOC_GET_FEED, &f);
        }
        return error;
    }

    int inject(std::uint32_t kind, std::int64_t amount)
    {
        zcring_inject i{};
        i.kind = kind;
        i.amount = amount;
        return port->call(ZCRING_IOC_INJECT, &i);
    }

    std::shared_ptr<zcring::server::antenna_port> port;
    zcring_feed_ring ring{};

private:
    std::shared_ptr<const shared_memory> at(std::uint32_t which)
    {
        zcring_region r{};
        r.region = which;
        std::shared_ptr<const shared_memory> memory;
        EXPECT_EQ(port->region(r, memory), 0);
        return memory;
    }

    std::shared_ptr<const shared_memory> d_taken, d_written, d_data;
};

inline void expect_fed(const std::vector<std::uint32_t>& heard, std::uint64_t first)
{
    for (std::size_t n = 0; n < heard.size(); n++)
        ASSERT_EQ(heard[n], feeder_client::sample(first + n)) << n;
}

} // namespace zcring_test
