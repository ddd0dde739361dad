/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The DMA ring as a buffer of GNU Radio's runtime. The runtime asks a buffer for its free space and
// moves its indices; here the free space follows from the readers, and each move of a reader
// releases samples to the DMA engine.
#include "ring_buffer.h"
#include "source_impl.h"

#include <gnuradio/buffer_reader.h>

#include <algorithm>

namespace gr {
namespace zcring {

namespace {

// The runtime prints this name where it refuses to connect two kinds of buffer, so the name
// contains the remedy.
class ring_buffer_type final : public gr::buffer_type_base
{
public:
    ring_buffer_type()
        : gr::buffer_type_base("zcring DMA ring; set zero_copy to off on the ZCRing Source, "
                               "to join it to a block with a buffer of its own")
    {
    }

    gr::buffer_sptr make_buffer(int nitems,
                                size_t sizeof_item,
                                uint64_t downstream_lcm_nitems,
                                uint32_t downstream_max_out_mult,
                                gr::block_sptr link,
                                gr::block_sptr buf_owner) const override
    {
        auto& owner = dynamic_cast<source_impl&>(*buf_owner);
        return owner.buffers().make_buffer(
            nitems, sizeof_item, downstream_lcm_nitems, downstream_max_out_mult, link);
    }
};

} // namespace

gr::buffer_type ring_buffer::type()
{
    static const ring_buffer_type the_type;
    return the_type;
}

ring_buffer::ring_buffer(std::shared_ptr<ring_stream> stream,
                         unsigned channel,
                         uint64_t downstream_lcm_nitems,
                         uint32_t downstream_max_out_mult,
                         gr::block_sptr link)
    : gr::buffer(gr::buffer_mapping_type::double_mapped,
                 static_cast<int>(stream->dev.ring_samples()),
                 ::zcring::sample_bytes(stream->dev.format()),
                 downstream_lcm_nitems,
                 downstream_max_out_mult,
                 link),
      d_stream(std::move(stream)),
      d_channel(channel)
{
    // The runtime knows no read-only buffer, hence the cast; the pages are read-only.
    d_base = static_cast<char*>(const_cast<void*>(d_stream->dev.ring(channel)));
    d_bufsize = static_cast<unsigned>(d_stream->dev.ring_samples());
}

int ring_buffer::max_items_available() const
{
    int most = 0;
    for (const gr::buffer_reader* reader : d_readers)
        most = std::max(most, reader->items_available());
    return most;
}

std::uint64_t ring_buffer::unread_items()
{
    const gr::thread::scoped_lock guard(d_mutex);
    return static_cast<std::uint64_t>(max_items_available());
}

// Called by the scheduler, which holds the mutex.
int ring_buffer::space_available()
{
    uint64_t read_by_all = d_abs_write_offset;
    for (gr::buffer_reader* reader : d_readers)
        read_by_all = std::min(read_by_all, reader->nitems_read());
    if (read_by_all != d_last_min_items_read) {
        prune_tags(d_last_min_items_read);
        d_last_min_items_read = read_by_all;
    }
    // One item stays free: equal indices mean that there is nothing to read.
    return static_cast<int>(d_bufsize) - max_items_available() - 1;
}

// The runtime has no hook for a reader that advances. But it computes the new index here, with the
// mutex held, and then stores it. The size is a power of two.
unsigned ring_buffer::index_add(unsigned a, unsigned b)
{
    const unsigned sum = (a + b) & (d_bufsize - 1);
    if (a != d_write_index) // a reader at the write index has nothing to read, and stays
        reader_moves(a, sum);
    return sum;
}

unsigned ring_buffer::index_sub(unsigned a, unsigned b) { return (a - b) & (d_bufsize - 1); }

void ring_buffer::reader_moves(unsigned from, unsigned to)
{
    bool moved = false;
    unsigned most = 0;
    for (const gr::buffer_reader* reader : d_readers) {
        unsigned at = reader->get_read_index();
        if (at == from && !moved) { // any one of several at this index
            at = to;
            moved = true;
        }
        most = std::max(most, index_sub(d_write_index, at));
    }
    d_stream->passed(d_channel, d_abs_write_offset - most);
}

} // namespace zcring
} // namespace gr
