// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/device.h>
#include <zcring/observer.h>

#include <nlohmann/json_fwd.hpp>

#include <ostream>
#include <string>

namespace app {

//! The geometry, the settings and the counters of a device at one moment.
struct snapshot {
    std::string name;
    std::uint64_t receiver = 0; //!< its number
    bool is_of_server = false;
    std::string model;
    bool emulator = false;
    zcring::state state = zcring::state::stopped;
    zcring::format format = zcring::format::sc16;
    unsigned channels = 0;
    std::uint64_t ring_samples = 0;
    double interval = 0; //!< seconds
    zcring::tuning tuning;
    zcring::telemetry telemetry;
};

snapshot take_snapshot(const zcring::observer& device);
//! Of an emulator that has no stream.
snapshot take_snapshot(const zcring::device& emulator);

nlohmann::ordered_json to_json(const snapshot& s);
//! The counters, by the names they have in zcring::telemetry.
nlohmann::ordered_json to_json(const zcring::telemetry& t);

std::ostream& operator<<(std::ostream& out, const snapshot& s);

} // namespace app
