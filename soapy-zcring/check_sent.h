// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sstream>
#include <stdexcept>

namespace soapy_zcring {

//! Throws std::invalid_argument for a setting of what is sent that is out of range. What is received is
//! checked by the device.
inline void check_sent(const char* what, double value, double low, double high)
{
    if (value >= low && value <= high)
        return;
    std::ostringstream text;
    text << "zcring: " << what << "=" << value << ": the value must be a number from " << low
         << " to " << high;
    throw std::invalid_argument(text.str());
}

} // namespace soapy_zcring
