/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "qa_counter.h"
#include "qa_device.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/sync_block.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

/*!
 * A sink for the counter scene that writes down what came: which sample of the ADC every item
 * is, and every tag. Items are sc16 (4 bytes) or fc32 (8 bytes).
 */
class recorder final : public gr::sync_block
{
public:
    using sptr = std::shared_ptr<recorder>;
    using tags = std::map<std::string, std::vector<pmt::pmt_t>>; //!< of one item, by key

    static sptr make(std::size_t item_bytes, unsigned channels = 1)
    {
        return gnuradio::make_block_sptr<recorder>(item_bytes, channels);
    }

    recorder(std::size_t item_bytes, unsigned channels)
        : gr::sync_block("recorder",
                         gr::io_signature::make(static_cast<int>(channels),
                                                static_cast<int>(channels),
                                                static_cast<int>(item_bytes)),
                         gr::io_signature::make(0, 0, 0)),
          d_item_bytes(item_bytes),
          d_next(channels),
          d_runs(channels),
          d_tags(channels)
    {
        set_tag_propagation_policy(TPP_DONT);
    }

    //! Waits until sample \p clock of the ADC, or a later one, has come; false after a minute.
    bool wait_for_clock(std::uint64_t clock)
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        return d_changed.wait_for(lock, zcring_test::time_limit, [&] {
            return d_items && clock_of(0, d_items - 1) >= clock;
        });
    }

    bool wait_for_items(std::uint64_t items)
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        return d_changed.wait_for(lock, zcring_test::time_limit, [&] { return d_items >= items; });
    }

    std::uint64_t items_now() const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_items;
    }

    //! ns since 1970 of the first item, once it has come.
    std::uint64_t first_time_ns() const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return time_ns(d_tags[0].at(0).at("rx_time")[0]);
    }

    //! Of an rx_time tag.
    static std::uint64_t time_ns(const pmt::pmt_t& time)
    {
        return pmt::to_uint64(pmt::tuple_ref(time, 0)) * 1000000000 +
               static_cast<std::uint64_t>(
                   std::llround(pmt::to_double(pmt::tuple_ref(time, 1)) * 1e9));
    }

    // Below: once the flowgraph has stopped.

    std::uint64_t items() const { return d_items; }
    //! The srcid of the first item's tags.
    pmt::pmt_t first_srcid() const { return d_first_srcid; }
    //! Runs of samples that follow each other: first item, and which sample it is.
    const std::map<std::uint64_t, std::uint64_t>& runs(unsigned channel) const
    {
        return d_runs[channel];
    }
    //! By item.
    const std::map<std::uint64_t, tags>& tagged(unsigned channel) const { return d_tags[channel]; }

    //! Which sample of the ADC an item is.
    std::uint64_t clock_of(unsigned channel, std::uint64_t item) const
    {
        const auto run = std::prev(d_runs[channel].upper_bound(item));
        return run->second + (item - run->first);
    }
    //! The first item that is sample \p clock, or one after it.
    std::uint64_t item_of(unsigned channel, std::uint64_t clock) const
    {
        std::uint64_t end = d_items;
        for (auto run = d_runs[channel].rbegin(); run != d_runs[channel].rend(); ++run) {
            if (run->second <= clock)
                return std::min(run->first + (clock - run->second), end);
            end = run->first;
        }
        return end;
    }

    int
    work(int noutput_items, gr_vector_const_void_star& input_items, gr_vector_void_star&) override
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto n = static_cast<std::uint64_t>(noutput_items);
        for (unsigned c = 0; c < d_runs.size(); c++) {
            for (std::uint64_t k = 0; k < n; k++)
                note(c,
                     d_items + k,
                     counter_value(d_item_bytes, input_items[c], k) -
                         zcring_test::counter_sample(0, c));
            std::vector<gr::tag_t> found;
            get_tags_in_window(found, c, 0, n);
            if (d_items == 0 && !found.empty())
                d_first_srcid = found[0].srcid;
            for (const gr::tag_t& tag : found)
                d_tags[c][tag.offset][pmt::symbol_to_string(tag.key)].push_back(tag.value);
        }
        d_items += n;
        d_changed.notify_all();
        return noutput_items;
    }

private:
    void note(unsigned channel, std::uint64_t item, std::uint32_t clock)
    {
        if (d_next[channel] != clock || item == 0)
            d_runs[channel][item] = clock;
        d_next[channel] = clock + 1;
    }

    const std::size_t d_item_bytes;
    mutable std::mutex d_mutex; // guards all below
    std::condition_variable d_changed;
    std::uint64_t d_items = 0;
    std::vector<std::uint32_t> d_next; // sample that comes next, if none is lost
    std::vector<std::map<std::uint64_t, std::uint64_t>> d_runs;
    std::vector<std::map<std::uint64_t, tags>> d_tags;
    pmt::pmt_t d_first_srcid = pmt::PMT_NIL;
};

//! A block of messages only, which keeps what it gets.
class mailbox final : public gr::block
{
public:
    using sptr = std::shared_ptr<mailbox>;

    static sptr make() { return gnuradio::make_block_sptr<mailbox>(); }

    mailbox()
        : gr::block("mailbox", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    {
        message_port_register_in(pmt::intern("in"));
        set_msg_handler(pmt::intern("in"), [this](const pmt::pmt_t& message) {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_messages.push_back(message);
        });
    }

    std::vector<pmt::pmt_t> messages() const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_messages;
    }

    //! Those whose `event` it is.
    std::vector<pmt::pmt_t> events(const char* event) const
    {
        std::vector<pmt::pmt_t> found;
        for (const pmt::pmt_t& message : messages())
            if (pmt::equal(value(message, "event"), pmt::intern(event)))
                found.push_back(message);
        return found;
    }

    static pmt::pmt_t value(const pmt::pmt_t& message, const char* key)
    {
        return pmt::dict_ref(message, pmt::intern(key), pmt::PMT_NIL);
    }

private:
    mutable std::mutex d_mutex; // guards d_messages
    std::vector<pmt::pmt_t> d_messages;
};
