// SPDX-License-Identifier: GPL-3.0-or-later
//
// CLOCK_BOOTTIME runs while the machine sleeps, CLOCK_MONOTONIC does not.
#include "clocks.h"

namespace zcring {

std::uint64_t clock_ns(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

time_asleep measure_time_asleep()
{
    const auto before = static_cast<std::int64_t>(clock_ns(CLOCK_MONOTONIC));
    const auto paced = static_cast<std::int64_t>(clock_ns(CLOCK_BOOTTIME));
    const auto after = static_cast<std::int64_t>(clock_ns(CLOCK_MONOTONIC));
    return { paced - after, paced - before };
}

} // namespace zcring
