// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finds the sockets of servers. Which of them have a listener is read from the kernel's table of Unix
// sockets: to connect would start a server that a service manager starts on demand.
#include "server_names.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace zcring {

namespace {

constexpr const char* folder_of_system = "/run/zcring";
constexpr std::size_t longest_name = 64;

bool is_socket(const std::string& path) noexcept
{
    struct stat about {
    };
    return stat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode);
}

// Lines of the table: Num RefCount Protocol Flags Type St Inode Path. The flag is that of listeners.
std::set<std::string> paths_with_listener()
{
    constexpr unsigned long listens = 0x10000;
    std::set<std::string> paths;
    std::ifstream table("/proc/net/unix");
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string number, references, protocol, flags, type, state, inode, path;
        fields >> number >> references >> protocol >> flags >> type >> state >> inode >> std::ws;
        if (std::getline(fields, path) && std::strtoul(flags.c_str(), nullptr, 16) & listens)
            paths.insert(path);
    }
    return paths;
}

} // namespace

std::vector<std::string> server_folders()
{
    std::vector<std::string> folders;
    const char* const own = std::getenv("XDG_RUNTIME_DIR");
    if (own && *own == '/')
        folders.push_back(std::string(own) + "/zcring");
    folders.push_back(folder_of_system);
    return folders;
}

bool is_server_name(const std::string& device) noexcept
{
    return !device.empty() && device.find('/') == std::string::npos;
}

bool is_valid_server_name(const std::string& name) noexcept
{
    constexpr const char* allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !name.empty() && name.size() <= longest_name && name[0] != '.' && name != "emulator" &&
           name.find_first_not_of(allowed) == std::string::npos;
}

bool is_server(const std::string& device) noexcept
{
    struct stat about {
    };
    if (is_server_name(device) || device.empty())
        return !device.empty();
    if (stat(device.c_str(), &about) == 0)
        return S_ISSOCK(about.st_mode);
    return errno == ENOENT && device.compare(0, 5, "/dev/") != 0;
}

std::string server_path(const std::string& device)
{
    if (!is_server_name(device))
        return device;
    const std::vector<std::string> folders = server_folders();
    for (const std::string& folder : folders)
        if (is_socket(folder + '/' + device))
            return folder + '/' + device;
    return folders.front() + '/' + device;
}

std::vector<found_server> find_servers()
{
    const std::set<std::string> listening = paths_with_listener();
    std::vector<found_server> found;
    for (const std::string& folder : server_folders()) {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
            const std::string name = entry.path().filename();
            const bool is_hidden = // by a server of the same name in the folder before
                std::any_of(found.begin(), found.end(), [&](const found_server& other) {
                    return other.name == name;
                });
            if (!is_hidden && is_valid_server_name(name) && listening.count(entry.path()))
                found.push_back({ name, entry.path() });
        }
    }
    std::sort(found.begin(), found.end(), [](const found_server& a, const found_server& b) {
        return a.name < b.name;
    });
    return found;
}

} // namespace zcring
