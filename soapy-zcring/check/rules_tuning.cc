// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about rate, bandwidth, frequency and their ranges.

#include "device.h"

#include <algorithm>
#include <cmath>

namespace soapy_check {

namespace {

using soapy_check::text_of; // beside the one for ranges
using SoapySDR::Range;
using SoapySDR::RangeList;

/*! How far a value read back may be from the one set: a step, or a millionth. */
double tolerance(const Range& range, double value)
{
    return std::max({ range.step(), std::abs(value) * 1e-6, 1e-3 });
}

bool is_within(const RangeList& ranges, double value)
{
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
        const double slack = tolerance(range, value);
        return value >= range.minimum() - slack && value <= range.maximum() + slack;
    });
}

std::string text_of(const Range& range)
{
    const std::string minimum = text_of(range.minimum());
    return range.minimum() == range.maximum() ? minimum
                                              : minimum + " to " + text_of(range.maximum());
}

/*! All ranges, or the first and the last one of many. */
std::string text_of_ranges(const RangeList& ranges)
{
    if (ranges.empty())
        return "an empty list";
    if (ranges.size() > 4)
        return std::to_string(ranges.size()) + " ranges, " + text_of(ranges.front()) + " ... " +
               text_of(ranges.back());
    std::string text;
    for (const Range& range : ranges)
        text += (text.empty() ? "" : ", ") + text_of(range);
    return text;
}

void check_order(const std::string& call, const RangeList& ranges)
{
    for (const Range& range : ranges)
        demand(range.minimum() <= range.maximum() && range.step() >= 0 &&
                   std::isfinite(range.minimum()) && std::isfinite(range.maximum()),
               call,
               text_of_ranges({ range }));
}

/*! Sets the ends of each range and reads them back; then sets what was set before. */
template <class Get, class Set>
void check_ends(const RangeList& ranges, const std::string& name, Get get, Set set)
{
    const double before = get();
    for (const Range& range : ranges)
        for (const double value : { range.minimum(), range.maximum() }) {
            set(value);
            const double now = get();
            demand(std::abs(now - value) <= tolerance(range, value),
                   "set" + name + " to " + text_of(value) + ", an end of the range " +
                       text_of_ranges({ range }),
                   "for get" + name + "(), " + text_of(now));
        }
    if (is_within(ranges, before))
        set(before);
}

void rates_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const RangeList ranges = CALL(dev, getSampleRateRange, dir, channel);
        demand(!ranges.empty(), text_of_call("getSampleRateRange", dir, channel), "an empty list");
        check_order(text_of_call("getSampleRateRange", dir, channel), ranges);
        check_ends(
            ranges,
            "SampleRate",
            [&] { return CALL(dev, getSampleRate, dir, channel); },
            [&](double rate) { CALL(dev, setSampleRate, dir, channel, rate); });
    });
}

void listed_rates_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<double> rates = CALL(dev, listSampleRates, dir, channel);
        demand(!rates.empty(), text_of_call("listSampleRates", dir, channel), "an empty list");
        for (const double rate : rates) {
            CALL(dev, setSampleRate, dir, channel, rate);
            const double now = CALL(dev, getSampleRate, dir, channel);
            demand(std::abs(now - rate) <= rate * 1e-6,
                   text_of_call("setSampleRate", dir, channel, rate) + ", a rate that is listed",
                   "for getSampleRate(), " + text_of(now));
        }
    });
}

void other_rates_do_no_harm(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const RangeList ranges = CALL(dev, getSampleRateRange, dir, channel);
        if (ranges.empty())
            throw skipped{ "the device has no range of rates" };
        double above = 0;
        for (const Range& range : ranges)
            above = std::max(above, range.maximum() * 4);
        exception_of([&] { CALL(dev, setSampleRate, dir, channel, above); });
        const double now = CALL(dev, getSampleRate, dir, channel);
        demand(is_within(ranges, now),
               text_of_call("setSampleRate", dir, channel, above) + ", beyond its ranges",
               "for getSampleRate(), " + text_of(now) + ", beyond " + text_of_ranges(ranges));
    });
}

void bandwidths_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const RangeList ranges = CALL(dev, getBandwidthRange, dir, channel);
        if (ranges.empty())
            throw skipped{ "the device has no range of bandwidths" };
        check_order(text_of_call("getBandwidthRange", dir, channel), ranges);
        check_ends(
            ranges,
            "Bandwidth",
            [&] { return CALL(dev, getBandwidth, dir, channel); },
            [&](double width) { CALL(dev, setBandwidth, dir, channel, width); });
    });
}

void any_bandwidth_is_taken(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        prepare_rate(dev, dir, channel);
        const double width = CALL(dev, getSampleRate, dir, channel) * 0.75;
        CALL(dev, setBandwidth, dir, channel, width);
        CALL(dev, setBandwidth, dir, channel, 0.0);
        CALL(dev, getBandwidth, dir, channel);
    });
}

void frequencies_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const RangeList ranges = CALL(dev, getFrequencyRange, dir, channel);
        if (ranges.empty())
            throw skipped{ "the device has no range of frequencies" };
        check_order(text_of_call("getFrequencyRange", dir, channel), ranges);
        check_ends(
            ranges,
            "Frequency",
            [&] { return CALL(dev, getFrequency, dir, channel); },
            [&](double hz) { CALL(dev, setFrequency, dir, channel, hz); });
    });
}

void components_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> names = CALL(dev, listFrequencies, dir, channel);
        if (names.empty())
            throw skipped{ "the device has no tunable elements" };
        for (const std::string& name : names) {
            const RangeList ranges = CALL(dev, getFrequencyRange, dir, channel, name);
            check_order(text_of_call("getFrequencyRange", dir, channel, name), ranges);
            check_ends(
                ranges,
                "Frequency of " + name,
                [&] { return CALL(dev, getFrequency, dir, channel, name); },
                [&](double hz) { CALL(dev, setFrequency, dir, channel, name, hz); });
        }
    });
}

void components_sum_up(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> names = CALL(dev, listFrequencies, dir, channel);
        const RangeList ranges = CALL(dev, getFrequencyRange, dir, channel);
        if (names.empty() || ranges.empty())
            throw skipped{ "the device has no tunable elements" };
        const double middle = (ranges.front().minimum() + ranges.front().maximum()) / 2;
        CALL(dev, setFrequency, dir, channel, middle);
        double sum = 0;
        for (const std::string& name : names)
            if (name != "CORR") // in parts per million
                sum += CALL(dev, getFrequency, dir, channel, name);
        const double whole = CALL(dev, getFrequency, dir, channel);
        demand(std::abs(sum - whole) <= tolerance(ranges.front(), whole),
               text_of_call("getFrequency", dir, channel),
               text_of(whole) + ", but its elements sum up to " + text_of(sum));
    });
}

void element_rf_is_taken(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const double now = CALL(dev, getFrequency, dir, channel);
        CALL(dev, setFrequency, dir, channel, "RF", now);
        const double after = CALL(dev, getFrequency, dir, channel);
        demand(std::abs(after - now) <= std::max(1.0, now * 1e-6),
               text_of_call("setFrequency", dir, channel, "RF", now) + ", the frequency it had",
               "for getFrequency(), " + text_of(after));
    });
}

void unknown_elements_do_no_harm(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const double before = CALL(dev, getFrequency, dir, channel);
        exception_of([&] { CALL(dev, setFrequency, dir, channel, "no such element", 1e6); });
        const double after = CALL(dev, getFrequency, dir, channel);
        demand(std::abs(after - before) <= std::max(1.0, before * 1e-6),
               text_of_call("setFrequency", dir, channel, "no such element", 1e6),
               "another frequency: " + text_of(after) + " after " + text_of(before));
    });
}

} // namespace

std::vector<rule> tuning_rules()
{
    return {
        { "rate-range",
          scope::channel,
          "the ends of every range of rates can be set",
          "Device.hpp, getSampleRateRange(), setSampleRate(), getSampleRate(); gr-soapy",
          rates_can_be_set },
        { "rate-list",
          scope::channel,
          "every rate that is listed can be set",
          "Device.hpp, listSampleRates(); CubicSDR offers these",
          listed_rates_can_be_set },
        { "rate-beyond",
          scope::channel,
          "a rate beyond the ranges never becomes the rate",
          "Device.hpp, getSampleRate()",
          other_rates_do_no_harm },
        { "bandwidth-range",
          scope::channel,
          "the ends of every range of bandwidths can be set",
          "Device.hpp, getBandwidthRange(), setBandwidth(), getBandwidth()",
          bandwidths_can_be_set },
        { "bandwidth-any",
          scope::channel,
          "setBandwidth() takes 0.75 of the rate, and 0",
          "gr-osmosdr and gqrx set both, and end on an exception",
          any_bandwidth_is_taken },
        { "frequency-range",
          scope::channel,
          "the ends of every range of frequencies can be set",
          "Device.hpp, getFrequencyRange(), setFrequency(), getFrequency()",
          frequencies_can_be_set },
        { "frequency-elements",
          scope::channel,
          "every tunable element can be set over its range",
          "Device.hpp, listFrequencies(); uhd-soapysdr tunes by element",
          components_can_be_set },
        { "frequency-sum",
          scope::channel,
          "the tunable elements sum up to the frequency",
          "Device.hpp, setFrequency(); SoapySDR's default getFrequency()",
          components_sum_up },
        { "frequency-rf",
          scope::channel,
          "setFrequency() takes the element \"RF\"",
          "CubicSDR tunes by it without asking",
          element_rf_is_taken },
        { "frequency-unknown",
          scope::channel,
          "an unknown element changes no frequency",
          "Device.hpp, setFrequency()",
          unknown_elements_do_no_harm },
    };
}

} // namespace soapy_check
