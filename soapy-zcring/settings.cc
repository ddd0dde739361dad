// SPDX-License-Identifier: GPL-3.0-or-later
//
// Settings beyond those of every radio: what is on the air, the noise of the receiver, and faults on
// demand. Keys, ranges and texts of the first two are those of zcring's table of arguments.
#include "number_text.h"
#include "radio.h"
#include "scenes.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace soapy_zcring {

namespace {

using SoapySDR::ArgInfo;

// The scene of a device that another program has set.
constexpr const char* unchanged = "unchanged";

struct fault {
    const char* key;
    const char* name;
    const char* description;
    const char* units;
    ArgInfo::Type type;
    void (*inject)(zcring::device& dev, const std::string& value);
};

template <class T>
T number(const char* key, const std::string& value)
{
    T x{};
    const char* const end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, x);
    if (error != std::errc() || stopped != end)
        throw std::invalid_argument(std::string("zcring: ") + key + "=" + value +
                                    ": the value must be a whole number");
    return x;
}

const fault faults[] = {
    { "stall",
      "Stall",
      "the DMA engine delivers nothing for this long; 0 ends a stall",
      "ns",
      ArgInfo::INT,
      [](zcring::device& dev, const std::string& value) {
          const auto ns = number<std::int64_t>("stall", value);
          try {
              dev.stall(std::chrono::nanoseconds(ns));
          } catch (const std::system_error& e) {
              if (ns || e.code() != std::errc::invalid_argument)
                  throw; // without a stream there is no stall to end
          }
      } },
    { "drop",
      "Drop",
      "this many of the next samples are lost, in one gap",
      "samples",
      ArgInfo::INT,
      [](zcring::device& dev, const std::string& value) {
          dev.drop(number<std::uint64_t>("drop", value));
      } },
    { "jump",
      "Clock jump",
      "the time of day is later by this, from the next sample on",
      "ns",
      ArgInfo::INT,
      [](zcring::device& dev, const std::string& value) {
          dev.jump(std::chrono::nanoseconds(number<std::int64_t>("jump", value)));
      } },
    { "unplug",
      "Unplug",
      "yes: the device is gone; no: it is back",
      "",
      ArgInfo::BOOL,
      [](zcring::device& dev, const std::string& value) {
          if (SoapySDR::StringToSetting<bool>(value == "no" ? "false" : value))
              dev.unplug();
          else
              dev.plug();
      } },
};

const zcring::argument_info& row_of(const std::string& key)
{
    for (const zcring::argument_info& row : zcring::argument_table())
        if (row.key == key)
            return row;
    throw std::logic_error("zcring: no argument " + key);
}

ArgInfo info_of_argument(const std::string& key, const std::string& name, ArgInfo::Type type)
{
    const zcring::argument_info& row = row_of(key);
    ArgInfo info;
    info.key = key;
    info.name = name;
    info.description = row.help + " (" + row.values + ")";
    info.type = type;
    return info;
}

// The part of the recording before, and its end, are not those of another scene.
void replace_scene(zcring::arguments& a, const std::string& scene)
{
    a.scene = scene;
    a.start.reset();
    a.stop.reset();
    a.loop.reset();
}

[[noreturn]] void throw_unknown(const std::string& key)
{
    std::string known = "scene, noise";
    for (const fault& f : faults)
        known += std::string(", ") + f.key;
    throw std::invalid_argument("zcring: there is no setting \"" + key + "\"; the known ones are " +
                                known);
}

} // namespace

// Programs write all values back that they have got here: each is the present one, and an option.
SoapySDR::ArgInfoList radio::getSettingInfo() const
{
    SoapySDR::ArgInfoList list;
    ArgInfo scene = info_of_argument("scene", "Scene", ArgInfo::STRING);
    scene.value = readSetting("scene");
    scene.options = { scene.value };
    for (const char* const built_in : built_in_scenes)
        if (built_in != scene.value)
            scene.options.push_back(built_in);
    list.push_back(scene);
    ArgInfo noise = info_of_argument("noise", "Noise", ArgInfo::STRING);
    noise.value = readSetting("noise");
    noise.units = "dB";
    list.push_back(noise);
    for (const fault& f : faults) {
        ArgInfo info;
        info.key = f.key;
        info.name = f.name;
        info.description = f.description;
        info.units = f.units;
        info.type = f.type;
        info.value = readSetting(f.key);
        list.push_back(info);
    }
    return list;
}

// A server's and a kernel device's antenna takes another scene at any moment, at the scene's own rate.
// The emulator is opened again: a recording is resampled to the present rate.
void radio::set_scene(const std::string& scene)
{
    const auto from = device();
    if (!from->dev.is_emulator()) {
        zcring::arguments wanted;
        wanted.scene = scene;
        from->dev.set_scene(wanted);
        const std::unique_lock<std::shared_mutex> lock(d_lock);
        replace_scene(d_arguments, scene);
        return;
    }
    zcring::arguments again = [this] {
        const lock_shared lock(d_lock);
        return d_arguments;
    }();
    replace_scene(again, scene);
    again.rate = from->tuning().rate;
    open_again(again);
}

void radio::writeSetting(const std::string& key, const std::string& value)
{
    if (value == readSetting(key) && key != "stall")
        return;
    if (key == "scene") {
        set_scene(value);
        return;
    }
    if (key == "noise") {
        zcring::command change;
        change.noise = zcring::parse_arguments("noise=" + value).noise;
        tune(change);
        return;
    }
    for (const fault& f : faults)
        if (f.key == key) {
            f.inject(device()->dev, value);
            return;
        }
    throw_unknown(key);
}

std::string radio::readSetting(const std::string& key) const
{
    if (key == "scene") {
        const lock_shared lock(d_lock);
        return d_arguments.scene.value_or(d_receiver && d_receiver->dev.is_emulator() ? "tone"
                                                                                      : unchanged);
    }
    if (key == "noise") {
        const double db = device()->tuning().noise;
        return std::isinf(db) ? "none" : number_text(db);
    }
    for (const fault& f : faults)
        if (f.key == key)
            return f.type == ArgInfo::BOOL ? (readSensor("state") == "gone" ? "true" : "false")
                                           : "0";
    throw_unknown(key);
}

} // namespace soapy_zcring
