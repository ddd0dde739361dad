/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Commands to a source, and its answers: messages, times, events, telemetry.
#include "qa_flowgraph.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace {

// Has enough after the first items, and slows the source down just then.
class early_ender final : public gr::sync_block
{
public:
    explicit early_ender(source::sptr src)
        : gr::sync_block(
              "early_ender", gr::io_signature::make(1, 1, 4), gr::io_signature::make(0, 0, 0)),
          d_src(std::move(src))
    {
    }

    int work(int, gr_vector_const_void_star&, gr_vector_void_star&) override
    {
        d_src->inject_slow_consumer(120);
        return WORK_DONE;
    }

private:
    const source::sptr d_src;
};

struct counter final : gr::sync_block {
    counter()
        : gr::sync_block(
              "counter", gr::io_signature::make(1, 1, 8), gr::io_signature::make(0, 0, 0))
    {
    }
    int work(int noutput_items, gr_vector_const_void_star&, gr_vector_void_star&) override
    {
        items += static_cast<std::uint64_t>(noutput_items);
        return noutput_items;
    }
    std::atomic<std::uint64_t> items{ 0 };
};

// Sends messages to the source, some of them while it waits for a burst, and takes its time until
// another reader has had more bursts.
class slow_reader final : public gr::sync_block
{
public:
    slow_reader(source::sptr src, std::shared_ptr<counter> other)
        : gr::sync_block(
              "slow_reader", gr::io_signature::make(1, 1, 8), gr::io_signature::make(0, 0, 0)),
          d_src(std::move(src)),
          d_other(std::move(other))
    {
    }

    int work(int noutput_items, gr_vector_const_void_star&, gr_vector_void_star&) override
    {
        const std::uint64_t goal =
            nitems_read(0) + static_cast<std::uint64_t>(noutput_items) + 40000;
        has_gone_on = eventually([&] {
            d_src->post(command_port, pmt::cons(symbol("gain"), pmt::from_double(6)));
            std::this_thread::sleep_for(std::chrono::milliseconds(3)); // a burst is 10 ms
            return d_other->items >= goal;
        });
        eventually([&] { return d_src->gain(0) == 6; }); // the end would drop a message
        return WORK_DONE;
    }
    std::atomic<bool> has_gone_on{ false };

private:
    const source::sptr d_src;
    const std::shared_ptr<counter> d_other;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(control, accounting_check)

BOOST_AUTO_TEST_CASE(a_message_is_handled_while_the_source_waits_for_a_burst)
{
    flowgraph fg(no_burst);
    fg.top->start();
    const auto began = steady::now();
    for (std::uint64_t n = 1; n <= scaled(1000); n++) {
        const auto freq = static_cast<double>(n);
        fg.src->post(command_port, pmt::cons(symbol("freq"), pmt::from_double(freq)));
        BOOST_REQUIRE(eventually([&] { return fg.src->center_freq(0) == freq; }));
    }
    // As some send them: past post(), which wakes.
    fg.src->_post(command_port, pmt::cons(symbol("freq"), pmt::from_double(-1)));
    BOOST_CHECK(eventually([&] { return fg.src->center_freq(0) == -1; }));
    BOOST_CHECK(steady::now() - began < seconds(59));
    fg.stop();
}

BOOST_AUTO_TEST_CASE(messages_do_not_make_the_source_wait_for_its_readers)
{
    for (const char* format : { "fc32", "sc16" }) {
        auto src = source::make(
            device_args() + ",interval_us=10000,ring_bytes=8388608,format=" + format, "fc32");
        src->set_min_output_buffer(0, 1 << 19); // what the slow one was late for must fit, too
        auto other = gnuradio::make_block_sptr<counter>();
        auto slow = gnuradio::make_block_sptr<slow_reader>(src, other);
        auto top = gr::make_top_block("message");
        top->connect(src, 0, slow, 0);
        top->connect(src, 0, other, 0);
        top->run();
        BOOST_CHECK(slow->has_gone_on);
        BOOST_CHECK_EQUAL(src->gain(0), 6);
        BOOST_CHECK_EQUAL(src->is_zero_copy(), format == std::string("fc32"));
    }
}

BOOST_AUTO_TEST_CASE(a_bad_command_changes_nothing)
{
    flowgraph fg(no_burst, 2);
    fg.top->start();
    const double bandwidth = fg.src->bandwidth(); // who had the device before may have set it
    const auto number = pmt::from_double(7e6);
    const auto time = [](const pmt::pmt_t& s, const pmt::pmt_t& f) { return pmt::cons(s, f); };
    for (const pmt::pmt_t& bad : {
             pmt::from_double(7e6),
             symbol("freq"),
             pmt::PMT_NIL,
             pmt::cons(symbol("color"), number),
             pmt::cons(number, number),
             pmt::cons(symbol("freq"), symbol("high")),
             pmt::cons(symbol("freq"), pmt::from_complex(7e6, 0)),
             pmt::cons(symbol("freq"), pmt::from_double(1e13)),
             pmt::cons(symbol("freq"), pmt::from_double(NAN)),
             pmt::cons(symbol("gain"), pmt::from_double(61)),
             pmt::cons(symbol("rate"), pmt::from_double(0)),
             pmt::cons(symbol("bandwidth"), pmt::from_double(-1)),
             pmt::cons(symbol("chan"), pmt::from_long(0)),
             dict({ { "freq", number }, { "chan", pmt::from_long(2) } }),
             dict({ { "freq", number }, { "chan", pmt::from_uint64(2) } }),
             dict({ { "freq", number }, { "chan", pmt::from_uint64(UINT64_MAX) } }),
             dict({ { "freq", number }, { "chan", pmt::from_long(-2) } }),
             dict({ { "freq", number }, { "chan", number } }),
             dict({ { "freq", number }, { "gain", pmt::from_double(61) } }),
             dict({ { "freq", number }, { "time", number } }),
             dict({ { "freq", number },
                    { "time", time(pmt::from_uint64(1), pmt::from_double(1)) } }),
             dict(
                 { { "freq", number }, { "time", time(pmt::from_long(-1), pmt::from_double(0)) } }),
             dict({ { "freq", number },
                    { "time", time(pmt::from_uint64(UINT64_MAX), pmt::from_double(0)) } }),
             dict({ { "freq", number }, { "tune", number } }),
         })
        fg.src->post(command_port, bad);
    fg.src->post(command_port, pmt::cons(symbol("gain"), pmt::from_long(3)));
    BOOST_CHECK(eventually([&] { return fg.src->gain(1) == 3; })); // and it goes on
    for (const int channel : { 0, 1 }) {
        BOOST_CHECK_EQUAL(fg.src->center_freq(channel), 0);
        BOOST_CHECK_EQUAL(fg.src->gain(channel), 3);
    }
    BOOST_CHECK_EQUAL(fg.src->samp_rate(), 1e6);
    BOOST_CHECK_EQUAL(fg.src->bandwidth(), bandwidth);
    fg.stop();
}

BOOST_AUTO_TEST_CASE(every_channel_has_its_own_frequency_and_gain)
{
    const unsigned channels = 8;
    flowgraph fg(fast, channels);
    for (unsigned c = 0; c < channels; c++) {
        fg.src->set_center_freq(1e6 * (c + 1), static_cast<int>(c));
        fg.src->set_gain(c + 1.0, static_cast<int>(c));
    }
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.src->post(command_port,
                 dict({ { "freq", pmt::from_double(5e6) },
                        { "gain", pmt::from_double(-5) },
                        { "bandwidth", pmt::from_double(2e5) },
                        { "chan", pmt::from_uint64(3) } }));
    BOOST_CHECK(eventually([&] { return fg.src->center_freq(3) == 5e6; }));
    BOOST_REQUIRE(fg.sink->wait_for_clock(fg.src->telemetry()["sample_clock"] + 1));
    BOOST_CHECK(eventually([&] { return !fg.events->events("retune").empty(); }));
    fg.stop();
    for (unsigned c = 0; c < channels; c++) {
        BOOST_CHECK_EQUAL(pmt::to_double(tag(*fg.sink, c, 0, "rx_freq")), 1e6 * (c + 1));
        BOOST_CHECK_EQUAL(fg.src->gain(static_cast<int>(c)), (c == 3 ? -5.0 : c + 1.0));
        if (c != 3)
            BOOST_CHECK_EQUAL(fg.sink->tagged(c).size(), 1u);
    }
    const std::uint64_t item = tagged_item(*fg.sink, 3, "rx_freq");
    BOOST_CHECK_EQUAL(pmt::to_double(tag(*fg.sink, 3, item, "rx_freq")), 5e6);
    const pmt::pmt_t event = fg.events->events("retune").back();
    BOOST_CHECK_EQUAL(pmt::to_uint64(mailbox::value(event, "item")), item);
    BOOST_CHECK_EQUAL(pmt::to_long(mailbox::value(event, "chan")), 3);
    BOOST_CHECK_EQUAL(pmt::to_double(mailbox::value(event, "freq")), 5e6);
    BOOST_CHECK_EQUAL(pmt::to_double(mailbox::value(event, "gain")), -5);
    BOOST_CHECK_EQUAL(pmt::to_double(mailbox::value(event, "bandwidth")), 2e5);
}

BOOST_AUTO_TEST_CASE(a_tag_has_the_blocks_alias_for_its_source)
{
    flowgraph fg(fast);
    fg.src->set_block_alias("antenna");
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1));
    fg.stop();
    BOOST_CHECK(pmt::equal(fg.sink->first_srcid(), symbol("antenna")));
}

BOOST_AUTO_TEST_CASE(the_time_is_what_it_was_set_to)
{
    const std::uint64_t noon = 1000000000ull * 43200;
    const std::uint64_t evening = 1000000000ull * 64800;
    flowgraph fg(fast);
    const std::uint64_t before = fg.src->time_now();
    BOOST_CHECK_LE(before, fg.src->time_now());
    fg.src->set_time_now(noon);
    BOOST_CHECK_GE(fg.src->time_now(), noon);
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(5000));
    fg.src->set_time_now(evening);
    BOOST_REQUIRE(fg.sink->wait_for_clock(fg.src->telemetry()["sample_clock"] + 1));
    BOOST_CHECK_GE(fg.src->time_now(), evening);
    fg.stop();
    const std::uint64_t first = recorder::time_ns(tag(*fg.sink, 0, 0, "rx_time"));
    BOOST_CHECK_GE(first, noon);
    BOOST_CHECK_LT(first, noon + 60000000000);
    const std::uint64_t item = tagged_item(*fg.sink, 0, "rx_time");
    BOOST_CHECK_EQUAL(recorder::time_ns(tag(*fg.sink, 0, item, "rx_time")), evening);
}

BOOST_AUTO_TEST_CASE(a_stream_starts_at_a_given_time)
{
    flowgraph fg(fast);
    BOOST_CHECK_THROW(fg.src->set_start_time(fg.src->time_now() + 100000000000000),
                      std::invalid_argument);
    for (int round = 0; round < 2; round++) { // only the next start waits
        const std::uint64_t at = fg.src->time_now() + 100000000;
        if (round == 0)
            fg.src->set_start_time(at);
        fg.top->start();
        BOOST_REQUIRE(fg.sink->wait_for_items(static_cast<std::uint64_t>(1 + round) * 100));
        BOOST_CHECK_GE(fg.src->time_now(), (round == 0 ? at : 0));
        fg.stop();
        if (round == 0) {
            BOOST_CHECK_GE(fg.sink->first_time_ns(), at);
            BOOST_CHECK_LT(fg.sink->first_time_ns(), at + 60000000000);
        }
    }
}

BOOST_AUTO_TEST_CASE(telemetry_comes_as_often_as_it_is_wanted)
{
    flowgraph fg(no_burst);
    BOOST_CHECK_THROW(fg.src->set_telemetry_interval(-1), std::invalid_argument);
    BOOST_CHECK_THROW(fg.src->set_telemetry_interval(1e-4), std::invalid_argument);
    fg.top->start();
    fg.src->set_telemetry_interval(0.01); // in the midst of the silence
    BOOST_CHECK(eventually([&] { return fg.telemetry->messages().size() >= 10; }));
    fg.src->set_telemetry_interval(0);
    fg.stop();
    for (const pmt::pmt_t& message : fg.telemetry->messages()) {
        const auto count = [&](const char* key) {
            return pmt::to_uint64(mailbox::value(message, key));
        };
        BOOST_CHECK_EQUAL(count("sample_clock"), count("produced_samples") + count("lost_samples"));
    }
}

BOOST_AUTO_TEST_CASE(an_overflow_is_told_with_its_item_and_its_length)
{
    flowgraph fg(fast);
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.src->inject_drop(1234);
    BOOST_REQUIRE(fg.sink->wait_for_clock(fg.src->telemetry()["sample_clock"] + 2000));
    BOOST_CHECK(eventually([&] { return !fg.events->events("overflow").empty(); }));
    fg.stop();
    const pmt::pmt_t event = fg.events->events("overflow").at(0);
    const std::uint64_t item = pmt::to_uint64(mailbox::value(event, "item"));
    BOOST_CHECK_EQUAL(pmt::to_uint64(mailbox::value(event, "lost")), 1234u);
    BOOST_CHECK_EQUAL(pmt::to_uint64(tag(*fg.sink, 0, item, "rx_lost")), 1234u);
    BOOST_CHECK_EQUAL(fg.sink->clock_of(0, item), fg.sink->clock_of(0, item - 1) + 1235);
    BOOST_CHECK(pmt::equal(mailbox::value(event, "time"), tag(*fg.sink, 0, item, "rx_time")));
}

BOOST_AUTO_TEST_CASE(a_stall_loses_in_one_gap_what_the_ring_has_no_room_for)
{
    const std::uint64_t ring_samples = 16384;
    const std::uint64_t least = 200000 - ring_samples; // of 0.2 s
    const auto began = steady::now();
    flowgraph fg(",scene=counter,interval_us=1000,ring_bytes=65536");
    fg.top->start();
    BOOST_REQUIRE(fg.sink->wait_for_items(1000));
    fg.src->inject_stall(0.2);
    // A busy machine may lose some before and after, too.
    pmt::pmt_t event;
    const auto count = [&](const char* key) { return pmt::to_uint64(mailbox::value(event, key)); };
    BOOST_REQUIRE(eventually([&] {
        const std::vector<pmt::pmt_t> all = fg.events->events("overflow");
        return std::any_of(all.begin(), all.end(), [&](const pmt::pmt_t& it) {
            event = it;
            return count("lost") >= least;
        });
    }));
    BOOST_REQUIRE(fg.sink->wait_for_items(count("item") + 1));
    fg.stop();
    const std::chrono::duration<double, std::micro> ran = steady::now() - began; // a sample each
    BOOST_CHECK_LE(static_cast<double>(count("lost")), ran.count());
    BOOST_CHECK_EQUAL(pmt::to_uint64(tag(*fg.sink, 0, count("item"), "rx_lost")), count("lost"));
    std::uint64_t lost = 0;
    for (const auto& [item, clock] : fg.sink->runs(0)) {
        if (item == 0)
            continue;
        const std::uint64_t gap = clock - fg.sink->clock_of(0, item - 1) - 1;
        BOOST_CHECK_EQUAL(pmt::to_uint64(tag(*fg.sink, 0, item, "rx_lost")), gap);
        lost += gap;
    }
    auto t = fg.src->telemetry();
    BOOST_CHECK_LE(lost, t["lost_samples"]);
    BOOST_CHECK_EQUAL(t["sample_clock"], t["produced_samples"] + t["lost_samples"]);
    BOOST_CHECK_LE(t["consumed_samples"], t["produced_samples"]);
    BOOST_CHECK_LE(t["produced_samples"] - t["consumed_samples"], ring_samples);
}

BOOST_AUTO_TEST_CASE(a_subscriber_of_an_earlier_flowgraph_may_be_gone)
{
    for (const bool dies_before_the_start : { true, false }) {
        auto src = source::make(device_args() + fast, "sc16");
        auto earlier = mailbox::make();
        auto later = mailbox::make(); // beside the other, whose name it does not get
        for (const mailbox::sptr* subscriber : { &earlier, &later }) {
            const bool is_first = subscriber == &earlier;
            auto sink = recorder::make(4);
            auto top = gr::make_top_block("subscriber");
            top->connect(src, 0, sink, 0);
            top->msg_connect(src, "async_msgs", *subscriber, "in");
            if (!is_first && dies_before_the_start)
                earlier.reset();
            top->start();
            BOOST_REQUIRE(sink->wait_for_items(1000));
            if (!is_first)
                earlier.reset();
            src->inject_drop(10);
            BOOST_CHECK(sink->wait_for_clock(src->telemetry()["sample_clock"] + 2000));
            BOOST_CHECK(eventually([&] { return !(*subscriber)->events("overflow").empty(); }));
            top->stop();
            top->wait();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_ends_when_the_blocks_behind_are_done)
{
    auto src = source::make(device_args() + fast, "sc16");
    auto top = gr::make_top_block("slow end");
    top->connect(src, 0, gnuradio::make_block_sptr<early_ender>(src), 0);
    const auto began = steady::now();
    top->run();
    BOOST_CHECK(steady::now() - began < seconds(60));
}

BOOST_AUTO_TEST_SUITE_END()
