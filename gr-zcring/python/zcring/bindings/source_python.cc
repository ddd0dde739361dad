// SPDX-License-Identifier: GPL-3.0-or-later
// The source as Python sees it. Docstrings say units, ranges and errors; calls that may wait for a
// mutex release the interpreter's lock.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <gnuradio/zcring/source.h>
#include <zcring/arguments.h>

#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace py = pybind11;
using gr::zcring::range;
using gr::zcring::source;
using source_class =
    py::class_<source, gr::sync_block, gr::block, gr::basic_block, std::shared_ptr<source>>;

namespace {

/*
 * Releases the interpreter's lock during a call. When Python ends, it ends a thread that wants the
 * lock again, such as that of a function probe, by unwinding: out of a destructor that may not
 * throw, as that of py::gil_scoped_release, this aborts the process.
 */
class no_gil
{
public:
    no_gil() : d_state(PyEval_SaveThread()) {}
    ~no_gil() noexcept(false) { PyEval_RestoreThread(d_state); }
    no_gil(const no_gil&) = delete;
    no_gil& operator=(const no_gil&) = delete;

private:
    PyThreadState* d_state;
};

using without_gil = py::call_guard<no_gil>;

constexpr const char* class_doc =
    R"doc(Samples from a zcring: a DMA ring of the kernel driver, or of the emulator.

The source has one output for each channel; all are aligned, sample by sample. stop()
and start() of a flowgraph begin a new stream, and so do lock() and unlock().

Stream tags, on the first item, and again exactly on the first item for which a new
value holds:
  rx_time  tuple of full seconds since 1970 (uint64) and fraction (double)
  rx_rate  samples a second (double)
  rx_freq  tuned frequency in Hz (double)
  rx_lost  samples lost just before this item (uint64); only after a gap

Message ports:
  command     (in) a dict, or a pair of one key and its value, with gr-uhd's keys:
              freq (Hz), tune (a pair, of which the first is as freq), gain (dB),
              rate (samples a second), bandwidth (Hz); chan (from 0, or -1 for all);
              noise (dB of full scale, or "none"), which gr-uhd does not have; time, a pair of full seconds (uint64) and fraction (double): the values
              take effect at the first sample that is not before this time; tag:
              tags, though nothing changes. Keys for hardware (antenna, lo_offset, ...)
              are ignored with one warning. A message with a mistake changes nothing;
              each different reason is logged once
  async_msgs  (out) dicts of event, item and its values: overflow (time, lost), overload
              (time, clipped; at most once a second), retune (time, chan, freq, gain,
              bandwidth), rate (time, rate), device_lost and device_back (device)
  telemetry   (out) telemetry() as a dict, see set_telemetry_interval()

The log warns of lost and of clipped samples, and once for each tuning of a channel that
receives nothing of the scene, with the band of the scene.

In the child of a fork(), setters and getters raise OSError, and a flowgraph ends with
no samples: make the source after fork().

Where samples are copied, GNU Radio's performance counters do not count the items of a
call of work() that produces several pieces: pc_nproduced() is negative then. telemetry()
and nitems_written() count every item.
)doc";

constexpr const char* make_doc_begin = R"doc(Opens the device.

Args:
    args: which device to open, and its settings, as items with commas between them:
)doc";

constexpr const char* make_doc_end =
    R"doc(    type: of the items: "fc32" (complex64, full scale 1.0), "sc16" (two int16,
        full scale 32768) or "sc8" (two int8, full scale 128)
    nchan: number of channels, 1 to 8
    samp_rate: samples a second, 0.001 to 1e10; a recording is resampled to it when
        it is opened
    center_freq: tuned frequency of every channel in Hz, -1e12 to 1e12
    gain: of every channel in dB, -60 to 60
    zero_copy: whether the output buffers are the ring itself: "auto" (where the
        ring has the items' format, and room enough for the source's
        output_multiple and for the blocks downstream), "on" (an error where that
        is not possible) or "off" (each sample is copied once)
    on_device_lost: what happens when the device goes away, once all samples that
        it left in the ring are read: "stop" ends the flowgraph, "wait" continues
        once the device is back; rx_lost then follows from the device's clock.
        "wait" copies each sample once
    out_of_range: what happens with a rate, frequency, gain, bandwidth or noise that
        cannot be set, here and in the setters: "error" raises; "clip" sets the
        nearest allowed value, or leaves a setting that the device refuses as it
        is, and logs one warning for each different cause

Raises:
    ValueError: a parameter is out of range, or contradicts args; the text says
        what is allowed
    OSError: the device cannot be opened; the text names the remedy
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

void bind_range(py::module& m)
{
    py::class_<range>(m, "range", "The values that a setting can have, from min to max.")
        .def_readonly("min", &range::min, "Least value.")
        .def_readonly("max", &range::max, "Largest value.")
        .def_readonly("step", &range::step, "Distance of two values; 0: any value.")
        .def("__repr__", [](const range& r) {
            std::ostringstream text;
            text.precision(15);
            text << "range(min=" << r.min << ", max=" << r.max << ", step=" << r.step << ")";
            return text.str();
        });
}

void bind_settings(source_class& c)
{
    c.def("set_samp_rate",
          &source::set_samp_rate,
          py::arg("rate"),
          without_gil(),
          "Sets the sample rate of all channels, from the next sample on: samples a\n"
          "second, 0.001 to 1e10; with a recording, one of get_samp_rate_list().\n"
          "ValueError if out of range; OSError if the recording cannot play at that rate.\n"
          "Nothing has changed then.")
        .def("set_center_freq",
             &source::set_center_freq,
             py::arg("freq"),
             py::arg("chan") = source::all_channels,
             without_gil(),
             "Tunes, from the next sample on: Hz, -1e12 to 1e12; one channel from 0, or\n"
             "all (-1). ValueError if out of range; nothing has changed then.")
        .def("set_gain",
             &source::set_gain,
             py::arg("gain"),
             py::arg("chan") = source::all_channels,
             without_gil(),
             "Sets the gain, from the next sample on: dB, -60 to 60; one channel from 0,\n"
             "or all (-1). ValueError if out of range; nothing has changed then.")
        .def("set_bandwidth",
             &source::set_bandwidth,
             py::arg("bandwidth"),
             without_gil(),
             "Sets the bandwidth of all channels, from the next sample on: Hz, 0 to 1e12; 0:\n"
             "not limited. Events report it; the signal is not filtered. ValueError if out of\n"
             "range; nothing has changed then.")
        .def("set_noise",
             &source::set_noise,
             py::arg("level"),
             without_gil(),
             "Sets the level of the noise that the receiver adds to all channels before the\n"
             "ADC, from the next sample on: RMS in dB of full scale, -150 to 0;\n"
             "float(\"-inf\"): no noise. ValueError if out of range; nothing has changed then.")
        .def(
            "set_noise",
            [](source& self, const std::string& level) {
                if (level != "none")
                    throw std::invalid_argument("zcring: noise=" + level +
                                                ": the value must be a number, or \"none\"");
                self.set_noise(-std::numeric_limits<double>::infinity());
            },
            py::arg("level"),
            without_gil(),
            "The same with \"none\", as in the argument string: no noise.")
        .def("set_time_now",
             &source::set_time_now,
             py::arg("time_ns"),
             without_gil(),
             "Sets the device's time, from the next sample on: ns since 1970, UTC. Until\n"
             "then it is the computer's.")
        .def("set_start_time",
             &source::set_start_time,
             py::arg("time_ns"),
             without_gil(),
             "Delays the next start of the flowgraph, and only that one: its first sample is\n"
             "not before this time of the device, in ns since 1970; 0: no delay. ValueError\n"
             "if that is more than a day ahead.")
        .def("set_command_time",
             &source::set_command_time,
             py::arg("time_ns"),
             without_gil(),
             "Has the setters of rate, frequency, gain, bandwidth and noise take effect at the\n"
             "first sample that is not before this time of the device, in ns since 1970, until\n"
             "clear_command_time(). Each call turns the time into a sample by the rate that\n"
             "holds then: a rate changed before that sample moves the sample's time, to a later\n"
             "one if the rate is lower, to an earlier one if it is higher. They raise OSError\n"
             "while no stream runs. Messages are not affected.")
        .def("clear_command_time",
             &source::clear_command_time,
             without_gil(),
             "Has the setters take effect at the next sample again.")
        .def("set_telemetry_interval",
             &source::set_telemetry_interval,
             py::arg("seconds"),
             without_gil(),
             "Sends telemetry() at the port telemetry while the flowgraph runs: seconds\n"
             "between two messages, 0.001 to 86400; 0: none. ValueError if out of range.");
}

void bind_getters(source_class& c)
{
    c.def("bandwidth",
          &source::bandwidth,
          without_gil(),
          "Bandwidth of all channels in Hz; 0: not limited.")
        .def("noise",
             &source::noise,
             without_gil(),
             "Level of the noise that the receiver adds: RMS in dB of full scale; -inf: none.")
        .def("time_now", &source::time_now, without_gil(), "The device's time: ns since 1970, UTC.")
        .def("samp_rate", &source::samp_rate, without_gil(), "Samples a second.")
        .def("center_freq",
             &source::center_freq,
             py::arg("chan") = 0,
             without_gil(),
             "Tuned frequency of a channel in Hz. ValueError if there is no such channel.")
        .def("gain",
             &source::gain,
             py::arg("chan") = 0,
             without_gil(),
             "Gain of a channel in dB. ValueError if there is no such channel.");
}

void bind_names_of_gr_uhd(source_class& c)
{
    c.def("get_samp_rate",
          &source::get_samp_rate,
          without_gil(),
          "Samples a second; the same as samp_rate().")
        .def("get_center_freq",
             &source::get_center_freq,
             py::arg("chan") = 0,
             without_gil(),
             "Tuned frequency of a channel in Hz; the same as center_freq().")
        .def("get_gain",
             &source::get_gain,
             py::arg("chan") = 0,
             without_gil(),
             "Gain of a channel in dB; the same as gain().")
        .def("get_bandwidth",
             &source::get_bandwidth,
             py::arg("chan") = 0,
             without_gil(),
             "Bandwidth in Hz, of all channels; 0: not limited. ValueError if there is no\n"
             "such channel.")
        .def("get_noise",
             &source::get_noise,
             without_gil(),
             "Level of the noise that the receiver adds: RMS in dB of full scale; -inf: none.\n"
             "The same as noise().")
        .def("get_samp_rate_range",
             &source::get_samp_rate_range,
             "Range of the sample rate in samples a second. With a recording, only the rates\n"
             "of get_samp_rate_list() can be set.")
        .def("get_samp_rates",
             &source::get_samp_rates,
             "Range of the sample rate in samples a second; the same as get_samp_rate_range().")
        .def("get_samp_rate_list",
             &source::get_samp_rate_list,
             "The rates that a recording can play at, in samples a second, from the largest\n"
             "on: its own rate, or that to which it was resampled when it was opened, divided\n"
             "by 1 to 64. Empty with a built-in scene, which has every rate of\n"
             "get_samp_rate_range().")
        .def("get_freq_range",
             &source::get_freq_range,
             py::arg("chan") = 0,
             "Range of a channel's frequency in Hz. ValueError if there is no such channel.")
        .def("get_gain_range",
             &source::get_gain_range,
             py::arg("chan") = 0,
             "Range of a channel's gain in dB. ValueError if there is no such channel.")
        .def("get_bandwidth_range",
             &source::get_bandwidth_range,
             py::arg("chan") = 0,
             "Range of the bandwidth in Hz; 0: not limited. ValueError if there is no such\n"
             "channel.")
        .def("get_noise_range",
             &source::get_noise_range,
             "Range of the noise in dB of full scale; -inf, no noise, can be set too.");
}

void bind_counters(source_class& c)
{
    c.def("telemetry",
          &source::telemetry,
          without_gil(),
          "Counters of the stream, zero when it starts, as a dict of int:\n"
          "produced_bytes, consumed_bytes, overflow_bytes (over all channels);\n"
          "overflow_count (gaps); sample_clock, produced_samples, consumed_samples,\n"
          "lost_samples (of each channel); bursts; clipped_samples (over all channels);\n"
          "feed_underflow_samples, feed_underflow_count (silence of a live feed that was late);\n"
          "demotions (to a listener of a free-pace stream). At every moment, to the sample:\n"
          "sample_clock == produced_samples + lost_samples.")
        .def("latency_histogram",
             &source::latency_histogram,
             "Histogram of the time from a burst's interrupt until work() returned with its\n"
             "samples: a dict of the number of bursts of each bucket, by the bucket's lower\n"
             "edge in ns; 16 buckets an octave. Of the newest burst of each call of work()\n"
             "since the stream started; empty with pace=free.")
        .def("device",
             &source::device,
             "Name of the opened device: \"/dev/zcring0\", or \"emulator\".")
        .def("is_zero_copy",
             &source::is_zero_copy,
             "Whether the output buffers are the ring itself.");
}

void bind_fault_injection(source_class& c)
{
    c.def("inject_stall",
          &source::inject_stall,
          py::arg("seconds"),
          without_gil(),
          "Fault injection: no burst comes for that many seconds, and then all samples\n"
          "at once; samples for which the ring has no room are lost. Does nothing with pace=free. "
          "On\n"
          "a kernel device this and the next four go through debugfs: OSError names the\n"
          "remedy. All but inject_unplug() and inject_plug() raise OSError while no stream\n"
          "runs.")
        .def("inject_drop",
             &source::inject_drop,
             py::arg("samples"),
             without_gil(),
             "Fault injection: the next samples of each channel, as many as given, are lost.")
        .def("inject_clock_jump",
             &source::inject_clock_jump,
             py::arg("seconds"),
             without_gil(),
             "Fault injection: the device's time jumps at the next sample; back, if seconds\n"
             "are negative.")
        .def("inject_unplug",
             &source::inject_unplug,
             without_gil(),
             "Fault injection: the device is gone. May be called before the start, too.")
        .def("inject_plug",
             &source::inject_plug,
             without_gil(),
             "The device is back, for on_device_lost=\"wait\" or the next start.")
        .def("inject_slow_consumer",
             &source::inject_slow_consumer,
             py::arg("seconds"),
             without_gil(),
             "Fault injection: this block takes no samples for that many seconds.");
}

} // namespace

void bind_source(py::module& m);

void bind_source(py::module& m)
{
    bind_range(m);
    source_class c(m, "source", class_doc);
    c.def(py::init(&source::make),
          py::arg("args") = "",
          py::arg("type") = "fc32",
          py::arg("nchan") = 1,
          py::arg("samp_rate") = 1e6,
          py::arg("center_freq") = 100e6,
          py::arg("gain") = 0.0,
          py::arg("zero_copy") = "auto",
          py::arg("on_device_lost") = "stop",
          py::arg("out_of_range") = "error",
          make_doc().c_str())
        // GNU Radio's own binding does not call post(), which wakes a waiting source.
        .def(
            "_post",
            [](source& self, const pmt::pmt_t& port, const pmt::pmt_t& message) {
                self.post(port, message);
            },
            py::arg("which_port"),
            py::arg("msg"),
            without_gil(),
            "Sends the block a message, as a block connected to that port would.");
    bind_settings(c);
    bind_getters(c);
    bind_names_of_gr_uhd(c);
    bind_counters(c);
    bind_fault_injection(c);
}
