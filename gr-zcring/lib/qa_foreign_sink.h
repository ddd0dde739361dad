/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/buffer_double_mapped.h>
#include <gnuradio/io_signature.h>
#include <gnuradio/sync_block.h>

// A buffer type such as a GPU's block has, though its memory is ordinary.
class foreign_type final : public gr::buffer_type_base
{
public:
    foreign_type() : gr::buffer_type_base("foreign") {}
    gr::buffer_sptr make_buffer(int nitems,
                                std::size_t sizeof_item,
                                std::uint64_t downstream_lcm_nitems,
                                std::uint32_t downstream_max_out_mult,
                                gr::block_sptr link,
                                gr::block_sptr) const override
    {
        return gr::buffer_double_mapped::make_buffer(
            nitems, sizeof_item, downstream_lcm_nitems, downstream_max_out_mult, link);
    }
    static gr::buffer_type type()
    {
        static const foreign_type the_type;
        return the_type;
    }
};

class foreign_sink final : public gr::sync_block
{
public:
    foreign_sink()
        : gr::sync_block("foreign_sink",
                         gr::io_signature::make(1, 1, sizeof(gr_complex), foreign_type::type()),
                         gr::io_signature::make(0, 0, 0))
    {
    }
    int work(int items, gr_vector_const_void_star&, gr_vector_void_star&) override { return items; }
};
