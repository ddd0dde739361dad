// SPDX-License-Identifier: GPL-3.0-or-later
//
// A run of hostile clients, which come and go and are killed now and then, beside processes that check;
// and its report.
#ifndef ZCRING_TESTS_FUZZ_SESSION_H
#define ZCRING_TESTS_FUZZ_SESSION_H

#include <functional>
#include <vector>

#include "child_processes.h"
#include "hostile_client.h"
#include "shared.h"
#include "target.h"

namespace fuzz {

// The counters and findings of a run, in memory that all its processes share; null where there is none.
// This process becomes the parent of its orphans.
shared_state* make_shared_state();

class session final
{
public:
    session(shared_state& shared, const target& where, std::uint64_t seed)
        : d_shared(shared), d_target(where), d_random(seed), d_children(shared)
    {
    }

    // A process that ends by itself, soon.
    void spawn(const std::function<void()>& body) { d_children.spawn(body); }
    // A process that goes on until shared.stop is set.
    void spawn_until_stop(const std::function<void()>& body);
    // Waits until the well-behaved client has its device.
    void wait_until_ready();
    // Until @operations calls were made; @make_role chooses what the next client is.
    void run_hostile_clients(std::uint64_t operations,
                             const std::function<role(random_numbers&)>& make_role);
    // Tells all processes to stop, and waits for them.
    void end_all();

private:
    shared_state& d_shared;
    const target& d_target;
    random_numbers d_random;
    child_processes d_children;
    std::vector<pid_t> d_clients;
};

// Prints the calls of each kind and the findings.
void report(const shared_state& shared, const char* program, std::uint64_t seed, double seconds);

// A run in which no call succeeds proves nothing: a kind of call that @can_succeed and never did is a
// finding, in a run of 100000 calls at least; and so is a well-behaved client that has checked nothing.
void check_coverage(shared_state& shared, const std::function<bool(operation)>& can_succeed);

} // namespace fuzz

#endif
