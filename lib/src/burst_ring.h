// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/abi.h>

#include <cstddef>
#include <cstdint>

namespace zcring {

//! \brief The ring of burst descriptors, as a producer has mapped it.
//!
//! The producer says how far its descriptors are apart: they may be larger than this library knows.
//! A view without ownership; trivially copied.
struct burst_ring {
    const std::byte* first = nullptr;
    std::uint64_t slots = 0;      //!< a power of two
    std::uint32_t slot_bytes = 0; //!< from one descriptor to the next: zcring_info.burst_bytes

    //! The descriptor with the index \p index.
    const zcring_burst& operator[](std::uint64_t index) const noexcept
    {
        return *reinterpret_cast<const zcring_burst*>(first + (index & (slots - 1)) * slot_bytes);
    }
};

} // namespace zcring
