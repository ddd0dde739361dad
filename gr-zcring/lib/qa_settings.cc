/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// What setters, commands and fault injections do with what they cannot do: they throw, or, where
// Companion has asked for it, set the nearest allowed value. The log has each reason once.
#include "qa_log.h"
#include "qa_recorder.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/top_block.h>

#include <cmath>

namespace {

using gr::zcring::source;

const pmt::pmt_t command_port = pmt::intern("command");
const std::string recording = ZCRING_RECORDINGS "/adsb_1090mhz.sigmf-meta"; // 2e6 samples a second

source::sptr clipping(const std::string& args = "", double rate = 1e6, double gain = 0)
{
    return source::make(device_args() + args, "sc16", 1, rate, 100e6, gain, "auto", "stop", "clip");
}

pmt::pmt_t dict(std::initializer_list<std::pair<const char*, pmt::pmt_t>> items)
{
    pmt::pmt_t result = pmt::make_dict();
    for (const auto& [key, value] : items)
        result = pmt::dict_add(result, pmt::intern(key), value);
    return result;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(settings, accounting_check)

BOOST_AUTO_TEST_CASE(a_value_out_of_range_is_clipped_and_warned_of_once)
{
    auto& log = qa_log::anew();
    auto src = clipping();
    for (const double gain : { 70.0, 71.0, 1e9 })
        src->set_gain(gain, -1);
    BOOST_CHECK_EQUAL(src->gain(0), 60);
    BOOST_CHECK_EQUAL(log.count("gain is "), 1u);
    BOOST_CHECK(log.says("gain is 70; it must be from -60 to 60, and is set to 60"));
    src->set_gain(-INFINITY, 0);
    BOOST_CHECK_EQUAL(src->gain(0), -60);
    BOOST_CHECK_EQUAL(log.count("gain is "), 2u);
    src->set_gain(5, 0);
    src->set_gain(NAN, 0);
    BOOST_CHECK_EQUAL(src->gain(0), 5);
    src->set_center_freq(-1e15, 0);
    BOOST_CHECK_EQUAL(src->center_freq(0), -1e12);
    src->set_samp_rate(0);
    BOOST_CHECK_EQUAL(src->samp_rate(), 1e-3);
    src->set_bandwidth(-1);
    BOOST_CHECK_EQUAL(src->bandwidth(), 0);
    src->set_telemetry_interval(1e-9);
    src->set_telemetry_interval(-1);
    BOOST_CHECK(log.says("telemetry interval"));
    BOOST_CHECK_THROW(src->set_gain(3, 1), std::invalid_argument); // a mistake of the program
}

BOOST_AUTO_TEST_CASE(values_that_a_source_is_made_with_are_clipped_too)
{
    auto& log = qa_log::anew();
    auto src = clipping("", 1e11, 70);
    BOOST_CHECK_EQUAL(src->samp_rate(), 1e10);
    BOOST_CHECK_EQUAL(src->gain(0), 60);
    BOOST_CHECK(log.says("samp_rate is 100000000000; it must be from 0.001 to 10000000000"));
    BOOST_CHECK(log.says("gain is 70"));
    BOOST_CHECK_THROW(clipping(",ring_bytes=5000"), std::invalid_argument);
    BOOST_CHECK_THROW(source::make(device_args(), "sc16", 1, 1e6, 0, 0, "auto", "stop", "ignore"),
                      std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_recording_is_resampled_when_it_is_opened)
{
    auto& log = qa_log::anew();
    auto src = clipping(",scene=" + recording, 3e6);
    BOOST_CHECK_EQUAL(src->samp_rate(), 3e6);
    for (const double rate : { 1.5e6, 3e6 / 64, 3e6 }) {
        src->set_samp_rate(rate);
        BOOST_CHECK_EQUAL(src->samp_rate(), rate);
    }
    BOOST_CHECK_EQUAL(log.count("stays as it is"), 0u);
    for (const double rate : { 2e6, 4e6, 3e6 / 65 })
        src->set_samp_rate(rate);
    BOOST_CHECK_EQUAL(src->samp_rate(), 3e6);
    BOOST_CHECK_EQUAL(log.count("stays as it is"), 1u);
    auto strict = [] {
        return source::make(device_args() + ",scene=" + recording, "sc16", 1, 2e6);
    };
    src.reset(); // a device has one user at a time
    BOOST_CHECK_THROW(strict()->set_samp_rate(3e6), std::system_error);
}

BOOST_AUTO_TEST_CASE(a_setter_does_not_throw_for_a_device_that_is_gone)
{
    auto& log = qa_log::anew();
    auto src = clipping();
    src->inject_unplug();
    src->set_gain(3, 0);
    src->set_gain(4, 0);
    BOOST_CHECK_EQUAL(log.count("stays as it is"), 1u);
    src->inject_plug();
}

BOOST_AUTO_TEST_CASE(without_clipping_a_value_out_of_range_throws)
{
    auto src = source::make(device_args(), "sc16");
    BOOST_CHECK_THROW(src->set_gain(70), std::invalid_argument);
    BOOST_CHECK_THROW(src->set_samp_rate(NAN), std::invalid_argument);
    BOOST_CHECK_THROW(src->set_telemetry_interval(1e-9), std::invalid_argument);
    BOOST_CHECK_EQUAL(src->gain(0), 0);
}

BOOST_AUTO_TEST_CASE(the_ranges_have_gr_uhds_names)
{
    auto src = source::make(device_args(), "sc16", 1, 1e6, 98e6, 3);
    BOOST_CHECK_EQUAL(src->get_samp_rate(), 1e6);
    BOOST_CHECK_EQUAL(src->get_center_freq(), 98e6);
    BOOST_CHECK_EQUAL(src->get_gain(), 3);
    BOOST_CHECK_EQUAL(src->get_samp_rates().max, 1e10);
    BOOST_CHECK_EQUAL(src->get_freq_range().min, -1e12);
    BOOST_CHECK_EQUAL(src->get_gain_range(0).max, 60);
    BOOST_CHECK_EQUAL(src->get_bandwidth_range(0).min, 0);
    BOOST_CHECK_THROW(src->get_gain_range(1), std::invalid_argument);
    for (const double gain : { src->get_gain_range().min, src->get_gain_range().max })
        src->set_gain(gain);
}

BOOST_AUTO_TEST_CASE(a_fault_before_the_start_is_refused_with_the_remedy)
{
    auto src = source::make(device_args(), "sc16");
    const auto tells = [](const std::system_error& e) {
        return std::string(e.what()).find("no stream runs: start the flowgraph first") !=
               std::string::npos;
    };
    if (on_emulator()) { // a device's debugfs may say no before
        BOOST_CHECK_EXCEPTION(src->inject_stall(1), std::system_error, tells);
        BOOST_CHECK_EXCEPTION(src->inject_drop(1), std::system_error, tells);
        BOOST_CHECK_EXCEPTION(src->inject_clock_jump(1), std::system_error, tells);
    }
    src->set_command_time(src->time_now());
    BOOST_CHECK_EXCEPTION(src->set_gain(3), std::system_error, tells);
    src->clear_command_time();
    src->set_gain(3);
    BOOST_CHECK_EQUAL(src->gain(0), 3);
}

BOOST_AUTO_TEST_CASE(setters_take_effect_at_the_command_time)
{
    auto src = source::make(device_args() + ",scene=counter,interval_us=1000", "sc16", 1, 1e6, 0);
    auto sink = recorder::make(4);
    auto top = gr::make_top_block("command time");
    top->connect(src, 0, sink, 0);
    top->start();
    BOOST_REQUIRE(sink->wait_for_items(1000));
    const std::uint64_t at = src->time_now() + 200000000; // ns
    src->set_command_time(at);
    src->set_center_freq(5e6);
    src->set_gain(7);
    src->clear_command_time();
    BOOST_CHECK_EQUAL(src->center_freq(0), 0);
    BOOST_CHECK(eventually([&] { return src->center_freq(0) == 5e6; }));
    BOOST_CHECK_GE(src->time_now(), at);
    BOOST_CHECK(sink->wait_for_clock((at - sink->first_time_ns()) / 1000 + 1000));
    top->stop();
    top->wait();
    BOOST_CHECK_EQUAL(src->gain(0), 7);
    for (const auto& [item, tags] : sink->tagged(0)) {
        if (item == 0 || !tags.count("rx_freq"))
            continue;
        const std::uint64_t tagged = recorder::time_ns(tags.at("rx_time")[0]);
        BOOST_CHECK_GE(tagged, at);
        BOOST_CHECK_LT(tagged, at + 1000); // a sample
    }
}

BOOST_AUTO_TEST_CASE(each_reason_for_a_refusal_is_logged_once)
{
    auto& log = qa_log::anew();
    auto src = source::make(device_args() + ",interval_us=1000", "sc16");
    auto top = gr::make_top_block("refusals");
    top->connect(src, 0, gr::blocks::null_sink::make(4), 0);
    top->start();
    const auto send = [&](const char* key, const pmt::pmt_t& value) {
        src->post(command_port, pmt::cons(pmt::intern(key), value));
    };
    for (int n = 0; n < 50; n++) {
        send("gain", pmt::from_double(61 + n));
        send("color", pmt::from_double(n));
        send("freq", pmt::intern("high"));
    }
    send("gain", pmt::from_double(3));
    BOOST_CHECK(eventually([&] { return src->gain(0) == 3; }));
    top->stop();
    top->wait();
    BOOST_CHECK_EQUAL(log.count("refused: "), 3u);
    BOOST_CHECK_EQUAL(log.count("there is no key color"), 1u);
    BOOST_CHECK_EQUAL(log.count("freq is high"), 1u);
}

BOOST_AUTO_TEST_CASE(keys_for_hardware_are_ignored_and_the_rest_is_applied)
{
    auto& log = qa_log::anew();
    auto src = source::make(device_args() + ",interval_us=1000", "sc16");
    auto top = gr::make_top_block("gr-uhd");
    top->connect(src, 0, gr::blocks::null_sink::make(4), 0);
    top->start();
    for (const double freq : { 5e6, 6e6 }) {
        src->post(command_port,
                  dict({ { "freq", pmt::from_double(freq) },
                         { "lo_offset", pmt::from_double(1e5) },
                         { "antenna", pmt::intern("RX2") } }));
        BOOST_CHECK(eventually([&] { return src->center_freq(0) == freq; }));
    }
    src->post(
        command_port,
        pmt::cons(pmt::intern("tune"), pmt::cons(pmt::from_double(7e6), pmt::from_double(1e5))));
    BOOST_CHECK(eventually([&] { return src->center_freq(0) == 7e6; }));
    for (const char* key : { "direction",
                             "dsp_freq",
                             "gpio",
                             "lo_freq",
                             "mboard",
                             "mtune",
                             "pc_clock_resync",
                             "power_dbm" })
        src->post(command_port, pmt::cons(pmt::intern(key), pmt::from_double(1)));
    BOOST_CHECK(eventually([&] { return log.says("key power_dbm is ignored"); }));
    top->stop();
    top->wait();
    BOOST_CHECK_EQUAL(log.count("key lo_offset is ignored"), 1u);
    BOOST_CHECK_EQUAL(log.count("key antenna is ignored"), 1u);
    BOOST_CHECK(!log.says("refused"));
}

BOOST_AUTO_TEST_CASE(different_keys_are_refused_for_different_reasons)
{
    auto& log = qa_log::anew();
    auto src = source::make(device_args() + ",interval_us=1000", "sc16");
    auto top = gr::make_top_block("refused keys");
    top->connect(src, 0, gr::blocks::null_sink::make(4), 0);
    top->start();
    const auto send = [&](const char* key, double value) {
        src->post(command_port, pmt::cons(pmt::intern(key), pmt::from_double(value)));
    };
    for (const double factor : { 1.0, 2.0 }) {
        send("gain", 70 * factor);
        send("freq", 1e13 * factor);
        send("rate", 1e11 * factor);
        send("bandwidth", -1 * factor);
        send("foo1", factor);
        send("foo2", factor);
    }
    send("gain", 3);
    BOOST_CHECK(eventually([&] { return src->gain(0) == 3; }));
    top->stop();
    top->wait();
    for (const char* reason :
         { " gain=", " frequency=", " rate=", " bandwidth=", "no key foo1", "no key foo2" })
        BOOST_CHECK_MESSAGE(log.count(reason) == 1, reason << " is logged " << log.count(reason));
    BOOST_CHECK_EQUAL(log.count("refused: "), 6u);
}

BOOST_AUTO_TEST_CASE(a_warning_says_what_has_happened)
{
    auto& log = qa_log::anew();
    auto src = clipping(",scene=" + recording, 1e12);
    BOOST_CHECK_EQUAL(src->samp_rate(), 2e6);
    src->set_samp_rate(1e12);
    BOOST_CHECK_EQUAL(src->samp_rate(), 2e6);
    BOOST_CHECK(log.says("the recording plays at its own rate: "));
    BOOST_CHECK(!log.says("and is set to"));
    BOOST_CHECK(log.says("rate=1000000000000 is refused, and the setting stays as it is"));
    src.reset();
    src = source::make(device_args(), "sc16", 1, 1e6, NAN, 0, "auto", "stop", "clip");
    BOOST_CHECK_EQUAL(src->center_freq(0), 100e6);
    BOOST_CHECK(log.says("and is set to the default, 100000000"));
}

BOOST_AUTO_TEST_CASE(a_refused_setting_is_named_with_its_value)
{
    auto& log = qa_log::anew();
    auto src = clipping();
    src->inject_unplug();
    src->set_gain(3, 0);
    src->set_center_freq(5e6, 0);
    src->set_center_freq(6e6, 0);
    BOOST_CHECK(log.says("gain=3 is refused"));
    BOOST_CHECK(log.says("frequency=5000000 is refused"));
    BOOST_CHECK_EQUAL(log.count("stays as it is"), 2u);
    src->inject_plug();
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_needs_a_stream)
{
    auto src = source::make(device_args(), "sc16");
    BOOST_CHECK_EXCEPTION(
        src->inject_slow_consumer(1), std::system_error, [](const std::system_error& e) {
            return std::string(e.what()).find("no stream runs: start the flowgraph first") !=
                   std::string::npos;
        });
}

BOOST_AUTO_TEST_SUITE_END()
