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
 * The ring is mapped twice in a row, as the runtime's own double-mapped buffers are, so
 * that indices and pointers work alike: what is different is that nobody writes. The
 * source's work() returns how many samples the DMA engine has put behind the last, and
 * downstream blocks read DMA memory.
 *
 * The ring's index of an item, modulo its size, is the buffer's: the source starts each
 * stream at index 0, where the runtime has the buffer begin.
 *
 * Ownership: shares the stream, whose mapping it is, as readers may outlive the source.
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

    //! Items that the slowest reader has not passed. Takes the mutex.
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
