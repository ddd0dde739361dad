// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the process of a server holds. All but the size of its memory is for root's eyes: other
// processes of its user may not look into it.
#ifndef ZCRING_TESTS_FUZZ_SERVER_PROCESS_H
#define ZCRING_TESTS_FUZZ_SERVER_PROCESS_H

#include <sys/types.h>
#include <string>

namespace fuzz {

struct holdings {
    unsigned descriptors = 0;
    unsigned sockets = 0;         // the one that listens, and one for each client
    unsigned shared_mappings = 0; // of memory that is shared with clients
    unsigned long shared_kib = 0; // in them, twice where the samples are mapped twice
    unsigned threads = 0;
    unsigned long memory_kib = 0; // of its own
    bool is_sanitized = false;    // keeps freed memory, and tells of leaks at its end

    std::string text() const;
};

holdings holdings_of(pid_t process);

} // namespace fuzz

#endif
