// SPDX-License-Identifier: GPL-3.0-or-later
//
// Root unplugs devices, injects faults and sets attributes while hostile clients use the devices;
// at the end every device must be there again. A process without privileges and without an
// inherited file must be refused by each of the same files.
#include "device_changes.h"

#include <cstring>

#include "hostile_client.h"
#include "text_files.h"

namespace fuzz {

void change_devices_as_root(shared_state& shared,
                            const std::vector<std::string>& names,
                            std::uint64_t seed)
{
    constexpr const char* kinds[] = { "/stall_ns", "/drop_samples", "/clock_jump_ns" };
    constexpr const char* attributes[] = { "frequency", "gain_mb",      "scene",
                                           "state",     "sample_clock", "format" };
    constexpr const char* values[] = { "100000000", "-1", "tone", "counter", "noise", "x", "" };
    random_numbers random(seed);
    while (!shared.stop) {
        const std::string& name = names[random.below(names.size())];
        const std::string number = name.substr(std::strlen("zcring"));
        if (random.one_in(100)) {
            shared.count(op_plug, write_text(std::string(debugfs) + "unplug", number));
            usleep(random.below(3000));
            shared.count(op_plug, write_text(std::string(debugfs) + "plug", number));
        } else if (random.one_in(2)) {
            const auto amount = static_cast<std::int64_t>(
                random.one_in(2) ? random.below(10000000) : random.boundary_value());
            shared.count(
                op_inject,
                write_text(debugfs + name + kinds[random.below(3)], std::to_string(amount)));
        } else {
            const std::string file =
                "/sys/class/zcring/" + name + "/" + attributes[random.below(6)];
            shared.count(op_sysfs,
                         random.one_in(2) ? write_text(file, values[random.below(7)])
                                          : !read_text(file).empty());
        }
        usleep(random.below(2000));
    }
    for (const auto& name : names) {
        write_text(std::string(debugfs) + "plug", name.substr(std::strlen("zcring")));
        if (access(("/dev/" + name).c_str(), F_OK) != 0)
            shared.report_finding("%s: no device node after plug", name.c_str());
    }
    _exit(0);
}

void try_without_privileges(shared_state& shared, const std::vector<std::string>& names)
{
    if (!drop_privileges())
        shared.report_finding("the unprivileged process could not drop its privileges");
    for (const auto& name : names) {
        for (const std::string& path : { "/dev/" + name, antenna_of(name) })
            for (const int flags : { O_RDONLY, O_WRONLY, O_RDWR, O_PATH | O_DIRECTORY })
                if (shared.count(op_open, open(path.c_str(), flags | O_CLOEXEC) >= 0))
                    shared.report_finding("an unprivileged process opened %s", path.c_str());
        for (const char* attribute : { "frequency", "gain_mb", "scene", "state" })
            if (shared.count(op_sysfs,
                             write_text("/sys/class/zcring/" + name + "/" + attribute, "noise")))
                shared.report_finding(
                    "an unprivileged process wrote %s of %s", attribute, name.c_str());
        for (const char* kind : { "/stall_ns", "/drop_samples", "/clock_jump_ns" })
            if (shared.count(op_inject, write_text(debugfs + name + kind, "1")))
                shared.report_finding(
                    "an unprivileged process injected %s into %s", kind + 1, name.c_str());
    }
    for (const char* file : { "plug", "unplug" })
        if (shared.count(op_plug, write_text(std::string(debugfs) + file, "0")))
            shared.report_finding("an unprivileged process could %s a device", file);
    if (write_text(std::string(parameters) + "memory_bytes_max", "1"))
        shared.report_finding("an unprivileged process changed memory_bytes_max");
    _exit(0);
}

} // namespace fuzz
