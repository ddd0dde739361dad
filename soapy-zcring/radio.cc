// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the device is, and its streams.
#include "radio.h"

#include "formats.h"
#include "kwargs.h"

#include <SoapySDR/Errors.h>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Logger.hpp>

#include <zcring/antenna.h>
#include <zcring/observer.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

namespace soapy_zcring {

namespace {

std::optional<long long> time_of(int flags, long long time_ns)
{
    return flags & SOAPY_SDR_HAS_TIME ? std::optional(time_ns) : std::nullopt;
}

// The emulator is a receiver alone, and so is a board. No antenna is opened here.
bool has_antenna(const zcring::device& dev)
{
    if (dev.is_emulator() || zcring::observer::is_server(dev.name()))
        return !dev.is_emulator();
    const auto all = zcring::antenna::list();
    const std::string own = "/dev/zcring-antenna" + std::to_string(dev.receiver());
    return std::find(all.begin(), all.end(), own) != all.end();
}

// Programs pass their own keys; each is named once for the life of the process.
void log_unknown(const SoapySDR::Kwargs& args)
{
    static std::mutex lock;
    static std::set<std::string> named;
    const std::lock_guard<std::mutex> guard(lock);
    for (const auto& [key, value] : args)
        if (key != "WIRE" && named.insert(key).second)
            SoapySDR::logf(SOAPY_SDR_INFO,
                           "zcring: the stream argument %s=%s has no effect",
                           key.c_str(),
                           value.c_str());
}

} // namespace

radio::radio(const SoapySDR::Kwargs& args)
    : d_arguments(to_arguments(args)), d_receiver(std::make_shared<receiver>(d_arguments))
{
}

radio::~radio() = default;

std::shared_ptr<receiver> radio::device() const
{
    {
        const lock_shared lock(d_lock);
        if (d_receiver)
            return d_receiver;
    }
    const std::unique_lock<std::shared_mutex> lock(d_lock);
    return locked_device();
}

// With the lock of one thread. A device that could not be opened again is tried anew.
std::shared_ptr<receiver> radio::locked_device() const
{
    if (d_receiver)
        return d_receiver;
    auto next = std::make_shared<receiver>(d_arguments);
    next->restore(d_before);
    if (const auto stream = d_streams.receiving())
        stream->replace(next);
    return d_receiver = std::move(next);
}

std::string radio::getDriverKey() const { return "zcring"; }
std::string radio::getHardwareKey() const { return device()->dev.name(); }

SoapySDR::Kwargs radio::getHardwareInfo() const
{
    const auto from = device();
    const zcring::device& dev = from->dev;
    return { { "version", ZCRING_VERSION },
             { "device", dev.name() },
             { "receiver", std::to_string(dev.receiver()) },
             { "format", zcring::to_string(dev.format()) },
             { "ring_samples", std::to_string(dev.ring_samples()) },
             { "interval_us", std::to_string(std::lround(dev.interval() * 1e6)) } };
}

std::size_t radio::getNumChannels(int direction) const
{
    const auto from = device();
    return direction == SOAPY_SDR_RX || has_antenna(from->dev) ? from->dev.channels() : 0;
}

bool radio::getFullDuplex(int, std::size_t) const { return true; }

std::vector<std::string> radio::getStreamFormats(int, std::size_t) const
{
    return { SOAPY_SDR_CF32, SOAPY_SDR_CS16, SOAPY_SDR_CS8 };
}

std::string radio::getNativeStreamFormat(int, std::size_t, double& full_scale) const
{
    const zcring::format f = device()->dev.format();
    full_scale = full_scale_of(f);
    return name_of(f);
}

SoapySDR::Stream* radio::setupStream(int direction,
                                     const std::string& format,
                                     const std::vector<std::size_t>& channels,
                                     const SoapySDR::Kwargs& args)
{
    const auto from = device();
    if (!getNumChannels(direction))
        throw std::invalid_argument(
            "zcring: " + from->dev.name() +
            " has no antenna that can be fed; name a server by device=NAME, "
            "or a device of the driver");
    d_streams.check_free(direction); // before an antenna is opened twice
    log_unknown(args);
    if (direction == SOAPY_SDR_TX) {
        const std::string name = from->dev.name();
        std::function<std::uint64_t()> time;
        if (zcring::observer::is_server(name))
            time = [from] { return from->tuning().time_ns; }; // never replaced by another one
        return d_streams.add(std::make_shared<tx_stream>(name, std::move(time), format, channels));
    }
    // UHD names the format on the wire, and reads as it reads its own devices.
    const auto how =
        args.count("WIRE") ? rx_stream::reading::whole_buffers : rx_stream::reading::what_is_there;
    return d_streams.add(std::make_shared<rx_stream>(from, format, channels, how));
}

// A thread that reads meanwhile keeps the stream until it has left it, which it does at once.
void radio::closeStream(SoapySDR::Stream* handle) { d_streams.remove(handle); }

std::size_t radio::getStreamMTU(SoapySDR::Stream* handle) const
{
    if (const auto rx = d_streams.rx(handle))
        return rx->mtu();
    return d_streams.tx(handle) ? tx_stream::mtu : 1;
}

int radio::activateStream(SoapySDR::Stream* handle,
                          int flags,
                          long long time_ns,
                          std::size_t samples)
try {
    if (const auto tx = d_streams.tx(handle))
        return tx->activate(getSampleRate(SOAPY_SDR_TX, 0), getFrequency(SOAPY_SDR_TX, 0));
    const auto rx = d_streams.rx(handle);
    if (!rx)
        return SOAPY_SDR_STREAM_ERROR;
    const auto from = device(); // which is opened if it could not be opened again
    auto begin = time_of(flags, time_ns);
    if (const long long at = d_command_time_ns; at && !begin && at > getHardwareTime(""))
        begin = at;
    const int error = rx->activate(begin, samples);
    if (!error)
        issue_waiting_commands(*from);
    return error;
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

int radio::deactivateStream(SoapySDR::Stream* handle, int flags, long long time_ns)
{
    if (const auto tx = d_streams.tx(handle))
        return flags & SOAPY_SDR_HAS_TIME ? SOAPY_SDR_NOT_SUPPORTED : tx->deactivate();
    const auto rx = d_streams.rx(handle);
    return rx ? rx->deactivate(time_of(flags, time_ns)) : SOAPY_SDR_STREAM_ERROR;
}

int radio::readStream(SoapySDR::Stream* handle,
                      void* const* buffers,
                      std::size_t samples,
                      int& flags,
                      long long& time_ns,
                      long timeout_us)
{
    const auto rx = d_streams.rx(handle);
    return rx ? rx->read(buffers, samples, flags, time_ns, timeout_us) : SOAPY_SDR_STREAM_ERROR;
}

int radio::writeStream(SoapySDR::Stream* handle,
                       const void* const* buffers,
                       std::size_t samples,
                       int& flags,
                       long long time_ns,
                       long timeout_us)
{
    const auto tx = d_streams.tx(handle);
    return tx ? tx->write(buffers, samples, flags, time_ns, timeout_us) : SOAPY_SDR_STREAM_ERROR;
}

// readStream() tells each event of a stream of received samples.
int radio::readStreamStatus(SoapySDR::Stream* handle,
                            std::size_t& channels,
                            int& flags,
                            long long& time_ns,
                            long timeout_us)
{
    const auto tx = d_streams.tx(handle);
    return tx ? tx->read_status(channels, flags, time_ns, timeout_us) : SOAPY_SDR_NOT_SUPPORTED;
}

// None where the client asks for a conversion: the ring has the device's format.
std::size_t radio::getNumDirectAccessBuffers(SoapySDR::Stream* handle)
{
    const auto rx = d_streams.rx(handle);
    return rx && rx->is_native() ? held_runs::count : 0;
}

int radio::acquireReadBuffer(SoapySDR::Stream* handle,
                             std::size_t& buffer,
                             const void** buffers,
                             int& flags,
                             long long& time_ns,
                             long timeout_us)
{
    const auto rx = d_streams.rx(handle);
    if (!rx)
        return SOAPY_SDR_STREAM_ERROR;
    if (!rx->is_native())
        return SOAPY_SDR_NOT_SUPPORTED;
    return rx->acquire(buffer, buffers, flags, time_ns, timeout_us);
}

void radio::releaseReadBuffer(SoapySDR::Stream* handle, std::size_t buffer)
{
    if (const auto rx = d_streams.rx(handle))
        rx->release(buffer);
}

} // namespace soapy_zcring
