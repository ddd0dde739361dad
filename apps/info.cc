// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring info: prints the geometry, the settings and the counters of devices, and of the receivers of
// a server. A device that is named without settings is only observed, which disturbs no program that
// streams from it.
#include "info.h"

#include "snapshot.h"

#include <zcring/arguments.h>

#include <nlohmann/json.hpp>

#include <iostream>
#include <system_error>
#include <vector>

namespace app {

namespace {

constexpr std::uint64_t receivers_max = 64; // of a server

bool sets_something(const zcring::arguments& a)
{
    return a.format || a.channels || a.rate || a.freq || a.gain || a.ring_bytes || a.interval_us ||
           a.noise || a.scene || a.start || a.stop || a.loop || a.dma || a.pace || a.seed ||
           a.member || a.quorum || a.patience;
}

snapshot open_and_read(const zcring::arguments& a)
{
    if (!a.device.empty() && !sets_something(a))
        return take_snapshot(zcring::observer(a.device));
    const zcring::device device(a);
    if (device.is_emulator())
        return take_snapshot(device);
    return take_snapshot(zcring::observer(device.name(), device.receiver()));
}

// A server gives each receiver the smallest number that is free.
std::vector<snapshot> receivers_of(const std::string& server)
{
    std::vector<snapshot> found;
    for (std::uint64_t number = 0; number < receivers_max; number++) {
        try {
            found.push_back(take_snapshot(zcring::observer(server, number)));
        } catch (const std::system_error& e) {
            if (e.code() != std::errc::no_such_device_or_address &&
                e.code() != std::errc::no_such_device) // it left meanwhile
                throw;
        }
    }
    return found;
}

// The name alone: a connection would start a server that a service manager starts on demand.
void print_servers(const std::vector<std::string>& servers)
{
    for (const std::string& name : servers)
        std::cout << "\nserver " << name
                  << ": its receivers are shown by zcring info device=" << name << '\n';
}

nlohmann::ordered_json to_json(const std::vector<snapshot>& snapshots)
{
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const snapshot& s : snapshots)
        all.push_back(app::to_json(s));
    return all;
}

void print(const std::vector<snapshot>& snapshots)
{
    for (std::size_t i = 0; i < snapshots.size(); i++)
        std::cout << (i ? "\n" : "") << snapshots[i];
}

int list_receivers(const std::string& server, bool json)
{
    const std::vector<snapshot> found = receivers_of(server);
    if (json)
        std::cout << nlohmann::ordered_json{
            { "server", server }, { "receivers", to_json(found) }
        }.dump(2) << '\n';
    else if (found.empty())
        std::cout << server << ": no program has a receiver of this server\n";
    else
        print(found);
    return 0;
}

int list_devices(bool json)
{
    const std::vector<std::string> paths = zcring::observer::list();
    const std::vector<std::string> servers = zcring::observer::list_servers();
    std::vector<snapshot> found;
    for (const std::string& path : paths) {
        try {
            found.push_back(take_snapshot(zcring::observer(path)));
        } catch (const std::system_error& e) {
            std::cerr << "zcring: " << e.what() << '\n';
        }
    }
    if (found.empty() && !paths.empty() && servers.empty())
        return 2;
    const bool has_emulator_alone = paths.empty() && servers.empty();
    if (has_emulator_alone)
        found.push_back(take_snapshot(zcring::device("emulator")));
    if (json) {
        const nlohmann::ordered_json all = { { "devices", to_json(found) },
                                             { "servers", servers } };
        std::cout << all.dump(2) << '\n';
        return 0;
    }
    if (has_emulator_alone)
        std::cout << "There is no /dev/zcring*. The emulator with its defaults:\n\n";
    else if (paths.empty())
        std::cout << "There is no /dev/zcring*.\n";
    print(found);
    print_servers(servers);
    return 0;
}

} // namespace

int run_info(const info_options& options)
{
    if (options.arguments.empty())
        return list_devices(options.json);
    const zcring::arguments a = zcring::parse_arguments(options.arguments);
    if (zcring::observer::is_server(a.device) && !sets_something(a))
        return list_receivers(a.device, options.json);
    const snapshot s = open_and_read(a);
    if (options.json)
        std::cout << to_json(s).dump(2) << '\n';
    else
        std::cout << s;
    return 0;
}

} // namespace app
