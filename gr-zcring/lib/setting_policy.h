/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "reported_reasons.h"

#include <gnuradio/logger.h>
#include <gnuradio/zcring/source.h>

#include <functional>
#include <optional>

namespace gr {
namespace zcring {

//! What a setter does with a value out of range: throw, or set the nearest allowed one.
enum class out_of_range { error, clip };

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

    //! \p value itself where it is in range, or with out_of_range::error, for the device to check;
    //! else the nearest allowed value, or none for a value that is not a number.
    std::optional<double> allowed(const char* what, double value, const range& limits);

    //! Calls \p set. With out_of_range::clip, logs what it throws as a std::system_error.
    void apply(const std::function<void()>& set);

    //! Logs a warning, unless one of the same cause has been logged.
    void warn(const std::string& cause, const std::string& text);

private:
    const out_of_range d_mode;
    const gr::logger_ptr d_logger;
    reported_reasons d_reported;
};

//! What can be set, at most; steps of 0 are finer than a double can say.
extern const range rate_range;
extern const range frequency_range;
extern const range gain_range;
extern const range bandwidth_range;

} // namespace zcring
} // namespace gr
