// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burst_ring.h"
#include "scene_content.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace zcring {

/*!
 * \brief The interface to what produces the samples: opening, waiting and control.
 *
 * Every backend maps the same pages, and the reader works on these pages alike. A backend
 * does not store the streams or the tuning of the past: session does.
 * Order of calls: configure(), set_scene() and control() set the device up, then map() maps
 * the ring, then streams are started and stopped.
 * Threading: wait(), produce() and reopen() are called by the reader's thread only, the other
 * calls by any thread. Errors: std::system_error; wait() and produce() do not throw.
 */
class backend
{
public:
    //! The mapped ring; valid as long as the backend, constant once mapped.
    struct pages {
        const zcring_meta* meta = nullptr;
        zcring_consumer* consumer = nullptr;
        burst_ring bursts;
        const std::byte* data[ZCRING_CHANNELS_MAX] = {}; //!< mapped twice in a row
        std::uint64_t ring_samples = 0;
        std::uint32_t sample_bytes = 0;
        std::uint32_t channels = 0;
    };

    backend() = default;
    virtual ~backend() = default;
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;

    virtual const std::string& name() const noexcept = 0;
    virtual bool is_emulator() const noexcept = 0;
    //! As device::receiver().
    virtual std::uint64_t receiver() const noexcept { return 0; }
    //! Whether it needs the threads of the process that made it, or locks that these may hold.
    //! It must then not be called, and not be destroyed, in a child made by fork().
    virtual bool is_bound_to_process() const noexcept = 0;
    virtual const pages& mapped() const noexcept = 0;

    virtual zcring_config config() const = 0;
    //! Before map() only.
    virtual void configure(const zcring_config& config) = 0;
    //! After map(), a stream goes on with the new scene.
    virtual void set_scene(const zcring_scene& scene, scene_content content) = 0;
    //! Maps the ring, once.
    virtual void map() = 0;

    virtual void start(const zcring_start& options) = 0;
    virtual void stop() = 0;
    virtual void control(const zcring_control& control) = 0;
    virtual zcring_tuning tuning() const = 0;
    virtual zcring_ranges ranges() const = 0;
    virtual zcring_telemetry telemetry() const = 0;

    //! As in device.
    virtual void inject(zcring_injection kind, std::int64_t amount) = 0;
    virtual void unplug() = 0;
    virtual void plug() = 0;

    //! What reopen() calls.
    struct reopening {
        //! Sets up the device that replaces this one, before its ring is mapped. Not called
        //! by a backend that keeps its settings.
        std::function<void(backend& fresh)> set_up;
        //! Called before the old ring is replaced: no sample of the old ring may be released
        //! from here on. If a later step fails (the system refuses to move a mapping), the
        //! device cannot be used any more.
        std::function<void()> end_stream;
    };
    //! Replaces a device that is gone by the one that has returned, with the ring at the same
    //! addresses. Throws if it has not returned; the device is then gone as before. Throws, too,
    //! if the ring cannot be replaced; see reopening::end_stream.
    virtual void reopen(const reopening& steps) = 0;

    /*!
     * Sleeps until the head has reached the index \p watermark, the state changes,
     * \p wake_fd is readable, or \p timeout_ns has passed (negative: without a limit).
     */
    virtual void wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept = 0;

    //! Produces samples in the caller's thread until the head is \p head, if this backend
    //! produces samples in this way; such a backend produces none otherwise.
    virtual void produce(std::uint64_t head) noexcept = 0;
};

} // namespace zcring
