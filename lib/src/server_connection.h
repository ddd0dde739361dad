// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mapping.h"
#include "unique_fd.h"
#include "wire.h"

#include <mutex>
#include <string>

namespace zcring {

/*!
 * \brief A connection to a server (`zcring serve`): the calls of abi.h, its memory and its wake-ups.
 *
 * Trusts nothing that the server sends: an answer that does not fit the request ends the connection,
 * and memory that could vanish under a reader is not mapped.
 * Ownership: owns the socket and the read end of the pipe. A child that fork() makes may destroy its
 * copy, and the connection of the parent stays.
 * Threading: any thread may call; one call at a time waits for its answer.
 */
class server_connection final
{
public:
    //! Connects to the server \p name (as device= takes it) and asks for the role of \p attach.
    //! Throws std::system_error, which names the server and the remedy.
    server_connection(const std::string& name, const zcring_attach& attach);
    ~server_connection();
    server_connection(const server_connection&) = delete;
    server_connection& operator=(const server_connection&) = delete;

    const std::string& name() const noexcept { return d_name; }
    //! The number that the server gave, or that of the receiver which is observed.
    std::uint64_t receiver() const noexcept { return d_receiver; }
    //! The read end of the pipe, which does not block; -1 for an observer.
    int pipe() const noexcept { return d_pipe.get(); }
    //! For poll() alone: hangs up when the server is gone.
    int socket() const noexcept { return d_socket.get(); }

    /*!
     * As the ioctl \p command; \p argument is its struct, or null for a command without one. \p fd
     * takes the descriptor that comes with the answer. Returns 0 or an errno: ENODEV if the server is
     * gone or the connection has ended, EPROTO (once, and the connection has ended) if its answer does
     * not fit, ETIMEDOUT (the same) if it did not answer.
     */
    int call(std::uint32_t command, void* argument, unique_fd* fd = nullptr) noexcept;

    //! call() that throws std::system_error; \p what says which step failed.
    void checked_call(std::uint32_t command, void* argument, const char* what);

    //! The memory of a region, at least \p bytes, or exactly \p bytes \p times in a row. Only this
    //! process has the mapping. Throws std::system_error.
    mapping map_region(unsigned region,
                       unsigned channel,
                       std::uint64_t bytes,
                       unsigned times,
                       mapping::access wanted);

private:
    int exchange(std::uint32_t command, wire_message& message, unique_fd* fd) noexcept;
    void attach(zcring_attach attach);

    const std::string d_name;
    const unique_fd d_socket;
    const int d_owner; //!< the process that made the connection
    unique_fd d_pipe;
    std::uint64_t d_receiver = 0;
    std::mutex d_mutex; //!< held from a request to its answer
};

} // namespace zcring
