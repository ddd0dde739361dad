// SPDX-License-Identifier: GPL-3.0-or-later
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <gnuradio/zcring/source.h>
#include <zcring/arguments.h>

#include <string>
#include <vector>

namespace py = pybind11;
using gr::zcring::source;

namespace {

constexpr const char* class_doc =
    R"doc(Samples from a zcring: a DMA ring of the kernel driver, or of the emulator.

One output for each channel, aligned sample by sample. stop() and start() of a
flowgraph begin a new stream, and so do lock() and unlock().

Stream tags, exactly at the first item from which on they hold:
  rx_time  tuple of full seconds since 1970 (uint64) and fraction (double)
  rx_rate  samples a second (double)
  rx_freq  tuned frequency in Hz (double)
  rx_lost  samples lost just before this item (uint64); only after a gap

Message ports:
  command     (in) a dict, or a pair of one key and its value, as gr-uhd's: freq,
              gain, rate, bandwidth; chan (from 0, or -1 for all); time, a pair of
              full seconds (uint64) and fraction (double): it takes effect at the
              first sample that is not before it; tag: tags, though nothing changes
  async_msgs  (out) dicts of event, item and what belongs to it: overflow (time,
              lost), retune (time, chan, freq, gain, bandwidth), rate (time, rate),
              device_lost and device_back (device)
  telemetry   (out) telemetry() as a dict, see set_telemetry_interval()
)doc";

constexpr const char* make_doc_begin = R"doc(Opens the device.

Args:
    args: which device to open, and its settings, as items with commas between them:
)doc";

constexpr const char* make_doc_end =
    R"doc(    type: of the items: "fc32" (complex64, full scale 1.0), "sc16" (two int16,
        full scale 32768) or "sc8" (two int8, full scale 128)
    nchan: channels, 1 to 8
    samp_rate: samples a second, 0.001 to 1e10; with a recorded scene, the
        recording's
    center_freq: tuned frequency of every channel in Hz, -1e12 to 1e12
    gain: of every channel in dB, -60 to 60
    zero_copy: whether the output buffers shall be the ring itself: "auto" (where
        the ring has the items' format and room enough for the blocks behind),
        "on" (an error where it cannot be) or "off" (each sample is copied once)
    on_device_lost: when the device goes away, and all that it left in the ring is
        read: "stop" ends the flowgraph, "wait" goes on once it is back; its
        rx_lost is what the clock says. "wait" copies each sample once

Raises:
    ValueError: a parameter is out of range, or contradicts args; says what is
        allowed
    OSError: the device cannot be opened; names the remedy
)doc";

// The argument string as the library has it, less what the block has parameters for.
std::string make_doc()
{
    std::vector<::zcring::argument_info> rows;
    for (::zcring::argument_info row : ::zcring::argument_table()) {
        if (row.key == "channels" || row.key == "rate" || row.key == "freq" || row.key == "gain")
            continue;
        if (row.key == "format")
            row.default_value = "the type of the items";
        rows.push_back(row);
    }
    return make_doc_begin + ::zcring::argument_text(rows, 8, 84) + make_doc_end;
}

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
             py::arg("on_device_lost") = "stop",
             make_doc().c_str())
        // GNU Radio binds this one past post(), which wakes a waiting source.
        .def(
            "_post",
            [](source& self, const pmt::pmt_t& port, const pmt::pmt_t& message) {
                self.post(port, message);
            },
            py::arg("which_port"),
            py::arg("msg"),
            py::call_guard<py::gil_scoped_release>(),
            "Sends the block a message, as a block connected to that port would.")
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
        .def("set_bandwidth",
             &source::set_bandwidth,
             py::arg("bandwidth"),
             py::call_guard<py::gil_scoped_release>(),
             "Sets the bandwidth of all channels, from the next sample on: Hz, 0 to 1e12; 0:\n"
             "not limited. It is told in events, and not simulated. ValueError if out of\n"
             "range; nothing has changed then.")
        .def("set_time_now",
             &source::set_time_now,
             py::arg("time_ns"),
             py::call_guard<py::gil_scoped_release>(),
             "Sets the device's time, from the next sample on: ns since 1970, UTC. Until\n"
             "then it is the computer's.")
        .def("set_start_time",
             &source::set_start_time,
             py::arg("time_ns"),
             py::call_guard<py::gil_scoped_release>(),
             "Has the next start of the flowgraph, and no other, wait: its first sample is\n"
             "not before this time of the device, in ns since 1970; 0: it does not wait.\n"
             "ValueError if that is more than a day ahead.")
        .def("set_telemetry_interval",
             &source::set_telemetry_interval,
             py::arg("seconds"),
             py::call_guard<py::gil_scoped_release>(),
             "Sends telemetry() at the port telemetry so often while the flowgraph runs:\n"
             "seconds, 0.001 to 86400; 0: never. ValueError if out of range.")
        .def("bandwidth",
             &source::bandwidth,
             py::call_guard<py::gil_scoped_release>(),
             "Hz; 0: not limited.")
        .def("time_now",
             &source::time_now,
             py::call_guard<py::gil_scoped_release>(),
             "The device's time: ns since 1970, UTC.")
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
             "overflow_count (gaps); sample_clock, produced_samples, consumed_samples,\n"
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
             "Whether the output buffers are the ring itself.")
        .def("inject_stall",
             &source::inject_stall,
             py::arg("seconds"),
             py::call_guard<py::gil_scoped_release>(),
             "Fault on demand: no burst comes for so long, and then all at once; what the\n"
             "ring has no room for is lost. Nothing stalls with pace=free. On a kernel\n"
             "device this and the next four go through debugfs: OSError names the remedy. So\n"
             "it does while no stream runs.")
        .def("inject_drop",
             &source::inject_drop,
             py::arg("samples"),
             py::call_guard<py::gil_scoped_release>(),
             "Fault on demand: the next so many samples of each channel are lost.")
        .def("inject_clock_jump",
             &source::inject_clock_jump,
             py::arg("seconds"),
             py::call_guard<py::gil_scoped_release>(),
             "Fault on demand: the device's time jumps at the next sample; back, if seconds\n"
             "are negative.")
        .def("inject_unplug",
             &source::inject_unplug,
             py::call_guard<py::gil_scoped_release>(),
             "Fault on demand: the device is gone.")
        .def("inject_plug",
             &source::inject_plug,
             py::call_guard<py::gil_scoped_release>(),
             "The device is back, for on_device_lost=\"wait\" or the next start.")
        .def("inject_slow_consumer",
             &source::inject_slow_consumer,
             py::arg("seconds"),
             py::call_guard<py::gil_scoped_release>(),
             "Fault on demand: this block takes no samples for so long.");
}
