// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The clocks that pace an emulated device, in this process or in a server.
 */
#pragma once

#include <time.h>

#include <cstdint>

namespace zcring {

//! What a clock of the system shows, in ns.
std::uint64_t clock_ns(clockid_t clock);

//! How long the machine has slept since it booted, in ns, between two bounds: the clocks cannot be
//! read at once.
struct time_asleep {
    std::int64_t least;
    std::int64_t most;
};
time_asleep measure_time_asleep();

} // namespace zcring
