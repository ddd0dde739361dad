// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/reader.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace app {

//! The kinds of wrong samples.
enum class fault_kind {
    missing, //!< the sample is too early: samples before it are missing
    doubled, //!< the sample is too late: it or a later sample was there before
    torn,    //!< the counter makes no such sample here
};

const char* to_string(fault_kind kind) noexcept;

/*!
 * \brief Compares every sample of a stream of scene=counter with its expected value.
 *
 * Every sample of the counter contains its own sample clock: the low 32 bits of it, plus 4097
 * for every channel, the low half in I and the high half in Q. In sc8 these are 16 bits, with
 * one byte in each; fc32 has the values of sc16, divided by 32768. So a slip by a multiple of
 * 2^32 samples, in sc8 of 2^16, cannot be found.
 *
 * Losses that a burst reports move the clock on and are no faults. After a slip the samples
 * are compared with the clock that the stream has slipped to, so that a slip counts once.
 *
 * Threading: one thread. Nothing here throws.
 */
class counter_check final
{
public:
    counter_check(zcring::format format, unsigned channels) noexcept
        : d_format(format), d_channels(channels)
    {
    }

    //! The next view of a stream that began at index 0, and the bursts that begin in it.
    void check(const zcring::reader::view& view, const std::vector<zcring::burst>& bursts) noexcept;

    std::uint64_t samples() const noexcept { return d_samples; } //!< checked, of each channel
    std::uint64_t lost() const noexcept { return d_lost; }       //!< reported by bursts
    std::uint64_t gaps() const noexcept { return d_gaps; }

    struct fault {
        fault_kind kind = fault_kind::torn;
        unsigned channel = 0;
        std::uint64_t index = 0;        //!< in the stream
        std::uint64_t sample_clock = 0; //!< that the sample should contain
        std::uint64_t samples = 0;      //!< how many are missing or doubled; 1 if torn
    };
    const std::optional<fault>& first_fault() const noexcept { return d_first; }
    //! Samples of all channels.
    std::uint64_t count(fault_kind kind) const noexcept
    {
        return d_counts[static_cast<std::size_t>(kind)];
    }

private:
    template <class Rule>
    void check_channel(unsigned channel, const zcring::reader::view& view) noexcept;
    void check_run(const zcring::reader::view& run) noexcept;
    void note(const fault& f) noexcept;

    const zcring::format d_format;
    const unsigned d_channels;
    std::uint64_t d_index = 0; //!< of the sample that comes next
    std::uint64_t d_clock = 0; //!< of the sample that comes next
    std::uint64_t d_samples = 0;
    std::uint64_t d_lost = 0;
    std::uint64_t d_gaps = 0;
    std::array<std::uint64_t, zcring::max_channels> d_slipped{}; //!< modulo 2^64
    std::array<std::uint64_t, 3> d_counts{};
    std::optional<fault> d_first;
};

} // namespace app
