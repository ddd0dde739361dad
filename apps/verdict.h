// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "counter_check.h"

#include <zcring/types.h>

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace app {

//! What a run of `zcring verify` has observed, after the stream was stopped.
struct evidence {
    std::string device;
    zcring::format format = zcring::format::sc16;
    unsigned channels = 1;
    bool has_servers_scene = false; //!< the scene is the one that the server has, whatever it is
    bool loss_allowed = false;
    bool interrupted = false;
    std::string ended;          //!< why the stream ended early by itself; empty if it did not
    double seconds = 0;         //!< from the start of the stream to its stop
    std::uint64_t released = 0; //!< samples of each channel, released
    std::uint64_t left = 0;     //!< samples of each channel, in the ring after the stop
    //! Read after all of the above; none if the device is gone.
    std::optional<zcring::telemetry> telemetry;
};

//! A sum that must hold, in words and in numbers.
struct sum {
    std::string words;
    std::string numbers;
    bool holds = false;
};

//! The sums of the telemetry, and those of the telemetry with what the reader counted. Without
//! telemetry there are none.
std::vector<sum> check_sums(const evidence& e, const counter_check& samples);

enum class verdict {
    proven,    //!< no sample is lost, doubled or torn
    accounted, //!< samples are lost, which is allowed, and each is accounted for
    lost,      //!< the same, but losses are not allowed
    wrong,     //!< samples or sums are wrong, or the stream ended by itself
    nothing,   //!< no sample arrived
};

const char* to_string(verdict v) noexcept;
inline bool is_good(verdict v) { return v == verdict::proven || v == verdict::accounted; }

verdict find_verdict(const evidence& e, const counter_check& samples);

//! Prints the whole report; the verdict is the last line.
void print_report(std::ostream& out, const evidence& e, const counter_check& samples);
nlohmann::ordered_json report_json(const evidence& e, const counter_check& samples);

} // namespace app
