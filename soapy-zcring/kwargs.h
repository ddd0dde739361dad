// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <SoapySDR/Types.hpp>
#include <zcring/arguments.h>

#include <string>

namespace soapy_zcring {

//! Whether \p key of device arguments is SoapySDR's, or of a program that passes it on: no argument of
//! the device.
bool is_foreign(const std::string& key);

//! Whether a key that takes no value, such as `emulator`, is given: `emulator`, `emulator=yes`.
bool has_flag(const SoapySDR::Kwargs& args, const std::string& key);

//! The arguments of the device; foreign keys are left out. Throws std::invalid_argument, which names
//! the key, the value and what is allowed.
zcring::arguments to_arguments(const SoapySDR::Kwargs& args);

} // namespace soapy_zcring
