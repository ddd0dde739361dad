/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The source block: how it starts and stops, and work() in the scheduler's thread. The setters are
// in source_settings.cc.
//
// The indices of a stream are the items' offsets: a stream starts at item 0, or continues where the
// stream before it ended. Nothing may throw in start() or work(), for which the runtime would then
// wait for ever; work() ends the flowgraph instead.
#include "source_impl.h"

#include "events.h"

#include <gnuradio/block_detail.h>

#include <utility>

namespace gr {
namespace zcring {

namespace {

using ::zcring::burst;
using ::zcring::status;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// How often a lost device is looked for.
constexpr auto retry = 100ms;

} // namespace

source_impl::source_impl(std::shared_ptr<ring_stream> stream,
                         ::zcring::format type,
                         zero_copy_mode mode,
                         device_lost on_device_lost,
                         std::unique_ptr<setting_policy> policy)
    : gr::sync_block("zcring_source",
                     gr::io_signature::make(0, 0, 0),
                     ::gr::zcring::output_signature(stream->dev, type, mode)),
      d_stream(std::move(stream)),
      d_type(type),
      d_policy(std::move(policy)),
      d_session(d_stream, on_device_lost, d_logger),
      d_buffers(*this, d_stream, type, mode, d_logger),
      d_publisher(*this, *d_stream, d_logger, d_debug_logger),
      d_waiting(*this, *d_stream),
      d_tags(
          d_stream->dev.channels(),
          [this](unsigned port, std::uint64_t at, const pmt::pmt_t& key, const pmt::pmt_t& value) {
              add_item_tag(port, at, key, value, d_srcid);
          }),
      d_commands(d_stream->dev.name(), d_stream->dev.channels(), d_session, d_tags, d_logger)
{
    message_port_register_in(ports::command);
    set_msg_handler(ports::command,
                    [this](const pmt::pmt_t& message) { d_commands.apply(message); });
}

// In the child of a fork(), the threads that the device's destructor joins do not exist: the device
// stays as it is until the process ends.
source_impl::~source_impl()
{
    if (!d_stream->is_here())
        new std::shared_ptr<ring_stream>(d_stream);
}

// In a child of fork() the mutex of the queue may be locked for ever, by a thread of the parent.
void source_impl::post(pmt::pmt_t port, pmt::pmt_t message)
{
    if (!d_stream->is_here())
        return;
    gr::sync_block::post(port, message);
    d_waiting.wake();
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
    if (const std::uint64_t clamped = d_stream->dev.clamped_scene_samples())
        d_logger->warn("{:s}: {:d} samples of the recording are beyond full scale, 1.0, and are "
                       "clipped; lower its level to keep them",
                       d_stream->dev.name(),
                       clamped);
    d_srcid = alias_pmt();
    d_latency.reset();
    d_publisher.start();
    d_commands.start();
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
    if (!d_buffers.is_blocked())
        return false;
    d_logger->error("{:s}: the stream ends: {:s}", d_stream->dev.name(), d_buffers.why_blocked());
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
    const status found = d_session.is_lost()
                             ? wait_for_device()
                             : d_waiting.for_samples([this] { return publish_telemetry(); });
    if (found != status::data)
        return end_or_call_again(found);

    d_burst.interrupt_ns = 0;
    const int made = d_buffers.may_produce_pieces() ? produce_pieces(output_items)
                                                    : produce_once(noutput_items, output_items);
    publish_telemetry();
    if (d_burst.interrupt_ns)
        d_latency.count(d_burst.interrupt_ns);
    return made;
}

// Without samples: what work() returns.
int source_impl::end_or_call_again(status found)
{
    if (found == status::gone)
        return lose_device();
    if (found == status::timeout || found == status::woken)
        return d_waiting.downstream_done() ? done() : call_again();
    if (found == status::stopped) // at the end of a feed, or of a recording that does not loop
        d_logger->info("{:s}: the scene has ended", d_stream->dev.name());
    else
        d_logger->error("{:s}: the stream ended: {:s}", d_stream->dev.name(), to_string(found));
    return done();
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
