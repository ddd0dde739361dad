/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Parses the messages at the command port: the commands of gr-uhd, as far as a simulated receiver
// has what they set. A message with a mistake is refused as a whole, so that nothing of it changes.
#include "command_message.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>

namespace gr {
namespace zcring {

namespace {

using ::zcring::command;

// gr-uhd's keys for hardware that is not simulated, and for transmitters.
constexpr const char* hardware_keys[] = {
    "antenna", "direction", "dsp_freq",        "gpio",      "lo_freq", "lo_offset",
    "mboard",  "mtune",     "pc_clock_resync", "power_dbm",
};

constexpr const char* known = "freq, tune, gain, rate, bandwidth, noise, chan, time and tag";
constexpr std::uint64_t ns_per_s = 1000000000;

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

double number(const std::string& key, const pmt::pmt_t& value)
{
    if (!pmt::is_real(value) && !pmt::is_integer(value) && !pmt::is_uint64(value))
        refuse(key + " is " + pmt::write_string(value) + "; it must be a real number");
    return pmt::is_uint64(value) ? static_cast<double>(pmt::to_uint64(value))
                                 : pmt::to_double(value);
}

// Of the frequency and the offset of the local oscillator, which is not simulated.
pmt::pmt_t first_of_pair(const std::string& key, const pmt::pmt_t& value)
{
    if (!pmt::is_pair(value))
        refuse(key + " is " + pmt::write_string(value) + "; it must be a pair of real numbers");
    return pmt::car(value);
}

// A level, or the symbol none.
double noise_level(const pmt::pmt_t& value)
{
    if (!pmt::is_symbol(value))
        return number("noise", value);
    if (pmt::symbol_to_string(value) != "none")
        refuse("noise is " + pmt::write_string(value) +
               "; it must be a real number or the symbol none");
    return -std::numeric_limits<double>::infinity();
}

unsigned channel_mask(const pmt::pmt_t& value, unsigned channels)
{
    long chan = channels; // is none
    if (pmt::is_integer(value))
        chan = pmt::to_long(value);
    else if (pmt::is_uint64(value) && pmt::to_uint64(value) < channels)
        chan = static_cast<long>(pmt::to_uint64(value));
    if (chan == -1)
        return command::all_channels;
    if (chan < 0 || chan >= static_cast<long>(channels))
        refuse("chan is " + pmt::write_string(value) + "; it must be from 0 to " +
               std::to_string(channels - 1) + ", or -1 for all");
    return 1u << chan;
}

// Full seconds and a fraction, in a pair as gr-uhd's commands have them, or in a tuple as in
// an rx_time tag.
std::uint64_t time_ns(const pmt::pmt_t& value)
{
    pmt::pmt_t seconds = pmt::PMT_NIL;
    pmt::pmt_t fraction = pmt::PMT_NIL;
    if (pmt::is_tuple(value) && pmt::length(value) == 2) {
        seconds = pmt::tuple_ref(value, 0);
        fraction = pmt::tuple_ref(value, 1);
    } else if (pmt::is_pair(value)) {
        seconds = pmt::car(value);
        fraction = pmt::cdr(value);
    }
    const bool whole =
        pmt::is_uint64(seconds) || (pmt::is_integer(seconds) && pmt::to_long(seconds) >= 0);
    if (!whole || !pmt::is_real(fraction) || !(pmt::to_double(fraction) >= 0) ||
        !(pmt::to_double(fraction) < 1) || pmt::to_uint64(seconds) > UINT64_MAX / ns_per_s - 1)
        refuse("time is " + pmt::write_string(value) +
               "; it must be a pair of full seconds (uint64) and a fraction, 0 to 1 (double)");
    return pmt::to_uint64(seconds) * ns_per_s +
           static_cast<std::uint64_t>(std::llround(pmt::to_double(fraction) * 1e9));
}

} // namespace

command_message parse_command(pmt::pmt_t message, unsigned channels)
{
    command_message result;
    command change;
    bool changes = false;
    const auto set = [&](std::optional<double>& field, const std::string& key, pmt::pmt_t value) {
        field = number(key, value);
        changes = true;
    };

    if (!pmt::is_dict(message)) {
        if (!pmt::is_pair(message))
            refuse("it is neither a dict nor a pair; the keys are " + std::string(known));
        message = pmt::dict_add(pmt::make_dict(), pmt::car(message), pmt::cdr(message));
    }
    const pmt::pmt_t items = pmt::dict_items(message);
    for (std::size_t n = 0; n < pmt::length(items); n++) {
        const pmt::pmt_t value = pmt::cdr(pmt::nth(n, items));
        const pmt::pmt_t name = pmt::car(pmt::nth(n, items));
        const std::string key =
            pmt::is_symbol(name) ? pmt::symbol_to_string(name) : pmt::write_string(name);
        if (key == "freq")
            set(change.frequency, key, value);
        else if (key == "tune")
            set(change.frequency, key, first_of_pair(key, value));
        else if (key == "gain")
            set(change.gain, key, value);
        else if (key == "rate")
            set(change.rate, key, value);
        else if (key == "bandwidth")
            set(change.bandwidth, key, value);
        else if (key == "noise")
            set(change.noise, key, pmt::from_double(noise_level(value)));
        else if (key == "chan")
            change.channels = channel_mask(value, channels);
        else if (key == "time")
            result.time_ns = time_ns(value);
        else if (key == "tag")
            result.tag = true;
        else if (std::find(std::begin(hardware_keys), std::end(hardware_keys), key) !=
                 std::end(hardware_keys))
            result.ignored.push_back(key);
        else
            refuse("there is no key " + key + "; the keys are " + known);
    }
    if (!changes && !result.tag && result.ignored.empty())
        refuse("it asks for nothing; the keys are " + std::string(known));
    if (changes) {
        change.at_time_ns = result.time_ns;
        result.change = change;
    }
    return result;
}

} // namespace zcring
} // namespace gr
