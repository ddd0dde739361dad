// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recordings with gaps, with an end, of several channels, and longer than memory, on the air. Runs
// on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "own_memory.h"
#include "support.h"

#include <algorithm>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr double recorded_rate = 1e6;

// Samples of ci16 whose 32 bits are their index.
std::vector<std::uint8_t> indices(std::uint32_t n)
{
    std::vector<std::uint8_t> out(n * sizeof(n));
    for (std::uint32_t k = 0; k < n; k++)
        memcpy(out.data() + k * sizeof(k), &k, sizeof(k));
    return out;
}

struct capture {
    std::uint64_t sample_start;
    std::uint64_t global_index;
};

std::string write_recording_with_gaps(const temporary_directory& where,
                                      const std::vector<std::uint8_t>& samples,
                                      const std::vector<capture>& captures,
                                      unsigned channels = 1)
{
    where.write("a.sigmf-data", samples.data(), samples.size());
    std::string list;
    for (const capture& c : captures)
        list += std::string(list.empty() ? "" : ", ") + R"({"core:sample_start": )" +
                std::to_string(c.sample_start) + R"(, "core:global_index": )" +
                std::to_string(c.global_index) + R"(, "core:frequency": 433920000})";
    return where.write("a.sigmf-meta",
                       R"({"global": {"core:datatype": "ci16_le", "core:sample_rate": )" +
                           std::to_string(recorded_rate) + R"(, "core:num_channels": )" +
                           std::to_string(channels) + R"(}, "captures": [)" + list + "]}");
}

// Arguments for a recording that lose no sample for want of time.
std::string playing(const std::string& path, const std::string& more = "")
{
    return device_under_test() + (on_emulator() ? ",pace=free" : "") +
           ",format=sc16,gain=0,ring_bytes=8388608,interval_us=2000,dma=copy,seed=0,scene=" + path +
           more;
}

struct run {
    std::uint64_t clock;
    std::uint64_t samples;
    std::uint64_t lost;
};

bool operator==(const run& a, const run& b)
{
    return a.clock == b.clock && a.samples == b.samples && a.lost == b.lost;
}

std::ostream& operator<<(std::ostream& out, const run& r)
{
    return out << r.lost << " lost, then " << r.samples << " from " << r.clock;
}

// What was received before the end of the stream, as runs without a gap; `each` sees all samples.
std::vector<run>
receive_all(device& dev, const std::function<void(std::uint64_t, const void*, std::uint64_t)>& each)
{
    std::vector<run> runs;
    reader in(dev);
    dev.start();
    status s;
    while ((s = in.wait(1, patience)) == status::data) {
        reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples)) {
            if (runs.empty() || b->lost)
                runs.push_back({ b->sample_clock, 0, b->lost });
            runs.back().samples += b->samples;
            each(b->sample_clock,
                 static_cast<const std::uint32_t*>(v.channel[0]) + (b->index - v.index),
                 b->samples);
        }
        in.release(v.samples);
    }
    EXPECT_EQ(s, status::stopped);
    expect_accounting(dev, in);
    return runs;
}

constexpr std::uint32_t recorded_samples = 11000;
// 106 samples are missing before the sample 3001, and 91 before 7003.
const std::vector<capture> two_gaps = { { 0, 5000 }, { 3001, 8107 }, { 7003, 12200 } };

TEST(RecordingWithGaps, LosesWhatWasNotRecorded)
{
    const temporary_directory where;
    const std::string path = write_recording_with_gaps(where, indices(recorded_samples), two_gaps);
    device dev(playing(path, ",loop=no"));
    std::uint64_t index = 0;
    const auto runs = receive_all(dev, [&](std::uint64_t, const void* at, std::uint64_t n) {
        const auto* samples = static_cast<const std::uint32_t*>(at);
        for (std::uint64_t k = 0; k < n; k++)
            ASSERT_EQ(samples[k], index++);
    });
    const std::vector<run> expected = { { 0, 3001, 0 }, { 3107, 4002, 106 }, { 7200, 3997, 91 } };
    EXPECT_EQ(runs, expected);
    EXPECT_EQ(index, recorded_samples);
    EXPECT_EQ(dev.telemetry().lost_samples, 106u + 91u);
}

// Places 3001 to 3106 and 7109 to 7199 are missing; 11197 places in all.
TEST(RecordingWithGaps, RoundsGapsOutwardWhereItIsDecimated)
{
    const temporary_directory where;
    const std::string path = write_recording_with_gaps(where, indices(recorded_samples), two_gaps);
    device dev(playing(path, ",loop=no,rate=125000"));
    const std::vector<run> expected = { { 0, 375, 0 }, { 389, 499, 14 }, { 900, 500, 12 } };
    EXPECT_EQ(receive_all(dev, [](std::uint64_t, const void*, std::uint64_t) {}), expected);
}

TEST(RecordingWithGaps, HasTheSameGapsInEachLoop)
{
    const temporary_directory where;
    const std::string path =
        write_recording_with_gaps(where, indices(1000), { { 0, 0 }, { 400, 500 } });
    device dev(playing(path));
    reader in(dev);
    dev.start();
    std::uint64_t clock = 0;
    while (clock < 20000) {
        ASSERT_EQ(in.wait(1, patience), status::data);
        const reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples)) {
            ASSERT_EQ(b->sample_clock, clock + b->lost);
            ASSERT_EQ(b->lost, clock % 1100 == 400 ? 100u : 0u) << clock;
            clock = b->sample_clock + b->samples;
        }
        in.release(v.samples);
    }
    expect_accounting(dev, in);
}

// With free pace a gap takes no time, however long it is.
TEST(RecordingWithGaps, SkipsAGapOfYears)
{
    SKIP_WITHOUT_FREE_PACE();
    const std::uint64_t years = 1000000000000000;
    const temporary_directory where;
    device dev(playing(
        write_recording_with_gaps(where, indices(1000), { { 0, 0 }, { 400, years } }), ",loop=no"));
    const std::vector<run> expected = { { 0, 400, 0 }, { years, 600, years - 400 } };
    EXPECT_EQ(receive_all(dev, [](std::uint64_t, const void*, std::uint64_t) {}), expected);
}

TEST(RecordingWithGaps, IsRefusedIfAGapIsTooLong)
{
    const temporary_directory where;
    const std::string path = write_recording_with_gaps(
        where, indices(1000), { { 0, 0 }, { 400, std::uint64_t{ 1 } << 60 } });
    expect_says(message_of<std::invalid_argument>([&] { device dev(playing(path)); }),
                { "a.sigmf-meta", "core:global_index", "sample 400" });
}

TEST(RecordingOfChannels, FeedsTheChannelsOfTheDevice)
{
    const temporary_directory where;
    const std::string path = write_recording_with_gaps(where, indices(2000), { { 0, 0 } }, 2);
    device dev(playing(path, ",loop=no"));
    ASSERT_EQ(dev.channels(), 2u);
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1000, patience), status::data);
    const reader::view v = in.acquire();
    ASSERT_EQ(v.samples, 1000u);
    for (std::uint32_t c = 0; c < 2; c++)
        for (std::uint32_t k = 0; k < 1000; k++)
            ASSERT_EQ(static_cast<const std::uint32_t*>(v.channel[c])[k], 2 * k + c);
    in.release(v.samples);
    EXPECT_EQ(in.wait(1, patience), status::stopped);
    expect_says(
        message_of<std::invalid_argument>([&] { device more(playing(path, ",channels=3")); }),
        { "a.sigmf-meta", "2 channels", "channels=" });
}

TEST(RecordingOfChannels, OfOneChannelFeedsAll)
{
    const temporary_directory where;
    const std::string path = write_recording_with_gaps(where, indices(1000), { { 0, 0 } });
    device dev(playing(path, ",channels=3"));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(1000, patience), status::data);
    const reader::view v = in.acquire();
    for (std::uint32_t c = 0; c < 3; c++)
        EXPECT_EQ(static_cast<const std::uint32_t*>(v.channel[c])[999], 999u);
}

// 20 GiB, a hole but for the first samples.
class LongRecording : public testing::Test
{
protected:
    void SetUp() override
    {
        SKIP_WITHOUT_FREE_PACE(); // a device holds recordings in memory
        d_path = write_recording_with_gaps(d_where, indices(500000), { { 0, 0 } });
        std::filesystem::resize_file(data(), std::uint64_t{ 20 } << 30);
    }
    std::filesystem::path data() const { return d_where.path() / "a.sigmf-data"; }

    temporary_directory d_where;
    std::string d_path;
};

TEST_F(LongRecording, PlaysFromItsFileInMemoryThatDoesNotGrow)
{
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the memory of ThreadSanitizer itself grows";
#endif
    for (const unsigned decimation : { 1u, 8u }) {
        device dev(playing(
            d_path, ",rate=" + std::to_string(static_cast<unsigned>(recorded_rate) / decimation)));
        reader in(dev);
        dev.start();
        std::uint64_t before = 0;
        for (std::uint64_t index = 0; index < 16000000 / decimation;) {
            ASSERT_EQ(in.wait(100000, patience), status::data);
            const reader::view v = in.acquire();
            for (std::uint64_t k = 0; k < v.samples && decimation == 1 && index + k < 500000; k++)
                ASSERT_EQ(static_cast<const std::uint32_t*>(v.channel[0])[k], index + k);
            index += v.samples;
            in.release(v.samples);
            if (!before && index > 4000000 / decimation) // the whole ring has been written
                before = own_memory_kib();
        }
        EXPECT_LT(own_memory_kib(), before + 1024);
    }
}

TEST_F(LongRecording, EndsTheStreamByAFaultIfItIsTruncated)
{
    device dev(playing(d_path, ",rate=500000"));
    reader in(dev);
    dev.start();
    ASSERT_EQ(in.wait(100000, patience), status::data);
    std::filesystem::resize_file(data(), 4000000);
    status s;
    while ((s = in.wait(1, patience)) == status::data)
        in.release(in.acquire().samples);
    EXPECT_EQ(s, status::fault);
    EXPECT_LE(dev.telemetry().produced_samples, 500000u);
}

TEST_F(LongRecording, IsNotResampled)
{
    expect_says(
        message_of<std::invalid_argument>([&] { device dev(playing(d_path, ",rate=300000")); }),
        { "a.sigmf-meta", "rate=300000", "1000000 divided by", "1 to 64", "start=" });
}

} // namespace
