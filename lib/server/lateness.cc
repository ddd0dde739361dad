// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long a delay of this process excuses receivers that are late (lateness.h).
#include "lateness.h"

#include <algorithm>

namespace zcring::server {

void lateness::take(std::uint64_t ns, std::uint64_t quarter_ns, bool has_slept)
{
    const std::uint64_t delay_ns = ns - d_taken_ns;
    d_taken_ns = ns;
    if (has_slept)
        d_until_ns = 0;
    else if (delay_ns > 2 * quarter_ns && ns >= d_until_ns && !d_is_late)
        d_until_ns = ns + std::min(delay_ns, late_max_ns) + catch_up_ns;
    else if (delay_ns > 2 * quarter_ns && delay_ns > long_delay_ns)
        d_until_ns += delay_ns;
}

} // namespace zcring::server
