// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The types that a device, a reader and their callers share.
 *
 * A *sample* is one complex sample of one channel. Indices and counts of samples are per
 * channel, and every channel has the same ones; counts of bytes are over all channels.
 * Plain values; no function here throws unless its comment says so.
 */
#pragma once

#include <zcring/api.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zcring {

//! Channels that a device can have.
inline constexpr unsigned max_channels = 8;

//! Layout of one sample: I, then Q, little-endian.
enum class format {
    sc8,  //!< two signed 8-bit integers; full scale is 128
    sc16, //!< two signed 16-bit integers; full scale is 32768
    fc32, //!< two 32-bit floats; full scale is 1.0
};

//! Bytes of one sample: 2, 4 or 8.
ZCRING_API std::size_t sample_bytes(format f) noexcept;

//! "sc8", "sc16" or "fc32".
ZCRING_API const char* to_string(format f) noexcept;

//! The inverse of to_string(). Throws std::invalid_argument, which lists the formats.
ZCRING_API format parse_format(std::string_view name);

//! Counters of one stream; zero when it starts. At every moment, to the sample,
//! `sample_clock = produced_samples + lost_samples` and
//! `produced_samples = consumed_samples + samples in the ring`.
struct telemetry {
    std::uint64_t sample_clock = 0;     //!< samples that the ADC has taken
    std::uint64_t produced_samples = 0; //!< samples put into the ring
    std::uint64_t consumed_samples = 0; //!< samples released, as the producer read the tail last
    std::uint64_t lost_samples = 0;     //!< samples dropped because the ring was full, or on demand
    std::uint64_t produced_bytes = 0;   //!< produced_samples over all channels, in bytes
    std::uint64_t consumed_bytes = 0;   //!< consumed_samples over all channels, in bytes
    std::uint64_t overflow_bytes = 0;   //!< lost_samples over all channels, in bytes
    std::uint64_t overflow_count = 0;   //!< gaps, each counted once
    std::uint64_t bursts = 0;           //!< descriptors written
    //! Samples that the ADC clipped, over all channels: I or Q was beyond full scale.
    std::uint64_t clipped_samples = 0;
    //! Samples of a live feed that were on the air as silence, because the feeder was late.
    std::uint64_t feed_underflow_samples = 0;
    std::uint64_t feed_underflow_count = 0; //!< runs of such samples, each counted once
    std::uint64_t demotions = 0; //!< how often a member of a free-pace stream became a listener
};

//! The counters by name. The names are the same everywhere: in abi.h, in sysfs, in the output of the
//! command and in the block.
ZCRING_API std::vector<std::pair<const char*, std::uint64_t>> named_counters(const telemetry& t);

//! One DMA burst: the description of a run of samples. All settings are constant over it.
struct burst {
    std::uint64_t index = 0;                  //!< of the first sample, in the stream
    std::uint64_t sample_clock = 0;           //!< of the first sample; counts lost samples too
    std::uint64_t time_ns = 0;                //!< of the first sample, since 1970-01-01 00:00 UTC
    std::uint64_t samples = 0;                //!< at least 1
    std::uint64_t lost = 0;                   //!< samples lost just before the first
    std::uint64_t clipped_samples = 0;        //!< of all channels, that the ADC clipped
    std::uint64_t feed_underflow_samples = 0; //!< of a live feed, that are silence in this burst
    std::uint64_t interrupt_ns = 0; //!< time of its interrupt, by CLOCK_BOOTTIME; 0 with free pace
    double rate = 0;                //!< samples a second
    double bandwidth = 0;           //!< Hz; 0: not limited
    unsigned tuned_channels = 0;    //!< bit c: channel c was tuned at the first sample
    bool starts = false;            //!< first of a stream
    bool resumes = false;           //!< first after a stop
    bool rate_changed = false;      //!< at the first sample
    bool time_changed = false;      //!< the time was set, or jumped, at the first sample
    bool resident = false;          //!< not written again: the samples were in the ring already
    std::array<double, max_channels> frequency{}; //!< Hz
    std::array<double, max_channels> gain{};      //!< dB
};

//! The frequencies from low to high, in Hz; one frequency if both are the same.
struct band {
    double low = 0;  //!< the lowest one
    double high = 0; //!< the highest one
};

//! How a device is tuned.
struct tuning {
    double rate = 0;      //!< samples a second
    double bandwidth = 0; //!< Hz; 0: not limited
    //! Of the noise that the receiver adds: RMS in dB of full scale; minus infinity: none.
    double noise = -std::numeric_limits<double>::infinity();
    std::uint64_t time_ns = 0;                    //!< now, since 1970-01-01 00:00 UTC
    std::array<double, max_channels> frequency{}; //!< Hz
    std::array<double, max_channels> gain{};      //!< dB
};

//! What a device can be set to. A value in range can be refused together with others: memory is
//! limited, and a board may limit the rate over all channels.
struct ranges {
    double rate_min = 0; //!< samples a second
    double rate_max = 0; //!< samples a second
    //! The rates that the device can have with its present scene, from the largest on, in samples a
    //! second; empty: every rate from #rate_min to #rate_max.
    std::vector<double> rates;
    unsigned channels_max = 0;        //!< 1 to zcring::max_channels
    unsigned commands_max = 0;        //!< timed commands that can wait; 0: none are taken
    double frequency_min = 0;         //!< Hz
    double frequency_max = 0;         //!< Hz
    double bandwidth_min = 0;         //!< Hz
    double bandwidth_max = 0;         //!< Hz; 0: the bandwidth cannot be set
    double gain_min = 0;              //!< dB
    double gain_max = 0;              //!< dB
    double gain_step = 0;             //!< dB; 0: the gain cannot be set
    double noise_min = 0;             //!< dB of full scale; "none" can be set, too
    double noise_max = 0;             //!< dB; the same as #noise_min: noise cannot be set
    std::uint64_t ring_bytes_max = 0; //!< of the ring of one channel
    double interval_min = 0;          //!< seconds between bursts
    double interval_max = 0;          //!< seconds between bursts
};

//! A change of tuning. All values that are given take effect together, at one sample.
struct command {
    //! For #channels: every channel that the device has.
    static constexpr unsigned all_channels = ~0u;

    unsigned channels = all_channels; //!< bit c: channel c
    std::optional<double> frequency;  //!< Hz, -1e12 to 1e12
    std::optional<double> gain;       //!< dB, -60 to 60
    std::optional<double> bandwidth;  //!< Hz, 0 to 1e12; 0: not limited
    //! Level of the noise of all channels: RMS in dB of full scale, -150 to 0; minus infinity: none.
    std::optional<double> noise;
    std::optional<double> rate; //!< samples a second, 0.001 to 1e10; of all channels
    //! Sets the time of that sample, in ns since 1970. Allowed at any moment, except as a
    //! timed command while no stream runs. The clock then continues from there, through all
    //! later streams.
    std::optional<std::uint64_t> time_ns;
    //! Sample clock of that sample; without it, the next sample.
    std::optional<std::uint64_t> at_clock;
    //! That sample is the first whose time is not before this, in ns since 1970, by the clock
    //! as it is now; a time that has passed means the next sample. Only while a stream runs,
    //! and not together with at_clock.
    std::optional<std::uint64_t> at_time_ns;
};

} // namespace zcring
