/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// A device that goes away while a flowgraph runs, or before, and comes back.
#include "qa_flowgraph.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/blocks/null_sink.h>

BOOST_FIXTURE_TEST_SUITE(device_lost, accounting_check)

BOOST_AUTO_TEST_CASE(a_device_that_goes_away_ends_the_flowgraph)
{
    flowgraph fg(fast);
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.src->inject_unplug();
    fg.top->wait();
    BOOST_CHECK_EQUAL(fg.sink->runs(0).size(), 1u); // all that came before is there
    BOOST_CHECK(eventually([&] { return fg.events->events("device_lost").size() == 1; }));

    fg.top->start();
    fg.top->wait(); // ends at once
    fg.src->inject_plug();
    const std::uint64_t before = fg.sink->items_now();
    fg.top->start();
    BOOST_CHECK(fg.sink->wait_for_items(before + 1000));
    fg.stop();
}

BOOST_AUTO_TEST_CASE(a_flowgraph_may_be_started_before_its_device_is_there)
{
    flowgraph fg(fast, 1, "wait");
    fg.src->inject_unplug();
    fg.top->start();
    fg.src->post(command_port, pmt::cons(symbol("freq"), pmt::from_double(1)));
    fg.src->inject_plug();
    BOOST_CHECK(fg.sink->wait_for_items(1000));
    fg.stop();
    BOOST_CHECK(!fg.sink->tagged(0).at(0).count("rx_lost")); // nothing came before
}

BOOST_AUTO_TEST_CASE(what_is_tuned_while_a_device_is_away_holds_when_it_is_back)
{
    flowgraph fg(fast, 2, "wait");
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.src->inject_unplug();
    BOOST_REQUIRE(eventually([&] { return !fg.events->events("device_lost").empty(); }));
    fg.src->set_center_freq(5e6);
    fg.src->set_center_freq(7e6, 1);
    fg.src->set_gain(9, 0);
    fg.src->set_samp_rate(2e6);
    fg.src->post(command_port, pmt::cons(symbol("bandwidth"), pmt::from_double(3e5)));
    BOOST_CHECK_THROW(fg.src->set_gain(61), std::invalid_argument);
    BOOST_CHECK_THROW(fg.src->set_time_now(1), std::system_error);
    fg.src->inject_plug();
    // What came before it went may still be on its way.
    BOOST_REQUIRE(eventually([&] { return !fg.events->events("device_back").empty(); }));
    BOOST_REQUIRE(fg.sink->wait_for_items(fg.sink->items_now() + 1000));
    BOOST_CHECK_EQUAL(fg.src->center_freq(0), 5e6);
    BOOST_CHECK_EQUAL(fg.src->center_freq(1), 7e6);
    BOOST_CHECK_EQUAL(fg.src->gain(0), 9);
    BOOST_CHECK_EQUAL(fg.src->gain(1), 0);
    BOOST_CHECK_EQUAL(fg.src->samp_rate(), 2e6);
    BOOST_CHECK_EQUAL(fg.src->bandwidth(), 3e5);
    fg.stop();
    const std::uint64_t item = tagged_item(*fg.sink, 1, "rx_lost");
    BOOST_CHECK_EQUAL(pmt::to_double(tag(*fg.sink, 1, item, "rx_freq")), 7e6);
}

BOOST_AUTO_TEST_CASE(what_is_tuned_while_a_device_is_away_for_good_is_refused)
{
    flowgraph fg(fast);
    fg.src->inject_unplug();
    BOOST_CHECK_THROW(fg.src->set_center_freq(5e6), std::system_error);
    fg.src->inject_plug();
}

// A kernel device that comes back has the computer's time.
BOOST_AUTO_TEST_CASE(the_time_stays_set_whatever_comes_back_before_the_next_start)
{
    const std::uint64_t noon = 1000000000ull * 43200;
    flowgraph fg(fast);
    fg.src->set_time_now(noon);
    fg.src->inject_unplug();
    fg.src->inject_plug();
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.stop();
    BOOST_CHECK_GE(fg.sink->first_time_ns(), noon);
    BOOST_CHECK_LT(fg.sink->first_time_ns(), noon + 60000000000);
}

BOOST_AUTO_TEST_CASE(a_device_that_comes_back_waits_for_no_start_to_come)
{
    flowgraph fg(fast, 1, "wait");
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.src->set_start_time(fg.src->time_now() + 80000000000000); // tomorrow
    fg.src->inject_unplug();
    fg.src->inject_plug();
    BOOST_REQUIRE(eventually([&] { return !fg.events->events("device_back").empty(); }));
    BOOST_CHECK(fg.sink->wait_for_items(fg.sink->items_now() + 1000));
    fg.stop();
}

BOOST_AUTO_TEST_CASE(a_device_that_can_never_start_is_not_waited_for)
{
    auto src =
        source::make("emulator,dma=resident,scene=noise", "sc16", 1, 1e6, 0, 0, "auto", "wait");
    auto top = gr::make_top_block("never");
    top->connect(src, 0, gr::blocks::null_sink::make(4), 0);
    top->run();
}

BOOST_AUTO_TEST_CASE(waiting_for_a_device_excludes_zero_copy)
{
    BOOST_CHECK_THROW(source::make(device_args(), "sc16", 1, 1e6, 0, 0, "on", "wait"),
                      std::invalid_argument);
    BOOST_CHECK_THROW(source::make(device_args(), "sc16", 1, 1e6, 0, 0, "auto", "cry"),
                      std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
