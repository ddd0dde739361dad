// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rtl_protocol.h"

#include <zcring/arguments.h>

#include "unique_fd.h"

#include <bitset>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace zcring::server {

class rtl_receiver;

/*!
 * \brief One client of rtl_tcp: its connection, and a thread with a receiver of its own.
 *
 * The thread writes samples into a queue of a second of samples, and from there into the socket
 * without waiting; samples that the queue has no room for are lost, and counted. So a client that
 * reads too slowly delays only itself. The owner polls fd() for events(), calls read() and write(),
 * and destroys the client as soon as is_over().
 *
 * Threading: the owner's thread makes all calls.
 */
class rtl_client final
{
public:
    //! What the owner does; any thread calls it.
    struct owner {
        std::function<void(const std::string& line)> log;
        std::function<void()> notify;                        //!< looks at events() and is_over()
        std::function<void(std::uint64_t samples)> add_lost; //!< the client read too slowly
    };

    //! Opens the device of \p a, in a thread, and streams. \p name is that of the client in log
    //! lines.
    rtl_client(unique_fd socket, std::string name, const arguments& a, owner o);
    //! Ends the connection and the stream, and says how many samples were sent and lost.
    ~rtl_client();
    rtl_client(const rtl_client&) = delete;
    rtl_client& operator=(const rtl_client&) = delete;

    //! Ends the stream; the destructor then waits for less.
    void close();
    //! The connection, or -1 while nothing is to be polled.
    int fd() const;
    //! For poll().
    short events() const;
    //! Reads commands, and passes them on to the thread of the receiver.
    void read();
    //! Writes samples of the queue.
    void write();
    //! Whether the client has left, or the stream has ended and was sent.
    bool is_over() const;

private:
    void run();
    void stream(rtl_receiver& receiver);
    bool apply_settings(rtl_receiver& receiver);
    void push(const std::uint8_t* bytes, std::uint64_t samples);
    void write_queue();
    void leave();
    void say_once(std::uint8_t opcode, const std::string& what);
    void say(const std::string& what) const;

    const unique_fd d_socket;
    const std::string d_name;
    const arguments d_arguments;
    const owner d_owner;

    // Of the owner's thread.
    rtl_parser d_parser;
    std::bitset<256> d_said; // opcodes

    mutable std::mutex d_mutex;         // protects what follows
    rtl_settings d_settings;            // not applied yet
    rtl_receiver* d_receiver = nullptr; // while the thread reads it
    std::vector<std::uint8_t> d_queue;
    std::size_t d_queue_begin = 0; // bytes before it were sent
    std::size_t d_queue_bytes = 0; // most
    std::uint64_t d_bytes_sent = 0;
    std::uint64_t d_samples_lost = 0; // the queue had no room
    std::uint64_t d_gap_samples = 0;  // of the device
    double d_rate = 0;
    double d_frequency = 0;
    bool d_is_leaving = false; // the client left, or the server ends
    bool d_is_ended = false;   // the thread does nothing more

    std::thread d_thread;
};

} // namespace zcring::server
