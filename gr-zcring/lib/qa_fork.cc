/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// A source that was made before fork(): in the child it neither hangs nor disturbs the parent.
#include "qa_counter_sink.h"
#include "qa_device.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/block_detail.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/top_block.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace {

using gr::zcring::source;

const std::string fast = ",scene=counter,interval_us=200";
constexpr int hung = -1;

// Calls it in a child of this process, and returns what it returned, or hung after a minute.
int in_child(const std::function<int()>& call)
{
    const pid_t child = fork();
    BOOST_REQUIRE_GE(child, 0);
    if (child == 0)
        _exit(call());
    int status = 0;
    if (eventually([&] { return waitpid(child, &status, WNOHANG) == child; }))
        return WIFEXITED(status) ? WEXITSTATUS(status) : hung;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return hung;
}

// 0 if it throws a std::system_error that names the remedy.
int refused(const std::function<void()>& call)
{
    try {
        call();
    } catch (const std::system_error& e) {
        return std::string(e.what()).find("make a source after fork()") == std::string::npos;
    }
    return 1;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(forks, accounting_check)

BOOST_AUTO_TEST_CASE(a_source_is_destroyed_in_a_child)
{
    auto src = source::make(device_args() + fast, "sc16");
    BOOST_CHECK_EQUAL(in_child([&] {
                          src.reset();
                          return 0;
                      }),
                      0);
}

BOOST_AUTO_TEST_CASE(a_flowgraph_in_a_child_ends_with_no_samples)
{
#ifdef __SANITIZE_THREAD__
    BOOST_TEST_MESSAGE("skipped: TSan cannot start threads in the child of a process with threads");
    return;
#endif
    for (const char* zero_copy : { "auto", "off" }) {
        auto src = source::make(device_args() + fast, "sc16", 1, 1e6, 0, 0, zero_copy);
        BOOST_CHECK_EQUAL(in_child([&] {
                              auto top = gr::make_top_block("child");
                              auto sink = counter_sink::make(4);
                              top->connect(src, 0, sink, 0);
                              top->run();
                              const bool none = sink->items() == 0;
                              top.reset();
                              src.reset();
                              return none ? 0 : 1;
                          }),
                          0);
    }
}

BOOST_AUTO_TEST_CASE(a_message_in_a_child_waits_for_no_thread_of_the_parent)
{
    auto src = source::make(device_args() + fast, "sc16");
    auto top = gr::make_top_block("parent");
    auto sink = counter_sink::make(4);
    top->connect(src, 0, sink, 0);
    top->start();
    BOOST_REQUIRE(sink->wait_for(1000));
    {
        const gr::thread::scoped_lock held(src->detail()->d_tpb.mutex);
        BOOST_CHECK_EQUAL(in_child([&] {
                              src->post(pmt::intern("command"), pmt::PMT_NIL);
                              return 0;
                          }),
                          0);
    }
    top->stop();
    top->wait();
}

BOOST_AUTO_TEST_CASE(settings_are_refused_in_a_child_and_the_parents_stream_goes_on)
{
    auto src = source::make(device_args() + fast + ",ring_bytes=8388608", "sc16");
    auto top = gr::make_top_block("parent");
    auto sink = counter_sink::make(4);
    top->connect(src, 0, sink, 0);
    top->start();
    BOOST_REQUIRE(sink->wait_for(1000));
    for (int round = 0; round < 30; round++) // some while the device's mutex is locked
        BOOST_CHECK_EQUAL(in_child([&] {
                              src->post(pmt::intern("command"), pmt::PMT_NIL);
                              return refused([&] { src->samp_rate(); }) +
                                     refused([&] { src->time_now(); }) +
                                     refused([&] { src->telemetry(); }) +
                                     refused([&] { src->set_gain(3); }) +
                                     refused([&] { src->set_time_now(3); }) +
                                     refused([&] { src->set_start_time(3); }) +
                                     refused([&] { src->inject_drop(1); }) +
                                     refused([&] { src->inject_unplug(); });
                          }),
                          0);
    const std::uint64_t before = sink->items();
    BOOST_CHECK(sink->wait_for(before + 100000));
    BOOST_CHECK_EQUAL(src->gain(0), 0);
    top->stop();
    top->wait();
    BOOST_CHECK_EQUAL(sink->wrong(), "");
}

BOOST_AUTO_TEST_SUITE_END()
