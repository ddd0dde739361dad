// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about writeStream(). All samples are zero: a transmitter sends nothing.

#include "device.h"

#include <SoapySDR/Errors.hpp>
#include <algorithm>

namespace soapy_check {

namespace {

constexpr long wait_us = 100000;

struct write_result {
    std::string call;
    int returned;
    std::chrono::milliseconds took;
};

write_result write(stream& flow, const sample_buffers& memory, size_t elements, int flags, long us)
{
    write_result result;
    result.call =
        text_of_call("writeStream", flow, memory.pointers_to_const(), elements, flags, 0, us);
    const std::int64_t begin = now_ns();
    result.returned = watch(result.call, [&] {
        return flow->writeStream(flow, memory.pointers_to_const(), elements, flags, 0, us);
    });
    result.took = std::chrono::milliseconds((now_ns() - begin) / 1000000);
    demand(result.returned >= 0 || is_error_code(result.returned),
           result.call,
           text_of_result(result.returned));
    demand(result.returned <= static_cast<long>(elements),
           result.call,
           text_of_result(result.returned) + ", which is more than was offered");
    return result;
}

bool is_ordinary(int code)
{
    return code >= 0 || code == SOAPY_SDR_TIMEOUT || code == SOAPY_SDR_UNDERFLOW ||
           code == SOAPY_SDR_OVERFLOW;
}

void writes_go_on(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, tx);
    sample_buffers memory = flow.buffers(flow.mtu());
    memory.silence();
    flow.activate();
    const std::int64_t begin = now_ns();
    long long taken = 0;
    while (now_ns() - begin < static_cast<std::int64_t>(wanted.seconds * 1e9)) {
        const write_result result = write(flow, memory, memory.elements(), 0, wait_us);
        demand(is_ordinary(result.returned), result.call, text_of_result(result.returned));
        taken += std::max(result.returned, 0);
    }
    demand(taken > 0, "writeStream() for " + text_of(wanted.seconds) + " s", "nothing taken");
}

void writes_of_any_size_are_taken(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, tx);
    const size_t mtu = flow.mtu();
    flow.activate();
    for (const size_t elements : { size_t(1), mtu / 2 + 1, mtu, 3 * mtu + 1 }) {
        sample_buffers memory = flow.buffers(elements);
        memory.silence();
        for (int i = 0; i < 5; i++) {
            const write_result result = write(flow, memory, elements, 0, wait_us);
            demand(is_ordinary(result.returned), result.call, text_of_result(result.returned));
        }
    }
}

void writes_without_wait_return(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, tx);
    sample_buffers memory = flow.buffers(flow.mtu());
    memory.silence();
    flow.activate();
    for (int i = 0; i < 200; i++) {
        const write_result result = write(flow, memory, memory.elements(), 0, 0);
        demand(is_ordinary(result.returned), result.call, text_of_result(result.returned));
        demand(result.took < std::chrono::milliseconds(1000),
               result.call,
               text_of_result(result.returned) + " after " + std::to_string(result.took.count()) +
                   " ms");
    }
}

void bursts_end(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, tx);
    sample_buffers memory = flow.buffers(std::min<size_t>(flow.mtu(), 1000));
    memory.silence();
    for (int turn = 0; turn < 3; turn++) {
        flow.activate();
        const std::int64_t begin = now_ns();
        for (size_t left = memory.elements(); left > 0;) {
            const write_result result = write(flow, memory, left, SOAPY_SDR_END_BURST, wait_us);
            demand(is_ordinary(result.returned), result.call, text_of_result(result.returned));
            left -= static_cast<size_t>(std::max(result.returned, 0));
            demand(now_ns() - begin < 30000000000, result.call, "nothing taken for 30 s");
        }
        const int result = CALL(dev, deactivateStream, flow);
        demand(result == 0, "deactivateStream(stream) after a burst", text_of_result(result));
    }
}

} // namespace

std::vector<rule> write_rules()
{
    return {
        { "write",
          scope::transmit,
          "writeStream() takes samples, or returns TIMEOUT or UNDERFLOW",
          "Device.hpp, writeStream(); SoapySDRUtil --rate ends on other codes",
          writes_go_on },
        { "write-sizes",
          scope::transmit,
          "writeStream() never takes more than was offered",
          "Device.hpp, writeStream()",
          writes_of_any_size_are_taken },
        { "write-no-wait",
          scope::transmit,
          "writeStream() with a timeout of 0 returns at once",
          "Device.hpp, writeStream()",
          writes_without_wait_return },
        { "write-burst",
          scope::transmit,
          "a burst can be ended, and another one begun",
          "Device.hpp, writeStream(); uhd-soapysdr deactivates after END_BURST",
          bursts_end },
    };
}

} // namespace soapy_check
