// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace zcring {

//! A recording in memory, in a format that the engine plays.
struct recording {
    zcring::format format = format::sc16;
    double rate = 0;                 //!< samples a second
    std::optional<double> frequency; //!< Hz, of the centre; if the metadata has it
    std::vector<std::byte> samples;
};

/*!
 * Reads a SigMF recording (https://sigmf.org, version 1): the metadata \p path, which ends
 * in .sigmf-meta, and its .sigmf-data file beside it. Of datatype cu8 (as 8-bit values less
 * 128), ci8, ci16_le or cf32_le, with one channel.
 *
 * Throws std::system_error if a file cannot be read, std::invalid_argument if the recording
 * is not SigMF, has another datatype or no rate, is truncated, or has a wrong checksum
 * (core:sha512).
 */
recording read_sigmf(const std::string& path);

} // namespace zcring
