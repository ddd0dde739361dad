// SPDX-License-Identifier: GPL-3.0-or-later
//
// The well-behaved client of driver_fuzz: the consumer of a device of its own, which no hostile
// client may touch. Its ring and its memory must keep their contents.
#ifndef ZCRING_TESTS_FUZZ_WELL_BEHAVED_CLIENT_H
#define ZCRING_TESTS_FUZZ_WELL_BEHAVED_CLIENT_H

#include <string>

#include "shared.h"

namespace fuzz {

// Ends the process once shared.stop is set.
[[noreturn]] void run_well_behaved_client(shared_state& shared, const std::string& path);

} // namespace fuzz

#endif
