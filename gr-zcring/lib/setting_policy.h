/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "reported_reasons.h"

#include <gnuradio/logger.h>
#include <gnuradio/zcring/source.h>

#include <functional>
#include <optional>
#include <string>

namespace gr {
namespace zcring {

//! What a setter does with a value out of range: throw, or set the nearest allowed one.
enum class out_of_range { error, clip };

//! A value that a setter is asked for, and the one that can be set.
struct allowed_value {
    std::string name;              //!< of the setting
    double value;                  //!< asked for
    std::optional<double> nearest; //!< allowed value; none if \p value is not a number
    range limits;                  //!< of the setting

    //! Whether another value is set than the one asked for, or none.
    bool is_clipped() const { return !nearest || *nearest < value || *nearest > value; }
};

/*!
 * \brief Decides what becomes of a value that a setter cannot set.
 *
 * A flowgraph made by Companion calls setters from the slots of its widgets, where an exception
 * ends the program. With out_of_range::clip, a setter sets the nearest allowed value or leaves the
 * setting as it is, and logs one warning for each different cause.
 *
 * Threading: any.
 */
class setting_policy final
{
public:
    setting_policy(out_of_range mode, gr::logger_ptr logger);

    bool clips() const { return d_mode == out_of_range::clip; }

    //! What the setting \p name can be set to where \p value is asked for. With
    //! out_of_range::error that is \p value itself, for the device to check.
    allowed_value allowed(const std::string& name, double value, const range& limits) const;

    //! Calls \p set with the nearest allowed value, if there is one. With out_of_range::clip, logs
    //! what has happened to a value that was clipped, or refused by a std::system_error.
    void apply(const allowed_value& setting, const std::function<void(double)>& set);

    //! If the value is clipped, warns of it; \p outcome says what has happened to the setting.
    void warn_of_clipping(const allowed_value& setting, const std::string& outcome);

    //! Logs a warning, unless one of the same cause has been logged.
    void warn(const std::string& cause, const std::string& text);

private:
    const out_of_range d_mode;
    const gr::logger_ptr d_logger;
    reported_reasons d_reported;
};

//! A number as the log has it.
std::string number(double value);

//! What can be set, at most; steps of 0 are finer than a double can say.
extern const range rate_range;
extern const range frequency_range;
extern const range gain_range;
extern const range bandwidth_range;
extern const range noise_range;

} // namespace zcring
} // namespace gr
