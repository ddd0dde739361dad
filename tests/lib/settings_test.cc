// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a backend gets of a recording: the part, the rate and the flags that the arguments ask for.
#include "settings.h"
#include "support.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace {

using namespace zcring;
using zcring_test::expect_says;
using zcring_test::message_of;
using zcring_test::temporary_directory;
using zcring_test::write_recording;

// A backend that keeps what it is set to.
class still_backend final : public backend
{
public:
    zcring_scene d_scene{};
    std::vector<std::byte> d_samples;
    zcring_config d_config{};
    std::uint64_t d_rate = 0; //!< of the last command
    std::uint64_t d_flags_known = 1;

    still_backend()
    {
        d_config.channels = 1;
        d_config.rate_num = 1000000;
        d_config.rate_den = 1;
    }
    const std::string& name() const noexcept override { return d_name; }
    bool is_emulator() const noexcept override { return false; }
    bool is_bound_to_process() const noexcept override { return false; }
    const pages& mapped() const noexcept override { return d_pages; }
    zcring_config config() const override { return d_config; }
    void configure(const zcring_config& config) override { d_config = config; }
    void set_scene(const zcring_scene& scene, scene_content content) override
    {
        if (scene.flags & ~d_flags_known)
            throw std::system_error(EINVAL, std::system_category());
        d_scene = scene;
        d_samples = std::move(content.samples);
    }
    void map() override {}
    void start(const zcring_start&) override {}
    void stop() override {}
    void control(const zcring_control& c) override
    {
        if (zcring_control_check(&c, d_config.channels))
            throw std::system_error(EINVAL, std::system_category());
        if (c.what & ZCRING_CONTROL_RATE)
            d_rate = c.rate_num;
    }
    zcring_tuning tuning() const override { return {}; }
    zcring_ranges ranges() const override { return {}; }
    zcring_telemetry telemetry() const override { return {}; }
    void inject(zcring_injection, std::int64_t) override {}
    void unplug() override {}
    void plug() override {}
    void reopen(const reopening&) override {}
    void wait(std::uint64_t, int, std::int64_t) noexcept override {}
    void produce(std::uint64_t) noexcept override {}

private:
    std::string d_name = "still";
    pages d_pages;
};

zcring_tuning tuned_to(std::uint64_t rate)
{
    zcring_tuning tuned{};
    tuned.rate_num = rate;
    tuned.rate_den = 1;
    return tuned;
}

class Settings : public testing::Test
{
protected:
    Settings()
    {
        for (std::size_t k = 0; k < d_data.size(); k++)
            d_data[k] = static_cast<std::uint8_t>(k / 8);
        d_path = write_recording(d_where, "a", "ci8", d_data, 1000);
    }

    settings with(const std::string& more) const
    {
        return settings(parse_arguments("scene=" + d_path + more));
    }

    temporary_directory d_where;
    std::vector<std::uint8_t> d_data = std::vector<std::uint8_t>(800);
    std::string d_path;
    still_backend d_backend;
};

TEST_F(Settings, PlayThePartAtItsOwnRateUnchanged)
{
    with(",start=0.1,stop=0.3").apply(d_backend);
    EXPECT_EQ(d_backend.d_scene.samples, 200u);
    EXPECT_EQ(d_backend.d_scene.rate_num, 1000u);
    EXPECT_EQ(d_backend.d_config.rate_num, 1000u);
    ASSERT_EQ(d_backend.d_samples.size(), 400u);
    EXPECT_EQ(0, memcmp(d_backend.d_samples.data(), d_data.data() + 200, 400));
}

TEST_F(Settings, ResampleThePart)
{
    with(",start=0.1,stop=0.3,rate=1500").apply(d_backend);
    EXPECT_EQ(d_backend.d_scene.samples, 300u);
    EXPECT_EQ(d_backend.d_samples.size(), 600u);
    EXPECT_EQ(d_backend.d_scene.rate_num, 1500u);
    EXPECT_EQ(d_backend.d_config.rate_num, 1500u);
}

TEST_F(Settings, SayWhetherTheRecordingLoops)
{
    with("").apply(d_backend);
    EXPECT_EQ(d_backend.d_scene.flags, 0u);
    with(",loop=yes").apply(d_backend);
    EXPECT_EQ(d_backend.d_scene.flags, 0u);
    with(",loop=no").apply(d_backend);
    EXPECT_EQ(d_backend.d_scene.flags, 1u);
}

TEST_F(Settings, NameLoopWhenADriverDoesNotKnowIt)
{
    d_backend.d_flags_known = 0;
    EXPECT_NO_THROW(with("").apply(d_backend));
    const std::string message =
        message_of<std::system_error>([&] { with(",loop=no").apply(d_backend); });
    expect_says(message, { "still: ", "loop only", "remove loop=no" });
}

TEST_F(Settings, GiveADeviceThatReturnsTheSamePart)
{
    settings s = with(",start=0.1,stop=0.3,rate=1500,loop=no");
    s.apply(d_backend);
    still_backend returned;
    s.restore(returned, tuned_to(1500));
    EXPECT_EQ(0, memcmp(&returned.d_scene, &d_backend.d_scene, sizeof(zcring_scene)));
    EXPECT_EQ(returned.d_samples, d_backend.d_samples);
}

// The frequency of the tone follows from the rate at which the scene is set.
TEST_F(Settings, GiveADeviceThatReturnsTheToneAndThenTheRate)
{
    settings s(parse_arguments("scene=tone,rate=2e6"));
    s.apply(d_backend);
    still_backend returned;
    s.restore(returned, tuned_to(500000));
    EXPECT_EQ(returned.d_scene.kind, static_cast<unsigned>(ZCRING_SCENE_TONE));
    EXPECT_EQ(returned.d_config.rate_num, 2000000u);
    EXPECT_EQ(returned.d_rate, 500000u);
}

// A rate of less than a 64th of the recording's: the scene has 64 times the rate.
TEST_F(Settings, GiveADeviceThatReturnsTheSceneOfALowRate)
{
    settings s = with(",rate=10");
    s.apply(d_backend);
    EXPECT_EQ(d_backend.d_scene.rate_num, 640u);
    still_backend returned;
    s.restore(returned, tuned_to(10));
    EXPECT_EQ(0, memcmp(&returned.d_scene, &d_backend.d_scene, sizeof(zcring_scene)));
}

TEST_F(Settings, RefuseAPartThatIsNotThere)
{
    expect_says(message_of<std::invalid_argument>([&] { with(",start=0.5").apply(d_backend); }),
                { "start=0.5", "0 to 0.4,", "seconds" });
    EXPECT_EQ(d_backend.d_scene.kind, 0u);
}

} // namespace
