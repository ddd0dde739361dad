// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading parts of a recording: channels, segments and times, a file that becomes shorter, and a
// file that is far larger than memory.
#include "own_memory.h"
#include "recording.h"
#include "support.h"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using zcring::recording;
using zcring::segment;
using zcring_test::expect_says;
using zcring_test::message_of;
using zcring_test::temporary_directory;

class RecordingRead : public testing::Test
{
protected:
    std::string write_meta(const std::string& datatype,
                           unsigned channels,
                           const std::string& captures = "",
                           const std::string& more = "")
    {
        return d_where.write("x.sigmf-meta",
                             R"({"global": {"core:datatype": ")" + datatype +
                                 R"(", "core:sample_rate": 1000, "core:num_channels": )" +
                                 std::to_string(channels) + more + R"(}, "captures": [)" +
                                 captures + "]}");
    }

    template <class T>
    void write_data(const std::vector<T>& values)
    {
        d_where.write("x.sigmf-data", values.data(), values.size() * sizeof(T));
    }

    std::filesystem::path data_path() const { return d_where.path() / "x.sigmf-data"; }

    // A recording of @samples samples with these captures.
    std::string with_captures(const std::string& captures, std::size_t samples = 1000)
    {
        write_data(std::vector<std::int8_t>(2 * samples));
        return write_meta("ci8", 1, captures);
    }

    temporary_directory d_where;
};

// The value of I of the sample @k of @channel; Q is the inverse.
std::int16_t value_of(unsigned channel, std::size_t k)
{
    return static_cast<std::int16_t>(k * 8 + channel);
}

std::vector<std::int16_t> frames(unsigned channels, std::size_t n)
{
    std::vector<std::int16_t> values;
    for (std::size_t k = 0; k < n; k++)
        for (unsigned c = 0; c < channels; c++) {
            values.push_back(value_of(c, k));
            values.push_back(static_cast<std::int16_t>(~value_of(c, k)));
        }
    return values;
}

TEST_F(RecordingRead, TakesOneChannelOutOfTheFrames)
{
    constexpr std::size_t n = 5000; // more than the buffer that read() uses
    for (unsigned channels : { 1u, 2u, 3u, 8u }) {
        write_data(frames(channels, n));
        const recording r(write_meta("ci16_le", channels));
        ASSERT_EQ(r.samples(), n);
        for (unsigned c = 0; c < channels; c++) {
            std::vector<std::int16_t> got(2 * (n - 7));
            ASSERT_TRUE(r.read(c, 7, n - 7, reinterpret_cast<std::byte*>(got.data())));
            for (std::size_t k = 0; k < n - 7; k++) {
                ASSERT_EQ(got[2 * k], value_of(c, k + 7)) << channels << " channels, " << k;
                ASSERT_EQ(got[2 * k + 1], ~value_of(c, k + 7)) << channels << " channels, " << k;
            }
        }
    }
}

TEST_F(RecordingRead, LoadsOneChannelAfterTheOther)
{
    write_data(frames(3, 100));
    const recording r(write_meta("ci16_le", 3));
    const std::vector<std::byte> all = r.load();
    ASSERT_EQ(all.size(), 3u * 100 * 4);
    EXPECT_EQ(r.clamped(), 0u);
    std::vector<std::int16_t> values(600);
    std::memcpy(values.data(), all.data(), all.size());
    for (unsigned c = 0; c < 3; c++)
        for (std::size_t k = 0; k < 100; k++)
            ASSERT_EQ(values[200 * c + 2 * k], value_of(c, k));
}

TEST_F(RecordingRead, ClampsFloatsAndCountsEachSampleOnce)
{
    const float inf = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    write_data<float>({ 0.5f, -1, 1.01f, 0, 7, -7, -inf, inf, nan, 0.25f, nan, 2, 1, -0.0f });
    const recording r(write_meta("cf32_le", 1));
    const std::vector<std::byte> all = r.load();
    EXPECT_EQ(r.clamped(), 4u);
    std::vector<float> got(14);
    ASSERT_EQ(all.size(), got.size() * sizeof(float));
    std::memcpy(got.data(), all.data(), all.size());
    EXPECT_EQ(got, std::vector<float>({ 0.5f, -1, 1, 0, 1, -1, -1, 1, 0, 0.25f, 0, 1, 1, -0.0f }));
}

TEST_F(RecordingRead, RefusesSamplesThatAreNotThere)
{
    write_data(frames(2, 10));
    const recording r(write_meta("ci16_le", 2));
    std::vector<std::byte> out(4 * 16);
    EXPECT_TRUE(r.read(1, 0, 10, out.data()));
    EXPECT_TRUE(r.read(1, 10, 0, out.data()));
    EXPECT_FALSE(r.read(2, 0, 1, out.data()));
    EXPECT_FALSE(r.read(0, 0, 11, out.data()));
    EXPECT_FALSE(r.read(0, 11, 0, out.data()));
    EXPECT_FALSE(r.read(0, 1, std::numeric_limits<std::uint64_t>::max(), out.data()));
}

TEST_F(RecordingRead, FailsIfTheFileBecomesShorter)
{
    for (unsigned channels : { 1u, 2u }) {
        write_data(frames(channels, 1000));
        const recording r(write_meta("ci16_le", channels));
        std::vector<std::byte> out(4000);
        ASSERT_TRUE(r.read(0, 0, 1000, out.data()));
        std::filesystem::resize_file(data_path(), channels * 4 * 500);
        EXPECT_TRUE(r.read(0, 0, 500, out.data()));
        EXPECT_FALSE(r.read(0, 0, 1000, out.data()));
        EXPECT_FALSE(r.read(0, 999, 1, out.data()));
        const std::string message =
            message_of<std::system_error>([&] { static_cast<void>(r.load()); });
        expect_says(message, { "x.sigmf-data", "check the disk" });
    }
}

TEST_F(RecordingRead, NeedsNoMemoryForALargeFile)
{
    constexpr std::uint64_t bytes = std::uint64_t{ 20 } << 30;
    write_data(std::vector<std::uint8_t>{});
    std::filesystem::resize_file(data_path(), bytes);
    const std::string path = write_meta("ci16_le", 2, "", R"(, "core:sha512": "not checked")");
    std::vector<std::byte> out(4 << 16, std::byte{ 1 });
    const std::uint64_t before = zcring_test::own_memory_kib();
    const recording r(path);
    ASSERT_EQ(r.samples(), bytes / 8);
    for (std::uint64_t k = 0; k < 256; k++)
        ASSERT_TRUE(r.read(1, k * (r.samples() >> 8), 1 << 16, out.data()));
    EXPECT_EQ(out, std::vector<std::byte>(out.size()));
    EXPECT_LT(zcring_test::own_memory_kib(), before + 8192);
    expect_says(message_of<std::invalid_argument>([&] { static_cast<void>(r.load()); }),
                { "1073741824", "start= and stop=" });
}

void expect_segments(const recording& r, const std::vector<segment>& expected)
{
    ASSERT_EQ(r.segments().size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); k++) {
        EXPECT_EQ(r.segments()[k].first, expected[k].first) << k;
        EXPECT_EQ(r.segments()[k].frequency, expected[k].frequency) << k;
        EXPECT_EQ(r.segments()[k].gap, expected[k].gap) << k;
    }
}

TEST_F(RecordingRead, KnowsEveryCapture)
{
    const recording r(with_captures(
        R"({"core:sample_start": 0, "core:frequency": 1e8, "core:global_index": 5000},)"
        R"({"core:sample_start": 300, "core:frequency": 2e8, "core:global_index": 5300},)"
        R"({"core:sample_start": 400, "core:global_index": 5450},)"
        R"({"core:sample_start": 500, "core:frequency": 3e8},)"
        R"({"core:sample_start": 600, "core:global_index": 9223372036854775807})"));
    expect_segments(r,
                    { { 0, 1e8, 0 },
                      { 300, 2e8, 0 },
                      { 400, {}, 50 },
                      { 500, 3e8, 0 },
                      { 600, {}, 9223372036854775807u - 5650 } });
    EXPECT_EQ(r.frequency(), 1e8);
}

TEST_F(RecordingRead, HasOneSegmentWithoutCaptures)
{
    expect_segments(recording(with_captures("")), { {} });
    const recording late(with_captures(R"({"core:sample_start": 5, "core:frequency": 1e8})"));
    expect_segments(late, { {}, { 5, 1e8, 0 } });
    EXPECT_EQ(late.frequency(), 1e8);
}

TEST_F(RecordingRead, TakesTheLastCaptureOfASample)
{
    const recording r(with_captures(R"({"core:sample_start": 0, "core:global_index": 0},)"
                                    R"({"core:sample_start": 5, "core:global_index": 7},)"
                                    R"({"core:sample_start": 5, "core:global_index": 10,)"
                                    R"( "core:frequency": 1e8})"));
    expect_segments(r, { {}, { 5, 1e8, 5 } });
}

TEST_F(RecordingRead, RefusesAGlobalIndexThatGoesBack)
{
    const std::string path = with_captures(R"({"core:sample_start": 0, "core:global_index": 50},)"
                                           R"({"core:sample_start": 9, "core:global_index": 58})");
    expect_says(message_of<std::invalid_argument>([&] { recording r(path); }),
                { "x.sigmf-meta", "core:global_index", "sample 9", "58", "59", "correct" });
    EXPECT_THROW(recording(with_captures(R"({"core:sample_start": 0, "core:global_index": -1})")),
                 std::invalid_argument);
}

TEST_F(RecordingRead, SelectsAPartByTime)
{
    write_data(frames(2, 1000));
    const std::string path =
        write_meta("ci16_le",
                   2,
                   R"({"core:sample_start": 0, "core:frequency": 1e8, "core:global_index": 0},)"
                   R"({"core:sample_start": 300, "core:frequency": 2e8, "core:global_index": 310},)"
                   R"({"core:sample_start": 400, "core:frequency": 3e8, "core:global_index": 430},)"
                   R"({"core:sample_start": 700, "core:frequency": 4e8})");
    const recording part(path, 0.35, 0.7);
    EXPECT_EQ(part.samples(), 350u);
    expect_segments(part, { { 0, 2e8, 0 }, { 50, 3e8, 20 } });
    EXPECT_EQ(part.frequency(), 2e8);
    std::int16_t iq[2];
    ASSERT_TRUE(part.read(1, 0, 1, reinterpret_cast<std::byte*>(iq)));
    EXPECT_EQ(iq[0], value_of(1, 350));
    ASSERT_TRUE(part.read(1, 349, 1, reinterpret_cast<std::byte*>(iq)));
    EXPECT_EQ(iq[0], value_of(1, 699));
    EXPECT_FALSE(part.read(1, 350, 1, reinterpret_cast<std::byte*>(iq)));
    const std::vector<std::byte> all = part.load();
    ASSERT_EQ(all.size(), 2u * 350 * 4);
    std::memcpy(iq, all.data() + 350 * 4, sizeof(iq));
    EXPECT_EQ(iq[0], value_of(1, 350));
    expect_segments(recording(path, 0.3, {}), { { 0, 2e8, 0 }, { 100, 3e8, 20 }, { 400, 4e8, 0 } });
    expect_segments(recording(path, {}, 0.3), { { 0, 1e8, 0 } });
    EXPECT_EQ(recording(path, 0, 1).samples(), 1000u);
}

TEST_F(RecordingRead, RefusesTimesOutsideOfIt)
{
    const std::string path = with_captures("");
    const auto refusal = [&](std::optional<double> start, std::optional<double> stop) {
        return message_of<std::invalid_argument>([&] { recording r(path, start, stop); });
    };
    expect_says(refusal(1.002, {}), { "start=1.002", "0 to 1,", "seconds" });
    expect_says(refusal({}, 1e9), { "stop=", "0 to 1,", "seconds" });
    for (const auto& [start, stop] : std::vector<std::pair<double, double>>{
             { 1, 1 }, { 0.5, 0.5 }, { 0.5, 0.4 }, { 0.5, 0.5004 } })
        expect_says(refusal(start, stop), { "start=", "stop=", "no sample" });
    expect_says(refusal(std::nan(""), {}), { "start=nan" });
}

TEST_F(RecordingRead, RefusesAFileThatIsNoRegularOne)
{
    std::filesystem::create_directory(data_path());
    const std::string path = write_meta("ci8", 1);
    expect_says(message_of<std::invalid_argument>([&] { recording r(path); }),
                { "x.sigmf-data", "regular file" });
}

} // namespace
