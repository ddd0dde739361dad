// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a device was tuned when it went away, found out from its last burst and from the
// commands that this burst may not have yet. No device is needed: the bursts are written here.
#include "engine.h"
#include "tuning_history.h"

#include <gtest/gtest.h>

#include <array>

namespace {

using zcring::tuning_history;

constexpr std::uint64_t slots = 8;

zcring_control tune(std::int64_t freq_uhz, unsigned channels = 1)
{
    zcring_control c{};
    c.what = ZCRING_CONTROL_FREQ;
    c.channels = channels;
    c.freq_uhz = freq_uhz;
    return c;
}

zcring_control set_gain(std::int32_t gain_mb)
{
    zcring_control c{};
    c.what = ZCRING_CONTROL_GAIN;
    c.channels = 1;
    c.gain_mb = gain_mb;
    return c;
}

class TuningHistory : public testing::Test
{
protected:
    TuningHistory()
    {
        zcring_tuning tuned{};
        tuned.rate_num = 1000000;
        tuned.rate_den = 1;
        tuned.channel[0].freq_uhz = 100;
        d_history.update(tuned, 0);
    }

    void write_burst(std::int64_t freq_uhz)
    {
        zcring_burst& b = d_bursts[zcring_ring_place(d_head++, slots)];
        b = {};
        b.rate_num = 2000000;
        b.rate_den = 1;
        b.bandwidth_uhz = 7;
        b.channel[0].freq_uhz = freq_uhz;
    }

    void lose_device()
    {
        const auto* first = reinterpret_cast<const std::byte*>(d_bursts.data());
        d_history.read_bursts({ first, slots, sizeof(zcring_burst) }, d_head);
    }

    tuning_history d_history;
    std::array<zcring_burst, slots> d_bursts{};
    std::uint64_t d_head = 0;
};

TEST_F(TuningHistory, StaysAsTheDeviceAnsweredWhereNoBurstFollowed)
{
    lose_device();
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 100);
    EXPECT_EQ(d_history.tuning().rate_num, 1000000u);
}

TEST_F(TuningHistory, IsThatOfTheLastBurst)
{
    for (int k = 1; k <= 20; k++) // several laps of the descriptors
        write_burst(k);
    lose_device();
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 20);
    EXPECT_EQ(d_history.tuning().rate_num, 2000000u);
    EXPECT_EQ(d_history.tuning().bandwidth_uhz, 7u);
}

TEST_F(TuningHistory, ContainsACommandThatNoBurstHasYet)
{
    write_burst(100);
    d_history.add_command(tune(200), d_head);
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 200);
    for (int k = 0; k < 2; k++) { // half made before, and up to the command's sample
        write_burst(100);
        lose_device();
        EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 200);
    }
}

TEST_F(TuningHistory, PrefersTheBurstOnceItMustHaveTheCommand)
{
    d_history.add_command(tune(200), d_head);
    for (int k = 0; k < 3; k++)
        write_burst(300); // a timed command took effect later
    lose_device();
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 300);
}

TEST_F(TuningHistory, ContainsCommandsInTheirOrderAndForTheirChannels)
{
    d_history.add_command(tune(200, 1), d_head);
    d_history.add_command(tune(300, 2), d_head);
    d_history.add_command(tune(400, 1), d_head);
    write_burst(100);
    lose_device();
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 400);
    EXPECT_EQ(d_history.tuning().channel[1].freq_uhz, 300);
}

TEST_F(TuningHistory, KeepsOnlyTheNewestOfManyCommands)
{
    for (int k = 0; k < 1000; k++)
        d_history.add_command(tune(k), d_head);
    write_burst(5);
    lose_device();
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 999);
}

TEST_F(TuningHistory, ForgetsTheCommandsOfTheStreamBefore)
{
    write_burst(100);
    d_history.add_command(tune(200), d_head);
    d_history.start_stream();
    d_head = 0;
    write_burst(300);
    lose_device();
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 300);
}

TEST_F(TuningHistory, StoresTheLastCommandOfEachKindForADeviceThatIsGone)
{
    write_burst(100);
    lose_device();
    d_history.keep(tune(200));
    d_history.keep(set_gain(10));
    d_history.keep(tune(300));
    d_history.keep(tune(400, 2)); // of another channel
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 300);
    EXPECT_EQ(d_history.tuning().channel[1].freq_uhz, 400);
    EXPECT_EQ(d_history.tuning().channel[0].gain_mb, 10);
    ASSERT_EQ(d_history.kept().size(), 3u);
    EXPECT_EQ(d_history.kept()[1].freq_uhz, 300);
}

TEST_F(TuningHistory, HasNoStoredCommandsOnceTheDeviceHasReturned)
{
    write_burst(100);
    lose_device();
    d_history.keep(tune(200));
    d_history.reopen();
    EXPECT_TRUE(d_history.kept().empty());
    d_head = 0;
    lose_device(); // at once again, without a burst
    EXPECT_EQ(d_history.tuning().channel[0].freq_uhz, 200);
}

} // namespace
