// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Where the samples of `zcring play` come from: a recording, or raw samples.
 */
#pragma once

#include <zcring/antenna.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace app {

//! Gives the samples of each channel, piece by piece.
class sample_source
{
public:
    //! Samples in a row; valid until the next call of next().
    struct piece {
        std::uint64_t place = 0; //!< samples from the begin to the first one, with those missing
        std::uint64_t samples = 0;
        std::vector<const void*> channels; //!< the samples of each channel
    };

    virtual ~sample_source() = default;

    //! What the samples are; the size of a feed's buffer is left out.
    const zcring::antenna::feed_options& description() const noexcept { return d_description; }

    //! The next samples; none at the end, or when \p wake_fd is readable (-1: never) before there
    //! are any. Throws std::system_error if they cannot be read.
    virtual piece next(int wake_fd) = 0;

    //! Bytes at the end that are no whole frame.
    virtual std::uint64_t bytes_left() const noexcept { return 0; }

protected:
    zcring::antenna::feed_options d_description;
};

/*!
 * Opens \p file: a recording, FILE.sigmf-meta; raw samples in a file; or raw samples on stdin, "-".
 * \p a describes raw samples by its format, rate, freq and channels, and selects the part of a
 * recording by start and stop.
 *
 * Throws std::invalid_argument if the arguments do not fit the file, or the recording has several
 * frequencies, which a feed cannot have; and as zcring::recorded_samples throws.
 */
std::unique_ptr<sample_source> open_samples(const std::string& file, const zcring::arguments& a);

} // namespace app
