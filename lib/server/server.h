// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connection.h"
#include "conversation.h"
#include "event.h"
#include "late_closer.h"
#include "limits.h"
#include "listener.h"
#include "memory.h"
#include "unique_fd.h"

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>

namespace zcring::server {

/*!
 * \brief Lets clients in, and answers them, in one thread.
 *
 * Ownership: of the socket and of all connections; the ports outlive it.
 * Threading: run() in one thread; stop() and connections() in any, others before run().
 */
class server final
{
public:
    //! Throws std::system_error if the kernel gives no event loop.
    server(ports& all, listener socket, const limits& allowed);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    //! Returns after stop(). Connections stay until close_all().
    void run();
    void stop() noexcept;

    //! Closes every connection: each client is gone. After run().
    void close_all();

    std::size_t connections() const noexcept { return d_count; }
    const memory_ledger& ledger() const noexcept { return d_ledger; }
    const listener& socket() const noexcept { return d_listener; }

private:
    static int on_client(sd_event_source*, int, std::uint32_t, void* self);
    static int on_freed(sd_event_source*, int, std::uint32_t, void* self);
    static int on_stop(sd_event_source*, int, std::uint32_t, void* self);
    static int on_room(sd_event_source*, std::uint64_t, void* self);
    void accept_client();
    void let_in(unique_fd socket);
    void pause();

    ports& d_ports;
    listener d_listener;
    memory_ledger d_ledger;
    usage d_usage;
    late_closer d_closer;
    const unique_fd d_stop;
    const event_loop d_loop;
    event_source d_clients;
    event_source d_freed;
    event_source d_stopped;
    event_source d_pause; //!< after an accept() that failed: until there may be room
    std::list<std::unique_ptr<connection>> d_connections;
    std::atomic<std::size_t> d_count{ 0 };
};

} // namespace zcring::server
