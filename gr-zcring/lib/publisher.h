/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "band_watch.h"
#include "ring_stream.h"

#include <gnuradio/block.h>
#include <pmt/pmt.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace gr {
namespace zcring {

//! The counters of a stream, by the names that telemetry() documents.
std::map<std::string, std::uint64_t> counter_map(const ::zcring::telemetry& t);

/*!
 * \brief Publishes a source's events and telemetry, and logs lost samples.
 *
 * Ownership: refers to the block and to its stream, which must outlive it.
 * Threading: the thread of work(), and start() and check_topology() before that thread runs.
 * Any thread may call set_telemetry_interval().
 */
class publisher final
{
public:
    publisher(gr::block& owner,
              const ring_stream& stream,
              gr::logger_ptr logger,
              gr::logger_ptr debug_logger);

    //! A new flowgraph runs: telemetry is due at once, and no sample has been lost yet.
    void start();

    //! Publishes a dict at async_msgs.
    void publish_event(const pmt::pmt_t& event);

    //! Publishes what changed at the first sample of \p burst. Logs samples lost before it, clipped
    //! samples in it, and channels that receive nothing of the scene.
    void publish_burst(const ::zcring::burst& burst);

    //! Time between two telemetry messages; 0: none are sent.
    void set_telemetry_interval(std::chrono::nanoseconds interval) { d_interval = interval; }

    //! Publishes telemetry if the interval has passed. Returns the time until the next message is
    //! due, at most \p longest.
    std::chrono::nanoseconds publish_telemetry(std::chrono::nanoseconds longest);

    /*!
     * Removes the subscribers that do not exist any more. The runtime knows a subscriber by its
     * name only. Once that block is destroyed, publishing throws, and so does the runtime itself
     * when it notifies the subscribers of the end: call this before WORK_DONE is returned.
     */
    void remove_dead_subscribers();

private:
    void publish(const pmt::pmt_t& port, const pmt::pmt_t& message);
    void publish_overload(const ::zcring::burst& burst);
    void log_loss(std::uint64_t lost);

    gr::block& d_owner;
    const ring_stream& d_stream;
    const gr::logger_ptr d_logger;
    const gr::logger_ptr d_debug_logger;

    band_watch d_bands;
    std::atomic<std::chrono::nanoseconds> d_interval{};
    std::chrono::steady_clock::time_point d_last_telemetry{};

    struct {
        std::uint64_t samples = 0;
        std::uint64_t gaps = 0;
        std::chrono::steady_clock::time_point next_line{};
    } d_losses; //!< of this stream

    struct {
        std::uint64_t samples = 0; //!< clipped since the last event
        std::chrono::steady_clock::time_point next_event{};
    } d_overload;
};

} // namespace zcring
} // namespace gr
