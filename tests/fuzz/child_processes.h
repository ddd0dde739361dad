// SPDX-License-Identifier: GPL-3.0-or-later
//
// The child processes of driver_fuzz, orphans of killed clients included.
#ifndef ZCRING_TESTS_FUZZ_CHILD_PROCESSES_H
#define ZCRING_TESTS_FUZZ_CHILD_PROCESSES_H

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <map>

#include "shared.h"

namespace fuzz {

// For a process to die, or to get on; emulation is slow.
constexpr std::chrono::seconds process_limit{ 120 };

class child_processes final
{
public:
    explicit child_processes(shared_state& shared) : d_shared(shared) {}

    // Forks, and runs @body in the child, which must end by itself within @lifetime.
    pid_t spawn(const std::function<void()>& body,
                std::chrono::seconds lifetime = process_limit * 5);
    // Waits for the children that have ended, without blocking.
    void reap();
    bool has(pid_t child) const { return d_deadlines.count(child) != 0; }
    // False, and a finding, where a child has outlived its lifetime.
    bool check_deadlines();
    // Waits until all children have ended that were told to stop, or were killed.
    void wait_for_all();
    // Kills all children and orphans, and waits until none is left.
    void kill_all();

private:
    shared_state& d_shared;
    std::map<pid_t, std::chrono::steady_clock::time_point> d_deadlines;
};

} // namespace fuzz

#endif
