// SPDX-License-Identifier: GPL-3.0-or-later
//
// driver_fuzz: hostile user space, bounded and seeded. Hostile clients of several roles come and
// go, and are killed now and then; root unplugs devices; an observer checks the accounting and a
// well-behaved client checks its memory. The kernel's log and leaks of memory are for the caller to
// check (tools/test-hostile, tools/vm, tools/debug-kernel).
//
// Exit status: 0; 1 with a finding; 77 without a device, debugfs or root's rights.
#include <fcntl.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "device_changes.h"
#include "driver_target.h"
#include "observer.h"
#include "session.h"
#include "text_files.h"
#include "well_behaved_client.h"

namespace fuzz {
namespace {

struct arguments {
    std::uint64_t seed = 1;
    std::uint64_t operations = 1000000;
    std::string path = "/dev/zcring0";
};

// The second device, where there is one, is the well-behaved client's.
constexpr std::size_t device_of_well_behaved_client = 1;

std::vector<std::string> device_paths(const arguments& asked, unsigned devices)
{
    if (devices <= 1)
        return { asked.path };
    const std::string stem = asked.path.substr(0, asked.path.find_last_not_of("0123456789") + 1);
    std::vector<std::string> paths;
    for (unsigned i = 0; i < devices; i++)
        paths.push_back(stem + std::to_string(i));
    return paths;
}

role make_role(random_numbers& random, const std::vector<std::string>& paths)
{
    role role;
    const std::size_t device = random.below(paths.size());
    role.path = paths[device];
    role.has_other_consumer = paths.size() > 1 && device == device_of_well_behaved_client;
    role.open_flags = random.one_in(6) ? O_RDONLY : O_RDWR;
    role.is_unprivileged = random.one_in(3);
    role.inherits_file = role.is_unprivileged || role.has_other_consumer || random.one_in(4);
    role.inherits_antenna = random.one_in(3);
    role.threads = 1 + random.below(4);
    role.operations = 500 + random.below(8000);
    role.seed = random.next();
    return role;
}

// All processes, from the first to the last.
void run(shared_state& shared, const arguments& asked, const std::vector<std::string>& paths)
{
    const driver_target driver;
    std::vector<std::string> hostile_names;
    for (std::size_t i = 0; i < paths.size(); i++)
        if (paths.size() == 1 || i != device_of_well_behaved_client)
            hostile_names.push_back(paths[i].substr(std::strlen("/dev/")));
    session all(shared, driver, asked.seed);
    all.spawn_until_stop([&] { observe(shared, driver, paths); });
    if (paths.size() > 1) {
        const std::string& own = paths[device_of_well_behaved_client];
        all.spawn_until_stop([&] { run_well_behaved_client(shared, driver, own); });
        all.wait_until_ready();
    }
    all.spawn([&] { try_without_privileges(shared, hostile_names); });
    all.spawn_until_stop([&] { change_devices_as_root(shared, hostile_names, asked.seed); });
    all.run_hostile_clients(asked.operations,
                            [&](random_numbers& random) { return make_role(random, paths); });
    all.end_all();
}

int fuzz_all(const arguments& asked)
{
    if (access(asked.path.c_str(), F_OK) != 0 || geteuid() != 0 || access(debugfs, F_OK) != 0) {
        std::fprintf(
            stderr, "driver_fuzz: skipped: needs root, debugfs, and %s\n", asked.path.c_str());
        return 77;
    }
    shared_state* const shared = make_shared_state();
    if (!shared)
        return 1;
    const std::string number = read_text(std::string(parameters) + "devices");
    const auto devices = static_cast<unsigned>(std::strtoul(number.c_str(), nullptr, 10));
    const std::string memory = read_text(std::string(parameters) + "memory_bytes_max");
    write_text(std::string(parameters) + "memory_bytes_max", std::to_string(64 << 20));

    const auto started = std::chrono::steady_clock::now();
    run(*shared, asked, device_paths(asked, devices));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    if (devices > 1) // a single device may be slow
        check_coverage(*shared, [](operation which) {
            return which != op_unknown_ioctl && which != op_force_write &&
                   which < server_operations;
        });
    write_text(std::string(parameters) + "memory_bytes_max", memory);
    report(*shared, "driver_fuzz", asked.seed, took.count());
    return shared->findings ? 1 : 0;
}

} // namespace
} // namespace fuzz

int main(int argc, char** argv)
{
    fuzz::arguments asked;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        const char* const value = i + 1 < argc ? argv[i + 1] : "";
        if (name == "--seed" && *value)
            asked.seed = std::strtoull(value, nullptr, 0);
        else if (name == "--operations" && *value)
            asked.operations = std::strtoull(value, nullptr, 0);
        else if (name == "--device" && *value)
            asked.path = value;
        else {
            std::fprintf(stderr,
                         "usage: driver_fuzz [--seed N] [--operations N] [--device PATH]\n");
            return 64;
        }
    }
    return fuzz::fuzz_all(asked);
}
