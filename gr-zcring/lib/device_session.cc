/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// A source's use of one device: start, loss, return, and the settings that outlive them.
//
// start() and reopen() do not throw: the runtime waits for ever for a block whose start() or work()
// throws. What a lost device would have delivered is counted by the device's clock.
#include "device_session.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

namespace gr {
namespace zcring {

namespace {

using ::zcring::burst;
using ::zcring::command;

// Whether the device may be there later: it is unplugged, being set up, or another program's.
bool may_come_back(const std::error_code& code)
{
    return code == std::errc::no_such_device || code == std::errc::no_such_file_or_directory ||
           code == std::errc::permission_denied || code == std::errc::operation_not_permitted ||
           code == std::errc::device_or_resource_busy;
}

// The clock that paces a device, and with which a time that was set runs on.
std::uint64_t pace_ns()
{
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace

device_session::device_session(std::shared_ptr<ring_stream> stream,
                               device_lost policy,
                               gr::logger_ptr logger)
    : d_stream(std::move(stream)), d_policy(policy), d_logger(std::move(logger))
{
}

// While a device is lost and waited for, the change is stored. The device may return between the
// two calls, hence the loop.
void device_session::tune(const command& change)
{
    const bool may_wait =
        d_policy == device_lost::wait && !change.time_ns && !change.at_clock && !change.at_time_ns;
    do {
        try {
            d_stream->checked_device().control(change);
            return;
        } catch (const std::system_error& e) {
            if (!may_wait || e.code() != std::errc::no_such_device)
                rethrow(e, change.at_clock || change.at_time_ns);
        }
    } while (!d_stream->dev.keep(change));
}

void device_session::tune_setting(command change)
{
    if (const std::uint64_t at = d_command_time_ns; at != UINT64_MAX)
        change.at_time_ns = at;
    tune(change);
}

void device_session::inject(const std::function<void(::zcring::device&)>& fault)
{
    try {
        fault(d_stream->checked_device());
    } catch (const std::system_error& e) {
        rethrow(e, true);
    }
}

void device_session::check_stream() const
{
    d_stream->checked_device();
    if (!d_streams)
        throw no_stream();
}

std::system_error device_session::no_stream() const
{
    return std::system_error(std::make_error_code(std::errc::invalid_argument),
                             d_stream->dev.name() + ": no stream runs: start the flowgraph first");
}

// Within a catch clause: throws what the device has thrown; with a remedy for a user of flowgraphs
// where the call needs a stream and none runs.
void device_session::rethrow(const std::system_error& e, bool needs_stream) const
{
    if (needs_stream && e.code() == std::errc::invalid_argument && !d_streams)
        throw no_stream();
    throw;
}

void device_session::set_time_now(std::uint64_t time_ns)
{
    command change;
    change.time_ns = time_ns;
    d_stream->checked_device().control(change);
    d_time_base_ns = time_ns - pace_ns();
    d_time_is_set = true;
}

// A kernel device that returns has the computer's time again; the emulator keeps its own.
void device_session::restore_time()
{
    if (!d_time_is_set || d_stream->dev.is_emulator())
        return;
    command change;
    change.time_ns = d_time_base_ns + pace_ns();
    d_stream->dev.control(change);
}

device_session::start_result device_session::start(unsigned ports, std::uint64_t preroll_samples)
{
    d_is_lost = false;
    d_is_back = false;
    d_why_lost.clear();
    d_begins_at_ns = d_start_time_ns.exchange(0);
    try {
        d_stream->checked_device();
        ::zcring::device::start_options options;
        options.preroll_samples = preroll_samples;
        if (d_stream->dev.reopen())
            restore_time();
        begin_stream(ports, options);
        return start_result::streams;
    } catch (const std::system_error& e) {
        d_is_lost = d_policy == device_lost::wait && d_stream->is_here() && may_come_back(e.code());
        d_logger->error("{:s}", e.what());
    } catch (const std::exception& e) {
        d_logger->error("{:s}", e.what());
    }
    return d_is_lost ? start_result::lost : start_result::failed;
}

void device_session::begin_stream(unsigned ports, ::zcring::device::start_options options)
{
    options.delay_ns = start_delay();
    d_stream->start(ports, options);
    d_streams = true;
    d_begins_at_ns = 0; // a device that returns later starts at once
}

// The time from now until the flowgraph is to start.
std::uint64_t device_session::start_delay()
{
    const std::uint64_t at = d_begins_at_ns;
    const std::uint64_t now = at ? d_stream->dev.tuning().time_ns : 0;
    if (at && at <= now)
        d_logger->warn("{:s}: the start time has passed; starting now", d_stream->dev.name());
    return at > now ? at - now : 0;
}

void device_session::stop()
{
    if (!d_stream->is_here()) // a kernel device would stop the parent's stream
        return;
    d_streams = false;
    try {
        d_stream->dev.stop();
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::no_such_device) // the stream of a lost device has ended already
            d_logger->warn("{:s}", e.what());
    }
}

bool device_session::lose()
{
    if (d_policy == device_lost::stop) {
        d_logger->error("{:s}: the device is gone; plug it in, and start the flowgraph again",
                        d_stream->dev.name());
        return false;
    }
    d_logger->warn("{:s}: the device is gone; waiting for it", d_stream->dev.name());
    d_is_lost = true;
    d_why_lost.clear();
    return true;
}

device_session::return_result device_session::reopen(unsigned ports, std::uint64_t first_index)
{
    try {
        d_stream->dev.reopen();
        restore_time();
        ::zcring::device::start_options options;
        options.first_index = first_index;
        begin_stream(ports, options);
        d_is_lost = false;
        d_is_back = true;
        d_logger->info("{:s}: the device is back", d_stream->dev.name());
        return return_result::back;
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::no_such_device && e.what() != d_why_lost)
            d_logger->warn("{:s}", e.what());
        d_why_lost = e.what();
        return may_come_back(e.code()) ? return_result::absent : return_result::never;
    } catch (const std::exception& e) { // the recording is not valid any more
        d_logger->error("{:s}", e.what());
        return return_result::never;
    }
}

void device_session::count_missed(burst& next, const burst& before)
{
    if (d_is_back && next.starts) {
        const auto ns = static_cast<std::int64_t>(next.time_ns - before.time_ns);
        const double samples = static_cast<double>(ns) / 1e9 * before.rate -
                               static_cast<double>(next.index - before.index);
        next.lost = static_cast<std::uint64_t>(std::llround(std::clamp(samples, 0.0, 1e18)));
    }
    d_is_back = false;
}

} // namespace zcring
} // namespace gr
