/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "source_impl.h"

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/io_signature.h>
#include <zcring/limits.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace gr {
namespace zcring {

namespace {

using ::zcring::arguments;
using ::zcring::burst;
using ::zcring::command;
using ::zcring::status;
using namespace std::chrono_literals;

const pmt::pmt_t time_key = pmt::intern("rx_time");
const pmt::pmt_t rate_key = pmt::intern("rx_rate");
const pmt::pmt_t freq_key = pmt::intern("rx_freq");
const pmt::pmt_t lost_key = pmt::intern("rx_lost");

// Blocks behind that are done cannot wake work(), and messages cannot that come past post():
// it looks for them once it has been silent for so long.
constexpr auto silence = 100ms;

constexpr std::uint64_t ns_per_s = 1000000000;

pmt::pmt_t time_tuple(std::uint64_t ns)
{
    return pmt::make_tuple(pmt::from_uint64(ns / ns_per_s),
                           pmt::from_double(static_cast<double>(ns % ns_per_s) / 1e9));
}

// A setting may stand in the arguments too, but not with another value.
template <class T>
void settle(std::optional<T>& in_args, T value, const char* key, const char* parameter)
{
    if (in_args && *in_args != value) {
        std::ostringstream text;
        text.precision(15);
        text << "zcring: " << key << "=" << *in_args << " in the arguments contradicts "
             << parameter << "=" << value << "; drop one of them";
        throw std::invalid_argument(text.str());
    }
    in_args = value;
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

std::size_t power_of_two_from(int n)
{
    std::size_t power = 1;
    while (power < static_cast<std::size_t>(n))
        power *= 2;
    return power;
}

source_impl::zero_copy parse_zero_copy(const std::string& word)
{
    if (word == "auto")
        return source_impl::zero_copy::automatic;
    if (word == "on")
        return source_impl::zero_copy::on;
    if (word == "off")
        return source_impl::zero_copy::off;
    throw std::invalid_argument("zcring: unknown zero_copy \"" + word +
                                "\"; it is auto, on or off");
}

// Where samples are copied: enough to take a burst while the one before it is still being
// read downstream, and not so little that the chain lives on waking threads. work() returns
// what is there, so that a large buffer costs no latency.
int copy_items(const ::zcring::device& device)
{
    const double bursts = 2 * device.tuning().rate * device.interval();
    return static_cast<int>(std::clamp(bursts, 65536.0, 1048576.0));
}

} // namespace

source::sptr source::make(const std::string& args,
                          const std::string& type,
                          unsigned nchan,
                          double samp_rate,
                          double center_freq,
                          double gain,
                          const std::string& zero_copy)
{
    arguments a = ::zcring::parse_arguments(args);
    const ::zcring::format out = ::zcring::parse_format(type);
    const source_impl::zero_copy wish = parse_zero_copy(zero_copy);

    settle(a.channels, nchan, "channels", "nchan");
    settle(a.rate, samp_rate, "rate", "samp_rate");
    settle(a.freq, center_freq, "freq", "center_freq");
    settle(a.gain, gain, "gain", "gain");
    if (!a.format)
        a.format = out;
    if (wish == source_impl::zero_copy::on && *a.format != out)
        throw std::invalid_argument(std::string("zcring: zero_copy=on: the ring's format is ") +
                                    to_string(*a.format) + " and the items' type is " +
                                    to_string(out) +
                                    "; make them the same, or set zero_copy to auto");
    return gnuradio::make_block_sptr<source_impl>(
        std::make_shared<ring_stream>(a), out, wish);
}

source_impl::source_impl(std::shared_ptr<ring_stream> stream,
                         ::zcring::format type,
                         zero_copy wish)
    : gr::sync_block(
          "zcring_source", gr::io_signature::make(0, 0, 0), signature(stream->dev, type, wish)),
      d_stream(std::move(stream)),
      d_convert(find_converter(d_stream->dev.format(), type)),
      d_wish(wish),
      d_srcid(pmt::intern(alias())),
      d_is_zero_copy(wish != zero_copy::off && can_be_ring(d_stream->dev, type)),
      d_interruption([this] { d_stream->in.wake(); })
{
    limit_buffers();
    d_logger->info("{:s}: {:d} channel(s), {:s} to {:s}, {:s}",
                   d_stream->dev.name(),
                   d_stream->dev.channels(),
                   to_string(d_stream->dev.format()),
                   to_string(type),
                   d_is_zero_copy ? "zero copy" : "one pass");
}

// The runtime takes the size that it allocated last for a limit the next time, and so this
// has to be said for each flowgraph.
void source_impl::limit_buffers()
{
    const bool ring = output_signature()->stream_buffer_type(0) == ring_buffer::type();
    for (int port = 0; port < static_cast<int>(d_stream->dev.channels()); port++) {
        if (ring) {
            set_max_output_buffer(port, static_cast<long>(d_stream->dev.ring_samples()));
        } else {
            set_max_output_buffer(port, -1);
            set_min_output_buffer(port, copy_items(d_stream->dev));
        }
    }
    if (ring && !is_set_max_noutput_items())
        set_max_noutput_items(static_cast<int>(d_stream->dev.ring_samples() / 2));
}

bool source_impl::check_topology(int, int)
{
    d_next_port = 0; // the runtime may ask for buffers now, one after the other
    return true;
}

gr::buffer_sptr source_impl::make_output_buffer(int nitems,
                                                size_t sizeof_item,
                                                uint64_t downstream_lcm_nitems,
                                                uint32_t downstream_max_out_mult,
                                                gr::block_sptr link)
{
    const auto ring_items = static_cast<int>(d_stream->dev.ring_samples());
    const unsigned channel = d_next_port++;

    if (nitems <= ring_items)
        return std::make_shared<ring_buffer>(
            d_stream, channel, downstream_lcm_nitems, downstream_max_out_mult, link);
    const std::size_t ring_bytes = sizeof_item * power_of_two_from(nitems);
    std::ostringstream text;
    text << "a block behind output " << channel << " needs a buffer of " << nitems
         << " items, and the ring has " << ring_items;
    if (ring_bytes <= ::zcring::limits::ring_bytes_max)
        text << "; set ring_bytes= to " << ring_bytes << " or more";
    if (d_wish == zero_copy::on)
        throw std::runtime_error("zcring: zero_copy=on: " + text.str() +
                                 "; or set zero_copy to auto");
    d_logger->warn("{:s}: one pass on this output: {:s}", d_stream->dev.name(), text.str());
    return gr::buffer_double_mapped::make_buffer(std::max(nitems, copy_items(d_stream->dev)),
                                                 sizeof_item,
                                                 downstream_lcm_nitems,
                                                 downstream_max_out_mult,
                                                 link);
}

// The buffers may be new, or those of before.
void source_impl::find_rings()
{
    d_rings.clear();
    for (int port = 0; port < detail()->noutputs(); port++)
        d_rings.push_back(
            std::dynamic_pointer_cast<ring_buffer>(detail()->output(static_cast<unsigned>(port))));
    d_is_zero_copy =
        std::none_of(d_rings.begin(), d_rings.end(), [](const auto& ring) { return !ring; });
}

// Samples in the ring that the slowest reader of all has not passed.
std::uint64_t source_impl::unread_items() const
{
    std::uint64_t most = 0;
    for (const auto& ring : d_rings)
        if (ring)
            most = std::max(most, ring->unread_items());
    return most;
}

bool source_impl::start()
{
    find_rings();
    // Readers with a history begin before the first item; what lies there is zero, and held.
    // After lock() and unlock() too: the runtime has then set its buffers to their beginning
    // and dropped what lay in them, so that there is no stream to go on with.
    // The runtime waits for ever for a block whose start() throws, and does not look at what
    // it returns: work() ends the flowgraph.
    try {
        d_stream->start(static_cast<unsigned>(d_rings.size()), unread_items());
        d_has_started = true;
    } catch (const std::exception& e) {
        d_logger->error("{:s}", e.what());
        d_has_started = false;
    }
    d_latency.reset();
    d_losses = {};
    limit_buffers();
    return true;
}

bool source_impl::stop()
{
    // Called from a destructor. A device that is gone has stopped already.
    try {
        d_stream->dev.stop();
    } catch (const std::exception& e) {
        d_logger->warn("{:s}", e.what());
    }
    return true;
}

// Ends with data, or with what ends the stream; or early, where the scheduler has to have its
// thread back.
status source_impl::wait_for_samples()
{
    status found = d_stream->in.wait(1, 0ns);
    while (found == status::timeout && !has_message() && !is_unwanted())
        if (!d_interruption.during([&] { found = d_stream->in.wait(1, silence); }))
            return status::woken;
    return found;
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

void source_impl::tag(const ::zcring::reader::view& view)
{
    const auto add = [this](unsigned port, std::uint64_t at, pmt::pmt_t key, pmt::pmt_t value) {
        add_item_tag(port, at, key, value, d_srcid);
    };

    while (const std::optional<burst> b = d_stream->in.next_burst(view.index + view.samples)) {
        d_interrupt_ns = b->interrupt_ns;
        const bool joins = !b->starts && !b->resumes && !b->lost;
        const bool has_time = !joins || b->rate_changed || b->time_changed;
        const std::uint64_t at = nitems_written(0) + (b->index - view.index);

        for (unsigned c = 0; c < d_stream->dev.channels(); c++) {
            const bool tuned = b->tuned_channels & (1u << c);
            if (has_time || tuned) {
                add(c, at, time_key, time_tuple(b->time_ns));
                add(c, at, freq_key, pmt::from_double(b->frequency[c]));
            }
            if (has_time)
                add(c, at, rate_key, pmt::from_double(b->rate));
            if (b->lost)
                add(c, at, lost_key, pmt::from_uint64(b->lost));
        }
        if (b->lost)
            log_loss(b->lost);
    }
}

// At most once a second, with the sums since the stream began.
void source_impl::log_loss(std::uint64_t lost)
{
    d_losses.samples += lost;
    d_losses.gaps++;
    const auto now = std::chrono::steady_clock::now();
    if (now < d_losses.next_line)
        return;
    d_losses.next_line = now + 1s;
    d_logger->warn("{:s}: overflow: {:d} samples lost so far, in {:d} gaps",
                   d_stream->dev.name(),
                   d_losses.samples,
                   d_losses.gaps);
}

int source_impl::work(int noutput_items,
                      gr_vector_const_void_star&,
                      gr_vector_void_star& output_items)
{
    if (!d_has_started)
        return WORK_DONE;
    switch (const status found = wait_for_samples()) {
    case status::data:
    case status::gap:
        break;
    case status::timeout:
        return is_unwanted() ? WORK_DONE : 0;
    case status::woken:
        detail()->d_tpb.notify_msg(); // else the scheduler sleeps for 250 ms
        return 0;
    case status::stopped:
    case status::fault:
    case status::gone:
        d_logger->error("{:s}: the stream ended: {:s}", d_stream->dev.name(), to_string(found));
        return WORK_DONE;
    }

    const auto view = d_stream->in.acquire(static_cast<std::uint64_t>(noutput_items));
    d_interrupt_ns = 0;
    tag(view);
    copy(view, output_items);
    if (d_interrupt_ns)
        d_latency.count(d_interrupt_ns);
    return static_cast<int>(view.samples);
}

// To the outputs that are not the ring itself, which are done with the samples then.
void source_impl::copy(const ::zcring::reader::view& view, gr_vector_void_star& output_items)
{
    for (unsigned port = 0; port < output_items.size(); port++) {
        if (d_rings[port])
            continue;
        d_convert(output_items[port], view.channel[port], view.samples);
        d_stream->passed(port, view.index + view.samples);
    }
}

unsigned source_impl::checked_channel(int chan) const
{
    if (chan < 0 || static_cast<unsigned>(chan) >= d_stream->dev.channels())
        throw std::invalid_argument("zcring: there is no channel " + std::to_string(chan) +
                                    "; the device has " + std::to_string(d_stream->dev.channels()) +
                                    ", counted from 0");
    return static_cast<unsigned>(chan);
}

void source_impl::set_samp_rate(double rate) { d_stream->dev.set_rate(rate); }

void source_impl::set_center_freq(double freq, int chan)
{
    d_stream->dev.set_frequency(
        freq, chan == all_channels ? command::all_channels : 1u << checked_channel(chan));
}

void source_impl::set_gain(double gain, int chan)
{
    d_stream->dev.set_gain(
        gain, chan == all_channels ? command::all_channels : 1u << checked_channel(chan));
}

double source_impl::samp_rate() const { return d_stream->dev.tuning().rate; }

double source_impl::center_freq(int chan) const
{
    return d_stream->dev.tuning().frequency[checked_channel(chan)];
}

double source_impl::gain(int chan) const { return d_stream->dev.tuning().gain[checked_channel(chan)]; }

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
        { "overflow_events", t.overflow_events },
        { "bursts", t.bursts },
    };
}

std::map<std::uint64_t, std::uint64_t> source_impl::latency_histogram() const
{
    return d_latency.histogram();
}

std::string source_impl::device() const { return d_stream->dev.name(); }
bool source_impl::is_zero_copy() const { return d_is_zero_copy; }

} // namespace zcring
} // namespace gr
