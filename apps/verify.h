// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace app {

struct verify_options {
    std::string arguments; //!< device.h, where the scene is the counter; or a recording
    std::optional<std::uint64_t> samples; //!< of each channel, to read
    std::optional<double> seconds;        //!< to read for; without both, 10
    std::chrono::milliseconds stall{ 0 }; //!< to sleep for at every burst
    bool allow_loss = false;              //!< a stall allows it too
    bool json = false;
};

//! `zcring verify`. Returns the exit status; throws what opening a device throws.
int run_verify(const verify_options& options);

} // namespace app
