// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "backend.h"
#include "process_mark.h"
#include "tuning_history.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace zcring {

/*!
 * \brief An open device: its backend, the stream that it has now, and how it was tuned.
 *
 * Ownership: owns the backend. device owns the session, and the reader refers to it, at the
 * same address however the device is moved.
 * Threading: start() and reopen() are called by the reader's thread, or while no call of the
 * reader runs; the other calls by any thread. Errors: as the backend throws them.
 * fork(): a session belongs to the process that opened the device. In a child, every call that
 * can fail throws, because the thread of the emulator is not there, and because parent and
 * child would move the same tail.
 */
class session final
{
public:
    //! \p opened is set up and mapped.
    explicit session(std::unique_ptr<backend> opened);

    ~session();

    backend& get_backend() const noexcept { return *d_backend; }
    //! For a call of the backend that needs the process which opened the device: throws
    //! std::system_error, EOPNOTSUPP, in any other.
    backend& checked_backend() const;
    bool is_in_child() const noexcept { return d_mark.is_in_child(); }
    bool is_gone() const noexcept;

    void start(const zcring_start& options);
    void control(const zcring_control& control);
    //! For a device that is gone: stores \p control for reopen(). False if it is not gone.
    bool keep(const zcring_control& control);

    //! Another scene was set, which sets the noise, too: reads how the device is tuned. Does nothing if
    //! the device is gone.
    void change_scene();

    //! Sets up the device that has returned, tuned as the one that is gone.
    using set_up = std::function<void(backend& fresh, const zcring_tuning& tuned)>;
    //! Replaces a device that is gone by the one that has returned. Returns false, and does
    //! nothing, if the device is not gone.
    bool reopen(const set_up& restore_settings);

    //! Counts the streams. A reader that finds another number than before begins anew, at
    //! first_index().
    std::uint64_t streams() const noexcept { return d_streams.load(std::memory_order_acquire); }
    std::uint64_t first_index() const noexcept { return d_first_index; }
    std::uint64_t preroll_samples() const noexcept { return d_preroll_samples; }

private:
    std::uint64_t burst_head() const noexcept;
    void update_history();
    void begin_stream(std::uint64_t first_index, std::uint64_t preroll_samples) noexcept;

    const process_mark d_mark;
    std::unique_ptr<backend> d_backend;

    std::mutex d_mutex; //!< guards d_history, and its order with the commands of the device
    tuning_history d_history;

    std::uint64_t d_first_index = 0;
    std::uint64_t d_preroll_samples = 0;
    std::atomic<std::uint64_t> d_streams{ 0 };
};

} // namespace zcring
