// SPDX-License-Identifier: GPL-3.0-or-later
//
// The offset lies between the bounds of each reading, and thus between the closest ones of several.
#include "clock_offset.h"

#include <algorithm>

namespace soapy_zcring {

bool clock_offset::compare(std::int64_t before_ns,
                           std::int64_t receiver_ns,
                           std::int64_t after_ns,
                           std::int64_t step_ns)
{
    const std::int64_t low = receiver_ns - after_ns - step_ns;
    const std::int64_t high = receiver_ns - before_ns + step_ns;
    if (d_readings == readings_wanted) {
        if (low <= d_offset_ns && d_offset_ns <= high)
            return true;
        d_readings = 0;
    }
    const bool begins =
        !d_readings || low > d_high_ns || high < d_low_ns; // set once more meanwhile
    d_low_ns = begins ? low : std::max(d_low_ns, low);
    d_high_ns = begins ? high : std::min(d_high_ns, high);
    if (++d_readings < readings_wanted)
        return false;
    d_offset_ns = d_low_ns <= 0 && d_high_ns >= 0 ? 0 : d_low_ns + (d_high_ns - d_low_ns) / 2;
    return true;
}

} // namespace soapy_zcring
