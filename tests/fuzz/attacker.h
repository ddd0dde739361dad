// SPDX-License-Identifier: GPL-3.0-or-later
//
// A hostile process: threads that misuse one device as fast as they can, and report whatever
// the driver should have refused. It uses no memory but its own and no locks, so that it may
// fork, be killed, and fault at any point.
#ifndef ZCRING_TESTS_FUZZ_ATTACKER_H
#define ZCRING_TESTS_FUZZ_ATTACKER_H

#include <string>

#include "shared.h"

namespace fuzz {

// What an attacker is, for all of its life.
struct role {
    std::string path; // of the device that it attacks
    int open_flags;   // O_RDWR; or O_RDONLY, and then nothing may be changed
    bool is_nobody;   // has dropped all rights, but was given an open file
    bool is_given_file;
    bool is_foreign; // another process is the device's consumer, all the time
    unsigned threads;
    std::uint64_t operations;
    std::uint64_t seed;
};

// Attacks, and ends the process.
[[noreturn]] void attack(shared_state& shared, const role& role);

// Gives up all rights of root's; false where that fails.
bool become_nobody();

} // namespace fuzz

#endif
