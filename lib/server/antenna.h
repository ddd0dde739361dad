// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lateness.h"
#include "receiver.h"
#include "scene_clock.h"
#include "set_up.h"
#include "turnstile.h"
#include "workers.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace zcring::server {

class feeder;
class radio;

/*!
 * \brief The antenna: the scene on the air, its clock, and all who receive it.
 *
 * With real pace, its clock is CLOCK_BOOTTIME. With free pace its clock is virtual: it moves as far
 * as the feeder and the members allow, in a thread of its own, which also makes the samples.
 *
 * Locks, in this order: the feeder's, the antenna's, a radio's, those of the workers.
 */
class antenna final : public std::enable_shared_from_this<antenna>
{
public:
    antenna(const arguments& a, unsigned workers);
    ~antenna();

    std::shared_ptr<radio> add(const zcring_attach& attach);
    std::shared_ptr<radio> find(std::uint64_t number);
    std::shared_ptr<feeder> add_feeder();
    void unplug_all();
    //! Ends the threads; for the air alone.
    void end();

    bool is_free() const noexcept { return d_is_free; }
    const set_up& defaults() const noexcept { return d_defaults; }
    turnstile& lock() noexcept { return d_lock; }

    //! Now on the antenna's clock, up to which a feed is then taken: a while ago, as long as receivers
    //! whose turns came late catch up. Without the lock.
    std::uint64_t now();
    //! Time of day at a time of that clock, for a receiver whose time was never set.
    std::uint64_t time_of_day(std::uint64_t ns) const noexcept { return ns + d_time_offset_ns; }
    //! Somebody may be able to go on with free pace.
    void kick();
    void end_turns(const turner& t) { d_workers.remove(t); }

    // With the lock.

    std::uint64_t now_locked();
    const std::shared_ptr<const scene_on_air>& scene() const noexcept { return d_scene; }
    //! The clock of the scene; its ticks have the rate of the receiver if the scene has none.
    scene_clock clock_of_scene(std::uint64_t num, std::uint64_t den) const;
    //! Ticks of a scene without a rate.
    std::int64_t ns_of_scene(std::uint64_t ns) const
    {
        return static_cast<std::int64_t>(ns - d_scene_ns);
    }
    //! A scene that nobody receives begins anew, \p delay_ns after \p now, for the stream that begins
    //! there.
    void prepare_start(std::uint64_t now, std::uint64_t delay_ns);
    void begin_turns(std::shared_ptr<turner> t, std::uint64_t due_ns);
    void wake_feeder();

    // Without the lock.

    void forget(std::uint64_t number);
    //! 0; EBUSY while a member hears a feed; ERANGE if no running stream can go on with it.
    int put_on_air(std::shared_ptr<const scene_on_air> next);
    //! The feeder is gone.
    void hang_up(const feeder& f);
    //! ZCRING_IOC_GET_FEED, also of a feed that is not on the air any more.
    int get_feed(const std::shared_ptr<live_feed>& feed, zcring_feed& out);
    int inject(const zcring_inject& injection);
    std::uint32_t state();

private:
    bool is_received() const;
    std::uint64_t take_feed(std::uint64_t ns);
    //! Whether the machine has slept since the last look.
    bool look_for_sleep();
    void exchange(std::shared_ptr<const scene_on_air> next, std::uint64_t ns);
    void make_feed_idle();
    std::vector<std::shared_ptr<radio>> radios();

    // Free pace (virtual_time.cc).
    struct view;
    void run();
    struct moment;
    bool go_on(moment& m);
    bool try_to_go_on(moment& m);
    void move_to(std::int64_t clock);
    void begin_waiting(view& v);
    bool end_lost_feed(const view& v);
    bool demote_full(const view& v, std::int64_t promise);

    const bool d_is_free;
    const set_up d_defaults;
    const std::uint64_t d_time_offset_ns;

    turnstile d_lock; // guards all up to the kick
    std::shared_ptr<const scene_on_air> d_scene;
    std::uint64_t d_scene_ns; //!< when its tick 0 was
    std::map<std::uint64_t, std::shared_ptr<radio>> d_radios;
    std::weak_ptr<feeder> d_feeder;
    bool d_has_feeder = false;
    std::int64_t d_clock = 0; //!< free pace: ticks of the scene, or ns of one without a rate
    std::atomic<std::uint64_t> d_virtual_ns;
    // Of a feed with real pace.
    time_asleep d_asleep; //!< when it was taken last
    lateness d_lateness;
    std::atomic<bool> d_has_feed{ false };

    std::mutex d_kick_mutex;
    std::condition_variable d_kick;
    bool d_is_kicked = false;
    bool d_quit = false;

    workers d_workers;
    std::thread d_virtual_time;
};

} // namespace zcring::server
