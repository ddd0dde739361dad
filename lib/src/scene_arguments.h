// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "recorded_scene.h"

#include <zcring/arguments.h>

#include <cstdint>
#include <string>

namespace zcring {

//! ZCRING_SCENE_TONE, _NOISE or _COUNTER; 0 if \p name is that of a recording.
std::uint32_t built_in_scene_kind(const std::string& name);

//! Throws std::invalid_argument, which names the key and the remedy, unless \p a has scene= and only keys
//! of a scene: start=, stop=, loop=, freq= and, with a recording, rate=.
void check_scene_arguments(const arguments& a);

/*!
 * Opens the scene that \p a names; a.scene must be set. A built-in scene has no content and no file.
 * Where neither the scene nor \p a tells a frequency, the scene has \p default_freq, in Hz.
 * \p can_stay_in_file and errors: as open_recorded_scene().
 */
recorded_scene open_scene(const arguments& a, double default_freq, bool can_stay_in_file);

} // namespace zcring
