// SPDX-License-Identifier: GPL-3.0-or-later
//
// The names and sizes of the sample formats. The names are part of the argument string and of the
// output of the command, and do not change.
#include <zcring/types.h>

#include <stdexcept>

namespace zcring {

std::size_t sample_bytes(format f) noexcept
{
    switch (f) {
    case format::sc8:
        return 2;
    case format::sc16:
        return 4;
    case format::fc32:
        return 8;
    }
    return 0;
}

const char* to_string(format f) noexcept
{
    switch (f) {
    case format::sc8:
        return "sc8";
    case format::sc16:
        return "sc16";
    case format::fc32:
        return "fc32";
    }
    return "?";
}

format parse_format(std::string_view name)
{
    for (const format f : { format::sc8, format::sc16, format::fc32 })
        if (name == to_string(f))
            return f;
    throw std::invalid_argument("zcring: unknown sample type \"" + std::string(name) +
                                "\"; the type must be sc8, sc16 or fc32");
}

} // namespace zcring
