/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/buffer.h>
#include <zcring/device.h>

#include <cstdint>
#include <string>

namespace gr {
namespace zcring {

//! Samples of one burst, as the device is tuned. Throws std::system_error if the device is gone.
double burst_items(const ::zcring::device& device);

/*!
 * Why the ring of \p channel is too small for a block downstream that needs a buffer of \p nitems,
 * and what to set; empty where the ring is large enough. A ring is limited twice: by its memory,
 * and by its descriptors, of which each burst takes one.
 */
std::string ring_shortage(const ::zcring::device& device, unsigned channel, std::uint64_t nitems);

//! "; set ring_bytes= to …", for a ring of at least \p nitems; empty if no ring is as large.
std::string ring_bytes_remedy(const ::zcring::device& device, std::uint64_t nitems);

/*!
 * The same as ring_shortage() for the readers that \p buffer, the ring of \p channel, has now, as
 * the device is tuned. After lock() and unlock() there are readers for which the runtime did not
 * ask for a buffer; such a reader would wait for ever.
 */
std::string readers_shortage(const ::zcring::device& device, unsigned channel, gr::buffer& buffer);

} // namespace zcring
} // namespace gr
