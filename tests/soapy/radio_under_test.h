// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A radio as a program of SoapySDR has it: opened by its arguments, read by the API alone.
 */
#pragma once

#include "lib/support.h"
#include "support/counter_scene.h"

#include <gtest/gtest.h>

#include <SoapySDR/Device.hpp>
#include <SoapySDR/Errors.h>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Logger.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace zcring_test {

//! Long enough for an emulated machine, in microseconds.
constexpr long patience_us = 60000000;

//! An emulator that loses no samples, with a counter as its scene.
inline const std::string counter_free =
    "driver=zcring,emulator,pace=free,scene=counter,rate=1e6,ring_bytes=1048576,interval_us=2000";

//! The device under test, with everything set that a test before may have set; with real pace.
inline std::string under_test(const std::string& more)
{
    return "driver=zcring," + device_under_test() +
           ",scene=counter,format=sc16,channels=1,rate=1e6,freq=1e8,gain=0,noise=none,dma=copy," +
           more;
}

//! With a large ring: no test fills it by being slow.
inline const std::string counter_real = under_test("ring_bytes=67108864,interval_us=2000");

class radio final
{
public:
    explicit radio(const std::string& arguments) : d_device(SoapySDR::Device::make(arguments)) {}
    ~radio()
    {
        if (d_stream)
            d_device->closeStream(d_stream);
        SoapySDR::Device::unmake(d_device);
    }
    radio(const radio&) = delete;
    radio& operator=(const radio&) = delete;

    SoapySDR::Device* operator->() const { return d_device; }
    SoapySDR::Stream* stream() const { return d_stream; }

    //! Sets up a stream, and activates it.
    void start(const std::string& format, const std::vector<std::size_t>& channels = {})
    {
        set_up(format, channels);
        ASSERT_EQ(d_device->activateStream(d_stream), 0);
    }
    void set_up(const std::string& format, const std::vector<std::size_t>& channels = {})
    {
        d_stream = d_device->setupStream(SOAPY_SDR_RX, format, channels);
    }
    void close()
    {
        d_device->closeStream(d_stream);
        d_stream = nullptr;
    }

private:
    SoapySDR::Device* const d_device;
    SoapySDR::Stream* d_stream = nullptr;
};

//! Keeps the warnings and errors that SoapySDR logs while it exists. One at a time.
class kept_log final
{
public:
    kept_log()
    {
        kept().clear();
        SoapySDR::setLogLevel(SOAPY_SDR_WARNING);
        SoapySDR::registerLogHandler([](const SoapySDRLogLevel level, const char* text) {
            if (level <= SOAPY_SDR_WARNING)
                kept() += std::string(text) + "\n";
        });
    }
    ~kept_log() { SoapySDR::registerLogHandler(nullptr); }
    kept_log(const kept_log&) = delete;
    kept_log& operator=(const kept_log&) = delete;

    //! One line for each.
    const std::string& text() const { return kept(); }

private:
    static std::string& kept()
    {
        static std::string lines;
        return lines;
    }
};

//! What one call of readStream() gave.
struct answer {
    int result = 0;
    int flags = 0;
    long long time_ns = 0;
    std::vector<std::uint8_t> bytes; //!< of the first channel

    bool has_time() const { return flags & SOAPY_SDR_HAS_TIME; }
    bool ends() const { return flags & SOAPY_SDR_END_BURST; }
};

//! Reads at most \p samples of one channel, of \p sample_bytes each.
inline answer read_some(const radio& r,
                        std::size_t samples,
                        std::size_t sample_bytes = 4,
                        long timeout_us = patience_us)
{
    answer a;
    a.bytes.resize(samples * sample_bytes);
    void* buffers[] = { a.bytes.data() };
    a.result = r->readStream(r.stream(), buffers, samples, a.flags, a.time_ns, timeout_us);
    return a;
}

//! The counter in sample \p k.
inline std::uint32_t counter_of(const answer& a, const std::string& format, std::uint64_t k)
{
    return format == SOAPY_SDR_CS8    ? counter_from_sc8(a.bytes.data(), k)
           : format == SOAPY_SDR_CS16 ? counter_from_sc16(a.bytes.data(), k)
                                      : counter_from_fc32(a.bytes.data(), k);
}

//! Whether the samples are those of the counter from \p clock on.
inline testing::AssertionResult
counts_from(const answer& a, std::uint64_t clock, const std::string& format = SOAPY_SDR_CS16)
{
    const std::uint32_t mask = format == SOAPY_SDR_CS8 ? 0xffff : 0xffffffff;
    for (int k = 0; k < a.result; k++) {
        const auto expected = counter_sample(clock + static_cast<std::uint64_t>(k)) & mask;
        const auto found = counter_of(a, format, static_cast<std::uint64_t>(k));
        if (found != expected)
            return testing::AssertionFailure()
                   << "sample " << k << " is " << found << ", not " << expected;
    }
    return testing::AssertionSuccess();
}

//! The text of the exception that \p action throws; a failure if it throws none.
template <class Action>
std::string error_text(Action action)
{
    try {
        action();
    } catch (const std::exception& e) {
        return e.what();
    }
    ADD_FAILURE() << "no exception";
    return {};
}

} // namespace zcring_test
