// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver (radio.h): its calls, and those that only read. The checks and errors are those of the
// driver.
#include "radio.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <system_error>

namespace zcring::server {

namespace {

template <class T>
T& as(void* argument)
{
    return *static_cast<T*>(argument);
}

} // namespace

int radio::call(std::uint32_t command, void* argument)
try {
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
} catch (const std::system_error& e) {
    return -e.code().value();
} catch (const std::bad_alloc&) {
    return -ENOMEM;
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
    d_antenna->kick();
    return 0;
}

void radio::kick() { d_antenna->kick(); }

int radio::get_ranges(zcring_ranges& ranges)
{
    const turnstile_lock lock(d_lock);
    if (is_gone())
        return -ENODEV;
    zcring_ranges_default(&ranges);
    zcring_front_get_ranges(d_front.get(), &ranges);
    return 0;
}

} // namespace zcring::server
