/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>

#include <string>
#include <system_error>

namespace gr {
namespace zcring {

/*!
 * \brief Tells the process that made an object from its children.
 *
 * fork() copies one thread only. In the child, the threads of a device and of a source do not
 * exist, a mutex may be locked for ever, and what goes to a descriptor goes to the parent's device.
 *
 * Threading: any.
 */
class owner_process final
{
public:
    bool is_here() const { return getpid() == d_pid; }

    //! What is wrong, and the remedy, of an object of that name; \p block is "source" or "sink".
    static std::string error(const std::string& name, const std::string& block = "source")
    {
        return name + ": the " + block +
               " was made before fork(), and works only in the process that made it; make a " +
               block + " after fork()";
    }

    //! Throws std::system_error in a child.
    void check(const std::string& name, const std::string& block = "source") const
    {
        if (!is_here())
            throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                                    error(name, block));
    }

private:
    const pid_t d_pid = getpid();
};

} // namespace zcring
} // namespace gr
