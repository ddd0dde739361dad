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
const range noise_range{ limits::noise_min, limits::noise_max, 0.01 };

std::string number(double value)
{
    std::ostringstream text;
    text.precision(15);
    text << value;
    return text.str();
}

setting_policy::setting_policy(out_of_range mode, gr::logger_ptr logger)
    : d_mode(mode), d_logger(std::move(logger))
{
}

allowed_value
setting_policy::allowed(const std::string& name, double value, const range& limits) const
{
    allowed_value result{ name, value, value, limits };
    if (!clips() || (value >= limits.min && value <= limits.max))
        return result;
    if (std::isnan(value))
        result.nearest.reset();
    else
        result.nearest = std::clamp(value, limits.min, limits.max);
    return result;
}

void setting_policy::apply(const allowed_value& setting, const std::function<void(double)>& set)
{
    if (!setting.nearest)
        return warn_of_clipping(setting, "stays as it is");
    if (!clips())
        return set(*setting.nearest);
    try {
        set(*setting.nearest);
        warn_of_clipping(setting, "is set to " + number(*setting.nearest));
    } catch (const std::system_error& e) {
        warn(setting.name + ' ' + e.what(),
             setting.name + '=' + number(setting.value) +
                 " is refused, and the setting stays as it is: " + e.what());
    }
}

void setting_policy::warn_of_clipping(const allowed_value& setting, const std::string& outcome)
{
    if (!setting.is_clipped())
        return;
    std::string cause = " is no number";
    if (setting.nearest)
        cause = setting.value < *setting.nearest ? " is too low" : " is too high";
    warn(setting.name + cause,
         setting.name + " is " + number(setting.value) + "; it must be from " +
             number(setting.limits.min) + " to " + number(setting.limits.max) + ", and " + outcome);
}

void setting_policy::warn(const std::string& cause, const std::string& text)
{
    if (d_reported.report(cause) != reported_reasons::verdict::silent)
        d_logger->warn("{:s}", text);
}

} // namespace zcring
} // namespace gr
