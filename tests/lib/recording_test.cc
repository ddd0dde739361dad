// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recordings on the air, read back. Runs on the emulator, or on the device that
// ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "support.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using namespace zcring;
using namespace zcring_test;
using bytes = std::vector<std::uint8_t>;

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
    // At the recording's own rate: there is no other. Its frequency is its own too.
    std::string text =
        without_loss("format=sc8,rate=" + rate + ",ring_bytes=16777216,scene=" + base + "meta");
    text.erase(text.find("freq=1e8,"), strlen("freq=1e8,"));
    device dev(text);
    EXPECT_EQ(dev.tuning().frequency[0], meta["captures"][0]["core:frequency"].get<double>());
    ASSERT_NO_FATAL_FAILURE(expect_loops(dev, scene, 3));
}

} // namespace
