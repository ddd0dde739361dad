// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Converts the values of the ABI to the types of the library, and back.
 */
#pragma once

#include <zcring/types.h>

#include <zcring/abi.h>

namespace zcring {

std::int64_t to_uhz(double hz) noexcept;
double from_uhz(std::int64_t uhz) noexcept;
std::int32_t to_mb(double db) noexcept;
//! Of a level of noise; minus infinity: none.
std::int32_t noise_to_mb(double db) noexcept;
std::uint32_t to_abi(format f) noexcept;

format format_from_abi(std::uint32_t f) noexcept;
tuning tuning_from_abi(const zcring_tuning& t) noexcept;
ranges ranges_from_abi(const zcring_ranges& r);
telemetry telemetry_from_abi(const zcring_telemetry& t) noexcept;

} // namespace zcring
