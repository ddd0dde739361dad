// SPDX-License-Identifier: GPL-3.0-or-later
//
// Parses and checks the argument string. argument_table.cc defines the keys and values;
// this file has the syntax, and the rules that concern more than one key.
// Arguments that a program has set by itself go through the same check().
#include <zcring/arguments.h>

#include "argument_table.h"
#include "check.h"
#include "recording.h"
#include "server_names.h"

#include <algorithm>
#include <stdexcept>

namespace zcring {

namespace {

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One item of the string: key=value, or a key that takes no value.
void parse_item(arguments& a, std::string_view item)
{
    const auto equals = item.find('=');
    const std::string_view key = trimmed(item.substr(0, equals));
    const auto& rows = argument_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const argument_row& each) {
        return each.info.key == key && each.info.values.empty() == (equals == item.npos);
    });

    if (row != rows.end())
        row->set(a, *row, equals == item.npos ? "" : trimmed(item.substr(equals + 1)));
    else if (key == "emulator")
        throw std::invalid_argument("zcring: emulator takes no value; write emulator alone");
    else if (equals == item.npos)
        throw std::invalid_argument("zcring: \"" + std::string(item) +
                                    "\" is not an argument; write key=value with one of these "
                                    "keys: " +
                                    argument_keys());
    else
        throw std::invalid_argument("zcring: unknown argument \"" + std::string(key) +
                                    "\"; the known ones are " + argument_keys());
}

bool is_recording(const std::string& scene)
{
    return scene != "tone" && scene != "noise" && scene != "counter";
}

// The defaults of the keys are allowed with every scene.
void check_part(const arguments& a)
{
    const double start = a.start.value_or(0);
    const char* key = start > 0               ? "start="
                      : a.stop                ? "stop="
                      : a.loop == looping::no ? "loop=no"
                                              : nullptr;
    if (key && !(a.scene && is_recording(*a.scene)))
        throw std::invalid_argument(std::string("zcring: ") + key +
                                    " is for recordings only; add scene=FILE.sigmf-meta, or "
                                    "remove " +
                                    key);
    if (a.stop && *a.stop <= start)
        throw_argument_error(
            "stop", number_text(*a.stop), "greater than start=" + number_text(start));
}

// The part of a receiver in a stream at free pace, which only a server has.
void check_membership(const arguments& a)
{
    const char* key = a.member     ? "member"
                      : a.quorum   ? "quorum="
                      : a.patience ? "patience="
                                   : nullptr;
    if (!key)
        return;
    if (a.device.empty())
        throw std::invalid_argument(std::string("zcring: ") + key +
                                    " is for a receiver of a server; add device=NAME, the server "
                                    "that zcring serve NAME has started, or remove " +
                                    key);
    if (!a.member)
        throw std::invalid_argument(std::string("zcring: ") + key +
                                    " is for members of a stream; add member, or remove " + key);
}

void check_device(const arguments& a)
{
    if (a.device == "emulator")
        throw std::invalid_argument(
            "zcring: the emulator is no server; write emulator instead of device=emulator");
    if (is_server_name(a.device) && !is_valid_server_name(a.device))
        throw_argument_error("device",
                             a.device,
                             "a path, such as /dev/zcring0, or the name of a server: up to 64 "
                             "letters, digits, '.', '_' and '-', with no '.' in front");
}

} // namespace

std::optional<double> recorded_frequency(const arguments& a)
{
    if (!a.scene || !is_recording(*a.scene))
        return {};
    return recording(*a.scene, a.start, a.stop).frequency();
}

const char* receiver_key(const arguments& a) noexcept
{
    return a.emulator      ? "emulator"
           : a.gain        ? "gain="
           : a.noise       ? "noise="
           : a.ring_bytes  ? "ring_bytes="
           : a.interval_us ? "interval_us="
           : a.dma         ? "dma="
           : a.pace        ? "pace="
           : a.seed        ? "seed="
           : a.member      ? "member"
           : a.quorum      ? "quorum="
           : a.patience    ? "patience="
                           : nullptr;
}

arguments parse_arguments(std::string_view text)
{
    arguments a;

    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view item = trimmed(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        if (!item.empty())
            parse_item(a, item);
    }
    check(a);
    return a;
}

void check(const arguments& a)
{
    for (const argument_row& row : argument_rows())
        if (const auto value = row.number ? row.number(a) : std::nullopt)
            if (!(*value >= row.low && *value <= row.high))
                throw_argument_error(row.info.key, number_text(*value), row.allowed);
    if (a.ring_bytes && *a.ring_bytes & (*a.ring_bytes - 1))
        throw_argument_error(
            "ring_bytes", std::to_string(*a.ring_bytes), "a power of two, such as 8388608");
    check_part(a);
    check_device(a);
    check_membership(a);
    if (a.emulator && !a.device.empty())
        throw std::invalid_argument(
            "zcring: device= and emulator exclude each other; remove one of them");
    if (a.pace && !a.device.empty())
        throw std::invalid_argument("zcring: pace= is for the emulator only, and for zcring serve; "
                                    "remove device= or pace=");
}

void check_range(const char* what, double value, double low, double high)
{
    if (!(value >= low && value <= high))
        throw_argument_error(what,
                             number_text(value),
                             "a number from " + number_text(low) + " to " + number_text(high));
}

} // namespace zcring
