// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hostile client of a server does with connections: takes roles, sends messages that are
// malformed, cut off or too many, sends descriptors, and leaves at any moment.
#include "client_thread.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server_target.h"

namespace fuzz {
namespace {

constexpr unsigned crowd = 48;            // more than the server allows one user
constexpr unsigned descriptors_max = 253; // in one message

constexpr std::uint32_t commands[] = {
    ZCRING_IOC_GET_INFO,   ZCRING_IOC_GET_REGION, ZCRING_IOC_GET_CONFIG,    ZCRING_IOC_SET_CONFIG,
    ZCRING_IOC_SET_SCENE,  ZCRING_IOC_START,      ZCRING_IOC_STOP,          ZCRING_IOC_CONTROL,
    ZCRING_IOC_GET_TUNING, ZCRING_IOC_GET_RANGES, ZCRING_IOC_GET_TELEMETRY, ZCRING_IOC_ATTACH,
    ZCRING_IOC_INJECT,     ZCRING_IOC_GET_FEED,   ZCRING_IOC_FEED_UNTIL,    ZCRING_IOC_FEED_END
};

} // namespace

// An observer's client asks for no other role: nothing that it does may change anything.
zcring_attach client_thread::random_attach()
{
    zcring_attach wanted{};
    const auto draw = d_random.below(24);
    if (!may_change() || draw < 3) {
        wanted.role = ZCRING_ROLE_OBSERVER;
        wanted.receiver = d_random.one_in(2) ? 0 : d_random.below(8);
    } else if (draw == 3) {
        wanted.role = ZCRING_ROLE_ANTENNA;
    } else {
        wanted.role = ZCRING_ROLE_RADIO;
        wanted.flags = d_random.one_in(2) ? ZCRING_ATTACH_MEMBER : 0;
    }
    if (wanted.flags) { // a member that waits for ever makes the others wait, too
        wanted.quorum = d_random.below(d_random.one_in(8) ? 1000 : 3);
        wanted.patience_ns = d_random.one_in(32) ? 0 : 1 + d_random.below(20000000);
    }
    if (may_change() && d_random.one_in(8))
        d_random.mutate(&wanted, sizeof(wanted));
    return wanted;
}

void client_thread::attach_one()
{
    const server_target& server = *d_target.server();
    const bool is_new = !d_random.one_in(8); // else it may have a role already
    const int fd = is_new ? server.connect_only() : file();
    bool success = fd >= 0;
    if (!d_random.one_in(24)) { // else it says nothing
        zcring_attach wanted = random_attach();
        int wake = -1;
        void* const from = d_random.one_in(4) ? pointer(&wanted, sizeof(wanted)) : &wanted;
        success = server.exchange(fd, ZCRING_IOC_ATTACH, from, &wake) == 0;
        d_shared.count(op_attach, success);
        if (d_random.one_in(12))
            keep(wake);
        else if (wake >= 0)
            close(wake);
    }
    d_shared.count(op_open, success);
    if (is_new && (success || d_random.one_in(8)))
        keep(fd);
    else if (is_new && fd >= 0)
        close(fd);
}

// Without it, most connections would soon be those that the server has ended.
void client_thread::replace_dead_one()
{
    auto& kept = d_files[d_random.below(d_files.size())];
    pollfd entry{ kept, 0, 0 };
    if (entry.fd == d_inherited_file && entry.fd >= 0)
        return;
    if (entry.fd < 0 ||
        (poll(&entry, 1, 0) == 1 && entry.revents & (POLLHUP | POLLERR | POLLNVAL))) {
        close_file(kept.exchange(-1));
        attach_one();
    }
}

// More connections than a user may have; they leave together.
void client_thread::attach_many()
{
    int connections[crowd];
    for (int& each : connections) {
        const zcring_attach wanted = random_attach();
        each = d_target.server()->connect_only();
        if (each >= 0 && d_random.one_in(2))
            each = d_target.server()->attach(each, wanted, nullptr);
        d_shared.count(op_attach, each >= 0);
    }
    for (const int each : connections)
        if (each >= 0)
            close(each);
}

void client_thread::inject()
{
    zcring_inject inject{};
    inject.kind = 1 + d_random.below(3);
    inject.amount = static_cast<std::int64_t>(d_random.one_in(4) ? d_random.boundary_value()
                                                                 : d_random.below(10000000));
    if (d_random.one_in(8)) {
        inject.kind = d_random.one_in(2) ? ZCRING_INJECT_UNPLUG : ZCRING_INJECT_PLUG;
        inject.amount = 0;
    }
    if (d_random.one_in(8))
        d_random.mutate(&inject, sizeof(inject));
    change(op_inject, ZCRING_IOC_INJECT, &inject, sizeof(inject));
}

// A message that is nearly one of abi.h, of any length, in one to four parts.
bool client_thread::send_message(int to, const int* descriptors, unsigned count)
{
    struct {
        std::uint32_t command;
        std::uint32_t reserved;
        char argument[4096];
    } request{};
    request.command = d_random.one_in(8) ? d_random.boundary_value()
                                         : commands[d_random.below(std::size(commands))];
    request.reserved = d_random.one_in(8) ? d_random.next() : 0;
    const std::size_t right =
        8 + (_IOC_DIR(request.command) & _IOC_WRITE ? _IOC_SIZE(request.command) : 0);
    if (d_random.one_in(2))
        d_random.fill(request.argument, 1 + d_random.below(sizeof(request.argument)));
    else if (request.command == ZCRING_IOC_ATTACH)
        request.argument[0] = static_cast<char>(d_random.below(5));
    if (!may_change()) // nor does a client that only observes get another role by chance
        std::memset(request.argument, 0xff, 64);
    std::size_t bytes = right;
    if (d_random.one_in(2))
        bytes = d_random.below(d_random.one_in(4) ? sizeof(request) : right + 16);

    char* at = reinterpret_cast<char*>(&request);
    iovec part{ d_random.one_in(16) ? pointer(at, bytes) : at, std::min(bytes, sizeof(request)) };
    alignas(cmsghdr) char room[CMSG_SPACE(descriptors_max * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count) {
        message.msg_control = room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    const bool success = sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
    return d_shared.count(op_message, success);
}

// Many requests, and no answer is read; then the connection goes on, or ends in one of several ways.
void client_thread::send_messages()
{
    const bool is_new = !d_random.one_in(4);
    const int to = is_new ? d_target.server()->connect_only() : file();
    if (is_new && d_random.one_in(4)) {
        const int bytes = 1;
        setsockopt(to, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    }
    for (auto count = 1 + d_random.below(d_random.one_in(8) ? 64 : 4); count; count--)
        if (!send_message(to, nullptr, 0))
            break;
    if (d_random.one_in(4))
        shutdown(to, static_cast<int>(d_random.below(3)));
    if (!is_new || to < 0)
        return;
    if (d_random.one_in(8))
        keep(to);
    else
        close(to);
}

// Anything that this process has open, and one descriptor that is ready again and again.
void client_thread::send_descriptors()
{
    const bool is_new = !d_random.one_in(8);
    const int to = is_new ? d_target.server()->connect_only() : file();
    const int events = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    const int queue = epoll_create1(EPOLL_CLOEXEC);
    int sent[descriptors_max];
    const unsigned count = 1 + d_random.below(d_random.one_in(4) ? descriptors_max : 3);
    for (unsigned i = 0; i < count; i++)
        sent[i] = i % 3 == 0 ? events : i % 3 == 1 ? queue : file();
    const bool success = send_message(to, sent, count);
    d_shared.count(op_pass_fd, success);
    close(events);
    close(queue);
    if (is_new)
        close(to);
}

} // namespace fuzz
