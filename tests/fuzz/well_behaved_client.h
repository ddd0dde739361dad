// SPDX-License-Identifier: GPL-3.0-or-later
//
// The well-behaved client: the consumer of a device of its own, which no hostile client may touch.
// Its samples, its ring and its memory must be what they would be without hostile clients.
#ifndef ZCRING_TESTS_FUZZ_WELL_BEHAVED_CLIENT_H
#define ZCRING_TESTS_FUZZ_WELL_BEHAVED_CLIENT_H

#include <string>

#include "shared.h"
#include "target.h"

namespace fuzz {

// Ends the process once shared.stop is set.
[[noreturn]] void
run_well_behaved_client(shared_state& shared, const target& where, const std::string& path);

} // namespace fuzz

#endif
