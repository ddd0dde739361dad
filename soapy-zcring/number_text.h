// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <charconv>
#include <string>

namespace soapy_zcring {

//! The shortest text that is read as \p value again, with a point in every locale of the program.
inline std::string number_text(double value)
{
    char text[32];
    return { text, std::to_chars(text, text + sizeof(text), value).ptr };
}

} // namespace soapy_zcring
