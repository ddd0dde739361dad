// SPDX-License-Identifier: GPL-3.0-or-later
//
// Streams that are activated while they are active.
#include "radio_under_test.h"

namespace {

using namespace zcring_test;

constexpr long long second_ns = 1000000000;

// Whether the stream has exactly \p samples samples, counted from 0.
testing::AssertionResult has_samples(const radio& r, std::uint64_t samples)
{
    std::uint64_t clock = 0;
    answer a;
    while (!a.ends()) {
        a = read_some(r, 100);
        if (a.result <= 0)
            return testing::AssertionFailure() << "result " << a.result << " after " << clock;
        if (const auto counts = counts_from(a, clock); !counts)
            return counts;
        clock += static_cast<std::uint64_t>(a.result);
    }
    return clock == samples ? testing::AssertionSuccess()
                            : testing::AssertionFailure() << clock << " samples";
}

// Whether the stream can be stopped and started, and gives samples then.
testing::AssertionResult works(const radio& r)
{
    if (const int error = r->deactivateStream(r.stream()))
        return testing::AssertionFailure() << "deactivateStream: " << error;
    if (r->readSensor("state") == "running")
        return testing::AssertionFailure() << "the device streams on";
    if (const int error = r->activateStream(r.stream()))
        return testing::AssertionFailure() << "activateStream: " << error;
    const answer a = read_some(r, 100);
    return a.result > 0 ? counts_from(a, 0)
                        : testing::AssertionFailure() << "readStream: " << a.result;
}

TEST(SoapyActivity, AnActiveStreamBeginsAnewForANumberOfSamples)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    ASSERT_GT(read_some(r, 1000).result, 0);
    ASSERT_EQ(r->activateStream(r.stream(), 0, 0, 2500), 0);
    EXPECT_TRUE(has_samples(r, 2500));
    EXPECT_TRUE(works(r));
}

TEST(SoapyActivity, AnActiveStreamGoesOnAfterATimeInThePast)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    const answer first = read_some(r, 1000);
    ASSERT_GT(first.result, 0);
    EXPECT_EQ(r->activateStream(r.stream(), SOAPY_SDR_HAS_TIME, first.time_ns - 1),
              SOAPY_SDR_TIME_ERROR);
    const answer next = read_some(r, 1000);
    ASSERT_GT(next.result, 0);
    EXPECT_TRUE(counts_from(next, static_cast<std::uint64_t>(first.result)));
    EXPECT_TRUE(works(r));
}

TEST(SoapyActivity, AStreamThatIsToEndBeginsAnew)
{
    radio r(counter_free);
    r.start(SOAPY_SDR_CS16);
    const long long in_an_hour = r->getHardwareTime() + 3600 * second_ns;
    ASSERT_EQ(r->deactivateStream(r.stream(), SOAPY_SDR_HAS_TIME, in_an_hour), 0);
    ASSERT_EQ(r->activateStream(r.stream()), 0);
    const answer a = read_some(r, 1000);
    ASSERT_GT(a.result, 0);
    EXPECT_TRUE(counts_from(a, 0));
    EXPECT_TRUE(works(r));
}

} // namespace
