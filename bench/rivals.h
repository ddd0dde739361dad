// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The rivals of the engine: VOLK's kernels, and GNU Radio's blocks without their scheduler.
 *
 * Each function returns a piece of work on \c samples of the scene. The memory that it uses lives as
 * long as the function object.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace rivals {

using work = std::function<void()>;

//! VOLK converts between two sample formats, times a factor. Without gain: memcpy for one format.
work convert(std::uint32_t from, const void* in, std::uint32_t to, std::size_t samples, float gain);

//! The same, then adds noise of fastnoise_source_c, which keeps 8192 values and picks among them.
work convert_and_add_noise(
    std::uint32_t from, const void* in, std::uint32_t to, std::size_t samples, float gain);

//! GNU Radio's fastnoise_source_c, then VOLK converts to the sample format.
work noise(std::uint32_t to, std::size_t samples);

//! VOLK rotates a constant, then converts to the sample format.
work tone(std::uint32_t to, std::size_t samples);

//! GNU Radio's freq_xlating_fir_filter_ccf from complex floats, with this many taps.
work xlating_filter(std::size_t taps, unsigned decimation, std::size_t samples);

} // namespace rivals
