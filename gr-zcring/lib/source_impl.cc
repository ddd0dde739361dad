/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The source block: settings from any thread, and work() in the scheduler's.
//
// The indices of a stream are the items' offsets: a stream starts at item 0, or continues where the
// stream before it ended. Nothing may throw in start() or work(), for which the runtime would then
// wait for ever; work() ends the flowgraph instead.
#include "source_impl.h"

#include "command_message.h"
#include "events.h"

#include <gnuradio/block_detail.h>

#include <cmath>
#include <stdexcept>

namespace gr {
namespace zcring {

namespace {

using ::zcring::burst;
using ::zcring::command;
using ::zcring::status;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// How often a lost device is looked for.
constexpr auto retry = 100ms;

constexpr double seconds_max = 86400;

std::chrono::nanoseconds duration(const char* what, double seconds, double low)
{
    if (!(seconds >= low && seconds <= seconds_max))
        throw std::invalid_argument(std::string("zcring: ") + what + " is " +
                                    std::to_string(seconds) + " s; it must be from " +
                                    std::to_string(low) + " to " + std::to_string(seconds_max));
    return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

// For a line of the log.
std::string shortened(std::string text)
{
    constexpr std::size_t most = 200;
    return text.size() <= most ? text : text.substr(0, most) + "…";
}

} // namespace

source_impl::source_impl(std::shared_ptr<ring_stream> stream,
                         ::zcring::format type,
                         zero_copy_mode mode,
                         device_lost policy)
    : gr::sync_block("zcring_source",
                     gr::io_signature::make(0, 0, 0),
                     ::gr::zcring::output_signature(stream->dev, type, mode)),
      d_stream(std::move(stream)),
      d_type(type),
      d_session(d_stream, policy, d_logger),
      d_buffers(*this, d_stream, type, mode, d_logger),
      d_publisher(*this, *d_stream, d_logger, d_debug_logger),
      d_waiting(*this, *d_stream),
      d_tags(
          d_stream->dev.channels(),
          [this](unsigned port, std::uint64_t at, const pmt::pmt_t& key, const pmt::pmt_t& value) {
              add_item_tag(port, at, key, value, d_srcid);
          })
{
    message_port_register_in(ports::command);
    set_msg_handler(ports::command, [this](const pmt::pmt_t& message) { apply_command(message); });
}

// In the child of a fork(), the threads that the device's destructor joins do not exist: the device
// stays as it is until the process ends.
source_impl::~source_impl()
{
    if (!d_stream->is_here())
        new std::shared_ptr<ring_stream>(d_stream);
}

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

void source_impl::set_samp_rate(double rate)
{
    command change;
    change.rate = rate;
    d_session.tune(change);
}

void source_impl::set_center_freq(double freq, int chan)
{
    command change;
    change.channels = channel_mask(chan);
    change.frequency = freq;
    d_session.tune(change);
}

void source_impl::set_gain(double gain, int chan)
{
    command change;
    change.channels = channel_mask(chan);
    change.gain = gain;
    d_session.tune(change);
}

void source_impl::set_bandwidth(double bandwidth)
{
    command change;
    change.bandwidth = bandwidth;
    d_session.tune(change);
}

void source_impl::set_time_now(std::uint64_t time_ns) { d_session.set_time_now(time_ns); }

void source_impl::set_start_time(std::uint64_t time_ns)
{
    if (time_ns > time_now() + static_cast<std::uint64_t>(seconds_max * 1e9))
        throw std::invalid_argument("zcring: the start time is more than a day ahead");
    d_session.set_start_time(time_ns);
}

void source_impl::set_telemetry_interval(double seconds)
{
    d_publisher.set_telemetry_interval(
        seconds == 0 ? 0ns : duration("the telemetry interval", seconds, 1e-3));
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
std::uint64_t source_impl::time_now() const { return d_stream->checked_device().tuning().time_ns; }

std::map<std::string, std::uint64_t> source_impl::telemetry() const
{
    return named_counters(d_stream->checked_device().telemetry());
}

std::map<std::uint64_t, std::uint64_t> source_impl::latency_histogram() const
{
    return d_latency.histogram();
}

std::string source_impl::device() const { return d_stream->dev.name(); }
bool source_impl::is_zero_copy() const { return d_buffers.is_zero_copy(); }

void source_impl::inject_stall(double seconds)
{
    d_stream->checked_device().stall(duration("the stall", seconds, 0));
}

void source_impl::inject_drop(std::uint64_t samples) { d_stream->checked_device().drop(samples); }

void source_impl::inject_clock_jump(double seconds)
{
    d_stream->checked_device().jump(duration("the jump", seconds, -seconds_max));
}

void source_impl::inject_unplug() { d_stream->checked_device().unplug(); }
void source_impl::inject_plug() { d_stream->checked_device().plug(); }

void source_impl::inject_slow_consumer(double seconds)
{
    d_waiting.slow_down(duration("the slowness", seconds, 0));
}

void source_impl::post(pmt::pmt_t port, pmt::pmt_t message)
{
    gr::sync_block::post(port, message);
    d_waiting.wake();
}

// A message at the command port. An invalid one is logged, and changes nothing.
void source_impl::apply_command(const pmt::pmt_t& message)
{
    try {
        const command_message wanted = parse_command(message, d_stream->dev.channels());
        if (wanted.tag && d_tags.is_full())
            throw std::length_error("too many tags are waited for; send fewer ahead of time");
        if (wanted.change)
            d_session.tune(*wanted.change);
        if (wanted.tag)
            d_tags.request(wanted.time_ns);
    } catch (const std::exception& e) {
        log_refused(message, e.what());
    }
}

// Logs at most once a second, as it runs in the thread that reads the ring.
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

bool source_impl::check_topology(int, int)
{
    d_publisher.remove_dead_subscribers();
    d_buffers.check_topology();
    return true;
}

// The runtime does not look at what start() returns.
bool source_impl::start()
{
    d_has_started = false;
    if (!d_stream->is_here()) {
        d_logger->error("{:s}", owner_process::error(d_stream->dev.name()));
        return true;
    }
    d_has_started = d_buffers.start();
    d_logger->info("{:s}: {:d} channel(s), {:s} to {:s}, {:s}",
                   d_stream->dev.name(),
                   d_stream->dev.channels(),
                   to_string(d_stream->dev.format()),
                   to_string(d_type),
                   is_zero_copy() ? "zero copy" : "one copy");
    d_srcid = alias_pmt();
    d_latency.reset();
    d_publisher.start();
    d_burst = {};
    if (!d_has_started)
        return true;
    // Readers with a history begin before the first item: zero samples lie there, and are held.
    // After lock() and unlock() too, as the runtime has then set its buffers to their beginning and
    // dropped the samples in them, so that no stream is left to continue.
    d_tags.start();
    const auto result = d_session.start(d_buffers.ports(), d_buffers.unread_items());
    d_has_started = result != device_session::start_result::failed;
    if (result == device_session::start_result::lost)
        d_publisher.publish_event(device_event("device_lost", d_stream->dev.name(), 0));
    return true;
}

// Called from a destructor of the scheduler's, even while an exception of the runtime ends this
// thread. The runtime then notifies no other block of the end, and the flowgraph would wait for
// ever.
bool source_impl::stop()
{
    d_session.stop();
    if (d_has_started && end_if_blocked()) {
        detail()->set_done(true);
        notify_msg_neighbors();
        detail()->d_tpb.notify_neighbors(detail().get());
    }
    d_buffers.stop();
    return true;
}

// Whether the runtime will not call work() again, which is logged.
bool source_impl::end_if_blocked()
{
    const std::string why = d_buffers.why_blocked();
    if (why.empty())
        return false;
    d_logger->error("{:s}: the stream ends: {:s}", d_stream->dev.name(), why);
    d_has_started = false;
    d_publisher.remove_dead_subscribers();
    return true;
}

int source_impl::work(int noutput_items,
                      gr_vector_const_void_star&,
                      gr_vector_void_star& output_items)
{
    if (!d_has_started)
        return done();
    const int made = stream(noutput_items, output_items);
    return end_if_blocked() ? WORK_DONE : made;
}

// Waits for samples, and produces them.
int source_impl::stream(int noutput_items, gr_vector_void_star& output_items)
{
    switch (const status found =
                d_session.is_lost() ? wait_for_device() : d_waiting.for_samples([this] {
                    return publish_telemetry();
                })) {
    case status::data:
        break;
    case status::timeout:
    case status::woken:
        return d_waiting.downstream_done() ? done() : call_again();
    case status::gone:
        return lose_device();
    case status::stopped:
    case status::fault:
        d_logger->error("{:s}: the stream ended: {:s}", d_stream->dev.name(), to_string(found));
        return done();
    }

    d_burst.interrupt_ns = 0;
    const int made = d_buffers.may_produce_pieces() ? produce_pieces(output_items)
                                                    : produce_once(noutput_items, output_items);
    publish_telemetry();
    if (d_burst.interrupt_ns)
        d_latency.count(d_burst.interrupt_ns);
    return made;
}

std::chrono::nanoseconds source_impl::publish_telemetry()
{
    return d_publisher.publish_telemetry(waiting::silence);
}

// Waits until the lost device is back and a new stream has begun.
status source_impl::wait_for_device()
{
    while (!d_waiting.must_return()) {
        switch (d_session.reopen(d_buffers.ports(), nitems_written(0))) {
        case device_session::return_result::back:
            d_tags.start();
            d_publisher.publish_event(
                device_event("device_back", d_stream->dev.name(), nitems_written(0)));
            return status::woken;
        case device_session::return_result::never:
            return status::fault;
        case device_session::return_result::absent:
            break;
        }
        publish_telemetry();
        if (!d_waiting.sleep_until(steady::now() + retry))
            return status::woken;
    }
    return status::timeout;
}

// Tags and publishes what changes within \p view.
void source_impl::process_bursts(const ::zcring::reader::view& view)
{
    std::uint64_t at = view.index;

    while (std::optional<burst> next = d_stream->in.next_burst(view.index + view.samples)) {
        d_session.count_missed(*next, d_burst);
        d_burst = *next;
        d_tags.emit(at, d_burst.index);
        d_tags.begin(d_burst);
        at = d_burst.index;
        d_publisher.publish_burst(d_burst);
        if (d_burst.rate_changed)
            d_buffers.warn_of_short_bursts();
    }
    d_tags.emit(at, view.index + view.samples);
}

// Produces up to \p most of the samples that are there. Returns how many.
int source_impl::produce_once(int most, const gr_vector_void_star& output_items)
{
    const auto view = d_stream->in.acquire(static_cast<std::uint64_t>(most));
    process_bursts(view);
    d_buffers.copy(view, output_items);
    return static_cast<int>(view.samples);
}

// Produces piece by piece; the readers have each piece at once.
int source_impl::produce_pieces(gr_vector_void_star output_items)
{
    int made = 0;
    for (int most = d_buffers.next_piece(made); most; most = d_buffers.next_piece(made)) {
        if (made && d_stream->in.wait(1, 0ns) != status::data)
            break;
        const int items = produce_once(most, output_items);
        for (int port = 0; port < detail()->noutputs(); port++) {
            void*& at = output_items[static_cast<unsigned>(port)];
            at = static_cast<char*>(at) + items * output_signature()->sizeof_stream_item(port);
            produce(port, items);
        }
        made += items;
    }
    return WORK_CALLED_PRODUCE;
}

// Has the scheduler check its messages and the end of the flowgraph, and call work() again at once.
// A call that produced nothing means to the scheduler that the output is blocked: it would wait
// until no reader is in its work(), however long that takes, and then sleep for 250 ms.
int source_impl::call_again()
{
    detail()->d_produce_or = 1;
    return WORK_CALLED_PRODUCE;
}

// The runtime is going to notify all subscribers.
int source_impl::done()
{
    d_publisher.remove_dead_subscribers();
    return WORK_DONE;
}

int source_impl::lose_device()
{
    d_publisher.publish_event(device_event("device_lost", d_stream->dev.name(), nitems_written(0)));
    return d_session.lose() ? call_again() : done();
}

} // namespace zcring
} // namespace gr
