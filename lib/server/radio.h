// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "antenna.h"
#include "read_ahead.h"
#include "receiver.h"
#include "turnstile.h"
#include "wake_pipe.h"
#include "workers.h"

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace zcring::server {

/*!
 * \brief A receiver: the engine of the driver with a stream and a front end of its own, in memory
 * that a client maps.
 *
 * The lock guards the engine, and is held for one step of it at a time. It comes after the antenna's.
 */
class radio final : public receiver, public std::enable_shared_from_this<radio>
{
public:
    //! With the antenna's lock, as all below that the antenna calls.
    radio(std::shared_ptr<antenna> a, std::uint64_t number, const zcring_attach& attach);

    int call(std::uint32_t command, void* argument) override;
    int region(zcring_region& region, std::shared_ptr<const shared_memory>& memory) override;
    int wake_fd() const override { return d_pipe.read_end(); }
    void close() override;
    std::uint64_t number() const override { return d_number; }
    void kick() override;

    // The antenna calls these with its lock.

    //! Without the lock.
    bool is_running() const;
    void unplug();
    //! Whether a running stream can go on with a scene.
    bool can_receive(const zcring_scene& scene);
    //! Another scene, whose tick 0 is at \p ns. A stream that cannot go on ends by a fault.
    void change_scene(const std::shared_ptr<const scene_on_air>& scene, std::uint64_t ns);

    //! The first tick of a feed that the stream needs; INT64_MAX without one.
    std::int64_t kept();
    //! Counts as lost what was not received before \p ns.
    void lose_until(std::uint64_t ns);
    //! Whether the stream had no turn, or not enough of them, to receive what a feed has before \p ns.
    bool is_late(std::uint64_t ns);

    // Free pace.

    //! How a stream stands to the antenna's clock; ticks of the scene, or ns of one without a rate.
    struct outlook {
        bool is_waiting = false; //!< started, and not begun
        bool is_running = false; //!< begun
        bool is_member = false;  //!< and not demoted
        unsigned quorum = 1;
        std::uint64_t patience_ns = 0;
        std::int64_t position = 0; //!< up to where it has taken samples
        std::int64_t sample = 1;   //!< ticks of one sample, at least
        std::int64_t limit = 0;    //!< the position when the ring is full
    };
    outlook look();
    //! A waiting stream begins at \p ns.
    void begin(std::uint64_t ns);
    //! Takes a part of what is due at \p ns, which is \p clock in ticks, of the scene that was on the
    //! air then; whether there was any.
    bool take(const scene_on_air* scene, std::int64_t clock, std::uint64_t ns);
    //! Wakes a reader whose samples are there; take() wakes a member's only for many of them.
    void wake_reader();
    void demote();
    bool is_running_member();
    void fail(std::uint32_t code);
    //! For how long it has been full while others could go on, as the antenna measures it.
    std::uint64_t full_since_ns = 0; //!< 0: it is not

private:
    bool is_gone() const;
    std::uint64_t page_bytes() const noexcept;

    int get_info(zcring_info& info);
    int get_tuning(zcring_tuning& tuning);
    int get_telemetry(zcring_telemetry& telemetry);
    int get_ranges(zcring_ranges& ranges);
    int set_config(const zcring_config& config);
    int start(const zcring_start& start);
    int start_locked(const zcring_start& start, std::uint64_t now);
    int stop();
    int control(const zcring_control& control);
    int inject(const zcring_inject& injection);
    int plug();

    struct ring {
        std::shared_ptr<shared_memory> bursts;
        std::array<std::shared_ptr<shared_memory>, ZCRING_CHANNELS_MAX> data;
        std::vector<u64> burst_ends;
    };
    static ring make_ring(const zcring_config& config);
    //! Returns the ring before, for the caller to free without the lock.
    ring attach_ring(ring r, const zcring_config& config);

    //! Puts the antenna's scene on the air of this receiver, at a tick.
    int put_scene(std::shared_ptr<const scene_on_air> scene, std::int64_t tick);
    void skip_sleep(std::uint64_t now_ns, const time_asleep& machine);
    void wake() const;

    // Real pace.
    class turns;
    std::uint64_t turn(const turns& which, std::uint64_t now_ns, const time_asleep& machine);
    std::uint64_t next_turn(std::uint64_t now_ns) const;
    void begin_turns(std::uint64_t now_ns);
    void end_turns();
    bool had_no_turn(std::uint64_t ns) const;

    //! Time of a sample on the antenna's clock, rounded up.
    std::uint64_t sample_ns(std::uint64_t sample_clock) const;
    std::uint64_t due_samples(std::int64_t clock, std::uint64_t ns) const;
    std::uint64_t take_some(std::uint64_t due);
    std::uint64_t burst_samples() const;
    bool has_many() const;
    bool is_member() const { return (d_attach.flags & ZCRING_ATTACH_MEMBER) && !d_is_demoted; }
    void anchor(const scene_clock& clock, std::uint64_t ns);
    std::int64_t decimation() const;
    std::int64_t first_tick(const scene_clock& clock, std::uint64_t ns) const;
    void run_until(std::uint64_t ns);

    //! What a receiver of a feed takes from.
    struct hearing {
        zcring_feed_taken taken{};
        zcring_feed_ring ring{};
    };

    const std::shared_ptr<antenna> d_antenna;
    const std::uint64_t d_number;
    const zcring_attach d_attach;
    const wake_pipe d_pipe;

    mutable turnstile d_lock; // guards all below
    std::shared_ptr<shared_memory> d_meta;
    std::shared_ptr<shared_memory> d_consumer;
    ring d_ring;
    std::shared_ptr<const scene_on_air> d_scene;
    std::unique_ptr<read_ahead> d_file;
    std::unique_ptr<hearing> d_hearing;
    zcring_stream d_stream{};
    std::unique_ptr<zcring_front> d_front;
    time_asleep d_asleep{};         //!< at the last call of the engine, while a stream runs
    std::shared_ptr<turns> d_turns; //!< of the present stream, or of one that has ended
    std::uint64_t d_turned_ns = 0;  //!< "now" of the last turn
    unsigned d_late_turns = 0;      //!< with which the stream may catch up after one that was late
    bool d_is_waiting = false;
    bool d_is_demoted = false;
    bool d_has_time = false; //!< the time of the first sample was told
    std::uint64_t d_delay_ns = 0;
    bool d_is_plugged = true;
    bool d_is_closed = false;
};

} // namespace zcring::server
