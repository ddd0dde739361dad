// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What a device answers, in the library's own words.
 */
#pragma once

#include <zcring/types.h>

#include <zcring/abi.h>

namespace zcring {

format format_from_abi(std::uint32_t f) noexcept;
tuning tuning_from_abi(const zcring_tuning& t) noexcept;
telemetry telemetry_from_abi(const zcring_telemetry& t) noexcept;

} // namespace zcring
