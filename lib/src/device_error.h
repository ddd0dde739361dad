// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace zcring {

//! Throws the std::system_error that says what failed on which device, and the remedy.
[[noreturn]] void throw_device_error(int error, const std::string& path, const char* what);

//! The same for what was to go wrong on demand; \p path is what it was asked of.
[[noreturn]] void throw_injection_error(int error, const std::string& path);

} // namespace zcring
