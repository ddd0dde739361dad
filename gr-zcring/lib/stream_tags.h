/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <pmt/pmt.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace gr {
namespace zcring {

//! Full seconds and fraction, as rx_time has them.
pmt::pmt_t time_tuple(std::uint64_t ns);

/*!
 * \brief Turns the bursts' descriptors into stream tags, each at its exact sample.
 *
 * Indices of samples are the items' offsets. Threading: one thread.
 */
class stream_tags final
{
public:
    //! Called with channel, offset, key and value of each tag.
    using sink = std::function<void(unsigned, std::uint64_t, const pmt::pmt_t&, const pmt::pmt_t&)>;

    stream_tags(unsigned channels, sink add) : d_channels(channels), d_add(std::move(add)) {}

    //! A new stream starts: forgets the one before, with the requests for tags in it.
    void start();

    //! The next burst begins; the burst before it has no further items.
    void begin(const ::zcring::burst& burst);

    //! Requests tags of time, rate and frequency at the first item that is not before
    //! \p time_ns, or, without a time, at the next item. Must not be called while it is full.
    void request(std::optional<std::uint64_t> time_ns);

    //! Whether the most requests are pending, and no further one is accepted.
    bool is_full() const;

    //! Emits the requested tags of the items \p from to \p to - 1, which belong to the burst that
    //! began last.
    void emit(std::uint64_t from, std::uint64_t to);

private:
    void add(std::uint64_t at, std::uint64_t time_ns, unsigned channels, bool with_rate);

    std::uint64_t item_at(std::uint64_t time_ns) const;
    std::uint64_t time_at(std::uint64_t item) const;

    const unsigned d_channels;
    const sink d_add;
    ::zcring::burst d_burst;
    ::zcring::burst d_anchor; //!< whose time is exact, and whose rate holds since
    struct {
        std::uint64_t item = 0;
        unsigned channels = 0; //!< bit c: time and frequency of channel c
        bool rate = false;
    } d_tagged;                             //!< what the item that was tagged last has
    std::vector<std::uint64_t> d_requested; //!< times, the earliest first; 0: the next item
};

} // namespace zcring
} // namespace gr
