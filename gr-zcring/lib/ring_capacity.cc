/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a device's ring is large enough to be a flowgraph's buffer, and what to set if not.
//
// A ring holds ring_samples() samples and ring_bursts() descriptors, whichever is full first: at a
// low rate with short bursts the descriptors run out long before the memory.
#include "ring_capacity.h"

#include <gnuradio/block.h>
#include <gnuradio/buffer_reader.h>
#include <zcring/limits.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <system_error>

namespace gr {
namespace zcring {

namespace {

std::size_t power_of_two_from(std::uint64_t n)
{
    std::size_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

// Samples for which the ring has descriptors, if it is full of bursts of that length.
std::uint64_t described_items(const ::zcring::device& device, double burst)
{
    const double items = static_cast<double>(device.ring_bursts()) * std::max(burst, 1.0);
    return std::min(device.ring_samples(), static_cast<std::uint64_t>(std::llround(items)));
}

// Samples for which a reader may wait: what its block needs at once, which is half of what the
// runtime makes a buffer for; and the last burst before them, which stays in the ring as long as
// one of its samples does.
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

double burst_items(const ::zcring::device& device)
{
    return device.tuning().rate * device.interval();
}

std::string ring_bytes_remedy(const ::zcring::device& device, std::uint64_t nitems)
{
    const std::size_t bytes = ::zcring::sample_bytes(device.format()) * power_of_two_from(nitems);
    if (bytes > ::zcring::limits::ring_bytes_max)
        return {};
    return "; set ring_bytes= to " + std::to_string(bytes) + " or more";
}

std::string ring_shortage(const ::zcring::device& device, unsigned channel, std::uint64_t nitems)
{
    std::ostringstream text;
    text << "a block behind output " << channel << " needs a buffer of " << nitems << " items, ";
    if (device.ring_samples() < nitems) {
        text << "and the ring has " << device.ring_samples() << ring_bytes_remedy(device, nitems);
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
        return {}; // the device is gone; its tuning after its return is not known
    }
}

std::string readers_shortage(const ::zcring::device& device, unsigned channel, gr::buffer& buffer)
{
    double burst = 0;
    try {
        burst = burst_items(device);
    } catch (const std::system_error&) {
        // The device is gone; ring_shortage() then checks the memory alone.
    }
    // With bursts longer than this, the memory runs out before the descriptors.
    burst = std::min(burst, static_cast<double>(device.ring_samples() / device.ring_bursts()));
    return ring_shortage(device, channel, items_needed(buffer, burst));
}

} // namespace zcring
} // namespace gr
