// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief An air without samples: what a conversation talks to, in tests of messages and sockets.
 */
#pragma once

#include "conversation.h"
#include "receiver.h"
#include "unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace zcring_test {

//! Holds up those who wait, while it is shut.
class gate final
{
public:
    void shut() { d_mutex.lock(); }
    void open() { d_mutex.unlock(); }
    void wait() { const std::lock_guard<std::mutex> lock(d_mutex); }

private:
    std::mutex d_mutex;
};

//! Counts its calls, keeps the configuration, and has real memory and a real pipe.
class fake_port : public zcring::server::receiver
{
public:
    explicit fake_port(std::uint64_t number) : d_number(number)
    {
        int ends[2] = { -1, -1 };
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
            d_wake = zcring::unique_fd(ends[0]);
            d_waker = zcring::unique_fd(ends[1]);
        }
        d_config.format = ZCRING_FORMAT_SC16;
        d_config.channels = 1;
        d_config.ring_bytes = 65536;
        d_config.interval_ns = 50000000;
        d_config.rate_num = 1000000;
        d_config.rate_den = 1;
    }

    int call(std::uint32_t command, void* argument) override
    {
        calls_begun++;
        held.wait();
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (d_closed)
            return -ENODEV;
        d_calls[command]++;
        switch (command) {
        case ZCRING_IOC_GET_CONFIG:
            std::memcpy(argument, &d_config, sizeof(d_config));
            break;
        case ZCRING_IOC_SET_CONFIG:
            return set_config(*static_cast<const zcring_config*>(argument));
        case ZCRING_IOC_GET_INFO:
            static_cast<zcring_info*>(argument)->receiver = d_number;
            break;
        case ZCRING_IOC_GET_RANGES: {
            auto& ranges = *static_cast<zcring_ranges*>(argument);
            ranges.interval_min_ns = ZCRING_INTERVAL_NS_MIN;
            ranges.rate_max_num = ZCRING_RATE_HZ_MAX;
            ranges.rate_max_den = 1;
            break;
        }
        case ZCRING_IOC_START:
            return starts_slowly ? -EAGAIN : 0;
        case ZCRING_IOC_CONTROL: {
            const auto& control = *static_cast<const zcring_control*>(argument);
            const bool waits = control.what & (ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME);
            if (control.what & ZCRING_CONTROL_RATE && !waits) {
                d_config.rate_num = control.rate_num;
                d_config.rate_den = control.rate_den;
            }
            break;
        }
        default:
            break;
        }
        return 0;
    }

    int region(zcring_region& region,
               std::shared_ptr<const zcring::server::shared_memory>& memory) override
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (d_closed)
            return -ENODEV;
        if (region.region > ZCRING_DATA ||
            region.channel >= (region.region == ZCRING_DATA ? d_config.channels : 1U))
            return -EINVAL;
        auto& mine = d_memory[{ region.region, region.channel }];
        if (!mine) {
            const std::size_t bytes = region.region == ZCRING_DATA ? d_config.ring_bytes : 4096;
            mine = std::make_shared<zcring::server::shared_memory>(
                "fake", bytes, 1, region.region == ZCRING_CONSUMER);
        }
        region.writable = region.region == ZCRING_CONSUMER;
        region.length = region.map_length = mine->bytes();
        memory = mine;
        return 0;
    }

    int wake_fd() const override { return d_wake.get(); }
    std::uint64_t number() const override { return d_number; }
    void kick() override {}

    void close() override
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_closed = true;
        d_memory.clear();
        d_wake = zcring::unique_fd();
        d_waker = zcring::unique_fd();
    }

    bool is_closed() const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_closed;
    }
    unsigned calls(std::uint32_t command) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = d_calls.find(command);
        return found == d_calls.end() ? 0 : found->second;
    }
    //! Writes into the page as the server does, where the client has mapped it.
    std::byte* memory(std::uint32_t region)
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_memory.at({ region, 0 })->get();
    }
    //! As the server wakes a client. Returns what write() does.
    ssize_t wake() { return write(d_waker.get(), "", 1); }

    //! A call waits here before it is made.
    gate held;
    std::atomic<unsigned> calls_begun{ 0 };

    //! More preroll is left to zero, and never less.
    std::atomic<bool> starts_slowly{ false };

private:
    // A server keeps the memory of the ring if the new one is as large.
    int set_config(const zcring_config& config)
    {
        const bool is_power = config.ring_bytes && !(config.ring_bytes & (config.ring_bytes - 1));
        if (config.channels < 1 || config.channels > ZCRING_CHANNELS_MAX || !is_power ||
            config.ring_bytes < ZCRING_RING_BYTES_MIN || config.ring_bytes > ZCRING_RING_BYTES_MAX)
            return -EINVAL;
        for (auto i = d_memory.begin(); i != d_memory.end();)
            i = i->first.first == ZCRING_DATA ? d_memory.erase(i) : std::next(i);
        d_config = config;
        return 0;
    }

    mutable std::mutex d_mutex;
    const std::uint64_t d_number;
    zcring::unique_fd d_wake;
    zcring::unique_fd d_waker;
    zcring_config d_config{};
    std::map<std::pair<std::uint32_t, std::uint32_t>,
             std::shared_ptr<zcring::server::shared_memory>>
        d_memory;
    std::map<std::uint32_t, unsigned> d_calls;
    bool d_closed = false;
};

class fake_ports final : public zcring::server::ports
{
public:
    std::shared_ptr<zcring::server::receiver> add_receiver(const zcring_attach&) override
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        std::uint64_t number = 0;
        while (d_receivers.count(number) && !d_receivers.at(number)->is_closed())
            number++;
        return d_receivers[number] = std::make_shared<fake_port>(number);
    }

    std::shared_ptr<zcring::server::receiver> find(std::uint64_t number) override
    {
        return port(number);
    }

    std::shared_ptr<zcring::server::antenna_port> feeder() override
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (d_feeder && !d_feeder->is_closed())
            return nullptr;
        return d_feeder = std::make_shared<fake_port>(0);
    }

    //! Null if there is none with the number, or it is closed.
    std::shared_ptr<fake_port> port(std::uint64_t number) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = d_receivers.find(number);
        return found == d_receivers.end() || found->second->is_closed() ? nullptr : found->second;
    }

    //! Receivers that are not closed.
    std::size_t receivers() const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        std::size_t open = 0;
        for (const auto& [number, port] : d_receivers)
            open += port->is_closed() ? 0 : 1;
        return open;
    }

private:
    mutable std::mutex d_mutex;
    std::map<std::uint64_t, std::shared_ptr<fake_port>> d_receivers;
    std::shared_ptr<fake_port> d_feeder;
};

} // namespace zcring_test
