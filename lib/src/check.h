// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

namespace zcring {

//! Throws std::invalid_argument, which names the key, the value and the values allowed.
void check(const arguments& a);

//! Throws std::invalid_argument if \p value is not a number from \p low to \p high.
void check_range(const char* what, double value, double low, double high);

} // namespace zcring
