// SPDX-License-Identifier: GPL-3.0-or-later
//
// A flowgraph in C++: 100,000 samples through the GNU Radio block, of the emulator or of the device
// in the first argument. The exit status is 1 if a sample was lost, or if there is no such device.
//
//     c++ -std=c++17 flowgraph.cc $(pkg-config --cflags --libs gnuradio-zcring gnuradio-blocks) -o
//     flowgraph
#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/top_block.h>
#include <gnuradio/zcring/source.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv)
{
    const char* arguments = argc > 1 ? argv[1] : "emulator,scene=tone,pace=free";

    try {
        auto flowgraph = gr::make_top_block("flowgraph");
        auto source = gr::zcring::source::make(arguments);
        auto head = gr::blocks::head::make(sizeof(gr_complex), 100000);
        auto sink = gr::blocks::vector_sink_c::make();

        flowgraph->connect(source, 0, head, 0);
        flowgraph->connect(head, 0, sink, 0);
        flowgraph->run();
        std::printf("%zu samples\n", sink->data().size());
        return source->telemetry().at("lost_samples") ? 1 : 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "flowgraph: %s\n", error.what());
        return 1;
    }
}
