/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "qa_recorder.h"

#include <gnuradio/top_block.h>

#include <chrono>
#include <initializer_list>
#include <utility>

/*!
 * \file
 * \brief A source, with a recorder of its items and mailboxes of its messages.
 */

using gr::zcring::source;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

inline const pmt::pmt_t command_port = pmt::intern("command");
inline const std::string no_burst = ",interval_us=60000000,ring_bytes=1048576"; // for a minute
inline const std::string fast = ",scene=counter,interval_us=1000,ring_bytes=8388608";

inline pmt::pmt_t symbol(const char* s) { return pmt::intern(s); }

inline pmt::pmt_t dict(std::initializer_list<std::pair<const char*, pmt::pmt_t>> items)
{
    pmt::pmt_t result = pmt::make_dict();
    for (const auto& [key, value] : items)
        result = pmt::dict_add(result, pmt::intern(key), value);
    return result;
}

struct flowgraph {
    explicit flowgraph(const std::string& args,
                       unsigned channels = 1,
                       const std::string& on_device_lost = "stop")
        : src(source::make(
              device_args() + args, "sc16", channels, 1e6, 0, 0, "auto", on_device_lost)),
          sink(recorder::make(4, channels)),
          events(mailbox::make()),
          telemetry(mailbox::make()),
          top(gr::make_top_block("control"))
    {
        for (unsigned c = 0; c < channels; c++)
            top->connect(src, static_cast<int>(c), sink, static_cast<int>(c));
        top->msg_connect(src, "async_msgs", events, "in");
        top->msg_connect(src, "telemetry", telemetry, "in");
    }

    void stop()
    {
        top->stop();
        top->wait();
    }

    const source::sptr src;
    const recorder::sptr sink;
    const mailbox::sptr events;
    const mailbox::sptr telemetry;
    const gr::top_block_sptr top;
};

inline pmt::pmt_t tag(const recorder& sink, unsigned channel, std::uint64_t item, const char* key)
{
    return sink.tagged(channel).at(item).at(key)[0];
}

// The only item but the first with that tag.
inline std::uint64_t tagged_item(const recorder& sink, unsigned channel, const char* key)
{
    std::vector<std::uint64_t> items;
    for (const auto& [item, tags] : sink.tagged(channel))
        if (item != 0 && tags.count(key))
            items.push_back(item);
    BOOST_REQUIRE_EQUAL(items.size(), 1u);
    return items[0];
}
