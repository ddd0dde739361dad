/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#define BOOST_TEST_MODULE zcring_source
#include <boost/test/unit_test.hpp>

#include "qa_counter_sink.h"
#include "qa_device.h"

#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/top_block.h>

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

namespace {

using gr::zcring::source;

std::size_t entries(const char* folder)
{
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// While it lives, this process gets a GiB at most of new address space.
class short_of_memory final
{
public:
    short_of_memory()
    {
        rlim_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        rlimit limit = d_before;
        limit.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (1u << 30);
        BOOST_REQUIRE_EQUAL(setrlimit(RLIMIT_AS, &limit), 0);
    }
    ~short_of_memory() { setrlimit(RLIMIT_AS, &d_before); }

private:
    const rlimit d_before = [] {
        rlimit now{};
        getrlimit(RLIMIT_AS, &now);
        return now;
    }();
};

void check_sums(const source::sptr& src, std::uint64_t ring_samples)
{
    auto t = src->telemetry();
    BOOST_CHECK_EQUAL(t["sample_clock"], t["produced_samples"] + t["lost_samples"]);
    BOOST_CHECK_LE(t["consumed_samples"], t["produced_samples"]);
    BOOST_CHECK_LE(t["produced_samples"] - t["consumed_samples"], ring_samples);
}

void run_counter(const std::string& ring, const std::string& type, std::uint64_t items)
{
    const std::size_t item_bytes = type == "fc32" ? 8 : 4;
    auto tb = gr::make_top_block("counter");
    auto src = source::make(device_args() + ",scene=counter,format=" + ring + lossless(),
                            type,
                            1,
                            on_emulator() ? 10e6 : 2e6);
    auto head = gr::blocks::head::make(item_bytes, items);
    auto sink = counter_sink::make(item_bytes);
    tb->connect(src, 0, head, 0);
    tb->connect(head, 0, sink, 0);
    tb->run();
    BOOST_CHECK_EQUAL(sink->wrong(), "");
    BOOST_CHECK_EQUAL(sink->items(), items);
    BOOST_CHECK_EQUAL(src->telemetry()["lost_samples"], 0u);
    check_sums(src, 8u << 20);
    std::cout << ring << " to " << type << ": " << sink->items()
              << " samples, each once, in order\n";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(streams, accounting_check)

BOOST_AUTO_TEST_CASE(every_sample_comes_once_and_in_order)
{
    run_counter("sc16", "sc16", scaled(1000000000));
}

BOOST_AUTO_TEST_CASE(every_converted_sample_comes_once_and_in_order)
{
    run_counter("sc16", "fc32", scaled(100000000));
    run_counter("fc32", "sc16", scaled(100000000));
}

BOOST_AUTO_TEST_CASE(channels_are_aligned)
{
    const unsigned channels = 4;
    auto tb = gr::make_top_block("channels");
    auto src = source::make(device_args() + ",scene=counter" + lossless(), "sc16", channels);
    auto sink = counter_sink::make(4, channels);
    for (unsigned c = 0; c < channels; c++)
        tb->connect(src, static_cast<int>(c), sink, static_cast<int>(c));
    tb->start();
    BOOST_CHECK(sink->wait_for(scaled(10000000)));
    tb->stop();
    tb->wait();
    BOOST_CHECK_EQUAL(sink->wrong(), "");
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_loses_samples_that_are_counted_and_marked)
{
    auto tb = gr::make_top_block("slow");
    auto src = source::make(
        device_args() + ",scene=counter,ring_bytes=65536,interval_us=1000", "sc16", 1, 1e6);
    auto sink = counter_sink::make(4);
    tb->connect(src, 0, sink, 0);
    tb->start();
    for (unsigned gaps = 1; gaps <= 5; gaps++) {
        const std::uint64_t before = sink->lost();
        const std::uint64_t lost = src->telemetry()["lost_samples"];
        sink->hold();
        BOOST_REQUIRE(eventually([&] { return src->telemetry()["lost_samples"] > lost; }));
        check_sums(src, 65536 / 4);
        sink->let_go();
        BOOST_REQUIRE(eventually([&] { return sink->lost() > before || !sink->wrong().empty(); }));
    }
    tb->stop();
    tb->wait();
    BOOST_CHECK_EQUAL(sink->wrong(), "");
    auto t = src->telemetry();
    BOOST_CHECK_GE(t["overflow_count"], 5u);
    BOOST_CHECK_GT(t["overflow_bytes"], 0u);
    BOOST_CHECK_LE(sink->lost(), t["lost_samples"]);
    BOOST_CHECK_EQUAL(t["overflow_bytes"], t["lost_samples"] * 4);
    check_sums(src, 65536 / 4);
    std::cout << "lost " << t["lost_samples"] << " of " << t["sample_clock"] << " samples in "
              << t["overflow_count"] << " gaps, each marked\n";
}

BOOST_AUTO_TEST_CASE(a_flowgraph_starts_and_stops_a_thousand_times)
{
    auto tb = gr::make_top_block("start");
    auto src = source::make(
        device_args() + ",scene=counter,interval_us=500,ring_bytes=262144", "sc16", 1, 1e6);
    auto sink = counter_sink::make(4);
    tb->connect(src, 0, sink, 0);
    std::size_t files = 0;
    for (int round = 0; round < 1000; round++) {
        const std::uint64_t before = sink->items();
        tb->start();
        BOOST_REQUIRE_MESSAGE(sink->wait_for(before + 100),
                              "round " << round << ": " << sink->wrong());
        tb->stop();
        tb->wait();
        if (round == 0)
            files = entries("/proc/self/fd");
    }
    BOOST_CHECK_EQUAL(sink->wrong(), "");
    BOOST_CHECK_EQUAL(sink->streams(), 1000u);
    BOOST_CHECK_EQUAL(entries("/proc/self/fd"), files);
}

BOOST_AUTO_TEST_CASE(a_flowgraph_is_locked_and_unlocked_a_thousand_times)
{
    auto tb = gr::make_top_block("lock");
    auto src = source::make(
        device_args() + ",scene=counter,interval_us=500,ring_bytes=262144", "sc16", 1, 1e6);
    auto sink = counter_sink::make(4);
    auto other = gr::blocks::null_sink::make(4);
    tb->connect(src, 0, sink, 0);
    tb->start();
    BOOST_REQUIRE(sink->wait_for(100));
    const std::size_t files = entries("/proc/self/fd");
    const std::size_t threads = entries("/proc/self/task");
    for (int round = 0; round < 1000; round++) {
        tb->lock();
        if (round % 2 == 0)
            tb->connect(src, 0, other, 0);
        else
            tb->disconnect(src, 0, other, 0);
        tb->unlock();
        BOOST_REQUIRE_MESSAGE(sink->wait_for(sink->items() + 100),
                              "round " << round << ": " << sink->wrong());
    }
    BOOST_CHECK_EQUAL(entries("/proc/self/fd"), files);
    BOOST_CHECK_EQUAL(entries("/proc/self/task"), threads);
    tb->stop();
    tb->wait();
    BOOST_CHECK_EQUAL(sink->wrong(), "");
    BOOST_CHECK_EQUAL(sink->streams(), 1001u);
}

BOOST_AUTO_TEST_CASE(a_flowgraph_ends_when_the_blocks_behind_are_done)
{
    // A hundred samples a burst: the descriptors are full long before the ring is.
    auto src = source::make(device_args() + ",interval_us=100,ring_bytes=67108864", "sc16");
    auto tb = gr::make_top_block("end");
    auto head = gr::blocks::head::make(4, 1000);
    auto sink = gr::blocks::null_sink::make(4);
    tb->connect(src, 0, head, 0);
    tb->connect(head, 0, sink, 0);
    const auto began = std::chrono::steady_clock::now();
    tb->run();
    BOOST_CHECK(std::chrono::steady_clock::now() - began < std::chrono::minutes(1));
}

BOOST_AUTO_TEST_CASE(stopping_does_not_wait_for_a_burst)
{
    auto src = source::make(device_args() + ",interval_us=60000000,ring_bytes=1048576", "sc16");
    auto tb = gr::make_top_block("stop");
    tb->connect(src, 0, gr::blocks::null_sink::make(4), 0);
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t round = 0; round < scaled(1000); round++) {
        tb->start();
        // At every moment of the way into the wait, and in it.
        for (std::uint64_t n = 0; n < round * 100; n++)
            std::atomic_signal_fence(std::memory_order_seq_cst);
        tb->stop();
        tb->wait();
    }
    BOOST_CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(59));
}

BOOST_AUTO_TEST_CASE(a_stream_that_cannot_start_ends_the_flowgraph)
{
    auto src = source::make("emulator,dma=resident,scene=noise", "sc16"); // never repeats
    auto tb = gr::make_top_block("no start");
    auto sink = counter_sink::make(4);
    tb->connect(src, 0, sink, 0);
    tb->run();
    BOOST_CHECK_EQUAL(sink->items(), 0u);
}

BOOST_AUTO_TEST_CASE(bad_parameters_are_refused)
{
    const auto make = [](const std::string& args,
                         const std::string& type = "fc32",
                         unsigned nchan = 1,
                         double rate = 1e6) {
        return source::make(device_args() + args, type, nchan, rate);
    };
    BOOST_CHECK_THROW(make(",color=red"), std::invalid_argument);
    BOOST_CHECK_THROW(make("", "fc64"), std::invalid_argument);
    BOOST_CHECK_THROW(make("", "fc32", 0), std::invalid_argument);
    BOOST_CHECK_THROW(make("", "fc32", 9), std::invalid_argument);
    BOOST_CHECK_THROW(make("", "fc32", 1, 0), std::invalid_argument);
    BOOST_CHECK_THROW(make(",rate=2e6"), std::invalid_argument);
    BOOST_CHECK_THROW(make(",ring_bytes=5000"), std::invalid_argument);
    BOOST_CHECK_THROW(source::make("device=/dev/zcring-none"), std::system_error);
    auto src = make("");
    BOOST_CHECK_THROW(src->set_center_freq(1e6, 1), std::invalid_argument);
    BOOST_CHECK_THROW(src->set_center_freq(1e13), std::invalid_argument);
    BOOST_CHECK_THROW(src->set_gain(61), std::invalid_argument);
    BOOST_CHECK_THROW(src->set_samp_rate(-1), std::invalid_argument);
    BOOST_CHECK_EQUAL(src->center_freq(0), 100e6);
    BOOST_CHECK_EQUAL(src->gain(0), 0);
    BOOST_CHECK_EQUAL(src->samp_rate(), 1e6);
}

BOOST_AUTO_TEST_CASE(rings_that_there_is_no_memory_for_are_refused_and_smaller_ones_are_not)
{
    {
        // 8 GiB in all: a device has 4 GiB at most, unless root allows it more.
        const short_of_memory now;
        BOOST_CHECK_EXCEPTION(source::make(device_args() + ",ring_bytes=1073741824", "sc16", 8),
                              std::system_error,
                              [](const std::system_error& e) {
                                  return e.code() == std::errc::not_enough_memory &&
                                         std::string(e.what()).find("set a smaller ring_bytes") !=
                                             std::string::npos;
                              });
    }
    auto src =
        source::make(device_args() + ",scene=counter,interval_us=5000,ring_bytes=65536", "sc16", 8);
    auto tb = gr::make_top_block("smaller");
    auto sink = counter_sink::make(4, 8);
    for (int c = 0; c < 8; c++)
        tb->connect(src, c, sink, c);
    tb->start();
    BOOST_CHECK(sink->wait_for(100000));
    tb->stop();
    tb->wait();
    BOOST_CHECK_EQUAL(sink->wrong(), "");
    check_sums(src, 65536 / 4);
}

BOOST_AUTO_TEST_SUITE_END()
