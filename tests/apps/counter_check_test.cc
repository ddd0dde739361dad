// SPDX-License-Identifier: GPL-3.0-or-later
//
// The checker of the counter scene, on streams that are written here sample by sample: it finds
// every wrong sample where it is, and counts each kind as it should.
#include "counter_check.h"
#include "support/counter_scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <ostream>
#include <vector>

namespace zcring {
void PrintTo(format f, std::ostream* out) { *out << to_string(f); }
} // namespace zcring

using app::counter_check;
using app::fault_kind;
using zcring::format;

namespace {

constexpr fault_kind kinds[] = { fault_kind::missing, fault_kind::doubled, fault_kind::torn };

// A stream of the counter scene, written sample by sample, without the code of the checker.
class planes final
{
public:
    planes(format f, unsigned channels) : d_format(f), d_data(channels) {}

    void append(std::uint64_t sample_clock, std::uint64_t samples)
    {
        for (unsigned c = 0; c < d_data.size(); c++)
            for (std::uint64_t i = 0; i < samples; i++)
                append_one(d_data[c], zcring_test::counter_sample(sample_clock + i, c));
    }

    std::byte* sample(unsigned channel, std::uint64_t place)
    {
        return d_data[channel].data() + place * zcring::sample_bytes(d_format);
    }

    zcring::reader::view view(std::uint64_t place, std::uint64_t samples, std::uint64_t index)
    {
        zcring::reader::view v;
        v.samples = samples;
        v.index = index;
        for (unsigned c = 0; c < d_data.size(); c++)
            v.channel[c] = sample(c, place);
        return v;
    }

    std::uint64_t size() const { return d_data[0].size() / zcring::sample_bytes(d_format); }

private:
    template <class T>
    static void push(std::vector<std::byte>& to, T x)
    {
        const auto* bytes = reinterpret_cast<const std::byte*>(&x);
        to.insert(to.end(), bytes, bytes + sizeof(x));
    }

    void append_one(std::vector<std::byte>& to, std::uint32_t count) const
    {
        const auto low = static_cast<std::int16_t>(count & 0xffff);
        const auto high = static_cast<std::int16_t>(count >> 16);
        switch (d_format) {
        case format::sc8:
            push(to, static_cast<std::uint8_t>(count));
            push(to, static_cast<std::uint8_t>(count >> 8));
            break;
        case format::sc16:
            push(to, low);
            push(to, high);
            break;
        case format::fc32:
            push(to, static_cast<float>(low) / 32768);
            push(to, static_cast<float>(high) / 32768);
            break;
        }
    }

    const format d_format;
    std::vector<std::vector<std::byte>> d_data;
};

std::uint64_t faults(const counter_check& check)
{
    std::uint64_t n = 0;
    for (const fault_kind kind : kinds)
        n += check.count(kind);
    return n;
}

// The burst after a gap.
std::vector<zcring::burst> burst_after_gap(std::uint64_t index, std::uint64_t lost)
{
    zcring::burst b;
    b.index = index;
    b.lost = lost;
    return { b };
}

void expect_only(const counter_check& check, fault_kind kind, std::uint64_t samples)
{
    for (const fault_kind k : kinds)
        EXPECT_EQ(check.count(k), k == kind ? samples : 0) << to_string(k);
    ASSERT_TRUE(check.first_fault());
    EXPECT_EQ(check.first_fault()->kind, kind);
}

class CounterCheck : public testing::TestWithParam<format>
{
protected:
    planes d_planes{ GetParam(), 2 };
    counter_check d_check{ GetParam(), 2 };
};

std::string name(const testing::TestParamInfo<format>& info) { return to_string(info.param); }
INSTANTIATE_TEST_SUITE_P(Formats,
                         CounterCheck,
                         testing::Values(format::sc8, format::sc16, format::fc32),
                         name);

} // namespace

TEST_P(CounterCheck, a_right_stream_in_views_of_every_size_has_no_fault)
{
    d_planes.append(0, 200000);
    std::uint64_t at = 0;
    for (std::uint64_t n = 1; at < d_planes.size(); n = n * 2 + 1) {
        const std::uint64_t samples = std::min(n, d_planes.size() - at);
        d_check.check(d_planes.view(at, samples, at), {});
        at += samples;
    }
    EXPECT_EQ(faults(d_check), 0u);
    EXPECT_EQ(d_check.samples(), 200000u);
    EXPECT_EQ(d_check.lost(), 0u);
}

TEST_P(CounterCheck, every_flipped_bit_is_found_where_it_is)
{
    d_planes.append(0, 3000);
    const std::size_t bits = 8 * zcring::sample_bytes(GetParam());
    for (const std::uint64_t place : { 0u, 1u, 1023u, 1024u, 2500u, 2999u })
        for (std::size_t bit = 0; bit < bits; bit++) {
            std::byte& byte = d_planes.sample(1, place)[bit / 8];
            const std::byte before = byte;
            counter_check check(GetParam(), 2);
            byte ^= std::byte{ 1 } << bit % 8;
            check.check(d_planes.view(0, 3000, 0), {});
            byte = before;
            expect_only(check, fault_kind::torn, 1);
            EXPECT_EQ(check.first_fault()->channel, 1u);
            EXPECT_EQ(check.first_fault()->index, place);
            EXPECT_EQ(check.first_fault()->sample_clock, place);
        }
}

TEST_P(CounterCheck, missing_samples_are_counted_once)
{
    d_planes.append(0, 1500);
    d_planes.append(1507, 5000);
    d_check.check(d_planes.view(0, 6500, 0), {});
    expect_only(d_check, fault_kind::missing, 2 * 7); // of both channels
    EXPECT_EQ(d_check.first_fault()->index, 1500u);
    EXPECT_EQ(d_check.first_fault()->samples, 7u);
}

TEST_P(CounterCheck, a_sample_that_is_missing_between_two_views_is_found)
{
    d_planes.append(0, 1500);
    d_planes.append(1501, 1500);
    d_check.check(d_planes.view(0, 1500, 0), {});
    EXPECT_EQ(faults(d_check), 0u);
    d_check.check(d_planes.view(1500, 1500, 1500), {});
    expect_only(d_check, fault_kind::missing, 2);
}

TEST_P(CounterCheck, doubled_samples_are_counted_once)
{
    d_planes.append(0, 2000);
    d_planes.append(1999, 2000);
    d_check.check(d_planes.view(0, 4000, 0), {});
    expect_only(d_check, fault_kind::doubled, 2);
    EXPECT_EQ(d_check.first_fault()->index, 2000u);
}

TEST_P(CounterCheck, samples_of_the_lap_before_are_doubled_and_then_missing)
{
    d_planes.append(0, 8192);
    d_planes.append(4096, 100); // where 8192 on should have been written over them
    d_planes.append(8292, 4000);
    d_check.check(d_planes.view(0, 12292, 0), {});
    EXPECT_EQ(d_check.count(fault_kind::doubled), 2u * 4096);
    EXPECT_EQ(d_check.count(fault_kind::missing), 2u * 4096);
    EXPECT_EQ(d_check.first_fault()->kind, fault_kind::doubled);
    EXPECT_EQ(d_check.first_fault()->index, 8192u);
}

TEST_P(CounterCheck, a_half_written_sample_is_torn)
{
    const std::size_t half = zcring::sample_bytes(GetParam()) / 2;
    d_planes.append(0, 3000);
    d_planes.append(65536 * 3 + 256 * 7 + 3, 1);
    std::memcpy(d_planes.sample(0, 1100) + half, d_planes.sample(0, 3000) + half, half);
    d_check.check(d_planes.view(0, 3000, 0), {});
    expect_only(d_check, fault_kind::torn, 1);
    EXPECT_EQ(d_check.first_fault()->index, 1100u);
}

TEST_P(CounterCheck, zeros_are_torn)
{
    d_planes.append(0, 3000);
    std::memset(d_planes.sample(0, 1200), 0, 10 * zcring::sample_bytes(GetParam()));
    d_check.check(d_planes.view(0, 3000, 0), {});
    expect_only(d_check, fault_kind::torn, 10);
}

TEST_P(CounterCheck, a_loss_that_a_burst_reports_is_no_fault)
{
    d_planes.append(0, 1000);
    d_planes.append(1234, 1000);
    d_check.check(d_planes.view(0, 1000, 0), {});
    d_check.check(d_planes.view(1000, 1000, 1000), burst_after_gap(1000, 234));
    EXPECT_EQ(faults(d_check), 0u);
    EXPECT_EQ(d_check.lost(), 234u);
    EXPECT_EQ(d_check.gaps(), 1u);
}

TEST_P(CounterCheck, gaps_within_a_view_are_found_at_their_samples)
{
    d_planes.append(0, 1000);
    d_planes.append(1234, 500);
    d_planes.append(1834, 500);
    std::vector<zcring::burst> bursts = burst_after_gap(1000, 234);
    bursts.push_back(burst_after_gap(1500, 100).front());
    d_check.check(d_planes.view(0, 2000, 0), bursts);
    EXPECT_EQ(faults(d_check), 0u);
    EXPECT_EQ(d_check.lost(), 334u);
    EXPECT_EQ(d_check.gaps(), 2u);

    counter_check late(GetParam(), 2);
    late.check(d_planes.view(0, 2000, 0), burst_after_gap(1001, 234));
    EXPECT_GT(faults(late), 0u) << "the gap is reported one sample too late";
}

TEST_P(CounterCheck, a_loss_that_a_burst_reports_wrongly_is_a_fault)
{
    d_planes.append(0, 1000);
    d_planes.append(1234, 1000);
    d_check.check(d_planes.view(0, 1000, 0), {});
    d_check.check(d_planes.view(1000, 1000, 1000), burst_after_gap(1000, 235));
    expect_only(d_check, fault_kind::doubled, 2);
}

TEST_P(CounterCheck, an_index_that_jumps_is_a_fault)
{
    d_planes.append(0, 2000);
    d_check.check(d_planes.view(0, 1000, 0), {});
    d_check.check(d_planes.view(1000, 1000, 1005), {});
    EXPECT_EQ(d_check.first_fault()->kind, fault_kind::missing);
    EXPECT_EQ(d_check.first_fault()->samples, 5u);
}

TEST_P(CounterCheck, channels_that_are_exchanged_are_found)
{
    d_planes.append(0, 2000);
    zcring::reader::view v = d_planes.view(0, 2000, 0);
    std::swap(v.channel[0], v.channel[1]);
    d_check.check(v, {});
    EXPECT_EQ(d_check.count(fault_kind::missing), 4097u);
    EXPECT_EQ(d_check.count(fault_kind::doubled), 4097u);
}

TEST(CounterCheckClock, the_counter_may_wrap_at_32_bits)
{
    const std::uint64_t lost = (std::uint64_t{ 1 } << 32) - 1500;
    planes data(format::sc16, 1);
    data.append(0, 1);
    data.append(lost + 1, 4000);
    counter_check check(format::sc16, 1);
    check.check(data.view(0, 1, 0), {});
    check.check(data.view(1, 4000, 1), burst_after_gap(1, lost));
    EXPECT_EQ(faults(check), 0u);
}

TEST(CounterCheckFloat, values_that_the_counter_cannot_make_are_torn)
{
    const float odd[] = { 0.3f,
                          -0.0f,
                          1.0f,
                          1e30f,
                          -2.0f,
                          0x1p-149f,
                          std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::infinity() };
    for (const float x : odd) {
        planes data(format::fc32, 1);
        data.append(0, 1500);
        std::memcpy(data.sample(0, 700), &x, sizeof(x));
        counter_check check(format::fc32, 1);
        check.check(data.view(0, 1500, 0), {});
        expect_only(check, fault_kind::torn, 1);
    }
}
