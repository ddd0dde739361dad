// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about overflow. The rules stop reading until the module's buffers are full. A device that
// waits for its reader, or whose buffers are larger, never overflows: then these rules are skipped.

#include "time_line.h"

#include <SoapySDR/Errors.hpp>
#include <algorithm>
#include <thread>

namespace soapy_check {

namespace {

constexpr long wait_us = 100000;
constexpr char too_slow[] =
    "the stream overflows while it is read: the machine is too slow (--rate)";

std::string without_overflow(double seconds)
{
    return "no overflow in " + text_of(seconds) +
           " s without a read: the device waits, or has larger buffers (--seconds)";
}

/*!
 * \brief Stops reading for three times the seconds, then reads past the overflow.
 *
 * Reads on until a fifth of a second of samples has arrived after it.
 */
void overflow_once(stream& flow, time_line& line, double rate, const options& wanted)
{
    sample_buffers memory = flow.buffers(flow.mtu());
    for (int i = 0; i < 20; i++) // a first time, with which the later ones are compared
        line.take(flow.read(memory, memory.elements(), wait_us));
    std::this_thread::sleep_for(std::chrono::duration<double>(3 * wanted.seconds));
    const auto buffered = static_cast<long long>(rate * (3 * wanted.seconds + 2)) + line.samples();
    const auto after = static_cast<long long>(rate / 5);
    const std::int64_t begin = now_ns();
    const int before = line.overflows();
    while (line.overflows() == before || line.since_overflow() < after) {
        const read_result got = flow.read(memory, memory.elements(), wait_us);
        demand(got.returned >= 0 || got.returned == SOAPY_SDR_TIMEOUT ||
                   got.returned == SOAPY_SDR_OVERFLOW,
               got.call,
               text_of_result(got.returned));
        line.take(got);
        if (line.overflows() == before && line.samples() > buffered)
            throw skipped{ without_overflow(3 * wanted.seconds) };
        if (line.overflows() > before + 20)
            throw skipped{ too_slow };
        demand(now_ns() - begin < static_cast<std::int64_t>((60 + 3 * wanted.seconds) * 1e9),
               got.call,
               "after an overflow, too few samples in 60 s");
    }
}

double rate_of(const device& dev)
{
    const double rate = CALL(dev, getSampleRate, rx, size_t(0));
    if (rate <= 0 || rate > 2e8)
        throw skipped{ "at " + text_of(rate) + " samples per second, times cannot be compared" };
    return rate;
}

void gaps_are_told(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const double rate = rate_of(dev);
    time_line line(rate);
    flow.activate();
    overflow_once(flow, line, rate, wanted);
    overflow_once(flow, line, rate, wanted);
}

void overflow_is_told_in_one_place(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const double rate = rate_of(dev);
    time_line line(rate);
    flow.activate();
    overflow_once(flow, line, rate, wanted);
    int overflows = 0;
    for (int i = 0; i < 100; i++) {
        size_t mask = 0;
        int flags = 0;
        long long time_ns = 0;
        const int result = CALL(dev, readStreamStatus, flow, mask, flags, time_ns, 0L);
        if (result != 0 && result != SOAPY_SDR_OVERFLOW)
            break;
        overflows += result == SOAPY_SDR_OVERFLOW;
    }
    demand(overflows == 0,
           "readStreamStatus(), after readStream() returned OVERFLOW " +
               std::to_string(line.overflows()) + " times",
           "OVERFLOW " + std::to_string(overflows) + " times more");
}

// Read for 0.3 s, without a pause.
int overflows_while_read(stream& flow)
{
    sample_buffers memory = flow.buffers(flow.mtu());
    int overflows = 0;
    for (const std::int64_t begin = now_ns(); now_ns() - begin < 300000000;)
        overflows += flow.read(memory, memory.elements(), wait_us).returned == SOAPY_SDR_OVERFLOW;
    return overflows;
}

void restarts_forget_the_overflow(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    flow.prove();
    if (overflows_while_read(flow) > 1)
        throw skipped{ too_slow };
    std::this_thread::sleep_for(std::chrono::duration<double>(3 * wanted.seconds));
    flow.deactivate();
    flow.activate();
    demand(overflows_while_read(flow) <= 1,
           "readStream() for 0.3 s after a restart",
           "OVERFLOW again and again");
    flow.prove();
}

} // namespace

std::vector<rule> overflow_rules()
{
    return {
        { "overflow",
          scope::receive,
          "readStream() returns OVERFLOW once for each gap, at the gap, and goes on",
          "Errors.h; gr-osmosdr reads once more after OVERFLOW; uhd-soapysdr counts them",
          gaps_are_told },
        { "overflow-status",
          scope::receive,
          "readStreamStatus() does not repeat an overflow of readStream()",
          "SoapySDRUtil --rate adds up both",
          overflow_is_told_in_one_place },
        { "overflow-restart",
          scope::receive,
          "a restart after an overflow begins anew",
          "Device.hpp, activateStream()",
          restarts_forget_the_overflow },
    };
}

} // namespace soapy_check
