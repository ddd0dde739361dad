// SPDX-License-Identifier: GPL-3.0-or-later
//
// The rate, which is one for all channels, and the time of day. A recording that is played by the
// device can have parts of its own rate; for any other rate the device is opened again, and the
// library resamples the recording, as long as no stream is active.
#include "radio.h"

#include "check_range.h"
#include "scenes.h"

#include <SoapySDR/Logger.hpp>

#include <zcring/limits.h>
#include <zcring/observer.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace soapy_zcring {

namespace {

// What programs offer to their users where a device can have any rate, in samples a second.
constexpr double usual_rates[] = { 250e3, 500e3, 1e6,  1.024e6, 2e6,  2.048e6, 2.4e6,
                                   3.2e6, 4e6,   5e6,  8e6,     10e6, 12.5e6,  16e6,
                                   20e6,  25e6,  40e6, 50e6,    100e6 };

void check_time_name(const std::string& what)
{
    if (!what.empty())
        throw std::invalid_argument("zcring: there is no time \"" + what +
                                    "\"; leave the name empty for the time of day, or name CMD");
}

// Of what is sent. The driver has no limit of its own.
double sent_rate_max(const zcring::device& dev)
{
    const bool is_server = !dev.is_emulator() && zcring::observer::is_server(dev.name());
    return is_server ? zcring::limits::feed_rate_max / dev.channels() : zcring::limits::rate_max;
}

std::vector<double> usual_rates_within(double low, double high)
{
    std::vector<double> rates;
    std::copy_if(std::begin(usual_rates),
                 std::end(usual_rates),
                 std::back_inserter(rates),
                 [=](double rate) { return rate >= low && rate <= high; });
    return rates;
}

// A device that was unplugged cannot be opened again for another rate.
bool is_gone(const zcring::device& dev)
{
    try {
        dev.tuning();
        return false;
    } catch (const std::system_error& e) {
        return e.code() == std::errc::no_such_device;
    }
}

} // namespace

// Whether the device plays a recording that the library read for it: it can read it again. The scene of
// a server is the server's.
bool radio::can_resample() const
{
    const lock_shared lock(d_lock);
    if (!d_arguments.scene || !is_recording(*d_arguments.scene) || !d_receiver)
        return false;
    const zcring::device& dev = d_receiver->dev;
    return dev.is_emulator() || !zcring::observer::is_server(dev.name());
}

void radio::setSampleRate(int direction, std::size_t channel, double rate)
{
    channel_bit(direction, channel);
    if (direction == SOAPY_SDR_TX) {
        check_range("rate", rate, zcring::limits::rate_min, sent_rate_max(device()->dev));
        d_tx_rate = rate;
        return;
    }
    zcring::command change;
    change.rate = rate;
    try {
        tune(change);
        return;
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::result_out_of_range || is_streaming() || !can_resample() ||
            is_gone(device()->dev))
            throw;
    }
    zcring::arguments again = [this] {
        const lock_shared lock(d_lock);
        return d_arguments;
    }();
    again.rate = rate;
    open_again(again);
}

// A receiver that reads its recording anew is opened before the old one is closed, so that the old one
// stays where that fails. A kernel device can only be opened once at a time.
void radio::open_again(zcring::arguments wanted)
{
    const std::unique_lock<std::shared_mutex> lock(d_lock);
    const auto stream = d_streams.receiving();
    if (stream && (stream->is_active() || stream->held_buffers()))
        throw std::runtime_error("zcring: the device cannot be opened again while a stream is "
                                 "active, or holds buffers; deactivate it, and release them");
    const receiver& from = *locked_device();
    const bool is_kernel_device = from.dev.name().rfind("/dev/", 0) == 0;
    zcring::arguments present = d_arguments;
    for (zcring::arguments* const a : { &wanted, &present }) { // streams rely on these
        a->format = from.dev.format();
        a->channels = from.dev.channels();
        a->ring_bytes = from.dev.ring_samples() * zcring::sample_bytes(*a->format);
        if (is_kernel_device)
            a->device = from.dev.name();
    }
    d_before = from.current();
    const auto use = [&](std::shared_ptr<receiver> next) {
        if (stream)
            stream->replace(next);
        d_receiver = std::move(next);
    };
    if (!is_kernel_device) {
        auto next = std::make_shared<receiver>(wanted);
        next->restore(d_before);
        use(std::move(next));
        d_arguments = wanted;
        return;
    }
    d_arguments = present; // for locked_device()
    use(nullptr);
    try {
        use(std::make_shared<receiver>(wanted));
    } catch (...) {
        try {
            locked_device();
        } catch (const std::exception& e) { // the next call tries again
            SoapySDR::log(SOAPY_SDR_ERROR, e.what());
        }
        throw;
    }
    d_arguments = wanted;
    d_receiver->restore(d_before);
}

double radio::getSampleRate(int direction, std::size_t channel) const
{
    channel_bit(direction, channel);
    const double received = device()->tuning().rate;
    return direction == SOAPY_SDR_TX ? sent(d_tx_rate, received) : received;
}

std::vector<double> radio::listSampleRates(int direction, std::size_t) const
{
    const auto from = device();
    if (direction == SOAPY_SDR_TX)
        return usual_rates_within(zcring::limits::rate_min, sent_rate_max(from->dev));
    const zcring::ranges r = from->dev.ranges();
    const std::vector<double> usual =
        can_resample() && !is_streaming()
            ? usual_rates_within(zcring::limits::rate_min, zcring::limits::rate_max)
        : r.rates.empty() ? usual_rates_within(r.rate_min, r.rate_max)
                          : std::vector<double>{};
    std::vector<double> rates = r.rates;
    rates.insert(rates.end(), usual.begin(), usual.end());
    if (rates.empty()) // a server allows less than any usual one
        rates.push_back(r.rate_max);
    std::sort(rates.begin(), rates.end());
    rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
    return rates;
}

SoapySDR::RangeList radio::getSampleRateRange(int direction, std::size_t) const
{
    const auto from = device();
    if (direction == SOAPY_SDR_TX)
        return { { zcring::limits::rate_min, sent_rate_max(from->dev) } };
    const zcring::ranges r = from->dev.ranges();
    if (r.rates.empty())
        return { { r.rate_min, r.rate_max } };
    if (can_resample() && !is_streaming())
        return { { zcring::limits::rate_min, zcring::limits::rate_max } };
    SoapySDR::RangeList list;
    for (auto rate = r.rates.rbegin(); rate != r.rates.rend(); ++rate)
        list.push_back({ *rate, *rate });
    return list;
}

bool radio::hasHardwareTime(const std::string& what) const { return what.empty() || what == "CMD"; }

long long radio::getHardwareTime(const std::string& what) const
{
    if (what == "CMD")
        return d_command_time_ns;
    check_time_name(what);
    return static_cast<long long>(device()->tuning().time_ns);
}

void radio::setHardwareTime(long long time_ns, const std::string& what)
{
    if (time_ns < 0)
        throw std::invalid_argument("zcring: the time " + std::to_string(time_ns) +
                                    " is negative; times are nanoseconds since 1970");
    if (what == "CMD") {
        d_command_time_ns = time_ns;
        return;
    }
    check_time_name(what);
    device()->set_time(static_cast<std::uint64_t>(time_ns));
}

// The older name of the call.
void radio::setCommandTime(long long time_ns, const std::string&)
{
    setHardwareTime(time_ns, "CMD");
}

} // namespace soapy_zcring
