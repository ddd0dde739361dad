// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/abi.h>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>

namespace zcring::server {

//! What a server allows. The limits of a user are over all of the user's connections.
struct limits {
    unsigned receivers = 64;                             //!< of the server
    unsigned user_connections = 128;                     //!< of one user
    unsigned user_observers = 64;                        //!< of one user
    std::uint64_t user_bytes = std::uint64_t{ 1 } << 30; //!< of memory that one user holds
    double user_rate = 1e9;                              //!< samples a second, over all channels
    std::uint64_t interval_ns = 1000000;                 //!< between bursts, at least
    std::chrono::milliseconds attach_timeout{ 10000 };   //!< for the first message
};

/*!
 * \brief What the connections of each user take of the limits.
 *
 * Threading: one thread.
 */
class usage final
{
public:
    explicit usage(const limits& allowed) : d_limits(allowed) {}
    usage(const usage&) = delete;
    usage& operator=(const usage&) = delete;

    const limits& allowed() const noexcept { return d_limits; }

    /*!
     * \brief What one connection takes; gives it back when it ends.
     *
     * A call that takes something returns 0, also if the connection has it already, or a positive
     * errno, and then takes nothing.
     */
    class share final
    {
    public:
        share(usage& whole, uid_t user);
        ~share();
        share(const share&) = delete;
        share& operator=(const share&) = delete;

        uid_t user() const noexcept { return d_user; }

        //! EUSERS if the user has too many connections.
        int take_connection();
        //! EBUSY if the server has too many receivers.
        int take_receiver();
        //! EUSERS if the user has too many observers.
        int take_observer();

        //! Samples a second that this connection may have: what the user's others leave.
        double rate_max() const;
        //! Whether this connection may have \p rate samples a second instead of what it has. EDQUOT.
        int check_rate(double rate) const;
        void set_rate(double rate) noexcept;
        double rate() const noexcept { return d_rate; }

    private:
        usage& d_usage;
        const uid_t d_user;
        unsigned d_connections = 0;
        unsigned d_receivers = 0;
        unsigned d_observers = 0;
        double d_rate = 0;
    };

private:
    struct totals {
        unsigned shares = 0;
        unsigned connections = 0;
        unsigned observers = 0;
        double rate = 0;
    };

    const limits d_limits;
    unsigned d_receivers = 0;
    std::map<uid_t, totals> d_users;
};

} // namespace zcring::server
