// SPDX-License-Identifier: GPL-3.0-or-later
//
// server_fuzz: the hostile clients of driver_fuzz against a server (zcring serve), which is another
// process. They speak to its socket, write into the memory that they share with it, and feed its
// antenna; an observer checks the accounting of its receivers, and a well-behaved client its samples.
// At the end the server has the descriptors, mappings and memory that it had after the first tenth of
// the calls. As root, the hostile clients are of two users; else of the server's (tools/test-hostile).
//
// Exit status: 0; 1 with a finding; 2 without the server.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lasting_client.h"
#include "observer.h"
#include "server_process.h"
#include "server_target.h"
#include "session.h"
#include "support/deadline.h"
#include "well_behaved_client.h"

namespace fuzz {
namespace {

constexpr unsigned observed_receivers = 4;
constexpr unsigned well_behaved_user = 65532; // has a quota of its own
constexpr unsigned lasting_user = 65531;
constexpr unsigned long memory_growth_kib = 4096; // of a heap that is in use in another way

struct arguments {
    std::uint64_t seed = 1;
    std::uint64_t operations = 1000000;
    std::uint64_t user_megabytes = 1024; // that the server gives one user
    std::string socket;
};

role make_role(random_numbers& random)
{
    const bool is_root = geteuid() == 0;
    role role{};
    role.path = std::to_string(random.below(observed_receivers));
    role.open_flags = random.one_in(6) ? O_RDONLY : O_RDWR;
    role.is_unprivileged = is_root && !random.one_in(3); // another user than the server
    role.inherits_file = random.one_in(4);
    role.inherits_antenna = role.open_flags == O_RDWR && random.one_in(8);
    role.threads = 1 + random.below(4);
    role.operations = 500 + random.below(8000);
    role.seed = random.next();
    return role;
}

// As root, the helpers are users of their own: no hostile client can use up what they may have.
void become(shared_state& shared, unsigned user)
{
    if (geteuid() == 0 && !drop_privileges(user))
        shared.report_finding("a client could not become the user %u", user);
}

void run_well_behaved(shared_state& shared, const server_target& server)
{
    become(shared, well_behaved_user);
    run_well_behaved_client(shared, server, "0");
}

// The clients are of four users, and share what these may have with the server, which maps the samples
// twice.
void watch_limits(shared_state& shared, pid_t process, std::uint64_t user_megabytes)
{
    while (!shared.stop) {
        const holdings held = holdings_of(process);
        shared.most_shared_kib = std::max<unsigned long>(shared.most_shared_kib, held.shared_kib);
        shared.most_memory_kib = std::max<unsigned long>(shared.most_memory_kib, held.memory_kib);
        usleep(20000);
    }
    const unsigned users = geteuid() == 0 ? 4 : 1;
    if (shared.most_shared_kib > users * 2 * user_megabytes * 1024)
        shared.report_finding("users had more of the server's memory than they may: %lu KiB",
                              shared.most_shared_kib.load());
}

// All processes, from the first to the last, until @operations calls were made in all.
void run(shared_state& shared,
         const server_target& server,
         pid_t process,
         const arguments& asked,
         std::uint64_t seed,
         std::uint64_t operations)
{
    std::vector<std::string> numbers;
    for (unsigned i = 0; i < observed_receivers; i++)
        numbers.push_back(std::to_string(i));
    shared.stop = false;
    shared.ready = false;
    session all(shared, server, seed);
    all.spawn_until_stop([&] { run_well_behaved(shared, server); });
    all.wait_until_ready();
    for (const unsigned user : { nobody, well_behaved_user }) // whose pages they see
        all.spawn_until_stop([&] {
            become(shared, user);
            observe(shared, server, numbers);
        });
    all.spawn_until_stop([&] {
        become(shared, lasting_user);
        run_lasting_client(shared, server);
    });
    all.spawn_until_stop([&] { watch_limits(shared, process, asked.user_megabytes); });
    all.run_hostile_clients(operations, make_role);
    all.end_all();
}

// Who comes after all others finds a server that works.
void check_recovery(shared_state& shared, const server_target& server)
{
    const std::uint64_t before = shared.verified;
    shared.stop = false;
    session last(shared, server, 0);
    last.spawn_until_stop([&] { run_well_behaved(shared, server); });
    if (!zcring_test::eventually([&] { return shared.verified > before || shared.findings; },
                                 process_limit))
        shared.report_finding("no client can receive samples when all others are gone");
    last.end_all();
}

// Takes the last feed off the air. One that is lost stays there until all members have received it.
bool clear_air(const server_target& server)
{
    return zcring_test::eventually(
        [&] {
            zcring_scene scene{};
            scene.kind = ZCRING_SCENE_COUNTER;
            const int antenna = server.open_antenna("", O_RDWR);
            const bool success =
                antenna >= 0 && server.call(antenna, ZCRING_IOC_SET_SCENE, &scene) == 0;
            close(antenna);
            return success;
        },
        process_limit,
        std::chrono::milliseconds(10));
}

// Waits until the server has given everything back: until no client has a mapping, and it has not more
// than @descriptors and closes none for a while.
holdings settle(shared_state& shared,
                const server_target& server,
                pid_t process,
                unsigned descriptors = UINT_MAX)
{
    constexpr unsigned looks = 50;
    holdings held;
    unsigned alike = 0;
    const bool is_clear = clear_air(server);
    const bool is_settled = zcring_test::eventually(
        [&] {
            const holdings now = holdings_of(process);
            alike = now.descriptors == held.descriptors ? alike + 1 : 0;
            held = now;
            return held.sockets <= 1 && held.shared_mappings == 0 &&
                   held.descriptors <= descriptors && alike >= looks;
        },
        process_limit,
        std::chrono::milliseconds(10));
    if (!(is_clear && is_settled) && !shared.findings)
        shared.report_finding("the server keeps what clients had: %s", held.text().c_str());
    return held;
}

// The server's user alone may connect, as long as the socket has the mode that the server gave it.
void check_mode(shared_state& shared, const server_target& server)
{
    session alone(shared, server, 0);
    alone.spawn([&] {
        if (!drop_privileges() || server.connect_only() >= 0 || errno != EACCES)
            shared.report_finding("a user who may not connect is not refused: %s",
                                  std::strerror(errno));
    });
    alone.end_all();
}

// Lets all users pass the folders of the socket.
void open_folders(const std::string& socket)
{
    std::string folder = socket;
    for (int i = 0; i < 2; i++) {
        folder = folder.substr(0, folder.rfind('/'));
        chmod(folder.c_str(), 0711);
    }
}

bool is_free_pace(const server_target& server)
{
    zcring_info info{};
    const int radio = server.open_radio("", O_RDWR);
    const bool is_free =
        server.call(radio, ZCRING_IOC_GET_INFO, &info) == 0 && info.pace_clock == ZCRING_PACE_FREE;
    close(radio);
    return is_free;
}

int fuzz_all(const arguments& asked)
{
    const server_target server(asked.socket, is_free_pace(server_target(asked.socket, false)));
    const pid_t process = server.process();
    shared_state* const shared = make_shared_state();
    if (process < 0 || !shared) {
        std::fprintf(stderr, "server_fuzz: no server at %s\n", asked.socket.c_str());
        return 2;
    }
    if (geteuid() == 0) {
        open_folders(asked.socket);
        check_mode(*shared, server);
        chmod(asked.socket.c_str(), 0666); // clients of another user
    }

    const auto started = std::chrono::steady_clock::now();
    run(*shared, server, process, asked, asked.seed, asked.operations / 10);
    const holdings before = settle(*shared, server, process);
    if (!shared->findings)
        run(*shared, server, process, asked, asked.seed + 1, asked.operations);
    check_recovery(*shared, server);
    const holdings after = settle(*shared, server, process, before.descriptors);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;

    check_coverage(*shared, [](operation which) {
        return which != op_unknown_ioctl && which != op_force_write && which != op_feed_until &&
               which != op_feed_end && which != op_plug && which != op_sysfs;
    });
    if (after.descriptors != before.descriptors ||
        (!after.is_sanitized && after.memory_kib > before.memory_kib + memory_growth_kib))
        shared->report_finding("the server has more than before: %s, and before %s",
                               after.text().c_str(),
                               before.text().c_str());
    report(*shared, "server_fuzz", asked.seed, took.count());
    std::printf("server_fuzz: at most the server shared %lu KiB, and had %lu KiB of its own\n",
                shared->most_shared_kib.load(),
                shared->most_memory_kib.load());
    std::printf("server_fuzz: the server has %s\n", after.text().c_str());
    std::printf("server_fuzz: and had before %s\n", before.text().c_str());
    return shared->findings ? 1 : 0;
}

bool parse(int argc, char** argv, arguments& asked)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--seed")
            asked.seed = std::strtoull(argv[i + 1], nullptr, 0);
        else if (name == "--operations")
            asked.operations = std::strtoull(argv[i + 1], nullptr, 0);
        else if (name == "--user-memory")
            asked.user_megabytes = std::strtoull(argv[i + 1], nullptr, 0);
        else if (name == "--socket")
            asked.socket = argv[i + 1];
        else
            return false;
    }
    return argc % 2 && !asked.socket.empty();
}

} // namespace
} // namespace fuzz

int main(int argc, char** argv)
{
    fuzz::arguments asked;
    if (!fuzz::parse(argc, argv, asked)) {
        std::fprintf(stderr,
                     "usage: server_fuzz --socket PATH [--user-memory MB] [--seed N] "
                     "[--operations N]\n");
        return 64;
    }
    return fuzz::fuzz_all(asked);
}
