// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "receiver.h"
#include "scene_clock.h"
#include "set_up.h"
#include "turnstile.h"
#include "workers.h"

#include <atomic>
#include <map>
#include <memory>

namespace zcring::server {

class radio;

/*!
 * \brief The antenna: the scene on the air, its clock, and all who receive it.
 *
 * Locks: the antenna's comes before that of a radio, and before those of the workers.
 */
class antenna final : public std::enable_shared_from_this<antenna>
{
public:
    antenna(const arguments& a, unsigned workers);
    ~antenna();

    std::shared_ptr<radio> add(const zcring_attach& attach);
    std::shared_ptr<radio> find(std::uint64_t number);
    void unplug_all();
    //! Ends the threads; for the air alone.
    void end();

    // For radios.

    bool is_free() const noexcept { return d_is_free; }
    const set_up& defaults() const noexcept { return d_defaults; }
    turnstile& lock() noexcept { return d_lock; }

    //! Now on the clock that paces the antenna, which a feed has been taken up to.
    std::uint64_t now();
    //! Time of day at a time of that clock, for a receiver whose time was never set.
    std::uint64_t time_of_day(std::uint64_t ns) const noexcept { return ns + d_time_offset_ns; }

    // With the lock.

    //! The same as now().
    std::uint64_t now_locked();
    const std::shared_ptr<const scene_on_air>& scene() const noexcept { return d_scene; }
    /*!
     * Where a stream begins that starts at \p ns: the scene's clock for ticks of a rate, that of
     * the scene or, if it has none, of the receiver. A scene that nobody receives begins anew.
     */
    scene_clock clock_for_start(std::uint64_t ns, std::uint64_t num, std::uint64_t den);
    void forget(std::uint64_t number);

    void begin_turns(std::shared_ptr<radio> r, std::uint64_t due_ns);

private:
    bool is_received() const;

    const bool d_is_free;
    const set_up d_defaults;
    const std::uint64_t d_time_offset_ns;

    turnstile d_lock; // guards all below
    std::shared_ptr<const scene_on_air> d_scene;
    std::uint64_t d_scene_ns; //!< when its tick 0 was
    std::map<std::uint64_t, std::shared_ptr<radio>> d_radios;

    workers d_workers;
};

} // namespace zcring::server
