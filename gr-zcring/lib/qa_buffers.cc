/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The buffers behind the source give each reader every sample, bit by bit: readers with a history,
// slow ones, and many of one buffer. The log and the errors say which path the samples take.
#include "qa_counter_sink.h"
#include "qa_foreign_sink.h"
#include "qa_log.h"
#include "qa_reference.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/filter/fir_filter_blk.h>

#include <utility>

namespace {

std::vector<float> long_taps()
{
    std::vector<float> taps(2001);
    for (std::size_t k = 0; k < taps.size(); k++)
        taps[k] = 1.0f / static_cast<float>(1 + (k * 7919) % 997);
    return taps;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(buffers, accounting_check)

BOOST_AUTO_TEST_CASE(a_filter_with_a_long_history_sees_what_a_vector_source_gives_it)
{
    const std::size_t n = scaled(2000000);
    auto expected = filtered(gr::blocks::vector_source_c::make(reference(n)),
                             gr::filter::fir_filter_ccf::make(1, long_taps()),
                             n);
    for (const char* zero_copy : { "on", "off" }) {
        auto src =
            source::make(device_args() + lossless() + noise, "fc32", 1, 1e6, 100e6, 0, zero_copy);
        BOOST_CHECK_EQUAL(src->is_zero_copy(), zero_copy == std::string("on"));
        for (int round = 0; round < 2; round++) {
            auto found = filtered(src, gr::filter::fir_filter_ccf::make(1, long_taps()), n);
            BOOST_REQUIRE_EQUAL(found.size(), n);
            BOOST_CHECK(found == expected); // bit by bit, from the first sample
        }
    }
}

BOOST_AUTO_TEST_CASE(a_decimator_that_takes_most_of_the_ring_sees_every_sample)
{
    const int decimation = 500;
    const std::size_t n = scaled(4000);
    auto expected =
        filtered(gr::blocks::vector_source_c::make(reference(n * decimation)),
                 gr::filter::fir_filter_ccf::make(decimation, std::vector<float>(50, 0.02f)),
                 n);
    auto src = source::make(with_ring(131072) + noise, "fc32", 1, 1e4, 100e6, 0, "on");
    auto found = filtered(
        src, gr::filter::fir_filter_ccf::make(decimation, std::vector<float>(50, 0.02f)), n);
    BOOST_CHECK(src->is_zero_copy());
    BOOST_CHECK(found == expected);
}

BOOST_AUTO_TEST_CASE(the_log_says_which_path_was_taken)
{
    for (const auto& [format, words] :
         { std::pair{ "fc32", "fc32 to fc32, zero copy" }, { "sc16", "sc16 to fc32, one copy" } }) {
        auto& log = qa_log::anew();
        auto src = source::make(device_args() + ",format=" + format, "fc32");
        auto tb = gr::make_top_block("log");
        tb->connect(src, 0, gr::blocks::null_sink::make(sizeof(gr_complex)), 0);
        BOOST_CHECK(!log.says(words));
        tb->start();
        BOOST_CHECK(eventually([&, words = words] { return log.says(words); }));
        tb->stop();
        tb->wait();
    }
}

BOOST_AUTO_TEST_CASE(a_block_with_a_buffer_of_its_own_is_told_what_to_set)
{
    for (const char* zero_copy : { "on", "off" }) {
        auto src = source::make(device_args(), "fc32", 1, 1e6, 100e6, 0, zero_copy);
        auto tb = gr::make_top_block("foreign");
        tb->connect(src, 0, gnuradio::make_block_sptr<foreign_sink>(), 0);
        if (zero_copy == std::string("on")) {
            BOOST_CHECK_EXCEPTION(tb->start(), std::runtime_error, [](const std::runtime_error& e) {
                return std::string(e.what()).find("set zero_copy to off") != std::string::npos;
            });
            continue;
        }
        tb->start();
        tb->stop();
        tb->wait();
    }
}

BOOST_AUTO_TEST_CASE(readers_of_different_speed_see_every_sample)
{
    auto tb = gr::make_top_block("fan-out");
    auto src =
        source::make(device_args() + lossless() + ",scene=counter", "sc16", 1, 1e6, 100e6, 0, "on");
    std::vector<counter_sink::sptr> sinks;
    for (const int at_once : { 1 << 20, 4096, 97, 1000 }) {
        sinks.push_back(counter_sink::make(4));
        sinks.back()->set_max_noutput_items(at_once);
        tb->connect(src, 0, sinks.back(), 0);
    }
    tb->start();
    for (int stall = 0; stall < 5; stall++) {
        sinks[2]->hold();
        const std::uint64_t behind = sinks[2]->items();
        BOOST_CHECK(eventually([&] { return sinks[0]->items() > sinks[2]->items() + 1000; }));
        sinks[2]->let_go();
        BOOST_CHECK(sinks[2]->wait_for(behind + 1));
    }
    for (const auto& sink : sinks)
        BOOST_CHECK(sink->wait_for(scaled(10000000)));
    tb->stop();
    tb->wait();
    for (const auto& sink : sinks)
        BOOST_CHECK_EQUAL(sink->wrong(), "");
    BOOST_CHECK(src->is_zero_copy());
    BOOST_CHECK_EQUAL(src->telemetry()["lost_samples"], 0u);
}

BOOST_AUTO_TEST_CASE(a_reader_slower_than_the_device_sees_no_torn_sample)
{
    for (const char* ring_bytes : { "4096", "65536", "1048576" }) {
        auto tb = gr::make_top_block("slow");
        auto src =
            source::make(device_args() + ",scene=counter,interval_us=500,ring_bytes=" + ring_bytes,
                         "sc16",
                         2,
                         20e6,
                         100e6,
                         0,
                         "on");
        auto sink = counter_sink::make(4, 2);
        tb->connect(src, 0, sink, 0);
        tb->connect(src, 1, sink, 1);
        tb->start();
        for (unsigned gaps = 1; gaps <= 20; gaps++) {
            const std::uint64_t before = sink->lost();
            const std::uint64_t lost = src->telemetry()["lost_samples"];
            sink->hold();
            BOOST_REQUIRE(eventually([&] { return src->telemetry()["lost_samples"] > lost; }));
            sink->let_go();
            BOOST_REQUIRE(
                eventually([&] { return sink->lost() > before || !sink->wrong().empty(); }));
        }
        tb->stop();
        tb->wait();
        BOOST_CHECK_EQUAL(sink->wrong(), "");
        auto t = src->telemetry();
        BOOST_CHECK_EQUAL(t["sample_clock"], t["produced_samples"] + t["lost_samples"]);
    }
}

BOOST_AUTO_TEST_CASE(zero_copy_is_refused_where_the_formats_differ)
{
    BOOST_CHECK_EXCEPTION(
        source::make(device_args() + ",format=sc16", "fc32", 1, 1e6, 100e6, 0, "on"),
        std::invalid_argument,
        [](const std::invalid_argument& e) {
            return std::string(e.what()).find("sc16") != std::string::npos;
        });
    BOOST_CHECK(!source::make(device_args() + ",format=sc16", "fc32")->is_zero_copy());
    BOOST_CHECK(!source::make(device_args(), "sc8", 1, 1e6, 100e6, 0, "off")->is_zero_copy());
    BOOST_CHECK(source::make(device_args(), "sc8")->is_zero_copy());
}

BOOST_AUTO_TEST_SUITE_END()
