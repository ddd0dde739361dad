// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about finding, making and unmaking a device, and about what it says of itself.

#include "device.h"

#include <algorithm>
#include <set>

namespace soapy_check {

namespace {

SoapySDR::KwargsList enumerate(const options& wanted)
{
    const SoapySDR::Kwargs arguments = SoapySDR::KwargsFromString(wanted.arguments);
    return watch(text_of_call("Device::enumerate", arguments),
                 [&] { return SoapySDR::Device::enumerate(arguments); });
}

SoapySDR::KwargsList found_devices(const options& wanted)
{
    SoapySDR::KwargsList found = enumerate(wanted);
    if (found.empty())
        throw skipped{ "Device::enumerate() finds nothing with these arguments" };
    return found;
}

std::string enumerate_call(const options& wanted)
{
    return text_of_call("Device::enumerate", wanted.arguments);
}

void results_are_distinct(const options& wanted, direction)
{
    const SoapySDR::KwargsList found = found_devices(wanted);
    const std::set<SoapySDR::Kwargs> distinct(found.begin(), found.end());
    demand(distinct.size() == found.size(),
           enumerate_call(wanted),
           std::to_string(found.size()) + " results, of which " + std::to_string(distinct.size()) +
               " differ");
}

void results_have_labels(const options& wanted, direction)
{
    for (const SoapySDR::Kwargs& each : found_devices(wanted))
        demand(each.count("label") && !each.at("label").empty(),
               enumerate_call(wanted),
               "a result without the key \"label\": " + text_of(each));
}

void results_can_be_made(const options& wanted, direction)
{
    const device dev(wanted, found_devices(wanted).front());
    CALL(dev, getDriverKey);
}

void results_are_found_again(const options& wanted, direction)
{
    const SoapySDR::Kwargs first = found_devices(wanted).front();
    const SoapySDR::KwargsList again = watch(text_of_call("Device::enumerate", first),
                                             [&] { return SoapySDR::Device::enumerate(first); });
    demand(std::find(again.begin(), again.end(), first) != again.end(),
           text_of_call("Device::enumerate", first),
           std::to_string(again.size()) + " results, none of which is the one asked for");
}

void made_twice_is_one(const options& wanted, direction)
{
    found_devices(wanted); // SoapySDR knows devices by what finding them gave
    const device first(wanted);
    const device second(wanted);
    demand(first.get() == second.get(),
           text_of_call("Device::make", wanted.arguments) + " twice",
           "two devices");
}

void is_made_again(const options& wanted, direction)
{
    for (int i = 0; i < 3; i++) {
        device dev(wanted);
        CALL(dev, getHardwareKey);
        dev.unmake();
    }
}

void names_itself(const options& wanted, direction)
{
    const device dev(wanted);
    const std::string key = CALL(dev, getDriverKey);
    demand(!key.empty(), "getDriverKey()", "an empty text");
    demand(!CALL(dev, getHardwareKey).empty(), "getHardwareKey()", "an empty text");
    const std::string again = CALL(dev, getDriverKey);
    demand(again == key, "getDriverKey()", text_of(again) + ", after " + text_of(key));
    CALL(dev, getHardwareInfo);
}

void describes_channels(const options& wanted, direction dir)
{
    const device dev(wanted);
    const size_t channels = channels_of(dev, dir);
    for (size_t channel = 0; channel < channels; channel++) {
        CALL(dev, getChannelInfo, dir, channel);
        CALL(dev, getFullDuplex, dir, channel);
    }
    CALL(dev, getFrontendMapping, dir);
}

void formats_have_the_native_one(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> formats = CALL(dev, getStreamFormats, dir, channel);
        double full_scale = 0;
        const std::string native = CALL(dev, getNativeStreamFormat, dir, channel, full_scale);
        demand(std::find(formats.begin(), formats.end(), native) != formats.end(),
               text_of_call("getStreamFormats", dir, channel),
               std::to_string(formats.size()) + " formats without the native one, " + native);
        demand(full_scale > 0,
               text_of_call("getNativeStreamFormat", dir, channel, named{ "fullScale" }),
               "the full scale " + text_of(full_scale));
    });
}

void formats_have_floats(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> formats = CALL(dev, getStreamFormats, dir, channel);
        demand(std::find(formats.begin(), formats.end(), "CF32") != formats.end(),
               text_of_call("getStreamFormats", dir, channel),
               "a list without CF32");
    });
}

} // namespace

std::vector<rule> device_rules()
{
    return {
        { "enumerate-distinct",
          scope::device,
          "no two results of enumerate() are equal",
          "Device.hpp, enumerate()",
          results_are_distinct },
        { "enumerate-label",
          scope::device,
          "every result of enumerate() has a label",
          "welle-cli takes the label of every device found, and ends without one",
          results_have_labels },
        { "enumerate-again",
          scope::device,
          "a result finds its own device",
          "Device.hpp, enumerate(); make() looks a device up by its result",
          results_are_found_again },
        { "make-found",
          scope::device,
          "make() takes a result of enumerate()",
          "Device.hpp, make(); CubicSDR, uhd-soapysdr",
          results_can_be_made },
        { "make-twice",
          scope::device,
          "the same arguments give the same device",
          "Device.hpp, make()",
          made_twice_is_one },
        { "make-again",
          scope::device,
          "a device that was unmade can be made again",
          "Device.hpp, unmake()",
          is_made_again },
        { "identity",
          scope::device,
          "driver and hardware have names that do not change",
          "Device.hpp, getDriverKey(), getHardwareKey(), getHardwareInfo()",
          names_itself },
        { "channel-info",
          scope::channel,
          "every channel is described without an exception",
          "Device.hpp, getChannelInfo(), getFullDuplex(); SoapySDRUtil --probe",
          describes_channels },
        { "formats",
          scope::channel,
          "the formats include the native one, with its full scale",
          "Device.hpp, getStreamFormats(), getNativeStreamFormat()",
          formats_have_the_native_one },
        { "formats-float",
          scope::channel,
          "the formats include CF32",
          "gr-osmosdr, CubicSDR and welle-cli set up CF32 without asking",
          formats_have_floats },
    };
}

} // namespace soapy_check
