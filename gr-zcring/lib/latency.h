/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>

namespace gr {
namespace zcring {

/*!
 * \brief A histogram of the latency of bursts, with 16 buckets an octave: exact to 6 %.
 *
 * Threading: one thread counts; any may read.
 */
class latency final
{
public:
    //! Counts one burst, whose interrupt came at \p interrupt_ns by CLOCK_BOOTTIME.
    void count(std::uint64_t interrupt_ns);

    //! The number of bursts of each bucket, by its lower edge in ns, without empty buckets.
    std::map<std::uint64_t, std::uint64_t> histogram() const;

    void reset();

private:
    static constexpr unsigned buckets_per_octave = 16;

    static unsigned bucket(std::uint64_t ns);
    static std::uint64_t lower_edge(unsigned bucket);

    std::array<std::atomic<std::uint64_t>, 64 * buckets_per_octave> d_counts{};
};

} // namespace zcring
} // namespace gr
