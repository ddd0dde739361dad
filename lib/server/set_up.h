// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine.h"
#include "scene_content.h"

#include <zcring/arguments.h>

#include <memory>
#include <optional>
#include <vector>

namespace zcring::server {

class live_feed;

//! What is on the air. Constant but for a feed, and shared by all who receive it.
struct scene_on_air {
    zcring_scene scene{};
    std::vector<std::byte> content;        //!< segments, and samples unless they are in a file
    std::shared_ptr<const recording> file; //!< in place of the samples
    std::shared_ptr<live_feed> feed;       //!< of a feed
    bool is_fed = false;                   //!< a feeder has set the feed, and was not lost
    std::uint64_t tone_num = 0;            //!< a tone is an eighth of this rate above the centre
    std::uint64_t tone_den = 1;

    //! Samples a second; the rate of a receiver for a built-in scene, which has none.
    bool has_rate() const noexcept
    {
        return scene.kind == ZCRING_SCENE_MEMORY || scene.kind == ZCRING_SCENE_FEED;
    }
};

//! The arguments of a server as structs of the ABI.
struct set_up {
    zcring_config config{};
    std::shared_ptr<const scene_on_air> scene;
    std::optional<zcring_control> tuning; //!< of a new receiver
};

//! Opens the recording, if the arguments name one. Throws as device does.
set_up read_arguments(const arguments& a);

} // namespace zcring::server
