// SPDX-License-Identifier: GPL-3.0-or-later
//
// A hostile client: a process whose threads make invalid calls on one device, as fast as they can,
// and report every call that the driver should have refused. The process uses no memory but its
// own and no locks, so that it may fork, be killed, and fault at any point.
#ifndef ZCRING_TESTS_FUZZ_HOSTILE_CLIENT_H
#define ZCRING_TESTS_FUZZ_HOSTILE_CLIENT_H

#include <string>

#include "shared.h"
#include "target.h"

namespace fuzz {

// What a hostile client is, from its start to its end.
struct role {
    std::string path;        // of the radio, as its target names it
    int open_flags;          // O_RDWR; or O_RDONLY, and then no call may change the device
    bool is_unprivileged;    // runs as nobody; cannot open the device, but may inherit an open file
    bool inherits_file;      // the process gets an open file before it drops its privileges
    bool inherits_antenna;   // this file is the antenna's, not the radio's
    bool has_other_consumer; // another process is consumer and feeder of the device, all the time
    unsigned threads;
    std::uint64_t operations; // of all threads together
    std::uint64_t seed;
};

// Makes the calls, and ends the process.
[[noreturn]] void run_hostile_client(shared_state& shared, const target& where, const role& role);

// A user without a right to anything.
constexpr unsigned nobody = 65534;

// Gives up all rights of root's, and becomes @user; false where that fails.
bool drop_privileges(unsigned user = nobody);

} // namespace fuzz

#endif
