/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The sink block. Nothing may throw in start(), stop() or work(), for which the runtime would then
// wait for ever; work() ends the flowgraph instead.
#include "sink_impl.h"

#include <gnuradio/io_signature.h>
#include <zcring/types.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace gr {
namespace zcring {

namespace {

using namespace std::chrono_literals;

const pmt::pmt_t events_port = pmt::intern("async_msgs");

// How often the time of an antenna is asked for while no receiver streams.
constexpr int time_retry_ms = 10;

// Of a full buffer, what must be free before a sink that sleeps goes on; the rest is still to be sent.
constexpr std::uint64_t room_part = 8;

// Between two announcements: a virtual clock advances by the turnaround in each.
constexpr auto announce_period = 1ms;
// A flowgraph that sends nothing for so long may wait for the clock that waits for the flowgraph.
constexpr auto warn_period = 5s;

std::uint64_t in_samples(double seconds, double rate)
{
    return static_cast<std::uint64_t>(std::ceil(seconds * rate));
}

int make_eventfd()
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        throw std::system_error(errno, std::system_category(), "zcring: eventfd");
    return fd;
}

} // namespace

sink::sptr sink::make(const std::string& antenna,
                      const std::string& type,
                      unsigned nchan,
                      double samp_rate,
                      double center_freq,
                      const std::string& length_tag,
                      std::uint64_t buffer_samples,
                      double turnaround)
{
    ::zcring::antenna::feed_options options;
    options.format = ::zcring::parse_format(type);
    options.rate = samp_rate;
    options.freq = center_freq;
    options.channels = nchan;
    options.buffer_samples = buffer_samples;
    // begin_feed() checks these too, but in start(), which has nobody to tell.
    if (nchan < 1 || nchan > ::zcring::max_channels)
        throw std::invalid_argument("zcring: nchan=" + std::to_string(nchan) +
                                    ": the number of channels must be 1 to 8");
    if (!(samp_rate >= 0.001 && samp_rate <= 1e10))
        throw std::invalid_argument("zcring: samp_rate=" + std::to_string(samp_rate) +
                                    ": the rate must be 0.001 to 1e10 samples a second");
    if (!(center_freq >= -1e12 && center_freq <= 1e12))
        throw std::invalid_argument("zcring: center_freq=" + std::to_string(center_freq) +
                                    ": the frequency must be -1e12 to 1e12 Hz");
    if (!(turnaround >= 0 && turnaround <= 60))
        throw std::invalid_argument("zcring: turnaround=" + std::to_string(turnaround) +
                                    ": the turnaround must be 0 to 60 seconds");
    return gnuradio::make_block_sptr<sink_impl>(std::make_unique<antenna_feeder>(antenna, options),
                                                options.format,
                                                nchan,
                                                samp_rate,
                                                length_tag,
                                                turnaround);
}

sink_impl::sink_impl(std::unique_ptr<feeder> antenna,
                     ::zcring::format type,
                     unsigned channels,
                     double rate,
                     const std::string& length_tag,
                     double turnaround)
    : gr::sync_block("zcring_sink",
                     gr::io_signature::make(static_cast<int>(channels),
                                            static_cast<int>(channels),
                                            static_cast<int>(::zcring::sample_bytes(type))),
                     gr::io_signature::make(0, 0, 0)),
      d_antenna(std::move(antenna)),
      d_item_bytes(::zcring::sample_bytes(type)),
      d_wake_fd(make_eventfd()),
      d_interruption([this] { wake(); }),
      d_plan(rate, length_tag),
      d_turnaround(in_samples(turnaround, rate)),
      d_watch(d_turnaround ? std::chrono::nanoseconds(announce_period) : warn_period,
              [this] { idle(); })
{
    message_port_register_out(events_port);
}

sink_impl::~sink_impl() { close(d_wake_fd); }

void sink_impl::wake()
{
    const std::uint64_t one = 1;
    (void)!write(d_wake_fd, &one, sizeof(one)); // full: it is readable already
}

bool sink_impl::start()
{
    d_has_started = false;
    d_has_warned = false;
    d_room = 0;
    d_plan.start();
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_counters = {};
    }
    try {
        d_process.check(d_antenna->name(), "sink");
        d_antenna->begin_feed();
        d_has_started = true;
        d_watch.begin();
    } catch (const std::exception& e) {
        d_logger->error("{:s}", e.what());
    }
    return true;
}

bool sink_impl::stop()
{
    if (!std::exchange(d_has_started, false))
        return true;
    d_watch.end();
    try {
        look(nitems_read(0));
        d_antenna->end_feed();
    } catch (const std::exception& e) {
        d_logger->error("{:s}", e.what());
    }
    return true;
}

int sink_impl::work(int noutput_items, gr_vector_const_void_star& input_items, gr_vector_void_star&)
{
    if (!d_has_started)
        return WORK_DONE;
    d_watch.end();
    try {
        const int sent = send(static_cast<std::uint64_t>(noutput_items), input_items);
        if (d_plan.is_between_bursts() && sent != WORK_DONE)
            d_watch.begin();
        return sent;
    } catch (const std::exception& e) {
        d_logger->error("{:s}; the flowgraph ends", e.what());
        return WORK_DONE;
    }
}

// Nothing was sent for a period, before the first item or between two bursts. Without a promise, a clock
// of free pace waits here; only the user knows how soon the flowgraph may send again.
void sink_impl::idle()
{
    try {
        const feeder::status_type now = d_antenna->status();
        if (d_turnaround) {
            if (now.clock + d_turnaround > now.position)
                d_antenna->silence_until(now.clock + d_turnaround);
        } else if (now.is_running && now.clock == now.position &&
                   !std::exchange(d_has_warned, true)) {
            d_logger->warn(
                "{:s}: receivers wait for this sink, which has had no samples for 5 s. If "
                "the flowgraph sends only after it has received, set turnaround to the "
                "seconds that it takes at least from receiving to sending",
                d_antenna->name());
        }
    } catch (const std::exception&) {
        // An antenna that is gone: work() says so, and ends the flowgraph.
    }
}

// Waits until there is room for so many items. False if the scheduler ends this thread. A buffer that
// is full has room for a few samples more whenever it is looked at: so the wait is for many of them.
bool sink_impl::wait_for_room(std::uint64_t items)
{
    d_room = d_antenna->wait_room(items, 0ns, -1);
    if (d_room)
        return true;
    const std::uint64_t many = std::max(items, d_counters.last.buffer_samples / room_part);
    if (!d_interruption.during([&] { d_room = d_antenna->wait_room(many, -1ns, d_wake_fd); }))
        return false;
    std::uint64_t count;
    (void)!read(d_wake_fd, &count, sizeof(count)); // the next call of during() sees why it woke
    return true;
}

// Writes all items, unless the scheduler ends this thread before.
int sink_impl::send(std::uint64_t items, const gr_vector_const_void_star& input_items)
{
    const std::uint64_t first = nitems_read(0);
    std::vector<gr::tag_t> tags;
    get_tags_in_range(tags, 0, first, first + items);
    for (const gr::tag_t& tag : tags)
        d_plan.add(tag.offset, tag.key, tag.value);
    d_done = 0;
    while (d_done < items) {
        look(first + d_done);
        const auto& last = d_counters.last; // only this thread writes it
        const step next = d_plan.next(
            first + d_done, items - d_done, { last.position, last.clock, last.time_ns });
        if (!act(next, first + d_done, input_items))
            return d_done ? static_cast<int>(d_done) : WORK_DONE;
    }
    return static_cast<int>(items);
}

// One step. False if the scheduler ends this thread.
bool sink_impl::act(const step& next,
                    std::uint64_t item,
                    const gr_vector_const_void_star& input_items)
{
    std::uint64_t count = 0;
    switch (next.what) {
    case step::kind::silence:
        d_antenna->silence_until(next.index);
        return true;
    case step::kind::wait_for_time:
        return d_interruption.during([this] {
            pollfd fd = { d_wake_fd, POLLIN, 0 };
            (void)poll(&fd, 1, time_retry_ms);
        });
    case step::kind::drop: {
        count = next.items;
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_counters.dropped += count;
        break;
    }
    case step::kind::write: {
        if (!d_room && !wait_for_room(next.items))
            return false;
        if (!d_room)
            return true; // woken: the next wait sees why
        std::array<const void*, ::zcring::max_channels> from{};
        for (std::size_t c = 0; c < input_items.size(); c++)
            from[c] = static_cast<const char*>(input_items[c]) + d_done * d_item_bytes;
        count = d_antenna->write(from.data(), std::min(next.items, d_room));
        d_room = 0;
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_counters.written += count;
        break;
    }
    }
    d_plan.done(item, count);
    d_done += count;
    if (next.what == step::kind::drop)
        publish("late", item, count);
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_counters.bursts = d_plan.bursts();
    d_counters.late_bursts = d_plan.late_bursts();
    return true;
}

// Counts and publishes what happened at the antenna since the call before.
void sink_impl::look(std::uint64_t item)
{
    const feeder::status_type now = d_antenna->status();
    std::uint64_t underflow = 0, late = 0;
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        late = now.late_samples - d_counters.last.late_samples;
        if (!d_plan.is_between_bursts() && d_counters.written) {
            underflow = now.underflow_samples - d_counters.last.underflow_samples;
            d_counters.underflow_samples += underflow;
            d_counters.underflow_count += now.underflow_count - d_counters.last.underflow_count;
        }
        d_counters.last = now;
    }
    if (underflow)
        publish("underflow", item, underflow);
    if (late)
        publish("late", item, late);
}

void sink_impl::publish(const char* event, std::uint64_t item, std::uint64_t samples)
{
    pmt::pmt_t dict = pmt::make_dict();
    dict = pmt::dict_add(dict, pmt::intern("event"), pmt::intern(event));
    dict = pmt::dict_add(dict, pmt::intern("item"), pmt::from_uint64(item));
    dict = pmt::dict_add(dict, pmt::intern("samples"), pmt::from_uint64(samples));
    message_port_pub(events_port, dict);
}

std::map<std::string, std::uint64_t> sink_impl::telemetry() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return {
        { "written_samples", d_counters.written },
        { "late_samples", d_counters.dropped + d_counters.last.late_samples },
        { "underflow_samples", d_counters.underflow_samples },
        { "underflow_count", d_counters.underflow_count },
        { "bursts", d_counters.bursts },
        { "late_bursts", d_counters.late_bursts },
        { "position", d_counters.last.position },
        { "clock", d_counters.last.clock },
    };
}

std::uint64_t sink_impl::time_now() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_counters.last.time_ns;
}

std::string sink_impl::device() const { return d_antenna->name(); }

} // namespace zcring
} // namespace gr
