// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes a live feed. An antenna with real pace waits for nobody: what comes too late is silence, and
// is told once. Between bursts, silence is no underflow.
#include "tx_stream.h"

#include "formats.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <SoapySDR/Logger.hpp>

#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace soapy_zcring {

namespace {

using namespace std::chrono_literals;

// How often an antenna is asked for its time while no receiver streams, and for what it has sent.
constexpr auto look_period = 5ms;
// Announced at the end: longer than any stream.
constexpr std::uint64_t silence_samples = std::uint64_t{ 1 } << 59;

unsigned checked_channels(const std::vector<std::size_t>& channels)
{
    for (std::size_t i = 0; i < channels.size(); i++)
        if (channels[i] != i)
            throw std::invalid_argument("zcring: a stream that sends has the channels 0, 1, … in "
                                        "this order; ask for them");
    return static_cast<unsigned>(std::max<std::size_t>(channels.size(), 1));
}

int make_eventfd()
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        throw std::system_error(errno, std::system_category(), "zcring: no eventfd");
    return fd;
}

} // namespace

tx_stream::tx_stream(const std::string& antenna,
                     std::function<std::uint64_t()> receiver_time,
                     const std::string& format,
                     const std::vector<std::size_t>& channels)
    : d_format(format_of(format)),
      d_channels(checked_channels(channels)),
      d_antenna(antenna),
      d_receiver_time(std::move(receiver_time)),
      d_wake_fd(make_eventfd()),
      d_gate([this] { eventfd_write(d_wake_fd, 1); })
{
}

tx_stream::~tx_stream()
{
    deactivate();
    ::close(d_wake_fd);
}

int tx_stream::activate(double rate, double frequency)
try {
    const read_gate::pause paused(d_gate);
    if (d_gate.is_open())
        return 0;
    zcring::antenna::feed_options options;
    options.format = d_format;
    options.rate = rate;
    options.freq = frequency;
    options.channels = d_channels;
    d_antenna.begin_feed(options);
    d_antenna.silence_until(1); // the feed begins now, and its time is that of a clock that runs
    d_times.emplace(rate);
    d_step_ns = static_cast<std::int64_t>(std::ceil(1e9 / rate));
    compare_times();
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_has_feed = d_is_between = true;
        d_overlaps = 0;
        d_end.reset();
        d_told = {};
    }
    d_gate.set_open(true);
    return 0;
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

// The end of the feed would end the streams of all receivers; silence does not.
int tx_stream::deactivate()
try {
    const read_gate::pause paused(d_gate);
    if (!d_gate.is_open())
        return 0;
    d_gate.set_open(false);
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_is_between = true;
    }
    d_antenna.silence_until(d_antenna.status().position + silence_samples);
    return 0;
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

void tx_stream::close()
{
    d_gate.close();
    deactivate();
}

int tx_stream::write(
    const void* const* buffers, std::size_t samples, int& flags, long long time_ns, long timeout_us)
try {
    const auto deadline = deadline_after(timeout_us);
    const bool ends = flags & SOAPY_SDR_END_BURST;
    const auto time =
        flags & SOAPY_SDR_HAS_TIME ? std::optional<std::int64_t>(time_ns) : std::nullopt;
    flags = 0;
    const read_gate::visit inside(d_gate, deadline);
    int result = SOAPY_SDR_TIMEOUT;
    if (inside)
        result = samples ? write_now(buffers, samples, time, deadline) : 0;
    if (ends && result == static_cast<int>(samples)) {
        d_times->end_burst();
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_is_between = true;
        d_end = d_antenna.status().position;
    }
    return result == SOAPY_SDR_TIMEOUT && d_gate.is_closed() ? SOAPY_SDR_STREAM_ERROR : result;
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

// A receiver whose time was set has another one than the antenna of a server.
void tx_stream::compare_times()
{
    if (!d_receiver_time)
        return;
    const auto antenna_ns = [this] {
        return static_cast<std::int64_t>(d_antenna.status().time_ns);
    };
    bool is_known = false;
    for (std::int64_t before = antenna_ns(), after = 0; before && !is_known; before = after) {
        const auto receiver_ns = static_cast<std::int64_t>(d_receiver_time());
        after = antenna_ns();
        is_known = after && d_offset.compare(before, receiver_ns, after, d_step_ns);
    }
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_ahead_ns = d_offset.ns();
}

int tx_stream::write_now(const void* const* buffers,
                         std::size_t samples,
                         std::optional<std::int64_t> time_ns,
                         clock::time_point deadline)
{
    auto now = d_antenna.status();
    while (!d_times->look(now) && time_ns) { // no receiver streams, so that the clock stands
        if (clock::now() >= deadline || d_gate.is_paused())
            return SOAPY_SDR_TIMEOUT;
        d_gate.sleep_until(std::min(deadline, clock::now() + look_period));
        now = d_antenna.status();
    }
    if (time_ns) {
        compare_times();
        time_ns = *time_ns - d_offset.ns();
        now = d_antenna.status();
    }
    const std::uint64_t place = d_times->place(now, time_ns);
    if (place < now.position) {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_overlaps++;
        return static_cast<int>(std::min<std::uint64_t>(samples, now.position - place));
    }
    if (place > now.position)
        d_antenna.silence_until(place);
    const auto left = std::max<std::chrono::nanoseconds>(deadline - clock::now(), 0ns);
    const std::uint64_t room = d_antenna.wait_room(samples, left, d_wake_fd);
    std::uint64_t count = 0;
    eventfd_read(d_wake_fd, &count);
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (d_is_between) // what was silent between bursts is no underflow
            d_told.underflow_count = d_antenna.status().underflow_count;
        d_is_between = false;
    }
    // The room for fewer samples is worth taking when no more time is left.
    const std::uint64_t n =
        d_antenna.write(buffers, room ? std::min<std::uint64_t>(samples, room) : samples);
    return n ? static_cast<int>(n) : SOAPY_SDR_TIMEOUT;
}

// An event that was not told yet.
std::optional<int> tx_stream::next_event(int& flags)
{
    if (!d_has_feed)
        return {};
    const auto now = d_antenna.status();
    const bool was_late = now.late_samples != d_told.late_samples || d_overlaps;
    const bool was_short = now.underflow_count != d_told.underflow_count;
    if (was_late) {
        d_told.late_samples = now.late_samples;
        d_overlaps = 0;
        return SOAPY_SDR_TIME_ERROR;
    }
    if (was_short) {
        d_told.underflow_count = now.underflow_count;
        if (!d_is_between)
            return SOAPY_SDR_UNDERFLOW;
    }
    if (d_end && now.clock >= *d_end) {
        d_end.reset();
        flags |= SOAPY_SDR_END_BURST;
        return 0;
    }
    return {};
}

int tx_stream::read_status(std::size_t& channels, int& flags, long long& time_ns, long timeout_us)
try {
    const auto deadline = deadline_after(timeout_us);
    flags = 0;
    channels = (std::size_t{ 1 } << d_channels) - 1;
    while (true) {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            if (const auto event = next_event(flags)) {
                time_ns = static_cast<long long>(d_antenna.status().time_ns);
                flags |= time_ns ? SOAPY_SDR_HAS_TIME : 0;
                time_ns += time_ns ? d_ahead_ns : 0;
                return *event;
            }
        }
        const auto now = clock::now();
        if (d_gate.is_closed())
            return SOAPY_SDR_STREAM_ERROR;
        if (now >= deadline)
            return SOAPY_SDR_TIMEOUT;
        std::this_thread::sleep_until(std::min<clock::time_point>(deadline, now + look_period));
    }
} catch (const std::exception& e) {
    SoapySDR::log(SOAPY_SDR_ERROR, e.what());
    return SOAPY_SDR_STREAM_ERROR;
}

} // namespace soapy_zcring
