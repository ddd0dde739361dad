// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace zcring {

//! Reads \p n bytes at \p offset. False if the file ends before, or cannot be read.
bool pread_all(int fd, std::uint64_t offset, std::byte* out, std::size_t n) noexcept;

} // namespace zcring
