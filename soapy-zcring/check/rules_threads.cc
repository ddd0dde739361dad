// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about several threads. A stream is read by one thread only, as the API wants; other threads
// use the device, or activate the stream, as the programs named here do.

#include "device.h"

#include <SoapySDR/Errors.hpp>
#include <atomic>
#include <functional>
#include <thread>

namespace soapy_check {

namespace {

constexpr long wait_us = 50000;

/*! A thread that keeps its exception until it is joined. */
class other_thread final
{
public:
    explicit other_thread(std::function<void(const std::atomic<bool>& ends)> work)
        : d_thread([this, work = std::move(work)] {
              try {
                  work(d_ends);
              } catch (...) {
                  d_exception = std::current_exception();
                  d_failed = true;
              }
          })
    {
    }
    ~other_thread()
    {
        d_ends = true;
        if (d_thread.joinable())
            d_thread.join();
    }

    /*! Whether the thread has ended by an exception. */
    bool has_failed() const { return d_failed; }

    /*! Ends the thread, and throws what it has thrown. */
    void join()
    {
        d_ends = true;
        d_thread.join();
        if (d_exception)
            std::rethrow_exception(d_exception);
    }

private:
    std::atomic<bool> d_ends{ false };
    std::atomic<bool> d_failed{ false };
    std::exception_ptr d_exception;
    std::thread d_thread;
};

/*! Reads until told to end; counts the samples. */
std::function<void(const std::atomic<bool>&)> reader(stream& flow, std::atomic<long long>& samples)
{
    return [&](const std::atomic<bool>& ends) {
        sample_buffers memory = flow.buffers(flow.mtu());
        while (!ends) {
            const read_result got = flow.read(memory, memory.elements(), wait_us);
            demand(got.returned >= 0 || got.returned == SOAPY_SDR_TIMEOUT ||
                       got.returned == SOAPY_SDR_OVERFLOW,
                   got.call + " beside another thread",
                   text_of_result(got.returned));
            if (got.returned > 0)
                samples += got.returned;
        }
    };
}

/*! Waits until \p reading has more samples than \p before; fails as it does, or if none arrive in time. */
void wait_beyond(long long before,
                 other_thread& reading,
                 const std::atomic<long long>& samples,
                 const options& wanted)
{
    const std::int64_t begin = now_ns();
    while (samples == before) {
        if (reading.has_failed())
            reading.join();
        demand(now_ns() - begin < static_cast<std::int64_t>(wanted.patience * 1e9),
               "readStream() in another thread",
               "no sample for " + text_of(wanted.patience) + " s");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

/*! The same, for more than it has now. */
void wait_for_samples(other_thread& reading,
                      const std::atomic<long long>& samples,
                      const options& wanted)
{
    wait_beyond(samples, reading, samples, wanted);
}

void tuning_beside_reading(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    std::atomic<long long> samples{ 0 };
    other_thread reading(reader(flow, samples));
    wait_for_samples(reading, samples, wanted);
    const SoapySDR::RangeList ranges = CALL(dev, getFrequencyRange, rx, size_t(0));
    const SoapySDR::Range gains = CALL(dev, getGainRange, rx, size_t(0));
    for (int turn = 0; turn < 50; turn++) {
        const double part = turn / 50.0;
        if (!ranges.empty())
            CALL(dev,
                 setFrequency,
                 rx,
                 size_t(0),
                 ranges.front().minimum() +
                     part * (ranges.front().maximum() - ranges.front().minimum()));
        CALL(dev, getFrequency, rx, size_t(0));
        CALL(dev,
             setGain,
             rx,
             size_t(0),
             gains.minimum() + part * (gains.maximum() - gains.minimum()));
        CALL(dev, getSampleRate, rx, size_t(0));
        for (const std::string& key : CALL(dev, listSensors))
            CALL(dev, readSensor, key);
        if (CALL(dev, hasHardwareTime))
            CALL(dev, getHardwareTime);
    }
    wait_for_samples(reading, samples, wanted);
    reading.join();
}

void activating_beside_reading(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    std::atomic<long long> samples{ 0 };
    other_thread reading(reader(flow, samples)); // begins with an idle stream
    for (int turn = 0; turn < 5; turn++) {
        flow.activate();
        wait_for_samples(reading, samples, wanted);
        flow.deactivate();
    }
    reading.join();
    flow.close();
}

void polling_status_beside_reading(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    std::atomic<long long> samples{ 0 };
    other_thread reading(reader(flow, samples));
    other_thread polling([&](const std::atomic<bool>& ends) {
        while (!ends) {
            size_t mask = 0;
            int flags = 0;
            long long time_ns = 0;
            if (CALL(dev, readStreamStatus, flow, mask, flags, time_ns, wait_us) ==
                SOAPY_SDR_NOT_SUPPORTED)
                return;
        }
    });
    flow.activate();
    for (int turn = 0; turn < 10; turn++)
        wait_for_samples(reading, samples, wanted);
    polling.join();
    reading.join();
}

void enumerating_beside_reading(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx);
    flow.activate();
    std::atomic<long long> samples{ 0 };
    other_thread reading(reader(flow, samples));
    wait_for_samples(reading, samples, wanted);
    const SoapySDR::Kwargs arguments = SoapySDR::KwargsFromString(wanted.arguments);
    watch(text_of_call("Device::enumerate", arguments),
          [&] { return SoapySDR::Device::enumerate(arguments); });
    wait_for_samples(reading, samples, wanted);
    reading.join();
}

// The antenna of a simulated device may have no time but that of what is sent.
void two_directions_at_once(const options& wanted, direction)
{
    device dev(wanted);
    channels_of(dev, rx);
    channels_of(dev, tx);
    if (!CALL(dev, getFullDuplex, rx, size_t(0)))
        throw skipped{ "the device is half duplex" };
    stream flow(dev, rx);
    stream out(dev, tx);
    std::atomic<long long> samples{ 0 };
    other_thread reading(reader(flow, samples));
    flow.activate();
    out.activate();
    for (int round = 0; round < 2; round++) {
        const long long before = samples;
        for (int turn = 0; turn < 5; turn++)
            out.prove();
        wait_beyond(before, reading, samples, wanted);
    }
    reading.join();
}

} // namespace

std::vector<rule> thread_rules()
{
    return {
        { "thread-tune",
          scope::receive,
          "one thread may tune while another one reads",
          "gqrx and rtl_433 tune so",
          tuning_beside_reading },
        { "thread-activate",
          scope::receive,
          "one thread may activate and deactivate while another one reads",
          "SoapyRemote's server reads in a thread of its own",
          activating_beside_reading },
        { "thread-status",
          scope::receive,
          "one thread may wait in readStreamStatus() while another one reads",
          "SoapyRemote's server polls in a thread of its own",
          polling_status_beside_reading },
        { "thread-enumerate",
          scope::receive,
          "devices can be listed while one is in use",
          "CubicSDR lists devices while it runs",
          enumerating_beside_reading },
        { "thread-duplex",
          scope::transmit,
          "a full duplex device reads and writes at once",
          "Device.hpp, getFullDuplex()",
          two_directions_at_once },
    };
}

} // namespace soapy_check
