// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace zcring {

/*!
 * \brief The samples of a SigMF recording, to be read piece by piece; for a live feed, for example.
 *
 * A recording may be longer than the memory. Indices count the samples of one channel, from the begin
 * of the part between two times on.
 *
 * Threading: any number of threads may read at the same time.
 * Errors: std::system_error if a file cannot be read; std::invalid_argument if it is no recording,
 * or the part is not in it. Each text names the file and the remedy.
 */
class ZCRING_API recorded_samples final
{
public:
    //! Opens the recording whose metadata are at \p path, FILE.sigmf-meta. \p start and \p stop are
    //! in seconds from its first sample; the default is all of it.
    explicit recorded_samples(const std::string& path,
                              std::optional<double> start = {},
                              std::optional<double> stop = {});
    ~recorded_samples();
    //! What was moved from may only be destroyed or assigned to.
    recorded_samples(recorded_samples&&) noexcept;
    //! The same.
    recorded_samples& operator=(recorded_samples&&) noexcept;

    //! Of the samples that read() gives: sc8 for the datatypes cu8 and ci8, sc16 for ci16_le, fc32
    //! for cf32_le.
    zcring::format format() const noexcept;
    double rate() const noexcept;           //!< samples a second
    unsigned channels() const noexcept;     //!< 1 to max_channels
    std::uint64_t samples() const noexcept; //!< of each channel

    //! Samples that were recorded without a gap and at one frequency.
    struct run {
        std::uint64_t first = 0;         //!< index of the first one
        std::uint64_t place = 0;         //!< samples from the first of all to this one, with gaps
        std::optional<double> frequency; //!< Hz, of the centre; empty if the metadata have none
    };
    //! One or more, by their first sample; the first one begins at 0.
    const std::vector<run>& runs() const noexcept;

    //! Reads \p samples samples of \p channel from \p first on; floats are clamped to full scale.
    //! Throws std::out_of_range for samples or a channel that the recording does not have.
    void read(unsigned channel, std::uint64_t first, std::uint64_t samples, void* out) const;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace zcring
