// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/device.h>

#include <chrono>
#include <memory>

namespace zcring {

//! What a call of reader found.
enum class status {
    data,    //!< samples, joined to the ones before
    gap,     //!< samples; some were lost just before the first
    timeout, //!< none in time
    woken,   //!< none; wake() was called
    stopped, //!< none, and none will come: the stream is stopped
    fault,   //!< none, and none will come: the stream ended by an error
    gone,    //!< none, and none will come: the device is gone
};

//! "data", "gap", …
ZCRING_API const char* to_string(status s) noexcept;

/*!
 * \brief Reads a device's samples where they lie.
 *
 *     reader in(dev);
 *     dev.start();
 *     while (in.wait(1, 100ms) <= status::gap) { // data, or a gap and then data
 *         reader::view v = in.acquire();
 *         use(v.channel[0], v.samples);
 *         in.release(v.samples);
 *     }
 *
 * Views: acquire() hands out each sample once; release() gives the oldest back. A view
 * stays good until its samples are released or the stream is started anew, and is never
 * overwritten before; several may be held at once. While samples are there, no call here
 * makes a system call.
 *
 * Gaps: a view ends where samples were lost, so that the samples within one view always
 * follow each other; the next view then begins with the gap (view::lost).
 *
 * Ownership: refers to the device, which must outlive it. One reader for each device.
 * Threading: one thread; wake() may come from any, and release() from one other.
 * Errors: the constructor throws std::system_error; nothing else here throws.
 */
class ZCRING_API reader final
{
public:
    explicit reader(device& dev);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    struct view {
        std::uint64_t samples = 0;                       //!< of each channel; 0: nothing is there
        std::uint64_t index = 0;                         //!< of the first, in the stream
        std::uint64_t lost = 0;                          //!< samples lost just before the first
        std::array<const void*, max_channels> channel{}; //!< first sample of each channel
    };

    /*!
     * Waits until at least \p samples are there to be handed out, but no longer than
     * \p timeout (negative: for ever). More than the ring has room for beside held() counts
     * as that much. Where the stream has ended, or the ring of descriptors is full, what
     * is there counts, however little.
     */
    status wait(std::uint64_t samples, std::chrono::nanoseconds timeout);

    //! The next samples, at most \p most of those that are there now, without waiting.
    view acquire(std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

    //! Gives back the oldest \p samples that were handed out, at most held(). May be called
    //! by another thread than the rest, one at a time, once next_burst() has told what is to
    //! be told of these samples. After a start, wait() or acquire() comes first.
    void release(std::uint64_t samples);

    //! Samples that were handed out, or lay there as preroll, and are not given back.
    std::uint64_t held() const noexcept;

    //! The next burst that begins before \p index and has not been told yet, if any. Bursts
    //! are told in order; those of which every sample has been released are skipped.
    std::optional<burst> next_burst(std::uint64_t index);

    //! Makes a wait() that is going on, or else the next one, return status::woken.
    void wake() noexcept;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace zcring
