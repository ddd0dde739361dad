// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring info: prints the geometry, the settings and the counters of devices. A device that is
// named without settings is only observed, which disturbs no program that streams from it.
#include "info.h"

#include "snapshot.h"

#include <zcring/arguments.h>

#include <nlohmann/json.hpp>

#include <iostream>
#include <system_error>
#include <vector>

namespace app {

namespace {

bool sets_something(const zcring::arguments& a)
{
    return a.format || a.channels || a.rate || a.freq || a.gain || a.ring_bytes || a.interval_us ||
           a.scene || a.dma || a.pace || a.seed;
}

snapshot open_and_read(const zcring::arguments& a)
{
    if (!a.device.empty() && !sets_something(a))
        return take_snapshot(zcring::observer(a.device));
    const zcring::device device(a);
    if (device.is_emulator())
        return take_snapshot(device);
    return take_snapshot(zcring::observer(device.name()));
}

int list_devices(bool json)
{
    const std::vector<std::string> paths = zcring::observer::list();
    std::vector<snapshot> found;
    for (const std::string& path : paths) {
        try {
            found.push_back(take_snapshot(zcring::observer(path)));
        } catch (const std::system_error& e) {
            std::cerr << "zcring: " << e.what() << '\n';
        }
    }
    if (found.empty() && !paths.empty())
        return 2;
    if (paths.empty())
        found.push_back(take_snapshot(zcring::device("emulator")));
    if (json) {
        nlohmann::ordered_json all = { { "devices", nlohmann::ordered_json::array() } };
        for (const snapshot& s : found)
            all["devices"].push_back(to_json(s));
        std::cout << all.dump(2) << '\n';
        return 0;
    }
    if (paths.empty())
        std::cout << "There is no /dev/zcring*. The emulator with its defaults:\n\n";
    for (std::size_t i = 0; i < found.size(); i++)
        std::cout << (i ? "\n" : "") << found[i];
    return 0;
}

} // namespace

int run_info(const info_options& options)
{
    if (options.arguments.empty())
        return list_devices(options.json);
    const snapshot s = open_and_read(zcring::parse_arguments(options.arguments));
    if (options.json)
        std::cout << to_json(s).dump(2) << '\n';
    else
        std::cout << s;
    return 0;
}

} // namespace app
