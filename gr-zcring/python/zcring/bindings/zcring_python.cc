// SPDX-License-Identifier: GPL-3.0-or-later
#include <pybind11/pybind11.h>

#include <cerrno>
#include <system_error>

namespace py = pybind11;

void bind_source(py::module& m);

namespace {

// Of what this module throws, and no other: a std::system_error is an OSError with its errno,
// so that a script can catch FileNotFoundError or PermissionError.
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
    bind_source(m);
}
