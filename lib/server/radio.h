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
class radio final : public receiver, public turner, public std::enable_shared_from_this<radio>
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

    std::uint64_t turn(std::uint64_t now_ns, const asleep& machine) override;

    //! Without the lock.
    bool is_running() const;
    void unplug();

private:
    bool is_gone() const;
    std::uint64_t page_bytes() const noexcept;

    int get_info(zcring_info& info);
    int get_tuning(zcring_tuning& tuning);
    int get_telemetry(zcring_telemetry& telemetry);
    int get_ranges(zcring_ranges& ranges);
    int set_config(const zcring_config& config);
    int start(const zcring_start& start);
    int start_locked(const zcring_start& start);
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
    void attach_ring(ring r, const zcring_config& config);

    //! Puts the antenna's scene on the air of this receiver, at a tick.
    int put_scene(std::shared_ptr<const scene_on_air> scene, std::int64_t tick);
    void skip_sleep(std::uint64_t now_ns, const asleep& machine);
    void wake() const;
    std::uint64_t next_turn(std::uint64_t now_ns) const;

    const std::shared_ptr<antenna> d_antenna;
    const std::uint64_t d_number;
    const wake_pipe d_pipe;

    mutable turnstile d_lock; // guards all below
    std::shared_ptr<shared_memory> d_meta;
    std::shared_ptr<shared_memory> d_consumer;
    ring d_ring;
    std::shared_ptr<const scene_on_air> d_scene;
    std::unique_ptr<read_ahead> d_file;
    zcring_stream d_stream{};
    std::unique_ptr<zcring_front> d_front;
    asleep d_asleep{}; //!< at the last call of the engine, while a stream runs
    bool d_has_turns = false;
    bool d_is_plugged = true;
    bool d_is_closed = false;
};

} // namespace zcring::server
