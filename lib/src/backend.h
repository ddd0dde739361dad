// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace zcring {

/*!
 * \brief What differs between a kernel device and the emulator: opening and waiting.
 *
 * Both present the same pages; all else is done in those, alike, by device and reader.
 * Threading: wait(), supply() and reopen() belong to the reader's thread; the rest may be called
 * from any. Errors are thrown as std::system_error; wait() and supply() do not throw.
 */
class backend
{
public:
    //! The ring, mapped; valid as long as the backend, constant once configured.
    struct pages {
        const zcring_meta* meta = nullptr;
        zcring_consumer* consumer = nullptr;
        const zcring_burst* bursts = nullptr;
        const std::byte* data[ZCRING_CHANNELS_MAX] = {}; //!< mapped twice in a row
        std::uint64_t ring_samples = 0;
        std::uint64_t burst_slots = 0;
        std::uint32_t sample_bytes = 0;
        std::uint32_t channels = 0;
    };

    explicit backend(std::string name) : d_name(std::move(name)) {}
    virtual ~backend() = default;
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;

    const std::string& name() const noexcept { return d_name; }
    const pages& mapped() const noexcept { return d_pages; }

    virtual bool is_emulator() const noexcept = 0;
    bool is_gone() const noexcept;
    virtual zcring_config config() const = 0;
    //! Before anything is mapped.
    virtual void configure(const zcring_config& config) = 0;
    virtual void set_scene(const zcring_scene& scene, const void* samples, std::size_t bytes) = 0;
    //! Maps the ring, for good.
    void map();

    void start(const zcring_start& options);
    virtual void stop() = 0;
    void control(const zcring_control& control);
    //! For a device that is gone: has it tuned so, at once, when it is reopened. False where it
    //! is there.
    bool keep(const zcring_control& control);
    virtual zcring_tuning tuning() const = 0;
    virtual zcring_telemetry telemetry() const = 0;

    //! As device has them.
    virtual void inject(zcring_injection kind, std::int64_t amount) = 0;
    virtual void unplug() = 0;
    virtual void plug() = 0;

    //! Sets a device up that has come back as a new one, tuned like this one.
    using set_up = std::function<void(backend& fresh, const zcring_tuning& tuned)>;
    //! Takes what has come back in place of what is gone; false, and nothing, while it is there.
    bool reopen(const set_up& again);

    /*!
     * Sleeps until the head has reached the index \p watermark, the state changes,
     * \p wake_fd is readable, or \p timeout_ns has passed (negative: never).
     */
    virtual void wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept = 0;

    //! Makes samples in the caller's thread until \p head is reached, if this device does
    //! that; it is one that does not otherwise make any.
    virtual void supply(std::uint64_t head) noexcept { static_cast<void>(head); }

    //! Counts the streams; a reader that sees another number begins at first_index().
    std::uint64_t streams() const noexcept { return d_streams.load(std::memory_order_acquire); }
    std::uint64_t first_index() const noexcept { return d_first_index; }
    std::uint64_t preroll_samples() const noexcept { return d_preroll_samples; }

protected:
    virtual void do_map() = 0;
    virtual void do_start(const zcring_start& options) = 0;
    virtual void do_control(const zcring_control& control) = 0;
    virtual void do_reopen(const std::function<void(backend&)>& again) = 0;

    //! For do_reopen(), where nothing more can go wrong: what was handed out is nobody's.
    void forget_stream() noexcept;

    pages d_pages;

private:
    std::uint64_t burst_head() const noexcept;
    void look_at_tuning();
    void follow_bursts() noexcept;
    void remember(const zcring_control& control) noexcept;
    void remember_recent(std::uint64_t head) noexcept;
    void begin_stream(std::uint64_t first_index, std::uint64_t preroll_samples) noexcept;

    std::string d_name;

    // How the device was tuned last, for when it is gone and does not answer.
    std::mutex d_tuning_mutex; //!< guards these four
    zcring_tuning d_tuning{};
    std::uint64_t d_followed = 0; //!< burst_head when d_tuning was right
    //! Commands for now that no burst may have told of yet, and burst_head when each was given.
    std::vector<std::pair<std::uint64_t, zcring_control>> d_recent;
    //! For reopen(); d_tuning has them, too. The last one of a kind, for the same channels.
    std::vector<zcring_control> d_kept;

    std::uint64_t d_first_index = 0;
    std::uint64_t d_preroll_samples = 0;
    std::atomic<std::uint64_t> d_streams{ 0 };
};

//! poll() on two descriptors, to the nanosecond; either may be -1. Returns whether the
//! first has anything to say.
bool poll_two(int fd, int wake_fd, std::int64_t timeout_ns) noexcept;

} // namespace zcring
