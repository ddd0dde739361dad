// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recordings as scenes: they are uploaded by write() to the antenna, complete or refused, and repeat
// exactly.
#include "fixture.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

namespace driver {

namespace {

// A recording at the rate of the default configuration.
zcring_scene recording(std::uint64_t samples)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.format = ZCRING_FORMAT_SC16;
    scene.samples = samples;
    scene.rate_num = default_config().rate_num;
    scene.rate_den = 1;
    return scene;
}

// Plays for a moment and returns the number of samples that differ from the counter.
std::uint64_t wrong_while_streaming(const device_file& file)
{
    const mapped_ring ring(file);
    EXPECT_EQ(file.start(), 0);
    EXPECT_TRUE(file.wait_readable());
    EXPECT_EQ(file.stop(), 0);
    EXPECT_GT(ring.head(), 0u);
    return wrong_in_counter(ring, 0, 0, ring.head());
}

TEST_F(Driver, AnIncompleteRecordingLeavesTheOldSceneOnTheAir)
{
    const antenna_file antenna;
    const std::vector<char> bytes(4000, 1);
    EXPECT_EQ(antenna.write(bytes.data(), 1), -ENOSPC) << "no size was announced";
    zcring_scene scene = recording(1000);
    ASSERT_EQ(antenna.scene(scene), 0);
    EXPECT_EQ(antenna.write(bytes.data(), 3999), 3999);
    EXPECT_EQ(wrong_while_streaming(device_file()), 0u);
    EXPECT_EQ(antenna.write(bytes.data(), 4000), 1) << "more bytes than announced were accepted";
    EXPECT_EQ(antenna.write(bytes.data(), 1), -ENOSPC);
    EXPECT_NE(wrong_while_streaming(device_file()), 0u) << "the recording is on the air";
}

TEST_F(Driver, ASceneThatIsRefusedLeavesTheOldScene)
{
    {
        const antenna_file antenna;
        zcring_scene scene = recording(1ull << 40);
        EXPECT_EQ(antenna.scene(scene), EINVAL);
        EXPECT_EQ(antenna.scene(99), EINVAL);
        scene.samples = 1000;
        ASSERT_EQ(antenna.scene(scene), 0);
        // closed with nothing written
    }
    EXPECT_EQ(wrong_while_streaming(device_file()), 0u);
}

// The segments are checked when they are complete, and before anything of them is on the air.
TEST_F(Driver, SegmentsThatContradictEachOtherLeaveTheOldScene)
{
    const antenna_file antenna;
    zcring_scene scene = recording(100);
    scene.segments = 2;
    scene.channels = 2;
    constexpr std::size_t bytes = 2 * sizeof(zcring_segment) + 2 * 100 * 4;
    std::vector<char> content(bytes, 0);
    const auto write_segments = [&](const zcring_segment& second) {
        memcpy(content.data() + sizeof(zcring_segment), &second, sizeof(second));
        EXPECT_EQ(antenna.scene(scene), 0);
        EXPECT_EQ(antenna.write(content.data(), bytes - 1), static_cast<ssize_t>(bytes - 1));
        return antenna.write(content.data() + bytes - 1, 1);
    };
    for (const std::uint64_t first : { std::uint64_t{ 0 }, std::uint64_t{ 100 }, ~std::uint64_t{} })
        EXPECT_EQ(write_segments({ first, 200, 0, 0 }), -EINVAL);
    for (const std::uint64_t place : { std::uint64_t{ 49 }, ~std::uint64_t{} })
        EXPECT_EQ(write_segments({ 50, place, 0, 0 }), -EINVAL);
    EXPECT_EQ(antenna.write(content.data(), 1), -ENOSPC) << "the scene was dropped";
    EXPECT_EQ(wrong_while_streaming(device_file()), 0u);
    EXPECT_EQ(write_segments({ 50, 60, 0, 0 }), 1);
    scene.segments = ZCRING_SEGMENTS_MAX + 1;
    EXPECT_EQ(antenna.scene(scene), EINVAL);
    scene.segments = 0;
    scene.channels = 2;
    scene.samples = ZCRING_SCENE_BYTES_MAX / 8 + 1;
    EXPECT_EQ(antenna.scene(scene), EINVAL);
}

// The search for the first sample takes several steps, also on a board whose samples the front end
// makes.
TEST_F(Driver, AllSamplesAcrossManyGapsAreLost)
{
    constexpr std::uint64_t gaps = ZCRING_SEGMENTS_MAX - 1;
    device_file file;
    const antenna_file antenna;
    zcring_scene scene = recording(gaps + 65536);
    scene.segments = ZCRING_SEGMENTS_MAX;
    scene.rate_num *= 2; // each sample covers two places, and one of them is in a gap
    std::vector<char> content(ZCRING_SEGMENTS_MAX * sizeof(zcring_segment) + scene.samples * 4);
    for (std::uint64_t k = 0; k < ZCRING_SEGMENTS_MAX; k++) {
        const zcring_segment segment{ k, 2 * k, 0, 0 };
        memcpy(content.data() + k * sizeof(segment), &segment, sizeof(segment));
    }
    ASSERT_EQ(antenna.scene(scene), 0);
    ASSERT_EQ(antenna.write(content.data(), content.size()), static_cast<ssize_t>(content.size()));
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(file.wait_readable());
    ASSERT_EQ(file.stop(), 0);
    EXPECT_EQ(ring.burst(0).lost, gaps);
    EXPECT_EQ(ring.burst(0).sample_clock, gaps);
    EXPECT_EQ(ring.burst(0).index, 0u);
}

TEST_F(Driver, ARecordingAtAnotherRateDoesNotStart)
{
    const device_file file;
    const antenna_file antenna;
    zcring_scene scene = recording(1);
    scene.rate_num++;
    ASSERT_EQ(antenna.scene(scene), 0);
    ASSERT_EQ(antenna.write("abcd", 4), 4);
    EXPECT_EQ(file.start(), ERANGE);
}

TEST_F(Driver, ARecordingRepeatsWithoutAGap)
{
    const device_file file;
    const antenna_file antenna;
    zcring_config config = default_config();
    config.ring_bytes = 256 << 10; // 65536 samples
    config.rate_num = 100000;
    ASSERT_EQ(file.configure(config), 0);
    std::vector<std::uint32_t> samples(1237);
    for (std::size_t i = 0; i < samples.size(); i++)
        samples[i] = static_cast<std::uint32_t>(i * 2654435761u);
    zcring_scene scene = recording(samples.size());
    scene.freq_uhz = 100000000 * uhz;
    scene.rate_num = config.rate_num;
    ASSERT_EQ(antenna.scene(scene), 0);
    const auto* bytes = reinterpret_cast<const char*>(samples.data());
    for (std::size_t at = 0, step = 1; at < samples.size() * 4; at += step, step += 7) {
        step = std::min(step, samples.size() * 4 - at);
        ASSERT_EQ(antenna.write(bytes + at, step), static_cast<ssize_t>(step));
    }
    const mapped_ring ring(file);
    ASSERT_EQ(file.start(), 0);
    std::uint64_t wrong = 0;
    std::uint64_t tail = 0;
    while (tail < 100000) { // over the end of the ring, too
        ASSERT_TRUE(file.wait_readable());
        const std::uint64_t head = ring.head();
        for (; tail < head; tail++)
            wrong += *ring.sample<std::uint32_t>(tail) != samples[tail % samples.size()];
        ring.release(tail);
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(file.telemetry().lost_samples, 0u);
}

} // namespace

} // namespace driver
