// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server that gets no processor for a while, as on a busy machine: receivers lose nothing for which
// their rings have room. Sample n of the feed has the value n + 1; silence is 0.
#include "support/served.h"

#include <zcring/antenna.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace {

using namespace zcring;
using namespace zcring_test;

constexpr std::uint64_t rate = 200000;
constexpr std::uint64_t samples = 8 * rate;

// 21 s of the feed, and more at a part of its rate; as many descriptors.
device open_receiver(const std::string& more)
{
    return device("device=late,format=sc16,noise=none,gain=0,interval_us=10000,"
                  "ring_bytes=16777216," +
                  more);
}

// Lost samples, to the end of the stream; words of the first channel are added to heard.
std::uint64_t read_all(reader& in, std::vector<std::uint32_t>& heard)
{
    std::uint64_t lost = 0;
    while (in.wait(1, patience) == status::data) {
        const reader::view v = in.acquire();
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples))
            lost += b->lost;
        const auto* words = static_cast<const std::uint32_t*>(v.channel[0]);
        heard.insert(heard.end(), words, words + v.samples);
        in.release(v.samples);
    }
    return lost;
}

TEST(LateServer, LosesNothingForWhichReceiversHaveRoom)
{
    served server("late", { "pace=real" });
    server.begin();
    device whole = open_receiver("rate=2e5,freq=1e8"),
           part = open_receiver("rate=5e4,freq=100.02e6");
    reader in(whole), in_part(part);
    antenna out("late");
    antenna::feed_options options;
    options.rate = rate;
    options.buffer_samples = samples;
    out.begin_feed(options);
    whole.start();
    part.start();
    std::vector<std::uint32_t> feed(samples);
    std::iota(feed.begin(), feed.end(), 1u);
    const void* channel = feed.data();
    ASSERT_EQ(out.write(&channel, samples), samples);
    out.end_feed();
    // More than what the antenna keeps for receivers that are behind, then much more.
    for (const auto time : { 800ms, 3000ms })
        server.stop_for(time);
    std::vector<std::uint32_t> heard, heard_part;
    EXPECT_EQ(read_all(in, heard), 0u);
    EXPECT_EQ(read_all(in_part, heard_part), 0u);
    EXPECT_EQ(whole.telemetry().lost_samples, 0u);
    EXPECT_EQ(part.telemetry().lost_samples, 0u);
    std::size_t first = 0;
    while (first < heard.size() && !heard[first])
        first++;
    ASSERT_EQ(heard.size() - first, samples);
    EXPECT_TRUE(
        std::equal(feed.begin(), feed.end(), heard.begin() + static_cast<std::ptrdiff_t>(first)));
    EXPECT_GE(heard_part.size(), samples / 4);
}

} // namespace
