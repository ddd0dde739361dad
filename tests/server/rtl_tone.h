// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A tone in the bytes of rtl_tcp: where it is, and whether samples are missing in it.
 */
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace zcring_test {

using rtl_bytes = std::vector<std::uint8_t>;

//! Sample \p k; full scale is 1.0.
inline std::complex<double> rtl_sample(const rtl_bytes& bytes, std::size_t k)
{
    return { (bytes[2 * k] - 127.5) / 127.5, (bytes[2 * k + 1] - 127.5) / 127.5 };
}

//! Amplitude and phase of the tone of \p cycles cycles a sample, in the samples from \p first on.
//! Where the tone is off by a bin, the amplitude is 0; where a sample is missing, it is smaller.
inline std::complex<double>
tone_in(const rtl_bytes& bytes, double cycles, std::size_t first, std::size_t samples)
{
    constexpr double turn = 2 * 3.14159265358979323846;
    std::complex<double> sum;
    for (std::size_t k = first; k < first + samples; k++)
        sum += rtl_sample(bytes, k) * std::polar(1.0, -turn * cycles * static_cast<double>(k));
    return sum / static_cast<double>(samples);
}

} // namespace zcring_test
