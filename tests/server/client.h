// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A client of a server in this process: calls its receiver and reads its ring.
 */
#pragma once

#include "air.h"
#include "engine.h"
#include "support/deadline.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <vector>

namespace zcring_test {

using zcring::server::air;
using zcring::server::receiver;
using zcring::server::shared_memory;

// The longest interval is 60 s: what comes before the half of it did not wait for the next burst.
inline const auto less_than_an_interval = std::min(time_limit / 4, std::chrono::seconds(30));

inline zcring::arguments server_with(const std::string& text)
{
    return zcring::parse_arguments(text);
}

inline zcring_attach member(unsigned quorum = 0, std::uint64_t patience_ns = 0)
{
    zcring_attach a{};
    a.role = ZCRING_ROLE_RADIO;
    a.flags = ZCRING_ATTACH_MEMBER;
    a.quorum = quorum;
    a.patience_ns = patience_ns;
    return a;
}

inline zcring_attach listener()
{
    zcring_attach a{};
    a.role = ZCRING_ROLE_RADIO;
    return a;
}

//! One channel in sc16, unless the server's arguments say otherwise.
class client
{
public:
    explicit client(air& a, const zcring_attach& attach = listener())
        : radio(a.add_receiver(attach))
    {
        map();
    }
    ~client()
    {
        if (radio)
            radio->close();
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void map()
    {
        d_meta = at(ZCRING_META);
        d_consumer = at(ZCRING_CONSUMER);
        d_bursts = at(ZCRING_BURSTS);
        d_data = at(ZCRING_DATA);
        info = get<zcring_info>(ZCRING_IOC_GET_INFO);
    }

    template <class T>
    T get(std::uint32_t command)
    {
        T t{};
        EXPECT_EQ(radio->call(command, &t), 0);
        return t;
    }

    zcring_telemetry telemetry() { return get<zcring_telemetry>(ZCRING_IOC_GET_TELEMETRY); }

    int start(std::uint64_t flags = 0, std::uint64_t delay_ns = 0)
    {
        zcring_start s{};
        s.flags = flags;
        s.delay_ns = delay_ns;
        int error = -EAGAIN;
        while (error == -EAGAIN) // more preroll is left to zero
            error = radio->call(ZCRING_IOC_START, &s);
        if (!error && !flags) {
            tail = 0;
            burst_tail = 0;
        }
        return error;
    }
    int stop() { return radio->call(ZCRING_IOC_STOP, nullptr); }

    int tune(double hz)
    {
        zcring_control c{};
        c.what = ZCRING_CONTROL_FREQ;
        c.channels = 1;
        c.freq_uhz = static_cast<std::int64_t>(hz * 1e6);
        return radio->call(ZCRING_IOC_CONTROL, &c);
    }

    int configure(std::uint64_t rate, std::uint64_t ring_bytes = 0, std::uint64_t interval_us = 0)
    {
        auto c = get<zcring_config>(ZCRING_IOC_GET_CONFIG);
        c.rate_num = rate;
        c.rate_den = 1;
        if (ring_bytes)
            c.ring_bytes = ring_bytes;
        if (interval_us)
            c.interval_ns = interval_us * 1000;
        const int error = radio->call(ZCRING_IOC_SET_CONFIG, &c);
        if (!error)
            map();
        return error;
    }

    int inject(std::uint32_t kind, std::int64_t amount = 0)
    {
        zcring_inject i{};
        i.kind = kind;
        i.amount = amount;
        return radio->call(ZCRING_IOC_INJECT, &i);
    }

    std::uint32_t state() const { return zcring_ring_load_state(meta()); }
    std::uint64_t head() const { return zcring_ring_load_head(meta()); }
    const zcring_meta* meta() const { return reinterpret_cast<zcring_meta*>(d_meta->get()); }
    zcring_consumer* consumer() const
    {
        return reinterpret_cast<zcring_consumer*>(d_consumer->get());
    }

    //! Waits on the pipe, as a client does, until \p n samples are there or the stream has ended.
    //! How many there are.
    std::uint64_t wait(std::uint64_t n)
    {
        const auto end = std::chrono::steady_clock::now() + time_limit;
        for (;;) {
            zcring_ring_store_waiting(consumer(), tail + n);
            const std::uint32_t now = state();
            const std::uint64_t there = head() - tail;
            if (there >= n || now != ZCRING_STATE_RUNNING) {
                zcring_ring_clear_waiting(consumer());
                return there;
            }
            radio->kick();
            pollfd p{ radio->wake_fd(), POLLIN, 0 };
            if (std::chrono::steady_clock::now() > end ||
                poll(&p, 1, time_limit.count() * 1000) != 1) {
                ADD_FAILURE() << "no wake-up, " << there << " samples of " << n;
                return there;
            }
            char bytes[64];
            if (::read(radio->wake_fd(), bytes, sizeof(bytes)) < 0)
                ADD_FAILURE() << "cannot drain the pipe";
        }
    }

    //! The next \p n samples, or those before the end; keeps the descriptors, and releases.
    std::vector<std::uint32_t> read(std::uint64_t n)
    {
        std::vector<std::uint32_t> out;
        while (out.size() < n) {
            const std::uint64_t wanted =
                std::min<std::uint64_t>(n - out.size(), info.ring_samples / 2);
            const std::uint64_t there = std::min(wait(wanted), wanted);
            const auto* ring = reinterpret_cast<const std::uint32_t*>(d_data->get());
            const std::uint64_t place = tail & (info.ring_samples - 1);
            out.insert(out.end(), ring + place, ring + place + there); // mapped twice
            take_bursts(tail + there);
            tail += there;
            zcring_ring_release(consumer(), tail, tail * 4);
            if (there < wanted)
                break;
        }
        return out;
    }

    std::shared_ptr<receiver> radio;
    zcring_info info{};
    std::uint64_t tail = 0;
    std::vector<zcring_burst> bursts; //!< that read() has passed

private:
    std::shared_ptr<const shared_memory> at(std::uint32_t which)
    {
        zcring_region r{};
        r.region = which;
        std::shared_ptr<const shared_memory> memory;
        EXPECT_EQ(radio->region(r, memory), 0);
        return memory;
    }

    void take_bursts(std::uint64_t until)
    {
        const std::uint64_t end = zcring_ring_load_burst_head(meta());
        const auto* ring = reinterpret_cast<const zcring_burst*>(d_bursts->get());
        for (; burst_tail != end; burst_tail++) {
            const zcring_burst& b = ring[burst_tail & (info.burst_slots - 1)];
            if (b.index >= until)
                break;
            bursts.push_back(b);
        }
    }

    std::uint64_t burst_tail = 0;
    std::shared_ptr<const shared_memory> d_meta, d_consumer, d_bursts, d_data;
};

//! The sample clock of a stream that has read its first burst, at a time of day.
inline std::uint64_t clock_at(const client& c, std::uint64_t time_ns)
{
    const zcring_burst& b = c.bursts.front();
    return b.sample_clock +
           static_cast<std::uint64_t>(static_cast<unsigned __int128>(time_ns - b.time_ns) *
                                          b.rate_num / b.rate_den +
                                      500000000) /
               1000000000;
}

} // namespace zcring_test
