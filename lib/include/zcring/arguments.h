// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace zcring {

//! How the simulated DMA engine writes: every burst, or the ring once and for all.
enum class dma_mode { copy, resident };
//! How the emulator paces itself: by the clock, or as fast as it is read.
enum class pacing { real, free };

/*!
 * \brief What a device is to be and how it is to be set; device.h tells the keys.
 *
 * A value that is not set stays as the device has it.
 */
struct arguments {
    std::string device; //!< path of a kernel device, or empty
    bool emulator = false;
    std::optional<zcring::format> format;
    std::optional<unsigned> channels;        //!< 1 to max_channels
    std::optional<double> rate;              //!< samples a second
    std::optional<double> freq;              //!< Hz
    std::optional<double> gain;              //!< dB
    std::optional<std::uint64_t> ring_bytes; //!< of one channel's ring
    std::optional<std::uint64_t> interval_us;
    std::optional<std::string> scene; //!< tone, noise, counter or FILE.sigmf-meta
    std::optional<dma_mode> dma;
    std::optional<pacing> pace;
    std::optional<std::uint64_t> seed;
};

//! Takes an argument string apart. Throws std::invalid_argument, which names the key, the
//! value and what is allowed; an unknown key is answered with the known ones.
ZCRING_API arguments parse_arguments(std::string_view text);

} // namespace zcring
