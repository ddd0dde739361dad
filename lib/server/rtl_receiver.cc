// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtl_receiver.h"

#include <algorithm>
#include <cmath>
#include <system_error>

namespace zcring::server {

namespace {

// Clients that read at once get pieces of this length; a longer one is no use to them.
constexpr std::uint64_t interval_us = 10000;

// The channel filter is flat to 0.4 of the device's rate, on each side of the frequency.
constexpr double flat = 0.8;

constexpr double longest_gap_seconds = 1;

bool is_same(double a, double b) { return std::abs(a - b) <= 1e-9 * b; }

} // namespace

arguments rtl_arguments(const std::string& text)
{
    arguments a = parse_arguments(text);
    a.format = format::sc16;
    a.channels = 1;
    if (!a.interval_us)
        a.interval_us = interval_us;
    return a;
}

double rtl_device_rate(const std::vector<double>& rates, double asked)
{
    if (rates.empty())
        return asked;
    double best = 0;
    for (const double rate : rates) {
        if (is_same(rate, asked))
            return rate;
        if (flat * rate >= asked && (!best || rate < best))
            best = rate;
    }
    return best ? best : *std::max_element(rates.begin(), rates.end());
}

rtl_receiver::rtl_receiver(device& dev) : d_device(dev), d_in(dev)
{
    const tuning t = dev.tuning();
    d_first_gain = t.gain[0];
    d_frequency = t.frequency[0];
    d_rate = d_rate_in = t.rate;
}

std::vector<std::string> rtl_receiver::apply(const rtl_settings& s)
{
    std::vector<std::string> refused;
    const auto attempt = [&](const auto& change) {
        try {
            change();
        } catch (const std::exception& e) {
            refused.emplace_back(e.what());
        }
    };
    if (s.rate)
        attempt([&] { set_rate(*s.rate); });
    if (s.frequency)
        attempt([&] {
            d_device.set_frequency(*s.frequency);
            d_frequency = *s.frequency;
        });
    if (s.gain || s.gain_of_server)
        attempt([&] { d_device.set_gain(s.gain.value_or(d_first_gain)); });
    return refused;
}

void rtl_receiver::set_rate(double asked)
{
    d_device.set_rate(rtl_device_rate(d_device.rates(), asked));
    if (asked == d_rate)
        return;
    d_rate = asked;
    // The samples inside have a rate that the client does not expect any more.
    d_resampler.reset();
    forget_counts();
}

status rtl_receiver::run(std::chrono::nanoseconds timeout, const rtl_output& out)
{
    const status s = d_in.wait(1, timeout);
    if (s != status::data)
        return s;
    const reader::view v = d_in.acquire();
    const auto* iq = static_cast<const std::int16_t*>(v.channel[0]);
    std::uint64_t passed = 0;
    const auto pass_until = [&](std::uint64_t place) {
        pass(iq + 2 * passed, place - passed, out);
        passed = place;
    };
    while (const auto b = d_in.next_burst(v.index + v.samples)) {
        if (b->index > v.index + passed)
            pass_until(b->index - v.index);
        if (b->lost)
            pass_gap(b->lost, out);
        if (b->rate != d_rate_in)
            resample_from(b->rate, out);
    }
    pass_until(v.samples);
    d_in.release(v.samples);
    return s;
}

// The samples that come next have another rate.
void rtl_receiver::resample_from(double rate, const rtl_output& out)
{
    if (d_resampler)
        d_resampler->finish(out);
    d_resampler.reset();
    forget_counts();
    d_rate_in = rate;
}

void rtl_receiver::forget_counts() { d_samples_in = d_samples_out = 0; }

rtl_resampler& rtl_receiver::resampler()
{
    if (!d_resampler)
        d_resampler = std::make_unique<rtl_resampler>(
            is_same(d_rate_in, d_rate) ? d_rate : d_rate_in, d_rate);
    return *d_resampler;
}

rtl_output rtl_receiver::counted(const rtl_output& out)
{
    return [this, &out](const std::uint8_t* bytes, std::uint64_t samples) {
        d_samples_out += samples;
        out(bytes, samples);
    };
}

void rtl_receiver::pass(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out)
{
    if (!samples)
        return;
    d_samples_in += samples;
    resampler().run(iq, samples, counted(out));
}

void rtl_receiver::pass_gap(std::uint64_t samples, const rtl_output& out)
{
    d_lost += samples;
    d_samples_in += samples;
    if (static_cast<double>(samples) <= longest_gap_seconds * d_rate_in) {
        resampler().run_silence(samples, counted(out));
        return;
    }
    // A machine that slept for hours: what no client waits for needs no filter.
    if (d_resampler)
        d_resampler->finish(counted(out));
    d_resampler.reset();
    const long double ratio = static_cast<long double>(d_rate) / d_rate_in;
    const auto due = static_cast<std::uint64_t>(std::llround(d_samples_in * ratio));
    if (due > d_samples_out)
        counted(out)(nullptr, due - d_samples_out);
}

} // namespace zcring::server
