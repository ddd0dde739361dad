/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The sink on an antenna in memory.
#define BOOST_TEST_MODULE zcring_sink
#include "sink_impl.h"

#include <gnuradio/blocks/null_source.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/sync_block.h>
#include <gnuradio/top_block.h>

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <condition_variable>
#include <cstring>

namespace {

using gr::zcring::feeder;
using gr::zcring::sink_impl;

constexpr auto time_limit = std::chrono::minutes(1);

// Shared by the test and the feeder, which the sink owns.
struct memory {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::vector<gr_complex> samples; //!< on the air, silence included
    static constexpr std::uint64_t buffer = 1u << 20;
    std::uint64_t room = buffer;
    std::uint64_t wanted = 0;   //!< by a sink that sleeps
    std::uint64_t piece = 1000; //!< write() takes no more at once
    std::uint64_t silence = 0;  //!< announced
    std::uint64_t underflow = 0;
    bool is_virtual = false; //!< the clock is at the end of what was sent
    bool waits = false;
    bool is_gone = false;
    bool has_ended = false;

    template <class Condition>
    bool wait(Condition condition)
    {
        std::unique_lock<std::mutex> lock(mutex);
        return changed.wait_for(lock, time_limit, condition);
    }
};

class memory_feeder final : public feeder
{
public:
    explicit memory_feeder(std::shared_ptr<memory> m) : d_memory(std::move(m)) {}

    const std::string& name() const override { return d_name; }
    void begin_feed() override
    {
        const std::lock_guard<std::mutex> lock(d_memory->mutex);
        d_memory->samples.clear();
        d_memory->has_ended = false;
    }
    std::uint64_t
    wait_room(std::uint64_t wanted, std::chrono::nanoseconds timeout, int wake_fd) override
    {
        std::unique_lock<std::mutex> lock(d_memory->mutex);
        wanted = std::min(wanted, memory::buffer / 4);
        if (d_memory->room >= wanted)
            return d_memory->room;
        if (timeout.count() == 0) {
            d_memory->room++; // a real antenna has gone on meanwhile
            return 0;
        }
        d_memory->wanted = wanted;
        d_memory->waits = true;
        d_memory->changed.notify_all();
        lock.unlock();
        pollfd fd = { wake_fd, POLLIN, 0 };
        poll(&fd, 1, -1);
        return 0;
    }
    std::uint64_t write(const void* const* channels, std::uint64_t samples) override
    {
        const std::lock_guard<std::mutex> lock(d_memory->mutex);
        if (d_memory->is_gone)
            throw std::system_error(ENODEV, std::generic_category(), "memory");
        const std::uint64_t taken = std::min({ samples, d_memory->room, d_memory->piece });
        const auto* from = static_cast<const gr_complex*>(channels[0]);
        d_memory->samples.insert(d_memory->samples.end(), from, from + taken);
        d_memory->room -= taken;
        return taken;
    }
    void silence_until(std::uint64_t index) override
    {
        const std::lock_guard<std::mutex> lock(d_memory->mutex);
        d_memory->silence += index - d_memory->samples.size();
        d_memory->samples.resize(index);
        d_memory->changed.notify_all();
    }
    void end_feed() override
    {
        const std::lock_guard<std::mutex> lock(d_memory->mutex);
        d_memory->has_ended = true;
    }
    status_type status() const override
    {
        const std::lock_guard<std::mutex> lock(d_memory->mutex);
        status_type s;
        s.position = d_memory->samples.size();
        s.buffer_samples = memory::buffer;
        if (d_memory->is_virtual)
            s.clock = s.position;
        s.time_ns = 1000000000;
        s.underflow_samples = d_memory->underflow;
        s.underflow_count = d_memory->underflow > 0;
        return s;
    }

private:
    const std::shared_ptr<memory> d_memory;
    const std::string d_name = "memory";
};

// Sends its items when it is told, and is done when it is told that.
class patient_source final : public gr::sync_block
{
public:
    explicit patient_source(std::vector<gr_complex> items)
        : sync_block("patient_source",
                     gr::io_signature::make(0, 0, 0),
                     gr::io_signature::make(1, 1, sizeof(gr_complex))),
          d_items(std::move(items))
    {
    }
    void send() { tell(1); }
    void finish() { tell(2); }

    int work(int, gr_vector_const_void_star&, gr_vector_void_star& output_items) override
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        const int stage = nitems_written(0) ? 2 : 1;
        d_told.wait(lock, [&] { return d_stage >= stage; });
        if (stage == 2)
            return WORK_DONE;
        std::copy(d_items.begin(), d_items.end(), static_cast<gr_complex*>(output_items[0]));
        add_item_tag(0, d_items.size() - 1, pmt::intern("tx_eob"), pmt::PMT_T);
        return static_cast<int>(d_items.size());
    }

private:
    void tell(int stage)
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_stage = stage;
        d_told.notify_all();
    }
    const std::vector<gr_complex> d_items;
    std::mutex d_mutex;
    std::condition_variable d_told;
    int d_stage = 0;
};

struct fixture {
    explicit fixture(double turnaround = 0)
        : air(std::make_shared<memory>()),
          sink(gnuradio::make_block_sptr<sink_impl>(std::make_unique<memory_feeder>(air),
                                                    zcring::format::fc32,
                                                    1u,
                                                    1e6,
                                                    "packet_len",
                                                    turnaround)),
          top(gr::make_top_block("sink"))
    {
    }
    void run(const std::vector<gr_complex>& data, const std::vector<gr::tag_t>& tags = {})
    {
        top->connect(gr::blocks::vector_source_c::make(data, false, 1, tags), 0, sink, 0);
        top->run();
    }

    const std::shared_ptr<memory> air;
    const std::shared_ptr<sink_impl> sink;
    const gr::top_block_sptr top;
};

std::vector<gr_complex> numbers(std::size_t count)
{
    std::vector<gr_complex> result;
    for (std::size_t i = 0; i < count; i++)
        result.emplace_back(static_cast<float>(i), 1.0f);
    return result;
}

gr::tag_t tag(std::uint64_t item, const char* key, const pmt::pmt_t& value)
{
    gr::tag_t result;
    result.offset = item;
    result.key = pmt::intern(key);
    result.value = value;
    return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_sample_is_written_once_and_the_feed_ends)
{
    fixture f;
    const auto data = numbers(123457);
    f.run(data);
    BOOST_CHECK(f.air->samples == data);
    BOOST_CHECK(f.air->has_ended);
    BOOST_CHECK_EQUAL(f.sink->telemetry().at("written_samples"), data.size());
}

BOOST_AUTO_TEST_CASE(a_time_is_reached_by_announced_silence)
{
    fixture f;
    const pmt::pmt_t time = pmt::make_tuple(pmt::from_uint64(1), pmt::from_double(0.5));
    f.run(numbers(3000), { tag(1000, "tx_eob", pmt::PMT_T), tag(1001, "tx_time", time) });
    BOOST_REQUIRE_EQUAL(f.air->samples.size(), 500000u + 1999u);
    BOOST_CHECK_EQUAL(f.air->silence, 500000u - 1001u);
    BOOST_CHECK_EQUAL(f.air->samples[500000].real(), 1001.0f);
    BOOST_CHECK_EQUAL(f.sink->telemetry().at("bursts"), 1u);
}

BOOST_AUTO_TEST_CASE(a_sink_sleeps_until_there_is_much_room_and_stop_ends_that)
{
    fixture f;
    constexpr std::uint64_t room = 100000;
    f.air->room = room;
    f.top->connect(gr::blocks::null_source::make(sizeof(gr_complex)), 0, f.sink, 0);
    f.top->start();
    BOOST_CHECK(f.air->wait([&] { return f.air->waits; }));
    f.top->stop();
    f.top->wait();
    BOOST_CHECK_GT(f.air->samples.size(), 0u);
    BOOST_CHECK_LE(f.air->samples.size(), room + 1);
    BOOST_CHECK_EQUAL(f.air->wanted, memory::buffer / 8);
    BOOST_CHECK(f.air->has_ended);
}

BOOST_AUTO_TEST_CASE(an_antenna_that_goes_ends_the_flowgraph)
{
    fixture f;
    f.air->is_gone = true;
    f.top->connect(gr::blocks::null_source::make(sizeof(gr_complex)), 0, f.sink, 0);
    f.top->run();
    BOOST_CHECK(f.air->samples.empty());
}

BOOST_AUTO_TEST_CASE(a_sink_that_was_made_before_fork_is_called_a_sink)
{
    const std::string text = gr::zcring::owner_process::error("memory", "sink");
    BOOST_CHECK_EQUAL(text,
                      "memory: the sink was made before fork(), and works only in the process that "
                      "made it; make a sink after fork()");
}

BOOST_AUTO_TEST_CASE(a_flowgraph_that_starts_again_begins_another_feed)
{
    fixture f;
    f.run(numbers(1000));
    f.air->samples.assign(7, {});
    f.top->run(); // the source is at its end
    BOOST_CHECK(f.air->samples.empty());
    BOOST_CHECK(f.air->has_ended);
}

BOOST_AUTO_TEST_CASE(a_sink_without_a_burst_announces_silence_again_and_again)
{
    fixture f(1e-3);
    f.air->is_virtual = true;
    const auto burst = numbers(100);
    const auto source = gnuradio::make_block_sptr<patient_source>(burst);
    f.top->connect(source, 0, f.sink, 0);
    f.top->start();
    BOOST_CHECK(f.air->wait([&] { return f.air->silence >= 3000; })); // before the first item
    source->send();
    BOOST_CHECK(f.air->wait([&] { return f.air->samples.size() > f.air->silence; }));
    std::uint64_t before = 0;
    {
        const std::lock_guard<std::mutex> lock(f.air->mutex);
        before = f.air->silence;
    }
    BOOST_CHECK(f.air->wait([&] { return f.air->silence >= before + 3000; })); // behind the burst
    source->finish();
    f.top->wait();
    const auto first = std::find(f.air->samples.begin(), f.air->samples.end(), burst[0]);
    BOOST_REQUIRE_GE(f.air->samples.end() - first, 100);
    BOOST_CHECK(std::equal(burst.begin(), burst.end(), first));
    BOOST_CHECK_EQUAL(f.air->samples.size(), f.air->silence + 100);
}
