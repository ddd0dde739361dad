/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "qa_counter.h"
#include "support/deadline.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/sync_block.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/*!
 * A sink that proves the counter scene: a stream begins with sample 0, and every sample is
 * the one after the one before it, or as many further on as an rx_lost tag at that very
 * item says. A stream begins where the runtime counts items from 0 again.
 *
 * Takes sc16 items (4 bytes) or fc32 items (8 bytes).
 */
class counter_sink final : public gr::sync_block
{
public:
    using sptr = std::shared_ptr<counter_sink>;

    static sptr make(std::size_t item_bytes, unsigned channels = 1)
    {
        return gnuradio::make_block_sptr<counter_sink>(item_bytes, channels);
    }

    counter_sink(std::size_t item_bytes, unsigned channels)
        : gr::sync_block("counter_sink",
                         gr::io_signature::make(static_cast<int>(channels),
                                                static_cast<int>(channels),
                                                static_cast<int>(item_bytes)),
                         gr::io_signature::make(0, 0, 0)),
          d_item_bytes(item_bytes)
    {
    }

    //! Items seen, of each channel.
    std::uint64_t items() const { return d_items; }
    //! Samples lost, as the tags said.
    std::uint64_t lost() const { return d_lost; }
    //! Streams that have begun.
    std::uint64_t streams() const { return d_streams; }
    //! The first thing that was wrong; empty if nothing was.
    std::string wrong() const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_wrong;
    }

    //! Takes nothing until it is let go: a consumer that is too slow, on purpose.
    void hold()
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_held = true;
    }
    void let_go()
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_held = false;
        }
        d_changed.notify_all();
    }

    //! From now on it does not run before so many items are there at once.
    void demand(int items) { d_demand = items; }
    void forecast(int noutput_items, gr_vector_int& required) override
    {
        for (int& each : required)
            each = std::max(noutput_items, d_demand.load());
    }

    //! Waits until \p items have come; false if they do not in a minute.
    bool wait_for(std::uint64_t items)
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        return d_changed.wait_for(lock, zcring_test::time_limit, [&] {
            return d_items >= items || !d_wrong.empty();
        }) && d_wrong.empty();
    }

    int
    work(int noutput_items, gr_vector_const_void_star& input_items, gr_vector_void_star&) override
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        d_changed.wait_for(lock, zcring_test::time_limit, [this] { return !d_held; });

        const auto n = static_cast<std::uint64_t>(noutput_items);
        if (nitems_read(0) == 0) {
            d_next = 0;
            d_streams++;
        }
        std::vector<gr::tag_t> gaps;
        get_tags_in_window(gaps, 0, 0, n, pmt::intern("rx_lost"));
        std::uint64_t from = 0;
        for (const gr::tag_t& gap : gaps) {
            const std::uint64_t at = gap.offset - nitems_read(0);
            check(input_items, from, at);
            d_next += pmt::to_uint64(gap.value);
            d_lost += pmt::to_uint64(gap.value);
            from = at;
        }
        check(input_items, from, n);
        d_items += n;
        d_changed.notify_all();
        return noutput_items;
    }

private:
    void check(gr_vector_const_void_star& items, std::uint64_t from, std::uint64_t to)
    {
        for (std::size_t c = 0; c < items.size(); c++) {
            const auto first = zcring_test::counter_sample(d_next, c);
            for (std::uint64_t k = from; k < to; k++) {
                const auto expected = static_cast<std::uint32_t>(first + (k - from));
                const std::uint32_t found = counter_value(d_item_bytes, items[c], k);
                if (found == expected || !d_wrong.empty())
                    continue;
                d_wrong = "channel " + std::to_string(c) + ", item " +
                          std::to_string(nitems_read(0) + k) + ": " + std::to_string(found) +
                          " where " + std::to_string(expected) + " belongs";
            }
        }
        d_next += to - from;
    }

    const std::size_t d_item_bytes;
    std::atomic<int> d_demand{ 0 };
    mutable std::mutex d_mutex; // guards all below
    std::condition_variable d_changed;
    std::atomic<std::uint64_t> d_items{ 0 };
    std::atomic<std::uint64_t> d_lost{ 0 };
    std::atomic<std::uint64_t> d_streams{ 0 };
    std::uint64_t d_next = 0; // sample clock of the next item
    bool d_held = false;
    std::string d_wrong;
};
