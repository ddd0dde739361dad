// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parser of the argument string: every key, both ends of every range, and what each refusal
// says.
#include <zcring/arguments.h>

#include "check.h"
#include "support.h"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace zcring;
using zcring_test::expect_says;
using zcring_test::message_of;

std::string refusal(const std::string& text)
{
    return message_of<std::invalid_argument>([&] { parse_arguments(text); });
}

TEST(Arguments, OfAnEmptyStringSetNothing)
{
    for (const char* text : { "", " ", ",", " , ,\t," }) {
        const arguments a = parse_arguments(text);
        EXPECT_TRUE(a.device.empty());
        EXPECT_FALSE(a.emulator);
        EXPECT_FALSE(a.format || a.channels || a.rate || a.freq || a.gain || a.ring_bytes);
        EXPECT_FALSE(a.interval_us || a.scene || a.dma || a.pace || a.seed || a.start || a.stop ||
                     a.loop);
    }
}

TEST(Arguments, TakeEveryKey)
{
    const arguments a = parse_arguments(
        "emulator,format=fc32,channels=3,rate=2.5e6,freq=-1.5e9,gain=-3.5,ring_bytes=65536,"
        "interval_us=250,scene=/tmp/"
        "x.sigmf-meta,start=0.25,stop=1e3,loop=no,dma=resident,pace=free,seed="
        "18446744073709551615");
    EXPECT_TRUE(a.emulator);
    EXPECT_EQ(a.format, format::fc32);
    EXPECT_EQ(a.channels, 3u);
    EXPECT_EQ(a.rate, 2.5e6);
    EXPECT_EQ(a.freq, -1.5e9);
    EXPECT_EQ(a.gain, -3.5);
    EXPECT_EQ(a.ring_bytes, 65536u);
    EXPECT_EQ(a.interval_us, 250u);
    EXPECT_EQ(a.scene, "/tmp/x.sigmf-meta");
    EXPECT_EQ(a.start, 0.25);
    EXPECT_EQ(a.stop, 1000);
    EXPECT_EQ(a.loop, looping::no);
    EXPECT_EQ(a.dma, dma_mode::resident);
    EXPECT_EQ(a.pace, pacing::free);
    EXPECT_EQ(a.seed, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parse_arguments("device=/dev/zcring7").device, "/dev/zcring7");
}

TEST(Arguments, TakeEveryWord)
{
    EXPECT_EQ(parse_arguments("format=sc8").format, format::sc8);
    EXPECT_EQ(parse_arguments("format=sc16").format, format::sc16);
    EXPECT_EQ(parse_arguments("dma=copy").dma, dma_mode::copy);
    EXPECT_EQ(parse_arguments("loop=yes").loop, looping::yes);
    EXPECT_EQ(parse_arguments("pace=real").pace, pacing::real);
    for (const char* scene : { "tone", "noise", "counter" })
        EXPECT_EQ(parse_arguments(std::string("scene=") + scene).scene, scene);
}

TEST(Arguments, TakeTheEndsOfEveryRange)
{
    for (const char* text : { "channels=1",
                              "channels=8",
                              "rate=0.001",
                              "rate=1e10",
                              "freq=1e12",
                              "freq=-1e12",
                              "gain=-60",
                              "gain=60",
                              "ring_bytes=4096",
                              "ring_bytes=1073741824",
                              "interval_us=100",
                              "interval_us=60000000",
                              "start=0",
                              "scene=a,start=0,stop=1e-9",
                              "scene=a,stop=1e9,start=999999999",
                              "seed=0" })
        EXPECT_NO_THROW(parse_arguments(text)) << text;
}

TEST(Arguments, MayHaveSpacesAroundThem)
{
    const arguments a = parse_arguments(" emulator ,\tformat = sc8 , rate= 5 ,");
    EXPECT_TRUE(a.emulator);
    EXPECT_EQ(a.format, format::sc8);
    EXPECT_EQ(a.rate, 5);
}

TEST(Arguments, UseTheLastOfTwoValues)
{
    EXPECT_EQ(parse_arguments("rate=1,format=sc8,rate=2").rate, 2);
}

struct bad {
    const char* key;
    const char* value;
    const char* allowed;
};

TEST(Arguments, RefuseValuesOutOfRangeWithTheAllowedOnes)
{
    for (const bad& b : {
             bad{ "device", "", "/dev/zcring0" },
             bad{ "format", "", "sc8, sc16 or fc32" },
             bad{ "format", "sc12", "sc8, sc16 or fc32" },
             bad{ "format", "SC8", "sc8, sc16 or fc32" },
             bad{ "channels", "0", "1 to 8" },
             bad{ "channels", "9", "1 to 8" },
             bad{ "rate", "0", "0.001 to 1e10" },
             bad{ "rate", "-1", "0.001 to 1e10" },
             bad{ "rate", "1.1e10", "0.001 to 1e10" },
             bad{ "rate", "nan", "0.001 to 1e10" },
             bad{ "rate", "inf", "0.001 to 1e10" },
             bad{ "freq", "1.1e12", "-1e12 to 1e12" },
             bad{ "freq", "nan", "-1e12 to 1e12" },
             bad{ "gain", "60.1", "-60 to 60" },
             bad{ "gain", "-61", "-60 to 60" },
             bad{ "ring_bytes", "0", "4096 to 1073741824" },
             bad{ "ring_bytes", "2048", "4096 to 1073741824" },
             bad{ "ring_bytes", "2147483648", "4096 to 1073741824" },
             bad{ "ring_bytes", "5000", "a power of two" },
             bad{ "interval_us", "99", "100 to 60000000" },
             bad{ "interval_us", "60000001", "100 to 60000000" },
             bad{ "scene", "", "tone, noise, counter or a file" },
             bad{ "start", "-1", "0 to 1000000000" },
             bad{ "start", "1.1e9", "0 to 1000000000" },
             bad{ "stop", "nan", "0 to 1000000000" },
             bad{ "loop", "once", "yes or no" },
             bad{ "dma", "fast", "copy or resident" },
             bad{ "pace", "slow", "real or free" },
         })
        expect_says(refusal(std::string(b.key) + "=" + b.value),
                    { b.key, "=", "must be", b.allowed });
}

TEST(Arguments, RefuseWhatIsNoNumber)
{
    for (const char* key : { "channels",
                             "rate",
                             "freq",
                             "gain",
                             "ring_bytes",
                             "interval_us",
                             "seed",
                             "start",
                             "stop" })
        for (const char* value : { "", "x", "1x", "0x10", "1 2", "--1", "1e", "1e999", "+1" }) {
            const std::string text = std::string(key) + "=" + value;
            expect_says(refusal(text), { text.c_str(), "must be", "number" });
        }
    for (const char* key : { "channels", "ring_bytes", "interval_us", "seed" })
        for (const char* value : { "-1", "1.5", "99999999999999999999" }) {
            const std::string text = std::string(key) + "=" + value;
            expect_says(refusal(text), { text.c_str(), "must be", "number" });
        }
}

TEST(Arguments, ListTheKnownKeysForAnUnknownOne)
{
    for (const char* text : { "colour=red", "Rate=1", "=5", "rates=1" })
        expect_says(refusal(text),
                    { "device",
                      "emulator",
                      "format",
                      "channels",
                      "rate",
                      "freq",
                      "gain",
                      "ring_bytes",
                      "interval_us",
                      "scene",
                      "dma",
                      "start",
                      "stop",
                      "loop",
                      "pace",
                      "seed" });
    expect_says(refusal("colour=red"), { "colour" });
    expect_says(refusal("rate"), { "rate", "key=value", "ring_bytes" });
}

TEST(Arguments, RefuseWhatContradictsItself)
{
    expect_says(refusal("emulator,device=/dev/zcring0"), { "device=", "emulator", "remove one" });
    expect_says(refusal("device=/dev/zcring0,emulator"), { "device=", "emulator", "remove one" });
    expect_says(refusal("pace=free,device=/dev/zcring0"), { "pace=", "emulator only" });
}

TEST(Arguments, NameAServerOrAPath)
{
    EXPECT_EQ(parse_arguments("device=lab-2.a_B").device, "lab-2.a_B");
    EXPECT_EQ(parse_arguments("device=./socket").device, "./socket");
    expect_says(refusal("device=emulator"), { "write emulator instead" });
    for (const char* name : { ".hidden", "a b", "a:b", "..", "\xc3\xa9" })
        expect_says(refusal(std::string("device=") + name), { name, "/dev/zcring0", "server" });
    expect_says(refusal("device=" + std::string(65, 'a')), { "64" });
}

TEST(Arguments, HaveMembersAtAServerOnly)
{
    const arguments a = parse_arguments("device=lab,member,quorum=3,patience=0.5");
    EXPECT_TRUE(a.member);
    EXPECT_EQ(a.quorum, 3u);
    EXPECT_EQ(a.patience, 0.5);
    EXPECT_FALSE(parse_arguments("device=lab").member);
    for (const char* key : { "member", "quorum=2", "patience=1" }) {
        expect_says(refusal(key), { "device=NAME", "remove" });
        expect_says(refusal(std::string("emulator,") + key), { "device=NAME", "remove" });
    }
    expect_says(refusal("device=lab,quorum=2"), { "quorum=", "add member" });
    expect_says(refusal("device=lab,patience=2"), { "patience=", "add member" });
    expect_says(refusal("device=lab,member,quorum=65"), { "quorum=65", "1 to 64" });
    expect_says(refusal("device=lab,member,patience=-1"), { "patience=-1", "0 to 86400" });
}

TEST(Arguments, AreOfAReceiverOrOfAnAntennaToo)
{
    const char* const receivers[] = { "emulator", "gain=1",    "noise=-80",
                                      "dma=copy", "pace=free", "ring_bytes=65536",
                                      "seed=1",   "member",    "interval_us=1000" };
    for (const std::string item : receivers) {
        const std::string key = item.substr(0, item.find('=') + 1);
        EXPECT_EQ(receiver_key(parse_arguments(item == "member" ? "device=x,member" : item)),
                  key.empty() ? item : key);
    }
    arguments a;
    a.quorum = 1;
    EXPECT_STREQ(receiver_key(a), "quorum=");
    a = {};
    a.patience = 1;
    EXPECT_STREQ(receiver_key(a), "patience=");
    EXPECT_EQ(receiver_key(parse_arguments("device=x,format=sc8,channels=2,rate=1e6,freq=1e8,"
                                           "scene=x.sigmf-meta,start=1,stop=2,loop=no")),
              nullptr);
    EXPECT_EQ(argument_table().size(), 20u) << "sort a new key in above, and in receiver_key()";
}

TEST(Arguments, SelectPartsOfRecordingsOnly)
{
    for (const char* key : { "start=1", "stop=1", "loop=no" })
        for (const char* scene : { "", ",scene=tone", ",scene=noise", ",scene=counter" })
            expect_says(refusal(std::string(key) + scene),
                        { key == std::string("loop=no") ? key : std::string(key, 4).c_str(),
                          "recordings only",
                          "scene=FILE.sigmf-meta" });
    EXPECT_NO_THROW(parse_arguments("scene=tone,start=0,loop=yes"));
    expect_says(refusal("scene=a.sigmf-meta,start=2,stop=1.5"), { "stop=1.5", "start=2" });
    expect_says(refusal("scene=a.sigmf-meta,start=2,stop=2"), { "stop=2", "greater" });
    expect_says(refusal("scene=a.sigmf-meta,stop=0"), { "stop=0", "greater" });
}

TEST(Arguments, AreCheckedWhereAProgramSetThem)
{
    const auto refused = [](auto change) {
        arguments a;
        change(a);
        EXPECT_THROW(check(a), std::invalid_argument);
    };
    refused([](arguments& a) { a.channels = 0; });
    refused([](arguments& a) { a.channels = 9; });
    refused([](arguments& a) { a.rate = 0; });
    refused([](arguments& a) { a.rate = std::nan(""); });
    refused([](arguments& a) { a.freq = std::numeric_limits<double>::infinity(); });
    refused([](arguments& a) { a.gain = 61; });
    refused([](arguments& a) { a.ring_bytes = 12288; });
    refused([](arguments& a) { a.ring_bytes = std::numeric_limits<std::uint64_t>::max(); });
    refused([](arguments& a) { a.interval_us = 1; });
    refused([](arguments& a) { a.scene = "a", a.start = -1; });
    refused([](arguments& a) { a.loop = looping::no; });
    refused([](arguments& a) { a.emulator = true, a.device = "/dev/zcring0"; });
    EXPECT_NO_THROW(check(arguments{}));
}

TEST(Arguments, NameTheValueAndTheRange)
{
    expect_says(message_of<std::invalid_argument>([] { check_range("gain", 99, -60, 60); }),
                { "gain", "99", "-60 to 60" });
    EXPECT_THROW(check_range("gain", std::nan(""), -60, 60), std::invalid_argument);
    EXPECT_NO_THROW(check_range("gain", 60, -60, 60));
}

TEST(Arguments, HaveOneTextForOneKey)
{
    for (const char* text : { "channels=9", "channels=x" })
        expect_says(refusal(text), { text, "must be a whole number from 1 to 8" });
}

TEST(Arguments, SayThatAKeyTakesNoValue)
{
    expect_says(refusal("emulator=1"), { "emulator takes no value" });
}

} // namespace
