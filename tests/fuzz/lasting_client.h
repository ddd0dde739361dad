// SPDX-License-Identifier: GPL-3.0-or-later
//
// A hostile client of a server that stays: it has connections that it does not read, and a member of a
// stream that it does not read either. The server must wait for none of them.
#ifndef ZCRING_TESTS_FUZZ_LASTING_CLIENT_H
#define ZCRING_TESTS_FUZZ_LASTING_CLIENT_H

#include "server_target.h"
#include "shared.h"

namespace fuzz {

// Ends the process once shared.stop is set.
[[noreturn]] void run_lasting_client(shared_state& shared, const server_target& server);

} // namespace fuzz

#endif
