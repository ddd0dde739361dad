// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rtl_protocol.h"
#include "rtl_resampler.h"

#include <zcring/arguments.h>
#include <zcring/reader.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace zcring::server {

//! Arguments of the receiver of a client of rtl_tcp: those of \p text, with the format that
//! rtl_receiver reads. Throws as parse_arguments() does.
arguments rtl_arguments(const std::string& text);

//! The rate to set on a device that has \p rates (device::rates(); empty: all) so that its samples
//! can be resampled to \p asked: this rate itself, or else the smallest one whose band is flat over
//! the band asked for, or else the largest.
double rtl_device_rate(const std::vector<double>& rates, double asked);

/*!
 * \brief Reads a device as a client of rtl_tcp hears it: at any rate, as bytes, without gaps.
 *
 * Lost samples come out as silence, so that the number of samples that came out is that of the
 * device's sample clock, at the rate asked for.
 *
 * Ownership: refers to the device, which must outlive the receiver.
 * Threading: one thread; any thread may call wake().
 */
class rtl_receiver final
{
public:
    //! Reads \p dev, a device with rtl_arguments().
    explicit rtl_receiver(device& dev);

    //! Applies the settings. Returns a sentence for each one that the device refused.
    std::vector<std::string> apply(const rtl_settings& s);

    /*!
     * Waits for samples, at most \p timeout (negative: without a limit), and passes those that are
     * there on to \p out. A gap that is longer than a second is passed on with null for its bytes.
     * Returns as reader::wait() does. Throws std::runtime_error if libsoxr refuses the rate.
     */
    status run(std::chrono::nanoseconds timeout, const rtl_output& out);
    //! Makes run() return.
    void wake() noexcept { d_in.wake(); }

    //! Samples a second that come out.
    double rate() const noexcept { return d_rate; }
    //! Hz, as it was set last.
    double frequency() const noexcept { return d_frequency; }
    //! Samples of the device that were lost, and came out as silence.
    std::uint64_t lost_samples() const noexcept { return d_lost; }

private:
    void set_rate(double asked);
    void resample_from(double rate, const rtl_output& out);
    void forget_counts();
    rtl_resampler& resampler();
    void pass(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out);
    void pass_gap(std::uint64_t samples, const rtl_output& out);
    rtl_output counted(const rtl_output& out);

    device& d_device;
    reader d_in;
    double d_first_gain;                        // dB
    double d_frequency;                         // Hz
    double d_rate;                              // samples a second, that come out
    double d_rate_in;                           // samples a second, of the samples that come next
    std::unique_ptr<rtl_resampler> d_resampler; // null: to be made for the present rates
    // Since one of the rates changed last, gaps included.
    std::uint64_t d_samples_in = 0;
    std::uint64_t d_samples_out = 0;
    std::uint64_t d_lost = 0;
};

} // namespace zcring::server
