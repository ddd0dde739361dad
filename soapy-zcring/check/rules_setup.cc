// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about setting up a stream: formats, channels, arguments, the MTU.

#include "device.h"

#include <algorithm>

namespace soapy_check {

namespace {

/*! setupStream(), as a call that may be refused. Returns the exception, or closes the stream. */
std::optional<threw> refusal(device& dev,
                             direction dir,
                             const std::string& format,
                             const std::vector<size_t>& channels,
                             const SoapySDR::Kwargs& arguments)
{
    return exception_of([&] { stream refused(dev, dir, format, channels, arguments); });
}

void every_format_streams(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    for (const std::string& format : CALL(dev, getStreamFormats, dir, size_t(0))) {
        stream flow(dev, dir, format);
        flow.activate();
        flow.prove();
        flow.deactivate();
    }
}

void unknown_formats_are_refused(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    const std::string call = text_of_call("setupStream", dir, "no such format");
    SoapySDR::Stream* made = nullptr;
    const auto refused = exception_of(
        [&] { made = watch(call, [&] { return dev->setupStream(dir, "no such format"); }); });
    demand(refused.has_value(), call, made ? "a stream" : "a null pointer, and no exception");
    stream flow(dev, dir);
    flow.activate();
    flow.prove();
}

void no_channels_is_channel_0(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    stream flow(dev, dir, native_format(dev, dir), {});
    flow.activate();
    flow.prove();
}

void unknown_channels_are_refused(const options& wanted, direction dir)
{
    device dev(wanted);
    const size_t channels = channels_of(dev, dir);
    const std::string format = native_format(dev, dir);
    const std::vector<size_t> beyond{ channels + 7 };
    const std::string call = text_of_call("setupStream", dir, format, beyond);
    SoapySDR::Stream* made = nullptr;
    const auto refused = exception_of(
        [&] { made = watch(call, [&] { return dev->setupStream(dir, format, beyond); }); });
    demand(refused.has_value(), call, made ? "a stream" : "a null pointer, and no exception");
    stream flow(dev, dir);
    flow.activate();
    flow.prove();
}

void channels_in_use_are_refused(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    stream first(dev, dir);
    first.activate();
    first.prove();
    const std::string call =
        text_of_call("setupStream", dir, first.format(), std::vector<size_t>{ 0 });
    SoapySDR::Stream* second = nullptr;
    const auto refused = exception_of([&] {
        second = watch(call, [&] { return dev->setupStream(dir, first.format(), { 0 }); });
    });
    demand(refused.has_value(),
           call + ", while channel 0 is in use",
           second ? "a stream" : "a null pointer, and no exception");
    first.prove();
}

void all_channels_stream_together(const options& wanted, direction dir)
{
    device dev(wanted);
    std::vector<size_t> channels(channels_of(dev, dir));
    if (channels.size() == 1)
        throw skipped{ "the device has one channel" };
    for (size_t i = 0; i < channels.size(); i++)
        channels[i] = i;
    stream flow(dev, dir, native_format(dev, dir), channels);
    flow.activate();
    flow.prove();
    if (dir == tx)
        return;
    sample_buffers memory = flow.buffers(flow.mtu());
    read_result got;
    do
        got = flow.read(memory, memory.elements(), 100000);
    while (got.returned <= 0); // prove() has shown that samples arrive
    demand(memory.written_in_all(static_cast<size_t>(got.returned)),
           got.call,
           text_of_result(got.returned) + ", and a channel's buffer without samples");
}

void known_arguments_are_taken(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    const SoapySDR::ArgInfoList known = CALL(dev, getStreamArgsInfo, dir, size_t(0));
    if (known.empty())
        throw skipped{ "the device lists no stream arguments" };
    SoapySDR::Kwargs all;
    for (const SoapySDR::ArgInfo& each : known)
        if (!each.value.empty())
            all[each.key] = each.value;
    stream flow(dev, dir, native_format(dev, dir), { 0 }, all);
    flow.activate();
    flow.prove();
}

void wire_format_is_taken(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    stream flow(dev, dir, native_format(dev, dir), { 0 }, { { "WIRE", "sc16" } });
    flow.activate();
    flow.prove();
}

void device_arguments_are_taken(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    const SoapySDR::Kwargs arguments = SoapySDR::KwargsFromString(wanted.arguments);
    stream flow(dev, dir, native_format(dev, dir), { 0 }, arguments);
    flow.activate();
    flow.prove();
}

void unknown_arguments_do_no_harm(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    const std::string format = native_format(dev, dir);
    refusal(dev, dir, format, { 0 }, { { "no such argument", "no such value" } });
    stream flow(dev, dir, format);
    flow.activate();
    flow.prove();
}

void mtu_is_never_zero(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    for (int turn = 0; turn < 2; turn++) {
        const size_t mtu = CALL(dev, getStreamMTU, flow);
        demand(mtu > 0, "getStreamMTU(stream)", std::to_string(mtu));
        demand(mtu <= size_t(1) << 31,
               "getStreamMTU(stream)",
               std::to_string(mtu) + ", for which no program has memory");
        if (turn == 0)
            flow.activate();
    }
}

} // namespace

std::vector<rule> setup_rules()
{
    return {
        { "setup-formats",
          scope::channel,
          "a stream of every format works",
          "Device.hpp, getStreamFormats(), setupStream()",
          every_format_streams },
        { "setup-format-unknown",
          scope::channel,
          "setupStream() throws for an unknown format",
          "Device.hpp, setupStream()",
          unknown_formats_are_refused },
        { "setup-channels-none",
          scope::channel,
          "a stream of no channels is one of channel 0",
          "Device.hpp, setupStream(); CubicSDR and rtl_433 name no channel",
          no_channels_is_channel_0 },
        { "setup-channel-unknown",
          scope::channel,
          "setupStream() throws for an unknown channel",
          "Device.hpp, setupStream()",
          unknown_channels_are_refused },
        { "setup-channel-in-use",
          scope::channel,
          "setupStream() throws for a channel in use, and its stream goes on",
          "Device.hpp, setupStream()",
          channels_in_use_are_refused },
        { "setup-channels-all",
          scope::channel,
          "one stream of all channels fills all buffers",
          "Device.hpp, setupStream(), readStream()",
          all_channels_stream_together },
        { "setup-args-known",
          scope::channel,
          "setupStream() takes the arguments that are listed",
          "Device.hpp, getStreamArgsInfo()",
          known_arguments_are_taken },
        { "setup-args-wire",
          scope::channel,
          "setupStream() takes WIRE=sc16",
          "Device.hpp, setupStream(); uhd-soapysdr passes it",
          wire_format_is_taken },
        { "setup-args-device",
          scope::channel,
          "setupStream() takes the arguments of the device",
          "welle-cli passes them",
          device_arguments_are_taken },
        { "setup-args-unknown",
          scope::channel,
          "an unknown argument of a stream is ignored, or refused by an exception",
          "Device.hpp, setupStream()",
          unknown_arguments_do_no_harm },
        { "mtu",
          scope::channel,
          "the MTU is never zero",
          "Device.hpp, getStreamMTU()",
          mtu_is_never_zero },
    };
}

} // namespace soapy_check
