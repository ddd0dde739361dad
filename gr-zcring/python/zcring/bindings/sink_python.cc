// SPDX-License-Identifier: GPL-3.0-or-later
// The sink as Python sees it.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <gnuradio/zcring/sink.h>

namespace py = pybind11;
using gr::zcring::sink;

void bind_sink(py::module& m);

namespace {

constexpr const char* class_doc =
    R"doc(Puts the samples of a flowgraph on the air, at an antenna that receivers hear.

The sink has one input for each channel. The antenna belongs to a kernel device, or to
"zcring serve". The antenna's clock sets the pace; no Throttle is needed. start() of a
flowgraph begins a feed, stop() ends it.

Stream tags of input 0:
  tx_time  tuple of full seconds since 1970 (uint64) and fraction (double): the time of
           this item; the items behind it follow. What has passed is dropped, as late
  tx_sob   True: a burst begins; without tx_time it follows at once
  tx_eob   True: a burst ends; the silence behind it is not counted as underflow
  and the length tag, if one is named: the number of items of a burst

Message port:
  async_msgs  (out) dicts of event, item and samples: underflow (silence because the
              flowgraph was late), late (dropped)
)doc";

constexpr const char* make_doc =
    R"doc(Opens the antenna.

Args:
    antenna: "/dev/zcring-antenna0", or "/dev/zcring0" for the antenna of that device; the
        name of a server (zcring serve NAME); or the path of its socket
    type: of the items: "fc32" (complex64, full scale 1.0), "sc16" (two int16, full scale
        32768) or "sc8" (two int8, full scale 128)
    nchan: number of channels, 1 to 8
    samp_rate: samples a second, 0.001 to 1e10
    center_freq: frequency at the centre of the samples in Hz, -1e12 to 1e12
    length_tag: key of the tag that has the length of a burst; "": none
    buffer_samples: samples of each channel that are written ahead, at least; 0: a second,
        but at most 64 MiB of all channels
    turnaround: for a flowgraph that answers what it receives, at an antenna of free pace:
        seconds from receiving to sending, at least, 0 to 60. While the sink has nothing to
        send, before the first item and between bursts, so much silence is announced ahead
        of the antenna's clock, which waits for the sink otherwise; a tx_time within it is
        late. 0: silence is announced up to a tx_time only

Raises:
    ValueError: a parameter is out of range
    OSError: the antenna cannot be opened; the text names the remedy
)doc";

} // namespace

void bind_sink(py::module& m)
{
    using without_gil = py::call_guard<py::gil_scoped_release>;
    py::class_<sink, gr::sync_block, gr::block, gr::basic_block, std::shared_ptr<sink>>(
        m, "sink", class_doc)
        .def(py::init(&sink::make),
             py::arg("antenna"),
             py::arg("type") = "fc32",
             py::arg("nchan") = 1,
             py::arg("samp_rate") = 1e6,
             py::arg("center_freq") = 100e6,
             py::arg("length_tag") = "",
             py::arg("buffer_samples") = 0,
             py::arg("turnaround") = 0.0,
             make_doc)
        .def("telemetry",
             &sink::telemetry,
             without_gil(),
             "Counters of the feed as a dict, zero when it starts: written_samples,\n"
             "late_samples (dropped), underflow_samples and underflow_count (silence because\n"
             "the flowgraph was late), bursts, late_bursts, position and clock (indices of the\n"
             "next sample to be written, and to be taken by the antenna).")
        .def("time_now",
             &sink::time_now,
             without_gil(),
             "The antenna's time: ns since 1970, UTC; 0 while its clock does not run.")
        .def("device", &sink::device, without_gil(), "Name of the opened antenna.");
}
