// SPDX-License-Identifier: GPL-3.0-or-later
//
// The ring of descriptors of a producer whose descriptors are larger than those that the library
// knows: a later version of the interface may have more channels.
#include "burst_ring.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace {

TEST(BurstRing, FindsADescriptorByTheDistanceThatTheProducerGives)
{
    constexpr std::uint64_t slots = 4;
    for (const std::uint32_t bytes : { 256u, 264u, 512u }) {
        std::vector<std::byte> memory(slots * bytes, std::byte{ 0xff });
        for (std::uint64_t slot = 0; slot < slots; slot++) {
            zcring_burst burst{};
            burst.index = 100 + slot;
            std::memcpy(memory.data() + slot * bytes, &burst, sizeof(burst));
        }
        const zcring::burst_ring ring{ memory.data(), slots, bytes };
        for (std::uint64_t index = 0; index < 3 * slots; index++)
            EXPECT_EQ(ring[index].index, 100 + index % slots) << bytes << " bytes";
        EXPECT_EQ(ring[~0ull].index, 103u) << "indices wrap";
    }
}

} // namespace
