/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks downstream that need more than the ring holds, in memory or in bursts: the samples are
// copied, or an error says what to set.
#include "qa_counter_sink.h"
#include "qa_log.h"
#include "qa_reference.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/blocks/stream_to_vector.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/filter/fir_filter_blk.h>

#include <tuple>
#include <utility>

BOOST_FIXTURE_TEST_SUITE(ring_capacity, accounting_check)

BOOST_AUTO_TEST_CASE(a_block_that_needs_more_than_the_ring_gets_copies_or_an_error)
{
    const std::size_t vector_items = 1500; // and the ring has 2048, less than two of those
    const std::size_t vectors = 1 + scaled(100);
    const auto connected = [](const std::string& zero_copy, const gr::block_sptr& sink) {
        auto tb = gr::make_top_block("large vectors");
        auto src = source::make(with_ring(16384) + noise, "fc32", 1, 2.5e3, 100e6, 0, zero_copy);
        auto to_vector = gr::blocks::stream_to_vector::make(sizeof(gr_complex), vector_items);
        tb->connect(src, 0, to_vector, 0);
        tb->connect(to_vector, 0, sink, 0);
        return std::pair{ tb, src };
    };
    auto sink = gr::blocks::vector_sink_c::make(vector_items);
    {
        auto [tb, src] = connected("auto", sink);
        BOOST_CHECK(first(tb, sink, vectors, vector_items) == reference(vectors * vector_items));
        BOOST_CHECK(!src->is_zero_copy());
    }
    auto [tb, src] = connected("on", sink);
    BOOST_CHECK_EXCEPTION(tb->start(), std::runtime_error, [](const std::runtime_error& e) {
        return std::string(e.what()).find("set ring_bytes= to 32768") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(a_decimator_that_needs_more_than_the_ring_gets_copies_or_an_error)
{
    const int decimation = 1500; // and the ring has 2048, less than two of those
    const std::size_t n = 1 + scaled(100);
    const auto filter = [&] {
        return gr::filter::fir_filter_ccf::make(decimation, std::vector<float>(50, 0.02f));
    };
    const auto make = [](const char* zero_copy) {
        return source::make(with_ring(16384) + noise, "fc32", 1, 2.5e3, 100e6, 0, zero_copy);
    };
    const auto expected =
        filtered(gr::blocks::vector_source_c::make(reference(n * decimation)), filter(), n);
    {
        auto src = make("auto");
        BOOST_CHECK(filtered(src, filter(), n) == expected);
        BOOST_CHECK(!src->is_zero_copy());
    }
    BOOST_CHECK_EXCEPTION(
        filtered(make("on"), filter(), n), std::runtime_error, [](const std::runtime_error& e) {
            return std::string(e.what()).find("set ring_bytes= to ") != std::string::npos;
        });
}

// Descriptors for 9,830 samples in all: less than what the runtime gives by itself, and plenty for
// who takes what is there.
BOOST_AUTO_TEST_CASE(short_bursts_are_no_reason_to_copy)
{
    auto& log = qa_log::anew();
    auto src = source::make(
        "emulator,pace=free,scene=counter,interval_us=100", "sc16", 1, 24e3, 0, 0, "on");
    auto tb = gr::make_top_block("short bursts");
    auto sink = counter_sink::make(4);
    tb->connect(src, 0, sink, 0);
    tb->start();
    BOOST_CHECK(sink->wait_for(100000));
    src->set_samp_rate(12e3);
    BOOST_CHECK(sink->wait_for(200000));
    tb->stop();
    tb->wait();
    BOOST_CHECK(src->is_zero_copy());
    BOOST_CHECK_EQUAL(sink->wrong(), "");
    BOOST_CHECK(!log.says("at this rate"));
}

// The runtime then keeps the buffer, and does not query the needs of the new reader.
BOOST_AUTO_TEST_CASE(a_new_reader_of_an_old_buffer_may_need_more_than_the_ring_has)
{
    for (const auto& [rate, interval_us, vector_items, remedy] :
         { std::tuple{ 48e3, "1000", 262144, "set interval_us= to 1334 or more" },
           { 10.0, "5000000", 262144, "set interval_us= to 640" },
           { 48e3, "1000", 1 << 20, "set ring_bytes= to 16777216 or more" } }) {
        auto& log = qa_log::anew();
        const auto bytes = sizeof(gr_complex) * static_cast<std::size_t>(vector_items);
        auto src = source::make(
            std::string("emulator,pace=free,interval_us=") + interval_us + noise, "fc32", 1, rate);
        auto tb = gr::make_top_block("new reader");
        auto sink = gr::blocks::null_sink::make(sizeof(gr_complex));
        tb->connect(src, 0, sink, 0);
        tb->start();
        BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > 100000; }));
        tb->lock();
        auto to_vector = gr::blocks::stream_to_vector::make(sizeof(gr_complex),
                                                            static_cast<std::size_t>(vector_items));
        tb->connect(src, 0, to_vector, 0);
        tb->connect(to_vector, 0, gr::blocks::null_sink::make(bytes), 0);
        tb->unlock();
        BOOST_CHECK(eventually([&, remedy = remedy] { return log.says(remedy); }));
        tb->stop();
        tb->wait();
    }
}

// At the lower rate the ring takes 98,304 items: less than the runtime would give, and enough.
BOOST_AUTO_TEST_CASE(a_reader_goes_on_where_the_ring_has_what_it_needs)
{
    auto& log = qa_log::anew();
    auto src = source::make("emulator,pace=free,interval_us=1000" + noise, "fc32", 1, 48e3);
    auto tb = gr::make_top_block("goes on");
    auto to_vector = gr::blocks::stream_to_vector::make(sizeof(gr_complex), 50000);
    auto sink = gr::blocks::null_sink::make(sizeof(gr_complex) * 50000);
    tb->connect(src, 0, to_vector, 0);
    tb->connect(to_vector, 0, sink, 0);
    tb->start();
    BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > 10; }));
    src->set_samp_rate(24e3);
    BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > 20; }));
    tb->lock();
    tb->connect(src, 0, gr::blocks::null_sink::make(sizeof(gr_complex)), 0);
    tb->unlock();
    BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > 10; }));
    BOOST_CHECK(!log.says("needs a buffer"));
    src->set_samp_rate(10e3); // and here it does not any more
    BOOST_CHECK(eventually([&] { return log.says("at this rate a block behind output 0"); }));
    tb->stop();
    tb->wait();
    BOOST_CHECK(src->is_zero_copy());
}

// 48 samples a burst: descriptors for 196,608 samples, in a ring of 1,048,576.
BOOST_AUTO_TEST_CASE(a_block_that_needs_more_bursts_than_the_ring_takes_gets_copies_or_an_error)
{
    const std::size_t vector_items = 262144;
    const auto make = [](const std::string& interval, const std::string& zero_copy) {
        return source::make("emulator,pace=free,interval_us=" + interval + noise,
                            "fc32",
                            1,
                            48e3,
                            100e6,
                            0,
                            zero_copy);
    };
    for (const char* interval : { "1000", "2667" }) { // the latter as the error says
        auto src = make(interval, "auto");
        auto tb = gr::make_top_block("bursts");
        auto to_vector = gr::blocks::stream_to_vector::make(sizeof(gr_complex), vector_items);
        auto head = gr::blocks::head::make(sizeof(gr_complex) * vector_items, 3);
        auto sink = gr::blocks::vector_sink_c::make(vector_items);
        tb->connect(src, 0, to_vector, 0);
        tb->connect(to_vector, 0, head, 0);
        tb->connect(head, 0, sink, 0);
        tb->run();
        BOOST_CHECK_EQUAL(src->is_zero_copy(), interval == std::string("2667"));
        BOOST_CHECK(sink->data() == reference(3 * vector_items));
    }

    auto tb = gr::make_top_block("error");
    auto to_vector = gr::blocks::stream_to_vector::make(sizeof(gr_complex), vector_items);
    tb->connect(make("1000", "on"), 0, to_vector, 0);
    tb->connect(to_vector, 0, gr::blocks::null_sink::make(sizeof(gr_complex) * vector_items), 0);
    BOOST_CHECK_EXCEPTION(tb->start(), std::runtime_error, [](const std::runtime_error& e) {
        return std::string(e.what()).find("set interval_us= to 2667") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(one_output_may_be_the_ring_and_another_a_copy)
{
    const int decimation = 1500; // more than this ring has, on one of two outputs
    const std::size_t n = 200;
    auto src = source::make("emulator,pace=free,ring_bytes=16384" + noise, "fc32", 2);
    auto tb = gr::make_top_block("mixed");
    auto filter = gr::filter::fir_filter_ccf::make(decimation, std::vector<float>(50, 0.02f));
    auto filter_head = gr::blocks::head::make(sizeof(gr_complex), n);
    auto filter_sink = gr::blocks::vector_sink_c::make();
    auto head = gr::blocks::head::make(sizeof(gr_complex), n * decimation);
    auto sink = gr::blocks::vector_sink_c::make();
    tb->connect(src, 0, head, 0);
    tb->connect(head, 0, sink, 0);
    tb->connect(src, 1, filter, 0);
    tb->connect(filter, 0, filter_head, 0);
    tb->connect(filter_head, 0, filter_sink, 0);
    tb->run();
    BOOST_CHECK(!src->is_zero_copy());
    BOOST_CHECK(sink->data() == reference(n * decimation));
    BOOST_CHECK(
        filter_sink->data() ==
        filtered(gr::blocks::vector_source_c::make(reference(n * decimation, 1)),
                 gr::filter::fir_filter_ccf::make(decimation, std::vector<float>(50, 0.02f)),
                 n));
    auto t = src->telemetry();
    BOOST_CHECK_GT(t["consumed_samples"], n * decimation / 2);
    BOOST_CHECK_EQUAL(t["lost_samples"], 0u);
}

BOOST_AUTO_TEST_SUITE_END()
