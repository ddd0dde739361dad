// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "receiver.h"

#include <zcring/arguments.h>

#include <memory>

namespace zcring::server {

class antenna;

/*!
 * \brief One antenna, its receivers, and the threads that make their samples.
 *
 * Made from the arguments of the server: scene, start, stop, loop and pace are the antenna's; the
 * others are what a new receiver begins with. Receivers and feeder keep the antenna alive, but get
 * no samples once the air is destroyed.
 * Threading: any thread may call.
 */
class air final
{
public:
    //! Throws as device does: std::invalid_argument and std::system_error.
    //! \p workers threads make samples; 0: one for each processor.
    explicit air(const arguments& a, unsigned workers = 0);
    ~air(); //!< as unplug_all(), then ends the threads
    air(const air&) = delete;
    air& operator=(const air&) = delete;

    //! A new receiver with the smallest free number. Throws std::system_error: EINVAL for a quorum or
    //! a patience without ZCRING_ATTACH_MEMBER or an unknown flag, ENOMEM without memory.
    std::shared_ptr<receiver> add_receiver(const zcring_attach& attach);

    //! For an observer; null if no receiver has the number.
    std::shared_ptr<receiver> find(std::uint64_t number);

    //! Makes the feeder; null while there is one (EBUSY).
    std::shared_ptr<antenna_port> feeder();

    //! The server ends: every receiver is gone (ZCRING_STATE_GONE), and its client is woken.
    void unplug_all();

private:
    std::shared_ptr<antenna> d_antenna;
};

} // namespace zcring::server
