// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace app {

struct serve_options {
    std::vector<std::string> words; //!< the name, if one is given, and items as in arguments
    std::string group;              //!< whose members may connect; empty: the user alone
    std::string rtl_tcp; //!< where clients of rtl_tcp are served: [ADDRESS:]PORT, or empty
    unsigned receivers = 64;
    unsigned user_connections = 128;
    double user_mib = 1024;
    double user_rate = 1e9; //!< samples a second
};

//! `zcring serve`. Returns the exit status; throws if the server cannot begin.
int run_serve(const serve_options& options);

} // namespace app
