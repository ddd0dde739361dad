// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "antenna_backend.h"
#include "unique_fd.h"

#include <vector>

namespace zcring {

//! The antenna's node of a kernel device.
class kernel_antenna final : public antenna_backend
{
public:
    //! The antenna of the receiver /dev/zcring \p number.
    explicit kernel_antenna(unsigned number);
    //! The antenna at \p path, or that of the receiver at \p path.
    explicit kernel_antenna(const std::string& path);

    const std::string& name() const noexcept override { return d_path; }
    void set_scene(const zcring_scene& scene, const scene_content& content) override;
    void begin_feed(const zcring_scene& scene) override;
    std::uint64_t wait_room(std::uint64_t wanted, int wake_fd, std::int64_t timeout_ns) override;
    std::uint64_t write(const void* const* channels, std::uint64_t samples) override;
    void announce(std::uint64_t index) override;
    void end_feed() override;
    zcring_feed get_feed() const override;

private:
    void load(const void* from, std::size_t bytes);
    std::uint64_t write_frames(const void* frames, std::uint64_t samples);
    std::uint64_t write_in_turn(const void* const* channels, std::uint64_t samples);

    std::string d_path;
    unique_fd d_fd;
    std::uint64_t d_buffer_samples = 0; //!< of the feed
    std::size_t d_sample_bytes = 0;
    std::size_t d_channels = 0;
    std::vector<std::byte> d_frames; //!< samples of several channels in turn
};

} // namespace zcring
