// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scene_content.h"

#include <cstdint>
#include <string>

namespace zcring {

/*!
 * \brief The interface to what puts scenes and feeds on the air: a kernel device's node, or a server.
 *
 * Order of calls: those after begin_feed() need a feed that it has begun.
 * Threading: get_feed() by any thread, the other calls by one thread at a time.
 * Errors: std::system_error, which names the antenna and the remedy.
 */
class antenna_backend
{
public:
    antenna_backend() = default;
    virtual ~antenna_backend() = default;
    antenna_backend(const antenna_backend&) = delete;
    antenna_backend& operator=(const antenna_backend&) = delete;

    virtual const std::string& name() const noexcept = 0;

    //! A built-in scene, or one of kind ZCRING_SCENE_MEMORY with its content in memory.
    virtual void set_scene(const zcring_scene& scene, const scene_content& content) = 0;
    //! A scene of kind ZCRING_SCENE_FEED.
    virtual void begin_feed(const zcring_scene& scene) = 0;

    //! Sleeps until there is room for \p wanted samples, at most a quarter of the buffer; \p wake_fd
    //! is readable; a signal handler has run; or \p timeout_ns has passed (negative: without a
    //! limit). The room that is there, at least \p wanted; else 0.
    virtual std::uint64_t wait_room(std::uint64_t wanted, int wake_fd, std::int64_t timeout_ns) = 0;
    //! As antenna::write().
    virtual std::uint64_t write(const void* const* channels, std::uint64_t samples) = 0;
    //! As antenna::silence_until(), for an index that is in range.
    virtual void announce(std::uint64_t index) = 0;
    virtual void end_feed() = 0;
    virtual zcring_feed get_feed() const = 0;
};

} // namespace zcring
