// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace zcring::server {

/*!
 * \brief Ticks of a scene, and the times on the antenna's clock at which they are on the air.
 *
 * Rational arithmetic: exact, however long a scene is on the air. Ticks before the scene are
 * negative.
 */
struct scene_clock {
    std::uint64_t begin_ns = 0; //!< time of tick 0
    std::uint64_t num = 1;      //!< ticks a second
    std::uint64_t den = 1;

    //! The tick at a time; all before it have passed.
    std::int64_t tick_at(std::uint64_t ns) const
    {
        const auto elapsed = static_cast<std::int64_t>(ns - begin_ns);
        return floor_divide(static_cast<__int128>(elapsed) * num, second_den());
    }

    //! When a tick begins, rounded up to a nanosecond: never before it does.
    std::uint64_t begin_of(std::int64_t tick) const
    {
        return begin_ns + static_cast<std::uint64_t>(
                              -floor_divide(-(static_cast<__int128>(tick) * second_den()), num));
    }

private:
    __int128 second_den() const { return static_cast<__int128>(den) * 1000000000; }

    static std::int64_t floor_divide(__int128 n, __int128 d)
    {
        const __int128 quotient = n / d;
        return static_cast<std::int64_t>(n % d < 0 ? quotient - 1 : quotient);
    }
};

} // namespace zcring::server
