// SPDX-License-Identifier: GPL-3.0-or-later
//
// An observer of driver_fuzz: it reads the telemetry of every device, as any program may, and
// reports counters that break the accounting.
#ifndef ZCRING_TESTS_FUZZ_OBSERVER_H
#define ZCRING_TESTS_FUZZ_OBSERVER_H

#include <string>
#include <vector>

#include "shared.h"
#include "target.h"

namespace fuzz {

// Ends the process once shared.stop is set.
[[noreturn]] void
observe(shared_state& shared, const target& where, const std::vector<std::string>& paths);

} // namespace fuzz

#endif
