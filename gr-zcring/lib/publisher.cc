/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The publisher sends events and telemetry to the blocks that subscribe to a source's message
// ports, and writes the overflow line of the log.
//
// Nothing here may throw in the thread of work(): the runtime waits for ever for a thread that ends
// by an exception. A subscriber can be destroyed at any moment, even while a message is published.
#include "publisher.h"

#include "events.h"

#include <gnuradio/block_registry.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace gr {
namespace zcring {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::map<std::string, std::uint64_t> counter_map(const ::zcring::telemetry& t)
{
    const auto counters = ::zcring::named_counters(t);
    return { counters.begin(), counters.end() };
}

publisher::publisher(gr::block& owner,
                     const ring_stream& stream,
                     gr::logger_ptr logger,
                     gr::logger_ptr debug_logger)
    : d_owner(owner),
      d_stream(stream),
      d_logger(std::move(logger)),
      d_debug_logger(std::move(debug_logger)),
      d_bands(d_stream.dev, d_logger)
{
    d_owner.message_port_register_out(ports::events);
    d_owner.message_port_register_out(ports::telemetry);
}

void publisher::start()
{
    d_last_telemetry = {};
    d_losses = {};
    d_overload = {};
}

void publisher::publish_event(const pmt::pmt_t& event) { publish(ports::events, event); }

void publisher::publish_burst(const ::zcring::burst& burst)
{
    if (burst.lost) {
        publish_event(overflow_event(burst));
        log_loss(burst.lost);
    }
    publish_overload(burst);
    if (burst.tuned_channels)
        for (const pmt::pmt_t& event : retune_events(burst, d_stream.dev.channels()))
            publish_event(event);
    if (burst.rate_changed)
        publish_event(rate_event(burst));
    d_bands.check(burst);
}

std::chrono::nanoseconds publisher::publish_telemetry(std::chrono::nanoseconds longest)
{
    const auto interval = d_interval.load();
    if (interval == 0ns)
        return longest;
    const auto now = steady::now();
    if (now >= d_last_telemetry + interval) {
        d_last_telemetry = now;
        try {
            publish(ports::telemetry, counters(counter_map(d_stream.dev.telemetry())));
        } catch (const std::system_error& e) { // the device is gone
            d_debug_logger->debug("no telemetry: {:s}", e.what());
        }
    }
    return std::clamp<std::chrono::nanoseconds>(d_last_telemetry + interval - now, 0ns, longest);
}

void publisher::remove_dead_subscribers()
{
    for (const pmt::pmt_t& port : { ports::events, ports::telemetry }) {
        const pmt::pmt_t all = d_owner.message_subscribers(port);
        for (std::size_t n = 0; n < pmt::length(all); n++) {
            const pmt::pmt_t one = pmt::nth(n, all);
            try {
                global_block_registry.block_lookup(pmt::car(one));
            } catch (const std::exception&) { // destroyed, or being destroyed now
                d_owner.message_port_unsub(port, one);
            }
        }
    }
}

void publisher::publish(const pmt::pmt_t& port, const pmt::pmt_t& message)
{
    remove_dead_subscribers();
    try {
        d_owner.message_port_pub(port, message);
    } catch (const std::exception& e) { // a subscriber was destroyed just now
        d_debug_logger->debug("no message: {:s}", e.what());
    }
}

// At most once a second, with the sum since the event before. A signal that is too strong clips in
// every burst.
void publisher::publish_overload(const ::zcring::burst& burst)
{
    d_overload.samples += burst.clipped_samples;
    if (!d_overload.samples)
        return;
    const auto now = steady::now();
    if (now < d_overload.next_event)
        return;
    d_overload.next_event = now + 1s;
    publish_event(overload_event(burst, d_overload.samples));
    d_logger->warn("{:s}: overload: {:d} samples clipped; reduce the gain",
                   d_stream.dev.name(),
                   d_overload.samples);
    d_overload.samples = 0;
}

// Logs at most once a second, with the sums since the stream started.
void publisher::log_loss(std::uint64_t lost)
{
    d_losses.samples += lost;
    d_losses.gaps++;
    const auto now = steady::now();
    if (now < d_losses.next_line)
        return;
    d_losses.next_line = now + 1s;
    d_logger->warn(
        "{:s}: overflow: {:d} samples lost so far, in {:d} gaps; if the flowgraph is too "
        "slow: read faster, or set a larger ring_bytes=",
        d_stream.dev.name(),
        d_losses.samples,
        d_losses.gaps);
}

} // namespace zcring
} // namespace gr
