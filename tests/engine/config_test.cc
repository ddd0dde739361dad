// SPDX-License-Identifier: GPL-3.0-or-later
/* The configuration and the ranges: which values are valid, at the limits and beyond them. */
#include "front_end.h"

#include <gtest/gtest.h>

#include <iterator>
#include <vector>

namespace {

using namespace zcring_test;

TEST(Config, ChecksEveryField)
{
    const auto check = [](auto change) {
        zcring_config config;
        zcring_config_default(&config);
        change(config);
        return zcring_config_check(&config, 4096);
    };
    EXPECT_EQ(check([](zcring_config&) {}), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 4096; }), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = 1, c.rate_den = 1000; }), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = ZCRING_RATE_HZ_MAX; }), 0);
    EXPECT_EQ(check([](zcring_config& c) { c.format = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.format = 4; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.channels = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.channels = 9; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 2048; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 12288; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = 1ULL << 31; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.ring_bytes = ~0ULL; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.interval_ns = ZCRING_INTERVAL_NS_MIN - 1; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.interval_ns = ZCRING_INTERVAL_NS_MAX + 1; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_den = 0; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = ~0ULL; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.rate_num = 1, c.rate_den = 1001; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.dma = 2; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.flags = 1; }), -EINVAL);
    EXPECT_EQ(check([](zcring_config& c) { c.reserved[2] = 1; }), -EINVAL);
    zcring_config config;
    zcring_config_default(&config);
    config.ring_bytes = 4096;
    EXPECT_EQ(zcring_config_check(&config, 65536), -EINVAL) << "smaller than a page";
}

TEST(Ranges, AreThoseOfTheAbiWithoutARecording)
{
    front_end f;
    zcring_ranges ranges;
    zcring_ranges_default(&ranges);
    zcring_front_get_ranges(&f.front, &ranges);
    EXPECT_EQ(ranges.rate_min_num * 1000, ranges.rate_min_den);
    EXPECT_EQ(ranges.rate_max_num, ZCRING_RATE_HZ_MAX * ranges.rate_max_den);
    EXPECT_EQ(ranges.rate_base_num, 0u);
    EXPECT_EQ(ranges.rate_base_den, 0u);
    EXPECT_EQ(ranges.rate_divisor_max, 0u);
    EXPECT_EQ(ranges.channels_max, static_cast<u32>(ZCRING_CHANNELS_MAX));
    EXPECT_EQ(ranges.formats, 0xeu);
    EXPECT_EQ(ranges.commands_max, static_cast<u32>(ZCRING_COMMANDS_MAX));
    EXPECT_EQ(ranges.gain_step_mb, 1u);
    EXPECT_EQ(ranges.ring_bytes_max, ZCRING_RING_BYTES_MAX);
    EXPECT_TRUE(zcring_all_zero(ranges.reserved, std::size(ranges.reserved)));
}

// Each rate of the ranges starts a stream, and no rate beside them.
TEST(Ranges, OfARecordingAreItsRateDividedByWholeNumbers)
{
    front_end f;
    f.record(std::vector<u32>(1000));
    zcring_ranges ranges;
    zcring_ranges_default(&ranges);
    zcring_front_get_ranges(&f.front, &ranges);
    ASSERT_EQ(ranges.rate_base_num, rate);
    const auto start_at = [&](u64 num, u64 den) {
        zcring_config config = f.front.config;
        config.rate_num = num;
        config.rate_den = den;
        zcring_front_configure(&f.front, &config);
        const int error = f.start();
        zcring_stream_stop(&f.stream);
        return error;
    };
    for (u64 divisor = 1; divisor <= ranges.rate_divisor_max; divisor++)
        EXPECT_EQ(start_at(ranges.rate_base_num, ranges.rate_base_den * divisor), 0) << divisor;
    EXPECT_EQ(start_at(ranges.rate_min_num, ranges.rate_min_den), 0);
    EXPECT_EQ(start_at(ranges.rate_max_num, ranges.rate_max_den), 0);
    EXPECT_EQ(start_at(ranges.rate_min_num, ranges.rate_min_den + 1), -ERANGE);
    EXPECT_EQ(start_at(ranges.rate_max_num + 1, ranges.rate_max_den), -ERANGE);
    EXPECT_EQ(start_at(ranges.rate_base_num * 2, ranges.rate_base_den * 3), -ERANGE);
}

} // namespace
