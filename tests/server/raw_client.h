// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A client of a server that sends what it is told to, right or wrong; and a server in a thread.
 */
#pragma once

#include "fake_ports.h"
#include "mapping.h"
#include "server.h"
#include "support/deadline.h"
#include "unique_fd.h"
#include "wire.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace zcring_test {

//! A new folder, which is removed at the end.
class temporary_folder final
{
public:
    temporary_folder()
    {
        char name[] = "/tmp/zcring-server-XXXXXX";
        d_path = mkdtemp(name);
    }
    ~temporary_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(d_path, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    std::string operator/(const std::string& name) const { return d_path + '/' + name; }
    const std::string& path() const { return d_path; }

private:
    std::string d_path;
};

//! Connects, and knows the messages; trusts the server.
class raw_client final
{
public:
    explicit raw_client(const std::string& path)
        : d_socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
        if (connect(d_socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
            d_socket = zcring::unique_fd();
    }

    bool is_connected() const { return static_cast<bool>(d_socket); }
    int socket() const { return d_socket.get(); }
    void hang_up() { d_socket = zcring::unique_fd(); }

    //! Sends a request; 0 or an errno. \p with goes with it.
    int send(std::uint32_t command, const void* argument, std::size_t bytes, int with = -1) const
    {
        zcring::wire_message request;
        const zcring::wire_request header = { command, 0 };
        std::memcpy(request.bytes, &header, sizeof(header));
        if (bytes)
            std::memcpy(request.argument(), argument, bytes);
        request.length = sizeof(header) + bytes;
        return zcring::wire_send(d_socket.get(), request, with, 0);
    }

    //! Waits for the answer to \p command: its error, or that of the connection as a negative number.
    int receive(std::uint32_t command, void* result)
    {
        if (!is_readable())
            return -ETIMEDOUT;
        zcring::wire_message answer;
        fd = zcring::unique_fd();
        if (const int error = zcring::wire_receive(d_socket.get(), answer, &fd, 0))
            return -error;
        zcring::wire_answer status{};
        std::memcpy(&status, answer.bytes, sizeof(status));
        if (status.command != command)
            return -EPROTO;
        const std::size_t bytes = status.error ? 0 : zcring::wire_result_bytes(command);
        if (answer.length != sizeof(status) + bytes)
            return -EPROTO;
        if (bytes && result)
            std::memcpy(result, answer.argument(), bytes);
        return status.error;
    }

    template <class T>
    int call(std::uint32_t command, T& argument)
    {
        if (const int error = send(command, &argument, zcring::wire_argument_bytes(command)))
            return -error;
        return receive(command, &argument);
    }
    int call(std::uint32_t command)
    {
        if (const int error = send(command, nullptr, 0))
            return -error;
        return receive(command, nullptr);
    }

    int attach(std::uint32_t role, std::uint64_t receiver = 0)
    {
        zcring_attach attach{};
        attach.role = role;
        attach.receiver = receiver;
        const int error = call(ZCRING_IOC_ATTACH, attach);
        number = attach.receiver;
        return error;
    }

    //! Gets the memory of a region, into fd.
    int region(std::uint32_t which, zcring_region& region)
    {
        region = {};
        region.region = which;
        return call(ZCRING_IOC_GET_REGION, region);
    }

    //! Whether something is to be received, or the server has hung up.
    bool is_readable() const
    {
        pollfd p = { d_socket.get(), POLLIN, 0 };
        const auto ms = std::chrono::milliseconds(time_limit).count();
        return poll(&p, 1, static_cast<int>(ms)) == 1;
    }

    //! Waits until the server has hung up; false if an answer comes instead.
    bool is_hung_up() const
    {
        char byte = 0;
        return is_readable() && recv(d_socket.get(), &byte, 1, MSG_PEEK) <= 0;
    }

    zcring::unique_fd fd;     //!< that came with the last answer
    std::uint64_t number = 0; //!< of the receiver

private:
    zcring::unique_fd d_socket;
};

//! A server on a fake air, in a thread.
class running_server final
{
public:
    explicit running_server(const zcring::server::limits& allowed = {})
        : path(folder / "test"),
          d_server(ports, zcring::server::listener(path, std::nullopt), allowed),
          d_thread([this] { d_server.run(); })
    {
    }
    ~running_server()
    {
        d_server.stop();
        d_thread.join();
    }

    //! Whether the server answers a new client, and the client's stream could begin.
    bool is_alive() const
    {
        raw_client c(path);
        zcring_info info{};
        return c.is_connected() && c.attach(ZCRING_ROLE_RADIO) == 0 &&
               c.call(ZCRING_IOC_GET_INFO, info) == 0;
    }

    std::size_t connections() const { return d_server.connections(); }
    std::uint64_t bytes(uid_t user) const { return d_server.ledger().bytes(user); }

    temporary_folder folder;
    fake_ports ports;
    const std::string path;

private:
    zcring::server::server d_server;
    std::thread d_thread;
};

//! How many descriptors this process has.
inline std::size_t open_descriptors()
{
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        count++;
    return count;
}

} // namespace zcring_test
