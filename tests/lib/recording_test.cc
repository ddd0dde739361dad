// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recordings on the air, read back. Runs on the emulator, or on the device that
// ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "support.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace zcring;
using namespace zcring_test;
using bytes = std::vector<std::uint8_t>;

constexpr double pi = 3.14159265358979323846;

bytes file_bytes(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>() };
}

// Reads @loops times @scene off the air, and compares every byte.
void expect_loops(device& dev, const bytes& scene, std::uint64_t loops)
{
    reader in(dev);
    const std::uint64_t sample = sample_bytes(dev.format());
    const std::uint64_t period = scene.size() / sample;
    dev.start();
    for (std::uint64_t index = 0; index < loops * period;) {
        ASSERT_EQ(in.wait(1, patience), status::data);
        const reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples))
            ASSERT_EQ(b->lost, 0u) << "this machine is too slow for the rate";
        for (std::uint64_t k = 0; k < v.samples;) {
            const std::uint64_t place = (index + k) % period;
            const std::uint64_t run = std::min(v.samples - k, period - place);
            ASSERT_EQ(0,
                      memcmp(static_cast<const std::uint8_t*>(v.channel[0]) + k * sample,
                             scene.data() + place * sample,
                             run * sample))
                << "between samples " << index + k << " and " << index + k + run;
            k += run;
        }
        index += v.samples;
        in.release(v.samples);
    }
}

TEST(Recording, IsReadBackUnchanged)
{
    const temporary_directory where;
    bytes scene(8 * 1237);
    for (std::size_t k = 0; k < scene.size(); k++)
        scene[k] = static_cast<std::uint8_t>(k * k >> 3);
    const struct {
        const char* datatype;
        const char* format;
    } cases[] = { { "ci8", "sc8" }, { "ci16_le", "sc16" }, { "cf32_le", "fc32" } };
    for (const auto& c : cases) {
        if (strcmp(c.format, "fc32") == 0)
            for (std::size_t k = 3; k < scene.size(); k += 4)
                scene[k] &= 0xbe; // of sign and exponent: now less than full scale
        const std::string path = write_recording(where, "a", c.datatype, scene);
        device dev(
            without_loss(std::string("freq=433920000,format=") + c.format + ",scene=" + path));
        ASSERT_NO_FATAL_FAILURE(expect_loops(dev, scene, 5)) << c.datatype;
    }
}

TEST(Recording, OfUnsignedBytesIsReadBackLess128)
{
    const temporary_directory where;
    bytes scene(2048);
    for (std::size_t k = 0; k < scene.size(); k++)
        scene[k] = static_cast<std::uint8_t>(k * 3);
    const std::string path = write_recording(where, "a", "cu8", scene);
    device dev(without_loss("freq=433920000,format=sc8,scene=" + path));
    for (std::uint8_t& b : scene)
        b = static_cast<std::uint8_t>(b - 128);
    ASSERT_NO_FATAL_FAILURE(expect_loops(dev, scene, 20));
}

TEST(Recording, OfAircraftIsReadBackSampleForSample)
{
    const std::string base = ZCRING_RECORDINGS "/adsb_1090mhz.sigmf-";
    const nlohmann::json meta = nlohmann::json::parse(std::ifstream(base + "meta"));
    ASSERT_EQ(meta["global"]["core:datatype"], "cu8");
    const std::string rate = std::to_string(meta["global"]["core:sample_rate"].get<double>());
    bytes scene = file_bytes(base + "data");
    for (std::uint8_t& b : scene)
        b = static_cast<std::uint8_t>(b - 128);
    // At the recording's own rate, since another one changes the samples. Its frequency is its own
    // too.
    std::string text =
        without_loss("format=sc8,rate=" + rate + ",ring_bytes=16777216,scene=" + base + "meta");
    text.erase(text.find("freq=1e8,"), strlen("freq=1e8,"));
    device dev(text);
    EXPECT_EQ(dev.tuning().frequency[0], meta["captures"][0]["core:frequency"].get<double>());
    ASSERT_NO_FATAL_FAILURE(expect_loops(dev, scene, 3));
}

// Of a tone, each sample is the one before, turned by the same angle.
TEST(Recording, PlaysAtAnotherRate)
{
    constexpr std::size_t period = 4000;
    std::vector<std::int16_t> tone;
    for (std::size_t k = 0; k < period; k++)
        for (const double quarter : { 0.0, 0.25 })
            tone.push_back(static_cast<std::int16_t>(
                std::lrint(16384 * std::cos(2 * pi * (0.05 * static_cast<double>(k) - quarter)))));
    const temporary_directory where;
    bytes data(tone.size() * sizeof(tone[0]));
    memcpy(data.data(), tone.data(), data.size());
    const std::string path = write_recording(where, "a", "ci16_le", data, 2e6);
    device dev(without_loss("format=fc32,rate=2.4e6,freq=433920000,scene=" + path));
    EXPECT_EQ(dev.tuning().rate, 2.4e6);
    dev.start();
    reader in(dev);
    // Two periods and more, which are 4800 samples now: there is no edge where the loop begins.
    ASSERT_EQ(in.wait(12000, patience), status::data);
    const reader::view v = in.acquire();
    ASSERT_GE(v.samples, 12000u);
    const auto* iq = static_cast<const float*>(v.channel[0]);
    for (std::size_t k = 0; k < 12000; k++) {
        const double angle = 2 * pi * 1e5 / 2.4e6 * static_cast<double>(k);
        ASSERT_NEAR(iq[2 * k], 0.5 * std::cos(angle), 1e-4) << k;
        ASSERT_NEAR(iq[2 * k + 1], 0.5 * std::sin(angle), 1e-4) << k;
    }
    in.release(v.samples);
    EXPECT_EQ(error_of([&] { dev.set_rate(2e6); }), ERANGE);
}

TEST(Recording, ThatIsTooLongAtARateIsRefusedWithTheRatesThatItHas)
{
    const temporary_directory where;
    const std::string path = write_recording(where, "a", "ci16_le", {}, 1e6);
    std::filesystem::resize_file(where.path() / "a.sigmf-data", 1 << 29);
    expect_says(
        message_of<std::invalid_argument>([&] { device dev(with("rate=2.5e6,scene=" + path)); }),
        { "rate=2500000", "1000000 divided by", "1 to 64", "268 seconds", "start= and stop=" });
}

} // namespace
