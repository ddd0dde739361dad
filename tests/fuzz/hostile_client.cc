// SPDX-License-Identifier: GPL-3.0-or-later
//
// The process of a hostile client: it gives up its privileges where its role says so, starts its
// threads, and interrupts every call that blocks until all threads have made their calls.
#include "hostile_client.h"

#include <grp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "client_thread.h"

namespace fuzz {

bool drop_privileges(unsigned user)
{
    return setgroups(0, nullptr) == 0 && setresgid(user, user, user) == 0 &&
           setresuid(user, user, user) == 0;
}

void run_hostile_client(shared_state& shared, const target& where, const role& role)
{
    setpgid(0, 0);
    catch_signals();
    const rlimit no_core{ 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    static std::array<std::atomic<int>, 8> files;
    if (role.inherits_file)
        client_thread::d_inherited_file = role.inherits_antenna
                                              ? where.open_antenna(role.path, role.open_flags)
                                              : where.open_radio(role.path, role.open_flags);
    for (auto& file : files)
        file = client_thread::d_inherited_file;
    if (role.is_unprivileged && !drop_privileges())
        shared.report_finding(
            "setgroups(), setresgid() or setresuid() failed for the unprivileged client");

    std::atomic<unsigned> running{ role.threads };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < role.threads; i++)
        threads.emplace_back([&, i] {
            client_thread(shared, where, role, files, role.seed + i)
                .run(role.operations / role.threads);
            running--;
        });
    while (running) { // no call blocks for long
        usleep(10000);
        for (auto& thread : threads)
            pthread_kill(thread.native_handle(), SIGUSR1);
    }
    for (auto& thread : threads)
        thread.join();
    _exit(0);
}

} // namespace fuzz
