// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Reading and checking a stream of the counter scene.
 */
#pragma once

#include "support.h"

#include <deque>
#include <limits>
#include <optional>
#include <utility>

namespace zcring_test {

//! Sample k of the counter scene, as docs/abi.md has it: as many low bits of the sample
//! clock as the format holds.
inline std::uint64_t count_at(const zcring::device& dev,
                              const zcring::reader::view& v,
                              unsigned channel,
                              std::uint64_t k)
{
    const auto* p = static_cast<const std::uint8_t*>(v.channel[channel]) +
                    k * zcring::sample_bytes(dev.format());
    std::uint16_t half[2];
    float x[2];

    switch (dev.format()) {
    case zcring::format::sc8:
        return p[0] | p[1] << 8;
    case zcring::format::sc16:
        std::memcpy(half, p, sizeof(half));
        return half[0] | static_cast<std::uint64_t>(half[1]) << 16;
    case zcring::format::fc32:
        std::memcpy(x, p, sizeof(x));
        return static_cast<std::uint16_t>(static_cast<int>(x[0] * 32768)) |
               static_cast<std::uint64_t>(
                   static_cast<std::uint16_t>(static_cast<int>(x[1] * 32768)))
                   << 16;
    }
    return 0;
}

//! Whether the samples of the view contain the sample clocks from clock on.
inline testing::AssertionResult
counts(const zcring::device& dev, const zcring::reader::view& v, std::uint64_t clock)
{
    const std::uint64_t mask = dev.format() == zcring::format::sc8 ? 0xffff : 0xffffffff;
    for (unsigned c = 0; c < dev.channels(); c++)
        for (std::uint64_t k = 0; k < v.samples; k++)
            if (count_at(dev, v, c, k) != ((clock + k + 4097 * c) & mask))
                return testing::AssertionFailure()
                       << "sample " << v.index + k << " of channel " << c << " is of clock "
                       << count_at(dev, v, c, k) << ", not " << clock + k + 4097 * c;
    return testing::AssertionSuccess();
}

//! Reads as an application does, checks the samples when it releases them, and the accounting
//! at the end. A view with a gap in it is kept as two views without a gap.
class consumer final
{
public:
    explicit consumer(zcring::device& dev) : d_dev(dev), d_in(dev) {}
    ~consumer() { expect_accounting(d_dev, d_in); }
    consumer(const consumer&) = delete;
    consumer& operator=(const consumer&) = delete;

    // The next stream begins here.
    void follow(std::uint64_t first_index = 0)
    {
        d_index = first_index;
        d_clock = 0;
        d_lost = 0;
        d_gaps = 0;
    }

    std::uint64_t take(std::uint64_t most = std::numeric_limits<std::uint64_t>::max())
    {
        const zcring::reader::view v = d_in.acquire(most);
        if (v.samples == 0)
            return 0;
        EXPECT_EQ(v.index, d_index);
        zcring::reader::view rest = v;
        while (const std::optional<zcring::burst> b = d_in.next_burst(v.index + v.samples)) {
            d_resumes += b->resumes;
            if (!b->lost)
                continue;
            EXPECT_LE(b->index - v.index, v.samples) << "a gap lies within the view";
            keep(first_samples(rest, b->index - rest.index));
            d_clock += b->lost;
            d_lost += b->lost;
            d_gaps++;
        }
        keep(rest);
        return v.samples;
    }

    void give_back_oldest()
    {
        const auto& [v, clock] = d_views.front();
        EXPECT_TRUE(counts(d_dev, v, clock));
        d_in.release(v.samples);
        d_views.pop_front();
    }

    void give_back_all()
    {
        while (!d_views.empty())
            give_back_oldest();
    }

    zcring::reader& in() { return d_in; }
    std::uint64_t views() const { return d_views.size(); }
    std::uint64_t index() const { return d_index; }
    std::uint64_t clock() const { return d_clock; }
    std::uint64_t lost() const { return d_lost; }
    std::uint64_t gaps() const { return d_gaps; }
    std::uint64_t resumes() const { return d_resumes; }

private:
    // Cuts the first samples off a view.
    zcring::reader::view first_samples(zcring::reader::view& rest, std::uint64_t samples) const
    {
        zcring::reader::view first = rest;
        first.samples = samples;
        rest.samples -= samples;
        rest.index += samples;
        for (unsigned c = 0; c < d_dev.channels(); c++)
            rest.channel[c] = static_cast<const std::uint8_t*>(rest.channel[c]) +
                              samples * zcring::sample_bytes(d_dev.format());
        return first;
    }

    // Samples with no gap among them.
    void keep(const zcring::reader::view& v)
    {
        if (v.samples == 0)
            return;
        d_views.emplace_back(v, d_clock);
        d_clock += v.samples;
        d_index += v.samples;
    }

    zcring::device& d_dev;
    zcring::reader d_in;
    std::deque<std::pair<zcring::reader::view, std::uint64_t>> d_views;
    std::uint64_t d_index = 0;
    std::uint64_t d_clock = 0;
    std::uint64_t d_lost = 0;
    std::uint64_t d_gaps = 0;
    std::uint64_t d_resumes = 0;
};

} // namespace zcring_test
