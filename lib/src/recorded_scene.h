// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include "rational.h"
#include "scene_content.h"

#include <optional>

namespace zcring {

//! A recording at a rate from which the rate of the device follows by decimation.
struct recorded_scene {
    zcring_scene scene{};
    scene_content content; //!< whose samples are in memory or in the file
    std::shared_ptr<const recording> file;
};

/*!
 * Opens the recording that \p a names, for a device with \p rate, or with the rate of the recording.
 *
 * Where the recording's rate is 1 to 64 times \p rate, its samples stay as they are. Otherwise they
 * are resampled to the smallest multiple of \p rate, at most 64 times, that keeps all of the band. A
 * recording that is too long for memory stays in its file if \p can_stay_in_file.
 * \p default_freq, in Hz, is for a recording that tells no frequency.
 *
 * Throws std::invalid_argument for a recording that is too long, and as recording throws.
 */
recorded_scene open_recorded_scene(const arguments& a,
                                   std::optional<rational> rate,
                                   double default_freq,
                                   bool can_stay_in_file);

} // namespace zcring
