// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <cstddef>

namespace zcring {

//! Converts samples from \p in to \p out, which do not overlap. Full scale stays full
//! scale; integers saturate.
using converter = void (*)(void* out, const void* in, std::size_t samples);

converter find_converter(format in, format out);

} // namespace zcring
