// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace app {

//! What an argument string may say, for --help.
extern const char* const arguments_help;

} // namespace app
