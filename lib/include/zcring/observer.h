// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <memory>
#include <string>
#include <vector>

namespace zcring {

//! State of a device.
enum class state {
    stopped, //!< no stream
    running, //!< samples arrive
    fault,   //!< the stream ended by an error
    gone,    //!< the device was unplugged
};

//! "stopped", "running", …
ZCRING_API const char* to_string(state s) noexcept;

/*!
 * \brief Reads the state of a kernel device, or of a receiver of a server, without changing it.
 *
 * Any number of observers may watch one device while its consumer streams: an observer opens
 * the device read-only, queries it, and neither configures it nor becomes its consumer.
 *
 * Threading: any thread may make every call except the constructor and the destructor.
 * Errors: std::system_error, which names the path and the remedy.
 */
class ZCRING_API observer final
{
public:
    //! Paths of all kernel devices, the lowest number first.
    static std::vector<std::string> list();

    //! Names of all servers that can be connected to. None is connected to: one that a service
    //! manager starts on demand is not started.
    static std::vector<std::string> list_servers();
    //! Whether \p path, a value of device=, names a server: it has no slash, or is a socket.
    static bool is_server(const std::string& path) noexcept;

    //! Opens the kernel device \p path, such as "/dev/zcring0", read-only; or the receiver with the
    //! number \p receiver of a server, \p path being its name or the path of its socket. Throws
    //! ENXIO if the server has no such receiver.
    explicit observer(const std::string& path, std::uint64_t receiver = 0);
    ~observer();
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;

    //! Settings of a device; its consumer may change them between streams.
    struct description {
        std::string model;                    //!< the hardware, or the simulation, in words
        zcring::state state = state::stopped; //!< what the device is doing
        zcring::format format = format::sc16; //!< of the samples in the ring
        std::uint64_t receiver = 0;           //!< N of /dev/zcringN, or the number at the server
        unsigned channels = 0;                //!< 1 to max_channels
        std::uint64_t ring_samples = 0;       //!< that one channel's ring holds
        double interval = 0;                  //!< seconds between bursts
    };

    //! The path or name that was opened.
    const std::string& name() const noexcept;
    //! The present settings. Throws std::system_error if the device is gone.
    description describe() const;
    //! How the device is tuned now. Throws std::system_error if the device is gone.
    zcring::tuning tuning() const;
    //! The counters of the stream, as one consistent set.
    zcring::telemetry telemetry() const;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace zcring
