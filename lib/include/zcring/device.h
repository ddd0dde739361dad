// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zcring {

class session;
class settings;

/*!
 * \brief A source of samples: a kernel device, a receiver of a server, or the emulator inside this
 * process.
 *
 * Opened by an argument string, which is a list of items with commas between them:
 *
 * - `device=PATH`: a kernel device, such as /dev/zcring0, or the socket of a server; device=NAME: the
 *   server that `zcring serve NAME` has started
 * - `emulator`: the emulator; without device= and emulator: the first /dev/zcring* that can be
 *   opened, else the emulator
 * - `format=` sc8, sc16 or fc32 (default sc16): sample type of the ring
 * - `channels=` 1 to 8 (default 1): number of channels
 * - `rate=` 0.001 to 1e10 (default 1e6): samples a second
 * - `freq=` -1e12 to 1e12 (default 100e6): Hz, of every channel
 * - `gain=` -60 to 60 (default 0): dB, of every channel
 * - `noise=` -150 to 0 or none (default -80): RMS of the noise that the receiver adds, in dB of
 *   full scale; the default is none with another scene than tone, and with dma=resident
 * - `ring_bytes=` 4096 to 1073741824 (default 8388608): bytes of the ring of one channel, a power
 *   of two
 * - `interval_us=` 100 to 60000000 (default 50000): microseconds between bursts
 * - `scene=` tone, noise, counter or FILE.sigmf-meta (default tone): the signal at the antenna; a
 *   recording has the datatype cu8, ci8, ci16_le or cf32_le, is resampled to rate=, and sets rate=
 *   and freq= where they are not given
 * - `start=` 0 to 1000000000 (default 0): where a recording starts playing, in seconds from its
 *   first sample
 * - `stop=` 0 to 1000000000: where a recording stops playing, in seconds from its first sample;
 *   without stop= at its end
 * - `loop=` yes or no (default yes): whether a recording begins again where it has ended
 * - `dma=` copy or resident (default copy): the DMA engine writes every burst, or writes the ring
 *   once and then only moves the head
 * - `pace=` real or free (default real): samples arrive by the computer's clock, or as fast as
 *   they are read (emulator and zcring serve)
 * - `seed=` 0 to 18446744073709551615 (default 0): seed of all random values
 * - `member`: the receiver is a member: a server with free pace waits for it, so that it loses no
 *   samples
 * - `quorum=` 1 to 64: how many members a server must have before a stream of this member begins;
 *   without quorum= 1
 * - `patience=` 0 to 86400: seconds for which other members wait for this one while its ring is full;
 *   0: for ever; without patience= 5
 *
 * A setting that is not given stays as the device has it; the emulator begins with the
 * defaults. argument_table() has the same table for a program.
 *
 * Ownership: the device owns the mapped ring. The views of a reader are valid no longer than
 * the device.
 * Threading: one thread streams (through a reader). This thread makes the calls start(),
 * resume() and reopen(), or another thread makes them while no call of the reader runs. Any
 * thread may make every other call of this class, except the constructor, the destructor and
 * moving. No call waits for data.
 * fork(): a device belongs to the process that opened it. In a child process, every call that
 * reaches the device throws std::system_error (EOPNOTSUPP), reader::wait() returns
 * status::fault, and the destructor returns at once; the parent's stream is not disturbed. Open
 * the device in the child. A kernel device stays in use (EBUSY) after the parent has closed it,
 * until the child exits, calls exec() or destroys its copy of the device: the child inherits the
 * file descriptor and the mappings. So does a server's receiver, but only if the parent was killed;
 * the child does not inherit its mappings. Where the system lacks MADV_WIPEONFORK, the library does
 * not recognize a child; the child must then not use the device.
 * Errors: the constructor throws std::invalid_argument (the string is wrong; names the values
 * allowed) or std::system_error (the system refused; names the path and the remedy).
 */
class ZCRING_API device final
{
public:
    //! Opens the device that the argument string describes, and sets it.
    explicit device(std::string_view arguments = {});
    //! The same, for arguments that are parsed already.
    explicit device(const zcring::arguments& arguments);
    ~device();
    //! The device that was moved from may only be destroyed or assigned to.
    device(device&&) noexcept;
    //! The same; the device that was here is closed.
    device& operator=(device&&) noexcept;

    //! "/dev/zcring0", the server as device= names it, or "emulator".
    const std::string& name() const noexcept;
    //! Whether the device is the emulator inside this process.
    bool is_emulator() const noexcept;
    //! The number of the receiver: N of /dev/zcringN, or the one that a server gave to this device,
    //! which is another one after reopen(). 0 for the emulator.
    std::uint64_t receiver() const noexcept;

    //! Format of the samples in the ring.
    zcring::format format() const noexcept;
    //! Number of channels, 1 to max_channels.
    unsigned channels() const noexcept;
    //! Samples that one channel's ring holds: a power of two.
    std::uint64_t ring_samples() const noexcept;
    //! Bursts that the ring holds at most. While this many bursts have samples that are not
    //! released, no further burst arrives, even if the ring has room for samples.
    std::uint64_t ring_bursts() const noexcept;
    //! The ring of \p channel, mapped twice in a row, so that any run of up to
    //! ring_samples() samples is contiguous; null if there is no such channel. Read-only.
    const void* ring(unsigned channel) const noexcept;
    //! Seconds between bursts.
    double interval() const noexcept;

    //! How a new stream begins.
    struct start_options {
        std::uint64_t first_index = 0;     //!< index of its first sample
        std::uint64_t preroll_samples = 0; //!< zeros held before it; at most half of the ring
        std::uint64_t time_ns = 0;         //!< time of its first sample; 0: the time of the device
        std::uint64_t delay_ns = 0;        //!< from now to its first sample; at most a day
    };
    //! Starts a new stream: counters at zero, the ring empty. Throws std::system_error,
    //! for example if the scene cannot be played at the rate of the device.
    void start(const start_options& options);
    //! Starts a new stream at index 0, without a preroll.
    void start() { start(start_options{}); }
    //! Continues the stopped stream: samples in the ring stay there.
    void resume();
    //! Stops the stream; samples in the ring can still be read.
    void stop();

    //! Tunes the device. Throws std::invalid_argument if a value is out of range, a channel
    //! does not exist, or the command has both a sample clock and a time to take effect at,
    //! and std::system_error if the device refuses. After an exception, nothing has changed.
    void control(const command& change);
    //! The same for a device that is gone: stores \p change, and reopen() applies it. Returns
    //! false, and does nothing, if the device is not gone, or if the change cannot be stored:
    //! a change of the time, or a timed command.
    bool keep(const command& change);
    //! Hz; -1e12 to 1e12.
    void set_frequency(double hz, unsigned channels = command::all_channels);
    //! dB; -60 to 60.
    void set_gain(double db, unsigned channels = command::all_channels);
    //! Samples a second; 0.001 to 1e10. With a recording, one of rates(): any other rate throws
    //! std::system_error (ERANGE), and needs the device to be opened again.
    void set_rate(double hz);
    //! Level of the noise that the receiver adds to every channel before the ADC: RMS in dB of full
    //! scale, -150 to 0; minus infinity: none.
    void set_noise(double db);

    /*!
     * Puts the scene of \p scene on the air in place of the one before, also while the device streams: a
     * built-in one, or a recording with its keys start, stop and loop. `rate` resamples a recording,
     * `freq` is the frequency at the centre of what tells none (without it, that to which channel 0 is
     * tuned); no other key may be set. reopen() sets this scene again. All receivers of a server
     * receive it. The noise is that of the scene until it is set: -80 dB with the tone, none with others.
     *
     * Reads all of a recording (the emulator: as much as it needs at once), and loads it; waits up to a
     * second for the antenna of a server that another program has. After an exception, the scene
     * before is on the air. Throws std::invalid_argument if a key is not of a scene, or the recording
     * has fewer channels than the device; and std::system_error, EBUSY if another program has the
     * antenna, ERANGE if the recording has the rate of no stream that runs, EOPNOTSUPP for a board,
     * ENODEV if the device is gone, and as the system says if the recording cannot be read. Of the
     * streams of a server, those whose rate the recording does not have end by an error if another one
     * goes on.
     */
    void set_scene(const zcring::arguments& scene);

    //! The rates that can be set while the device is open, in samples a second, from the largest
    //! on: the rate of the recording, or that to which it was resampled, divided by 1 to 64. Empty:
    //! every rate from limits::rate_min to limits::rate_max.
    std::vector<double> rates() const;
    //! The frequencies that the scene has, from low to high: all others have nothing but the noise
    //! of the receiver. The bands of a recording, one for each of its frequencies, or the frequency
    //! of the tone. Empty where that is not known (of a server: the tone, and a scene that another
    //! program has set), or the scene is the same at every frequency (noise, counter).
    std::vector<band> scene_bands() const;
    //! Whether a channel that is tuned to \p frequency (Hz) receives any of the scene at \p rate
    //! (samples a second), at any time. True if the bands of the scene are not known. Less than a
    //! twentieth of the channel's band is nothing: no channel filter is steep enough there.
    bool receives(double frequency, double rate) const noexcept;

    //! How the device is tuned now. Throws std::system_error if the device is gone.
    zcring::tuning tuning() const;
    //! What the device can be set to now. Throws std::system_error if the device is gone.
    zcring::ranges ranges() const;
    //! The counters of the stream, as one consistent set. Throws std::system_error.
    zcring::telemetry telemetry() const;
    //! Samples of a recording whose I or Q was beyond full scale, and which were clamped when they
    //! were read from the file; a recording that is too long for memory is read while it plays.
    std::uint64_t clamped_scene_samples() const noexcept;

    /*!
     * Opens a device that is gone again, after it has returned. Returns false, and does
     * nothing, if the device is not gone. The reopened device is stopped, with an empty ring
     * at the same addresses. It has the geometry and the interval of the arguments, the scene that
     * was set last (a recording is read again), and the last tuning: all commands that were given or
     * took effect before the device went, then those of keep(). The time of day and timed commands
     * that waited are not restored; the emulator keeps its time. A server that has ended is a device
     * that is gone, and has returned when another server has the name.
     *
     * Afterwards, views and the memory at ring() belong to another stream: samples that were
     * not read are lost, and a reader begins anew. Throws, and the device is gone as before:
     * std::system_error, ENOENT or ENODEV if it has not returned, EBUSY if another program has
     * opened it, and as the system says if the recording cannot be read any more;
     * std::invalid_argument if the recording is another one now.
     */
    bool reopen();

    /*! \name Fault injection
     * Faults of real hardware, on demand, in the stream that runs; a new stream has none of
     * them. On a kernel device these calls need root and debugfs, and unplug() and plug()
     * affect every program that uses it; on a server they reach this receiver alone. Each call
     * throws std::system_error: EINVAL while no stream runs, ERANGE for a value out of range,
     * ENODEV after the device is gone, and ENOENT or EACCES, which name the file and the remedy.
     */
    //!@{
    //! The DMA engine delivers nothing for \p time, 0 to a day. Then all samples that the ADC
    //! took arrive at once, and those that the ring has no room for are lost in one gap. A
    //! second stall replaces the first. Does nothing with free pace.
    void stall(std::chrono::nanoseconds time);
    //! The next \p samples samples are lost, in one gap; up to 2^48 can be waiting.
    void drop(std::uint64_t samples);
    //! From the next sample on, the time of day is later by \p time (negative: earlier).
    void jump(std::chrono::nanoseconds time);
    //! The device is gone (status::gone); samples in the ring can still be read. Needs no
    //! stream.
    void unplug();
    //! The device is back, for reopen(). EEXIST if it is plugged in already.
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
