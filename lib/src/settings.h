// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include "backend.h"

namespace zcring {

//! The settings that a device was opened with: scene, geometry and tuning.
class settings final
{
public:
    explicit settings(const arguments& wanted) : d_wanted(wanted) {}

    //! Sets \p b up by the arguments, and keeps the result. Throws std::system_error,
    //! std::invalid_argument for a rate that is not the recording's, and as read_sigmf() throws.
    void apply(backend& b);

    //! Sets \p b up as the device before, but tuned as \p tuned. A recording is read again.
    void restore(backend& b, const zcring_tuning& tuned) const;

    //! Whether the scene that apply() has set, if any, can be played at this rate.
    bool allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const;

private:
    arguments d_wanted;
    zcring_config d_config{};
    zcring_scene d_scene{}; //!< of kind 0 if the arguments have none
};

} // namespace zcring
