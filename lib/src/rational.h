// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace zcring {

struct rational {
    std::uint64_t num;
    std::uint64_t den;
};

//! The simplest fraction that is \p x as a double, or else the nearest convergent with a
//! den of at most 1e9; \p x in 0.001 to 1e10. By continued fractions (Khinchin, 1964).
rational to_rational(double x) noexcept;

inline double to_double(rational r) noexcept
{
    return static_cast<double>(r.num) / static_cast<double>(r.den);
}

} // namespace zcring
