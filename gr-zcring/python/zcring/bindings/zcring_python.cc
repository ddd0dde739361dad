// SPDX-License-Identifier: GPL-3.0-or-later
// The Python module: its errors, its version, the source (source_python.cc) and the sink
// (sink_python.cc).
#include <pybind11/pybind11.h>

#include <zcring/arguments.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace py = pybind11;

void bind_sink(py::module& m);
void bind_source(py::module& m);

namespace {

// Turns a std::system_error that this module throws into an OSError with its errno, so that a
// script can catch FileNotFoundError or PermissionError.
void translate(std::exception_ptr p)
{
    try {
        if (p)
            std::rethrow_exception(p);
    } catch (const std::system_error& e) {
        const py::object error =
            py::reinterpret_borrow<py::object>(PyExc_OSError)(e.code().value(), e.what());
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
    }
}

double recorded_frequency(const std::string& args, double otherwise)
{
    try {
        const zcring::arguments a = zcring::parse_arguments(args);
        return a.freq ? *a.freq : zcring::recorded_frequency(a).value_or(otherwise);
    } catch (const std::invalid_argument&) {
        return otherwise;
    } catch (const std::system_error&) {
        return otherwise;
    }
}

} // namespace

PYBIND11_MODULE(zcring_python, m)
{
    py::module::import("gnuradio.gr");
    py::register_local_exception_translator(translate);
    m.attr("__version__") = ZCRING_VERSION;
    m.def("recorded_frequency",
          recorded_frequency,
          py::arg("args"),
          py::arg("otherwise") = 100e6,
          "The frequency, in Hz, to which a source with the argument string args is tuned if no\n"
          "other is asked for: freq=, or else that of the recording which args name, where the\n"
          "part of it that plays begins. otherwise, in Hz, if args have neither, or if the\n"
          "recording tells no frequency or cannot be read: source() then raises an error that\n"
          "says why.");
    bind_source(m);
    bind_sink(m);
}
