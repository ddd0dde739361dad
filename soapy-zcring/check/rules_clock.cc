// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about clock sources, time sources and the hardware's time.

#include "device.h"

#include <algorithm>
#include <thread>

namespace soapy_check {

namespace {

constexpr long long second_ns = 1000000000;

bool contains(const std::vector<std::string>& list, const std::string& text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

void clock_sources_can_be_set(const options& wanted, direction)
{
    const device dev(wanted);
    const std::vector<std::string> sources = CALL(dev, listClockSources);
    if (sources.empty())
        throw skipped{ "the device has no clock sources" };
    const std::string before = CALL(dev, getClockSource);
    demand(
        contains(sources, before), "getClockSource()", text_of(before) + ", which is not listed");
    for (const std::string& source : sources) {
        CALL(dev, setClockSource, source);
        const std::string now = CALL(dev, getClockSource);
        demand(now == source, text_of_call("setClockSource", source), text_of(now));
    }
    CALL(dev, setClockSource, before);
}

void time_sources_can_be_set(const options& wanted, direction)
{
    const device dev(wanted);
    const std::vector<std::string> sources = CALL(dev, listTimeSources);
    if (sources.empty())
        throw skipped{ "the device has no time sources" };
    const std::string before = CALL(dev, getTimeSource);
    demand(contains(sources, before), "getTimeSource()", text_of(before) + ", which is not listed");
    for (const std::string& source : sources) {
        CALL(dev, setTimeSource, source);
        const std::string now = CALL(dev, getTimeSource);
        demand(now == source, text_of_call("setTimeSource", source), text_of(now));
    }
    CALL(dev, setTimeSource, before);
}

void master_clock_can_be_set(const options& wanted, direction)
{
    const device dev(wanted);
    const double before = CALL(dev, getMasterClockRate);
    CALL(dev, getMasterClockRates);
    constexpr double wish = 2048000.0 * 16;
    CALL(dev, setMasterClockRate, wish);
    CALL(dev, getMasterClockRate);
    if (before > 0)
        CALL(dev, setMasterClockRate, before);
}

void skip_without_time(const device& dev)
{
    if (!CALL(dev, hasHardwareTime))
        throw skipped{ "the device has no hardware time" };
}

void time_never_goes_back(const options& wanted, direction)
{
    const device dev(wanted);
    skip_without_time(dev);
    long long last = CALL(dev, getHardwareTime);
    for (int i = 0; i < 200; i++) {
        const long long now = CALL(dev, getHardwareTime);
        demand(now >= last,
               "getHardwareTime() twice",
               std::to_string(now) + " after " + std::to_string(last));
        last = now;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
}

void time_can_be_set(const options& wanted, direction)
{
    const device dev(wanted);
    skip_without_time(dev);
    for (const long long set : { 5 * second_ns, 1000 * second_ns, 2 * second_ns }) {
        const auto begin = std::chrono::steady_clock::now();
        if (const auto refused = exception_of([&] { CALL(dev, setHardwareTime, set); }))
            throw skipped{ "setHardwareTime() throws " + refused->returned };
        const long long now = CALL(dev, getHardwareTime);
        const long long passed = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                     std::chrono::steady_clock::now() - begin)
                                     .count();
        // A clock may tick in coarse steps; a millisecond is the coarsest that a timed call bears.
        demand(now >= set - second_ns / 1000 && now <= set + passed + second_ns / 1000,
               text_of_call("setHardwareTime", set) + ", then getHardwareTime()",
               std::to_string(now) + " within " + std::to_string(passed) + " ns");
    }
}

} // namespace

std::vector<rule> clock_rules()
{
    return {
        { "clock-sources",
          scope::device,
          "every clock source can be set, and is read back",
          "Device.hpp, listClockSources(), setClockSource()",
          clock_sources_can_be_set },
        { "time-sources",
          scope::device,
          "every time source can be set, and is read back",
          "Device.hpp, listTimeSources(), setTimeSource()",
          time_sources_can_be_set },
        { "master-clock",
          scope::device,
          "setMasterClockRate() never throws",
          "welle-cli sets 32.768 MHz without asking, and ends on an exception",
          master_clock_can_be_set },
        { "time-forward",
          scope::device,
          "the hardware's time never goes back",
          "Device.hpp, getHardwareTime()",
          time_never_goes_back },
        { "time-set",
          scope::device,
          "the hardware's time goes on from what was set",
          "Device.hpp, setHardwareTime(); UHD's rx_timed_samples starts at 0",
          time_can_be_set },
    };
}

} // namespace soapy_check
