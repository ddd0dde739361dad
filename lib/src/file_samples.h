// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sigmf.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace zcring {

//! How the samples lie in a data file.
struct file_layout {
    int fd = -1;
    sigmf_datatype datatype = sigmf_datatype::ci16_le;
    unsigned channels = 1; //!< whose samples alternate
};

//! Reads samples \p first to \p first + \p n of one channel, in format_of() the datatype. The
//! number of samples that were clamped to full scale; none if the samples cannot be read.
std::optional<std::uint64_t> read_samples(const file_layout& file,
                                          unsigned channel,
                                          std::uint64_t first,
                                          std::uint64_t n,
                                          std::byte* out) noexcept;

} // namespace zcring
