/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/sync_block.h>
#include <gnuradio/zcring/api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gr {
namespace zcring {

//! The values that a setting can have: from min to max, both included, in steps.
struct range {
    double min;  //!< smallest value
    double max;  //!< largest value
    double step; //!< 0: any value
};

/*!
 * \brief Samples from a zcring: a DMA ring of the kernel driver, or of the emulator.
 * \ingroup zcring
 *
 * The source has one output for each channel. Every output must be connected; all outputs are
 * aligned, sample by sample.
 *
 * \section zcring_source_errors Errors
 * Every call that touches a device throws std::system_error once the device is gone. With
 * on_device_lost="wait", values of rate, frequency, gain, bandwidth and noise are instead stored, and
 * applied when the device returns; but a setter while a command time is set, and a message with a
 * time, is refused until then. In the child of a fork(), the same calls throw
 * std::system_error, and a flowgraph ends with no samples: make the source after fork().
 *
 * \section zcring_source_types Types
 * - `fc32`: complex float, full scale 1.0 (8 bytes an item)
 * - `sc16`: complex 16-bit integers, full scale 32768 (4 bytes an item)
 * - `sc8`: complex 8-bit integers, full scale 128 (2 bytes an item)
 *
 * The ring has the same format, unless the arguments contain `format=`. With another format, each
 * sample is converted once by VOLK, straight from the ring.
 *
 * \section zcring_source_tags Stream tags
 * The tags have gr-uhd's names and types. They are on the first item of a stream, and again exactly
 * on the first item for which a new value holds:
 * - `rx_time`: tuple of full seconds since 1970 (uint64) and fraction of a second (double)
 * - `rx_rate`: samples a second (double)
 * - `rx_freq`: tuned frequency in Hz (double)
 * - `rx_lost`: samples lost just before this item (uint64); only after a gap
 *
 * Their srcid is the block's alias.
 *
 * \section zcring_source_messages Message ports
 * - `command` (in): a dict, or a pair of one key and its value, with gr-uhd's keys. `freq` (Hz),
 *   `gain` (dB), `rate` (samples a second), `bandwidth` (Hz): the new value. `noise`, which gr-uhd
 *   does not have: dB of full scale, or the symbol `none`. `tune`: a pair, whose first number is as
 *   `freq` and whose second is ignored. `chan`: the channel from 0, or -1 for
 *   all channels, the default. `time`: a pair of full seconds (uint64) and fraction (double); all
 *   values take effect together, at the first sample that is not before this time, by the
 *   device's clock when the message is handled. Without `time` they take effect
 *   at the next sample. `tag`: all tags on that sample, though nothing changes. gr-uhd's keys for
 *   hardware (`antenna`, `direction`, `dsp_freq`, `gpio`, `lo_freq`, `lo_offset`, `mboard`,
 *   `mtune`, `pc_clock_resync`, `power_dbm`) are ignored with one warning, and the other keys are
 *   applied. A message with a mistake changes nothing; each different reason is logged once.
 * - `async_msgs` (out): dicts of `event`, `item` (uint64, the item's offset) and `time` (as
 *   `rx_time`). `overflow`: `lost` (uint64); `overload`: `clipped` (uint64), the samples that were
 *   clipped since the event before, at most once a second; `retune`: `chan`, `freq`, `gain`,
 *   `bandwidth`; `rate`: `rate`; `device_lost` and `device_back`, which have no `time`: `device`
 * - `telemetry` (out): telemetry() as a dict, as often as set_telemetry_interval() sets
 *
 * \section zcring_source_log Warnings
 * The log says when samples are lost or clipped, each at most once a second. It also says when a
 * channel receives nothing of the scene, because it is tuned beyond the band of a recording or too
 * far from the tone: once for each tuning, with the band of the scene.
 *
 * \section zcring_source_stop Stopping and starting
 * stop() and start() of a flowgraph begin a new stream, with the tags on its first item. lock() and
 * unlock() do so too, because the runtime then drops the samples in its buffers.
 *
 * \section zcring_source_counters GNU Radio's performance counters
 * Where samples are copied, one call of work() may produce several pieces, each of which the
 * readers get at once. The runtime does not count the items of such a call: `pc_nproduced()` is
 * then negative, and `pc_throughput_avg()` counts what was asked for, not what was produced. The
 * other counters hold. nitems_written() and telemetry() count every item.
 */
class GR_ZCRING_API source : virtual public gr::sync_block
{
public:
    //! How flowgraphs hold the block.
    using sptr = std::shared_ptr<source>;

    //! For the parameter chan of setters: all channels.
    static constexpr int all_channels = -1;

    /*!
     * \brief Opens the device.
     *
     * \param args which device to open, and its settings, as items with commas between them:
     *        - `device=PATH`: a kernel device, such as /dev/zcring0, or the socket of a server;
     *          device=NAME: the server that `zcring serve NAME` has started
     *        - `emulator`: the emulator, inside this process; without device= and emulator: the
     *          first /dev/zcring* that can be opened, else the emulator
     *        - `format=` sc8, sc16 or fc32 (default the type of the items): sample type of the
     *          ring
     *        - `noise=` -150 to 0 or none (default -80): RMS of the noise that the receiver adds, in
     *          dB of full scale; the default is none with another scene than tone, and with
     *          dma=resident
     *        - `ring_bytes=` 4096 to 1073741824 (default 8388608): bytes of the ring of one
     *          channel, a power of two
     *        - `interval_us=` 100 to 60000000 (default 50000): microseconds between bursts
     *        - `scene=` tone, noise, counter or FILE.sigmf-meta (default tone): the signal at the
     *          antenna; a recording has the datatype cu8, ci8, ci16_le or cf32_le, is resampled
     *          to rate=, and sets rate= and freq= where they are not given
     *        - `start=` 0 to 1000000000 (default 0): where a recording starts playing, in seconds
     *          from its first sample
     *        - `stop=` 0 to 1000000000: where a recording stops playing, in seconds from its
     *          first sample; without stop= at its end
     *        - `loop=` yes or no (default yes): whether a recording begins again where it has
     *          ended
     *        - `dma=` copy or resident (default copy): the DMA engine writes every burst, or
     *          writes the ring once and then only moves the head
     *        - `pace=` real or free (default real): samples arrive by the computer's clock, or as
     *          fast as they are read (emulator and zcring serve)
     *        - `seed=` 0 to 18446744073709551615 (default 0): seed of all random values
     *        - `member`: the receiver is a member: a server with free pace waits for it, so that
     *          it loses no samples
     *        - `quorum=` 1 to 64: how many members a server must have before a stream of this
     *          member begins; without quorum= 1
     *        - `patience=` 0 to 86400: seconds for which other members wait for this one while its
     *          ring is full; 0: for ever; without patience= 5
     * \param type of the items: "fc32", "sc16" or "sc8"
     * \param nchan number of channels, 1 to 8
     * \param samp_rate samples a second, 0.001 to 1e10; a recording is resampled to it when it is
     *        opened
     * \param center_freq tuned frequency of every channel in Hz, -1e12 to 1e12
     * \param gain of every channel in dB, -60 to 60
     * \param zero_copy whether the output buffers are the ring itself: "auto" (where the ring has
     *        the items' format, and holds enough samples and bursts for the source's
     *        output_multiple and for the blocks downstream), "on" (an error where that is not
     *        possible) or "off" (each sample is copied once)
     * \param on_device_lost what happens when the device goes away, once all samples that it left
     *        in the ring are read: "stop" ends the flowgraph; "wait" looks for the device until it
     *        returns, sets it up as before, and continues after a gap, whose `rx_lost` follows from
     *        the device's clock. "wait" requires zero_copy "off", or "auto", which is "off" then
     * \param out_of_range what a setter, and this call, does with a rate, frequency, gain,
     *        bandwidth or noise that cannot be set: "error" throws; "clip" sets the nearest
     *        allowed value, or leaves a setting that the device refuses as it is, and logs one
     *        warning for each different cause. Companion passes "clip", because an exception in the slot of a widget
     *        ends the program
     *
     * \throws std::invalid_argument if a parameter is out of its range, or contradicts the same
     *         setting in \p args
     * \throws std::system_error if the device cannot be opened; the text names the remedy
     */
    static sptr make(const std::string& args = "",
                     const std::string& type = "fc32",
                     unsigned nchan = 1,
                     double samp_rate = 1e6,
                     double center_freq = 100e6,
                     double gain = 0.0,
                     const std::string& zero_copy = "auto",
                     const std::string& on_device_lost = "stop",
                     const std::string& out_of_range = "error");

    /*!
     * Sets the sample rate of all channels, from the next sample on.
     * \param rate samples a second, 0.001 to 1e10; with a recording, one of
     *        get_samp_rate_list()
     * \throws std::invalid_argument if \p rate is out of range; nothing has changed then
     * \throws std::system_error if the recording cannot play at \p rate; nothing has changed then
     */
    virtual void set_samp_rate(double rate) = 0;

    /*!
     * Tunes one channel or all channels, from the next sample on.
     * \param freq Hz, -1e12 to 1e12
     * \param chan channel from 0, or all_channels
     * \throws std::invalid_argument if a value is out of range; nothing has changed then
     */
    virtual void set_center_freq(double freq, int chan = all_channels) = 0;

    /*!
     * Sets the gain, from the next sample on.
     * \param gain dB, -60 to 60
     * \param chan channel from 0, or all_channels
     * \throws std::invalid_argument if a value is out of range; nothing has changed then
     */
    virtual void set_gain(double gain, int chan = all_channels) = 0;

    /*!
     * Sets the bandwidth of all channels, from the next sample on. Events report the bandwidth; the
     * signal is not filtered.
     * \param bandwidth Hz, 0 to 1e12; 0: not limited
     * \throws std::invalid_argument if \p bandwidth is out of range; nothing has changed then
     */
    virtual void set_bandwidth(double bandwidth) = 0;

    /*!
     * Sets the level of the noise that the receiver adds to all channels before the ADC, from the
     * next sample on.
     * \param level RMS in dB of full scale, -150 to 0; minus infinity: no noise
     * \throws std::invalid_argument if \p level is out of range; nothing has changed then
     */
    virtual void set_noise(double level) = 0;

    /*!
     * Sets the device's time, from the next sample on. Until then it is the computer's.
     * \param time_ns ns since 1970-01-01 00:00 UTC
     */
    virtual void set_time_now(std::uint64_t time_ns) = 0;

    /*!
     * Delays the next start of the flowgraph, and only that one: its first sample is not before
     * this time of the device, and hardly after it; `rx_time` has the exact time. With a time that
     * has passed, which is logged, the flowgraph starts at once.
     * \param time_ns ns since 1970-01-01 00:00 UTC; 0: the next start is not delayed
     * \throws std::invalid_argument if the time is more than a day ahead
     */
    virtual void set_start_time(std::uint64_t time_ns) = 0;

    /*!
     * Has the setters of rate, frequency, gain, bandwidth and noise take effect at this time of the
     * device, until clear_command_time(): at the first sample that is not before it. With a time
     * that has passed they take effect at the next sample. Messages are not affected.
     *
     * Each setter turns the time into a sample clock when it is called, by the rate and the time
     * that hold then. A change of the rate that takes effect before that sample, by a timed
     * set_samp_rate() too, moves the sample's time: after a lower rate it is later than asked for,
     * after a higher rate earlier.
     *
     * While a command time is set, these setters throw std::system_error if no stream runs.
     * \param time_ns ns since 1970-01-01 00:00 UTC
     */
    virtual void set_command_time(std::uint64_t time_ns) = 0;
    //! Has the setters take effect at the next sample again.
    virtual void clear_command_time() = 0;

    /*!
     * Sends telemetry() at the port `telemetry` while the flowgraph runs.
     * \param seconds between two messages, 0.001 to 86400; 0: none are sent
     * \throws std::invalid_argument if \p seconds is out of range
     */
    virtual void set_telemetry_interval(double seconds) = 0;

    //! Samples a second.
    virtual double samp_rate() const = 0;
    //! Tuned frequency of \p chan in Hz. Throws std::invalid_argument if there is no such channel.
    virtual double center_freq(int chan = 0) const = 0;
    //! Gain of \p chan in dB. Throws std::invalid_argument if there is no such channel.
    virtual double gain(int chan = 0) const = 0;
    //! Bandwidth of all channels in Hz; 0: not limited.
    virtual double bandwidth() const = 0;
    //! Level of the noise that the receiver adds, RMS in dB of full scale; minus infinity: none.
    virtual double noise() const = 0;
    //! The device's time, ns since 1970-01-01 00:00 UTC.
    virtual std::uint64_t time_now() const = 0;

    /*!
     * \name gr-uhd's names
     * The same getters by the names that gr-uhd gives them, and the ranges of the settings. Those
     * with a channel throw std::invalid_argument if there is no such channel.
     * \{
     */
    //! Samples a second.
    double get_samp_rate() const { return samp_rate(); }
    //! Tuned frequency of \p chan in Hz.
    double get_center_freq(int chan = 0) const { return center_freq(chan); }
    //! Gain of \p chan in dB.
    double get_gain(int chan = 0) const { return gain(chan); }
    //! Bandwidth of all channels in Hz; 0: not limited.
    double get_bandwidth(int chan = 0) const
    {
        gain(chan); // throws
        return bandwidth();
    }
    //! Level of the noise that the receiver adds, RMS in dB of full scale; minus infinity: none.
    double get_noise() const { return noise(); }
    //! Samples a second, from the smallest rate to the largest. With a recording, only the rates of
    //! get_samp_rate_list() can be set.
    virtual range get_samp_rate_range() const = 0;
    //! The same, by gr-uhd's name.
    range get_samp_rates() const { return get_samp_rate_range(); }
    //! The rates that a recording can play at, in samples a second, from the largest on: its own
    //! rate, or that to which it was resampled when it was opened, divided by 1 to 64. Empty with a
    //! built-in scene, which has every rate of get_samp_rate_range().
    virtual std::vector<double> get_samp_rate_list() const = 0;
    //! Hz.
    virtual range get_freq_range(int chan = 0) const = 0;
    //! dB.
    virtual range get_gain_range(int chan = 0) const = 0;
    //! Hz; 0: not limited.
    virtual range get_bandwidth_range(int chan = 0) const = 0;
    //! dB of full scale; minus infinity, no noise, can be set too.
    virtual range get_noise_range() const = 0;
    //! \}

    /*!
     * \brief Counters of the stream, zero when it starts.
     *
     * `produced_bytes`, `consumed_bytes`, `overflow_bytes` (over all channels);
     * `overflow_count` (gaps); `sample_clock`, `produced_samples`, `consumed_samples`,
     * `lost_samples` (of each channel); `bursts`; `clipped_samples` (over all channels);
     * `feed_underflow_samples`, `feed_underflow_count` (silence of a live feed that was late);
     * `demotions` (to a listener of a free-pace stream). To the sample, at every moment:
     * `sample_clock = produced_samples + lost_samples`.
     */
    virtual std::map<std::string, std::uint64_t> telemetry() const = 0;

    /*!
     * \brief Histogram of the time from a burst's interrupt until work() returned with its samples.
     *
     * The map has the number of bursts of each bucket, by the bucket's lower edge in ns; there are
     * 16 buckets an octave, and empty ones are left out. It counts the newest burst of each call of
     * work() since the stream started. It is empty with pace=free, which has no interrupts.
     */
    virtual std::map<std::uint64_t, std::uint64_t> latency_histogram() const = 0;

    //! Name of the opened device: "/dev/zcring0", or "emulator".
    virtual std::string device() const = 0;

    //! Whether the output buffers are the ring itself.
    virtual bool is_zero_copy() const = 0;

    /*!
     * \name Fault injection
     * What hardware does on bad days only, on demand, to see how a flowgraph copes. On a kernel
     * device the faults go through debugfs and need root; otherwise they throw std::system_error,
     * which names the remedy. All but inject_unplug() and inject_plug() throw std::system_error
     * while no stream runs: start the flowgraph first. Those two act on the device, before the
     * start too. A duration is in seconds, up to a day; out of range it throws
     * std::invalid_argument.
     * \{
     */
    //! No burst comes for \p seconds, and then all samples at once; samples for which the ring has
    //! no room are lost. Does nothing with pace=free.
    virtual void inject_stall(double seconds) = 0;
    //! The next \p samples of each channel are lost.
    virtual void inject_drop(std::uint64_t samples) = 0;
    //! The device's time jumps at the next sample; back, if \p seconds are negative.
    virtual void inject_clock_jump(double seconds) = 0;
    //! The device is gone.
    virtual void inject_unplug() = 0;
    //! The device is back, for on_device_lost="wait" or the next start.
    virtual void inject_plug() = 0;
    //! This block takes no samples for \p seconds.
    virtual void inject_slow_consumer(double seconds) = 0;
    //! \}
};

} // namespace zcring
} // namespace gr
