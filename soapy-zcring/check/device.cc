// SPDX-License-Identifier: GPL-3.0-or-later
//
// The device of a rule, its streams, and the demands on every single read. Destructors close and
// unmake, and swallow exceptions: the rule has its verdict by then.

#include "device.h"

#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>
#include <algorithm>
#include <cmath>

namespace soapy_check {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unsigned char untouched = 0xa5;
constexpr size_t margin_bytes = 256;
constexpr long read_timeout_us = 100000;

} // namespace

bool is_error_code(int code) { return code <= SOAPY_SDR_TIMEOUT && code >= SOAPY_SDR_UNDERFLOW; }

std::string text_of_result(int code)
{
    if (code >= 0)
        return std::to_string(code);
    const std::string name = is_error_code(code) ? SoapySDR::errToStr(code) : "an unknown code";
    return name + " (" + std::to_string(code) + ")";
}

device::device(const options& wanted) : device(wanted, SoapySDR::KwargsFromString(wanted.arguments))
{
}

device::device(const options& wanted, const SoapySDR::Kwargs& arguments) : d_options(wanted)
{
    const std::string text = text_of_call("Device::make", arguments);
    d_device = watch(text, [&] { return SoapySDR::Device::make(arguments); });
    demand(d_device, text, "a null pointer");
}

device::~device()
{
    try {
        unmake();
    } catch (const failed&) {
    }
}

void device::unmake()
{
    SoapySDR::Device* const unmade = d_device;
    d_device = nullptr;
    if (unmade)
        watch("Device::unmake(device)", [&] { SoapySDR::Device::unmake(unmade); });
}

size_t channels_of(const device& dev, direction dir)
{
    const size_t count = CALL(dev, getNumChannels, dir);
    if (count == 0)
        throw skipped{ "the device has no " + text_of(dir) + " channel" };
    return count;
}

void prepare_rate(const device& dev, direction dir, size_t channel)
{
    double rate = dev.wanted().rate;
    if (rate <= 0) {
        if (CALL(dev, getSampleRate, dir, channel) > 0)
            return;
        const SoapySDR::RangeList ranges = CALL(dev, getSampleRateRange, dir, channel);
        if (ranges.empty())
            return;
        rate = std::clamp(1e6, ranges.front().minimum(), ranges.front().maximum());
    }
    CALL(dev, setSampleRate, dir, channel, rate);
}

std::string native_format(const device& dev, direction dir)
{
    double full_scale = 0;
    return CALL(dev, getNativeStreamFormat, dir, size_t(0), full_scale);
}

sample_buffers::sample_buffers(const std::string& format, size_t channels, size_t elements)
    : d_element_bytes(SoapySDR::formatToSize(format)), d_elements(elements), d_memory(channels)
{
    for (auto& memory : d_memory) {
        memory.assign(elements * d_element_bytes + margin_bytes, untouched);
        d_pointers.push_back(memory.data());
    }
}

bool sample_buffers::untouched_behind(size_t written) const
{
    return std::all_of(d_memory.begin(), d_memory.end(), [&](const auto& memory) {
        return std::all_of(memory.begin() + static_cast<long>(written * d_element_bytes),
                           memory.end(),
                           [](unsigned char byte) { return byte == untouched; });
    });
}

bool sample_buffers::written_in_all(size_t written) const
{
    return std::all_of(d_memory.begin(), d_memory.end(), [&](const auto& memory) {
        return std::any_of(memory.begin(),
                           memory.begin() + static_cast<long>(written * d_element_bytes),
                           [](unsigned char byte) { return byte != untouched; });
    });
}

void sample_buffers::reset()
{
    for (auto& memory : d_memory)
        std::fill(memory.begin(), memory.end(), untouched);
}

void sample_buffers::silence()
{
    for (auto& memory : d_memory)
        std::fill(memory.begin(), memory.end(), 0);
}

stream::stream(device& dev,
               direction dir,
               const std::string& format,
               const std::vector<size_t>& channels,
               const SoapySDR::Kwargs& arguments)
    : d_device(dev),
      d_direction(dir),
      d_format(format),
      d_channels(std::max<size_t>(1, channels.size()))
{
    channels_of(dev, dir);
    for (size_t channel = 0; channel < d_channels; channel++)
        prepare_rate(dev, dir, channels.empty() ? 0 : channels[channel]);
    setup(channels, arguments);
}

stream::stream(device& dev, direction dir) : d_device(dev), d_direction(dir), d_channels(1)
{
    channels_of(dev, dir);
    d_format = native_format(dev, dir);
    prepare_rate(dev, dir, 0);
    setup({ 0 }, {});
}

void stream::setup(const std::vector<size_t>& channels, const SoapySDR::Kwargs& arguments)
{
    SoapySDR::Kwargs all = arguments;
    const auto wanted = SoapySDR::KwargsFromString(d_device.wanted().stream_arguments);
    all.insert(wanted.begin(), wanted.end());
    d_stream = CALL(d_device, setupStream, d_direction, d_format, channels, all);
    demand(d_stream,
           text_of_call("setupStream", d_direction, d_format, channels, all),
           "a null pointer");
    d_open = true;
}

stream::~stream()
{
    try {
        close();
    } catch (const failed&) {
    }
}

void stream::close()
{
    if (!d_open)
        return;
    d_open = false;
    CALL(d_device, closeStream, d_stream);
}

size_t stream::mtu() const
{
    const size_t mtu = CALL(d_device, getStreamMTU, d_stream);
    demand(mtu > 0, "getStreamMTU(stream)", "0");
    return std::min<size_t>(mtu, size_t(1) << 22);
}

void stream::activate()
{
    const int result = CALL(d_device, activateStream, d_stream);
    demand(result == 0, "activateStream(stream)", text_of_result(result));
}

void stream::deactivate()
{
    const int result = CALL(d_device, deactivateStream, d_stream);
    demand(result == 0, "deactivateStream(stream)", text_of_result(result));
}

read_result stream::read(sample_buffers& buffers, size_t elements, long timeout_us, int flags)
{
    read_result got;
    got.flags = flags;
    got.call = text_of_call(
        "readStream", d_stream, buffers.pointers(), elements, flags, got.time_ns, timeout_us);
    buffers.reset();
    const auto begin = steady_clock::now();
    got.returned = watch(got.call, [&] {
        return d_device->readStream(
            d_stream, buffers.pointers(), elements, got.flags, got.time_ns, timeout_us);
    });
    got.took = duration_cast<milliseconds>(steady_clock::now() - begin);
    demand(
        got.returned >= 0 || is_error_code(got.returned), got.call, text_of_result(got.returned));
    demand(got.returned <= static_cast<long>(elements),
           got.call,
           text_of_result(got.returned) + ", which is more than asked for");
    demand(buffers.untouched_behind(elements),
           got.call,
           text_of_result(got.returned) + ", and wrote behind the buffer");
    return got;
}

void stream::read_all(size_t elements)
{
    const size_t once = std::min(elements, mtu());
    sample_buffers memory = buffers(once);
    const auto patience = std::chrono::duration<double>(d_device.wanted().patience);
    auto last = steady_clock::now();
    for (size_t arrived = 0; arrived < elements;) {
        const size_t asked = std::min(once, elements - arrived);
        const read_result got = read(memory, asked, read_timeout_us);
        const bool waits = got.returned == 0 || got.returned == SOAPY_SDR_TIMEOUT ||
                           got.returned == SOAPY_SDR_OVERFLOW;
        demand(got.returned >= 0 || waits, got.call, text_of_result(got.returned));
        if (got.returned > 0) {
            arrived += static_cast<size_t>(got.returned);
            last = steady_clock::now();
        }
        demand(steady_clock::now() - last < patience,
               got.call,
               text_of_result(got.returned) + ", and no sample for " +
                   text_of(d_device.wanted().patience) + " s");
    }
}

void stream::write_some(size_t elements)
{
    const size_t once = std::min(elements, mtu());
    sample_buffers memory = buffers(once);
    memory.silence();
    const auto patience = std::chrono::duration<double>(d_device.wanted().patience);
    auto last = steady_clock::now();
    for (size_t left = elements; left > 0;) {
        int flags = 0;
        const size_t asked = std::min(once, left);
        const std::string call = text_of_call(
            "writeStream", d_stream, memory.pointers_to_const(), asked, 0, 0, read_timeout_us);
        const int written = watch(call, [&] {
            return d_device->writeStream(
                d_stream, memory.pointers_to_const(), asked, flags, 0, read_timeout_us);
        });
        const bool waits =
            written == 0 || written == SOAPY_SDR_TIMEOUT || written == SOAPY_SDR_UNDERFLOW;
        demand(written >= 0 || waits, call, text_of_result(written));
        demand(written <= static_cast<long>(asked), call, text_of_result(written));
        if (written > 0) {
            left -= static_cast<size_t>(written);
            last = steady_clock::now();
        }
        demand(steady_clock::now() - last < patience,
               call,
               text_of_result(written) + ", and nothing taken for " +
                   text_of(d_device.wanted().patience) + " s");
    }
}

void stream::prove()
{
    const size_t enough = std::min<size_t>(2 * mtu(), 20000);
    if (d_direction == rx)
        read_all(enough);
    else
        write_some(enough);
}

} // namespace soapy_check
