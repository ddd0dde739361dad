// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace zcring {

class session;
class settings;

/*!
 * \brief A source of samples: a kernel device, or the emulator inside this process.
 *
 * Opened by an argument string, which is a list of items with commas between them:
 *
 * - `device=PATH`: a kernel device, such as /dev/zcring0
 * - `emulator`: the emulator; without device= and emulator: the first /dev/zcring* that can be
 *   opened, else the emulator
 * - `format=` sc8, sc16 or fc32 (default sc16): sample type of the ring
 * - `channels=` 1 to 8 (default 1): number of channels
 * - `rate=` 0.001 to 1e10 (default 1e6): samples a second
 * - `freq=` -1e12 to 1e12 (default 100e6): Hz, of every channel
 * - `gain=` -60 to 60 (default 0): dB, of every channel
 * - `ring_bytes=` 4096 to 1073741824 (default 8388608): bytes of the ring of one channel, a power
 *   of two
 * - `interval_us=` 100 to 60000000 (default 50000): microseconds between bursts
 * - `scene=` tone, noise, counter or FILE.sigmf-meta (default tone): the signal at the antenna; a
 *   recording has the datatype cu8, ci8, ci16_le or cf32_le, and sets rate= and freq= where they
 *   are not given
 * - `dma=` copy or resident (default copy): the DMA engine writes every burst, or writes the ring
 *   once and then only moves the head
 * - `pace=` real or free (default real): samples arrive by the computer's clock, or as fast as
 *   they are read (emulator only)
 * - `seed=` 0 to 18446744073709551615 (default 0): seed of all random values
 *
 * A setting that is not given stays as the device has it; the emulator begins with the
 * defaults. argument_table() has the same table for a program.
 *
 * Ownership: the device owns the mapped ring. Views that a reader hands out end with it.
 * Threading: one thread streams (through a reader); start(), resume() and reopen() belong to
 * it, or to a time when no call of the reader is going on. Every other call of this class but the
 * constructor, the destructor and moving may come from any thread. None waits for data.
 * Errors: the constructor throws std::invalid_argument (the string is wrong; says what is
 * allowed) or std::system_error (the system said no; names the path and the remedy).
 */
class ZCRING_API device final
{
public:
    explicit device(std::string_view arguments = {});
    explicit device(const zcring::arguments& arguments);
    ~device();
    device(device&&) noexcept;
    device& operator=(device&&) noexcept;

    //! "/dev/zcring0", or "emulator".
    const std::string& name() const noexcept;
    bool is_emulator() const noexcept;

    zcring::format format() const noexcept;
    unsigned channels() const noexcept;
    //! Samples that one channel's ring holds: a power of two.
    std::uint64_t ring_samples() const noexcept;
    //! Bursts that the ring holds at most: with so many that are not yet released wholly,
    //! nothing more comes, however much of the ring is free.
    std::uint64_t ring_bursts() const noexcept;
    //! The ring of \p channel, mapped twice in a row, so that any run of up to
    //! ring_samples() samples lies in one piece; null for no channel. Read-only.
    const void* ring(unsigned channel) const noexcept;
    //! Seconds between bursts.
    double interval() const noexcept;

    //! What a new stream begins with.
    struct start_options {
        std::uint64_t first_index = 0;     //!< index of its first sample
        std::uint64_t preroll_samples = 0; //!< zeros held before it; at most half the ring
        std::uint64_t time_ns = 0;         //!< time of its first sample; 0: the device's
        std::uint64_t delay_ns = 0;        //!< from now to its first sample; at most a day
    };
    //! Starts a new stream: counters at zero, the ring empty. Throws std::system_error,
    //! for example if the scene's rate is not the device's.
    void start(const start_options& options);
    void start() { start(start_options{}); }
    //! Goes on where the stream stopped: nothing that lay in the ring is lost.
    void resume();
    //! Stops the stream; what lies in the ring may still be read.
    void stop();

    //! Throws std::invalid_argument if a value is out of range, a channel is not there or
    //! the command is to take effect at a sample clock and at a time, and std::system_error
    //! if the device refuses. Either way nothing has changed.
    void control(const command& change);
    //! The same for a device that is gone: reopen() has it so, once it is back. False, and
    //! nothing, where it is not gone, or the change is one that cannot wait: of the time, or
    //! ahead of time.
    bool keep(const command& change);
    //! Hz; -1e12 to 1e12.
    void set_frequency(double hz, unsigned channels = command::all_channels);
    //! dB; -60 to 60.
    void set_gain(double db, unsigned channels = command::all_channels);
    //! Samples a second; 0.001 to 1e10. A recorded scene plays at its own rate only.
    void set_rate(double hz);

    zcring::tuning tuning() const;
    zcring::telemetry telemetry() const;

    /*!
     * Opens a device that is gone again, once it is back; does nothing, and returns false,
     * for one that is there. It is stopped then, with an empty ring at the addresses of
     * before, and set up as it was: geometry, interval, the scene of the arguments (a
     * recording is read anew), and tuned as it last was, by commands that came or took
     * effect until then, or as keep() has it. Time of day and commands that waited are not
     * kept; the emulator keeps its time.
     *
     * Views and what ring() shows are another stream's from here on; what was not read is
     * lost, and a reader follows. Throws std::system_error, and the device is gone as before:
     * ENOENT or ENODEV while it is not back, EBUSY if another program was faster.
     */
    bool reopen();

    /*! \name Fault injection
     * What real hardware does on bad days only, to a stream that runs; a new one knows
     * nothing of them. On a kernel device they need root and debugfs, and unplug() and plug()
     * act on it for everybody. Each throws std::system_error: EINVAL while no stream runs,
     * ERANGE for what is out of range, ENODEV once the device is gone, and ENOENT or EACCES,
     * which name the file and the remedy.
     */
    //!@{
    //! The DMA engine delivers nothing for \p time, 0 to a day; then all that the ADC took
    //! comes at once, and what the ring has no room for is one gap. A second one takes the
    //! first's place. Does nothing at free pace.
    void stall(std::chrono::nanoseconds time);
    //! The next \p samples are lost, in one gap; up to 2^48 may wait to be.
    void drop(std::uint64_t samples);
    //! From the next sample on, the time of day is later by \p time, or earlier.
    void jump(std::chrono::nanoseconds time);
    //! The device is gone (status::gone); what is in the ring can still be read. Needs no
    //! stream.
    void unplug();
    //! It is there again, for reopen(). EEXIST where it is plugged in already.
    void plug();
    //!@}

private:
    friend class reader;
    std::unique_ptr<settings> d_settings;
    std::unique_ptr<session> d_session;
    zcring::format d_format;
    unsigned d_channels;
    double d_interval;
};

} // namespace zcring
