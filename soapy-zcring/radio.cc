// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the device is, and its streams. A handle of a stream is a number that is never used again, so
// that a call with the handle of a closed stream gets an error, whatever thread makes it.
#include "radio.h"

#include "kwargs.h"

#include <SoapySDR/Errors.h>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Logger.hpp>

#include <stdexcept>

namespace soapy_zcring {

namespace {

std::optional<long long> time_of(int flags, long long time_ns)
{
    return flags & SOAPY_SDR_HAS_TIME ? std::optional(time_ns) : std::nullopt;
}

const char* soapy_format(zcring::format f)
{
    switch (f) {
    case zcring::format::sc8:
        return SOAPY_SDR_CS8;
    case zcring::format::sc16:
        return SOAPY_SDR_CS16;
    case zcring::format::fc32:
        break;
    }
    return SOAPY_SDR_CF32;
}

double full_scale_of(zcring::format f)
{
    return f == zcring::format::sc8 ? 128 : f == zcring::format::sc16 ? 32768 : 1;
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
    const lock_shared lock(d_lock);
    if (!d_receiver)
        throw std::runtime_error("zcring: the device could not be opened again; close it");
    return d_receiver;
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
    return direction == SOAPY_SDR_RX ? device()->dev.channels() : 0;
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
    return soapy_format(f);
}

SoapySDR::Stream* radio::setupStream(int direction,
                                     const std::string& format,
                                     const std::vector<std::size_t>& channels,
                                     const SoapySDR::Kwargs& args)
{
    if (direction != SOAPY_SDR_RX)
        throw std::invalid_argument("zcring: the device has no channel that transmits");
    log_unknown(args);
    // UHD names the format on the wire, and reads as it reads its own devices.
    const auto how =
        args.count("WIRE") ? rx_stream::reading::whole_buffers : rx_stream::reading::what_is_there;
    auto made = std::make_shared<rx_stream>(device(), format, channels, how);
    const std::lock_guard<std::mutex> lock(d_streams_lock);
    if (!d_streams.empty())
        throw std::runtime_error("zcring: a stream of received samples exists; close it, or set up "
                                 "one stream of several channels");
    auto* const handle = reinterpret_cast<SoapySDR::Stream*>(++d_stream_handles);
    d_streams.emplace(handle, std::move(made));
    return handle;
}

// A thread that reads meanwhile keeps the stream until it has left it.
void radio::closeStream(SoapySDR::Stream* handle)
{
    std::shared_ptr<rx_stream> closed;
    {
        const std::lock_guard<std::mutex> lock(d_streams_lock);
        const auto found = d_streams.find(handle);
        if (found == d_streams.end())
            return;
        closed = std::move(found->second);
        d_streams.erase(found);
    }
    closed->deactivate({});
}

std::shared_ptr<rx_stream> radio::stream(SoapySDR::Stream* handle) const
{
    const std::lock_guard<std::mutex> lock(d_streams_lock);
    const auto found = d_streams.find(handle);
    return found == d_streams.end() ? nullptr : found->second;
}

bool radio::is_streaming() const
{
    const std::lock_guard<std::mutex> lock(d_streams_lock);
    for (const auto& [handle, each] : d_streams)
        if (each->is_active())
            return true;
    return false;
}

std::size_t radio::getStreamMTU(SoapySDR::Stream* handle) const
{
    const auto s = stream(handle);
    return s ? s->mtu() : 1;
}

int radio::activateStream(SoapySDR::Stream* handle,
                          int flags,
                          long long time_ns,
                          std::size_t samples)
{
    const auto s = stream(handle);
    if (!s)
        return SOAPY_SDR_STREAM_ERROR;
    auto begin = time_of(flags, time_ns);
    if (const long long at = d_command_time_ns; at && !begin && at > getHardwareTime(""))
        begin = at;
    const int error = s->activate(begin, samples);
    if (!error)
        issue_waiting_commands(*device());
    return error;
}

int radio::deactivateStream(SoapySDR::Stream* handle, int flags, long long time_ns)
{
    const auto s = stream(handle);
    return s ? s->deactivate(time_of(flags, time_ns)) : SOAPY_SDR_STREAM_ERROR;
}

int radio::readStream(SoapySDR::Stream* handle,
                      void* const* buffers,
                      std::size_t samples,
                      int& flags,
                      long long& time_ns,
                      long timeout_us)
{
    const auto s = stream(handle);
    return s ? s->read(buffers, samples, flags, time_ns, timeout_us) : SOAPY_SDR_STREAM_ERROR;
}

// readStream() tells each event of a stream of received samples.
int radio::readStreamStatus(SoapySDR::Stream*, std::size_t&, int&, long long&, long)
{
    return SOAPY_SDR_NOT_SUPPORTED;
}

// None where the client asks for a conversion: the ring has the device's format.
std::size_t radio::getNumDirectAccessBuffers(SoapySDR::Stream* handle)
{
    const auto s = stream(handle);
    return s && s->is_native() ? held_runs::count : 0;
}

int radio::acquireReadBuffer(SoapySDR::Stream* handle,
                             std::size_t& buffer,
                             const void** buffers,
                             int& flags,
                             long long& time_ns,
                             long timeout_us)
{
    const auto s = stream(handle);
    if (!s)
        return SOAPY_SDR_STREAM_ERROR;
    if (!s->is_native())
        return SOAPY_SDR_NOT_SUPPORTED;
    return s->acquire(buffer, buffers, flags, time_ns, timeout_us);
}

void radio::releaseReadBuffer(SoapySDR::Stream* handle, std::size_t buffer)
{
    if (const auto s = stream(handle))
        s->release(buffer);
}

} // namespace soapy_zcring
