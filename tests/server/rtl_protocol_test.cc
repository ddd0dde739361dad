// SPDX-License-Identifier: GPL-3.0-or-later
//
// The header, the commands and the addresses of rtl_tcp.
#include "rtl_protocol.h"

#include "lib/support.h"

#include <stdexcept>
#include <vector>

namespace {

using namespace zcring::server;
using namespace zcring_test;

TEST(RtlProtocol, HeaderNamesTunerAndNumberOfGains)
{
    const std::array<std::uint8_t, 12> expected{ 'R', 'T', 'L', '0', 0, 0, 0, 5, 0, 0, 0, 29 };
    EXPECT_EQ(rtl_header(), expected);
}

TEST(RtlProtocol, GainsRiseFromZero)
{
    EXPECT_EQ(rtl_gain(0), 0.0);
    for (unsigned k = 1; k < rtl_gain_count; k++)
        EXPECT_GT(*rtl_gain(k), *rtl_gain(k - 1));
    EXPECT_EQ(rtl_gain(rtl_gain_count - 1), 49.6);
    EXPECT_FALSE(rtl_gain(rtl_gain_count));
    EXPECT_FALSE(rtl_gain(0xffffffff));
}

TEST(RtlProtocol, ParserTakesCommandsOutOfPieces)
{
    rtl_parser parser;
    std::vector<rtl_command> commands;
    for (const int byte : { 1, 0x19, 0xdd, 0x03, 0x00, 0x40, 0xff, 0xff, 0xff, 0xfe, 2, 0, 3 })
        if (const auto c = parser.add(static_cast<std::uint8_t>(byte)))
            commands.push_back(*c);
    ASSERT_EQ(commands.size(), 2u) << "the third one is not complete";
    EXPECT_EQ(commands[0].opcode, 1);
    EXPECT_EQ(commands[0].value, 433914624u);
    EXPECT_EQ(commands[1].opcode, 0x40);
    EXPECT_EQ(commands[1].value, 0xfffffffe);
    EXPECT_FALSE(parser.add(0xd0));
    const auto third = parser.add(0x90);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->value, 250000u);
}

TEST(RtlProtocol, LastValueOfASettingIsKept)
{
    rtl_settings s;
    EXPECT_TRUE(s.is_empty());
    for (const std::uint32_t hz : { 100000000u, 433920000u })
        EXPECT_EQ(s.add({ 0x01, hz }), "");
    for (const std::uint32_t rate : { 2048000u, 250000u })
        EXPECT_EQ(s.add({ 0x02, rate }), "");
    EXPECT_EQ(s.frequency, 433920000.0);
    EXPECT_EQ(s.rate, 250000.0);
    EXPECT_FALSE(s.is_empty());
}

TEST(RtlProtocol, GainComesByTenthsByStepOrFromTheServer)
{
    rtl_settings s;
    EXPECT_EQ(s.add({ 0x04, 123 }), "");
    EXPECT_EQ(s.gain, 12.3);
    EXPECT_EQ(s.add({ 0x04, static_cast<std::uint32_t>(-15) }), "");
    EXPECT_EQ(s.gain, -1.5);
    EXPECT_EQ(s.add({ 0x0d, 1 }), "");
    EXPECT_EQ(s.gain, 0.9);
    EXPECT_EQ(s.add({ 0x03, 1 }), "");
    EXPECT_EQ(s.gain, 0.9) << "manual: the gain stays";
    EXPECT_EQ(s.add({ 0x03, 0 }), "");
    EXPECT_FALSE(s.gain);
    EXPECT_TRUE(s.gain_of_server);
    EXPECT_EQ(s.add({ 0x0d, 28 }), "");
    EXPECT_EQ(s.gain, 49.6);
    EXPECT_FALSE(s.gain_of_server);
    expect_says(s.add({ 0x04, 5000 }), { "60 dB" });
    EXPECT_EQ(s.gain, 60.0);
    expect_says(s.add({ 0x0d, 29 }), { "29", "0 to 28" });
    EXPECT_EQ(s.gain, 60.0);
}

TEST(RtlProtocol, WhatTheReceiverHasNotIsIgnoredAndSaid)
{
    rtl_settings s;
    for (const unsigned opcode :
         { 0x05u, 0x06u, 0x07u, 0x08u, 0x09u, 0x0au, 0x0eu, 0x40u, 0xffu }) {
        const auto byte = static_cast<std::uint8_t>(opcode);
        EXPECT_EQ(s.add({ byte, 0 }), "") << "is off anyway";
        expect_says(s.add({ byte, 7 }), { "7", "ignored" });
        EXPECT_FALSE(rtl_name(byte).empty());
    }
    for (const std::uint32_t rate : { 0u, 999u, 20000001u, 0xffffffffu })
        expect_says(s.add({ 0x02, rate }), { "1000", "20000000" });
    EXPECT_TRUE(s.is_empty());
    EXPECT_EQ(rtl_name(0x40), "command 0x40");
}

TEST(RtlProtocol, AddressIsLoopbackUnlessOneIsGiven)
{
    const std::pair<const char*, const char*> good[] = {
        { "1234", "127.0.0.1:1234" },
        { "0.0.0.0:0", "0.0.0.0:0" },
        { "[::1]:65535", "[::1]:65535" },
        { "192.168.1.2:1234", "192.168.1.2:1234" },
    };
    for (const auto& [text, expected] : good)
        EXPECT_EQ(to_string(parse_rtl_address(text)), expected) << text;
    for (const std::string text : { "",
                                    "x",
                                    "65536",
                                    "-1",
                                    "123456789012",
                                    "1.2.3.4",
                                    "1.2.3.4:",
                                    ":1234",
                                    "::1:1234",
                                    "localhost:1234",
                                    "[::1]",
                                    "[]:1",
                                    "12 34" })
        expect_says(message_of<std::invalid_argument>([&] { parse_rtl_address(text); }),
                    { text.c_str(), "ADDRESS:PORT" });
}

} // namespace
