// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What the tests of injected faults and of reopening share.
 */
#pragma once

#include "support.h"

#include <cerrno>
#include <vector>

namespace zcring_test {

//! Reads the counter scene of one channel in sc16, checks the samples, and counts the losses.
class counting_reader final
{
public:
    explicit counting_reader(zcring::device& dev) : d_in(dev) {}

    //! The next stream begins here.
    void follow() { d_clock = d_lost = d_gaps = d_read = 0; }

    //! Reads until \p enough says so, or nothing more comes; returns what it saw last.
    zcring::status read_until(const std::function<bool()>& enough)
    {
        zcring::status s = zcring::status::data;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!enough() && std::chrono::steady_clock::now() < deadline) {
            s = d_in.wait(1, 100ms);
            if (s == zcring::status::timeout)
                continue;
            if (s != zcring::status::data)
                return s;
            check(d_in.acquire());
        }
        EXPECT_TRUE(enough()) << "in time";
        return s;
    }
    zcring::status read_to_the_end()
    {
        return read_until([] { return false; });
    }

    std::uint64_t read() const { return d_read; }
    std::uint64_t lost() const { return d_lost; }
    std::uint64_t gaps() const { return d_gaps; }
    std::uint64_t clock() const { return d_clock; }
    const std::vector<zcring::burst>& bursts() const { return d_bursts; }
    zcring::reader& in() { return d_in; }

private:
    void check(const zcring::reader::view& v)
    {
        const auto* words = static_cast<const std::uint32_t*>(v.channel[0]);
        std::uint64_t checked = 0;
        const auto check_until = [&](std::uint64_t place) {
            std::uint64_t wrong = 0;
            const std::uint64_t first = d_clock;
            for (; checked < place; checked++)
                wrong += words[checked] != static_cast<std::uint32_t>(d_clock++);
            EXPECT_EQ(wrong, 0u) << "from " << first << " on";
        };
        while (const auto b = d_in.next_burst(v.index + v.samples)) {
            d_bursts.push_back(*b);
            if (!b->lost)
                continue;
            check_until(b->index - v.index);
            d_gaps++;
            d_lost += b->lost;
            d_clock += b->lost;
        }
        check_until(v.samples);
        d_read += v.samples;
        d_in.release(v.samples);
    }

    zcring::reader d_in;
    std::uint64_t d_clock = 0;
    std::uint64_t d_lost = 0;
    std::uint64_t d_gaps = 0;
    std::uint64_t d_read = 0;
    std::vector<zcring::burst> d_bursts;
};

//! Skips the test where faults cannot be injected.
class Injection : public testing::Test
{
protected:
    void SetUp() override
    {
        if (!on_emulator() && !on_server() && access("/sys/kernel/debug/zcring/plug", W_OK) != 0)
            GTEST_SKIP() << "no debugfs, or not root";
    }

    static void expect_sums(const zcring::telemetry& t)
    {
        EXPECT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
        EXPECT_EQ(t.overflow_bytes, t.lost_samples * 4);
    }

    // Waits for the node, too: udev may make it a moment later.
    static void come_back(zcring::device& dev)
    {
        dev.plug();
        EXPECT_TRUE(eventually([&] { return error_of([&] { dev.reopen(); }) == 0; }));
    }
};

} // namespace zcring_test
