/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Makes a source: checks its parameters, merges them into the argument string's, opens the device.
//
// With out_of_range=clip, values out of range are clipped here as the setters clip them.
#include "source_impl.h"

#include <sstream>
#include <stdexcept>

namespace gr {
namespace zcring {

namespace {

using ::zcring::arguments;

// A setting may stand in the arguments too, but not with another value.
template <class T>
void merge_argument(std::optional<T>& in_args, T value, const char* key, const char* parameter)
{
    if (in_args && *in_args != value) {
        std::ostringstream text;
        text.precision(15);
        text << "zcring: " << key << "=" << *in_args << " in the arguments contradicts "
             << parameter << "=" << value << "; make them the same, or leave " << key
             << "= out of the arguments";
        throw std::invalid_argument(text.str());
    }
    in_args = value;
}

zero_copy_mode parse_zero_copy(const std::string& word)
{
    if (word == "auto")
        return zero_copy_mode::automatic;
    if (word == "on")
        return zero_copy_mode::on;
    if (word == "off")
        return zero_copy_mode::off;
    throw std::invalid_argument("zcring: unknown zero_copy \"" + word +
                                "\"; it is auto, on or off");
}

out_of_range parse_out_of_range(const std::string& word)
{
    if (word == "error")
        return out_of_range::error;
    if (word == "clip")
        return out_of_range::clip;
    throw std::invalid_argument("zcring: unknown out_of_range \"" + word +
                                "\"; it is error or clip");
}

// Once the device is open, and has the value \p set.
void warn_of_clipping(setting_policy& policy, const allowed_value& setting, double set)
{
    policy.warn_of_clipping(
        setting, (setting.nearest ? "is set to " : "is set to the default, ") + number(set));
}

// With out_of_range=clip, a recording that cannot be resampled to the rate that was asked for, because
// it would be too long for the memory, plays at its own; then \p a has no rate any more.
std::shared_ptr<ring_stream> open(arguments& a, setting_policy& policy)
{
    try {
        return std::make_shared<ring_stream>(a);
    } catch (const std::invalid_argument& e) {
        if (!policy.clips() || !a.scene || !a.rate)
            throw;
        a.rate.reset();
        auto stream = std::make_shared<ring_stream>(a); // throws, if the rate was not the reason
        policy.warn(e.what(), std::string("the recording plays at its own rate: ") + e.what());
        return stream;
    }
}

device_lost parse_device_lost(const std::string& word)
{
    if (word == "stop")
        return device_lost::stop;
    if (word == "wait")
        return device_lost::wait;
    throw std::invalid_argument("zcring: unknown on_device_lost \"" + word +
                                "\"; it is stop or wait");
}

} // namespace

source::sptr source::make(const std::string& args,
                          const std::string& type,
                          unsigned nchan,
                          double samp_rate,
                          double center_freq,
                          double gain,
                          const std::string& zero_copy,
                          const std::string& on_device_lost,
                          const std::string& out_of_range)
{
    auto policy = std::make_unique<setting_policy>(parse_out_of_range(out_of_range),
                                                   std::make_shared<gr::logger>("zcring_source"));
    arguments a = ::zcring::parse_arguments(args);
    const ::zcring::format out = ::zcring::parse_format(type);
    const device_lost lost = parse_device_lost(on_device_lost);
    zero_copy_mode mode = parse_zero_copy(zero_copy);

    merge_argument(a.channels, nchan, "channels", "nchan");
    const allowed_value rate = policy->allowed("samp_rate", samp_rate, rate_range);
    const allowed_value freq = policy->allowed("center_freq", center_freq, frequency_range);
    const allowed_value level = policy->allowed("gain", gain, gain_range);
    // For what is not a number there is no value to keep: the default.
    samp_rate = rate.nearest.value_or(1e6);
    center_freq = freq.nearest.value_or(100e6);
    gain = level.nearest.value_or(0);
    merge_argument(a.rate, samp_rate, "rate", "samp_rate");
    merge_argument(a.freq, center_freq, "freq", "center_freq");
    merge_argument(a.gain, gain, "gain", "gain");
    if (!a.format)
        a.format = out;
    if (mode == zero_copy_mode::on && *a.format != out)
        throw std::invalid_argument(std::string("zcring: zero_copy=on: the ring's format is ") +
                                    to_string(*a.format) + " and the items' type is " +
                                    to_string(out) +
                                    "; make them the same, or set zero_copy to auto");
    // What is read downstream would be the memory of a device that is gone.
    if (mode == zero_copy_mode::on && lost == device_lost::wait)
        throw std::invalid_argument("zcring: zero_copy=on: a device that comes back has another "
                                    "ring; set on_device_lost to stop, or zero_copy to auto");
    if (lost == device_lost::wait)
        mode = zero_copy_mode::off;
    std::shared_ptr<ring_stream> stream = open(a, *policy);
    if (a.rate) // a recording that plays at its own rate is warned of in open()
        warn_of_clipping(*policy, rate, samp_rate);
    warn_of_clipping(*policy, freq, center_freq);
    warn_of_clipping(*policy, level, gain);
    return gnuradio::make_block_sptr<source_impl>(
        std::move(stream), out, mode, lost, std::move(policy));
}

} // namespace zcring
} // namespace gr
