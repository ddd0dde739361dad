// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "clock_offset.h"
#include "feed_times.h"
#include "read_gate.h"

#include <zcring/antenna.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace soapy_zcring {

/*!
 * \brief A stream of samples that are sent, as SoapySDR has it: a live feed of an antenna.
 *
 * The feed has the client's format, so that nothing is converted. While the stream is not active, the
 * antenna is silent.
 * Threading: any thread may make every call. One thread at a time is inside of write().
 * Errors: the codes of SoapySDR; the constructor throws.
 */
class tx_stream final
{
public:
    //! A stream to \p antenna of \p channels in \p format ("CF32", "CS16", "CS8"). Throws
    //! std::invalid_argument for another format, and for channels other than the first ones; throws
    //! std::system_error if another program feeds the antenna. \p receiver_time tells the time of day of
    //! the receiver, in ns since 1970, where the antenna has another one; else it is empty.
    tx_stream(const std::string& antenna,
              std::function<std::uint64_t()> receiver_time,
              const std::string& format,
              const std::vector<std::size_t>& channels);
    ~tx_stream();
    tx_stream(const tx_stream&) = delete;
    tx_stream& operator=(const tx_stream&) = delete;

    //! Begins to send \p rate samples a second around \p frequency (Hz).
    int activate(double rate, double frequency);
    //! Ends after what was written.
    int deactivate();

    //! Samples that are worth one call.
    static constexpr std::size_t mtu = 4096;
    //! As SoapySDR's writeStream().
    int write(const void* const* buffers,
              std::size_t samples,
              int& flags,
              long long time_ns,
              long timeout_us);
    //! As SoapySDR's readStreamStatus(): each underflow, time that has passed and end of a burst once.
    int read_status(std::size_t& channels, int& flags, long long& time_ns, long timeout_us);
    //! Ends the stream for good: a thread that waits in write() or read_status() gets
    //! SOAPY_SDR_STREAM_ERROR.
    void close();

private:
    using clock = read_gate::clock;

    int write_now(const void* const* buffers,
                  std::size_t samples,
                  std::optional<std::int64_t> time_ns,
                  clock::time_point deadline);
    std::optional<int> next_event(int& flags);
    void compare_times();

    const zcring::format d_format;
    const unsigned d_channels;
    zcring::antenna d_antenna; //!< for the thread inside of the gate; status() for any
    const std::function<std::uint64_t()> d_receiver_time;
    const int d_wake_fd; //!< made after the antenna, whose constructor may throw
    read_gate d_gate;
    std::optional<feed_times> d_times; //!< for the thread inside of the gate
    clock_offset d_offset;             //!< for the thread inside of the gate
    std::int64_t d_step_ns = 0;        //!< of the time that the antenna tells

    mutable std::mutex d_mutex; //!< guards what follows
    bool d_has_feed = false;
    bool d_is_between = true;            //!< no burst is written
    std::int64_t d_ahead_ns = 0;         //!< what the receiver's time is ahead of the antenna's
    std::uint64_t d_overlaps = 0;        //!< bursts that were late, and not told
    std::optional<std::uint64_t> d_end;  //!< place after a burst whose end is not told
    zcring::antenna::feed_status d_told; //!< what was told
};

} // namespace soapy_zcring
