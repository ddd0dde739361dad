// SPDX-License-Identifier: GPL-3.0-or-later
//
// Another scene for a device that is open: at once, and again after the device has returned.
// On a kernel device these tests need debugfs, and root.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include "injection_fixture.h"
#include "support.h"

#include <atomic>
#include <cerrno>
#include <limits>
#include <thread>

namespace {

using namespace zcring;
using namespace zcring_test;

arguments scene(const std::string& name)
{
    arguments a;
    a.scene = name;
    return a;
}

class SetScene : public Injection
{
protected:
    // Of one channel or two; I and Q of every sample are the bytes of value.
    std::string recording(double rate, std::uint8_t value, unsigned channels = 1) const
    {
        const std::string name = "r" + std::to_string(d_recordings++);
        const std::vector<std::uint8_t> samples(4000 * 4 * channels, value);
        const std::string path = write_recording(d_where, name, "ci16_le", samples, rate, "1e8");
        if (channels == 2)
            d_where.write(name + ".sigmf-meta",
                          R"({"global": {"core:datatype": "ci16_le", "core:num_channels": 2,
                              "core:sample_rate": )" +
                              std::to_string(rate) +
                              R"(}, "captures": [{"core:sample_start": 0}]})");
        return path;
    }

    // Starts a stream, whose first samples are of a recording.
    static void expect_starts_with(device& dev, std::uint8_t value)
    {
        dev.start();
        reader in(dev);
        ASSERT_EQ(in.wait(100, patience), status::data);
        const reader::view v = in.acquire(100);
        for (std::uint64_t k = 0; k < 100; k++)
            ASSERT_EQ(static_cast<const std::uint32_t*>(v.channel[0])[k], 0x01010101u * value);
        dev.stop();
    }

private:
    const temporary_directory d_where;
    mutable unsigned d_recordings = 0;
};

TEST_F(SetScene, ReachesAStream)
{
    device dev(with("noise=none,scene=" + recording(1e6, 5)));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1, patience), status::data);
    EXPECT_EQ(*static_cast<const std::uint32_t*>(in.acquire(1).channel[0]), 0x05050505u);
    in.release(in.held());
    dev.set_scene(scene(recording(1e6, 7)));
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(in.wait(1, patience), status::data);
        const reader::view v = in.acquire();
        const auto last = static_cast<const std::uint32_t*>(v.channel[0])[v.samples - 1];
        in.release(v.samples);
        return last == 0x07070707u;
    }));
}

TEST_F(SetScene, TellsItsRatesAndItsBands)
{
    device dev(with("scene=tone"));
    dev.set_rate(2e6);
    dev.set_scene(scene(recording(4e6, 5)));
    EXPECT_EQ(dev.rates().front(), 4e6);
    ASSERT_EQ(dev.scene_bands().size(), 1u);
    EXPECT_EQ(dev.scene_bands()[0].high, 102e6);
    EXPECT_FALSE(dev.receives(104e6, 2e6));
    dev.set_frequency(3e8);
    dev.set_scene(scene("tone"));
    EXPECT_TRUE(dev.rates().empty());
    if (on_server()) {
        EXPECT_TRUE(dev.scene_bands().empty());
        return;
    }
    ASSERT_EQ(dev.scene_bands().size(), 1u);
    EXPECT_EQ(dev.scene_bands()[0].low, 3e8 + 2e6 / 8) << "where channel 0 is tuned to";
}

TEST_F(SetScene, IsSetAgainWhenTheDeviceReturns)
{
    device dev(with("noise=none,scene=" + recording(1e6, 5)));
    dev.set_scene(scene("tone"));
    dev.set_rate(960e3);
    dev.set_scene(scene(recording(960e3, 7)));
    for (int round = 0; round < 2; round++) {
        dev.unplug();
        come_back(dev);
        EXPECT_EQ(dev.tuning().rate, 960e3);
        EXPECT_EQ(dev.rates().front(), 960e3);
        expect_starts_with(dev, 7);
    }
}

// A scene sets the noise without a command.
TEST_F(SetScene, KeepsTheNoiseOfTheSceneWhenTheDeviceReturns)
{
    device dev(with("scene=tone"));
    ASSERT_EQ(dev.tuning().noise, -80);
    dev.set_noise(-20); // the last command
    dev.set_scene(scene("counter"));
    const double none = -std::numeric_limits<double>::infinity();
    ASSERT_EQ(dev.tuning().noise, none);
    dev.unplug();
    come_back(dev);
    EXPECT_EQ(dev.tuning().noise, none);
}

TEST_F(SetScene, MayHaveNoneOfTheRatesOfADeviceThatReturns)
{
    device dev(with("noise=none,scene=tone"));
    dev.set_scene(scene(recording(960e3, 7)));
    dev.unplug();
    come_back(dev);
    EXPECT_EQ(dev.tuning().rate, 1e6);
    EXPECT_EQ(error_of([&] { dev.start(); }), ERANGE);
    dev.set_rate(960e3);
    expect_starts_with(dev, 7);
}

TEST_F(SetScene, IsKeptAfterOneThatIsRefused)
{
    device dev(with("channels=3,noise=none,scene=" + recording(1e6, 5)));
    const auto refused = [&](const arguments& a) {
        return message_of<std::invalid_argument>([&] { dev.set_scene(a); });
    };
    arguments a = scene("tone");
    a.gain = 3;
    expect_says(refused(a), { "gain=", "scene=", "loop=" });
    a = scene("tone");
    a.rate = 2e6;
    expect_says(refused(a), { "scene=tone", "rate=" });
    expect_says(refused({}), { "scene=" });
    expect_says(refused(scene(recording(1e6, 7, 2))), { "2 channels", "channels=" });
    EXPECT_EQ(error_of([&] { dev.set_scene(scene("/no/such.sigmf-meta")); }), ENOENT);
    dev.start();
    EXPECT_EQ(error_of([&] { dev.set_scene(scene(recording(960e3, 7))); }), ERANGE);
    EXPECT_EQ(dev.rates().front(), 1e6);
    dev.unplug();
    EXPECT_EQ(error_of([&] { dev.set_scene(scene("tone")); }), ENODEV);
    come_back(dev);
    expect_starts_with(dev, 5);
}

// Each call succeeds, or fails as the device or its antenna is gone.
TEST_F(SetScene, WorksWhileOtherThreadsCallTheDevice)
{
    device dev(with(""));
    const std::string recorded = recording(1e6, 7);
    std::atomic<bool> done{ false };
    std::thread setter([&] {
        while (!done)
            for (const std::string& name : { recorded, std::string("tone") }) {
                const int error = error_of([&] { dev.set_scene(scene(name)); });
                EXPECT_TRUE(error == 0 || error == ENODEV || error == ENOENT) << error;
            }
    });
    std::thread asker([&] {
        while (!done) {
            dev.rates();
            dev.scene_bands();
            dev.receives(1e8, 1e6);
            dev.clamped_scene_samples();
        }
    });
    reader in(dev);
    for (int round = 0; round < 20; round++) {
        EXPECT_TRUE(eventually([&] { return error_of([&] { dev.start(); }) == 0; }));
        EXPECT_EQ(in.wait(1000, patience), status::data);
        dev.unplug();
        come_back(dev);
    }
    done = true;
    setter.join();
    asker.join();
}

} // namespace
