// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace zcring {

//! Throws a std::system_error that names the device, the step that failed and the remedy.
[[noreturn]] void throw_device_error(int error, const std::string& path, const char* what);

//! The same for the node of an antenna, \p path.
[[noreturn]] void throw_antenna_error(int error, const std::string& path, const char* what);

//! The same for a server, \p name as device= takes it.
[[noreturn]] void throw_server_error(int error, const std::string& name, const char* what);

//! The same for a fault that could not be injected; \p path is the device or the file.
[[noreturn]] void throw_injection_error(int error, const std::string& path);

} // namespace zcring
