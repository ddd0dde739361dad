// SPDX-License-Identifier: GPL-3.0-or-later
//
// Converts between the integers of the ABI (micro-hertz, hundredths of a dB, fractions) and the
// doubles of the library. Values are in range already: the caller has checked them, or the
// device has sent them.
#include "abi_values.h"

#include "engine.h"
#include "rational.h"

#include <algorithm>
#include <cmath>

namespace zcring {

std::int64_t to_uhz(double hz) noexcept { return std::llround(hz * 1e6); }
double from_uhz(std::int64_t uhz) noexcept { return static_cast<double>(uhz) / 1e6; }
std::int32_t to_mb(double db) noexcept { return static_cast<std::int32_t>(std::lround(db * 100)); }

std::int32_t noise_to_mb(double db) noexcept
{
    return std::isinf(db) ? ZCRING_NOISE_NONE : to_mb(db);
}

std::uint32_t to_abi(format f) noexcept
{
    switch (f) {
    case format::sc8:
        return ZCRING_FORMAT_SC8;
    case format::sc16:
        return ZCRING_FORMAT_SC16;
    case format::fc32:
        break;
    }
    return ZCRING_FORMAT_FC32;
}

format format_from_abi(std::uint32_t f) noexcept
{
    switch (f) {
    case ZCRING_FORMAT_SC8:
        return format::sc8;
    case ZCRING_FORMAT_SC16:
        return format::sc16;
    }
    return format::fc32;
}

tuning tuning_from_abi(const zcring_tuning& t) noexcept
{
    tuning result;
    result.rate = to_double({ t.rate_num, t.rate_den });
    result.bandwidth = static_cast<double>(t.bandwidth_uhz) / 1e6;
    if (t.noise_mb != ZCRING_NOISE_NONE)
        result.noise = t.noise_mb / 100.0;
    result.time_ns = t.time_ns;
    for (unsigned c = 0; c < max_channels; c++) {
        result.frequency[c] = static_cast<double>(t.channel[c].freq_uhz) / 1e6;
        result.gain[c] = t.channel[c].gain_mb / 100.0;
    }
    return result;
}

// A denominator of 0 comes from a device that has no such rate.
ranges ranges_from_abi(const zcring_ranges& r)
{
    const auto rate = [](std::uint64_t num, std::uint64_t den) {
        return den ? to_double({ num, den }) : 0;
    };
    const double base = rate(r.rate_base_num, r.rate_base_den);
    ranges result;
    result.rate_min = rate(r.rate_min_num, r.rate_min_den);
    result.rate_max = rate(r.rate_max_num, r.rate_max_den);
    // A server may have written anything, and may allow less than the rate of the recording.
    const unsigned divisor_max = std::min(r.rate_divisor_max, ZCRING_DECIMATION_MAX);
    for (unsigned d = 1; base > 0 && d <= divisor_max && base / d >= result.rate_min; d++)
        if (base / d <= result.rate_max)
            result.rates.push_back(base / d);
    result.channels_max = r.channels_max;
    result.commands_max = r.commands_max;
    result.frequency_min = from_uhz(r.freq_min_uhz);
    result.frequency_max = from_uhz(r.freq_max_uhz);
    result.bandwidth_min = static_cast<double>(r.bandwidth_min_uhz) / 1e6;
    result.bandwidth_max = static_cast<double>(r.bandwidth_max_uhz) / 1e6;
    result.gain_min = r.gain_min_mb / 100.0;
    result.gain_max = r.gain_max_mb / 100.0;
    result.gain_step = r.gain_step_mb / 100.0;
    result.noise_min = r.noise_min_mb / 100.0;
    result.noise_max = r.noise_max_mb / 100.0;
    result.ring_bytes_max = r.ring_bytes_max;
    result.interval_min = static_cast<double>(r.interval_min_ns) / 1e9;
    result.interval_max = static_cast<double>(r.interval_max_ns) / 1e9;
    return result;
}

telemetry telemetry_from_abi(const zcring_telemetry& t) noexcept
{
    telemetry result;
    result.sample_clock = t.sample_clock;
    result.produced_samples = t.produced_samples;
    result.consumed_samples = t.consumed_samples;
    result.lost_samples = t.lost_samples;
    result.produced_bytes = t.produced_bytes;
    result.consumed_bytes = t.consumed_bytes;
    result.overflow_bytes = t.overflow_bytes;
    result.overflow_count = t.overflow_count;
    result.bursts = t.bursts;
    result.clipped_samples = t.clipped_samples;
    result.feed_underflow_samples = t.feed_underflow_samples;
    result.feed_underflow_count = t.feed_underflow_count;
    result.demotions = t.demotions;
    return result;
}

} // namespace zcring
