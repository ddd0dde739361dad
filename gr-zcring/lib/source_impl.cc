/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "events.h"
#include "source_impl.h"

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/io_signature.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <system_error>

namespace gr {
namespace zcring {

namespace {

using ::zcring::burst;
using ::zcring::status;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A device that is gone is looked for this often.
constexpr auto retry = 100ms;

// Whether the device may be there later: unplugged, being set up, or another program's.
bool may_come_back(const std::error_code& code)
{
    return code == std::errc::no_such_device || code == std::errc::no_such_file_or_directory ||
           code == std::errc::permission_denied || code == std::errc::operation_not_permitted ||
           code == std::errc::device_or_resource_busy;
}

bool can_be_ring(const ::zcring::device& device, ::zcring::format type)
{
    return device.format() == type;
}

gr::io_signature::sptr
signature(const ::zcring::device& device, ::zcring::format type, source_impl::zero_copy wish)
{
    const auto nchan = static_cast<int>(device.channels());
    const bool ring = wish != source_impl::zero_copy::off && can_be_ring(device, type);
    return gr::io_signature::make(nchan,
                                  nchan,
                                  static_cast<int>(::zcring::sample_bytes(type)),
                                  ring ? ring_buffer::type() : gr::buffer_double_mapped::type);
}

} // namespace

source_impl::source_impl(std::shared_ptr<ring_stream> stream,
                         ::zcring::format type,
                         zero_copy wish,
                         device_lost lost)
    : gr::sync_block(
          "zcring_source", gr::io_signature::make(0, 0, 0), signature(stream->dev, type, wish)),
      d_stream(std::move(stream)),
      d_type(type),
      d_convert(find_converter(d_stream->dev.format(), type)),
      d_wish(wish),
      d_on_device_lost(lost),
      d_tags(
          d_stream->dev.channels(),
          [this](unsigned port, std::uint64_t at, const pmt::pmt_t& key, const pmt::pmt_t& value) {
              add_item_tag(port, at, key, value, d_srcid);
          }),
      d_buffer_limits(d_stream->dev.channels()),
      d_is_zero_copy(wish != zero_copy::off && can_be_ring(d_stream->dev, type)),
      d_interruption([this] { wake(); })
{
    message_port_register_in(ports::command);
    message_port_register_out(ports::events);
    message_port_register_out(ports::telemetry);
    set_msg_handler(ports::command, [this](const pmt::pmt_t& message) { obey(message); });
}

bool source_impl::start()
{
    note_limits();
    find_rings();
    d_logger->info("{:s}: {:d} channel(s), {:s} to {:s}, {:s}",
                   d_stream->dev.name(),
                   d_stream->dev.channels(),
                   to_string(d_stream->dev.format()),
                   to_string(d_type),
                   d_is_zero_copy ? "zero copy" : "one copy");
    d_srcid = alias_pmt();
    d_latency.reset();
    d_losses = {};
    d_burst = {};
    d_is_lost = false;
    d_is_back = false;
    d_why_lost.clear();
    d_last_telemetry = {};
    // The runtime waits for ever for a block whose start() throws, and does not look at what
    // it returns: work() ends the flowgraph.
    d_has_started = rings_suffice();
    if (!d_has_started)
        return true;
    d_begins_at_ns = d_start_time_ns.exchange(0);
    try {
        // Readers with a history begin before the first item; what lies there is zero, and
        // held. After lock() and unlock() too: the runtime has then set its buffers to their
        // beginning and dropped what lay in them, so that there is no stream to go on with.
        ::zcring::device::start_options options;
        options.preroll_samples = unread_items();
        if (d_stream->dev.reopen())
            restore_time();
        begin_stream(options);
    } catch (const std::system_error& e) {
        d_is_lost = d_on_device_lost == device_lost::wait && may_come_back(e.code());
        d_has_started = d_is_lost;
        d_logger->error("{:s}", e.what());
        if (d_is_lost)
            publish(ports::events, device_event("device_lost", d_stream->dev.name(), 0));
    } catch (const std::exception& e) {
        d_has_started = false;
        d_logger->error("{:s}", e.what());
    }
    return true;
}

void source_impl::begin_stream(::zcring::device::start_options options)
{
    options.delay_ns = start_delay();
    d_tags.start();
    d_stream->start(static_cast<unsigned>(d_rings.size()), options);
    d_begins_at_ns = 0; // what comes back later goes on at once
}

bool source_impl::stop()
{
    // Called from a destructor.
    try {
        d_stream->dev.stop();
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::no_such_device) // that has stopped already
            d_logger->warn("{:s}", e.what());
    }
    return true;
}

// From any thread: has work() look again at all that it waits for.
void source_impl::wake()
{
    d_stream->in.wake();
    d_pause.wake();
}

void source_impl::post(pmt::pmt_t port, pmt::pmt_t message)
{
    gr::sync_block::post(port, message);
    wake();
}

// Ends with data, or with what ends the stream; or early, where the scheduler has to have its
// thread back.
status source_impl::wait_for_samples()
{
    if (!dawdle())
        return status::woken;
    status found = d_stream->in.wait(1, 0ns);
    if (found == status::woken) // for a message, which the scheduler has seen or will see next
        found = d_stream->in.wait(1, 0ns);
    while (found == status::timeout && !has_message() && !is_unwanted()) {
        publish_telemetry();
        if (!d_interruption.during([&] { found = d_stream->in.wait(1, until_next_look()); }))
            return status::woken;
    }
    return found;
}

// Sleeps until \p when, as the scheduler lets it; false if it was woken before.
bool source_impl::sleep_until(pause::time_point when)
{
    bool woken = false;
    return d_interruption.during([&] { woken = d_pause.until(when); }) && !woken;
}

// The slow consumer that was asked for takes its time.
bool source_impl::dawdle()
{
    for (auto now = steady::now(); now < d_slow_until.load(); now = steady::now()) {
        publish_telemetry();
        if (has_message() || is_unwanted() ||
            !sleep_until(std::min(d_slow_until.load(), now + until_next_look())))
            return false;
    }
    return true;
}

// Until the device that is gone is back, and a new stream begins.
status source_impl::wait_for_device()
{
    while (!has_message() && !is_unwanted()) {
        try {
            come_back();
            return status::woken;
        } catch (const std::system_error& e) {
            if (e.code() != std::errc::no_such_device && e.what() != d_why_lost)
                d_logger->warn("{:s}", e.what());
            d_why_lost = e.what();
            if (!may_come_back(e.code()))
                return status::fault;
        } catch (const std::exception& e) { // a recording that is no recording any more
            d_logger->error("{:s}", e.what());
            return status::fault;
        }
        publish_telemetry();
        if (!sleep_until(steady::now() + retry))
            return status::woken;
    }
    return status::timeout;
}

void source_impl::come_back()
{
    d_stream->dev.reopen();
    restore_time();
    ::zcring::device::start_options options;
    options.first_index = nitems_written(0);
    begin_stream(options);
    d_is_lost = false;
    d_is_back = true;
    d_logger->info("{:s}: it is back", d_stream->dev.name());
    publish(ports::events, device_event("device_back", d_stream->dev.name(), nitems_written(0)));
}

bool source_impl::has_message() const
{
    const gr::thread::scoped_lock guard(detail()->d_tpb.mutex);
    return detail()->d_tpb.input_changed;
}

// Whether a block behind is done. The scheduler looks only once the output is full; but a
// ring that nobody reads may run out of descriptors before it is full, and then nothing
// comes any more.
bool source_impl::is_unwanted() const
{
    for (int port = 0; port < detail()->noutputs(); port++) {
        const gr::buffer_sptr buffer = detail()->output(static_cast<unsigned>(port));
        const gr::thread::scoped_lock guard(*buffer->mutex());
        if (buffer->done())
            return true;
    }
    return false;
}

// The stream's indices are the items' offsets: a stream starts at the first item, or goes on
// where the one before ended.
void source_impl::tell(const ::zcring::reader::view& view)
{
    std::uint64_t at = view.index;

    while (std::optional<burst> next = d_stream->in.next_burst(view.index + view.samples)) {
        if (d_is_back && next->starts)
            next->lost = missed(*next);
        d_is_back = false;
        d_burst = *next;
        d_tags.answer(at, d_burst.index);
        d_tags.begin(d_burst);
        at = d_burst.index;
        report();
    }
    d_tags.answer(at, view.index + view.samples);
}

// What a device that was gone would have had until the burst, by its clock.
std::uint64_t source_impl::missed(const burst& next) const
{
    const auto ns = static_cast<std::int64_t>(next.time_ns - d_burst.time_ns);
    const double samples = static_cast<double>(ns) / 1e9 * d_burst.rate -
                           static_cast<double>(next.index - d_burst.index);
    return static_cast<std::uint64_t>(std::llround(std::clamp(samples, 0.0, 1e18)));
}

// The burst that begins now, to those who want to know.
void source_impl::report()
{
    if (d_burst.lost) {
        publish(ports::events, overflow_event(d_burst));
        log_loss(d_burst.lost);
    }
    if (d_burst.tuned_channels)
        for (const pmt::pmt_t& event : retune_events(d_burst, d_stream->dev.channels()))
            publish(ports::events, event);
    if (d_burst.rate_changed) {
        publish(ports::events, rate_event(d_burst));
        warn_of_short_bursts();
    }
}

// A thread of the runtime's that ends by an exception is waited for, for ever.
void source_impl::publish(const pmt::pmt_t& port, const pmt::pmt_t& message)
{
    forget_dead_subscribers();
    try {
        message_port_pub(port, message);
    } catch (const std::exception& e) { // one has died just now
        d_debug_logger->debug("no message: {:s}", e.what());
    }
}

// At most once a second, with the sums since the stream began.
void source_impl::log_loss(std::uint64_t lost)
{
    d_losses.samples += lost;
    d_losses.gaps++;
    const auto now = steady::now();
    if (now < d_losses.next_line)
        return;
    d_losses.next_line = now + 1s;
    d_logger->warn("{:s}: overflow: {:d} samples lost so far, in {:d} gaps",
                   d_stream->dev.name(),
                   d_losses.samples,
                   d_losses.gaps);
}

// For the scheduler to look at its messages, and at its end, and to come again at once. Of a
// call that made nothing it believes that the output is blocked: it would wait until no reader
// is at work, however long that takes, and sleep for 250 ms.
int source_impl::call_again()
{
    detail()->d_produce_or = 1;
    return WORK_CALLED_PRODUCE;
}

// The runtime is going to tell all neighbours.
int source_impl::done()
{
    forget_dead_subscribers();
    return WORK_DONE;
}

int source_impl::lose_device()
{
    publish(ports::events, device_event("device_lost", d_stream->dev.name(), nitems_written(0)));
    if (d_on_device_lost == device_lost::stop) {
        d_logger->error("{:s}: the device is gone", d_stream->dev.name());
        return done();
    }
    d_logger->warn("{:s}: the device is gone; waiting for it", d_stream->dev.name());
    d_is_lost = true;
    d_why_lost.clear();
    return call_again();
}

int source_impl::work(int noutput_items,
                      gr_vector_const_void_star&,
                      gr_vector_void_star& output_items)
{
    if (!d_has_started)
        return done();
    switch (const status found = d_is_lost ? wait_for_device() : wait_for_samples()) {
    case status::data:
        break;
    case status::timeout:
    case status::woken:
        return is_unwanted() ? done() : call_again();
    case status::gone:
        return lose_device();
    case status::stopped:
    case status::fault:
        d_logger->error("{:s}: the stream ended: {:s}", d_stream->dev.name(), to_string(found));
        return done();
    }

    d_burst.interrupt_ns = 0;
    const int made = may_go_on() ? go_on(output_items) : pass_on(noutput_items, output_items);
    publish_telemetry();
    if (d_burst.interrupt_ns)
        d_latency.count(d_burst.interrupt_ns);
    return made;
}

// Of the samples that are there, so many at most. Returns how many.
int source_impl::pass_on(int most, const gr_vector_void_star& output_items)
{
    const auto view = d_stream->in.acquire(static_cast<std::uint64_t>(most));
    tell(view);
    copy(view, output_items);
    return static_cast<int>(view.samples);
}

// Piece by piece, each of which the readers have at once.
int source_impl::go_on(gr_vector_void_star output_items)
{
    int made = 0;
    for (int most = next_piece(made); most; most = next_piece(made)) {
        if (made && d_stream->in.wait(1, 0ns) != status::data)
            break;
        const int items = pass_on(most, output_items);
        for (int port = 0; port < detail()->noutputs(); port++) {
            void*& at = output_items[static_cast<unsigned>(port)];
            at = static_cast<char*>(at) + items * output_signature()->sizeof_stream_item(port);
            produce(port, items);
        }
        made += items;
    }
    return WORK_CALLED_PRODUCE;
}

// To the outputs that are not the ring itself, which are done with the samples then.
void source_impl::copy(const ::zcring::reader::view& view, const gr_vector_void_star& output_items)
{
    for (unsigned port = 0; port < output_items.size(); port++) {
        if (d_rings[port])
            continue;
        d_convert(output_items[port], view.channel[port], view.samples);
        d_stream->passed(port, view.index + view.samples);
    }
}

} // namespace zcring
} // namespace gr
