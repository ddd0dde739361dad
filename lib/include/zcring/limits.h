// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Ranges of the settings of a device; each bound is an allowed value.
 */
#pragma once

#include <cstdint>

namespace zcring::limits {

inline constexpr double rate_min = 1e-3;              //!< samples a second
inline constexpr double rate_max = 1e10;              //!< samples a second
inline constexpr double feed_rate_max = 2e8;          //!< of a server's feed, over all channels
inline constexpr double frequency_max = 1e12;         //!< Hz; the minimum is the negative of it
inline constexpr double gain_min = -60;               //!< dB
inline constexpr double gain_max = 60;                //!< dB
inline constexpr double noise_min = -150;             //!< dB of full scale
inline constexpr double noise_max = 0;                //!< dB of full scale
inline constexpr std::uint64_t ring_bytes_min = 4096; //!< of one channel
inline constexpr std::uint64_t ring_bytes_max = std::uint64_t{ 1 } << 30; //!< of one channel
inline constexpr std::uint64_t interval_us_min = 100;                     //!< between bursts
inline constexpr std::uint64_t interval_us_max = 60000000;                //!< between bursts
inline constexpr double recording_seconds_max = 1e9; //!< start and stop in a recording
inline constexpr unsigned quorum_max = 64;           //!< members of a stream
inline constexpr double patience_max = 86400;        //!< seconds

} // namespace zcring::limits
