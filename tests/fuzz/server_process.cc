// SPDX-License-Identifier: GPL-3.0-or-later
#include "server_process.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace fuzz {
namespace {

// The number behind a word of /proc/PID/status; 0 without it.
unsigned long number_of(const std::string& folder, const std::string& word)
{
    std::ifstream status(folder + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.compare(0, word.size(), word) == 0)
            return std::stoul(line.substr(word.size()));
    return 0;
}

} // namespace

holdings holdings_of(pid_t process)
{
    const std::string folder = "/proc/" + std::to_string(process);
    holdings held;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder + "/fd", error)) {
        held.descriptors++;
        std::error_code closed; // meanwhile
        held.sockets +=
            std::filesystem::read_symlink(entry, closed).string().compare(0, 7, "socket:") == 0;
    }
    std::ifstream maps(folder + "/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long from = 0, until = 0;
        if (line.find("/memfd:") != std::string::npos &&
            std::sscanf(line.c_str(), "%lx-%lx", &from, &until) == 2) {
            held.shared_mappings++;
            held.shared_kib += (until - from) / 1024;
        }
        held.is_sanitized |= line.find("/libasan.") != std::string::npos ||
                             line.find("/libtsan.") != std::string::npos;
    }
    held.threads = static_cast<unsigned>(number_of(folder, "Threads:"));
    held.memory_kib = number_of(folder, "RssAnon:");
    return held;
}

std::string holdings::text() const
{
    return std::to_string(descriptors) + " descriptors, " + std::to_string(sockets) + " sockets, " +
           std::to_string(shared_mappings) + " shared mappings of " + std::to_string(shared_kib) +
           " KiB, " + std::to_string(threads) + " threads, " + std::to_string(memory_kib) +
           " KiB of memory";
}

} // namespace fuzz
