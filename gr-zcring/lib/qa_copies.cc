/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Sources that copy each sample once: how large the buffers are, whose limits hold, and how many
// items one call of work() makes.
#include "qa_counter_sink.h"
#include "qa_foreign_sink.h"
#include "qa_reference.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/block_detail.h>
#include <gnuradio/blocks/stream_to_vector.h>
#include <gnuradio/prefs.h>

#include <tuple>
#include <utility>

namespace {

// As fast as it goes. A burst is 20 ms, and the output buffer has twice as much and 1 Mi items
// at most.
source::sptr converting_source(double rate)
{
    return source::make(
        "emulator,pace=free,scene=counter,format=sc16,interval_us=20000,ring_bytes=16777216",
        "fc32",
        1,
        rate);
}

// GNU Radio's, of the blocks that start while this lives.
struct performance_counters {
    performance_counters() { gr::prefs::singleton()->set_bool("PerfCounters", "on", true); }
    ~performance_counters() { gr::prefs::singleton()->set_bool("PerfCounters", "on", false); }
};

// Items that a call of work() makes, of the calls that it takes for 20 buffers.
double items_of_a_call(double rate, int items)
{
    auto tb = gr::make_top_block("goes on");
    auto src = converting_source(rate);
    auto sink = gr::blocks::null_sink::make(sizeof(gr_complex));
    const auto wanted = static_cast<std::uint64_t>(20 * items);
    tb->connect(src, 0, sink, 0);
    tb->start();
    BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > wanted; }));
    tb->stop();
    tb->wait();
    BOOST_CHECK_LT(src->pc_nproduced_avg(), 0); // as it called produce() itself
    const double calls = src->pc_work_time_total() / src->pc_work_time_avg();
    return static_cast<double>(src->nitems_written(0)) / calls;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(copies, accounting_check)

// On a busy machine the reader keeps up now and then only. A call of one piece, an eighth of the
// buffer, is never that large.
BOOST_AUTO_TEST_CASE(work_goes_on_while_its_reader_keeps_up)
{
    const performance_counters on;
    BOOST_CHECK(eventually([] { return items_of_a_call(100e6, 1 << 20) > (1 << 20) / 5; }));
    BOOST_CHECK(eventually([] { return items_of_a_call(2.5e6, 100000) > 100000 / 5; }));
}

BOOST_AUTO_TEST_CASE(work_that_goes_on_makes_every_sample_once)
{
    for (const double rate : { 100e6, 2.5e6 }) { // the one buffer is of whole pages, as it is
        auto tb = gr::make_top_block("every sample");
        auto src = converting_source(rate);
        auto sink = counter_sink::make(8);
        tb->connect(src, 0, sink, 0);
        tb->start();
        BOOST_CHECK(sink->wait_for(20u << 20));
        tb->stop();
        tb->wait();
        BOOST_CHECK_EQUAL(sink->wrong(), "");
    }
}

BOOST_AUTO_TEST_CASE(work_keeps_to_a_limit_of_the_users)
{
    const performance_counters on;
    for (const int limit : { 4096, 1 << 19 }) { // the runtime's own is the second one
        auto tb = gr::make_top_block("limit");
        auto src = converting_source(100e6);
        src->set_max_noutput_items(limit);
        auto sink = counter_sink::make(8);
        tb->connect(src, 0, sink, 0);
        tb->start();
        for (std::uint64_t k = 1; k <= 20; k++) {
            BOOST_CHECK(sink->wait_for(k << 20));
            BOOST_CHECK_GT(src->pc_nproduced(), 0);
            BOOST_CHECK_LE(src->pc_nproduced(), limit);
        }
        tb->stop();
        tb->wait();
        BOOST_CHECK_EQUAL(sink->wrong(), "");
    }
}

BOOST_AUTO_TEST_CASE(a_block_gets_a_buffer_as_large_as_the_user_says)
{
    const int wanted = 1 << 20; // at once; by itself the buffer has a tenth of that
    for (const auto& [format, ring_bytes, zero_copy] : { std::tuple{ "sc16", 64 << 20, false },
                                                         { "fc32", 64 << 20, true },
                                                         { "fc32", 8 << 20, false } }) {
        auto tb = gr::make_top_block("large");
        auto src = source::make(device_args() + lossless() + ",scene=counter,format=" + format +
                                    ",ring_bytes=" + std::to_string(ring_bytes),
                                "fc32",
                                1,
                                1e6);
        src->set_min_output_buffer(0, wanted + 1);
        auto sink = counter_sink::make(8);
        sink->demand(wanted);
        for (int round = 0; round < 2; round++) {
            const std::uint64_t before = sink->items();
            tb->disconnect_all();
            tb->connect(src, 0, sink, 0);
            tb->start();
            BOOST_CHECK(sink->wait_for(before + wanted));
            tb->stop();
            tb->wait();
            BOOST_CHECK_EQUAL(src->is_zero_copy(), zero_copy);
        }
        BOOST_CHECK_EQUAL(sink->wrong(), "");
    }
}

// What the runtime wrote for the flowgraph before does not stay, and what the user wrote does.
BOOST_AUTO_TEST_CASE(a_buffer_is_made_for_the_rate_and_the_user_of_its_own_flowgraph)
{
    const performance_counters on;
    auto src = converting_source(1e6);
    const auto run = [&] {
        auto tb = gr::make_top_block("anew");
        auto sink = counter_sink::make(8);
        tb->connect(src, 0, sink, 0);
        tb->start();
        BOOST_CHECK(sink->wait_for(4u << 20));
        tb->stop();
        tb->wait();
        BOOST_CHECK_EQUAL(sink->wrong(), "");
        return src->detail()->output(0)->bufsize();
    };
    {
        auto tb = gr::make_top_block("does not start");
        tb->connect(src, 0, gr::blocks::null_sink::make(sizeof(gr_complex)), 0);
        tb->connect(source::make("emulator,ring_bytes=4096", "fc32", 1, 1e6, 0, 0, "on"),
                    0,
                    gnuradio::make_block_sptr<foreign_sink>(),
                    0);
        BOOST_CHECK_THROW(tb->start(), std::runtime_error);
    }
    src->set_min_output_buffer(0, 100000);
    BOOST_CHECK_EQUAL(run(), 100352u);   // whole pages
    src->set_min_output_buffer(0, 1000); // less than the block's own
    for (int round = 0; round < 2; round++)
        BOOST_CHECK_EQUAL(run(), 1u << 16);
    src->set_samp_rate(100e6);
    for (int round = 0; round < 2; round++) {
        BOOST_CHECK_EQUAL(run(), 1u << 20);
        BOOST_CHECK_LT(src->pc_nproduced_avg(), 0); // it goes on
    }
    for (const int most : { 1 << 19, 8192, 4096 }) {
        src->set_max_output_buffer(0, most);
        for (int round = 0; round < 3; round++)
            BOOST_CHECK_EQUAL(run(), static_cast<unsigned>(most));
    }
    src->set_max_output_buffer(0, -1);
    src->set_max_noutput_items(4096);
    for (int round = 0; round < 2; round++) {
        BOOST_CHECK_EQUAL(run(), 1u << 20);
        BOOST_CHECK_LE(src->pc_nproduced(), 4096);
    }
}

BOOST_AUTO_TEST_CASE(a_copy_in_place_of_a_ring_is_as_small_as_the_user_says)
{
    auto src = source::make(
        "emulator,pace=free,interval_us=1000,ring_bytes=65536" + noise, "fc32", 1, 48e3);
    src->set_max_output_buffer(0, 20480);
    for (int round = 0; round < 2; round++) {
        auto tb = gr::make_top_block("small copy");
        auto sink = gr::blocks::null_sink::make(sizeof(gr_complex) * 10000);
        auto to_vector = gr::blocks::stream_to_vector::make(sizeof(gr_complex), 10000);
        tb->connect(src, 0, to_vector, 0);
        tb->connect(to_vector, 0, sink, 0);
        tb->start();
        BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > 3; }));
        tb->stop();
        tb->wait();
        BOOST_CHECK(!src->is_zero_copy());
        BOOST_CHECK_EQUAL(src->detail()->output(0)->bufsize(), 20480u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
