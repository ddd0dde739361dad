// SPDX-License-Identifier: GPL-3.0-or-later
//
// The calls of programs, in their order. No call may throw, unless the program catches it; in the end
// the program must get its samples. The orders were read from the programs' sources; the manual lists
// them.

#include "device.h"

#include <SoapySDR/Errors.hpp>
#include <algorithm>

namespace soapy_check {

namespace {

constexpr size_t channel_0 = 0;

/*! The rate of the program, where the device can have it; else the user's, or the device's. */
double rate_for(const device& dev, double wish)
{
    for (const SoapySDR::Range& range : CALL(dev, getSampleRateRange, rx, channel_0))
        if (dev.wanted().rate == 0 && wish >= range.minimum() && wish <= range.maximum() &&
            range.step() == 0)
            return wish;
    prepare_rate(dev, rx, channel_0);
    return CALL(dev, getSampleRate, rx, channel_0);
}

/*! A frequency that the device can have. */
double frequency_of(const device& dev)
{
    const SoapySDR::RangeList ranges = CALL(dev, getFrequencyRange, rx, channel_0);
    if (ranges.empty())
        return 100e6;
    return (ranges.front().minimum() + ranges.front().maximum()) / 2;
}

void probe_device(const device& dev)
{
    CALL(dev, getDriverKey);
    CALL(dev, getHardwareKey);
    CALL(dev, getHardwareInfo);
    CALL(dev, hasHardwareTime);
    CALL(dev, listClockSources);
    CALL(dev, listTimeSources);
    for (const std::string& key : CALL(dev, listSensors)) {
        CALL(dev, getSensorInfo, key);
        CALL(dev, readSensor, key);
    }
    CALL(dev, listRegisterInterfaces);
    CALL(dev, getSettingInfo);
    CALL(dev, listGPIOBanks);
    CALL(dev, listUARTs);
}

void probe_channel(const device& dev, direction dir, size_t channel)
{
    CALL(dev, getChannelInfo, dir, channel);
    CALL(dev, getFullDuplex, dir, channel);
    CALL(dev, hasGainMode, dir, channel);
    CALL(dev, getStreamFormats, dir, channel);
    double full_scale = 0;
    CALL(dev, getNativeStreamFormat, dir, channel, full_scale);
    CALL(dev, getStreamArgsInfo, dir, channel);
    CALL(dev, listAntennas, dir, channel);
    CALL(dev, hasDCOffsetMode, dir, channel);
    CALL(dev, hasDCOffset, dir, channel);
    CALL(dev, hasIQBalance, dir, channel);
    CALL(dev, getGainRange, dir, channel);
    for (const std::string& name : CALL(dev, listGains, dir, channel))
        CALL(dev, getGainRange, dir, channel, name);
    CALL(dev, getFrequencyRange, dir, channel);
    for (const std::string& name : CALL(dev, listFrequencies, dir, channel))
        CALL(dev, getFrequencyRange, dir, channel, name);
    CALL(dev, getFrequencyArgsInfo, dir, channel);
    CALL(dev, getSampleRateRange, dir, channel);
    CALL(dev, getBandwidthRange, dir, channel);
    for (const std::string& key : CALL(dev, listSensors, dir, channel)) {
        CALL(dev, getSensorInfo, dir, channel, key);
        CALL(dev, readSensor, dir, channel, key);
    }
    CALL(dev, getSettingInfo, dir, channel);
}

void as_soapysdrutil_probe(const options& wanted, direction)
{
    const device dev(wanted);
    probe_device(dev);
    for (const direction dir : { rx, tx }) {
        const size_t channels = CALL(dev, getNumChannels, dir);
        for (size_t channel = 0; channel < channels; channel++)
            probe_channel(dev, dir, channel);
    }
}

void as_soapysdrutil_rate(const options& wanted, direction dir)
{
    device dev(wanted);
    channels_of(dev, dir);
    prepare_rate(dev, dir, channel_0);
    const double rate = CALL(dev, getSampleRate, dir, channel_0);
    CALL(dev, setSampleRate, dir, channel_0, rate);
    stream flow(dev, dir, native_format(dev, dir));
    flow.mtu();
    flow.activate();
    flow.prove();
    size_t mask = 0;
    int flags = 0;
    long long time_ns = 0;
    CALL(dev, readStreamStatus, flow, mask, flags, time_ns, 0L);
    flow.prove();
    CALL(dev, deactivateStream, flow);
    flow.close();
}

void as_uhd_soapysdr(const options& wanted, direction)
{
    device dev(wanted);
    channels_of(dev, rx);
    probe_device(dev);
    probe_channel(dev, rx, channel_0);
    CALL(dev, getMasterClockRate);
    CALL(dev, getBandwidth, rx, channel_0);
    for (const std::string& name : CALL(dev, listGains, rx, channel_0)) {
        const double db = CALL(dev, getGain, rx, channel_0, name);
        CALL(dev, setGain, rx, channel_0, name, db);
    }
    CALL(dev, setSampleRate, rx, channel_0, rate_for(dev, 1e6));
    const double hz = frequency_of(dev);
    for (const std::string& name : CALL(dev, listFrequencies, rx, channel_0))
        CALL(dev, setFrequency, rx, channel_0, name, name == "RF" ? hz : 0.0);
    stream flow(dev, rx, "CF32", { 0 }, { { "WIRE", "sc16" } });
    flow.activate();
    sample_buffers memory = flow.buffers(flow.mtu());
    flow.prove();
    for (int i = 0; i < 20; i++)
        flow.read(memory, memory.elements(), 100000, SOAPY_SDR_ONE_PACKET);
    flow.deactivate();                 // the command of the program
    CALL(dev, deactivateStream, flow); // and that of the stream's destructor
    flow.close();
}

void as_gr_soapy(const options& wanted, direction)
{
    device dev(wanted);
    const size_t channels = channels_of(dev, rx);
    CALL(dev, getSettingInfo);
    for (size_t channel = 0; channel < channels; channel++) {
        CALL(dev, getStreamArgsInfo, rx, channel);
        CALL(dev, getFrequencyArgsInfo, rx, channel);
        CALL(dev, getSettingInfo, rx, channel);
        CALL(dev, listGains, rx, channel);
    }
    CALL(dev, setSampleRate, rx, channel_0, rate_for(dev, 1e6));
    CALL(dev, setFrequency, rx, channel_0, frequency_of(dev), SoapySDR::Kwargs{});
    const SoapySDR::Range gains = CALL(dev, getGainRange, rx, channel_0);
    CALL(dev, setGain, rx, channel_0, gains.minimum());
    for (int turn = 0; turn < 3; turn++) { // the flowgraph is started, stopped, started
        stream flow(dev, rx, "CF32");
        flow.mtu();
        flow.activate();
        flow.prove();
        CALL(dev, deactivateStream, flow);
        flow.close();
    }
}

void as_gr_osmosdr(const options& wanted, direction)
{
    device dev(wanted);
    stream flow(dev, rx, "CF32"); // before any rate
    CALL(dev, getSampleRateRange, rx, channel_0);
    CALL(dev, setSampleRate, rx, channel_0, rate_for(dev, 2e6));
    CALL(dev, getSampleRate, rx, channel_0);
    CALL(dev, setFrequency, rx, channel_0, frequency_of(dev));
    CALL(dev, getFrequency, rx, channel_0);
    const double ppm = CALL(dev, getFrequencyCorrection, rx, channel_0);
    CALL(dev, setFrequencyCorrection, rx, channel_0, ppm);
    CALL(dev, setGainMode, rx, channel_0, false);
    const SoapySDR::Range gains = CALL(dev, getGainRange, rx, channel_0);
    CALL(dev, setGain, rx, channel_0, gains.minimum());
    const std::string antenna = CALL(dev, getAntenna, rx, channel_0);
    CALL(dev, setAntenna, rx, channel_0, antenna);
    const double rate = CALL(dev, getSampleRate, rx, channel_0);
    CALL(dev, setBandwidth, rx, channel_0, rate * 0.75);
    CALL(dev, setBandwidth, rx, channel_0, 0.0);
    CALL(dev, getBandwidth, rx, channel_0);
    for (int turn = 0; turn < 2; turn++) {
        flow.activate(); // start() is false unless this returns 0, and stop() likewise
        flow.prove();
        flow.deactivate();
    }
    flow.close();
}

void as_cubicsdr(const options& wanted, direction)
{
    device dev(wanted);
    channels_of(dev, rx);
    const std::vector<double> rates = CALL(dev, listSampleRates, rx, channel_0);
    CALL(dev, listAntennas, rx, channel_0);
    stream flow(dev, rx, "CF32", {});
    const double rate = rates.empty() ? rate_for(dev, 2e6) : rates[rates.size() / 2];
    CALL(dev, setSampleRate, rx, channel_0, rate);
    CALL(dev, setFrequency, rx, channel_0, "RF", frequency_of(dev));
    if (CALL(dev, hasFrequencyCorrection, rx, channel_0))
        CALL(dev, setFrequencyCorrection, rx, channel_0, 0.0);
    if (CALL(dev, hasDCOffsetMode, rx, channel_0))
        CALL(dev, setDCOffsetMode, rx, channel_0, true);
    if (CALL(dev, hasGainMode, rx, channel_0))
        CALL(dev, setGainMode, rx, channel_0, true);
    for (const SoapySDR::ArgInfo& each : CALL(dev, getSettingInfo))
        CALL(dev, readSetting, each.key);
    for (int turn = 0; turn < 2; turn++) {
        CALL(dev, deactivateStream, flow); // the first time, the stream is not active
        exception_of([&] { CALL(dev, setSampleRate, rx, channel_0, rate); }); // it catches this
        CALL(dev, activateStream, flow);
        CALL(dev, getSampleRate, rx, channel_0);
        sample_buffers memory = flow.buffers(flow.mtu());
        flow.read(memory, memory.elements(), 1L << 30);
        flow.prove();
        CALL(dev, setFrequency, rx, channel_0, "RF", frequency_of(dev));
    }
    CALL(dev, deactivateStream, flow);
    flow.close();
}

void as_rtl_433(const options& wanted, direction)
{
    device dev(wanted);
    channels_of(dev, rx);
    CALL(dev, getHardwareInfo);
    const std::string native = native_format(dev, rx);
    stream flow(dev, rx, native == "CU8" ? native : "CS16", {});
    CALL(dev, setSampleRate, rx, channel_0, rate_for(dev, 250e3));
    CALL(dev, getSampleRate, rx, channel_0);
    if (CALL(dev, hasGainMode, rx, channel_0))
        CALL(dev, setGainMode, rx, channel_0, true);
    flow.activate();
    CALL(dev, setFrequency, rx, channel_0, frequency_of(dev), SoapySDR::Kwargs{});
    CALL(dev, getFrequency, rx, channel_0);
    sample_buffers memory = flow.buffers(65536);
    for (int i = 0; i < 5; i++)
        flow.read(memory, memory.elements(), 1000000);
    flow.prove();
    flow.abandon();
    dev.unmake();
}

void as_welle_cli(const options& wanted, direction)
{
    for (const SoapySDR::Kwargs& each : SoapySDR::Device::enumerate(wanted.arguments))
        demand(each.count("label"), "Device::enumerate()", "a device without a label");
    device dev(wanted);
    channels_of(dev, rx);
    CALL(dev, getHardwareInfo);
    CALL(dev, setMasterClockRate, 2048000.0 * 16);
    CALL(dev, getMasterClockRate);
    CALL(dev, setSampleRate, rx, channel_0, rate_for(dev, 2048000));
    CALL(dev, getSampleRate, rx, channel_0);
    CALL(dev, listAntennas, rx, channel_0);
    CALL(dev, setFrequency, rx, channel_0, frequency_of(dev));
    CALL(dev, getFrequency, rx, channel_0);
    CALL(dev, getGainRange, rx, channel_0);
    CALL(dev, setGainMode, rx, channel_0, false);
    if (CALL(dev, hasDCOffsetMode, rx, channel_0))
        CALL(dev, setDCOffsetMode, rx, channel_0, true);
    stream flow(dev, rx, "CF32", { 0 }, SoapySDR::KwargsFromString(wanted.arguments));
    flow.activate();
    flow.prove();
    flow.close();
}

} // namespace

std::vector<rule> program_rules()
{
    return {
        { "as-probe",
          scope::device,
          "SoapySDRUtil --probe gets all its answers",
          "SoapySDR, apps/SoapySDRProbe.cpp",
          as_soapysdrutil_probe },
        { "as-rate",
          scope::channel,
          "SoapySDRUtil --rate streams",
          "SoapySDR, apps/SoapyRateTest.cpp",
          as_soapysdrutil_rate },
        { "as-uhd",
          scope::receive,
          "a program of UHD streams, by uhd-soapysdr",
          "SoapyUHD, UHDSoapyDevice.cpp",
          as_uhd_soapysdr },
        { "as-gr-soapy",
          scope::receive,
          "a flowgraph with gr-soapy starts, stops, starts",
          "GNU Radio, gr-soapy/lib/block_impl.cc",
          as_gr_soapy },
        { "as-gr-osmosdr",
          scope::receive,
          "a flowgraph with gr-osmosdr, and gqrx, streams",
          "gr-osmosdr, lib/soapy/soapy_source_c.cc",
          as_gr_osmosdr },
        { "as-cubicsdr",
          scope::receive,
          "CubicSDR streams",
          "CubicSDR, src/sdr/SoapySDRThread.cpp",
          as_cubicsdr },
        { "as-rtl-433", scope::receive, "rtl_433 streams", "rtl_433, src/sdr.c", as_rtl_433 },
        { "as-welle-cli",
          scope::receive,
          "welle-cli streams",
          "welle.io, src/input/soapy_sdr.cpp",
          as_welle_cli },
    };
}

} // namespace soapy_check
