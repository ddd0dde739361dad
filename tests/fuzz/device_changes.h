// SPDX-License-Identifier: GPL-3.0-or-later
//
// The processes of driver_fuzz that change devices by sysfs and debugfs, or try to.
#ifndef ZCRING_TESTS_FUZZ_DEVICE_CHANGES_H
#define ZCRING_TESTS_FUZZ_DEVICE_CHANGES_H

#include <string>
#include <vector>

#include "shared.h"

namespace fuzz {

// Plugs, unplugs, injects faults and sets attributes at random until shared.stop is set.
[[noreturn]] void change_devices_as_root(shared_state& shared,
                                         const std::vector<std::string>& names,
                                         std::uint64_t seed);

// Tries every file of every device once, without privileges: each attempt must fail.
[[noreturn]] void try_without_privileges(shared_state& shared,
                                         const std::vector<std::string>& names);

} // namespace fuzz

#endif
