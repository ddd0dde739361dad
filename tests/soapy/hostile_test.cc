// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server that does what a server must not, as a program of SoapySDR sees it.
#include "radio_under_test.h"

#include "support/fake_server.h"

#include <algorithm>

namespace {

using namespace zcring_test;

class SoapyHostile : public testing::Test
{
protected:
    // Opens the server, and starts a stream of its receiver.
    void SetUp() override
    {
        d_radio = std::make_unique<radio>("driver=zcring," + d_server.arguments());
        client().start(SOAPY_SDR_CS16);
    }

    fake_server& server() { return d_server; }
    radio& client() { return *d_radio; }

    // The descriptor \p i, of 100 samples at 1 MS/s.
    zcring_burst& describe(unsigned i)
    {
        zcring_burst& b = d_server.burst(i);
        b.index = b.sample_clock = i * 100;
        b.samples = 100;
        b.rate_num = 1000000;
        b.rate_den = 1;
        b.time_ns = i * 100000;
        return b;
    }
    // Publishes all samples, and as many descriptors.
    void publish(std::uint64_t bursts, std::uint64_t samples)
    {
        zcring_ring_publish(&d_server.meta(), bursts, samples);
    }

    // The stream ends by an error that names the server, once, and the program goes on.
    void expect_end()
    {
        answer a;
        const kept_log log;
        while ((a = read_some(client(), 1000, 4, 1000)).result > 0) // all is there already
            continue;
        EXPECT_EQ(a.result, SOAPY_SDR_STREAM_ERROR);
        expect_says(log.text(), { d_server.path().c_str(), "no valid descriptors", "restart" });
        EXPECT_EQ(std::count(log.text().begin(), log.text().end(), '\n'), 1);
        EXPECT_EQ(read_some(client(), 1000, 4, 1000).result, SOAPY_SDR_TIMEOUT);
        EXPECT_EQ(client()->deactivateStream(client().stream()), 0);
        client().close();
    }

private:
    temporary_directory d_folder;
    fake_server d_server{ (d_folder.path() / "server").string() };
    std::unique_ptr<radio> d_radio;
};

TEST_F(SoapyHostile, GivesTheSamplesOfAGoodServer)
{
    describe(0);
    publish(1, 100);
    EXPECT_EQ(read_some(client(), 1000).result, 100);
}

TEST_F(SoapyHostile, EndsAStreamWithoutADescriptor)
{
    publish(0, 100);
    expect_end();
}

TEST_F(SoapyHostile, EndsAStreamWhoseDescriptorsEndTooEarly)
{
    describe(0);
    publish(1, 101);
    expect_end();
}

TEST_F(SoapyHostile, EndsAStreamWithAHoleBetweenDescriptors)
{
    describe(0);
    describe(1).index++;
    publish(2, 201);
    expect_end();
}

TEST_F(SoapyHostile, EndsAStreamWithoutARate)
{
    describe(0).rate_den = 0;
    publish(1, 100);
    expect_end();
}

TEST_F(SoapyHostile, EndsAStreamWithADescriptorOfNoSamples)
{
    describe(0).samples = 0;
    publish(1, 100);
    expect_end();
}

TEST_F(SoapyHostile, ListsNoMoreRatesThanADeviceCanHave)
{
    server().change_answers([](fake_answer& answer) {
        if (answer.command != ZCRING_IOC_GET_RANGES)
            return;
        auto& ranges = answer.as<zcring_ranges>();
        ranges.rate_base_num = ranges.rate_max_num = 1000000;
        ranges.rate_base_den = ranges.rate_max_den = 1;
        ranges.rate_divisor_max = 1000000;
    });
    EXPECT_EQ(client()->listSampleRates(SOAPY_SDR_RX, 0).size(), ZCRING_DECIMATION_MAX);
}

} // namespace
