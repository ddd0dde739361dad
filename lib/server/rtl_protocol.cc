// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtl_protocol.h"

#include <zcring/limits.h>

#include <arpa/inet.h>
#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace zcring::server {

namespace {

constexpr std::uint32_t tuner_r820t = 5;

// Tenths of a dB: the steps of an R820T, which clients know by heart.
constexpr std::array<std::int16_t, rtl_gain_count> gains{ 0,   9,   14,  27,  37,  77,  87,  125,
                                                          144, 157, 166, 197, 207, 229, 254, 280,
                                                          297, 328, 338, 364, 372, 386, 402, 421,
                                                          434, 439, 445, 480, 496 };

void put_u32(std::uint8_t* out, std::uint32_t value)
{
    for (unsigned k = 0; k < 4; k++)
        out[k] = static_cast<std::uint8_t>(value >> (24 - 8 * k));
}

std::uint32_t get_u32(const std::uint8_t* in)
{
    std::uint32_t value = 0;
    for (unsigned k = 0; k < 4; k++)
        value = value << 8 | in[k];
    return value;
}

bool is_number(const std::string& text)
{
    return !text.empty() && text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_address(const std::string& text)
{
    in6_addr any{};
    return inet_pton(AF_INET, text.c_str(), &any) == 1 ||
           inet_pton(AF_INET6, text.c_str(), &any) == 1;
}

} // namespace

std::array<std::uint8_t, 12> rtl_header()
{
    std::array<std::uint8_t, 12> header{ 'R', 'T', 'L', '0' };
    put_u32(&header[4], tuner_r820t);
    put_u32(&header[8], rtl_gain_count);
    return header;
}

std::optional<double> rtl_gain(std::uint32_t index)
{
    if (index >= gains.size())
        return std::nullopt;
    return gains[index] / 10.0;
}

std::string rtl_name(std::uint8_t opcode)
{
    switch (static_cast<rtl_opcode>(opcode)) {
    case rtl_opcode::frequency:
        return "frequency";
    case rtl_opcode::rate:
        return "rate";
    case rtl_opcode::gain_mode:
        return "gain mode";
    case rtl_opcode::gain:
        return "gain";
    case rtl_opcode::ppm:
        return "frequency correction";
    case rtl_opcode::if_gain:
        return "gain of the intermediate frequency";
    case rtl_opcode::test_mode:
        return "test mode";
    case rtl_opcode::agc:
        return "automatic gain";
    case rtl_opcode::direct_sampling:
        return "direct sampling";
    case rtl_opcode::offset_tuning:
        return "offset tuning";
    case rtl_opcode::rtl_crystal:
    case rtl_opcode::tuner_crystal:
        return "frequency of the crystal";
    case rtl_opcode::gain_index:
        return "step of gain";
    case rtl_opcode::bias_tee:
        return "bias tee";
    }
    char text[16];
    std::snprintf(text, sizeof(text), "command 0x%02x", opcode);
    return text;
}

std::optional<rtl_command> rtl_parser::add(std::uint8_t byte)
{
    d_bytes[d_used++] = byte;
    if (d_used < d_bytes.size())
        return std::nullopt;
    d_used = 0;
    return rtl_command{ d_bytes[0], get_u32(&d_bytes[1]) };
}

std::string rtl_settings::add(const rtl_command& c)
{
    const std::string value = std::to_string(c.value);
    const auto set_gain = [this](double db) {
        gain = db;
        gain_of_server = false;
    };
    switch (static_cast<rtl_opcode>(c.opcode)) {
    case rtl_opcode::frequency:
        frequency = c.value;
        return {};
    case rtl_opcode::rate:
        if (c.value < rtl_rate_min || c.value > rtl_rate_max)
            return value + " samples a second is ignored; set 1000 to 20000000";
        rate = c.value;
        return {};
    case rtl_opcode::gain_mode:
        // A gain by command follows, or the gain stays.
        if (c.value == 0) {
            gain.reset();
            gain_of_server = true;
        }
        return {};
    case rtl_opcode::gain: {
        const double db = static_cast<std::int32_t>(c.value) / 10.0;
        set_gain(std::clamp(db, limits::gain_min, limits::gain_max));
        if (*gain != db)
            return "is set to the nearest gain that the receiver has, " +
                   std::to_string(static_cast<int>(*gain)) + " dB";
        return {};
    }
    case rtl_opcode::gain_index:
        if (const auto db = rtl_gain(c.value)) {
            set_gain(*db);
            return {};
        }
        return value + " is ignored; set 0 to " + std::to_string(rtl_gain_count - 1);
    default:
        return c.value ? value + " is ignored: the receiver has none" : std::string();
    }
}

rtl_address parse_rtl_address(const std::string& text)
{
    const std::size_t colon = text.rfind(':');
    rtl_address a{ "127.0.0.1", 0 };
    if (colon != std::string::npos) {
        a.host = text.substr(0, colon);
        const bool is_bracketed =
            a.host.size() > 2 && a.host.front() == '[' && a.host.back() == ']';
        if (is_bracketed)
            a.host = a.host.substr(1, a.host.size() - 2);
        else if (a.host.find(':') != std::string::npos)
            a.host.clear(); // which of the colons is the last one of the address?
    }
    const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
    const unsigned long number = is_number(port) ? std::stoul(port) : 65536;
    if (!is_address(a.host) || number > 65535)
        throw std::invalid_argument(
            "zcring: " + text +
            " is no address for rtl_tcp; give PORT, ADDRESS:PORT or [ADDRESS]:PORT, with a numeric "
            "address and a port of 0 to 65535, such as 1234 or 0.0.0.0:1234");
    a.port = static_cast<std::uint16_t>(number);
    return a;
}

std::string to_string(const rtl_address& a)
{
    const bool needs_brackets = a.host.find(':') != std::string::npos;
    return (needs_brackets ? '[' + a.host + ']' : a.host) + ':' + std::to_string(a.port);
}

} // namespace zcring::server
