// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver (radio.h): its memory, its settings and its stream.
#include "radio.h"

#include "live_feed.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <system_error>

namespace zcring::server {

namespace {

constexpr std::uint64_t burst_slots = 4096;
// For what the ring of a feed holds, filtered; the others wait for these turns.
constexpr unsigned late_turns_max = 64;

std::uint64_t system_page_bytes() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

std::shared_ptr<shared_memory>
make_memory(const char* name, std::size_t bytes, unsigned times, bool client_writes)
{
    return std::make_shared<shared_memory>(name, bytes, times, client_writes);
}

bool has_same_geometry(const zcring_config& a, const zcring_config& b)
{
    return a.format == b.format && a.channels == b.channels && a.ring_bytes == b.ring_bytes;
}

} // namespace

//! The turns of one stream, as long as the radio lives and has no others.
class radio::turns final : public turner
{
public:
    explicit turns(std::weak_ptr<radio> r) : d_radio(std::move(r)) {}
    std::uint64_t turn(std::uint64_t now_ns, const time_asleep& machine) override
    {
        const std::shared_ptr<radio> r = d_radio.lock();
        return r ? r->turn(*this, now_ns, machine) : 0;
    }

private:
    const std::weak_ptr<radio> d_radio;
};

radio::radio(std::shared_ptr<antenna> a, std::uint64_t number, const zcring_attach& attach)
    : d_antenna(std::move(a)),
      d_number(number),
      d_attach(attach),
      d_meta(make_memory("zcring-meta", system_page_bytes(), 1, false)),
      d_consumer(make_memory("zcring-consumer", system_page_bytes(), 1, true)),
      d_front(std::make_unique<zcring_front>())
{
    const set_up& defaults = d_antenna->defaults();
    d_stream.meta = reinterpret_cast<zcring_meta*>(d_meta->get());
    d_stream.consumer = reinterpret_cast<zcring_consumer*>(d_consumer->get());
    attach_ring(make_ring(defaults.config), defaults.config);
    zcring_front_init(d_front.get(), &d_stream, &defaults.config);
    put_scene(d_antenna->scene(), 0); // a stopped receiver takes every scene
    if (defaults.tuning)
        zcring_front_control(d_front.get(), &*defaults.tuning, 0);
}

bool radio::is_running() const { return zcring_load(&d_stream.state) == ZCRING_STATE_RUNNING; }
bool radio::is_gone() const { return d_is_closed || d_stream.state == ZCRING_STATE_GONE; }

radio::ring radio::make_ring(const zcring_config& config)
{
    ring r;
    r.bursts = make_memory("zcring-bursts", burst_slots * sizeof(zcring_burst), 1, false);
    for (unsigned c = 0; c < config.channels; c++)
        r.data[c] = make_memory("zcring-data", config.ring_bytes, 2, false);
    r.burst_ends.resize(burst_slots);
    return r;
}

// The memory of the ring before stays as long as somebody maps it.
radio::ring radio::attach_ring(ring r, const zcring_config& config)
{
    std::swap(d_ring, r);
    d_stream.bursts = reinterpret_cast<zcring_burst*>(d_ring.bursts->get());
    d_stream.burst_ends = d_ring.burst_ends.data();
    d_stream.burst_slots = burst_slots;
    d_stream.channels = config.channels;
    d_stream.sample_bytes = zcring_sample_bytes(config.format);
    d_stream.ring_samples = config.ring_bytes / d_stream.sample_bytes;
    for (unsigned c = 0; c < ZCRING_CHANNELS_MAX; c++)
        d_stream.data[c] =
            c < config.channels ? reinterpret_cast<u8*>(d_ring.data[c]->get()) : nullptr;
    zcring_stream_init(&d_stream);
    return r;
}

// Memory is made and freed without the lock: a gibibyte takes tenths of a second.
int radio::set_config(const zcring_config& config)
{
    ring fresh;
    bool is_made = false;
    if (const int error = zcring_config_check(&config, system_page_bytes()))
        return error;
    for (;;) {
        {
            const turnstile_lock lock(d_lock);
            if (is_gone())
                return -ENODEV;
            if (d_stream.state == ZCRING_STATE_RUNNING)
                return -EBUSY;
            const bool is_same = has_same_geometry(config, d_front->config);
            if (is_same || is_made) {
                if (!is_same)
                    fresh = attach_ring(std::move(fresh), config);
                zcring_front_configure(d_front.get(), &config);
                return 0;
            }
        }
        fresh = make_ring(config);
        is_made = true;
    }
}

int radio::put_scene(std::shared_ptr<const scene_on_air> scene, std::int64_t tick)
{
    const void* content = scene->content.data();
    std::unique_ptr<hearing> hears;
    if (scene->feed) {
        hears = std::make_unique<hearing>();
        hears->ring = scene->feed->ring(&hears->taken);
        content = &hears->ring;
    }
    auto file = scene->file ? std::make_unique<read_ahead>(scene->file) : nullptr;
    const zcring_scene_source source = file ? file->source() : zcring_scene_source{};
    const int error = zcring_front_join_scene(d_front.get(),
                                              &scene->scene,
                                              content,
                                              file ? &source : nullptr,
                                              static_cast<std::uint64_t>(tick),
                                              scene->tone_num,
                                              scene->tone_den);
    if (error)
        return error;
    d_scene = std::move(scene);
    d_file = std::move(file);
    d_hearing = std::move(hears);
    return 0;
}

int radio::start(const zcring_start& options)
{
    const turnstile_lock antenna_lock(d_antenna->lock());
    const std::uint64_t now = d_antenna->now_locked();
    d_antenna->prepare_start(now, std::min<std::uint64_t>(options.delay_ns, ZCRING_DELAY_NS_MAX));
    const turnstile_lock lock(d_lock);
    return start_locked(options, now);
}

std::int64_t radio::decimation() const
{
    return std::max(
        zcring_scene_decimation(&d_scene->scene, d_front->clock.rate_num, d_front->clock.rate_den),
        1u);
}

// With free pace, the stream waits until the antenna lets it begin. A scene that begins anew has its
// tick 0 at the same moment, now.
int radio::start_locked(const zcring_start& options, std::uint64_t now)
{
    if (is_gone())
        return -ENODEV;
    if (d_stream.state == ZCRING_STATE_RUNNING)
        return -EBUSY;
    const std::uint64_t delay =
        std::min<std::uint64_t>(options.delay_ns, ZCRING_DELAY_NS_MAX); // else refused below
    const scene_clock clock =
        d_antenna->clock_of_scene(d_front->clock.rate_num, d_front->clock.rate_den);
    const std::int64_t tick = first_tick(clock, now + delay);
    const std::uint64_t from = clock.begin_of(tick) - delay;
    const int error = zcring_front_start_at(d_front.get(),
                                            &options,
                                            from,
                                            d_antenna->time_of_day(from),
                                            static_cast<std::uint64_t>(tick));
    if (error)
        return error;
    d_asleep = measure_time_asleep();
    d_is_demoted = false;
    d_delay_ns = delay;
    d_has_time = options.time_ns;
    full_since_ns = 0;
    if (d_antenna->is_free()) {
        d_is_waiting = true;
        d_antenna->kick();
    } else {
        begin_turns(now);
    }
    return 0;
}

// A whole number of the receiver's samples after tick 0: two receivers of one rate then take the same
// samples. The first sample may have begun before; it is taken when it ends.
std::int64_t radio::first_tick(const scene_clock& clock, std::uint64_t ns) const
{
    const std::int64_t step = decimation();
    return (clock.tick_at(ns) + step - 1) / step * step;
}

int radio::stop()
{
    // With free pace the clock does not move afterwards, if no other member runs.
    std::unique_lock<turnstile> antenna_lock(d_antenna->lock(), std::defer_lock);
    if (d_antenna->is_free())
        antenna_lock.lock();
    const std::uint64_t now = d_antenna->is_free() ? d_antenna->now_locked() : d_antenna->now();
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    run_until(now);
    if (d_antenna->is_free())
        zcring_stream_stop(&d_stream);
    else
        zcring_front_stop(d_front.get(), now);
    d_is_waiting = false;
    wake();
    d_antenna->kick();
    return 0;
}

// What is due now, as far as one step goes: "now" is the time of the call, not of the last burst.
void radio::run_until(std::uint64_t ns)
{
    if (d_antenna->is_free())
        return;
    skip_sleep(ns, measure_time_asleep());
    zcring_front_run(d_front.get(), ns, ns);
}

int radio::control(const zcring_control& control)
{
    const std::uint64_t now = d_antenna->now();
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    run_until(now);
    const int error = zcring_front_control(d_front.get(), &control, now);
    wake();
    return error;
}

int radio::inject(const zcring_inject& injection)
{
    if (injection.reserved0 || injection.reserved[0] || injection.reserved[1])
        return -EINVAL;
    const bool is_of_engine =
        injection.kind != ZCRING_INJECT_UNPLUG && injection.kind != ZCRING_INJECT_PLUG;
    if (!is_of_engine && injection.amount)
        return -EINVAL;
    if (injection.kind == ZCRING_INJECT_PLUG)
        return plug();
    const std::uint64_t now = d_antenna->now();
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    if (!is_of_engine) {
        d_is_plugged = false;
        zcring_stream_unplug(&d_stream);
        wake();
        d_antenna->kick();
        return 0;
    }
    run_until(now);
    const int error = zcring_front_inject(
        d_front.get(), static_cast<zcring_injection>(injection.kind), injection.amount, now);
    if (d_antenna->is_free())
        d_front->injected.stalled_until_ns = 0; // there is no clock that could end the stall
    wake();
    return error;
}

// The receiver stays gone; its client makes a new one.
int radio::plug()
{
    const turnstile_lock lock(d_lock);
    if (d_is_closed)
        return -ENODEV;
    if (d_is_plugged)
        return -EEXIST;
    d_is_plugged = true;
    return 0;
}

void radio::unplug()
{
    const turnstile_lock lock(d_lock);
    d_is_plugged = false;
    zcring_stream_unplug(&d_stream);
    wake();
}

// An observer may keep the object: the memory of the ring is given back all the same. The engine
// touches only the metadata of a stream that is gone.
void radio::close()
{
    ring gone; // freed without the lock
    {
        const turnstile_lock lock(d_lock);
        d_is_closed = true;
        zcring_stream_unplug(&d_stream);
        end_turns();
        wake();
        gone.bursts = std::move(d_ring.bursts);
        gone.data = std::move(d_ring.data);
    }
    d_antenna->forget(d_number);
    d_antenna->kick();
}

void radio::skip_sleep(std::uint64_t now_ns, const time_asleep& machine)
{
    if (machine.least > d_asleep.most)
        zcring_front_skip(d_front.get(), now_ns);
    d_asleep = machine;
}

std::uint64_t radio::turn(const turns& which, std::uint64_t now_ns, const time_asleep& machine)
{
    const turnstile_lock lock(d_lock);
    if (&which != d_turns.get() || d_stream.state != ZCRING_STATE_RUNNING)
        return 0;
    skip_sleep(now_ns, machine);
    if (had_no_turn(now_ns))
        d_late_turns = late_turns_max;
    d_turned_ns = now_ns;
    const bool is_left = zcring_front_run(d_front.get(), now_ns, now_ns);
    d_late_turns = is_left && d_late_turns ? d_late_turns - 1 : 0;
    wake();
    return is_left ? now_ns : next_turn(now_ns);
}

// For twice as long as its turns of a feed are apart.
bool radio::had_no_turn(std::uint64_t ns) const
{
    return d_scene->feed && ns > d_turned_ns + 2 * d_scene->feed->quarter_ns();
}

// At whole intervals of the clock: those of one interval are due together. A feed is taken before the
// antenna's ring is full.
std::uint64_t radio::next_turn(std::uint64_t now_ns) const
{
    std::uint64_t interval = d_front->config.interval_ns;
    if (d_scene->feed)
        interval = std::min(interval, d_scene->feed->quarter_ns());
    interval = on_grid(interval);
    return (now_ns / interval + 1) * interval;
}

// In place of the turns of the stream before, or of the scene before: these may be due much later.
void radio::begin_turns(std::uint64_t now_ns)
{
    end_turns();
    d_turned_ns = now_ns;
    d_late_turns = 0;
    d_turns = std::make_shared<turns>(weak_from_this());
    d_antenna->begin_turns(d_turns, next_turn(now_ns));
}

void radio::end_turns()
{
    if (d_turns)
        d_antenna->end_turns(*d_turns);
    d_turns.reset();
}

void radio::wake() const
{
    if (zcring_ring_load_waiting(d_stream.consumer) &&
        (d_stream.state != ZCRING_STATE_RUNNING || zcring_stream_readable(&d_stream)))
        d_pipe.wake();
}

} // namespace zcring::server
