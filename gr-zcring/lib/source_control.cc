/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// What may be asked of a source, and said to it, from any thread.
#include "command_message.h"
#include "events.h"
#include "source_impl.h"

#ifdef GR_CTRLPORT
#include <gnuradio/rpcregisterhelpers.h>
#endif

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <system_error>

namespace gr {
namespace zcring {

namespace {

using ::zcring::command;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Blocks behind that are done cannot wake work(), and messages cannot that come past post():
// it looks for them once it has been silent for so long.
constexpr auto silence = 100ms;

constexpr double seconds_max = 86400;

std::chrono::nanoseconds duration(const char* what, double seconds, double low)
{
    if (!(seconds >= low && seconds <= seconds_max))
        throw std::invalid_argument(std::string("zcring: ") + what + " is " +
                                    std::to_string(seconds) + " s; it must be from " +
                                    std::to_string(low) + " to " + std::to_string(seconds_max));
    return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

std::uint64_t monotonic_ns()
{
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(steady::now().time_since_epoch()).count());
}

// For a line of the log.
std::string shortened(std::string text)
{
    constexpr std::size_t most = 200;
    return text.size() <= most ? text : text.substr(0, most) + "…";
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

// A device that is waited for has what it missed when it is back; which it may be by then.
void source_impl::tune(const command& change)
{
    const bool may_wait = d_on_device_lost == device_lost::wait && !change.time_ns &&
                          !change.at_clock && !change.at_time_ns;
    do {
        try {
            d_stream->dev.control(change);
            return;
        } catch (const std::system_error& e) {
            if (!may_wait || e.code() != std::errc::no_such_device)
                throw;
        }
    } while (!d_stream->dev.keep(change));
}

void source_impl::set_samp_rate(double rate)
{
    command change;
    change.rate = rate;
    tune(change);
}

void source_impl::set_center_freq(double freq, int chan)
{
    command change;
    change.channels = channel_mask(chan);
    change.frequency = freq;
    tune(change);
}

void source_impl::set_gain(double gain, int chan)
{
    command change;
    change.channels = channel_mask(chan);
    change.gain = gain;
    tune(change);
}

void source_impl::set_bandwidth(double bandwidth)
{
    command change;
    change.bandwidth = bandwidth;
    tune(change);
}

void source_impl::set_time_now(std::uint64_t time_ns)
{
    command change;
    change.time_ns = time_ns;
    d_stream->dev.control(change);
    d_time_base_ns = time_ns - monotonic_ns();
    d_time_is_set = true;
}

// A kernel device that comes back has forgotten it; the emulator has not.
void source_impl::restore_time()
{
    if (!d_time_is_set || d_stream->dev.is_emulator())
        return;
    command change;
    change.time_ns = d_time_base_ns + monotonic_ns();
    d_stream->dev.control(change);
}

void source_impl::set_start_time(std::uint64_t time_ns)
{
    if (time_ns > time_now() + static_cast<std::uint64_t>(seconds_max * 1e9))
        throw std::invalid_argument("zcring: the start time is more than a day ahead");
    d_start_time_ns = time_ns;
}

void source_impl::set_telemetry_interval(double seconds)
{
    d_telemetry_interval = seconds == 0 ? 0ns : duration("the telemetry interval", seconds, 1e-3);
    wake();
}

double source_impl::samp_rate() const { return d_stream->dev.tuning().rate; }

double source_impl::center_freq(int chan) const
{
    return d_stream->dev.tuning().frequency[checked_channel(chan)];
}

double source_impl::bandwidth() const { return d_stream->dev.tuning().bandwidth; }
std::uint64_t source_impl::time_now() const { return d_stream->dev.tuning().time_ns; }

double source_impl::gain(int chan) const
{
    return d_stream->dev.tuning().gain[checked_channel(chan)];
}

std::map<std::string, std::uint64_t> source_impl::telemetry() const
{
    const ::zcring::telemetry t = d_stream->dev.telemetry();
    return {
        { "sample_clock", t.sample_clock },
        { "produced_samples", t.produced_samples },
        { "consumed_samples", t.consumed_samples },
        { "lost_samples", t.lost_samples },
        { "produced_bytes", t.produced_bytes },
        { "consumed_bytes", t.consumed_bytes },
        { "overflow_bytes", t.overflow_bytes },
        { "overflow_count", t.overflow_count },
        { "bursts", t.bursts },
    };
}

std::map<std::uint64_t, std::uint64_t> source_impl::latency_histogram() const
{
    return d_latency.histogram();
}

std::string source_impl::device() const { return d_stream->dev.name(); }
bool source_impl::is_zero_copy() const { return d_is_zero_copy; }

// From now to the time that the flowgraph was to start at.
std::uint64_t source_impl::start_delay()
{
    const std::uint64_t at = d_begins_at_ns;
    const std::uint64_t now = at ? time_now() : 0;
    if (at && at <= now)
        d_logger->warn("{:s}: the start time has passed; starting now", d_stream->dev.name());
    return at > now ? at - now : 0;
}

// A message at the command port. What is wrong with it is said, and then it changes nothing.
void source_impl::obey(const pmt::pmt_t& message)
{
    try {
        const command_message wanted = parse_command(message, d_stream->dev.channels());
        if (wanted.tag && d_tags.is_full())
            throw std::length_error("too many tags are waited for; send fewer ahead of time");
        if (wanted.change)
            tune(*wanted.change);
        if (wanted.tag)
            d_tags.ask(wanted.time_ns);
    } catch (const std::exception& e) {
        log_refused(message, e.what());
    }
}

// At most once a second: it is said in the thread that reads the ring.
void source_impl::log_refused(const pmt::pmt_t& message, const char* why)
{
    d_refused.commands++;
    if (steady::now() < d_refused.next_line)
        return;
    d_refused.next_line = steady::now() + 1s;
    d_logger->error("{:s}: command {:s} refused ({:d} so far): {:s}",
                    d_stream->dev.name(),
                    shortened(pmt::write_string(message)),
                    d_refused.commands,
                    shortened(why));
}

// In the thread of work().
void source_impl::publish_telemetry()
{
    const auto interval = d_telemetry_interval.load();
    if (interval == 0ns)
        return;
    const auto now = steady::now();
    if (now < d_last_telemetry + interval)
        return;
    d_last_telemetry = now;
    try {
        publish(ports::telemetry, counters(telemetry()));
    } catch (const std::system_error& e) {
        d_debug_logger->debug("no telemetry: {:s}", e.what()); // the device is gone
    }
}

std::chrono::nanoseconds source_impl::until_next_look() const
{
    const auto interval = d_telemetry_interval.load();
    if (interval == 0ns)
        return silence;
    return std::clamp<std::chrono::nanoseconds>(
        d_last_telemetry + interval - steady::now(), 0ns, silence);
}

void source_impl::inject_stall(double seconds)
{
    d_stream->dev.stall(duration("the stall", seconds, 0));
}

void source_impl::inject_drop(std::uint64_t samples) { d_stream->dev.drop(samples); }

void source_impl::inject_clock_jump(double seconds)
{
    d_stream->dev.jump(duration("the jump", seconds, -seconds_max));
}

void source_impl::inject_unplug() { d_stream->dev.unplug(); }
void source_impl::inject_plug() { d_stream->dev.plug(); }

void source_impl::inject_slow_consumer(double seconds)
{
    d_slow_until = steady::now() + duration("the slowness", seconds, 0);
    wake();
}

void source_impl::setup_rpc()
{
#ifdef GR_CTRLPORT
    const auto show =
        [this](const char* name, double (source_impl::*get)(), const char* unit, const char* what) {
            add_rpc_variable(rpcbasic_sptr(
                new rpcbasic_register_get<source_impl, double>(alias(),
                                                               name,
                                                               get,
                                                               pmt::mp(0.0),
                                                               pmt::mp(1e19),
                                                               pmt::mp(0.0),
                                                               unit,
                                                               what,
                                                               RPC_PRIVLVL_MIN,
                                                               DISPTIME | DISPOPTSTRIP)));
        };
    show("produced_samples", &source_impl::rpc_produced, "samples", "Samples put into the ring");
    show("lost_samples", &source_impl::rpc_lost, "samples", "Samples dropped for want of room");
    show("overflow_count", &source_impl::rpc_overflows, "gaps", "Gaps in the stream");
#endif
}

double source_impl::rpc_counter(const char* name) const
{
    try {
        return static_cast<double>(telemetry().at(name));
    } catch (const std::system_error&) {
        return NAN; // the device is gone
    }
}

} // namespace zcring
} // namespace gr
