// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "unique_fd.h"

namespace zcring::server {

//! A pipe whose read end a client gets. Only the server has the write end, which never blocks.
class wake_pipe final
{
public:
    wake_pipe(); //!< throws std::system_error

    int read_end() const noexcept { return d_read.get(); }

    //! One byte; a full pipe is readable anyhow.
    void wake() const noexcept;

private:
    unique_fd d_read;
    unique_fd d_write;
};

} // namespace zcring::server
