// SPDX-License-Identifier: GPL-3.0-or-later
#include <zcring/recorded_samples.h>

#include "support.h"

#include <stdexcept>

namespace {

using namespace zcring;
using namespace zcring_test;

// Two channels of ci8 at 10 S/s: sample n has n in channel 0, and 100 + n in channel 1.
std::string write_two_channels(const temporary_directory& where)
{
    std::vector<std::int8_t> frames;
    for (std::int8_t n = 0; n < 20; n++)
        frames.insert(frames.end(), { n, 0, static_cast<std::int8_t>(100 + n), 0 });
    where.write("r.sigmf-data", frames.data(), frames.size());
    return where.write(
        "r.sigmf-meta",
        R"({"global": {"core:version": "1.0.0", "core:datatype": "ci8", "core:sample_rate": 10,
             "core:num_channels": 2},
            "captures": [{"core:sample_start": 0, "core:global_index": 5},
                         {"core:sample_start": 12, "core:global_index": 20,
                          "core:frequency": 1e6}]})");
}

TEST(RecordedSamples, HasTheDescriptionAndTheGapsOfTheMetadata)
{
    const temporary_directory where;
    const recorded_samples r(write_two_channels(where));
    EXPECT_EQ(r.format(), format::sc8);
    EXPECT_EQ(r.rate(), 10);
    EXPECT_EQ(r.channels(), 2u);
    EXPECT_EQ(r.samples(), 20u);
    ASSERT_EQ(r.runs().size(), 2u);
    EXPECT_EQ(r.runs()[0].place, 0u);
    EXPECT_FALSE(r.runs()[0].frequency);
    EXPECT_EQ(r.runs()[1].first, 12u);
    EXPECT_EQ(r.runs()[1].place, 15u) << "three are missing";
    EXPECT_EQ(r.runs()[1].frequency, 1e6);
}

TEST(RecordedSamples, ReadsEachChannelOfThePart)
{
    const temporary_directory where;
    const recorded_samples r(write_two_channels(where), 1.0, 1.5);
    EXPECT_EQ(r.samples(), 5u);
    std::int8_t got[4] = {};
    r.read(1, 3, 2, got);
    EXPECT_EQ(got[0], 113);
    EXPECT_EQ(got[2], 114);
}

TEST(RecordedSamples, RefusesWhatIsNotThere)
{
    const temporary_directory where;
    const std::string path = write_two_channels(where);
    const recorded_samples r(path);
    std::int8_t got[64];
    expect_says(message_of<std::out_of_range>([&] { r.read(2, 0, 1, got); }), { "2 channels" });
    expect_says(message_of<std::out_of_range>([&] { r.read(0, 20, 1, got); }), { "20 samples" });
    std::filesystem::resize_file(where.path() / "r.sigmf-data", 8);
    EXPECT_EQ(error_of([&] { r.read(0, 5, 1, got); }), EIO);
    EXPECT_EQ(error_of([&] { recorded_samples("/none.sigmf-meta"); }), ENOENT);
}

} // namespace
