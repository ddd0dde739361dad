/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The conditions under which the runtime never calls work() again, or ends the source's thread by
// an exception, for which the flowgraph then waits for ever. In each of them the samples come all
// the same, or the flowgraph ends with an error that says what to set.
#include "qa_counter_sink.h"
#include "qa_device.h"
#include "qa_log.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/top_block.h>

#include <functional>
#include <future>
#include <vector>

namespace {

using gr::zcring::source;

const std::string small_ring = ",scene=counter,interval_us=1000,ring_bytes=65536"; // 8192 items
const std::string large_ring = ",scene=counter,interval_us=1000,ring_bytes=8388608";

struct flowgraph {
    explicit flowgraph(const std::string& args, const std::string& zero_copy, unsigned items)
        : src(source::make(device_args() + args, "fc32", 1, 1e6, 100e6, 0, zero_copy)),
          sink(counter_sink::make(8)),
          top(gr::make_top_block("blocked"))
    {
        auto head = gr::blocks::head::make(8, items);
        top->connect(src, 0, head, 0);
        top->connect(head, 0, sink, 0);
    }

    const source::sptr src;
    const counter_sink::sptr sink;
    const gr::top_block_sptr top;
};

// Whether a flowgraph that runs ends by itself within a minute.
bool ends(const gr::top_block_sptr& top)
{
    auto end = std::async(std::launch::async, [&] { top->wait(); });
    const bool in_time = end.wait_for(std::chrono::minutes(1)) == std::future_status::ready;
    if (!in_time)
        top->stop();
    return in_time;
}

// What a source is set to, and the remedy that its errors name.
struct demand {
    const char* name;
    std::function<void(source&)> set;
    const char* remedy;
};

const std::vector<demand> demands{
    { "output_multiple", [](source& s) { s.set_output_multiple(6000); }, "ring_bytes= to 131072" },
    { "min_noutput_items",
      [](source& s) { s.set_min_noutput_items(100000); },
      "ring_bytes= to 2097152" },
    { "both",
      [](source& s) {
          s.set_output_multiple(3000);
          s.set_min_noutput_items(4000);
      },
      "ring_bytes= to 131072" },
};

// Calls a function at a line of the log, in the thread that logs it.
class setter_at_a_line final : public spdlog::sinks::base_sink<std::mutex>
{
public:
    setter_at_a_line(std::string words, std::function<void()> set)
        : d_words(std::move(words)), d_set(std::move(set))
    {
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        const std::string line(message.payload.data(), message.payload.size());
        if (line.find(d_words) != std::string::npos)
            d_set();
    }
    void flush_() override {}

private:
    const std::string d_words;
    const std::function<void()> d_set;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(blocked, accounting_check)

BOOST_AUTO_TEST_CASE(half_of_a_buffer_holds_what_the_runtime_asks_for_at_once)
{
    for (const demand& each : demands) {
        for (const char* zero_copy : { "auto", "off" }) {
            BOOST_TEST_CONTEXT(each.name << ", zero_copy=" << zero_copy)
            {
                flowgraph fg(small_ring, zero_copy, 300000);
                each.set(*fg.src);
                for (int round = 0; round < 2; round++) {
                    fg.top->start();
                    BOOST_CHECK(ends(fg.top));
                }
                BOOST_CHECK_GE(fg.sink->items(), 300000u);
                BOOST_CHECK(!fg.src->is_zero_copy());
            }
        }
        flowgraph fg(small_ring, "on", 300000);
        each.set(*fg.src);
        BOOST_CHECK_EXCEPTION(fg.top->start(), std::runtime_error, [&](const auto& e) {
            BOOST_TEST_MESSAGE(e.what());
            return std::string(e.what()).find(each.remedy) != std::string::npos;
        });
    }
}

BOOST_AUTO_TEST_CASE(a_ring_whose_half_holds_the_output_multiple_is_the_buffer)
{
    flowgraph fg(small_ring, "on", 60000);
    fg.src->set_output_multiple(4096);
    fg.top->start();
    BOOST_CHECK(ends(fg.top));
    BOOST_CHECK_GE(fg.sink->items(), 60000u);
    BOOST_CHECK(fg.src->is_zero_copy());
}

BOOST_AUTO_TEST_CASE(less_than_the_output_multiple_at_most_ends_the_flowgraph)
{
    for (const char* zero_copy : { "auto", "on", "off" }) {
        auto& log = qa_log::anew();
        flowgraph fg(large_ring, zero_copy, 60000);
        fg.src->set_output_multiple(6000);
        fg.src->set_max_noutput_items(100);
        for (int round = 0; round < 2; round++) {
            fg.top->start();
            BOOST_CHECK(ends(fg.top));
        }
        BOOST_CHECK(log.says("max_noutput_items is 100"));
        BOOST_CHECK_EQUAL(fg.src->output_multiple(), 6000);
        fg.src->set_max_noutput_items(8192);
        fg.top->start();
        BOOST_CHECK(ends(fg.top));
        BOOST_CHECK_GE(fg.sink->items(), 60000u);
    }
}

BOOST_AUTO_TEST_CASE(more_at_least_than_at_most_is_no_obstacle)
{
    for (const char* zero_copy : { "on", "off" }) {
        flowgraph fg(large_ring, zero_copy, 60000);
        fg.src->set_min_noutput_items(5000);
        fg.src->set_max_noutput_items(1000);
        fg.top->start();
        BOOST_CHECK(ends(fg.top));
        BOOST_CHECK_GE(fg.sink->items(), 60000u);
    }
}

BOOST_AUTO_TEST_CASE(a_largest_buffer_of_the_users_may_be_too_small_for_the_output_multiple)
{
    for (const char* zero_copy : { "auto", "off" }) {
        auto& log = qa_log::anew();
        flowgraph fg(small_ring, zero_copy, 60000);
        fg.src->set_output_multiple(6000);
        fg.src->set_max_output_buffer(0, 6144);
        fg.top->start();
        BOOST_CHECK(ends(fg.top));
        // Where the ring was to be the buffer, the block makes the copy, as large as needed.
        if (zero_copy == std::string("off"))
            BOOST_CHECK(log.says("set_max_output_buffer()"));
        else
            BOOST_CHECK_GE(fg.sink->items(), 60000u);
    }
}

BOOST_AUTO_TEST_CASE(a_demand_made_while_the_source_runs_ends_the_flowgraph)
{
    for (const char* zero_copy : { "auto", "off" }) {
        for (const bool multiple : { true, false }) {
            auto& log = qa_log::anew();
            flowgraph fg(small_ring, zero_copy, 2000000000);
            fg.top->start();
            BOOST_CHECK(fg.sink->wait_for(10000));
            if (multiple)
                fg.src->set_output_multiple(600000);
            else
                fg.src->set_min_noutput_items(600000);
            BOOST_CHECK(ends(fg.top));
            BOOST_CHECK(log.says("600000"));
            BOOST_CHECK_EQUAL(fg.sink->wrong(), "");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_demand_made_while_the_flowgraph_is_locked_ends_it)
{
    for (const char* zero_copy : { "auto", "off" }) {
        auto& log = qa_log::anew();
        flowgraph fg(small_ring, zero_copy, 2000000000);
        fg.top->start();
        BOOST_CHECK(fg.sink->wait_for(10000));
        fg.top->lock();
        fg.src->set_output_multiple(600000);
        fg.top->unlock();
        BOOST_CHECK(ends(fg.top));
        BOOST_CHECK(log.says("600000"));
    }
}

BOOST_AUTO_TEST_CASE(a_reader_that_asks_for_more_than_a_buffer_ends_the_flowgraph)
{
    for (const char* zero_copy : { "auto", "off" }) {
        auto src = source::make(device_args() + small_ring, "fc32", 1, 1e6, 0, 0, zero_copy);
        auto sink = counter_sink::make(8);
        auto top = gr::make_top_block("unsatisfiable");
        top->connect(src, 0, sink, 0);
        sink->demand(1 << 24);
        top->start();
        BOOST_CHECK(ends(top));
        BOOST_CHECK_EQUAL(sink->items(), 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_demand_that_no_buffer_can_hold_is_refused_in_words)
{
    for (const char* zero_copy : { "auto", "on", "off" }) {
        BOOST_TEST_CONTEXT("zero_copy=" << zero_copy)
        {
            flowgraph fg(small_ring, zero_copy, 1000);
            fg.src->set_min_noutput_items(1 << 30);
            BOOST_CHECK_EXCEPTION(fg.top->start(), std::runtime_error, [](const auto& e) {
                BOOST_TEST_MESSAGE(e.what());
                return std::string(e.what()).find("min_noutput_items is 1073741824") !=
                       std::string::npos;
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(the_remedy_for_a_demand_made_while_the_source_runs_has_a_number)
{
    auto& log = qa_log::anew();
    flowgraph fg(small_ring, "on", 2000000000);
    fg.top->start();
    BOOST_CHECK(fg.sink->wait_for(10000));
    fg.src->set_output_multiple(6000);
    BOOST_CHECK(ends(fg.top));
    BOOST_CHECK(log.says("set output_multiple to 4096 or less, or set ring_bytes= to 131072"));
    BOOST_CHECK(!log.says("set min_noutput_items"));
}

BOOST_AUTO_TEST_CASE(a_demand_made_while_a_refused_flowgraph_ends_is_kept)
{
    flowgraph fg(large_ring, "on", 60000);
    fg.src->set_output_multiple(6000);
    fg.src->set_max_noutput_items(100);
    qa_log::anew();
    gr::logging::singleton().add_default_sink(
        std::make_shared<setter_at_a_line>("channel(s)", [src = std::weak_ptr<source>(fg.src)] {
            if (const auto here = src.lock())
                here->set_output_multiple(50);
        }));
    fg.top->start();
    BOOST_CHECK(ends(fg.top));
    BOOST_CHECK_EQUAL(fg.src->output_multiple(), 50);
}

BOOST_AUTO_TEST_SUITE_END()
