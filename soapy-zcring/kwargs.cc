// SPDX-License-Identifier: GPL-3.0-or-later
//
// Device arguments of SoapySDR are a map of strings; those of zcring are a string, which is parsed and
// checked by the library. What is neither the device's nor foreign is an error, so that a misspelt key
// is not overlooked.
#include "kwargs.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace soapy_zcring {

namespace {

bool is_no(const std::string& value) { return value == "no" || value == "false" || value == "0"; }

bool is_yes(const std::string& value)
{
    return value.empty() || value == "yes" || value == "true" || value == "1";
}

// Keys without a value, as zcring's table of arguments has them.
bool is_flag(const std::string& key)
{
    const auto& table = zcring::argument_table();
    return std::any_of(table.begin(), table.end(), [&](const zcring::argument_info& row) {
        return row.key == key && row.values.empty();
    });
}

} // namespace

bool is_foreign(const std::string& key)
{
    // soapy: gr-osmosdr; type, product, name: UHD; serial, label: results of find.
    static constexpr std::array known{ "driver", "label", "name", "product", "remote",
                                       "serial", "soapy", "type", "nchan" };
    return std::find(known.begin(), known.end(), key) != known.end() ||
           key.rfind("remote:", 0) == 0 || key.rfind("soapy", 0) == 0;
}

bool has_flag(const SoapySDR::Kwargs& args, const std::string& key)
{
    const auto found = args.find(key);
    if (found == args.end() || is_no(found->second))
        return false;
    if (!is_yes(found->second))
        throw std::invalid_argument("zcring: " + key + "=" + found->second +
                                    ": the value must be yes or no");
    return true;
}

zcring::arguments to_arguments(const SoapySDR::Kwargs& args)
{
    std::string text;
    for (const auto& [key, value] : args) {
        if (is_foreign(key))
            continue;
        if (!is_flag(key))
            text += key + "=" + value + ",";
        else if (has_flag(args, key))
            text += key + ",";
    }
    return zcring::parse_arguments(text);
}

} // namespace soapy_zcring
