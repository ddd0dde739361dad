/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the messages that a source sends. The names of its ports stand here alone.
#include "events.h"
#include "stream_tags.h"

namespace gr {
namespace zcring {

namespace ports {
const pmt::pmt_t command = pmt::intern("command");
const pmt::pmt_t events = pmt::intern("async_msgs");
const pmt::pmt_t telemetry = pmt::intern("telemetry");
} // namespace ports

namespace {

using ::zcring::burst;

class dict
{
public:
    dict(const char* event, std::uint64_t item)
    {
        add("event", pmt::intern(event));
        add("item", pmt::from_uint64(item));
    }
    dict(const char* event, const burst& b) : dict(event, b.index)
    {
        add("time", time_tuple(b.time_ns));
    }

    dict& add(const char* key, const pmt::pmt_t& value)
    {
        d_dict = pmt::dict_add(d_dict, pmt::intern(key), value);
        return *this;
    }
    dict& add(const char* key, double value) { return add(key, pmt::from_double(value)); }

    operator pmt::pmt_t() const { return d_dict; }

private:
    pmt::pmt_t d_dict = pmt::make_dict();
};

} // namespace

pmt::pmt_t overflow_event(const burst& b)
{
    return dict("overflow", b).add("lost", pmt::from_uint64(b.lost));
}

pmt::pmt_t overload_event(const burst& b, std::uint64_t clipped)
{
    return dict("overload", b).add("clipped", pmt::from_uint64(clipped));
}

std::vector<pmt::pmt_t> retune_events(const burst& b, unsigned channels)
{
    std::vector<pmt::pmt_t> events;
    for (unsigned c = 0; c < channels; c++)
        if (b.tuned_channels & (1u << c))
            events.push_back(dict("retune", b)
                                 .add("chan", pmt::from_long(c))
                                 .add("freq", b.frequency[c])
                                 .add("gain", b.gain[c])
                                 .add("bandwidth", b.bandwidth));
    return events;
}

pmt::pmt_t rate_event(const burst& b) { return dict("rate", b).add("rate", b.rate); }

pmt::pmt_t device_event(const char* event, const std::string& device, std::uint64_t item)
{
    return dict(event, item).add("device", pmt::intern(device));
}

pmt::pmt_t counters(const std::map<std::string, std::uint64_t>& telemetry)
{
    pmt::pmt_t result = pmt::make_dict();
    for (const auto& [name, count] : telemetry)
        result = pmt::dict_add(result, pmt::intern(name), pmt::from_uint64(count));
    return result;
}

} // namespace zcring
} // namespace gr
