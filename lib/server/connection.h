// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "conversation.h"
#include "event.h"
#include "late_closer.h"
#include "unique_fd.h"
#include "wire.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace zcring::server {

/*!
 * \brief The socket of one client, in the server's event loop.
 *
 * Reads one message, sends its answer, and reads no further message before the answer is sent: a
 * client that does not read its answers is not read either, and costs one message and one descriptor.
 * When the client has hung up, what it had sent is handled first.
 * A descriptor that a client sends ends its connection; it is closed by the late_closer, as the socket.
 * Threading: that of the loop. Nothing here waits.
 */
class connection final
{
public:
    //! \p on_end is called once, from the loop, when nothing more will happen: it destroys this.
    connection(sd_event* loop,
               unique_fd socket,
               late_closer& closer,
               std::unique_ptr<conversation> talk,
               std::function<void()> on_end);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

private:
    static int on_socket(sd_event_source*, int, std::uint32_t events, void* self);
    static int on_silence(sd_event_source*, std::uint64_t, void* self);
    bool handle(std::uint32_t events);
    void wait_for(std::uint32_t events);
    int receive();
    bool send_answer();

    late_closer& d_closer;
    const std::unique_ptr<conversation> d_talk;
    const std::function<void()> d_on_end;
    unique_fd d_socket;
    event_source d_source;
    event_source d_silence; //!< until the client has a role

    wire_message d_message;
    bool d_goes_on = false; //!< a part of what d_message asks for is done
    bool d_is_gone = false; //!< an answer found no client
    wire_message d_answer;  //!< waits to be sent, if it has a length
    unique_fd d_answer_fd;
};

} // namespace zcring::server
