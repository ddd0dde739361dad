// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the radio with a defect says of itself, and its streams' life. Each defect is one line at the
// place where it shows.

#include "broken_radio.h"

#include "broken_flow.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>
#include <stdexcept>
#include <thread>

namespace broken {

namespace {

flow& flow_of(SoapySDR::Stream* stream) { return *reinterpret_cast<flow*>(stream); }

SoapySDR::ArgInfo argument(const std::string& key,
                           SoapySDR::ArgInfo::Type type,
                           const std::string& value,
                           const std::vector<std::string>& options = {})
{
    SoapySDR::ArgInfo info;
    info.key = key;
    info.type = type;
    info.value = value;
    info.options = options;
    return info;
}

bool contains(const std::vector<std::string>& list, const std::string& text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

} // namespace

radio::radio(const std::string& defect) : d_defect(defect) {}

radio::~radio()
{
    if (is("unmake-open") && !d_flows.empty())
        std::raise(SIGSEGV);
}

/*! Throws where the radio has this defect. */
void radio::fail_if(const char* defect) const
{
    if (is(defect))
        throw std::runtime_error(std::string("the defect ") + defect);
}

channel_state& radio::state(int direction, size_t channel) const
{
    return d_channels[{ direction, channel }];
}

double radio::rate(int direction) const { return getSampleRate(direction, 0); }

long long radio::time_ns() const
{
    return std::chrono::steady_clock::now().time_since_epoch().count() + d_offset_ns;
}

std::string radio::getDriverKey() const { return is("identity") ? "" : "broken"; }

SoapySDR::Kwargs radio::getChannelInfo(int, size_t) const
{
    fail_if("channel-info");
    return {};
}

std::vector<std::string> radio::getStreamFormats(int, size_t) const
{
    if (is("formats"))
        return { "CF32" };
    if (is("formats-float"))
        return { "CS16" };
    return { "CF32", "CS16", "CS8" };
}

std::string radio::getNativeStreamFormat(int, size_t, double& full_scale) const
{
    full_scale = is("full-scale") ? 0 : 32768;
    return "CS16";
}

SoapySDR::ArgInfoList radio::getStreamArgsInfo(int, size_t) const
{
    const std::string value = is("argument-info") ? "many" : "4";
    return { argument("buffers", SoapySDR::ArgInfo::INT, value) };
}

void radio::check_setup(int direction,
                        const std::string& format,
                        const std::vector<size_t>& channels,
                        const SoapySDR::Kwargs& args)
{
    if (!contains({ "CF32", "CS16", "CS8" }, format) && !is("setup-format-unknown"))
        throw std::runtime_error("unknown format");
    if (format == "CS8")
        fail_if("setup-formats");
    for (const size_t channel : channels) {
        if (channel >= 2 && !is("setup-channel-unknown"))
            throw std::runtime_error("unknown channel");
        if (d_used.count({ direction, channel }) && !is("setup-channel-in-use"))
            throw std::runtime_error("channel in use");
    }
    if (args.count("buffers"))
        fail_if("setup-args-known");
    if (args.count("WIRE"))
        fail_if("setup-args-wire");
    if (args.count("driver"))
        fail_if("setup-args-device");
    if (args.count("no such argument") && is("setup-args-unknown"))
        std::raise(SIGSEGV);
    if (++d_setups > 2)
        fail_if("setup-again");
}

SoapySDR::Stream* radio::setupStream(int direction,
                                     const std::string& format,
                                     const std::vector<size_t>& channels,
                                     const SoapySDR::Kwargs& args)
{
    if (channels.empty())
        fail_if("setup-channels-none");
    const std::vector<size_t> used = channels.empty() ? std::vector<size_t>{ 0 } : channels;
    const std::lock_guard<std::mutex> lock(d_mutex);
    check_setup(direction, format, used, args);
    for (const size_t channel : used)
        d_used.insert({ direction, channel });
    const std::string known = contains({ "CF32", "CS16", "CS8" }, format) ? format : "CS16";
    auto made = std::make_unique<flow>(*this, direction, known, used);
    auto* const stream = reinterpret_cast<SoapySDR::Stream*>(made.get());
    d_flows[stream] = std::move(made);
    return stream;
}

void radio::closeStream(SoapySDR::Stream* stream)
{
    const flow& closed = flow_of(stream);
    if (is("close-idle") && !closed.was_active())
        std::raise(SIGSEGV);
    if (is("close-active") && closed.is_active())
        std::this_thread::sleep_for(std::chrono::hours(1));
    const std::lock_guard<std::mutex> lock(d_mutex);
    for (const size_t channel : closed.channels())
        d_used.erase({ closed.direction(), channel });
    d_flows.erase(stream);
}

size_t radio::getStreamMTU(SoapySDR::Stream*) const { return is("mtu") ? 0 : flow::mtu; }

int radio::activateStream(SoapySDR::Stream* stream, int flags, long long time, size_t elements)
{
    if (is("thread-activate"))
        while (reading)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    sending = sending || flow_of(stream).direction() == SOAPY_SDR_TX;
    return flow_of(stream).activate(flags, time, elements);
}

int radio::deactivateStream(SoapySDR::Stream* stream, int flags, long long)
{
    if (!flow_of(stream).was_active())
        fail_if("deactivate-first");
    else if (!flow_of(stream).is_active())
        fail_if("deactivate-twice");
    return flow_of(stream).deactivate(flags);
}

int radio::readStream(SoapySDR::Stream* stream,
                      void* const* buffs,
                      size_t elements,
                      int& flags,
                      long long& time_ns,
                      long timeout_us)
{
    reading = true;
    const int result = flow_of(stream).read(buffs, elements, flags, time_ns, timeout_us);
    reading = is("thread-activate"); // as if the reader came back before anyone else gets in
    return result;
}

int radio::writeStream(
    SoapySDR::Stream* stream, const void* const*, size_t elements, int&, long long, long timeout_us)
{
    return flow_of(stream).write(elements, timeout_us);
}

int radio::readStreamStatus(SoapySDR::Stream* stream, size_t&, int&, long long&, long timeout_us)
{
    return flow_of(stream).status(timeout_us);
}

size_t radio::getNumDirectAccessBuffers(SoapySDR::Stream*)
{
    return is("direct-none") || is("no-direct") ? 0 : flow::buffers;
}

int radio::getDirectAccessBufferAddrs(SoapySDR::Stream* stream, size_t handle, void** buffs)
{
    if (is("no-direct"))
        return SOAPY_SDR_NOT_SUPPORTED;
    return flow_of(stream).addresses(handle, buffs);
}

int radio::acquireReadBuffer(SoapySDR::Stream* stream,
                             size_t& handle,
                             const void** buffs,
                             int& flags,
                             long long& time_ns,
                             long timeout_us)
{
    if (is("no-direct"))
        return SOAPY_SDR_NOT_SUPPORTED;
    return flow_of(stream).acquire(handle, buffs, flags, time_ns, timeout_us);
}

void radio::releaseReadBuffer(SoapySDR::Stream* stream, size_t handle)
{
    flow_of(stream).release(handle);
}

int radio::acquireWriteBuffer(SoapySDR::Stream* stream,
                              size_t& handle,
                              void** buffs,
                              long timeout_us)
{
    return flow_of(stream).acquire_write(handle, buffs, timeout_us);
}

void radio::releaseWriteBuffer(SoapySDR::Stream*, size_t, size_t, int&, long long) {}

void radio::setMasterClockRate(double) { fail_if("master-clock"); }

void radio::setClockSource(const std::string& source) { d_clock = source; }

std::string radio::getClockSource() const { return is("clock-sources") ? "gps" : d_clock; }

void radio::setTimeSource(const std::string& source)
{
    if (!is("time-sources"))
        d_time = source;
}

std::string radio::getTimeSource() const { return d_time; }

long long radio::getHardwareTime(const std::string&) const
{
    if (is("time-forward"))
        d_back_ns += 1000000000;
    return time_ns() - d_back_ns;
}

void radio::setHardwareTime(long long time, const std::string&)
{
    if (!is("time-set"))
        d_offset_ns += time - time_ns();
}

SoapySDR::ArgInfo radio::getSensorInfo(const std::string& key) const
{
    return argument(key, SoapySDR::ArgInfo::FLOAT, "");
}

std::string radio::readSensor(const std::string&) const { return is("sensors") ? "warm" : "20.5"; }

SoapySDR::ArgInfo radio::getSensorInfo(int, size_t, const std::string& key) const
{
    return argument(key, SoapySDR::ArgInfo::BOOL, "");
}

std::string radio::readSensor(int, size_t, const std::string&) const
{
    fail_if("channel-sensors");
    return "true";
}

std::vector<std::string> radio::listRegisterInterfaces() const
{
    fail_if("as-probe");
    return {};
}

SoapySDR::ArgInfoList radio::getSettingInfo() const
{
    const std::string value = is("setting-info") ? "medium" : "fast";
    return { argument("mode", SoapySDR::ArgInfo::STRING, value, { "fast", "slow" }) };
}

void radio::writeSetting(const std::string&, const std::string& value)
{
    fail_if("settings-write");
    d_mode = value;
}

std::string radio::readSetting(const std::string&) const
{
    fail_if("settings-read");
    return d_mode;
}

SoapySDR::ArgInfoList radio::getSettingInfo(int, size_t) const
{
    return { argument("filter", SoapySDR::ArgInfo::STRING, "wide") };
}

std::string radio::readSetting(int, size_t, const std::string&) const
{
    fail_if("channel-settings");
    return "wide";
}

} // namespace broken
