// SPDX-License-Identifier: GPL-3.0-or-later
//
// The formats of samples by their names in SoapySDR.
#include "formats.h"

#include <SoapySDR/Formats.hpp>

#include <stdexcept>

namespace soapy_zcring {

zcring::format format_of(const std::string& name)
{
    for (const auto f : { zcring::format::sc8, zcring::format::sc16, zcring::format::fc32 })
        if (name == name_of(f))
            return f;
    throw std::invalid_argument("zcring: the format " + name +
                                " is not available; ask for CF32, CS16 or CS8");
}

const char* name_of(zcring::format f)
{
    switch (f) {
    case zcring::format::sc8:
        return SOAPY_SDR_CS8;
    case zcring::format::sc16:
        return SOAPY_SDR_CS16;
    case zcring::format::fc32:
        break;
    }
    return SOAPY_SDR_CF32;
}

double full_scale_of(zcring::format f)
{
    return f == zcring::format::sc8 ? 128 : f == zcring::format::sc16 ? 32768 : 1;
}

} // namespace soapy_zcring
