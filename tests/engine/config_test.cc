// SPDX-License-Identifier: GPL-3.0-or-later
/* The configuration: which values are valid, at the limits and beyond them. */
#include "engine.h"

#include <gtest/gtest.h>

namespace {

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

} // namespace
