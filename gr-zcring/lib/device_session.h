/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ring_stream.h"

#include <gnuradio/logger.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace gr {
namespace zcring {

//! What a source does when the device goes away: end the flowgraph, or wait until it is back.
enum class device_lost { stop, wait };

/*!
 * \brief A source's use of one device, across streams, loss and return of the device.
 *
 * A lost device is one that is gone while a flowgraph runs. With device_lost::wait, settings made
 * meanwhile are stored, and applied when the device returns.
 *
 * Ownership: shares the stream with the output buffers that are its rings.
 * Threading: the thread of work(), and start() before that thread runs. Any thread may call tune(),
 * tune_setting(), inject() and what sets a time.
 */
class device_session final
{
public:
    device_session(std::shared_ptr<ring_stream> stream, device_lost policy, gr::logger_ptr logger);

    //! Changes the tuning. Throws what device::control() throws.
    void tune(const ::zcring::command& change);
    //! The same for a setter: the change takes effect at the command time, if one is set.
    void tune_setting(::zcring::command change);
    //! tune_setting() takes effect at this time of the device; UINT64_MAX: at the next sample.
    void set_command_time(std::uint64_t time_ns) { d_command_time_ns = time_ns; }
    //! Calls \p fault, which injects a fault into the stream. Throws what it throws, and
    //! std::system_error while no stream runs.
    void inject(const std::function<void(::zcring::device&)>& fault);
    //! Throws std::system_error while no stream runs.
    void check_stream() const;
    //! Sets the device's time, from the next sample on. Throws std::system_error.
    void set_time_now(std::uint64_t time_ns);
    //! The next start() waits until this time of the device; 0: it does not wait.
    void set_start_time(std::uint64_t time_ns) { d_start_time_ns = time_ns; }

    //! Whether a stream began, or may begin once the device is back, or neither.
    enum class start_result { streams, lost, failed };
    //! Starts a new stream for \p ports outputs. Logs what went wrong, and does not throw.
    start_result start(unsigned ports, std::uint64_t preroll_samples);
    //! Stops the stream. Logs what went wrong, and does not throw.
    void stop();

    //! Whether the device is lost and waited for.
    bool is_lost() const { return d_is_lost; }
    //! The device is gone while a flowgraph runs. False if the flowgraph is to end.
    bool lose();
    //! A lost device: whether it is back, not back, or will never be.
    enum class return_result { back, absent, never };
    //! Opens a lost device and starts a new stream, from \p first_index on. Does not throw.
    return_result reopen(unsigned ports, std::uint64_t first_index);

    //! To be called for each burst that begins: the first burst after the return of a lost device
    //! gets as `lost` the samples since the burst \p before, by the device's clock.
    void count_missed(::zcring::burst& next, const ::zcring::burst& before);

private:
    void begin_stream(unsigned ports, ::zcring::device::start_options options);
    std::system_error no_stream() const;
    [[noreturn]] void rethrow(const std::system_error& e, bool needs_stream) const;
    std::uint64_t start_delay();
    void restore_time();

    const std::shared_ptr<ring_stream> d_stream;
    const device_lost d_policy;
    const gr::logger_ptr d_logger;

    bool d_is_lost = false;
    bool d_is_back = false; //!< and no burst has come since
    std::string d_why_lost; //!< as it was logged last

    std::atomic<bool> d_streams{ false }; //!< a stream has begun, and has not been stopped
    std::atomic<std::uint64_t> d_command_time_ns{ UINT64_MAX };
    std::atomic<std::uint64_t> d_start_time_ns{ 0 }; //!< of the next start; 0: at once
    std::uint64_t d_begins_at_ns = 0; //!< of the flowgraph's first stream, until it has begun
    std::atomic<bool> d_time_is_set{ false };
    std::atomic<std::uint64_t> d_time_base_ns{ 0 }; //!< the set time less CLOCK_BOOTTIME
};

} // namespace zcring
} // namespace gr
