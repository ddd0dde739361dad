// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sensors: the counters of the stream, and what the device is doing.
#include "number_text.h"
#include "radio.h"

#include <stdexcept>
#include <system_error>

namespace soapy_zcring {

namespace {

struct sensor {
    const char* key;
    const char* name;
    const char* description;
    const char* units;
    SoapySDR::ArgInfo::Type type;
    std::string (*read)(const zcring::telemetry& t, const zcring::device& dev);
};

double fill_of(const zcring::telemetry& t, const zcring::device& dev)
{
    return static_cast<double>(t.produced_samples - t.consumed_samples) /
           static_cast<double>(dev.ring_samples());
}

const sensor sensors[] = {
    { "lost_samples",
      "Lost samples",
      "samples lost since the stream began",
      "samples",
      SoapySDR::ArgInfo::INT,
      [](const zcring::telemetry& t, const zcring::device&) {
          return std::to_string(t.lost_samples);
      } },
    { "overflow_count",
      "Overflows",
      "gaps since the stream began, each counted once",
      "",
      SoapySDR::ArgInfo::INT,
      [](const zcring::telemetry& t, const zcring::device&) {
          return std::to_string(t.overflow_count);
      } },
    { "clipped_samples",
      "Clipped samples",
      "samples of all channels that the ADC clipped since the stream began",
      "samples",
      SoapySDR::ArgInfo::INT,
      [](const zcring::telemetry& t, const zcring::device&) {
          return std::to_string(t.clipped_samples);
      } },
    { "sample_clock",
      "Sample clock",
      "samples that the ADC has taken since the stream began, lost ones among them",
      "samples",
      SoapySDR::ArgInfo::INT,
      [](const zcring::telemetry& t, const zcring::device&) {
          return std::to_string(t.sample_clock);
      } },
    { "ring_fill",
      "Ring fill",
      "part of the ring that has samples",
      "",
      SoapySDR::ArgInfo::FLOAT,
      [](const zcring::telemetry& t, const zcring::device& dev) {
          return number_text(fill_of(t, dev));
      } },
};

constexpr const char* state_key = "state";

const sensor& find_sensor(const std::string& key)
{
    std::string known = state_key;
    for (const sensor& s : sensors) {
        if (s.key == key)
            return s;
        known = std::string(s.key) + ", " + known;
    }
    throw std::invalid_argument("zcring: there is no sensor \"" + key + "\"; the known ones are " +
                                known);
}

} // namespace

std::vector<std::string> radio::listSensors() const
{
    std::vector<std::string> keys;
    for (const sensor& s : sensors)
        keys.push_back(s.key);
    keys.push_back(state_key);
    return keys;
}

SoapySDR::ArgInfo radio::getSensorInfo(const std::string& key) const
{
    SoapySDR::ArgInfo info;
    info.key = key;
    if (key == state_key) {
        info.name = "State";
        info.description = "stopped, running, or gone while the device is unplugged";
        info.type = SoapySDR::ArgInfo::STRING;
        return info;
    }
    const sensor& s = find_sensor(key);
    info.name = s.name;
    info.description = s.description;
    info.units = s.units;
    info.type = s.type;
    return info;
}

std::string radio::readSensor(const std::string& key) const
{
    const auto from = device();
    if (key != state_key) {
        const sensor& s = find_sensor(key);
        return s.read(from->dev.telemetry(), from->dev);
    }
    try {
        from->dev.telemetry();
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::no_such_device)
            throw;
        return "gone";
    }
    return is_streaming() ? "running" : "stopped";
}

} // namespace soapy_zcring
