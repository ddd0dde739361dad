// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <optional>
#include <string>
#include <vector>

namespace zcring {

//! How the components of a sample lie in the data file.
enum class sigmf_datatype { cu8, ci8, ci16_le, cf32_le };

//! A point in a recording from which on other values hold.
struct sigmf_capture {
    std::uint64_t first = 0;                   //!< index in the data file, in samples
    std::optional<double> frequency;           //!< Hz, of the centre
    std::optional<std::uint64_t> global_index; //!< index in the stream that was recorded
};

//! The metadata of a recording. Its data file has not been looked at.
struct sigmf_metadata {
    std::string path;      //!< of the metadata
    std::string data_path; //!< of the samples
    sigmf_datatype datatype = sigmf_datatype::ci16_le;
    double rate = 0;                              //!< samples a second
    unsigned channels = 1;                        //!< whose samples alternate in the data file
    std::vector<sigmf_capture> captures;          //!< in the order of the file, by sample
    std::optional<std::uint64_t> last_annotation; //!< the largest first sample of an annotation
    std::optional<std::string> sha512;            //!< of the data file
};

//! The format in which samples of this datatype are played; its samples have the same size.
format format_of(sigmf_datatype datatype);

/*!
 * Reads the metadata of a SigMF recording (https://sigmf.org, version 1). \p path ends in
 * .sigmf-meta. Datatypes: cu8, ci8, ci16_le or cf32_le; 1 to 8 channels.
 *
 * Throws std::system_error if the file cannot be read, std::invalid_argument if it is not SigMF
 * metadata, has another datatype or no rate, or if its captures are not in order.
 */
sigmf_metadata read_sigmf(const std::string& path);

} // namespace zcring
