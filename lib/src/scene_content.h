// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine.h"
#include "recording.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace zcring {

//! What a scene consists of besides its description; nothing for a built-in scene.
struct scene_content {
    std::vector<zcring_segment> segments;
    //! All of channel 0, then all of channel 1, and so on; floats within -1 to 1.
    std::vector<std::byte> samples;
    std::shared_ptr<const recording> file; //!< in place of samples, for an emulator
};

} // namespace zcring
