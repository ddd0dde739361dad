// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include "sigmf.h"
#include "unique_fd.h"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace zcring {

//! A run of samples that were recorded without a gap and at one frequency.
struct segment {
    std::uint64_t first = 0;         //!< index of the first sample
    std::optional<double> frequency; //!< Hz, of the centre
    std::uint64_t gap = 0;           //!< samples that are missing before the first one
};

/*!
 * \brief A SigMF recording on disk, or the part of it between two times.
 *
 * Opening reads the metadata and not the samples, whatever their number. Indices count samples of
 * one channel, from the begin of the part.
 * Ownership: keeps the data file open. The file is never mapped: if it becomes shorter while the
 * recording plays, read() fails, and no signal is raised.
 * Threading: any number of threads may read at the same time.
 */
class recording final
{
public:
    //! Bytes that load() reads at most.
    static constexpr std::uint64_t load_bytes_max = std::uint64_t{ 1 } << 30;

    /*!
     * Opens the recording with the metadata \p path. \p start and \p stop are in seconds from
     * the begin of the recording; the default is all of the recording.
     *
     * Throws std::system_error if a file cannot be opened; std::invalid_argument if the recording
     * is truncated, its captures contradict each other, or \p start and \p stop are outside of
     * it; and as read_sigmf() throws.
     */
    explicit recording(const std::string& path,
                       std::optional<double> start = {},
                       std::optional<double> stop = {});

    zcring::format format() const noexcept { return format_of(d_meta.datatype); }
    double rate() const noexcept { return d_meta.rate; }
    unsigned channels() const noexcept { return d_meta.channels; }
    std::uint64_t samples() const noexcept { return d_samples; }

    //! One or more, by first sample; the first segment begins at 0.
    const std::vector<segment>& segments() const noexcept { return d_segments; }

    //! Hz, of the first segment that has a frequency.
    std::optional<double> frequency() const;

    /*!
     * Reads \p n samples of one channel from \p first on, in format(): cu8 less 128, and floats
     * clamped to -1 to 1, with 0 for NaN. False if the samples are not in the recording, or if
     * the file has become shorter or cannot be read; \p out is then undefined.
     */
    bool
    read(unsigned channel, std::uint64_t first, std::uint64_t n, std::byte* out) const noexcept;

    /*!
     * Reads all samples: all of channel 0, then all of channel 1, and so on. The whole data file is compared with its SHA-512, if the metadata has
     * one and the file has at most load_bytes_max bytes.
     *
     * Throws std::system_error if the file cannot be read, std::invalid_argument if the samples
     * are longer than load_bytes_max bytes or the checksum is wrong.
     */
    std::vector<std::byte> load() const;

    //! How many samples that were read so far were clamped: I or Q was beyond full scale. A sample
    //! counts each time that it is read.
    std::uint64_t clamped() const noexcept { return d_clamped; }

private:
    void check_sum() const;

    sigmf_metadata d_meta;
    unique_fd d_file;
    std::uint64_t d_file_bytes = 0;
    std::uint64_t d_first = 0; //!< of the part, in the file
    std::uint64_t d_samples = 0;
    std::vector<segment> d_segments;
    mutable std::atomic<std::uint64_t> d_clamped{ 0 };
};

} // namespace zcring
