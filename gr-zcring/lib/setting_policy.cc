/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Values that a setter cannot set: clipped with a warning, or left to the device to refuse.
//
// Only std::system_error is caught: what the device refuses, such as another rate than that of a
// recorded scene, depends on the device and its state. A channel that does not exist is a mistake
// of the program, and throws in both modes.
#include "setting_policy.h"

#include <zcring/limits.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <system_error>
#include <utility>

namespace gr {
namespace zcring {

namespace limits = ::zcring::limits;

const range rate_range{ limits::rate_min, limits::rate_max, 0 };
const range frequency_range{ -limits::frequency_max, limits::frequency_max, 1e-6 };
const range gain_range{ limits::gain_min, limits::gain_max, 0.01 };
const range bandwidth_range{ 0, limits::frequency_max, 1e-6 };

setting_policy::setting_policy(out_of_range mode, gr::logger_ptr logger)
    : d_mode(mode), d_logger(std::move(logger))
{
}

std::optional<double> setting_policy::allowed(const char* what, double value, const range& limits)
{
    if (!clips() || (value >= limits.min && value <= limits.max))
        return value;
    const std::string name(what);
    std::ostringstream text;
    text.precision(15);
    text << name << " is " << value << "; it must be from " << limits.min << " to " << limits.max;
    if (std::isnan(value)) {
        warn(name + " is no number", text.str() + ", and stays as it is");
        return std::nullopt;
    }
    const double nearest = std::clamp(value, limits.min, limits.max);
    text << ", and is set to " << nearest;
    warn(name + (value < nearest ? " is too low" : " is too high"), text.str());
    return nearest;
}

void setting_policy::apply(const std::function<void()>& set)
{
    if (!clips())
        return set();
    try {
        set();
    } catch (const std::system_error& e) {
        warn(e.what(), std::string("a setting stays as it is: ") + e.what());
    }
}

void setting_policy::warn(const std::string& cause, const std::string& text)
{
    if (d_reported.report(cause) != reported_reasons::verdict::silent)
        d_logger->warn("{:s}", text);
}

} // namespace zcring
} // namespace gr
