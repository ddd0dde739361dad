// SPDX-License-Identifier: GPL-3.0-or-later
//
// The verdict on a run of zcring verify, from evidence that is made up here: one right run, then
// one thing wrong at a time, each of which must be found.
#include "verdict.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <vector>

using app::counter_check;
using app::evidence;
using app::find_verdict;
using app::verdict;

namespace {

// 1000 samples read, then 50 lost, then 200 more: 100 read, 100 left in the ring.
class Verdict : public testing::Test
{
protected:
    Verdict()
    {
        read(0, 1000, 0);
        read(1000, 200, 50);
        d_evidence.released = 1100;
        d_evidence.left = 100;
        d_evidence.seconds = 1;
        d_evidence.telemetry = zcring::telemetry();
        d_evidence.telemetry->sample_clock = 1250;
        d_evidence.telemetry->produced_samples = 1200;
        d_evidence.telemetry->consumed_samples = 1100;
        d_evidence.telemetry->lost_samples = 50;
        d_evidence.telemetry->overflow_count = 1;
        d_evidence.telemetry->bursts = 2;
        count_bytes();
    }

    void count_bytes()
    {
        d_evidence.telemetry->produced_bytes = 4 * d_evidence.telemetry->produced_samples;
        d_evidence.telemetry->consumed_bytes = 4 * d_evidence.telemetry->consumed_samples;
        d_evidence.telemetry->overflow_bytes = 4 * d_evidence.telemetry->lost_samples;
    }

    void read(std::uint64_t index, std::uint64_t samples, std::uint64_t lost)
    {
        std::vector<std::uint32_t> data(samples);
        std::iota(data.begin(), data.end(), static_cast<std::uint32_t>(index + lost));
        zcring::reader::view v;
        v.samples = samples;
        v.index = index;
        v.channel[0] = data.data();
        zcring::burst b;
        b.index = index;
        b.lost = lost;
        d_check.check(v, { b });
    }

    std::vector<std::string> broken() const
    {
        std::vector<std::string> words;
        for (const app::sum& s : check_sums(d_evidence, d_check))
            if (!s.holds)
                words.push_back(s.words);
        return words;
    }

    void expect_broken(const std::string& beginning) const
    {
        EXPECT_EQ(find_verdict(d_evidence, d_check), verdict::wrong);
        const auto words = broken();
        EXPECT_TRUE(std::any_of(words.begin(), words.end(), [&](const std::string& w) {
            return w.rfind(beginning, 0) == 0;
        })) << beginning;
    }

    evidence d_evidence;
    counter_check d_check{ zcring::format::sc16, 1 };
};

} // namespace

TEST_F(Verdict, losses_that_are_accounted_for_are_lost)
{
    EXPECT_EQ(find_verdict(d_evidence, d_check), verdict::lost);
    EXPECT_EQ(broken(), std::vector<std::string>());
}

TEST_F(Verdict, allowed_losses_are_good)
{
    d_evidence.loss_allowed = true;
    EXPECT_EQ(find_verdict(d_evidence, d_check), verdict::accounted);
    EXPECT_TRUE(is_good(find_verdict(d_evidence, d_check)));
}

TEST_F(Verdict, a_last_gap_without_a_burst_yet_is_accounted_for)
{
    d_evidence.telemetry->lost_samples += 30;
    d_evidence.telemetry->sample_clock += 30;
    d_evidence.telemetry->overflow_count++;
    count_bytes();
    EXPECT_EQ(find_verdict(d_evidence, d_check), verdict::lost);
}

TEST_F(Verdict, a_loss_without_its_event_is_wrong)
{
    d_evidence.telemetry->lost_samples += 30;
    d_evidence.telemetry->sample_clock += 30;
    count_bytes();
    expect_broken("lost =");
}

TEST_F(Verdict, an_event_that_is_counted_twice_is_wrong)
{
    d_evidence.telemetry->overflow_count++;
    expect_broken("lost =");
}

TEST_F(Verdict, a_loss_that_the_counters_do_not_know_is_wrong)
{
    d_evidence.telemetry->lost_samples -= 1;
    d_evidence.telemetry->sample_clock -= 1;
    count_bytes();
    expect_broken("lost =");
}

TEST_F(Verdict, a_sample_clock_that_is_off_by_one_is_wrong)
{
    d_evidence.telemetry->sample_clock++;
    expect_broken("sample clock =");
}

TEST_F(Verdict, a_sample_that_is_neither_consumed_nor_in_the_ring_is_wrong)
{
    d_evidence.left--;
    expect_broken("produced =");
}

TEST_F(Verdict, consumed_samples_that_were_not_released_are_wrong)
{
    d_evidence.telemetry->consumed_samples++;
    d_evidence.left--;
    count_bytes();
    expect_broken("consumed =");
}

TEST_F(Verdict, bytes_that_are_not_those_of_the_samples_are_wrong)
{
    d_evidence.telemetry->overflow_bytes *= 2;
    expect_broken("bytes =");
}

TEST_F(Verdict, a_fault_in_the_samples_is_wrong_even_where_losses_are_allowed)
{
    d_evidence.loss_allowed = true;
    read(1200, 10, 1); // not in the counters
    expect_broken("lost =");
    counter_check twice(zcring::format::sc16, 1);
    std::vector<std::uint32_t> data = { 0, 1, 2, 2, 3, 4 };
    zcring::reader::view v;
    v.samples = data.size();
    v.channel[0] = data.data();
    twice.check(v, {});
    evidence e;
    e.released = v.samples;
    e.loss_allowed = true;
    e.telemetry = zcring::telemetry();
    e.telemetry->sample_clock = e.telemetry->produced_samples = e.telemetry->consumed_samples = 6;
    e.telemetry->produced_bytes = e.telemetry->consumed_bytes = 24;
    EXPECT_EQ(find_verdict(e, twice), verdict::wrong);
    std::ostringstream text;
    print_report(text, e, twice);
    EXPECT_NE(text.str().find("wrong: channel 0, sample 3 (sample clock 3): 1 sample doubled"),
              std::string::npos)
        << text.str();
}

TEST_F(Verdict, a_stream_that_ends_by_itself_is_wrong)
{
    d_evidence.ended = "the stream ended by itself: gone";
    d_evidence.telemetry.reset();
    EXPECT_EQ(find_verdict(d_evidence, d_check), verdict::wrong);
    const auto json = report_json(d_evidence, d_check);
    EXPECT_EQ(json["ended"], d_evidence.ended);
    EXPECT_FALSE(json["good"]);
}

TEST(VerdictOfNothing, no_sample_proves_nothing)
{
    evidence e;
    e.telemetry = zcring::telemetry();
    EXPECT_EQ(find_verdict(e, counter_check(zcring::format::sc16, 1)), verdict::nothing);
}
