// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <cstdint>
#include <deque>
#include <optional>

namespace soapy_zcring {

/*!
 * \brief Where the samples of a stream are in time, and where they do not follow each other.
 *
 * Times are rounded to the nearest nanosecond, and count from the last sample whose time is a whole
 * number of them: the first of the stream, or one at which the time or the rate changed. They
 * therefore have no drift, however long the stream is.
 * Threading: one thread.
 */
class sample_times final
{
public:
    //! A new stream begins.
    void clear();
    //! The next burst of the stream. Returns false, and ignores it, if it has no rate or does not
    //! follow the one before: the server that wrote it is broken, or hostile.
    bool add(const zcring::burst& b);
    //! Whether bursts cover the \p samples samples from \p index on.
    bool covers(std::uint64_t index, std::uint64_t samples) const;
    //! Drops what is before \p index, the next sample that is read. A burst must cover it.
    void advance(std::uint64_t index);

    //! Samples lost just before \p index, which advance() got last.
    struct gap {
        std::uint64_t samples = 0;
        std::int64_t time_ns = 0; //!< of the first of them
    };
    //! The gap just before \p index, once.
    std::optional<gap> take_gap(std::uint64_t index);

    //! Lets the gap just before \p index begin at \p time_ns, if it begins earlier.
    void clip_gap(std::uint64_t index, std::int64_t time_ns);

    //! How many of the \p samples samples from \p index on follow each other in time, at one rate.
    std::uint64_t contiguous(std::uint64_t index, std::uint64_t samples) const;
    //! Time of the sample \p index, in ns since 1970. A burst must cover it.
    std::int64_t time_of(std::uint64_t index) const;
    //! How many samples from \p index on, at most \p samples, are before \p time_ns.
    std::uint64_t
    samples_before(std::uint64_t index, std::uint64_t samples, std::int64_t time_ns) const;

private:
    //! A sample whose time is known exactly.
    struct anchor {
        std::uint64_t clock = 0;
        std::int64_t time_ns = 0;
        double rate = 0;

        std::int64_t time_of(std::uint64_t sample_clock) const;
    };
    struct run {
        std::uint64_t index = 0;
        std::uint64_t end = 0;
        std::uint64_t clock = 0;
        std::uint64_t lost = 0;
        std::int64_t gap_time_ns = 0;
        bool breaks = false; //!< does not follow the run before
        anchor from;
    };
    const run& run_of(std::uint64_t index) const;

    std::deque<run> d_runs;
    std::optional<anchor> d_anchor;
};

} // namespace soapy_zcring
