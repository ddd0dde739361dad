// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A simulated radio that keeps the contract of SoapySDR, but for one defect that is asked for.
 *
 * For the test of zcring-check-soapy. The radio has two channels for each direction, times, bursts,
 * direct buffers, settings and sensors, so that no rule is skipped without a defect.
 */
#ifndef ZCRING_TESTS_SOAPY_BROKEN_RADIO_H
#define ZCRING_TESTS_SOAPY_BROKEN_RADIO_H

#include <SoapySDR/Device.hpp>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace broken {

class flow;

/*! What one channel is set to. */
struct channel_state {
    double rate = 200e3;
    double bandwidth = 200e3;
    double rf_hz = 100e6, bb_hz = 0;
    std::map<std::string, double> gain_db{ { "LNA", 0 }, { "VGA", 0 } };
    bool automatic_gain = false, automatic_dc = false;
    std::string antenna = "A";
    std::complex<double> dc_offset, iq_balance;
    double correction_ppm = 0;
};

/*! Settings are kept under a mutex; streams have their own. */
class radio final : public SoapySDR::Device
{
public:
    explicit radio(const std::string& defect);
    ~radio() override;

    /*! Whether the radio has this defect. */
    bool is(const char* defect) const { return d_defect == defect; }
    double rate(int direction) const;
    long long time_ns() const;
    std::atomic<bool> polled{ false };  //!< a thread is in readStreamStatus()
    std::atomic<bool> reading{ false }; //!< a thread is in readStream()
    std::atomic<bool> sending{ false }; //!< a transmit stream was activated

    std::string getDriverKey() const override;
    std::string getHardwareKey() const override { return "simulated"; }
    size_t getNumChannels(int) const override { return 2; }
    SoapySDR::Kwargs getChannelInfo(int, size_t) const override;
    std::vector<std::string> getStreamFormats(int, size_t) const override;
    std::string getNativeStreamFormat(int, size_t, double& full_scale) const override;
    SoapySDR::ArgInfoList getStreamArgsInfo(int, size_t) const override;

    SoapySDR::Stream* setupStream(int,
                                  const std::string&,
                                  const std::vector<size_t>&,
                                  const SoapySDR::Kwargs&) override;
    void closeStream(SoapySDR::Stream*) override;
    size_t getStreamMTU(SoapySDR::Stream*) const override;
    int activateStream(SoapySDR::Stream*, int, long long, size_t) override;
    int deactivateStream(SoapySDR::Stream*, int, long long) override;
    int readStream(SoapySDR::Stream*, void* const*, size_t, int&, long long&, long) override;
    int writeStream(SoapySDR::Stream*, const void* const*, size_t, int&, long long, long) override;
    int readStreamStatus(SoapySDR::Stream*, size_t&, int&, long long&, long) override;
    size_t getNumDirectAccessBuffers(SoapySDR::Stream*) override;
    int getDirectAccessBufferAddrs(SoapySDR::Stream*, size_t, void**) override;
    int
    acquireReadBuffer(SoapySDR::Stream*, size_t&, const void**, int&, long long&, long) override;
    void releaseReadBuffer(SoapySDR::Stream*, size_t) override;
    int acquireWriteBuffer(SoapySDR::Stream*, size_t&, void**, long) override;
    void releaseWriteBuffer(SoapySDR::Stream*, size_t, size_t, int&, long long) override;

    std::vector<std::string> listAntennas(int, size_t) const override { return { "A", "B" }; }
    void setAntenna(int, size_t, const std::string&) override;
    std::string getAntenna(int, size_t) const override;
    bool hasDCOffsetMode(int, size_t) const override { return true; }
    void setDCOffsetMode(int, size_t, bool) override;
    bool getDCOffsetMode(int, size_t) const override;
    bool hasDCOffset(int, size_t) const override { return true; }
    void setDCOffset(int, size_t, const std::complex<double>&) override;
    std::complex<double> getDCOffset(int, size_t) const override;
    bool hasIQBalance(int, size_t) const override { return true; }
    void setIQBalance(int, size_t, const std::complex<double>&) override;
    std::complex<double> getIQBalance(int, size_t) const override;
    bool hasFrequencyCorrection(int, size_t) const override { return true; }
    void setFrequencyCorrection(int, size_t, double) override;
    double getFrequencyCorrection(int, size_t) const override;

    std::vector<std::string> listGains(int, size_t) const override { return { "LNA", "VGA" }; }
    bool hasGainMode(int, size_t) const override { return true; }
    void setGainMode(int, size_t, bool) override;
    bool getGainMode(int, size_t) const override;
    using Device::setGain;
    void setGain(int, size_t, const std::string&, double) override;
    double getGain(int, size_t) const override;
    double getGain(int, size_t, const std::string&) const override;
    using Device::getGainRange;
    SoapySDR::Range getGainRange(int, size_t, const std::string&) const override;

    using Device::setFrequency;
    void setFrequency(int, size_t, const std::string&, double, const SoapySDR::Kwargs&) override;
    double getFrequency(int, size_t) const override;
    double getFrequency(int, size_t, const std::string&) const override;
    std::vector<std::string> listFrequencies(int, size_t) const override { return { "RF", "BB" }; }
    using Device::getFrequencyRange;
    SoapySDR::RangeList getFrequencyRange(int, size_t, const std::string&) const override;
    SoapySDR::ArgInfoList getFrequencyArgsInfo(int, size_t) const override;

    void setSampleRate(int, size_t, double) override;
    double getSampleRate(int, size_t) const override;
    std::vector<double> listSampleRates(int, size_t) const override;
    SoapySDR::RangeList getSampleRateRange(int, size_t) const override;
    void setBandwidth(int, size_t, double) override;
    double getBandwidth(int, size_t) const override;
    SoapySDR::RangeList getBandwidthRange(int, size_t) const override;

    void setMasterClockRate(double) override;
    std::vector<std::string> listClockSources() const override
    {
        return { "internal", "external" };
    }
    void setClockSource(const std::string&) override;
    std::string getClockSource() const override;
    std::vector<std::string> listTimeSources() const override { return { "internal", "pps" }; }
    void setTimeSource(const std::string&) override;
    std::string getTimeSource() const override;
    bool hasHardwareTime(const std::string&) const override { return true; }
    long long getHardwareTime(const std::string&) const override;
    void setHardwareTime(long long, const std::string&) override;

    std::vector<std::string> listSensors() const override { return { "temperature" }; }
    SoapySDR::ArgInfo getSensorInfo(const std::string&) const override;
    std::string readSensor(const std::string&) const override;
    std::vector<std::string> listSensors(int, size_t) const override { return { "locked" }; }
    SoapySDR::ArgInfo getSensorInfo(int, size_t, const std::string&) const override;
    std::string readSensor(int, size_t, const std::string&) const override;
    std::vector<std::string> listRegisterInterfaces() const override;
    SoapySDR::ArgInfoList getSettingInfo() const override;
    void writeSetting(const std::string&, const std::string&) override;
    std::string readSetting(const std::string&) const override;
    SoapySDR::ArgInfoList getSettingInfo(int, size_t) const override;
    std::string readSetting(int, size_t, const std::string&) const override;

private:
    void fail_if(const char* defect) const;
    channel_state& state(int direction, size_t channel) const;
    void check_setup(int, const std::string&, const std::vector<size_t>&, const SoapySDR::Kwargs&);

    const std::string d_defect;
    mutable std::mutex d_mutex;
    mutable std::map<std::pair<int, size_t>, channel_state> d_channels;
    std::set<std::pair<int, size_t>> d_used;
    std::map<SoapySDR::Stream*, std::unique_ptr<flow>> d_flows;
    std::string d_clock = "internal", d_time = "internal", d_mode = "fast";
    std::atomic<long long> d_offset_ns{ 0 };
    mutable std::atomic<long long> d_back_ns{ 0 };
    int d_setups = 0;
};

} // namespace broken

#endif
