// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Whether the samples of a recording are those that were recorded.
 *
 * A recording whose file has at most 1 GiB is checked when it is opened. Of a longer one only what
 * is played is read; check_recording() reads all of it, whatever its length.
 */
#pragma once

#include <zcring/api.h>

#include <cstdint>
#include <string>

namespace zcring {

//! What check_recording() has found.
struct recording_check {
    std::string data_path;   //!< file of the samples
    std::uint64_t bytes = 0; //!< its length
    std::string expected;    //!< SHA-512 in the metadata, in hexadecimal digits
    std::string found;       //!< SHA-512 of the file, in lower-case hexadecimal digits

    //! Whether the file is the one that the metadata describes.
    bool is_good() const noexcept { return found == expected; }
};

/*!
 * Reads the samples of the SigMF recording with the metadata \p path, and compares their SHA-512
 * with core:sha512 of the metadata. Takes a second for each GB, or as long as the disk needs.
 *
 * Threading: any.
 * Errors: throws std::system_error if a file cannot be read, and std::invalid_argument if the
 * metadata is wrong or has no SHA-512; each text names the file and the remedy.
 */
ZCRING_API recording_check check_recording(const std::string& path);

} // namespace zcring
