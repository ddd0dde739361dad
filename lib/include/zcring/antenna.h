// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace zcring {

/*!
 * \brief The antenna that receivers hear: puts a scene, or a live feed of samples, on the air.
 *
 * An antenna is opened by its name: that of a kernel device's antenna ("/dev/zcring-antenna0", or
 * "/dev/zcring0" for the antenna of that device), that of a server (`zcring serve NAME`), or the path
 * of a server's socket. The emulator inside a process has no antenna that can be opened: use
 * `zcring serve`. One program at a time feeds an antenna, until the object is destroyed: of a kernel
 * device, from its first set_scene() or begin_feed() on; of a server, from opening on. Opening changes
 * nothing that is on the air.
 *
 * A *scene* is complete before it is on the air, and stays there. A *live feed* is written while it
 * is on the air. Its samples have indices from 0 on, the same for all channels:
 *
 * - Sample n of the feed is on the air at the n-th tick of the antenna's clock since the feed began,
 *   which is with its first sample or announced silence.
 * - The clock of a kernel device's antenna runs while its receiver streams, and goes on where it stood.
 *   That of a server's antenna runs always; with free pace, while members stream (docs/abi.md).
 * - Real pace waits for no feeder: a sample that is not written when its tick comes is silence on the
 *   air (an *underflow*, which is counted, and which the receivers flag). A sample that is written
 *   after its tick is *late*: it is counted and dropped, so that all later samples keep their ticks.
 * - Silence that silence_until() announced is no underflow.
 *
 * \code
 * zcring::antenna out("/dev/zcring-antenna0");
 * zcring::antenna::feed_options feed;
 * feed.rate = 2e6;
 * out.begin_feed(feed);
 * while (more) {
 *     out.wait_room(n, timeout);        // sleeps until n samples can be written
 *     done += out.write(channels, n);   // never waits
 * }
 * out.end_feed();
 * out.wait_taken(timeout);
 * \endcode
 *
 * Threading: one thread at a time makes the calls; status() may be called by any thread, at any time
 * after begin_feed() has returned.
 * fork(): an antenna belongs to the process that opened it; do not use it in a child.
 * Errors: std::invalid_argument for a value that is out of range; std::system_error for what the
 * system refused: EBUSY if another program feeds the antenna, ENODEV if the antenna is gone, ENODATA
 * without a feed, ENOSPC after the end of the feed. Each text names the antenna and the remedy.
 */
class ZCRING_API antenna final
{
public:
    //! Names of all antennas, as the constructor takes them: kernel devices, then running servers.
    //! None of them is opened.
    static std::vector<std::string> list();

    //! Opens the antenna \p name.
    explicit antenna(const std::string& name);
    //! Closes the antenna. A complete scene, and what was written of a feed, stay on the air; after
    //! that the antenna is silent. With free pace, a feed that has no end_feed() is lost: its
    //! receivers get a fault.
    ~antenna();
    //! The antenna that was moved from may only be destroyed or assigned to.
    antenna(antenna&&) noexcept;
    //! The same; the antenna that was here is closed.
    antenna& operator=(antenna&&) noexcept;

    //! "/dev/zcring-antenna0", or as it was opened.
    const std::string& name() const noexcept;

    //! Puts the scene of \p scene on the air: a built-in one, or a recording with its keys start,
    //! stop and loop. `rate` resamples a recording, `freq` is the frequency at the centre of what
    //! tells none (default 100e6 Hz); the device of the receiver and all other keys must not be
    //! set. Throws as the constructor of device does for a recording.
    void set_scene(const arguments& scene);

    //! Samples that are no file: their format, and what a recording's metadata would say.
    struct scene_options {
        zcring::format format = zcring::format::sc16; //!< of the samples
        double rate = 1e6;                            //!< samples a second, 0.001 to 1e10
        double freq = 100e6;                          //!< Hz at the centre, -1e12 to 1e12
        unsigned channels = 1;                        //!< 1 to max_channels
        looping loop = looping::yes; //!< whether the scene begins again at its end, or ends
    };
    //! Puts \p samples samples of each channel on the air, at most 2^30 bytes in all. \p channels
    //! points to one array for each channel. Floats beyond full scale are clipped.
    void
    set_scene(const scene_options& options, const void* const* channels, std::uint64_t samples);

    //! A live feed.
    struct feed_options {
        zcring::format format = zcring::format::sc16; //!< of the samples that are written
        double rate = 1e6;                            //!< samples a second, 0.001 to 1e10
        double freq = 100e6;                          //!< Hz at the centre, -1e12 to 1e12
        unsigned channels = 1;                        //!< 1 to max_channels
        //! Samples of each channel that can be written ahead, at least; 0: a second, but at most
        //! 64 MiB of all channels.
        std::uint64_t buffer_samples = 0;
    };
    //! Begins a new feed in place of what is on the air. A scene that was there before ends.
    void begin_feed(const feed_options& options);

    //! Sleeps until write() would take \p wanted samples, \p wake_fd is readable, or \p timeout has
    //! passed (negative: no limit). More than a quarter of the buffer counts as a quarter. Returns
    //! how many samples write() takes now, at least \p wanted; 0 after the timeout or a wake-up.
    std::uint64_t
    wait_room(std::uint64_t wanted, std::chrono::nanoseconds timeout, int wake_fd = -1);

    //! Writes the next samples, at most \p samples; never waits. \p channels points to one array for
    //! each channel of the feed. Returns how many samples were taken, late ones among them.
    std::uint64_t write(const void* const* channels, std::uint64_t samples);

    //! Announces that nothing is sent before the sample \p index, which will be the next one that
    //! is written. Throws std::invalid_argument for an index before feed_status::position, or more
    //! than 2^60 samples ahead. Never waits, and needs no room.
    void silence_until(std::uint64_t index);

    //! The feed ends with what was written or announced: the receivers' streams stop after it.
    void end_feed();

    //! Sleeps until the antenna has taken all that was written or announced, \p wake_fd is readable,
    //! or \p timeout has passed (negative: no limit). Returns whether all is taken.
    bool wait_taken(std::chrono::nanoseconds timeout, int wake_fd = -1);

    //! How a feed goes on. One consistent view is not promised: the antenna's clock runs meanwhile.
    struct feed_status {
        std::uint64_t position = 0;       //!< index of the next sample to be written
        std::uint64_t clock = 0;          //!< index of the next sample that the antenna takes
        std::uint64_t time_ns = 0;        //!< time of day at #clock; 0 while the clock does not run
        std::uint64_t buffer_samples = 0; //!< that the buffer of each channel holds
        std::uint64_t late_samples = 0;   //!< written after their tick, and dropped
        std::uint64_t underflow_samples = 0; //!< silent on the air, because they were not written
        std::uint64_t underflow_count = 0;   //!< runs of such samples, each counted once
        bool is_running = false;             //!< whether a receiver streams
        bool has_ended = false;              //!< whether end_feed() was called
    };
    //! The feed that is on the air.
    feed_status status() const;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace zcring
