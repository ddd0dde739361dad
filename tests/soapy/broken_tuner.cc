// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tuner of the radio with a defect: rate, bandwidth, frequency, gain, antenna, corrections.

#include "broken_flow.h"
#include "broken_radio.h"

#include <algorithm>
#include <stdexcept>

namespace broken {

namespace {

using guard = std::lock_guard<std::mutex>;

bool is_element(const std::string& name) { return name == "LNA" || name == "VGA"; }

} // namespace

void radio::setAntenna(int direction, size_t channel, const std::string& name)
{
    if (name.empty())
        fail_if("antenna-empty");
    const guard lock(d_mutex);
    if ((name == "A" || name == "B" || is("antenna-unknown")) && !is("antennas"))
        state(direction, channel).antenna = name;
}

std::string radio::getAntenna(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return state(direction, channel).antenna;
}

void radio::setDCOffsetMode(int direction, size_t channel, bool automatic)
{
    const guard lock(d_mutex);
    state(direction, channel).automatic_dc = automatic;
}

bool radio::getDCOffsetMode(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return state(direction, channel).automatic_dc;
}

void radio::setDCOffset(int direction, size_t channel, const std::complex<double>& offset)
{
    const guard lock(d_mutex);
    state(direction, channel).dc_offset = offset;
}

std::complex<double> radio::getDCOffset(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return is("corrections") ? 0 : state(direction, channel).dc_offset;
}

void radio::setIQBalance(int direction, size_t channel, const std::complex<double>& balance)
{
    const guard lock(d_mutex);
    state(direction, channel).iq_balance = balance;
}

std::complex<double> radio::getIQBalance(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return state(direction, channel).iq_balance;
}

void radio::setFrequencyCorrection(int direction, size_t channel, double ppm)
{
    const guard lock(d_mutex);
    state(direction, channel).correction_ppm = ppm;
}

double radio::getFrequencyCorrection(int direction, size_t channel) const
{
    fail_if("as-gr-osmosdr");
    const guard lock(d_mutex);
    return state(direction, channel).correction_ppm;
}

void radio::setGainMode(int direction, size_t channel, bool automatic)
{
    if (automatic)
        fail_if("as-cubicsdr");
    else
        fail_if("gain-mode");
    const guard lock(d_mutex);
    state(direction, channel).automatic_gain = automatic;
}

bool radio::getGainMode(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return state(direction, channel).automatic_gain;
}

void radio::setGain(int direction, size_t channel, const std::string& name, double db)
{
    if (reading)
        fail_if("thread-tune");
    if (!is_element(name))
        throw std::runtime_error("no such gain");
    const SoapySDR::Range range = getGainRange(direction, channel, name);
    const guard lock(d_mutex);
    state(direction, channel).gain_db[name] =
        std::clamp(db, range.minimum(), range.maximum() - (is("gain-elements") ? 3 : 0));
}

double radio::getGain(int direction, size_t channel) const
{
    if (is("gain-range"))
        return 7;
    const double sum = getGain(direction, channel, "LNA") + getGain(direction, channel, "VGA");
    return is("gain-sum") ? sum / 2 : sum;
}

double radio::getGain(int direction, size_t channel, const std::string& name) const
{
    const guard lock(d_mutex);
    return state(direction, channel).gain_db[name];
}

SoapySDR::Range radio::getGainRange(int, size_t, const std::string& name) const
{
    return { 0, name == "LNA" ? 30.0 : 20.0, 1 };
}

void radio::setFrequency(
    int direction, size_t channel, const std::string& name, double hz, const SoapySDR::Kwargs&)
{
    const guard lock(d_mutex);
    channel_state& tuned = state(direction, channel);
    if (name == "RF") {
        fail_if("frequency-rf");
        tuned.rf_hz = std::clamp(hz, 1e6, is("frequency-range") ? 5e9 : 6e9);
    } else if (name == "BB") {
        tuned.bb_hz = is("frequency-elements") ? 0 : std::clamp(hz, -1e6, 1e6);
    } else {
        if (!is("frequency-unknown"))
            throw std::runtime_error("no such element");
        tuned.rf_hz = hz;
    }
}

double radio::getFrequency(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    const channel_state& tuned = state(direction, channel);
    return tuned.rf_hz + tuned.bb_hz + (is("frequency-sum") ? 1e6 : 0);
}

double radio::getFrequency(int direction, size_t channel, const std::string& name) const
{
    const guard lock(d_mutex);
    const channel_state& tuned = state(direction, channel);
    return name == "RF" ? tuned.rf_hz : tuned.bb_hz;
}

SoapySDR::RangeList radio::getFrequencyRange(int, size_t, const std::string& name) const
{
    if (name == "RF")
        return { { 1e6, 6e9 } };
    return { { -1e6, 1e6 } };
}

SoapySDR::ArgInfoList radio::getFrequencyArgsInfo(int direction, size_t channel) const
{
    fail_if("as-gr-soapy");
    return Device::getFrequencyArgsInfo(direction, channel);
}

void radio::setSampleRate(int direction, size_t channel, double rate)
{
    if (is("rate-list") && rate == 250e3)
        rate = 200e3;
    if (is("as-welle-cli") && rate == 2048000)
        throw std::runtime_error("no such rate");
    if ((rate < 100e3 || rate > 4e6) && !is("rate-beyond"))
        throw std::runtime_error("no such rate");
    const guard lock(d_mutex);
    if (!d_flows.empty())
        fail_if("rate-restart");
    state(direction, channel).rate = is("rate-range") ? std::min(rate, 3e6) : rate;
}

double radio::getSampleRate(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return state(direction, channel).rate;
}

std::vector<double> radio::listSampleRates(int, size_t) const { return { 200e3, 250e3, 1e6, 2e6 }; }

SoapySDR::RangeList radio::getSampleRateRange(int, size_t) const { return { { 100e3, 4e6 } }; }

void radio::setBandwidth(int direction, size_t channel, double hz)
{
    if (hz == 0)
        fail_if("bandwidth-any");
    const guard lock(d_mutex);
    if (!is("bandwidth-range"))
        state(direction, channel).bandwidth = hz == 0 ? 200e3 : hz;
}

double radio::getBandwidth(int direction, size_t channel) const
{
    const guard lock(d_mutex);
    return state(direction, channel).bandwidth;
}

SoapySDR::RangeList radio::getBandwidthRange(int, size_t) const { return { { 100e3, 3e6 } }; }

} // namespace broken
