// SPDX-License-Identifier: GPL-3.0-or-later
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <gnuradio/zcring/source.h>

namespace py = pybind11;
using gr::zcring::source;

namespace {

constexpr const char* class_doc = R"doc(Samples from a zcring: a DMA ring of the kernel driver, or of the emulator.

One output for each channel, aligned sample by sample. stop() and start() of a
flowgraph begin a new stream, and so do lock() and unlock().

Stream tags, exactly at the first item from which on they hold:
  rx_time  tuple of full seconds since 1970 (uint64) and fraction (double)
  rx_rate  samples a second (double)
  rx_freq  tuned frequency in Hz (double)
  rx_lost  samples lost just before this item (uint64); only after a gap
)doc";

constexpr const char* make_doc = R"doc(Opens the device.

Args:
    args: where the samples come from, comma-separated key=value:
        device=/dev/zcring0 or emulator (with neither, the first /dev/zcring*
        that may be opened, else the emulator), format=sc8|sc16|fc32 (of the
        ring; else the type of the items), ring_bytes= (of one channel; a power
        of two, 4096 to 2**30), interval_us= (between bursts, 100 to 60000000),
        scene=tone|noise|counter|FILE.sigmf-meta, dma=copy|resident,
        pace=real|free (free: as fast as it is read; emulator only), seed=
    type: of the items: "fc32" (complex64, full scale 1.0), "sc16" (two int16,
        full scale 32768) or "sc8" (two int8, full scale 128)
    nchan: channels, 1 to 8
    samp_rate: samples a second, 0.001 to 1e10; a recorded scene has its own
    center_freq: tuned frequency of every channel in Hz, -1e12 to 1e12
    gain: of every channel in dB, -60 to 60
    zero_copy: whether the output buffers shall be the ring itself: "auto" (where
        the ring has the items' format and room enough for the blocks behind),
        "on" (an error where it cannot be) or "off" (each sample is copied once)

Raises:
    ValueError: a parameter is out of range, or contradicts args; says what is
        allowed
    OSError: the device cannot be opened; names the remedy
)doc";

} // namespace

void bind_source(py::module& m);

void bind_source(py::module& m)
{
    py::class_<source, gr::sync_block, gr::block, gr::basic_block, std::shared_ptr<source>>(
        m, "source", class_doc)
        .def(py::init(&source::make),
             py::arg("args") = "",
             py::arg("type") = "fc32",
             py::arg("nchan") = 1,
             py::arg("samp_rate") = 1e6,
             py::arg("center_freq") = 100e6,
             py::arg("gain") = 0.0,
             py::arg("zero_copy") = "auto",
             make_doc)
        .def("set_samp_rate",
             &source::set_samp_rate,
             py::arg("rate"),
             py::call_guard<py::gil_scoped_release>(),
             "Sets the sample rate of all channels, from the next sample on: samples a\n"
             "second, 0.001 to 1e10. ValueError if out of range; OSError if a recorded\n"
             "scene, which has its own rate, is on the air. Nothing has changed then.")
        .def("set_center_freq",
             &source::set_center_freq,
             py::arg("freq"),
             py::arg("chan") = source::all_channels,
             py::call_guard<py::gil_scoped_release>(),
             "Tunes, from the next sample on: Hz, -1e12 to 1e12; one channel from 0, or\n"
             "all (-1). ValueError if out of range; nothing has changed then.")
        .def("set_gain",
             &source::set_gain,
             py::arg("gain"),
             py::arg("chan") = source::all_channels,
             py::call_guard<py::gil_scoped_release>(),
             "Sets the gain, from the next sample on: dB, -60 to 60; one channel from 0,\n"
             "or all (-1). ValueError if out of range; nothing has changed then.")
        .def("samp_rate",
             &source::samp_rate,
             py::call_guard<py::gil_scoped_release>(),
             "Samples a second.")
        .def("center_freq",
             &source::center_freq,
             py::arg("chan") = 0,
             py::call_guard<py::gil_scoped_release>(),
             "Tuned frequency of a channel in Hz. ValueError if there is no such channel.")
        .def("gain",
             &source::gain,
             py::arg("chan") = 0,
             py::call_guard<py::gil_scoped_release>(),
             "Gain of a channel in dB. ValueError if there is no such channel.")
        .def("telemetry",
             &source::telemetry,
             py::call_guard<py::gil_scoped_release>(),
             "Counters of the stream, zero when it starts, as a dict of int:\n"
             "produced_bytes, consumed_bytes, overflow_bytes (over all channels);\n"
             "overflow_events (gaps); sample_clock, produced_samples, consumed_samples,\n"
             "lost_samples (of each channel); bursts. At every moment, to the sample:\n"
             "sample_clock == produced_samples + lost_samples.")
        .def("latency_histogram",
             &source::latency_histogram,
             "How long it took from a burst's interrupt until work() returned with it: a\n"
             "dict of how many bursts each bucket has, by the bucket's lower edge in ns; 16\n"
             "buckets an octave. Of the stream since it started; empty with pace=free.")
        .def("device", &source::device, "What was opened: \"/dev/zcring0\", or \"emulator\".")
        .def("is_zero_copy",
             &source::is_zero_copy,
             "Whether the output buffers are the ring itself.");
}
