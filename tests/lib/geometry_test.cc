// SPDX-License-Identifier: GPL-3.0-or-later
//
// A producer that describes its ring wrongly: no address is computed from such a description.
#include "geometry.h"

#include <gtest/gtest.h>

#include <functional>

namespace {

zcring_info good()
{
    zcring_info info{};
    info.channels = 8;
    info.format = ZCRING_FORMAT_FC32;
    info.sample_bytes = 8;
    info.ring_samples = 1u << 27;
    info.burst_slots = 4096;
    info.burst_bytes = sizeof(zcring_burst);
    return info;
}

TEST(Geometry, AcceptsTheLargestRing)
{
    const zcring_info info = good();
    EXPECT_EQ(zcring::geometry_fault(info), nullptr);
    EXPECT_EQ(zcring::data_bytes(info), 1u << 30);
    EXPECT_EQ(zcring::burst_bytes(info), 4096 * sizeof(zcring_burst));
}

TEST(Geometry, AcceptsLargerDescriptorsThanItKnows)
{
    zcring_info info = good();
    info.burst_bytes += 8;
    EXPECT_EQ(zcring::geometry_fault(info), nullptr);
}

TEST(Geometry, RefusesEachFieldThatCannotBe)
{
    const std::pair<const char*, std::function<void(zcring_info&)>> faults[] = {
        { "no channel", [](zcring_info& i) { i.channels = 0; } },
        { "nine channels", [](zcring_info& i) { i.channels = 9; } },
        { "no format", [](zcring_info& i) { i.format = 0; } },
        { "another size of a sample", [](zcring_info& i) { i.sample_bytes = 4; } },
        { "no ring", [](zcring_info& i) { i.ring_samples = 0; } },
        { "an odd ring", [](zcring_info& i) { i.ring_samples = 3000; } },
        { "a ring of 2 GiB", [](zcring_info& i) { i.ring_samples = 1u << 28; } },
        { "no descriptor", [](zcring_info& i) { i.burst_slots = 0; } },
        { "an odd number of descriptors", [](zcring_info& i) { i.burst_slots = 4095; } },
        { "2^60 descriptors", [](zcring_info& i) { i.burst_slots = 1ull << 60; } },
        { "descriptors too close", [](zcring_info& i) { i.burst_bytes = 248; } },
        { "descriptors not aligned", [](zcring_info& i) { i.burst_bytes = 260; } },
        { "descriptors far apart", [](zcring_info& i) { i.burst_bytes = 1u << 31; } },
    };
    for (const auto& [what, spoil] : faults) {
        zcring_info info = good();
        spoil(info);
        EXPECT_NE(zcring::geometry_fault(info), nullptr) << what;
    }
}

} // namespace
