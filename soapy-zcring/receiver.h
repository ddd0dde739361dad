// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/device.h>
#include <zcring/reader.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace soapy_zcring {

/*!
 * \brief An open device and its reader, which keep their tuning while the device is gone.
 *
 * Threading: as the device's and the reader's; tune(), tuning() and set_time() by any thread.
 * Errors: as the device's, std::system_error and std::invalid_argument.
 */
class receiver final
{
public:
    explicit receiver(const zcring::arguments& arguments);

    //! Tunes the device, or stores the change for its return while it is gone.
    void tune(const zcring::command& change);
    //! How the device is tuned; how it was tuned last while it is gone.
    zcring::tuning tuning() const;
    //! Sets the time of day, in ns since 1970; it runs on through all streams.
    void set_time(std::uint64_t time_ns);
    //! Where the scene is, from low to high; empty if that is not known. The scene of a server is that
    //! of whichever program has set one last.
    std::vector<zcring::band> scene_bands() const;
    //! Opens the device again after it was gone, with its time. Returns false, and does nothing, if it
    //! is not gone.
    bool reopen();
    //! What another device needs to go on as this one: the tuning, and the time if it was set.
    struct settings {
        zcring::tuning tuned;
        //! Time of day at 0 of CLOCK_BOOTTIME, in ns since 1970.
        std::optional<std::uint64_t> time_base_ns;
    };
    settings current() const;
    //! Sets this device, which was just opened, to \p before; the rate is that of its arguments.
    void restore(const settings& before);

    zcring::device dev;
    zcring::reader in;

private:
    void restore_time();
    void store(const zcring::command& change);

    mutable std::mutex d_mutex; //!< guards what follows
    mutable settings d_current; //!< as the device said last

    std::atomic<bool> d_is_to_restore{ false }; //!< the device has returned, without its time
};

} // namespace soapy_zcring
