// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convert.h"
#include "held_runs.h"
#include "read_gate.h"
#include "receiver.h"
#include "sample_times.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace soapy_zcring {

/*!
 * \brief A stream of received samples, as SoapySDR has it.
 *
 * Samples go from the ring to the client's buffer by one conversion, or by one copy where the formats
 * are the same; a client that acquires buffers gets the ring itself.
 * Threading: any thread may make every call. One thread at a time is inside of read() or acquire().
 * Errors: the codes of SoapySDR; the constructor and replace() throw.
 */
class rx_stream final
{
public:
    //! What a call of read() waits for, and where it ends.
    enum class reading {
        what_is_there, //!< the first samples that are there
        //! All samples that are asked for. Where fewer are given, before a gap or after the timeout,
        //! they have SOAPY_SDR_END_BURST: UHD puts several calls together until it finds that flag, and
        //! takes a gap in the midst of them for a longer one.
        whole_buffers,
    };

    //! A stream of \p channels in \p format ("CF32", "CS16", "CS8"). Throws std::invalid_argument for
    //! another format, or a channel that the device does not have.
    rx_stream(std::shared_ptr<receiver> from,
              const std::string& format,
              std::vector<std::size_t> channels,
              reading how);
    ~rx_stream();
    rx_stream(const rx_stream&) = delete;
    rx_stream& operator=(const rx_stream&) = delete;

    //! Starts the device: at \p time_ns, a time of the device, if given; for \p samples samples, or
    //! until it is deactivated if 0. A stream that is active goes on, unless a time or a number of
    //! samples is asked for. SOAPY_SDR_TIME_ERROR for a time that has passed.
    int activate(std::optional<long long> time_ns, std::uint64_t samples);
    //! Stops the device: at \p time_ns if given, else now.
    int deactivate(std::optional<long long> time_ns);
    //! Stops the device for good: a thread that waits in read() or acquire() gets
    //! SOAPY_SDR_STREAM_ERROR, as all later ones do.
    void close();
    //! Whether the device streams for this stream.
    bool is_active() const { return d_gate.is_open(); }

    //! Most samples that one call gives.
    std::size_t mtu() const { return d_mtu; }
    //! As SoapySDR's readStream().
    int read(
        void* const* buffers, std::size_t samples, int& flags, long long& time_ns, long timeout_us);
    //! As SoapySDR's acquireReadBuffer().
    int acquire(
        std::size_t& handle, const void** buffers, int& flags, long long& time_ns, long timeout_us);
    //! As SoapySDR's releaseReadBuffer().
    void release(std::size_t handle);
    //! Buffers that the client has acquired and not released.
    std::size_t held_buffers() const { return d_held.held(); }
    //! Whether acquire() gives samples of the stream's format.
    bool is_native() const { return d_is_native; }

    //! Uses another device from now on, or none for the moment; the stream must not be active.
    void replace(std::shared_ptr<receiver> by);

private:
    //! Samples in the ring, or why there are none.
    struct piece {
        int result = 0; //!< number of samples, or an error code
        int flags = 0;
        std::int64_t time_ns = 0;
        zcring::reader::view samples;
    };
    static constexpr int interrupted = -1000; //!< piece::result: the caller has to leave the gate

    int why_not_inside() const;
    piece take(std::uint64_t most, read_gate::clock::time_point deadline);
    piece give(std::uint64_t most);
    bool fill(std::uint64_t wanted, read_gate::clock::time_point deadline, piece& found);
    bool wait_for_more(std::uint64_t wanted, read_gate::clock::time_point deadline, piece& found);
    void append(const zcring::reader::view& more);
    bool add_bursts();
    piece end_of_samples(zcring::status why);
    bool come_back(read_gate::clock::time_point deadline, piece& found);
    bool skip_to_begin();
    void drop(std::uint64_t samples);
    zcring::reader::view cut(std::uint64_t samples);
    void begin(const zcring::device::start_options& options);
    void finish();
    std::uint64_t max_at_once() const;
    void log_once(const std::string& text);
    held_runs::release_samples releaser();

    const std::vector<std::size_t> d_channels;
    const zcring::converter d_convert;
    const bool d_is_native;
    const reading d_reading;
    const std::size_t d_sample_bytes; //!< of the ring
    const std::size_t d_mtu;
    //! The most in one direct buffer: all of them together take half of the ring, so that a burst fits
    //! into the other half while they are held.
    const std::size_t d_direct_samples;
    read_gate d_gate;
    held_runs d_held;

    // For the thread inside of the gate, or one that pauses it.
    std::shared_ptr<receiver> d_from;
    sample_times d_times;
    zcring::reader::view d_rest;              //!< taken from the ring, and not given to the client
    std::optional<std::int64_t> d_begin_ns;   //!< samples before are dropped
    std::optional<std::int64_t> d_end_ns;     //!< no samples from here on
    std::optional<std::uint64_t> d_remaining; //!< samples of a finite stream
    bool d_is_lost = false;                   //!< the device is gone, and the client knows
    std::string d_logged;
};

} // namespace soapy_zcring
