// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about the times of samples, and about streams that begin and end at a time or after a count.

#include "time_line.h"

#include <SoapySDR/Errors.hpp>
#include <algorithm>
#include <cmath>
#include <thread>

namespace soapy_check {

namespace {

constexpr long wait_us = 100000;
constexpr double highest_rate = 2e8; // above, a nanosecond is too coarse to count samples

double usable_rate(const device& dev)
{
    const double rate = CALL(dev, getSampleRate, rx, size_t(0));
    if (rate <= 0 || rate > highest_rate)
        throw skipped{ "at " + text_of(rate) + " samples per second, times cannot be compared" };
    return rate;
}

/*!
 * \brief Reads for the seconds that the user wants, or ten times the samples of these seconds.
 *
 * The first samples may take longer to arrive.
 */
void read_for_a_while(
    stream& flow, time_line& line, double rate, const options& wanted, size_t once)
{
    flow.prove();
    sample_buffers memory = flow.buffers(once);
    const std::int64_t begin = now_ns();
    const auto enough = static_cast<long long>(10 * rate * wanted.seconds);
    while (now_ns() - begin < static_cast<std::int64_t>(wanted.seconds * 1e9) &&
           line.samples() < enough)
        line.take(flow.read(memory, once, wait_us));
}

void times_follow_the_count(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const double rate = usable_rate(dev);
    time_line line(rate);
    flow.activate();
    read_for_a_while(flow, line, rate, wanted, flow.mtu());
    if (line.timed() == 0)
        throw skipped{ "the samples have no times" };
}

void times_follow_odd_counts(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const double rate = usable_rate(dev);
    time_line line(rate);
    flow.activate();
    read_for_a_while(flow, line, rate, wanted, std::max<size_t>(1, flow.mtu() / 3 + 1));
    if (line.timed() == 0)
        throw skipped{ "the samples have no times" };
}

/*! The first read that gives samples. */
read_result first_samples(stream& flow, size_t elements)
{
    sample_buffers memory = flow.buffers(elements);
    const std::int64_t begin = now_ns();
    read_result got;
    do {
        got = flow.read(memory, elements, wait_us);
        demand(got.returned >= 0 || got.returned == SOAPY_SDR_TIMEOUT ||
                   got.returned == SOAPY_SDR_OVERFLOW,
               got.call,
               text_of_result(got.returned));
        demand(now_ns() - begin < 30000000000, got.call, "no samples in 30 s");
    } while (got.returned <= 0);
    return got;
}

void times_go_on_after_a_restart(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    long long last = 0;
    for (int turn = 0; turn < 3; turn++) {
        flow.activate();
        const read_result got = first_samples(flow, flow.mtu());
        if (!(got.flags & SOAPY_SDR_HAS_TIME))
            throw skipped{ "the samples have no times" };
        demand(turn == 0 || got.time_ns > last,
               got.call + " after a restart",
               "the time " + std::to_string(got.time_ns) + ", after " + std::to_string(last));
        last = got.time_ns;
        flow.deactivate();
    }
}

void times_are_the_hardwares(const options& wanted, direction)
{
    device dev(wanted);
    if (!CALL(dev, hasHardwareTime))
        throw skipped{ "the device has no hardware time" };
    stream flow(dev, rx);
    const double rate = usable_rate(dev);
    flow.activate();
    const long long before = CALL(dev, getHardwareTime);
    const read_result got = first_samples(flow, flow.mtu());
    if (!(got.flags & SOAPY_SDR_HAS_TIME))
        throw skipped{ "the samples have no times" };
    const long long after = CALL(dev, getHardwareTime);
    // Samples may be older than the call of getHardwareTime(), by what is buffered.
    const long long end = got.time_ns + std::llround(got.returned * 1e9 / rate);
    demand(end <= after + 1000000 && got.time_ns > before - 60000000000,
           got.call + ", then getHardwareTime()",
           "samples up to " + std::to_string(end) + ", and " + std::to_string(after));
}

/*! Activates with flags; skips the rule where the module does not support these. */
void activate_with(stream& flow, int flags, long long time_ns, size_t elements)
{
    const int result = CALL(flow, activateStream, flow, flags, time_ns, elements);
    if (result == SOAPY_SDR_NOT_SUPPORTED)
        throw skipped{ "activateStream() returns NOT_SUPPORTED for these flags" };
    demand(result == 0,
           text_of_call("activateStream", a_stream, flags, time_ns, elements),
           text_of_result(result));
}

void streams_begin_at_their_time(const options& wanted, direction)
{
    device dev(wanted);
    if (!CALL(dev, hasHardwareTime))
        throw skipped{ "the device has no hardware time" };
    stream flow(dev, rx);
    const double rate = usable_rate(dev);
    const long long begin = CALL(dev, getHardwareTime) + 200000000;
    activate_with(flow, SOAPY_SDR_HAS_TIME, begin, 0);
    const read_result got = first_samples(flow, flow.mtu());
    demand((got.flags & SOAPY_SDR_HAS_TIME) != 0, got.call, "samples without a time");
    const double samples = static_cast<double>(got.time_ns - begin) * rate / 1e9;
    demand(std::abs(samples) <= 1 + 2e-9 * rate,
           text_of_call("activateStream", a_stream, SOAPY_SDR_HAS_TIME, begin) +
               ", then readStream()",
           "a first sample at " + std::to_string(got.time_ns) + ", " + text_of(samples) +
               " samples off");
}

void bursts_have_their_length(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    constexpr size_t length = 12345;
    sample_buffers memory = flow.buffers(flow.mtu());
    for (int turn = 0; turn < 2; turn++) {
        activate_with(flow, SOAPY_SDR_END_BURST, 0, length);
        size_t arrived = 0;
        read_result got;
        const std::int64_t begin = now_ns();
        do {
            got = flow.read(memory, memory.elements(), wait_us);
            arrived += static_cast<size_t>(std::max(got.returned, 0));
            demand(arrived <= length, got.call, "more samples than the burst has");
            demand(now_ns() - begin < 30000000000,
                   got.call,
                   std::to_string(arrived) +
                       " samples of a burst of 12345, and no END_BURST in 30 s");
        } while (!(got.returned > 0 && (got.flags & SOAPY_SDR_END_BURST)));
        demand(arrived == length,
               got.call,
               "END_BURST after " + std::to_string(arrived) + " samples of a burst of 12345");
        got = flow.read(memory, memory.elements(), wait_us);
        demand(got.returned == SOAPY_SDR_TIMEOUT,
               got.call + " after the burst",
               text_of_result(got.returned));
        flow.deactivate();
    }
}

} // namespace

std::vector<rule> time_rules()
{
    return {
        { "time-count",
          scope::receive,
          "times follow the count of samples, without drift",
          "Device.hpp, readStream(); gr-soapy and uhd-soapysdr count from the last time",
          times_follow_the_count },
        { "time-odd",
          scope::receive,
          "times follow the count for reads of any size",
          "Device.hpp, readStream()",
          times_follow_odd_counts },
        { "time-restart",
          scope::receive,
          "times go on after a restart",
          "Device.hpp, readStream()",
          times_go_on_after_a_restart },
        { "time-hardware",
          scope::receive,
          "times are those of the hardware's clock",
          "Device.hpp, getHardwareTime(); UHD's rx_timed_samples",
          times_are_the_hardwares },
        { "time-start",
          scope::receive,
          "a stream activated at a time begins at that sample",
          "Device.hpp, activateStream(); UHD's rx_timed_samples",
          streams_begin_at_their_time },
        { "burst",
          scope::receive,
          "a burst has its length, END_BURST at its end, then TIMEOUT",
          "Device.hpp, activateStream(); uhd-soapysdr, NUM_SAMPS_AND_DONE",
          bursts_have_their_length },
    };
}

} // namespace soapy_check
