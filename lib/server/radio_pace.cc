// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver (radio.h) as the antenna sees it: scenes, what it keeps of a feed, and free pace.
#include "live_feed.h"
#include "radio.h"

#include <algorithm>
#include <limits>

namespace zcring::server {

namespace {

// In samples of the scene over all channels: a fraction of a millisecond to a millisecond.
constexpr std::uint64_t take_cost = 1u << 18;

} // namespace

bool radio::can_receive(const zcring_scene& scene)
{
    const turnstile_lock lock(d_lock);
    return zcring_scene_decimation(&scene, d_front->clock.rate_num, d_front->clock.rate_den);
}

// The first sample that is not taken hears the new scene, whose tick 0 may come a little later: of a
// feed, that much silence; every other scene begins with that sample.
void radio::change_scene(const std::shared_ptr<const scene_on_air>& scene, std::uint64_t ns)
{
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return;
    run_until(ns);
    const scene_clock clock =
        scene->has_rate() ? scene_clock{ ns, scene->scene.rate_num, scene->scene.rate_den }
                          : scene_clock{ ns, d_front->clock.rate_num, d_front->clock.rate_den };
    std::int64_t tick = 0;
    if (d_stream.state == ZCRING_STATE_RUNNING)
        tick = clock.tick_at(sample_ns(d_stream.telemetry.sample_clock) - 1);
    if (put_scene(scene, scene->feed ? tick : std::max<std::int64_t>(tick, 0))) {
        zcring_stream_fail(&d_stream, ZCRING_FAULT_CODE_NONE);
        put_scene(scene, 0);
    }
    if (d_stream.state == ZCRING_STATE_RUNNING && !d_antenna->is_free())
        begin_turns(ns); // a feed is taken more often
    wake();
}

std::int64_t radio::kept()
{
    const turnstile_lock lock(d_lock);
    if (!d_hearing || d_stream.state != ZCRING_STATE_RUNNING || d_is_waiting)
        return std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(zcring_ring_load_freed(&d_hearing->taken));
}

void radio::lose_until(std::uint64_t ns)
{
    const turnstile_lock lock(d_lock);
    zcring_front_skip(d_front.get(), ns);
    wake();
}

bool radio::is_late(std::uint64_t ns)
{
    const turnstile_lock lock(d_lock);
    return d_late_turns || had_no_turn(ns);
}

std::uint64_t radio::sample_ns(std::uint64_t sample_clock) const
{
    const zcring_clock& clock = d_front->clock;
    const unsigned __int128 n = static_cast<unsigned __int128>(sample_clock - clock.epoch_clock) *
                                (clock.rate_den * ZCRING_NS_PER_S);
    const auto ns = static_cast<std::uint64_t>((n + clock.rate_num - 1) / clock.rate_num);
    return clock.epoch_mono_ns + ns + (clock.epoch_mono_fraction != 0);
}

radio::outlook radio::look()
{
    const turnstile_lock lock(d_lock);
    outlook o;
    const std::uint64_t room = zcring_stream_room(&d_stream);
    const std::uint64_t next = d_stream.telemetry.sample_clock;
    if (d_stream.state != ZCRING_STATE_RUNNING) {
        wake(); // an invalid tail has ended it
        return o;
    }
    o.is_waiting = d_is_waiting;
    o.is_running = !d_is_waiting;
    o.is_member = is_member();
    o.quorum = std::max(d_attach.quorum, 1u);
    o.patience_ns = d_attach.patience_ns;
    if (d_scene->has_rate()) {
        o.sample = decimation();
        o.position = static_cast<std::int64_t>(zcring_antenna_tick(&d_front->antenna, next));
        o.limit = o.position + static_cast<std::int64_t>(room) * o.sample;
    } else {
        o.position = d_antenna->ns_of_scene(sample_ns(next));
        o.limit = d_antenna->ns_of_scene(sample_ns(next + room));
    }
    return o;
}

// The time of day of a sample that was not told follows from when it is taken.
void radio::begin(std::uint64_t ns)
{
    const turnstile_lock lock(d_lock);
    const scene_clock scene =
        d_antenna->clock_of_scene(d_front->clock.rate_num, d_front->clock.rate_den);
    const std::uint64_t sample_clock = d_stream.telemetry.sample_clock;
    const std::int64_t tick = first_tick(scene, ns + d_delay_ns);
    zcring_clock& clock = d_front->clock;
    const std::uint64_t from = scene.begin_of(tick);
    const std::uint64_t time =
        d_has_time ? clock.epoch_time_ns : clock.epoch_time_ns + (from - clock.epoch_mono_ns);
    zcring_clock_begin(&clock, sample_clock, from, time);
    d_front->antenna.first_tick = static_cast<std::uint64_t>(tick);
    zcring_antenna_join(&d_front->antenna, sample_clock, static_cast<std::uint64_t>(tick));
    d_is_waiting = false;
}

std::uint64_t radio::due_samples(std::int64_t clock, std::uint64_t ns) const
{
    const std::uint64_t next = d_stream.telemetry.sample_clock;
    if (!d_scene->has_rate()) {
        const std::uint64_t at = zcring_clock_at(&d_front->clock, ns);
        return at > next ? at - next : 0;
    }
    const auto tick = static_cast<std::int64_t>(zcring_antenna_tick(&d_front->antenna, next));
    return clock > tick ? static_cast<std::uint64_t>((clock - tick) / decimation()) : 0;
}

// The samples of one interval, as far as one call may go.
std::uint64_t radio::burst_samples() const
{
    const zcring_clock& clock = d_front->clock;
    const unsigned __int128 n =
        static_cast<unsigned __int128>(d_front->config.interval_ns) * clock.rate_num;
    const std::uint64_t most =
        take_cost / (static_cast<std::uint64_t>(decimation()) * d_stream.channels);
    const auto samples = static_cast<std::uint64_t>(
        std::min<unsigned __int128>(n / clock.rate_den / ZCRING_NS_PER_S, most));
    return std::max<std::uint64_t>(samples, 1);
}

// Takes the next samples that are alike, so that a member never needs more than one descriptor; 0 if
// there is no room.
std::uint64_t radio::take_some(std::uint64_t due)
{
    zcring_presence presence{};
    std::uint64_t n = zcring_front_until_command(d_front.get(), due);
    n = zcring_front_until_change(d_front.get(), n, &presence);
    if (presence == ZCRING_PRESENT && d_front->injected.drop_samples) {
        n = std::min<std::uint64_t>(n, d_front->injected.drop_samples);
    } else if (presence == ZCRING_PRESENT) {
        n = std::min(n, burst_samples());
        if (is_member())
            n = std::min<std::uint64_t>(n, zcring_stream_room(&d_stream));
    }
    if (n)
        zcring_front_take(d_front.get(), n);
    return n;
}

bool radio::take(const scene_on_air* scene, std::int64_t clock, std::uint64_t ns)
{
    const turnstile_lock lock(d_lock);
    if (d_scene.get() != scene)
        return false;
    const std::uint64_t until = zcring_effort_cost(&d_front->antenna.effort) + take_cost;
    bool has_taken = false;
    while (d_stream.state == ZCRING_STATE_RUNNING && !d_is_waiting) {
        zcring_front_apply_due(d_front.get());
        const std::uint64_t due = due_samples(clock, ns);
        if (!due || !take_some(due))
            break;
        has_taken = true;
        if (!zcring_effort_left(&d_front->antenna.effort, until))
            break;
    }
    if (d_stream.state != ZCRING_STATE_RUNNING)
        zcring_front_apply_executed(d_front.get());
    if (d_stream.state != ZCRING_STATE_RUNNING || !is_member() || has_many())
        wake();
    return has_taken;
}

// Nobody waits for a member by a clock. Woken for a few samples, its reader takes the processor from
// the thread that makes them.
bool radio::has_many() const
{
    const std::uint64_t readable = d_stream.head - zcring_ring_load_tail(d_stream.consumer);
    return readable >=
           std::min<std::uint64_t>(d_stream.ring_samples / 2,
                                   4 * take_cost / static_cast<std::uint64_t>(decimation()) /
                                       d_stream.channels);
}

void radio::wake_reader()
{
    const turnstile_lock lock(d_lock);
    wake();
}

bool radio::is_running_member()
{
    const turnstile_lock lock(d_lock);
    return d_stream.state == ZCRING_STATE_RUNNING && !d_is_waiting && is_member();
}

void radio::demote()
{
    const turnstile_lock lock(d_lock);
    d_is_demoted = true;
    d_stream.pending_flags |= ZCRING_BURST_DEMOTED;
    d_stream.telemetry.demotions++;
    zcring_stream_account(&d_stream);
}

void radio::fail(std::uint32_t code)
{
    const turnstile_lock lock(d_lock);
    if (d_is_waiting)
        return;
    zcring_stream_fail(&d_stream, code);
    wake();
}

} // namespace zcring::server
