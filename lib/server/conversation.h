// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "limits.h"
#include "receiver.h"
#include "unique_fd.h"
#include "wire.h"

#include <cstdint>
#include <memory>

namespace zcring::server {

//! Where a connection finds what it talks to: an air, or the fake of a test. Errors as those of air.
class ports
{
public:
    virtual ~ports() = default;
    virtual std::shared_ptr<receiver> add_receiver(const zcring_attach& attach) = 0;
    virtual std::shared_ptr<receiver> find(std::uint64_t number) = 0;
    virtual std::shared_ptr<antenna_port> feeder() = 0;
};

/*!
 * \brief Answers the messages of one client: checks each, and makes the call that it asks for.
 *
 * Trusts nothing in a message. Knows no socket, so that tests reach it without one.
 * Ownership: a radio's or an antenna's port is closed with it; ports, usage and ledger outlive it.
 * Threading: one thread. No call waits for the client.
 */
class conversation final
{
public:
    conversation(ports& all, usage& taken, const memory_ledger& ledger, uid_t user);
    ~conversation();
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

    //! Takes one connection of the user's. EUSERS if there are too many.
    int take_connection() { return d_share.take_connection(); }

    //! Answers \p request, of at least sizeof(wire_request) bytes; \p fd goes with the answer. False,
    //! and no answer, if a part of the call is done: call again, with the same request.
    bool answer(const wire_message& request, wire_message& answer, unique_fd& fd) noexcept;

    //! Whether the client has a role.
    bool is_attached() const noexcept { return d_port != nullptr; }

    const limits& allowed() const noexcept { return d_limits; }
    uid_t user() const noexcept { return d_share.user(); }

private:
    int serve(std::uint32_t command, std::byte* argument, unique_fd& fd);
    int attach(zcring_attach& attach, unique_fd& fd);
    int attach_radio(zcring_attach& attach, unique_fd& fd);
    int attach_observer(const zcring_attach& attach);
    int attach_antenna(const zcring_attach& attach, unique_fd& fd);
    int get_region(zcring_region& region, unique_fd& fd);
    int set_config(zcring_config& config);
    int start(zcring_start& start);
    int control(zcring_control& control);
    int get_ranges(zcring_ranges& ranges);

    ports& d_ports;
    const memory_ledger& d_ledger;
    const limits d_limits;
    usage::share d_share;
    std::uint32_t d_role = 0; //!< enum zcring_role, once attached
    std::shared_ptr<port> d_port;

    //! Of a radio: the highest rate of timed commands that may still wait, in samples a second over
    //! all channels.
    double d_waiting_rate = 0;
};

//! Whether abi.h gives the command to clients of the role; ZCRING_IOC_ATTACH is no role's.
bool role_has(std::uint32_t role, std::uint32_t command) noexcept;

} // namespace zcring::server
