// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/device.h>

#include <chrono>
#include <memory>

namespace zcring {

//! What reader::wait() found. Only `data` means that samples are there.
enum class status {
    data,    //!< samples are there
    timeout, //!< no samples within the timeout
    woken,   //!< no samples; wake() was called
    stopped, //!< no samples, and none will follow: the stream is stopped
    fault,   //!< no samples, and none will follow: the stream ended by an error, or the
             //!< parent process opened the device before fork()
    gone,    //!< no samples, and none will follow: the device is gone
};

//! "data", "timeout", …
ZCRING_API const char* to_string(status s) noexcept;

/*!
 * \brief Reads the samples of a device in place, in the ring.
 *
 *     reader in(dev);
 *     dev.start();
 *     while (in.wait(1, 100ms) == status::data) {
 *         const reader::view v = in.acquire();
 *         while (const auto b = in.next_burst(v.index + v.samples))
 *             if (b->lost)
 *                 report_gap(b->index, b->lost);
 *         use(v.channel[0], v.samples);
 *         in.release(v.samples);
 *     }
 *
 * Views: acquire() returns each sample once; release() gives the oldest samples back. A view
 * stays valid until its samples are released or the stream is started anew, and is never
 * overwritten before; the caller may hold several views at once. While samples are there, no
 * call here makes a system call.
 *
 * Gaps: a view contains the samples of the ring in the order of their index, and continues
 * across a gap, because lost samples have no index. The burst after the gap has the number of
 * lost samples (burst::lost) and its own first index. A caller that must see every gap calls
 * next_burst() for the samples of a view before it releases them.
 *
 * Ownership: refers to the device, which must outlive the reader. One reader for each device.
 * Threading: one thread; wake() may be called by any thread, and release() by one other.
 * Errors: the constructor throws std::system_error; no other call here throws.
 */
class ZCRING_API reader final
{
public:
    //! Reads \p dev, which must outlive the reader.
    explicit reader(device& dev);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    //! Samples in the ring, of all channels.
    struct view {
        std::uint64_t samples = 0; //!< of each channel; 0: no samples are there
        std::uint64_t index = 0;   //!< of the first sample, in the stream
        std::array<const void*, max_channels> channel{}; //!< first sample of each channel
    };

    /*!
     * Waits until acquire() can return at least \p samples samples, but no longer than
     * \p timeout (negative: without a limit). A number larger than the room that the ring has
     * beside held() is reduced to that room. If the stream has ended, or the ring of
     * descriptors is full, any number of samples is enough.
     */
    status wait(std::uint64_t samples, std::chrono::nanoseconds timeout);

    //! The next samples, at most \p most of those that are there now, without waiting.
    view acquire(std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

    //! Gives back the oldest \p samples acquired samples, at most held(). May be called by
    //! another thread than the other calls, one call at a time, after next_burst() has
    //! returned all bursts of these samples that the caller needs. After a start, the first
    //! call must be wait() or acquire().
    void release(std::uint64_t samples);

    //! Samples that were acquired, or are preroll, and are not released yet.
    std::uint64_t held() const noexcept;

    //! The next burst that begins before \p index and was not returned yet, if there is one.
    //! Bursts are returned in order; a burst whose samples are all released is skipped.
    std::optional<burst> next_burst(std::uint64_t index);

    //! Makes the present call of wait(), or else the next one, return status::woken.
    void wake() noexcept;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace zcring
