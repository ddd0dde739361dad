// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about direct buffers: memory of the module that is read, or written, in place.

#include "device.h"

#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>
#include <algorithm>
#include <set>

namespace soapy_check {

namespace {

constexpr long wait_us = 100000;
constexpr size_t most_held = 64;

size_t buffers_of(const device& dev, SoapySDR::Stream* flow)
{
    const size_t count = CALL(dev, getNumDirectAccessBuffers, flow);
    if (count == 0)
        throw skipped{ "getNumDirectAccessBuffers() is 0" };
    return count;
}

/*! A buffer of a receive stream that is held. */
struct held_buffer {
    size_t handle = 0;
    std::vector<const void*> pointers;
    int elements = 0;
};

/*! Acquires a buffer with samples in it. */
held_buffer acquire(stream& flow, size_t count)
{
    held_buffer got;
    got.pointers.resize(flow.channels());
    const std::int64_t begin = now_ns();
    const std::string call =
        text_of_call("acquireReadBuffer", flow, got.handle, some_buffers, 0, 0, wait_us);
    do {
        int flags = 0;
        long long time_ns = 0;
        got.elements = watch(call, [&] {
            return flow->acquireReadBuffer(
                flow, got.handle, got.pointers.data(), flags, time_ns, wait_us);
        });
        demand(got.elements >= 0 || got.elements == SOAPY_SDR_TIMEOUT ||
                   got.elements == SOAPY_SDR_OVERFLOW,
               call,
               text_of_result(got.elements));
        demand(now_ns() - begin < 30000000000, call, "no samples in 30 s");
    } while (got.elements <= 0);
    demand(got.handle < count,
           call,
           "the handle " + std::to_string(got.handle) + " of " + std::to_string(count));
    for (const void* const pointer : got.pointers)
        demand(pointer, call, "a null pointer");
    return got;
}

void release(stream& flow, const held_buffer& held)
{
    CALL(flow, releaseReadBuffer, flow, held.handle);
}

/*! Reads every byte, so that memory that is not there is found. */
void touch(const held_buffer& held, const std::string& format)
{
    const size_t bytes = static_cast<size_t>(held.elements) * SoapySDR::formatToSize(format);
    const told_call told("(a read of the memory of acquireReadBuffer())");
    volatile unsigned sum = 0;
    for (const void* const pointer : held.pointers)
        for (size_t i = 0; i < bytes; i++)
            sum = sum + static_cast<const unsigned char*>(pointer)[i];
}

void without_buffers_nothing_is_acquired(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    if (CALL(dev, getNumDirectAccessBuffers, flow) > 0)
        throw skipped{ "the stream has direct buffers" };
    size_t handle = 0;
    void* pointers[1] = {};
    const int addresses = CALL(dev, getDirectAccessBufferAddrs, flow, handle, pointers);
    demand(
        addresses < 0, "getDirectAccessBufferAddrs() without buffers", text_of_result(addresses));
    if (dir == tx)
        return;
    int flags = 0;
    long long time_ns = 0;
    const void* samples[1] = {};
    const int acquired =
        CALL(dev, acquireReadBuffer, flow, handle, samples, flags, time_ns, wait_us);
    demand(acquired < 0, "acquireReadBuffer() without buffers", text_of_result(acquired));
}

void buffers_are_acquired_in_turn(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const size_t count = buffers_of(dev, flow);
    flow.activate();
    for (size_t i = 0; i < std::min<size_t>(3 * count, 200); i++) {
        const held_buffer held = acquire(flow, count);
        touch(held, flow.format());
        release(flow, held);
    }
}

/*! All buffers at once, released in an order that is not theirs. */
void buffers_are_held_together(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const size_t count = buffers_of(dev, flow);
    flow.activate();
    for (int turn = 0; turn < 3; turn++) {
        std::vector<held_buffer> held;
        std::set<size_t> handles;
        for (size_t i = 0; i < std::min(count, most_held); i++) {
            held.push_back(acquire(flow, count));
            demand(handles.insert(held.back().handle).second,
                   "acquireReadBuffer() while buffers are held",
                   "a handle that is held: " + std::to_string(held.back().handle));
        }
        for (const held_buffer& each : held)
            touch(each, flow.format());
        for (size_t i = 1; i < held.size(); i += 2) // the odd ones, then the others backwards
            release(flow, held[i]);
        for (size_t i = held.size(); i-- > 0;)
            if (i % 2 == 0)
                release(flow, held[i]);
    }
    release(flow, acquire(flow, count));
}

void addresses_are_those_acquired(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    const size_t count = buffers_of(dev, flow);
    flow.activate();
    for (size_t i = 0; i < std::min(count, most_held); i++) {
        const held_buffer held = acquire(flow, count);
        std::vector<void*> addresses(flow.channels());
        const int result =
            CALL(dev, getDirectAccessBufferAddrs, flow, held.handle, addresses.data());
        if (result == SOAPY_SDR_NOT_SUPPORTED)
            throw skipped{ "getDirectAccessBufferAddrs() returns NOT_SUPPORTED" };
        const std::string call =
            text_of_call("getDirectAccessBufferAddrs", flow, held.handle, some_buffers);
        demand(result == 0, call, text_of_result(result));
        for (size_t channel = 0; channel < addresses.size(); channel++)
            demand(addresses[channel] == held.pointers[channel],
                   call,
                   "another address than acquireReadBuffer() for this handle");
        release(flow, held);
    }
}

void buffers_are_written_in_turn(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, tx);
    const size_t count = buffers_of(dev, flow);
    flow.activate();
    const std::int64_t begin = now_ns();
    for (size_t done = 0; done < std::min<size_t>(2 * count, 100);) {
        size_t handle = 0;
        void* pointers[1] = {};
        const int got = CALL(dev, acquireWriteBuffer, flow, handle, pointers, wait_us);
        const std::string call =
            text_of_call("acquireWriteBuffer", flow, handle, some_buffers, wait_us);
        demand(now_ns() - begin < 30000000000, call, "no room in 30 s");
        if (got == SOAPY_SDR_TIMEOUT)
            continue;
        demand(got > 0, call, text_of_result(got));
        demand(handle < count, call, "the handle " + std::to_string(handle));
        demand(pointers[0], call, "a null pointer");
        const size_t bytes = static_cast<size_t>(got) * SoapySDR::formatToSize(flow.format());
        std::fill_n(static_cast<unsigned char*>(pointers[0]), bytes, 0);
        int flags = 0;
        CALL(dev, releaseWriteBuffer, flow, handle, static_cast<size_t>(got), flags, 0LL);
        done++;
    }
}

} // namespace

std::vector<rule> direct_rules()
{
    return {
        { "direct-none",
          scope::channel,
          "a stream without direct buffers gives none",
          "Device.hpp, getNumDirectAccessBuffers()",
          without_buffers_nothing_is_acquired },
        { "direct-turn",
          scope::receive,
          "direct buffers are acquired and released in turn",
          "Device.hpp, acquireReadBuffer(), releaseReadBuffer()",
          buffers_are_acquired_in_turn },
        { "direct-together",
          scope::receive,
          "all direct buffers can be held at once, and released in any order",
          "Device.hpp, getNumDirectAccessBuffers(), releaseReadBuffer()",
          buffers_are_held_together },
        { "direct-addresses",
          scope::receive,
          "direct buffers have the addresses that were told",
          "Device.hpp, getDirectAccessBufferAddrs()",
          addresses_are_those_acquired },
        { "direct-write",
          scope::transmit,
          "direct buffers are written in turn",
          "Device.hpp, acquireWriteBuffer(), releaseWriteBuffer()",
          buffers_are_written_in_turn },
    };
}

} // namespace soapy_check
