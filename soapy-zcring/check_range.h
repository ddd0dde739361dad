// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sstream>
#include <stdexcept>

namespace soapy_zcring {

//! Throws std::invalid_argument for a setting that is out of range. The device checks what it is given
//! at once; this is for what is kept for later.
inline void check_range(const char* what, double value, double low, double high)
{
    if (value >= low && value <= high)
        return;
    std::ostringstream text;
    text << "zcring: " << what << "=" << value << ": the value must be a number from " << low
         << " to " << high;
    throw std::invalid_argument(text.str());
}

} // namespace soapy_zcring
