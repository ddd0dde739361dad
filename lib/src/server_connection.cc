// SPDX-License-Identifier: GPL-3.0-or-later
//
// Calls a server, and checks what it answers. What is wrong once is never trusted again: the
// connection is shut down, and the server frees all that it held for this client.
#include "server_connection.h"

#include "device_error.h"
#include "server_names.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace zcring {

namespace {

// A server answers within a millisecond; one that is only now started takes longer.
constexpr timeval answer_timeout = { 20, 0 };

unique_fd connect_to(const std::string& name)
{
    const std::string path = server_path(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        throw_server_error(ENAMETOOLONG, name, "cannot connect");
    std::memcpy(address.sun_path, path.c_str(), path.size());

    unique_fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd)
        throw_server_error(errno, name, "cannot connect");
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &answer_timeout, sizeof(answer_timeout));
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &answer_timeout, sizeof(answer_timeout));
    int error = 0;
    do
        error = connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0
                    ? errno
                    : 0;
    while (error == EINTR);
    if (error)
        throw_server_error(error, name, "cannot connect");
    return fd;
}

bool is_pipe(int fd) noexcept
{
    struct stat about {
    };
    return fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode);
}

// What is wrong with the memory behind a descriptor, or nullptr. Memory that can shrink would end this
// process by SIGBUS.
const char* memory_fault(int fd, const zcring_region& region)
{
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    struct stat about {
    };
    if (fd < 0)
        return "the server sends no memory";
    const int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK))
        return "the server's memory is not sealed";
    if (!region.length || region.length % page || region.map_length != region.length ||
        region.offset)
        return "the server's memory has no valid length";
    if (fstat(fd, &about) != 0 || static_cast<std::uint64_t>(about.st_size) < region.length)
        return "the server's memory is shorter than the server says";
    return nullptr;
}

} // namespace

server_connection::server_connection(const std::string& name, const zcring_attach& role)
    : d_name(name), d_socket(connect_to(name)), d_owner(getpid())
{
    attach(role);
}

// A child has the same socket: the parent ends the connection for both.
server_connection::~server_connection()
{
    if (d_owner == getpid())
        shutdown(d_socket.get(), SHUT_RDWR);
}

void server_connection::attach(zcring_attach attach)
{
    const int error = call(ZCRING_IOC_ATTACH, &attach, &d_pipe);
    if (error == EBUSY && attach.role == ZCRING_ROLE_ANTENNA)
        throw_antenna_error(error, name(), "cannot open the antenna");
    if (error)
        throw_server_error(error, name(), "cannot attach");
    d_receiver = attach.receiver;
    if (attach.role == ZCRING_ROLE_OBSERVER)
        d_pipe = unique_fd();
    else if (!d_pipe || !is_pipe(d_pipe.get()) || fcntl(d_pipe.get(), F_SETFL, O_NONBLOCK) != 0)
        throw_server_error(EPROTO, name(), "the server sends no pipe");

    zcring_info info{};
    checked_call(ZCRING_IOC_GET_INFO, &info, "cannot read the description");
    if (info.abi_version != ZCRING_ABI_VERSION)
        throw_server_error(ENOTTY, name(), "the server has another version of the interface");
}

// With d_mutex held. 0 and the answer, its lengths checked, or an errno.
int server_connection::exchange(std::uint32_t command,
                                wire_message& message,
                                unique_fd* fd) noexcept
{
    if (const int error = wire_send(d_socket.get(), message, -1, 0))
        return error;
    if (const int error = wire_receive(d_socket.get(), message, fd, 0))
        return error;
    wire_answer answer{};
    std::memcpy(&answer, message.bytes, sizeof(answer));
    const std::size_t result = answer.error ? 0 : wire_result_bytes(command);
    if (answer.command != command || answer.error < 0 || message.length != sizeof(answer) + result)
        return EPROTO;
    return 0;
}

int server_connection::call(std::uint32_t command, void* argument, unique_fd* fd) noexcept
{
    const wire_request request = { command, 0 };
    wire_message message;
    unique_fd came;
    message.length = sizeof(request) + wire_argument_bytes(command);
    std::memcpy(message.bytes, &request, sizeof(request));
    if (wire_argument_bytes(command))
        std::memcpy(message.argument(), argument, wire_argument_bytes(command));

    const std::lock_guard<std::mutex> lock(d_mutex);
    if (const int error = exchange(command, message, fd ? &came : nullptr)) {
        shutdown(d_socket.get(), SHUT_RDWR);
        return error == EPROTO ? EPROTO : error == EAGAIN ? ETIMEDOUT : ENODEV;
    }
    wire_answer answer{};
    std::memcpy(&answer, message.bytes, sizeof(answer));
    if (answer.error)
        return answer.error;
    if (wire_result_bytes(command))
        std::memcpy(argument, message.argument(), wire_result_bytes(command));
    if (fd)
        *fd = std::move(came);
    return 0;
}

void server_connection::checked_call(std::uint32_t command, void* argument, const char* what)
{
    if (const int error = call(command, argument))
        throw_server_error(error, name(), what);
}

mapping server_connection::map_region(
    unsigned region, unsigned channel, std::uint64_t bytes, unsigned times, mapping::access wanted)
{
    zcring_region where{};
    unique_fd memory;
    where.region = region;
    where.channel = channel;
    if (const int error = call(ZCRING_IOC_GET_REGION, &where, &memory))
        throw_server_error(error, name(), "cannot get the ring's memory");
    if (const char* fault = memory_fault(memory.get(), where))
        throw_server_error(EPROTO, name(), fault);
    if (where.length < bytes || (times > 1 && where.length != bytes))
        throw_server_error(EPROTO, name(), "the server's memory has another length than its ring");
    try {
        mapping m(memory.get(), where.length, times, wanted);
        m.keep_from_children();
        return m;
    } catch (const std::system_error& e) {
        const int error = e.code().value() == ENOMEM ? ENOMEM : EPROTO;
        throw_server_error(error, name(), "cannot map the server's memory");
    }
}

} // namespace zcring
