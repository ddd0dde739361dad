/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The output buffers of a source. Where a ring is large enough for the blocks downstream, it is the
// buffer; elsewhere the samples are copied once, into a buffer of the runtime's.
//
// The runtime chooses the size of a buffer from limits that the user, this block and the runtime
// itself write into the same variables of gr::block (see user_limit.h). It writes its choices where
// a user writes limits, and takes them for the user's at the next start; so all limits are written
// anew for each flowgraph.
#include "output_buffers.h"

#include "ring_capacity.h"

#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/prefs.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace gr {
namespace zcring {

namespace {

// Size of a buffer that the runtime makes by its own choice: twice what its configuration says.
long runtime_bytes()
{
    return 2 * gr::prefs::singleton()->get_long("DEFAULT", "buffer_size", 32768);
}

// Where samples are copied: enough to take a burst while the one before it is still being read
// downstream, and so much that the flowgraph does not spend its time on waking threads. work()
// returns what is there, so that a large buffer costs no latency.
int copy_items(const ::zcring::device& device)
{
    return static_cast<int>(std::clamp(2 * burst_items(device), 65536.0, 1048576.0));
}

bool can_be_ring(const ::zcring::device& device, ::zcring::format type, zero_copy_mode mode)
{
    return mode != zero_copy_mode::off && device.format() == type;
}

} // namespace

gr::io_signature::sptr
output_signature(const ::zcring::device& device, ::zcring::format type, zero_copy_mode mode)
{
    const auto nchan = static_cast<int>(device.channels());
    return gr::io_signature::make(nchan,
                                  nchan,
                                  static_cast<int>(::zcring::sample_bytes(type)),
                                  can_be_ring(device, type, mode) ? ring_buffer::type()
                                                                  : gr::buffer_double_mapped::type);
}

output_buffers::output_buffers(gr::block& owner,
                               std::shared_ptr<ring_stream> stream,
                               ::zcring::format type,
                               zero_copy_mode mode,
                               gr::logger_ptr logger)
    : d_owner(owner),
      d_stream(std::move(stream)),
      d_mode(mode),
      d_convert(::zcring::find_converter(d_stream->dev.format(), type)),
      d_logger(std::move(logger)),
      d_limits(d_stream->dev.channels()),
      d_is_zero_copy(can_be_ring(d_stream->dev, type, mode))
{
}

void output_buffers::check_topology()
{
    d_next_port = 0;
    if (!d_stream->is_here()) // no sample will come
        return;
    check_items_at_once();
    if (d_owner.detail() != d_noted_detail.lock()) // of a flowgraph that did not get to start()
        note_limits();
    try {
        d_copy_items = copy_items(d_stream->dev);
    } catch (const std::system_error&) {
        // The device is gone: the size stays as it was.
    }
    if (d_owner.output_signature()->stream_buffer_type(0) == ring_buffer::type())
        request_rings();
    else
        request_copies();
}

// Requests the smallest buffers, so that the runtime asks make_buffer() for what the blocks
// downstream need, and not for the size that it prefers.
void output_buffers::request_rings()
{
    for (unsigned port = 0; port < d_limits.size(); port++)
        limit_largest(port, d_owner.output_multiple());
    if (d_owner.is_set_max_noutput_items() && d_owner.max_noutput_items() != d_our_noutput_items)
        return;
    d_our_noutput_items =
        static_cast<int>(std::max(d_stream->dev.ring_samples() / 2, items_at_once()));
    d_owner.set_max_noutput_items(d_our_noutput_items);
}

void output_buffers::request_copies()
{
    if (d_owner.max_noutput_items() == d_runtime_noutput_items)
        d_owner.unset_max_noutput_items();
    d_has_noutput_limit = d_owner.is_set_max_noutput_items();
    for (unsigned port = 0; port < d_limits.size(); port++) {
        auto& [largest, smallest] = d_limits[port];
        limit_largest(port, -1);
        // Where a largest size is given, the runtime takes the less of that and of its own choice,
        // and ignores the smallest size.
        const long runtimes =
            runtime_bytes() / d_owner.output_signature()->sizeof_stream_item(port);
        if (largest.users() > 0 && largest.users() < runtimes)
            limit_largest(port, largest.users());
        smallest.observe(d_owner.min_output_buffer(port));
        const long items = std::max(smallest.users(), copied_items(port));
        smallest.wrote(items);
        d_owner.set_min_output_buffer(static_cast<int>(port), items);
    }
}

// The size of a buffer of the runtime's, by our own choice.
long output_buffers::copied_items(unsigned port) const
{
    const long most = d_limits[port].largest.users();
    return most > 0 ? std::min<long>(d_copy_items, most)
                    : std::max<long>(d_copy_items, static_cast<long>(2 * items_at_once()));
}

// Items for which the runtime wants room at each call of work().
std::uint64_t output_buffers::items_at_once() const
{
    const auto multiple = static_cast<std::uint64_t>(d_owner.output_multiple());
    const auto least = static_cast<std::uint64_t>(std::max(d_owner.min_noutput_items(), 1));
    return (least + multiple - 1) / multiple * multiple;
}

// The runtime counts the items of a buffer by an int.
void output_buffers::check_items_at_once() const
{
    const std::uint64_t most = std::numeric_limits<int>::max() / 2;
    if (items_at_once() > most)
        throw std::runtime_error(
            "zcring: output_multiple is " + std::to_string(d_owner.output_multiple()) +
            " and min_noutput_items is " + std::to_string(d_owner.min_noutput_items()) +
            ", and no buffer can hold twice as many items; set less, so that "
            "the source needs " +
            std::to_string(most) + " items at once at most");
}

// Why a buffer of \p size items is too small for the source itself; empty if it is not.
std::string output_buffers::half_too_small(unsigned port, std::uint64_t size) const
{
    const std::uint64_t items = items_at_once();
    if (size / 2 >= items)
        return {};
    std::ostringstream text;
    text << "output_multiple is " << d_owner.output_multiple() << " and min_noutput_items is "
         << d_owner.min_noutput_items() << ", so half of a buffer must hold " << items
         << " items, and the buffer of output " << port << " has " << size << " in all";
    return text.str();
}

// What to set where half_too_small() has found a reason: less of what is too large, or a larger
// buffer.
std::string output_buffers::remedy_for_half(unsigned port, std::uint64_t size) const
{
    const std::uint64_t half = size / 2;
    const auto multiple = static_cast<std::uint64_t>(d_owner.output_multiple());
    const std::string needed = std::to_string(2 * items_at_once());
    std::string text = "; set ";
    if (multiple > half)
        text += "output_multiple to " + std::to_string(half) + " or less";
    else
        text += "min_noutput_items to " + std::to_string(half / multiple * multiple) + " or less";
    if (d_rings[port]) {
        const std::string larger_ring = ring_bytes_remedy(d_stream->dev, 2 * items_at_once());
        return larger_ring.empty() ? text : text + ", or" + larger_ring.substr(1); // without ";"
    }
    if (d_limits[port].largest.users() > 0)
        return text + ", or call set_max_output_buffer() with " + needed + " or more";
    return text + ", or stop the flowgraph and start it anew, with a buffer of " + needed +
           " items or more";
}

std::string output_buffers::why_blocked() const
{
    for (unsigned port = 0; port < d_rings.size(); port++) {
        const std::uint64_t size = d_owner.detail()->output(port)->bufsize();
        const std::string why = half_too_small(port, size);
        if (!why.empty())
            return why + remedy_for_half(port, size);
    }
    return "max_noutput_items is " + std::to_string(d_noutput_limit) +
           ", which is less than the output_multiple of " +
           std::to_string(d_owner.output_multiple()) +
           "; call set_max_noutput_items() with at least as much";
}

// The scheduler calls work(), which is to end the flowgraph, only with settings that fit.
void output_buffers::let_work_be_called()
{
    d_demand = { d_owner.output_multiple(), d_owner.min_noutput_items() };
    d_owner.set_output_multiple(harmless.multiple);
    d_owner.set_min_noutput_items(harmless.least);
}

void output_buffers::stop()
{
    if (!d_demand.multiple)
        return;
    // Another value than ours is the user's, who has set it since.
    if (d_owner.output_multiple() == harmless.multiple)
        d_owner.set_output_multiple(d_demand.multiple);
    if (d_owner.min_noutput_items() == harmless.least)
        d_owner.set_min_noutput_items(d_demand.least);
    d_demand = {};
}

// Notes the user's limit, and writes ours in its place.
void output_buffers::limit_largest(unsigned port, long items)
{
    user_limit& largest = d_limits[port].largest;
    largest.observe(d_owner.max_output_buffer(port));
    largest.wrote(items);
    d_owner.set_max_output_buffer(static_cast<int>(port), items);
}

// Notes what the runtime wrote when it made the buffers, and gives the user's limits back, so that
// a change of the user's can be seen.
void output_buffers::note_limits()
{
    const gr::block_detail_sptr detail = d_owner.detail();
    d_noted_detail = detail;
    for (unsigned port = 0; port < d_limits.size(); port++)
        if (detail && detail->output(port)) {
            user_limit& largest = d_limits[port].largest;
            const long now = d_owner.max_output_buffer(port);
            largest.buffer_made(now, detail->output(port)->bufsize());
            largest.observe(now);
            limit_largest(port, largest.users());
        }
    d_runtime_noutput_items = d_has_noutput_limit ? 0 : d_owner.max_noutput_items();
}

gr::buffer_sptr output_buffers::make_buffer(int nitems,
                                            size_t sizeof_item,
                                            uint64_t downstream_lcm_nitems,
                                            uint32_t downstream_max_out_mult,
                                            gr::block_sptr link)
{
    if (!d_stream->is_here())
        return gr::buffer_double_mapped::make_buffer(
            static_cast<int>(std::clamp<std::uint64_t>(2 * items_at_once(),
                                                       static_cast<std::uint64_t>(nitems),
                                                       std::numeric_limits<int>::max())),
            sizeof_item,
            downstream_lcm_nitems,
            downstream_max_out_mult,
            link);
    const unsigned port = d_next_port;
    nitems = std::max(nitems, static_cast<int>(d_owner.min_output_buffer(port))); // the user's
    limit_largest(port, -1); // ours served request_rings() alone
    const ::zcring::device& device = d_stream->dev;
    const std::uint64_t at_once = items_at_once();
    std::string why = ring_shortage(device, port, static_cast<std::uint64_t>(nitems));
    if (why.empty() && !(why = half_too_small(port, device.ring_samples())).empty())
        why += ring_bytes_remedy(device, 2 * at_once);

    gr::buffer_sptr buffer;
    if (why.empty()) {
        buffer = std::make_shared<ring_buffer>(
            d_stream, port, downstream_lcm_nitems, downstream_max_out_mult, link);
        d_next_port++; // not before: after std::bad_alloc the runtime calls again for this port
        return buffer;
    }
    if (d_mode == zero_copy_mode::on)
        throw std::runtime_error("zcring: zero_copy=on: " + why + "; or set zero_copy to auto");
    d_logger->warn("{:s}: one copy on this output: {:s}", d_stream->dev.name(), why);
    const long items =
        std::max({ static_cast<long>(nitems), static_cast<long>(2 * at_once), copied_items(port) });
    buffer = gr::buffer_double_mapped::make_buffer(
        static_cast<int>(items), sizeof_item, downstream_lcm_nitems, downstream_max_out_mult, link);
    d_next_port++;
    return buffer;
}

bool output_buffers::start()
{
    const gr::block_detail_sptr detail = d_owner.detail();
    note_limits();
    d_rings.clear(); // the buffers may be new, or those of before lock() and unlock()
    d_smallest_buffer = std::numeric_limits<std::uint64_t>::max();
    for (int port = 0; port < detail->noutputs(); port++) {
        const gr::buffer_sptr buffer = detail->output(static_cast<unsigned>(port));
        d_smallest_buffer = std::min<std::uint64_t>(d_smallest_buffer, buffer->bufsize());
        d_rings.push_back(std::dynamic_pointer_cast<ring_buffer>(buffer));
    }
    d_is_zero_copy =
        std::none_of(d_rings.begin(), d_rings.end(), [](const auto& ring) { return !ring; });
    d_noutput_limit = d_owner.max_noutput_items();
    if (is_blocked()) {
        d_logger->error("{:s}: no samples: {:s}", d_stream->dev.name(), why_blocked());
        let_work_be_called();
        return false;
    }
    for (unsigned port = 0; port < d_rings.size(); port++) {
        if (!d_rings[port])
            continue;
        const std::string why = readers_shortage(d_stream->dev, port, *d_rings[port]);
        if (why.empty())
            continue;
        d_logger->error(
            "{:s}: {:s}{:s}",
            d_stream->dev.name(),
            why,
            d_mode == zero_copy_mode::on
                ? ""
                : "; or stop the flowgraph and start it anew, so that the samples are copied");
        return false;
    }
    return true;
}

std::uint64_t output_buffers::unread_items() const
{
    std::uint64_t most = 0;
    for (const auto& ring : d_rings)
        if (ring)
            most = std::max(most, ring->unread_items());
    return most;
}

// It may where all samples are copied into memory that continues at its end, unless a limit of the
// user's is lower than the runtime's own, which is half a buffer.
bool output_buffers::may_produce_pieces() const
{
    for (unsigned port = 0; port < d_rings.size(); port++) {
        if (d_rings[port])
            return false;
        const gr::buffer_sptr buffer = d_owner.detail()->output(port);
        const int size = static_cast<int>(buffer->bufsize());
        if (d_owner.max_noutput_items() <= size / 2 ||
            buffer->get_mapping_type() != gr::buffer_mapping_type::double_mapped)
            return false;
    }
    return true;
}

// Each return of work() wakes the readers, which costs as much as a sixth of converting half a
// buffer. So work() continues while its readers keep up, and returns where three quarters of the
// buffer wait for them: the last quarter is for the time until they are awake.
int output_buffers::next_piece(int made) const
{
    int piece = d_owner.max_noutput_items() - made;
    for (unsigned port = 0; port < d_rings.size(); port++) {
        const gr::buffer_sptr buffer = d_owner.detail()->output(port);
        const gr::thread::scoped_lock guard(*buffer->mutex());
        const int size = static_cast<int>(buffer->bufsize());
        const int space = buffer->space_available();
        if (made && space < size / 4)
            return 0;
        piece = std::min({ piece, space, size / 8, size - made });
    }
    return piece;
}

void output_buffers::copy(const ::zcring::reader::view& view,
                          const gr_vector_void_star& output_items)
{
    for (unsigned port = 0; port < output_items.size(); port++) {
        if (d_rings[port])
            continue;
        d_convert(output_items[port], view.channel[port], view.samples);
        d_stream->passed(port, view.index + view.samples);
    }
}

void output_buffers::warn_of_short_bursts() const
{
    for (unsigned port = 0; port < d_rings.size(); port++) {
        if (!d_rings[port])
            continue;
        const std::string why = readers_shortage(d_stream->dev, port, *d_rings[port]);
        if (!why.empty())
            d_logger->warn(
                "{:s}: at this rate {:s}; or start the flowgraph anew", d_stream->dev.name(), why);
    }
}

} // namespace zcring
} // namespace gr
