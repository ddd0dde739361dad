/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pmt/pmt.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace gr {
namespace zcring {

/*!
 * \brief Turns the stream tags of a sink into places of a live feed.
 *
 * An item without a time goes to the next place of the feed, or, if the antenna has passed that,
 * to one a short lead ahead of the antenna. An item with `tx_time`, and those behind it, go to the
 * places of their times, and are dropped where these have passed.
 *
 * Threading: one thread.
 */
class feed_plan final
{
public:
    //! What the feed says of itself.
    struct feed {
        std::uint64_t position = 0; //!< index of the next sample to be written
        std::uint64_t clock = 0;    //!< index of the next sample that the antenna takes
        std::uint64_t time_ns = 0;  //!< time of day at #clock; 0: not known
    };

    //! What to do next.
    struct step {
        enum class kind {
            write,         //!< write up to #items items
            drop,          //!< drop #items items, whose time has passed
            silence,       //!< announce silence until #index
            wait_for_time, //!< the time of the antenna is not known yet: ask again
        };
        kind what;
        std::uint64_t items = 0; //!< 1 at least
        std::uint64_t index = 0;
    };

    //! \p rate in samples a second. \p length_tag is the key of a tag whose value is the number of
    //! items of a burst; empty: none.
    feed_plan(double rate, const std::string& length_tag);

    //! A new feed begins: forgets the tags.
    void start();

    //! The tag of an item that is not done yet.
    void add(std::uint64_t item, const pmt::pmt_t& key, const pmt::pmt_t& value);

    //! The next step, for \p available (at least 1) items from \p item on.
    step next(std::uint64_t item, std::uint64_t available, const feed& now);

    //! \p count items from \p item on are written or dropped, as next() said.
    void done(std::uint64_t item, std::uint64_t count);

    //! Whether the last item that is done ended a burst.
    bool is_between_bursts() const { return d_is_between; }

    //! Bursts that ended, and those whose time had passed when they came.
    std::uint64_t bursts() const { return d_bursts; }
    std::uint64_t late_bursts() const { return d_late_bursts; }

private:
    struct mark {
        std::optional<pmt::pmt_t> time; //!< tx_time
        bool begins = false;            //!< tx_sob, or the first item of a length tag
        bool ends = false;              //!< tx_eob
    };

    std::optional<step> begin(const mark& first, const feed& now);
    std::uint64_t index_at(const pmt::pmt_t& time) const;

    const double d_rate;
    const std::uint64_t d_lead; //!< samples
    const pmt::pmt_t d_length_key;

    std::map<std::uint64_t, mark> d_marks; //!< by item
    feed d_anchor;                         //!< the clock and its time, once the feed has begun
    std::uint64_t d_late = 0;              //!< items to drop
    bool d_is_timed = false;               //!< the present items have times
    bool d_is_between = false;
    std::uint64_t d_bursts = 0;
    std::uint64_t d_late_bursts = 0;
};

} // namespace zcring
} // namespace gr
