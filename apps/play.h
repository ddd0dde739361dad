// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace app {

struct play_options {
    std::string file;      //!< FILE.sigmf-meta, raw samples, "-" for stdin, tone, noise or counter
    std::string arguments; //!< device.h: which antenna, and what the samples are
    bool live = false;     //!< a live feed, not a scene
    double buffer = 0;     //!< seconds that a live feed is ahead, at most; 0: the antenna chooses
    bool json = false;
};

//! `zcring play`. Returns the exit status; throws what zcring::antenna and open_samples() throw.
int run_play(const play_options& options);

} // namespace app
