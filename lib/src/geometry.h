// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/abi.h>

#include <cstdint>

namespace zcring {

//! \brief Whether the ring that a producer describes can be read at all.
//!
//! Another program or another version may be at the other end. nullptr, or what is wrong: a text for
//! an error message. No pointer into a ring is computed before this is checked.
const char* geometry_fault(const zcring_info& info) noexcept;

//! Bytes that the regions of a checked \p info must have at least.
std::uint64_t data_bytes(const zcring_info& info) noexcept;  //!< of one channel
std::uint64_t burst_bytes(const zcring_info& info) noexcept; //!< of all descriptors

} // namespace zcring
