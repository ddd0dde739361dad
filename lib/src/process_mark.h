// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace zcring {

/*!
 * \brief Tells the process that made the mark from its children made by fork().
 *
 * Threading: any thread may call. Errors: the constructor throws std::system_error.
 */
class process_mark final
{
public:
    process_mark();
    ~process_mark();
    process_mark(const process_mark&) = delete;
    process_mark& operator=(const process_mark&) = delete;

    //! Whether the caller is in a child of the process that made the mark. One load from
    //! memory, and no system call.
    bool is_in_child() const noexcept { return *d_mark == 0; }

private:
    const volatile unsigned char* d_mark;
};

} // namespace zcring
