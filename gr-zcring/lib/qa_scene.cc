/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// What a source tells of the scene: the rates of a recording, the level of the noise, and channels
// that receive nothing.
#include "qa_flowgraph.h"
#include "qa_log.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/top_block.h>

#include <algorithm>
#include <cmath>

namespace {

const std::string recording = ZCRING_RECORDINGS "/adsb_1090mhz.sigmf-meta"; // 2 MS/s, 1090 MHz

source::sptr make(const std::string& args, unsigned channels, double rate, double freq)
{
    return source::make(device_args() + lossless() + args, "sc16", channels, rate, freq);
}

// Runs a source for a moment, as one stream.
void run(const source::sptr& src)
{
    auto top = gr::make_top_block("a moment");
    for (int c = 0; c < src->output_signature()->max_streams(); c++) {
        auto head = gr::blocks::head::make(4, 1000);
        top->connect(src, c, head, 0);
        top->connect(head, 0, gr::blocks::null_sink::make(4), 0);
    }
    top->run();
}

double rms_db(const source::sptr& src)
{
    auto top = gr::make_top_block("rms");
    auto head = gr::blocks::head::make(8, 20000);
    auto sink = gr::blocks::vector_sink_c::make();
    top->connect(src, 0, head, 0);
    top->connect(head, 0, sink, 0);
    top->run();
    double power = 0;
    for (const gr_complex& sample : sink->data())
        power += std::norm(sample);
    return 10 * std::log10(power / static_cast<double>(sink->data().size()));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(scene, accounting_check)

BOOST_AUTO_TEST_CASE(a_channel_that_receives_nothing_of_a_recording_is_warned_of_once)
{
    auto& log = qa_log::anew();
    auto src = make(",scene=" + recording, 2, 2e6, 1090e6);
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 0u);
    src->set_center_freq(1095e6, 1);
    for (int n = 0; n < 3; n++)
        run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 1u);
    BOOST_CHECK(log.says("channel 1 is tuned to 1095 MHz, and receives nothing of the scene, which "
                         "is from 1089 MHz to 1091 MHz; set the frequency of the channel to one "
                         "within this band"));
    src->set_gain(3);
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 1u);
    src->set_center_freq(1096e6, 1); // another tuning
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 2u);
    src->set_center_freq(1091.5e6, 1); // half of its band is within the scene's
    run(src);
    src->set_center_freq(1096e6, 1);
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 3u);
    src->set_center_freq(1091.6e6, 1);
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 3u);
    src->set_samp_rate(1e6); // the channel's band becomes smaller
    run(src);
    BOOST_CHECK_EQUAL(log.count("channel 1 is tuned to 1091.6 MHz"), 1u);
    BOOST_CHECK_EQUAL(log.count("channel 0"), 0u);
}

BOOST_AUTO_TEST_CASE(the_tone_has_a_place)
{
    auto& log = qa_log::anew();
    auto src = make(",scene=tone", 1, 1e6, 100e6);
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 0u);
    src->set_center_freq(101e6);
    run(src);
    BOOST_CHECK(log.says("channel 0 is tuned to 101 MHz, and receives nothing of the scene, a tone "
                         "at 100.125 MHz; set the frequency of the channel to less than half of "
                         "the sample rate from it"));
    src.reset();
    src = make(",scene=noise", 1, 1e6, 100e6);
    src->set_center_freq(-1e12);
    run(src);
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 1u);
}

BOOST_AUTO_TEST_CASE(a_retune_while_the_stream_runs_is_warned_of)
{
    auto& log = qa_log::anew();
    flowgraph f(",scene=tone,interval_us=1000");
    f.top->start();
    f.src->set_center_freq(5e6);
    BOOST_CHECK(eventually([&] { return log.says("channel 0 is tuned to 5 MHz"); }));
    f.stop();
    BOOST_CHECK_EQUAL(log.count("nothing of the scene"), 1u);
}

BOOST_AUTO_TEST_CASE(a_recording_has_a_list_of_rates)
{
    auto src = make(",scene=" + recording, 1, 3e6, 1090e6);
    const auto rates = src->get_samp_rate_list();
    BOOST_REQUIRE_EQUAL(rates.size(), 64u);
    BOOST_CHECK_EQUAL(rates[0], 3e6);
    BOOST_CHECK_EQUAL(rates[2], 1e6);
    BOOST_CHECK(std::is_sorted(rates.rbegin(), rates.rend()));
    BOOST_CHECK_EQUAL(src->get_samp_rate_range().min, 3e6 / 64);
    BOOST_CHECK_EQUAL(src->get_samp_rate_range().max, 3e6);
    BOOST_CHECK_EQUAL(src->get_samp_rates().max, 3e6);
    for (const double rate : { rates[0], rates[2], rates[63] }) {
        src->set_samp_rate(rate);
        BOOST_CHECK_EQUAL(src->get_samp_rate(), rate);
    }
    src.reset();
    src = make(",scene=tone", 1, 3e6, 1090e6);
    BOOST_CHECK(src->get_samp_rate_list().empty());
    BOOST_CHECK_EQUAL(src->get_samp_rate_range().min, 1e-3);
    BOOST_CHECK_EQUAL(src->get_samp_rate_range().max, 1e10);
}

BOOST_AUTO_TEST_CASE(a_recording_that_does_not_loop_ends_the_flowgraph)
{
    auto& log = qa_log::anew();
    auto src = make(",start=0.01,stop=0.05,loop=no,scene=" + recording, 1, 2e6, 1090e6);
    for (const std::uint64_t decimation : { 1, 8 }) {
        src->set_samp_rate(2e6 / static_cast<double>(decimation));
        auto top = gr::make_top_block("to the end");
        top->connect(src, 0, gr::blocks::null_sink::make(4), 0);
        top->run();
        BOOST_CHECK_EQUAL(src->nitems_written(0), 80000 / decimation);
    }
    BOOST_CHECK_EQUAL(log.count("the scene has ended"), 2u);
    BOOST_CHECK(!log.says("error"));
}

BOOST_AUTO_TEST_CASE(the_noise_has_the_level_that_is_set)
{
    auto src =
        source::make(device_args() + lossless() + ",format=fc32,scene=tone", "fc32", 1, 1e6, 100e6);
    src->set_center_freq(105e6);
    BOOST_CHECK_EQUAL(src->get_noise(), -80);
    BOOST_CHECK_SMALL(rms_db(src) + 80, 0.2);
    src->set_noise(-30);
    BOOST_CHECK_EQUAL(src->get_noise(), -30);
    BOOST_CHECK_SMALL(rms_db(src) + 30, 0.2);
    src->set_noise(-INFINITY);
    BOOST_CHECK_EQUAL(src->get_noise(), -INFINITY);
    BOOST_CHECK_EQUAL(rms_db(src), -INFINITY);
    BOOST_CHECK_EQUAL(src->get_noise_range().min, -150);
    BOOST_CHECK_EQUAL(src->get_noise_range().max, 0);
    for (const double level : { 0.1, -150.1, double(NAN), double(INFINITY) })
        BOOST_CHECK_THROW(src->set_noise(level), std::invalid_argument);
    BOOST_CHECK_EQUAL(src->get_noise(), -INFINITY);
}

BOOST_AUTO_TEST_CASE(clipped_samples_are_reported_at_most_once_a_second)
{
    auto& log = qa_log::anew();
    flowgraph f(",scene=tone,noise=none,interval_us=1000,ring_bytes=8388608");
    const auto begin = steady::now();
    f.src->set_gain(30);
    f.top->start();
    BOOST_REQUIRE(eventually([&] {
        return !f.events->events("overload").empty() && f.src->telemetry().at("bursts") > 10;
    }));
    f.stop();
    const std::chrono::duration<double> passed = steady::now() - begin;
    const auto counters = f.src->telemetry();
    const auto events = f.events->events("overload");
    // Every burst is clipped.
    BOOST_CHECK_LE(static_cast<double>(events.size()), 1 + passed.count());
    BOOST_CHECK_EQUAL(pmt::to_uint64(mailbox::value(events[0], "item")), 0u);
    BOOST_CHECK(pmt::is_tuple(mailbox::value(events[0], "time")));
    const std::uint64_t clipped = pmt::to_uint64(mailbox::value(events[0], "clipped"));
    BOOST_CHECK_GT(clipped, 0u);
    BOOST_CHECK_LT(clipped, counters.at("clipped_samples"));
    BOOST_CHECK_EQUAL(counters.at("clipped_samples"), counters.at("produced_samples"));
    BOOST_CHECK(log.says("overload: " + std::to_string(clipped) + " samples clipped"));
    BOOST_CHECK_LE(static_cast<double>(log.count("overload: ")), 1 + passed.count());
}

BOOST_AUTO_TEST_CASE(all_clipped_samples_are_reported_after_the_signal_is_weak_again)
{
    flowgraph f(",scene=tone,noise=none,interval_us=1000,ring_bytes=8388608");
    f.src->set_gain(30);
    f.top->start();
    BOOST_REQUIRE(eventually([&] { return f.src->telemetry().at("bursts") > 10; }));
    f.src->set_gain(0);
    BOOST_CHECK(eventually([&] {
        std::uint64_t reported = 0;
        for (const pmt::pmt_t& event : f.events->events("overload"))
            reported += pmt::to_uint64(mailbox::value(event, "clipped"));
        return reported == f.src->telemetry().at("clipped_samples");
    }));
    f.stop();
}

BOOST_AUTO_TEST_CASE(nothing_is_reported_where_nothing_is_clipped)
{
    auto& log = qa_log::anew();
    auto src = make(",scene=tone", 1, 1e6, 100e6);
    run(src);
    BOOST_CHECK_EQUAL(src->telemetry().at("clipped_samples"), 0u);
    BOOST_CHECK(!log.says("overload"));
}

BOOST_AUTO_TEST_CASE(a_level_of_noise_out_of_range_is_clipped)
{
    auto& log = qa_log::anew();
    auto src = source::make(device_args(), "sc16", 1, 1e6, 100e6, 0, "auto", "stop", "clip");
    src->set_noise(3);
    BOOST_CHECK_EQUAL(src->get_noise(), 0);
    BOOST_CHECK(log.says("noise is 3; it must be from -150 to 0, and is set to 0"));
    src->set_noise(-INFINITY); // is allowed
    BOOST_CHECK_EQUAL(src->get_noise(), -INFINITY);
    BOOST_CHECK_EQUAL(log.count("noise is "), 1u);
    src->set_noise(-200);
    BOOST_CHECK_EQUAL(src->get_noise(), -150);
}

BOOST_AUTO_TEST_CASE(messages_set_the_noise)
{
    auto& log = qa_log::anew();
    flowgraph f(",scene=tone,interval_us=1000");
    f.top->start();
    const auto send = [&](const pmt::pmt_t& value) {
        f.src->post(command_port, pmt::cons(symbol("noise"), value));
    };
    send(pmt::from_double(-40));
    BOOST_CHECK(eventually([&] { return f.src->get_noise() == -40; }));
    send(symbol("none"));
    BOOST_CHECK(eventually([&] { return f.src->get_noise() == -INFINITY; }));
    send(symbol("loud"));
    send(pmt::from_double(1));
    send(pmt::from_double(-50));
    BOOST_CHECK(eventually([&] { return f.src->get_noise() == -50; }));
    f.stop();
    BOOST_CHECK(log.says("noise is loud; it must be a real number or the symbol none"));
    BOOST_CHECK(log.says("noise=1: the value must be a number from -150 to 0"));
}

BOOST_AUTO_TEST_SUITE_END()
