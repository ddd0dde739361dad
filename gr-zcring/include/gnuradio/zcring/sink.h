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
 * \brief Puts the samples of a flowgraph on the air, at an antenna that receivers hear.
 * \ingroup zcring
 *
 * The sink has one input for each channel; item n of every input is on the air at once. The antenna
 * belongs to a kernel device, or to `zcring serve`. The antenna's clock sets the pace: work() waits
 * while the antenna's buffer is full. No Throttle is needed.
 *
 * \section zcring_sink_types Types
 * - `fc32`: complex float, full scale 1.0 (8 bytes an item)
 * - `sc16`: complex 16-bit integers, full scale 32768 (4 bytes an item)
 * - `sc8`: complex 8-bit integers, full scale 128 (2 bytes an item)
 *
 * \section zcring_sink_tags Stream tags
 * The tags have gr-uhd's names and types. Those of input 0 count, those of other inputs are ignored.
 * - `tx_time`: tuple of full seconds since 1970 (uint64) and fraction of a second (double): the item
 *   is on the air at this time of the antenna, and the items behind it follow without a gap. The
 *   silence before it is announced to the antenna. Samples whose time has passed are dropped and
 *   counted as late. The sink waits for a receiver to stream where the antenna has no time before
 * - `tx_sob`: true: a burst begins with this item; without tx_time it follows at once
 * - `tx_eob`: true: a burst ends with this item; telemetry() does not count the silence behind it as
 *   underflow
 * - the length tag, if one is named: the number of items of a burst, as tx_sob and tx_eob at its ends
 *
 * Items without tx_time that come after their turn are not dropped: they are on the air 20 ms ahead
 * of the antenna's clock.
 *
 * \section zcring_sink_turnaround Silence between bursts
 * With free pace (`zcring serve NAME pace=free`), the antenna's clock waits for what is sent next: so
 * every run has the same samples. But a flowgraph that sends only after it has received something
 * would wait for ever, since nothing is received while the clock waits. For such a flowgraph, set the
 * \p turnaround: the least time from receiving to sending. Before the first item and between two
 * bursts (behind a `tx_eob` or a length), a sink that has no items announces silence: up to the
 * turnaround ahead of the antenna's clock, again and again. The next item without a `tx_time` follows
 * behind this silence; a `tx_time` within the silence is late. How long the silence lasts depends on
 * the speed of the machine.
 *
 * \section zcring_sink_messages Message port
 * - `async_msgs` (out): dicts of `event` and `item` (uint64, the offset of the item that is sent
 *   next). `underflow`: `samples` (uint64) that were silent because the flowgraph was late.
 *   `late`: `samples` (uint64) that were dropped
 *
 * \section zcring_sink_stop Stopping and starting
 * start() of a flowgraph begins a feed, in place of what is on the air, and stop() ends it: what was
 * written is still heard. If the antenna goes away, the flowgraph ends.
 */
class GR_ZCRING_API sink : virtual public gr::sync_block
{
public:
    //! How flowgraphs hold the block.
    using sptr = std::shared_ptr<sink>;

    /*!
     * \brief Opens the antenna.
     *
     * \param antenna "/dev/zcring-antenna0", or "/dev/zcring0" for the antenna of that device; the
     *        name of a server (`zcring serve NAME`); or the path of its socket
     * \param type of the items: "fc32", "sc16" or "sc8"
     * \param nchan number of channels, 1 to 8
     * \param samp_rate samples a second, 0.001 to 1e10
     * \param center_freq frequency at the centre of the samples in Hz, -1e12 to 1e12
     * \param length_tag key of the tag that has the length of a burst; empty: none
     * \param buffer_samples samples of each channel that are written ahead, at least; 0: a second,
     *        but at most 64 MiB of all channels
     * \param turnaround seconds from receiving to sending, at least, of a flowgraph that answers what it
     *        receives, 0 to 60; 0: silence is announced up to a `tx_time` only
     *
     * \throws std::invalid_argument if a parameter is out of its range
     * \throws std::system_error if the antenna cannot be opened; the text names the remedy
     */
    static sptr make(const std::string& antenna,
                     const std::string& type = "fc32",
                     unsigned nchan = 1,
                     double samp_rate = 1e6,
                     double center_freq = 100e6,
                     const std::string& length_tag = "",
                     std::uint64_t buffer_samples = 0,
                     double turnaround = 0);

    /*!
     * \brief Counters of the feed, zero when it starts.
     *
     * Of each channel: `written_samples`; `late_samples`, dropped because their time had passed;
     * `underflow_samples` and `underflow_count`, silence because the flowgraph was late, without that
     * between bursts; `bursts` that ended, and `late_bursts` whose `tx_time` had passed when they came;
     * `position`, the index in the feed of the next sample to be written; `clock`, the index of the
     * next one that the antenna takes.
     */
    virtual std::map<std::string, std::uint64_t> telemetry() const = 0;

    //! The antenna's time, ns since 1970-01-01 00:00 UTC; 0 while its clock does not run, and before
    //! the flowgraph is started.
    virtual std::uint64_t time_now() const = 0;

    //! Name of the opened antenna.
    virtual std::string device() const = 0;
};

} // namespace zcring
} // namespace gr
