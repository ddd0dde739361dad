// SPDX-License-Identifier: GPL-3.0-or-later
//
// A stream of the counter scene, in sc16 and of one channel, as its consumer finds it in the ring: each
// sample is compared with what its descriptor says.
#ifndef ZCRING_TESTS_FUZZ_COUNTED_STREAM_H
#define ZCRING_TESTS_FUZZ_COUNTED_STREAM_H

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "support/counter_scene.h"
#include "zcring/abi.h"

namespace fuzz {

// The mapped regions of a device.
struct stream_pages {
    const zcring_meta* meta = nullptr;
    zcring_consumer* consumer = nullptr;
    const char* bursts = nullptr;
    const std::uint32_t* data = nullptr;
    std::uint64_t burst_bytes = 0;
    std::uint64_t burst_slots = 0;
    std::uint64_t ring_samples = 0;
};

class counted_stream final
{
public:
    explicit counted_stream(const stream_pages& pages) : d_pages(pages), d_held(pages.ring_samples)
    {
    }

    // Checks the samples that have arrived, up to @most; "" or what is wrong. They stay in the ring.
    std::string check(std::uint64_t most)
    {
        const std::uint64_t head = __atomic_load_n(&d_pages.meta->head, __ATOMIC_ACQUIRE);
        const std::uint64_t bursts = __atomic_load_n(&d_pages.meta->burst_head, __ATOMIC_ACQUIRE);
        for (; d_burst != bursts && d_index < most; d_burst++) {
            zcring_burst burst;
            std::memcpy(&burst,
                        d_pages.bursts + d_burst % d_pages.burst_slots * d_pages.burst_bytes,
                        sizeof(burst));
            if (burst.index + burst.samples > head)
                break;
            if (const std::string error = check_burst(burst); !error.empty())
                return error;
        }
        return {};
    }
    // Gives the checked samples back.
    void release() { __atomic_store_n(&d_pages.consumer->tail, d_index, __ATOMIC_RELEASE); }

    std::uint64_t checked() const { return d_index; }
    std::uint64_t lost() const { return d_lost; }
    // What the ring contains, as far as it was checked.
    const std::vector<std::uint32_t>& held() const { return d_held; }

private:
    std::string check_burst(const zcring_burst& burst)
    {
        d_lost += burst.lost;
        if (burst.index != d_index || burst.sample_clock != d_index + d_lost || !burst.samples)
            return "descriptor " + std::to_string(d_burst) + " has the index " +
                   std::to_string(burst.index) + ", the sample clock " +
                   std::to_string(burst.sample_clock) + " and " + std::to_string(burst.lost) +
                   " lost samples, after " + std::to_string(d_index) + " samples and " +
                   std::to_string(d_lost - burst.lost) + " lost ones";
        for (std::uint64_t i = 0; i < burst.samples; i++) {
            const std::uint64_t place = (d_index + i) % d_pages.ring_samples;
            d_held[place] = zcring_test::counter_sample(burst.sample_clock + i);
            if (d_pages.data[place] != d_held[place])
                return "the sample " + std::to_string(d_index + i) + " is " +
                       std::to_string(d_pages.data[place]) + " instead of " +
                       std::to_string(d_held[place]);
        }
        d_index += burst.samples;
        return {};
    }

    const stream_pages d_pages;
    std::vector<std::uint32_t> d_held;
    std::uint64_t d_burst = 0;
    std::uint64_t d_index = 0;
    std::uint64_t d_lost = 0;
};

} // namespace fuzz

#endif
