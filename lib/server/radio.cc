// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver (radio.h): its memory, its settings and its stream. The checks and errors of its calls are
// those of the driver.
#include "radio.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace zcring::server {

namespace {

constexpr std::uint64_t burst_slots = 4096;

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

template <class T>
T& as(void* argument)
{
    return *static_cast<T*>(argument);
}

} // namespace

radio::radio(std::shared_ptr<antenna> a, std::uint64_t number, const zcring_attach&)
    : d_antenna(std::move(a)),
      d_number(number),
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
void radio::attach_ring(ring r, const zcring_config& config)
{
    d_ring = std::move(r);
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
}

int radio::call(std::uint32_t command, void* argument)
{
    switch (command) {
    case ZCRING_IOC_GET_INFO:
        return get_info(as<zcring_info>(argument));
    case ZCRING_IOC_GET_CONFIG: {
        const turnstile_lock lock(d_lock);
        as<zcring_config>(argument) = d_front->config;
        return is_gone() ? -ENODEV : 0;
    }
    case ZCRING_IOC_GET_TUNING:
        return get_tuning(as<zcring_tuning>(argument));
    case ZCRING_IOC_GET_TELEMETRY:
        return get_telemetry(as<zcring_telemetry>(argument));
    case ZCRING_IOC_GET_RANGES:
        return get_ranges(as<zcring_ranges>(argument));
    case ZCRING_IOC_SET_CONFIG:
        return set_config(as<const zcring_config>(argument));
    case ZCRING_IOC_START:
        return start(as<const zcring_start>(argument));
    case ZCRING_IOC_STOP:
        return stop();
    case ZCRING_IOC_CONTROL:
        return control(as<const zcring_control>(argument));
    case ZCRING_IOC_INJECT:
        return inject(as<const zcring_inject>(argument));
    }
    return -ENOTTY;
}

int radio::region(zcring_region& region, std::shared_ptr<const shared_memory>& memory)
{
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    if (!zcring_all_zero(region.reserved, 3) || region.flags & ~ZCRING_REGION_PAGES)
        return -EINVAL;
    if (region.region > ZCRING_DATA || region.channel >= d_stream.channels ||
        (region.channel && region.region != ZCRING_DATA))
        return -EINVAL;
    if (region.flags & ZCRING_REGION_PAGES)
        return -EOPNOTSUPP;
    switch (region.region) {
    case ZCRING_META:
        memory = d_meta;
        break;
    case ZCRING_CONSUMER:
        memory = d_consumer;
        break;
    case ZCRING_BURSTS:
        memory = d_ring.bursts;
        break;
    default:
        memory = d_ring.data[region.channel];
    }
    region.offset = 0;
    region.length = memory->bytes();
    region.map_length = memory->bytes();
    region.writable = region.region == ZCRING_CONSUMER;
    return 0;
}

int radio::get_info(zcring_info& info)
{
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    info = {};
    info.abi_version = ZCRING_ABI_VERSION;
    info.features = ZCRING_FEATURE_SIMULATED | ZCRING_FEATURE_TIMED;
    info.role = ZCRING_ROLE_RADIO;
    info.channels = d_stream.channels;
    info.format = d_front->config.format;
    info.sample_bytes = d_stream.sample_bytes;
    info.state = d_stream.state;
    info.burst_bytes = sizeof(zcring_burst);
    info.ring_samples = d_stream.ring_samples;
    info.burst_slots = d_stream.burst_slots;
    info.receiver = d_number;
    info.pace_clock = d_antenna->is_free() ? ZCRING_PACE_FREE : CLOCK_BOOTTIME;
    info.time_source = d_antenna->is_free() ? ZCRING_TIME_SAMPLES : ZCRING_TIME_HOST;
    info.numa_node = -1;
    std::strncpy(info.model, "zcring server", sizeof(info.model) - 1);
    return 0;
}

int radio::get_tuning(zcring_tuning& tuning)
{
    const std::uint64_t now = d_antenna->now();
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    zcring_front_get_tuning(d_front.get(), now, d_antenna->time_of_day(now), &tuning);
    return 0;
}

int radio::get_telemetry(zcring_telemetry& telemetry)
{
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    zcring_stream_account(&d_stream);
    wake(); // an invalid tail has ended the stream
    telemetry = d_stream.telemetry;
    return 0;
}

void radio::kick() {}

int radio::get_ranges(zcring_ranges& ranges)
{
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    zcring_ranges_default(&ranges);
    zcring_front_get_ranges(d_front.get(), &ranges);
    return 0;
}

// New memory is made without the lock.
int radio::set_config(const zcring_config& config)
try {
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
                    attach_ring(std::move(fresh), config);
                zcring_front_configure(d_front.get(), &config);
                return 0;
            }
        }
        fresh = make_ring(config);
        is_made = true;
    }
} catch (const std::system_error& e) {
    return -e.code().value();
} catch (const std::bad_alloc&) {
    return -ENOMEM;
}

int radio::put_scene(std::shared_ptr<const scene_on_air> scene, std::int64_t tick)
{
    auto file = scene->file ? std::make_unique<read_ahead>(scene->file) : nullptr;
    const zcring_scene_source source = file ? file->source() : zcring_scene_source{};
    const int error = zcring_front_join_scene(d_front.get(),
                                              &scene->scene,
                                              scene->content.data(),
                                              file ? &source : nullptr,
                                              static_cast<std::uint64_t>(tick),
                                              scene->tone_num,
                                              scene->tone_den);
    if (error)
        return error;
    d_scene = std::move(scene);
    d_file = std::move(file);
    return 0;
}

int radio::start(const zcring_start& options)
{
    int error = -EAGAIN;
    while (error == -EAGAIN) { // more preroll is left to zero; others get the locks meanwhile
        const turnstile_lock antenna_lock(d_antenna->lock());
        const turnstile_lock lock(d_lock);
        error = start_locked(options);
    }
    return error;
}

// The stream begins at a tick that is a whole number of its samples after tick 0: two receivers of one
// rate then take the same samples.
int radio::start_locked(const zcring_start& options)
{
    if (is_gone())
        return -ENODEV;
    if (d_stream.state == ZCRING_STATE_RUNNING)
        return -EBUSY;
    const std::uint64_t delay =
        std::min<std::uint64_t>(options.delay_ns, ZCRING_DELAY_NS_MAX); // else refused below
    const std::uint64_t now = d_antenna->now_locked();
    const scene_clock clock =
        d_antenna->clock_for_start(now + delay, d_front->clock.rate_num, d_front->clock.rate_den);
    const std::int64_t decimation = std::max(
        zcring_scene_decimation(&d_scene->scene, d_front->clock.rate_num, d_front->clock.rate_den),
        1u);
    const std::int64_t tick =
        (clock.first_from(now + delay) + decimation - 1) / decimation * decimation;
    const std::uint64_t from = clock.begin_of(tick) - delay;
    const int error = zcring_front_start_at(d_front.get(),
                                            &options,
                                            from,
                                            d_antenna->time_of_day(from),
                                            static_cast<std::uint64_t>(tick));
    if (error)
        return error;
    d_asleep = measure_sleep();
    if (!d_has_turns) {
        d_has_turns = true;
        d_antenna->begin_turns(shared_from_this(), next_turn(now));
    }
    return 0;
}

int radio::stop()
{
    const std::uint64_t now = d_antenna->now();
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    skip_sleep(now, measure_sleep());
    zcring_front_stop(d_front.get(), now);
    wake();
    return 0;
}

int radio::control(const zcring_control& control)
{
    const std::uint64_t now = d_antenna->now();
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    skip_sleep(now, measure_sleep());
    zcring_front_run(d_front.get(), now, now);
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
        return 0;
    }
    skip_sleep(now, measure_sleep());
    zcring_front_run(d_front.get(), now, now);
    const int error = zcring_front_inject(
        d_front.get(), static_cast<zcring_injection>(injection.kind), injection.amount, now);
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

void radio::close()
{
    {
        const turnstile_lock lock(d_lock);
        d_is_closed = true;
        zcring_stream_unplug(&d_stream);
        wake();
    }
    d_antenna->forget(d_number);
}

void radio::skip_sleep(std::uint64_t now_ns, const asleep& machine)
{
    if (machine.least > d_asleep.most)
        zcring_front_skip(d_front.get(), now_ns);
    d_asleep = machine;
}

std::uint64_t radio::turn(std::uint64_t now_ns, const asleep& machine)
{
    const turnstile_lock lock(d_lock);
    if (d_stream.state != ZCRING_STATE_RUNNING) {
        d_has_turns = false;
        return 0;
    }
    skip_sleep(now_ns, machine);
    const bool is_left = zcring_front_run(d_front.get(), now_ns, now_ns);
    wake();
    return is_left ? now_ns : next_turn(now_ns);
}

// At whole intervals of the clock: those of one interval are due together.
std::uint64_t radio::next_turn(std::uint64_t now_ns) const
{
    const std::uint64_t interval = on_grid(d_front->config.interval_ns);
    return (now_ns / interval + 1) * interval;
}

void radio::wake() const
{
    if (zcring_ring_load_waiting(d_stream.consumer) &&
        (d_stream.state != ZCRING_STATE_RUNNING || zcring_stream_readable(&d_stream)))
        d_pipe.wake();
}

} // namespace zcring::server
