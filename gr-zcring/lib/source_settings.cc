/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The setters, getters and fault injections of a source, which any thread may call.
//
// Setters check a value, or clip it (see setting_policy.h), and hand it to the device; it takes
// effect at one sample, at the earliest the next. None waits for data.
#include "source_impl.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

namespace gr {
namespace zcring {

namespace {

using ::zcring::command;
using namespace std::chrono_literals;

constexpr double seconds_max = 86400;
constexpr double telemetry_seconds_min = 1e-3;

std::chrono::nanoseconds duration(const char* what, double seconds, double low)
{
    if (!(seconds >= low && seconds <= seconds_max))
        throw std::invalid_argument(std::string("zcring: ") + what + " is " +
                                    std::to_string(seconds) + " s; it must be from " +
                                    std::to_string(low) + " to " + std::to_string(seconds_max));
    return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

} // namespace

unsigned source_impl::checked_channel(int chan) const
{
    if (chan < 0 || static_cast<unsigned>(chan) >= d_stream->dev.channels())
        throw std::invalid_argument("zcring: there is no channel " + std::to_string(chan) +
                                    "; the device has " + std::to_string(d_stream->dev.channels()) +
                                    ", counted from 0");
    return static_cast<unsigned>(chan);
}

unsigned source_impl::channel_mask(int chan) const
{
    return chan == all_channels ? command::all_channels : 1u << checked_channel(chan);
}

// Sets one value, or nothing if there is none.
void source_impl::set(std::optional<double> command::*field,
                      const allowed_value& setting,
                      unsigned channels)
{
    d_policy->apply(setting, [&](double value) {
        command change;
        change.channels = channels;
        change.*field = value;
        d_session.tune_setting(change);
    });
}

void source_impl::set_samp_rate(double rate)
{
    set(&command::rate, d_policy->allowed("rate", rate, rate_range));
}

void source_impl::set_center_freq(double freq, int chan)
{
    const unsigned mask = channel_mask(chan);
    set(&command::frequency, d_policy->allowed("frequency", freq, frequency_range), mask);
}

void source_impl::set_gain(double gain, int chan)
{
    const unsigned mask = channel_mask(chan);
    set(&command::gain, d_policy->allowed("gain", gain, gain_range), mask);
}

void source_impl::set_bandwidth(double bandwidth)
{
    set(&command::bandwidth, d_policy->allowed("bandwidth", bandwidth, bandwidth_range));
}

// No noise at all is beyond the range of the levels, and allowed.
void source_impl::set_noise(double level)
{
    const bool is_none = std::isinf(level) && level < 0;
    set(&command::noise,
        is_none ? allowed_value{ "noise", level, level, noise_range }
                : d_policy->allowed("noise", level, noise_range));
}

void source_impl::set_time_now(std::uint64_t time_ns) { d_session.set_time_now(time_ns); }

void source_impl::set_start_time(std::uint64_t time_ns)
{
    const std::uint64_t now = time_now();
    if (time_ns > now + static_cast<std::uint64_t>(seconds_max * 1e9))
        throw std::invalid_argument(
            "zcring: the start time is " + std::to_string(time_ns) +
            " ns; it must be at most a day ahead of the device's time, which is " +
            std::to_string(now));
    d_session.set_start_time(time_ns);
}

void source_impl::set_command_time(std::uint64_t time_ns)
{
    d_session.set_command_time(std::min(time_ns, UINT64_MAX - 1));
}

void source_impl::clear_command_time() { d_session.set_command_time(UINT64_MAX); }

void source_impl::set_telemetry_interval(double seconds)
{
    const char* const name = "the telemetry interval";
    const auto set = [&](double value) {
        d_publisher.set_telemetry_interval(
            value == 0 ? 0ns : duration(name, value, telemetry_seconds_min));
    };
    if (seconds == 0)
        set(0);
    else
        d_policy->apply(d_policy->allowed(name, seconds, { telemetry_seconds_min, seconds_max, 0 }),
                        set);
    d_waiting.wake();
}

double source_impl::samp_rate() const { return d_stream->checked_device().tuning().rate; }

double source_impl::center_freq(int chan) const
{
    return d_stream->checked_device().tuning().frequency[checked_channel(chan)];
}

double source_impl::gain(int chan) const
{
    return d_stream->checked_device().tuning().gain[checked_channel(chan)];
}

double source_impl::bandwidth() const { return d_stream->checked_device().tuning().bandwidth; }
double source_impl::noise() const { return d_stream->checked_device().tuning().noise; }

range source_impl::get_samp_rate_range() const
{
    const std::vector<double> rates = get_samp_rate_list();
    return rates.empty() ? rate_range : range{ rates.back(), rates.front(), 0 };
}

std::vector<double> source_impl::get_samp_rate_list() const { return d_stream->dev.rates(); }
range source_impl::get_noise_range() const { return noise_range; }

range source_impl::get_freq_range(int chan) const
{
    checked_channel(chan);
    return frequency_range;
}

range source_impl::get_gain_range(int chan) const
{
    checked_channel(chan);
    return gain_range;
}

range source_impl::get_bandwidth_range(int chan) const
{
    checked_channel(chan);
    return bandwidth_range;
}

std::uint64_t source_impl::time_now() const { return d_stream->checked_device().tuning().time_ns; }

std::map<std::string, std::uint64_t> source_impl::telemetry() const
{
    return counter_map(d_stream->checked_device().telemetry());
}

std::map<std::uint64_t, std::uint64_t> source_impl::latency_histogram() const
{
    return d_latency.histogram();
}

std::string source_impl::device() const { return d_stream->dev.name(); }
bool source_impl::is_zero_copy() const { return d_buffers.is_zero_copy(); }

void source_impl::inject_stall(double seconds)
{
    const auto time = duration("the stall", seconds, 0);
    d_session.inject([&](::zcring::device& dev) { dev.stall(time); });
}

void source_impl::inject_drop(std::uint64_t samples)
{
    d_session.inject([&](::zcring::device& dev) { dev.drop(samples); });
}

void source_impl::inject_clock_jump(double seconds)
{
    const auto time = duration("the jump", seconds, -seconds_max);
    d_session.inject([&](::zcring::device& dev) { dev.jump(time); });
}

void source_impl::inject_unplug() { d_stream->checked_device().unplug(); }
void source_impl::inject_plug() { d_stream->checked_device().plug(); }

void source_impl::inject_slow_consumer(double seconds)
{
    const auto time = duration("the slowness", seconds, 0);
    d_session.check_stream();
    d_waiting.slow_down(time);
}

} // namespace zcring
} // namespace gr
