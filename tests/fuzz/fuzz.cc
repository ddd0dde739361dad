// SPDX-License-Identifier: GPL-3.0-or-later
//
// driver_fuzz: hostile user space, bounded and seeded. Hostile clients of several roles come and
// go, and are killed now and then; root unplugs devices; an observer checks the accounting and a
// well-behaved client checks its memory. The kernel's log and leaks of memory are for the caller to
// check (tools/test-hostile, tools/vm, tools/debug-kernel).
//
// Exit status: 0; 1 with a finding; 77 without a device, debugfs or root's rights.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "child_processes.h"
#include "device_changes.h"
#include "hostile_client.h"
#include "observer.h"
#include "support/deadline.h"
#include "text_files.h"
#include "well_behaved_client.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;

constexpr auto whole_run = std::chrono::seconds(std::chrono::hours(24));
constexpr unsigned clients_at_a_time = 3;

struct arguments {
    std::uint64_t seed = 1;
    std::uint64_t operations = 1000000;
    std::string path = "/dev/zcring0";
};

// One run: all processes, from the first to the last.
class session final
{
public:
    session(shared_state& shared, const arguments& asked, unsigned devices)
        : d_shared(shared), d_asked(asked), d_random(asked.seed), d_children(shared)
    {
        const std::string stem =
            asked.path.substr(0, asked.path.find_last_not_of("0123456789") + 1);
        for (unsigned i = 0; i < devices; i++)
            d_paths.push_back(devices > 1 ? stem + std::to_string(i) : asked.path);
    }

    void run()
    {
        std::vector<std::string> hostile_names;
        for (std::size_t i = 0; i < d_paths.size(); i++)
            if (!belongs_to_well_behaved_client(i))
                hostile_names.push_back(d_paths[i].substr(std::strlen("/dev/")));
        d_children.spawn([&] { observe(d_shared, d_paths); }, whole_run);
        if (d_paths.size() > 1) {
            d_children.spawn([&] { run_well_behaved_client(d_shared, d_paths[1]); }, whole_run);
            if (!zcring_test::eventually([this] { return d_shared.ready.load(); }, process_limit))
                d_shared.report_finding("the well-behaved client has not started");
        }
        d_children.spawn([&] { try_without_privileges(d_shared, hostile_names); });
        d_children.spawn([&] { change_devices_as_root(d_shared, hostile_names, d_asked.seed); },
                         whole_run);
        run_hostile_clients();
        end_all();
    }

private:
    bool belongs_to_well_behaved_client(std::size_t device) const
    {
        return d_paths.size() > 1 && device == 1;
    }

    // Starts hostile clients, and kills one now and then, until enough calls were made.
    void run_hostile_clients()
    {
        std::uint64_t reported = 0;
        while (d_shared.total() < d_asked.operations && !d_shared.findings &&
               d_children.check_deadlines()) {
            d_children.reap();
            for (auto& client : d_clients)
                if (!d_children.has(client))
                    client = spawn_hostile_client();
            std::this_thread::sleep_for(20ms);
            if (const auto total = d_shared.total(); total >= reported + 100000) {
                std::printf("driver_fuzz: %llu operations\n",
                            static_cast<unsigned long long>(total));
                reported = total;
            }
            if (d_random.one_in(50)) // in the middle of a call
                kill(-d_clients[d_random.below(d_clients.size())], SIGKILL);
        }
    }

    void end_all()
    {
        d_shared.stop = true;
        std::this_thread::sleep_for(100ms); // most clients end by themselves
        for (const pid_t client : d_clients)
            kill(-client, SIGKILL);
        d_children.wait_for_all();
        d_children.kill_all();
    }

    pid_t spawn_hostile_client()
    {
        role role;
        const std::size_t device = d_random.below(d_paths.size());
        role.path = d_paths[device];
        role.antenna = antenna_of(role.path);
        role.has_other_consumer = belongs_to_well_behaved_client(device);
        role.open_flags = d_random.one_in(6) ? O_RDONLY : O_RDWR;
        role.is_unprivileged = d_random.one_in(3);
        role.inherits_file = role.is_unprivileged || role.has_other_consumer || d_random.one_in(4);
        role.inherits_antenna = d_random.one_in(3);
        role.threads = 1 + d_random.below(4);
        role.operations = 500 + d_random.below(8000);
        role.seed = d_random.next();
        return d_children.spawn([&] { run_hostile_client(d_shared, role); });
    }

    shared_state& d_shared;
    const arguments& d_asked;
    random_numbers d_random;
    child_processes d_children;
    std::vector<std::string> d_paths;
    std::vector<pid_t> d_clients = std::vector<pid_t>(clients_at_a_time);
};

void report(const shared_state& shared, const arguments& asked, double seconds)
{
    for (unsigned i = 0; i < operations; i++)
        std::printf("%-9s %9llu, %9llu succeeded\n",
                    operation_names[i],
                    static_cast<unsigned long long>(shared.done[i].load()),
                    static_cast<unsigned long long>(shared.succeeded[i].load()));
    std::printf(
        "driver_fuzz: seed %llu, %llu operations in %.0f s, %llu observations, %llu checks of the "
        "well-behaved client\n",
        static_cast<unsigned long long>(asked.seed),
        static_cast<unsigned long long>(shared.total()),
        seconds,
        static_cast<unsigned long long>(shared.observed.load()),
        static_cast<unsigned long long>(shared.verified.load()));
    for (std::uint32_t i = 0; i < shared.findings && i < 32; i++)
        std::printf("driver_fuzz: finding: %s\n", shared.texts[i]);
}

// A run in which no call succeeds proves nothing: each kind of call must have succeeded once. A
// short run may miss a kind by chance, and so may a single device that is slow.
void check_coverage(shared_state& shared, unsigned devices)
{
    if (shared.findings || devices == 1)
        return;
    if (!shared.verified)
        shared.report_finding("the well-behaved client has checked no stream");
    for (unsigned i = 0; i < operations && shared.total() >= 100000; i++)
        if (!shared.succeeded[i] && i != op_unknown_ioctl && i != op_force_write)
            shared.report_finding("no call of the kind \"%s\" has succeeded", operation_names[i]);
}

int fuzz_all(const arguments& asked)
{
    if (access(asked.path.c_str(), F_OK) != 0 || geteuid() != 0 || access(debugfs, F_OK) != 0) {
        std::fprintf(
            stderr, "driver_fuzz: skipped: needs root, debugfs, and %s\n", asked.path.c_str());
        return 77;
    }
    void* const page = mmap(
        nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 1;
    auto& shared = *new (page) shared_state{};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const std::string number = read_text(std::string(parameters) + "devices");
    const auto devices = static_cast<unsigned>(std::strtoul(number.c_str(), nullptr, 10));
    const std::string memory = read_text(std::string(parameters) + "memory_bytes_max");
    write_text(std::string(parameters) + "memory_bytes_max", std::to_string(64 << 20));

    const auto started = std::chrono::steady_clock::now();
    session(shared, asked, devices).run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    check_coverage(shared, devices);
    write_text(std::string(parameters) + "memory_bytes_max", memory);
    report(shared, asked, took.count());
    return shared.findings ? 1 : 0;
}

} // namespace
} // namespace fuzz

int main(int argc, char** argv)
{
    fuzz::arguments asked;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        const char* const value = i + 1 < argc ? argv[i + 1] : "";
        if (name == "--seed" && *value)
            asked.seed = std::strtoull(value, nullptr, 0);
        else if (name == "--operations" && *value)
            asked.operations = std::strtoull(value, nullptr, 0);
        else if (name == "--device" && *value)
            asked.path = value;
        else {
            std::fprintf(stderr,
                         "usage: driver_fuzz [--seed N] [--operations N] [--device PATH]\n");
            return 64;
        }
    }
    return fuzz::fuzz_all(asked);
}
