// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace zcring {

/*!
 * \brief Distinguishes the process that made the mark from its children made by fork().
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
    //! memory, and no system call. Always false where the system lacks MADV_WIPEONFORK
    //! (before Linux 4.14, and in some sandboxes).
    bool is_in_child() const noexcept { return *d_mark == 0; }

private:
    const volatile unsigned char* d_mark;
};

} // namespace zcring
