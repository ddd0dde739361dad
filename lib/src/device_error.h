// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace zcring {

//! Throws the std::system_error that says what failed on which device, and the remedy.
[[noreturn]] void fail_device(int error, const std::string& path, const char* what);

//! The same for what was to go wrong on demand; \p path is what it was asked of.
[[noreturn]] void fail_injection(int error, const std::string& path);

} // namespace zcring
