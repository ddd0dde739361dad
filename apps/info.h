// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace app {

struct info_options {
    std::string arguments; //!< device.h; empty: all devices, or the emulator if there are none
    bool json = false;
};

//! `zcring info`. Returns the exit status; throws what opening a device throws.
int run_info(const info_options& options);

} // namespace app
