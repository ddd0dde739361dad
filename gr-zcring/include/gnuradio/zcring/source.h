/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/sync_block.h>
#include <gnuradio/zcring/api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace gr {
namespace zcring {

/*!
 * \brief Samples from a zcring: a DMA ring of the kernel driver, or of the emulator.
 * \ingroup zcring
 *
 * One output for each channel, each of which has to be connected; all are aligned, sample
 * by sample. Every call that touches a device throws std::system_error once it is gone; but
 * what sets rate, frequency, gain or bandwidth of a device that is waited for is kept for it.
 *
 * \section zcring_source_types Types
 * - `fc32`: complex float, full scale 1.0 (8 bytes an item)
 * - `sc16`: complex 16-bit integers, full scale 32768 (4 bytes an item)
 * - `sc8`: complex 8-bit integers, full scale 128 (2 bytes an item)
 *
 * The ring has the same format, unless the arguments say `format=`; then each sample is
 * converted once, straight from the ring, by VOLK.
 *
 * \section zcring_source_tags Stream tags
 * On the first item of a stream, and exactly at the first item from which on they hold,
 * as gr-uhd's:
 * - `rx_time`: tuple of full seconds since 1970 (uint64) and fraction of a second (double)
 * - `rx_rate`: samples a second (double)
 * - `rx_freq`: tuned frequency in Hz (double)
 * - `rx_lost`: samples lost just before this item (uint64); only after a gap
 *
 * Their srcid is the block's alias.
 *
 * \section zcring_source_messages Message ports
 * - `command` (in): a dict, or a pair of one key and its value, as gr-uhd's. `freq` (Hz),
 *   `gain` (dB), `rate` (samples a second), `bandwidth` (Hz); `chan`, the channel from 0, or
 *   -1 for all, which is also the default; `time`, a pair of full seconds (uint64) and
 *   fraction (double): all of it takes effect together, at the first sample that is not
 *   before it, by the clock as it is when the message is handled, else at the next; `tag`: all
 *   tags at that sample, though nothing changes, by the clock as it is then. What is not
 *   right is logged, with what is allowed, and changes nothing.
 * - `async_msgs` (out): dicts of `event`, `item` (uint64, its offset) and, but for the last
 *   two, `time` (as `rx_time`). `overflow`: `lost` (uint64); `retune`: `chan`, `freq`,
 *   `gain`, `bandwidth`; `rate`: `rate`; `device_lost` and `device_back`: `device`
 * - `telemetry` (out): telemetry() as a dict, if set_telemetry_interval() asks for it
 *
 * \section zcring_source_stop Stopping and starting
 * stop() and start() of a flowgraph begin a new stream, with the tags on its first item.
 * So do lock() and unlock(), as the runtime drops what lies in its buffers then.
 */
class GR_ZCRING_API source : virtual public gr::sync_block
{
public:
    using sptr = std::shared_ptr<source>;

    static constexpr int all_channels = -1;

    /*!
     * \brief Opens the device.
     *
     * \param args which device to open, and its settings, as items with commas between them:
     *        - `device=PATH`: a kernel device, such as /dev/zcring0
     *        - `emulator`: the emulator, inside this process; without device= and emulator: the
     *          first /dev/zcring* that can be opened, else the emulator
     *        - `format=` sc8, sc16 or fc32 (default the type of the items): sample type of the
     *          ring
     *        - `ring_bytes=` 4096 to 1073741824 (default 8388608): bytes of the ring of one
     *          channel, a power of two
     *        - `interval_us=` 100 to 60000000 (default 50000): microseconds between bursts
     *        - `scene=` tone, noise, counter or FILE.sigmf-meta (default tone): the signal at the
     *          antenna; a recording has the datatype cu8, ci8, ci16_le or cf32_le, and sets rate=
     *          and freq= where they are not given
     *        - `dma=` copy or resident (default copy): the DMA engine writes every burst, or
     *          writes the ring once and then only moves the head
     *        - `pace=` real or free (default real): samples arrive by the computer's clock, or as
     *          fast as they are read (emulator only)
     *        - `seed=` 0 to 18446744073709551615 (default 0): seed of all random values
     * \param type of the items: "fc32", "sc16" or "sc8"
     * \param nchan channels, 1 to 8
     * \param samp_rate samples a second, 0.001 to 1e10; with a recorded scene, the recording's
     * \param center_freq tuned frequency of every channel in Hz, -1e12 to 1e12
     * \param gain of every channel in dB, -60 to 60
     * \param zero_copy whether the output buffers shall be the ring itself: "auto" (where the
     *        ring has the items' format and takes enough items, in memory and in bursts,
     *        for the blocks behind), "on" (an error where it cannot be) or "off" (each
     *        sample is copied once)
     * \param on_device_lost what to do when the device goes away, once all that it left in
     *        the ring is read: "stop" ends the flowgraph; "wait" looks for the device until
     *        it is back, sets it up as it was, and goes on behind the gap, whose `rx_lost`
     *        is what the clock says. It needs zero_copy off, which "auto" then is
     *
     * \throws std::invalid_argument if a parameter is out of its range, or contradicts the
     *         same setting in \p args
     * \throws std::system_error if the device cannot be opened; it names the remedy
     */
    static sptr make(const std::string& args = "",
                     const std::string& type = "fc32",
                     unsigned nchan = 1,
                     double samp_rate = 1e6,
                     double center_freq = 100e6,
                     double gain = 0.0,
                     const std::string& zero_copy = "auto",
                     const std::string& on_device_lost = "stop");

    /*!
     * Sets the sample rate of all channels, from the next sample on.
     * \param rate samples a second, 0.001 to 1e10
     * \throws std::invalid_argument if it is out of range; nothing has changed then
     * \throws std::system_error if a recorded scene, which has its own rate, is on the air
     */
    virtual void set_samp_rate(double rate) = 0;

    /*!
     * Tunes, from the next sample on.
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
     * Sets the bandwidth of all channels, from the next sample on. It is told in commands and
     * events, and not simulated.
     * \param bandwidth Hz, 0 to 1e12; 0: not limited
     * \throws std::invalid_argument if it is out of range; nothing has changed then
     */
    virtual void set_bandwidth(double bandwidth) = 0;

    /*!
     * Sets the device's time, from the next sample on. Until then it is the computer's.
     * \param time_ns ns since 1970-01-01 00:00 UTC
     */
    virtual void set_time_now(std::uint64_t time_ns) = 0;

    /*!
     * Has the next start of the flowgraph, and no other, wait: its first sample is not before
     * this time of the device, and hardly after it; rx_time tells. In the past, which is
     * logged, it is at once.
     * \param time_ns ns since 1970-01-01 00:00 UTC; 0: the next start does not wait
     * \throws std::invalid_argument if that is more than a day ahead
     */
    virtual void set_start_time(std::uint64_t time_ns) = 0;

    /*!
     * Sends telemetry() at the port `telemetry`, so often while the flowgraph runs.
     * \param seconds between two messages, 0.001 to 86400; 0: none are sent
     * \throws std::invalid_argument if it is out of range
     */
    virtual void set_telemetry_interval(double seconds) = 0;

    //! Samples a second.
    virtual double samp_rate() const = 0;
    //! Tuned frequency of \p chan in Hz. Throws std::invalid_argument for no channel.
    virtual double center_freq(int chan = 0) const = 0;
    //! Gain of \p chan in dB. Throws std::invalid_argument for no channel.
    virtual double gain(int chan = 0) const = 0;
    //! Hz; 0: not limited.
    virtual double bandwidth() const = 0;
    //! The device's time, ns since 1970-01-01 00:00 UTC.
    virtual std::uint64_t time_now() const = 0;

    /*!
     * \brief Counters of the stream, zero when it starts.
     *
     * `produced_bytes`, `consumed_bytes`, `overflow_bytes` (over all channels);
     * `overflow_count` (gaps); `sample_clock`, `produced_samples`, `consumed_samples`,
     * `lost_samples` (of each channel); `bursts`. To the sample, at every moment:
     * `sample_clock = produced_samples + lost_samples`.
     */
    virtual std::map<std::string, std::uint64_t> telemetry() const = 0;

    /*!
     * \brief How long it took from a burst's interrupt until work() returned with it.
     *
     * How many bursts each bucket has, by the bucket's lower edge in ns; 16 buckets an
     * octave, empty ones left out. Of the stream since it started, and of the newest burst
     * of each call of work(); empty with pace=free, where nothing interrupts.
     */
    virtual std::map<std::uint64_t, std::uint64_t> latency_histogram() const = 0;

    //! What was opened: "/dev/zcring0", or "emulator".
    virtual std::string device() const = 0;

    //! Whether the output buffers are the ring itself.
    virtual bool is_zero_copy() const = 0;

    /*!
     * \name Faults on demand
     * What hardware does on its bad days, to see what a flowgraph makes of it. On a kernel
     * device they go through debugfs and need root; else they throw std::system_error, which
     * names the remedy, as the first three do while no stream runs. A duration is in seconds, up to
     * a day; out of range it throws std::invalid_argument.
     * \{
     */
    //! No burst comes for so long, and then all at once; what the ring has no room for is
    //! lost. Nothing stalls with pace=free.
    virtual void inject_stall(double seconds) = 0;
    //! The next \p samples of each channel are lost.
    virtual void inject_drop(std::uint64_t samples) = 0;
    //! The device's time jumps at the next sample; back, if \p seconds are negative.
    virtual void inject_clock_jump(double seconds) = 0;
    //! The device is gone.
    virtual void inject_unplug() = 0;
    //! The device is back, for on_device_lost="wait" or the next start.
    virtual void inject_plug() = 0;
    //! This block takes no samples for so long.
    virtual void inject_slow_consumer(double seconds) = 0;
    //! \}
};

} // namespace zcring
} // namespace gr
