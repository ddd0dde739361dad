/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace gr {
namespace zcring {

/*!
 * \brief Tells a user's limit from the limits that this block and the runtime write in its place.
 *
 * The user, this block and the runtime all write a buffer's limits into the same variables of
 * gr::block. Where the variable has another value than the one written last by the block or the
 * runtime, the user has written it.
 *
 * Which limits the runtime writes depends on its version: when it has made a buffer, 3.10.5 writes
 * the buffer's size as the largest size, always; 3.10.12 only over another limit.
 *
 * Threading: one thread.
 */
class user_limit final
{
public:
    //! The variable holds \p now: notes the user's limit if the user has written since.
    void observe(long now)
    {
        if (now != d_written)
            d_users = now;
    }

    //! This block has written \p value.
    void wrote(long value) { d_written = value; }

    //! The runtime has made a buffer of \p size items, and the variable holds \p now.
    void buffer_made(long now, long size)
    {
        if (now == size)
            d_written = size;
    }

    //! The user's limit; -1: none.
    long users() const { return d_users; }

private:
    long d_users = -1;
    long d_written = -1;
};

} // namespace zcring
} // namespace gr
