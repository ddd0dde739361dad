// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tells SoapySDR of the devices that there are. A result of find has all arguments that were given:
// SoapySDR takes two devices with the same result for one.
#include "kwargs.h"
#include "radio.h"

#include <SoapySDR/Modules.hpp>
#include <SoapySDR/Registry.hpp>
#include <zcring/observer.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace soapy_zcring;
using SoapySDR::Kwargs;
using SoapySDR::KwargsList;

Kwargs device_result(const std::string& name)
{
    const bool is_server = zcring::observer::is_server(name);
    return { { "driver", "zcring" },
             { "device", name },
             { "serial", name },
             { "label", (is_server ? "zcring server " : "zcring ") + name } };
}

Kwargs emulator_result()
{
    return { { "driver", "zcring" },
             { "emulator", "yes" },
             { "serial", "emulator" },
             { "label", "zcring emulator" } };
}

// Whether a device of this name is there: listed, or the path of a server's socket.
bool is_there(const std::string& name)
{
    const auto lists = [&name](const std::vector<std::string>& all) {
        return std::find(all.begin(), all.end(), name) != all.end();
    };
    if (lists(zcring::observer::list()) || lists(zcring::observer::list_servers()))
        return true;
    std::error_code ignored;
    return name.find('/') != std::string::npos && std::filesystem::is_socket(name, ignored);
}

// In the order in which the library opens them: it opens no server that is not named.
KwargsList candidates(const Kwargs& wanted)
{
    // Other drivers have the key, too. Who names this one is told when the device is opened.
    if (const auto device = wanted.find("device"); device != wanted.end())
        return wanted.count("driver") || is_there(device->second)
                   ? KwargsList{ device_result(device->second) }
                   : KwargsList{};
    if (has_flag(wanted, "emulator") || wanted.count("pace"))
        return { emulator_result() };
    KwargsList list;
    for (const std::string& path : zcring::observer::list())
        list.push_back(device_result(path));
    list.push_back(emulator_result());
    for (const std::string& name : zcring::observer::list_servers())
        list.push_back(device_result(name));
    return list;
}

bool differs(const Kwargs& found, const Kwargs& wanted, const char* key)
{
    const auto asked = wanted.find(key);
    return asked != wanted.end() && asked->second != found.at(key);
}

KwargsList find_devices(const Kwargs& wanted)
{
    KwargsList results;
    for (Kwargs& found : candidates(wanted)) {
        if (differs(found, wanted, "serial") || differs(found, wanted, "label"))
            continue;
        found.insert(wanted.begin(), wanted.end());
        results.push_back(std::move(found));
    }
    return results;
}

SoapySDR::Device* make_device(const Kwargs& args) { return new radio(args); }

const SoapySDR::Registry registration("zcring", &find_devices, &make_device, SOAPY_SDR_ABI_VERSION);
const SoapySDR::ModuleVersion version(ZCRING_VERSION);

} // namespace
