// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a device tells of its scene: the rates, and where there is something to receive. The engine
// is the judge: it accepts each rate, and receives only zeros where there is nothing.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include <zcring/limits.h>
#include <zcring/reader.h>

#include "support.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <random>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr double recorded_rate = 250000;
constexpr double recorded_frequency = 433.92e6;

// Something at every frequency.
std::vector<std::uint8_t> white_noise()
{
    std::mt19937_64 random(1);
    std::vector<std::uint8_t> bytes(40000);
    for (std::uint8_t& byte : bytes)
        byte = static_cast<std::uint8_t>(random());
    return bytes;
}

class SceneRanges : public testing::Test
{
protected:
    device open_recording(double rate) const
    {
        return device(without_loss("noise=none,freq=433920000,scene=" + d_path +
                                   ",rate=" + std::to_string(rate)));
    }

    // Whether one of the first samples of a stream is not zero.
    static bool is_heard(device& dev)
    {
        dev.start();
        reader in(dev);
        EXPECT_EQ(in.wait(100, patience), status::data);
        const auto view = in.acquire(100);
        const auto* values = static_cast<const std::int16_t*>(view.channel[0]);
        const bool heard = std::any_of(
            values, values + 2 * view.samples, [](std::int16_t value) { return value != 0; });
        dev.stop();
        return heard;
    }

    const temporary_directory d_where;
    const std::string d_path =
        write_recording(d_where, "r", "ci16_le", white_noise(), recorded_rate);
};

TEST_F(SceneRanges, ABuiltInSceneHasEveryRate)
{
    for (const char* scene : { "tone", "noise", "counter" }) {
        device dev(with(std::string("scene=") + scene));
        EXPECT_TRUE(dev.rates().empty()) << scene;
        // A server limits the rate of a user.
        for (const double rate :
             { limits::rate_min, on_server() ? 2e7 : limits::rate_max, 1e6 / 7 })
            EXPECT_EQ(error_of([&] { dev.set_rate(rate); }), 0) << scene << " at " << rate;
    }
}

TEST_F(SceneRanges, ARecordingHasPartsOfItsRate)
{
    for (const double rate : { recorded_rate, 1e6, 1234567.75 }) {
        device dev = open_recording(rate);
        const std::vector<double> rates = dev.rates();
        ASSERT_EQ(rates.size(), 64u);
        for (std::size_t n = 0; n < rates.size(); n++) {
            EXPECT_EQ(rates[n], rate / static_cast<double>(n + 1));
            EXPECT_EQ(error_of([&] { dev.set_rate(rates[n]); }), 0) << rates[n];
        }
        EXPECT_EQ(error_of([&] { dev.set_rate(rate / 65); }), ERANGE);
        EXPECT_EQ(error_of([&] { dev.set_rate(rate * 2); }), ERANGE);
    }
}

TEST_F(SceneRanges, TheBandOfARecordingIsItsRateWide)
{
    device dev = open_recording(recorded_rate);
    ASSERT_EQ(dev.scene_bands().size(), 1u);
    EXPECT_EQ(dev.scene_bands()[0].low, recorded_frequency - recorded_rate / 2);
    EXPECT_EQ(dev.scene_bands()[0].high, recorded_frequency + recorded_rate / 2);
}

TEST_F(SceneRanges, ARecordingThatIsResampledHasNothingBeyondItsOwnRate)
{
    device dev = open_recording(10 * recorded_rate);
    ASSERT_EQ(dev.scene_bands().size(), 1u);
    EXPECT_EQ(dev.scene_bands()[0].high, recorded_frequency + recorded_rate / 2);
    EXPECT_TRUE(dev.receives(recorded_frequency + 4 * recorded_rate, 10 * recorded_rate));
    EXPECT_FALSE(dev.receives(recorded_frequency + 7 * recorded_rate, 10 * recorded_rate));
    EXPECT_TRUE(dev.receives(recorded_frequency, 100 * recorded_rate)) << "all of it";
}

TEST_F(SceneRanges, ARecordingHasTheBandsOfAllItsFrequencies)
{
    d_where.write("hops.sigmf-data", std::vector<char>(2 * 4000).data(), 2 * 4000);
    const std::string path =
        d_where.write("hops.sigmf-meta",
                      R"({"global": {"core:datatype": "ci8", "core:sample_rate": 1e6}, "captures": [
            {"core:sample_start": 0, "core:frequency": 200e6},
            {"core:sample_start": 1000, "core:frequency": 100e6},
            {"core:sample_start": 2000, "core:frequency": 100.5e6},
            {"core:sample_start": 3000, "core:frequency": 200e6}]})");
    const device dev(device_under_test() + ",scene=" + path);
    ASSERT_EQ(dev.scene_bands().size(), 2u);
    EXPECT_EQ(dev.scene_bands()[0].low, 99.5e6);
    EXPECT_EQ(dev.scene_bands()[0].high, 101e6);
    EXPECT_EQ(dev.scene_bands()[1].low, 199.5e6);
    EXPECT_TRUE(dev.receives(100e6, 1e6));
    EXPECT_FALSE(dev.receives(150e6, 1e6)) << "between both";
    EXPECT_TRUE(dev.receives(200e6, 1e6));
}

TEST_F(SceneRanges, TheToneStaysWhereItWasWhenTheDeviceIsTuned)
{
    device dev(with("scene=tone"));
    dev.set_frequency(2e8);
    dev.set_rate(2e6);
    ASSERT_EQ(dev.scene_bands().size(), 1u);
    EXPECT_EQ(dev.scene_bands()[0].low, 1e8 + 1e6 / 8);
    EXPECT_EQ(dev.scene_bands()[0].high, 1e8 + 1e6 / 8);
}

TEST_F(SceneRanges, NoiseAndCounterAreEverywhere)
{
    for (const char* scene : { "noise", "counter" }) {
        const device dev(with(std::string("scene=") + scene));
        EXPECT_TRUE(dev.scene_bands().empty()) << scene;
        EXPECT_TRUE(dev.receives(1e12, 1)) << scene;
    }
}

TEST_F(SceneRanges, NothingIsReceivedWhereARecordingHasNothing)
{
    device dev = open_recording(recorded_rate);
    for (const double part : { 1.0, 2.0, 16.0 }) {
        const double rate = recorded_rate / part;
        const double edge = (recorded_rate + rate) / 2; // both bands only touch
        dev.set_rate(rate);
        for (const double offset : { 0.0, edge - 0.051 * rate, edge - 0.049 * rate, edge, 1e9 })
            for (const double sign : { -1.0, 1.0 }) {
                const double frequency = recorded_frequency + sign * offset;
                dev.set_frequency(frequency);
                EXPECT_EQ(dev.receives(frequency, rate), is_heard(dev)) << frequency << " " << rate;
            }
    }
}

TEST_F(SceneRanges, NothingIsReceivedWhereTheToneIsBeyondTheBand)
{
    device dev(without_loss("noise=none,scene=tone"));
    const double tone = dev.scene_bands()[0].low;
    for (const double rate : { 1e6, 1e5 })
        for (const double offset : { 0.0, 0.499 * rate, 0.501 * rate, rate, 1e9 })
            for (const double frequency : { tone - offset, tone + offset }) {
                dev.set_rate(rate);
                dev.set_frequency(frequency);
                EXPECT_EQ(dev.receives(frequency, rate), is_heard(dev)) << frequency << " " << rate;
            }
}

TEST_F(SceneRanges, TheLevelOfTheNoiseIsSet)
{
    device dev(without_loss("noise=none,scene=tone,freq=2e8"));
    dev.set_frequency(3e8);
    EXPECT_FALSE(is_heard(dev));
    dev.set_noise(-40);
    EXPECT_EQ(dev.tuning().noise, -40);
    EXPECT_TRUE(is_heard(dev));
    EXPECT_THROW(dev.set_noise(0.1), std::invalid_argument);
    EXPECT_THROW(dev.set_noise(-151), std::invalid_argument);
    dev.set_noise(-std::numeric_limits<double>::infinity());
    EXPECT_FALSE(is_heard(dev));
}

} // namespace
