// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <iterator>
#include <string>

namespace soapy_zcring {

//! The scenes that are no recordings.
inline constexpr const char* built_in_scenes[] = { "tone", "noise", "counter" };

//! Whether \p scene, a value of the argument scene=, names a recording.
inline bool is_recording(const std::string& scene)
{
    return std::find(std::begin(built_in_scenes), std::end(built_in_scenes), scene) ==
           std::end(built_in_scenes);
}

} // namespace soapy_zcring
