// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "receiver.h"
#include "streams.h"

#include <SoapySDR/Device.hpp>

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

namespace soapy_zcring {

/*!
 * \brief A device of zcring as SoapySDR has devices.
 *
 * Its calls are those of SoapySDR::Device, which documents them.
 * Threading: any thread may make every call, except the destructor. No lock is held while samples are
 * waited for.
 * Errors: exceptions with a text that names the remedy; the calls of streams return SoapySDR's codes.
 */
class radio final : public SoapySDR::Device
{
public:
    explicit radio(const SoapySDR::Kwargs& args);
    ~radio() override;

    // What it is: radio.cc.
    std::string getDriverKey() const override;
    std::string getHardwareKey() const override;
    SoapySDR::Kwargs getHardwareInfo() const override;
    std::size_t getNumChannels(int direction) const override;
    bool getFullDuplex(int direction, std::size_t channel) const override;

    // Streams: radio.cc.
    std::vector<std::string> getStreamFormats(int direction, std::size_t channel) const override;
    std::string
    getNativeStreamFormat(int direction, std::size_t channel, double& full_scale) const override;
    SoapySDR::Stream* setupStream(int direction,
                                  const std::string& format,
                                  const std::vector<std::size_t>& channels,
                                  const SoapySDR::Kwargs& args) override;
    void closeStream(SoapySDR::Stream* stream) override;
    std::size_t getStreamMTU(SoapySDR::Stream* stream) const override;
    int activateStream(SoapySDR::Stream* stream,
                       int flags,
                       long long time_ns,
                       std::size_t samples) override;
    int deactivateStream(SoapySDR::Stream* stream, int flags, long long time_ns) override;
    int readStream(SoapySDR::Stream* stream,
                   void* const* buffers,
                   std::size_t samples,
                   int& flags,
                   long long& time_ns,
                   long timeout_us) override;
    int writeStream(SoapySDR::Stream* stream,
                    const void* const* buffers,
                    std::size_t samples,
                    int& flags,
                    long long time_ns,
                    long timeout_us) override;
    int readStreamStatus(SoapySDR::Stream* stream,
                         std::size_t& channels,
                         int& flags,
                         long long& time_ns,
                         long timeout_us) override;
    std::size_t getNumDirectAccessBuffers(SoapySDR::Stream* stream) override;
    int acquireReadBuffer(SoapySDR::Stream* stream,
                          std::size_t& handle,
                          const void** buffers,
                          int& flags,
                          long long& time_ns,
                          long timeout_us) override;
    void releaseReadBuffer(SoapySDR::Stream* stream, std::size_t handle) override;

    // Tuning: tuning.cc.
    std::vector<std::string> listAntennas(int direction, std::size_t channel) const override;
    void setAntenna(int direction, std::size_t channel, const std::string& name) override;
    std::string getAntenna(int direction, std::size_t channel) const override;
    std::vector<std::string> listGains(int direction, std::size_t channel) const override;
    void setGain(int direction, std::size_t channel, double db) override;
    void setGain(int direction, std::size_t channel, const std::string& name, double db) override;
    double getGain(int direction, std::size_t channel) const override;
    double getGain(int direction, std::size_t channel, const std::string& name) const override;
    SoapySDR::Range getGainRange(int direction, std::size_t channel) const override;
    SoapySDR::Range
    getGainRange(int direction, std::size_t channel, const std::string& name) const override;
    std::vector<std::string> listFrequencies(int direction, std::size_t channel) const override;
    void setFrequency(int direction,
                      std::size_t channel,
                      double hz,
                      const SoapySDR::Kwargs& args) override;
    void setFrequency(int direction,
                      std::size_t channel,
                      const std::string& name,
                      double hz,
                      const SoapySDR::Kwargs& args) override;
    double getFrequency(int direction, std::size_t channel) const override;
    double getFrequency(int direction, std::size_t channel, const std::string& name) const override;
    SoapySDR::RangeList getFrequencyRange(int direction, std::size_t channel) const override;
    SoapySDR::RangeList
    getFrequencyRange(int direction, std::size_t channel, const std::string& name) const override;
    void setBandwidth(int direction, std::size_t channel, double hz) override;
    double getBandwidth(int direction, std::size_t channel) const override;
    SoapySDR::RangeList getBandwidthRange(int direction, std::size_t channel) const override;

    // Rate and time: rate_and_time.cc.
    void setSampleRate(int direction, std::size_t channel, double rate) override;
    double getSampleRate(int direction, std::size_t channel) const override;
    std::vector<double> listSampleRates(int direction, std::size_t channel) const override;
    SoapySDR::RangeList getSampleRateRange(int direction, std::size_t channel) const override;
    bool hasHardwareTime(const std::string& what) const override;
    long long getHardwareTime(const std::string& what) const override;
    void setHardwareTime(long long time_ns, const std::string& what) override;
    void setCommandTime(long long time_ns, const std::string& what) override;

    // Sensors and settings: sensors.cc, settings.cc.
    std::vector<std::string> listSensors() const override;
    SoapySDR::ArgInfo getSensorInfo(const std::string& key) const override;
    std::string readSensor(const std::string& key) const override;
    SoapySDR::ArgInfoList getSettingInfo() const override;
    void writeSetting(const std::string& key, const std::string& value) override;
    std::string readSetting(const std::string& key) const override;

private:
    using lock_shared = std::shared_lock<std::shared_mutex>;

    std::shared_ptr<receiver> device() const;
    std::shared_ptr<receiver> locked_device() const;
    bool is_streaming() const;
    unsigned channel_bit(int direction, std::size_t channel) const;
    void tune(zcring::command change);
    double sent(const std::atomic<double>& set, double received) const;
    void warn_of_silence(double hz);
    void issue_waiting_commands(receiver& to);
    bool can_resample() const;
    void open_again(zcring::arguments arguments);
    void set_scene(const std::string& scene);

    // Guards what follows; held for the time of a call of the device, none of which waits for data.
    mutable std::shared_mutex d_lock;
    zcring::arguments d_arguments;
    mutable std::shared_ptr<receiver> d_receiver; //!< none if it could not be opened again
    receiver::settings d_before;                  //!< of the one that is opened next then

    streams d_streams;
    std::atomic<long long> d_command_time_ns{ 0 }; //!< of the next commands; 0: at once
    std::atomic<bool> d_is_silent{ false }; //!< a warning said that the scene has nothing here

    // Of what is sent from the next activation on; NaN: that of the receiver.
    std::atomic<double> d_tx_rate{ std::numeric_limits<double>::quiet_NaN() };
    std::atomic<double> d_tx_frequency{ std::numeric_limits<double>::quiet_NaN() };

    std::mutex d_waiting_lock;
    std::vector<zcring::command> d_waiting; //!< timed commands for the next stream
};

} // namespace soapy_zcring
