// SPDX-License-Identifier: GPL-3.0-or-later
//
// The calls that the driver and a server have in common. The caller's structs are copied, as a command
// may write to its argument.
#include "command_backend.h"

namespace zcring {

zcring_info command_backend::info() const
{
    zcring_info info{};
    call(ZCRING_IOC_GET_INFO, &info, "cannot read the device's description");
    return info;
}

zcring_config command_backend::config() const
{
    zcring_config config{};
    call(ZCRING_IOC_GET_CONFIG, &config, "cannot read the configuration");
    return config;
}

void command_backend::start(const zcring_start& options)
{
    zcring_start copy = options;
    call(ZCRING_IOC_START, &copy, "cannot start");
}

void command_backend::stop() { call(ZCRING_IOC_STOP, nullptr, "cannot stop"); }

void command_backend::control(const zcring_control& control)
{
    zcring_control copy = control;
    call(ZCRING_IOC_CONTROL, &copy, "cannot tune");
}

zcring_tuning command_backend::tuning() const
{
    zcring_tuning tuning{};
    call(ZCRING_IOC_GET_TUNING, &tuning, "cannot read the tuning");
    return tuning;
}

zcring_ranges command_backend::ranges() const
{
    zcring_ranges ranges{};
    call(ZCRING_IOC_GET_RANGES, &ranges, "cannot read the ranges");
    return ranges;
}

zcring_telemetry command_backend::telemetry() const
{
    zcring_telemetry telemetry{};
    call(ZCRING_IOC_GET_TELEMETRY, &telemetry, "cannot read the telemetry");
    return telemetry;
}

} // namespace zcring
