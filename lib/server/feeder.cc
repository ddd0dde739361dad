// SPDX-License-Identifier: GPL-3.0-or-later
//
// The feeder's calls (feeder.h). The checks and errors are those of the driver.
#include "feeder.h"

#include "live_feed.h"
#include "radio.h"
#include "recording_intake.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <system_error>

namespace zcring::server {

feeder::feeder(std::shared_ptr<antenna> a) : d_antenna(std::move(a)) {}
feeder::~feeder() = default;

int feeder::call(std::uint32_t command, void* argument)
try {
    const turnstile_lock lock(d_lock);
    switch (command) {
    case ZCRING_IOC_GET_INFO:
    case ZCRING_IOC_GET_FEED:
    case ZCRING_IOC_SET_SCENE:
    case ZCRING_IOC_INJECT:
        break;
    default:
        return -ENOTTY;
    }
    if (d_is_closed)
        return -ENODEV;
    switch (command) {
    case ZCRING_IOC_GET_INFO:
        return get_info(*static_cast<zcring_info*>(argument));
    case ZCRING_IOC_GET_FEED:
        return get_feed(*static_cast<zcring_feed*>(argument));
    case ZCRING_IOC_SET_SCENE:
        return set_scene(*static_cast<const zcring_scene*>(argument));
    }
    return d_antenna->inject(*static_cast<const zcring_inject*>(argument));
} catch (const std::system_error& e) {
    return -e.code().value();
} catch (const std::bad_alloc&) {
    return -ENOMEM;
}

int feeder::get_info(zcring_info& info)
{
    info = {};
    info.abi_version = ZCRING_ABI_VERSION;
    info.features = ZCRING_FEATURE_SIMULATED | ZCRING_FEATURE_TIMED;
    info.role = ZCRING_ROLE_ANTENNA;
    const zcring_config& config = d_antenna->defaults().config;
    info.channels = config.channels;
    info.format = config.format;
    info.sample_bytes = zcring_sample_bytes(config.format);
    info.state = d_antenna->state();
    info.burst_bytes = sizeof(zcring_burst);
    info.pace_clock = d_antenna->is_free() ? ZCRING_PACE_FREE : CLOCK_BOOTTIME;
    info.time_source = d_antenna->is_free() ? ZCRING_TIME_SAMPLES : ZCRING_TIME_HOST;
    info.numa_node = -1;
    std::strncpy(info.model, "zcring server", sizeof(info.model) - 1);
    return 0;
}

int feeder::set_scene(const zcring_scene& scene)
{
    if (const int error = zcring_scene_check(&scene))
        return error;
    if (scene.kind != ZCRING_SCENE_FEED && !zcring_scene_fits_memory(&scene))
        return -EINVAL;
    d_loading.reset();
    if (scene.kind == ZCRING_SCENE_MEMORY) {
        d_loading = std::make_unique<recording_intake>(scene);
        return 0;
    }
    const auto next = std::make_shared<scene_on_air>();
    next->scene = scene;
    next->tone_num = d_antenna->defaults().config.rate_num; // receivers have rates of their own
    next->tone_den = d_antenna->defaults().config.rate_den;
    if (scene.kind == ZCRING_SCENE_FEED) {
        next->feed = std::make_shared<live_feed>(scene);
        next->is_fed = true;
    }
    const int error = d_antenna->put_on_air(next);
    if (!error)
        d_feed = next->feed;
    return error;
}

int feeder::load(zcring_feed& feed)
{
    d_loading->take();
    d_loading->get(feed);
    feed.state = d_antenna->state();
    if (d_loading->feeder_wants_wake())
        d_pipe.wake();
    if (!d_loading->is_complete())
        return 0;
    std::shared_ptr<scene_on_air> scene;
    int error = d_loading->finish(scene);
    if (!error)
        error = d_antenna->put_on_air(scene);
    d_loading.reset();
    if (!error)
        d_feed.reset();
    return error;
}

int feeder::get_feed(zcring_feed& feed)
{
    if (d_loading)
        return load(feed);
    return d_antenna->get_feed(d_feed, feed);
}

int feeder::region(zcring_region& region, std::shared_ptr<const shared_memory>& memory)
{
    const turnstile_lock lock(d_lock);
    if (d_is_closed)
        return -ENODEV;
    if (!zcring_all_zero(region.reserved, 3) || region.flags & ~ZCRING_REGION_PAGES)
        return -EINVAL;
    if (region.channel && region.region != ZCRING_DATA)
        return -EINVAL;
    if (region.flags & ZCRING_REGION_PAGES)
        return -EOPNOTSUPP;
    if (d_loading)
        memory = d_loading->region(region.region, region.channel);
    else if (d_feed)
        memory = d_feed->region(region.region, region.channel);
    else
        memory.reset();
    if (!memory)
        return d_loading || d_feed ? -EINVAL : -ENODATA;
    region.offset = 0;
    region.length = memory->bytes();
    region.map_length = memory->bytes();
    region.writable = region.region != ZCRING_META;
    return 0;
}

void feeder::close()
{
    {
        const turnstile_lock lock(d_lock);
        d_is_closed = true;
        d_loading.reset();
    }
    d_antenna->hang_up(*this);
}

} // namespace zcring::server
