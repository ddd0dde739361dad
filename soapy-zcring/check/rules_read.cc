// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about readStream() and readStreamStatus(): sizes, timeouts, idle streams. What every read must
// keep is in stream::read().

#include "device.h"

#include <SoapySDR/Errors.hpp>
#include <algorithm>

namespace soapy_check {

namespace {

using std::chrono::milliseconds;

constexpr long wait_us = 100000;
constexpr milliseconds wait_at_least(50); // half: clocks of modules may be coarse

std::string with_time(int result, milliseconds took)
{
    return text_of_result(result) + " after " + std::to_string(took.count()) + " ms";
}

/*! A read that must wait for its timeout and return TIMEOUT. */
void demand_timeout(const read_result& got, const std::string& when)
{
    demand(got.returned == SOAPY_SDR_TIMEOUT && got.took >= wait_at_least,
           got.call + " " + when,
           with_time(got.returned, got.took));
}

void idle_reads_time_out(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    sample_buffers memory = flow.buffers(flow.mtu());
    for (int i = 0; i < 3; i++)
        demand_timeout(flow.read(memory, memory.elements(), wait_us), "before activateStream()");
    flow.activate();
    flow.prove();
}

void stopped_reads_time_out(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    sample_buffers memory = flow.buffers(flow.mtu());
    flow.activate();
    flow.prove();
    flow.deactivate();
    // What was received before may still be read: ten seconds of samples at the most.
    const double most = 10 * std::max(1e6, CALL(dev, getSampleRate, rx, size_t(0)));
    double left = 0;
    read_result got;
    do {
        got = flow.read(memory, memory.elements(), wait_us);
        left += std::max(got.returned, 0);
        demand(left < most, got.call + " after deactivateStream()", "samples without end");
    } while (got.returned > 0);
    demand_timeout(got, "after deactivateStream()");
    demand_timeout(flow.read(memory, memory.elements(), wait_us), "after deactivateStream()");
}

void reads_without_wait_return(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    sample_buffers memory = flow.buffers(flow.mtu());
    flow.activate();
    flow.prove();
    for (int i = 0; i < 1000; i++) {
        const read_result got = flow.read(memory, memory.elements(), 0);
        demand(got.returned >= 0 || got.returned == SOAPY_SDR_TIMEOUT ||
                   got.returned == SOAPY_SDR_OVERFLOW,
               got.call,
               text_of_result(got.returned));
        demand(got.took < milliseconds(1000), got.call, with_time(got.returned, got.took));
    }
    flow.prove();
}

void reads_wait_long(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    sample_buffers memory = flow.buffers(flow.mtu());
    flow.activate();
    flow.prove();
    for (int i = 0; i < 10; i++) {
        const read_result got = flow.read(memory, memory.elements(), 1L << 30);
        demand(got.returned > 0 || got.returned == SOAPY_SDR_OVERFLOW,
               got.call,
               with_time(got.returned, got.took));
    }
}

/*! Reads \p elements a call until ten calls gave samples. */
void read_ten_times(stream& flow, size_t elements)
{
    sample_buffers memory = flow.buffers(elements);
    const std::int64_t begin = now_ns();
    for (int good = 0; good < 10;) {
        const read_result got = flow.read(memory, elements, wait_us);
        demand(got.returned >= 0 || got.returned == SOAPY_SDR_TIMEOUT ||
                   got.returned == SOAPY_SDR_OVERFLOW,
               got.call,
               text_of_result(got.returned));
        good += got.returned > 0;
        demand(now_ns() - begin < 30000000000, got.call, "too few samples in 30 s");
    }
}

void single_elements_are_read(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    flow.prove();
    read_ten_times(flow, 1);
    flow.prove();
}

void more_than_the_mtu_is_asked_for(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    read_ten_times(flow, 3 * flow.mtu() + 1);
    flow.prove();
}

void odd_sizes_are_read(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    const size_t mtu = flow.mtu();
    for (const size_t elements : { mtu - mtu / 3, mtu + 1, size_t(7), mtu / 2 + 1, 2 * mtu })
        read_ten_times(flow, std::max<size_t>(1, elements));
}

void flags_are_only_the_defined_ones(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    sample_buffers memory = flow.buffers(flow.mtu());
    constexpr int defined = SOAPY_SDR_END_BURST | SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_ABRUPT |
                            SOAPY_SDR_ONE_PACKET | SOAPY_SDR_MORE_FRAGMENTS |
                            SOAPY_SDR_WAIT_TRIGGER;
    for (const int asked : { 0, SOAPY_SDR_ONE_PACKET })
        for (int i = 0; i < 20; i++) {
            const read_result got = flow.read(memory, memory.elements(), wait_us, asked);
            demand((got.flags & ~defined) == 0,
                   got.call,
                   "flags that Constants.h does not have: " + std::to_string(got.flags));
            demand((got.flags & SOAPY_SDR_END_BURST) == 0 || got.returned < 0,
                   got.call,
                   "END_BURST in a stream that nothing has ended");
        }
}

void quiet_status_times_out(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    size_t mask = 0;
    int flags = 0;
    long long time_ns = 0;
    for (int i = 0; i < 3; i++) {
        const std::string call =
            text_of_call("readStreamStatus", flow, mask, flags, time_ns, wait_us);
        const std::int64_t begin = now_ns();
        const int result =
            watch(call, [&] { return dev->readStreamStatus(flow, mask, flags, time_ns, wait_us); });
        const milliseconds took((now_ns() - begin) / 1000000);
        if (result == SOAPY_SDR_NOT_SUPPORTED)
            return;
        demand(result == SOAPY_SDR_TIMEOUT && took >= wait_at_least, call, with_time(result, took));
    }
}

} // namespace

std::vector<rule> read_rules()
{
    return {
        { "read-idle",
          scope::receive,
          "readStream() before activation waits, and returns TIMEOUT",
          "Device.hpp, readStream(); SoapyRemote's server reads from the start in a loop",
          idle_reads_time_out },
        { "read-stopped",
          scope::receive,
          "readStream() after deactivation waits, and returns TIMEOUT",
          "Device.hpp, readStream()",
          stopped_reads_time_out },
        { "read-no-wait",
          scope::receive,
          "readStream() with a timeout of 0 returns at once",
          "Device.hpp, readStream(); SoapyRemote's server fills its packets so",
          reads_without_wait_return },
        { "read-long-wait",
          scope::receive,
          "readStream() takes a timeout of 2^30 us",
          "CubicSDR",
          reads_wait_long },
        { "read-one",
          scope::receive,
          "single elements can be read",
          "Device.hpp, readStream(); uhd-soapysdr reads what is missing",
          single_elements_are_read },
        { "read-many",
          scope::receive,
          "more elements than the MTU can be asked for",
          "Device.hpp, readStream(); rtl_433 asks for its own buffer's size",
          more_than_the_mtu_is_asked_for },
        { "read-odd",
          scope::receive,
          "no size of a read gives more than asked for",
          "Device.hpp, readStream()",
          odd_sizes_are_read },
        { "read-flags",
          scope::receive,
          "readStream() sets only flags that exist, and ends no burst",
          "Constants.h",
          flags_are_only_the_defined_ones },
        { "status-quiet",
          scope::channel,
          "readStreamStatus() waits and returns TIMEOUT, or returns NOT_SUPPORTED",
          "Device.hpp, readStreamStatus(); SoapyRemote's server polls it in a loop",
          quiet_status_times_out },
    };
}

} // namespace soapy_check
