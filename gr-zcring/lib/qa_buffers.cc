/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The buffers behind the source have to be right, not only fast: readers with a history, slow
// ones, many, and ones that need more than there is.
#include "qa_counter_sink.h"
#include "qa_device.h"
#include "qa_log.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/block_detail.h>
#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/stream_to_vector.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/filter/fir_filter_blk.h>
#include <gnuradio/prefs.h>
#include <gnuradio/top_block.h>

#include <tuple>
#include <utility>
#include <vector>

namespace {

using gr::zcring::source;
using samples = std::vector<gr_complex>;

const std::string noise = ",scene=noise,format=fc32,seed=7";

std::vector<float> long_taps()
{
    std::vector<float> taps(2001);
    for (std::size_t k = 0; k < taps.size(); k++)
        taps[k] = 1.0f / static_cast<float>(1 + (k * 7919) % 997);
    return taps;
}

// The first n samples of the noise, copied, from the emulator: they are the same everywhere.
samples reference(std::size_t n, int channel = 0)
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
samples first(const gr::top_block_sptr& tb,
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
std::string with_ring(std::size_t bytes)
{
    return device_args() + (on_emulator() ? ",pace=free" : ",interval_us=1000") +
           ",ring_bytes=" + std::to_string(bytes);
}

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

// A buffer type such as a GPU's block has, though its memory is ordinary.
class foreign_type final : public gr::buffer_type_base
{
public:
    foreign_type() : gr::buffer_type_base("foreign") {}
    gr::buffer_sptr make_buffer(int nitems,
                                std::size_t sizeof_item,
                                std::uint64_t downstream_lcm_nitems,
                                std::uint32_t downstream_max_out_mult,
                                gr::block_sptr link,
                                gr::block_sptr) const override
    {
        return gr::buffer_double_mapped::make_buffer(
            nitems, sizeof_item, downstream_lcm_nitems, downstream_max_out_mult, link);
    }
    static gr::buffer_type type()
    {
        static const foreign_type the_type;
        return the_type;
    }
};

class foreign_sink final : public gr::sync_block
{
public:
    foreign_sink()
        : gr::sync_block("foreign_sink",
                         gr::io_signature::make(1, 1, sizeof(gr_complex), foreign_type::type()),
                         gr::io_signature::make(0, 0, 0))
    {
    }
    int work(int items, gr_vector_const_void_star&, gr_vector_void_star&) override { return items; }
};

// GNU Radio's, of the blocks that start while this lives.
struct performance_counters {
    performance_counters() { gr::prefs::singleton()->set_bool("PerfCounters", "on", true); }
    ~performance_counters() { gr::prefs::singleton()->set_bool("PerfCounters", "on", false); }
};

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

// The runtime keeps the buffer then, and asks nobody.
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

BOOST_AUTO_TEST_CASE(work_goes_on_while_its_reader_keeps_up)
{
    const performance_counters on;
    for (const auto& [rate, items] : { std::pair{ 100e6, 1 << 20 }, { 2.5e6, 100000 } }) {
        auto tb = gr::make_top_block("goes on");
        auto src = converting_source(rate);
        auto sink = gr::blocks::null_sink::make(sizeof(gr_complex));
        const auto wanted = static_cast<std::uint64_t>(20 * items);
        tb->connect(src, 0, sink, 0);
        tb->start();
        BOOST_CHECK(eventually([&] { return sink->nitems_read(0) > wanted; }));
        tb->stop();
        tb->wait();
        // Calls of many pieces, and not of one, an eighth of the buffer.
        const double calls = src->pc_work_time_total() / src->pc_work_time_avg();
        BOOST_CHECK_GT(static_cast<double>(src->nitems_written(0)) / calls, items / 5);
        BOOST_CHECK_LT(src->pc_nproduced_avg(), 0); // as it called produce() itself
    }
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
