// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

struct soxr;

namespace zcring::server {

//! Takes samples of the rtl_tcp protocol: two bytes each. The bytes are valid during the call.
using rtl_output = std::function<void(const std::uint8_t* bytes, std::uint64_t samples)>;

/*!
 * \brief Changes the rate of a stream of sc16 samples, and converts them to the bytes of rtl_tcp.
 *
 * Byte b stands for the values of an ADC from b - 128 to b - 127, in 128ths of full scale: samples
 * that were recorded from a dongle come out as they were recorded. With equal rates nothing else is
 * done; otherwise libsoxr resamples, and the level stays.
 *
 * Not more samples come out than have gone in, in units of time; those that are missing are inside,
 * a few hundred samples of the lower rate, until finish().
 * Threading: one thread.
 */
class rtl_resampler final
{
public:
    //! Both rates are in samples a second. Throws std::runtime_error if libsoxr cannot resample
    //! between them.
    rtl_resampler(double from, double to);
    ~rtl_resampler();
    rtl_resampler(const rtl_resampler&) = delete;
    rtl_resampler& operator=(const rtl_resampler&) = delete;

    //! Converts \p samples samples, each of I, then Q.
    void run(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out);
    //! The same for samples of the value 0.
    void run_silence(std::uint64_t samples, const rtl_output& out);
    //! What is still inside comes out, as if silence followed. In all, as many samples came out as
    //! the new rate has in the time of those that went in, rounded. Only the destructor may follow.
    void finish(const rtl_output& out);

private:
    std::uint64_t process(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out);
    void copy(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out);

    std::unique_ptr<soxr, void (*)(soxr*)> d_filter; // null: equal rates
    std::vector<float> d_floats;
    std::vector<std::uint8_t> d_bytes;
};

} // namespace zcring::server
