// SPDX-License-Identifier: GPL-3.0-or-later
//
// The commands of a hostile client: valid ones with some fields overwritten, and unknown ones. A
// command that changes the device must fail through a file that may not change it.
#include "client_thread.h"

#include <cstring>

namespace fuzz {

void client_thread::get()
{
    union {
        zcring_info info;
        zcring_region region;
        zcring_config config;
        zcring_tuning tuning;
        zcring_telemetry telemetry;
    } answer;
    std::memset(&answer, 0, sizeof(answer));
    constexpr unsigned long commands[] = { ZCRING_IOC_GET_INFO,
                                           ZCRING_IOC_GET_REGION,
                                           ZCRING_IOC_GET_CONFIG,
                                           ZCRING_IOC_GET_TUNING,
                                           ZCRING_IOC_GET_TELEMETRY };
    const unsigned long command = commands[d_random.below(5)];
    if (command == ZCRING_IOC_GET_REGION) {
        answer.region.region = d_random.below(5);
        answer.region.channel = d_random.one_in(2) ? 0 : d_random.below(9);
        answer.region.flags = d_random.one_in(4) ? ZCRING_REGION_PAGES : 0;
        if (d_random.one_in(3))
            d_random.mutate(&answer, sizeof(answer.region));
    }
    const zcring_region asked = answer.region;
    void* const to = pointer(&answer, sizeof(answer));
    const bool success = d_target.call(file(), command, to) == 0;
    if (success && command == ZCRING_IOC_GET_REGION && to == &answer &&
        !d_target.is_possible(asked, answer.region))
        d_shared.report_finding("GET_REGION accepted an invalid request or returned a wrong "
                                "offset: region %u, channel %u",
                                asked.region,
                                asked.channel);
    d_shared.count(op_get, success);
}

void client_thread::set_config()
{
    zcring_config config{};
    config.format = 1 + d_random.below(3);
    config.channels = d_random.one_in(2) ? 1 : 1 + d_random.below(ZCRING_CHANNELS_MAX);
    config.ring_bytes = page << d_random.below(7);
    config.interval_ns = 100000ULL << d_random.below(8);
    config.rate_num = 1000ULL << d_random.below(20);
    config.rate_den = 1 + d_random.below(4);
    config.seed = d_random.next();
    config.dma = d_random.one_in(6);
    if (d_random.one_in(3))
        d_random.mutate(&config, sizeof(config));
    change(op_config, ZCRING_IOC_SET_CONFIG, &config, sizeof(config));
}

void client_thread::set_scene()
{
    zcring_scene scene{};
    scene.kind = 1 + d_random.below(5);
    scene.freq_uhz = 100000000000000;
    if (scene.kind >= ZCRING_SCENE_MEMORY) {
        scene.format = 1 + d_random.below(3);
        scene.samples = 1 + d_random.below(20000);
        scene.rate_num = 1000ULL << d_random.below(20);
        scene.rate_den = 1;
        scene.flags = d_random.below(2) * ZCRING_SCENE_ONCE;
        if (d_random.one_in(3))
            scene.channels = d_random.below(ZCRING_CHANNELS_MAX + 1);
        if (d_random.one_in(3)) // what is written as segments is random, and mostly refused
            scene.segments = d_random.below(4);
    }
    if (scene.kind == ZCRING_SCENE_FEED) {
        scene.flags = 0;
        scene.segments = 0;
        scene.rate_num *= 1 + d_random.below(64);
        if (d_random.one_in(8)) // the driver chooses the buffer, or it is near a limit
            scene.samples = d_random.one_in(2) ? 0 : d_random.boundary_value();
    }
    if (d_random.one_in(3))
        d_random.mutate(&scene, sizeof(scene));
    change(op_scene, ZCRING_IOC_SET_SCENE, &scene, sizeof(scene));
}

void client_thread::start()
{
    zcring_start start{};
    if (d_random.one_in(4))
        start.flags = ZCRING_START_RESUME;
    else if (d_random.one_in(2))
        start.first_index = d_random.boundary_value();
    if (!start.flags && d_random.one_in(4))
        start.preroll_samples = d_random.below(4096);
    if (!start.flags && d_random.one_in(8))
        start.delay_ns = d_random.below(20000000);
    if (d_random.one_in(4))
        d_random.mutate(&start, sizeof(start));
    change(op_start, ZCRING_IOC_START, &start, sizeof(start));
}

void client_thread::control()
{
    zcring_control control{};
    control.what = d_random.below(256);
    control.channels = d_random.one_in(2) ? 1 : d_random.below(512);
    control.freq_uhz = static_cast<std::int64_t>(d_random.below(1000000000000000));
    control.rate_num = 1000ULL << d_random.below(20);
    control.rate_den = 1 + d_random.below(9);
    control.time_ns = d_random.boundary_value();
    control.at_clock = d_random.one_in(2) ? d_random.below(1 << 20) : d_random.boundary_value();
    if (d_random.one_in(4))
        d_random.mutate(&control, sizeof(control));
    change(op_control, ZCRING_IOC_CONTROL, &control, sizeof(control));
}

// Unknown commands, and known ones with another size or direction.
void client_thread::unknown_ioctl()
{
    char bytes[512];
    d_random.fill(bytes, sizeof(bytes));
    unsigned long command = d_random.next() & 0xffffffff;
    if (!d_random.one_in(4))
        command =
            _IOC(d_random.below(4), ZCRING_IOC_MAGIC, d_random.below(16), d_random.below(200));
    const bool success = d_target.call(file(), command, pointer(bytes, sizeof(bytes))) == 0;
    d_shared.count(op_unknown_ioctl, success);
}

} // namespace fuzz
