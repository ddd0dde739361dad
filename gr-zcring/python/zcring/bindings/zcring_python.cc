// SPDX-License-Identifier: GPL-3.0-or-later
// The Python module: its errors, its version, and the source (source_python.cc).
#include <pybind11/pybind11.h>

#include <cerrno>
#include <system_error>

namespace py = pybind11;

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

} // namespace

PYBIND11_MODULE(zcring_python, m)
{
    py::module::import("gnuradio.gr");
    py::register_local_exception_translator(translate);
    m.attr("__version__") = ZCRING_VERSION;
    bind_source(m);
}
