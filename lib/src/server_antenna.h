// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "antenna_backend.h"
#include "mapping.h"
#include "server_connection.h"

#include <memory>
#include <vector>

namespace zcring {

//! The antenna of a server. Samples go through memory that the server owns: a feed's ring, of which
//! this is the feeder (engine/feed.h), or a ring of the bytes of a recording.
class server_antenna final : public antenna_backend
{
public:
    //! \p name as device= takes it. The server has one feeder at a time (EBUSY).
    explicit server_antenna(const std::string& name);

    const std::string& name() const noexcept override { return d_server->name(); }
    void set_scene(const zcring_scene& scene, const scene_content& content) override;
    void begin_feed(const zcring_scene& scene) override;
    std::uint64_t wait_room(std::uint64_t wanted, int wake_fd, std::int64_t timeout_ns) override;
    std::uint64_t write(const void* const* channels, std::uint64_t samples) override;
    void announce(std::uint64_t index) override;
    void end_feed() override;
    zcring_feed get_feed() const override;

private:
    void call(std::uint32_t command, void* argument, const char* what) const;
    void map(unsigned channels, std::uint64_t sample_bytes);
    void load(const void* from, std::size_t bytes, std::uint64_t* index);
    bool sleep(int wake_fd, std::int64_t timeout_ns);
    void check_presence() const;

    const std::unique_ptr<server_connection> d_server;
    std::vector<mapping> d_mappings;
    zcring_feed_ring d_ring{}; //!< in d_mappings
};

} // namespace zcring
