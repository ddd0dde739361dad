/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/antenna.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace gr {
namespace zcring {

//! What a sink needs of an antenna; the calls are those of zcring::antenna. Tests have another one.
class feeder
{
public:
    using status_type = ::zcring::antenna::feed_status;

    virtual ~feeder() = default;
    virtual const std::string& name() const = 0;
    virtual void begin_feed() = 0;
    virtual std::uint64_t
    wait_room(std::uint64_t wanted, std::chrono::nanoseconds timeout, int wake_fd) = 0;
    virtual std::uint64_t write(const void* const* channels, std::uint64_t samples) = 0;
    virtual void silence_until(std::uint64_t index) = 0;
    virtual void end_feed() = 0;
    virtual status_type status() const = 0;
};

//! A real antenna, with the feed that begin_feed() begins.
class antenna_feeder final : public feeder
{
public:
    antenna_feeder(const std::string& name, const ::zcring::antenna::feed_options& options)
        : d_antenna(name), d_options(options)
    {
    }

    const std::string& name() const override { return d_antenna.name(); }
    void begin_feed() override { d_antenna.begin_feed(d_options); }
    std::uint64_t
    wait_room(std::uint64_t wanted, std::chrono::nanoseconds timeout, int wake_fd) override
    {
        return d_antenna.wait_room(wanted, timeout, wake_fd);
    }
    std::uint64_t write(const void* const* channels, std::uint64_t samples) override
    {
        return d_antenna.write(channels, samples);
    }
    void silence_until(std::uint64_t index) override { d_antenna.silence_until(index); }
    void end_feed() override { d_antenna.end_feed(); }
    status_type status() const override { return d_antenna.status(); }

private:
    ::zcring::antenna d_antenna;
    const ::zcring::antenna::feed_options d_options;
};

} // namespace zcring
} // namespace gr
