// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rtl_client.h"
#include "rtl_protocol.h"

#include <zcring/arguments.h>

#include "unique_fd.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace zcring::server {

/*!
 * \brief Serves clients of rtl_tcp: each one has a device of its own.
 *
 * With the arguments "device=NAME", each client is one more receiver of the server NAME, a listener.
 * No client waits for another one, or makes the server wait. A client that leaves frees its device.
 *
 * Threading: one thread for connections, and one for each client. Any thread may make every call
 * but the constructor and the destructor. fork(): a child inherits no connection over exec().
 */
class rtl_tcp final
{
public:
    using log_function = std::function<void(const std::string&)>;

    //! Connections at one time; further ones are closed at once, and a line says so.
    static constexpr std::size_t clients_max = 32;

    /*!
     * Listens on \p address. \p device_arguments are those of each client's device; format, channels
     * and, where it is not there, the interval are added. \p log gets lines without a newline, one
     * call at a time, by any thread.
     *
     * Throws std::invalid_argument if the arguments are wrong, and std::system_error, which names
     * the address and the remedy, if the system refuses it.
     */
    rtl_tcp(const rtl_address& address, const std::string& device_arguments, log_function log);
    //! As stop() does.
    ~rtl_tcp();
    rtl_tcp(const rtl_tcp&) = delete;
    rtl_tcp& operator=(const rtl_tcp&) = delete;

    //! The port on which it listens.
    std::uint16_t port() const noexcept { return d_port; }
    //! Clients that are connected.
    std::size_t clients() const noexcept { return d_clients_now; }
    //! Samples that clients lost because they read too slowly, of all clients so far.
    std::uint64_t lost_samples() const noexcept { return d_lost_samples; }

    //! Closes every connection, and ends all threads; waits for no client. A device whose calls do
    //! not return would be waited for: a server in this process must answer until this returns, or
    //! have closed the connections of the clients' devices.
    void stop();

private:
    void run();
    void serve();
    void accept_clients();
    void remove_clients();
    void notify() const;
    void say(const std::string& what);

    const arguments d_arguments;
    const log_function d_log;
    std::mutex d_log_mutex;
    unique_fd d_listener;
    unique_fd d_event; // an eventfd: look at the clients, and at d_stops
    std::uint16_t d_port = 0;
    std::atomic<bool> d_stops{ false };
    std::atomic<std::size_t> d_clients_now{ 0 };
    std::atomic<std::uint64_t> d_lost_samples{ 0 };
    std::mutex d_stop_mutex;

    // Of the thread.
    std::list<rtl_client> d_clients;
    bool d_accepts = true;       // false: for a moment, after accept() has failed
    bool d_said_refusal = false; // since there was room last

    std::thread d_thread;
};

} // namespace zcring::server
