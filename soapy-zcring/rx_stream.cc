// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the ring for a client of SoapySDR. A call gives samples that follow each other: it ends before
// a gap, and before a sample at which the clock or the rate changed. The gap itself is the result of
// the next call, once, with the time at which it began; so is a device that is gone.
#include "rx_stream.h"

#include "formats.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <SoapySDR/Logger.hpp>

#include <algorithm>
#include <stdexcept>
#include <system_error>

namespace soapy_zcring {

namespace {

using clock = read_gate::clock;

constexpr std::size_t mtu_max = 65536;
// A stream that is to begin at a time is started this much earlier: the call takes a while.
constexpr std::int64_t start_ahead_ns = 5000000;
constexpr std::int64_t delay_max_ns = 86400000000000; // a day

std::vector<std::size_t> checked_channels(const zcring::device& dev,
                                          std::vector<std::size_t> channels)
{
    if (channels.empty())
        channels.push_back(0);
    for (std::size_t i = 0; i < channels.size(); i++) {
        if (channels[i] >= dev.channels())
            throw std::invalid_argument("zcring: " + dev.name() + " has no channel " +
                                        std::to_string(channels[i]) + "; it has channels 0 to " +
                                        std::to_string(dev.channels() - 1) +
                                        ", and channels= among the device arguments sets how many");
        if (std::count(channels.begin(), channels.end(), channels[i]) > 1)
            throw std::invalid_argument("zcring: the channel " + std::to_string(channels[i]) +
                                        " is asked for twice in one stream");
    }
    return channels;
}

} // namespace

rx_stream::rx_stream(std::shared_ptr<receiver> from,
                     const std::string& format,
                     std::vector<std::size_t> channels,
                     reading how)
    : d_channels(checked_channels(from->dev, std::move(channels))),
      d_convert(zcring::find_converter(from->dev.format(), format_of(format))),
      d_is_native(from->dev.format() == format_of(format)),
      d_reading(how),
      d_sample_bytes(zcring::sample_bytes(from->dev.format())),
      d_mtu(std::clamp<std::size_t>(from->dev.ring_samples() / 4, 1, mtu_max)),
      d_direct_samples(
          std::clamp<std::size_t>(from->dev.ring_samples() / (2 * held_runs::count), 1, d_mtu)),
      d_gate([this] {
          if (d_from)
              d_from->in.wake();
      }),
      d_from(std::move(from))
{
}

rx_stream::~rx_stream() { deactivate({}); }

held_runs::release_samples rx_stream::releaser()
{
    return [this](std::uint64_t samples) { d_from->in.release(samples); };
}

// Whole buffers are no larger than what the ring can hold beside what is read.
std::uint64_t rx_stream::max_at_once() const
{
    return d_reading == reading::whole_buffers ? d_mtu : INT32_MAX;
}

void rx_stream::log_once(const std::string& text)
{
    if (text != d_logged)
        SoapySDR::log(SOAPY_SDR_ERROR, text);
    d_logged = text;
}

void rx_stream::replace(std::shared_ptr<receiver> by)
{
    const read_gate::pause paused(d_gate);
    if (d_gate.is_open())
        throw std::runtime_error("zcring: the device cannot be opened again while a stream is "
                                 "active; deactivate it");
    d_held.forget();
    d_rest = {};
    d_is_lost = false;
    d_from = std::move(by);
}

// With the reading paused, or inside of the gate.
void rx_stream::begin(const zcring::device::start_options& options)
{
    d_held.forget();
    d_times.clear();
    d_rest = {};
    d_from->dev.stop(); // a stream that is active may be activated anew
    d_from->dev.start(options);
}

int rx_stream::activate(std::optional<long long> time_ns, std::uint64_t samples)
try {
    const read_gate::pause paused(d_gate);
    if (d_gate.is_open() && !time_ns && !samples && !d_remaining && !d_end_ns)
        return 0;
    if (!d_from)
        throw std::runtime_error("zcring: the device could not be opened again; plug it in, and "
                                 "activate the stream again");
    if (d_from->reopen())
        d_is_lost = true; // no stream runs; come_back() starts one if this call does not
    zcring::device::start_options options;
    if (time_ns) {
        const auto ahead_ns = *time_ns - static_cast<std::int64_t>(d_from->dev.tuning().time_ns);
        if (ahead_ns <= 0 || ahead_ns > delay_max_ns) {
            SoapySDR::logf(SOAPY_SDR_ERROR,
                           "%s: a stream cannot begin %.6f s from now; begin it at a time up to a "
                           "day ahead of getHardwareTime()",
                           d_from->dev.name().c_str(),
                           static_cast<double>(ahead_ns) / 1e9);
            return SOAPY_SDR_TIME_ERROR;
        }
        options.delay_ns =
            static_cast<std::uint64_t>(std::max<std::int64_t>(ahead_ns - start_ahead_ns, 0));
    }
    d_gate.set_open(false);
    begin(options);
    d_begin_ns = time_ns;
    d_end_ns.reset();
    d_remaining = samples ? std::optional(samples) : std::nullopt;
    d_is_lost = false;
    d_logged.clear();
    d_gate.set_open(true);
    return 0;
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

// A device that is gone has stopped already.
void rx_stream::finish()
{
    d_gate.set_open(false);
    try {
        d_from->dev.stop();
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::no_such_device)
            log_once(e.what());
    }
}

int rx_stream::deactivate(std::optional<long long> time_ns)
{
    const read_gate::pause paused(d_gate);
    if (!d_gate.is_open())
        return 0;
    if (time_ns)
        d_end_ns = time_ns;
    else
        finish();
    return 0;
}

void rx_stream::close()
{
    d_gate.close();
    d_held.close();
    deactivate({});
}

int rx_stream::why_not_inside() const
{
    return d_gate.is_closed() ? SOAPY_SDR_STREAM_ERROR : SOAPY_SDR_TIMEOUT;
}

int rx_stream::read(
    void* const* buffers, std::size_t samples, int& flags, long long& time_ns, long timeout_us)
try {
    const auto deadline = deadline_after(timeout_us);
    flags = 0;
    time_ns = 0;
    while (samples) {
        const read_gate::visit inside(d_gate, deadline);
        if (!inside)
            return why_not_inside();
        const piece p = take(samples, deadline);
        if (p.result == interrupted)
            continue;
        if (p.result > 0) {
            const auto n = static_cast<std::uint64_t>(p.result);
            for (std::size_t i = 0; i < d_channels.size(); i++)
                d_convert(buffers[i], p.samples.channel[d_channels[i]], n);
            d_held.add_free(n, releaser());
        }
        flags = p.flags;
        time_ns = p.time_ns;
        return p.result;
    }
    return 0;
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

int rx_stream::acquire(
    std::size_t& handle, const void** buffers, int& flags, long long& time_ns, long timeout_us)
try {
    const auto deadline = deadline_after(timeout_us);
    flags = 0;
    time_ns = 0;
    while (d_held.wait_free(deadline)) {
        const read_gate::visit inside(d_gate, deadline);
        if (!inside)
            break;
        if (!d_held.has_free())
            continue; // another thread that was inside took it
        const piece p = take(d_direct_samples, deadline);
        if (p.result == interrupted)
            continue;
        if (p.result > 0) {
            for (std::size_t i = 0; i < d_channels.size(); i++)
                buffers[i] = p.samples.channel[d_channels[i]];
            handle = d_held.add_held(static_cast<std::uint64_t>(p.result));
        }
        flags = p.flags;
        time_ns = p.time_ns;
        return p.result;
    }
    return why_not_inside();
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

void rx_stream::release(std::size_t handle) { d_held.give_back(handle, releaser()); }

rx_stream::piece rx_stream::take(std::uint64_t most, clock::time_point deadline)
{
    piece found;
    while (true) {
        if (d_is_lost && !come_back(deadline, found))
            return found;
        const bool is_whole = d_reading == reading::whole_buffers && !d_begin_ns;
        if (!fill(is_whole ? most : 1, deadline, found))
            return found;
        d_times.advance(d_rest.index);
        if (!skip_to_begin())
            return give(most);
    }
}

// The next samples, the gap before them, or the end of the stream.
rx_stream::piece rx_stream::give(std::uint64_t most)
{
    piece found;
    const std::uint64_t index = d_rest.index;
    if (const auto gap = d_times.take_gap(index)) {
        found.result = SOAPY_SDR_OVERFLOW;
        found.flags = SOAPY_SDR_HAS_TIME;
        found.time_ns = gap->time_ns;
        return found;
    }
    const std::uint64_t asked = std::min({ most, d_remaining.value_or(most), max_at_once() });
    std::uint64_t n = d_times.contiguous(index, std::min(asked, d_rest.samples));
    bool is_last = d_remaining == n;
    if (d_end_ns) {
        const std::uint64_t before = d_times.samples_before(index, n, *d_end_ns);
        is_last = is_last || before < n;
        n = before;
    }
    found.time_ns = d_times.time_of(index);
    const bool is_short = d_reading == reading::whole_buffers && n < asked;
    found.flags = SOAPY_SDR_HAS_TIME | (is_last || is_short ? SOAPY_SDR_END_BURST : 0);
    found.samples = cut(n);
    found.result = static_cast<int>(n);
    if (d_remaining)
        *d_remaining -= n;
    if (is_last)
        finish();
    return found;
}

} // namespace soapy_zcring
