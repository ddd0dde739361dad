// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <memory>
#include <string>
#include <vector>

namespace zcring {

//! What a device is doing.
enum class state {
    stopped, //!< no stream
    running, //!< samples arrive
    fault,   //!< the stream ended by an error
    gone,    //!< the hardware is gone for good
};

//! "stopped", "running", …
ZCRING_API const char* to_string(state s) noexcept;

/*!
 * \brief Looks at a kernel device without touching it.
 *
 * Any number of observers may look at one device, whatever its consumer does meanwhile:
 * an observer opens it for reading only, asks, and neither configures nor claims it.
 *
 * Threading: every call but the constructor and the destructor may come from any thread.
 * Errors: thrown as std::system_error, which names the path and the remedy.
 */
class ZCRING_API observer final
{
public:
    //! Paths of the kernel devices there are, the lowest number first.
    static std::vector<std::string> list();

    explicit observer(const std::string& path);
    ~observer();
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;

    //! How a device is set up; its consumer may change it between streams.
    struct description {
        std::string model; //!< what produces the samples, for people
        zcring::state state = state::stopped;
        zcring::format format = format::sc16;
        unsigned channels = 0;
        std::uint64_t ring_samples = 0; //!< that one channel's ring holds
        double interval = 0;            //!< seconds between bursts
    };

    const std::string& name() const noexcept;
    description describe() const;
    zcring::tuning tuning() const;
    zcring::telemetry telemetry() const;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace zcring
