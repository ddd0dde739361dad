// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/antenna.h>

#include <cstdint>
#include <optional>

namespace soapy_zcring {

/*!
 * \brief Where the next samples of a client go in a live feed.
 *
 * Samples without a time follow those before; where the antenna has overtaken these, they go to a place
 * a short lead ahead of the antenna. A time is turned into a place by one pair of clock and time, so
 * that the distance of two bursts is exact. The pair is the first that is known, and another one only
 * after the antenna's time was set, or its clock was stopped.
 * Threading: one thread.
 */
class feed_times final
{
public:
    using feed = zcring::antenna::feed_status;

    //! A feed of \p rate samples a second begins.
    explicit feed_times(double rate);

    //! Looks at the feed. Returns whether the time of the antenna is known.
    bool look(const feed& now);

    //! The place of samples that are written now: at \p time_ns of the antenna, or behind those before. Less than
    //! feed::position where the samples overlap those before. look() must have returned true for a time.
    std::uint64_t place(const feed& now, std::optional<std::int64_t> time_ns);

    //! The burst ends: the samples that follow are another one.
    void end_burst() { d_is_timed = false; }

private:
    long double exact_index_at(std::int64_t time_ns) const;

    const double d_rate;
    const std::uint64_t d_lead; //!< samples
    feed d_anchor;
    bool d_is_timed = false; //!< the present samples follow one with a time
};

} // namespace soapy_zcring
