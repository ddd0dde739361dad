/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The output buffers of a source: the ring, or the runtime's.
#include "events.h"
#include "source_impl.h"

#include <gnuradio/block_detail.h>
#include <gnuradio/block_registry.h>
#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/buffer_reader.h>
#include <gnuradio/prefs.h>
#include <zcring/limits.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace gr {
namespace zcring {

namespace {

// Of a buffer that the runtime makes by its own choice: twice what its configuration says.
long runtime_bytes()
{
    return 2 * gr::prefs::singleton()->get_long("DEFAULT", "buffer_size", 32768);
}

std::size_t power_of_two_from(std::uint64_t n)
{
    std::size_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

// Samples of a burst, as the device is tuned. Throws std::system_error if it is gone.
double burst_items(const ::zcring::device& device)
{
    return device.tuning().rate * device.interval();
}

// Samples for which the ring has descriptors, if it is full of such bursts.
std::uint64_t described_items(const ::zcring::device& device, double burst)
{
    const double items = static_cast<double>(device.ring_bursts()) * std::max(burst, 1.0);
    return std::min(device.ring_samples(), static_cast<std::uint64_t>(std::llround(items)));
}

// Where samples are copied: enough to take a burst while the one before it is still being
// read downstream, and not so little that the chain lives on waking threads. work() returns
// what is there, so that a large buffer costs no latency.
int copy_items(const ::zcring::device& device)
{
    return static_cast<int>(std::clamp(2 * burst_items(device), 65536.0, 1048576.0));
}

// Why a channel's ring is not enough for a block behind that needs a buffer of so many items, and
// what to do; nothing where it is.
std::string too_small(const ::zcring::device& device, unsigned channel, std::uint64_t nitems)
{
    std::ostringstream text;
    text << "a block behind output " << channel << " needs a buffer of " << nitems << " items, ";
    if (device.ring_samples() < nitems) {
        const std::size_t bytes =
            ::zcring::sample_bytes(device.format()) * power_of_two_from(nitems);
        text << "and the ring has " << device.ring_samples();
        if (bytes <= ::zcring::limits::ring_bytes_max)
            text << "; set ring_bytes= to " << bytes << " or more";
        return text.str();
    }
    try {
        const std::uint64_t items = described_items(device, burst_items(device));
        if (items >= nitems)
            return {};
        text << "and the ring takes " << device.ring_bursts() << " bursts, here " << items
             << " items";
        const double us = std::ceil(1e6 * static_cast<double>(nitems) / device.tuning().rate /
                                    static_cast<double>(device.ring_bursts()));
        if (us <= static_cast<double>(::zcring::limits::interval_us_max))
            text << "; set interval_us= to " << static_cast<std::uint64_t>(us) << " or more";
        return text.str();
    } catch (const std::system_error&) {
        return {}; // the device is gone, and nobody knows how it will be tuned
    }
}

// That a reader may wait for: what its block needs at once, half of what the runtime makes a buffer
// for; and of a ring the last burst before them, which is there as long as one of its items is.
std::uint64_t items_needed(gr::buffer& buffer, double burst)
{
    double most = 0;
    for (std::size_t n = 0; n < buffer.nreaders(); n++) {
        const gr::block_sptr block = buffer.reader(n)->link();
        most = std::max(most, block->output_multiple() / block->relative_rate() + block->history());
    }
    return static_cast<std::uint64_t>(std::ceil(most + burst));
}

} // namespace

// The runtime is going to make the buffers, or, after lock() and unlock(), to keep those that are
// there. It writes its own choices where a user writes limits, and takes them for those the next
// time; so all is said anew.
bool source_impl::check_topology(int, int)
{
    d_next_port = 0;
    forget_dead_subscribers();
    if (detail() != d_noted_detail.lock()) // of a flowgraph that did not get as far as start()
        note_limits();
    try {
        d_copy_items = copy_items(d_stream->dev);
    } catch (const std::system_error&) {
        // The device is gone: as it was before.
    }
    if (output_signature()->stream_buffer_type(0) == ring_buffer::type())
        ask_for_rings();
    else
        ask_for_copies();
    return true;
}

// Of an earlier flowgraph. The runtime knows a subscriber by its name; and when the block is
// gone, to publish throws, and so does the runtime itself when it tells all neighbours of the end.
// Those of the next flowgraph it is going to add.
void source_impl::forget_dead_subscribers()
{
    for (const pmt::pmt_t& port : { ports::events, ports::telemetry }) {
        const pmt::pmt_t all = message_subscribers(port);
        for (std::size_t n = 0; n < pmt::length(all); n++) {
            const pmt::pmt_t one = pmt::nth(n, all);
            try {
                global_block_registry.block_lookup(pmt::car(one));
            } catch (const std::exception&) { // not there, or just being destroyed
                message_port_unsub(port, one);
            }
        }
    }
}

// Of the least size, so that the runtime asks for what the blocks behind need, and not for what it
// likes best.
void source_impl::ask_for_rings()
{
    for (unsigned port = 0; port < d_buffer_limits.size(); port++)
        limit_buffer(port, output_multiple());
    if (!is_set_max_noutput_items())
        set_max_noutput_items(static_cast<int>(d_stream->dev.ring_samples() / 2));
}

void source_impl::ask_for_copies()
{
    if (max_noutput_items() == d_runtime_noutput_items)
        unset_max_noutput_items();
    d_has_noutput_limit = is_set_max_noutput_items();
    for (unsigned port = 0; port < d_buffer_limits.size(); port++) {
        auto& [most, least] = d_buffer_limits[port];
        limit_buffer(port, -1);
        // Given a largest size, the runtime takes the less of it and of its own, and no smallest.
        const long runtimes = runtime_bytes() / output_signature()->sizeof_stream_item(port);
        if (most.users > 0 && most.users < runtimes)
            limit_buffer(port, most.users);
        if (min_output_buffer(port) != least.written)
            least.users = min_output_buffer(port);
        least.written = std::max(least.users, copied_items(port));
        set_min_output_buffer(static_cast<int>(port), least.written);
    }
}

// Of a buffer of the runtime's, by our own choice.
long source_impl::copied_items(unsigned port) const
{
    const long most = d_buffer_limits[port].most.users;
    return most > 0 ? std::min<long>(d_copy_items, most) : d_copy_items;
}

// The user's limit is noted, and ours stands in its place.
void source_impl::limit_buffer(unsigned port, long items)
{
    size_limit& most = d_buffer_limits[port].most;
    if (max_output_buffer(port) != most.written)
        most.users = max_output_buffer(port);
    most.written = items;
    set_max_output_buffer(static_cast<int>(port), items);
}

// What the runtime has written when it made the buffers.
void source_impl::note_limits()
{
    d_noted_detail = detail();
    for (unsigned port = 0; port < d_buffer_limits.size(); port++)
        if (detail() &&
            detail()->output(port)) // not max_output_buffer(): the user may have come by
            d_buffer_limits[port].most.written = detail()->output(port)->bufsize();
    d_runtime_noutput_items = d_has_noutput_limit ? 0 : max_noutput_items();
}

gr::buffer_sptr source_impl::make_output_buffer(int nitems,
                                                size_t sizeof_item,
                                                uint64_t downstream_lcm_nitems,
                                                uint32_t downstream_max_out_mult,
                                                gr::block_sptr link)
{
    const unsigned channel = d_next_port++;
    nitems = std::max(nitems, static_cast<int>(min_output_buffer(channel))); // if the user says so
    limit_buffer(channel, -1);                                               // ours was nobody's
    const std::string why = too_small(d_stream->dev, channel, static_cast<std::uint64_t>(nitems));

    if (why.empty())
        return std::make_shared<ring_buffer>(
            d_stream, channel, downstream_lcm_nitems, downstream_max_out_mult, link);
    if (d_wish == zero_copy::on)
        throw std::runtime_error("zcring: zero_copy=on: " + why + "; or set zero_copy to auto");
    d_logger->warn("{:s}: one copy on this output: {:s}", d_stream->dev.name(), why);
    return gr::buffer_double_mapped::make_buffer(std::max<long>(nitems, copied_items(channel)),
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

// Whether the rings are enough for those who read from them: after lock() and unlock() there are
// readers that the runtime did not ask about. They would wait for ever.
bool source_impl::rings_suffice()
{
    for (unsigned port = 0; port < d_rings.size(); port++) {
        const std::string why = ring_is_too_small(port);
        if (why.empty())
            continue;
        d_logger->error(
            "{:s}: {:s}{:s}",
            d_stream->dev.name(),
            why,
            d_wish == zero_copy::on ? "" : "; or stop the flowgraph and start it anew, for copies");
        return false;
    }
    return true;
}

// As it is tuned; nothing where its readers get what they need, or where it is no ring.
std::string source_impl::ring_is_too_small(unsigned port)
{
    if (!d_rings[port])
        return {};
    const ::zcring::device& device = d_stream->dev;
    double burst = 0;
    try {
        burst = burst_items(device);
    } catch (const std::system_error&) {
        // The device is gone, and too_small() asks no more of it.
    }
    // A longer burst than this, and it is not the descriptors that run out.
    burst = std::min(burst, static_cast<double>(device.ring_samples() / device.ring_bursts()));
    return too_small(device, port, items_needed(*d_rings[port], burst));
}

// Whether work() may make more than it is asked for: where everything is copied into memory that
// goes on at its end, and no limit of the user's is as low as the runtime's own, half a buffer.
bool source_impl::may_go_on()
{
    for (unsigned port = 0; port < d_rings.size(); port++) {
        const gr::buffer_sptr buffer = detail()->output(port);
        const int size = static_cast<int>(buffer->bufsize());
        if (d_rings[port] || max_noutput_items() <= size / 2 ||
            buffer->get_mapping_type() != gr::buffer_mapping_type::double_mapped)
            return false;
    }
    return true;
}

// How many items come next, after so many in this call; none where work() is to return. With
// each return the one thread wakes the other, which costs as much as a sixth of converting
// half a buffer. So work() goes on while its readers keep up, and returns, which wakes them,
// where three quarters wait for them: the last quarter is for the time until they are awake.
int source_impl::next_piece(int made)
{
    int piece = max_noutput_items() - made;
    for (unsigned port = 0; port < d_rings.size(); port++) {
        const gr::buffer_sptr buffer = detail()->output(port);
        const gr::thread::scoped_lock guard(*buffer->mutex());
        const int size = static_cast<int>(buffer->bufsize());
        const int space = buffer->space_available();
        if (made && space < size / 4)
            return 0;
        piece = std::min({ piece, space, size / 8, size - made });
    }
    return piece;
}

// With the rate the bursts become shorter, and the buffers are what they are.
void source_impl::warn_of_short_bursts()
{
    for (unsigned port = 0; port < d_rings.size(); port++) {
        const std::string why = ring_is_too_small(port);
        if (!why.empty())
            d_logger->warn(
                "{:s}: at this rate {:s}; or start the flowgraph anew", d_stream->dev.name(), why);
    }
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

} // namespace zcring
} // namespace gr
