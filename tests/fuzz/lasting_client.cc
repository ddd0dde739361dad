// SPDX-License-Identifier: GPL-3.0-or-later
#include "lasting_client.h"

#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>

#include "child_processes.h"
#include "support/deadline.h"

namespace fuzz {
namespace {

constexpr std::uint64_t patience_ns = 5000000;

// A receiver with a role that may be refused: hostile clients may have all that there are.
int new_radio(const server_target& server, const shared_state& shared, std::uint32_t flags)
{
    zcring_attach wanted{};
    wanted.role = ZCRING_ROLE_RADIO;
    wanted.flags = flags;
    wanted.patience_ns = flags ? patience_ns : 0;
    int fd = -1;
    zcring_test::eventually(
        [&] {
            fd = server.connect_only();
            if (fd >= 0)
                fd = server.attach(fd, wanted, nullptr);
            return fd >= 0 || shared.stop;
        },
        process_limit,
        std::chrono::milliseconds(1));
    return fd;
}

// As many requests as the connection takes.
void fill_with_requests(int connection)
{
    const std::uint32_t request[2] = { ZCRING_IOC_GET_RANGES, 0 }; // with the longest answer
    while (send(connection, request, sizeof(request), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        continue;
}

} // namespace

void run_lasting_client(shared_state& shared, const server_target& server)
{
    std::array<int, 2> unread{};
    for (int& each : unread)
        each = new_radio(server, shared, 0);
    int member = new_radio(server, shared, ZCRING_ATTACH_MEMBER);
    while (!shared.stop) {
        zcring_start start{}; // again whenever the antenna has unplugged it, or a feed was lost
        if (server.call(member, ZCRING_IOC_START, &start) != 0 && errno == ENODEV) {
            close(member);
            member = new_radio(server, shared, ZCRING_ATTACH_MEMBER);
        }
        for (const int each : unread)
            fill_with_requests(each);
        usleep(50000);
    }
    _exit(0);
}

} // namespace fuzz
