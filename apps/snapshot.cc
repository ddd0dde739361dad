// SPDX-License-Identifier: GPL-3.0-or-later
//
// The state of a device at one moment, as a table for people and as JSON for programs. Keys and
// units of the JSON are an interface: scripts depend on them.
#include "snapshot.h"

#include "text.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace app {

namespace {

using json = nlohmann::ordered_json;

std::uint64_t ring_bytes(const snapshot& s)
{
    return s.ring_samples * zcring::sample_bytes(s.format);
}

std::uint64_t in_ring(const zcring::telemetry& t)
{
    return t.produced_samples - t.consumed_samples;
}

bool has_noise(const snapshot& s) { return std::isfinite(s.tuning.noise); }

table settings(const snapshot& s)
{
    const std::size_t bytes = zcring::sample_bytes(s.format);
    table t;
    t.row("model", { s.model });
    t.row("state", { to_string(s.state) });
    t.row("format",
          { std::string(to_string(s.format)) + ", " + counted(bytes, "byte") + " a sample" });
    t.row("channels", { std::to_string(s.channels) });
    t.row("ring of a channel",
          { bytes_text(ring_bytes(s)) + ", " + counted(s.ring_samples, "sample") });
    t.row("interval of bursts", { scaled(s.interval, "s") });
    t.row("rate", { scaled(s.tuning.rate, "S/s") });
    t.row("bandwidth",
          { s.tuning.bandwidth > 0 ? scaled(s.tuning.bandwidth, "Hz") : "not limited" });
    t.row("noise of the receiver",
          { has_noise(s) ? plain(s.tuning.noise) + " dB of full scale" : "none" });
    for (unsigned c = 0; c < s.channels; c++)
        t.row("channel " + std::to_string(c),
              { scaled(s.tuning.frequency[c], "Hz") + ", " + plain(s.tuning.gain[c]) + " dB" });
    return t;
}

table counters(const zcring::telemetry& t)
{
    const std::uint64_t held = t.produced_bytes - t.consumed_bytes;
    table rows(2);
    rows.row("", { "samples", "bytes" });
    rows.row("sample clock", { grouped(t.sample_clock) });
    rows.row("lost",
             { grouped(t.lost_samples),
               grouped(t.overflow_bytes),
               "in " + counted(t.overflow_count, "overflow") });
    rows.row("produced",
             { grouped(t.produced_samples),
               grouped(t.produced_bytes),
               "in " + counted(t.bursts, "burst") });
    rows.row("consumed", { grouped(t.consumed_samples), grouped(t.consumed_bytes) });
    rows.row("in the ring", { grouped(in_ring(t)), grouped(held) });
    rows.row("clipped", { grouped(t.clipped_samples), "", "over all channels" });
    return rows;
}

} // namespace

snapshot take_snapshot(const zcring::observer& device)
{
    const zcring::observer::description d = device.describe();
    snapshot s;
    s.name = device.name();
    s.receiver = d.receiver;
    s.is_of_server = zcring::observer::is_server(s.name);
    s.model = d.model;
    s.state = d.state;
    s.format = d.format;
    s.channels = d.channels;
    s.ring_samples = d.ring_samples;
    s.interval = d.interval;
    s.tuning = device.tuning();
    s.telemetry = device.telemetry();
    return s;
}

snapshot take_snapshot(const zcring::device& emulator)
{
    snapshot s;
    s.name = emulator.name();
    s.model = "simulated in this process";
    s.emulator = true;
    s.format = emulator.format();
    s.channels = emulator.channels();
    s.ring_samples = emulator.ring_samples();
    s.interval = emulator.interval();
    s.tuning = emulator.tuning();
    s.telemetry = emulator.telemetry();
    return s;
}

json to_json(const zcring::telemetry& t)
{
    json result = { { "ring_held_samples", in_ring(t) } };
    for (const auto& [name, value] : zcring::named_counters(t))
        result[name] = value;
    return result;
}

json to_json(const snapshot& s)
{
    json frequency = json::array();
    json gain = json::array();
    for (unsigned c = 0; c < s.channels; c++) {
        frequency.push_back(s.tuning.frequency[c]);
        gain.push_back(s.tuning.gain[c]);
    }
    json all = {
        { "name", s.name },
        { "receiver", s.receiver },
        { "model", s.model },
        { "emulator", s.emulator },
        { "state", to_string(s.state) },
        { "format", to_string(s.format) },
        { "channels", s.channels },
        { "ring_bytes", ring_bytes(s) },
        { "ring_samples", s.ring_samples },
        { "interval_seconds", s.interval },
        { "rate_hz", s.tuning.rate },
        { "bandwidth_hz", s.tuning.bandwidth },
        { "noise_db", has_noise(s) ? json(s.tuning.noise) : json(nullptr) },
        { "frequency_hz", frequency },
        { "gain_db", gain },
    };
    all.update(to_json(s.telemetry));
    return all;
}

std::ostream& operator<<(std::ostream& out, const snapshot& s)
{
    out << s.name;
    if (s.is_of_server)
        out << ", receiver " << s.receiver;
    return out << '\n' << settings(s) << '\n' << counters(s.telemetry);
}

} // namespace app
