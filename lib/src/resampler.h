// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include "rational.h"
#include "recording.h"

#include <cstdint>
#include <vector>

namespace zcring {

/*!
 * \brief Changes the rate of samples in memory, with libsoxr in very high quality.
 *
 * The level stays; the first sample is taken at the same time. The pass band is 91 % of the lower
 * of the two rates.
 */
class resampler final
{
public:
    //! Both rates are in samples a second, 0.001 to 1e10.
    resampler(rational from, rational to);

    //! How many samples \p samples become: the nearest number, 1 or more. At most 2^63.
    std::uint64_t length_of(std::uint64_t samples) const;

    /*!
     * Resamples \p samples, which are all of channel 0, then all of channel 1, and so on.
     * Integers are rounded, and all values are clamped to full scale. With \p loops, the samples
     * are a period, and so are the results: there is no edge between last and first. Otherwise
     * there is silence before and after the samples.
     *
     * Throws std::invalid_argument if libsoxr cannot resample between these rates.
     */
    std::vector<std::byte>
    run(format f, unsigned channels, const std::vector<std::byte>& samples, bool loops) const;

    //! Moves the segments of \p samples samples. A segment starts at the first new sample that is
    //! not earlier than its first old one; a gap is rounded up.
    std::vector<segment> scale(const std::vector<segment>& segments, std::uint64_t samples) const;

private:
    template <class T>
    void run_channel(const T* in, std::uint64_t n, T* out, bool loops) const;

    // d_out samples take exactly as long as d_in samples did; both are whole numbers.
    double d_in;
    double d_out;
};

} // namespace zcring
