/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ring_stream.h"

#include <gnuradio/buffer.h>
#include <gnuradio/buffer_type.h>

#include <memory>

namespace gr {
namespace zcring {

/*!
 * \brief A flowgraph's buffer that is one channel's DMA ring.
 *
 * The ring is mapped twice in a row, like the runtime's own double-mapped buffers, so that indices
 * and pointers work in the same way. The difference: no block writes into it. The source's work()
 * returns the number of samples that the DMA engine has added, and the blocks downstream read DMA
 * memory.
 *
 * An item's index in the ring, modulo the size, is its index in the buffer: the source starts each
 * stream at index 0, where the runtime's buffer begins too.
 *
 * Ownership: shares the stream, which has the mapping, as readers may outlive the source.
 * Threading: as gr::buffer; the callers of the protected functions hold its mutex.
 */
class ring_buffer final : public gr::buffer
{
public:
    //! For the io_signature of a source whose outputs may be rings. Its make_buffer() asks
    //! that source (output_buffers::make_buffer).
    static gr::buffer_type type();

    ring_buffer(std::shared_ptr<ring_stream> stream,
                unsigned channel,
                uint64_t downstream_lcm_nitems,
                uint32_t downstream_max_out_mult,
                gr::block_sptr link);

    //! Items that the slowest reader has not passed. Locks the mutex.
    std::uint64_t unread_items();

    // Pure virtual in the base class after 3.10.12, and not known to it before: no `override`.
    gr::buffer_type get_buffer_type() const { return type(); }

    int space_available() override;
    void post_work(int) override {}

protected:
    unsigned index_add(unsigned a, unsigned b) override;
    unsigned index_sub(unsigned a, unsigned b) override;

private:
    int max_items_available() const;
    void reader_moves(unsigned from, unsigned to);

    const std::shared_ptr<ring_stream> d_stream;
    const unsigned d_channel;
};

} // namespace zcring
} // namespace gr
