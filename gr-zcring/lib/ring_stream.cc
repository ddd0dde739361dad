/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Releases the samples that all outputs of a source have passed. Indices wrap, so that only their
// distance from the tail is compared.
#include "ring_stream.h"

#include <algorithm>

namespace gr {
namespace zcring {

void ring_stream::start(unsigned ports, const ::zcring::device::start_options& options)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    dev.start(options);
    in.acquire(0); // the reader follows the new stream before a block releases samples
    d_ports = ports;
    d_tail = options.first_index - options.preroll_samples; // indices wrap
    d_passed.fill(d_tail);
}

void ring_stream::passed(unsigned port, std::uint64_t index)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_passed[port] = index;
    std::uint64_t done = index - d_tail;
    for (unsigned p = 0; p < d_ports; p++)
        done = std::min(done, d_passed[p] - d_tail);
    in.release(done);
    d_tail += done;
}

} // namespace zcring
} // namespace gr
