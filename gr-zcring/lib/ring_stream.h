/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "owner_process.h"

#include <zcring/reader.h>

#include <array>
#include <cstdint>
#include <mutex>

namespace gr {
namespace zcring {

/*!
 * \brief A device and its reader, shared by a source and the buffers that are its rings.
 *
 * Each port reports the index up to which the slowest of its readers has read, or up to which its
 * samples have been copied. Samples that all ports have passed are released to the DMA engine at
 * once, in the thread of the block that was last. The source may be asleep then, and wait for
 * samples for which only this release makes room.
 *
 * Threading: `in` belongs to the source's thread, except release(), which is called only here.
 */
class ring_stream final
{
public:
    explicit ring_stream(const ::zcring::arguments& args) : dev(args), in(dev) {}

    //! Starts a new stream for \p ports, whose readers begin up to the preroll before its
    //! first sample. Throws what device::start() throws.
    void start(unsigned ports, const ::zcring::device::start_options& options);

    //! \p port does not need the samples before \p index any more.
    void passed(unsigned port, std::uint64_t index);

    //! Whether this is the process that made the stream. In a child, only what is constant of the
    //! device may be used: name, format, channels and sizes.
    bool is_here() const { return d_process.is_here(); }

    //! The device, for calls that may wait for a mutex. Throws std::system_error in a child.
    ::zcring::device& checked_device()
    {
        d_process.check(dev.name());
        return dev;
    }

    ::zcring::device dev;
    ::zcring::reader in;

private:
    const owner_process d_process;
    std::mutex d_mutex; // guards all below
    unsigned d_ports = 0;
    std::uint64_t d_tail = 0;
    std::array<std::uint64_t, ::zcring::max_channels> d_passed{};
};

} // namespace zcring
} // namespace gr
