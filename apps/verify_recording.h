// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace app {

struct verify_options;

//! Whether \p text is the path of a recording, and not an argument string, which may end in one:
//! FILE.sigmf-meta, but not scene=FILE.sigmf-meta.
bool is_recording(const std::string& text);

//! `zcring verify FILE.sigmf-meta`. Returns the exit status. Throws what check_recording() throws,
//! and std::invalid_argument if an option is given that only a stream has.
int run_verify_recording(const verify_options& options);

} // namespace app
