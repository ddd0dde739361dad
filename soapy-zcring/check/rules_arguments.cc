// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about lists of arguments (of streams, of tuning, settings), and about settings and sensors.

#include "device.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace soapy_check {

namespace {

bool is_number(const std::string& text)
{
    char* end = nullptr;
    std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0';
}

bool is_bool(const std::string& text) { return text == "true" || text == "false"; }

bool has_type(const std::string& value, SoapySDR::ArgInfo::Type type)
{
    switch (type) {
    case SoapySDR::ArgInfo::BOOL:
        return is_bool(value);
    case SoapySDR::ArgInfo::INT:
    case SoapySDR::ArgInfo::FLOAT:
        return is_number(value);
    default:
        return true;
    }
}

const char* name_of(SoapySDR::ArgInfo::Type type)
{
    constexpr const char* names[] = { "true or false", "a whole number", "a number", "a text" };
    return names[type];
}

void check_argument(const std::string& call, const SoapySDR::ArgInfo& argument)
{
    const std::string key = "the key " + text_of(argument.key);
    demand(!argument.key.empty(), call, "an argument without a key");
    const std::vector<std::string>& options = argument.options;
    const bool is_option =
        std::find(options.begin(), options.end(), argument.value) != options.end();
    demand(options.empty() || argument.value.empty() || is_option,
           call,
           key + " with the default " + text_of(argument.value) + ", which is none of its options");
    demand(argument.optionNames.empty() || argument.optionNames.size() == options.size(),
           call,
           key + " with more or fewer names of options than options");
    // An option may be a word where the type is a number, as SoapySDR's own "DEFAULT" is.
    demand(argument.value.empty() || is_option || has_type(argument.value, argument.type),
           call,
           key + " with the default " + text_of(argument.value) + ", which is not " +
               name_of(argument.type));
    demand(argument.range.minimum() <= argument.range.maximum(),
           call,
           key + " with a range that ends before it begins");
}

void check_arguments(const std::string& call, const SoapySDR::ArgInfoList& arguments)
{
    std::set<std::string> keys;
    for (const SoapySDR::ArgInfo& each : arguments) {
        check_argument(call, each);
        demand(keys.insert(each.key).second, call, "the key " + text_of(each.key) + " twice");
    }
}

void device_arguments_are_sound(const options& wanted, direction)
{
    const device dev(wanted);
    check_arguments("getSettingInfo()", CALL(dev, getSettingInfo));
}

void channel_arguments_are_sound(const options& wanted, direction dir)
{
    const device dev(wanted);
    const size_t channels = channels_of(dev, dir);
    for (size_t channel = 0; channel < channels; channel++) {
        check_arguments(text_of_call("getStreamArgsInfo", dir, channel),
                        CALL(dev, getStreamArgsInfo, dir, channel));
        check_arguments(text_of_call("getFrequencyArgsInfo", dir, channel),
                        CALL(dev, getFrequencyArgsInfo, dir, channel));
        check_arguments(text_of_call("getSettingInfo", dir, channel),
                        CALL(dev, getSettingInfo, dir, channel));
    }
}

void settings_are_readable(const options& wanted, direction)
{
    const device dev(wanted);
    const SoapySDR::ArgInfoList settings = CALL(dev, getSettingInfo);
    if (settings.empty())
        throw skipped{ "the device has no settings" };
    for (const SoapySDR::ArgInfo& each : settings) {
        const std::string value = CALL(dev, readSetting, each.key);
        const bool option =
            std::find(each.options.begin(), each.options.end(), value) != each.options.end();
        demand(value.empty() || option || has_type(value, each.type),
               text_of_call("readSetting", each.key),
               text_of(value) + ", which is not " + name_of(each.type));
    }
}

void settings_take_their_value(const options& wanted, direction)
{
    const device dev(wanted);
    const SoapySDR::ArgInfoList settings = CALL(dev, getSettingInfo);
    if (settings.empty())
        throw skipped{ "the device has no settings" };
    for (const SoapySDR::ArgInfo& each : settings) {
        const std::string value = CALL(dev, readSetting, each.key);
        const std::string call = text_of_call("writeSetting", each.key, value);
        watch(call, [&] { dev->writeSetting(each.key, value); });
        const std::string after = CALL(dev, readSetting, each.key);
        demand(after == value, call + ", then readSetting()", text_of(after));
    }
}

void channel_settings_are_readable(const options& wanted, direction dir)
{
    const device dev(wanted);
    const size_t channels = channels_of(dev, dir);
    size_t settings = 0;
    for (size_t channel = 0; channel < channels; channel++)
        for (const SoapySDR::ArgInfo& each : CALL(dev, getSettingInfo, dir, channel)) {
            CALL(dev, readSetting, dir, channel, each.key);
            settings++;
        }
    if (settings == 0)
        throw skipped{ "the channels have no settings" };
}

/*! One sensor: what it says of itself, and a reading of its type. */
void check_sensor(const std::string& key,
                  const SoapySDR::ArgInfo& info,
                  const std::string& value,
                  const std::string& call)
{
    demand(info.key.empty() || info.key == key,
           call,
           "for getSensorInfo(), the key " + text_of(info.key));
    demand(
        has_type(value, info.type), call, text_of(value) + ", which is not " + name_of(info.type));
}

void sensors_are_readable(const options& wanted, direction)
{
    const device dev(wanted);
    const std::vector<std::string> sensors = CALL(dev, listSensors);
    if (sensors.empty())
        throw skipped{ "the device has no sensors" };
    for (const std::string& key : sensors) {
        const SoapySDR::ArgInfo info = CALL(dev, getSensorInfo, key);
        const std::string value = CALL(dev, readSensor, key);
        check_sensor(key, info, value, text_of_call("readSensor", key));
    }
}

void channel_sensors_are_readable(const options& wanted, direction dir)
{
    const device dev(wanted);
    const size_t channels = channels_of(dev, dir);
    size_t count = 0;
    for (size_t channel = 0; channel < channels; channel++)
        for (const std::string& key : CALL(dev, listSensors, dir, channel)) {
            const SoapySDR::ArgInfo info = CALL(dev, getSensorInfo, dir, channel, key);
            const std::string value = CALL(dev, readSensor, dir, channel, key);
            check_sensor(key, info, value, text_of_call("readSensor", dir, channel, key));
            count++;
        }
    if (count == 0)
        throw skipped{ "the channels have no sensors" };
}

} // namespace

std::vector<rule> argument_rules()
{
    return {
        { "setting-info",
          scope::device,
          "keys, defaults, options and ranges of settings agree",
          "Types.hpp, ArgInfo",
          device_arguments_are_sound },
        { "argument-info",
          scope::channel,
          "keys, defaults, options and ranges of a channel's arguments agree",
          "Types.hpp, ArgInfo",
          channel_arguments_are_sound },
        { "settings-read",
          scope::device,
          "every setting can be read, and has its type",
          "Device.hpp, getSettingInfo(), readSetting(); CubicSDR reads all when it starts",
          settings_are_readable },
        { "settings-write",
          scope::device,
          "every setting takes the value that it has",
          "Device.hpp, writeSetting(); gr-soapy writes settings again that make() had",
          settings_take_their_value },
        { "channel-settings",
          scope::channel,
          "every setting of a channel can be read",
          "Device.hpp, getSettingInfo(), readSetting()",
          channel_settings_are_readable },
        { "sensors",
          scope::device,
          "every sensor can be read, and has its type",
          "Device.hpp, listSensors(), getSensorInfo(), readSensor(); uhd-soapysdr",
          sensors_are_readable },
        { "channel-sensors",
          scope::channel,
          "every sensor of a channel can be read",
          "Device.hpp, listSensors(), getSensorInfo(), readSensor(); uhd-soapysdr",
          channel_sensors_are_readable },
    };
}

} // namespace soapy_check
