// SPDX-License-Identifier: GPL-3.0-or-later
//
// Antenna, gain, frequency and bandwidth of the receiver: the device's own commands, at once or at the
// time that setCommandTime() has named.
#include "radio.h"

#include "check_range.h"

#include <zcring/limits.h>

#include <SoapySDR/Logger.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace soapy_zcring {

namespace {

constexpr const char* gain_name = "TUNER";
constexpr const char* frequency_name = "RF";

const char* antenna_name(int direction) { return direction == SOAPY_SDR_TX ? "TX" : "RX"; }

std::string mhz(double hz)
{
    std::ostringstream text;
    text.precision(9);
    text << hz / 1e6;
    return text.str();
}

void check_name(const char* what, const std::string& name, const char* known)
{
    if (name != known)
        throw std::invalid_argument(std::string("zcring: there is no ") + what + " \"" + name +
                                    "\"; the only one is " + known);
}

// A command that waits is refused now, where the program that gave it can be told.
void check_waiting(const zcring::command& change, const zcring::ranges& r)
{
    if (change.frequency)
        check_range("frequency", *change.frequency, r.frequency_min, r.frequency_max);
    if (change.gain)
        check_range("gain", *change.gain, r.gain_min, r.gain_max);
    if (change.bandwidth)
        check_range("bandwidth", *change.bandwidth, r.bandwidth_min, r.bandwidth_max);
    if (!change.rate)
        return;
    check_range("rate", *change.rate, r.rate_min, r.rate_max);
    if (!r.rates.empty() &&
        std::find(r.rates.begin(), r.rates.end(), *change.rate) == r.rates.end())
        throw std::invalid_argument("zcring: the recording does not have this rate; set it without "
                                    "a command time");
}

} // namespace

unsigned radio::channel_bit(int direction, std::size_t channel) const
{
    const std::size_t there = getNumChannels(direction);
    if (channel >= there)
        throw std::invalid_argument("zcring: there is no channel " + std::to_string(channel) +
                                    (direction == SOAPY_SDR_RX ? " that receives; there are "
                                                               : " that transmits; there are ") +
                                    std::to_string(there));
    return 1u << channel;
}

bool radio::is_streaming() const
{
    const auto stream = d_streams.receiving();
    return stream && stream->is_active();
}

// What is sent is set as what is received, until a program sets it.
double radio::sent(const std::atomic<double>& set, double received) const
{
    const double value = set;
    return std::isnan(value) ? received : value;
}

// A timed command needs a stream, so that one for a stream that does not run yet waits here. The lock
// keeps a stream that is activated meanwhile from passing the command over.
void radio::tune(zcring::command change)
{
    const auto to = device();
    const long long at_ns = d_command_time_ns;
    if (!at_ns || at_ns <= static_cast<long long>(to->tuning().time_ns)) {
        to->tune(change);
        return;
    }
    change.at_time_ns = static_cast<std::uint64_t>(at_ns);
    {
        const std::lock_guard<std::mutex> lock(d_waiting_lock);
        if (!is_streaming()) {
            const zcring::ranges r = to->dev.ranges();
            check_waiting(change, r);
            if (d_waiting.size() >= r.commands_max)
                throw std::runtime_error("zcring: the device takes " +
                                         std::to_string(r.commands_max) +
                                         " timed commands at most; activate the stream first");
            d_waiting.push_back(change);
            return;
        }
    }
    to->tune(change);
}

// The stream runs already, so that it is not failed for a command that the device refuses.
void radio::issue_waiting_commands(receiver& to)
{
    std::vector<zcring::command> waiting;
    {
        const std::lock_guard<std::mutex> lock(d_waiting_lock);
        waiting.swap(d_waiting);
    }
    for (const zcring::command& change : waiting)
        try {
            to.tune(change);
        } catch (const std::exception& e) {
            SoapySDR::logf(
                SOAPY_SDR_ERROR, "a timed command from before the stream is dropped: %s", e.what());
        }
}

std::vector<std::string> radio::listAntennas(int direction, std::size_t) const
{
    return getNumChannels(direction) ? std::vector<std::string>{ antenna_name(direction) }
                                     : std::vector<std::string>{};
}

// Programs set an empty name where their user has chosen none.
void radio::setAntenna(int direction, std::size_t channel, const std::string& name)
{
    channel_bit(direction, channel);
    if (!name.empty())
        check_name("antenna", name, antenna_name(direction));
}

std::string radio::getAntenna(int direction, std::size_t) const
{
    return getNumChannels(direction) ? antenna_name(direction) : "";
}

std::vector<std::string> radio::listGains(int direction, std::size_t) const
{
    return direction == SOAPY_SDR_RX ? std::vector<std::string>{ gain_name }
                                     : std::vector<std::string>{};
}

// What is sent has no gain; programs set one all the same.
void radio::setGain(int direction, std::size_t channel, double db)
{
    if (direction == SOAPY_SDR_TX)
        return;
    zcring::command change;
    change.channels = channel_bit(direction, channel);
    change.gain = db;
    tune(change);
}

void radio::setGain(int direction, std::size_t channel, const std::string& name, double db)
{
    check_name("gain", name, gain_name);
    setGain(direction, channel, db);
}

double radio::getGain(int direction, std::size_t channel) const
{
    channel_bit(direction, channel);
    return direction == SOAPY_SDR_TX ? 0 : device()->tuning().gain[channel];
}

double radio::getGain(int direction, std::size_t channel, const std::string& name) const
{
    check_name("gain", name, gain_name);
    return getGain(direction, channel);
}

SoapySDR::Range radio::getGainRange(int direction, std::size_t) const
{
    if (direction == SOAPY_SDR_TX)
        return {};
    const zcring::ranges r = device()->dev.ranges();
    return { r.gain_min, r.gain_max, r.gain_step };
}

SoapySDR::Range
radio::getGainRange(int direction, std::size_t channel, const std::string& name) const
{
    check_name("gain", name, gain_name);
    return getGainRange(direction, channel);
}

std::vector<std::string> radio::listFrequencies(int direction, std::size_t) const
{
    return getNumChannels(direction) ? std::vector<std::string>{ frequency_name }
                                     : std::vector<std::string>{};
}

void radio::setFrequency(int direction, std::size_t channel, double hz, const SoapySDR::Kwargs&)
{
    const unsigned bit = channel_bit(direction, channel);
    if (direction == SOAPY_SDR_TX) {
        check_range("frequency", hz, -zcring::limits::frequency_max, zcring::limits::frequency_max);
        d_tx_frequency = hz;
        return;
    }
    zcring::command change;
    change.channels = bit;
    change.frequency = hz;
    tune(change);
    warn_of_silence(hz);
}

// Once, until a channel is tuned to the scene again: programs tune in steps.
void radio::warn_of_silence(double hz)
{
    const auto from = device();
    const std::vector<zcring::band> has = from->scene_bands();
    const bool is_silent = !has.empty() && !from->dev.receives(hz, from->tuning().rate);
    if (d_is_silent.exchange(is_silent) || !is_silent)
        return;
    std::string bands;
    for (const zcring::band& b : has)
        bands += (bands.empty() ? "" : ", ") + mhz(b.low) +
                 (b.low < b.high ? " to " + mhz(b.high) : std::string{});
    SoapySDR::logf(SOAPY_SDR_WARNING,
                   "%s: the scene has nothing at %s MHz: tune to %s MHz",
                   from->dev.name().c_str(),
                   mhz(hz).c_str(),
                   bands.c_str());
}

void radio::setFrequency(int direction,
                         std::size_t channel,
                         const std::string& name,
                         double hz,
                         const SoapySDR::Kwargs& args)
{
    check_name("frequency", name, frequency_name);
    setFrequency(direction, channel, hz, args);
}

double radio::getFrequency(int direction, std::size_t channel) const
{
    channel_bit(direction, channel);
    const double received = device()->tuning().frequency[channel];
    return direction == SOAPY_SDR_TX ? sent(d_tx_frequency, received) : received;
}

double radio::getFrequency(int direction, std::size_t channel, const std::string& name) const
{
    check_name("frequency", name, frequency_name);
    return getFrequency(direction, channel);
}

SoapySDR::RangeList radio::getFrequencyRange(int, std::size_t) const
{
    const zcring::ranges r = device()->dev.ranges();
    return { { r.frequency_min, r.frequency_max } };
}

SoapySDR::RangeList
radio::getFrequencyRange(int direction, std::size_t channel, const std::string& name) const
{
    check_name("frequency", name, frequency_name);
    return getFrequencyRange(direction, channel);
}

// One bandwidth for all channels.
void radio::setBandwidth(int direction, std::size_t channel, double hz)
{
    channel_bit(direction, channel);
    if (direction == SOAPY_SDR_TX)
        return;
    zcring::command change;
    change.bandwidth = hz;
    tune(change);
}

double radio::getBandwidth(int direction, std::size_t channel) const
{
    channel_bit(direction, channel);
    return direction == SOAPY_SDR_TX ? 0 : device()->tuning().bandwidth;
}

SoapySDR::RangeList radio::getBandwidthRange(int direction, std::size_t) const
{
    if (direction == SOAPY_SDR_TX)
        return {};
    const zcring::ranges r = device()->dev.ranges();
    return { { r.bandwidth_min, r.bandwidth_max } };
}

} // namespace soapy_zcring
