// SPDX-License-Identifier: GPL-3.0-or-later
#include "session.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <chrono>
#include <cstdio>
#include <new>
#include <thread>

#include "support/deadline.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;

constexpr auto whole_run = std::chrono::seconds(std::chrono::hours(24));
constexpr unsigned clients_at_a_time = 3;
constexpr std::uint64_t operations_of_coverage = 100000;

} // namespace

shared_state* make_shared_state()
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    void* const page = mmap(
        nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? nullptr : new (page) shared_state{};
}

void session::spawn_until_stop(const std::function<void()>& body)
{
    d_children.spawn(body, whole_run);
}

void session::wait_until_ready()
{
    if (!zcring_test::eventually([this] { return d_shared.ready.load(); }, process_limit))
        d_shared.report_finding("the well-behaved client has not started");
}

void session::run_hostile_clients(std::uint64_t operations,
                                  const std::function<role(random_numbers&)>& make_role)
{
    std::uint64_t reported = 0;
    d_clients.resize(clients_at_a_time);
    while (d_shared.total() < operations && !d_shared.findings && d_children.check_deadlines()) {
        d_children.reap();
        for (auto& client : d_clients) {
            if (d_children.has(client))
                continue;
            const role next = make_role(d_random);
            client = d_children.spawn([&] { run_hostile_client(d_shared, d_target, next); });
        }
        std::this_thread::sleep_for(20ms);
        if (const auto total = d_shared.total(); total >= reported + 100000) {
            std::printf("%llu operations\n", static_cast<unsigned long long>(total));
            reported = total;
        }
        if (d_random.one_in(50)) // in the middle of a call
            kill(-d_clients[d_random.below(d_clients.size())], SIGKILL);
    }
}

void session::end_all()
{
    d_shared.stop = true;
    std::this_thread::sleep_for(100ms); // most clients end by themselves
    for (const pid_t client : d_clients)
        if (client > 0) // 0 would be this process's own group
            kill(-client, SIGKILL);
    d_children.wait_for_all();
    d_children.kill_all();
}

void report(const shared_state& shared, const char* program, std::uint64_t seed, double seconds)
{
    for (unsigned i = 0; i < operations; i++)
        if (shared.done[i])
            std::printf("%-9s %9llu, %9llu succeeded\n",
                        operation_names[i],
                        static_cast<unsigned long long>(shared.done[i].load()),
                        static_cast<unsigned long long>(shared.succeeded[i].load()));
    std::printf("%s: seed %llu, %llu operations in %.0f s, %llu observations, %llu checks of the "
                "well-behaved client\n",
                program,
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(shared.total()),
                seconds,
                static_cast<unsigned long long>(shared.observed.load()),
                static_cast<unsigned long long>(shared.verified.load()));
    for (std::uint32_t i = 0; i < shared.findings && i < 32; i++)
        std::printf("%s: finding: %s\n", program, shared.texts[i]);
}

void check_coverage(shared_state& shared, const std::function<bool(operation)>& can_succeed)
{
    if (shared.findings)
        return;
    if (!shared.verified)
        shared.report_finding("the well-behaved client has checked no stream");
    for (unsigned i = 0; i < operations && shared.total() >= operations_of_coverage; i++)
        if (!shared.succeeded[i] && can_succeed(static_cast<operation>(i)))
            shared.report_finding("no call of the kind \"%s\" has succeeded", operation_names[i]);
}

} // namespace fuzz
