// SPDX-License-Identifier: GPL-3.0-or-later
//
// Converts a rate to the fraction that the ABI wants, by continued fractions: it finds 1e6/3 from
// 333333.33…, and not a fraction with a huge denominator, so that the clock is exact.
#include "rational.h"

#include <cmath>

namespace zcring {

rational to_rational(double x) noexcept
{
    constexpr double den_max = 1e9;
    rational before = { 1, 0 };
    rational now = { static_cast<std::uint64_t>(x), 1 };
    double rest = x - std::floor(x);

    while (to_double(now) != x && rest > 0) {
        const double inverse = 1 / rest;
        const double digit = std::floor(inverse);
        if (digit * static_cast<double>(now.den) + static_cast<double>(before.den) > den_max)
            break;
        const auto n = static_cast<std::uint64_t>(digit);
        const rational next = { n * now.num + before.num, n * now.den + before.den };
        before = now;
        now = next;
        rest = inverse - digit;
    }
    return now;
}

} // namespace zcring
