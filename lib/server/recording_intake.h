// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "memory.h"
#include "set_up.h"

#include <memory>

namespace zcring::server {

/*!
 * \brief A recording on its way from the feeder, through a ring of bytes.
 *
 * The bytes are what the driver takes by write(): segments, then all samples of channel 0, and so on.
 * The feeder's words are read once and bounded.
 */
class recording_intake final
{
public:
    //! For a checked scene that fits into memory. Throws as shared_memory does.
    explicit recording_intake(const zcring_scene& scene);

    //! Takes what is there, at most a ring. Throws std::bad_alloc.
    void take();
    bool is_complete() const noexcept { return d_scene->content.size() == d_bytes; }
    //! After all bytes: 0 and the scene, or -EINVAL for segments that contradict each other.
    int finish(std::shared_ptr<scene_on_air>& scene);

    void get(zcring_feed& feed) const;
    bool feeder_wants_wake() const;
    std::shared_ptr<const shared_memory> region(std::uint32_t which, std::uint32_t channel) const;

private:
    std::shared_ptr<scene_on_air> d_scene = std::make_shared<scene_on_air>();
    std::size_t d_bytes;
    std::size_t d_clipped = 0; //!< bytes that are clipped, or are segments
    std::shared_ptr<shared_memory> d_taken;
    std::shared_ptr<shared_memory> d_written;
    std::shared_ptr<shared_memory> d_ring;
};

} // namespace zcring::server
