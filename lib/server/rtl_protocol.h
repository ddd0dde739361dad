// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The messages of the rtl_tcp protocol: no socket, no device.
 *
 * A server sends a header of 12 bytes, then samples: one byte I, one byte Q, offset binary. A client
 * sends commands of 5 bytes at any time. All numbers are big-endian. No command has an answer.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace zcring::server {

//! Bytes of one sample.
inline constexpr std::size_t rtl_sample_bytes = 2;
//! I or Q of silence: that to which a sample of the value 0 is converted.
inline constexpr std::uint8_t rtl_silence = 0x80;
//! Steps of gain of the tuner that the header names.
inline constexpr unsigned rtl_gain_count = 29;
//! Rates that a client may set, in samples a second. A dongle ignores other rates, and so does the
//! server.
inline constexpr double rtl_rate_min = 1e3;
inline constexpr double rtl_rate_max = 20e6; //!< the same

//! "RTL0", the type of the tuner (R820T) and the number of its gains.
std::array<std::uint8_t, 12> rtl_header();

//! Gain of step \p index in dB; empty if the tuner has no such step.
std::optional<double> rtl_gain(std::uint32_t index);

//! First byte of a command.
enum class rtl_opcode : std::uint8_t {
    frequency = 0x01,       //!< Hz
    rate = 0x02,            //!< samples a second
    gain_mode = 0x03,       //!< 0: automatic, 1: by command
    gain = 0x04,            //!< tenths of a dB, signed
    ppm = 0x05,             //!< correction of the frequency
    if_gain = 0x06,         //!< stage, and tenths of a dB
    test_mode = 0x07,       //!< 1: a counter in place of samples
    agc = 0x08,             //!< 1: automatic gain after the ADC
    direct_sampling = 0x09, //!< 1, 2: without the tuner
    offset_tuning = 0x0a,   //!< 1: the tuner beside the frequency
    rtl_crystal = 0x0b,     //!< Hz
    tuner_crystal = 0x0c,   //!< Hz
    gain_index = 0x0d,      //!< step of gain of the tuner
    bias_tee = 0x0e,        //!< 1: power on the antenna's cable
};

//! A name for people, such as "bias tee" or "command 0x40".
std::string rtl_name(std::uint8_t opcode);

//! One command.
struct rtl_command {
    std::uint8_t opcode = 0;
    std::uint32_t value = 0;
};

//! Takes commands out of bytes that arrive in pieces of any length.
class rtl_parser final
{
public:
    //! Adds a byte. Returns the command that this byte completes.
    std::optional<rtl_command> add(std::uint8_t byte);

private:
    std::array<std::uint8_t, 5> d_bytes{};
    std::size_t d_used = 0;
};

//! What the commands of a client ask for; a value that is there was not applied yet. Of several
//! values, only the last one is kept: a client that sends many commands costs no more than one that
//! sends few.
struct rtl_settings {
    std::optional<double> frequency; //!< Hz
    std::optional<double> rate;      //!< samples a second
    std::optional<double> gain;      //!< dB
    bool gain_of_server = false;     //!< the gain is that with which the receiver began

    //! Whether nothing is asked for.
    bool is_empty() const { return !frequency && !rate && !gain && !gain_of_server; }
    //! Adds \p c. Returns why \p c does nothing, as the end of a sentence that begins with its name,
    //! or an empty text. A command that turns off what a simulated receiver does not have does
    //! nothing, and this is no news.
    std::string add(const rtl_command& c);
};

//! Where to listen.
struct rtl_address {
    std::string host;       //!< numeric, IPv4 or IPv6
    std::uint16_t port = 0; //!< 0: one that is free
};

//! Parses "PORT", "ADDRESS:PORT" or "[ADDRESS]:PORT"; without an address: 127.0.0.1. Throws
//! std::invalid_argument, which names the text and what is allowed.
rtl_address parse_rtl_address(const std::string& text);

//! The inverse of parse_rtl_address(), with the address.
std::string to_string(const rtl_address& a);

} // namespace zcring::server
