// SPDX-License-Identifier: GPL-3.0-or-later
#include <zcring/arguments.h>

#include <zcring/limits.h>

#include "check.h"

#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace zcring {

namespace {

constexpr const char* known_keys =
    "device, emulator, format, channels, rate, freq, gain, ring_bytes, interval_us, scene, dma, "
    "pace, seed";

[[noreturn]] void refuse(std::string_view key, std::string_view value, const std::string& allowed)
{
    throw std::invalid_argument("zcring: " + std::string(key) + "=" + std::string(value) +
                                ": it must be " + allowed);
}

std::string range(double low, double high)
{
    std::ostringstream text;
    text.precision(15);
    text << "a number from " << low << " to " << high;
    return text.str();
}

// A number as the string has it; whether it is in range is check()'s to say.
template <class T>
T number(std::string_view key, std::string_view value)
{
    T x{};
    const char* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, x);
    if (error != std::errc() || stopped != end)
        refuse(key, value, std::is_integral_v<T> ? "a whole number, not negative" : "a number");
    return x;
}

// The meaning of a word among those that a key allows.
template <class T>
T word(std::string_view key,
       std::string_view value,
       std::initializer_list<std::pair<const char*, T>> words)
{
    std::string allowed;
    for (const auto& [name, meaning] : words) {
        if (value == name)
            return meaning;
        allowed += (allowed.empty() ? "" : " or ") + std::string(name);
    }
    refuse(key, value, allowed);
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void set(arguments& a, std::string_view key, std::string_view value)
{
    if (key == "device")
        a.device = value.empty() ? (refuse(key, value, "a path, such as /dev/zcring0"), "") : value;
    else if (key == "format")
        a.format = word<format>(
            key,
            value,
            { { "sc8", format::sc8 }, { "sc16", format::sc16 }, { "fc32", format::fc32 } });
    else if (key == "channels")
        a.channels = number<unsigned>(key, value);
    else if (key == "rate")
        a.rate = number<double>(key, value);
    else if (key == "freq")
        a.freq = number<double>(key, value);
    else if (key == "gain")
        a.gain = number<double>(key, value);
    else if (key == "ring_bytes")
        a.ring_bytes = number<std::uint64_t>(key, value);
    else if (key == "interval_us")
        a.interval_us = number<std::uint64_t>(key, value);
    else if (key == "scene")
        a.scene =
            value.empty() ? (refuse(key, value, "tone, noise, counter or a file"), "") : value;
    else if (key == "dma")
        a.dma = word<dma_mode>(
            key, value, { { "copy", dma_mode::copy }, { "resident", dma_mode::resident } });
    else if (key == "pace")
        a.pace = word<pacing>(key, value, { { "real", pacing::real }, { "free", pacing::free } });
    else if (key == "seed")
        a.seed = number<std::uint64_t>(key, value);
    else
        throw std::invalid_argument("zcring: unknown argument \"" + std::string(key) +
                                    "\"; the known ones are " + known_keys);
}

} // namespace

arguments parse_arguments(std::string_view text)
{
    arguments a;

    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view item = trimmed(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        if (item.empty())
            continue;
        if (item == "emulator") {
            a.emulator = true;
            continue;
        }
        const auto equals = item.find('=');
        if (equals == std::string_view::npos)
            throw std::invalid_argument("zcring: \"" + std::string(item) +
                                        "\" is no argument; write key=value with a key of " +
                                        known_keys);
        set(a, trimmed(item.substr(0, equals)), trimmed(item.substr(equals + 1)));
    }
    check(a);
    return a;
}

void check(const arguments& a)
{
    const auto in_range = [](const char* key, const auto& value, auto low, auto high) {
        if (value)
            check_range(key,
                        static_cast<double>(*value),
                        static_cast<double>(low),
                        static_cast<double>(high));
    };

    in_range("channels", a.channels, 1, max_channels);
    in_range("rate", a.rate, limits::rate_min, limits::rate_max);
    in_range("freq", a.freq, -limits::frequency_max, limits::frequency_max);
    in_range("gain", a.gain, limits::gain_min, limits::gain_max);
    in_range("ring_bytes", a.ring_bytes, limits::ring_bytes_min, limits::ring_bytes_max);
    in_range("interval_us", a.interval_us, limits::interval_us_min, limits::interval_us_max);
    if (a.ring_bytes && *a.ring_bytes & (*a.ring_bytes - 1))
        refuse("ring_bytes", std::to_string(*a.ring_bytes), "a power of two, such as 8388608");
    if (a.emulator && !a.device.empty())
        throw std::invalid_argument("zcring: device= and emulator exclude each other; drop one");
    if (a.pace && !a.device.empty())
        throw std::invalid_argument("zcring: pace= is for the emulator only; drop device= or it");
}

void check_range(const char* what, double value, double low, double high)
{
    if (!(value >= low && value <= high)) {
        std::ostringstream text;
        text.precision(15);
        text << value;
        refuse(what, text.str(), range(low, high));
    }
}

} // namespace zcring
