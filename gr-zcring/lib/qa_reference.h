/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "qa_device.h"

#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/top_block.h>

#include <string>
#include <vector>

/*!
 * \file
 * \brief The noise scene, which is the same everywhere, to compare what a chain of blocks makes of
 * it.
 */

using gr::zcring::source;
using samples = std::vector<gr_complex>;

inline const std::string noise = ",scene=noise,format=fc32,seed=7";

// The first n samples of the noise, copied, from the emulator: they are the same everywhere.
inline samples reference(std::size_t n, int channel = 0)
{
    auto tb = gr::make_top_block("reference");
    auto src =
        source::make("emulator,pace=free" + noise, "fc32", channel + 1, 1e6, 100e6, 0, "off");
    auto head = gr::blocks::head::make(sizeof(gr_complex), n);
    auto sink = gr::blocks::vector_sink_c::make();
    tb->connect(src, channel, head, 0);
    tb->connect(head, 0, sink, 0);
    for (int other = 0; other < channel; other++)
        tb->connect(src, other, gr::blocks::null_sink::make(sizeof(gr_complex)), 0);
    tb->run();
    return sink->data();
}

// The first n vectors that the sink gets when the flowgraph runs. Not by a head: before one that
// is done, a block runs on until its buffer is full, which takes minutes at a device's low rate.
inline samples first(const gr::top_block_sptr& tb,
                     const gr::blocks::vector_sink_c::sptr& sink,
                     std::size_t n,
                     std::size_t vector_items = 1)
{
    tb->start();
    BOOST_CHECK(eventually([&] { return sink->nitems_read(0) >= n; }));
    tb->stop();
    tb->wait();
    auto found = sink->data();
    found.resize(n * vector_items);
    return found;
}

// What a chain from src makes of its first samples.
template <class block>
samples filtered(const gr::basic_block_sptr& src, const block& filter, std::size_t n)
{
    auto tb = gr::make_top_block("filtered");
    auto sink = gr::blocks::vector_sink_c::make();
    tb->connect(src, 0, filter, 0);
    tb->connect(filter, 0, sink, 0);
    return first(tb, sink, n);
}

// As fast as it is read where that can be; else in bursts of a millisecond, and the rate has to
// be one of which the ring takes most of a second.
inline std::string with_ring(std::size_t bytes)
{
    return device_args() + (on_emulator() ? ",pace=free" : ",interval_us=1000") +
           ",ring_bytes=" + std::to_string(bytes);
}
