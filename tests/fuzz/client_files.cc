// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hostile client does with open files: read, write, seek, splice, pass them through sockets,
// inherit them by fork(). The client may not read or write a device that another process consumes,
// and an unprivileged client may not open one.
#include "client_thread.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <cstdio>
#include <cstring>

namespace fuzz {

void client_thread::open_one()
{
    if (d_target.server())
        return attach_one();
    const int more = d_random.one_in(2) ? O_NONBLOCK : 0;
    int fd = -1;
    if (d_inherited_file >= 0 && d_role.is_unprivileged && d_random.one_in(8)) {
        // An inherited file gives no right to open the device again.
        char link[32];
        std::snprintf(link, sizeof(link), "/proc/self/fd/%d", d_inherited_file);
        fd = open(link, O_RDWR | O_CLOEXEC);
        if (fd >= 0)
            d_shared.report_finding("an unprivileged client reopened %s for writing", link);
    } else {
        const bool is_antenna = d_random.one_in(3);
        const int flags = d_role.open_flags | more;
        fd = is_antenna ? d_target.open_antenna(d_role.path, flags)
                        : d_target.open_radio(d_role.path, flags);
        if (fd >= 0 && d_role.is_unprivileged)
            d_shared.report_finding("an unprivileged client opened %s%s",
                                    is_antenna ? "the antenna of " : "",
                                    d_role.path.c_str());
    }
    d_shared.count(op_open, fd >= 0);
    keep(fd);
}

void client_thread::read_some()
{
    alignas(16) static thread_local char buffer[1 << 16];
    const std::size_t bytes =
        d_random.one_in(8) ? d_random.boundary_value() : d_random.below(sizeof(buffer));
    void* const to = bytes > sizeof(buffer) ? place(lane()) : pointer(buffer, bytes);
    const int fd = file();
    const bool success =
        d_random.one_in(16) ? pread(fd, to, bytes, 1 << 20) > 0 : read(fd, to, bytes) > 0;
    if (success && d_role.has_other_consumer &&
        fd == d_inherited_file) // other descriptors may have been replaced
        d_shared.report_finding("read() took samples of another process's stream");
    d_shared.count(op_read, success);
}

void client_thread::write_some()
{
    alignas(16) static thread_local char buffer[1 << 16];
    const std::size_t bytes =
        d_random.one_in(8) ? d_random.boundary_value() : d_random.below(sizeof(buffer));
    const void* const from = bytes > sizeof(buffer) ? place(lane()) : pointer(buffer, bytes);
    const int fd = file();
    if (d_random.one_in(2)) // a live feed that is full makes other writes wait for a tick
        fcntl(fd, F_SETFL, O_NONBLOCK);
    const bool success = write(fd, from, bytes) > 0;
    if (success && !may_change() && !d_target.server() &&
        fd == d_inherited_file) // other descriptors may have been replaced
        d_shared.report_finding("write() took effect through a file that has no right to it");
    d_shared.count(op_write, success);
}

// All other calls on a file.
void client_thread::file_calls()
{
    const int fd = file();
    char bytes[256];
    iovec pieces[2] = { { bytes, 100 }, { place(lane()), 4096 } };
    bool success = false;
    switch (d_random.below(8)) {
    case 0:
        success = fcntl(fd, F_SETFL, d_random.one_in(2) ? O_NONBLOCK : O_ASYNC) == 0;
        break;
    case 1:
        success = lseek(fd, static_cast<off_t>(d_random.boundary_value()), SEEK_SET) >= 0;
        break;
    case 2:
        success = ftruncate(fd, 4096) == 0;
        break;
    case 3:
        success = fsync(fd) == 0;
        break;
    case 4:
        success = readv(fd, pieces, 2) > 0;
        break;
    case 5:
        success = posix_fallocate(fd, 0, 4096) == 0;
        break;
    case 6: {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
            break;
        success = splice(fd, nullptr, ends[1], nullptr, 4096, SPLICE_F_NONBLOCK) > 0 ||
                  sendfile(ends[1], fd, nullptr, 4096) > 0 ||
                  vmsplice(ends[1], pieces + 1, 1, 0) > 0;
        close(ends[0]);
        close(ends[1]);
        break;
    }
    default: {
        const int epoll = epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        success =
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 && epoll_wait(epoll, &event, 1, 1) > 0;
        close(epoll);
    }
    }
    d_shared.count(op_file, success);
}

// Sends a file through a socket; it is received, or closed with the socket.
void client_thread::pass_descriptor()
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
        return;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    char byte = 0;
    iovec piece{ &byte, 1 };
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    int fd = file();
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    bool success = sendmsg(ends[0], &message, 0) == 1;
    if (success && d_random.one_in(2) && recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 1) {
        std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        keep(fd);
    }
    close(ends[0]);
    close(ends[1]);
    d_shared.count(op_pass_fd, success);
}

// The child has all mappings and files, and makes some calls; nothing waits for it.
void client_thread::fork_some()
{
    const std::uint64_t seed = d_random.next();
    d_has_forked = true;
    const pid_t child = d_is_child ? -1 : fork();
    if (child != 0) {
        d_shared.count(op_fork, child > 0);
        return;
    }
    const itimerval ticks{ { 0, 20000 }, { 0, 20000 } }; // ends blocking calls
    setitimer(ITIMER_REAL, &ticks, nullptr);
    d_is_child = true;
    d_random = random_numbers(seed);
    run(d_random.below(40));
    _exit(0);
}

// Closes and unmaps everything, so that another process can become the consumer.
void client_thread::release_everything()
{
    munmap(arena, lanes * lane_bytes);
    for (auto& kept : d_files)
        close_file(kept.exchange(d_inherited_file));
    d_shared.count(op_release, true);
    open_one();
}

} // namespace fuzz
