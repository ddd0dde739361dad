// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include "backend.h"

#include <memory>

namespace zcring {

//! The settings that a device was opened with: scene, geometry and tuning.
class settings final
{
public:
    explicit settings(const arguments& wanted) : d_wanted(wanted) {}

    //! Sets \p b up by the arguments, and keeps the result. Throws std::system_error;
    //! std::invalid_argument for a recording that has fewer channels than are wanted; and as
    //! open_recorded_scene() throws.
    void apply(backend& b);

    //! Sets \p b up as the device before, but tuned as \p tuned. A recording is read again.
    void restore(backend& b, const zcring_tuning& tuned);

    //! The scene that apply() has set; of kind 0 if the arguments have none.
    const zcring_scene& scene() const noexcept { return d_scene; }
    //! Its segments; none if it is in one piece and at one frequency.
    const std::vector<zcring_segment>& segments() const noexcept { return d_segments; }
    //! Samples a second, at which the recording was made.
    std::optional<double> recorded_rate() const;

    //! Whether the scene that apply() has set, if any, can be played at this rate.
    bool allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const;

    //! As device::clamped_scene_samples().
    std::uint64_t clamped_samples() const noexcept;

private:
    arguments d_wanted;
    zcring_config d_config{};
    zcring_scene d_scene{}; //!< of kind 0 if the arguments have none
    std::vector<zcring_segment> d_segments;
    // That the scene was opened from; replaced while other threads may read it.
    std::shared_ptr<const recording> d_file;
};

} // namespace zcring
