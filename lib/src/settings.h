// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include "backend.h"

namespace zcring {

//! What a device was asked to be: scene, geometry and tuning, but not its mappings.
class settings final
{
public:
    explicit settings(const arguments& wanted) : d_wanted(wanted) {}

    //! Sets \p b up by the arguments, and keeps what came of it. Throws std::system_error,
    //! std::invalid_argument for a rate that is not the recording's, and what read_sigmf() throws.
    void apply(backend& b);

    //! Sets \p b up as the one before was, but tuned as \p tuned. A recording is read anew.
    void restore(backend& b, const zcring_tuning& tuned) const;

    //! Whether what is on the air, as far as we have put it there, can be had at a rate.
    bool allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const;

private:
    arguments d_wanted;
    zcring_config d_config{};
    zcring_scene d_scene{}; //!< of kind 0 where none was asked for
};

} // namespace zcring
