// SPDX-License-Identifier: GPL-3.0-or-later
//
// A flowgraph in C++: 100,000 samples of the emulator through the GNU Radio block.
//
//     c++ -std=c++17 flowgraph.cc $(pkg-config --cflags --libs gnuradio-zcring gnuradio-blocks) -o
//     flowgraph
#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/top_block.h>
#include <gnuradio/zcring/source.h>

#include <cstdio>
#include <exception>

int main()
{
    try {
        auto flowgraph = gr::make_top_block("flowgraph");
        auto source = gr::zcring::source::make("emulator,scene=tone,pace=free");
        auto head = gr::blocks::head::make(sizeof(gr_complex), 100000);
        auto sink = gr::blocks::vector_sink_c::make();

        flowgraph->connect(source, 0, head, 0);
        flowgraph->connect(head, 0, sink, 0);
        flowgraph->run();
        std::printf("%zu samples\n", sink->data().size());
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "flowgraph: %s\n", error.what());
        return 1;
    }
}
