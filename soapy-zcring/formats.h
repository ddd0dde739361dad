// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <string>

namespace soapy_zcring {

//! The format that SoapySDR names CF32, CS16 or CS8. Throws std::invalid_argument for any other one.
zcring::format format_of(const std::string& name);

//! SoapySDR's name of a format.
const char* name_of(zcring::format f);

//! The value that is full scale: 128, 32768 or 1.
double full_scale_of(zcring::format f);

} // namespace soapy_zcring
