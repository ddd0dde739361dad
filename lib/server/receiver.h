// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "memory.h"

#include <zcring/abi.h>

#include <cstdint>
#include <memory>

namespace zcring::server {

/*!
 * \brief What a connection of a role talks to: the calls of abi.h, the memory to map, and a pipe.
 *
 * Any thread may call. A call waits for no client: at most for one step of the engine, milliseconds.
 * Access rights are the caller's task: which role may make which call, and who may map what.
 */
class port
{
public:
    virtual ~port() = default;
    port() = default;
    port(const port&) = delete;
    port& operator=(const port&) = delete;

    /*!
     * As the ioctl \p command of abi.h. \p argument is its struct: its input, then its result; null
     * for a command without one. 0 or a negative errno, after which \p argument holds no result.
     * ENOTTY for a command of another role. EAGAIN for ZCRING_IOC_START while more preroll is left to
     * zero: the call is made again, with the same argument, when others have had their turn.
     */
    virtual int call(std::uint32_t command, void* argument) = 0;

    //! ZCRING_IOC_GET_REGION: fills \p region, and gives the memory to hand out. 0 or a negative
    //! errno. The memory stays until the last holder drops it, whatever becomes of the ring.
    virtual int region(zcring_region& region, std::shared_ptr<const shared_memory>& memory) = 0;

    //! Read end of the pipe that wakes the client; hand out a duplicate. Lives as long as the port.
    virtual int wake_fd() const = 0;

    //! The client is gone, once: it leaves the antenna at once. Later calls fail with ENODEV.
    virtual void close() = 0;
};

//! A receiver: the commands of the radio's role, and ZCRING_IOC_INJECT. For an observer of it, the
//! same object: the GET commands alone.
class receiver : public port
{
public:
    //! zcring_info.receiver.
    virtual std::uint64_t number() const = 0;

    //! Looks at the tail in the consumer's page now, and goes on with free pace if there is room.
    //! ZCRING_IOC_GET_TELEMETRY does the same.
    virtual void kick() = 0;
};

//! The feeder: the commands of the antenna's role, and ZCRING_IOC_INJECT, which reaches every
//! receiver. ZCRING_IOC_GET_FEED also looks at what the feeder has written.
using antenna_port = port;

} // namespace zcring::server
